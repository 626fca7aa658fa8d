//! Where the parameters are cut: their gradient and what it changes are made part by part, each by one thread.

use super::Network;
use crate::op::Part;
use std::ops::Range;

/// The most numbers in a part of the gradient, 1 MiB of f32, unless they are fewer than [`PART_ROWS`] rows; but
/// there are [`PARTS`] parts where each of them can have [`PART_LEAST`] numbers.
const PART: usize = 1 << 18;
const PART_LEAST: usize = 1 << 13;
const PARTS: usize = 16;
const PART_ROWS: usize = 256;

/// Parts of up to so many numbers go to the thread that takes the part before them.
const SMALL: usize = 512;

/// A part of a parameter, as a plan cuts them.
#[derive(Clone, Debug)]
pub struct Cut {
    /// Of which operation.
    pub(super) node: usize,
    pub(super) part: Part,
    /// Of which parameter of the network.
    pub param: usize,
    /// Where its numbers stand among all parameters.
    pub range: Range<usize>,
}

/// How all parameters are cut: what one thread does at a time.
#[derive(Debug)]
pub(super) struct Cuts {
    pub parts: Vec<Cut>,
    /// Parts that one thread takes together: small ones of one operation, which are trained, or frozen, together.
    pub groups: Vec<Range<usize>>,
    /// Where the groups begin and end among all parameters.
    pub bounds: Vec<usize>,
    /// The groups of each operation.
    pub of_node: Vec<Range<usize>>,
}

impl Cuts {
    /// Cuts every parameter into parts along its first axis.
    pub fn of(network: &Network) -> Cuts {
        let part = (network.param_count() / PARTS).clamp(PART_LEAST, PART);
        let mut cuts = Cuts { parts: vec![], groups: vec![], bounds: vec![0], of_node: vec![] };
        for (node, of) in network.nodes.iter().enumerate() {
            let first = cuts.groups.len();
            for param in of.params.clone() {
                let spec = &network.params[param];
                let rows = spec.shape.dims().first().copied().unwrap_or(1);
                let row = spec.shape.len() / rows.max(1);
                // Parts of one size, in whole register tiles of a matrix product.
                let most = (part / row.max(1)).max(if part < PART { 8 } else { PART_ROWS });
                let step = rows.div_ceil(rows.div_ceil(most).max(1)).next_multiple_of(8);
                for from in (0..rows).step_by(step) {
                    let to = (from + step).min(rows);
                    let start = spec.range.start;
                    let range = start + from * row..start + to * row;
                    let part = Part { param: param - of.params.start, rows: from..to };
                    cuts.push(Cut { node, part, param, range }, network);
                }
            }
            cuts.of_node.push(first..cuts.groups.len());
        }
        cuts
    }

    /// As a group of its own, or with the one before it.
    fn push(&mut self, cut: Cut, network: &Network) {
        let (place, end) = (self.parts.len(), cut.range.end);
        let last = self.parts.last().zip(self.groups.last_mut()).zip(self.bounds.last_mut());
        let frozen = |cut: &Cut| network.params[cut.param].frozen;
        match last {
            Some(((before, group), bound))
                if before.node == cut.node && frozen(before) == frozen(&cut) && cut.range.len() <= SMALL =>
            {
                (group.end, *bound) = (place + 1, end);
            }
            _ => {
                self.groups.push(place..place + 1);
                self.bounds.push(end);
            }
        }
        self.parts.push(cut);
    }
}
