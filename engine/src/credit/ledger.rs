//! Loss change allocation (Lan, Liu, Zhou, Yosinski, NeurIPS 2019): which weight earned how much of a loss change.
//!
//! Between two weight vectors θ₀ and θ₁ of consecutive steps, along the straight line θ(s) = θ₀ + s·(θ₁ − θ₀),
//!
//! L(θ₁) − L(θ₀) = ∫₀¹ Σᵢ ∂L/∂θᵢ(θ(s))·(θ₁ − θ₀)ᵢ ds = Σᵢ Aᵢ,  Aᵢ = (θ₁ − θ₀)ᵢ·∫₀¹ ∂L/∂θᵢ(θ(s)) ds.
//!
//! Aᵢ is what weight i is allocated: negative where it earned (the loss fell along it), positive where it hurt. L is
//! the loss of a fixed probe set in evaluation mode. The integral is Simpson's rule over n = 2ᵏ pieces of the line,
//!
//! Aᵢ ≈ (θ₁ − θ₀)ᵢ·(g(0) + g(1) + 2·Σ inner + 4·Σ mids) / 6n,
//!
//! with `inner` the gradients where pieces meet and `mids` those in the middle of pieces. It is exact where the
//! gradient is a polynomial of third degree in s. All pieces are halved, and every gradient is used again, until
//! the residual L(θ₁) − L(θ₀) − Σᵢ Aᵢ is small enough or [`Refine`] says stop. Operations with kinks (relu) make the
//! gradient jump along the line: then halving gains one order, not four.
//!
//! Running statistics (batch norm) are no weights, and the loss changes with them too. They go first, at θ₀: the
//! loss change that this makes is measured and stands on its own line; the weights move with the new statistics.

use super::Weight;
use crate::data::{Batches, Dataset, Targets};
use crate::kernel::{Aligned, Scalar, Wide, random, wide};
use crate::loss::{LossFunction, Target};
use crate::network::{Batch, Error, Keep, Network, Pass, Plan, Rows, Weights};
use crate::train::{Flow, Observer, Real, StepDone};
use serde::Serialize;
use std::cmp::Ordering;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{self, AtomicU64};

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

/// How fine a ledger is: when the halving of a step's line stops. It also stops where the residual is no more than
/// 4ε·(|L(θ₀)| + |L(θ₁)|), with ε of the ledger's precision, which is rounding, and where it is not finite.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Refine {
    /// The largest residual of the whole ledger, as a share of the probe loss with which it starts. The residuals
    /// of the steps so far have spent some of it, and a step may spend half of what is left; where nothing is left,
    /// because halving was bounded, a hundredth of the whole.
    pub tolerance: f64,
    /// Halvings of the line at most, up to 20. A step with k of them takes 2ᵏ⁺¹ gradients, and one more where running
    /// statistics change.
    pub halvings: u32,
}

impl Refine {
    /// Simpson's rule as it is: two gradients a step.
    pub const PLAIN: Refine = Refine { tolerance: 0.0, halvings: 0 };
}

impl Default for Refine {
    /// Within 5e-7 of the loss at the start, with up to 8 halvings.
    fn default() -> Refine {
        Refine { tolerance: 5e-7, halvings: 8 }
    }
}

/// The probe set, and the network compiled for it.
#[derive(Debug)]
struct Probe<P> {
    plan: Plan<P>,
    data: Dataset<P>,
    /// What the sum of the losses of all examples is divided by.
    divisor: f64,
    /// Loss of each example where the probe was last asked, undivided.
    losses: Vec<f64>,
    /// Gradient of a chunk.
    chunk: Aligned<P>,
    gradients: u64,
}

/// A layer that has weights.
#[derive(Debug)]
struct Layer {
    /// Its place among the operations.
    node: usize,
    /// Which of the plan's parts of the parameters it consists of.
    parts: Range<usize>,
}

