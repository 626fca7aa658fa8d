//! What is wrong with data, and what would be right.

use super::cell::{drop_it, unknown_class};
use super::{CellProblem, Encoding, Odd, Part, nearest};

/// What is wrong with data.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum DataProblem {
    /// Nothing in it.
    #[error("the file is empty")]
    Empty,
    /// A header and nothing behind it.
    #[error("there are no rows below the header")]
    NoRows,
    /// The first line does not name the columns, and others have to be found by their names.
    #[error("its first line names none of the columns that are needed; put them there: {}", shorten(.columns))]
    NoHeader {
        /// Names of the columns that are needed.
        columns: Vec<String>,
    },
    /// Columns that are needed and not there.
    #[error(
        "there is no column {}{}; the columns are: {}{}",
        quoted(.missing), nearest(&.missing[0], .columns), shorten(.columns),
        if *.targets { ". It is the target, which says what would be right; without it there is whygrad predict" } else { "" }
    )]
    MissingColumns {
        /// Names of those that are not there, at least one.
        missing: Vec<String>,
        /// The names there are.
        columns: Vec<String>,
        /// Whether they are targets, all of them.
        targets: bool,
    },
    /// Rows of one cell.
    #[error("its rows have one cell each, such as \"{cell}\": {}", separated(.cell, *.given))]
    OneColumn {
        /// The first of them.
        cell: String,
        /// Whether something was said to separate cells.
        given: bool,
    },
    /// Every row has a missing cell.
    #[error(
        "every row has a missing cell, so data.missing = \"drop\" leaves none; fill them: --set data.missing=median"
    )]
    AllDropped,
    /// A text in another encoding.
    #[error(
        "line {line} is not text in UTF-8 but looks like {encoding}: convert it: iconv -f {encoding} -t UTF-8 FILE > NEW"
    )]
    NotUtf8 {
        /// Line of the file, from 1.
        line: u64,
        /// What it looks like.
        encoding: Encoding,
    },
    /// Bytes that gzip packed, under a name that does not say so.
    #[error("it is packed by gzip, and its name does not end in .gz: gunzip -c < FILE > NEW")]
    Packed,
    /// A workbook of a spreadsheet.
    #[error("this is an archive, such as a workbook of Excel, and no table of text: save it as CSV")]
    Workbook,
    /// A column whose cells are numbers to a person.
    #[error("column \"{column}\": {}{}", .odd.says(true), .of.drop_it(.column))]
    OddColumn {
        /// Its name.
        column: String,
        /// Of what it is one.
        of: Part,
        /// One of them.
        odd: Box<Odd>,
    },
    /// A column of more texts than become inputs.
    #[error(
        "column \"{column}\" has {count} different texts, such as \"{example}\", and at most {most} become an input each{}{}",
        .odd.as_ref().map_or(String::new(), |odd| format!("; {}", odd.says(true))), drop_it(.column, .dropped)
    )]
    TooManyTexts {
        /// Its name.
        column: String,
        /// Columns that are left out already.
        dropped: Box<[String]>,
        /// How many there are.
        count: usize,
        /// How many there may be.
        most: usize,
        /// One of them.
        example: Box<str>,
        /// What that is, where it is a number to a person.
        odd: Option<Box<Odd>>,
    },
    /// More labels than a network tells apart.
    #[error(
        "there are {classes} classes, and at most {most} can be told apart; to predict a number take a loss such as mse"
    )]
    TooManyClasses {
        /// How many there are.
        classes: usize,
        /// How many there may be.
        most: usize,
    },
    /// More than fits.
    #[error("it takes more memory than there is")]
    Memory,
    /// Reading failed on the way.
    #[error("cannot read: {0}")]
    Unreadable(String),
    /// Two columns of one name.
    #[error("two columns are called \"{0}\"; each needs a name of its own")]
    DuplicateColumn(String),
    /// No column of that name.
    #[error(
        "there is no column \"{name}\"{}; the columns are: {}{}",
        nearest(.name, .columns), shorten(.columns),
        if *.named { "" } else { " (its first line is taken for data; where it names the columns: --set data.header=true)" }
    )]
    UnknownColumn {
        /// The name.
        name: String,
        /// The names there are.
        columns: Vec<String>,
        /// Whether the file gives them.
        named: bool,
    },
    /// Nothing says which column is the target.
    #[error("{}", which_target(.columns, *.named))]
    WhichTarget {
        /// The names there are.
        columns: Vec<String>,
        /// Whether the file gives them.
        named: bool,
    },
    /// A target that is to be an input, too, or left out.
    #[error("column \"{column}\" is the target, so data.{key} has no effect on it; take it out there")]
    TargetAmong {
        /// Its name.
        column: String,
        /// Where it stands.
        key: &'static str,
    },
    /// No column is left for the inputs.
    #[error("no column is left for the inputs; at least one has to be one")]
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
    /// A cell that is not what its column needs.
    #[error("row {row} (line {line}), column \"{column}\": {}", .problem.in_column(.column, .of))]
    Cell {
        /// Row, from 1, without the header.
        row: u64,
        /// Line of the file, from 1.
        line: u64,
        /// Name of the column.
        column: String,
        /// Of what it is one.
        of: Part,
        /// What is wrong with it.
        problem: Box<CellProblem>,
    },
    /// A number of an array that is not finite.
    #[error(
        "number {index} of the array is {value}; every number has to be finite{}",
        if .value.is_infinite() { " (with --set train.precision=f64 also those above 3.4e38 are)" } else { "" }
    )]
    NonFinite {
        /// Its place in the array, from 0.
        index: usize,
        /// What it is.
        value: f64,
    },
    /// A label of an array that is no class.
    #[error("label {example} of the array: {}", .problem.in_column("", &Part::Other))]
    Label {
        /// Which, from 0.
        example: usize,
        /// What is wrong with it.
        problem: CellProblem,
    },
    /// A label that the training data do not have.
    #[error("{}", unknown_class(.label, .known))]
    UnknownClass {
        /// The label.
        label: String,
        /// The labels there are.
        known: Vec<String>,
    },
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
    #[error(
        "there is no array \"{name}\" in the archive; it has: {}; which are inputs and targets is said by data.inputs and \
         data.targets", .arrays.join(", ")
    )]
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
    /// An archive that has held-out examples, beside a file that has some.
    #[error(
        "it has held-out examples itself (x_test, y_test), so data.test_source has no effect; take it out, or name arrays \
         in data.inputs and data.targets"
    )]
    HeldOutTwice,
    /// The file that should hold the targets is not named.
    #[error(
        "an array file holds inputs only; name the file with the targets: --set data.targets=FILE (of evaluate: --targets FILE)"
    )]
    WhichTargets,
    /// A table where the network takes arrays.
    #[error(
        "the run was trained on arrays, and this is a table; it takes a file of arrays (.npy, .npz, IDX)"
    )]
    WantsArrays,
    /// Shapes that training and held-out data do not share.
    #[error("its examples have the shape {test}, and the training examples {train}")]
    Shapes {
        /// Of the training data.
        train: whygrad::Shape,
        /// Of the held-out data.
        test: whygrad::Shape,
    },
    /// An extension that says nothing.
    #[error(
        "unknown kind of file; a workbook is to be saved as CSV; known: .csv, .tsv, .npy, .npz, IDX (-ubyte, .idx), each also with .gz; built-in \
         sets: {0}"
    )]
    UnknownKind(String),
    /// A generated set that cannot be.
    #[error("{0}")]
    Generated(String),
    /// A target that is no share where the loss takes shares.
    #[error(
        "row {row}{}: the target is {value}, and the loss `{loss}` takes numbers from 0 to 1; write classes as 0 and 1, or \
             take cross_entropy, which takes any labels", in_line(*.line)
    )]
    NotAShare {
        /// Its number, as the file counts.
        row: usize,
        /// Its line, where the file has lines.
        line: Option<u64>,
        /// The target.
        value: f64,
        /// The loss.
        loss: &'static str,
    },
    /// A number that, scaled as training scaled, the precision does not reach.
    #[error(
        "row {row}, {column}: scaled as in training it is {value}, which its precision does not reach; mend it, or train \
             with train.precision=f64"
    )]
    OutOfReach {
        /// Its number, as the file counts.
        row: usize,
        /// Where it stands: `column "size"`, `number 3`.
        column: String,
        /// What it becomes.
        value: f64,
    },
    /// Numbers that are no data set.
    #[error(transparent)]
    Set(#[from] whygrad::data::DataError),
}

