//! A network compiled for a batch size: every shape known, every buffer placed, nothing allocated and nothing
//! looked up while a step runs.
//!
//! A step is a *pass* (forward, through the loss, and back to the gradient of every value) and then the
//! *gradient* of the parameters. Threads share the pass in one of two ways:
//! - Small layers (see [`LARGE`]): the batch is cut into shards of [`SHARD`] examples (one thread: [`LONE_SHARD`]), and
//!   a thread takes a whole shard all the way; the threads meet once. A shard's values stay in a core's cache.
//! - Large layers, or examples that mix: the batch is one shard, and all threads work inside each operation. A
//!   large weight is read once, not once for each shard.
//!
//! For the gradient the parameters are cut into parts (see [`Cuts`]); each thread takes whole parts,
//! adds up what every shard contributes, shard by shard, and does with the part whatever comes next (clip it,
//! update the weights) while it is in its cache. Unless somebody keeps it, the gradient of all parameters is never there
//! at one time: each part of it is made where the thread made the last one. One thread takes the parts of an operation as
//! soon as the pass went back through it, if one shard holds the batch: then what they are made of is in its cache, too.
//!
//! Sums over examples go from the first to the last, shard by shard, and cuts of the parameters depend on the network
//! alone: so every bit of the result is the same for any number of threads.

use super::cuts::{Cut, Cuts};
use super::keep::{self, Keep, KeepGradients};
use super::rooms::Rooms;
use super::{Error, Network, Weights};
use crate::data::{Dataset, Targets};
use crate::facts::{Metrics, Moments, StepFacts};
use crate::kernel::matmul::SCRATCH;
use crate::kernel::update::SLOTS;
use crate::kernel::{Aligned, Scalar, Team, Threads, padded, random};
use crate::loss::{self, Decision, LossFunction, LossPrecision, Reduction, Target};
use crate::op::{
    BuffersMut, Forward, Grad, GradReq, InputGrads, Inputs, Mode, Operation, Parts, Place, Point, Precision,
};
use crate::shape::Shape;
use std::marker::PhantomData;
use std::ops::Range;
use std::sync::Arc;

/// Examples in a shard of a network with small layers; and where one thread takes every shard, which then packs each
/// weight half as often.
const SHARD: usize = 32;
const LONE_SHARD: usize = 2 * SHARD;

/// Numbers of a weight, on average over the operations that have one, from which layers are large: 128 KiB of f32
/// are no longer packed in much less time than [`SHARD`] examples take.
const LARGE: usize = 1 << 15;

/// How many times longer a number's moments take than an operation that acts number by number.
const MOMENTS: usize = 2;

/// Steps with fewer floating-point operations than this run on one thread: a few microseconds of work are
/// less than what two meetings of threads cost.
const THREADED: usize = 500_000;

/// Which examples of a data set are in a batch.
#[derive(Clone, Copy, Debug)]
pub enum Rows<'a> {
    /// These, in this order.
    Index(&'a [usize]),
    /// Those from the first up to, not including, the second.
    Range(usize, usize),
}

/// Some examples of a data set.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'a, T> {
    /// The data set.
    pub data: &'a Dataset<T>,
    /// Which of its examples.
    pub rows: Rows<'a>,
}

impl<'a, T: Scalar> Batch<'a, T> {
    /// Number of examples.
    pub fn len(&self) -> usize {
        match self.rows {
            Rows::Index(index) => index.len(),
            Rows::Range(from, to) => to - from,
        }
    }

    /// The inputs of its examples; none where they do not lie side by side.
    fn side_by_side(&self) -> &'a [T] {
        let width = self.data.shape().len();
        match self.rows {
            Rows::Range(from, to) => &self.data.inputs()[from * width..to * width],
            Rows::Index(_) => &[],
        }
    }

    /// Whether there is no example.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

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

