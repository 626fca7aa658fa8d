//! A training step held still: everything that explains it is computed from here, in f64.

use super::names::ByColumn;
use super::{Names, Weight};
use crate::data::{Dataset, Targets};
use crate::kernel::Scalar;
use crate::loss::{LossFunction, LossPrecision, Target};
use crate::network::{Batch, Error, Network, Pass, Plan, Rows, Weights, keep};
use crate::optim::Optimizer;
use crate::train::{Options, Real, State, Trainer};
use serde::Serialize;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

/// One training step held still between its gradient and its update: the state before it, the examples of its batch,
/// every value and gradient of its pass with the random numbers that the step had, and beside that what training made
/// of the step, its gradient and the weights after it. Always in f64: the pass is computed again from numbers that
/// were converted exactly, and what training made, in its precision, is converted exactly.
///
/// ```
/// use std::sync::Arc;
/// use whygrad::credit::{Chain, Snapshot, Weight, effect, update};
/// use whygrad::data::generate::GENERATED;
/// use whygrad::network::{Batch, Network, Rows};
/// use whygrad::train::{Options, Trainer};
/// use whygrad::{layers, loss::CrossEntropy, op::{Linear, Tanh}, optim::Adam};
///
/// let data = GENERATED[0].make::<f32>(4, 0.0, 1, 1)?;
/// let batch = Batch { data: &data, rows: Rows::Range(0, 4) };
/// let network = Network::sequential([2], layers![Linear::new(3), Tanh, Linear::new(2)])?;
/// let (loss, adam) = (Arc::new(CrossEntropy::default()), Arc::new(Adam::default()));
/// let trainer = Trainer::<f32>::new(network, loss, adam, Options::default())?;
///
/// let snapshot = Snapshot::take(&trainer, batch)?;
/// let weight = Weight::parse("linear1.weight[2,1]", snapshot.network())?;
/// let (chain, update) = (Chain::new(&snapshot, weight, 0), update(&snapshot, weight));
/// println!("of example 0: {:+e}, a product of {} factors", chain.product, chain.factors.len());
/// println!("of the batch: {:+e}, in f64 {:+e}", snapshot.compare(weight).training, snapshot.slope(weight));
/// println!("its move: {:+e}, and what that did: {:?}", update.moved, effect(&snapshot, weight).alone);
/// assert!(chain.reconciles && update.reconciles);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Snapshot {
    network: Arc<Network>,
    loss: Arc<dyn LossFunction>,
    optimizer: Arc<dyn Optimizer>,
    options: Options,
    state: State<f64>,
    batch: Dataset<f64>,
    plan: Plan<f64, keep::All>,
    gradient: Vec<f64>,
    trained: Trained,
    names: Arc<dyn Names>,
    /// For passes at other weights, from the first one on.
    probe: Mutex<Option<Plan<f64, keep::All>>>,
}

/// What training made of the step.
#[derive(Debug)]
pub(super) struct Trained {
    /// The precision in which it did, with the distance from 1 to its next number and its least normal number.
    precision: &'static str,
    pub epsilon: f64,
    pub least: f64,
    /// ∂L/∂w of all weights, before clipping.
    pub gradient: Vec<f64>,
    /// All weights after the step.
    after: Weights<f64>,
}

