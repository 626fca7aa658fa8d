//! What the loss does along a step: at several lengths of the very step that the optimizer would make.

use crate::data::Dataset;
use crate::facts::StepFacts;
use crate::kernel::Scalar;
use crate::network::{Batch, Error, Pass, Plan, Rows, Weights, keep};
use crate::train::{Real, Trainer};
use std::sync::Arc;

/// Lengths of a step at which the loss is looked at, in steps.
pub const LENGTHS: [f64; 9] = [1.0 / 256.0, 1.0 / 64.0, 0.0625, 0.25, 0.5, 1.0, 4.0, 16.0, 64.0];

/// The loss of a step's own batch along the step, in f64.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Loss where the step begins.
    pub loss: f64,
    /// g·Δw: the change that the gradient predicts for one step.
    pub predicted: f64,
    /// The change measured at each of [`LENGTHS`].
    pub changes: [f64; LENGTHS.len()],
}

impl Line {
    /// Measured over predicted change at length `i` of [`LENGTHS`]: near 1 where the length is small against the curvature,
    /// 1/2 at the minimum of a parabola, below 0 past where it is as high as at the start.
    pub fn ratio(&self, i: usize) -> f64 {
        self.changes[i] / (LENGTHS[i] * self.predicted)
    }

    /// The length at which the loss is lowest.
    pub fn best(&self) -> f64 {
        let lowest =
            (0..LENGTHS.len()).min_by(|a, b| self.changes[*a].total_cmp(&self.changes[*b])).unwrap_or(0);
        LENGTHS[lowest]
    }
}

/// Looks along the step that the trainer would make next by these examples; it is not made.
///
/// # Errors
/// Where a copy of the trainer cannot be made.
///
/// # Panics
/// As [`crate::train::Trainer::step`].
pub fn line<T: Real>(trainer: &Trainer<T>, train: &Dataset<T>, rows: &[usize]) -> Result<Line, Error> {
    let mut copy = trainer.clone();
    copy.step_with_facts(Batch { data: train, rows: Rows::Index(rows) });
    let StepFacts { predicted, .. } = copy.facts();
    let predicted = *predicted;
    let before: Weights<f64> = trainer.state().weights.cast();
    let after: Weights<f64> = copy.state().weights.cast();
    let data = train.select(rows).cast::<f64>();
    let options = trainer.options();
    let loss = Arc::clone(trainer.loss());
    let mut plan =
        Plan::<f64, _>::new(trainer.network(), loss, rows.len(), &options.threads, keep::Training)?;
    let pass = Pass { backward: false, ..Pass::train(options.key(trainer.state().steps)) };
    let mut at = before.clone();
    let mut loss_at = |length: f64| {
        let numbers = before.params.iter().zip(&after.params);
        for (w, (before, after)) in at.params.iter_mut().zip(numbers) {
            *w = before.f64() + length * (after - before);
        }
        plan.pass(&at, Batch { data: &data, rows: Rows::Range(0, rows.len()) }, pass)
    };
    let loss = loss_at(0.0);
    Ok(Line { loss, predicted, changes: LENGTHS.map(|length| loss_at(length) - loss) })
}