/// What a shard's operations compute with beside its own numbers.
#[derive(Clone, Copy)]
struct Given<'a, T> {
    params: &'a [T],
    buffers: &'a [T],
    /// The inputs of its examples; none where it brought them.
    x: &'a [T],
}

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

/// Moments of the values of a pass and of their gradients, by value.
#[derive(Clone, Debug)]
struct ValueFacts {
    values: Vec<Moments>,
    gradients: Vec<Moments>,
}

#[derive(Debug)]
struct Step {
    op: Arc<dyn Operation>,
    /// Makes its random numbers other than those of the other operations.
    salt: u64,
    x: Vec<Place>,
    y: Place,
    /// Where the gradients of the inputs and of the output lie.
    dx: Vec<Place>,
    dy: Place,
    params: Vec<Range<usize>>,
    buffers: Vec<Range<usize>>,
    saved: Range<usize>,
    /// Whether anything before or in this operation needs the gradient of its output.
    back: bool,
    /// What becomes of the gradients of its inputs. The last reader of a value is on the way back the first that adds
    /// to its gradient.
    pulls: Vec<GradReq>,
}

/// What the shards share: the operations, and where each value and its gradient lie in an arena.
#[derive(Debug)]
struct Graph {
    steps: Vec<Step>,
    values: Vec<Place>,
    grads: Vec<Place>,
}

/// The arenas of some examples of the batch.
#[derive(Debug)]
struct Shard<T> {
    rows: usize,
    /// Where its inputs lie among those of the batch.
    inputs: Range<usize>,
    values: Aligned<T>,
    grads: Aligned<T>,
    saved: Aligned<T>,
    each: Vec<T>,
    /// Of [`SHARD`] of its examples at a time: merged, they have the same bits for any number of threads.
    facts: Vec<ValueFacts>,
}

/// A network with a loss, compiled for batches of up to a number of examples. What it keeps of a pass is the type `K`:
/// one of [`keep`]'s.
///
/// ```
/// use std::sync::Arc;
/// use whygrad::network::{Network, Plan, Weights, keep};
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
    /// Whether [`Plan::step`] takes the gradient of an operation's parameters as soon as it went back through it.
    node_by_node: bool,
    graph: Graph,
    capacity: usize,
    shard_rows: usize,
    shards: Vec<Shard<T>>,
    active: usize,
    classes: Vec<u32>,
    values: Vec<T>,
    width: usize,
    divisor: f64,
    cuts: Cuts,
    train: Option<u64>,
    threads: Threads,
    /// Room for matrix products, for each thread.
    scratch: Vec<Aligned<T>>,
    /// Room for the gradient of a group, for each thread, where the plan is one for steps.
    made: Vec<Aligned<T>>,
    keep: PhantomData<K>,
}

