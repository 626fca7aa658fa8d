//! What a worked example can be made of.

use crate::textbook::{activations, losses, published};
use schemars::JsonSchema;
use serde::Serialize;

/// What there is to choose from.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Choices {
    /// Examples from the literature.
    pub cases: Vec<Case>,
    /// Activations of the hidden layer.
    pub activations: Vec<&'static str>,
    /// Losses.
    pub losses: Vec<&'static str>,
    /// Optimizers.
    pub optimizers: Vec<Choice>,
}

/// An example from the literature.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Case {
    /// What it is called.
    pub name: String,
    /// Where it is from.
    pub source: String,
}

/// One of several things, with a name for people.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Choice {
    /// As an option has it.
    pub value: &'static str,
    /// As people call it.
    pub label: &'static str,
}

const OPTIMIZERS: &[[&str; 2]] = &[
    ["sgd", "SGD"],
    ["sgd,momentum=0.9", "SGD, momentum"],
    ["adam", "Adam"],
    ["adamw", "AdamW"],
    ["rmsprop", "RMSprop"],
    ["adagrad", "Adagrad"],
];

impl Choices {
    /// All that there is.
    pub fn all() -> Choices {
        Choices {
            cases: published()
                .into_iter()
                .map(|case| Case { name: case.name, source: case.source })
                .collect(),
            activations: activations().collect(),
            losses: losses().collect(),
            optimizers: OPTIMIZERS.iter().map(|&[value, label]| Choice { value, label }).collect(),
        }
    }
}
