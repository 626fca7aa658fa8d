//! One training step of a run or of a worked example, held still.

use super::Divergence;
use crate::error::{Error, Result};
use crate::run::{Run, Steps};
use crate::textbook::{Textbook, Worked};
use whygrad::credit::Snapshot;
use whygrad::data::Dataset;
use whygrad::network::{Batch, Rows};
use whygrad::train::{Prepared, Real};

/// The most updates of a worked example before the step that is explained.
const UPDATES: u64 = 1_000_000;

/// A training step.
pub struct Step<T> {
    /// Whose step it is.
    pub origin: Origin,
    /// Its number, from 1.
    pub number: u64,
    /// The training part of the data.
    pub train: Dataset<T>,
    /// Its batch: rows of the training part.
    pub rows: Vec<usize>,
    /// The step held still.
    pub snapshot: Snapshot,
    /// Whether a step is made: not where a worked example gives no learning rate.
    pub moves: bool,
    /// Where the run diverged, in this step's stead or after it.
    pub diverged: Option<Divergence>,
    /// Why it is not the run's last, where nobody named a step.
    pub chosen: Option<Chosen>,
}

/// The last step of a run in which something happened, where its schedule took the learning rate to next to nothing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Chosen {
    /// The learning rate of the step.
    pub lr: f64,
    /// The learning rate of the run's last step.
    pub last_lr: f64,
}

/// Whose step it is.
pub enum Origin {
    /// A run's.
    Run {
        /// The folder.
        path: String,
        /// The run's last step.
        last: u64,
    },
    /// A worked example's.
    Case {
        /// What it is called.
        name: String,
        /// The example.
        worked: Box<Worked>,
    },
    /// That of a training which nobody recorded.
    Played {
        /// What its experiment is called.
        name: String,
    },
}

impl<T: Real> Step<T> {
    /// A step of a run, by default the last whose learning rate was not next to nothing. Of a run that diverged, the last
    /// step whose numbers are all finite stands for those that come after it.
    pub fn of_run(run: &Run, number: Option<u64>) -> Result<Step<T>> {
        let Steps { last, not_finite, at_work } = run.steps()?;
        let path = run.path().display().to_string();
        let chosen = at_work.filter(|_| number.is_none());
        let number = number.or(chosen.map(|(step, ..)| step)).unwrap_or(last);
        if last == 0 {
            let problem = "it has made no step yet, so no weight has moved".into();
            return Err(Error::Run { path: run.path().into(), problem });
        }
        if number == 0 || number > last {
            let problem = format!("is {number}; {path} has the steps 1 to {last}");
            return Err(Error::argument("--step", problem));
        }
        if let Some(step) = not_finite.filter(|step| number >= step - 1)
            && let Some(diverged) = Divergence::of_run::<T>(run, step)?
            && number >= diverged.step
        {
            return Step::before(run, diverged, last);
        }
        let step = Step::held(run, number, last)?;
        if step.snapshot.is_finite() {
            let chosen = chosen.map(|(_, lr, last_lr)| Chosen { lr, last_lr });
            return Ok(Step { chosen, ..step });
        }
        // The loss was finite, and what the step made of it was not.
        match Divergence::of_run::<T>(run, number)? {
            Some(diverged) => Step::before(run, diverged, last),
            None => Ok(step),
        }
    }

    /// The last step before a run diverged.
    fn before(run: &Run, diverged: Divergence, last: u64) -> Result<Step<T>> {
        if diverged.step == 1 {
            let problem = diverged.to_string();
            return Err(Error::Run { path: run.path().into(), problem });
        }
        let step = Step::held(run, diverged.step - 1, last)?;
        Ok(Step { diverged: Some(diverged), ..step })
    }

    fn held(run: &Run, number: u64, last: u64) -> Result<Step<T>> {
        let path = run.path().display().to_string();
        let (mut prepared, mut progress) = run.at::<T>(Some(number - 1))?;
        let Prepared { train, trainer, fit: how, .. } = &prepared;
        let rows = how.batches(trainer.options(), train.len()).at(number - 1).to_vec();
        let snapshot = Snapshot::take(trainer, Batch { data: train, rows: Rows::Index(&rows) })?;
        // It may stand behind a checkpoint, with no step before it that was compared with what was recorded.
        run.repeat(&mut prepared, &mut progress, number)?;
        let train = prepared.train;
        Ok(Step {
            origin: Origin::Run { path, last },
            number,
            train,
            rows,
            snapshot,
            moves: true,
            diverged: None,
            chosen: None,
        })
    }
}

impl Step<f64> {
    /// A step of a worked example, by default the first, with names as `people` write them or plain.
    pub fn of_case(book: &Textbook, number: Option<u64>, people: bool) -> Result<Step<f64>> {
        let refuse = |problem| Error::argument(&book.name, problem);
        let worked = book.work().map_err(refuse)?;
        let number = number.unwrap_or(1);
        let last = if book.learning_rate.is_some() { UPDATES } else { 1 };
        if !(1..=last).contains(&number) {
            let problem = match book.learning_rate {
                Some(_) => format!("is {number}; it takes a number from 1 to {UPDATES}"),
                None => format!("is {number}; {} gives no learning rate, so there is step 1 only", book.name),
            };
            return Err(Error::argument("--step", problem));
        }
        // Its step `number`, held still; what the loss does not take is refused as it is by `walk`.
        let hold = |number: u64| -> Result<Snapshot, String> {
            let mut trainer = worked.trainer(book.learning_rate.unwrap_or(0.0))?;
            (1..number).for_each(|_| worked.update(&mut trainer));
            trainer.check_outputs(worked.batch()).map_err(|problem| problem.to_string())?;
            let snapshot = worked.hold(&trainer, people)?;
            if book.learning_rate.is_some() {
                worked.update(&mut trainer);
                let outside = trainer.check_outputs(worked.batch());
                outside.map_err(|problem| format!("after step {number} {problem}"))?;
            }
            Ok(snapshot)
        };
        let mut diverged = None;
        let mut snapshot = hold(number);
        if !snapshot.as_ref().is_ok_and(Snapshot::is_finite) {
            diverged =
                Divergence::of_case(&worked, book.learning_rate.unwrap_or(0.0), number).map_err(refuse)?;
        }
        let number = match &diverged {
            Some(diverged) if diverged.step == 1 => return Err(refuse(diverged.to_string())),
            Some(diverged) => {
                snapshot = hold(diverged.step - 1);
                diverged.step - 1
            }
            None => number,
        };
        let snapshot = snapshot.map_err(refuse)?;
        let (train, rows) = (worked.data.clone(), vec![0]);
        let origin = Origin::Case { name: book.name.clone(), worked: worked.into() };
        Ok(Step {
            origin,
            number,
            train,
            rows,
            snapshot,
            moves: book.learning_rate.is_some(),
            diverged,
            chosen: None,
        })
    }
}