impl<T: Precision + LossPrecision, K: Keep> Plan<T, K> {
    /// Compiles `network` with `loss` for batches of up to `batch` examples, to run on these threads: on the calling one
    /// alone where a step has less than `THREADED` floating-point operations.
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
        let capacity = batch.max(1);
        let weighted = network.nodes.iter().filter(|node| !node.params.is_empty()).count();
        let large = network.param_count() >= LARGE * weighted.max(1);
        let work = 6 * capacity * network.param_count(); // a multiplication and an addition, three products
        let threads = if work < THREADED { Threads::default() } else { threads.clone() };
        let shard_rows = match large || network.mixes_examples() {
            true => capacity,
            false => capacity.min(if threads.count() == 1 { LONE_SHARD } else { SHARD }),
        };
        // Several threads would have to meet once more for each operation; and of small steps all is in a cache anyway.
        let alone = threads.count() == 1 && work >= THREADED;
        let node_by_node = K::STEP && shard_rows == capacity && alone;
        let rooms = Rooms::of::<T>(network, K::ALL, node_by_node, shard_rows);
        let mut saved = 0;
        let steps: Vec<Step> = network
            .nodes
            .iter()
            .enumerate()
            .map(|(i, node)| {
                let x: Vec<&Shape> = node.inputs.iter().map(|&i| &network.shapes[i]).collect();
                let pull = |(nth, &input): (usize, &usize)| match rooms.wanted[input] {
                    false => GradReq::Null,
                    true if rooms.last_reader[input] == Some(i) && !node.inputs[..nth].contains(&input) => {
                        GradReq::Write
                    }
                    true => GradReq::Add,
                };
                let first = saved;
                let count = node.op.saved(shard_rows, &x);
                saved += padded::<T>(count);
                Step {
                    op: Arc::clone(&node.op),
                    salt: random::mix(i as u64),
                    x: node.inputs.iter().map(|&i| rooms.values[i].clone()).collect(),
                    y: rooms.values[i + 1].clone(),
                    dx: node.inputs.iter().map(|&i| rooms.grads[i].clone()).collect(),
                    dy: rooms.grads[i + 1].clone(),
                    params: network.params[node.params.clone()].iter().map(|p| p.range.clone()).collect(),
                    buffers: network.buffers[node.buffers.clone()].iter().map(|b| b.range.clone()).collect(),
                    saved: first..first + count,
                    back: rooms.wanted[i + 1],
                    pulls: node.inputs.iter().enumerate().map(pull).collect(),
                }
            })
            .collect();
        let zeros = |n: usize| vec![T::zero(); n];
        let none = vec![Moments::default(); network.shapes.len()];
        let facts = ValueFacts { values: none.clone(), gradients: none };
        let shards = (0..capacity.div_ceil(shard_rows))
            .map(|_| Shard {
                rows: 0,
                inputs: 0..0,
                values: Aligned::zeros(rooms.counts[0]),
                grads: Aligned::zeros_apart(rooms.counts[1], 1),
                saved: Aligned::zeros_apart(saved, 2),
                each: zeros(shard_rows),
                facts: vec![facts.clone(); shard_rows.div_ceil(SHARD)],
            })
            .collect();
        let width = network.shape(network.output()).len();
        let cuts = Cuts::of(network);
        let longest = cuts.bounds.windows(2).map(|bounds| bounds[1] - bounds[0]).max().unwrap_or(0);
        let room = if K::STEP { longest } else { 0 };
        Ok(Plan {
            loss,
            input: network.shapes[0].clone(),
            node_by_node,
            graph: Graph { steps, values: rooms.values, grads: rooms.grads },
            capacity,
            shard_rows,
            shards,
            active: 0,
            classes: Vec::with_capacity(capacity),
            values: Vec::with_capacity(capacity * width),
            width,
            divisor: 1.0,
            train: None,
            scratch: (0..threads.count()).map(|_| Aligned::zeros(SCRATCH)).collect(),
            made: (0..threads.count()).map(|_| Aligned::zeros_apart(room, 1)).collect(),
            cuts,
            threads,
            keep: PhantomData,
        })
    }

    /// Refuses data that the network or the loss cannot take.
    pub fn check(&self, data: &Dataset<T>) -> Result<(), Error> {
        if *data.shape() != self.input {
            return Err(Error::Input { network: self.input.clone(), data: data.shape().clone() });
        }
        let output = &self.graph.values[self.graph.steps.len()].shape;
        Ok(loss::check(&*self.loss, output, data.targets())?)
    }

    /// The most examples that a batch can have.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// Calls `f` for every group of parts of the parameters in parallel, with that piece of each of the slices, which
    /// are as long as all parameters (or empty, and then so is the piece).
    pub fn each_group<U: Send, const N: usize>(
        &self,
        slices: [&mut [U]; N],
        f: impl Fn(usize, [&mut [U]; N]) + Sync,
    ) {
        let none = &mut vec![(); self.cuts.groups.len()];
        let each = |i, pieces: [&mut [U]; N], (): &mut (), _: [&mut (); 0]| f(i, pieces);
        self.threads.for_each_piece(slices, &self.cuts.bounds, none, [], each);
    }

    /// Where the groups begin and end among all parameters: what threads take at a time. No group has parameters of
    /// two operations, or some that are frozen and some that are not.
    pub fn bounds(&self) -> &[usize] {
        &self.cuts.bounds
    }

    /// The parts of a group, in the order in which their numbers stand.
    pub fn group(&self, group: usize) -> &[Cut] {
        &self.cuts.parts[self.cuts.groups[group].clone()]
    }

    /// Takes a batch (of data that [`Plan::check`] accepted) forward and, if `pass` says so, back; returns the
    /// loss of the batch.
    ///
    /// # Panics
    /// Where the batch is larger than the plan's.
    pub fn pass(&mut self, weights: &Weights<T>, batch: Batch<'_, T>, pass: Pass) -> f64 {
        let x = if K::STEP { batch.side_by_side() } else { &[] };
        self.go((&weights.params, &weights.buffers), x, batch, pass, pass.backward)
    }

    /// Takes a batch forward and, if `pass` says so, the loss's gradient to the output, and if `back` does, to all values.
    /// The shards bring the inputs of their examples, unless `x` has those of the batch.
    fn go(&mut self, numbers: (&[T], &[T]), x: &[T], batch: Batch<'_, T>, pass: Pass, back: bool) -> f64 {
        assert!(batch.len() <= self.capacity, "a batch of {} in a plan for {}", batch.len(), self.capacity);
        self.gather_targets(&batch);
        self.train = pass.train;
        self.active = batch.len().div_ceil(self.shard_rows);
        let loss = T::of_loss(&*self.loss);
        let all = match batch.data.targets() {
            Targets::Classes(_) => Target::Classes(&self.classes),
            Targets::Values { .. } => Target::Values(&self.values),
        };
        self.divisor = loss.divisor(self.width, all);
        let scale = T::of(1.0 / self.divisor);
        let (graph, shard_rows, width) = (&self.graph, self.shard_rows, self.width);
        let features = batch.data.shape().len();
        let through = |i: usize, shard: &mut Shard<T>, mut team: Team<'_, T>| {
            let first = i * shard_rows;
            shard.rows = shard_rows.min(batch.len() - first);
            let target = all.of(first..first + shard.rows, width);
            shard.inputs = first * features..(first + shard.rows) * features;
            let given = shard.given(numbers, x);
            if given.x.is_empty() {
                shard.bring(batch, first, &mut team);
            }
            shard.forward(graph, given, pass, first, &mut team);
            let output = graph.steps.len();
            let y = &shard.values[graph.values[output].range(shard.rows)];
            let each = &mut shard.each[..shard.rows];
            if pass.backward {
                let dy = &mut shard.grads[graph.grads[output].range(shard.rows)];
                team.split(shard.rows, [each, dy], |examples, [each, dy]| {
                    let y = &y[examples.start * width..examples.end * width];
                    loss.backward(y, target.of(examples, width), scale, each, dy);
                });
            } else {
                loss.forward(y, target, each);
            }
            if back {
                shard.backward(graph, 0..output, given, pass, first, &mut team);
            }
        };
        match &mut self.shards[..self.active] {
            [shard] => through(0, shard, Team::of(&self.threads, &mut self.scratch)),
            shards => self.threads.for_each(shards, &mut self.scratch, |i, shard, room| {
                through(i, shard, Team::alone(room));
            }),
        }
        self.loss()
    }

    fn gather_targets(&mut self, batch: &Batch<'_, T>) {
        self.classes.clear();
        self.values.clear();
        match (batch.data.targets(), batch.rows) {
            (Targets::Classes(classes), Rows::Range(from, to)) => {
                self.classes.extend_from_slice(&classes[from..to]);
            }
            (Targets::Classes(classes), Rows::Index(index)) => {
                self.classes.extend(index.iter().map(|&i| classes[i]));
            }
            (Targets::Values { data, width }, Rows::Range(from, to)) => {
                self.values.extend_from_slice(&data[from * width..to * width]);
            }
            (Targets::Values { data, width }, Rows::Index(index)) => {
                for &i in index {
                    self.values.extend_from_slice(&data[i * width..(i + 1) * width]);
                }
            }
        }
    }

    /// After a training pass: brings running statistics up to date.
    pub fn track(&self, weights: &mut Weights<T>) {
        for step in self.graph.steps.iter().filter(|step| !step.buffers.is_empty()) {
            // Whoever tracks mixes examples, so the whole batch is in the first shard.
            let shard = &self.shards[0];
            let buffers = BuffersMut::new(&mut weights.buffers, &step.buffers);
            T::of_op(&*step.op).track(shard.rows, &shard.saved[step.saved.clone()], buffers);
        }
    }

    /// The gradient of some groups into the first of the slices, or where that is empty into a room of the thread's, and
    /// with it and the pieces of the other slices a call of `f`. `x` is what the pass had of the inputs.
    fn gradient_of<S: Send, const N: usize>(
        &mut self,
        groups: Range<usize>,
        buffers: &[T],
        x: &[T],
        slices: [&mut [T]; N],
        items: &mut [S],
        f: &(impl Fn([&mut [T]; N], &mut S, &mut [T]) + Sync),
    ) {
        let (graph, shards, cuts) = (&self.graph, &self.shards[..self.active], &self.cuts);
        let (train, shard_rows) = (self.train, self.shard_rows);
        let locals = [&mut self.scratch[..], &mut self.made];
        let (bounds, first) = (&cuts.bounds[groups.start..=groups.end], groups.start);
        self.threads.for_each_piece(
            slices,
            bounds,
            &mut items[groups],
            locals,
            |i, pieces, item, [room, made]| {
                let (i, mut pieces) = (first + i, pieces);
                if pieces[0].is_empty() {
                    pieces[0] = &mut made[..cuts.bounds[i + 1] - cuts.bounds[i]];
                }
                let (parts, start) = (&cuts.parts[cuts.groups[i].clone()], cuts.bounds[i]);
                let node = parts[0].node;
                let (step, team) = (&graph.steps[node], &mut Team::alone(room));
                for (s, shard) in shards.iter().enumerate() {
                    // Without parameters: they are already on their way to their next values.
                    let given = shard.given((&[], buffers), x);
                    let at = shard.point(graph, node, given, graph.mode(train, node, s * shard_rows));
                    let dy = &shard.grads[step.dy.range(shard.rows)];
                    for Cut { part, range, .. } in parts {
                        let dw = &mut pieces[0][range.start - start..range.end - start];
                        let dw = if s == 0 { Grad::empty(dw) } else { Grad::new(dw) };
                        T::of_op(&*step.op).backward_param(&at, dy, part.clone(), dw, team);
                    }
                }
                f(pieces, item, room);
            },
        );
    }

    /// Which examples of the last pass lie together in one shard, shard by shard.
    pub fn shards(&self) -> impl Iterator<Item = Range<usize>> + '_ {
        (0..self.active).map(|s| s * self.shard_rows..s * self.shard_rows + self.shards[s].rows)
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
        self.shards[..self.active].iter().flat_map(|shard| shard.each[..shard.rows].iter().copied())
    }

    /// The network's output for every example of the last pass.
    pub fn output(&self) -> impl Iterator<Item = &[T]> + '_ {
        self.rows(self.graph.steps.len())
    }

    /// A value of every example of the last pass, where it is kept.
    fn rows(&self, value: usize) -> impl Iterator<Item = &[T]> + '_ {
        let place = &self.graph.values[value];
        let shards = self.shards[..self.active].iter();
        shards.flat_map(|shard| shard.values[place.range(shard.rows)].chunks_exact(place.shape.len()))
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

    /// How many examples of the last pass are right, where the loss has a notion of right.
    pub fn right(&self) -> Option<usize> {
        let decision = self.loss.decision()?;
        let right = |(i, x): (usize, &[T])| match decision {
            Decision::Largest => {
                // The first of equals, and never NaN.
                let mut best = 0;
                (1..x.len()).for_each(|j| best = if x[j] > x[best] { j } else { best });
                best == self.classes[i] as usize && !x[best].is_nan()
            }
            Decision::Above(threshold) => {
                let y = &self.values[i * self.width..(i + 1) * self.width];
                x.iter().zip(y).all(|(x, y)| !x.is_nan() && (x.f64() > threshold) == (y.f64() > 0.5))
            }
        };
        Some(self.output().enumerate().filter(|&example| right(example)).count())
    }

    /// Loss and accuracy over a whole data set, in evaluation mode, batch by batch.
    pub fn evaluate(&mut self, weights: &Weights<T>, data: &Dataset<T>) -> Metrics {
        let (mut sum, mut divisor, mut right) = (0.0, 0.0, Some(0));
        for from in (0..data.len()).step_by(self.capacity) {
            let rows = Rows::Range(from, (from + self.capacity).min(data.len()));
            let loss = self.pass(weights, Batch { data, rows }, Pass::EVALUATE);
            sum += loss * self.divisor;
            divisor += self.divisor;
            right = right.zip(self.right()).map(|(a, b)| a + b);
        }
        if self.loss.reduction() == Reduction::Sum {
            divisor = 1.0;
        }
        Metrics { loss: sum / divisor, accuracy: right.map(|right| right as f64 / data.len() as f64) }
    }
}