impl DataProblem {
    /// What is wrong with a number of a data set whose inputs are called so.
    pub fn of_set(error: whygrad::data::DataError, mut names: impl Iterator<Item = String>) -> DataProblem {
        match error {
            whygrad::data::DataError::NotFinite { part, example: row, place, value }
                if part.contains("input") =>
            {
                let column = match names.nth(place) {
                    Some(name) => format!("column \"{name}\""),
                    None => format!("number {place} of its input"),
                };
                DataProblem::OutOfReach { row, column, value }
            }
            error => DataProblem::Set(error),
        }
    }

    /// The same problem so many rows and lines further down.
    pub fn further_down(mut self, rows: u64, lines: u64) -> DataProblem {
        match &mut self {
            DataProblem::Ragged { row, line, .. } | DataProblem::Cell { row, line, .. } => {
                *row += rows;
                *line += lines;
            }
            DataProblem::NotUtf8 { line, .. } => *line += lines,
            _ => {}
        }
        self
    }
}

fn in_line(line: Option<u64>) -> String {
    line.map_or(String::new(), |line| format!(" (line {line})"))
}

/// What to say of what separates cells, where rows have one.
fn separated(cell: &str, given: bool) -> String {
    if given {
        let other = [(',', ","), (';', ";"), ('\t', "tab"), ('|', "|")]
            .into_iter()
            .find(|(of, _)| cell.contains(*of));
        let other = other.map_or(String::new(), |(_, name)| {
            format!(", or say another: --set 'data.separator=\"{name}\"'")
        });
        return format!(
            "what is said to separate cells (data.separator, or a first line sep=) does not stand there; leave it out{other}"
        );
    }
    let blanks = if cell.contains(' ') { "; blanks do not: sed -E 's/ +/,/g' FILE > NEW" } else { "" };
    format!("say what separates cells: --set 'data.separator=\";\"' (or tab, |){blanks}")
}

fn which_target(columns: &[String], named: bool) -> String {
    let (which, all) = ("which column is the target? Say so: --set data.target=", shorten(columns));
    match columns.last() {
        Some(last) if !named => {
            format!(
                "{which}{last} (the last one; the first line names no columns, so they are called {all}; where it does: --set data.header=true)"
            )
        }
        _ => {
            format!("{which}NAME, one of: {all}; where these are no names but a row: --set data.header=false")
        }
    }
}

fn quoted(names: &[String]) -> String {
    shorten(&names.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>())
}

/// Names with commas between, the first dozen of them.
pub(super) fn shorten(names: &[String]) -> String {
    let more = names.len().saturating_sub(12);
    let shown = names[..names.len() - more].join(", ");
    if more > 0 { format!("{shown}, and {more} more") } else { shown }
}
