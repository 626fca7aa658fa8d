//! A pass: forward, through the loss, and back to the gradient of every value.

use super::keep::{Keep, KeepGradients};
use super::shard::{Borrowed, Shard, ValueFacts};
use super::{Batch, Plan};
use crate::facts::{Moments, StepFacts};
use crate::kernel::Team;
use crate::loss::{LossPrecision, Target};
use crate::network::Weights;
use crate::op::{BuffersMut, Point, Precision};

/// What a pass does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pass {
    /// Training, with the address of the step's random numbers; `None`: evaluation.
    pub train: Option<u64>,
    /// Whether it goes back to the gradients of all values.
    pub backward: bool,
    /// Whether it keeps the moments of all values and their gradients.
    pub facts: bool,
}

impl Pass {
    /// Forward only, as in evaluation.
    pub const EVALUATE: Pass = Pass { train: None, backward: false, facts: false };

    /// Forward and backward as a training step does it; `key` addresses the step's random numbers.
    pub fn train(key: u64) -> Pass {
        Pass { train: Some(key), backward: true, facts: false }
    }
}

impl<T: Precision + LossPrecision, K: Keep> Plan<T, K> {
    /// Takes a batch (of data that [`Plan::check`] accepted) forward and, if `pass` says so, back; returns the
    /// loss of the batch.
    ///
    /// # Panics
    /// Where the batch is larger than the plan's or empty, or its data have other shapes than the network's.
    pub fn pass(&mut self, weights: &Weights<T>, batch: Batch<'_, T>, pass: Pass) -> f64 {
        let inputs = if K::STEP { batch.side_by_side() } else { &[] };
        let borrowed = Borrowed { params: &weights.params, buffers: &weights.buffers, inputs };
        self.through_shards(borrowed, batch, pass, pass.backward)
    }

    /// Takes a batch forward and, if `pass` says so, to the loss's gradient by the output, and if `back` does, by all
    /// values. The shards copy the inputs of their examples, unless those of the batch are borrowed.
    pub(super) fn through_shards(
        &mut self,
        borrowed: Borrowed<'_, T>,
        batch: Batch<'_, T>,
        pass: Pass,
        back: bool,
    ) -> f64 {
        assert!(batch.len() <= self.capacity, "a batch of {} in a plan for {}", batch.len(), self.capacity);
        assert!(!batch.is_empty(), "a batch without examples");
        assert!(
            *batch.data.shape() == self.input && batch.data.targets().like(&self.targets),
            "data that `Plan::check` refuses"
        );
        batch.copy_targets(&mut self.targets);
        self.train = pass.train;
        self.active = batch.len().div_ceil(self.sharing.shard_rows);
        let (loss, targets) = (T::of_loss(&*self.loss), Target::from(&self.targets));
        let (program, shard_rows) = (&self.program, self.sharing.shard_rows);
        let output = program.output();
        let width = program.values[output].shape.len();
        self.divisor = loss.divisor(width, targets);
        let scale = T::of(1.0 / self.divisor);
        let through = |i: usize, shard: &mut Shard<T>, mut team: Team<'_, T>| {
            shard.first = i * shard_rows;
            shard.rows = shard_rows.min(batch.len() - shard.first);
            let target = targets.of(shard.first..shard.first + shard.rows, width);
            let borrowed = shard.own(program, borrowed);
            if borrowed.inputs.is_empty() {
                shard.copy_inputs(batch, &mut team);
            }
            shard.forward(program, borrowed, pass, &mut team);
            let y = &shard.values[program.values[output].range(shard.rows)];
            let losses = &mut shard.losses[..shard.rows];
            if pass.backward {
                let dy = &mut shard.grads[program.grads[output].range(shard.rows)];
                team.split(shard.rows, [losses, dy], |examples, [losses, dy]| {
                    let y = &y[examples.start * width..examples.end * width];
                    loss.backward(y, target.of(examples, width), scale, losses, dy);
                });
            } else {
                loss.forward(y, target, losses);
            }
            if back {
                shard.backward(program, 0..output, borrowed, pass, &mut team);
            }
        };
        match &mut self.shards[..self.active] {
            [shard] => through(0, shard, Team::of(&self.sharing.threads, &mut self.scratch)),
            shards => self.sharing.threads.for_each(shards, &mut self.scratch, |i, shard, scratch| {
                through(i, shard, Team::alone(scratch));
            }),
        }
        self.loss()
    }

    /// After a training pass: brings running statistics up to date.
    pub fn track(&self, weights: &mut Weights<T>) {
        for op in self.program.ops.iter().filter(|op| !op.buffers.is_empty()) {
            // The whole batch is in the first shard, see `Sharing`.
            let shard = &self.shards[0];
            let buffers = BuffersMut::new(&mut weights.buffers, &op.buffers);
            T::of_op(&*op.op).track(shard.rows, &shard.saved[op.saved.clone()], buffers);
        }
    }

    /// Moments of the values of the last pass (which kept facts) and of their gradients, over all shards.
    pub fn facts(&self, into: &mut StepFacts) {
        let merge = |into: &mut Vec<Moments>, of: fn(&ValueFacts) -> &Vec<Moments>| {
            let mut pieces = self.shards[..self.active.max(1)].iter().flat_map(|shard| &shard.facts).map(of);
            into.clear();
            into.extend_from_slice(pieces.next().expect("a shard has one and more"));
            for piece in pieces {
                into.iter_mut().zip(piece).for_each(|(into, piece)| into.merge(piece));
            }
        };
        merge(&mut into.values, |facts| &facts.values);
        merge(&mut into.value_gradients, |facts| &facts.gradients);
    }
}

impl<T: Precision + LossPrecision, K: KeepGradients> Plan<T, K> {
    /// The point at which operation `node` stood in the last pass, for the examples of one shard; `weights` are those
    /// of the pass.
    pub fn point<'a>(&'a self, weights: &'a Weights<T>, node: usize, shard: usize) -> Point<'a, T> {
        let borrowed = Borrowed { params: &weights.params, buffers: &weights.buffers, inputs: &[] };
        self.shards[shard].point(&self.program, node, borrowed, self.train)
    }

    /// The loss's gradient by the output of operation `node` for the examples of one shard, [rows, shape], of the last
    /// pass (which went back), where the operation has parameters or the plan keeps all.
    pub fn output_gradient(&self, node: usize, shard: usize) -> &[T] {
        &self.shards[shard].grads[self.program.grads[node + 1].range(self.shards[shard].rows)]
    }
}
