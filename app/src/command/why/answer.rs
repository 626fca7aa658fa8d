//! The answer: five parts, and beside the gradient what nudging and training say.

use super::step::{Origin, Step, values};
use serde::Serialize;
use serde_json::{Map, Value as Json};
use whygrad::credit::{
    Chain, Comparison, Effect, Examples, Nudge, Paths, Update, Weight, effect, examples, nudge, paths, update,
};
use whygrad::train::Real;

/// Why a weight moved.
#[derive(Serialize)]
pub struct Answer {
    pub weight: String,
    pub run: Option<String>,
    pub case: Option<String>,
    pub step: u64,
    pub last_step: Option<u64>,
    pub precision: &'static str,
    pub before: f64,
    pub after: Option<f64>,
    pub moved: Option<f64>,
    pub loss: f64,
    pub batch: Vec<Row>,
    pub example: usize,
    pub values: Option<Map<String, Json>>,
    pub beside: Comparison,
    pub nudge: Nudge,
    pub chain: Chain,
    pub paths: Paths,
    pub examples: Examples,
    pub update: Option<Update>,
    pub effect: Option<Effect>,
}

/// An example of the batch.
#[derive(Serialize)]
pub struct Row {
    /// Its row in the training part, from 0.
    pub row: usize,
    /// Its class, where targets are classes.
    pub class: Option<String>,
}

impl Answer {
    /// Explains `weight` at a step. `example` (its place in the batch) is the one whose chain and paths are shown, by
    /// default the one that contributed most.
    pub fn new<T: Real>(step: &Step<T>, weight: Weight, example: Option<usize>, k: usize) -> Answer {
        let snapshot = &step.snapshot;
        let examples = examples(snapshot, weight);
        // The first of those that contribute as much.
        let most = examples.each.iter().map(|c| c.abs()).fold(0.0, f64::max);
        let example = example.or_else(|| examples.each.iter().position(|c| c.abs() == most)).unwrap_or(0);
        let update = step.moves.then(|| update(snapshot, weight));
        let (run, last_step, case, values) = match &step.origin {
            Origin::Run { path, last } => (Some(path.clone()), Some(*last), None, None),
            Origin::Case { name, worked, .. } => {
                (None, None, Some(name.clone()), Some(values(worked, snapshot)))
            }
        };
        let class = |place: usize| match snapshot.batch().targets() {
            whygrad::data::Targets::Classes(classes) => {
                let class = classes[place] as usize;
                Some(snapshot.batch().class_names().get(class).map_or(class.to_string(), String::clone))
            }
            whygrad::data::Targets::Values { .. } => None,
        };
        Answer {
            weight: weight.name(snapshot.network()),
            run,
            case,
            step: step.number,
            last_step,
            precision: snapshot.precision(),
            before: snapshot.value(weight),
            after: update.as_ref().map(|update| update.after),
            moved: update.as_ref().map(|update| update.moved),
            loss: snapshot.batch_loss(),
            batch: step.rows.iter().enumerate().map(|(i, &row)| Row { row, class: class(i) }).collect(),
            example,
            values,
            beside: snapshot.compare(weight),
            nudge: nudge(snapshot, weight),
            chain: Chain::new(snapshot, weight, example),
            paths: paths(snapshot, weight, example, k),
            examples,
            update,
            effect: step.moves.then(|| effect(snapshot, weight)),
        }
    }
}
