//! One training step: forward, backward, update.

use super::Real;
use crate::data::Dataset;
use crate::kernel::moments::Moments;
use crate::kernel::{Aligned, random};
use crate::loss::LossFunction;
use crate::network::{Batch, Error, Facts, Metrics, Network, Pass, Plan, Weights};
use crate::optim::{Clip, Optimizer, SLOTS, Schedule};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What a trainer is told beside network, loss and optimizer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// The most examples in a batch.
    pub batch: usize,
    /// Threads to use; the result does not depend on it.
    pub threads: usize,
    /// Decides the starting weights and all randomness of the steps.
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
    pub slots: [Vec<T>; SLOTS],
}

/// What one step left behind for those who watch.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StepFacts {
    /// Of each operation's output and its gradient.
    pub values: Facts,
    /// Of each parameter before the update.
    pub weight: Vec<Moments>,
    /// Of the loss's gradient by each parameter, before clipping.
    pub weight_gradient: Vec<Moments>,
    /// Of each parameter's change.
    pub weight_update: Vec<Moments>,
    /// Σ g·Δw: the change of the loss that the gradient predicts for this update.
    pub predicted: f64,
    /// The change of the loss on the same batch, by another forward pass.
    pub measured: f64,
}

/// Trains a network, step by step.
#[derive(Debug)]
pub struct Trainer<T> {
    network: Arc<Network>,
    optimizer: Arc<dyn Optimizer>,
    options: Options,
    plan: Plan<T>,
    state: State<T>,
    gradient: Aligned<T>,
    /// Of a step with facts: weights before it, and the gradient before clipping.
    before: Vec<T>,
    raw: Vec<T>,
    /// Which parts of the parameters the optimizer leaves alone.
    frozen: Arc<[bool]>,
    facts: StepFacts,
    lr: f64,
}