impl<T: Precision + LossPrecision, K: KeepGradients> Plan<T, K> {
    /// The loss's gradient by all parameters, of the last pass (which went back): overwrites `gradient`.
    pub fn gradient(&mut self, weights: &Weights<T>, gradient: &mut [T]) {
        let none = &mut vec![(); self.cuts.groups.len()];
        self.gradient_of(0..none.len(), &weights.buffers, &[], [gradient], none, &|_, (), _| {});
    }

    /// As [`Plan::gradient`], and calls `f` for every group of parts of the parameters as soon as its gradient is there,
    /// with that and with the same piece of `other`, which is as long as all parameters.
    pub fn gradient_and(
        &mut self,
        weights: &Weights<T>,
        gradient: &mut [T],
        other: &mut [T],
        f: impl Fn(&mut [T], &mut [T]) + Sync,
    ) {
        let none = &mut vec![(); self.cuts.groups.len()];
        let each = |[gradient, other]: [&mut [T]; 2], (): &mut (), _: &mut [T]| f(gradient, other);
        self.gradient_of(0..none.len(), &weights.buffers, &[], [gradient, other], none, &each);
    }

    /// Calls `f` for every group of parts of the parameters in parallel, with its pieces of the slices, its one of the
    /// `items`, and the thread's room for [`SCRATCH`] numbers.
    pub fn update<S: Send>(
        &mut self,
        slices: StepSlices<'_, T>,
        items: &mut [S],
        f: impl Fn(StepSlices<'_, T>, &mut S, &mut [T]) + Sync,
    ) {
        let each = |_, pieces: [&mut [T]; SLOTS + 2], item: &mut S, [room]: [&mut Aligned<T>; 1]| {
            f(StepSlices::from_array(pieces), item, room);
        };
        let scratch = [&mut self.scratch[..]];
        self.threads.for_each_piece(slices.into_array(), &self.cuts.bounds, items, scratch, each);
    }

    /// The point at which operation `node` stood in the last pass, for the examples of one shard; `weights` are those
    /// of the pass.
    pub fn point<'a>(&'a self, weights: &'a Weights<T>, node: usize, shard: usize) -> Point<'a, T> {
        let (shard, first) = (&self.shards[shard], shard * self.shard_rows);
        let given = shard.given((&weights.params, &weights.buffers), &[]);
        shard.point(&self.graph, node, given, self.graph.mode(self.train, node, first))
    }

    /// The loss's gradient by the output of operation `node` for the examples of one shard, [rows, shape], of the last
    /// pass (which went back), where the operation has parameters or the plan keeps all.
    pub fn pulled(&self, node: usize, shard: usize) -> &[T] {
        &self.shards[shard].grads[self.graph.grads[node + 1].range(self.shards[shard].rows)]
    }
}

impl<T: Precision + LossPrecision> Plan<T, keep::Step> {
    /// A pass, and for every group of parts of the parameters, as soon as its gradient is there, a call of `f` with
    /// its pieces of the slices (the gradient's too, where the slice of all of it is empty), of which it may change the
    /// parameters, with its one of the `items`, and with the thread's room for [`SCRATCH`] numbers. Returns the loss of
    /// the batch.
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
        let (pass, x) = (Pass { backward: true, ..pass }, batch.side_by_side());
        let loss = self.go((&*slices.params, buffers), x, batch, pass, !self.node_by_node);
        let each = |pieces: [&mut [T]; SLOTS + 2], item: &mut S, room: &mut [T]| {
            f(StepSlices::from_array(pieces), item, room);
        };
        if !self.node_by_node {
            self.gradient_of(0..items.len(), buffers, x, slices.into_array(), items, &each);
            return loss;
        }
        let StepSlices { gradient, params, mut slots } = slices;
        for node in (0..self.graph.steps.len()).rev() {
            let team = &mut Team::of(&self.threads, &mut self.scratch);
            let given = self.shards[0].given((&*params, buffers), x);
            self.shards[0].backward(&self.graph, node..node + 1, given, pass, 0, team);
            let slots = slots.each_mut().map(|slot| &mut **slot);
            let slices = StepSlices { gradient: &mut *gradient, params: &mut *params, slots };
            self.gradient_of(self.cuts.of_node[node].clone(), buffers, x, slices.into_array(), items, &each);
        }
        loss
    }
}

