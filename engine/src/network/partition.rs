//! How the parameters are cut: threads take their gradient, and what it changes, group by group.

use super::Network;
use crate::op::Part;
use std::ops::Range;

/// The most numbers in a part of a parameter, 1 MiB of f32, unless they are fewer than [`PART_ROWS`] rows; but
/// there are [`PARTS`] parts where each of them can have [`PART_LEAST`] numbers.
const PART: usize = 1 << 18;
const PART_LEAST: usize = 1 << 13;
const PARTS: usize = 16;
const PART_ROWS: usize = 256;

/// Parts of up to so many numbers go to the thread that takes the part before them.
const SMALL: usize = 512;

/// Some rows of a parameter, and where they stand.
#[derive(Clone, Debug)]
pub struct ParamSlice {
    /// Of which operation.
    pub(super) node: usize,
    /// Which rows of which of the operation's parameters.
    pub(super) part: Part,
    /// Of which parameter of the network.
    pub param: usize,
    /// Where its numbers stand among all parameters.
    pub range: Range<usize>,
}

/// All parameters cut into parts, and these in groups: what one thread takes at a time. It depends on the network alone.
#[derive(Debug)]
pub struct Partition {
    parts: Vec<ParamSlice>,
    /// Which parts each group has: small ones of one operation, which are trained, or frozen, together.
    pub(super) groups: Vec<Range<usize>>,
    pub(super) bounds: Vec<usize>,
    /// The groups of each operation.
    pub(super) of_node: Vec<Range<usize>>,
}

impl Partition {
    /// Cuts every parameter into parts along its first axis.
    pub(super) fn new(network: &Network) -> Partition {
        let part = (network.param_count() / PARTS).clamp(PART_LEAST, PART);
        let mut partition = Partition { parts: vec![], groups: vec![], bounds: vec![0], of_node: vec![] };
        for (node, of) in network.nodes.iter().enumerate() {
            let first = partition.groups.len();
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
                    partition.push(ParamSlice { node, part, param, range }, network);
                }
            }
            partition.of_node.push(first..partition.groups.len());
        }
        partition
    }

    /// Adds a part as a group of its own, or to the last one.
    fn push(&mut self, part: ParamSlice, network: &Network) {
        let (place, end) = (self.parts.len(), part.range.end);
        let last = self.parts.last().zip(self.groups.last_mut()).zip(self.bounds.last_mut());
        let frozen = |part: &ParamSlice| network.params[part.param].frozen;
        match last {
            Some(((before, group), bound))
                if before.node == part.node
                    && frozen(before) == frozen(&part)
                    && part.range.len() <= SMALL =>
            {
                (group.end, *bound) = (place + 1, end);
            }
            _ => {
                self.groups.push(place..place + 1);
                self.bounds.push(end);
            }
        }
        self.parts.push(part);
    }

    /// Where the groups begin and end among all parameters. No group has parameters of two operations, or some that are
    /// frozen and some that are not.
    pub fn bounds(&self) -> &[usize] {
        &self.bounds
    }

    /// The groups: where each stands among all parameters, and its parts, in the order in which their numbers stand.
    pub fn groups(&self) -> impl Iterator<Item = (Range<usize>, &[ParamSlice])> {
        let range = |bounds: &[usize]| bounds[0]..bounds[1];
        self.bounds.windows(2).map(range).zip(self.groups.iter().map(|parts| &self.parts[parts.clone()]))
    }

    /// The parts of a group.
    pub(super) fn parts_of(&self, group: usize) -> &[ParamSlice] {
        &self.parts[self.groups[group].clone()]
    }
}
