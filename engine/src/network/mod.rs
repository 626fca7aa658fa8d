//! What is computed: a graph of operations in topological order, with named parameters.

mod memory;
mod partition;
mod plan;
pub(crate) mod stored;
mod table;
mod weights;

pub use partition::{ParamSlice, Partition};
pub use plan::{Batch, Pass, Plan, Rows, StepSlices, keep};
pub use stored::StoredError;
pub use weights::Weights;

use crate::data::DataError;
use crate::facts::{Layout, ParamLayout, ValueLayout};
use crate::init::Init;
use crate::loss::Mismatch;
use crate::op::{Add, Misfit, Operation};
use crate::shape::Shape;
use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

/// Why a network, a plan or a trainer could not be built.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Error {
    /// A layer does not fit what arrives at it.
    #[error("layer {path} ({layer}): {misfit}")]
    Layer {
        /// Its name: `linear2`.
        layer: String,
        /// Its position: `2`, or `1.f.0` inside a residual.
        path: String,
        /// What does not fit.
        misfit: Misfit,
    },
    /// An operation whose parameters or statistics would be called as another's.
    #[error("`{path}` is the path of two operations; each needs one of its own for its numbers in files")]
    Path {
        /// The path.
        path: String,
    },
    /// The network's output or the targets do not suit the loss.
    #[error("{0}")]
    Loss(#[from] Mismatch),
    /// Data of another shape than the network's input.
    #[error("the network takes examples of shape {network} and the data's have the shape {data}")]
    Input {
        /// What the network was built for.
        network: Shape,
        /// What the data has.
        data: Shape,
    },
    /// A network without operations.
    #[error("the network has no layers; it needs at least one")]
    Empty,
    /// No parameter of that name.
    #[error("the network has no parameter `{name}`; it has: {}", .known.join(", "))]
    UnknownParam {
        /// The name.
        name: String,
        /// The names there are.
        known: Vec<String>,
    },
    /// Numbers of the wrong count for a parameter.
    #[error("parameter `{name}` has the shape {shape}, {} numbers, and {got} were given", shape.len())]
    ParamSize {
        /// The parameter.
        name: String,
        /// Its shape.
        shape: Shape,
        /// How many numbers were given.
        got: usize,
    },
    /// Numbers that are no data.
    #[error(transparent)]
    Data(#[from] DataError),
    /// Bytes that are not the network's numbers.
    #[error(transparent)]
    Stored(#[from] StoredError),
    /// Weights of another network.
    #[error("weights of another network: it has {got} {what}, and this network has {wants}")]
    OtherNetwork {
        /// What is counted.
        what: &'static str,
        /// How many there are.
        got: usize,
        /// How many the network has.
        wants: usize,
    },
    /// A training's state that is another optimizer's.
    #[error(
        "the state of another optimizer: it keeps {} for each weight, and {optimizer} keeps {}",
        listed(.got),
        listed(.wants)
    )]
    Slots {
        /// The optimizer that should go on from it.
        optimizer: &'static str,
        /// The slots that the state has.
        got: Vec<&'static str>,
        /// The slots that the optimizer has.
        wants: Vec<&'static str>,
    },
    /// Batches without examples.
    #[error("the batch size is 0; a batch has at least one example")]
    NoBatch,
    /// No data to compute on.
    #[error("the data has no examples; at least one is needed")]
    NoExamples,
}

fn listed(names: &[&str]) -> String {
    if names.is_empty() { "nothing".into() } else { names.join(", ") }
}

/// A value of the graph: the input of the network or the output of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Value(usize);

impl Value {
    /// Its number: 0 is the network's input, i + 1 the output of operation i.
    pub fn index(self) -> usize {
        self.0
    }
}

