//! Dropout (Srivastava et al. 2014): in training each number is 0 with probability p, else x / (1 − p); in
//! evaluation y = x. dx = dy · m with m the factor, 0 or 1 / (1 − p), that forward drew.
//! Which numbers are dropped depends on the step's key and their place in the batch alone.

use super::{
    By, Case, Compute, Entry, Forward, Grad, InputGrads, Misfit, Mode, Op, Partial, Point, Reads, only,
};
use crate::kernel::{Scalar, Team, random};
use crate::setting::{Default, Key, Kind};
use crate::shape::Shape;
use std::sync::Arc;

/// Drops numbers at random while training.
#[derive(Clone, Copy, Debug)]
pub struct Dropout {
    /// Probability that a number is dropped.
    pub p: f64,
}

pub(super) const ENTRY: Entry = Entry {
    name: "dropout",
    doc: "in training, drops each number with probability p and scales the others by 1/(1 − p)",
    keys: &[Key::new("p", Kind::Share, Default::Number(0.5), "probability that a number is dropped")],
    build: |s| Ok(Arc::new(Dropout { p: s.number("p") })),
    cases: &[Case { given: &[], inputs: &[&[9]] }],
    kinks: &[],
};

impl Op for Dropout {
    fn name(&self) -> &'static str {
        "dropout"
    }

    fn shape(&self, x: &[&Shape]) -> Result<Shape, Misfit> {
        only(x).cloned()
    }

    fn saved(&self, rows: usize, x: &[&Shape]) -> usize {
        rows * x[0].len()
    }

    fn reads(&self) -> Reads {
        Reads::Nothing
    }
}

impl<T: Scalar> Compute<T> for Dropout {
    fn forward(&self, io: Forward<'_, T>, _team: &mut Team<'_, T>) {
        let x = io.x.get(0);
        let Mode::Train { key, first_row } = io.mode else {
            io.y.copy_from_slice(x);
            return;
        };
        let key = random::mix(key);
        let first = (first_row * io.x.shape(0).len()) as u64;
        let keep = T::of(1.0 / (1.0 - self.p));
        for (i, ((y, m), x)) in io.y.iter_mut().zip(io.saved).zip(x).enumerate() {
            let drawn = random::uniform(key, first + i as u64);
            *m = if drawn < self.p { T::zero() } else { keep };
            *y = *x * *m;
        }
    }

    fn backward(&self, at: &Point<'_, T>, dy: &[T], mut dx: InputGrads<'_, T>, _team: &mut Team<'_, T>) {
        let Some(dx) = dx.get(0).map(Grad::sum) else { return };
        match at.mode {
            Mode::Eval => dx.iter_mut().zip(dy).for_each(|(dx, dy)| *dx += *dy),
            Mode::Train { .. } => {
                for ((dx, dy), m) in dx.iter_mut().zip(dy).zip(at.saved) {
                    *dx += *dy * *m;
                }
            }
        }
    }

    fn partials(&self, at: &Point<'_, T>, row: usize, of: usize, emit: &mut dyn FnMut(Partial<T>)) {
        let slope = match at.mode {
            Mode::Eval => T::one(),
            Mode::Train { .. } => at.saved[row * at.x.shape(0).len() + of],
        };
        emit(Partial { by: By::Input { input: 0, row, at: of }, slope });
    }
}
