//! The gradient of the parameters, and the step that updates them by it.

use super::keep::{self, Keep, KeepGradients};
use super::shard::Borrowed;
use super::{Batch, Pass, Plan};
use crate::kernel::update::SLOTS;
use crate::kernel::{Aligned, Team};
use crate::loss::LossPrecision;
use crate::network::{ParamSlice, Weights};
use crate::op::{Grad, Precision};
use std::ops::Range;

/// What a step computes and changes, of all parameters or of some: as many numbers in each slice.
#[derive(Debug)]
pub struct StepSlices<'a, T> {
    /// Their gradient; empty where nobody keeps that of all parameters.
    pub gradient: &'a mut [T],
    /// The parameters.
    pub params: &'a mut [T],
    /// What the optimizer keeps for each of them; empty where it keeps less.
    pub slots: [&'a mut [T]; SLOTS],
}

impl<'a, T> StepSlices<'a, T> {
    fn into_array(self) -> [&'a mut [T]; SLOTS + 2] {
        let StepSlices { gradient, params, slots: [s0, s1, s2] } = self;
        [gradient, params, s0, s1, s2]
    }

    fn from_array([gradient, params, s0, s1, s2]: [&'a mut [T]; SLOTS + 2]) -> StepSlices<'a, T> {
        StepSlices { gradient, params, slots: [s0, s1, s2] }
    }
}

impl<T: Precision + LossPrecision, K: Keep> Plan<T, K> {
    /// Calls `f` for every group of the partition in parallel, with where its numbers stand among all parameters, and
    /// that piece of each of the slices, which are as long as all parameters (or empty, and then so is the piece);
    /// returns what it makes of each group.
    pub fn each_group<U: Send, R: Default + Send, const N: usize>(
        &self,
        slices: [&mut [U]; N],
        f: impl Fn(Range<usize>, [&mut [U]; N]) -> R + Sync,
    ) -> Vec<R> {
        let bounds = &self.partition.bounds;
        let mut made: Vec<R> = self.partition.groups.iter().map(|_| R::default()).collect();
        let each = |i, pieces: [&mut [U]; N], made: &mut R, _: [&mut (); 0]| {
            *made = f(bounds[i]..bounds[i + 1], pieces);
        };
        self.sharing.threads.for_each_piece(slices, bounds, &mut made, [], each);
        made
    }

    /// The gradient of some groups into the first of the slices, or where that is empty into memory of the thread's, and
    /// with it and the pieces of the other slices a call of `f`. What is borrowed is what the pass had, without the
    /// parameters: they are already on their way to their next values.
    fn gradient_of<S: Send, const N: usize>(
        &mut self,
        groups: Range<usize>,
        (buffers, inputs): (&[T], &[T]),
        slices: [&mut [T]; N],
        items: &mut [S],
        f: &(impl Fn([&mut [T]; N], &mut S, &mut [T]) + Sync),
    ) {
        let (program, shards, partition) = (&self.program, &self.shards[..self.active], &self.partition);
        let (train, first) = (self.train, groups.start);
        let bounds = &partition.bounds[groups.start..=groups.end];
        let locals = [&mut self.scratch[..], &mut self.group_gradients];
        let borrowed = Borrowed { params: &[], buffers, inputs };
        let of_group =
            |i: usize, pieces: [&mut [T]; N], item: &mut S, [scratch, own]: [&mut Aligned<T>; 2]| {
                let mut pieces = pieces;
                let (parts, start) = (partition.parts_of(first + i), bounds[i]);
                if pieces[0].is_empty() {
                    pieces[0] = &mut own[..bounds[i + 1] - start];
                }
                let (node, team) = (parts[0].node, &mut Team::alone(scratch));
                let op = &program.ops[node];
                for (s, shard) in shards.iter().enumerate() {
                    let at = shard.point(program, node, shard.own(program, borrowed), train);
                    let dy = &shard.grads[op.dy.range(shard.rows)];
                    for ParamSlice { part, range, .. } in parts {
                        let dw = &mut pieces[0][range.start - start..range.end - start];
                        let dw = if s == 0 { Grad::empty(dw) } else { Grad::new(dw) };
                        T::of_op(&*op.op).backward_param(&at, dy, part.clone(), dw, team);
                    }
                }
                f(pieces, item, scratch);
            };
        self.sharing.threads.for_each_piece(slices, bounds, &mut items[groups], locals, of_group);
    }
}

impl<T: Precision + LossPrecision, K: KeepGradients> Plan<T, K> {
    /// The loss's gradient by all parameters, of the last pass (which went back): overwrites `gradient`.
    pub fn gradient(&mut self, weights: &Weights<T>, gradient: &mut [T]) {
        let none = &mut vec![(); self.partition.groups.len()];
        self.gradient_of(0..none.len(), (&weights.buffers, &[]), [gradient], none, &|_, (), _| {});
    }

    /// As [`Plan::gradient`], and calls `f` for every group of the partition as soon as its gradient is there, with that
    /// and with the same piece of `other`, which is as long as all parameters.
    pub fn gradient_and(
        &mut self,
        weights: &Weights<T>,
        gradient: &mut [T],
        other: &mut [T],
        f: impl Fn(&mut [T], &mut [T]) + Sync,
    ) {
        let none = &mut vec![(); self.partition.groups.len()];
        let each = |[gradient, other]: [&mut [T]; 2], (): &mut (), _: &mut [T]| f(gradient, other);
        self.gradient_of(0..none.len(), (&weights.buffers, &[]), [gradient, other], none, &each);
    }

    /// Calls `f` for every group of the partition in parallel, with its pieces of the slices, its one of the `items`, and
    /// the thread's scratch.
    pub fn update<S: Send>(
        &mut self,
        slices: StepSlices<'_, T>,
        items: &mut [S],
        f: impl Fn(StepSlices<'_, T>, &mut S, &mut [T]) + Sync,
    ) {
        let each = |_, pieces: [&mut [T]; SLOTS + 2], item: &mut S, [scratch]: [&mut Aligned<T>; 1]| {
            f(StepSlices::from_array(pieces), item, scratch);
        };
        let (slices, locals) = (slices.into_array(), [&mut self.scratch[..]]);
        self.sharing.threads.for_each_piece(slices, &self.partition.bounds, items, locals, each);
    }
}

impl<T: Precision + LossPrecision> Plan<T, keep::Step> {
    /// A pass, and for every group of the partition, as soon as its gradient is there, a call of `f` with its pieces of
    /// the slices (the gradient's too, where the slice of all of it is empty), of which it may change the parameters, with
    /// its one of the `items`, and with the thread's scratch. Returns the loss of the batch.
    ///
    /// # Panics
    /// Where the batch is larger than the plan's.
    pub fn step<S: Send>(
        &mut self,
        slices: StepSlices<'_, T>,
        buffers: &[T],
        batch: Batch<'_, T>,
        pass: Pass,
        items: &mut [S],
        f: impl Fn(StepSlices<'_, T>, &mut S, &mut [T]) + Sync,
    ) -> f64 {
        let (pass, inputs) = (Pass { backward: true, ..pass }, batch.side_by_side());
        let node_by_node = self.sharing.node_by_node;
        let borrowed = Borrowed { params: &*slices.params, buffers, inputs };
        let loss = self.through_shards(borrowed, batch, pass, !node_by_node);
        let each = |pieces: [&mut [T]; SLOTS + 2], item: &mut S, scratch: &mut [T]| {
            f(StepSlices::from_array(pieces), item, scratch);
        };
        if !node_by_node {
            self.gradient_of(0..items.len(), (buffers, inputs), slices.into_array(), items, &each);
            return loss;
        }
        let StepSlices { gradient, params, mut slots } = slices;
        for node in (0..self.program.ops.len()).rev() {
            let team = &mut Team::of(&self.sharing.threads, &mut self.scratch);
            let shard = &mut self.shards[0];
            let borrowed = shard.own(&self.program, Borrowed { params: &*params, buffers, inputs });
            shard.backward(&self.program, node..node + 1, borrowed, pass, team);
            let slots = slots.each_mut().map(|slot| &mut **slot);
            let slices = StepSlices { gradient: &mut *gradient, params: &mut *params, slots };
            let groups = self.partition.of_node[node].clone();
            self.gradient_of(groups, (buffers, inputs), slices.into_array(), items, &each);
        }
        loss
    }
}
