//! Losses. One loss is one file. To add one: its file, and its line in [`LIST`].
//!
//! A loss gives each example n a number ℓₙ; the loss of a batch is L = Σ ℓₙ / divisor, where the divisor is 1
//! for the reduction `sum` and what the loss's file says for `mean`.

mod bce;
mod bce_with_logits;
mod categorical_cross_entropy;
mod cross_entropy;
mod half_squared_error;
mod huber;
mod mae;
mod mse;
mod nll;
mod pointwise;
mod squared_error;
#[cfg(test)]
mod tests;

pub use bce::Bce;
pub use bce_with_logits::BceWithLogits;
pub use categorical_cross_entropy::CategoricalCrossEntropy;
pub use cross_entropy::CrossEntropy;
pub use half_squared_error::HalfSquaredError;
pub use huber::Huber;
pub use mae::Mae;
pub use mse::Mse;
pub use nll::Nll;
pub use pointwise::Pointwise;
pub use squared_error::SquaredError;

use crate::data::Targets;
use crate::expr::{Expr, Function, Role};
use crate::kernel::Scalar;
use crate::op::Kink;
use crate::setting::{Default, Key, Kind, Literal, SettingError, Settings};
use crate::shape::Shape;
use std::borrow::Cow;
use std::fmt::Debug;
use std::ops::Range;
use std::sync::Arc;

/// All losses, in the order in which the manual lists them.
// A static, for what a constant refers to is compiled again in every crate that reads it.
pub static LIST: &[LossEntry] = &[
    mse::ENTRY,
    mae::ENTRY,
    huber::ENTRY,
    bce::ENTRY,
    bce_with_logits::ENTRY,
    nll::ENTRY,
    cross_entropy::ENTRY,
    categorical_cross_entropy::ENTRY,
    squared_error::ENTRY,
    half_squared_error::ENTRY,
];

/// A loss as experiments name it, and as the judge meets it.
pub struct LossEntry {
    /// As it stands behind `type =`.
    pub name: &'static str,
    /// What it computes, in one sentence.
    pub doc: &'static str,
    /// What it can be told.
    pub keys: &'static [Key],
    /// Makes the loss from its settings.
    pub build: fn(&Settings) -> Result<Arc<dyn LossFunction>, SettingError>,
    /// What the judge runs.
    pub cases: &'static [Case],
}

/// Makes the loss called `name` from what an experiment says about it.
pub fn read(
    name: &str,
    given: impl IntoIterator<Item = (String, Literal)>,
) -> Result<Arc<dyn LossFunction>, SettingError> {
    let Some(entry) = LIST.iter().find(|entry| entry.name == name) else {
        let allowed = LIST.iter().map(|entry| entry.name).collect();
        return Err(SettingError::UnknownName { what: "loss", name: name.into(), allowed });
    };
    (entry.build)(&Settings::read(entry.keys, given)?)
}

/// What the judge gives a loss.
pub struct Case {
    /// Settings other than the defaults.
    pub given: &'static [(&'static str, Literal)],
    /// Numbers per example of the network's output.
    pub width: usize,
    /// What the network's output is made of.
    pub output: Made,
}

/// What the outputs of a network are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Made {
    /// Any numbers.
    Real,
    /// Each between 0 and 1.
    Share,
    /// Between 0 and 1, an example's sum to 1.
    Probabilities,
    /// Logarithms of probabilities.
    LogProbabilities,
}

/// What targets a loss compares with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetKind {
    /// The number of a class.
    Classes,
    /// As many numbers as the network's output.
    Values,
}

/// How the numbers of the examples become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reduction {
    /// The sum over a divisor that the loss defines.
    Mean,
    /// The sum.
    Sum,
}

impl Reduction {
    /// The key that every loss has.
    const KEY: Key = Key::new(
        "reduction",
        Kind::Word(&["mean", "sum"]),
        Default::Word("mean"),
        "how examples are combined",
    );

    /// The same with the sum by default.
    const KEY_SUM: Key = Key { default: Default::Word("sum"), ..Reduction::KEY };

    fn read(settings: &Settings) -> Reduction {
        if settings.word("reduction") == "sum" { Reduction::Sum } else { Reduction::Mean }
    }

    /// The divisor where `mean` divides by `count`.
    pub fn divisor(self, count: f64) -> f64 {
        match self {
            Reduction::Mean => count,
            Reduction::Sum => 1.0,
        }
    }
}

