//! The ledger of a run, by loss change allocation (Lan, Liu, Zhou, Yosinski, NeurIPS 2019): which weight earned how much
//! of the loss change.
//!
//! Between two weight vectors θ₀ and θ₁ of consecutive steps, along the straight line θ(s) = θ₀ + s·(θ₁ − θ₀),
//!
//! L(θ₁) − L(θ₀) = ∫₀¹ Σᵢ ∂L/∂θᵢ(θ(s))·(θ₁ − θ₀)ᵢ ds = Σᵢ Aᵢ,  Aᵢ = (θ₁ − θ₀)ᵢ·∫₀¹ ∂L/∂θᵢ(θ(s)) ds.
//!
//! Aᵢ is what weight i is allocated: negative where it earned (the loss fell along it), positive where it hurt. L is
//! the loss of a fixed probe set in evaluation mode ([`probe`]). The integral is taken by Simpson's rule ([`line`]), and
//! pieces of the line are halved, of those examples that need it ([`pieces`]), until the residual L(θ₁) − L(θ₀) − Σᵢ Aᵢ is
//! small enough or [`Refine`] says stop.
//!
//! Running statistics (batch norm) are no weights, and the loss changes with them too. They go first, at θ₀: the
//! loss change that this makes is measured and stands on its own line; the weights move with the new statistics.

mod line;
mod pieces;
mod probe;
mod report;

pub use probe::{PROBE, probe};
pub(super) use report::first;
pub use report::{Account, Earned, Opposed, Totals};

use super::Weight;
use crate::data::Dataset;
use crate::kernel::{Aligned, Scalar, Threads};
use crate::loss::LossFunction;
use crate::network::{Error, Network, Weights};
use crate::train::{Observer, Real, StepDone, Trainer};
use line::{Limit, Line};
use probe::Probe;
use report::halves;
use serde::Serialize;
use std::ops::{ControlFlow, Range};
use std::sync::Arc;

/// How fine a ledger is: when the halving of pieces of a step's line stops. It also stops where the residual is no more than
/// 4ε·(|L(θ₀)| + |L(θ₁)|), with ε of the ledger's precision, which is rounding, and where it is not finite.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Refine {
    /// The residual of the whole ledger that is aimed at, as a share of the probe loss with which it starts. The residuals
    /// of the steps so far have spent some of it, and a step may spend half of what is left; where nothing is left,
    /// because gradients were bounded, a hundredth of the whole.
    pub tolerance: f64,
    /// Gradients of the probe set that a step may take, about, or of as many examples as [`PROBE`] where it has fewer; a pass
    /// that computes its losses alone counts as a third of one, and what is computed of some of its examples as their share.
    pub gradients: f64,
}

impl Refine {
    /// Simpson's rule as it is: two gradients a step, and one more where running statistics change.
    pub const PLAIN: Refine = Refine { tolerance: 0.0, gradients: 2.0 };
}

impl Default for Refine {
    /// Within 5e-7 of the loss at the start, with up to 64 gradients a step.
    fn default() -> Refine {
        Refine { tolerance: 5e-7, gradients: 64.0 }
    }
}

/// A layer that has weights.
#[derive(Debug)]
struct Layer {
    /// Its place among the operations.
    node: usize,
    /// Where its weights stand among all parameters' numbers.
    weights: Range<usize>,
    /// Which of the plan's groups of parameters they are.
    groups: Range<usize>,
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
/// let mut trainer = Trainer::<f32>::new(network, loss, sgd, Options::default())?;
///
/// let mut ledger = Ledger::new(&trainer, probe::<_, f64>(&data, PROBE, 1), Refine::default())?;
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
    network: Arc<Network>,
    probe: Probe<P>,
    refine: Refine,
    layers: Vec<Layer>,
    line: Line<P>,
    /// Σ over the steps of what each weight was allocated.
    allocation: Aligned<f64>,
    /// Probe loss at the start, and now.
    start: f64,
    loss: f64,
    /// Σ residual of all steps.
    residual: f64,
    /// Loss of each example at the start, and now, undivided.
    start_losses: Vec<f64>,
    losses: Vec<f64>,
    steps: Vec<LedgerStep>,
    watched: Vec<Watched>,
}

/// What one step earned.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LedgerStep {
    /// Its number in the run, from 1.
    pub step: u64,
    /// Probe loss after it.
    pub loss: f64,
    /// Change of the probe loss that it made.
    pub change: f64,
    /// Σ allocation of the weights of each layer, in the order of the layers.
    pub layers: Vec<f64>,
    /// Change of the probe loss that the new running statistics made, at the weights before the step.
    pub statistics: f64,
    /// change − Σ layers − statistics: what the integration missed.
    pub residual: f64,
    /// How often the shortest piece of its line was halved.
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

/// A weight's allocation step by step.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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

