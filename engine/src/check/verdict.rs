//! What a check of a training comes to.

use super::change::Change;
use crate::probe::Score;
use serde::Serialize;

/// A link of the chain of a training step, in its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Link {
    /// The examples.
    Data,
    /// From inputs to outputs.
    Forward,
    /// How outputs are judged.
    Loss,
    /// From the loss back to the weights.
    Gradient,
    /// What the optimizer makes of the gradient, how often, and for how long.
    Update,
}

impl Link {
    /// All five, in their order.
    pub const ALL: [Link; 5] = [Link::Data, Link::Forward, Link::Loss, Link::Gradient, Link::Update];

    /// As everything calls it: `data`.
    pub fn name(self) -> &'static str {
        match self {
            Link::Data => "data",
            Link::Forward => "forward",
            Link::Loss => "loss",
            Link::Gradient => "gradient",
            Link::Update => "update",
        }
    }
}

/// Where something was found; what it has not is absent.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Place {
    /// The operation: `relu1`.
    pub operation: Option<String>,
    /// The parameter: `linear1.weight`.
    pub parameter: Option<String>,
    /// The unit of the operation, from 0.
    pub unit: Option<usize>,
    /// The weight: `linear1.weight[3,17]`.
    pub weight: Option<String>,
    /// The example's place in its batch, from 0.
    pub example: Option<usize>,
    /// The number that the example has where it comes from: the row of a table, from 1; of arrays from 0.
    pub row: Option<usize>,
    /// The column of the data.
    pub column: Option<String>,
    /// The class.
    pub class: Option<String>,
}

impl Place {
    /// An operation.
    pub fn operation(name: impl Into<String>) -> Place {
        Place { operation: Some(name.into()), ..Place::default() }
    }

    /// A parameter of an operation, by its name: `linear1.weight`.
    pub fn parameter(name: &str) -> Place {
        let operation = name.split_once('.').map(|(operation, _)| operation.to_string());
        Place { operation, parameter: Some(name.into()), ..Place::default() }
    }

    /// A column of the data.
    pub fn column(name: impl Into<String>) -> Place {
        Place { column: Some(name.into()), ..Place::default() }
    }
}

/// What a check found.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Finding {
    /// The check: `units-dead`.
    pub check: &'static str,
    /// The link that it asks about.
    pub link: Link,
    /// Where.
    pub place: Place,
    /// The step, from 1; absent where it is no step's.
    pub step: Option<u64>,
    /// What was measured.
    pub measure: f64,
    /// What it should have kept to.
    pub limit: f64,
    /// What it means.
    pub sentence: String,
    /// Whether it breaks the training by itself: a number that is not finite, a broken invariant, data that contradict
    /// themselves. All else is a suspicion until a trial confirms it.
    pub certain: bool,
    /// Whether it is so far beyond the limit that a training which is watched need not go on; so is what is certain.
    pub grave: bool,
    /// What could be changed about it, in alternatives of changes that are made together.
    #[serde(skip)]
    pub changes: Vec<Vec<Change>>,
}

/// A training with something changed, beside the unchanged one.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Trial {
    /// The check that proposed it.
    pub check: &'static str,
    /// What was changed, stage by stage.
    #[serde(skip)]
    pub changes: Vec<Vec<Change>>,
    /// The same in words.
    pub changed: Vec<String>,
    /// The measure without it, from each starting point; null where that training cannot begin.
    pub before: Vec<Option<f64>>,
    /// The measure with it, from the same starting points.
    pub after: Vec<f64>,
    /// Whether it is better by more than the spread, and by enough to matter.
    pub better: bool,
}

/// A broken link, and what mends it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Cause {
    /// What was found.
    pub finding: Finding,
    /// What mends it, beside the changes of the causes before; nothing where no change of the experiment does.
    #[serde(skip)]
    pub changes: Vec<Change>,
    /// The same in words.
    pub change: Vec<String>,
    /// The trial that showed it.
    pub trial: Option<Trial>,
    /// Findings that are gone where it is mended.
    pub symptoms: Vec<Finding>,
}

/// A check that was not made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NotChecked {
    /// Its name.
    pub check: &'static str,
    /// Why not.
    pub why: &'static str,
}

/// What a check of a training comes to: whether it is broken, and if so where first.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// What is broken, the first broken link first; nothing where the training is healthy.
    pub causes: Vec<Cause>,
    /// What mends it, stage by stage, each of what the stages before made.
    pub stages: Vec<Vec<Change>>,
    /// Whether it is not known to be healthy: it ended before the training did, or before what may be to blame for what is
    /// missing was tried.
    pub undecided: bool,
    /// Whether the budget was used up before all suspicions were tried.
    pub ended_early: bool,
    /// What was found beside: it costs nothing that a trial could show.
    pub notes: Vec<Finding>,
    /// Checks that were not made.
    pub not_checked: Vec<NotChecked>,
    /// All trials that were made.
    pub trials: Vec<Trial>,
    /// How well the training does its task, from its own starting point.
    pub score: Option<Score>,
}

impl Verdict {
    /// Whether some link is broken.
    pub fn is_broken(&self) -> bool {
        !self.causes.is_empty()
    }
}