/// Who earned the loss change of a run. Computes in the precision `P`, whatever the run's; watches it as an
/// [`Observer`], or is told of every step by [`Ledger::advance`]: it says the same, bit for bit.
///
/// ```
/// use std::sync::Arc;
/// use whygrad::credit::{Ledger, PROBE, Refine, probe};
/// use whygrad::data::generate::GENERATED;
/// use whygrad::network::Network;
/// use whygrad::train::{Fit, Options, Progress, Trainer, fit};
/// use whygrad::{layers, loss::CrossEntropy, op::{Linear, Tanh}, optim::Sgd};
///
/// let moons = GENERATED.iter().find(|set| set.name == "moons").unwrap();
/// let data = moons.make::<f32>(300, 0.1, 2, 1)?;
/// let network = Network::sequential([2], layers![Linear::new(8), Tanh, Linear::new(2)])?;
/// let (loss, sgd) = (Arc::new(CrossEntropy::default()), Arc::new(Sgd { lr: 0.1, ..Sgd::default() }));
/// let mut trainer = Trainer::<f32>::new(network.clone(), loss.clone(), sgd, Options::default())?;
///
/// let (probe, weights) = (probe::<_, f64>(&data, PROBE, 1), &trainer.state().weights);
/// let mut ledger = Ledger::new(&network, loss, probe, weights, Refine::default(), 1)?;
/// let how = Fit { epochs: 2, ..Fit::default() };
/// fit(&mut trainer, &data, None, &how, &mut Progress::default(), &mut [&mut ledger])?;
///
/// let totals = ledger.totals();
/// assert!(totals.change < 0.0 && totals.relative.unwrap() <= 1e-5);
/// println!("{} earned most: {:+e}", ledger.earned_most(1)[0].name, ledger.earned_most(1)[0].allocation);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Ledger<P> {
    network: Network,
    probe: Probe<P>,
    refine: Refine,
    layers: Vec<Layer>,
    /// Where the plan cuts the parameters into parts.
    bounds: Vec<usize>,
    /// Σ allocation of each part, as bits: parts are summed in parallel.
    sums: Vec<AtomicU64>,
    /// Where the last step ended, and its gradient.
    before: Weights<P>,
    at_before: Aligned<P>,
    after: Weights<P>,
    at_after: Aligned<P>,
    between: Weights<P>,
    mids: Aligned<P>,
    inner: Aligned<P>,
    allocation: Aligned<f64>,
    start: f64,
    loss: f64,
    /// Σ residual of all steps.
    residual: f64,
    start_losses: Vec<f64>,
    losses: Vec<f64>,
    steps: Vec<LedgerStep>,
    watched: Vec<Watched>,
}

/// What one step earned.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LedgerStep {
    /// Its number in the run, from 1.
    pub step: u64,
    /// Probe loss after it.
    pub loss: f64,
    /// Change of the probe loss that it made.
    pub change: f64,
    /// Σ allocation of the weights of each layer, in the order of [`Ledger::layers`].
    pub layers: Vec<f64>,
    /// Change of the probe loss that the new running statistics made, at the weights before the step.
    pub statistics: f64,
    /// change − Σ layers − statistics: what the integration missed.
    pub residual: f64,
    /// How often its line was halved.
    pub halvings: u32,
}

impl LedgerStep {
    /// How much of the step was layers working against each other: the smaller of what layers earned and what
    /// others hurt, min(|Σ negative|, Σ positive).
    pub fn opposed(&self) -> f64 {
        let (negative, positive) = halves(&self.layers);
        positive.min(-negative)
    }
}

/// A set of weights, and what they earned together.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Account {
    /// The layer (`linear2`), or the layer and the number of its neuron (`linear2[3]`).
    pub name: String,
    /// Number of its weights.
    pub weights: usize,
    /// Σ allocation of its weights: earned + hurt.
    pub allocation: f64,
    /// Σ of the negative ones.
    pub earned: f64,
    /// Σ of the positive ones.
    pub hurt: f64,
}

