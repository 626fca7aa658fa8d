//! Where a training step stops being finite.

use crate::kernel::Scalar;
use crate::network::{Batch, Error, Network, Pass, Plan, keep};
use crate::train::{Real, Trainer};
use serde::Serialize;
use std::sync::Arc;

/// The first number of a training step that is not finite, in the order in which the step computes them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NotFinite {
    /// What the step did there.
    pub stage: Stage,
    /// The number: `linear2[0]`, `linear1.weight[3,17]`; of a gradient what the loss is derived by, of a loss the loss's
    /// name.
    pub name: String,
    /// The operation that computed it: `linear2`; absent where none did.
    pub operation: Option<String>,
    /// Its example's place in the batch; absent where it is no example's.
    pub example: Option<usize>,
    /// It: `NaN`, `inf` or `-inf`.
    pub number: String,
    /// What the loss takes, and what came, where it is not defined for that.
    pub outside: Option<String>,
}

/// What a step does, in its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// It begins at weights and running statistics that an earlier step left.
    Start,
    /// It computes values.
    Forward,
    /// It computes the losses of the examples.
    Loss,
    /// It computes the loss's gradient by values.
    Backward,
    /// It computes the loss's gradient by weights.
    Gradient,
    /// It updates the weights.
    Update,
}

/// The first number that is not finite in the step that `trainer` would make by `batch`, in training's own precision;
/// `None` where all are finite. The trainer stays as it is.
///
/// # Errors
/// Where the batch has no examples, or the network or the loss cannot take them.
///
/// # Panics
/// Where the batch is larger than the trainer's.
pub fn not_finite<T: Real>(trainer: &Trainer<T>, batch: Batch<'_, T>) -> Result<Option<NotFinite>, Error> {
    trainer.check(batch.data)?;
    let (network, state) = (trainer.network(), trainer.state());
    let buffers = network.buffers().iter().flat_map(|of| std::iter::repeat_n(of, of.range.len()));
    let mut buffers = state.weights.buffers.iter().zip(buffers);
    let at_start = of_weights(network, Stage::Start, &state.weights.params).or_else(|| {
        let (x, of) = buffers.find(|(x, _)| !x.is_finite())?;
        Some(found(Stage::Start, of.path.clone(), None, None, *x))
    });
    if at_start.is_some() {
        return Ok(at_start);
    }
    let (loss, options) = (Arc::clone(trainer.loss()), trainer.options());
    let mut plan = Plan::new(network, loss, batch.len(), &options.threads, keep::All)?;
    plan.pass(&state.weights, batch, Pass::train(options.key(state.steps)));
    let in_pass = in_pass(network, &plan, trainer.loss().name()).map(|first| {
        let outside = trainer.clone().check_outputs(batch).err().map(|error| error.to_string());
        NotFinite { outside: outside.filter(|_| first.stage == Stage::Loss), ..first }
    });
    Ok(in_pass.or_else(|| {
        let mut copy = trainer.clone();
        let gradient = copy.gradient(batch);
        copy.step(batch);
        let after = &copy.state().weights.params;
        of_weights(network, Stage::Gradient, &gradient).or_else(|| of_weights(network, Stage::Update, after))
    }))
}

fn found<T: Scalar>(
    stage: Stage,
    name: String,
    operation: Option<String>,
    example: Option<usize>,
    x: T,
) -> NotFinite {
    NotFinite { stage, name, operation, example, number: x.to_string(), outside: None }
}

/// The first of some numbers, one for each weight.
fn of_weights<T: Scalar>(network: &Network, stage: Stage, numbers: &[T]) -> Option<NotFinite> {
    let place = numbers.iter().position(|x| !x.is_finite())?;
    Some(found(stage, network.weight_name(place), None, None, numbers[place]))
}

/// The first of a pass: forward, in the losses, and back.
fn in_pass<T: Real>(network: &Network, plan: &Plan<T, keep::All>, loss: &str) -> Option<NotFinite> {
    let in_example = |stage, value: usize, (example, numbers): (usize, &[T])| {
        let at = numbers.iter().position(|x| !x.is_finite())?;
        let operation = value.checked_sub(1).map(|node| network.nodes()[node].name.clone());
        Some(found(stage, network.unit_name(value, at), operation, Some(example), numbers[at]))
    };
    let count = network.shapes().len();
    let forward = |value| {
        let mut examples = plan.value(value).enumerate();
        examples.find_map(|example| in_example(Stage::Forward, value, example))
    };
    let back = |value| {
        let mut examples = plan.value_gradient(value).enumerate();
        examples.find_map(|example| in_example(Stage::Backward, value, example))
    };
    let losses = || {
        let (example, x) = plan.example_losses().enumerate().find(|(_, x)| !x.is_finite())?;
        Some(found(Stage::Loss, loss.into(), None, Some(example), x))
    };
    (0..count).find_map(forward).or_else(losses).or_else(|| (0..count).rev().find_map(back))
}
