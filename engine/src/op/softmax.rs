//! Softmax over the last axis: yⱼ = e^(xⱼ − max) / Σ e^(xᵢ − max).
//! dxⱼ = yⱼ·(dyⱼ − Σᵢ yᵢ·dyᵢ). Over one number it is always 1 and its slope exactly 0.

use super::pointwise::put;
use super::{
    By, Case, Compute, EXP, Forward, Grad, InputGrads, Misfit, Of, Op, OpEntry, Partial, Point, Reads, only,
};
use crate::expr::{Expr, Function, Role};
use crate::kernel::stable::{LANES, softmax, sum};
use crate::kernel::{Scalar, Team, Wide, wide};
use crate::shape::Shape;
use std::sync::Arc;

/// The softmax over the last axis.
#[derive(Clone, Copy, Debug)]
pub struct Softmax;

pub(super) const ENTRY: OpEntry = OpEntry {
    name: "softmax",
    doc: "softmax over the last axis: positive numbers that sum to 1",
    keys: &[],
    build: |_| Ok(Arc::new(Softmax)),
    cases: &[Case { given: &[], inputs: &[&[5]] }, Case { given: &[], inputs: &[&[2, 3]] }],
};

impl Op for Softmax {
    fn name(&self) -> &'static str {
        "softmax"
    }

    fn shape(&self, x: &[&Shape]) -> Result<Shape, Misfit> {
        only(x).cloned()
    }

    fn reads(&self) -> Reads {
        Reads::Output
    }

    fn range(&self) -> [f64; 2] {
        [0.0, 1.0]
    }

    fn flops(&self, rows: usize, x: &[&Shape]) -> usize {
        (EXP + 4) * rows * x[0].len()
    }

    fn expression(&self, of: Of<'_>) -> Option<Expr> {
        let (n, input) = (of.x[0].last(), 0);
        let start = of.at - of.at % n;
        let x = Expr::symbol("x", Role::Inputs { input, row: of.row, range: start..start + n });
        Some(Expr::call(Function::Softmax, [x]).item((of.at % n) as f64))
    }

    fn slope(&self, of: Of<'_>, by: By) -> Option<Expr> {
        let By::Input { at, .. } = by else { return None };
        let y = |at| Expr::symbol(format!("y[{at}]"), Role::Output { row: of.row, at });
        Some(if at == of.at { y(at) * (1.0 - y(at)) } else { -(y(of.at) * y(at)) })
    }
}

impl<T: Scalar> Compute<T> for Softmax {
    fn forward(&self, io: Forward<'_, T>, team: &mut Team<'_, T>) {
        let (x, width) = (io.x.get(0), io.x.shape(0).last());
        team.split(x.len() / width, [io.y], |rows, [y]| {
            wide(SoftmaxRows, (width, &x[rows.start * width..rows.end * width], y));
        });
    }

    fn backward(&self, at: &Point<'_, T>, dy: &[T], mut dx: InputGrads<'_, T>, team: &mut Team<'_, T>) {
        let width = at.x.shape(0).last();
        let Some((dx, overwrite)) = dx.get(0).map(Grad::overwrite) else { return };
        team.split(dy.len() / width, [dx], |rows, [dx]| {
            let numbers = rows.start * width..rows.end * width;
            let args = (width, &at.y[numbers.clone()], &dy[numbers], dx);
            if overwrite { wide(SoftmaxGradient::<false>, args) } else { wide(SoftmaxGradient::<true>, args) }
        });
    }

    fn partials(&self, at: &Point<'_, T>, row: usize, of: usize, emit: &mut dyn FnMut(Partial<T>)) {
        let shape = at.x.shape(0);
        let start = of - of % shape.last();
        let y = &at.y[row * shape.len()..][..shape.len()];
        for j in start..start + shape.last() {
            let own = if j == of { T::one() } else { T::zero() };
            emit(Partial { by: By::Input { input: 0, row, at: j }, slope: y[of] * (own - y[j]) });
        }
    }
}

/// y ← softmax of each row of `width` numbers.
struct SoftmaxRows;

impl<T: Scalar> Wide<(usize, &[T], &mut [T])> for SoftmaxRows {
    type Out = ();

    #[inline(always)]
    fn run((width, x, y): (usize, &[T], &mut [T])) {
        for (x, y) in x.chunks(LANES * width).zip(y.chunks_mut(LANES * width)) {
            softmax(width, x, y, [T::one(); LANES]);
        }
    }
}

/// dx ← dx + y·(dy − Σ y·dy) in each row, or without `ADD` without the dx before.
struct SoftmaxGradient<const ADD: bool>;

impl<T: Scalar, const ADD: bool> Wide<(usize, &[T], &[T], &mut [T])> for SoftmaxGradient<ADD> {
    type Out = ();

    #[inline(always)]
    fn run((width, y, dy, dx): (usize, &[T], &[T], &mut [T])) {
        let rows = dy.chunks_exact(width).zip(y.chunks_exact(width));
        for (dx, (dy, y)) in dx.chunks_exact_mut(width).zip(rows) {
            let mean = sum([y, dy], |[y, dy]| y * dy);
            for ((dx, dy), y) in dx.iter_mut().zip(dy).zip(y) {
                put::<T, ADD>(dx, *y * (*dy - mean));
            }
        }
    }
}