/// A weight, and what it earned.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Earned {
    /// The weight.
    pub weight: Weight,
    /// Its name: `linear1.weight[3,17]`.
    pub name: String,
    /// Its allocation: negative where it earned, positive where it hurt.
    pub allocation: f64,
}

/// A weight's allocation step by step.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Watched {
    /// The weight.
    pub weight: Weight,
    /// Its place among all parameters' numbers.
    #[serde(skip)]
    place: usize,
    /// The first step that is watched.
    pub from: u64,
    /// Its allocation in each step from there on.
    pub allocations: Vec<f64>,
}

/// Two layers that worked against each other.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Opposed {
    /// Their names.
    pub layers: [String; 2],
    /// Steps in which one earned and the other hurt.
    pub steps: u64,
    /// Σ over these steps of the smaller magnitude of the two.
    pub amount: f64,
}

/// The whole of a ledger.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Totals {
    /// Steps in it.
    pub steps: u64,
    /// Examples of the probe set.
    pub examples: usize,
    /// Probe loss before the first step.
    pub before: f64,
    /// Probe loss after the last.
    pub after: f64,
    /// after − before
    pub change: f64,
    /// Σ allocation of all weights.
    pub allocation: f64,
    /// Σ of the negative allocations.
    pub earned: f64,
    /// Σ of the positive allocations.
    pub hurt: f64,
    /// Change of the probe loss by running statistics.
    pub statistics: f64,
    /// change − allocation − statistics
    pub residual: f64,
    /// Σ |residual| of all steps: how much of the residual's smallness is signs that cancel.
    pub residuals: f64,
    /// |residual| / |change|; absent where the loss did not change.
    pub relative: Option<f64>,
    /// Gradients of the probe set that were computed.
    pub gradients: u64,
}

impl<P: Real> Probe<P> {
    /// The probe loss at `weights`, and its gradient: into `gradient`, or with `add` onto what is there.
    fn at(&mut self, weights: &Weights<P>, gradient: &mut [P], add: bool) -> f64 {
        let pass = Pass { backward: true, ..Pass::EVALUATE };
        self.gradients += 1;
        self.losses.clear();
        let whole = self.data.len() <= self.plan.capacity();
        if !add && !whole {
            gradient.fill(P::zero());
        }
        for from in (0..self.data.len()).step_by(self.plan.capacity()) {
            let rows = Rows::Range(from, (from + self.plan.capacity()).min(self.data.len()));
            self.plan.pass(weights, Batch { data: &self.data, rows }, pass);
            self.losses.extend(self.plan.example_losses().map(Scalar::f64));
            if whole && !add {
                self.plan.gradient(weights, gradient);
                continue;
            }
            let share = P::of(self.plan.divisor() / self.divisor);
            let none = &mut vec![(); self.plan.bounds().len() - 1];
            let slices = [&mut self.chunk[..], gradient];
            self.plan.gradient_and(&weights.buffers, slices, none, |_, [chunk, sum], (), _| {
                chunk.iter().zip(sum).for_each(|(g, sum)| *sum += share * *g);
            });
        }
        self.losses.iter().sum::<f64>() / self.divisor
    }
}

