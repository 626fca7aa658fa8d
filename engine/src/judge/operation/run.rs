//! An operation computed forward and backward, with everything that it touches in reach.

use super::super::Quantity;
use super::super::difference::{Mismatch, Sum, each, numbers};
use super::{Subject, rows};
use crate::kernel::matmul::SCRATCH;
use crate::kernel::{Aligned, Team, Threads};
use crate::op::{By, Forward, Grad, GradReq, InputGrads, Inputs, Part, Parts, Point, Precision};
use std::ops::Range;

impl Subject<'_> {
    /// Computes it forward, on so many threads.
    pub(super) fn run<T: Precision>(&self, threads: usize) -> Run<'_, T> {
        let of = |x: &[f64]| x.iter().map(|x| T::of(*x)).collect::<Vec<T>>();
        let shapes = self.shapes();
        let out = self.op.shape(&shapes).map_or(0, |shape| shape.len());
        let held = Held {
            subject: self,
            param_ranges: self.param_ranges(),
            x: of(&self.x),
            w: of(&self.w),
            buffers: of(&self.buffers),
            y: vec![T::nan(); self.rows * out],
            // A batch may have fewer examples than there is room for.
            saved: vec![T::nan(); self.op.saved(self.rows + 1, &shapes)],
        };
        let threads = Threads::new(threads);
        let scratch = (0..threads.count()).map(|_| Aligned::from(vec![T::nan(); SCRATCH])).collect();
        let mut run = Run { held, threads, scratch };
        run.forward();
        run
    }
}

/// The numbers of a subject in one precision, and what forward made of them.
pub(super) struct Held<'a, T> {
    pub subject: &'a Subject<'a>,
    pub param_ranges: Vec<Range<usize>>,
    pub x: Vec<T>,
    pub w: Vec<T>,
    pub buffers: Vec<T>,
    pub y: Vec<T>,
    pub saved: Vec<T>,
}

impl<T: Precision> Held<'_, T> {
    pub(super) fn point(&self) -> Point<'_, T> {
        let Subject { rows, places, buffer_ranges, mode, .. } = self.subject;
        Point {
            rows: *rows,
            x: Inputs::new(&[], &self.x, places, *rows),
            w: Parts::new(&self.w, &self.param_ranges),
            buffers: Parts::new(&self.buffers, buffer_ranges),
            y: &self.y,
            saved: &self.saved,
            mode: *mode,
        }
    }
}

/// A subject in one precision, and what it is computed with.
pub(super) struct Run<'a, T> {
    pub held: Held<'a, T>,
    threads: Threads,
    scratch: Vec<Aligned<T>>,
}

/// What a gradient has already, where it has something.
pub(super) const START: f64 = 1.0;

