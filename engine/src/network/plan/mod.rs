//! A network compiled for a batch size: every shape known, every buffer placed, nothing allocated and nothing
//! looked up while a step runs.
//!
//! A step is a *pass* (`pass.rs`: forward, through the loss, and back to the gradient of every value) and then the
//! *gradient* of the parameters (`gradient.rs`). Threads share the pass in one of two ways (`sharing.rs`):
//! - Small layers: the batch is cut into shards of 32 examples (one thread: 64), and a thread takes a whole shard all the
//!   way; the threads meet once. A shard's values stay in a core's cache.
//! - Large layers, or examples that mix: the batch is one shard, and all threads work inside each operation. A
//!   large weight is read once, not once for each shard.
//!
//! For the gradient the parameters are cut into groups of parts (see [`Partition`]); each thread takes whole groups,
//! adds up what every shard contributes, shard by shard, and does with the group whatever comes next (clip it,
//! update the weights) while it is in its cache. Unless somebody keeps it, the gradient of all parameters is never there
//! at one time: that of each group is made where the thread made the last one. One thread takes the groups of an operation
//! as soon as the pass went back through it, if one shard holds the batch: then what they are made of is in its cache, too.
//!
//! Sums over examples go from the first to the last, shard by shard, and the partition depends on the network alone: so
//! every bit of the result is the same for any number of threads.

mod batch;
mod evaluate;
mod gradient;
pub mod keep;
mod pass;
mod program;
mod shard;
mod sharing;

pub use batch::{Batch, Rows};
pub use gradient::StepSlices;
pub use pass::Pass;

use super::memory::MemoryPlan;
use super::partition::Partition;
use super::{Error, Network};
use crate::data::{Dataset, Targets};
use crate::kernel::matmul::SCRATCH;
use crate::kernel::{Aligned, Scalar, Threads};
use crate::loss::{self, LossFunction, LossPrecision, TargetKind};
use crate::op::Precision;
use crate::shape::Shape;
use keep::Keep;
use program::Program;
use shard::Shard;
use sharing::Sharing;
use std::marker::PhantomData;
use std::ops::Range;
use std::sync::Arc;

/// A network with a loss, compiled for batches of up to a number of examples. What it keeps of a pass is the type `K`:
/// one of [`keep`]'s.
///
/// ```
/// use std::sync::Arc;
/// use whygrad::network::{Network, Plan, keep};
/// use whygrad::{Threads, layers, loss::CrossEntropy, op::Linear};
///
/// let network = Network::sequential([2], layers![Linear::new(3)])?;
/// let plan = Plan::<f32, _>::new(&network, Arc::new(CrossEntropy::default()), 64, &Threads::new(2), keep::All)?;
/// assert_eq!(plan.capacity(), 64);
/// # Ok::<(), whygrad::network::Error>(())
/// ```
#[derive(Debug)]
pub struct Plan<T, K> {
    loss: Arc<dyn LossFunction>,
    input: Shape,
    program: Program,
    sharing: Sharing,
    partition: Partition,
    capacity: usize,
    shards: Vec<Shard<T>>,
    /// For matrix products, for each thread.
    scratch: Vec<Aligned<T>>,
    /// For the gradient of a group, for each thread, where the plan is one for steps.
    group_gradients: Vec<Aligned<T>>,
    /// Of the last pass: how many shards had its examples, their targets, what the sum of their losses was divided by, and
    /// the address of its random numbers.
    active: usize,
    targets: Targets<T>,
    divisor: f64,
    train: Option<u64>,
    keep: PhantomData<K>,
}