impl<P: Real> Ledger<P> {
    /// Opens a ledger at `weights`: of `network` with `loss`, on the examples of `probe`, with `threads` threads
    /// (the result does not depend on them).
    ///
    /// # Errors
    /// Where the probe set has no examples, or the network or the loss cannot take them.
    pub fn new<T: Scalar>(
        network: &Network,
        loss: Arc<dyn LossFunction>,
        probe: Dataset<P>,
        weights: &Weights<T>,
        refine: Refine,
        threads: usize,
    ) -> Result<Ledger<P>, Error> {
        if probe.is_empty() {
            return Err(Error::NoExamples);
        }
        let plan = Plan::new(network, Arc::clone(&loss), probe.len().min(CHUNK), threads, Keep::Training)?;
        plan.check(&probe)?;
        let targets = match probe.targets() {
            Targets::Classes(classes) => Target::Classes(classes),
            Targets::Values { data, .. } => Target::Values(data),
        };
        let divisor = P::of_loss(&*loss).divisor(network.shape(network.output()).len(), targets);
        // Those that are walked side by side have places of their own.
        let zeros = |place| Aligned::zeros_apart(network.param_count(), place);
        let weights = weights.cast::<P>();
        let start = |place| Weights {
            params: Aligned::apart(&weights.params, place),
            buffers: weights.buffers.clone(),
        };
        let bounds = plan.bounds().to_vec();
        // The first part that begins at number i or later.
        let part = |i: usize| bounds.partition_point(|bound| *bound < i);
        let nodes = network.nodes().iter().enumerate().filter(|(_, node)| !node.params.is_empty());
        let layers = nodes.map(|(node, of)| {
            let params = &network.params()[of.params.clone()];
            let parts = part(params[0].range.start)..part(params[params.len() - 1].range.end);
            Layer { node, parts }
        });
        let layers = layers.collect();
        let sums = bounds.iter().map(|_| AtomicU64::new(0)).collect();
        let mut ledger = Ledger {
            network: network.clone(),
            probe: Probe { plan, divisor, losses: vec![], chunk: zeros(4), gradients: 0, data: probe },
            refine: Refine { halvings: refine.halvings.min(20), ..refine },
            layers,
            bounds,
            sums,
            before: start(0),
            at_before: zeros(2),
            after: start(1),
            at_after: zeros(3),
            between: start(2),
            mids: zeros(4),
            inner: zeros(3),
            allocation: Aligned::zeros_apart(network.param_count(), 0),
            start: 0.0,
            loss: 0.0,
            residual: 0.0,
            start_losses: vec![],
            losses: vec![],
            steps: vec![],
            watched: vec![],
        };
        ledger.loss = ledger.probe.at(&ledger.before, &mut ledger.at_before, false);
        ledger.start = ledger.loss;
        ledger.losses.clone_from(&ledger.probe.losses);
        ledger.start_losses.clone_from(&ledger.losses);
        Ok(ledger)
    }

    /// Takes in a step, number `step` of the run: the weights after it.
    ///
    /// # Panics
    /// Where they are not as many as the network's.
    pub fn advance<T: Scalar>(&mut self, step: u64, weights: &Weights<T>) {
        assert_eq!(weights.params.len(), self.allocation.len(), "weights of another network");
        let bounds = &self.bounds;
        self.probe.plan.each_group([&mut self.after.params], |part, [into]| {
            wide(Copied, (into, &weights.params[bounds[part]..bounds[part + 1]]));
        });
        wide(Copied, (&mut self.after.buffers[..], &weights.buffers[..]));
        let mut start = self.loss;
        if self.before.buffers != self.after.buffers {
            self.before.buffers.copy_from_slice(&self.after.buffers);
            self.between.buffers.copy_from_slice(&self.after.buffers);
            start = self.probe.at(&self.before, &mut self.at_before, false);
        }
        let end = self.probe.at(&self.after, &mut self.at_after, false);
        self.losses.clone_from(&self.probe.losses);
        let mut halvings = 0;
        let layers = loop {
            self.take_mids(1 << halvings);
            let last = halvings == self.refine.halvings;
            let layers = self.allocate(1 << halvings, last);
            if last {
                break layers;
            }
            if self.enough(end - start - layers.iter().sum::<f64>(), start.abs() + end.abs()) {
                break self.allocate(1 << halvings, true);
            }
            // Middles of pieces are where the halves meet.
            if halvings == 0 {
                self.inner.copy_from_slice(&self.mids);
            } else {
                self.inner.iter_mut().zip(&self.mids).for_each(|(inner, mid)| *inner += *mid);
            }
            halvings += 1;
        };
        let (change, statistics) = (end - self.loss, start - self.loss);
        let residual = change - statistics - layers.iter().sum::<f64>();
        self.steps.push(LedgerStep { step, loss: end, change, layers, statistics, residual, halvings });
        self.loss = end;
        self.residual += residual;
        std::mem::swap(&mut self.before, &mut self.after);
        std::mem::swap(&mut self.at_before, &mut self.at_after);
    }