impl<T: Real> Trainer<T> {
    /// Compiles everything, and starts from the weights that `options.seed` gives.
    pub fn new(
        network: Network,
        loss: Arc<dyn LossFunction>,
        optimizer: Arc<dyn Optimizer>,
        options: Options,
    ) -> Result<Trainer<T>, Error> {
        let network = Arc::new(network);
        let plan = Plan::new(&network, loss, options.batch, options.threads, false)?;
        let count = network.param_count();
        let weights = Weights::init(&network, options.seed);
        let mut slots = std::array::from_fn(|_| vec![]);
        for (slot, start) in slots.iter_mut().zip(optimizer.slots()) {
            *slot = vec![T::of(start.start); count];
        }
        let frozen = (0..plan.bounds().len() - 1).map(|i| {
            let (node, param) = plan.part(i);
            network.params()[network.nodes()[node].params.start + param].frozen
        });
        Ok(Trainer {
            frozen: frozen.collect(),
            state: State { steps: 0, weights, slots },
            gradient: Aligned::zeros(count),
            before: vec![],
            raw: vec![],
            facts: StepFacts::default(),
            lr: 0.0,
            network,
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
        let key = self.key();
        let loss = self.plan.pass(&self.state.weights, batch, Pass::train(key));
        self.plan.track(&mut self.state.weights);
        match self.options.clip {
            // The gradient's norm has to be there before the first weight changes.
            Clip::Norm(_) => {
                self.plan.gradient(&self.state.weights, &mut self.gradient);
                self.update();
            }
            _ => self.gradient_and_update(),
        }
        loss
    }

    /// As [`Trainer::step`], and leaves [`Trainer::facts`]; costs one more forward pass. The update is the same,
    /// bit for bit.
    pub fn step_with_facts(&mut self, batch: Batch<'_, T>) -> f64 {
        let pass = Pass { facts: true, ..Pass::train(self.key()) };
        let loss = self.plan.pass(&self.state.weights, batch, pass);
        self.plan.facts(&mut self.facts.values);
        self.plan.gradient(&self.state.weights, &mut self.gradient);
        by_param(&self.network, &self.state.weights.params, &mut self.facts.weight);
        by_param(&self.network, &self.gradient, &mut self.facts.weight_gradient);
        self.before.clone_from(&self.state.weights.params);
        self.raw.clear();
        self.raw.extend_from_slice(&self.gradient);
        self.plan.track(&mut self.state.weights);
        self.update();
        let mut predicted = 0.0;
        for ((g, w), before) in self.raw.iter().zip(&self.state.weights.params).zip(&mut self.before) {
            *before = *w - *before; // from here on, the change
            predicted += g.f64() * before.f64();
        }
        by_param(&self.network, &self.before, &mut self.facts.weight_update);
        self.facts.predicted = predicted;
        let again = Pass { backward: false, facts: false, ..pass };
        self.facts.measured = self.plan.pass(&self.state.weights, batch, again) - loss;
        loss
    }

    /// Address of the next step's random numbers.
    fn key(&self) -> u64 {
        self.options.key(self.state.steps)
    }

    /// What the step does with each part of the parameters, in the order of [`Trainer::slices`]: clips its gradient
    /// (by a factor, and to a largest magnitude) and updates it.
    fn change(&mut self) -> impl Fn(usize, [&mut [T]; SLOTS + 2]) + Sync + use<T> {
        let (t, lr) = (self.state.steps + 1, self.options.schedule.lr(self.optimizer.lr(), self.state.steps));
        let (mut scale, mut limit) = (1.0, f64::INFINITY);
        match self.options.clip {
            Clip::Off => {}
            Clip::Norm(max) => scale = (max / (self.gradient_norm() + 1e-6)).min(1.0),
            Clip::Value(max) => limit = max,
        }
        let clips = scale < 1.0 || limit.is_finite();
        (self.state.steps, self.lr) = (t, lr);
        let (frozen, optimizer) = (Arc::clone(&self.frozen), Arc::clone(&self.optimizer));
        move |part, [g, w, s0, s1, s2]| {
            if clips {
                let (scale, limit) = (T::of(scale), T::of(limit));
                for g in g.iter_mut() {
                    let scaled = *g * scale;
                    // NaN stays NaN.
                    *g = if scaled.abs() > limit { limit.copysign(scaled) } else { scaled };
                }
            }
            if !frozen[part] {
                T::of_optimizer(&*optimizer).update(t, lr, w, g, [s0, s1, s2]);
            }
        }
    }

    /// Clips the gradient and updates the weights.
    fn update(&mut self) {
        let change = self.change();
        let [s0, s1, s2] = &mut self.state.slots;
        let params = &mut self.state.weights.params;
        self.plan.update([&mut self.gradient[..], params, s0, s1, s2], change);
    }

    /// Computes the gradient and updates each part of the weights as soon as its gradient is there.
    fn gradient_and_update(&mut self) {
        let change = self.change();
        let [s0, s1, s2] = &mut self.state.slots;
        let weights = &mut self.state.weights;
        let slices = [&mut self.gradient[..], &mut weights.params, s0, s1, s2];
        self.plan.gradient_and(&weights.buffers, slices, change);
    }

    /// ‖g‖ over all trained parameters, of the last step (after clipping, if the step clipped).
    pub fn gradient_norm(&self) -> f64 {
        let bounds = self.plan.bounds().windows(2);
        let trained = bounds.zip(self.frozen.iter()).filter(|(_, frozen)| !**frozen);
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
            let slots = state.slots.each_ref().map(Vec::len);
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

    /// The gradient of the last step, after clipping.
    pub fn gradient(&self) -> &[T] {
        &self.gradient
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
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// The optimizer.
    pub fn optimizer(&self) -> &dyn Optimizer {
        &*self.optimizer
    }

    /// The plan, for whoever wants the values of the last pass.
    pub fn plan(&self) -> &Plan<T> {
        &self.plan
    }
}

/// Moments of each parameter's piece of `numbers`.
fn by_param<T: Real>(network: &Network, numbers: &[T], moments: &mut Vec<Moments>) {
    moments.clear();
    moments.extend(network.params().iter().map(|param| Moments::of(&numbers[param.range.clone()])));
}
