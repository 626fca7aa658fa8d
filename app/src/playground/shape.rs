//! The layers of a network, as they are drawn: an operation with a matrix of weights, and what follows it.

use std::ops::Range;
use whygrad::network::{Network, Param};

/// A layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    /// Its first operation: `linear1`.
    pub name: String,
    /// The operations behind it, by their kinds: `tanh`.
    pub then: Vec<&'static str>,
    /// The value that it makes, among those of the network's plan.
    pub value: usize,
    /// Numbers that it makes.
    pub units: usize,
    /// Its weight.
    pub weight: Matrix,
    /// Its bias.
    pub bias: Option<Matrix>,
}

/// A parameter, and where it stands among all of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Matrix {
    /// `linear1.weight`
    pub name: String,
    /// Where it stands.
    pub range: Range<usize>,
    /// `[out, in]`, or `[out]` of a bias.
    pub shape: Vec<usize>,
}

impl Matrix {
    fn new(param: &Param) -> Matrix {
        Matrix { name: param.name.clone(), range: param.range.clone(), shape: param.shape.dims().to_vec() }
    }
}

/// The layers of a network, from the inputs on. A layer begins with an operation that has a matrix of weights.
pub fn layers(network: &Network) -> Vec<Layer> {
    let mut layers: Vec<Layer> = vec![];
    for (node, operation) in network.nodes().iter().enumerate() {
        let params = || network.params()[operation.params.clone()].iter();
        let units = network.shapes()[node + 1].len();
        match params().find(|param| param.shape.dims().len() == 2) {
            Some(weight) => layers.push(Layer {
                name: operation.name.clone(),
                then: vec![],
                value: node + 1,
                units,
                weight: Matrix::new(weight),
                bias: params().find(|param| param.shape.dims().len() == 1).map(Matrix::new),
            }),
            None => {
                if let Some(layer) = layers.last_mut() {
                    layer.then.push(operation.op.name());
                    (layer.value, layer.units) = (node + 1, units);
                }
            }
        }
    }
    layers
}
