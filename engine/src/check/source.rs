//! Where evidence and trials come from.

use super::change::{Change, changed};
use super::evidence::{Diverged, Evidence, Told, total_norm};
use crate::facts::{EpochRecord, StepRecord};
use crate::judge;
use crate::kernel::Threads;
use crate::loss::{self, Made};
use crate::network::{Batch, Error, Rows};
use crate::probe::{DataFacts, Moment, Score, mixed, not_finite, score, unlike_formula};
use crate::train::{
    Detail, Epoch, HeldOut, Observer, Prepared, Progress, Real, Setup, StepDone, Trainer, fit,
};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What a check may use. The engine reads no clock: who asks for a check says how much time is left.
pub struct Budget<'a> {
    /// Share of the budget that is used up: from 1 on a check comes to its end with what it knows.
    pub used: &'a (dyn Fn() -> f64 + Sync),
    /// Is told what the check is doing, in a few words.
    pub doing: &'a dyn Fn(&str),
}

impl Budget<'_> {
    /// Without an end, telling nobody.
    pub const UNLIMITED: Budget<'static> = Budget { used: &|| 0.0, doing: &|_| () };

    /// Whether it is used up.
    pub fn is_over(&self) -> bool {
        (self.used)() >= 1.0
    }
}

impl std::fmt::Debug for Budget<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Budget").field("used", &(self.used)()).finish_non_exhaustive()
    }
}

/// Why a source has no answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Unable {
    /// The training cannot begin.
    Refused(Error),
    /// The source cannot train with something changed, or not with that.
    NoTrial,
    /// The budget is used up.
    Over,
}

/// A training that can be asked: a live one, a recorded run.
pub trait Source {
    /// What the training leaves, with these changes, stage by stage, each of what the stages before made.
    ///
    /// # Errors
    /// Why there is no answer.
    fn evidence(&mut self, changes: &[Vec<Change>], budget: &Budget<'_>) -> Result<Evidence, Unable>;

    /// How well each of these trainings does, or why there is no answer.
    fn scores(&mut self, wanted: &[Wanted], budget: &Budget<'_>) -> Vec<Result<Score, Unable>>;
}

/// A training whose result is asked for.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// What is changed, stage by stage, each of what the stages before made.
    pub changes: Vec<Vec<Change>>,
    /// The starting point: 0 is the training's own, the others differ in all that is random, also in what is held out.
    pub from: u64,
}

/// Steps of which facts are kept: the first ones, and as many again, evenly spread.
const KEPT: u64 = 32;

/// Share of the budget from which on looks are short ones: a whole one takes as long as 20 steps.
const SHORT: f64 = 0.8;

impl<T: Real> Source for Setup<T> {
    fn evidence(&mut self, changes: &[Vec<Change>], budget: &Budget<'_>) -> Result<Evidence, Unable> {
        let setup = changed(self, changes).ok_or(Unable::NoTrial)?;
        let told = |trainer: &Trainer<T>, examples| {
            Told::of(trainer, examples, setup.fit, setup.scale, setup.weights.is_some())
        };
        let mut prepared = match setup.clone().start() {
            Ok(prepared) => prepared,
            Err(error) => {
                let trainer = setup.trainer(setup.data.len()).ok();
                let told = trainer.map(|trainer| told(&trainer, setup.data.len()));
                let classes = setup.data.class_names().to_vec();
                return Ok(Evidence { told, refused: Some(error), classes, ..Evidence::default() });
            }
        };
        let Prepared { train, test, trainer, fit: how, .. } = &prepared;
        let told = told(trainer, train.len());
        let total = how.epochs * told.steps_per_epoch;
        let mut evidence = Evidence {
            layout: trainer.network().layout(),
            data: Some(DataFacts::look(trainer, train, test.as_ref(), how, setup.scale, true)),
            faults: Some(faults(&told)),
            mixed: Some(mixed(trainer, train).map_err(Unable::Refused)?),
            told: Some(told),
            ..Evidence::default()
        };
        let first = how.batches(trainer.options(), train.len()).at(0).to_vec();
        evidence.moments.push(Moment::look(trainer, train, how, false).map_err(Unable::Refused)?);
        evidence.unlike = Some(unlike_formula(trainer, train, &first));
        let own = trainer.clone().gradient(Batch { data: train, rows: Rows::Index(&first) });
        let own = own.iter().map(|g| g.f64() * g.f64()).sum::<f64>().sqrt();
        // In two parts, to look at the network early and at its end.
        let early = (total / 8).clamp(1, 64).min(total);
        let mut watch = Watch { every: (total / KEPT).max(1), ..Watch::new(budget.used) };
        let mut progress = Progress::default();
        for stop in [early, total] {
            watch.stop = stop;
            let Prepared { train, test, trainer, fit: how, .. } = &mut prepared;
            if let Err(error) = fit(trainer, train, test.as_ref(), how, &mut progress, &mut [&mut watch]) {
                evidence.refused = Some(error);
                return Ok(evidence);
            }
            if progress.diverged.is_some() || watch.over {
                break;
            }
            let short = (budget.used)() > SHORT;
            evidence.moments.push(Moment::look(trainer, train, how, short).map_err(Unable::Refused)?);
        }
        let Watch { steps, epochs, over, .. } = watch;
        let facts = steps.first().and_then(|step| step.facts.as_ref()).filter(|_| own > 0.0);
        evidence.applied = facts.map(|facts| vec![total_norm(&facts.param_gradients) / own]);
        (evidence.steps, evidence.epochs) = (steps, epochs);
        if let Some(step) = progress.diverged {
            evidence.diverged = diverged(&setup, step, &evidence.steps).map_err(Unable::Refused)?;
        }
        if over {
            // What it left so far; whoever changed something wants to know how it ends.
            return if changes.is_empty() { Ok(evidence) } else { Err(Unable::Over) };
        }
        evidence.score = Some(score(&mut prepared).map_err(Unable::Refused)?);
        Ok(evidence)
    }

