//! The probe set: the fixed examples whose loss a ledger accounts for.

use crate::data::{Batches, Dataset, Targets};
use crate::kernel::{Aligned, Scalar, Threads, random};
use crate::loss::{LossFunction, Target};
use crate::network::{Batch, Error, Network, Pass, Plan, Rows, Weights, keep};
use crate::train::Real;
use std::sync::Arc;

/// Examples of the probe set that one pass takes at most: what bounds the memory of a pass.
const CHUNK: usize = 256;

/// Examples of a probe set, where nobody says how many.
pub const PROBE: usize = 1024;

/// A probe set: `count` examples of `data` (all where it has no more), drawn by `seed`.
pub fn probe<T: Scalar, P: Scalar>(data: &Dataset<T>, count: usize, seed: u64) -> Dataset<P> {
    let mut drawn = Batches::new(data.len(), count, true, random::derive(seed, "probe", 0));
    let mut rows = if count < data.len() { drawn.at(0).to_vec() } else { (0..data.len()).collect() };
    rows.sort_unstable();
    data.select(&rows).cast()
}

/// A probe set, and the network compiled for it.
#[derive(Debug)]
pub(super) struct Probe<P> {
    pub plan: Plan<P, keep::Training>,
    pub data: Dataset<P>,
    /// What the sum of the losses of all examples is divided by.
    pub divisor: f64,
    /// Loss of each example where the probe was last asked, undivided.
    pub losses: Vec<f64>,
    /// Room for the gradient of a chunk.
    scratch: Aligned<P>,
    /// Examples whose gradient was computed, and examples of which only the loss was.
    gradients: u64,
    forwards: u64,
}

impl<P: Real> Probe<P> {
    pub(super) fn new(
        network: &Network,
        loss: Arc<dyn LossFunction>,
        data: Dataset<P>,
        threads: &Threads,
    ) -> Result<Probe<P>, Error> {
        if data.is_empty() {
            return Err(Error::NoExamples);
        }
        let plan = Plan::new(network, Arc::clone(&loss), data.len().min(CHUNK), threads, keep::Training)?;
        plan.check(&data)?;
        let targets = match data.targets() {
            Targets::Classes(classes) => Target::Classes(classes),
            Targets::Values { data, .. } => Target::Values(data),
        };
        let divisor = P::of_loss(&*loss).divisor(network.shape(network.output()).len(), targets);
        let scratch = Aligned::zeros_apart(network.param_count(), 4);
        Ok(Probe { plan, divisor, losses: vec![], scratch, gradients: 0, forwards: 0, data })
    }

    /// The probe loss at `weights`, and its gradient into `gradient`.
    pub(super) fn at(&mut self, weights: &Weights<P>, gradient: &mut [P]) -> f64 {
        let pass = Pass { backward: true, ..Pass::EVALUATE };
        self.gradients += self.data.len() as u64;
        self.losses.clear();
        let whole = self.data.len() <= self.plan.capacity();
        if !whole {
            gradient.fill(P::zero());
        }
        for from in (0..self.data.len()).step_by(self.plan.capacity()) {
            let rows = Rows::Range(from, (from + self.plan.capacity()).min(self.data.len()));
            self.plan.pass(weights, Batch { data: &self.data, rows }, pass);
            self.losses.extend(self.plan.example_losses().map(Scalar::f64));
            if whole {
                self.plan.gradient(weights, gradient);
            } else {
                self.add_chunk(weights, 1.0, gradient);
            }
        }
        self.losses.iter().sum::<f64>() / self.divisor
    }

    /// Adds to `gradient` what some examples contribute to the probe loss's gradient at `weights`, times a factor.
    pub(super) fn add(&mut self, weights: &Weights<P>, examples: &[usize], factor: f64, gradient: &mut [P]) {
        let pass = Pass { backward: true, ..Pass::EVALUATE };
        self.gradients += examples.len() as u64;
        for chunk in examples.chunks(self.plan.capacity()) {
            self.plan.pass(weights, Batch { data: &self.data, rows: Rows::Index(chunk) }, pass);
            self.add_chunk(weights, factor, gradient);
        }
    }

    /// Adds what the examples of the last pass contribute.
    fn add_chunk(&mut self, weights: &Weights<P>, factor: f64, gradient: &mut [P]) {
        let share = P::of(factor * self.plan.divisor() / self.divisor);
        self.plan.gradient_and(weights, &mut self.scratch, gradient, |chunk, sum| {
            chunk.iter().zip(sum).for_each(|(g, sum)| *sum += share * *g);
        });
    }

    /// The losses of some examples at `weights`, undivided.
    pub(super) fn losses(&mut self, weights: &Weights<P>, examples: &[usize]) -> Vec<f64> {
        self.forwards += examples.len() as u64;
        let mut losses = Vec::with_capacity(examples.len());
        for chunk in examples.chunks(self.plan.capacity()) {
            self.plan.pass(weights, Batch { data: &self.data, rows: Rows::Index(chunk) }, Pass::EVALUATE);
            losses.extend(self.plan.example_losses().map(Scalar::f64));
        }
        losses
    }

    /// How many gradients of the whole probe set were computed, and how many times its losses alone; of some of its
    /// examples, their share.
    pub(super) fn cost(&self) -> [f64; 2] {
        [self.gradients, self.forwards].map(|examples| examples as f64 / self.data.len() as f64)
    }
}
