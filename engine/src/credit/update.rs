//! The optimizer's step for one weight, taken apart: Δw = Σ parts, and beside it the Δw that training made.
//!
//! The parts come from the optimizer's own [`crate::optim::Rule::decomposition`], in f64, from the state before the step
//! and the gradient before clipping. Training's own update is another computation, in training's precision; the two
//! reconcile where they differ by no more than that precision explains.

use super::{Snapshot, Weight};
use crate::optim::{Before, Clip, Contribution, Decomposition, Definition, Schedule, tolerance};
use serde::Serialize;

/// What moved one weight in one step.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
    pub parts: Vec<Contribution>,
    /// What the parts' formulas are made of.
    pub symbols: Vec<Definition>,
    /// Σ parts.
    pub sum: f64,
    /// Δw = after − before, as training made it.
    pub moved: f64,
    /// Δw − Σ parts.
    pub residual: f64,
    /// How far Σ parts and Δw can be apart by rounding. See [`crate::optim::tolerance`].
    pub tolerance: f64,
    /// Whether |residual| ≤ tolerance.
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
    let precision = [snapshot.trained().epsilon, snapshot.trained().least];
    let tolerance = decomposition.as_ref().map_or(0.0, |_| tolerance(optimizer, &at, after, precision));
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
        slots: state.slots.numbers().each_ref().map(|slot| slot.get(place).map_or(0.0, |x| *x)),
        t: state.steps + 1,
        scheduled: (options.schedule != Schedule::default()).then(|| options.schedule.lr(lr, state.steps)),
    }
}