    /// Σ of the gradients in the middle of each piece, of `pieces` of the line.
    fn take_mids(&mut self, pieces: u32) {
        for piece in 0..pieces {
            let s = P::of((f64::from(piece) + 0.5) / f64::from(pieces));
            let line = [&mut self.before, &mut self.after, &mut self.between].map(|w| &mut w.params[..]);
            self.probe.plan.each_group(line, |_, [a, b, w]| wide(Between, (a, b, s, w)));
            self.probe.at(&self.between, &mut self.mids, piece > 0);
        }
    }

    /// Whether a residual is small enough, of a step between two losses whose magnitudes add up to `losses`.
    fn enough(&self, residual: f64, losses: f64) -> bool {
        let (budget, spent) = (self.refine.tolerance * self.start.abs(), self.residual.abs());
        let rounding = 4.0 * P::epsilon().f64() * losses;
        let fine = match spent < budget {
            true => (self.residual + residual).abs() <= (spent + budget) / 2.0,
            false => residual.abs() <= budget / 100.0,
        };
        fine || residual.abs() <= rounding || !residual.is_finite()
    }

    /// The allocation of each layer, by the gradients at hand; with `keep` every weight's is entered.
    fn allocate(&mut self, pieces: u32, keep: bool) -> Vec<f64> {
        let scale = 1.0 / (6.0 * f64::from(pieces));
        let c = [scale, 4.0 * scale].map(P::of);
        let mut interior = &self.mids;
        if pieces > 1 {
            let half = P::of(0.5);
            let sums = self.probe.chunk.iter_mut().zip(self.inner.iter().zip(&self.mids));
            sums.for_each(|(sum, (inner, mid))| *sum = half * *inner + *mid);
            interior = &self.probe.chunk;
        }
        let line = [&self.before.params[..], &self.after.params, &self.at_before, &self.at_after, interior];
        let (bounds, sums) = (&self.bounds, &self.sums);
        let entries = if keep { &mut self.allocation[..] } else { &mut [] };
        if keep {
            for watched in &mut self.watched {
                let [a, b, first, last, interior] = line.map(|x| x[watched.place]);
                let mean = c[0] * (first + last) + c[1] * interior;
                watched.allocations.push((b - a).f64() * mean.f64());
            }
        }
        self.probe.plan.each_group([entries], |part, [entries]| {
            let line = line.map(|x| &x[bounds[part]..bounds[part + 1]]);
            sums[part].store(wide(Simpson, (line, c, entries)).to_bits(), atomic::Ordering::Relaxed);
        });
        let sum = |part: usize| f64::from_bits(sums[part].load(atomic::Ordering::Relaxed));
        self.layers.iter().map(|layer| layer.parts.clone().map(sum).sum()).collect()
    }

    /// Keeps the allocation of a weight step by step, from the next step on.
    ///
    /// # Panics
    /// Where the network has no such weight.
    pub fn watch(&mut self, weight: Weight) {
        let place = weight.place(&self.network);
        assert!(place < self.allocation.len(), "no such weight");
        let from = self.steps.last().map_or(1, |step| step.step + 1);
        self.watched.push(Watched { weight, place, from, allocations: vec![] });
    }

    /// The weights that are watched.
    pub fn watched(&self) -> &[Watched] {
        &self.watched
    }

    /// Every step, in order.
    pub fn steps(&self) -> &[LedgerStep] {
        &self.steps
    }

    /// Allocation of every weight so far, in the order of [`Weights::params`].
    pub fn allocation(&self) -> &[f64] {
        &self.allocation
    }

