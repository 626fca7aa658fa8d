//! A training step held still: everything that explains it is computed from here, in f64.

use super::Weight;
use crate::data::{Dataset, Targets};
use crate::kernel::Scalar;
use crate::loss::{LossFunction, LossPrecision, Target};
use crate::network::{Batch, Error, Keep, Network, Pass, Plan, Rows, Weights};
use crate::optim::Optimizer;
use crate::train::{Options, Real, State};
use serde::Serialize;
use std::ops::Range;
use std::sync::Arc;

/// One training step held still between its gradient and its update: the state before it, the examples of its batch,
/// and every value and gradient of its pass, with the random numbers that the step had. Always in f64, from numbers
/// that were converted exactly.
#[derive(Debug)]
pub struct Snapshot {
    network: Arc<Network>,
    loss: Arc<dyn LossFunction>,
    optimizer: Arc<dyn Optimizer>,
    options: Options,
    state: State<f64>,
    batch: Dataset<f64>,
    plan: Plan<f64>,
    gradient: Vec<f64>,
}

/// A gradient in the precision that training used, beside the exact one.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// What training used.
    pub training: f64,
    /// The same, computed in f64.
    pub exact: f64,
    /// training − exact
    pub difference: f64,
    /// |difference| / |exact|; absent where `exact` is 0.
    pub relative: Option<f64>,
}

impl Snapshot {
    /// Holds the step that goes from `state` by `batch`.
    ///
    /// # Errors
    /// Where the batch has no examples, or the network or the loss cannot take them.
    pub fn new<T: Real>(
        network: Arc<Network>,
        loss: Arc<dyn LossFunction>,
        optimizer: Arc<dyn Optimizer>,
        options: Options,
        state: &State<T>,
        batch: Batch<'_, T>,
    ) -> Result<Snapshot, Error> {
        if batch.is_empty() {
            return Err(Error::NoExamples);
        }
        let batch = exactly(batch);
        let mut plan = Plan::new(&network, Arc::clone(&loss), batch.len(), options.threads, Keep::All)?;
        plan.check(&batch)?;
        let state = State {
            steps: state.steps,
            weights: state.weights.cast(),
            slots: state
                .slots
                .each_ref()
                .map(|slot| slot.iter().map(|x| x.f64()).collect::<Vec<f64>>().into()),
        };
        let mut gradient = vec![0.0; network.param_count()];
        plan.pass(&state.weights, all(&batch), Pass::train(options.key(state.steps)));
        plan.gradient(&state.weights, &mut gradient);
        Ok(Snapshot { network, loss, optimizer, options, state, batch, plan, gradient })
    }

    /// The network.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// The loss.
    pub fn loss(&self) -> &dyn LossFunction {
        &*self.loss
    }

    /// The optimizer.
    pub fn optimizer(&self) -> &dyn Optimizer {
        &*self.optimizer
    }

    /// What the trainer was told.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// The state before the step.
    pub fn state(&self) -> &State<f64> {
        &self.state
    }

    /// The batch: the examples of the step, in their order.
    pub fn batch(&self) -> &Dataset<f64> {
        &self.batch
    }

    /// Number of examples in the batch.
    pub fn examples(&self) -> usize {
        self.batch.len()
    }

    /// The plan after the step's pass.
    pub fn plan(&self) -> &Plan<f64> {
        &self.plan
    }

    /// L, the loss of the batch before the step.
    pub fn batch_loss(&self) -> f64 {
        self.plan.loss()
    }

    /// ∂L/∂w of all weights, before clipping.
    pub fn gradient(&self) -> &[f64] {
        &self.gradient
    }

    /// ∂L/∂w of one weight, before clipping.
    pub fn slope(&self, weight: Weight) -> f64 {
        self.gradient[weight.place(&self.network)]
    }

    /// A weight before the step.
    pub fn value(&self, weight: Weight) -> f64 {
        self.state.weights.params[weight.place(&self.network)]
    }

    /// What training used as the weight's gradient, beside the exact one.
    pub fn beside(&self, weight: Weight, training: f64) -> Comparison {
        let exact = self.slope(weight);
        let difference = training - exact;
        Comparison { training, exact, difference, relative: relative(difference, exact) }
    }

    /// A plan that took the batch forward at other weights, with the step's random numbers.
    pub fn at(&self, weights: &Weights<f64>) -> Plan<f64> {
        let mut plan = self.probe();
        self.forward(&mut plan, weights);
        plan
    }

    /// What rounding alone can make of the batch's loss: ε·Σ|ℓₙ| / divisor.
    pub(super) fn rounding(&self) -> f64 {
        f64::EPSILON * self.plan.example_losses().map(f64::abs).sum::<f64>() / self.plan.divisor()
    }

    /// A plan of its own, for passes at other weights.
    pub(super) fn probe(&self) -> Plan<f64> {
        let plan = Plan::new(
            &self.network,
            Arc::clone(&self.loss),
            self.examples(),
            self.options.threads,
            Keep::All,
        );
        plan.expect("it was built from these before")
    }

    /// Takes the batch forward through a plan; returns its loss.
    pub(super) fn forward(&self, plan: &mut Plan<f64>, weights: &Weights<f64>) -> f64 {
        let pass = Pass { backward: false, ..Pass::train(self.options.key(self.state.steps)) };
        plan.pass(weights, all(&self.batch), pass)
    }

    /// The targets of some examples.
    pub(super) fn targets(&self, of: Range<usize>) -> Target<'_, f64> {
        match self.batch.targets() {
            Targets::Classes(classes) => Target::Classes(&classes[of]),
            Targets::Values { data, width } => Target::Values(&data[of.start * width..of.end * width]),
        }
    }

    /// ∂ℓₙ/∂ŷ of one example by its own loss ℓₙ, undivided.
    pub(super) fn loss_slopes(&self, example: usize) -> Vec<f64> {
        self.slopes_at(self.plan.output().nth(example).unwrap_or_default(), example)
    }

    /// ∂ℓₙ/∂ŷ where the network's output is `y`.
    fn slopes_at(&self, y: &[f64], example: usize) -> Vec<f64> {
        let mut dy = vec![0.0; y.len()];
        f64::of_loss(&*self.loss).backward(y, self.targets(example..example + 1), 1.0, &mut [0.0], &mut dy);
        dy
    }

    /// What the rounding of a plan's outputs makes of its loss: ε·Σ|ŷ·∂ℓ/∂ŷ| / divisor. Where a prediction nearly is
    /// its target, that is more than the rounding of the loss.
    pub(super) fn output_rounding(&self, plan: &Plan<f64>) -> f64 {
        let of = |(example, y): (usize, &[f64])| {
            let slopes = self.slopes_at(y, example);
            slopes.iter().zip(y).map(|(slope, y)| (slope * y).abs()).sum::<f64>()
        };
        f64::EPSILON * plan.output().enumerate().map(of).sum::<f64>() / plan.divisor()
    }
}

/// |difference| / |of|, where `of` is not 0.
pub(super) fn relative(difference: f64, of: f64) -> Option<f64> {
    (of != 0.0).then(|| (difference / of).abs())
}

fn all(batch: &Dataset<f64>) -> Batch<'_, f64> {
    Batch { data: batch, rows: Rows::Range(0, batch.len()) }
}

/// The examples of a batch, converted exactly.
fn exactly<T: Scalar>(batch: Batch<'_, T>) -> Dataset<f64> {
    let data = match batch.rows {
        Rows::Index(index) => batch.data.select(index),
        Rows::Range(from, to) => batch.data.select(&(from..to).collect::<Vec<usize>>()),
    };
    data.cast()
}
