//! Epochs.

use super::{Options, Real, Trainer};
use crate::data::{Batches, Dataset};
use crate::facts::{Metrics, StepFacts};
use crate::network::{Batch, Error, Rows};
use serde::{Deserialize, Serialize};

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
    /// Sum of the losses of the current epoch's steps.
    pub loss_sum: f64,
    /// The lowest judged loss (held-out, or of the epoch where nothing is held out) so far.
    pub best_loss: Option<f64>,
    /// The epoch that had it.
    pub best_epoch: u64,
    /// Epochs since.
    pub stale: u64,
    /// Whether training is over.
    pub done: bool,
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

/// Whether to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// Go on.
    Continue,
    /// Stop after this step.
    Stop,
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
    /// Mean loss of its steps.
    pub train_loss: f64,
    /// On the held-out part, where there is one.
    pub test: Option<Metrics>,
    /// Whether its judged loss is the lowest so far.
    pub best: bool,
    /// The trainer after it.
    pub trainer: &'a Trainer<T>,
    /// Where training stands after it.
    pub progress: &'a Progress,
}

/// Whoever watches training: recorder, progress bar, checks, ledger. The loop knows no more of them.
pub trait Observer<T> {
    /// What it wants of step `step` (from 1), asked before the step.
    fn wants(&mut self, _step: u64) -> Detail {
        Detail::Loss
    }

    /// After a step.
    fn step(&mut self, _done: &StepDone<'_, T>) -> Flow {
        Flow::Continue
    }

    /// After an epoch, after its last step's event.
    fn epoch(&mut self, _done: &Epoch<'_, T>) -> Flow {
        Flow::Continue
    }
}

/// Trains until the epochs are done, patience is lost, or an observer says stop; goes on from where `progress`
/// and the trainer stand. Data has to be what [`Trainer::check`] accepts.
pub fn fit<T: Real>(
    trainer: &mut Trainer<T>,
    train: &Dataset<T>,
    test: Option<&Dataset<T>>,
    how: &Fit,
    progress: &mut Progress,
    observers: &mut [&mut dyn Observer<T>],
) -> Result<(), Error> {
    for data in [Some(train), test].into_iter().flatten() {
        trainer.check(data)?;
    }
    let mut batches = how.batches(trainer.options(), train.len());
    let per_epoch = batches.per_epoch();
    while trainer.state().steps < how.epochs * per_epoch && !progress.done {
        let index = batches.at(trainer.state().steps);
        let batch = Batch { data: train, rows: Rows::Index(index) };
        let next = trainer.state().steps + 1;
        let wants = observers.iter_mut().map(|observer| observer.wants(next)).max().unwrap_or(Detail::Loss);
        let wants_facts = wants >= Detail::Facts;
        let loss = if wants_facts { trainer.step_with_facts(batch) } else { trainer.step(batch) };
        if wants == Detail::Change {
            trainer.measure(batch);
        }
        progress.loss_sum += loss;
        let ends_epoch = next.is_multiple_of(per_epoch);
        let train_loss = progress.loss_sum / per_epoch as f64;
        let mut test_metrics = None;
        let mut best = false;
        if ends_epoch {
            test_metrics = test.map(|test| trainer.evaluate(test)).transpose()?;
            let judged = test_metrics.map_or(train_loss, |metrics| metrics.loss);
            progress.loss_sum = 0.0;
            best = judged < progress.best_loss.unwrap_or(f64::INFINITY);
            progress.stale += 1;
            if best {
                progress.best_loss = Some(judged);
                progress.best_epoch = next / per_epoch;
                progress.stale = 0;
            }
            progress.done = next == how.epochs * per_epoch
                || how.patience.is_some_and(|patience| progress.stale >= patience);
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
            stop |= observer.step(&done) == Flow::Stop;
        }
        if ends_epoch {
            let epoch = next / per_epoch;
            let done = Epoch { epoch, train_loss, test: test_metrics, best, trainer, progress };
            for observer in observers.iter_mut() {
                stop |= observer.epoch(&done) == Flow::Stop;
            }
        }
        if stop {
            break;
        }
    }
    Ok(())
}