    fn scores(&mut self, wanted: &[Wanted], budget: &Budget<'_>) -> Vec<Result<Score, Unable>> {
        let used = budget.used;
        let count = self.threads.count().min(wanted.len());
        if count < 2 {
            return wanted.iter().map(|wanted| self.score(wanted, self.threads.clone(), used)).collect();
        }
        // One thread each: side by side they are done sooner than one after the other with several.
        let (setup, next) = (&*self, AtomicUsize::new(0));
        let work = || {
            let mut done = vec![];
            while let Some((at, wanted)) =
                Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|at| Some((at, wanted.get(at)?)))
            {
                done.push((at, setup.score(wanted, Threads::new(1), used)));
            }
            done
        };
        let mut scores = std::thread::scope(|scope| {
            let workers: Vec<_> = (0..count).map(|_| scope.spawn(work)).collect();
            let done =
                workers.into_iter().flat_map(|worker| worker.join().expect("a training does not panic"));
            done.collect::<Vec<_>>()
        });
        scores.sort_by_key(|(at, _)| *at);
        scores.into_iter().map(|(_, score)| score).collect()
    }
}

impl<T: Real> Setup<T> {
    /// How well the training does, with these threads.
    fn score(
        &self,
        Wanted { changes, from }: &Wanted,
        threads: Threads,
        used: &dyn Fn() -> f64,
    ) -> Result<Score, Unable> {
        let mut setup = changed(self, changes).ok_or(Unable::NoTrial)?;
        setup.threads = threads;
        setup.seed = setup.seed.wrapping_add(*from);
        if let HeldOut::Share { seed, .. } = &mut setup.held_out {
            *seed = seed.wrapping_add(*from);
        }
        let mut prepared = setup.start().map_err(Unable::Refused)?;
        let mut watch = Watch { plain: true, ..Watch::new(used) };
        let Prepared { train, test, trainer, fit: how, .. } = &mut prepared;
        // Held-out examples are asked during the training only where patience needs them.
        let test = test.as_ref().filter(|_| how.patience.is_some());
        fit(trainer, train, test, how, &mut Progress::default(), &mut [&mut watch])
            .map_err(Unable::Refused)?;
        if watch.over {
            return Err(Unable::Over);
        }
        score(&mut prepared).map_err(Unable::Refused)
    }
}

