//! What checks look at: what a training was told, what it left, and what probes of it say. Plain data, so that a check asks
//! the same of a live training, a recorded run, and a run of another framework.

use super::change::{Change, Start};
use super::verdict::Place;
use crate::data::Scale;
use crate::facts::{EpochRecord, Layout, Moments, StepFacts, StepRecord};
use crate::init::Init;
use crate::judge::Fault;
use crate::loss::LossFunction;
use crate::network::{Error, Network, Node};
use crate::op::{Operation, Structure};
use crate::optim::{self, Clip, Optimizer, Schedule};
use crate::probe::{DataFacts, Moment, NotFinite, Score, Stage, Unlike};
use crate::setting::Literal;
use crate::train::{Fit, Real, Trainer};
use std::sync::Arc;

/// What is known of a training. What its source cannot provide is absent, and the checks that read it are not made.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    /// Names and shapes of values and parameters.
    pub layout: Layout,
    /// What it was told.
    pub told: Option<Told>,
    /// Why it cannot begin.
    pub refused: Option<Error>,
    /// Names of the classes, where it cannot begin.
    pub classes: Vec<String>,
    /// Its data.
    pub data: Option<DataFacts>,
    /// Its network at some moments, the first before the first step.
    pub moments: Vec<Moment>,
    /// Its steps; facts are there of some.
    pub steps: Vec<StepRecord>,
    /// Its epochs.
    pub epochs: Vec<EpochRecord>,
    /// Where it stopped being finite.
    pub diverged: Option<Diverged>,
    /// How well it does its task.
    pub score: Option<Score>,
    /// What is wrong with the derivatives of its operations and of its loss.
    pub faults: Option<Vec<Fault>>,
    /// An operation that mixes examples, against its declaration.
    pub mixed: Option<Option<usize>>,
    /// A weight whose step is not what the optimizer's formula gives.
    pub unlike: Option<Option<Unlike>>,
    /// Of the steps whose gradient was computed again: its norm as it was applied over its norm from the step's batch
    /// alone.
    pub applied: Option<Vec<f64>>,
}

/// What a training was told.
#[derive(Clone, Debug)]
pub struct Told {
    /// What is computed.
    pub network: Arc<Network>,
    /// How an output is judged.
    pub loss: Arc<dyn LossFunction>,
    /// How weights move.
    pub optimizer: Arc<dyn Optimizer>,
    /// What keeps a gradient from being too large.
    pub clip: Clip,
    /// What the learning rate does.
    pub schedule: Schedule,
    /// Examples in a batch.
    pub batch: usize,
    /// Steps of an epoch.
    pub steps_per_epoch: u64,
    /// How long and in what order.
    pub fit: Fit,
    /// How inputs are scaled.
    pub scale: Scale,
    /// Whether it starts from weights that somebody gave.
    pub given_weights: bool,
}

/// Where a training stopped being finite.
#[derive(Clone, Debug)]
pub struct Diverged {
    /// The step, from 1.
    pub step: u64,
    /// The number.
    pub first: NotFinite,
    /// The row of its example in the training part.
    pub row: Option<usize>,
    /// Of the steps before, the largest magnitude among all values, weights and gradients whose facts were kept: how the
    /// margin to the largest number of the precision shrank.
    pub margin: Vec<(u64, f64)>,
    /// The largest number of the precision.
    pub most: f64,
}

impl Told {
    /// Of a trainer, for so many training examples.
    pub fn of<T: Real>(
        trainer: &Trainer<T>,
        examples: usize,
        fit: Fit,
        scale: Scale,
        given_weights: bool,
    ) -> Told {
        let options = trainer.options();
        Told {
            network: Arc::clone(trainer.network()),
            loss: Arc::clone(trainer.loss()),
            optimizer: Arc::clone(trainer.optimizer()),
            clip: options.clip,
            schedule: options.schedule.clone(),
            batch: options.batch,
            steps_per_epoch: fit.batches(options, examples).per_epoch(),
            fit,
            scale,
            given_weights,
        }
    }