impl<T: Precision + LossPrecision> Plan<T, keep::All> {
    /// A value (0: the network's input, i + 1: the output of operation i) of every example of the last pass.
    pub fn value(&self, value: usize) -> impl Iterator<Item = &[T]> + '_ {
        self.rows(value)
    }

    /// The loss's gradient by a value, of every example of the last pass (which went back).
    pub fn value_gradient(&self, value: usize) -> impl Iterator<Item = &[T]> + '_ {
        let place = &self.graph.grads[value];
        let shards = self.shards[..self.active].iter();
        shards.flat_map(|shard| shard.grads[place.range(shard.rows)].chunks_exact(place.shape.len()))
    }
}

impl Graph {
    /// Mode of one operation in a pass: every operation has random numbers of its own.
    fn mode(&self, train: Option<u64>, node: usize, first_row: usize) -> Mode {
        match train {
            Some(key) => Mode::Train { key: key ^ self.steps[node].salt, first_row },
            None => Mode::Eval,
        }
    }
}

/// Takes the moments of the numbers that a shard has at a place, piece by piece of its examples; there are none of a
/// piece without examples.
fn take<T: Scalar>(
    pieces: &mut [ValueFacts],
    numbers: &[T],
    place: &Place,
    team: &mut Team<'_, T>,
    of: impl Fn(&mut ValueFacts) -> &mut Moments + Sync,
) {
    let piece = SHARD * place.shape.len();
    team.each(pieces, MOMENTS * numbers.len(), |i, facts| {
        let [from, to] = [i, i + 1].map(|i| (i * piece).min(numbers.len()));
        *of(facts) = Moments::of(&numbers[from..to]);
    });
}