/// Keeps what a training leaves.
struct Watch<'a> {
    /// Share of the budget that is used up.
    used: &'a dyn Fn() -> f64,
    /// Steps between two whose facts are kept, past the first ones.
    every: u64,
    /// The step after which training waits.
    stop: u64,
    /// Whether nothing is kept.
    plain: bool,
    over: bool,
    steps: Vec<StepRecord>,
    epochs: Vec<EpochRecord>,
}

impl<'a> Watch<'a> {
    fn new(used: &'a dyn Fn() -> f64) -> Watch<'a> {
        Watch { used, every: 1, stop: u64::MAX, plain: false, over: false, steps: vec![], epochs: vec![] }
    }
}

impl<T: Real> Observer<T> for Watch<'_> {
    fn wants(&mut self, step: u64) -> Detail {
        let kept = step <= KEPT || step.is_multiple_of(self.every);
        if kept && !self.plain { Detail::Change } else { Detail::Loss }
    }

    fn step(&mut self, done: &StepDone<'_, T>) -> ControlFlow<()> {
        if !self.plain {
            let (step, loss, lr, facts) = (done.step, done.loss, done.trainer.lr(), done.facts.cloned());
            self.steps.push(StepRecord { step, loss, lr, facts });
        }
        self.over = (self.used)() >= 1.0;
        if self.over || done.step == self.stop { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn epoch(&mut self, done: &Epoch<'_, T>) -> ControlFlow<()> {
        if !self.plain {
            let step = done.trainer.state().steps;
            self.epochs.push(EpochRecord { epoch: done.epoch, step, train: done.train, test: done.test });
        }
        ControlFlow::Continue(())
    }
}

/// What is wrong with the derivatives of operations and loss, each looked at once.
fn faults(told: &Told) -> Vec<judge::Fault> {
    let (network, mut seen, mut faults) = (&told.network, vec![], vec![]);
    for node in network.nodes() {
        let shapes: Vec<_> = node.inputs.iter().map(|input| network.shapes()[*input].clone()).collect();
        let key = (format!("{:?}", node.op), shapes.clone());
        if seen.contains(&key) {
            continue;
        }
        seen.push(key);
        faults.extend(judge::operation_gradients(&*node.op, &shapes, 3).err());
    }
    let listed = loss::LIST.iter().find(|entry| entry.name == told.loss.name());
    let made = listed.and_then(|entry| entry.cases.first()).map_or(Made::Real, |case| case.output);
    faults.extend(judge::loss_gradient(&*told.loss, told.outputs(), 4, made).err());
    faults
}

/// Where a training that diverged in step `step` stopped being finite: its steps are made again.
fn diverged<T: Real>(setup: &Setup<T>, step: u64, steps: &[StepRecord]) -> Result<Option<Diverged>, Error> {
    let mut prepared = setup.clone().start()?;
    let mut batches = prepared.fit.batches(prepared.trainer.options(), prepared.train.len());
    let mut before = None;
    for i in 0..step {
        let rows = batches.at(i).to_vec();
        let Prepared { train, trainer, .. } = &mut prepared;
        let batch = Batch { data: train, rows: Rows::Index(&rows) };
        // The step whose loss is not finite, and the step before, whose update may have begun it.
        if i + 2 >= step && before.is_none() {
            let numbers = || rows.iter().map(|row| train.rows()[*row] as usize).collect::<Vec<_>>();
            before = not_finite(trainer, batch)?.map(|first| (i + 1, first, numbers()));
        }
        trainer.step(batch);
    }
    Ok(before.map(|(step, first, rows)| Diverged {
        step,
        row: first.example.map(|example| rows[example]),
        first,
        margin: Diverged::margin(steps, step),
        most: T::max_value().f64(),
    }))
}
