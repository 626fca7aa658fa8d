//! Epochs.

use super::{Options, Real, Trainer};
use crate::data::{Batches, Dataset};
use crate::facts::{Metrics, StepFacts};
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
    /// Sum of the losses of the current epoch's steps.
    pub loss_sum: f64,
    /// How many of their examples were judged, where the loss has a notion of right. (Earlier versions judged none.)
    #[serde(default)]
    pub judged: usize,
    /// How many of these were right.
    #[serde(default)]
    pub right: usize,
    /// The lowest judged loss (held-out, or of the epoch where nothing is held out) so far.
    pub best_loss: Option<f64>,
    /// The epoch that had it.
    pub best_epoch: u64,
    /// Epochs since.
    pub stale: u64,
    /// Whether training is over.
    pub done: bool,
}

impl Progress {
    /// Takes down the judged loss of an epoch (from 1); returns whether it is the lowest so far.
    fn judge(&mut self, epoch: u64, loss: f64, how: &Fit) -> bool {
        (self.loss_sum, self.judged, self.right) = (0.0, 0, 0);
        let best = loss < self.best_loss.unwrap_or(f64::INFINITY);
        self.stale += 1;
        if best {
            (self.best_loss, self.best_epoch, self.stale) = (Some(loss), epoch, 0);
        }
        self.done = epoch >= how.epochs || self.lost(how);
        best
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
    /// Of its steps, each before its update: their mean loss, and the share of their examples that were right.
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
    /// An observer said stop.
    Observer,
    /// Nothing was done: the trainer stood at the end of the epochs already, or patience was lost.
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

/// Trains until the epochs are done, patience is lost, or an observer says stop; goes on from where `progress`
/// and the trainer stand. So epochs count from the trainer's first step: who calls it again to train on asks for more of
/// them than are done, and is told by [`End::Before`] where none are left.
///
/// # Errors
/// Where data has no examples, or the network or the loss cannot take them.
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
    progress.done = before >= how.epochs * per_epoch || progress.lost(how);
    while !progress.done {
        let index = batches.at(trainer.state().steps);
        let batch = Batch { data: train, rows: Rows::Index(index) };
        let next = trainer.state().steps + 1;
        let wants = observers.iter_mut().map(|observer| observer.wants(next)).max().unwrap_or(Detail::Loss);
        let wants_facts = wants >= Detail::Facts;
        let loss = if wants_facts { trainer.step_with_facts(batch) } else { trainer.step(batch) };
        progress.loss_sum += loss;
        if let Some(right) = trainer.right() {
            progress.judged += index.len();
            progress.right += right;
        }
        if wants == Detail::Change {
            trainer.measure(batch);
        }
        let ends_epoch = next.is_multiple_of(per_epoch);
        let of_epoch = Metrics {
            loss: progress.loss_sum / per_epoch as f64,
            accuracy: (progress.judged == train.len()).then(|| progress.right as f64 / train.len() as f64),
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
    let end = match after {
        _ if after == before => End::Before,
        _ if after < how.epochs * per_epoch => End::Patience,
        _ => End::Epochs,
    };
    Ok(Fitted { steps: after - before, end })
}
