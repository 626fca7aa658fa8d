//! What an operation computes with: forward with [`Forward`], backward at a [`Point`].

use crate::shape::Shape;
use std::ops::Range;

/// Whether a forward pass is part of training.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Dropout passes everything, batch norm uses its running statistics.
    Eval,
    /// Dropout drops, batch norm uses the batch's statistics.
    Train {
        /// Address of this operation's random numbers in this step.
        key: u64,
        /// Place in the batch of the first example at hand.
        first_row: usize,
    },
}

/// Where a value lies in the arena of a shard, and its shape.
#[derive(Clone, Debug)]
pub struct Place {
    /// Offset of the first number.
    pub at: usize,
    /// Shape of one example.
    pub shape: Shape,
}

impl Place {
    /// Where `rows` examples of it lie.
    #[inline]
    pub fn range(&self, rows: usize) -> Range<usize> {
        self.at..self.at + rows * self.shape.len()
    }
}

/// The inputs of an operation.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a, T> {
    /// What stands for the first numbers of the arena.
    lent: &'a [T],
    /// The arena, or what of it lies before and after the output's place.
    before: &'a [T],
    after: &'a [T],
    /// Where the part after it starts.
    end: usize,
    places: &'a [Place],
    rows: usize,
}

impl<'a, T> Inputs<'a, T> {
    /// One input at each of the `places`, `rows` examples of each; `lent` stands for the first numbers of the arena.
    #[inline]
    pub fn new(lent: &'a [T], arena: &'a [T], places: &'a [Place], rows: usize) -> Inputs<'a, T> {
        Inputs { lent, before: arena, after: &[], end: arena.len(), places, rows }
    }

    /// The same in an arena that has the output too, at `y`; and that output.
    #[inline]
    pub fn and_output(
        lent: &'a [T],
        arena: &'a mut [T],
        y: Range<usize>,
        places: &'a [Place],
        rows: usize,
    ) -> (Inputs<'a, T>, &'a mut [T]) {
        let (before, rest) = arena.split_at_mut(y.start);
        let (output, after) = rest.split_at_mut(y.len());
        (Inputs { lent, before, after, end: y.end, places, rows }, output)
    }

    /// Input `i`: [rows, shape].
    #[inline(always)]
    pub fn get(&self, i: usize) -> &'a [T] {
        let place = self.places[i].range(self.rows);
        if place.start < self.lent.len() {
            &self.lent[place]
        } else if place.start < self.end {
            &self.before[place]
        } else {
            &self.after[place.start - self.end..][..place.len()]
        }
    }

    /// Shape of one example of input `i`.
    #[inline]
    pub fn shape(&self, i: usize) -> &'a Shape {
        &self.places[i].shape
    }

    /// Number of inputs.
    pub fn count(&self) -> usize {
        self.places.len()
    }
}

/// Parameters or buffers of an operation, in the order in which it listed them.
#[derive(Clone, Copy, Debug)]
pub struct Parts<'a, T> {
    all: &'a [T],
    ranges: &'a [Range<usize>],
}

impl<'a, T> Parts<'a, T> {
    /// Pieces `ranges` of `all`.
    pub fn new(all: &'a [T], ranges: &'a [Range<usize>]) -> Parts<'a, T> {
        Parts { all, ranges }
    }

    /// Piece `i`.
    #[inline]
    pub fn get(&self, i: usize) -> &'a [T] {
        &self.all[self.ranges[i].clone()]
    }

    /// Number of pieces.
    pub fn count(&self) -> usize {
        self.ranges.len()
    }
}

/// Buffers of an operation, to be changed.
#[derive(Debug)]
pub struct BuffersMut<'a, T> {
    all: &'a mut [T],
    ranges: &'a [Range<usize>],
}

impl<'a, T> BuffersMut<'a, T> {
    /// Pieces `ranges` of `all`.
    pub fn new(all: &'a mut [T], ranges: &'a [Range<usize>]) -> BuffersMut<'a, T> {
        BuffersMut { all, ranges }
    }

    /// Piece `i`.
    pub fn get(&mut self, i: usize) -> &mut [T] {
        &mut self.all[self.ranges[i].clone()]
    }
}

/// What forward gets.
#[derive(Debug)]
pub struct Forward<'a, T> {
    /// Number of examples.
    pub rows: usize,
    /// Inputs.
    pub x: Inputs<'a, T>,
    /// Parameters.
    pub w: Parts<'a, T>,
    /// Untrained state.
    pub buffers: Parts<'a, T>,
    /// Output: [rows, shape].
    pub y: &'a mut [T],
    /// What it leaves for backward.
    pub saved: &'a mut [T],
    /// Training or evaluation.
    pub mode: Mode,
}

/// The point at which an operation is differentiated. What it does not declare in [`super::Op::reads`] may be garbage.
#[derive(Clone, Copy, Debug)]
pub struct Point<'a, T> {
    /// Number of examples.
    pub rows: usize,
    /// Inputs.
    pub x: Inputs<'a, T>,
    /// Parameters.
    pub w: Parts<'a, T>,
    /// Untrained state.
    pub buffers: Parts<'a, T>,
    /// Output.
    pub y: &'a [T],
    /// What forward left.
    pub saved: &'a [T],
    /// Training or evaluation.
    pub mode: Mode,
}
