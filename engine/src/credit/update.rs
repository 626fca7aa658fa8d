//! The optimizer's step for one weight, taken apart: Δw = Σ parts, and beside it the Δw that training made.
//!
//! The parts come from the optimizer's own [`crate::optim::Rule::decomposition`], in f64, from the state before the step
//! and the gradient before clipping. Training's own update is another computation, in training's precision; the two
//! reconcile where they differ by no more than that precision explains.

use super::{Snapshot, Weight};
use crate::optim::{Before, Clip, Decomposition, Part, SLOTS, Schedule, Symbol};
use serde::Serialize;

/// Roundings between the numbers that go into an update and Δw: more than any optimizer of the list has.
const ROUNDINGS: f64 = 16.0;

/// Roundings of the weight itself: decoupled decay has three (its factor, the product, the difference).
const WEIGHT_ROUNDINGS: f64 = 2.0;

/// Relative nudge with which the effect of rounding is measured: small against 1, large against f64's rounding.
const NUDGE: f64 = 1.0 / (1u64 << 24) as f64;

/// What moved one weight in one step.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Update {
    /// Number of the step, from 1.
    pub step: u64,
    /// The optimizer.
    pub optimizer: &'static str,
    /// Whether the optimizer leaves the weight alone; then there are no parts, and Δw is 0.
    pub frozen: bool,
    /// w before the step.
    pub before: f64,
    /// w after it.
    pub after: f64,
    /// The parts of the step, in the order in which the optimizer applies them. What the optimizer does not have is
    /// not there.
    pub parts: Vec<Part>,
    /// What the parts' formulas are made of.
    pub symbols: Vec<Symbol>,
    /// Σ parts.
    pub sum: f64,
    /// Δw = after − before, as training made it.
    pub moved: f64,
    /// Δw − Σ parts.
    pub residual: f64,
    /// How far Σ parts and Δw can be apart by rounding; [`Update::reconciles`] says how it is computed.
    pub tolerance: f64,
    /// Whether |residual| ≤ tolerance. The tolerance is, with ε the distance from 1 to the next number of training's
    /// precision,
    ///
    /// ε/2 · (2·(|w before| + |w after|) + 16·(Σₓ |∂Δw/∂x · x| + κ·|Σ parts|)) + 16·(least normal number)
    ///
    /// plus the f64 rounding of the parts; x runs over the weight, its gradient and what the optimizer keeps for it,
    /// and κ is what the optimizer says about its settings ([`Decomposition::condition`]).
    pub reconciles: bool,
}

/// How training's step moved a weight.
///
/// # Panics
/// Where the network has no such weight.
pub fn update(snapshot: &Snapshot, weight: Weight) -> Update {
    let (network, optimizer) = (snapshot.network(), &**snapshot.optimizer());
    let at = before(snapshot, weight);
    let after = snapshot.after().params[weight.place(network)];
    let frozen = network.params()[weight.param].frozen;
    let decomposition = (!frozen).then(|| optimizer.decomposition(&at));
    let tolerance =
        decomposition.as_ref().map_or(0.0, |decomposition| tolerance(snapshot, &at, decomposition, after));
    let sum = decomposition.as_ref().map_or(0.0, Decomposition::sum);
    let moved = after - at.w;
    let residual = moved - sum;
    Update {
        step: at.t,
        optimizer: optimizer.name(),
        frozen,
        before: at.w,
        after,
        parts: decomposition.as_ref().map_or(vec![], |decomposition| decomposition.parts().to_vec()),
        symbols: decomposition.as_ref().map_or(vec![], |decomposition| decomposition.symbols().to_vec()),
        sum,
        moved,
        residual,
        tolerance,
        reconciles: residual.abs() <= tolerance,
    }
}

/// A weight before the step, with the gradient that training used, and what the optimizer was told.
fn before(snapshot: &Snapshot, weight: Weight) -> Before {
    let (network, options, state) = (snapshot.network(), snapshot.options(), snapshot.state());
    let (place, gradient) = (weight.place(network), &snapshot.trained().gradient);
    let g = gradient[place];
    let clipped = match options.clip {
        Clip::Off => None,
        Clip::Norm(max) => {
            let trained = network.params().iter().filter(|param| !param.frozen);
            let numbers = trained.flat_map(|param| &gradient[param.range.clone()]);
            let norm = numbers.map(|g| g * g).sum::<f64>().sqrt();
            Some(g * (max / (norm + 1e-6)).min(1.0))
        }
        Clip::Value(max) => Some(g.clamp(-max, max)),
    };
    let lr = snapshot.optimizer().lr();
    Before {
        w: state.weights.params[place],
        g,
        clipped,
        slots: state.slots.each_ref().map(|slot| slot.get(place).map_or(0.0, |x| *x)),
        t: state.steps + 1,
        scheduled: (options.schedule != Schedule::default()).then(|| options.schedule.lr(lr, state.steps)),
    }
}

/// See [`Update::reconciles`].
fn tolerance(snapshot: &Snapshot, at: &Before, decomposition: &Decomposition, after: f64) -> f64 {
    let sum = decomposition.sum();
    // Every rounding is as if one of the numbers that went in had been another, by ε/2 of itself.
    let moves = (0..2 + SLOTS).map(|i| {
        let mut nudged = *at;
        match (i, &mut nudged.clipped) {
            (0, _) => nudged.w *= 1.0 + NUDGE,
            (1, Some(clipped)) => *clipped *= 1.0 + NUDGE,
            (1, None) => nudged.g *= 1.0 + NUDGE,
            _ => nudged.slots[i - 2] *= 1.0 + NUDGE,
        }
        // Where g is clipped it stands on the first rung only, and cancels.
        (snapshot.optimizer().decomposition(&nudged).sum() - sum).abs() / NUDGE
    });
    let rounding = snapshot.trained().epsilon / 2.0;
    let magnitudes: f64 = decomposition.parts().iter().map(|part| part.amount.abs()).sum();
    rounding * WEIGHT_ROUNDINGS * (at.w.abs() + after.abs())
        + rounding * ROUNDINGS * (moves.sum::<f64>() + decomposition.condition() * sum.abs())
        + ROUNDINGS * (snapshot.trained().least + f64::EPSILON * magnitudes)
}
