//! Softmax over the last axis: yⱼ = e^(xⱼ − max) / Σ e^(xᵢ − max).
//! dxⱼ = yⱼ·(dyⱼ − Σᵢ yᵢ·dyᵢ). Over one number it is always 1 and its slope exactly 0.

use super::{By, Case, Compute, Entry, Forward, Grad, InputGrads, Misfit, Op, Partial, Point, Reads, only};
use crate::kernel::{Scalar, Team};
use crate::shape::Shape;
use std::sync::Arc;

/// The softmax over the last axis.
#[derive(Clone, Copy, Debug)]
pub struct Softmax;

pub(super) const ENTRY: Entry = Entry {
    name: "softmax",
    doc: "softmax over the last axis: positive numbers that sum to 1",
    keys: &[],
    build: |_| Ok(Arc::new(Softmax)),
    cases: &[Case { given: &[], inputs: &[&[5]] }, Case { given: &[], inputs: &[&[2, 3]] }],
    kinks: &[],
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
}

impl<T: Scalar> Compute<T> for Softmax {
    fn forward(&self, io: Forward<'_, T>, _team: &mut Team<'_, T>) {
        let width = io.x.shape(0).last();
        for (y, x) in io.y.chunks_exact_mut(width).zip(io.x.get(0).chunks_exact(width)) {
            let max = x.iter().copied().fold(T::neg_infinity(), T::max);
            y.iter_mut().zip(x).for_each(|(y, x)| *y = (*x - max).vexp());
            let sum: T = y.iter().copied().sum();
            y.iter_mut().for_each(|y| *y /= sum);
        }
    }

    fn backward(&self, at: &Point<'_, T>, dy: &[T], mut dx: InputGrads<'_, T>, _team: &mut Team<'_, T>) {
        let width = at.x.shape(0).last();
        let Some(dx) = dx.get(0).map(Grad::sum) else { return };
        let rows = dy.chunks_exact(width).zip(at.y.chunks_exact(width));
        for (dx, (dy, y)) in dx.chunks_exact_mut(width).zip(rows) {
            let mean: T = y.iter().zip(dy).map(|(y, dy)| *y * *dy).sum();
            for ((dx, dy), y) in dx.iter_mut().zip(dy).zip(y) {
                *dx += *y * (*dy - mean);
            }
        }
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