/// Weight of each class, where classes have weights.
#[derive(Clone, Debug, PartialEq)]
pub struct ClassWeights(pub Option<Vec<f64>>);

impl ClassWeights {
    const KEY: Key = Key::new("weight", Kind::PositiveList, Default::Absent, "weight of each class");

    /// Three classes' weights, for a [`Case`].
    const CASE: (&str, Literal) = (
        "weight",
        Literal::List(Cow::Borrowed(&[Literal::Number(0.5), Literal::Number(1.0), Literal::Number(2.0)])),
    );

    fn read(settings: &Settings) -> ClassWeights {
        ClassWeights(settings.numbers_if("weight"))
    }

    /// v[class], written, where classes have weights.
    fn item(&self, class: Expr) -> Option<Expr> {
        let weights = self.0.as_deref()?;
        Some(Expr::symbol("weight", Role::Settings(weights.into())).item(class))
    }

    /// v[y]·x, written; or x, where classes have no weights.
    fn times(&self, x: Expr) -> Expr {
        match self.item(class()) {
            Some(weight) => weight * x,
            None => x,
        }
    }

    /// Weight of one class.
    fn of(&self, class: usize) -> f64 {
        self.0.as_ref().map_or(1.0, |weights| weights[class])
    }

    /// Sum of the weights of these targets.
    fn sum(&self, targets: &[u32]) -> f64 {
        targets.iter().map(|&class| self.of(class as usize)).sum()
    }
}

/// When an output counts as right.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Decision {
    /// The largest number (the first of equals) is that of the right class.
    Largest,
    /// Every number is above this threshold where its target is above 1/2, and not above it elsewhere.
    Above(f64),
}

/// How the network's output becomes probabilities.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Probability {
    /// It is logits: e^x over the sum of all.
    Softmax,
    /// It is logits, each of its own: 1 / (1 + e^−x).
    Sigmoid,
    /// It is logarithms: e^x.
    Exp,
    /// It is probabilities.
    Identity,
}

impl Probability {
    /// Makes probabilities of one example's output, in place.
    pub fn of(self, x: &mut [f64]) {
        match self {
            Probability::Softmax => {
                let most = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                x.iter_mut().for_each(|x| *x = (*x - most).exp());
                let sum: f64 = x.iter().sum();
                x.iter_mut().for_each(|x| *x /= sum);
            }
            Probability::Sigmoid => x.iter_mut().for_each(|x| *x = 1.0 / (1.0 + (-*x).exp())),
            Probability::Exp => x.iter_mut().for_each(|x| *x = x.exp()),
            Probability::Identity => {}
        }
    }
}

/// The targets of the examples at hand.
#[derive(Clone, Copy, Debug)]
pub enum Target<'a, T> {
    /// One class per example.
    Classes(&'a [u32]),
    /// [examples, width]
    Values(&'a [T]),
}

impl<'a, T> From<&'a Targets<T>> for Target<'a, T> {
    fn from(all: &'a Targets<T>) -> Target<'a, T> {
        match all {
            Targets::Classes(classes) => Target::Classes(classes),
            Targets::Values { data, .. } => Target::Values(data),
        }
    }
}

impl<'a, T> Target<'a, T> {
    /// The targets of some of the examples, with `width` values each.
    pub(crate) fn of(self, examples: Range<usize>, width: usize) -> Target<'a, T> {
        match self {
            Target::Classes(classes) => Target::Classes(&classes[examples]),
            Target::Values(values) => Target::Values(&values[examples.start * width..examples.end * width]),
        }
    }

    /// The classes; empty where targets are values, which [`check`] rules out.
    pub fn classes(self) -> &'a [u32] {
        match self {
            Target::Classes(classes) => classes,
            Target::Values(_) => &[],
        }
    }

    /// The values; empty where targets are classes, which [`check`] rules out.
    pub fn values(self) -> &'a [T] {
        match self {
            Target::Classes(_) => &[],
            Target::Values(values) => values,
        }
    }
}

