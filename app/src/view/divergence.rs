//! Where a training stopped being finite.

use crate::replay;
use schemars::JsonSchema;
use serde::Serialize;
use whygrad::probe::NotFinite;

/// The first number of a training that was not finite. Nothing that came after it can be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Divergence {
    /// The step in which it came, from 1.
    pub step: u64,
    /// What and where it was.
    pub first: NotFinite,
    /// The number that its example has where it comes from: the row of a table, from 1, of arrays from 0; null where it was no example's.
    pub row: Option<usize>,
    /// The same in words.
    pub sentence: String,
}

impl From<&replay::Divergence> for Divergence {
    fn from(of: &replay::Divergence) -> Divergence {
        Divergence { step: of.step, first: of.first.clone(), row: of.row, sentence: of.to_string() }
    }
}
