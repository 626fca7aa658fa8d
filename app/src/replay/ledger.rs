//! The ledger of a run's steps.

use super::Divergence;
use crate::error::{Error, Result};
use crate::run::{Run, Steps};
use std::fmt;
use std::ops::{ControlFlow, RangeInclusive};
use std::sync::Arc;
use std::time::{Duration, Instant};
use whygrad::credit::{Ledger, Refine, probe};
use whygrad::network::Network;
use whygrad::train::{Detail, Observer, Prepared, Real, StepDone, fit};

/// A ledger, and what it is of.
pub struct RunLedger {
    /// The steps.
    pub steps: RangeInclusive<u64>,
    /// Their network.
    pub network: Arc<Network>,
    /// What each weight earned and hurt in them.
    pub ledger: Ledger<f64>,
    /// What training them again took.
    pub training: Duration,
    /// What keeping the ledger took.
    pub keeping: Duration,
    /// Where the run diverged, if it did in or before the steps that were asked for; the ledger ends before.
    pub diverged: Option<Divergence>,
}

/// How much work a ledger is, and how far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Work {
    /// Its steps.
    pub steps: u64,
    /// Those that are done.
    pub done: u64,
    /// Training examples whose loss is split.
    pub examples: usize,
    /// Training examples in a batch.
    pub batch: usize,
}

impl RunLedger {
    /// Splits the loss change of a run's steps (first and last; by default all) on up to `examples` training examples, as
    /// far as its numbers are finite; tells `each` of the work before the first step and after every step.
    pub fn of_run<T: Real>(
        run: &Run,
        steps: Option<(u64, u64)>,
        examples: usize,
        mut each: impl FnMut(Work),
    ) -> Result<RunLedger> {
        let Steps { last: end, not_finite, .. } = run.steps()?;
        if end == 0 {
            let problem = "it has made no step yet, so there is nothing to split".into();
            return Err(Error::Run { path: run.path().into(), problem });
        }
        let (first, last) = steps.unwrap_or((1, end));
        if last > end {
            let problem = format!("ends with {last}; {} has the steps 1 to {end}", run.path().display());
            return Err(Error::argument("--steps", problem));
        }
        let diverged = match not_finite.filter(|step| last >= step - 1) {
            Some(step) => Divergence::of_run::<T>(run, step)?.filter(|diverged| last >= diverged.step),
            None => None,
        };
        let last = diverged.as_ref().map_or(last, |diverged| diverged.step - 1);
        let nothing = |why: &dyn fmt::Display| {
            let problem = format!("there is no step to split from {first} on. {why}");
            Error::Run { path: run.path().into(), problem }
        };
        if let Some(diverged) = diverged.as_ref().filter(|_| last < first) {
            return Err(nothing(diverged));
        }
        let (mut prepared, mut progress) = run.at::<T>(Some(first - 1))?;
        let Prepared { train, test, trainer, fit: how, .. } = &mut prepared;
        let (network, seed) = (Arc::clone(trainer.network()), trainer.options().seed);
        let ledger = Ledger::new(trainer, probe::<T, f64>(train, examples, seed), Refine::default())?;
        let examples = examples.min(train.len());
        let work = Work { steps: last + 1 - first, done: 0, examples, batch: trainer.options().batch };
        each(work);
        let (now, none) = (Instant::now(), Duration::ZERO);
        let mut watch = Watch { ledger, last, work, each, step_began: now, training: none, keeping: none };
        let observers: &mut [&mut dyn Observer<T>] = &mut [&mut watch, &mut run.compared()];
        fit(trainer, train, test.as_ref(), how, &mut progress, observers)?;
        let Watch { ledger, training, keeping, .. } = watch;
        // Where the facts that told of it are lost.
        let diverged = match progress.diverged.filter(|_| diverged.is_none()) {
            Some(step) => Divergence::of_run::<T>(run, step)?,
            None => diverged,
        };
        let Some(reached) = ledger.steps().last().map(|step| step.step) else {
            return Err(nothing(
                &"The loss of the training examples whose loss would be split is not finite.",
            ));
        };
        Ok(RunLedger { steps: first..=reached, network, ledger, training, keeping, diverged })
    }
}

/// Keeps the ledger while the run is trained again, and takes the time of both.
struct Watch<F> {
    ledger: Ledger<f64>,
    last: u64,
    work: Work,
    each: F,
    step_began: Instant,
    training: Duration,
    keeping: Duration,
}

impl<T: Real, F: FnMut(Work)> Observer<T> for Watch<F> {
    fn wants(&mut self, _step: u64) -> Detail {
        self.step_began = Instant::now();
        Detail::Loss
    }

    fn step(&mut self, done: &StepDone<'_, T>) -> ControlFlow<()> {
        self.training += self.step_began.elapsed();
        let now = Instant::now();
        let flow = self.ledger.advance(done.step, &done.trainer.state().weights);
        self.keeping += now.elapsed();
        self.work.done += 1;
        (self.each)(self.work);
        if done.step >= self.last { ControlFlow::Break(()) } else { flow }
    }
}
