//! What is wrong with data, and what would be right.

use super::{Encoding, Odd, nearest};

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
    #[error(
        "its rows have one cell each, such as \"{cell}\": say what separates cells: --set 'data.separator=\";\"' (or tab, \
         |){}", if *.blanks { "; blanks do not: sed -E 's/ +/,/g' FILE > NEW" } else { "" }
    )]
    OneColumn {
        /// The first of them.
        cell: String,
        /// Whether there are blanks in it.
        blanks: bool,
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
    /// A workbook of a spreadsheet.
    #[error("this is an archive, such as a workbook of Excel, and no table of text: save it as CSV")]
    Workbook,
    /// A column whose cells are numbers to a person.
    #[error("column \"{column}\": {}{}", .odd.says(true), drop_it(.column, .dropped))]
    OddColumn {
        /// Its name.
        column: String,
        /// Columns that are left out already.
        dropped: Box<[String]>,
        /// One of them.
        odd: Odd,
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
        example: String,
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
    #[error("there is no column \"{name}\"{}; the columns are: {}", nearest(.name, .columns), shorten(.columns))]
    UnknownColumn {
        /// The name.
        name: String,
        /// The names there are.
        columns: Vec<String>,
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
    /// A cell that is not what its column needs.
    #[error("row {row} (line {line}), column \"{column}\": {}", .problem.in_column(.column, .dropped.as_deref()))]
    Cell {
        /// Row, from 1, without the header.
        row: u64,
        /// Line of the file, from 1.
        line: u64,
        /// Name of the column.
        column: String,
        /// Of a file to train on the columns that are left out already; of another there is nothing to be left out.
        dropped: Option<Box<[String]>>,
        /// What is wrong with it.
        problem: Box<CellProblem>,
    },
    /// A number of an array that is not finite.
    #[error("number {index} of the array is {value}; every number has to be finite")]
    NonFinite {
        /// Its place in the array, from 0.
        index: usize,
        /// What it is.
        value: f64,
    },
    /// A label of an array that is no class.
    #[error("label {example} of the array: {}", .problem.in_column("", None))]
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
    /// An archive that has held-out examples, beside a file that has some.
    #[error(
        "it has held-out examples itself (x_test, y_test), so data.test_source has no effect; take it out, or name arrays \
         in data.inputs and data.targets"
    )]
    HeldOutTwice,
    /// The file that should hold the targets is not named.
    #[error("an array file holds inputs only; name the file with the targets in `data.targets`")]
    WhichTargets,
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
        "unknown kind of file; known: .csv, .tsv, .npy, .npz, IDX (-ubyte, .idx), each also with .gz; built-in \
         sets: {0}"
    )]
    UnknownKind(String),
    /// A generated set that cannot be.
    #[error("{0}")]
    Generated(String),
    /// A target that is no share where the loss takes shares.
    #[error(
        "row {row}: the target is {value}, and the loss `{loss}` takes numbers from 0 to 1; write classes as 0 and 1, or \
             take cross_entropy, which takes any labels"
    )]
    NotAShare {
        /// Its number, as the file counts.
        row: usize,
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
        if let DataProblem::Ragged { row, line, .. } | DataProblem::Cell { row, line, .. } = &mut self {
            *row += rows;
            *line += lines;
        }
        self
    }
}

/// What is wrong with a cell of a table.
#[derive(Clone, Debug, PartialEq)]
pub enum CellProblem {
    /// Nothing stands there, or that nothing does.
    Missing(String),
    /// Nothing stands in a target.
    MissingTarget,
    /// It is no number.
    NotANumber {
        /// What stands there.
        cell: String,
        /// What it is to a person.
        odd: Option<Odd>,
    },
    /// It is infinite.
    NotFinite(String),
    /// It is infinite in 32 bits.
    TooLarge(String),
    /// It is a text where the loss compares numbers.
    TextTarget(String),
    /// It is neither no nor yes.
    NoSwitch(String),
    /// It is text in another encoding.
    NotUtf8(Encoding),
    /// It is a number between two whole ones, or too large to be told from the next.
    NotWhole(String),
    /// It is a class that the training data do not have.
    UnknownClass {
        /// The class.
        label: String,
        /// The classes there are.
        known: Vec<String>,
    },
    /// Of several columns of classes not exactly one is 1 and the others 0.
    NotOneHot,
    /// It says neither that its row is held out nor that it is not.
    NeitherPart(String),
}

