//! Gradients that an operation adds to.

use super::Place;
use crate::kernel::matmul::{Matrix, Onto};
use crate::kernel::{Scalar, Team};
use std::ops::Range;

/// A gradient that an operation adds to.
#[derive(Debug)]
pub struct Grad<'a, T> {
    numbers: &'a mut [T],
    empty: bool,
}

impl<'a, T: Scalar> Grad<'a, T> {
    /// One that has `numbers` already.
    pub fn new(numbers: &'a mut [T]) -> Grad<'a, T> {
        Grad { numbers, empty: false }
    }

    /// One that nothing has been added to: what `numbers` hold does not count.
    pub fn empty(numbers: &'a mut [T]) -> Grad<'a, T> {
        Grad { numbers, empty: true }
    }

    /// The numbers, to be added to.
    pub fn sum(self) -> &'a mut [T] {
        if self.empty {
            self.numbers.fill(T::zero());
        }
        self.numbers
    }

    /// The numbers, and whether to overwrite them instead of adding: what [`Grad::sum`] does, without writing zeros
    /// first.
    pub fn overwrite(self) -> (&'a mut [T], bool) {
        (self.numbers, self.empty)
    }

    /// The numbers as what a matrix product is written to, and what it is added to.
    pub fn onto(self) -> (&'a mut [T], Onto<'static, T>) {
        (self.numbers, if self.empty { Onto::Zero } else { Onto::C })
    }
}

/// What becomes of the gradient of an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GradReq {
    /// Nobody needs it.
    Null,
    /// Nothing has been added to it yet.
    Write,
    /// It has something already.
    Add,
}

/// The gradients of an operation's inputs, each to be taken once, in order: two inputs may be the same value (x·x).
#[derive(Debug)]
pub struct InputGrads<'a, T> {
    /// What of the arena lies before and after the place of the output's gradient.
    before: &'a mut [T],
    after: &'a mut [T],
    /// Where the part after it starts.
    end: usize,
    places: &'a [Place],
    requests: &'a [GradReq],
    rows: usize,
}

impl<'a, T: Scalar> InputGrads<'a, T> {
    /// Gradients of the inputs at `places`, and what becomes of each; and the gradient of the output, which lies at `dy`.
    #[inline]
    pub fn and_output(
        arena: &'a mut [T],
        dy: Range<usize>,
        places: &'a [Place],
        requests: &'a [GradReq],
        rows: usize,
    ) -> (InputGrads<'a, T>, &'a [T]) {
        let (before, rest) = arena.split_at_mut(dy.start);
        let (output, after) = rest.split_at_mut(dy.len());
        (InputGrads { before, after, end: dy.end, places, requests, rows }, output)
    }

    /// Gradient of input `i`, [rows, shape]; `None` where nobody needs it.
    #[inline(always)]
    pub fn get(&mut self, i: usize) -> Option<Grad<'_, T>> {
        let request = self.requests[i];
        (request != GradReq::Null).then(|| {
            let place = self.places[i].range(self.rows);
            let numbers = if place.start < self.end {
                &mut self.before[place]
            } else {
                &mut self.after[place.start - self.end..][..place.len()]
            };
            Grad { numbers, empty: request == GradReq::Write }
        })
    }
}

/// A part of a parameter: some of its rows (along the first axis).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Which of the operation's parameters.
    pub param: usize,
    /// Which of its rows.
    pub rows: Range<usize>,
}

/// dw ← dw + Σ dy over all vectors of n features, for the part's features: what a number that is added to every vector gets.
#[inline(always)]
pub(super) fn sum_vectors<T: Scalar>(
    n: usize,
    dy: &[T],
    part: Part,
    dw: Grad<'_, T>,
    team: &mut Team<'_, T>,
) {
    let (dw, onto) = dw.onto();
    let these = Matrix::rows(dy.get(part.rows.start..).unwrap_or(&[]), n);
    team.matmul([1, part.rows.len(), dy.len() / n], Matrix::all(&T::one()), these, dw, onto);
}
