//! Where a run stopped being finite.

use crate::error::Result;
use crate::run::Run;
use crate::textbook::Worked;
use std::fmt;
use whygrad::network::{Batch, Rows};
use whygrad::probe::{NotFinite, Stage, not_finite};
use whygrad::train::{Prepared, Real};

/// The first number of a run that was not finite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Divergence {
    /// The step in which it came.
    pub step: u64,
    /// What and where it was.
    pub first: NotFinite,
    /// The number that its example has where it comes from, the row of a table; `None` where it was no example's.
    pub row: Option<usize>,
}

impl Divergence {
    /// Looks in step `step` of a run, the first whose loss or update was not finite, and in the step before, whose update
    /// it may have begun with. `None` where all numbers are finite when they are computed again.
    pub fn of_run<T: Real>(run: &Run, step: u64) -> Result<Option<Divergence>> {
        let found = Divergence::in_step::<T>(run, step)?;
        match &found {
            Some(Divergence { first, .. }) if first.stage == Stage::Start && step > 1 => {
                Ok(Divergence::in_step::<T>(run, step - 1)?.or(found))
            }
            _ => Ok(found),
        }
    }

    /// Looks in the first steps of a worked example, as many as `steps`.
    pub fn of_case(worked: &Worked, lr: f64, steps: u64) -> Result<Option<Divergence>, String> {
        let mut trainer = worked.trainer(lr)?;
        for step in 1..=steps {
            let first = not_finite(&trainer, worked.batch()).map_err(|error| error.to_string())?;
            if let Some(first) = first {
                return Ok(Some(Divergence { step, first, row: None }));
            }
            worked.update(&mut trainer);
        }
        Ok(None)
    }

    fn in_step<T: Real>(run: &Run, step: u64) -> Result<Option<Divergence>> {
        let (prepared, _) = run.at::<T>(Some(step - 1))?;
        let Prepared { train, trainer, fit: how, .. } = prepared;
        let rows = how.batches(trainer.options(), train.len()).at(step - 1).to_vec();
        let first = not_finite(&trainer, Batch { data: &train, rows: Rows::Index(&rows) })?;
        let number = |example: usize| train.rows()[rows[example]] as usize;
        Ok(first.map(|first| Divergence { step, row: first.example.map(number), first }))
    }
}

impl fmt::Display for Divergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Divergence { step, first: NotFinite { stage, name, example, number, outside, .. }, row } = self;
        let of = match (example, row) {
            (Some(example), Some(row)) => format!(" of example {example} of its batch (row {row})"),
            _ => String::new(),
        };
        let came = match stage {
            Stage::Start => format!("step {step} began with {name} = {number}"),
            Stage::Forward => format!("in step {step}, on the way forward, {name}{of} became {number}"),
            Stage::Loss => format!("in step {step} the loss {name}{of} became {number}"),
            Stage::Backward => format!("in step {step}, on the way back, ∂L/∂{name}{of} became {number}"),
            Stage::Gradient => format!("in step {step} ∂L/∂{name} became {number}"),
            Stage::Update => format!("in step {step} the update made {name} {number}"),
        };
        let last = match step {
            1 => "It has no step whose numbers can be used.".into(),
            _ => format!("The last step whose numbers can be used is {}.", step - 1),
        };
        write!(f, "Training diverged: {came}, the first number that is not finite. ")?;
        if let Some(outside) = outside {
            write!(f, "Here {outside}. ")?;
        }
        write!(f, "{last}")
    }
}