/// Why a loss refused the network's output or the targets.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Mismatch {
    /// Classes where numbers are wanted, or the other way round.
    #[error("the loss `{loss}` compares with {wants}, and the targets are {got}")]
    Kind {
        /// The loss.
        loss: &'static str,
        /// What it wants.
        wants: &'static str,
        /// What it got.
        got: &'static str,
    },
    /// Not as many numbers as the output has.
    #[error("the network's output has {output} numbers per example and the targets have {targets}")]
    Width {
        /// Numbers of an output.
        output: usize,
        /// Numbers of a target.
        targets: usize,
    },
    /// A class that the network has no output for.
    #[error(
        "class label {label} (example {example}) is out of range: the network has {output} outputs, so labels \
         go from 0 to {}", output - 1
    )]
    Label {
        /// The label.
        label: u32,
        /// Its number in [`crate::data::Dataset::rows`].
        example: usize,
        /// Outputs of the network.
        output: usize,
    },
    /// Class weights for another number of classes.
    #[error("the loss has {weights} class weights and the network {output} outputs")]
    Weights {
        /// How many weights were given.
        weights: usize,
        /// Outputs of the network.
        output: usize,
    },
    /// An output that the loss is not defined for.
    #[error("the loss `{loss}` takes {domain}, and the network gives {value} ({name} of example {example}): {}", domain.advice)]
    Outside {
        /// The loss.
        loss: &'static str,
        /// What it takes.
        domain: Domain,
        /// What came.
        value: f64,
        /// What the output is called: `linear2[0]`.
        name: String,
        /// The example's number in [`crate::data::Dataset::rows`].
        example: usize,
    },
    /// Targets that the loss is not defined for.
    #[error("target {value} (example {example}) is outside [0, 1], which the loss `{loss}` needs")]
    NotAShare {
        /// The loss.
        loss: &'static str,
        /// The target.
        value: f64,
        /// Its number in [`crate::data::Dataset::rows`].
        example: usize,
    },
}

impl Mismatch {
    /// The same, with the number that the example has where it comes from.
    pub(crate) fn in_rows(mut self, rows: &[u32]) -> Mismatch {
        if let Mismatch::Label { example, .. } | Mismatch::NotAShare { example, .. } = &mut self {
            *example = rows[*example] as usize;
        }
        self
    }
}

/// What a loss says about itself, the same in both precisions.
pub trait Loss: Debug + Send + Sync {
    /// As experiments name it.
    fn name(&self) -> &'static str;

    /// What it compares with.
    fn wants(&self) -> TargetKind;

    /// ℓₙ, written with the network's output ŷ (input 0), a vector of `outputs` numbers, and the target y (input 1; the
    /// number of the class where the loss wants classes); of a loss that compares number by number what number `at`
    /// adds to it. `None` where the loss does not say.
    fn expression(&self, _outputs: usize, _at: usize) -> Option<Expr> {
        None
    }

    /// ∂ℓₙ/∂ŷ by number `at` of the output, or by all of them at once: then ŷ is a vector, and so is what is written.
    /// `None` where the loss does not say.
    fn slope(&self, _outputs: usize, _at: Option<usize>) -> Option<Expr> {
        None
    }

    /// Where its derivative by the output jumps, in terms of output − target.
    fn kinks(&self) -> Vec<Kink> {
        vec![]
    }

    /// Weight of each class, where the loss has them.
    fn class_weights(&self) -> Option<&[f64]> {
        None
    }

    /// How the examples' numbers become one.
    fn reduction(&self) -> Reduction;

    /// When an output counts as right; `None` where it is only more or less wrong.
    fn decision(&self) -> Option<Decision> {
        (self.wants() == TargetKind::Classes).then_some(Decision::Largest)
    }

    /// How outputs become probabilities; `None` where they are none.
    fn probability(&self) -> Option<Probability> {
        None
    }

    /// Whether targets have to lie in [0, 1].
    fn wants_shares(&self) -> bool {
        false
    }

    /// What numbers it takes from a network; `None`: all.
    fn domain(&self) -> Option<Domain> {
        None
    }
}

/// What numbers a loss takes from a network.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Domain {
    /// The least.
    pub least: f64,
    /// The largest.
    pub most: f64,
    /// What to change where others come.
    pub advice: &'static str,
}

impl Domain {
    /// Whether a number is outside; one that is not finite is a fault of another kind. A probability that was rounded up
    /// from 1 is inside.
    pub(crate) fn lacks(&self, x: f64) -> bool {
        const ROUNDING: f64 = 1e-5;
        x.is_finite() && !(self.least - ROUNDING..=self.most + ROUNDING).contains(&x)
    }
}

impl std::fmt::Display for Domain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.least.is_finite(), self.most.is_finite()) {
            (true, true) => write!(f, "numbers from {} to {}", self.least, self.most),
            (true, false) => write!(f, "numbers from {}", self.least),
            (false, true) => write!(f, "numbers up to {}", self.most),
            (false, false) => write!(f, "any numbers"),
        }
    }
}