    /// Learning rates at which an optimizer of this kind usually works, the largest first: its default, and 10 times that;
    /// of gradient descent, whose default is small, 100 times, too.
    pub fn usual_rates(&self) -> impl Iterator<Item = f64> + use<> {
        let usual = optim::read(self.optimizer.name(), []).ok().map(|of| of.lr());
        let times = if self.optimizer.name() == "sgd" { &[100.0, 10.0, 1.0][..] } else { &[10.0, 1.0] };
        usual.into_iter().flat_map(move |usual| times.iter().map(move |by| by * usual))
    }

    /// A setting of the optimizer.
    pub fn optimizer_number(&self, key: &str) -> Option<f64> {
        match self.optimizer.settings().into_iter().find(|(name, _)| *name == key)?.1 {
            Literal::Number(x) => Some(x),
            _ => None,
        }
    }

    /// The last operation.
    pub fn last(&self) -> &Node {
        &self.network.nodes()[self.network.nodes().len() - 1]
    }

    /// The last operation with parameters, or the last of all.
    pub fn last_layer(&self) -> &Node {
        self.network.nodes().iter().rfind(|node| !node.params.is_empty()).unwrap_or(self.last())
    }

    /// Numbers of an output.
    pub fn outputs(&self) -> usize {
        self.network.shape(self.network.output()).len()
    }
}

impl Evidence {
    /// Facts of the steps that have some, with the steps.
    pub fn facts(&self) -> impl DoubleEndedIterator<Item = (u64, &StepFacts)> {
        self.steps.iter().filter_map(|step| Some((step.step, step.facts.as_ref()?)))
    }

    /// The network before the first step.
    pub fn start(&self) -> Option<&Moment> {
        self.moments.first()
    }

    /// The network at the last moment that was looked at.
    pub fn end(&self) -> Option<&Moment> {
        self.moments.last()
    }

    /// Of the steps with facts: measured over predicted change of the loss. Steps whose prediction drowns in rounding
    /// are left out.
    pub fn ratios(&self) -> Vec<f64> {
        let of = |step: &StepRecord| {
            let facts = step.facts.as_ref()?;
            let clear = facts.predicted.abs() > 1e-5 * step.loss.abs();
            facts
                .measured
                .filter(|_| clear && facts.predicted < 0.0)
                .map(|measured| measured / facts.predicted)
        };
        self.steps.iter().filter_map(of).filter(|ratio| !ratio.is_nan()).collect()
    }

    /// The mean loss of the last quarter of the steps over that of the quarter before; 0 where there are too few.
    pub fn fallen(&self) -> f64 {
        let losses: Vec<f64> = self.steps.iter().map(|step| step.loss).collect();
        let (quarter, end) = (losses.len() / 4, losses.len());
        match quarter {
            0 => 0.0,
            _ => mean(&losses[end - quarter..]) / mean(&losses[end - 2 * quarter..end - quarter]),
        }
    }

    /// The mean loss of the first tenth, at least one, of the steps, and that of the last.
    pub fn losses(&self) -> Option<[f64; 2]> {
        let losses: Vec<f64> =
            self.steps.iter().map(|step| step.loss).filter(|loss| loss.is_finite()).collect();
        let tenth = losses.len().div_ceil(10);
        let mean = |losses: &[f64]| losses.iter().sum::<f64>() / losses.len() as f64;
        (tenth > 0).then(|| [mean(&losses[..tenth]), mean(&losses[losses.len() - tenth..])])
    }
}

