//! Equations and chains of a worked example, from the chains of its connections.

use super::{Equation, Factor, WeightChain};
use crate::textbook::{End, Weight, Worked};
use whygrad::credit::{Binding, Chain, Expression, Link, Snapshot, formula};
use whygrad::expr::{Expr, Role, Symbol};

/// The connections of an example.
pub(super) struct Wires<'a> {
    worked: &'a Worked,
    step: &'a Snapshot,
    wires: Vec<Wire<'a>>,
}

/// A connection, and the chain from the loss to its weight: of an output weight the links of loss, activation and sum,
/// of a hidden one those and the links of the hidden layer's activation and sum.
struct Wire<'a> {
    weight: &'a Weight,
    end: End,
    /// From the loss to the weight; none where no path leads there.
    links: Vec<Link>,
}

/// Where the links of a hidden weight's chain stand.
const LOSS: usize = 0;
const OUTPUT: usize = 1;
const ONWARD: usize = 2;
const HIDDEN: usize = 3;

impl<'a> Wires<'a> {
    /// Of an example's first step.
    pub(super) fn new(worked: &'a Worked, step: &'a Snapshot) -> Wires<'a> {
        let wire = |weight: &'a Weight, end: End| {
            let mut links: Vec<Link> = Chain::new(step, worked.at(end), 0).links().cloned().collect();
            if let Some(loss) = links.first_mut() {
                divide(loss, step.plan().divisor());
            }
            Wire { weight, end, links }
        };
        let wires =
            worked.weights.iter().flat_map(|weight| weight.ends.iter().map(move |end| (weight, *end)));
        Wires { worked, step, wires: wires.map(|(weight, end)| wire(weight, end)).collect() }
    }

    fn into(&self, layer: usize, unit: usize) -> impl Iterator<Item = &Wire<'a>> {
        self.wires.iter().filter(move |wire| (wire.end.layer, wire.end.to) == (layer, unit))
    }

    fn unit(&self, value: usize, unit: usize) -> String {
        self.step.names().unit(value, unit)
    }

    fn weight(&self, wire: &Wire<'_>) -> String {
        self.step.names().weight(self.worked.at(wire.end))
    }

    /// The link of an activation at a neuron: from what it makes of the sum to the sum.
    fn activation(&self, layer: usize, unit: usize) -> Option<&Link> {
        self.into(layer, unit).next()?.links.get(if layer == 0 { HIDDEN } else { OUTPUT })
    }

    /// The slope of the activation at each neuron of a layer.
    pub(super) fn activation_slopes(&self, layer: usize) -> Vec<f64> {
        let slope = |unit| self.activation(layer, unit).and_then(|link| link.number).unwrap_or(f64::NAN);
        (0..self.worked.names[layer + 1].len()).map(slope).collect()
    }

    /// What every neuron computes: its sum, and what its activation makes of it.
    pub(super) fn forward(&self) -> Vec<Equation> {
        let computed = |value: usize, unit: usize| {
            Some(Equation {
                symbol: self.unit(value, unit),
                neuron: Some(self.unit(value.next_multiple_of(2), unit)),
                weight: None,
                expression: formula(self.step, 0, value, unit)?,
                value: *self.worked.units(self.step, value).get(unit)?,
            })
        };
        let mut equations = vec![];
        for layer in 0..2 {
            for unit in 0..self.worked.names[layer + 1].len() {
                equations.extend(computed(2 * layer + 1, unit));
                if self.worked.activates(layer) {
                    equations.extend(computed(2 * layer + 2, unit));
                }
            }
        }
        equations
    }

    /// How the loss changes with each output, and each output with its sum.
    pub(super) fn output_slopes(&self) -> Vec<Equation> {
        let of = |unit| {
            let neuron = Some(self.unit(4, unit));
            let loss = self.into(1, unit).next().and_then(|wire| wire.links.first());
            let activation = self.activation(1, unit).filter(|_| self.worked.activates(1));
            [loss, activation]
                .into_iter()
                .flatten()
                .filter_map(move |link| equation(link, neuron.clone(), None))
        };
        (0..self.worked.names[2].len()).flat_map(of).collect()
    }

    /// How the loss, or the only output's sum, changes with each hidden neuron, and each of those with its sum.
    pub(super) fn hidden_slopes(&self) -> Vec<Equation> {
        let of = |unit| {
            let neuron = Some(self.unit(2, unit));
            let onward = match self.only_output() {
                true => self.into(0, unit).next().and_then(|wire| wire.links.get(ONWARD)).and_then(|link| {
                    let onward = self.into(1, 0).find(|wire| wire.end.from == Some(unit))?;
                    equation(link, None, Some(self.weight(onward)))
                }),
                false => Some(self.through_outputs(unit)),
            };
            let activation = self.activation(0, unit).filter(|_| self.worked.activates(0));
            onward.into_iter().chain(activation.and_then(|link| equation(link, neuron, None)))
        };
        (0..self.worked.names[1].len()).flat_map(of).collect()
    }

    /// Whether the chains of hidden weights go through one output.
    pub(super) fn only_output(&self) -> bool {
        self.worked.names[2].len() == 1
    }

    /// ∂L by each output's sum.
    pub(super) fn reused(&self) -> Vec<String> {
        (0..self.worked.names[2].len()).map(|unit| format!("∂L/∂{}", self.unit(3, unit))).collect()
    }

    /// ∂L/∂h₁ = ∂L/∂z(o₁)·w₅ + ∂L/∂z(o₂)·w₇
    fn through_outputs(&self, unit: usize) -> Equation {
        let by_sum = self.worked.unit_gradients(self.step, 3);
        let mut bindings = vec![];
        let mut letter = |symbol: String, number: f64| {
            let letter = Symbol::new(symbol.clone(), Role::Named);
            bindings.push(Binding { letter: letter.clone(), symbol, numbers: vec![number] });
            Expr::from(letter)
        };
        let onward = self.wires.iter().filter(|wire| wire.end.layer == 1 && wire.end.from == Some(unit));
        let terms = onward.map(|wire| {
            let (o, w) = (wire.end.to, self.worked.value(wire.weight, &self.step.state().weights));
            letter(format!("∂L/∂{}", self.unit(3, o)), by_sum[o]) * letter(self.weight(wire), w)
        });
        let tree = Expr::Sum(terms.collect());
        Equation {
            symbol: format!("∂L/∂{}", self.unit(2, unit)),
            neuron: Some(self.unit(2, unit)),
            weight: None,
            expression: Expression { tree, bindings },
            value: self.worked.unit_gradients(self.step, 2)[unit],
        }
    }

    /// The chains of all weights into a layer.
    pub(super) fn chains(&self, layer: usize) -> Vec<WeightChain> {
        let into = |wire: &&Wire<'a>| wire.end.layer == layer;
        self.wires.iter().filter(into).map(|wire| self.chain(wire)).collect()
    }

    fn chain(&self, wire: &Wire<'_>) -> WeightChain {
        let End { layer, from, to } = wire.end;
        let factors = if layer == 1 { self.output_factors(wire) } else { self.hidden_factors(wire) };
        // The last of a shared weight's connections in this layer.
        let ends: Vec<&End> = wire.weight.ends.iter().filter(|end| end.layer == layer).collect();
        let shared = ends.len() > 1 && ends.last() == Some(&&wire.end);
        WeightChain {
            weight: self.weight(wire),
            from: from.map(|from| self.unit(2 * layer, from)),
            to: self.unit(2 * layer + 2, to),
            product: factors.iter().map(|factor| factor.value).product(),
            last: factors.last().map_or(String::new(), meaning),
            zero: zero(&factors),
            shared: shared
                .then(|| wire.weight.ends.iter().map(|end| self.step.slope(self.worked.at(*end))).sum()),
            factors,
            mistakes: vec![],
        }
    }

    /// Loss, activation, sum: a factor each.
    fn output_factors(&self, wire: &Wire<'_>) -> Vec<Factor> {
        let neuron = Some(self.unit(4, wire.end.to));
        let factor = |(i, link): (usize, &Link)| {
            let own = i + 1 == wire.links.len();
            let activates = i != OUTPUT || self.worked.activates(1);
            activates.then(|| Factor {
                symbol: link.symbol.clone(),
                value: link.number.unwrap_or(0.0),
                neuron: neuron.clone().filter(|_| !own),
                weight: own.then(|| self.weight(wire)),
                reused: false,
                links: vec![link.clone()],
                mistakes: vec![],
            })
        };
        wire.links.iter().enumerate().filter_map(factor).collect()
    }

    /// What was computed for the output weights, the connection between the layers, and what the hidden neuron adds;
    /// of several outputs the first two together.
    fn hidden_factors(&self, wire: &Wire<'_>) -> Vec<Factor> {
        if wire.links.is_empty() {
            return vec![];
        }
        let hidden = wire.end.to;
        let neuron = self.unit(2, hidden);
        let mut factors = vec![];
        if self.only_output() {
            let onward = self.into(1, 0).find(|wire| wire.end.from == Some(hidden));
            let above = if self.worked.activates(1) { LOSS..ONWARD } else { LOSS..OUTPUT };
            factors.push(Factor {
                symbol: format!("∂L/∂{}", self.unit(3, 0)),
                value: self.worked.unit_gradients(self.step, 3)[0],
                neuron: Some(self.unit(4, 0)),
                weight: None,
                reused: true,
                links: wire.links[above].to_vec(),
                mistakes: vec![],
            });
            factors.push(Factor {
                symbol: wire.links[ONWARD].symbol.clone(),
                value: wire.links[ONWARD].number.unwrap_or(0.0),
                neuron: None,
                weight: onward.map(|wire| self.weight(wire)),
                reused: false,
                links: vec![wire.links[ONWARD].clone()],
                mistakes: vec![],
            });
        } else {
            factors.push(Factor {
                symbol: format!("∂L/∂{neuron}"),
                value: self.worked.unit_gradients(self.step, 2)[hidden],
                neuron: Some(neuron.clone()),
                weight: None,
                reused: false,
                links: wire.links[..HIDDEN].to_vec(),
                mistakes: vec![],
            });
        }
        let own = if self.worked.activates(0) { HIDDEN.. } else { HIDDEN + 1.. };
        let links = wire.links[own].to_vec();
        let weight = self.weight(wire);
        factors.push(Factor {
            symbol: format!("∂{neuron}/∂{weight}"),
            value: links.iter().map(|link| link.number.unwrap_or(0.0)).product(),
            neuron: Some(neuron),
            weight: Some(weight),
            reused: false,
            links,
            mistakes: vec![],
        });
        factors
    }
}

