//! What runs, in which order and in which memory.

use crate::kernel::{Scalar, padded, random};
use crate::network::memory::MemoryPlan;
use crate::network::{Network, Node};
use crate::op::{GradReq, Mode, Operation, Place};
use crate::shape::Shape;
use std::ops::Range;
use std::sync::Arc;

/// What all shards run: the operations, and where each value and its gradient lie in an arena.
#[derive(Debug)]
pub(super) struct Program {
    /// In the order of the network.
    pub ops: Vec<Instruction>,
    /// Of each value (0: the network's input, i + 1: the output of operation i).
    pub values: Vec<Place>,
    /// Of the gradient by each value.
    pub grads: Vec<Place>,
    /// Numbers in the arena of what operations save for the way back.
    pub saved: usize,
}

/// An operation, and where everything lies that it computes with.
#[derive(Debug)]
pub(super) struct Instruction {
    pub op: Arc<dyn Operation>,
    /// Makes its random numbers other than those of the other operations.
    salt: u64,
    pub x: Vec<Place>,
    pub y: Place,
    /// Where the gradients of the inputs and of the output lie.
    pub dx: Vec<Place>,
    pub dy: Place,
    pub params: Vec<Range<usize>>,
    pub buffers: Vec<Range<usize>>,
    pub saved: Range<usize>,
    /// Whether anything before or in this operation needs the gradient of its output.
    pub back: bool,
    /// What becomes of the gradients of its inputs. The last reader of a value is on the way back the first that adds
    /// to its gradient.
    pub requests: Vec<GradReq>,
}

impl Program {
    /// For `rows` examples, with values and gradients where `memory` says.
    pub(super) fn new<T: Scalar>(network: &Network, memory: &MemoryPlan, rows: usize) -> Program {
        let mut saved = 0;
        let op = |(i, node): (usize, &Node)| {
            let x: Vec<&Shape> = node.inputs.iter().map(|&i| &network.shapes[i]).collect();
            let request = |(nth, &input): (usize, &usize)| match memory.needed[input] {
                false => GradReq::Null,
                true if memory.last_reader[input] == Some(i) && !node.inputs[..nth].contains(&input) => {
                    GradReq::Write
                }
                true => GradReq::Add,
            };
            let (first, count) = (saved, node.op.saved(rows, &x));
            saved += padded::<T>(count);
            Instruction {
                op: Arc::clone(&node.op),
                salt: random::mix(i as u64),
                x: node.inputs.iter().map(|&i| memory.values[i].clone()).collect(),
                y: memory.values[i + 1].clone(),
                dx: node.inputs.iter().map(|&i| memory.grads[i].clone()).collect(),
                dy: memory.grads[i + 1].clone(),
                params: network.params[node.params.clone()].iter().map(|p| p.range.clone()).collect(),
                buffers: network.buffers[node.buffers.clone()].iter().map(|b| b.range.clone()).collect(),
                saved: first..first + count,
                back: memory.needed[i + 1],
                requests: node.inputs.iter().enumerate().map(request).collect(),
            }
        };
        let ops = network.nodes.iter().enumerate().map(op).collect();
        Program { ops, values: memory.values.clone(), grads: memory.grads.clone(), saved }
    }

    /// Number of the network's output among the values.
    pub(super) fn output(&self) -> usize {
        self.ops.len()
    }
}

impl Instruction {
    /// Its mode in a pass, for examples from number `first_row` of the batch on; `train` addresses the step's random
    /// numbers.
    pub(super) fn mode(&self, train: Option<u64>, first_row: usize) -> Mode {
        match train {
            Some(key) => Mode::Train { key: key ^ self.salt, first_row },
            None => Mode::Eval,
        }
    }
}
