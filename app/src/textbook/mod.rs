//! Worked examples: a hidden and an output layer whose every weight has a symbol. The first network of this
//! project, and examples from the literature (`published.json`, each with its source).

mod example;
mod names;

pub use example::{Example, activations, losses};
pub use names::{ExampleNames, plain, pretty};

use crate::error::{Error, Result, nearest};
use crate::experiment;
use serde::Deserialize;
use serde_json::{Map, Value as Json};
use std::sync::Arc;
use whygrad::credit::{self, Snapshot};
use whygrad::data::{Dataset, Targets};
use whygrad::network::{Batch, Layer, Network, Rows, Weights};
use whygrad::op::Linear;
use whygrad::optim::Optimizer;
use whygrad::setting::Literal;
use whygrad::train::{Options, Trainer};
use whygrad::{loss, op, optim};

/// The cases of the literature, as they were collected.
const PUBLISHED: &str = include_str!("published.json");

/// A worked example.
#[derive(Clone, Debug, Deserialize)]
pub struct Textbook {
    /// What it is called.
    pub name: String,
    /// Where it is from.
    #[serde(default)]
    pub source: String,
    /// Activation of the hidden layer.
    pub hidden: String,
    /// Activation of the output layer.
    pub output: String,
    /// The loss.
    pub loss: String,
    /// The learning rate; absent where the source makes no step.
    pub learning_rate: Option<f64>,
    /// What makes an update of a gradient, as [`crate::experiment::named`] reads it; empty: plain gradient descent.
    #[serde(default)]
    pub optimizer: String,
    /// Weights that stay as they are.
    #[serde(default)]
    pub frozen: Vec<String>,
    /// Inputs by name.
    pub inputs: Map<String, Json>,
    /// Targets by the name of the output.
    pub targets: Map<String, Json>,
    /// What each weight connects: `i1->h1`, `bias->h1,h2 (shared)`.
    pub wiring: Map<String, Json>,
    /// Weights by symbol.
    pub parameters: Map<String, Json>,
    /// Figures of the source that are wrong, and why.
    #[serde(default)]
    pub printed: Option<Map<String, Json>>,
    /// Reference numbers.
    #[serde(default)]
    pub expected: Json,
    /// Reference numbers after more updates.
    #[serde(default)]
    pub later: Json,
}

/// A weight: its symbol and where it stands in the network.
#[derive(Clone, Debug, PartialEq)]
pub struct Weight {
    /// As the example calls it.
    pub symbol: String,
    /// What it connects.
    pub ends: Vec<End>,
    /// Whether it stays as it is.
    pub frozen: bool,
}

/// One connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    /// 0: into the hidden layer, 1: into the output layer.
    pub layer: usize,
    /// Which input or hidden unit it comes from; `None`: a bias.
    pub from: Option<usize>,
    /// Which unit it goes to.
    pub to: usize,
}

/// An example as a network that can be run.
#[derive(Debug)]
pub struct Worked {
    /// Names of inputs, hidden units, outputs.
    pub names: [Vec<String>; 3],
    /// Weights in the example's order.
    pub weights: Vec<Weight>,
    /// The network: linear, activation, linear, activation.
    pub network: Network,
    /// Its loss.
    pub loss: Arc<dyn loss::LossFunction>,
    /// Name and settings of its optimizer, but the learning rate.
    pub optimizer: (String, Vec<(String, Literal)>),
    /// The one example.
    pub data: Dataset<f64>,
    /// The weights at the start.
    pub start: Weights<f64>,
}

/// All cases of the literature.
pub fn published() -> Vec<Textbook> {
    #[derive(Deserialize)]
    struct File {
        cases: Vec<Textbook>,
    }
    serde_json::from_str::<File>(PUBLISHED).expect("a test reads this file").cases
}

impl Textbook {
    /// The case of the literature that is called so, by default the first network.
    pub fn named(case: Option<&str>) -> Result<Textbook> {
        let Some(name) = case else { return Ok(Textbook::first_network()) };
        let cases = published();
        let names: Vec<String> = cases.iter().map(|case| case.name.clone()).collect();
        cases.into_iter().find(|case| case.name == name).ok_or_else(|| {
            let hint = nearest(name, &names);
            Error::argument("--case", format!("no case \"{name}\"{hint}; there are: {}", names.join(", ")))
        })
    }

    /// The first network (design of this project): x₁ → h₁ → ŷ ← h₂ ← x₂, no biases.
    pub fn first_network() -> Textbook {
        let numbers =
            |of: &[(&str, f64)]| of.iter().map(|(name, x)| (name.to_string(), Json::from(*x))).collect();
        let wires = [("w1", "x1->h1"), ("w2", "x2->h2"), ("w3", "h1->ŷ"), ("w4", "h2->ŷ")];
        Textbook {
            name: "the first network".into(),
            source: String::new(),
            hidden: "sigmoid".into(),
            output: "identity".into(),
            loss: "squared_error".into(),
            learning_rate: Some(0.4),
            optimizer: String::new(),
            frozen: vec![],
            inputs: numbers(&[("x1", 1.0), ("x2", 0.5)]),
            targets: numbers(&[("ŷ", 1.0)]),
            wiring: wires.iter().map(|(name, wire)| (name.to_string(), Json::from(*wire))).collect(),
            parameters: numbers(&[("w1", 0.6), ("w2", -0.7), ("w3", 0.7), ("w4", 0.6)]),
            printed: None,
            expected: Json::Null,
            later: Json::Null,
        }
    }