impl Diverged {
    /// The largest magnitudes of the steps before one, see [`Diverged::margin`](Diverged#structfield.margin).
    pub(super) fn margin(steps: &[StepRecord], before: u64) -> Vec<(u64, f64)> {
        let largest = |facts: &StepFacts| {
            let all = [&facts.values, &facts.value_gradients, &facts.params, &facts.param_gradients];
            let magnitudes = all.into_iter().flatten().map(|of| of.max.abs().max(of.min.abs()));
            magnitudes.filter(|x| x.is_finite()).fold(0.0, f64::max)
        };
        let kept = steps.iter().filter_map(|step| Some((step.step, largest(step.facts.as_ref()?))));
        kept.filter(|(step, _)| *step <= before).collect()
    }

    /// Where it was.
    pub(super) fn place(&self) -> Place {
        let NotFinite { name, operation, example, .. } = &self.first;
        let weight = operation.is_none() && name.contains('.');
        let parameter = weight.then(|| name.split('[').next().unwrap_or_default().to_string());
        let owner = |parameter: &String| parameter.split('.').next().unwrap_or_default().to_string();
        Place {
            operation: operation.clone().or(parameter.as_ref().map(owner)),
            weight: weight.then(|| name.clone()),
            parameter,
            example: *example,
            row: self.row,
            ..Place::default()
        }
    }

    /// The largest magnitude in the steps before; 0 where none is on record.
    pub(super) fn largest(&self) -> f64 {
        self.margin.iter().map(|(_, largest)| *largest).fold(0.0, f64::max)
    }

    /// What happened.
    pub(super) fn sentence(&self) -> String {
        let NotFinite { stage, name, number, .. } = &self.first;
        let what = match stage {
            Stage::Start => format!("{name} was {number}"),
            Stage::Forward => format!("on the way forward {name} became {number}"),
            Stage::Loss => format!("the loss {name} became {number}"),
            Stage::Backward => format!("on the way back ∂L/∂{name} became {number}"),
            Stage::Gradient => format!("∂L/∂{name} became {number}"),
            Stage::Update => format!("the update made {name} {number}"),
        };
        let last = self.margin.iter().rev().take(3).rev();
        let margin: Vec<String> =
            last.map(|(step, largest)| format!("{largest:.1e} in step {step}")).collect();
        let margin = match margin.is_empty() {
            true => String::new(),
            false => format!("; the largest number was {}", margin.join(", ")),
        };
        format!("in step {} {what}, the first number that is not finite{margin}", self.step)
    }
}

/// Whether an operation gives numbers between two finite ones: it has flat ends.
pub(super) fn is_bounded(op: &dyn Operation) -> bool {
    op.structure() == Structure::Pointwise && op.range().iter().all(|end| end.is_finite())
}

/// All layers that do not start as by default, started so; one alternative, or none.
pub(super) fn starts(evidence: &Evidence) -> Vec<Vec<Change>> {
    let Some(told) = &evidence.told else { return vec![] };
    let network = &told.network;
    let unusual = |node: &&Node| {
        let mut params = node.params.clone();
        let affine = node.op.structure() == Structure::Affine;
        affine
            && (told.given_weights
                || params.any(|param| !matches!(network.params()[param].init, Init::Within(_))))
    };
    let starts =
        network.nodes().iter().filter(unusual).map(|node| Change::Start(node.name.clone(), Start::Default));
    let starts: Vec<Change> = starts.collect();
    if starts.is_empty() { vec![] } else { vec![starts] }
}

/// The mean of some numbers.
pub(super) fn mean(numbers: &[f64]) -> f64 {
    numbers.iter().sum::<f64>() / numbers.len().max(1) as f64
}

/// The norm of all numbers together.
pub(super) fn total_norm(of: &[Moments]) -> f64 {
    of.iter().map(|of| of.norm().powi(2)).sum::<f64>().sqrt()
}

/// The middle one of some numbers.
pub(super) fn median(mut numbers: Vec<f64>) -> Option<f64> {
    let middle = numbers.len() / 2;
    (!numbers.is_empty()).then(|| *numbers.select_nth_unstable_by(middle, f64::total_cmp).1)
}
