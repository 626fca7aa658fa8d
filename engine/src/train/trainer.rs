//! One training step: forward, backward, update.

use super::{Real, Slots, State};
use crate::data::{Dataset, Targets};
use crate::facts::{Metrics, Moments, StepFacts};
use crate::kernel::update::{Clipping, Frozen, Piece, UpdateFacts};
use crate::kernel::{Aligned, Scalar, Threads, random};
use crate::loss::{LossFunction, Mismatch, TargetKind};
use crate::network::{
    Batch, Error, Network, ParamSlice, Partition, Pass, Plan, Rows, StepSlices, Weights, keep,
};
use crate::optim::{Apply, Clip, Optimizer, Schedule, Shared};
use std::ops::Range;
use std::sync::Arc;

/// What a trainer is told beside network, loss and optimizer.
#[derive(Clone, Debug)]
pub struct Options {
    /// Examples in a batch: the most that a step can take, and as many as [`super::fit`] gives it.
    pub batch: usize,
    /// Threads to use; the result does not depend on them.
    pub threads: Threads,
    /// Decides the starting weights, the order of the examples and all randomness of the steps.
    pub seed: u64,
    /// What keeps a gradient from being too large.
    pub clip: Clip,
    /// How the learning rate changes.
    pub schedule: Schedule,
}

impl Default for Options {
    fn default() -> Options {
        let (threads, schedule) = (Threads::default(), Schedule::default());
        Options { batch: 32, threads, seed: 0, clip: Clip::Off, schedule }
    }
}

impl Options {
    /// Address of the random numbers of the step after `steps` updates.
    pub fn key(&self, steps: u64) -> u64 {
        random::derive(self.seed, "step", steps)
    }
}

/// Trains a network, step by step.
#[derive(Debug)]
pub struct Trainer<T> {
    network: Arc<Network>,
    loss: Arc<dyn LossFunction>,
    optimizer: Arc<dyn Optimizer>,
    options: Options,
    plan: StepPlan<T>,
    state: State<T>,
    /// Kept where its norm is needed before the first weight changes; else empty.
    gradient: Aligned<T>,
    groups: Vec<Group>,
    facts: StepFacts,
    /// Of the last step, before its update.
    batch_loss: f64,
    lr: f64,
}

/// The plan of a trainer's steps.
#[derive(Debug)]
enum StepPlan<T> {
    /// Every part of the weights is updated as soon as its gradient is there.
    Parts(Plan<T, keep::Step>),
    /// The whole gradient is there before the first weight changes: clipping needs its norm.
    Whole(Plan<T, keep::Training>),
}

/// Evaluates an expression with either plan.
macro_rules! either {
    ($of:expr, $plan:ident => $with:expr) => {
        match $of {
            StepPlan::Parts($plan) => $with,
            StepPlan::Whole($plan) => $with,
        }
    };
}

/// A group of parts of the parameters, see [`Partition`].
#[derive(Debug)]
struct Group {
    /// Where it stands among all parameters.
    range: Range<usize>,
    /// Whether the optimizer leaves it alone.
    frozen: bool,
    parts: Vec<GroupPart>,
}

#[derive(Debug)]
struct GroupPart {
    /// Of which parameter.
    param: usize,
    /// Where it begins and ends in the group.
    range: Range<usize>,
    /// What the last step with facts left of it.
    facts: UpdateFacts,
}

impl Group {
    /// All groups of the partition.
    fn all(partition: &Partition, network: &Network) -> Vec<Group> {
        let group = |(range, parts): (Range<usize>, &[ParamSlice])| {
            let part = |part: &ParamSlice| GroupPart {
                param: part.param,
                range: part.range.start - range.start..part.range.end - range.start,
                facts: UpdateFacts::default(),
            };
            let frozen = network.params()[parts[0].param].frozen;
            Group { frozen, parts: parts.iter().map(part).collect(), range }
        };
        partition.groups().map(group).collect()
    }
}

impl<T: Real> Trainer<T> {
    /// Compiles everything, and starts from the weights that `options.seed` gives.
    ///
    /// # Errors
    /// Where the network has no operations, its output does not suit the loss, or the batch size is 0.
    pub fn new(
        network: Network,
        loss: Arc<dyn LossFunction>,
        optimizer: Arc<dyn Optimizer>,
        options: Options,
    ) -> Result<Trainer<T>, Error> {
        if options.batch == 0 {
            return Err(Error::NoBatch);
        }
        let weights = Weights::init(&network, options.seed);
        let slots = Slots::start(&*optimizer, network.param_count());
        Trainer::at(State { steps: 0, weights, slots }, Arc::new(network), loss, optimizer, options)
    }