    /// The example as a network; the problem in a sentence where it cannot be one.
    pub fn work(&self) -> Result<Worked, String> {
        let names = |of: &Map<String, Json>| of.keys().cloned().collect::<Vec<_>>();
        let (inputs, outputs) = (names(&self.inputs), names(&self.targets));
        let mut hidden: Vec<String> = vec![];
        let split = |wire: &Json| -> Option<(String, Vec<String>)> {
            let (from, to) = wire.as_str()?.split_once("->")?;
            let to = to.split(" (").next()?;
            Some((from.to_string(), to.split(',').map(str::to_string).collect()))
        };
        for wire in self.wiring.values() {
            let (_, to) = split(wire).ok_or("a connection should read `i1->h1`")?;
            hidden.extend(to.into_iter().filter(|unit| !outputs.contains(unit)));
        }
        hidden.sort();
        hidden.dedup();
        let at = |list: &[String], name: &str| list.iter().position(|item| item == name);
        let mut weights = vec![];
        for symbol in self.parameters.keys() {
            let wire = self.wiring.get(symbol).ok_or_else(|| format!("`{symbol}` connects nothing"))?;
            let (from, to) = split(wire).ok_or("a connection should read `i1->h1`")?;
            let end = |unit: &String| {
                let (layer, to) = match at(&outputs, unit) {
                    Some(to) => (1, to),
                    None => (0, at(&hidden, unit)?),
                };
                let before = if layer == 0 { &inputs } else { &hidden };
                let from = if from == "bias" { None } else { Some(at(before, &from)?) };
                Some(End { layer, from, to })
            };
            let ends = to.iter().map(end).collect::<Option<Vec<_>>>();
            let ends = ends.ok_or_else(|| format!("`{symbol}` connects units that are not there"))?;
            weights.push(Weight { symbol: symbol.clone(), ends, frozen: self.frozen.contains(symbol) });
        }
        let ends = || weights.iter().flat_map(|weight| &weight.ends);
        let linear = |layer: usize, from: usize, to: usize| {
            let there = |o: usize, i: usize| ends().any(|e| (e.layer, e.from, e.to) == (layer, Some(i), o));
            let mask: Vec<Vec<bool>> = (0..to).map(|o| (0..from).map(|i| there(o, i)).collect()).collect();
            let full = mask.iter().flatten().all(|there| *there);
            let biased = ends().any(|end| end.layer == layer && end.from.is_none());
            Linear { bias: biased, mask: (!full).then_some(mask), ..Linear::new(to) }
        };
        let activation = |name: &str| op::read(name, []).map(Layer::Op).map_err(|error| error.to_string());
        let layers = vec![
            linear(0, inputs.len(), hidden.len()).into(),
            activation(&self.hidden)?,
            linear(1, hidden.len(), outputs.len()).into(),
            activation(&self.output)?,
        ];
        let mut network = Network::sequential([inputs.len()], layers).map_err(|error| error.to_string())?;
        let loss = loss::read(&self.loss, []).map_err(|error| error.to_string())?;
        let numbers = |of: &Map<String, Json>| -> Result<Vec<f64>, String> {
            let number = |(name, x): (&String, &Json)| {
                x.as_f64().ok_or_else(|| format!("`{name}` is {:.40}; it should be a number", x.to_string()))
            };
            of.iter().map(number).collect()
        };
        let targets = Targets::Values { data: numbers(&self.targets)?, width: outputs.len() };
        let data = Dataset::new(numbers(&self.inputs)?, [inputs.len()], targets)
            .and_then(|data| data.with_feature_names(inputs.iter().cloned()))
            .map_err(|error| error.to_string())?;
        let mut start = Weights::init(&network, 0);
        start.params.fill(0.0);
        for (weight, value) in weights.iter().zip(numbers(&self.parameters)?) {
            for end in &weight.ends {
                start.params[place(&network, *end)] = value;
            }
            if weight.frozen {
                // A whole parameter is frozen: the examples freeze all biases of a layer together.
                let name = network.params().iter().find(|param| {
                    weight.ends.first().is_some_and(|end| param.range.contains(&place(&network, *end)))
                });
                let name = name.map(|param| param.name.clone()).unwrap_or_default();
                network.freeze(&name).map_err(|error| error.to_string())?;
            }
        }
        let optimizer = match self.optimizer.as_str() {
            "" => ("sgd".into(), vec![]),
            text => experiment::named(text)?,
        };
        Ok(Worked { names: [inputs, hidden, outputs], weights, network, loss, optimizer, data, start })
    }
}

