//! The six steps as they are told.

use super::derivation::Wires;
use super::{Connection, Derivation, Drawing, Equation, Learned, Learning, Misprint, Prediction, Row, Story};
use crate::textbook::{Textbook, Worked};
use crate::view::digits::{count, number};
use whygrad::credit::{Binding, Expression, Snapshot, formula, loss_formula, nudge, update};
use whygrad::expr::{Expr, Role, Symbol};

impl Story {
    /// Of an example's first step, and of what updates left.
    pub(super) fn new(book: &Textbook, worked: &Worked, step: &Snapshot, learned: Option<&Learned>) -> Story {
        let (told, wires) = (Told { book, worked, step }, Wires::new(worked, step));
        Story {
            network: told.network(),
            forward: Derivation {
                title: "Forward pass".into(),
                opening: "Each neuron: activation(Σ weights × inputs). The output is the prediction.".into(),
                sum: None,
                equations: wires.forward(),
                chains: vec![],
                closing: None,
            },
            loss: told.loss(),
            output_weights: told.output_weights(&wires),
            hidden_weights: told.hidden_weights(&wires),
            learning: told.learning(learned),
        }
    }
}

/// What is told of.
struct Told<'a> {
    book: &'a Textbook,
    worked: &'a Worked,
    step: &'a Snapshot,
}

