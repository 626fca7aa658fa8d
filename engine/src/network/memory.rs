//! The memory plan: where the values of a pass and the loss's gradients by them lie. What nobody needs any more leaves
//! its memory to what comes after it: that is less memory, and what is written next finds it in a cache.

use super::Network;
use crate::kernel::{Scalar, padded};
use crate::op::Place;
use std::ops::Range;

/// The places of all values (0: the network's input, i + 1: the output of operation i) and of the gradients by them, in
/// two arenas.
pub(super) struct MemoryPlan {
    /// Of the values.
    pub values: Vec<Place>,
    /// Of the gradients; of those that nobody needs, any.
    pub grads: Vec<Place>,
    /// How many numbers each of the two arenas has.
    pub counts: [usize; 2],
    /// Whether the gradient by a value is asked for, or needed for one that is.
    pub needed: Vec<bool>,
    /// The last operation that reads a value; on the way back it is the first that adds to its gradient.
    pub last_reader: Vec<Option<usize>>,
}

impl MemoryPlan {
    /// For `rows` examples, of a plan that keeps all values and gradients or only what is needed later: where steps go
    /// back `node_by_node` that is less, because each operation's parameters get their gradient before the pass goes on.
    pub(super) fn new<T: Scalar>(
        network: &Network,
        keep_all: bool,
        node_by_node: bool,
        rows: usize,
    ) -> MemoryPlan {
        let count = network.shapes.len();
        let (mut needed, mut last_reader) = (vec![keep_all], vec![None; count]);
        for (i, node) in network.nodes.iter().enumerate() {
            needed.push(!node.params.is_empty() || node.inputs.iter().any(|&input| needed[input]));
            node.inputs.iter().for_each(|&input| last_reader[input] = Some(i));
        }
        let mut plan = MemoryPlan { values: vec![], grads: vec![], counts: [0; 2], needed, last_reader };
        plan.place_values::<T>(network, keep_all, rows);
        plan.place_grads::<T>(network, keep_all, node_by_node, rows);
        plan
    }

    fn place_values<T: Scalar>(&mut self, network: &Network, keep_all: bool, rows: usize) {
        // What stays until the next pass: the input and the output, and what is read on the way back.
        let mut stays = vec![keep_all; network.shapes.len()];
        (stays[0], stays[network.nodes.len()]) = (true, true);
        for (i, node) in network.nodes.iter().enumerate().filter(|(i, _)| self.needed[i + 1]) {
            stays[i + 1] |= node.op.reads().output();
            node.inputs.iter().for_each(|&input| stays[input] |= node.op.reads().inputs());
        }
        let mut arena = Arena::default();
        // The input comes first, and stays: a step may read it in the data set instead.
        self.values.push(arena.place::<T>(network, 0, rows));
        for (i, node) in network.nodes.iter().enumerate() {
            self.values.push(arena.place::<T>(network, i + 1, rows));
            let read_for_the_last_time = |&input: &usize| self.last_reader[input] == Some(i) && !stays[input];
            for input in distinct(&node.inputs).filter(read_for_the_last_time) {
                arena.free::<T>(&self.values[input], rows);
            }
        }
        self.counts[0] = arena.end;
    }

    fn place_grads<T: Scalar>(&mut self, network: &Network, keep_all: bool, node_by_node: bool, rows: usize) {
        let output = network.nodes.len();
        // Nobody adds to the gradient by a value that nobody reads: its zeros stay.
        let read = |value: usize| self.last_reader[value].is_some() || value == output;
        let mut arena = Arena::default();
        let at_start = |v: usize| (v == output || !read(v)).then(|| arena.place::<T>(network, v, rows));
        let mut grads: Vec<Option<Place>> = (0..=output).map(at_start).collect();
        for (i, node) in network.nodes.iter().enumerate().rev().filter(|(i, _)| self.needed[i + 1]) {
            for input in distinct(&node.inputs).filter(|&input| self.needed[input]) {
                grads[input].get_or_insert_with(|| arena.place::<T>(network, input, rows));
            }
            let kept = keep_all || (!node_by_node && !node.params.is_empty()) || !read(i + 1);
            if let Some(dy) = grads[i + 1].as_ref().filter(|_| !kept) {
                arena.free::<T>(dy, rows);
            }
        }
        let anywhere = |value: usize| Place { at: 0, shape: network.shapes[value].clone() };
        let place = |(v, place): (usize, Option<Place>)| place.unwrap_or_else(|| anywhere(v));
        self.grads = grads.into_iter().enumerate().map(place).collect();
        self.counts[1] = arena.end;
    }
}

/// Each of some numbers once.
fn distinct(numbers: &[usize]) -> impl Iterator<Item = usize> + '_ {
    numbers
        .iter()
        .enumerate()
        .filter(|(i, number)| !numbers[..*i].contains(number))
        .map(|(_, number)| *number)
}

/// Memory that grows as it is needed, and the ranges of it that are free.
#[derive(Default)]
struct Arena {
    end: usize,
    free: Vec<Range<usize>>,
}

impl Arena {
    /// A place for `rows` examples of a value: in the smallest free range that holds them, or at the end.
    fn place<T: Scalar>(&mut self, network: &Network, value: usize, rows: usize) -> Place {
        let shape = network.shapes[value].clone();
        Place { at: self.take(padded::<T>(rows * shape.len())), shape }
    }

    /// Nobody needs the place any more.
    fn free<T: Scalar>(&mut self, place: &Place, rows: usize) {
        self.free.push(place.at..place.at + padded::<T>(rows * place.shape.len()));
    }

    fn take(&mut self, count: usize) -> usize {
        let fits = self.free.iter().enumerate().filter(|(_, range)| range.len() >= count);
        if let Some((i, _)) = fits.min_by_key(|(_, range)| range.len()) {
            let range = self.free.swap_remove(i);
            if range.len() > count {
                self.free.push(range.start + count..range.end);
            }
            return range.start;
        }
        self.end += count;
        self.end - count
    }
}
