//! One weight of a network, as people write it: `linear2.weight[3,17]`, `linear1.bias[4]`.

use crate::network::{self, Network};
use crate::shape::Shape;
use serde::{Deserialize, Serialize};

/// One number of one parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Weight {
    /// Which of the network's parameters, in their order.
    pub param: usize,
    /// Which of its numbers, in the order in which they lie.
    pub at: usize,
}

/// Why a text names no weight.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum WeightError {
    /// No parameter of that name.
    #[error("{0}")]
    Unknown(network::Error),
    /// Something else than numbers between brackets at the end.
    #[error("`{0}` is no weight; a weight is written as a parameter and its indices: `linear1.weight[3,17]`")]
    Form(String),
    /// Not as many indices as the parameter has axes.
    #[error("`{name}` has the shape {shape}: {} indices from 0, and {got} were given", shape.dims().len())]
    Indices {
        /// The parameter.
        name: String,
        /// Its shape.
        shape: Shape,
        /// How many indices were given.
        got: usize,
    },
    /// An index that is too large.
    #[error("`{name}` has the shape {shape}: index {index} of axis {axis} goes from 0 to {}", shape.dims()[*axis] - 1)]
    Range {
        /// The parameter.
        name: String,
        /// Its shape.
        shape: Shape,
        /// The axis, from 0.
        axis: usize,
        /// The index.
        index: usize,
    },
}

impl Weight {
    /// Reads `linear2.weight[3,17]`; the parameter may also be called as in files: `2.weight[3,17]`.
    ///
    /// ```
    /// use whygrad::{credit::Weight, layers, network::Network, op::Linear};
    /// let network = Network::sequential([20], layers![Linear::new(4)])?;
    /// let weight = Weight::parse("linear1.weight[3,17]", &network)?;
    /// assert_eq!((weight.param, weight.at), (0, 3 * 20 + 17));
    /// assert_eq!(weight.name(&network), "linear1.weight[3,17]");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn parse(text: &str, network: &Network) -> Result<Weight, WeightError> {
        let text = text.trim();
        let (name, indices) = match text.split_once('[') {
            None => (text, vec![]),
            Some((name, rest)) => {
                let inside = rest.strip_suffix(']').map(|inside| inside.split(',').map(str::trim));
                let numbers = inside.and_then(|inside| inside.map(|i| i.parse().ok()).collect());
                (name.trim_end(), numbers.ok_or_else(|| WeightError::Form(text.into()))?)
            }
        };
        let param = network.find(name).map_err(WeightError::Unknown)?;
        let of = &network.params()[param];
        let (name, shape, dims) = (of.name.clone(), of.shape.clone(), of.shape.dims());
        if indices.len() != dims.len() {
            return Err(WeightError::Indices { name, shape, got: indices.len() });
        }
        let mut at = 0;
        for (axis, (&index, &length)) in indices.iter().zip(dims).enumerate() {
            if index >= length {
                return Err(WeightError::Range { name, shape, axis, index });
            }
            at = at * length + index;
        }
        Ok(Weight { param, at })
    }

    /// As people write it.
    pub fn name(self, network: &Network) -> String {
        let param = &network.params()[self.param];
        param.name.clone() + &param.shape.index(self.at)
    }

    /// Where it stands among all numbers of [`crate::network::Weights`].
    pub fn place(self, network: &Network) -> usize {
        network.params()[self.param].range.start + self.at
    }

    /// The weight that stands there, the inverse of [`Weight::place`].
    pub fn at_place(place: usize, network: &Network) -> Weight {
        let param = network.params().partition_point(|param| param.range.end <= place);
        Weight { param, at: place - network.params()[param].range.start }
    }

    /// Which operation it belongs to, and which of that operation's parameters it is in.
    pub fn node(self, network: &Network) -> (usize, usize) {
        let owner = network.nodes().partition_point(|node| node.params.end <= self.param);
        (owner, self.param - network.nodes()[owner].params.start)
    }

    /// Whether a mask leaves it out: it is 0, stays 0, and no path ends at it.
    pub fn left_out(self, network: &Network) -> bool {
        network.params()[self.param].mask.as_ref().is_some_and(|mask| !mask[self.at])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::op::{LayerNorm, Linear, Tanh};

    fn network() -> Network {
        let layers = crate::layers!(Linear::new(4), LayerNorm::default(), Tanh, Linear::new(2));
        Network::sequential([3], layers).unwrap()
    }

    #[test]
    fn every_weight_is_read_back_from_its_name() {
        let network = network();
        for (param, of) in network.params().iter().enumerate() {
            for at in 0..of.shape.len() {
                let weight = Weight { param, at };
                assert_eq!(Weight::parse(&weight.name(&network), &network), Ok(weight));
                assert_eq!(weight.place(&network), of.range.start + at);
                assert_eq!(Weight::at_place(of.range.start + at, &network), weight);
                let (node, own) = weight.node(&network);
                assert_eq!(network.nodes()[node].params.start + own, param);
                assert!(network.nodes()[node].params.contains(&param));
            }
        }
        assert_eq!(
            Weight::parse(" 3.weight[ 1 , 2 ]", &network),
            Weight::parse("linear2.weight[1,2]", &network)
        );
    }

    #[test]
    fn a_text_that_names_no_weight_says_what_would() {
        let network = network();
        let message = |text| Weight::parse(text, &network).unwrap_err().to_string();
        assert!(
            message("linear3.weight[0,0]").contains("no parameter `linear3.weight`; it has: linear1.weight,")
        );
        assert_eq!(
            message("linear1.weight[1]"),
            "`linear1.weight` has the shape [4, 3]: 2 indices from 0, and 1 were given"
        );
        assert_eq!(
            message("linear1.weight[1,3]"),
            "`linear1.weight` has the shape [4, 3]: index 3 of axis 1 goes from 0 to 2"
        );
        assert!(message("linear1.weight[1,x]").contains("is no weight"));
        assert!(message("linear1.weight[1,2").contains("is no weight"));
        assert!(message("linear1.bias").contains("1 indices from 0, and 0 were given"));
    }
}