/// An operation in the graph.
#[derive(Clone, Debug)]
pub struct Node {
    /// For people: `linear2`, the second linear layer.
    pub name: String,
    /// Its position, as PyTorch's `Sequential` names it: `2`, or `1.f.0` inside a residual.
    pub path: String,
    /// What it computes.
    pub op: Arc<dyn Operation>,
    /// What it is computed from, by value number.
    pub inputs: Vec<usize>,
    /// Which of the network's parameters are its own.
    pub params: Range<usize>,
    /// Which of the network's buffers are its own.
    pub buffers: Range<usize>,
}

/// A parameter of the network.
#[derive(Clone, Debug)]
pub struct Param {
    /// For people: `linear2.weight`.
    pub name: String,
    /// PyTorch's name: `2.weight`.
    pub path: String,
    /// Its shape.
    pub shape: Shape,
    /// Where it stands among all numbers of [`Weights`].
    pub range: Range<usize>,
    /// How it starts.
    pub init: Init,
    /// Elements that exist; `None`: all.
    pub mask: Option<Vec<bool>>,
    /// Whether the optimizer leaves it alone.
    pub frozen: bool,
}

/// Untrained state of the network.
#[derive(Clone, Debug)]
pub struct Buffer {
    /// PyTorch's name: `1.running_mean`.
    pub path: String,
    /// Its shape.
    pub shape: Shape,
    /// Where it stands among all buffers' numbers.
    pub range: Range<usize>,
    /// What it is filled with at the start.
    pub start: f64,
}

/// A layer of a sequential network.
#[derive(Clone, Debug)]
pub enum Layer {
    /// One operation on what the layer before it gives.
    Op(Arc<dyn Operation>),
    /// y = x + f(x), with f the layers inside.
    Residual(Vec<Layer>),
}

impl<O: Operation + 'static> From<O> for Layer {
    fn from(op: O) -> Layer {
        Layer::Op(Arc::new(op))
    }
}

/// What becomes of an operation of a network.
#[derive(Clone, Debug)]
pub enum Edit {
    /// It goes; what it was computed from takes its place.
    Remove,
    /// Another is in its place.
    Replace(Arc<dyn Operation>),
    /// Another comes before it, on each of its inputs.
    Before(Arc<dyn Operation>),
}

/// A list of layers: `layers![Linear::new(32), Relu, Linear::new(10)]`.
#[macro_export]
macro_rules! layers {
    ($($layer:expr),* $(,)?) => { vec![$($crate::network::Layer::from($layer)),*] };
}

/// A graph of operations; says what is computed, holds no numbers.
#[derive(Clone, Debug)]
pub struct Network {
    shapes: Vec<Shape>,
    nodes: Vec<Node>,
    params: Vec<Param>,
    buffers: Vec<Buffer>,
    named: HashMap<&'static str, usize>,
    /// The paths of operations that have parameters or buffers.
    paths: HashSet<String>,
}

impl Network {
    /// A graph without operations, for examples of shape `input`.
    pub fn new(input: impl Into<Shape>) -> Network {
        Network {
            shapes: vec![input.into()],
            nodes: vec![],
            params: vec![],
            buffers: vec![],
            named: HashMap::new(),
            paths: HashSet::new(),
        }
    }

    /// Layers one after the other.
    ///
    /// ```
    /// use whygrad::{layers, network::Network, op::{Linear, Relu}};
    /// let network = Network::sequential([64], layers![Linear::new(32), Relu, Linear::new(10)])?;
    /// assert_eq!(network.params()[2].name, "linear2.weight");
    /// # Ok::<(), whygrad::network::Error>(())
    /// ```
    pub fn sequential(input: impl Into<Shape>, layers: Vec<Layer>) -> Result<Network, Error> {
        let mut network = Network::new(input);
        if layers.is_empty() {
            return Err(Error::Empty);
        }
        let start = network.input();
        network.chain("", layers, start)?;
        Ok(network)
    }

