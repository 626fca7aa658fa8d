//! What a step and an epoch leave.

use super::Moments;
use serde::{Deserialize, Serialize};

/// What one step left behind, in the order of a [`super::Layout`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StepFacts {
    /// Of each value, over the examples of the batch.
    pub values: Vec<Moments>,
    /// Of the loss's gradient by each value; of no numbers where nothing needs that gradient, as that of the input.
    pub value_gradients: Vec<Moments>,
    /// Of each parameter before the update.
    pub params: Vec<Moments>,
    /// Of the loss's gradient by each parameter, before clipping.
    pub param_gradients: Vec<Moments>,
    /// Of each parameter's change.
    pub param_updates: Vec<Moments>,
    /// Σ g·Δw: the change of the loss that the gradient predicts for this update.
    pub predicted: f64,
    /// The change of the loss on the same batch, where it was measured.
    pub measured: Option<f64>,
}

/// How well a network did on some examples.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Metrics {
    /// The loss, reduced over them all as it is over a batch.
    pub loss: f64,
    /// Share of them that are right, where the loss has a notion of right.
    pub accuracy: Option<f64>,
}

/// One step of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepRecord {
    /// Its number, from 1.
    pub step: u64,
    /// Loss of its batch, before its update.
    pub loss: f64,
    /// Its learning rate.
    pub lr: f64,
    /// What it left, where the [`super::Thinning`] keeps that.
    pub facts: Option<StepFacts>,
}

/// One epoch of a run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct EpochRecord {
    /// Its number, from 1.
    pub epoch: u64,
    /// The number of its last step.
    pub step: u64,
    /// Of its examples, each before the update of its step: the loss, reduced over them all as over a batch, and the share
    /// that was right.
    pub train: Metrics,
    /// On the held-out part after it, where there is one.
    pub test: Option<Metrics>,
}

/// One line of a run's diary.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Record {
    /// After a step.
    Step(StepRecord),
    /// After an epoch, behind its last step.
    Epoch(EpochRecord),
}

impl Record {
    /// The step after which it was written.
    pub fn step(&self) -> u64 {
        match self {
            Record::Step(record) => record.step,
            Record::Epoch(record) => record.step,
        }
    }
}