/// What a loss computes in one precision. `x` is the network's output, [examples, width].
pub trait ComputeLoss<T: Scalar>: Loss {
    /// What the sum over these examples is divided by.
    fn divisor(&self, width: usize, y: Target<'_, T>) -> f64;

    /// ℓₙ of each example, undivided.
    fn forward(&self, x: &[T], y: Target<'_, T>, each: &mut [T]);

    /// The same, and dx ← scale · ∂ℓₙ/∂x for each example.
    fn backward(&self, x: &[T], y: Target<'_, T>, scale: T, each: &mut [T], dx: &mut [T]);
}

/// A loss, complete. Implemented for whatever computes in both precisions.
pub trait LossFunction: ComputeLoss<f32> + ComputeLoss<f64> {}
impl<L: ComputeLoss<f32> + ComputeLoss<f64>> LossFunction for L {}

/// A precision in which losses compute.
pub trait LossPrecision: Scalar {
    /// The loss's computations in this precision.
    fn of_loss(loss: &dyn LossFunction) -> &dyn ComputeLoss<Self>;
}

impl LossPrecision for f32 {
    fn of_loss(loss: &dyn LossFunction) -> &dyn ComputeLoss<f32> {
        loss
    }
}

impl LossPrecision for f64 {
    fn of_loss(loss: &dyn LossFunction) -> &dyn ComputeLoss<f64> {
        loss
    }
}

/// For the formulas of a loss: a letter for a number of the network's output, or for all `outputs` of them.
pub fn output(outputs: usize, at: Option<usize>) -> Expr {
    letter("ŷ", 0, outputs, at)
}

/// A letter for the target in the same place, or for all of them.
pub fn target(outputs: usize, at: Option<usize>) -> Expr {
    letter("y", 1, outputs, at)
}

fn letter(letter: &'static str, input: usize, outputs: usize, at: Option<usize>) -> Expr {
    let role = match at {
        Some(at) => Role::Input { input, row: 0, at },
        None => Role::Inputs { input, row: 0, range: 0..outputs },
    };
    Expr::symbol(letter, role)
}

/// A letter for the number of the class.
pub fn class() -> Expr {
    Expr::symbol("y", Role::Input { input: 1, row: 0, at: 0 })
}

/// 1 where number `at` of the output is that of the class, else 0, written; or all of these numbers.
pub fn one_hot(at: Option<usize>) -> Expr {
    let all = Expr::call(Function::OneHot, [class()]);
    match at {
        Some(at) => all.item(at as f64),
        None => all,
    }
}

/// x, or `least` where that is more. Not `max`, which would turn NaN into a number and hide where it came from.
#[inline(always)]
fn at_least<T: Scalar>(x: T, least: f64) -> T {
    let least = T::of(least);
    if x < least { least } else { x }
}

/// The same, written.
fn held(x: Expr, least: f64) -> Expr {
    Expr::call(Function::Max, [x, Expr::Number(least)])
}

/// Refuses outputs and targets that `loss` cannot compare.
pub fn check<T: Scalar>(
    loss: &dyn LossFunction,
    output: &Shape,
    targets: &Targets<T>,
) -> Result<(), Mismatch> {
    let output = output.len();
    let (classes, numbers) = ("classes", "numbers");
    let name = Loss::name(loss);
    match (loss.wants(), targets) {
        (TargetKind::Classes, Targets::Classes(labels)) => {
            if let Some((example, &label)) = labels.iter().enumerate().find(|(_, l)| **l as usize >= output) {
                return Err(Mismatch::Label { label, example, output });
            }
            match loss.class_weights() {
                Some(weights) if weights.len() != output => {
                    Err(Mismatch::Weights { weights: weights.len(), output })
                }
                _ => Ok(()),
            }
        }
        (TargetKind::Values, Targets::Values { width, .. }) if *width != output => {
            Err(Mismatch::Width { output, targets: *width })
        }
        (TargetKind::Values, Targets::Values { data, width }) => {
            let wrong = |y: &T| loss.wants_shares() && !(0.0..=1.0).contains(&y.f64());
            match data.iter().position(wrong) {
                Some(at) => {
                    Err(Mismatch::NotAShare { loss: name, value: data[at].f64(), example: at / width })
                }
                None => Ok(()),
            }
        }
        (TargetKind::Classes, _) => Err(Mismatch::Kind { loss: name, wants: classes, got: numbers }),
        (TargetKind::Values, _) => Err(Mismatch::Kind { loss: name, wants: numbers, got: classes }),
    }
}
