//! Logarithm of the softmax over the last axis: yⱼ = xⱼ − ln Σ e^(xᵢ), computed relative to the largest x.
//! dxⱼ = dyⱼ − e^(yⱼ)·Σᵢ dyᵢ.

use super::{By, Case, Compute, Entry, Forward, Grad, InputGrads, Misfit, Op, Partial, Point, Reads, only};
use crate::kernel::stable::log_sum_exp;
use crate::kernel::{Scalar, Team};
use crate::shape::Shape;
use std::sync::Arc;

/// The logarithm of the softmax over the last axis.
#[derive(Clone, Copy, Debug)]
pub struct LogSoftmax;

pub(super) const ENTRY: Entry = Entry {
    name: "log_softmax",
    doc: "logarithm of the softmax over the last axis",
    keys: &[],
    build: |_| Ok(Arc::new(LogSoftmax)),
    cases: &[Case { given: &[], inputs: &[&[5]] }, Case { given: &[], inputs: &[&[2, 3]] }],
    kinks: &[],
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
}

impl<T: Scalar> Compute<T> for LogSoftmax {
    fn forward(&self, io: Forward<'_, T>, _team: &mut Team<'_, T>) {
        let width = io.x.shape(0).last();
        for (y, x) in io.y.chunks_exact_mut(width).zip(io.x.get(0).chunks_exact(width)) {
            let total = log_sum_exp(x);
            y.iter_mut().zip(x).for_each(|(y, x)| *y = total.below(*x));
        }
    }

    fn backward(&self, at: &Point<'_, T>, dy: &[T], mut dx: InputGrads<'_, T>, _team: &mut Team<'_, T>) {
        let width = at.x.shape(0).last();
        let Some(dx) = dx.get(0).map(Grad::sum) else { return };
        let rows = dy.chunks_exact(width).zip(at.y.chunks_exact(width));
        for (dx, (dy, y)) in dx.chunks_exact_mut(width).zip(rows) {
            let sum: T = dy.iter().copied().sum();
            for ((dx, dy), y) in dx.iter_mut().zip(dy).zip(y) {
                *dx += *dy - y.vexp() * sum;
            }
        }
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
