//! Operations that act number by number: what they have in common.

use super::{By, Compute, Formula, Forward, InputGrads, Misfit, Op, Partial, Point, Reads, only};
use crate::kernel::Scalar;
use crate::shape::Shape;
use std::fmt::Debug;

/// y = f(x), number by number. Whoever implements it is an operation.
pub trait Pointwise: Debug + Send + Sync {
    /// As experiments name it.
    fn name(&self) -> &'static str;

    /// Whether the slope is computed from x or from y; the other one is NaN when `slope` is called.
    fn reads(&self) -> Reads;

    /// How it writes itself.
    fn formula(&self) -> Formula;

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

    fn formula(&self) -> Option<Formula> {
        Some(Pointwise::formula(self))
    }
}

impl<P: Pointwise, T: Scalar> Compute<T> for P {
    fn forward(&self, io: Forward<'_, T>) {
        for (y, x) in io.y.iter_mut().zip(io.x.get(0)) {
            *y = self.value(*x);
        }
    }

    fn backward(&self, at: &Point<'_, T>, dy: &[T], mut dx: InputGrads<'_, T>, _scratch: &mut [T]) {
        let Some(dx) = dx.get(0) else { return };
        let unread = T::nan();
        match Pointwise::reads(self) {
            Reads::Nothing => {
                dx.iter_mut().zip(dy).for_each(|(dx, dy)| *dx += *dy * self.slope(unread, unread))
            }
            Reads::Inputs => {
                for ((dx, dy), x) in dx.iter_mut().zip(dy).zip(at.x.get(0)) {
                    *dx += *dy * self.slope(*x, unread);
                }
            }
            Reads::Output => {
                for ((dx, dy), y) in dx.iter_mut().zip(dy).zip(at.y) {
                    *dx += *dy * self.slope(unread, *y);
                }
            }
            Reads::Both => {
                for (((dx, dy), x), y) in dx.iter_mut().zip(dy).zip(at.x.get(0)).zip(at.y) {
                    *dx += *dy * self.slope(*x, *y);
                }
            }
        }
    }

    fn partials(&self, at: &Point<'_, T>, row: usize, of: usize, emit: &mut dyn FnMut(Partial<T>)) {
        let i = row * at.x.shape(0).len() + of;
        let reads = Pointwise::reads(self);
        let x = if reads.inputs() { at.x.get(0)[i] } else { T::nan() };
        let y = if reads.output() { at.y[i] } else { T::nan() };
        emit(Partial { by: By::Input { input: 0, row, at: of }, slope: self.slope(x, y) });
    }
}
