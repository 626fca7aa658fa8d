//! One training step: forward, backward, update.

use super::Real;
use crate::data::Dataset;
use crate::facts::{Metrics, Moments, StepFacts};
use crate::kernel::update::{Clipping, Frozen, Piece, UpdateFacts};
use crate::kernel::{Aligned, Scalar, random};
use crate::loss::LossFunction;
use crate::network::{Batch, Cut, Error, Keep, Network, Pass, Plan, Weights};
use crate::optim::{Clip, Optimizer, SLOTS, Schedule, Shared, Update};
use std::ops::Range;
use std::sync::Arc;

/// What a trainer is told beside network, loss and optimizer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// Examples in a batch: the most that a step can take, and as many as [`super::fit`] gives it.
    pub batch: usize,
    /// Threads to use; the result does not depend on it.
    pub threads: usize,
    /// Decides the starting weights, the order of the examples and all randomness of the steps.
    pub seed: u64,
    /// What keeps a gradient from being too large.
    pub clip: Clip,
    /// How the learning rate changes.
    pub schedule: Schedule,
}

impl Default for Options {
    fn default() -> Options {
        Options { batch: 32, threads: 1, seed: 0, clip: Clip::Off, schedule: Schedule::default() }
    }
}

impl Options {
    /// Address of the random numbers of the step after `steps` updates.
    pub fn key(&self, steps: u64) -> u64 {
        random::derive(self.seed, "step", steps)
    }
}

/// All that a training step changes: enough to go on from, bit for bit.
#[derive(Clone, Debug, PartialEq)]
pub struct State<T> {
    /// Updates done.
    pub steps: u64,
    /// The network's numbers.
    pub weights: Weights<T>,
    /// What the optimizer keeps for each weight, in the order of [`crate::optim::Rule::slots`]; empty where it
    /// keeps less.
    pub slots: [Aligned<T>; SLOTS],
}

/// Trains a network, step by step.
#[derive(Debug)]
pub struct Trainer<T> {
    network: Arc<Network>,
    loss: Arc<dyn LossFunction>,
    optimizer: Arc<dyn Optimizer>,
    options: Options,
    plan: Plan<T>,
    state: State<T>,
    /// Kept where its norm is needed before the first weight changes, or somebody asks for it; else empty.
    gradient: Aligned<T>,
    groups: Vec<Group>,
    facts: StepFacts,
    /// Of the last step, before its update.
    batch_loss: f64,
    lr: f64,
}

/// A group of parts of the parameters, see [`Plan::group`].
#[derive(Debug)]
struct Group {
    /// Whether the optimizer leaves it alone.
    frozen: bool,
    /// Where each of its parts begins and ends in it, and what the last step with facts left of it.
    parts: Vec<(Range<usize>, UpdateFacts)>,
}

