//! The six steps of learning on a worked example, with every number.

mod choices;
mod curves;
mod derivation;
mod nudged;
mod practice;
mod story;

pub use choices::Choices;
pub use curves::Curves;
pub use nudged::{Moved, Nudged, Push};
pub use practice::Mistake;

use super::ByName;
use super::digits::count;
use crate::textbook::{Textbook, Worked, pretty};
use derivation::Wires;
use schemars::JsonSchema;
use serde::Serialize;
use whygrad::credit::{Expression, Link, Snapshot, Update};
use whygrad::train::Trainer;

/// A worked example, one of its steps, the first if nothing else is said, and what was learned by it.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Walk {
    /// What the example is called.
    pub name: String,
    /// Where it is from; empty for the first network.
    pub source: String,
    /// The inputs.
    pub inputs: ByName<f64>,
    /// The targets, by their outputs.
    pub targets: ByName<f64>,
    /// Updates that were made before the step.
    pub updates_before: u64,
    /// The weights before the step.
    pub weights: ByName<f64>,
    /// The step.
    pub step: Pass,
    /// The slopes of the activations in it.
    pub slopes: Slopes,
    /// The gradient by nudging each weight.
    pub finite_difference: ByName<f64>,
    /// α; null where the source gives none: then no step is made.
    pub learning_rate: Option<f64>,
    /// The weights after the step's update.
    pub learned: Option<ByName<f64>>,
    /// The step at those.
    pub after: Option<Pass>,
    /// The loss before the first update, after one, after two, …
    pub losses: Option<Vec<f64>>,
    /// The activations and the loss, to be drawn.
    pub curves: Curves,
    /// The six steps as they are told.
    pub story: Story,
}

/// Forward and backward through the network.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Pass {
    /// Sums of the hidden neurons.
    pub hidden_sum: ByName<f64>,
    /// What the hidden neurons make of them.
    pub hidden: ByName<f64>,
    /// Sums of the output neurons.
    pub output_sum: ByName<f64>,
    /// What the output neurons make of them: the prediction.
    pub prediction: ByName<f64>,
    /// By how much each prediction misses its target: ŷ − y.
    pub miss: ByName<f64>,
    /// L.
    pub loss: f64,
    /// ∂L by each output.
    #[serde(rename = "dL_dprediction")]
    pub by_prediction: ByName<f64>,
    /// ∂L by each output neuron's sum.
    #[serde(rename = "dL_doutput_sum")]
    pub by_output_sum: ByName<f64>,
    /// ∂L by each hidden neuron.
    #[serde(rename = "dL_dhidden")]
    pub by_hidden: ByName<f64>,
    /// ∂L by each hidden neuron's sum.
    #[serde(rename = "dL_dhidden_sum")]
    pub by_hidden_sum: ByName<f64>,
    /// ∂L by each weight.
    pub gradient: ByName<f64>,
}

/// The slope of each neuron's activation.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Slopes {
    /// Of hidden neurons.
    pub hidden: ByName<f64>,
    /// Of output neurons.
    pub output: ByName<f64>,
}

/// The six steps.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Story {
    /// 1: what there is.
    pub network: Drawing,
    /// 2: from the inputs to the prediction.
    pub forward: Derivation,
    /// 3: the loss.
    pub loss: Derivation,
    /// 4: the chains of the output weights.
    pub output_weights: Derivation,
    /// 5: the chains of the hidden weights.
    pub hidden_weights: Derivation,
    /// 6: the update.
    pub learning: Learning,
}

/// The network, to be drawn.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Drawing {
    /// What the step is called.
    pub title: String,
    /// How many neurons and weights there are.
    pub opening: String,
    /// Names of the inputs.
    pub inputs: Vec<String>,
    /// Names of the hidden neurons.
    pub hidden: Vec<String>,
    /// Names of the outputs.
    pub outputs: Vec<String>,
    /// The connections.
    pub connections: Vec<Connection>,
    /// What the neurons compute, which weights stay, what the target is.
    pub closing: Vec<String>,
}

/// A connection.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Connection {
    /// Its weight, which it may share with others.
    pub weight: String,
    /// The weight's value.
    pub value: f64,
    /// What passes through it: the weight times what it comes from.
    pub passes: f64,
    /// Where it comes from; null for a bias.
    pub from: Option<String>,
    /// Where it goes to.
    pub to: String,
}

