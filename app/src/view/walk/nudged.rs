//! One number of a worked example pushed a little, and everything that depends on it.

use crate::textbook::{Textbook, Worked};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use whygrad::credit::{Expression, Snapshot, formula, loss_formula};

/// A number that was pushed, and what that did downstream. Nothing is linearised: every number is computed again, by
/// its operation's own formula.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Nudged {
    /// The number: an input, a weight, a neuron.
    pub variable: String,
    /// By how much.
    pub push: f64,
    /// What it was.
    pub before: f64,
    /// What it is now.
    pub after: f64,
    /// What depends on it, in the order of the forward pass; last L.
    pub downstream: Vec<Moved>,
}

/// A number that depends on the one that was pushed.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Moved {
    /// The number.
    pub symbol: String,
    /// What it was.
    pub before: f64,
    /// What it is now.
    pub after: f64,
    /// after − before
    pub change: f64,
    /// change / push; null for no push.
    pub ratio: Option<f64>,
    /// What backpropagation gives for the ratio: of L, where the number is a weight or a neuron.
    pub derivative: Option<f64>,
}

/// A number to be pushed, by its name as people write it, and by how much.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Push {
    /// `w₁`, `h₂`
    pub variable: String,
    /// By how much.
    pub push: f64,
}

impl Nudged {
    /// Pushes numbers of an example's step after `after` updates, each by itself; those that it has.
    pub fn all(book: &Textbook, after: u64, pushes: &[Push]) -> Result<Vec<Nudged>, String> {
        if pushes.is_empty() {
            return Ok(vec![]);
        }
        let worked = book.work()?;
        let mut trainer = worked.trainer(book.learning_rate.unwrap_or(0.0))?;
        (0..after).for_each(|_| worked.update(&mut trainer));
        let step = worked.hold(&trainer, true)?;
        let nudged = |of: &Push| Nudged::new(&worked, &step, &of.variable, of.push);
        Ok(pushes.iter().filter_map(nudged).collect())
    }

    /// Pushes `variable`, by its name in the step. `None` where there is no such number.
    fn new(worked: &Worked, step: &Snapshot, variable: &str, push: f64) -> Option<Nudged> {
        let (before, derivative) = find(worked, step, variable)?;
        let mut numbers = HashMap::from([(variable.to_string(), before + push)]);
        let mut downstream = vec![];
        let mut moved = |symbol: &str, [before, after]: [f64; 2], derivative| {
            let change = after - before;
            let ratio = (push != 0.0).then(|| change / push);
            downstream.push(Moved { symbol: symbol.into(), before, after, change, ratio, derivative });
        };
        for (value, unit) in computed(worked) {
            let name = step.names().unit(value, unit);
            let Some(both) = formula(step, 0, value, unit).and_then(|formula| both(&formula, &numbers))
            else {
                continue;
            };
            // What was pushed itself stays where it was pushed to.
            if name != variable {
                moved(&name, both, None);
                numbers.insert(name, both[1]);
            }
        }
        let outputs = (0..worked.targets().len()).map(|at| loss_formula(step, 0, at));
        let (mut loss, mut depends) = ([0.0; 2], false);
        for formula in outputs {
            let formula = formula?;
            let unmoved = formula.evaluate()? / step.plan().divisor();
            let both = both(&formula, &numbers).map(|both| both.map(|loss| loss / step.plan().divisor()));
            depends |= both.is_some();
            let [before, after] = both.unwrap_or([unmoved; 2]);
            loss = [loss[0] + before, loss[1] + after];
        }
        if depends {
            moved("L", loss, derivative);
        }
        Some(Nudged { variable: variable.into(), push, before, after: before + push, downstream })
    }
}

/// Value and unit of every number of the forward pass, in its order.
fn computed(worked: &Worked) -> impl Iterator<Item = (usize, usize)> + '_ {
    // A sum that no activation follows is the unit itself.
    let values = (1..=4).filter(|value| value % 2 == 1 || worked.activates(value / 2 - 1));
    values.flat_map(|value| (0..worked.names[value.div_ceil(2)].len()).map(move |unit| (value, unit)))
}

/// A number by its name, and the loss's gradient by it, where backpropagation computes that.
fn find(worked: &Worked, step: &Snapshot, variable: &str) -> Option<(f64, Option<f64>)> {
    let named =
        |weight: &&crate::textbook::Weight| step.names().weight(worked.at(weight.ends[0])) == variable;
    if let Some(weight) = worked.weights.iter().find(named) {
        let slope = weight.ends.iter().map(|end| step.slope(worked.at(*end))).sum();
        return Some((worked.value(weight, &step.state().weights), Some(slope)));
    }
    let inputs = (0..worked.names[0].len()).map(|unit| (0, unit));
    let (value, unit) =
        inputs.chain(computed(worked)).find(|(value, unit)| step.names().unit(*value, *unit) == variable)?;
    let gradient = (value > 0).then(|| worked.unit_gradients(step, value)[unit]);
    Some((worked.units(step, value)[unit], gradient))
}

/// What a formula gives, and what it gives with other numbers for some of its letters; `None` where it has none of those.
fn both(formula: &Expression, numbers: &HashMap<String, f64>) -> Option<[f64; 2]> {
    let mut pushed = formula.clone();
    let mut depends = false;
    for binding in &mut pushed.bindings {
        if let Some(number) = numbers.get(&binding.symbol) {
            (binding.numbers, depends) = (vec![*number], true);
        }
    }
    depends.then(|| Some([formula.evaluate()?, pushed.evaluate()?]))?
}
