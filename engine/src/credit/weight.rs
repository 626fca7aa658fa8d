//! One weight of a network, as people write it: `linear2.weight[3,17]`, `linear1.bias[4]`.

use crate::network::Network;
use serde::{Deserialize, Serialize};

/// One number of one parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Weight {
    /// Which of [`Network::params`].
    pub param: usize,
    /// Which of its numbers, in the order in which they lie.
    pub at: usize,
}

impl Weight {
    /// As people write it.
    pub fn name(self, network: &Network) -> String {
        let param = &network.params()[self.param];
        let (mut at, mut indices) = (self.at, vec![]);
        for length in param.shape.dims().iter().rev() {
            indices.push((at % length).to_string());
            at /= length;
        }
        indices.reverse();
        format!("{}[{}]", param.name, indices.join(","))
    }

    /// Where it stands among all numbers of [`crate::network::Weights`].
    pub fn place(self, network: &Network) -> usize {
        network.params()[self.param].range.start + self.at
    }
}
