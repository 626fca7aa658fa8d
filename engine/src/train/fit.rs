//! Epochs.

use super::{Options, Real, Trainer};
use crate::data::{Batches, Dataset};
use crate::facts::{Metrics, StepFacts};
use crate::loss::Reduction;
use crate::network::{Batch, Error, Rows};
use serde::{Deserialize, Serialize};
use std::ops::ControlFlow;

/// How long and in what order to train; [`super::Options`] say in which batches, and from which seed orders are drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fit {
    /// Times that every example is visited.
    pub epochs: u64,
    /// Whether every epoch has a new order.
    pub shuffle: bool,
    /// Epochs without a better held-out loss after which training stops; `None`: never.
    pub patience: Option<u64>,
}

impl Default for Fit {
    fn default() -> Fit {
        Fit { epochs: 10, shuffle: true, patience: None }
    }
}

impl Fit {
    /// The batches that [`fit`] gives a trainer with these options, out of so many examples.
    pub fn batches(&self, options: &Options, examples: usize) -> Batches {
        Batches::new(examples, options.batch, self.shuffle, options.seed)
    }
}

/// Where training stands, beside the trainer's state: what has to be kept to go on bit for bit.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// Of the current epoch's steps: the sum of their examples' losses, as each was before the step's update.
    #[serde(with = "any_number")]
    pub loss_sum: f64,
    /// What a mean divides that by: the number of examples, or of their outputs, or the sum of their class weights.
    #[serde(default, with = "any_number")]
    pub divisor: f64,
    /// How many examples that are. (Earlier versions counted none, and summed up other losses.)
    #[serde(default)]
    pub examples: usize,
    /// How many of them were right, where the loss has a notion of right.
    #[serde(default)]
    pub right: usize,
    /// The lowest judged loss (held-out, or of the epoch where nothing is held out) so far; it is finite.
    pub best_loss: Option<f64>,
    /// The epoch that had it.
    pub best_epoch: u64,
    /// Epochs since.
    pub stale: u64,
    /// The first step whose loss was not finite; training ends there.
    #[serde(default)]
    pub diverged: Option<u64>,
    /// Whether training is over.
    pub done: bool,
}

/// A number that need not be finite: JSON has no other way for one than a text.
mod any_number {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Deserialize, Serialize)]
    #[serde(untagged)]
    enum Any {
        Finite(f64),
        Other(String),
        /// What earlier versions wrote of a number that is not finite.
        Lost(()),
    }

    pub(super) fn serialize<S: Serializer>(x: &f64, to: S) -> Result<S::Ok, S::Error> {
        if x.is_finite() { Any::Finite(*x) } else { Any::Other(x.to_string()) }.serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
        match Any::deserialize(from)? {
            Any::Finite(x) => Ok(x),
            Any::Other(text) => text.parse().map_err(serde::de::Error::custom),
            Any::Lost(()) => Ok(f64::NAN),
        }
    }
}

impl Progress {
    /// Takes down the judged loss of an epoch (from 1); returns whether it is the lowest so far.
    fn judge(&mut self, epoch: u64, loss: f64, how: &Fit) -> bool {
        (self.loss_sum, self.divisor, self.examples, self.right) = (0.0, 0.0, 0, 0);
        let best = loss.is_finite() && self.best_loss.is_none_or(|best| loss < best);
        self.stale += 1;
        if best {
            (self.best_loss, self.best_epoch, self.stale) = (Some(loss), epoch, 0);
        }
        self.done |= epoch >= how.epochs || self.lost(how);
        best
    }

    /// Why training is over after so many steps, of which an epoch has `per_epoch`; `None` where it can go on.
    pub fn end(&self, how: &Fit, steps: u64, per_epoch: u64) -> Option<End> {
        match () {
            () if self.diverged.is_some() => Some(End::Diverged),
            () if steps >= how.epochs * per_epoch => Some(End::Epochs),
            () if self.lost(how) => Some(End::Patience),
            () => None,
        }
    }

    /// Whether patience is lost.
    fn lost(&self, how: &Fit) -> bool {
        how.patience.is_some_and(|patience| self.stale >= patience.max(1))
    }
}

/// What an observer wants of the step that comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Detail {
    /// The loss.
    Loss,
    /// All of [`StepFacts`] but the measured change of the loss.
    Facts,
    /// All of [`StepFacts`]; the change costs another forward pass.
    Change,
}

/// A step that was done.
#[derive(Debug)]
pub struct StepDone<'a, T> {
    /// Its number, from 1.
    pub step: u64,
    /// Loss of its batch, before its update.
    pub loss: f64,
    /// Examples in its batch.
    pub examples: usize,
    /// Whether an epoch's event follows.
    pub ends_epoch: bool,
    /// What it left, where an observer wanted that.
    pub facts: Option<&'a StepFacts>,
    /// The trainer after it.
    pub trainer: &'a Trainer<T>,
    /// Where training stands after it.
    pub progress: &'a Progress,
}

