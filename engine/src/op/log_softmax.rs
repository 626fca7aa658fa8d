//! Logarithm of the softmax over the last axis: yⱼ = xⱼ − ln Σ e^(xᵢ), computed relative to the largest x.
//! dxⱼ = dyⱼ − e^(yⱼ)·Σᵢ dyᵢ.

use super::pointwise::put;
use super::{
    By, Case, Compute, EXP, Forward, Grad, InputGrads, Misfit, Of, Op, OpEntry, Partial, Point, Reads, only,
};
use crate::expr::{Expr, Function, Role};
use crate::kernel::stable::{LANES, softmax, sum};
use crate::kernel::{Scalar, Team, Wide, wide};
use crate::shape::Shape;
use std::sync::Arc;

/// The logarithm of the softmax over the last axis.
#[derive(Clone, Copy, Debug)]
pub struct LogSoftmax;

pub(super) const ENTRY: OpEntry = OpEntry {
    name: "log_softmax",
    doc: "logarithm of the softmax over the last axis",
    keys: &[],
    build: |_| Ok(Arc::new(LogSoftmax)),
    cases: &[Case { given: &[], inputs: &[&[5]] }, Case { given: &[], inputs: &[&[2, 3]] }],
};

impl Op for LogSoftmax {
    fn name(&self) -> &'static str {
        "log_softmax"
    }

    fn shape(&self, x: &[&Shape]) -> Result<Shape, Misfit> {
        only(x).cloned()
    }

    fn reads(&self) -> Reads {
        Reads::Output
    }

    fn range(&self) -> [f64; 2] {
        [f64::NEG_INFINITY, 0.0]
    }

    fn flops(&self, rows: usize, x: &[&Shape]) -> usize {
        (EXP + 4) * rows * x[0].len()
    }

    fn expression(&self, of: Of<'_>) -> Option<Expr> {
        let (n, input) = (of.x[0].last(), 0);
        let start = of.at - of.at % n;
        let x = Expr::symbol("x", Role::Inputs { input, row: of.row, range: start..start + n });
        let share = Expr::call(Function::Softmax, [x]).item((of.at % n) as f64);
        Some(Expr::call(Function::Ln, [share]))
    }

    fn slope(&self, of: Of<'_>, by: By) -> Option<Expr> {
        let By::Input { at, .. } = by else { return None };
        let y = |at| Expr::symbol(format!("y[{at}]"), Role::Output { row: of.row, at });
        let share = Expr::call(Function::Exp, [y(at)]);
        Some(if at == of.at { 1.0 - share } else { -share })
    }
}

impl<T: Scalar> Compute<T> for LogSoftmax {
    fn forward(&self, io: Forward<'_, T>, team: &mut Team<'_, T>) {
        let (x, width) = (io.x.get(0), io.x.shape(0).last());
        team.split(x.len() / width, [io.y], |rows, [y]| {
            wide(LogSoftmaxRows, (width, &x[rows.start * width..rows.end * width], y));
        });
    }

    fn backward(&self, at: &Point<'_, T>, dy: &[T], mut dx: InputGrads<'_, T>, team: &mut Team<'_, T>) {
        let width = at.x.shape(0).last();
        let Some((dx, overwrite)) = dx.get(0).map(Grad::overwrite) else { return };
        team.split(dy.len() / width, [dx], |rows, [dx]| {
            let numbers = rows.start * width..rows.end * width;
            let args = (width, &at.y[numbers.clone()], &dy[numbers], dx);
            if overwrite {
                wide(LogSoftmaxGradient::<false>, args)
            } else {
                wide(LogSoftmaxGradient::<true>, args)
            }
        });
    }

    fn partials(&self, at: &Point<'_, T>, row: usize, of: usize, emit: &mut dyn FnMut(Partial<T>)) {
        let shape = at.x.shape(0);
        let start = of - of % shape.last();
        let y = &at.y[row * shape.len()..][..shape.len()];
        for (j, y) in y.iter().enumerate().skip(start).take(shape.last()) {
            let own = if j == of { T::one() } else { T::zero() };
            emit(Partial { by: By::Input { input: 0, row, at: j }, slope: own - y.vexp() });
        }
    }
}

/// y ← log-softmax of each row of `width` numbers.
struct LogSoftmaxRows;

impl<T: Scalar> Wide<(usize, &[T], &mut [T])> for LogSoftmaxRows {
    type Out = ();

    #[inline(always)]
    fn run((width, x, y): (usize, &[T], &mut [T])) {
        for (x, y) in x.chunks(LANES * width).zip(y.chunks_mut(LANES * width)) {
            let totals = softmax(width, x, y, [T::one(); LANES]);
            let rows = y.chunks_exact_mut(width).zip(x.chunks_exact(width));
            for ((y, x), total) in rows.zip(totals) {
                for (y, x) in y.iter_mut().zip(x) {
                    *y = total.below(*x);
                }
            }
        }
    }
}

/// dx ← dx + dy − e^y·Σ dy in each row, or without `ADD` without the dx before.
struct LogSoftmaxGradient<const ADD: bool>;

impl<T: Scalar, const ADD: bool> Wide<(usize, &[T], &[T], &mut [T])> for LogSoftmaxGradient<ADD> {
    type Out = ();

    #[inline(always)]
    fn run((width, y, dy, dx): (usize, &[T], &[T], &mut [T])) {
        let rows = dy.chunks_exact(width).zip(y.chunks_exact(width));
        for (dx, (dy, y)) in dx.chunks_exact_mut(width).zip(rows) {
            let all = sum([dy], |[dy]| dy);
            for ((dx, dy), y) in dx.iter_mut().zip(dy).zip(y) {
                put::<T, ADD>(dx, *dy - y.vexp() * all);
            }
        }
    }
}
