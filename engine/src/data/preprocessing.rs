//! What stands between a table and a network, and between the network and what is predicted: plain data, which a run keeps.

use super::{Encoding, Scaler};
use serde::{Deserialize, Serialize};

/// What stands between a table and a network, and between the network and what is predicted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Preprocessing {
    /// How the columns become inputs; without columns, inputs come as numbers.
    pub columns: Encoding,
    /// How inputs are scaled.
    pub scaler: Scaler,
    /// Names of the targets' columns, where there are such.
    pub targets: Vec<String>,
    /// Names of the classes in the order of the outputs, where targets are classes.
    pub classes: Vec<String>,
    /// How targets that are numbers are scaled.
    pub target_scaler: Scaler,
}

impl Preprocessing {
    /// How many inputs the network has.
    pub fn inputs(&self) -> usize {
        self.scaler.features()
    }
}
