//! The training itself: forward by some steps, back to any.

use super::thinned::Thinned;
use crate::error::Result;
use crate::experiment::Experiment;
use crate::replay::{Origin, Step};
use std::ops::ControlFlow;
use std::time::{Duration, Instant};
use whygrad::credit::Snapshot;
use whygrad::facts::Metrics;
use whygrad::network::{Batch, Rows};
use whygrad::train::{Epoch, Observer, Prepared, Progress, State, StepDone, fit};

/// A training that goes forward and back. Whatever way it came to a step, it stands there with the same bits.
#[derive(Debug)]
pub struct Player {
    /// Data and trainer.
    pub prepared: Prepared<f32>,
    progress: Progress,
    /// Where it stood at some steps: those behind them are made again.
    past: Thinned<Moment>,
    curves: Curves,
    name: String,
}

/// Where a training stood at a step.
#[derive(Clone, Debug)]
struct Moment {
    state: State<f32>,
    progress: Progress,
}

/// The most moments that are kept, in number and in bytes.
const MOMENTS: usize = 256;
const BYTES: usize = 64 << 20;
/// Points of a curve that are kept.
const POINTS: usize = 4096;
/// How long one call goes on.
const TIME: Duration = Duration::from_secs(8);

/// What steps and epochs left, of all that were ever made.
#[derive(Clone, Debug)]
pub struct Curves {
    /// The loss of each step's batch, before its update.
    pub losses: Thinned<f64>,
    /// Of each epoch: its own examples, and the held-out part.
    pub epochs: Thinned<(Metrics, Option<Metrics>)>,
}

impl Player {
    /// At the start of an experiment.
    pub fn new(experiment: &Experiment) -> Result<Player> {
        let prepared = crate::run::start::<f32>(experiment, experiment.setup()?)?;
        let (progress, state) = (Progress::default(), prepared.trainer.state().clone());
        let numbers = state.weights.params.len() * (1 + state.slots.names().len());
        let mut past = Thinned::new((BYTES / (4 * numbers).max(1)).clamp(4, MOMENTS));
        past.tell(0, || Moment { state, progress: progress.clone() });
        let curves = Curves { losses: Thinned::new(POINTS), epochs: Thinned::new(POINTS) };
        Ok(Player { prepared, progress, past, curves, name: experiment.name.clone() })
    }

    /// Steps that were made up to here.
    pub fn step(&self) -> u64 {
        self.prepared.trainer.state().steps
    }

    /// Steps that were ever made.
    pub fn known(&self) -> u64 {
        self.curves.losses.known()
    }

    /// Where training stands.
    pub fn progress(&self) -> &Progress {
        &self.progress
    }

    /// What steps and epochs left.
    pub fn curves(&self) -> &Curves {
        &self.curves
    }

    /// Steps of an epoch.
    pub fn steps_per_epoch(&self) -> u64 {
        let Prepared { train, trainer, fit, .. } = &self.prepared;
        fit.batches(trainer.options(), train.len()).per_epoch()
    }

    /// Steps until the end.
    pub fn steps(&self) -> u64 {
        self.prepared.fit.epochs * self.steps_per_epoch()
    }

    /// Whether there are no steps left.
    pub fn is_finished(&self) -> bool {
        self.progress.done
    }

    /// Goes on until `stop` says so of the number of a step that was done, or until the end.
    pub fn go_on(&mut self, stop: &mut dyn FnMut(u64) -> bool) -> Result<()> {
        let mut watch = Watch { past: &mut self.past, curves: &mut self.curves, stop };
        let Prepared { train, test, trainer, fit: how, .. } = &mut self.prepared;
        fit(trainer, train, test.as_ref(), how, &mut self.progress, &mut [&mut watch])?;
        Ok(())
    }

    /// Goes to a step, back or forward: as far as it comes in some seconds.
    pub fn to(&mut self, step: u64) -> Result<()> {
        if step < self.step()
            && let Some(Moment { state, progress }) = self.past.before(step).cloned()
        {
            self.prepared.trainer.restore(state)?;
            self.progress = progress;
        }
        if step > self.step() {
            let began = Instant::now();
            self.go_on(&mut |done| done >= step || began.elapsed() >= TIME)?;
        }
        Ok(())
    }

    /// The rows of the batch that comes next.
    pub fn rows(&self) -> Vec<usize> {
        let Prepared { train, trainer, fit, .. } = &self.prepared;
        fit.batches(trainer.options(), train.len()).at(self.step()).to_vec()
    }

    /// The step that comes next, held still.
    pub fn hold(&self) -> Result<Step<f32>> {
        let Prepared { train, trainer, .. } = &self.prepared;
        let rows = self.rows();
        let snapshot = Snapshot::take(trainer, Batch { data: train, rows: Rows::Index(&rows) })?;
        Ok(Step {
            origin: Origin::Played { name: self.name.clone() },
            number: self.step() + 1,
            train: train.clone(),
            rows,
            snapshot,
            moves: true,
            diverged: None,
            chosen: None,
        })
    }
}

/// Watches the training of a player.
struct Watch<'a> {
    past: &'a mut Thinned<Moment>,
    curves: &'a mut Curves,
    stop: &'a mut dyn FnMut(u64) -> bool,
}

impl Observer<f32> for Watch<'_> {
    fn step(&mut self, done: &StepDone<'_, f32>) -> ControlFlow<()> {
        self.curves.losses.tell(done.step, || done.loss);
        let moment = || Moment { state: done.trainer.state().clone(), progress: done.progress.clone() };
        self.past.tell(done.step, moment);
        if (self.stop)(done.step) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn epoch(&mut self, done: &Epoch<'_, f32>) -> ControlFlow<()> {
        self.curves.epochs.tell(done.epoch, || (done.train, done.test));
        ControlFlow::Continue(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn player() -> Player {
        let sets = ["train.epochs=3".to_string(), "optimizer.type=adam".into()];
        Player::new(&Experiment::load("moons", &sets).unwrap()).unwrap()
    }

    #[test]
    fn back_and_forward_is_the_same_to_the_bit() {
        let mut straight = player();
        straight.to(straight.steps()).unwrap();
        let mut wandering = player();
        for step in [5, 2, 30, 0, 17, 16, 1, wandering.steps()] {
            wandering.to(step).unwrap();
            assert_eq!(wandering.step(), step);
        }
        assert!(wandering.is_finished() && straight.is_finished());
        assert_eq!(wandering.prepared.trainer.state(), straight.prepared.trainer.state());
        assert_eq!(wandering.progress, straight.progress);
        assert_eq!(wandering.curves.losses.kept(), straight.curves.losses.kept());
    }
}