impl<T: Precision> Run<'_, T> {
    pub(super) fn forward(&mut self) {
        let Held { subject, param_ranges, x, w, buffers, y, saved } = &mut self.held;
        let io = Forward {
            rows: subject.rows,
            x: Inputs::new(&[], x, &subject.places, subject.rows),
            w: Parts::new(w, param_ranges),
            buffers: Parts::new(buffers, &subject.buffer_ranges),
            y,
            saved,
            mode: subject.mode,
        };
        T::of_op(subject.op).forward(io, &mut Team::of(&self.threads, &mut self.scratch));
    }

    /// The gradient of Σ dy·y by the inputs: each is written over NaN, or added to [`START`], or stays NaN.
    pub(super) fn backward(&mut self, dy: &[T], requests: &[GradReq]) -> Vec<T> {
        let subject = self.held.subject;
        let mut dx = vec![T::nan(); self.held.x.len()];
        for (input, _) in requests.iter().enumerate().filter(|(_, request)| **request == GradReq::Add) {
            // Where a value is two inputs, the first one has overwritten what is there.
            if requests[..input]
                .iter()
                .zip(&subject.places)
                .all(|(_, place)| place.at != subject.places[input].at)
            {
                dx[subject.input(input)].fill(T::of(START));
            }
        }
        let (grads, _) = InputGrads::and_output(&mut dx, 0..0, &subject.places, requests, subject.rows);
        let team = &mut Team::of(&self.threads, &mut self.scratch);
        T::of_op(subject.op).backward(&self.held.point(), dy, grads, team);
        dx
    }

    /// The whole gradient by the inputs.
    pub(super) fn by_inputs(&mut self, dy: &[T]) -> Vec<T> {
        self.backward(dy, &vec![GradReq::Write; self.held.subject.places.len()])
    }

    /// The gradient by part of a parameter, added to it.
    pub(super) fn by_part(&mut self, dy: &[T], part: Part, dw: Grad<'_, T>) {
        let team = &mut Team::of(&self.threads, &mut self.scratch);
        T::of_op(self.held.subject.op).backward_param(&self.held.point(), dy, part, dw, team);
    }

    /// The gradient by all parameters, written over NaN.
    pub(super) fn by_params(&mut self, dy: &[T]) -> Vec<T> {
        let mut dw = vec![T::nan(); self.held.w.len()];
        for (param, range) in self.held.param_ranges.clone().into_iter().enumerate() {
            let rows = 0..rows(&self.held.subject.params[param]);
            self.by_part(dy, Part { param, rows }, Grad::empty(&mut dw[range]));
        }
        dw
    }

    /// The partials of number `of` of the output: by the inputs and by the parameters.
    pub(super) fn partials(&self, of: usize) -> Result<[Vec<T>; 2], Mismatch> {
        let Held { subject, param_ranges, x, w, y, .. } = &self.held;
        let (mut dx, mut dw) = (vec![T::zero(); x.len()], vec![T::zero(); w.len()]);
        let (width, mut wrong) = (y.len() / subject.rows, Ok(()));
        T::of_op(subject.op).partials(&self.held.point(), of / width, of % width, &mut |partial| {
            let (of, at, place) = match partial.by {
                By::Input { input, row, at } => {
                    let at = row * subject.places[input].shape.len() + at;
                    (Quantity::ByInput(input), at, dx[subject.input(input)].get_mut(at))
                }
                By::Param { param, at } => {
                    (Quantity::ByParam(param), at, dw[param_ranges[param].clone()].get_mut(at))
                }
            };
            match place {
                Some(sum) => *sum += partial.slope,
                // There is no such number.
                None => {
                    let found = partial.slope.f64();
                    wrong = Err(Mismatch { of, at: Some(at), found, expected: 0.0, tolerance: 0.0 });
                }
            }
        });
        wrong.map(|()| [dx, dw])
    }

    /// An upstream gradient that is not one.
    pub(super) fn upstream(&self) -> Vec<T> {
        numbers(4, self.held.y.len(), &[]).into_iter().map(T::of).collect()
    }

    /// Compares gradients by the inputs.
    pub(super) fn same_by_inputs(&self, found: &[T], expected: &[T], tolerance: f64) -> Result<(), Mismatch> {
        let mut inputs = 0..self.held.subject.places.len();
        inputs.try_for_each(|input| {
            let range = self.held.subject.input(input);
            each(Quantity::ByInput(input), &found[range.clone()], &expected[range], tolerance)
        })
    }

    /// Compares gradients by the parameters.
    pub(super) fn same_by_params(&self, found: &[T], expected: &[T], tolerance: f64) -> Result<(), Mismatch> {
        let mut ranges = self.held.param_ranges.iter().enumerate();
        ranges.try_for_each(|(param, range)| {
            each(Quantity::ByParam(param), &found[range.clone()], &expected[range.clone()], tolerance)
        })
    }
}

impl Run<'_, f64> {
    /// Σ dy·y for the numbers as they are.
    pub(super) fn sum(&mut self, dy: &[f64]) -> Sum {
        self.forward();
        Sum::of_products(dy, &self.held.y)
    }
}
