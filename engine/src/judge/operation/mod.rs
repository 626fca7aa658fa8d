//! The tests of operations.

mod computation;
mod declaration;
mod gradients;
mod run;

use super::difference::{Mismatch, numbers};
use super::{Fault, Test};
use crate::op::{Mode, Operation, ParamSpec, Place};
use crate::shape::Shape;
use computation::{far, single, threads};
use declaration::{examples, expression, kinks, reads, structure};
use gradients::{adds, inputs, params, partials, parts, twice, wanted};
use std::ops::Range;

type Comparison = fn(&Subject) -> Result<(), Mismatch>;

/// The tests, in their order.
pub(super) const TESTS: &[(Test, Comparison)] = &[
    (Test::Inputs, inputs),
    (Test::Params, params),
    (Test::Partials, partials),
    (Test::Parts, parts),
    (Test::Adds, adds),
    (Test::Wanted, wanted),
    (Test::Twice, twice),
    (Test::Reads, reads),
    (Test::Examples, examples),
    (Test::Threads, threads),
    (Test::Single, single),
    (Test::Far, far),
    (Test::Structure, structure),
    (Test::Kinks, kinks),
    (Test::Expression, expression),
];

/// Judges an operation for inputs of these shapes, one of each, and `rows` examples, in training and in evaluation.
///
/// Kinks are judged of operations that act number by number ([`Structure::Pointwise`](crate::op::Structure::Pointwise)).
///
/// A small number of examples and features does: three examples say as much as a hundred, and what is compared grows with
/// the square of the numbers. Inputs and parameters are between −2 and 2, none near a kink.
///
/// ```
/// use whygrad::judge;
/// use whygrad::op::Linear;
///
/// judge::operation(&Linear::new(3), &[[5].into()], 4)?;
/// # Ok::<(), judge::Fault>(())
/// ```
///
/// # Errors
/// The first test that it fails.
///
/// # Panics
/// Where it refuses the shapes.
pub fn operation(op: &dyn Operation, shapes: &[Shape], rows: usize) -> Result<(), Fault> {
    faults(op, shapes, rows, TESTS).next().map_or(Ok(()), Err)
}

/// As [`operation`], its gradients alone: by its inputs and by its parameters.
///
/// # Errors
/// The first that is wrong.
///
/// # Panics
/// As [`operation`].
pub fn operation_gradients(op: &dyn Operation, shapes: &[Shape], rows: usize) -> Result<(), Fault> {
    let of_gradients = [(Test::Inputs, inputs as Comparison), (Test::Params, params)];
    faults(op, shapes, rows, &of_gradients).next().map_or(Ok(()), Err)
}

/// Every one of the tests that an operation fails.
pub(super) fn faults<'a>(
    op: &'a dyn Operation,
    shapes: &'a [Shape],
    rows: usize,
    tests: &'a [(Test, Comparison)],
) -> impl Iterator<Item = Fault> + 'a {
    [Mode::Train { key: 77, first_row: 0 }, Mode::Eval].into_iter().flat_map(move |mode| {
        let subject = Subject::new(op, shapes, rows, mode);
        let fault = move |(test, compare): &(Test, Comparison)| {
            compare(&subject).err().map(|mismatch| Fault::new(op.name(), Some(mode), *test, mismatch))
        };
        tests.iter().filter_map(fault)
    })
}

/// An operation, and all the numbers that it is judged at.
#[derive(Clone)]
pub(super) struct Subject<'a> {
    op: &'a dyn Operation,
    rows: usize,
    mode: Mode,
    /// Where the inputs stand in `x`.
    places: Vec<Place>,
    x: Vec<f64>,
    params: Vec<ParamSpec>,
    w: Vec<f64>,
    buffers: Vec<f64>,
    buffer_ranges: Vec<Range<usize>>,
}

/// Where pieces of these lengths stand, one after the other.
fn ranges(lengths: impl Iterator<Item = usize>) -> Vec<Range<usize>> {
    let mut end = 0;
    let range = |length| {
        end += length;
        end - length..end
    };
    lengths.map(range).collect()
}

impl<'a> Subject<'a> {
    fn new(op: &'a dyn Operation, shapes: &[Shape], rows: usize, mode: Mode) -> Subject<'a> {
        let x: Vec<&Shape> = shapes.iter().collect();
        if let Err(misfit) = op.shape(&x) {
            panic!("`{}` refuses the shapes {shapes:?}: {misfit}", op.name());
        }
        let starts = ranges(shapes.iter().map(|shape| rows * shape.len()));
        let kinks: Vec<f64> = op.kinks().iter().map(|kink| kink.at).collect();
        let (params, buffers) = (op.params(&x), op.buffers(&x));
        let buffer_ranges = ranges(buffers.iter().map(|buffer| buffer.shape.len()));
        let mut w = numbers(2, params.iter().map(|param| param.shape.len()).sum(), &[]);
        let exists = params.iter().flat_map(|param| (0..param.shape.len()).map(|i| exists(param, i)));
        w.iter_mut().zip(exists).filter(|(_, exists)| !exists).for_each(|(w, _)| *w = 0.0);
        Subject {
            rows,
            mode,
            x: numbers(1, starts.last().map_or(0, |range| range.end), &kinks),
            places: shapes
                .iter()
                .zip(starts)
                .map(|(shape, x)| Place { at: x.start, shape: shape.clone() })
                .collect(),
            w,
            // Statistics, such as variances: above 0.
            buffers: numbers(3, buffer_ranges.last().map_or(0, |range| range.end), &[0.0])
                .iter()
                .map(|x| x.abs())
                .collect(),
            buffer_ranges,
            params,
            op,
        }
    }

    fn shapes(&self) -> Vec<&Shape> {
        self.places.iter().map(|place| &place.shape).collect()
    }

    /// Where input `i` stands.
    fn input(&self, i: usize) -> Range<usize> {
        self.places[i].range(self.rows)
    }

    fn param_ranges(&self) -> Vec<Range<usize>> {
        ranges(self.params.iter().map(|param| param.shape.len()))
    }

    /// One of the examples alone, in its place of the batch.
    fn example(&self, row: usize) -> Subject<'a> {
        let mut x = vec![];
        let mut places = vec![];
        for place in &self.places {
            let at = x.len();
            x.extend_from_slice(&self.x[place.at + row * place.shape.len()..][..place.shape.len()]);
            places.push(Place { at, shape: place.shape.clone() });
        }
        let mode = match self.mode {
            Mode::Train { key, first_row } => Mode::Train { key, first_row: first_row + row },
            Mode::Eval => Mode::Eval,
        };
        Subject { rows: 1, mode, places, x, ..self.clone() }
    }
}

/// Whether number `i` of a parameter exists.
fn exists(param: &ParamSpec, i: usize) -> bool {
    param.mask.as_ref().is_none_or(|mask| mask[i])
}

/// Rows of a parameter, along its first axis.
fn rows(param: &ParamSpec) -> usize {
    param.shape.dims().first().copied().unwrap_or(1)
}
