//! What can go wrong, each with its place.

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

/// What is wrong with data.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum DataProblem {
    /// Nothing in it.
    #[error("the file is empty")]
    Empty,
    /// A header and nothing behind it.
    #[error("there are no rows below the header")]
    NoRows,
    /// Numbers where names should be.
    #[error("the first line has only numbers; it should name the columns")]
    NoHeader,
    /// Two columns of one name.
    #[error("two columns are called \"{0}\"; each needs a name of its own")]
    DuplicateColumn(String),
    /// No column of that name.
    #[error("there is no column \"{name}\"{}; the columns are: {}", nearest(.name, .columns), shorten(.columns))]
    UnknownColumn {
        /// The name.
        name: String,
        /// The names there are.
        columns: Vec<String>,
    },
    /// Nothing says which column is the target.
    #[error("which column is the target? Set `data.target` to one of: {}", shorten(.0))]
    WhichTarget(Vec<String>),
    /// No column is left for the inputs.
    #[error("every column is a target; at least one has to be an input")]
    NoInputs,
    /// A row with too many or too few cells.
    #[error("row {row} (line {line}) has {got} cells and the header has {wants}")]
    Ragged {
        /// Row, from 1, without the header.
        row: u64,
        /// Line of the file, from 1.
        line: u64,
        /// Cells that it has.
        got: usize,
        /// Cells that it should have.
        wants: usize,
    },
    /// A cell that is no finite number.
    #[error("row {row} (line {line}), column \"{column}\": \"{cell}\" is not a finite number{hint}")]
    NotANumber {
        /// Row, from 1, without the header.
        row: u64,
        /// Line of the file, from 1.
        line: u64,
        /// Name of the column.
        column: String,
        /// What stands there.
        cell: String,
        /// What to do.
        hint: &'static str,
    },
    /// A number of an array that is not finite.
    #[error("number {index} of the array is {value}; every number has to be finite")]
    NonFinite {
        /// Its place in the array, from 0.
        index: usize,
        /// What it is.
        value: f64,
    },
    /// A label that is no class.
    #[error(
        "class label {label} of example {example} is out of range: labels are whole numbers from 0 to 65535"
    )]
    Label {
        /// The label.
        label: String,
        /// Which example, from 1.
        example: u64,
    },
    /// A label that the training file does not have.
    #[error("the class \"{0}\" does not occur in the training data; known classes: {known}", known = shorten(.1))]
    UnknownClass(String, Vec<String>),
    /// Text where bytes are no text.
    #[error("{0}")]
    Csv(String),
    /// An array file that its reader refuses.
    #[error("not a readable {format} file: {why}")]
    Array {
        /// The format.
        format: &'static str,
        /// What is wrong.
        why: String,
    },
    /// No array of that name in an archive.
    #[error("there is no array \"{name}\" in the archive; it has: {}", .arrays.join(", "))]
    UnknownArray {
        /// The name.
        name: String,
        /// The names there are.
        arrays: Vec<String>,
    },
    /// Not as many targets as inputs.
    #[error("there are {inputs} inputs and {targets} targets; there has to be one target for each input")]
    Counts {
        /// Inputs.
        inputs: usize,
        /// Targets.
        targets: usize,
    },
    /// The file that should hold the targets is not named.
    #[error("an array file holds inputs only; name the file with the targets in `data.targets`")]
    WhichTargets,
    /// Shapes that training and held-out data do not share.
    #[error("the held-out examples have the shape {test} and the training examples {train}")]
    Shapes {
        /// Of the training data.
        train: whygrad::Shape,
        /// Of the held-out data.
        test: whygrad::Shape,
    },
    /// An extension that says nothing.
    #[error(
        "unknown kind of file; known: .csv, .tsv, .npy, .npz, IDX (-ubyte, .idx), each also with .gz; built-in \
         sets: {0}"
    )]
    UnknownKind(String),
    /// A generated set that cannot be.
    #[error("{0}")]
    Generated(String),
    /// Numbers that are no data set.
    #[error(transparent)]
    Set(#[from] whygrad::data::DataError),
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

/// Names with commas between, the first dozen of them.
fn shorten(names: &[String]) -> String {
    let more = names.len().saturating_sub(12);
    let shown = names[..names.len() - more].join(", ");
    if more > 0 { format!("{shown}, and {more} more") } else { shown }
}
