//! A training that is checked while it runs: from its facts, and from a look at its network now and then.

use super::LIST;
use super::evidence::{Diverged, Evidence, Told};
use super::verdict::{Finding, Link};
use crate::data::Dataset;
use crate::facts::StepRecord;
use crate::network::Error;
use crate::probe::{DataFacts, Moment, NotFinite};
use crate::train::{Detail, Fit, Observer, Real, StepDone, Trainer};
use serde::Serialize;
use std::ops::ControlFlow;

/// Steps whose facts are looked at one by one, from the first on.
const FIRST: u64 = 16;

/// Steps after which the network is looked at; at its start it is, too.
const LOOKS: [u64; 2] = [4, 256];

/// Whole looks are for trainings of so many steps, of which they are a twentieth, or of so many numbers times examples in
/// a step (each costs 0.1 s then).
const WHOLE: [u64; 2] = [1500, 100_000_000];

/// The most steps whose facts are kept beside the first ones.
const KEPT: usize = 48;

/// What is known of a link while a training runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Light {
    /// Nothing was found.
    Green,
    /// Something was found that may cost something: only a trial can tell.
    Yellow,
    /// Something was found with which training need not go on.
    Red,
}

/// An observer that asks the checks while a training runs. The training stays as it is, bit for bit.
#[derive(Debug)]
pub struct Live<'a, T> {
    train: &'a Dataset<T>,
    fit: Fit,
    /// Whether its looks are short ones.
    short: bool,
    evidence: Evidence,
    /// Each once.
    findings: Vec<Finding>,
    news: Vec<Finding>,
    /// Whether training stops where a light turns red.
    strict: bool,
    /// The next step past the first ones whose facts are looked at.
    next: u64,
    looked: u64,
}

impl<'a, T: Real> Live<'a, T> {
    /// Looks at the data and at the network before the first step. With `strict` it stops training where a light turns
    /// red.
    ///
    /// # Errors
    /// Where a copy of the trainer cannot be made.
    pub fn new(
        trainer: &Trainer<T>,
        train: &'a Dataset<T>,
        test: Option<&Dataset<T>>,
        told: Told,
        strict: bool,
    ) -> Result<Live<'a, T>, Error> {
        let Told { scale, fit, .. } = told;
        let size = trainer.network().param_count() * trainer.options().batch.min(train.len());
        let short = fit.epochs * told.steps_per_epoch < WHOLE[0] && size as u64 > WHOLE[1];
        let evidence = Evidence {
            layout: trainer.network().layout(),
            data: Some(DataFacts::look(trainer, train, test, &fit, scale, false)),
            told: Some(told),
            moments: vec![Moment::look(trainer, train, &fit, short)?],
            ..Evidence::default()
        };
        let next = trainer.state().steps + FIRST;
        let (findings, news) = (vec![], vec![]);
        let mut live = Live { train, fit, short, evidence, findings, news, strict, next, looked: 0 };
        live.ask();
        Ok(live)
    }

    /// What was found since this was asked last, and what has become grave since, with the step after which it was found
    /// where it is no step's.
    pub fn news(&mut self) -> Vec<Finding> {
        std::mem::take(&mut self.news)
    }

    /// The light of a link.
    pub fn light(&self, link: Link) -> Light {
        let of_link = self.findings.iter().filter(|finding| finding.link == link);
        of_link
            .map(|finding| if finding.grave { Light::Red } else { Light::Yellow })
            .max()
            .unwrap_or(Light::Green)
    }

    /// The first finding with which training need not go on, in the order of the chain.
    pub fn first_broken(&self) -> Option<&Finding> {
        self.findings.iter().filter(|finding| finding.grave).min_by_key(|finding| finding.link)
    }

    /// Tells where training stopped being finite; `row` is that of its example in the training part.
    pub fn diverged(&mut self, step: u64, first: NotFinite, row: Option<usize>) {
        let margin = Diverged::margin(&self.evidence.steps, step);
        self.evidence.diverged = Some(Diverged { step, first, row, margin, most: T::max_value().f64() });
        self.ask();
    }

    fn ask(&mut self) {
        let step = self.evidence.steps.last().map_or(0, |step| step.step);
        for finding in LIST.iter().filter_map(|check| check.find(&self.evidence).ok()).flatten() {
            // What a step's length costs only the outcome tells.
            if finding.link == Link::Update && !finding.grave {
                continue;
            }
            let same = |of: &&mut Finding| of.check == finding.check && of.place == finding.place;
            let known = self.findings.iter_mut().find(same);
            if known.as_ref().is_some_and(|known| known.grave || !finding.grave) {
                continue;
            }
            let finding = Finding { step: finding.step.or(Some(step)), ..finding };
            self.news.push(finding.clone());
            match known {
                Some(known) => *known = finding,
                None => self.findings.push(finding),
            }
        }
    }
}

impl<T: Real> Observer<T> for Live<'_, T> {
    fn wants(&mut self, step: u64) -> Detail {
        if step <= FIRST || step == self.next { Detail::Change } else { Detail::Loss }
    }

    fn step(&mut self, done: &StepDone<'_, T>) -> ControlFlow<()> {
        let first = done.step <= FIRST;
        if !first && done.step != self.next {
            return ControlFlow::Continue(());
        }
        let (step, loss, lr) = (done.step, done.loss, done.trainer.lr());
        self.evidence.steps.push(StepRecord { step, loss, lr, facts: done.facts.cloned() });
        if self.evidence.steps.len() > KEPT + FIRST as usize {
            self.evidence.steps.remove(FIRST as usize);
        }
        if !first {
            // As long again as it has run: few looks in a long training.
            self.next = done.step + (done.step / 8).max(1);
        }
        let due = LOOKS.iter().any(|at| self.looked < *at && *at <= done.step);
        if due && done.progress.diverged.is_none() {
            self.looked = done.step;
            let look = Moment::look(done.trainer, self.train, &self.fit, self.short);
            self.evidence.moments.extend(look.ok());
        }
        self.ask();
        if self.strict && self.first_broken().is_some() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }
}
