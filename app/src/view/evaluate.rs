//! How good a run's predictions are.

use schemars::JsonSchema;
use serde::Serialize;
use whygrad::probe::Evaluation;

/// How good a run's predictions are.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Evaluated {
    /// Its folder.
    pub run: String,
    /// Whether its weights are those of the best epoch; else they are the last.
    pub best: bool,
    /// After which step they were so.
    pub step: u64,
    /// Which examples they were judged by.
    pub part: Part,
    /// The file that those stand in; null where they are the run's own.
    pub file: Option<String>,
    /// How good.
    #[serde(flatten)]
    pub evaluation: Evaluation,
}

/// Which examples.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Those held out from training.
    HeldOut,
    /// Those that it was trained on: nothing is held out.
    Training,
    /// Those of a file.
    File,
}
