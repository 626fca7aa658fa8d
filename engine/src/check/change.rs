//! One thing changed in what decides a training.

use crate::data::Scale;
use crate::init::{Fan, Init};
use crate::loss::{self, Reduction};
use crate::network::{Edit, Network};
use crate::op::{self, Linear, Operation, Relu};
use crate::optim::{self, Clip};
use crate::setting::Literal;
use crate::train::{Course, Real, Setup};
use serde::Serialize;
use std::fmt;
use std::sync::Arc;

/// One thing changed in what decides a training, in the words of an experiment. Operations are named as the network that is
/// changed names them.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// Inputs are scaled to mean 0 and deviation 1.
    Standardise,
    /// Targets that are numbers are scaled to mean 0 and deviation 1.
    StandardiseTargets,
    /// Examples are shuffled before the split and in each epoch.
    Shuffle,
    /// The loss weighs classes.
    ClassWeights(Vec<f64>),
    /// Another loss.
    Loss(&'static str),
    /// A hidden layer of [`HIDDEN`] units with relu before an operation.
    Hidden(String),
    /// An operation goes.
    Remove(String),
    /// Another operation, with its defaults, in the place of one.
    Replace(String, &'static str),
    /// An operation, with its defaults, before one.
    Before(String, &'static str),
    /// The parameters of an operation start in another way.
    Start(String, Start),
    /// A setting of the optimizer, by its name.
    Optimizer(&'static str, f64),
    /// Another optimizer, with its defaults.
    OptimizerType(&'static str),
    /// The gradient is not clipped.
    Unclipped,
    /// The gradient's norm is held below this.
    ClipNorm(f64),
    /// The learning rate stays the same.
    ConstantRate,
    /// Other epochs.
    Epochs(u64),
    /// Other examples in a batch.
    Batch(usize),
}

/// Units of a hidden layer that is proposed.
pub const HIDDEN: usize = 32;

/// How an operation's parameters start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Start {
    /// As the operation says: PyTorch's default.
    Default,
    /// The weight normal with deviation √(2 / fan_in) (He et al. 2015), the bias by default.
    Kaiming,
    /// The weight uniform in ±√(6 / (fan_in + fan_out)) (Glorot, Bengio 2010), the bias by default.
    Xavier,
}

impl Change {
    /// Changes a setup; false where it has nothing that could be changed so.
    pub fn apply<T: Real>(&self, setup: &mut Setup<T>) -> bool {
        let node = |name: &String| setup.network.nodes().iter().position(|node| node.name == *name);
        let edit =
            |name: &String, edit: &Edit| node(name).and_then(|node| setup.network.edited(node, edit).ok());
        let layer = |name: &str| op::read(name, []).ok();
        match self {
            Change::Standardise => setup.scale = Scale::Standard,
            Change::StandardiseTargets => setup.scale_target = Scale::Standard,
            Change::Shuffle => setup.fit.shuffle = true,
            Change::ClassWeights(weights) => {
                let weights =
                    Literal::List(weights.iter().map(|x| Literal::Number(*x)).collect::<Vec<_>>().into());
                let reduction = if setup.loss.reduction() == Reduction::Sum { "sum" } else { "mean" };
                let given =
                    [("weight".into(), weights), ("reduction".into(), Literal::Text(reduction.into()))];
                let Ok(loss) = loss::read(setup.loss.name(), given) else { return false };
                setup.loss = loss;
            }
            Change::Loss(name) => {
                let Ok(loss) = loss::read(name, []) else { return false };
                setup.loss = loss;
            }
            Change::Hidden(name) => {
                let Some(at) = node(name) else { return false };
                let layers: [Arc<dyn Operation>; 2] = [Arc::new(Linear::new(HIDDEN)), Arc::new(Relu)];
                for (i, layer) in layers.into_iter().enumerate() {
                    let Ok(network) = setup.network.edited(at + i, &Edit::Before(layer)) else {
                        return false;
                    };
                    setup.network = network;
                }
            }
            Change::Remove(name) => {
                let Some(network) = edit(name, &Edit::Remove) else { return false };
                setup.network = network;
            }
            Change::Replace(name, by) => {
                let network = layer(by).and_then(|layer| edit(name, &Edit::Replace(layer)));
                let Some(network) = network else { return false };
                setup.network = network;
            }
            Change::Before(name, what) => {
                let network = layer(what).and_then(|layer| edit(name, &Edit::Before(layer)));
                let Some(network) = network else { return false };
                setup.network = network;
            }
            Change::Start(name, start) => {
                let Some(node) = node(name) else { return false };
                let node = setup.network.nodes()[node].clone();
                let fan_in = setup.network.shapes()[node.inputs[0]].last();
                for (i, param) in node.params.enumerate() {
                    let init = match (start, i) {
                        (Start::Kaiming, 0) => Init::KaimingNormal(Fan::In, 2f64.sqrt()),
                        (Start::Xavier, 0) => Init::XavierUniform(1.0),
                        _ => Init::Within(fan_in),
                    };
                    setup.network.set_init(param, init);
                }
                setup.weights = None;
            }
            Change::Optimizer(key, value) => {
                let mut settings = setup.optimizer.settings();
                let Some(setting) = settings.iter_mut().find(|(name, _)| name == key) else { return false };
                setting.1 = Literal::Number(*value);
                let given = settings.into_iter().map(|(name, value)| (name.to_string(), value));
                let Ok(optimizer) = optim::read(setup.optimizer.name(), given) else { return false };
                setup.optimizer = optimizer;
            }
            Change::OptimizerType(name) => {
                let Ok(optimizer) = optim::read(name, []) else { return false };
                setup.optimizer = optimizer;
            }
            Change::Unclipped => setup.clip = Clip::Off,
            Change::ClipNorm(norm) => setup.clip = Clip::Norm(*norm),
            Change::ConstantRate => (setup.course, setup.warmup) = (Course::Constant, 0),
            Change::Epochs(epochs) => (setup.fit.epochs, setup.fit.patience) = (*epochs, None),
            Change::Batch(batch) => setup.batch = *batch,
        }
        true
    }

    /// Changes that are made together of a network, one after the other: those of layers from the last layer to the first,
    /// so that no name changes before its turn.
    pub fn in_turn(together: &[Change], network: &Network) -> Vec<Change> {
        let place = |change: &Change| match change {
            Change::Hidden(name)
            | Change::Remove(name)
            | Change::Replace(name, _)
            | Change::Before(name, _)
            | Change::Start(name, _) => {
                network.nodes().iter().position(|node| node.name == *name).unwrap_or(0)
            }
            _ => 0,
        };
        let mut changes: Vec<Change> = together.to_vec();
        // A layer starts in another way before something else comes in its place or before it.
        changes.sort_by_key(|change| {
            let moves = !matches!(change, Change::Start(..));
            (change.is_layer(), std::cmp::Reverse(place(change)), moves)
        });
        changes
    }

    /// Whether both are about the same thing, so that one would undo the other.
    pub(super) fn clashes(&self, other: &Change) -> bool {
        match (self, other) {
            (Change::Remove(a), Change::Remove(b) | Change::Replace(b, _))
            | (Change::Replace(a, _), Change::Remove(b) | Change::Replace(b, _))
            | (Change::Hidden(a), Change::Hidden(b))
            | (Change::Before(a, _), Change::Before(b, _))
            | (Change::Start(a, _), Change::Start(b, _)) => a == b,
            (Change::Optimizer(a, _), Change::Optimizer(b, _)) => a == b,
            (Change::Optimizer(..), Change::OptimizerType(_))
            | (Change::OptimizerType(_), Change::Optimizer(..)) => true,
            _ => std::mem::discriminant(self) == std::mem::discriminant(other) && !self.is_layer(),
        }
    }

    /// Whether it is about a layer.
    pub(super) fn is_layer(&self) -> bool {
        matches!(
            self,
            Change::Hidden(_)
                | Change::Remove(_)
                | Change::Replace(..)
                | Change::Before(..)
                | Change::Start(..)
        )
    }
}

impl fmt::Display for Change {
    /// As an experiment says it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Change::Standardise => write!(f, "data.scale = \"standard\""),
            Change::StandardiseTargets => write!(f, "data.scale_target = \"standard\""),
            Change::Shuffle => write!(f, "data.shuffle = true"),
            Change::ClassWeights(weights) => {
                let weights: Vec<String> = weights.iter().map(|x| format!("{x:.3}")).collect();
                write!(f, "loss.weight = [{}]", weights.join(", "))
            }
            Change::Loss(name) => write!(f, "loss.type = \"{name}\""),
            Change::Hidden(name) => write!(f, "a hidden layer of {HIDDEN} relu units before {name}"),
            Change::Remove(name) => write!(f, "without {name}"),
            Change::Replace(name, by) => write!(f, "{by} in the place of {name}"),
            Change::Before(name, what) => write!(f, "{what} before {name}"),
            Change::Start(name, Start::Default) => write!(f, "{name} starts as by default"),
            Change::Start(name, Start::Kaiming) => {
                write!(f, "{name} starts with init = \"kaiming_normal\" for relu")
            }
            Change::Start(name, Start::Xavier) => write!(f, "{name} starts with init = \"xavier_uniform\""),
            Change::Optimizer(key, value) => write!(f, "optimizer.{key} = {}", rounded(*value)),
            Change::OptimizerType(name) => write!(f, "optimizer.type = \"{name}\" with its defaults"),
            Change::Unclipped => write!(f, "the gradient is not clipped"),
            Change::ClipNorm(norm) => write!(f, "train.clip_norm = {}", rounded(*norm)),
            Change::ConstantRate => write!(f, "no learning rate schedule"),
            Change::Epochs(epochs) => write!(f, "train.epochs = {epochs}"),
            Change::Batch(batch) => write!(f, "train.batch = {batch}"),
        }
    }
}

/// To one significant digit: what is proposed is a size, not a measurement.
pub(super) fn rounded(x: f64) -> f64 {
    if x == 0.0 || !x.is_finite() {
        return x;
    }
    format!("{x:.0e}").parse().unwrap_or(x)
}

/// A setup with all of these changed; `None` where one cannot be.
pub(super) fn changed<T: Real>(setup: &Setup<T>, changes: &[Vec<Change>]) -> Option<Setup<T>> {
    let mut setup = setup.clone();
    for together in changes {
        if !Change::in_turn(together, &setup.network).iter().all(|change| change.apply(&mut setup)) {
            return None;
        }
    }
    Some(setup)
}
