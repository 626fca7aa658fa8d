//! Sum of two values of one shape: y = a + b, as residual connections need it.
//! da = dy, db = dy; where both are the same value, it gets both.

use super::{By, Case, Compute, Forward, Grad, InputGrads, Misfit, Of, Op, OpEntry, Partial, Point, Reads};
use crate::expr::Expr;
use crate::kernel::{Scalar, Team};
use crate::shape::Shape;
use std::sync::Arc;

/// The sum of two values.
#[derive(Clone, Copy, Debug)]
pub struct Add;

pub(super) const ENTRY: OpEntry = OpEntry {
    name: "add",
    doc: "sum of two values of one shape; in an experiment it is what `residual` ends with",
    keys: &[],
    build: |_| Ok(Arc::new(Add)),
    cases: &[Case { given: &[], inputs: &[&[6], &[6]] }, Case { given: &[], inputs: &[&[2, 3], &[2, 3]] }],
};

impl Op for Add {
    fn name(&self) -> &'static str {
        "add"
    }

    fn shape(&self, x: &[&Shape]) -> Result<Shape, Misfit> {
        match x {
            [a, b] if a == b => Ok((*a).clone()),
            [a, b] => Err(Misfit::Unequal((*a).clone(), (*b).clone())),
            _ => Err(Misfit::Inputs { wants: 2, got: x.len() }),
        }
    }

    fn reads(&self) -> Reads {
        Reads::Nothing
    }

    fn expression(&self, of: Of<'_>) -> Option<Expr> {
        Some(of.input("a", 0, of.at) + of.input("b", 1, of.at))
    }

    fn slope(&self, _of: Of<'_>, _by: By) -> Option<Expr> {
        Some(Expr::Number(1.0))
    }
}

impl<T: Scalar> Compute<T> for Add {
    fn forward(&self, io: Forward<'_, T>, team: &mut Team<'_, T>) {
        let (a, b) = (io.x.get(0), io.x.get(1));
        team.split(a.len(), [io.y], |range, [y]| {
            for ((y, a), b) in y.iter_mut().zip(&a[range.clone()]).zip(&b[range]) {
                *y = *a + *b;
            }
        });
    }

    fn backward(&self, _at: &Point<'_, T>, dy: &[T], mut dx: InputGrads<'_, T>, team: &mut Team<'_, T>) {
        for input in 0..2 {
            let Some(dx) = dx.get(input).map(Grad::sum) else { continue };
            team.split(dy.len(), [dx], |range, [dx]| {
                for (dx, dy) in dx.iter_mut().zip(&dy[range]) {
                    *dx += *dy;
                }
            });
        }
    }

    fn partials(&self, _at: &Point<'_, T>, row: usize, of: usize, emit: &mut dyn FnMut(Partial<T>)) {
        for input in 0..2 {
            emit(Partial { by: By::Input { input, row, at: of }, slope: T::one() });
        }
    }
}
