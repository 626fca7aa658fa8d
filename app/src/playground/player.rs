//! The training itself: forward by some steps, back to any.

use super::past::{Moment, Past};
use crate::error::Result;
use crate::experiment::{Experiment, Prepared};
use crate::replay::{Origin, Step};
use std::ops::ControlFlow;
use whygrad::credit::Snapshot;
use whygrad::facts::Metrics;
use whygrad::network::{Batch, Rows};
use whygrad::train::{Epoch, Observer, Progress, StepDone, fit};

/// A training that goes forward and back. Whatever way it came to a step, it stands there with the same bits.
#[derive(Debug)]
pub struct Player {
    /// Data and trainer.
    pub prepared: Prepared<f32>,
    progress: Progress,
    past: Past,
    curves: Curves,
    name: String,
}

/// What steps and epochs left, of all that were ever made.
#[derive(Clone, Debug, Default)]
pub struct Curves {
    /// The loss of each step's batch, before its update.
    pub losses: Vec<f64>,
    /// Of each epoch: its own examples, and the held-out part.
    pub epochs: Vec<(Metrics, Option<Metrics>)>,
}

impl Player {
    /// At the start of an experiment.
    pub fn new(experiment: &Experiment) -> Result<Player> {
        let prepared = crate::run::start::<f32>(experiment)?;
        let progress = Progress::default();
        let start = Moment { state: prepared.trainer.state().clone(), progress: progress.clone() };
        let name = experiment.name.clone();
        Ok(Player { prepared, progress, past: Past::new(start), curves: Curves::default(), name })
    }

    /// Steps that were made up to here.
    pub fn step(&self) -> u64 {
        self.prepared.trainer.state().steps
    }

    /// Steps that were ever made.
    pub fn known(&self) -> u64 {
        self.curves.losses.len() as u64
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
        let Prepared { train, test, trainer, fit: how } = &mut self.prepared;
        fit(trainer, train, test.as_ref(), how, &mut self.progress, &mut [&mut watch])?;
        Ok(())
    }

    /// Goes to a step, back or forward.
    pub fn to(&mut self, step: u64) -> Result<()> {
        if step < self.step() {
            let Moment { state, progress } = self.past.before(step).clone();
            self.prepared.trainer.restore(state)?;
            self.progress = progress;
        }
        if step > self.step() {
            self.go_on(&mut |done| done >= step)?;
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
    past: &'a mut Past,
    curves: &'a mut Curves,
    stop: &'a mut dyn FnMut(u64) -> bool,
}

impl Observer<f32> for Watch<'_> {
    fn step(&mut self, done: &StepDone<'_, f32>) -> ControlFlow<()> {
        // What is made again is known.
        if done.step as usize > self.curves.losses.len() {
            self.curves.losses.push(done.loss);
        }
        if self.past.wants(done.step) {
            self.past.keep(Moment { state: done.trainer.state().clone(), progress: done.progress.clone() });
        }
        if (self.stop)(done.step) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn epoch(&mut self, done: &Epoch<'_, f32>) -> ControlFlow<()> {
        if done.epoch as usize > self.curves.epochs.len() {
            self.curves.epochs.push((done.train, done.test));
        }
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
        assert_eq!(wandering.curves.losses, straight.curves.losses);
    }
}
