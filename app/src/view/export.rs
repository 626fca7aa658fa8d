//! A run that was written for PyTorch.

use schemars::JsonSchema;
use serde::Serialize;

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Exported {
    /// The program that predicts.
    pub program: String,
    /// The file with the network's weights, which it reads.
    pub weights: String,
    /// Whether it reads tables; one that was trained on arrays takes rows at hand.
    pub reads_tables: bool,
}
