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

/// An optimizer, with a name for people.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Choice {
    /// As the option has it.
    pub value: &'static str,
    /// As people call it.
    pub label: &'static str,
    /// A learning rate that suits it on so small a network; null: the example's own.
    pub lr: Option<f64>,
}

const OPTIMIZERS: &[(&str, &str, Option<f64>)] = &[
    ("sgd", "SGD", None),
    ("sgd,momentum=0.9", "SGD, momentum", Some(0.1)),
    ("adam", "Adam", Some(0.05)),
    ("adamw", "AdamW", Some(0.05)),
    ("rmsprop", "RMSprop", Some(0.01)),
    ("adagrad", "Adagrad", Some(0.1)),
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
            optimizers: OPTIMIZERS.iter().map(|&(value, label, lr)| Choice { value, label, lr }).collect(),
        }
    }
}
