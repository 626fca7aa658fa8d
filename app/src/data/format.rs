//! What a source is, by its name. To add a format of files: its line in `FORMATS`.

use super::BUILTIN;
use crate::error::{DataProblem, nearest};
use whygrad::data::generate::GENERATED;

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// Columns of text.
    Table,
    Npy,
    Npz,
    Idx,
}

/// How file names end, and what they then are.
const FORMATS: &[(&str, Format)] = &[
    (".csv", Format::Table),
    (".tsv", Format::Table),
    (".txt", Format::Table),
    (".data", Format::Table),
    (".npy", Format::Npy),
    (".npz", Format::Npz),
    (".idx", Format::Idx),
    ("-ubyte", Format::Idx),
];

/// Of what kind a source is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nature {
    /// A set that is drawn from a seed.
    Generated,
    /// A table that comes with the program.
    BuiltIn,
    /// A table of text.
    Table,
    /// Arrays in one file.
    Archive,
    /// An array in a file of its own.
    Array,
}

impl Nature {
    /// As a message calls it.
    pub fn name(self) -> &'static str {
        match self {
            Nature::Generated => "generated sets",
            Nature::BuiltIn => "built-in sets",
            Nature::Table => "tables",
            Nature::Archive => "archives of arrays (npz)",
            Nature::Array => "files of arrays (npy, IDX)",
        }
    }
}

/// Of what kind a source is, as far as its name says so.
pub fn nature(source: &str) -> Option<Nature> {
    if GENERATED.iter().any(|generated| generated.name == source) {
        return Some(Nature::Generated);
    }
    if BUILTIN.iter().any(|(name, _)| *name == source) {
        return Some(Nature::BuiltIn);
    }
    Some(match format(source).ok()? {
        Format::Table => Nature::Table,
        Format::Npz => Nature::Archive,
        Format::Npy | Format::Idx => Nature::Array,
    })
}

/// Whether a file is an archive of arrays, which names of arrays choose from.
pub fn is_archive(path: &str) -> bool {
    format(path).is_ok_and(|format| format == Format::Npz)
}

/// What a file is, by its name.
pub(super) fn format(path: &str) -> Result<Format, DataProblem> {
    let name = path.strip_suffix(".gz").unwrap_or(path).to_lowercase();
    match FORMATS.iter().find(|(ending, _)| name.ends_with(ending)) {
        Some((_, format)) => Ok(*format),
        None => {
            let names: Vec<&str> = names().collect();
            let known = names.join(", ");
            Err(DataProblem::UnknownKind(known + &nearest(path, &names)))
        }
    }
}

/// Names of all built-in and generated sets.
pub fn names() -> impl Iterator<Item = &'static str> {
    BUILTIN.iter().map(|(name, _)| *name).chain(GENERATED.iter().map(|generated| generated.name))
}