    /// Compiles everything, and goes on from a state.
    fn at(
        state: State<T>,
        network: Arc<Network>,
        loss: Arc<dyn LossFunction>,
        optimizer: Arc<dyn Optimizer>,
        options: Options,
    ) -> Result<Trainer<T>, Error> {
        let (batch, threads, of_plan) = (options.batch, &options.threads, Arc::clone(&loss));
        let (plan, kept) = match options.clip {
            Clip::Norm(_) => {
                let plan = Plan::new(&network, of_plan, batch, threads, keep::Training)?;
                (StepPlan::Whole(plan), network.param_count())
            }
            _ => (StepPlan::Parts(Plan::new(&network, of_plan, batch, threads, keep::Step)?), 0),
        };
        Ok(Trainer {
            groups: either!(&plan, plan => Group::all(plan.partition(), &network)),
            state,
            gradient: Aligned::zeros_apart(kept, 1),
            facts: StepFacts::default(),
            batch_loss: 0.0,
            lr: 0.0,
            network,
            loss,
            optimizer,
            options,
            plan,
        })
    }

    /// Refuses data that the network or the loss cannot take, and data without examples.
    pub fn check(&self, data: &Dataset<T>) -> Result<(), Error> {
        if data.is_empty() {
            return Err(Error::NoExamples);
        }
        let checked: Result<(), Error> = either!(&self.plan, plan => plan.check(data));
        checked.map_err(|error| match error {
            Error::Loss(mismatch) => Error::Loss(mismatch.in_rows(data.rows())),
            error => error,
        })
    }

    /// One update from the examples of `batch` (of data that [`Trainer::check`] accepted); returns their loss
    /// before it.
    ///
    /// # Panics
    /// Where the batch is larger than [`Options::batch`] or empty, or the data lacks one of its rows or has other shapes
    /// than the network's.
    pub fn step(&mut self, batch: Batch<'_, T>) -> f64 {
        self.update(batch, false)
    }

    /// As [`Trainer::step`], and leaves [`Trainer::facts`]. The update is the same, bit for bit.
    pub fn step_with_facts(&mut self, batch: Batch<'_, T>) -> f64 {
        let loss = self.update(batch, true);
        either!(&self.plan, plan => plan.facts(&mut self.facts));
        let StepFacts { params, param_gradients, param_updates, predicted, measured, .. } = &mut self.facts;
        (*predicted, *measured) = (0.0, None);
        for moments in [&mut *params, &mut *param_gradients, &mut *param_updates] {
            moments.clear();
            moments.resize(self.network.params().len(), Moments::default());
        }
        for GroupPart { param, facts, .. } in self.groups.iter().flat_map(|group| &group.parts) {
            params[*param].merge(&facts.weight);
            param_gradients[*param].merge(&facts.gradient);
            param_updates[*param].merge(&facts.change);
            *predicted += facts.predicted;
        }
        loss
    }

    /// Measures the change of the loss that the last step made on its `batch`, by another forward pass, for
    /// [`Trainer::facts`].
    ///
    /// # Panics
    /// Before the first step, and as [`Trainer::step`].
    pub fn measure(&mut self, batch: Batch<'_, T>) {
        let key = self.options.key(self.state.steps - 1);
        let again = Pass { backward: false, ..Pass::train(key) };
        let loss = either!(&mut self.plan, plan => plan.pass(&self.state.weights, batch, again));
        self.facts.measured = Some(loss - self.batch_loss);
    }

    /// The gradient of the batch's loss by all parameters, in the order of [`Weights::params`]: what the next step would
    /// use for it, random numbers and all, before clipping. Nothing changes.
    ///
    /// # Panics
    /// As [`Trainer::step`].
    pub fn gradient(&mut self, batch: Batch<'_, T>) -> Vec<T> {
        let pass = Pass::train(self.options.key(self.state.steps));
        let (weights, mut gradient) = (&mut self.state.weights, vec![T::zero(); self.network.param_count()]);
        match &mut self.plan {
            StepPlan::Parts(plan) => {
                let (params, slots) = (&mut weights.params[..], [&mut [][..], &mut [], &mut []]);
                let slices = StepSlices { gradient: &mut gradient, params, slots };
                plan.step(slices, &weights.buffers, batch, pass, &mut self.groups, |_, _, _| ());
            }
            StepPlan::Whole(plan) => {
                plan.pass(weights, batch, pass);
                plan.gradient(weights, &mut gradient);
            }
        }
        gradient
    }

    /// Of the last step, before its update: how many examples were right, where the loss has a notion of right, and what
    /// the sum of their losses was divided by.
    pub(super) fn outcome(&self) -> (Option<usize>, f64) {
        either!(&self.plan, plan => (plan.right(), plan.divisor()))
    }