impl<T: Precision> Shard<T> {
    /// With these parameters and buffers, and what the pass had of the inputs of the batch.
    fn given<'a>(&self, (params, buffers): (&'a [T], &'a [T]), x: &'a [T]) -> Given<'a, T> {
        Given { params, buffers, x: x.get(self.inputs.clone()).unwrap_or_default() }
    }

    /// Brings the inputs of its examples, from number `first` of the batch on.
    fn bring(&mut self, batch: Batch<'_, T>, first: usize, team: &mut Team<'_, T>) {
        let width = batch.data.shape().len();
        let inputs = &mut self.values[..self.rows * width];
        team.split(self.rows, [inputs], |rows, [x]| {
            let bring = |x: &mut [T], example: usize| {
                x.copy_from_slice(&batch.data.inputs()[example * width..][..x.len()]);
            };
            match batch.rows {
                Rows::Range(from, _) => bring(x, from + first + rows.start),
                Rows::Index(index) => {
                    let examples = &index[first + rows.start..];
                    x.chunks_exact_mut(width).zip(examples).for_each(|(x, example)| bring(x, *example));
                }
            }
        });
    }

    fn forward(
        &mut self,
        graph: &Graph,
        given: Given<'_, T>,
        pass: Pass,
        first: usize,
        team: &mut Team<'_, T>,
    ) {
        if pass.facts {
            // The first operation reads them next.
            let place = &graph.values[0];
            let x = if given.x.is_empty() { &self.values[place.range(self.rows)] } else { given.x };
            take(&mut self.facts, x, place, team, |facts| &mut facts.values[0]);
        }
        for (node, step) in graph.steps.iter().enumerate() {
            let place = step.y.range(self.rows);
            let (x, y) = Inputs::and_output(given.x, &mut self.values, place.clone(), &step.x, self.rows);
            let io = Forward {
                rows: self.rows,
                x,
                w: Parts::new(given.params, &step.params),
                buffers: Parts::new(given.buffers, &step.buffers),
                y,
                saved: &mut self.saved[step.saved.clone()],
                mode: graph.mode(pass.train, node, first),
            };
            T::of_op(&*step.op).forward(io, team);
            if pass.facts {
                let y = &self.values[place];
                take(&mut self.facts, y, &step.y, team, |facts| &mut facts.values[node + 1]);
            }
        }
    }

    // Inlined into both of its callers: it is a tenth of the smallest steps.
    #[inline(always)]
    fn backward(
        &mut self,
        graph: &Graph,
        nodes: Range<usize>,
        given: Given<'_, T>,
        pass: Pass,
        first: usize,
        team: &mut Team<'_, T>,
    ) {
        let mut grads = std::mem::take(&mut self.grads);
        for node in nodes.rev().filter(|node| graph.steps[*node].back) {
            let step = &graph.steps[node];
            let place = step.dy.range(self.rows);
            let (dx, dy) = InputGrads::and_output(&mut grads, place, &step.dx, &step.pulls, self.rows);
            if pass.facts {
                take(&mut self.facts, dy, &step.dy, team, |facts| &mut facts.gradients[node + 1]);
            }
            let at = self.point(graph, node, given, graph.mode(pass.train, node, first));
            T::of_op(&*step.op).backward(&at, dy, dx, team);
        }
        self.grads = grads;
    }

    // Inlined, as `backward` is: the smallest steps have nearly as many of these as products.
    #[inline(always)]
    fn point<'a>(&'a self, graph: &'a Graph, node: usize, given: Given<'a, T>, mode: Mode) -> Point<'a, T> {
        let step = &graph.steps[node];
        Point {
            rows: self.rows,
            x: Inputs::new(given.x, &self.values, &step.x, self.rows),
            w: Parts::new(given.params, &step.params),
            buffers: Parts::new(given.buffers, &step.buffers),
            y: &self.values[step.y.range(self.rows)],
            saved: &self.saved[step.saved.clone()],
            mode,
        }
    }
}
