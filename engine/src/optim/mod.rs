//! Optimizers. One optimizer is one file. To add one: its file, and its line in [`LIST`]. Parameters,
//! defaults and formulas are those of `torch.optim`.

mod adagrad;
mod adam;
mod adamw;
mod decomposition;
mod rmsprop;
mod schedule;
mod sgd;
#[cfg(test)]
mod tests;

pub use crate::kernel::update::SLOTS;
pub use adagrad::Adagrad;
pub use adam::Adam;
pub use adamw::AdamW;
pub use decomposition::{Before, Contribution, Decomposition, Definition, Source, tolerance};
pub use rmsprop::RmsProp;
pub use schedule::{Decay, Schedule};
pub use sgd::Sgd;

use crate::kernel::Scalar;
use crate::kernel::update::Piece;
use crate::setting::{Default, Key, Kind, Literal, SettingError, Settings};
use std::fmt::Debug;
use std::sync::Arc;

/// All optimizers, in the order in which the manual lists them.
// A static, for what a constant refers to is compiled again in every crate that reads it.
pub static LIST: &[OptimizerEntry] = &[sgd::ENTRY, adam::ENTRY, adamw::ENTRY, rmsprop::ENTRY, adagrad::ENTRY];

/// An optimizer as experiments name it.
pub struct OptimizerEntry {
    /// As it stands behind `type =`.
    pub name: &'static str,
    /// Its update, in one line.
    pub doc: &'static str,
    /// What it can be told.
    pub keys: &'static [Key],
    /// Makes the optimizer from its settings.
    pub build: fn(&Settings) -> Result<Arc<dyn Optimizer>, SettingError>,
    /// Settings that the judge runs: with each of its parts, and without.
    pub cases: &'static [&'static [(&'static str, Literal)]],
}

/// Makes the optimizer called `name` from what an experiment says about it.
pub fn read(
    name: &str,
    given: impl IntoIterator<Item = (String, Literal)>,
) -> Result<Arc<dyn Optimizer>, SettingError> {
    let Some(entry) = LIST.iter().find(|entry| entry.name == name) else {
        let allowed = LIST.iter().map(|entry| entry.name).collect();
        return Err(SettingError::UnknownName { what: "optimizer", name: name.into(), allowed });
    };
    (entry.build)(&Settings::read(entry.keys, given)?)
}

/// A number that an optimizer keeps for each weight.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Slot {
    /// PyTorch's name: `exp_avg`.
    pub name: &'static str,
    /// What it is at the start.
    pub start: f64,
}

impl Slot {
    const fn zero(name: &'static str) -> Slot {
        Slot { name, start: 0.0 }
    }
}

/// Numbers that all weights of one update share; an optimizer's file says which.
pub type Shared = [f64; 3];

/// What an optimizer says about itself, the same in both precisions.
pub trait Rule: Debug + Send + Sync {
    /// As experiments name it.
    fn name(&self) -> &'static str;

    /// The learning rate, before a schedule changes it.
    fn lr(&self) -> f64;

    /// What it was told, as experiments say it: what [`read`] makes it from again. Nothing, where it is none of the
    /// [`LIST`].
    fn settings(&self) -> Vec<(&'static str, Literal)> {
        vec![]
    }

    /// What it keeps for each weight, at most [`SLOTS`] numbers.
    fn slots(&self) -> Vec<Slot>;

    /// What update number `t` (from 1), with the learning rate `lr`, has in common for all weights: worked out once,
    /// however many pieces the weights are cut into.
    fn shared(&self, t: u64, lr: f64) -> Shared;

    /// Its update of one weight, taken apart, in f64. Worked out from the formula alone and not by
    /// [`Apply::update`], so that each judges the other.
    fn decomposition(&self, at: &Before) -> Decomposition;
}

/// One update in one precision.
pub trait Apply<T: Scalar>: Rule {
    /// w ← w + Δw for some weights, by [`Piece::apply`]. `shared` is what [`Rule::shared`] gave for this update; the slots
    /// are those that [`Rule::slots`] listed.
    fn update(&self, shared: Shared, piece: Piece<'_, T>);
}

/// An optimizer, complete. Implemented for whatever updates in both precisions.
pub trait Optimizer: Apply<f32> + Apply<f64> {}
impl<O: Apply<f32> + Apply<f64>> Optimizer for O {}

/// A precision in which optimizers update.
pub trait UpdatePrecision: Scalar {
    /// The optimizer's update in this precision.
    fn of_optimizer(optimizer: &dyn Optimizer) -> &dyn Apply<Self>;
}

impl UpdatePrecision for f32 {
    fn of_optimizer(optimizer: &dyn Optimizer) -> &dyn Apply<f32> {
        optimizer
    }
}

impl UpdatePrecision for f64 {
    fn of_optimizer(optimizer: &dyn Optimizer) -> &dyn Apply<f64> {
        optimizer
    }
}

/// What keeps a gradient from being too large.
#[derive(Clone, Copy, Debug, PartialEq, std::default::Default)]
pub enum Clip {
    /// Nothing.
    #[default]
    Off,
    /// g ← g · min(1, max / (‖g‖ + 1e-6)), the norm over all trained parameters (`clip_grad_norm_`).
    Norm(f64),
    /// Each number of g is held within ±max (`clip_grad_value_`).
    Value(f64),
}

const fn lr(default: f64) -> Key {
    Key::new("lr", Kind::NonNegative, Default::Number(default), "learning rate")
}

const fn weight_decay(default: f64, doc: &'static str) -> Key {
    Key::new("weight_decay", Kind::NonNegative, Default::Number(default), doc)
}

/// Settings for the judge.
const LR: (&str, Literal) = ("lr", Literal::Number(0.02));
const DECAY: (&str, Literal) = ("weight_decay", Literal::Number(0.1));
const MOMENTUM: (&str, Literal) = ("momentum", Literal::Number(0.9));

const L2: &str = "λ of the L2 penalty, added to the gradient as λ·w";

const fn eps(default: f64) -> Key {
    Key::new("eps", Kind::NonNegative, Default::Number(default), "added to the divisor")
}
