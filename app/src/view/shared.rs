//! What comes to a weight that stands in several places of a network.

use super::digits::number;
use super::why::step_says;
use crate::replay::Step;
use schemars::JsonSchema;
use serde::Serialize;
use whygrad::credit::{Nudge, Weight, nudge_shared};
use whygrad::train::Real;

/// A weight that stands in several places: its gradient is the sum of what comes to each.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Shared {
    /// The weight.
    pub weight: String,
    /// Number of the step, from 1.
    pub step: u64,
    /// w before the step.
    pub before: f64,
    /// L, the loss of the batch before the step.
    pub loss: f64,
    /// Its places.
    pub places: Vec<Place>,
    /// The gradient by nudging the weight in all its places at once, beside the sum of the places' gradients.
    pub nudge: Nudge,
    /// What the numbers say, in words.
    pub sentences: Sentences,
}

/// A place of a weight.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Place {
    /// Its name as a weight of its own: `linear1.bias[0]`.
    pub name: String,
    /// ∂L by the weight in this place alone.
    pub gradient: f64,
}

/// What the numbers say.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Sentences {
    /// What the weight is, and where it stands.
    pub weight: String,
    /// In which step, and the loss of its batch.
    pub step: String,
    /// What its gradient is the sum of.
    pub sum: String,
    /// How to ask for one place.
    pub more: String,
}

impl Shared {
    /// Of the weight that stands in these places.
    pub fn new<T: Real>(step: &Step<T>, places: &[Weight]) -> Shared {
        let snapshot = &step.snapshot;
        let place = |weight: &Weight| Place {
            name: weight.name(snapshot.network()),
            gradient: snapshot.slope(*weight),
        };
        let weight = snapshot.names().weight(places[0]);
        let named: Vec<Place> = places.iter().map(place).collect();
        let (before, count) = (snapshot.value(places[0]), places.len());
        let sentences = Sentences {
            weight: format!(
                "{weight} is {} at step {}, in {count} places of the network",
                number(before),
                step.number
            ),
            step: step_says(step),
            sum: format!(
                "{weight} acts on the loss through each of its places: its gradient is the sum of theirs."
            ),
            more: format!("Ask for one of them by its name to see its chain: {}", named[0].name),
        };
        Shared {
            nudge: nudge_shared(snapshot, places),
            step: step.number,
            before,
            loss: snapshot.batch_loss(),
            places: named,
            sentences,
            weight,
        }
    }
}