/// A step that computes something.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Derivation {
    /// What the step is called.
    pub title: String,
    /// What it asks.
    pub opening: String,
    /// How the equations add up, where they do.
    pub sum: Option<String>,
    /// What it computes, in order.
    pub equations: Vec<Equation>,
    /// The gradient by each weight, a chain for each of its connections.
    pub chains: Vec<WeightChain>,
    /// What follows from it.
    pub closing: Option<String>,
}

/// A number and how it is computed.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Equation {
    /// The number: z₁, ∂h₁/∂z₁.
    pub symbol: String,
    /// The neuron that it belongs to.
    pub neuron: Option<String>,
    /// The weight of the connection that it belongs to.
    pub weight: Option<String>,
    /// How it is computed.
    pub expression: Expression,
    /// What it is.
    pub value: f64,
}

/// The gradient by a weight, through one of its connections: a product of factors.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct WeightChain {
    /// The weight.
    pub weight: String,
    /// Where the connection comes from; null for a bias.
    pub from: Option<String>,
    /// Where it goes to.
    pub to: String,
    /// The factors, from the loss to the weight.
    pub factors: Vec<Factor>,
    /// Their product.
    pub product: f64,
    /// What the last factor is.
    pub last: String,
    /// What makes the product 0, where it is.
    pub zero: Option<String>,
    /// Of the last connection of a shared weight: the sum over all of them, its gradient.
    pub shared: Option<f64>,
    /// Wrong answers for the product.
    pub mistakes: Vec<Mistake>,
}

/// A factor of a chain.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Factor {
    /// ∂ŷ/∂h₁
    pub symbol: String,
    /// Its number.
    pub value: f64,
    /// The neuron that it belongs to.
    pub neuron: Option<String>,
    /// The weight of the connection that it belongs to.
    pub weight: Option<String>,
    /// Whether it was computed already, for the weights of the layer above.
    pub reused: bool,
    /// The local derivatives that it is made of, and how each is computed.
    pub links: Vec<Link>,
    /// Wrong answers for its number.
    pub mistakes: Vec<Mistake>,
}

/// The update, and what it did.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Learning {
    /// What the step is called.
    pub title: String,
    /// What an update is.
    pub opening: String,
    /// The weights.
    pub weights: Vec<Row>,
    /// What the update did to each output.
    pub predictions: Vec<Prediction>,
    /// Figures of the source that these formulas do not give.
    pub misprints: Vec<Misprint>,
    /// What a gradient says.
    pub closing: String,
}

/// A weight of the table.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Row {
    /// The weight.
    pub weight: String,
    /// Its value before the step.
    pub value: f64,
    /// ∂L by it.
    pub gradient: f64,
    /// The same by nudging it.
    pub nudged: f64,
    /// How far the two are apart, relative to the larger; null where both are 0.
    pub relative: Option<f64>,
    /// Whether they agree: but for what rounding and the curve's bend inside the nudge explain.
    pub agrees: bool,
    /// Its value after an update.
    pub learned: Option<f64>,
    /// Whether it stays as it is in this example.
    pub stays: bool,
    /// Whether a kink of an activation or of the loss lies inside the nudge.
    pub kink: bool,
    /// How the optimizer made the update of the gradient; null where no step is made.
    pub update: Option<Update>,
}

/// An output before and after an update.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Prediction {
    /// The output.
    pub output: String,
    /// Before the update.
    pub before: f64,
    /// After it.
    pub after: f64,
    /// What it should be.
    pub target: f64,
}

/// A figure of a source that its formulas do not give.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Misprint {
    /// What it is.
    pub figure: String,
    /// How it came about.
    pub reason: String,
}

impl Walk {
    /// Of an example's step after `after` updates, with its losses after up to `updates` of them (at least the step's
    /// own) and names as `people` write them or plain. The problem in a sentence where the example cannot be worked.
    pub fn new(book: &Textbook, after: u64, updates: u64, people: bool) -> Result<Walk, String> {
        let worked = book.work()?;
        let mut updating = Updating::new(&worked, book.learning_rate)?;
        if after > 0 && book.learning_rate.is_none() {
            return Err("gives no learning rate, so no update can come before the step".into());
        }
        updating.up_to(after)?;
        let step = worked.hold(&updating.trainer, people)?;
        if after > 0 && !step.is_finite() {
            return Err(format!(
                "after {} not all numbers are finite any more",
                count(after as usize, "update")
            ));
        }
        let learned = match book.learning_rate {
            None => None,
            Some(_) => Some(Learned::new(updating, after, updates, people)?),
        };
        let names = Names::new(&worked, people);
        let mut story = Story::new(book, &worked, &step, learned.as_ref());
        practice::add(
            &mut story,
            book,
            &worked,
            &step,
            learned.as_ref().map(|learned| &learned.weights[..]),
        )?;
        let wires = Wires::new(&worked, &step);
        Ok(Walk {
            name: book.name.clone(),
            source: book.source.clone(),
            inputs: names.of(0, worked.units(&step, 0)),
            targets: names.of(2, worked.targets().to_vec()),
            updates_before: after,
            weights: names.weights(worked.values(&step.state().weights)),
            step: names.pass(&worked, &step),
            slopes: Slopes {
                hidden: names.of(1, wires.activation_slopes(0)),
                output: names.of(2, wires.activation_slopes(1)),
            },
            finite_difference: names.weights(story.learning.weights.iter().map(|row| row.nudged).collect()),
            learning_rate: book.learning_rate,
            learned: learned.as_ref().map(|learned| names.weights(learned.weights.clone())),
            after: learned.as_ref().map(|learned| names.pass(&worked, &learned.after)),
            losses: learned.map(|learned| learned.losses),
            curves: Curves::new(&worked, &step, &names),
            story,
        })
    }
}

