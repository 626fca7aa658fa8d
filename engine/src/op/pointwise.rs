//! Operations that act number by number: what they have in common.

use super::{
    By, Compute, Forward, Grad, InputGrads, Kink, Misfit, Of, Op, Partial, Point, Reads, Structure, only,
};
use crate::expr::{Expr, Role};
use crate::kernel::{Scalar, Team, Wide, wide};
use crate::shape::Shape;
use std::fmt::Debug;

/// y = f(x), number by number. Whoever implements it is an operation, and copied where a loop begins, so that what its
/// settings give is computed before the loop.
pub trait Pointwise: Copy + Debug + Send + Sync {
    /// As experiments name it.
    fn name(&self) -> &'static str;

    /// Whether the slope is computed from x or from y; the other one is NaN when `slope` is called.
    fn reads(&self) -> Reads;

    /// f(x), written.
    fn expression(&self, x: Expr) -> Expr;

    /// f′(x), written with x and y = f(x).
    fn slope_expression(&self, x: Expr, y: Expr) -> Expr;

    /// Where f′ jumps.
    fn kinks(&self) -> Vec<Kink> {
        vec![]
    }

    /// Between what two numbers f(x) lies, whatever x is.
    fn range(&self) -> [f64; 2] {
        [f64::NEG_INFINITY, f64::INFINITY]
    }

    /// Floating-point operations of f, about.
    fn flops(&self) -> usize;

    /// f(x)
    fn value<T: Scalar>(&self, x: T) -> T;

    /// f′(x), from x and y = f(x) as far as [`Pointwise::reads`] declares them.
    fn slope<T: Scalar>(&self, x: T, y: T) -> T;
}

impl<P: Pointwise> Op for P {
    fn name(&self) -> &'static str {
        Pointwise::name(self)
    }

    fn shape(&self, x: &[&Shape]) -> Result<Shape, Misfit> {
        only(x).cloned()
    }

    fn reads(&self) -> Reads {
        Pointwise::reads(self)
    }

    fn structure(&self) -> Structure {
        Structure::Pointwise
    }

    fn kinks(&self) -> Vec<Kink> {
        Pointwise::kinks(self)
    }

    fn range(&self) -> [f64; 2] {
        Pointwise::range(self)
    }

    fn flops(&self, rows: usize, x: &[&Shape]) -> usize {
        Pointwise::flops(self) * rows * x[0].len()
    }

    fn expression(&self, of: Of<'_>) -> Option<Expr> {
        Some(Pointwise::expression(self, of.input("x", 0, of.at)))
    }

    fn slope(&self, of: Of<'_>, _by: By) -> Option<Expr> {
        let y = Expr::symbol("y", Role::Output { row: of.row, at: of.at });
        Some(self.slope_expression(of.input("x", 0, of.at), y))
    }
}

impl<P: Pointwise, T: Scalar> Compute<T> for P {
    fn forward(&self, io: Forward<'_, T>, team: &mut Team<'_, T>) {
        let x = io.x.get(0);
        team.split(x.len(), [io.y], |range, [y]| wide(Values, (self, &x[range], y)));
    }

    fn backward(&self, at: &Point<'_, T>, dy: &[T], mut dx: InputGrads<'_, T>, team: &mut Team<'_, T>) {
        let Some((dx, overwrite)) = dx.get(0).map(Grad::overwrite) else { return };
        let x = at.x.get(0);
        team.split(x.len(), [dx], |range, [dx]| {
            let args = (self, &x[range.clone()], &at.y[range.clone()], &dy[range], dx);
            if overwrite { wide(Slopes::<false>, args) } else { wide(Slopes::<true>, args) }
        });
    }

    fn partials(&self, at: &Point<'_, T>, row: usize, of: usize, emit: &mut dyn FnMut(Partial<T>)) {
        let i = row * at.x.shape(0).len() + of;
        let reads = Pointwise::reads(self);
        let x = if reads.inputs() { at.x.get(0)[i] } else { T::nan() };
        let y = if reads.output() { at.y[i] } else { T::nan() };
        emit(Partial { by: By::Input { input: 0, row, at: of }, slope: self.slope(x, y) });
    }
}

/// y ← f(x)
struct Values;

impl<P: Pointwise, T: Scalar> Wide<(&P, &[T], &mut [T])> for Values {
    type Out = ();

    #[inline(always)]
    fn run((&f, x, y): (&P, &[T], &mut [T])) {
        for (y, x) in y.iter_mut().zip(x) {
            *y = f.value(*x);
        }
    }
}

/// dx ← dx + dy · f′(x), or without `ADD` dx ← dy · f′(x)
struct Slopes<const ADD: bool>;

impl<P: Pointwise, T: Scalar, const ADD: bool> Wide<(&P, &[T], &[T], &[T], &mut [T])> for Slopes<ADD> {
    type Out = ();

    #[inline(always)]
    fn run((&f, x, y, dy, dx): (&P, &[T], &[T], &[T], &mut [T])) {
        let unread = T::nan();
        let each = dx.iter_mut().zip(dy);
        match Pointwise::reads(&f) {
            Reads::Nothing => {
                for (dx, dy) in each {
                    put::<T, ADD>(dx, *dy * f.slope(unread, unread));
                }
            }
            Reads::Inputs => {
                for ((dx, dy), x) in each.zip(x) {
                    put::<T, ADD>(dx, *dy * f.slope(*x, unread));
                }
            }
            Reads::Output => {
                for ((dx, dy), y) in each.zip(y) {
                    put::<T, ADD>(dx, *dy * f.slope(unread, *y));
                }
            }
            Reads::Both => {
                for ((dx, dy), (x, y)) in each.zip(x.iter().zip(y)) {
                    put::<T, ADD>(dx, *dy * f.slope(*x, *y));
                }
            }
        }
    }
}

/// dx ← dx + more, or without `ADD` dx ← more
#[inline(always)]
pub(super) fn put<T: Scalar, const ADD: bool>(dx: &mut T, more: T) {
    *dx = if ADD { *dx + more } else { more };
}
