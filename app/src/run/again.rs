//! The steps of a run, made again.

use super::provenance::Provenance;
use super::{Run, checkpoint, start};
use crate::error::{Error, Result};
use crate::terminal::warn;
use std::ops::ControlFlow;
use whygrad::facts::StepRecord;
use whygrad::train::{Observer, Prepared, Progress, Real, StepDone, fit};

impl Run {
    /// An observer of steps that are made again, which says where their losses are not those that were recorded.
    pub fn compared(&self) -> Compared<'_> {
        Compared { run: self, recorded: self.recorded() }
    }

    /// Data and trainer before the first step.
    ///
    /// # Errors
    /// Where experiment or data are not those of the run any more.
    pub fn prepared<T: Real>(&self) -> Result<Prepared<T>> {
        let prepared = self.experiment()?.prepare::<T>()?;
        match Provenance::load(&self.path)? {
            Some(provenance) => {
                provenance.check_data(&self.path, &prepared)?;
                if let Some(elsewhere) = provenance.elsewhere() {
                    warn(&format!("{}: {elsewhere}", self.path.display()));
                }
            }
            None => warn(&format!(
                "{}: an older whygrad trained it, and did not say on which data; nothing tells whether they are the same",
                self.path.display()
            )),
        }
        Ok(prepared)
    }

    /// Everything as it was after step `step`, or after the last step that left a checkpoint: from the nearest
    /// checkpoint before it, and from there on by training the same steps again.
    ///
    /// # Errors
    /// Where experiment or data are not those of the run any more, or step `step` is not part of it.
    pub fn at<T: Real>(&self, step: Option<u64>) -> Result<(Prepared<T>, Progress)> {
        let mut prepared = self.prepared::<T>()?;
        let provenance = Provenance::load(&self.path)?;
        let restored = match self.restore(&mut prepared, step) {
            // Where it is known to be the same start, nothing is lost.
            Err(error @ Error::Checkpoint { .. }) if provenance.is_some() => {
                warn(&format!("{error}; starts over"));
                None
            }
            restored => restored?,
        };
        let mut progress = match restored {
            Some(progress) => progress,
            // It was killed before its first checkpoint, or has no whole one: it starts over.
            None => {
                let experiment = self.experiment()?;
                prepared = start(&experiment, experiment.setup()?)?;
                if let Some(provenance) = &provenance {
                    provenance.check_start(&self.path, &prepared)?;
                }
                Progress::default()
            }
        };
        let Some(step) = step.filter(|&step| step > prepared.trainer.state().steps) else {
            return Ok((prepared, progress));
        };
        self.repeat(&mut prepared, &mut progress, step)?;
        Ok((prepared, progress))
    }

    /// Makes its steps again up to `step`, and compares their losses with those that were recorded.
    pub fn repeat<T: Real>(&self, from: &mut Prepared<T>, progress: &mut Progress, step: u64) -> Result<()> {
        let Prepared { train, test, trainer, fit: how, .. } = from;
        let observers: &mut [&mut dyn Observer<T>] = &mut [&mut StopAt(step), &mut self.compared()];
        fit(trainer, train, test.as_ref(), how, progress, observers)?;
        let reached = trainer.state().steps;
        if reached < step {
            let problem = format!("step {step} is not part of it; it ends with step {reached}");
            return Err(Error::Run { path: self.path.clone(), problem });
        }
        Ok(())
    }

    /// Restores the newest checkpoint that is whole and not behind `step`; `None` where there is no checkpoint.
    fn restore<T: Real>(&self, prepared: &mut Prepared<T>, step: Option<u64>) -> Result<Option<Progress>> {
        let mut candidates = self.checkpoints()?;
        let last = self.path.join("last.safetensors");
        let mut broken = vec![];
        let whole = match last.is_file().then(|| checkpoint::load(&last, &prepared.trainer)) {
            Some(Ok(whole)) => Some(whole),
            Some(Err(error)) => {
                broken.push(error);
                None
            }
            None => None,
        };
        let behind = |at: u64| step.is_none_or(|step| at <= step);
        if let Some((state, progress)) = whole.filter(|(state, _)| behind(state.steps))
            && candidates.iter().rev().find(|(at, _)| behind(*at)).is_none_or(|(at, _)| *at <= state.steps)
        {
            prepared.trainer.restore(state)?;
            return Ok(Some(progress));
        }
        candidates.retain(|(at, _)| behind(*at));
        for (at, path) in candidates.iter().rev() {
            match checkpoint::load(path, &prepared.trainer) {
                Ok((state, _)) if state.steps != *at => {
                    let problem = format!("it is of step {}, not of the one that its name says", state.steps);
                    broken.push(Error::Checkpoint { path: path.clone(), problem });
                }
                Ok((state, progress)) => {
                    let step = state.steps;
                    prepared.trainer.restore(state)?;
                    broken
                        .iter()
                        .for_each(|error| warn(&format!("{error}; goes on from step {step} instead")));
                    return Ok(Some(progress));
                }
                Err(error) => broken.push(error),
            }
        }
        match broken.into_iter().next() {
            Some(error) => Err(error),
            None => Ok(None),
        }
    }
}

/// Stops training after a step.
struct StopAt(u64);

impl<T> Observer<T> for StopAt {
    fn step(&mut self, done: &StepDone<'_, T>) -> ControlFlow<()> {
        if done.step >= self.0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

/// See [`Run::compared`].
#[derive(Debug)]
pub struct Compared<'a> {
    run: &'a Run,
    /// Ascending; none any more once one differed.
    recorded: Vec<StepRecord>,
}

impl<T> Observer<T> for Compared<'_> {
    fn step(&mut self, done: &StepDone<'_, T>) -> ControlFlow<()> {
        let at = self.recorded.binary_search_by_key(&done.step, |step| step.step);
        let recorded = at.map_or(done.loss, |at| self.recorded[at].loss);
        if recorded.to_bits() != done.loss.to_bits() {
            warn(&format!(
                "{}: step {}, made again, has the loss {}, and {recorded} was recorded: what is shown is of a training \
                 that is not quite the one that ran",
                self.run.path.display(),
                done.step,
                done.loss
            ));
            self.recorded.clear();
        }
        ControlFlow::Continue(())
    }
}