    fn update(&mut self, batch: Batch<'_, T>, facts: bool) -> f64 {
        let pass = Pass { facts, ..Pass::train(self.options.key(self.state.steps)) };
        self.lr = self.options.schedule.lr(self.optimizer.lr(), self.state.steps);
        self.state.steps += 1;
        let shared = self.optimizer.shared(self.state.steps, self.lr);
        let mut change =
            Change { optimizer: T::of_optimizer(&*self.optimizer), shared, clipping: None, facts };
        let (gradient, groups) = (&mut self.gradient[..], &mut self.groups);
        let State { weights, slots, .. } = &mut self.state;
        let slots = slots.numbers_mut().each_mut().map(|slot| &mut slot[..]);
        self.batch_loss = match &mut self.plan {
            StepPlan::Parts(plan) => {
                if let Clip::Value(limit) = self.options.clip {
                    change.clip(1.0, limit);
                }
                let slices = StepSlices { gradient, params: &mut weights.params, slots };
                plan.step(slices, &weights.buffers, batch, pass, groups, |slices, group, scratch| {
                    change.make(slices, group, scratch);
                })
            }
            StepPlan::Whole(plan) => {
                let loss = plan.pass(weights, batch, pass);
                plan.gradient(weights, gradient);
                if let Clip::Norm(max) = self.options.clip {
                    change.clip((max / (norm(gradient, groups) + 1e-6)).min(1.0), f64::INFINITY);
                }
                let slices = StepSlices { gradient, params: &mut weights.params, slots };
                plan.update(slices, groups, |slices, group, scratch| change.make(slices, group, scratch));
                loss
            }
        };
        either!(&self.plan, plan => plan.track(&mut self.state.weights));
        self.batch_loss
    }

    /// Refuses outputs of the next step's `batch` that the loss does not take. Nothing changes.
    ///
    /// # Panics
    /// As [`Trainer::step`].
    pub fn check_outputs(&mut self, batch: Batch<'_, T>) -> Result<(), Error> {
        let Some(domain) = self.loss.domain() else { return Ok(()) };
        let pass = Pass { backward: false, ..Pass::train(self.options.key(self.state.steps)) };
        either!(&mut self.plan, plan => {
            plan.pass(&self.state.weights, batch, pass);
            let outside = plan.output().enumerate().find_map(|(example, outputs)| {
                let at = outputs.iter().position(|x| domain.lacks(x.f64()))?;
                Some((example, at, outputs[at].f64()))
            });
            let Some((example, at, value)) = outside else { return Ok(()) };
            let last = self.network.nodes().last().map_or("", |node| &node.name);
            let name = format!("{last}[{at}]");
            let (loss, example) = (self.loss.name(), batch.data.rows()[batch.row(example)] as usize);
            Err(Mismatch::Outside { loss, domain, value, name, example }.into())
        })
    }

    /// Loss and accuracy on a data set, in evaluation mode.
    ///
    /// # Errors
    /// Where there are no examples, or the network or the loss cannot take them.
    pub fn evaluate(&mut self, data: &Dataset<T>) -> Result<Metrics, Error> {
        self.check(data)?;
        Ok(either!(&mut self.plan, plan => plan.evaluate(&self.state.weights, data)))
    }

    /// The network's output for examples that may have no targets, in evaluation mode: [examples, output's shape] for
    /// `inputs` [examples, input's shape].
    ///
    /// # Errors
    /// Where the inputs are no whole examples, or not finite.
    pub fn predict(&mut self, inputs: &[T]) -> Result<Vec<T>, Error> {
        let [shape, output] =
            [self.network.input(), self.network.output()].map(|value| self.network.shape(value));
        // Nobody asks for the loss, but a pass has one: these are targets that every network can take.
        let targets = |examples: usize| match self.loss.wants() {
            TargetKind::Classes => Targets::Classes(vec![0; examples]),
            TargetKind::Values => {
                let width = output.len();
                Targets::Values { data: vec![T::zero(); examples * width], width }
            }
        };
        let mut outputs = Vec::with_capacity(inputs.len() / shape.len().max(1) * output.len());
        // As many at a time as a pass takes: a copy of all would take as much memory again.
        for (at, inputs) in inputs.chunks(self.options.batch * shape.len().max(1)).enumerate() {
            let examples = inputs.len() / shape.len().max(1);
            let data = Dataset::new(inputs.to_vec(), shape.clone(), targets(examples));
            let data = data.map_err(|error| error.further_down(at * self.options.batch))?;
            let batch = Batch { data: &data, rows: Rows::Range(0, examples) };
            either!(&mut self.plan, plan => {
                plan.pass(&self.state.weights, batch, Pass::EVALUATE);
                outputs.extend(plan.output().flatten());
            });
        }
        Ok(outputs)
    }