/// An epoch that was done.
#[derive(Debug)]
pub struct Epoch<'a, T> {
    /// Its number, from 1.
    pub epoch: u64,
    /// Of its examples, each before the update of its step: the loss, reduced over them all as over a batch, and the share
    /// that was right.
    pub train: Metrics,
    /// On the held-out part, where there is one.
    pub test: Option<Metrics>,
    /// Whether its judged loss is the lowest so far.
    pub best: bool,
    /// The trainer after it.
    pub trainer: &'a Trainer<T>,
    /// Where training stands after it.
    pub progress: &'a Progress,
}

/// What [`fit`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fitted {
    /// Steps that it made.
    pub steps: u64,
    /// Why it made no more.
    pub end: End,
}

/// Why training ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// All epochs are done.
    Epochs,
    /// [`Fit::patience`] is lost.
    Patience,
    /// The loss of the last step was not finite: that step and all that came after it would be of no use.
    Diverged,
    /// An observer said stop.
    Observer,
    /// Nothing was done: the trainer stood at the end of the epochs already, patience was lost, or training had diverged.
    Before,
}

/// Whoever watches training: recorder, progress bar, checks, ledger. The loop knows no more of them.
pub trait Observer<T> {
    /// What it wants of step `step` (from 1), asked before the step.
    fn wants(&mut self, _step: u64) -> Detail {
        Detail::Loss
    }

    /// After a step.
    fn step(&mut self, _done: &StepDone<'_, T>) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    /// After an epoch, after its last step's event.
    fn epoch(&mut self, _done: &Epoch<'_, T>) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

/// Trains until the epochs are done, patience is lost, a step's loss is not finite, or an observer says stop; goes on from where `progress`
/// and the trainer stand. So epochs count from the trainer's first step: who calls it again to train on asks for more of
/// them than are done, and is told by [`End::Before`] where none are left.
///
/// # Errors
/// Where data has no examples, the network or the loss cannot take them, or the loss cannot take what the network gives at
/// the first step.
pub fn fit<T: Real>(
    trainer: &mut Trainer<T>,
    train: &Dataset<T>,
    test: Option<&Dataset<T>>,
    how: &Fit,
    progress: &mut Progress,
    observers: &mut [&mut dyn Observer<T>],
) -> Result<Fitted, Error> {
    for data in [Some(train), test].into_iter().flatten() {
        trainer.check(data)?;
    }
    let mut batches = how.batches(trainer.options(), train.len());
    let per_epoch = batches.per_epoch();
    let before = trainer.state().steps;
    progress.done = progress.end(how, before, per_epoch).is_some();
    if !progress.done {
        trainer.check_outputs(Batch { data: train, rows: Rows::Index(batches.at(before)) })?;
    }
    while !progress.done {
        let index = batches.at(trainer.state().steps);
        let batch = Batch { data: train, rows: Rows::Index(index) };
        let next = trainer.state().steps + 1;
        let wants = observers.iter_mut().map(|observer| observer.wants(next)).max().unwrap_or(Detail::Loss);
        let wants_facts = wants >= Detail::Facts;
        let loss = if wants_facts { trainer.step_with_facts(batch) } else { trainer.step(batch) };
        let (right, divisor) = trainer.outcome();
        if !loss.is_finite() {
            (progress.diverged, progress.done) = (Some(next), true);
        }
        progress.loss_sum += loss * divisor;
        progress.divisor += divisor;
        progress.examples += index.len();
        progress.right += right.unwrap_or(0);
        if wants == Detail::Change {
            trainer.measure(batch);
        }
        let ends_epoch = next.is_multiple_of(per_epoch);
        let of_epoch = Metrics {
            loss: match trainer.loss().reduction() {
                _ if progress.examples != train.len() => f64::NAN,
                Reduction::Mean => progress.loss_sum / progress.divisor,
                Reduction::Sum => progress.loss_sum,
            },
            accuracy: right
                .filter(|_| progress.examples == train.len())
                .map(|_| progress.right as f64 / train.len() as f64),
        };
        let (mut tested, mut best) = (None, false);
        if ends_epoch {
            tested = test.map(|test| trainer.evaluate(test)).transpose()?;
            best = progress.judge(next / per_epoch, tested.unwrap_or(of_epoch).loss, how);
        }
        let done = StepDone {
            step: next,
            loss,
            examples: index.len(),
            ends_epoch,
            facts: wants_facts.then(|| trainer.facts()),
            trainer,
            progress,
        };
        let mut stop = false;
        for observer in observers.iter_mut() {
            stop |= observer.step(&done).is_break();
        }
        if ends_epoch {
            let epoch = next / per_epoch;
            let done = Epoch { epoch, train: of_epoch, test: tested, best, trainer, progress };
            for observer in observers.iter_mut() {
                stop |= observer.epoch(&done).is_break();
            }
        }
        if stop && !progress.done {
            return Ok(Fitted { steps: next - before, end: End::Observer });
        }
    }
    let after = trainer.state().steps;
    let end = progress.end(how, after, per_epoch).filter(|_| after > before);
    Ok(Fitted { steps: after - before, end: end.unwrap_or(End::Before) })
}