    /// Change of the loss by each example of the probe set; Σ over the examples is the loss change. (An example's
    /// change is exact, and needs no integral: it is its loss now minus its loss at the start, over the divisor.)
    pub fn examples(&self) -> Vec<f64> {
        let change = self.losses.iter().zip(&self.start_losses).map(|(now, start)| now - start);
        change.map(|change| change / self.probe.divisor).collect()
    }

    /// What each layer that has weights earned.
    pub fn layers(&self) -> Vec<Account> {
        let layer = |layer: &Layer| {
            let range = self.bounds[layer.parts.start]..self.bounds[layer.parts.end];
            self.account(self.network.nodes()[layer.node].name.clone(), [&self.allocation[range]])
        };
        self.layers.iter().map(layer).collect()
    }

    /// What each neuron earned: the weights that make up one output of a layer, a row of its weight and its bias.
    pub fn neurons(&self) -> Vec<Account> {
        let mut accounts = vec![];
        for layer in &self.layers {
            let node = &self.network.nodes()[layer.node];
            let params = &self.network.params()[node.params.clone()];
            let rows = params.iter().map(|param| param.shape.dims().first().copied().unwrap_or(1));
            for row in 0..rows.max().unwrap_or(0) {
                let of = params.iter().map(|param| {
                    let width = param.shape.len() / param.shape.dims().first().copied().unwrap_or(1);
                    let own = &self.allocation[param.range.clone()];
                    own.get(row * width..(row + 1) * width).unwrap_or(&[])
                });
                accounts.push(self.account(format!("{}[{row}]", node.name), of));
            }
        }
        accounts
    }

    fn account<'a>(&self, name: String, of: impl IntoIterator<Item = &'a [f64]>) -> Account {
        let mut account = Account { name, weights: 0, allocation: 0.0, earned: 0.0, hurt: 0.0 };
        for allocation in of {
            let (earned, hurt) = halves(allocation);
            account.weights += allocation.len();
            account.earned += earned;
            account.hurt += hurt;
            account.allocation += allocation.iter().sum::<f64>();
        }
        account
    }

    /// The weights that earned most, at most `count`, the one with the lowest allocation first.
    pub fn earned_most(&self, count: usize) -> Vec<Earned> {
        self.most(count, |a, b| a.total_cmp(b), |allocation| allocation < 0.0)
    }

    /// The weights that hurt most, at most `count`, the one with the highest allocation first.
    pub fn hurt_most(&self, count: usize) -> Vec<Earned> {
        self.most(count, |a, b| b.total_cmp(a), |allocation| allocation > 0.0)
    }

    fn most(&self, count: usize, order: fn(&f64, &f64) -> Ordering, counts: fn(f64) -> bool) -> Vec<Earned> {
        let of = &self.allocation;
        let places = (0..of.len()).filter(|&place| counts(of[place])).collect();
        let earned = |place: usize| {
            let weight = Weight::at_place(place, &self.network);
            Earned { weight, name: weight.name(&self.network), allocation: of[place] }
        };
        first(places, count, |a, b| order(&of[a], &of[b])).into_iter().map(earned).collect()
    }

    /// The pairs of layers that worked against each other in some step, the pair with the largest amount first.
    pub fn opposed(&self) -> Vec<Opposed> {
        let name = |layer: usize| self.network.nodes()[self.layers[layer].node].name.clone();
        let mut found = vec![];
        for (a, b) in (0..self.layers.len()).flat_map(|b| (0..b).map(move |a| (a, b))) {
            let pairs = self.steps.iter().map(|step| (step.layers[a], step.layers[b]));
            let against = pairs.filter(|(a, b)| a.min(*b) < 0.0 && a.max(*b) > 0.0);
            let (steps, amount) =
                against.fold((0, 0.0), |(steps, amount), (a, b)| (steps + 1, amount + a.abs().min(b.abs())));
            if steps > 0 {
                found.push(Opposed { layers: [name(a), name(b)], steps, amount });
            }
        }
        found.sort_by(|a, b| b.amount.total_cmp(&a.amount));
        found
    }

    /// The whole.
    pub fn totals(&self) -> Totals {
        let (earned, hurt) = halves(&self.allocation);
        let allocation = self.allocation.iter().sum::<f64>();
        let statistics = self.steps.iter().map(|step| step.statistics).sum::<f64>();
        let change = self.loss - self.start;
        let residual = change - allocation - statistics;
        Totals {
            steps: self.steps.len() as u64,
            examples: self.probe.data.len(),
            before: self.start,
            after: self.loss,
            change,
            allocation,
            earned,
            hurt,
            statistics,
            residual,
            residuals: self.steps.iter().map(|step| step.residual.abs()).sum(),
            relative: (change != 0.0).then(|| (residual / change).abs()),
            gradients: self.probe.gradients,
        }
    }
}

