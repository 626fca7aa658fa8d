//! What can go wrong, each with its place.

mod cell;
mod data;
mod encoding;
mod odd;

pub use cell::{CellProblem, Part, dropping};
pub use data::DataProblem;
pub use encoding::Encoding;
pub use odd::{Odd, is_thousands, without};

use std::fmt;
use std::io;
use std::path::PathBuf;

/// A result of the app.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What can go wrong. Every message says what, where, and what would be right.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file could not be read or written.
    #[error("{}: cannot {action}: {source}", .path.display())]
    File {
        /// What was tried: `read`, `write`.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Standard output could not be written.
    #[error("cannot write to standard output: {0}")]
    Output(#[from] io::Error),
    /// A data file is not what it should be.
    #[error("{file}: {problem}")]
    Data {
        /// The file, or the name of a built-in set.
        file: String,
        /// What is wrong with it.
        problem: DataProblem,
    },
    /// An experiment is not what it should be.
    #[error("{place}: {problem}")]
    Experiment {
        /// Where: a line of a file, or an override.
        place: Place,
        /// What is wrong and what would be right.
        problem: String,
    },
    /// A checkpoint is not what it should be.
    #[error("{}: {problem}", .path.display())]
    Checkpoint {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// A file of facts is not what it should be.
    #[error("{}: {problem}", .path.display())]
    Facts {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// A run folder is not what it should be.
    #[error("{}: {problem}", .path.display())]
    Run {
        /// The folder.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// A case to verify against is not what it should be.
    #[error("{}: {problem}", .path.display())]
    Case {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// An argument of a command is not what it should be.
    #[error("{argument}: {problem}")]
    Argument {
        /// The argument.
        argument: String,
        /// What is wrong and what would be right.
        problem: String,
    },
    /// Network, loss and data do not fit together.
    #[error(transparent)]
    Network(#[from] whygrad::network::Error),
}

impl Error {
    /// A file that could not be read or written.
    pub fn file(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Error {
        let path = path.into();
        move |source| Error::File { action, path, source }
    }

    /// An argument that is not what it should be.
    pub fn argument(argument: impl Into<String>, problem: impl Into<String>) -> Error {
        Error::Argument { argument: argument.into(), problem: problem.into() }
    }

    /// Whether nobody reads our output any more.
    pub fn is_closed_pipe(&self) -> bool {
        matches!(self, Error::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }
}

/// Where an experiment says something.
#[derive(Clone, Debug, PartialEq)]
pub enum Place {
    /// Somewhere in the file.
    File(String),
    /// On a line, with the line itself and what stands before the place in it.
    Line {
        /// The file.
        file: String,
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
    },
    /// In an override.
    Override(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::File(file) => f.write_str(file),
            Place::Line { file, line, column } => write!(f, "{file}, line {line}, column {column}"),
            Place::Override(given) => write!(f, "--set {given}"),
        }
    }
}

/// ` (did you mean "…"?)` where one of the names is close.
pub fn nearest<S: AsRef<str>>(name: &str, known: &[S]) -> String {
    let close = |known: &S| strsim::damerau_levenshtein(&name.to_lowercase(), &known.as_ref().to_lowercase());
    match known.iter().min_by_key(|known| close(known)) {
        Some(best) if close(best) <= 1 + name.chars().count() / 4 => {
            format!(" (did you mean \"{}\"?)", best.as_ref())
        }
        _ => String::new(),
    }
}
