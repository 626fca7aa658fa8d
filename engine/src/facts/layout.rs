//! What facts are of: the values and the parameters of a network, by name.

use super::StepFacts;
use crate::shape::Shape;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Names, kinds and shapes of a network's values and parameters. [`StepFacts`] are in its order.
///
/// ```
/// use whygrad::{layers, network::Network, op::{Linear, Relu}};
/// let layout = Network::sequential([64], layers![Linear::new(32), Relu, Linear::new(10)])?.layout();
/// let names: Vec<&str> = layout.values.iter().map(|value| value.name.as_str()).collect();
/// assert_eq!(names, ["x", "linear1", "relu1", "linear2"]);
/// assert_eq!(layout.params[layout.values[3].params.clone()][1].name, "linear2.bias");
/// # Ok::<(), whygrad::network::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layout {
    /// The network's input, and the output of each operation, in the order in which they are computed.
    pub values: Vec<ValueLayout>,
    /// In the order of their operations.
    pub params: Vec<ParamLayout>,
}

/// A value: the input of a network, or the output of one of its operations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ValueLayout {
    /// For people: `x` for the input, else the operation's: `linear1`.
    pub name: String,
    /// What makes it: `input`, or an operation such as `linear`.
    pub kind: String,
    /// Of one example.
    pub shape: Shape,
    /// The values that it is computed from, by their place in the layout.
    pub inputs: Vec<usize>,
    /// Which of the layout's parameters its operation has.
    pub params: Range<usize>,
}

/// A parameter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParamLayout {
    /// For people: `linear1.weight`.
    pub name: String,
    /// PyTorch's name: `0.weight`.
    pub path: String,
    /// Its shape.
    pub shape: Shape,
    /// Whether the optimizer leaves it alone.
    pub frozen: bool,
}

impl ValueLayout {
    /// Whether it is a layer's output: whether the operation that makes it has parameters.
    pub fn is_layer(&self) -> bool {
        !self.params.is_empty()
    }
}

impl Layout {
    /// How many numbers the parameters have together.
    pub fn param_count(&self) -> usize {
        self.params.iter().map(|param| param.shape.len()).sum()
    }

    /// Whether there is an input, every value is computed from values before it and has parameters that there are, and
    /// these have no more numbers than can be counted. One that a file holds may be anything.
    pub fn is_sound(&self) -> bool {
        let mut lengths = self.params.iter().map(|param| param.shape.len());
        let counted = lengths.try_fold(0, |sum: usize, length| sum.checked_add(length)).is_some();
        counted
            && !self.values.is_empty()
            && self.values.iter().enumerate().all(|(i, value)| {
                value.inputs.iter().all(|input| *input < i) && self.params.get(value.params.clone()).is_some()
            })
    }

    /// Whether these are facts of as many values and parameters.
    pub fn fits(&self, facts: &StepFacts) -> bool {
        let of_values = [&facts.values, &facts.value_gradients];
        let of_params = [&facts.params, &facts.param_gradients, &facts.param_updates];
        of_values.iter().all(|moments| moments.len() == self.values.len())
            && of_params.iter().all(|moments| moments.len() == self.params.len())
    }
}
