//! Where the values of a pass and the loss's gradients by them lie. What nobody needs any more leaves its room to what
//! comes after it: less memory, and what is written next finds the room in a cache.

use super::Network;
use crate::kernel::{Scalar, padded};
use crate::op::Place;
use std::ops::Range;

/// The places of all values (0: the network's input, i + 1: the output of operation i) and of the gradients by them.
pub(super) struct Rooms {
    /// Of the values.
    pub values: Vec<Place>,
    /// Of the gradients; of those that nobody wants, any.
    pub grads: Vec<Place>,
    /// How many numbers each of the two arenas has.
    pub counts: [usize; 2],
    /// Whether the gradient of a value is needed for one that was asked for.
    pub wanted: Vec<bool>,
    /// The last operation that reads a value; on the way back it is the first that adds to its gradient.
    pub last_reader: Vec<Option<usize>>,
}

impl Rooms {
    /// For so many examples, of a plan that keeps all or only what a step needs, and whose steps go back `node_by_node`, or else take the gradient of all parameters
    /// afterwards.
    pub fn of<T: Scalar>(network: &Network, keep_all: bool, node_by_node: bool, rows: usize) -> Rooms {
        let (nodes, count) = (&network.nodes, network.shapes.len());
        let (mut wanted, mut last_reader) = (vec![keep_all], vec![None; count]);
        for (i, node) in nodes.iter().enumerate() {
            wanted.push(!node.params.is_empty() || node.inputs.iter().any(|&input| wanted[input]));
            node.inputs.iter().for_each(|&input| last_reader[input] = Some(i));
        }
        // What stays until the next pass: the input and the output, and what is read on the way back.
        let mut stays = vec![keep_all; count];
        (stays[0], stays[count - 1]) = (true, true);
        for (i, node) in nodes.iter().enumerate().filter(|(i, _)| wanted[i + 1]) {
            stays[i + 1] |= node.op.reads().output();
            node.inputs.iter().for_each(|&input| stays[input] |= node.op.reads().inputs());
        }
        let place = |arena: &mut Arena, value: usize| {
            let shape = network.shapes[value].clone();
            Place { at: arena.take(padded::<T>(rows * shape.len())), shape }
        };
        let room = |place: &Place| place.at..place.at + padded::<T>(rows * place.shape.len());

        let mut arena = Arena::default();
        // The input comes first, and stays: that is where a step has what a data set lends.
        let mut values = vec![place(&mut arena, 0)];
        for (i, node) in nodes.iter().enumerate() {
            values.push(place(&mut arena, i + 1));
            for input in
                distinct(&node.inputs).filter(|&input| last_reader[input] == Some(i) && !stays[input])
            {
                arena.give(room(&values[input]));
            }
        }

        // Nobody adds to the gradient of a value that nobody reads: its zeros stay.
        let read = |value: usize| last_reader[value].is_some() || value == count - 1;
        let mut back = Arena::default();
        let mut grads: Vec<Option<Place>> =
            (0..count).map(|v| (v == count - 1 || !read(v)).then(|| place(&mut back, v))).collect();
        for (i, node) in nodes.iter().enumerate().rev().filter(|(i, _)| wanted[i + 1]) {
            for input in distinct(&node.inputs).filter(|&input| wanted[input]) {
                grads[input].get_or_insert_with(|| place(&mut back, input));
            }
            let kept = keep_all || (!node_by_node && !node.params.is_empty()) || !read(i + 1);
            if let Some(dy) = grads[i + 1].as_ref().filter(|_| !kept) {
                back.give(room(dy));
            }
        }
        let anywhere = |value: usize| Place { at: 0, shape: network.shapes[value].clone() };
        let grads =
            grads.into_iter().enumerate().map(|(v, place)| place.unwrap_or_else(|| anywhere(v))).collect();
        Rooms { values, grads, counts: [arena.end, back.end], wanted, last_reader }
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

/// Rooms one after the other, and those of them that are free.
#[derive(Default)]
struct Arena {
    end: usize,
    free: Vec<Range<usize>>,
}

impl Arena {
    /// The start of a room of so many numbers: in the smallest free one that holds them, or a new one.
    fn take(&mut self, count: usize) -> usize {
        let fits = self.free.iter().enumerate().filter(|(_, room)| room.len() >= count);
        if let Some((i, _)) = fits.min_by_key(|(_, room)| room.len()) {
            let room = self.free.swap_remove(i);
            if room.len() > count {
                self.give(room.start + count..room.end);
            }
            return room.start;
        }
        self.end += count;
        self.end - count
    }

    fn give(&mut self, room: Range<usize>) {
        self.free.push(room);
    }
}
