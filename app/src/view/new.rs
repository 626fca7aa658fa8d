//! An experiment to start from.

use schemars::JsonSchema;
use serde::Serialize;

/// An experiment that was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Starter {
    /// Its file.
    pub file: String,
}