/// Where a connection's weight stands among the network's parameters.
fn place(network: &Network, end: End) -> usize {
    // Every layer is a linear operation, with its weight before its bias, and an activation.
    let params = &network.params()[network.nodes()[2 * end.layer].params.clone()];
    let param = &params[usize::from(end.from.is_none())];
    let width = param.shape.last();
    match end.from {
        Some(from) => param.range.start + end.to * width + from,
        None => param.range.start + end.to,
    }
}

impl Worked {
    /// What the units of a value are called: inputs, hidden sums, hidden activations, output sums, outputs. A sum is
    /// called as the unit itself where no activation follows.
    pub fn names_of(&self, value: usize) -> Vec<String> {
        let names = &self.names[value.div_ceil(2)];
        let is_sum = value % 2 == 1 && self.activates(value / 2);
        let name = |name: &String| match value {
            1 if is_sum => name.replacen('h', "z", 1),
            3 if is_sum => format!("z({name})"),
            _ => name.clone(),
        };
        names.iter().map(name).collect()
    }

    /// Whether an activation follows the sums of a layer: 0, the hidden one, or 1, the output.
    pub fn activates(&self, layer: usize) -> bool {
        self.network.nodes()[1 + 2 * layer].op.name() != "identity"
    }

    /// The one example, as a batch.
    pub fn batch(&self) -> Batch<'_, f64> {
        Batch { data: &self.data, rows: Rows::Range(0, 1) }
    }

    /// The trainer's next step held still, with the example's names: as `people` write them, w₁, or plain.
    pub fn hold(&self, trainer: &Trainer<f64>, people: bool) -> Result<Snapshot, String> {
        let snapshot = Snapshot::take(trainer, self.batch()).map_err(|error| error.to_string())?;
        Ok(snapshot.with_names(Arc::new(ExampleNames::new(self, people))))
    }

    /// Where the weight of a connection stands in the network.
    pub fn at(&self, end: End) -> credit::Weight {
        credit::Weight::at_place(place(&self.network, end), &self.network)
    }

    /// The value of a weight.
    pub fn value(&self, weight: &Weight, weights: &Weights<f64>) -> f64 {
        weights.params[place(&self.network, weight.ends[0])]
    }

    /// The values of all weights.
    pub fn values(&self, weights: &Weights<f64>) -> Vec<f64> {
        self.weights.iter().map(|weight| self.value(weight, weights)).collect()
    }

    /// The gradient by each weight; by a shared one the sum over its connections.
    pub fn gradient(&self, snapshot: &Snapshot) -> Vec<f64> {
        let slope = |end: &End| snapshot.slope(self.at(*end));
        self.weights.iter().map(|weight| weight.ends.iter().map(slope).sum()).collect()
    }

    /// What the outputs should be.
    pub fn targets(&self) -> &[f64] {
        match self.data.targets() {
            Targets::Values { data, .. } => data,
            Targets::Classes(_) => &[],
        }
    }

    /// What the units of a value are: inputs, hidden sums, hidden activations, output sums, outputs.
    pub fn units(&self, snapshot: &Snapshot, value: usize) -> Vec<f64> {
        snapshot.plan().value(value).next().unwrap_or_default().to_vec()
    }

    /// ∂L by each unit of a value but the inputs.
    pub fn unit_gradients(&self, snapshot: &Snapshot, value: usize) -> Vec<f64> {
        snapshot.plan().value_gradient(value).next().unwrap_or_default().to_vec()
    }

    /// Its optimizer, with a learning rate.
    fn optimizer(&self, lr: f64) -> Result<Arc<dyn Optimizer>, String> {
        let (name, given) = &self.optimizer;
        if given.iter().any(|(key, _)| key == "lr") {
            return Err("the optimizer's learning rate is that of the example; give it as --lr".into());
        }
        let lr = [("lr".to_string(), Literal::Number(lr))];
        let optimizer = optim::read(name, given.iter().cloned().chain(lr));
        optimizer.map_err(|error| format!("optimizer {name}: {error}"))
    }

    /// Gradient descent on the one example.
    pub fn trainer(&self, lr: f64) -> Result<Trainer<f64>, String> {
        let options = Options { batch: 1, ..Options::default() };
        let optimizer = self.optimizer(lr)?;
        let trainer = Trainer::new(self.network.clone(), Arc::clone(&self.loss), optimizer, options);
        let mut trainer = trainer.map_err(|error| error.to_string())?;
        trainer.check(&self.data).map_err(|error| error.to_string())?;
        trainer.set_weights(self.start.clone()).map_err(|error| error.to_string())?;
        Ok(trainer)
    }

    /// One update.
    pub fn update(&self, trainer: &mut Trainer<f64>) {
        trainer.step(self.batch());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_of_the_literature_can_be_worked() {
        let cases = published();
        assert_eq!(cases.len(), 9);
        for case in cases {
            let worked = case.work().unwrap();
            worked.hold(&worked.trainer(0.1).unwrap(), true).unwrap();
        }
    }
}