impl<T: Real> Trainer<T> {
    /// Compiles everything, and starts from the weights that `options.seed` gives.
    pub fn new(
        network: Network,
        loss: Arc<dyn LossFunction>,
        optimizer: Arc<dyn Optimizer>,
        options: Options,
    ) -> Result<Trainer<T>, Error> {
        let weights = Weights::init(&network, options.seed);
        // The update walks weights, gradient and slots side by side.
        let mut slots: [Aligned<T>; SLOTS] = Default::default();
        for (i, (slot, kept)) in slots.iter_mut().zip(optimizer.slots()).enumerate() {
            *slot = Aligned::zeros_apart(network.param_count(), 2 + i);
            slot.fill(T::of(kept.start));
        }
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
        // The gradient's norm has to be there before the first weight changes.
        let whole = matches!(options.clip, Clip::Norm(_));
        let keep = if whole { Keep::Training } else { Keep::Step };
        let plan = Plan::new(&network, Arc::clone(&loss), options.batch, options.threads, keep)?;
        let group = |i: usize| {
            let (start, parts) = (plan.bounds()[i], plan.group(i));
            let range = |part: &Cut| part.range.start - start..part.range.end - start;
            Group {
                frozen: network.params()[parts[0].param].frozen,
                parts: parts.iter().map(|part| (range(part), UpdateFacts::default())).collect(),
            }
        };
        Ok(Trainer {
            groups: (0..plan.bounds().len() - 1).map(group).collect(),
            state,
            gradient: Aligned::zeros_apart(if whole { network.param_count() } else { 0 }, 1),
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

    /// Refuses data that the network or the loss cannot take.
    pub fn check(&self, data: &Dataset<T>) -> Result<(), Error> {
        self.plan.check(data)
    }

    /// One update from the examples of `batch` (of data that [`Trainer::check`] accepted); returns their loss
    /// before it.
    pub fn step(&mut self, batch: Batch<'_, T>) -> f64 {
        self.go(batch, false)
    }

    /// As [`Trainer::step`], and leaves [`Trainer::facts`]. The update is the same, bit for bit.
    pub fn step_with_facts(&mut self, batch: Batch<'_, T>) -> f64 {
        let loss = self.go(batch, true);
        self.plan.facts(&mut self.facts);
        let StepFacts { params, param_gradients, param_updates, predicted, measured, .. } = &mut self.facts;
        (*predicted, *measured) = (0.0, None);
        for moments in [&mut *params, &mut *param_gradients, &mut *param_updates] {
            moments.clear();
            moments.resize(self.network.params().len(), Moments::default());
        }
        for (i, group) in self.groups.iter().enumerate() {
            for (cut, (_, part)) in self.plan.group(i).iter().zip(&group.parts) {
                params[cut.param].merge(&part.weight);
                param_gradients[cut.param].merge(&part.gradient);
                param_updates[cut.param].merge(&part.change);
                *predicted += part.predicted;
            }
        }
        loss
    }

    /// Measures the change of the loss that the last step made on its `batch`, by another forward pass, for
    /// [`Trainer::facts`].
    pub fn measure(&mut self, batch: Batch<'_, T>) {
        let key = self.options.key(self.state.steps - 1);
        let again = Pass { backward: false, ..Pass::train(key) };
        self.facts.measured = Some(self.plan.pass(&self.state.weights, batch, again) - self.batch_loss);
    }

    /// As [`Trainer::step`]; returns the gradient of the batch's loss that it used, before clipping.
    pub(crate) fn step_with_gradient(&mut self, batch: Batch<'_, T>) -> &[T] {
        if self.gradient.is_empty() {
            self.gradient = Aligned::zeros_apart(self.network.param_count(), 1);
        }
        self.step(batch);
        &self.gradient
    }

    fn go(&mut self, batch: Batch<'_, T>, facts: bool) -> f64 {
        let pass = Pass { facts, ..Pass::train(self.options.key(self.state.steps)) };
        self.lr = self.options.schedule.lr(self.optimizer.lr(), self.state.steps);
        self.state.steps += 1;
        let shared = self.optimizer.shared(self.state.steps, self.lr);
        let (mut scale, mut limit) = (1.0, f64::INFINITY);
        if let Clip::Norm(max) = self.options.clip {
            self.batch_loss = self.plan.pass(&self.state.weights, batch, pass);
            self.plan.gradient(&self.state.weights, &mut self.gradient);
            scale = (max / (self.gradient_norm() + 1e-6)).min(1.0);
        } else if let Clip::Value(max) = self.options.clip {
            limit = max;
        }
        let clipping = Clipping { scale: T::of(scale), limit: T::of(limit) };
        let clipping = (scale < 1.0 || limit.is_finite()).then_some(clipping);
        let change = Change { shared, clipping, facts };
        let optimizer = T::of_optimizer(&*self.optimizer);
        let f = |_, pieces: [&mut [T]; SLOTS + 2], group: &mut Group, room: &mut [T]| {
            change.make(optimizer, pieces, group, room);
        };
        let (State { weights, slots: [s0, s1, s2], .. }, groups) = (&mut self.state, &mut self.groups);
        let slices = [&mut self.gradient[..], &mut weights.params, s0, s1, s2];
        match self.options.clip {
            Clip::Norm(_) => self.plan.each_group_with(slices, groups, f),
            _ => self.batch_loss = self.plan.step(slices, &weights.buffers, batch, pass, groups, f),
        }
        self.plan.track(&mut self.state.weights);
        self.batch_loss
    }

    /// ‖g‖ over all trained parameters, where the gradient is kept.
    fn gradient_norm(&self) -> f64 {
        let bounds = self.plan.bounds().windows(2);
        let trained = bounds.zip(&self.groups).filter(|(_, group)| !group.frozen);
        let squares = trained
            .map(|(part, _)| self.gradient[part[0]..part[1]].iter().map(|g| g.f64() * g.f64()).sum::<f64>());
        squares.sum::<f64>().sqrt()
    }

    /// Loss and accuracy on a data set, in evaluation mode.
    pub fn evaluate(&mut self, data: &Dataset<T>) -> Metrics {
        self.plan.evaluate(&self.state.weights, data)
    }

    /// Goes on from a state that a trainer of the same network and optimizer had.
    ///
    /// # Errors
    /// Where the state has other counts of numbers.
    pub fn restore(&mut self, state: State<T>) -> Result<(), Error> {
        let counts = |state: &State<T>| {
            let slots = state.slots.each_ref().map(|slot| slot.len());
            (state.weights.params.len(), state.weights.buffers.len(), slots)
        };
        if counts(&state) != counts(&self.state) {
            let name = "all parameters together".to_string();
            let shape = [self.state.weights.params.len()].into();
            return Err(Error::ParamSize { name, shape, got: state.weights.params.len() });
        }
        self.state = state;
        Ok(())
    }

    /// What the steps so far have made.
    pub fn state(&self) -> &State<T> {
        &self.state
    }

    /// The network's numbers, to be set before training.
    pub fn weights_mut(&mut self) -> &mut Weights<T> {
        &mut self.state.weights
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
        let copy = Trainer::at(self.state.clone(), network, loss, optimizer, self.options);
        copy.expect("it was built from these before")
    }
}

/// What a step does with every group of parts of the parameters.
struct Change<T> {
    shared: Shared,
    clipping: Option<Clipping<T>>,
    facts: bool,
}

impl<T: Scalar> Change<T> {
    /// Updates the weights of a group; with facts, part by part.
    fn make(
        &self,
        optimizer: &dyn Update<T>,
        mut pieces: [&mut [T]; SLOTS + 2],
        group: &mut Group,
        room: &mut [T],
    ) {
        let frozen = group.frozen;
        let update = |[g, w, s0, s1, s2]: [&mut [T]; SLOTS + 2],
                      facts: Option<(&mut UpdateFacts, &mut [T])>| {
            let piece = Piece { w, g, slots: [s0, s1, s2], clipping: self.clipping, facts };
            if frozen { piece.each(Frozen) } else { optimizer.update(self.shared, piece) }
        };
        if self.facts {
            for (range, facts) in &mut group.parts {
                *facts = UpdateFacts::default();
                // Slots that are not kept are empty.
                let part = pieces.each_mut().map(|x| x.get_mut(range.clone()).unwrap_or_default());
                update(part, Some((facts, room)));
            }
        } else if !frozen {
            update(pieces, None);
        }
    }
}