impl Told<'_> {
    fn names(&self, value: usize) -> Vec<String> {
        let count = self.worked.names_of(value).len();
        (0..count).map(|unit| self.step.names().unit(value, unit)).collect()
    }

    fn symbol(&self, weight: &crate::textbook::Weight) -> String {
        self.step.names().weight(self.worked.at(weight.ends[0]))
    }

    fn network(&self) -> Drawing {
        let Told { book, worked, step } = self;
        let [inputs, hidden, outputs] = [0, 2, 4].map(|value| self.names(value));
        let opening = format!(
            "{}, {}, {}; {} weights to learn.",
            count(inputs.len(), "input"),
            count(hidden.len(), "hidden neuron"),
            count(outputs.len(), "output"),
            worked.weights.iter().filter(|weight| !weight.frozen).count()
        );
        let connections =
            worked.weights.iter().flat_map(|weight| weight.ends.iter().map(move |end| (weight, end)));
        let connections = connections.map(|(weight, end)| {
            let [before, after] = if end.layer == 0 { [&inputs, &hidden] } else { [&hidden, &outputs] };
            let value = worked.value(weight, &step.state().weights);
            let source = end.from.map_or(1.0, |from| worked.units(step, 2 * end.layer)[from]);
            Connection {
                weight: self.symbol(weight),
                value,
                passes: value * source,
                from: end.from.map(|from| before[from].clone()),
                to: after[end.to].clone(),
            }
        });
        let connections = connections.collect();
        let mut closing = vec![format!("hidden neurons: h = {}", self.activation(2))];
        if worked.activates(1) {
            closing.push(format!("output neurons: o = {}", self.activation(4)));
        }
        let frozen = worked.weights.iter().filter(|weight| weight.frozen).map(|weight| self.symbol(weight));
        let frozen = frozen.collect::<Vec<_>>().join(", ");
        if !frozen.is_empty() {
            closing.push(format!("{frozen} stay as they are in this example"));
        }
        let lr = book.learning_rate.map_or(String::new(), |lr| format!(", learning rate α = {lr}"));
        let target = |(at, y): (usize, &f64)| format!("{} = {}", step.names().target(Some(at)), number(*y));
        let targets: Vec<String> = worked.targets().iter().enumerate().map(target).collect();
        let what = if targets.len() == 1 { "target" } else { "targets" };
        closing.push(format!("{what} {}{lr}", targets.join(", ")));
        Drawing {
            title: "A simple neural network".into(),
            opening,
            inputs,
            hidden,
            outputs,
            connections,
            closing,
        }
    }

    /// The formula of the activation that makes a value, with z for its argument, and what its settings are.
    fn activation(&self, value: usize) -> String {
        let Some(expression) = formula(self.step, 0, value, 0) else { return String::new() };
        let text = expression.tree.text(&|letter| match letter.role {
            Role::Input { .. } => "z".into(),
            _ => letter.letter.to_string(),
        });
        [vec![text], expression.settings()].concat().join(", ")
    }

    fn loss(&self) -> Derivation {
        let (worked, outputs) = (self.worked, self.names(4));
        let title = "How wrong are we?".into();
        let opening = format!("The loss is {}.", worked.loss.name().replace('_', " "));
        let loss = self.step.batch_loss();
        let of = |unit: usize, symbol: String, neuron| {
            let expression = loss_formula(self.step, 0, unit)?;
            let value = expression.evaluate()?;
            Some(Equation { symbol, neuron, weight: None, expression, value })
        };
        if outputs.len() == 1 {
            let equation = of(0, "L".into(), None).map(|equation| Equation { value: loss, ..equation });
            let equations = equation.into_iter().collect();
            return Derivation { title, opening, sum: None, equations, chains: vec![], closing: None };
        }
        let each = outputs.iter().enumerate();
        let mut equations: Vec<Equation> =
            each.filter_map(|(unit, name)| of(unit, format!("L({name})"), Some(name.clone()))).collect();
        let all = self.all(&equations);
        let sum = Some(format!("L = {}", all.symbols()));
        equations.push(Equation {
            symbol: "L".into(),
            neuron: None,
            weight: None,
            expression: all,
            value: loss,
        });
        Derivation { title, opening, sum, equations, chains: vec![], closing: None }
    }

    /// (L(o₁) + L(o₂))/2
    fn all(&self, each: &[Equation]) -> Expression {
        let letter = |of: &Equation| Symbol::new(of.symbol.clone(), Role::Named);
        let bind = |of: &Equation| Binding {
            letter: letter(of),
            symbol: of.symbol.clone(),
            numbers: vec![of.value],
        };
        let sum = Expr::Sum(each.iter().map(|of| letter(of).into()).collect());
        let divisor = self.step.plan().divisor();
        let tree = if divisor == 1.0 { sum } else { sum / divisor };
        Expression { tree, bindings: each.iter().map(bind).collect() }
    }

    fn output_weights(&self, wires: &Wires<'_>) -> Derivation {
        let factors = if self.worked.activates(1) { "three-factor" } else { "two-factor" };
        Derivation {
            title: format!("Output weights: a {factors} chain"),
            opening:
                "How does the loss change with a weight of the output? No hidden activation lies between."
                    .into(),
            sum: None,
            equations: wires.output_slopes(),
            chains: wires.chains(1),
            closing: None,
        }
    }

    fn hidden_weights(&self, wires: &Wires<'_>) -> Derivation {
        let factors = if self.worked.activates(1) { "deeper" } else { "three-factor" };
        let was = if wires.only_output() { "was" } else { "were" };
        Derivation {
            title: format!("Hidden weights: a {factors} chain"),
            opening: match self.worked.activates(0) {
                true => "The path from the loss to a hidden weight passes through an activation.".into(),
                false => "The path from the loss to a hidden weight passes through a hidden neuron.".into(),
            },
            sum: None,
            equations: wires.hidden_slopes(),
            chains: wires.chains(0),
            closing: Some(format!(
                "{} {was} computed for the output weights and reused here: that reuse is why it is called \
                 backpropagation.",
                wires.reused().join(", ")
            )),
        }
    }

    fn learning(&self, learned: Option<&Learned>) -> Learning {
        let (worked, step) = (self.worked, self.step);
        let nudging = "the same by nudging the weight: D(δ) = (L(w + δ) − L(w − δ)) / 2δ, at δ and at 2δ, as \
                       (4·D(δ) − D(2δ)) / 3, where δ is 2⁻¹³·max(1, |w|), rounded up to a power of 2";
        let opening = match learned {
            Some(_) => format!(
                "Each weight moves against its gradient: w ← w − α × ∂L/∂w. Beside the gradient stands {nudging}."
            ),
            None => {
                format!("The source gives no learning rate, so no step is made. The gradient, and {nudging}:")
            }
        };
        let gradients = worked.gradient(step);
        let weights = worked.weights.iter().enumerate().map(|(i, weight)| {
            let nudges: Vec<_> = weight.ends.iter().map(|end| nudge(step, worked.at(*end))).collect();
            let (gradient, nudged) = (gradients[i], nudges.iter().map(|nudge| nudge.difference).sum());
            Row {
                weight: self.symbol(weight),
                value: worked.value(weight, &step.state().weights),
                gradient,
                nudged,
                relative: relative(gradient, nudged),
                agrees: nudges.iter().all(|nudge| nudge.agrees),
                learned: learned.map(|learned| learned.weights[i]),
                stays: weight.frozen,
                kink: nudges.iter().any(|nudge| !nudge.crossings.is_empty()),
                update: learned.map(|_| update(step, worked.at(weight.ends[0]))),
            }
        });
        let predictions = learned.into_iter().flat_map(|learned| {
            let [before, after] = [step, &learned.after].map(|step| worked.units(step, 4));
            let of = move |(unit, output)| Prediction {
                output,
                before: before[unit],
                after: after[unit],
                target: worked.targets()[unit],
            };
            self.names(4).into_iter().enumerate().map(of)
        });
        Learning {
            title: "Learning".into(),
            opening,
            weights: weights.collect(),
            predictions: predictions.collect(),
            misprints: learned.map_or(vec![], |learned| misprints(self.book, learned)),
            closing: "A gradient is the local slope of this loss, on this example, at these weights; it says nothing \
                      about what a neuron means."
                .into(),
        }
    }
}

/// The figures of an example's source that its formulas do not give.
fn misprints(book: &Textbook, learned: &Learned) -> Vec<Misprint> {
    let Some(printed) = &book.printed else { return vec![] };
    let reason = printed["why"].as_str().unwrap_or_default();
    let figures = printed.iter().filter(|(key, _)| *key != "why");
    let given = |key: &str| match key {
        "loss_after" => format!(" (they give {:.9})", learned.after.batch_loss()),
        _ => String::new(),
    };
    let misprint = |(key, figure): (&String, &serde_json::Value)| Misprint {
        figure: format!(
            "The source prints {key} = {figure}, which these formulas do not give{}:",
            given(key)
        ),
        reason: reason.into(),
    };
    figures.map(misprint).collect()
}

/// |a − b| over the larger of the two; `None` where both are 0.
fn relative(a: f64, b: f64) -> Option<f64> {
    let scale = a.abs().max(b.abs());
    (scale > 0.0).then(|| (a - b).abs() / scale)
}
