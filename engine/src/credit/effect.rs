//! What a step did to the loss of its own batch: what the gradient predicted for it, and what was measured.

use super::{Snapshot, Weight};
use crate::network::Plan;
use serde::Serialize;

/// A change of the batch's loss.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Change {
    /// Σ g·Δw: what the gradient at the start predicts.
    pub predicted: f64,
    /// L after − L before, by another forward pass with the step's random numbers.
    pub measured: f64,
    /// measured / predicted: near 1 where the step is small against the curvature, below 0 where it overshot; absent
    /// where nothing is predicted.
    pub ratio: Option<f64>,
}

/// What a step did to the loss of its batch.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Effect {
    /// The weight's move, Δw.
    pub moved: f64,
    /// L before the step.
    pub before: f64,
    /// When this weight moves alone.
    pub alone: Change,
    /// When all weights move.
    pub all: Change,
    /// What rounding alone can make of a measured change, about ε·Σ|ℓₙ| / divisor.
    pub rounding: f64,
}

/// What the move of `weight` did to the loss, and what all weights' moves did together.
///
/// # Panics
/// Where the network has no such weight.
pub fn effect(snapshot: &Snapshot, weight: Weight) -> Effect {
    let (place, after) = (weight.place(snapshot.network()), snapshot.after());
    let (moved, before) = (after.params[place] - snapshot.value(weight), snapshot.batch_loss());
    let change = |weights: &_, predicted: f64| {
        let measured = snapshot.at(weights, Plan::loss) - before;
        Change { predicted, measured, ratio: (predicted != 0.0).then(|| measured / predicted) }
    };
    let mut one = snapshot.state().weights.clone();
    one.params[place] = after.params[place];
    let predicted = snapshot.gradient().iter().zip(snapshot.moves()).map(|(g, moved)| g * moved).sum();
    Effect {
        moved,
        before,
        alone: change(&one, snapshot.slope(weight) * moved),
        all: change(after, predicted),
        rounding: snapshot.rounding(),
    }
}
