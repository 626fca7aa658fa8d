//! Dropout (Srivastava et al. 2014): in training each number is 0 with probability p, else x / (1 − p); in
//! evaluation y = x. dx = dy · m with m the factor, 0 or 1 / (1 − p), that forward drew.
//! Which numbers are dropped depends on the step's key and their place in the batch alone.

use super::{
    By, Case, Compute, Forward, Grad, InputGrads, Misfit, Mode, Of, Op, OpEntry, Partial, Point, Reads, only,
};
use crate::expr::Expr;
use crate::kernel::{Scalar, Team, Wide, random, wide};
use crate::setting::{Default, Key, Kind};
use crate::shape::Shape;
use std::sync::Arc;

/// Drops numbers at random while training.
#[derive(Clone, Copy, Debug)]
pub struct Dropout {
    /// Probability that a number is dropped.
    pub p: f64,
}

pub(super) const ENTRY: OpEntry = OpEntry {
    name: "dropout",
    doc: "in training, drops each number with probability p and scales the others by 1/(1 − p)",
    keys: &[Key::new("p", Kind::Share, Default::Number(0.5), "probability that a number is dropped")],
    build: |s| Ok(Arc::new(Dropout { p: s.number("p") })),
    cases: &[Case { given: &[], inputs: &[&[9]] }],
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

    /// Most of them draw a random number.
    fn flops(&self, rows: usize, x: &[&Shape]) -> usize {
        8 * rows * x[0].len()
    }

    fn expression(&self, of: Of<'_>) -> Option<Expr> {
        let x = of.input("x", 0, of.at);
        Some(if of.training { factor(of) * x } else { x })
    }

    fn slope(&self, of: Of<'_>, _by: By) -> Option<Expr> {
        Some(if of.training { factor(of) } else { Expr::Number(1.0) })
    }
}

/// A letter for the factor that forward drew.
fn factor(of: Of<'_>) -> Expr {
    let count = of.x[0].len();
    of.saved("mask", [of.at, count], of.row * count + of.at)
}

impl<T: Scalar> Compute<T> for Dropout {
    fn forward(&self, io: Forward<'_, T>, team: &mut Team<'_, T>) {
        let x = io.x.get(0);
        let Mode::Train { key, first_row } = io.mode else {
            io.y.copy_from_slice(x);
            return;
        };
        let key = random::mix(key);
        let first = first_row * io.x.shape(0).len();
        team.split(x.len(), [io.y, &mut io.saved[..x.len()]], |range, [y, m]| {
            wide(Draw, (self.p, key, first + range.start, &x[range], y, m));
        });
    }

    fn backward(&self, at: &Point<'_, T>, dy: &[T], mut dx: InputGrads<'_, T>, team: &mut Team<'_, T>) {
        let Some(dx) = dx.get(0).map(Grad::sum) else { return };
        let m = (at.mode != Mode::Eval).then_some(at.saved);
        team.split(dy.len(), [dx], |range, [dx]| {
            wide(DropoutGradient, (m.map(|m| &m[range.clone()]), &dy[range], dx));
        });
    }

    fn partials(&self, at: &Point<'_, T>, row: usize, of: usize, emit: &mut dyn FnMut(Partial<T>)) {
        let slope = match at.mode {
            Mode::Eval => T::one(),
            Mode::Train { .. } => at.saved[row * at.x.shape(0).len() + of],
        };
        emit(Partial { by: By::Input { input: 0, row, at: of }, slope });
    }
}

/// m ← 0 or 1 / (1 − p), y ← x·m; the first number is number `first` of the batch.
struct Draw;

impl<T: Scalar> Wide<(f64, u64, usize, &[T], &mut [T], &mut [T])> for Draw {
    type Out = ();

    #[inline(always)]
    fn run((p, key, first, x, y, m): (f64, u64, usize, &[T], &mut [T], &mut [T])) {
        let keep = T::of(1.0 / (1.0 - p));
        // A number u < p is one whose bits, u·2⁵³, are below the least whole number from p·2⁵³ on.
        let least = (p * (1u64 << 53) as f64).ceil() as u64;
        for (i, ((y, m), x)) in y.iter_mut().zip(m).zip(x).enumerate() {
            let bits = random::bits(key, (first + i) as u64);
            *m = if bits < least { T::zero() } else { keep };
            *y = *x * *m;
        }
    }
}

/// dx ← dx + dy·m, or dx + dy.
struct DropoutGradient;

impl<T: Scalar> Wide<(Option<&[T]>, &[T], &mut [T])> for DropoutGradient {
    type Out = ();

    #[inline(always)]
    fn run((m, dy, dx): (Option<&[T]>, &[T], &mut [T])) {
        match m {
            Some(m) => {
                for ((dx, dy), m) in dx.iter_mut().zip(dy).zip(m) {
                    *dx += *dy * *m;
                }
            }
            None => {
                for (dx, dy) in dx.iter_mut().zip(dy) {
                    *dx += *dy;
                }
            }
        }
    }
}