impl<P: Real> Ledger<P> {
    /// Opens a ledger on the examples of `probe` where `trainer` stands.
    ///
    /// # Errors
    /// Where the probe set has no examples, or the network or the loss cannot take them.
    pub fn new<T: Real>(trainer: &Trainer<T>, probe: Dataset<P>, refine: Refine) -> Result<Ledger<P>, Error> {
        let (network, loss) = (Arc::clone(trainer.network()), Arc::clone(trainer.loss()));
        Ledger::at(&trainer.state().weights, network, loss, &trainer.options().threads, probe, refine)
    }

    /// Opens a ledger at `weights`.
    pub(super) fn at<T: Scalar>(
        weights: &Weights<T>,
        network: Arc<Network>,
        loss: Arc<dyn LossFunction>,
        threads: &Threads,
        probe: Dataset<P>,
        refine: Refine,
    ) -> Result<Ledger<P>, Error> {
        let mut probe = Probe::new(&network, loss, probe, threads)?;
        // The first group that begins at number i or later.
        let group = |i: usize| probe.plan.partition().bounds().partition_point(|bound| *bound < i);
        let nodes = network.nodes().iter().enumerate().filter(|(_, node)| !node.params.is_empty());
        let layers = nodes.map(|(node, of)| {
            let params = &network.params()[of.params.clone()];
            let weights = params[0].range.start..params[params.len() - 1].range.end;
            Layer { node, groups: group(weights.start)..group(weights.end), weights }
        });
        let layers = layers.collect();
        let (line, loss) = Line::new(weights.cast(), &mut probe);
        Ok(Ledger {
            allocation: Aligned::zeros_apart(network.param_count(), 0),
            network,
            refine,
            layers,
            line,
            start: loss,
            loss,
            residual: 0.0,
            start_losses: probe.losses.clone(),
            losses: probe.losses.clone(),
            steps: vec![],
            watched: vec![],
            probe,
        })
    }

    /// Takes in a step, number `step` of the run: the weights after it. Where the loss of the probe set is not finite there,
    /// or its gradient along the step is not, nothing adds up any more: then the ledger ends with the step before, and says
    /// so.
    ///
    /// # Panics
    /// Where they are not as many as the network's.
    pub fn advance<T: Scalar>(&mut self, step: u64, weights: &Weights<T>) -> ControlFlow<()> {
        assert_eq!(weights.params.len(), self.allocation.len(), "weights of another network");
        if !self.loss.is_finite() {
            return ControlFlow::Break(());
        }
        self.line.go_on(weights, &self.probe.plan);
        let start = self.line.new_statistics(&mut self.probe).unwrap_or(self.loss);
        let end = self.line.end(&mut self.probe);
        if !end.is_finite() {
            return ControlFlow::Break(());
        }
        self.losses.clone_from(&self.probe.losses);
        self.line.take_middle(&mut self.probe);
        let (most, mut halvings, mut layers) = (self.refine.gradients, 0, self.allocate(false));
        let limit = self.limit(start.abs() + end.abs());
        if most > Refine::PLAIN.gradients && !limit.holds(end - start - layers.iter().sum::<f64>()) {
            halvings = self.line.refine(&mut self.probe, limit, most);
            layers = self.allocate(false);
        }
        // Losses may be finite where their gradients are not.
        if !layers.iter().all(|layer| layer.is_finite()) {
            return ControlFlow::Break(());
        }
        self.allocate(true);
        let (change, statistics) = (end - self.loss, start - self.loss);
        let residual = change - statistics - layers.iter().sum::<f64>();
        self.steps.push(LedgerStep { step, loss: end, change, layers, statistics, residual, halvings });
        self.loss = end;
        self.residual += residual;
        ControlFlow::Continue(())
    }

    /// What may be missed of a step between two losses whose magnitudes add up to `losses`.
    fn limit(&self, losses: f64) -> Limit {
        let (budget, spent) = (self.refine.tolerance * self.start.abs(), self.residual.abs());
        let rounding = 4.0 * P::epsilon().f64() * losses;
        let (together, alone) = match spent < budget {
            true => ((spent + budget) / 2.0, rounding),
            false => (f64::NEG_INFINITY, rounding.max(budget / 100.0)),
        };
        Limit { so_far: self.residual, together, alone }
    }

    /// What each layer is allocated in the step, by the gradients at hand; with `keep` every weight's is entered.
    fn allocate(&mut self, keep: bool) -> Vec<f64> {
        let simpson = self.line.simpson();
        if keep {
            self.watched.iter_mut().for_each(|watched| watched.allocations.push(simpson.of(watched.place)));
        }
        let entries = if keep { &mut self.allocation[..] } else { &mut [] };
        let sums: Vec<f64> =
            self.probe.plan.each_group([entries], |range, [entries]| simpson.sum(range, entries));
        self.layers.iter().map(|layer| sums[layer.groups.clone()].iter().sum()).collect()
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
}

impl<T: Real, P: Real> Observer<T> for Ledger<P> {
    fn step(&mut self, done: &StepDone<'_, T>) -> ControlFlow<()> {
        self.advance(done.step, &done.trainer.state().weights)
    }
}
