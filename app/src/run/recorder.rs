//! Writes a run while it runs.

use super::{Run, checkpoint, facts, spacing};
use crate::error::{Error, Result};
use std::fs::File;
use std::ops::{ControlFlow, Range};
use std::path::PathBuf;
use whygrad::facts::{EpochRecord, Record, StepRecord, Thinning};
use whygrad::train::{Detail, Epoch, Observer, Progress, Real, StepDone, Trainer};

/// Watches training and writes what it sees into a run folder. The first error stops training;
/// [`Recorder::finish`] returns it.
#[derive(Debug)]
pub struct Recorder {
    run: Run,
    /// Locked as long as somebody records: nobody else does.
    _lock: File,
    thinning: Thinning,
    facts: facts::Writer,
    broken: Vec<Range<u64>>,
    bytes: u64,
    error: Option<Error>,
}

impl Recorder {
    /// Goes on with a run from the trainer's step; at step 0 that is its start, and has its checkpoint.
    pub fn start<T: Real>(run: &Run, trainer: &Trainer<T>, progress: &Progress) -> Result<Recorder> {
        let lock = run.lock()?;
        run.tidy()?;
        let step = trainer.state().steps;
        let layout = trainer.network().layout();
        let (facts, broken) = facts::Writer::resume(&run.path().join("facts.bin"), &layout, step)?;
        let thinning = Thinning::new(&layout);
        let mut recorder =
            Recorder { run: run.clone(), _lock: lock, thinning, facts, broken, bytes: 0, error: None };
        recorder.checkpoint(trainer, progress)?;
        Ok(recorder)
    }

    /// The bytes of the facts that were broken when the run was resumed: what they told of is lost.
    pub fn broken(&self) -> &[Range<u64>] {
        &self.broken
    }

    fn checkpoint<T: Real>(&mut self, trainer: &Trainer<T>, progress: &Progress) -> Result<()> {
        // What a checkpoint stands on is in the file before it.
        self.facts.flush()?;
        let step = trainer.state().steps;
        let path = self.run.path().join(format!("checkpoints/step-{step:08}.safetensors"));
        self.bytes = checkpoint::save(&path, trainer, progress)?;
        let spacing = spacing(step, self.bytes);
        for (at, path) in self.run.checkpoints()? {
            if !at.is_multiple_of(spacing) && at != step {
                std::fs::remove_file(&path).map_err(Error::file("remove", path))?;
            }
        }
        Ok(())
    }

    fn checkpoint_if_due<T: Real>(&mut self, trainer: &Trainer<T>, progress: &Progress) -> Result<()> {
        let step = trainer.state().steps;
        if step.is_multiple_of(spacing(step, self.bytes)) {
            self.checkpoint(trainer, progress)
        } else {
            Ok(())
        }
    }

    /// Goes on if all is well, else keeps the error for [`Recorder::finish`].
    fn flow(&mut self, result: Result<()>) -> ControlFlow<()> {
        match result {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                self.error = Some(error);
                ControlFlow::Break(())
            }
        }
    }

    /// Writes what is left, and the last checkpoint.
    pub fn finish<T: Real>(mut self, trainer: &Trainer<T>, progress: &Progress) -> Result<PathBuf> {
        if let Some(error) = self.error.take() {
            return Err(error);
        }
        self.facts.flush()?;
        let path = self.run.path().join("last.safetensors");
        checkpoint::save(&path, trainer, progress)?;
        Ok(path)
    }
}

impl<T: Real> Observer<T> for Recorder {
    fn wants(&mut self, step: u64) -> Detail {
        if self.thinning.keeps(step) { Detail::Change } else { Detail::Loss }
    }

    fn step(&mut self, done: &StepDone<'_, T>) -> ControlFlow<()> {
        let (loss, lr) = (done.loss, done.trainer.lr());
        let record = StepRecord { step: done.step, loss, lr, facts: done.facts.cloned() };
        let written = self.facts.push(Record::Step(record)).and_then(|()| match done.ends_epoch {
            true => Ok(()), // in the epoch's event, behind the best checkpoint that belongs to it
            false => self.checkpoint_if_due(done.trainer, done.progress),
        });
        self.flow(written)
    }

    fn epoch(&mut self, done: &Epoch<'_, T>) -> ControlFlow<()> {
        let best = self.run.path().join("best.safetensors");
        let written = match done.best {
            true => checkpoint::save(&best, done.trainer, done.progress).map(drop),
            false => Ok(()),
        };
        let step = done.trainer.state().steps;
        let record = EpochRecord { epoch: done.epoch, step, train: done.train, test: done.test };
        let written = written.and_then(|()| self.facts.push(Record::Epoch(record)));
        let written = written.and_then(|()| self.checkpoint_if_due(done.trainer, done.progress));
        self.flow(written)
    }
}
