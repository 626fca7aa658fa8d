//! The gradient by nudging a weight: with D(h) = (L(w + h) − L(w − h)) / 2h, the difference of fourth order
//! (4·D(h) − D(2h)) / 3.
//!
//! It errs by h⁴/30 times the fifth derivative, and by the rounding of the losses over h. With the step
//! h = ⁴√ε · max(1, |w|) = 2⁻¹³ · max(1, |w|), rounded up to a power of two so that h itself is exact, the first is about
//! 1e-17 and the second about 1e-12 where the numbers are of order 1.
//!
//! Where the argument of an operation crosses a kink on the way ([`Op::kinks`],
//! [`Loss::kinks`](crate::loss::Loss::kinks)), the quotient mixes two slopes, and need not agree with either.

use super::snapshot::relative;
use super::{Snapshot, Weight};
use crate::data::Targets;
use crate::network::{Plan, keep};
use crate::op::{Kink, Op};
use serde::Serialize;

/// A finite difference beside a gradient.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Nudge {
    /// h
    pub step: f64,
    /// (4·D(h) − D(2h)) / 3
    pub difference: f64,
    /// ∂L/∂w as backpropagation computed it.
    pub gradient: f64,
    /// |difference − gradient| / max(|difference|, |gradient|); absent where both are 0.
    pub relative: Option<f64>,
    /// What the rounding of losses and outputs alone can make of the difference: about
    /// 16·ε·(Σ|ℓₙ| + Σ|ŷ·∂ℓₙ/∂ŷ|) / divisor / h.
    pub rounding: f64,
    /// What the step alone can make of it: Σ over examples of |D(2h) − D(h)| / divisor. That is about h² where the loss is
    /// smooth, and about h where its slope bends (huber, elu): there D errs in proportion to h, and the difference by two
    /// thirds of this.
    pub truncation: f64,
    /// Whether they agree to 1e-7 relative, or to `rounding` and `truncation`.
    pub agrees: bool,
    /// The difference by each example's own loss ℓₙ.
    pub each: Vec<f64>,
    /// Kinks that arguments cross between w − 2h and w + 2h: with one of these the two need not agree.
    pub crossings: Vec<Crossing>,
}

/// Arguments that cross a kink of one operation.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
    /// It at w − 2h.
    pub below: f64,
    /// It at w + 2h.
    pub above: f64,
}

/// The largest relative difference at which a gradient and a finite difference in f64 agree (Stanford's CS231n:
/// "1e-7 and less you should be happy").
const AGREE: f64 = 1e-7;

/// Nudges `weight` up and down, and compares the batch's loss with what the gradient says.
///
/// # Panics
/// Where the network has no such weight.
pub fn nudge(snapshot: &Snapshot, weight: Weight) -> Nudge {
    nudge_shared(snapshot, &[weight])
}

/// Nudges one weight that stands in several places, in all of them at once; its gradient is the sum of theirs.
///
/// # Panics
/// Where the network has no such weights.
pub fn nudge_shared(snapshot: &Snapshot, places: &[Weight]) -> Nudge {
    let network = snapshot.network();
    let largest = places.iter().map(|weight| snapshot.value(*weight).abs()).fold(1.0, f64::max);
    let step = f64::EPSILON.sqrt().sqrt() * largest.log2().ceil().exp2();
    let mut weights = snapshot.state().weights.clone();
    let [low, down, up, high] = [-2.0, -1.0, 1.0, 2.0].map(|steps| {
        // A connection that is left out stays out.
        for weight in places.iter().filter(|weight| !weight.left_out(network)) {
            weights.params[weight.place(network)] = snapshot.value(*weight) + steps * step;
        }
        snapshot.at(&weights, |plan| Nudged::read(snapshot, plan))
    });
    // Example by example: the rounding of a sum of losses stays out of it.
    let slope = |up: &Nudged, down: &Nudged, by: f64| -> Vec<f64> {
        up.losses.iter().zip(&down.losses).map(|(up, down)| (up - down) / by).collect()
    };
    let (near, far) = (slope(&up, &down, 2.0 * step), slope(&high, &low, 4.0 * step));
    let each: Vec<f64> = near.iter().zip(&far).map(|(near, far)| (4.0 * near - far) / 3.0).collect();
    let batch = |each: &[f64]| each.iter().sum::<f64>() / snapshot.plan().divisor();
    let gradient = places.iter().map(|weight| snapshot.slope(*weight)).sum::<f64>();
    let difference = batch(&each);
    let (error, size) = (difference - gradient, difference.abs().max(gradient.abs()));
    let rounding = 16.0 * (snapshot.rounding() + low.rounding.max(high.rounding)) / step;
    let bends = far.iter().zip(&near).map(|(far, near)| (far - near).abs());
    let truncation = bends.sum::<f64>() / snapshot.plan().divisor();
    let arguments = low.arguments.iter().zip(&high.arguments);
    let crossings = arguments.filter_map(|(low, high)| low.crossing(high, snapshot));
    Nudge {
        step,
        difference,
        gradient,
        relative: relative(error, size),
        rounding,
        truncation,
        agrees: error.abs() <= AGREE * size || error.abs() <= rounding + truncation,
        each,
        crossings: crossings.collect(),
    }
}

/// What a pass at a nudged weight leaves.
struct Nudged {
    /// ℓₙ of each example.
    losses: Vec<f64>,
    /// What can cross a kink.
    arguments: Vec<Arguments>,
    /// What the rounding of the outputs makes of the loss.
    rounding: f64,
}

impl Nudged {
    fn read(snapshot: &Snapshot, plan: &Plan<f64, keep::All>) -> Nudged {
        Nudged {
            losses: plan.example_losses().collect(),
            arguments: arguments(snapshot, plan),
            rounding: snapshot.output_rounding(plan),
        }
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
fn arguments(snapshot: &Snapshot, plan: &Plan<f64, keep::All>) -> Vec<Arguments> {
    let mut all = vec![];
    for node in snapshot.network().nodes() {
        for kink in Op::kinks(&*node.op) {
            let numbers = plan.value(node.inputs[0]).flatten().copied().collect();
            let (operation, value) = (node.name.clone(), Some(node.inputs[0]));
            all.push(Arguments { operation, kink, value, numbers });
        }
    }
    if let Targets::Values { data, .. } = snapshot.batch().targets() {
        for kink in snapshot.loss().kinks() {
            let numbers = plan.output().flatten().zip(data).map(|(x, y)| x - y).collect();
            all.push(Arguments { operation: snapshot.loss().name().into(), kink, value: None, numbers });
        }
    }
    all
}

impl Arguments {
    /// What crosses the kink between these and others.
    fn crossing(&self, other: &Arguments, snapshot: &Snapshot) -> Option<Crossing> {
        let pairs = || self.numbers.iter().zip(&other.numbers);
        // An argument that rests on the kink has the kink's slope on both sides of the nudge.
        let crosses = |(a, b): (&f64, &f64)| a != b && a.min(*b) <= self.kink.at && self.kink.at <= a.max(*b);
        let first = pairs().position(crosses)?;
        let width = self.numbers.len() / snapshot.examples();
        let argument = match self.value {
            Some(value) => snapshot.names().unit(value, first % width),
            None => {
                let at = Some(first % width);
                format!("{} − {}", snapshot.names().prediction(at), snapshot.names().target(at))
            }
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
