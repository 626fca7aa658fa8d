//! Examples that go all the way together: forward through all operations, and back.

use super::batch::Batch;
use super::pass::Pass;
use super::program::Program;
use super::sharing::SHARD;
use crate::facts::Moments;
use crate::kernel::{Aligned, Scalar, Team};
use crate::op::{Forward, InputGrads, Inputs, Parts, Place, Point, Precision};
use std::ops::Range;

/// How many times longer a number's moments take than an operation that acts number by number.
const MOMENTS: usize = 2;

/// What operations compute with that is not a shard's own.
#[derive(Clone, Copy)]
pub(super) struct Borrowed<'a, T> {
    pub params: &'a [T],
    pub buffers: &'a [T],
    /// Inputs, where they lie side by side in the data set; else none, and the shard has a copy of its own.
    pub inputs: &'a [T],
}

/// Moments of the values of a pass and of their gradients, by value.
#[derive(Clone, Debug)]
pub(super) struct ValueFacts {
    pub values: Vec<Moments>,
    pub gradients: Vec<Moments>,
}

/// Some examples of the batch, and the arenas of their numbers.
#[derive(Debug)]
pub(super) struct Shard<T> {
    /// Number of its first example in the batch, and how many it has.
    pub first: usize,
    pub rows: usize,
    pub values: Aligned<T>,
    pub grads: Aligned<T>,
    pub saved: Aligned<T>,
    /// ℓₙ of each example.
    pub losses: Vec<T>,
    /// Of [`SHARD`] of its examples at a time: merged, they have the same bits for any number of threads.
    pub facts: Vec<ValueFacts>,
}

impl<T: Precision> Shard<T> {
    /// For up to `rows` examples, with arenas of so many numbers.
    pub(super) fn new(program: &Program, [values, grads]: [usize; 2], rows: usize) -> Shard<T> {
        let none = vec![Moments::default(); program.values.len()];
        let facts = ValueFacts { values: none.clone(), gradients: none };
        Shard {
            first: 0,
            rows: 0,
            values: Aligned::zeros(values),
            grads: Aligned::zeros_apart(grads, 1),
            saved: Aligned::zeros_apart(program.saved, 2),
            losses: vec![T::zero(); rows],
            facts: vec![facts; rows.div_ceil(SHARD)],
        }
    }

    /// What of the batch's inputs is its own; none where there are none.
    pub(super) fn own<'a>(&self, program: &Program, borrowed: Borrowed<'a, T>) -> Borrowed<'a, T> {
        let width = program.values[0].shape.len();
        let own = self.first * width..(self.first + self.rows) * width;
        Borrowed { inputs: borrowed.inputs.get(own).unwrap_or_default(), ..borrowed }
    }

    /// Copies the inputs of its examples.
    pub(super) fn copy_inputs(&mut self, batch: Batch<'_, T>, team: &mut Team<'_, T>) {
        let (first, inputs) = (self.first, &mut self.values[..self.rows * batch.data.shape().len()]);
        team.split(self.rows, [inputs], |rows, [x]| batch.copy_inputs(first + rows.start, x));
    }

    /// Computes every value.
    pub(super) fn forward(
        &mut self,
        program: &Program,
        borrowed: Borrowed<'_, T>,
        pass: Pass,
        team: &mut Team<'_, T>,
    ) {
        if pass.facts {
            // The first operation reads them next.
            let place = &program.values[0];
            let own = &self.values[place.range(self.rows)];
            let x = if borrowed.inputs.is_empty() { own } else { borrowed.inputs };
            take_moments(&mut self.facts, x, place, team, |facts| &mut facts.values[0]);
        }
        for (node, op) in program.ops.iter().enumerate() {
            let place = op.y.range(self.rows);
            let (x, y) =
                Inputs::and_output(borrowed.inputs, &mut self.values, place.clone(), &op.x, self.rows);
            let io = Forward {
                rows: self.rows,
                x,
                w: Parts::new(borrowed.params, &op.params),
                buffers: Parts::new(borrowed.buffers, &op.buffers),
                y,
                saved: &mut self.saved[op.saved.clone()],
                mode: op.mode(pass.train, self.first),
            };
            T::of_op(&*op.op).forward(io, team);
            if pass.facts {
                let y = &self.values[place];
                take_moments(&mut self.facts, y, &op.y, team, |facts| &mut facts.values[node + 1]);
            }
        }
    }

    /// Computes the gradients by the inputs of these operations, the last first, from those by their outputs.
    // Inlined into both of its callers: it is a tenth of the smallest steps.
    #[inline(always)]
    pub(super) fn backward(
        &mut self,
        program: &Program,
        nodes: Range<usize>,
        borrowed: Borrowed<'_, T>,
        pass: Pass,
        team: &mut Team<'_, T>,
    ) {
        let mut grads = std::mem::take(&mut self.grads);
        for node in nodes.rev().filter(|node| program.ops[*node].back) {
            let op = &program.ops[node];
            let place = op.dy.range(self.rows);
            let (dx, dy) = InputGrads::and_output(&mut grads, place, &op.dx, &op.requests, self.rows);
            if pass.facts {
                take_moments(&mut self.facts, dy, &op.dy, team, |facts| &mut facts.gradients[node + 1]);
            }
            let at = self.point(program, node, borrowed, pass.train);
            T::of_op(&*op.op).backward(&at, dy, dx, team);
        }
        self.grads = grads;
    }

    /// The point at which an operation stands after [`Shard::forward`].
    // Inlined, as `backward` is: the smallest steps have nearly as many of these as products.
    #[inline(always)]
    pub(super) fn point<'a>(
        &'a self,
        program: &'a Program,
        node: usize,
        borrowed: Borrowed<'a, T>,
        train: Option<u64>,
    ) -> Point<'a, T> {
        let op = &program.ops[node];
        Point {
            rows: self.rows,
            x: Inputs::new(borrowed.inputs, &self.values, &op.x, self.rows),
            w: Parts::new(borrowed.params, &op.params),
            buffers: Parts::new(borrowed.buffers, &op.buffers),
            y: &self.values[op.y.range(self.rows)],
            saved: &self.saved[op.saved.clone()],
            mode: op.mode(train, self.first),
        }
    }
}

/// Takes the moments of the numbers that a shard has at a place, piece by piece of its examples; there are none of a
/// piece without examples.
fn take_moments<T: Scalar>(
    pieces: &mut [ValueFacts],
    numbers: &[T],
    place: &Place,
    team: &mut Team<'_, T>,
    of: impl Fn(&mut ValueFacts) -> &mut Moments + Sync,
) {
    let piece = SHARD * place.shape.len();
    team.for_each(pieces, MOMENTS * numbers.len(), |i, facts| {
        let [from, to] = [i, i + 1].map(|i| (i * piece).min(numbers.len()));
        *of(facts) = Moments::of(&numbers[from..to]);
    });
}
