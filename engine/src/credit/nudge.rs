//! The gradient by nudging a weight: (L(w + h) − L(w − h)) / 2h.
//!
//! The quotient errs by h²/6 times the third derivative, and by the rounding of the losses over h. A step of
//! ∛ε · max(1, |w|) makes both about ε^⅔ ≈ 4e-11 where the numbers are of order 1.
//!
//! Where the argument of an operation crosses a kink on the way (its `kinks` in [`op::LIST`], a loss's in
//! [`loss::LIST`]), the quotient mixes two slopes, and need not agree with either.

use super::graph::unit_name;
use super::still::relative;
use super::{Still, Weight};
use crate::data::Targets;
use crate::network::Plan;
use crate::op::{Kink, Op};
use crate::{loss, op};
use serde::Serialize;

/// A finite difference beside a gradient.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Nudge {
    /// h
    pub step: f64,
    /// (L(w + h) − L(w − h)) / 2h
    pub difference: f64,
    /// ∂L/∂w as backpropagation computed it.
    pub gradient: f64,
    /// |difference − gradient| / max(|difference|, |gradient|); absent where both are 0.
    pub relative: Option<f64>,
    /// What the rounding of the losses alone can make of the difference: about 16·ε·Σ|ℓₙ| / divisor / h.
    pub rounding: f64,
    /// Whether they agree to 1e-7 relative or to `rounding`.
    pub agrees: bool,
    /// (ℓₙ(w + h) − ℓₙ(w − h)) / 2h of each example of the batch, by its own loss.
    pub each: Vec<f64>,
    /// Kinks that arguments cross between w − h and w + h: with one of these the two need not agree.
    pub crossings: Vec<Crossing>,
}

/// Arguments that cross a kink of one operation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Crossing {
    /// The operation: `relu1`; or the loss.
    pub operation: String,
    /// Where the kink is.
    pub at: f64,
    /// How many arguments cross it.
    pub count: usize,
    /// The example of the first of them.
    pub example: usize,
    /// The first of them: `linear1[3]`; of a loss `ŷ − y`.
    pub argument: String,
    /// It at w − h.
    pub below: f64,
    /// It at w + h.
    pub above: f64,
}

/// The largest relative difference at which a gradient and a finite difference in f64 agree (Stanford's CS231n:
/// "1e-7 and less you should be happy").
const AGREE: f64 = 1e-7;

/// Nudges `weight` up and down, and compares the batch's loss with what the gradient says.
pub fn nudge(still: &Still, weight: Weight) -> Nudge {
    let w = still.value(weight);
    let step = f64::EPSILON.cbrt() * w.abs().max(1.0);
    let (low, high) = (w - step, w + step);
    let mut weights = still.state().weights.clone();
    let mut plan = still.probe();
    let mut at = |w: f64| {
        weights.params[weight.place(still.network())] = w;
        still.forward(&mut plan, &weights);
        (plan.example_losses().collect::<Vec<f64>>(), arguments(still, &plan))
    };
    let ((below, low_arguments), (above, high_arguments)) = (at(low), at(high));
    // Example by example: the rounding of a sum of losses stays out of it.
    let each: Vec<f64> =
        below.iter().zip(&above).map(|(below, above)| (above - below) / (high - low)).collect();
    let difference = each.iter().sum::<f64>() / still.plan().divisor();
    let gradient = still.slope(weight);
    let error = difference - gradient;
    let rounding = 16.0 * still.rounding() / step;
    let size = difference.abs().max(gradient.abs());
    let crossings =
        low_arguments.iter().zip(&high_arguments).filter_map(|(low, high)| low.crossing(high, still));
    Nudge {
        step,
        difference,
        gradient,
        relative: relative(error, size),
        rounding,
        agrees: error.abs() <= AGREE * size || error.abs() <= rounding,
        each,
        crossings: crossings.collect(),
    }
}

/// The arguments of something with a kink, for every example.
struct Arguments {
    operation: String,
    kink: Kink,
    /// Whose numbers they are; `None`: output − target.
    value: Option<usize>,
    numbers: Vec<f64>,
}

/// All arguments of operations with kinks, and of the loss if it has one.
fn arguments(still: &Still, plan: &Plan<f64>) -> Vec<Arguments> {
    let mut all = vec![];
    for node in still.network().nodes() {
        let entry = op::LIST.iter().find(|entry| entry.name == Op::name(&*node.op));
        for kink in entry.map_or(&[][..], |entry| entry.kinks) {
            let numbers = plan.value(node.inputs[0]).flatten().copied().collect();
            let (operation, value) = (node.name.clone(), Some(node.inputs[0]));
            all.push(Arguments { operation, kink: *kink, value, numbers });
        }
    }
    let entry = loss::LIST.iter().find(|entry| entry.name == still.loss().name());
    if let (Some(entry), Targets::Values { data, .. }) = (entry, &still.batch().targets) {
        for kink in entry.kinks {
            let numbers = plan.output().flatten().zip(data).map(|(x, y)| x - y).collect();
            all.push(Arguments { operation: entry.name.into(), kink: *kink, value: None, numbers });
        }
    }
    all
}

impl Arguments {
    /// What crosses the kink between these and others.
    fn crossing(&self, other: &Arguments, still: &Still) -> Option<Crossing> {
        let pairs = || self.numbers.iter().zip(&other.numbers);
        // An argument that rests on the kink has the kink's slope on both sides of the nudge.
        let crosses = |(a, b): (&f64, &f64)| a != b && a.min(*b) <= self.kink.at && self.kink.at <= a.max(*b);
        let first = pairs().position(crosses)?;
        let width = self.numbers.len() / still.examples();
        let argument = match self.value {
            Some(value) => unit_name(still.network(), value, first % width),
            None => "ŷ − y".into(),
        };
        Some(Crossing {
            operation: self.operation.clone(),
            at: self.kink.at,
            count: pairs().filter(|(a, b)| crosses((a, b))).count(),
            example: first / width,
            argument,
            below: self.numbers[first],
            above: other.numbers[first],
        })
    }
}