/// A gradient in the precision that training used, beside the exact one.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
    /// Holds still the step that `trainer` would make by `batch`, and leaves the trainer as it is.
    ///
    /// # Errors
    /// Where the batch has no examples, or the network or the loss cannot take them.
    ///
    /// # Panics
    /// Where the batch is larger than the trainer's.
    pub fn take<T: Real>(trainer: &Trainer<T>, batch: Batch<'_, T>) -> Result<Snapshot, Error> {
        trainer.check(batch.data)?;
        if batch.is_empty() {
            return Err(Error::NoExamples);
        }
        let trained = Trained::of(trainer.clone(), batch);
        let batch = exactly(batch);
        let (network, loss) = (Arc::clone(trainer.network()), Arc::clone(trainer.loss()));
        let options = trainer.options().clone();
        let mut plan = Plan::new(&network, Arc::clone(&loss), batch.len(), &options.threads, keep::All)?;
        let state = State {
            steps: trainer.state().steps,
            weights: trainer.state().weights.cast(),
            slots: trainer.state().slots.cast(),
        };
        let mut gradient = vec![0.0; network.param_count()];
        plan.pass(&state.weights, all(&batch), Pass::train(options.key(state.steps)));
        plan.gradient(&state.weights, &mut gradient);
        let (optimizer, probe) = (Arc::clone(trainer.optimizer()), Mutex::new(None));
        let names: Arc<dyn Names> = match batch.feature_names() {
            [] => Arc::clone(&network) as Arc<dyn Names>,
            columns => Arc::new(ByColumn { network: Arc::clone(&network), columns: columns.to_vec() }),
        };
        Ok(Snapshot {
            network,
            loss,
            optimizer,
            options,
            state,
            batch,
            plan,
            gradient,
            trained,
            names,
            probe,
        })
    }

    /// The same, with other names for what it is about than the network's.
    pub fn with_names(self, names: Arc<dyn Names>) -> Snapshot {
        Snapshot { names, ..self }
    }

    /// What things are called.
    pub fn names(&self) -> &dyn Names {
        &*self.names
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

    /// What the trainer was told.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// The precision of training: `f32` or `f64`.
    pub fn precision(&self) -> &'static str {
        self.trained.precision
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
    pub fn plan(&self) -> &Plan<f64, keep::All> {
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
    pub fn compare(&self, weight: Weight) -> Comparison {
        let (training, exact) = (self.trained.gradient[weight.place(&self.network)], self.slope(weight));
        let difference = training - exact;
        Comparison { training, exact, difference, relative: relative(difference, exact) }
    }

    /// All weights after the step, as training made it.
    pub fn after(&self) -> &Weights<f64> {
        &self.trained.after
    }

    /// Δw of all weights, as training made the step.
    pub fn moves(&self) -> impl Iterator<Item = f64> + '_ {
        let pairs = self.trained.after.params.iter().zip(&self.state.weights.params);
        pairs.map(|(after, before)| after - before)
    }

    /// Takes the batch forward at other weights, with the step's random numbers; returns what `read` reads off the plan
    /// after it. (`read` may not ask for another pass.)
    pub fn at<R>(&self, weights: &Weights<f64>, read: impl FnOnce(&Plan<f64, keep::All>) -> R) -> R {
        // What a panic left half done the next pass does again.
        let mut probe = self.probe.lock().unwrap_or_else(PoisonError::into_inner);
        let plan = probe.get_or_insert_with(|| {
            let (network, loss, threads) = (&self.network, Arc::clone(&self.loss), &self.options.threads);
            let plan = Plan::new(network, loss, self.examples(), threads, keep::All);
            plan.expect("it was built from these before")
        });
        let pass = Pass { backward: false, ..Pass::train(self.options.key(self.state.steps)) };
        plan.pass(weights, all(&self.batch), pass);
        read(plan)
    }

    /// Whether all its numbers are finite, those of training too: only then there is something that can add up.
    pub fn is_finite(&self) -> bool {
        let finite = |numbers: &[f64]| numbers.iter().all(|x| x.is_finite());
        let values = (0..self.network.shapes().len())
            .flat_map(|value| self.plan.value(value).chain(self.plan.value_gradient(value)));
        self.batch_loss().is_finite()
            && values.into_iter().all(finite)
            && [&self.gradient[..], &self.trained.gradient, &self.trained.after.params]
                .into_iter()
                .all(finite)
    }

    /// What training made of the step.
    pub(super) fn trained(&self) -> &Trained {
        &self.trained
    }

    /// What rounding alone can make of the batch's loss: ε·Σ|ℓₙ| / divisor.
    pub(super) fn rounding(&self) -> f64 {
        f64::EPSILON * self.plan.example_losses().map(f64::abs).sum::<f64>() / self.plan.divisor()
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
    pub(super) fn output_rounding(&self, plan: &Plan<f64, keep::All>) -> f64 {
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

impl Trained {
    /// What a trainer makes of a batch.
    fn of<T: Real>(mut trainer: Trainer<T>, batch: Batch<'_, T>) -> Trained {
        let gradient = exact(&trainer.gradient(batch));
        trainer.step(batch);
        Trained {
            precision: T::NAME,
            epsilon: T::epsilon().f64(),
            least: T::min_positive_value().f64(),
            gradient,
            after: trainer.state().weights.cast(),
        }
    }
}

/// Every number as it is.
fn exact<T: Scalar>(numbers: &[T]) -> Vec<f64> {
    numbers.iter().map(|x| x.f64()).collect()
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
