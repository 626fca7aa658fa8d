//! What is wrong with a cell of a table, and what would be right.

use super::data::shorten;
use super::{Encoding, Odd};

/// Of what a column is one.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// Of the inputs of a file to train on, of which these are left out already.
    Inputs(Box<[String]>),
    /// Of its targets: it cannot be left out.
    Targets,
    /// Of another file: a network needs all columns that it was trained with.
    Other,
}

impl Part {
    /// How to leave a column out, where it can be.
    pub(super) fn drop_it(&self, column: &str) -> String {
        if let Part::Inputs(dropped) = self { drop_it(column, dropped) } else { String::new() }
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

    /// What it is and what would be right, in a column of this name.
    pub(super) fn in_column(&self, column: &str, of: &Part) -> String {
        let (trains, drop) = (*of != Part::Other, of.drop_it(column));
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
                let blank = cell.starts_with('#') || !cell.contains(char::is_alphanumeric);
                let empty =
                    if blank { "; where it says that the value is missing, leave it empty" } else { "" };
                format!("\"{cell}\" is not a number, as most of this column are; mend it{empty}{drop}")
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
                "{label} is no class: classes are texts or whole numbers below 2^53; to predict a number take a loss such as mse"
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

pub(super) fn unknown_class(label: &str, known: &[String]) -> String {
    format!(
        "the class \"{label}\" does not occur in the training data; known classes: {}; mend it or leave the row out",
        shorten(known)
    )
}

/// How to leave a column out, beside those that are left out already.
pub(super) fn drop_it(column: &str, dropped: &[String]) -> String {
    format!("; or leave the column out: {}", dropping(column, dropped))
}

/// What to type so that a column is left out, beside those that are left out already.
pub fn dropping(column: &str, dropped: &[String]) -> String {
    let all = dropped.iter().map(String::as_str).chain([column]).map(|name| format!("\"{name}\""));
    format!("--set 'data.drop=[{}]'", all.collect::<Vec<_>>().join(", "))
}