/// The first `count` of some places in an order; those that are equal in it stay in the network's.
pub(super) fn first(
    mut places: Vec<usize>,
    count: usize,
    order: impl Fn(usize, usize) -> Ordering,
) -> Vec<usize> {
    let compare = |a: &usize, b: &usize| order(*a, *b).then(a.cmp(b));
    if count < places.len() {
        places.select_nth_unstable_by(count, compare);
        places.truncate(count);
    }
    places.sort_unstable_by(compare);
    places
}

/// w ← a + s·(b − a)
struct Between;

impl<P: Scalar> Wide<(&mut [P], &mut [P], P, &mut [P])> for Between {
    type Out = ();

    #[inline(always)]
    fn run((a, b, s, w): (&mut [P], &mut [P], P, &mut [P])) {
        for ((w, a), b) in w.iter_mut().zip(a).zip(b) {
            *w = *a + s * (*b - *a);
        }
    }
}

/// Aᵢ = (θ₁ − θ₀)ᵢ·(c₀·(g(0) + g(1)) + c₁·Σ interior)ᵢ, added to the entries where there are any; returns Σ Aᵢ, in
/// sums side by side.
struct Simpson;

impl<P: Scalar> Wide<([&[P]; 5], [P; 2], &mut [f64])> for Simpson {
    type Out = f64;

    #[inline(always)]
    fn run((line, [c0, c1], entries): ([&[P]; 5], [P; 2], &mut [f64])) -> f64 {
        const LANES: usize = 16;
        let mut sums = [0.0; LANES];
        for from in (0..line[0].len()).step_by(LANES) {
            let count = LANES.min(line[0].len() - from);
            let mut block = [[P::zero(); LANES]; 5];
            for (block, x) in block.iter_mut().zip(line) {
                block[..count].copy_from_slice(&x[from..from + count]);
            }
            let [a, b, first, last, interior] = block;
            let mut each = [0.0; LANES];
            for i in 0..LANES {
                let mean = c0 * (first[i] + last[i]) + c1 * interior[i];
                each[i] = (b[i] - a[i]).f64() * mean.f64();
                sums[i] += each[i];
            }
            if let Some(entries) = entries.get_mut(from..from + count) {
                entries.iter_mut().zip(each).for_each(|(entry, each)| *entry += each);
            }
        }
        sums.iter().sum()
    }
}

/// into ← from
struct Copied;

impl<P: Scalar, T: Scalar> Wide<(&mut [P], &[T])> for Copied {
    type Out = ();

    #[inline(always)]
    fn run((into, from): (&mut [P], &[T])) {
        for (into, from) in into.iter_mut().zip(from) {
            *into = P::of(from.f64());
        }
    }
}

/// Σ of the negative ones and Σ of the others.
fn halves(x: &[f64]) -> (f64, f64) {
    let add =
        |(negative, positive), &x| if x < 0.0 { (negative + x, positive) } else { (negative, positive + x) };
    x.iter().fold((0.0, 0.0), add)
}

impl<T: Real, P: Real> Observer<T> for Ledger<P> {
    fn step(&mut self, done: &StepDone<'_, T>) -> Flow {
        self.advance(done.step, &done.trainer.state().weights);
        Flow::Continue
    }
}