    /// Adds layers behind `x`; recursion goes as deep as residuals are nested.
    fn chain(&mut self, prefix: &str, layers: Vec<Layer>, mut x: Value) -> Result<Value, Error> {
        for (i, layer) in layers.into_iter().enumerate() {
            let path = format!("{prefix}{i}");
            x = match layer {
                Layer::Op(op) => self.add(path, op, &[x])?,
                Layer::Residual(inside) => {
                    let fx = self.chain(&format!("{path}.f."), inside, x)?;
                    self.add(path, Arc::new(Add), &[x, fx])?
                }
            };
        }
        Ok(x)
    }

    /// The network's input.
    pub fn input(&self) -> Value {
        Value(0)
    }

    /// The network's output: the last value that was added.
    pub fn output(&self) -> Value {
        Value(self.nodes.len())
    }

    /// Adds an operation on values that are there; `path` is what its parameters are called in files.
    ///
    /// # Errors
    /// Where the operation does not take inputs of their shapes, or has numbers and another that has some has its path.
    ///
    /// # Panics
    /// Where a value is another network's.
    pub fn add(&mut self, path: String, op: Arc<dyn Operation>, inputs: &[Value]) -> Result<Value, Error> {
        let kind = op.name();
        let ordinal = self.named.entry(kind).or_insert(0);
        *ordinal += 1;
        let name = format!("{kind}{ordinal}");
        let x: Vec<&Shape> = inputs.iter().map(|value| &self.shapes[value.0]).collect();
        let shape = match op.shape(&x) {
            Ok(shape) => shape,
            Err(misfit) => return Err(Error::Layer { layer: name, path, misfit }),
        };
        let (params, buffers) = (op.params(&x), op.buffers(&x));
        let is_named = !params.is_empty() || !buffers.is_empty();
        if is_named && !self.paths.insert(path.clone()) {
            return Err(Error::Path { path });
        }
        let first = (self.params.len(), self.buffers.len());
        for spec in params {
            let start = self.param_count();
            self.params.push(Param {
                name: format!("{name}.{}", spec.name),
                path: format!("{path}.{}", spec.name),
                range: start..start + spec.shape.len(),
                shape: spec.shape,
                init: spec.init,
                mask: spec.mask,
                frozen: false,
            });
        }
        for spec in buffers {
            let start = self.buffer_count();
            self.buffers.push(Buffer {
                path: format!("{path}.{}", spec.name),
                range: start..start + spec.shape.len(),
                shape: spec.shape,
                start: spec.start,
            });
        }
        self.shapes.push(shape);
        self.nodes.push(Node {
            name,
            path,
            op,
            inputs: inputs.iter().map(|value| value.0).collect(),
            params: first.0..self.params.len(),
            buffers: first.1..self.buffers.len(),
        });
        Ok(self.output())
    }

    /// The same network with one operation changed. Operations that stay keep the path, the start and the freezing of
    /// their parameters.
    ///
    /// # Errors
    /// Where an operation does not take what then arrives at it.
    ///
    /// # Panics
    /// Where there is no such operation, or it has more than one input and should go.
    pub fn edited(&self, node: usize, edit: &Edit) -> Result<Network, Error> {
        let mut network = Network::new(self.shapes[0].clone());
        // Which value each value of this network is in the new one.
        let mut values = vec![network.input()];
        for (i, of) in self.nodes.iter().enumerate() {
            let mut inputs: Vec<Value> = of.inputs.iter().map(|&input| values[input]).collect();
            let (op, stays) = match edit {
                Edit::Remove if i == node => {
                    let [input] = inputs[..] else { panic!("{} has more than one input", of.name) };
                    values.push(input);
                    continue;
                }
                Edit::Replace(op) if i == node => (op, false),
                Edit::Before(op) if i == node => {
                    let path = format!("{}.before", of.path);
                    inputs = inputs
                        .iter()
                        .map(|input| network.add(path.clone(), Arc::clone(op), &[*input]))
                        .collect::<Result<_, _>>()?;
                    (&of.op, true)
                }
                _ => (&of.op, true),
            };
            values.push(network.add(of.path.clone(), Arc::clone(op), &inputs)?);
            if stays {
                let added = network.nodes[network.nodes.len() - 1].params.clone();
                for (new, old) in network.params[added].iter_mut().zip(&self.params[of.params.clone()]) {
                    (new.init, new.frozen) = (old.init, old.frozen);
                }
            }
        }
        if network.nodes.is_empty() { Err(Error::Empty) } else { Ok(network) }
    }

