//! Why a weight moved: five parts, and beside the gradient what nudging and training say.

mod sentences;

pub use sentences::Sentences;
pub(super) use sentences::{chosen_says, step_says};

use super::ByName;
use super::divergence::Divergence;
use crate::replay::{Origin, Step};
use crate::textbook::Worked;
use schemars::JsonSchema;
use serde::Serialize;
use whygrad::credit::{
    Chain, Comparison, Effect, Examples, Nudge, Path, Paths, Snapshot, Update, Weight, effect, examples,
    nudge, paths, update,
};
use whygrad::data::Targets;
use whygrad::network::Network;
use whygrad::train::Real;

/// Why a weight moved in a step.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Why {
    /// The weight.
    pub weight: String,
    /// Folder of the run; null for a worked example.
    pub run: Option<String>,
    /// The worked example.
    pub case: Option<String>,
    /// Number of the step, from 1.
    pub step: u64,
    /// The run's last step.
    pub last_step: Option<u64>,
    /// Where the run diverged, in the step that was asked for or before it.
    pub diverged: Option<Divergence>,
    /// Precision of training: f32 or f64.
    pub precision: &'static str,
    /// w before the step.
    pub before: f64,
    /// w after it; null where no step is made.
    pub after: Option<f64>,
    /// Δw, as training made it.
    pub moved: Option<f64>,
    /// L, the loss of the batch before the step.
    pub loss: f64,
    /// The examples of the batch.
    pub batch: Vec<Row>,
    /// The example of chain and paths, by its place in the batch.
    pub example: usize,
    /// Of a worked example: what every unit is.
    pub values: Option<ByName<f64>>,
    /// The batch's gradient in training's precision, and in f64.
    pub beside: Comparison,
    /// The gradient by nudging the weight.
    pub nudge: Nudge,
    /// The factors of the example's gradient.
    pub chain: Chain,
    /// The paths from the example's loss to the weight.
    pub paths: Paths,
    /// The units of each shown path, from the loss to the weight: those that operations with parameters read.
    pub ways: Vec<Vec<String>>,
    /// What each example of the batch contributes.
    pub examples: Examples,
    /// How the optimizer made the step of the gradient; null where no step is made.
    pub update: Option<Update>,
    /// What the step did to the batch's loss.
    pub effect: Option<Effect>,
    /// What the numbers say, in words.
    pub sentences: Sentences,
}

/// An example of the batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Row {
    /// The number that it has where it comes from: the row of a table, from 1, of arrays from 0.
    pub row: usize,
    /// Its class, where targets are classes.
    pub class: Option<String>,
    /// What sentences call it.
    pub name: String,
}

impl Why {
    /// Explains `weight` at a step. `example` (its place in the batch) is the one whose chain and paths are shown, by
    /// default the one that contributed most; `k` paths are shown.
    pub fn new<T: Real>(step: &Step<T>, weight: Weight, example: Option<usize>, k: usize) -> Why {
        let snapshot = &step.snapshot;
        let examples = examples(snapshot, weight);
        // The first of those that contribute as much.
        let example = example.or_else(|| examples.each.iter().position(|c| c.abs() == most(&examples)));
        let example = example.unwrap_or(0);
        let update = step.moves.then(|| update(snapshot, weight));
        let (run, last_step, case, values) = match &step.origin {
            Origin::Run { path, last } => (Some(path.clone()), Some(*last), None, None),
            Origin::Case { name, worked } => (None, None, Some(name.clone()), Some(values(worked, snapshot))),
            Origin::Played { .. } => (None, None, None, None),
        };
        let paths = paths(snapshot, weight, example, k);
        let mut why = Why {
            weight: snapshot.names().weight(weight),
            step: step.number,
            last_step,
            diverged: step.diverged.as_ref().map(Divergence::from),
            precision: snapshot.precision(),
            before: snapshot.value(weight),
            after: update.as_ref().map(|update| update.after),
            moved: update.as_ref().map(|update| update.moved),
            loss: snapshot.batch_loss(),
            batch: batch(step, case.is_some()),
            example,
            values,
            beside: snapshot.compare(weight),
            nudge: nudge(snapshot, weight),
            chain: Chain::new(snapshot, weight, example),
            ways: paths.shown.iter().map(|path| way(path, snapshot.network())).collect(),
            paths,
            examples,
            update,
            effect: step.moves.then(|| effect(snapshot, weight)),
            run,
            case,
            sentences: Sentences::default(),
        };
        why.sentences = Sentences {
            step: step_says(step),
            chosen: chosen_says(step),
            ..Sentences::of(&why, snapshot.network().mixes_examples())
        };
        why
    }
}

/// The largest contribution of an example.
fn most(examples: &Examples) -> f64 {
    examples.each.iter().map(|c| c.abs()).fold(0.0, f64::max)
}

/// Every number of a worked example's step, by its name.
fn values(worked: &Worked, snapshot: &Snapshot) -> ByName<f64> {
    let mut values: Vec<(String, f64)> = vec![];
    for value in 0..=worked.network.nodes().len() {
        let numbers = snapshot.plan().value(value).next().unwrap_or_default();
        for (at, number) in numbers.iter().enumerate() {
            let name = snapshot.names().unit(value, at);
            // A sum that no activation follows is the unit itself.
            if values.iter().all(|(known, _)| *known != name) {
                values.push((name, *number));
            }
        }
    }
    ByName(values)
}

/// The examples of a step's batch.
fn batch<T: Real>(step: &Step<T>, worked: bool) -> Vec<Row> {
    let batch = step.snapshot.batch();
    let class = |place: usize| match batch.targets() {
        Targets::Classes(classes) => {
            let class = classes[place] as usize;
            Some(batch.class_names().get(class).map_or(class.to_string(), String::clone))
        }
        Targets::Values { .. } => None,
    };
    let row = |(place, &row): (usize, &u32)| {
        let class = class(place);
        let name = match &class {
            _ if worked => "the example".into(),
            Some(class) => format!("example {place} (row {row}, class {class})"),
            None => format!("example {place} (row {row})"),
        };
        Row { row: row as usize, class, name }
    };
    batch.rows().iter().enumerate().map(row).collect()
}

/// The units that a path goes through: the network's output, and those that operations with parameters read.
fn way(path: &Path, network: &Network) -> Vec<String> {
    let has_params = |operation: &Option<String>| {
        network.nodes().iter().any(|node| Some(&node.name) == operation.as_ref() && !node.params.is_empty())
    };
    // The last step comes to the weight.
    let steps = &path.steps[..path.steps.len().saturating_sub(1)];
    let read = |i: usize| i == 0 || has_params(&steps[i - 1].operation);
    (0..steps.len()).filter(|&i| read(i)).map(|i| steps[i].to.clone()).collect()
}