    /// Goes on from a state that a trainer of the same network and optimizer had. Connections that are left out stay out.
    ///
    /// # Errors
    /// Where the state has other counts of numbers, or what another optimizer keeps.
    pub fn restore(&mut self, state: State<T>) -> Result<(), Error> {
        state.check(&self.network, &*self.optimizer)?;
        self.state = state;
        self.state.weights.mask(&self.network);
        Ok(())
    }

    /// What the steps so far have made.
    pub fn state(&self) -> &State<T> {
        &self.state
    }

    /// Goes on from these weights, but connections that are left out stay out; all else stays as it is.
    ///
    /// # Errors
    /// Where they are not as many as the network's.
    pub fn set_weights(&mut self, weights: Weights<T>) -> Result<(), Error> {
        weights.check(&self.network)?;
        self.state.weights = weights;
        self.state.weights.mask(&self.network);
        Ok(())
    }

    /// From the next step on the learning rate changes so.
    pub fn set_schedule(&mut self, schedule: Schedule) {
        self.options.schedule = schedule;
    }

    /// What the last [`Trainer::step_with_facts`] left.
    pub fn facts(&self) -> &StepFacts {
        &self.facts
    }

    /// The learning rate of the last step.
    pub fn lr(&self) -> f64 {
        self.lr
    }

    /// The network.
    pub fn network(&self) -> &Arc<Network> {
        &self.network
    }

    /// The loss.
    pub fn loss(&self) -> &Arc<dyn LossFunction> {
        &self.loss
    }

    /// The optimizer.
    pub fn optimizer(&self) -> &Arc<dyn Optimizer> {
        &self.optimizer
    }

    /// What it was told.
    pub fn options(&self) -> &Options {
        &self.options
    }
}

impl<T: Real> Clone for Trainer<T> {
    /// A trainer that goes on from the same state, with buffers of its own.
    fn clone(&self) -> Trainer<T> {
        let (network, loss, optimizer) = (self.network.clone(), self.loss.clone(), self.optimizer.clone());
        let copy = Trainer::at(self.state.clone(), network, loss, optimizer, self.options.clone());
        copy.expect("it was built from these before")
    }
}

/// ‖g‖ over all trained parameters; also where the squares of an f64 overflow.
fn norm<T: Scalar>(gradient: &[T], groups: &[Group]) -> f64 {
    let scaled = |s: f64| {
        let square = |g: &T| (g.f64() * s) * (g.f64() * s);
        let squares = |group: &Group| gradient[group.range.clone()].iter().map(square).sum::<f64>();
        groups.iter().filter(|group| !group.frozen).map(squares).sum::<f64>().sqrt() / s
    };
    match scaled(1.0) {
        norm if norm.is_finite() => norm,
        _ => scaled(gradient.iter().fold(0.0, |most: f64, g| most.max(g.f64().abs())).recip()),
    }
}

/// What a step does with every group of parts of the parameters.
struct Change<'a, T> {
    optimizer: &'a dyn Apply<T>,
    shared: Shared,
    clipping: Option<Clipping<T>>,
    facts: bool,
}

impl<T: Scalar> Change<'_, T> {
    /// Clips the gradient first, where that changes anything.
    fn clip(&mut self, scale: f64, limit: f64) {
        let clipping = Clipping { scale: T::of(scale), limit: T::of(limit) };
        self.clipping = (scale < 1.0 || limit.is_finite()).then_some(clipping);
    }

    /// Updates the weights of a group by their gradient; with facts, part by part.
    fn make(&self, slices: StepSlices<'_, T>, group: &mut Group, scratch: &mut [T]) {
        let StepSlices { gradient: g, params: w, mut slots } = slices;
        let update = |piece: Piece<'_, T>| match group.frozen {
            true => piece.apply(Frozen),
            false => self.optimizer.update(self.shared, piece),
        };
        let clipping = self.clipping;
        if self.facts {
            for GroupPart { range, facts, .. } in &mut group.parts {
                *facts = UpdateFacts::default();
                let (w, g) = (&mut w[range.clone()], &g[range.clone()]);
                // Slots that are not kept are empty.
                let slots = slots.each_mut().map(|slot| slot.get_mut(range.clone()).unwrap_or_default());
                update(Piece { w, g, slots, clipping, facts: Some((facts, scratch)) });
            }
        } else if !group.frozen {
            update(Piece { w, g, slots, clipping, facts: None });
        }
    }
}