impl<T: Precision + LossPrecision, K: Keep> Plan<T, K> {
    /// Compiles `network` with `loss` for batches of up to `batch` examples, to run on these threads: on the calling one
    /// alone where there is too little work for more.
    pub fn new(
        network: &Network,
        loss: Arc<dyn LossFunction>,
        batch: usize,
        threads: &Threads,
        _keep: K,
    ) -> Result<Plan<T, K>, Error> {
        if network.nodes.is_empty() {
            return Err(Error::Empty);
        }
        let (capacity, width) = (batch.max(1), network.shape(network.output()).len());
        let sharing = Sharing::new(network, capacity, threads, K::STEP);
        let memory = MemoryPlan::new::<T>(network, K::ALL, sharing.node_by_node, sharing.shard_rows);
        let program = Program::new::<T>(network, &memory, sharing.shard_rows);
        let shard = || Shard::new(&program, memory.counts, sharing.shard_rows);
        let partition = Partition::new(network);
        let longest = partition.bounds.windows(2).map(|bounds| bounds[1] - bounds[0]).max().unwrap_or(0);
        let group = if K::STEP { longest } else { 0 };
        let threads = || 0..sharing.threads.count();
        Ok(Plan {
            shards: (0..capacity.div_ceil(sharing.shard_rows)).map(|_| shard()).collect(),
            scratch: threads().map(|_| Aligned::zeros(SCRATCH)).collect(),
            group_gradients: threads().map(|_| Aligned::zeros_apart(group, 1)).collect(),
            active: 0,
            targets: match loss.wants() {
                TargetKind::Classes => Targets::Classes(Vec::with_capacity(capacity)),
                TargetKind::Values => Targets::Values { data: Vec::with_capacity(capacity * width), width },
            },
            divisor: 1.0,
            train: None,
            loss,
            input: network.shapes[0].clone(),
            program,
            sharing,
            partition,
            capacity,
            keep: PhantomData,
        })
    }

    /// Refuses data that the network or the loss cannot take.
    pub fn check(&self, data: &Dataset<T>) -> Result<(), Error> {
        if *data.shape() != self.input {
            return Err(Error::Input { network: self.input.clone(), data: data.shape().clone() });
        }
        let output = &self.program.values[self.program.output()].shape;
        Ok(loss::check(&*self.loss, output, data.targets())?)
    }

    /// The most examples that a batch can have.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// How the parameters are cut for the threads.
    pub fn partition(&self) -> &Partition {
        &self.partition
    }

    /// Which examples of the last pass lie together in one shard, shard by shard.
    pub fn shards(&self) -> impl Iterator<Item = Range<usize>> + '_ {
        self.shards[..self.active].iter().map(|shard| shard.first..shard.first + shard.rows)
    }

    /// Loss of the last pass.
    pub fn loss(&self) -> f64 {
        self.example_losses().map(Scalar::f64).sum::<f64>() / self.divisor
    }

    /// What the sum over the examples of the last pass was divided by.
    pub fn divisor(&self) -> f64 {
        self.divisor
    }

    /// ℓₙ of each example of the last pass, undivided.
    pub fn example_losses(&self) -> impl Iterator<Item = T> + '_ {
        self.shards[..self.active].iter().flat_map(|shard| shard.losses[..shard.rows].iter().copied())
    }

    /// The network's output for every example of the last pass.
    pub fn output(&self) -> impl Iterator<Item = &[T]> + '_ {
        self.kept_value(self.program.output())
    }

    /// A value of every example of the last pass, where it is kept.
    fn kept_value(&self, value: usize) -> impl Iterator<Item = &[T]> + '_ {
        let place = &self.program.values[value];
        let shards = self.shards[..self.active].iter();
        shards.flat_map(|shard| shard.values[place.range(shard.rows)].chunks_exact(place.shape.len()))
    }
}

impl<T: Precision + LossPrecision> Plan<T, keep::All> {
    /// A value (0: the network's input, i + 1: the output of operation i) of every example of the last pass.
    pub fn value(&self, value: usize) -> impl Iterator<Item = &[T]> + '_ {
        self.kept_value(value)
    }

    /// The loss's gradient by a value, of every example of the last pass (which went back).
    pub fn value_gradient(&self, value: usize) -> impl Iterator<Item = &[T]> + '_ {
        let place = &self.program.grads[value];
        let shards = self.shards[..self.active].iter();
        shards.flat_map(|shard| shard.grads[place.range(shard.rows)].chunks_exact(place.shape.len()))
    }
}
