//! What things are called.

use super::Weight;
use crate::network::Network;
use std::fmt;
use std::sync::Arc;

/// What the things of a network are called wherever a text names one. A network has the usual names, with those of its
/// data's columns where they have any; what has names of its own, such as a worked example, tells them to the snapshot ([`Snapshot::with_names`](super::Snapshot::with_names)).
/// Operations keep the names that they have in the network.
pub trait Names: fmt::Debug + Send + Sync {
    /// A value as a whole: `tanh1`. Value 0 is the input, i + 1 the output of operation i.
    fn value(&self, value: usize) -> String;

    /// Number `at` of a value: `tanh1[3]`, or `tanh1` where it has one number.
    fn unit(&self, value: usize, at: usize) -> String;

    /// A weight: `linear1.weight[3,17]`.
    fn weight(&self, weight: Weight) -> String;

    /// The network's output as the loss sees it: `ŷ`, or its number `at`: `ŷ[3]`.
    fn prediction(&self, at: Option<usize>) -> String;

    /// What number `at` of the output should be: `y[3]`, or `y` where there is one; or all of the target.
    fn target(&self, at: Option<usize>) -> String;

    /// A setting of operation `node`, or a number that its forward pass left: `elu1.alpha`. Two operations of one kind
    /// may differ in it.
    fn own(&self, node: usize, letter: &str) -> String;
}

impl Names for Network {
    fn value(&self, value: usize) -> String {
        self.value_name(value).into()
    }

    fn unit(&self, value: usize, at: usize) -> String {
        self.unit_name(value, at)
    }

    fn weight(&self, weight: Weight) -> String {
        weight.name(self)
    }

    fn prediction(&self, at: Option<usize>) -> String {
        let number = at.map(|at| number_of(self, self.output().index(), at));
        format!("ŷ{}", number.unwrap_or_default())
    }

    fn target(&self, at: Option<usize>) -> String {
        let number = at.map(|at| number_of(self, self.output().index(), at));
        format!("y{}", number.unwrap_or_default())
    }

    fn own(&self, node: usize, letter: &str) -> String {
        format!("{}.{letter}", self.nodes()[node].name)
    }
}

/// The usual names, but that inputs are called by the columns that they come from: `x[age]`.
#[derive(Debug)]
pub(super) struct ByColumn {
    pub network: Arc<Network>,
    /// Of each number of an example.
    pub columns: Vec<String>,
}

impl Names for ByColumn {
    fn value(&self, value: usize) -> String {
        self.network.value(value)
    }

    fn unit(&self, value: usize, at: usize) -> String {
        match value {
            0 => format!("{}[{}]", self.value(0), self.columns[at]),
            _ => self.network.unit(value, at),
        }
    }

    fn weight(&self, weight: Weight) -> String {
        Names::weight(&*self.network, weight)
    }

    fn prediction(&self, at: Option<usize>) -> String {
        self.network.prediction(at)
    }

    fn target(&self, at: Option<usize>) -> String {
        self.network.target(at)
    }

    fn own(&self, node: usize, letter: &str) -> String {
        self.network.own(node, letter)
    }
}

/// `[3]`; nothing where the value has one number.
fn number_of(network: &Network, value: usize, at: usize) -> String {
    let shape = &network.shapes()[value];
    if shape.len() == 1 { String::new() } else { shape.index(at) }
}