/// Updates on their way.
struct Updating<'a> {
    worked: &'a Worked,
    trainer: Trainer<f64>,
    /// The loss before the first update, after one, after two, …, but after the last.
    losses: Vec<f64>,
}

impl<'a> Updating<'a> {
    fn new(worked: &'a Worked, lr: Option<f64>) -> Result<Updating<'a>, String> {
        let mut trainer = worked.trainer(lr.unwrap_or(0.0))?;
        trainer.check_outputs(worked.batch()).map_err(|problem| problem.to_string())?;
        Ok(Updating { worked, trainer, losses: vec![] })
    }

    /// Goes on until so many updates are made in all.
    fn up_to(&mut self, updates: u64) -> Result<(), String> {
        for update in self.losses.len() as u64..updates {
            self.losses.push(self.trainer.step(self.worked.batch()));
            let outside = self.trainer.check_outputs(self.worked.batch());
            outside.map_err(|problem| format!("after {} {problem}", count(update as usize + 1, "update")))?;
        }
        Ok(())
    }
}

/// What updates left.
struct Learned {
    /// Each weight after the step's.
    weights: Vec<f64>,
    /// The next step.
    after: Snapshot,
    /// The loss before the first, after one, after two, …
    losses: Vec<f64>,
}

impl Learned {
    fn new(mut updating: Updating<'_>, before: u64, updates: u64, people: bool) -> Result<Learned, String> {
        updating.up_to(before + 1)?;
        let weights = updating.worked.values(&updating.trainer.state().weights);
        let after = updating.worked.hold(&updating.trainer, people)?;
        updating.up_to(updates)?;
        // A step tells the loss before its update; nobody sees the update of the last one.
        updating.losses.push(updating.trainer.step(updating.worked.batch()));
        Ok(Learned { weights, after, losses: updating.losses })
    }
}

/// Names of inputs, hidden neurons and outputs, and of the weights.
struct Names {
    units: [Vec<String>; 3],
    weights: Vec<String>,
}

impl Names {
    fn new(worked: &Worked, people: bool) -> Names {
        let write = |name: &String| if people { pretty(name) } else { name.clone() };
        let units = worked.names.each_ref().map(|names| names.iter().map(write).collect());
        Names { units, weights: worked.weights.iter().map(|weight| write(&weight.symbol)).collect() }
    }

    /// What belongs to each input (0), hidden neuron (1) or output (2).
    fn of<V>(&self, layer: usize, each: Vec<V>) -> ByName<V> {
        ByName(self.units[layer].iter().cloned().zip(each).collect())
    }

    fn weights(&self, numbers: Vec<f64>) -> ByName<f64> {
        ByName(self.weights.iter().cloned().zip(numbers).collect())
    }

    fn pass(&self, worked: &Worked, step: &Snapshot) -> Pass {
        let value = |value: usize| self.of(value.div_ceil(2), worked.units(step, value));
        let by = |value: usize| self.of(value.div_ceil(2), worked.unit_gradients(step, value));
        Pass {
            hidden_sum: value(1),
            hidden: value(2),
            output_sum: value(3),
            prediction: value(4),
            miss: self
                .of(2, worked.units(step, 4).iter().zip(worked.targets()).map(|(p, y)| p - y).collect()),
            loss: step.batch_loss(),
            by_prediction: by(4),
            by_output_sum: by(3),
            by_hidden: by(2),
            by_hidden_sum: by(1),
            gradient: self.weights(worked.gradient(step)),
        }
    }
}