/// What the last factor of a chain is: `h₁`, `∂h₁/∂z₁·x₁`.
fn meaning(factor: &Factor) -> String {
    let last = factor.links.len() - 1;
    let meaning = |(i, link): (usize, &Link)| match &link.expression {
        Some(expression) if i == last => expression.symbols(),
        _ => link.symbol.clone(),
    };
    factor.links.iter().enumerate().map(meaning).collect::<Vec<_>>().join("·")
}

/// What makes the product 0: a factor, or what the last factor is made of.
fn zero(factors: &[Factor]) -> Option<String> {
    let (last, above) = factors.split_last()?;
    let above = above.iter().find(|factor| factor.value == 0.0).map(|factor| &factor.symbol);
    let within = || last.links.iter().find(|link| link.number == Some(0.0)).map(|link| &link.symbol);
    above.or_else(within).cloned()
}

/// A link as an equation.
fn equation(link: &Link, neuron: Option<String>, weight: Option<String>) -> Option<Equation> {
    let (expression, value) = (link.expression.clone()?, link.number?);
    Some(Equation { symbol: link.symbol.clone(), neuron, weight, expression, value })
}

/// The loss's slope where L is the sum over the outputs divided by their number.
fn divide(loss: &mut Link, divisor: f64) {
    if divisor != 1.0 {
        loss.symbol = loss.symbol.replacen('ℓ', "L", 1);
        loss.number = loss.number.map(|number| number / divisor);
        loss.expression = loss
            .expression
            .take()
            .map(|expression| Expression { tree: expression.tree / divisor, ..expression });
    }
}