    /// Starts a parameter in another way.
    ///
    /// # Panics
    /// Where there is no such parameter.
    pub fn set_init(&mut self, param: usize, init: Init) {
        self.params[param].init = init;
    }

    /// Keeps the optimizer away from a parameter, named as in `linear1.bias` or `0.bias`.
    pub fn freeze(&mut self, name: &str) -> Result<(), Error> {
        let at = self.find(name)?;
        self.params[at].frozen = true;
        Ok(())
    }

    /// The number of the parameter called `name`, as people (`linear1.bias`) or files (`0.bias`) call it.
    pub fn find(&self, name: &str) -> Result<usize, Error> {
        self.params.iter().position(|param| param.name == name || param.path == name).ok_or_else(|| {
            Error::UnknownParam {
                name: name.into(),
                known: self.params.iter().map(|param| param.name.clone()).collect(),
            }
        })
    }

    /// What a value is called: `x` for the input, else as its operation.
    pub fn value_name(&self, value: usize) -> &str {
        if value == 0 { "x" } else { &self.nodes[value - 1].name }
    }

    /// What number `at` of a value is called: `tanh1[3]`, or `tanh1` where it has one number.
    pub fn unit_name(&self, value: usize, at: usize) -> String {
        let (name, shape) = (self.value_name(value), &self.shapes[value]);
        if shape.len() == 1 { name.into() } else { name.to_string() + &shape.index(at) }
    }

    /// What the number in this place among all parameters' is called: `linear1.weight[3,17]`.
    pub fn weight_name(&self, place: usize) -> String {
        let param = &self.params[self.params.partition_point(|param| param.range.end <= place)];
        param.name.clone() + &param.shape.index(place - param.range.start)
    }

    /// Operations, in an order in which each comes after what it is computed from.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// Parameters, in the order of their operations.
    pub fn params(&self) -> &[Param] {
        &self.params
    }

    /// Untrained state, in the order of the operations.
    pub fn buffers(&self) -> &[Buffer] {
        &self.buffers
    }

    /// Shape of one example of a value.
    pub fn shape(&self, value: Value) -> &Shape {
        &self.shapes[value.0]
    }

    /// Shape of one example of every value, by its number.
    pub fn shapes(&self) -> &[Shape] {
        &self.shapes
    }

    /// Number of trained numbers.
    pub fn param_count(&self) -> usize {
        self.params.last().map_or(0, |param| param.range.end)
    }

    /// Number of untrained numbers.
    pub fn buffer_count(&self) -> usize {
        self.buffers.last().map_or(0, |buffer| buffer.range.end)
    }

    /// Names, kinds and shapes of its values and parameters.
    pub fn layout(&self) -> Layout {
        let input = ValueLayout {
            name: "x".into(),
            kind: "input".into(),
            shape: self.shapes[0].clone(),
            inputs: vec![],
            params: 0..0,
        };
        let outputs = self.nodes.iter().zip(&self.shapes[1..]).map(|(node, shape)| ValueLayout {
            name: node.name.clone(),
            kind: node.op.name().into(),
            shape: shape.clone(),
            inputs: node.inputs.clone(),
            params: node.params.clone(),
        });
        let params = self.params.iter().map(|param| ParamLayout {
            name: param.name.clone(),
            path: param.path.clone(),
            shape: param.shape.clone(),
            frozen: param.frozen,
        });
        Layout { values: std::iter::once(input).chain(outputs).collect(), params: params.collect() }
    }

    /// Whether some operation mixes the examples of a batch.
    pub fn mixes_examples(&self) -> bool {
        self.nodes.iter().any(|node| node.op.mixes_examples())
    }
}