impl CellProblem {
    /// What stands in the cell.
    pub fn cell(&self) -> &str {
        match self {
            CellProblem::NotANumber { cell, .. }
            | CellProblem::Missing(cell)
            | CellProblem::NotFinite(cell)
            | CellProblem::TooLarge(cell)
            | CellProblem::TextTarget(cell)
            | CellProblem::NoSwitch(cell)
            | CellProblem::NotWhole(cell)
            | CellProblem::NeitherPart(cell) => cell,
            CellProblem::UnknownClass { label, .. } => label,
            CellProblem::MissingTarget | CellProblem::NotUtf8(_) | CellProblem::NotOneHot => "",
        }
    }

    /// What it is and what would be right, in a column of this name. `dropped` are the columns that are left out already,
    /// where one more can be; a network that is trained needs all that it has.
    fn in_column(&self, column: &str, dropped: Option<&[String]>) -> String {
        let trains = dropped.is_some();
        let drop =
            dropped.filter(|_| !column.is_empty()).map_or(String::new(), |dropped| drop_it(column, dropped));
        match self {
            CellProblem::Missing(cell) => {
                let what = match cell.is_empty() {
                    true => "the cell is empty".into(),
                    false => format!("\"{cell}\" says that the value is missing"),
                };
                match trains {
                    true => format!(
                        "{what}; say what stands for it: --set data.missing=median (or mean, most_frequent; drop leaves \
                         its row out){drop}"
                    ),
                    false => format!(
                        "{what}, and the run has nothing that would stand for it: mend it, or train with \
                         data.missing=median"
                    ),
                }
            }
            CellProblem::MissingTarget if trains => {
                "the target is missing; leave its row out: --set data.missing=drop".into()
            }
            CellProblem::MissingTarget => "the target is missing; leave the row out of the file".into(),
            CellProblem::NotANumber { odd: Some(odd), .. } => format!("{}{drop}", odd.says(trains)),
            CellProblem::NotANumber { cell, odd: None } => {
                format!("\"{cell}\" is not a number, as most of this column are; mend it{drop}")
            }
            CellProblem::NotFinite(cell) => format!("\"{cell}\" is not a finite number; mend it{drop}"),
            CellProblem::TooLarge(cell) => {
                format!("\"{cell}\" is not a finite number in 32 bits; train with --set train.precision=f64")
            }
            CellProblem::TextTarget(cell) => format!(
                "\"{cell}\" is not a number; a text target needs a loss that compares with classes, such as cross_entropy"
            ),
            CellProblem::NoSwitch(cell) => {
                format!("\"{cell}\" is neither no nor yes, as the others of this column are; mend it{drop}")
            }
            CellProblem::NotUtf8(encoding) => format!(
                "not text in UTF-8 but, as it looks, in {encoding}; convert it: iconv -f {encoding} -t UTF-8 FILE > NEW"
            ),
            CellProblem::NotWhole(label) => format!(
                "{label} is no class: classes are texts or whole numbers; to predict a number take a loss such as mse"
            ),
            CellProblem::UnknownClass { label, known } => unknown_class(label, known),
            CellProblem::NotOneHot => {
                "of several columns that name the class exactly one has to be 1 and the others 0".into()
            }
            CellProblem::NeitherPart(cell) => format!(
                "\"{cell}\" does not say whether the row is held out; it takes test, true, yes or 1, and train, false, no or 0"
            ),
        }
    }
}

fn which_target(columns: &[String], named: bool) -> String {
    let (which, all) = ("which column is the target? Say so: --set data.target=", shorten(columns));
    match columns.last() {
        Some(last) if !named => {
            format!("{which}{last} (the last one; the first line names no columns, so they are called {all})")
        }
        _ => format!("{which}NAME, one of: {all}"),
    }
}

fn unknown_class(label: &str, known: &[String]) -> String {
    format!(
        "the class \"{label}\" does not occur in the training data; known classes: {}; mend it or leave the row out",
        shorten(known)
    )
}

/// How to leave a column out, beside those that are left out already.
fn drop_it(column: &str, dropped: &[String]) -> String {
    let all = dropped.iter().map(String::as_str).chain([column]).map(|name| format!("\"{name}\""));
    format!("; or leave the column out: --set 'data.drop=[{}]'", all.collect::<Vec<_>>().join(", "))
}

fn quoted(names: &[String]) -> String {
    shorten(&names.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>())
}

/// Names with commas between, the first dozen of them.
fn shorten(names: &[String]) -> String {
    let more = names.len().saturating_sub(12);
    let shown = names[..names.len() - more].join(", ");
    if more > 0 { format!("{shown}, and {more} more") } else { shown }
}
