//! What a step did to the loss of its own batch: what the gradient predicted for it, and what was measured.

use super::{Snapshot, Weight};
use serde::Serialize;

/// A change of the batch's loss.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
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

/// What the move of `weight` did to the loss, and what `moves`, Δw of all weights in their order, did together.
///
/// # Panics
/// Where `moves` are not as many as the network's weights.
pub fn effect(still: &Snapshot, weight: Weight, moves: &[f64]) -> Effect {
    let place = weight.place(still.network());
    let before = still.batch_loss();
    let mut plan = still.probe();
    let mut weights = still.state().weights.clone();
    let mut change = |weights: &_, predicted: f64| {
        let measured = still.forward(&mut plan, weights) - before;
        Change { predicted, measured, ratio: (predicted != 0.0).then(|| measured / predicted) }
    };
    let start = weights.params[place];
    weights.params[place] += moves[place];
    let alone = change(&weights, still.gradient()[place] * moves[place]);
    weights.params[place] = start;
    assert_eq!(weights.params.len(), moves.len(), "a move for every weight");
    weights.params.iter_mut().zip(moves).for_each(|(w, moved)| *w += moved);
    let all = change(&weights, still.gradient().iter().zip(moves).map(|(g, moved)| g * moved).sum());
    Effect { moved: moves[place], before, alone, all, rounding: still.rounding() }
}
