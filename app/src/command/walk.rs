//! `whygrad walk`: the six steps of a small network, with every number.

use super::{real, whole};
use crate::error::{Error, Result, nearest};
use crate::terminal::{Page, chart, wrap};
use crate::textbook::{End, Step, Textbook, Weight, Worked, pretty};
use crate::view::digits::{count, difference, factor, number};
use serde_json::{Map, Value as Json, json};
use std::io::Write;
use std::process::ExitCode;
use whygrad::Shape;
use whygrad::data::Targets;
use whygrad::expr::{Expr, Role, Symbol};
use whygrad::network::{Plan, Weights, keep};
use whygrad::op::{self, By, Inputs, Mode, Of, Operation, Parts, Place, Point, Precision, Structure};

/// Walks through the six steps of learning on the first network
///
/// The network, the forward pass, the loss, the chains of the output weights, the chains of the hidden weights,
/// the update. Every number comes from the same engine that trains networks of any size.
///
/// A gradient is a computation over parameters: the local slope of this loss, on this example, at these weights.
/// It is not what a neuron means or how important it is.
#[derive(clap::Args)]
#[command(after_long_help = "\
Examples:
  whygrad walk
  whygrad walk --activation tanh --lr 0.1
  whygrad walk --case mazur --step 5")]
pub struct Args {
    /// Activation of the hidden layer: sigmoid, tanh, relu, …
    #[arg(long, value_name = "NAME")]
    activation: Option<String>,
    /// Learning rate
    #[arg(long, allow_negative_numbers = true, value_parser = real)]
    lr: Option<f64>,
    /// Target(s), separated by commas
    #[arg(long, value_delimiter = ',', allow_negative_numbers = true, value_parser = real, value_name = "Y")]
    target: Vec<f64>,
    /// Inputs, separated by commas
    #[arg(long, value_delimiter = ',', allow_negative_numbers = true, value_parser = real, value_name = "X")]
    x: Vec<f64>,
    /// Weights, separated by commas
    #[arg(long, value_delimiter = ',', allow_negative_numbers = true, value_parser = real, value_name = "W")]
    w: Vec<f64>,
    /// Loss: squared_error, half_squared_error, mse, mae, huber, bce, bce_with_logits
    #[arg(long, value_name = "NAME")]
    loss: Option<String>,
    /// Prints one of the six steps
    #[arg(long, value_name = "K", allow_negative_numbers = true, value_parser = whole(1..=6))]
    step: Option<u64>,
    /// Updates whose loss the chart of step 6 shows
    #[arg(long, default_value_t = 20, allow_negative_numbers = true, value_parser = whole(1..=100_000))]
    updates: u64,
    /// Walks an example from the literature: mazur, hmkcode, mustafa_relu, zhou, han_kamber, …
    #[arg(long, value_name = "NAME")]
    case: Option<String>,
    /// Prints one JSON object with every number: inputs, targets, weights, step (values, loss, gradient by each
    /// unit and weight), slopes of the activations, finite_difference, learned (weights after one update), after
    /// (the step at those), losses
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<ExitCode> {
    let walk = Walk::new(args)?;
    let mut out = std::io::stdout().lock();
    if args.json {
        writeln!(out, "{}", walk.json())?;
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(source) = Some(&walk.book.source).filter(|source| !source.is_empty()) {
        writeln!(out, "{}\n", wrap(&format!("{}: {source}", walk.book.name), 80).join("\n"))?;
    }
    let steps = [
        Walk::network,
        Walk::forward,
        Walk::loss,
        Walk::output_weights,
        Walk::hidden_weights,
        Walk::learning,
    ];
    for (k, step) in (1..).zip(steps) {
        if args.step.is_none_or(|wanted| wanted == k) {
            let mut page = Page::default();
            step(&walk, &mut page);
            writeln!(out, "{}", page.text)?;
        }
    }
    if args.step.is_none() {
        walk.hints(&mut out)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Everything that the six steps show.
struct Walk {
    book: Textbook,
    worked: Worked,
    first: Step,
    finite: Vec<Nudged>,
    learned: Option<Learned>,
}

/// The gradient by nudging a weight.
struct Nudged {
    slope: f64,
    /// Whether an activation has a kink between the two nudges.
    kink: bool,
}

/// After updates.
struct Learned {
    lr: f64,
    values: Vec<f64>,
    step: Step,
    /// Loss before the first update, after one, …
    losses: Vec<f64>,
}

impl Walk {
    fn new(args: &Args) -> Result<Walk> {
        let mut book = Textbook::named(args.case.as_deref())?;
        let replace = |option: &str, into: &mut Map<String, Json>, given: &[f64]| {
            if given.is_empty() {
                return Ok(());
            }
            let names: Vec<&str> = into.keys().map(String::as_str).collect();
            if given.len() != names.len() || given.iter().any(|x| !x.is_finite()) {
                let (wants, names) = (names.len(), names.join(", "));
                let problem =
                    format!("takes {wants} finite numbers ({names}), and {} were given", given.len());
                return Err(Error::argument(option, problem));
            }
            into.values_mut().zip(given).for_each(|(value, x)| *value = Json::from(*x));
            Ok(())
        };
        replace("--x", &mut book.inputs, &args.x)?;
        replace("--w", &mut book.parameters, &args.w)?;
        replace("--target", &mut book.targets, &args.target)?;
        if let Some(lr) = args.lr {
            if !(lr.is_finite() && lr >= 0.0) {
                return Err(Error::argument("--lr", format!("is {lr}; it takes a finite number from 0")));
            }
            book.learning_rate = Some(lr);
        }
        if let Some(name) = &args.activation {
            let known: Vec<&str> =
                op::LIST.iter().filter(|entry| pointwise(entry)).map(|entry| entry.name).collect();
            if !known.contains(&name.as_str()) {
                let problem = format!(
                    "no activation \"{name}\"{}; there are: {}",
                    nearest(name, &known),
                    known.join(", ")
                );
                return Err(Error::argument("--activation", problem));
            }
            book.hidden.clone_from(name);
        }
        if let Some(name) = &args.loss {
            book.loss.clone_from(name);
        }
        let refuse = |problem| Error::argument(args.loss.as_ref().map_or("walk", |_| "--loss"), problem);
        let worked = book.work().map_err(refuse)?;
        let mut plan = worked.plan().map_err(refuse)?;
        let first = worked.step(&mut plan, &worked.start);
        let finite = worked.weights.iter().map(|weight| nudge(&worked, &mut plan, &first, weight)).collect();
        let learned = match book.learning_rate {
            None => None,
            Some(lr) => {
                let mut trainer = worked.trainer(lr).map_err(refuse)?;
                worked.update(&mut trainer);
                let after = trainer.state().weights.clone();
                let step = worked.step(&mut plan, &after);
                let mut losses = vec![first.loss, step.loss];
                while (losses.len() as u64) <= args.updates {
                    worked.update(&mut trainer);
                    losses.push(worked.loss(&mut plan, &trainer.state().weights));
                }
                let values = worked.weights.iter().map(|weight| worked.value(weight, &after)).collect();
                Some(Learned { lr, values, step, losses })
            }
        };
        Ok(Walk { book, worked, first, finite, learned })
    }

    fn names(&self, layer: usize) -> Vec<String> {
        self.worked.names[layer].iter().map(|name| pretty(name)).collect()
    }

    /// The weights that go into a unit, with the connection of each.
    fn ends_at(&self, layer: usize, unit: usize) -> impl Iterator<Item = (&Weight, End)> {
        let of = move |weight| Weight::ends_into(weight, layer, unit).map(move |end| (weight, end));
        self.worked.weights.iter().flat_map(of)
    }

    fn value(&self, weight: &Weight) -> f64 {
        self.worked.value(weight, &self.worked.start)
    }

    /// The activation behind the sums of a layer.
    fn activation(&self, layer: usize) -> &dyn Operation {
        &*self.worked.network.nodes()[1 + 2 * layer].op
    }

    /// The formula of a layer's activation, and that of its slope.
    fn formula(&self, layer: usize) -> [Expr; 2] {
        let (op, shape) = (self.activation(layer), Shape::from([1]));
        let of = Of { x: &[&shape], rows: 1, training: false, row: 0, at: 0 };
        let by = By::Input { input: 0, row: 0, at: 0 };
        [op.expression(of), op.slope(of, by)].map(|formula| formula.expect("activations write themselves"))
    }

    fn is_identity(&self, layer: usize) -> bool {
        self.activation(layer).name() == "identity"
    }

    /// The activation's slope at a unit, from its partials.
    fn slope(&self, layer: usize, unit: usize) -> f64 {
        let [_, z, h, s, o] = &self.first.values;
        let (x, y) = if layer == 0 { (z[unit], h[unit]) } else { (s[unit], o[unit]) };
        slope(self.activation(layer), x, y)
    }

    /// What a unit's sum is called: z₁, or the unit itself where no activation follows.
    fn sum_name(&self, layer: usize, unit: usize) -> String {
        pretty(&self.worked.names_of(1 + 2 * layer)[unit])
    }

    fn network(&self, page: &mut Page) {
        page.title(1, "A simple neural network");
        let ([inputs, hidden, outputs], weights) = ([0, 1, 2].map(|i| self.names(i)), &self.worked.weights);
        page.line(format!(
            "{}, {}, {}; {} weights to learn.\n",
            count(inputs.len(), "input"),
            count(hidden.len(), "hidden neuron"),
            count(outputs.len(), "output"),
            weights.iter().filter(|weight| !weight.frozen).count()
        ));
        let x = &self.first.values[0];
        let label = |weight: &Weight| format!("{} = {}", pretty(&weight.symbol), number(self.value(weight)));
        let single = |unit| {
            let mut ends = self.ends_at(0, unit);
            let only = ends.next().filter(|(_, end)| end.from.is_some());
            only.filter(|_| ends.next().is_none())
        };
        let wires: Vec<_> = (0..hidden.len()).filter_map(single).collect();
        if outputs.len() == 1 && wires.len() == hidden.len() {
            let last = hidden.len() - 1;
            for (i, (weight, end)) in wires.iter().enumerate() {
                let from = end.from.unwrap_or_default();
                let out = self.ends_at(1, 0).find(|(_, end)| end.from == Some(i));
                let (left, right) = (label(weight), out.map(|(weight, _)| label(weight)).unwrap_or_default());
                let join = if i == 0 {
                    "──┐"
                } else if i == last {
                    "──┘"
                } else {
                    "──┤"
                };
                let input = format!("{} = {}", inputs[from], number(x[from]));
                page.line(format!("  {input:<13} ──{left:─<12}──► {} ──{right:─<12}{join}", hidden[i]));
                if i == last / 2 {
                    page.line(format!("{:>54}─► {}", "├", outputs[0]));
                }
            }
        } else {
            for (layer, units) in [(0, &hidden), (1, &outputs)] {
                let before = if layer == 0 { &inputs } else { &hidden };
                for (unit, name) in units.iter().enumerate() {
                    let ends: Vec<_> = self.ends_at(layer, unit).collect();
                    for (i, (weight, end)) in ends.iter().enumerate() {
                        let from = end.from.map_or("1 (bias)".into(), |from| before[from].clone());
                        let join = match (i, ends.len()) {
                            (_, 1) => "───",
                            (0, _) => "──┐",
                            (i, n) if i == n - 1 => "──┘",
                            _ => "──┤",
                        };
                        let arrow =
                            if i == (ends.len() - 1) / 2 { format!("─► {name}") } else { String::new() };
                        let join = if arrow.is_empty() { join } else { join_with_arrow(join) };
                        page.line(format!("  {from:<9} ──{:─<16}{join}{arrow}", label(weight)));
                    }
                }
            }
        }
        let y: Vec<String> = match self.worked.data.targets() {
            Targets::Values { data, .. } => data.iter().map(|y| number(*y)).collect(),
            Targets::Classes(_) => vec![],
        };
        page.line(format!("\n  hidden neurons: h = {}", named(&self.formula(0)[0], "z", "h")));
        if !self.is_identity(1) {
            page.line(format!("  output neurons: o = {}", named(&self.formula(1)[0], "z", "o")));
        }
        let frozen = weights.iter().filter(|weight| weight.frozen).map(|weight| pretty(&weight.symbol));
        let frozen = frozen.collect::<Vec<_>>().join(", ");
        if !frozen.is_empty() {
            page.line(format!("  {frozen} stay as they are in this example"));
        }
        let lr = self.book.learning_rate.map_or(String::new(), |lr| format!(", learning rate α = {lr}"));
        page.line(format!("  target y = {}{lr}", y.join(", ")));
    }

    fn forward(&self, page: &mut Page) {
        page.title(2, "Forward pass");
        page.line("Each neuron: activation(Σ weights × inputs). The output is the prediction.\n");
        for layer in 0..2 {
            let [before, names] = [layer, layer + 1].map(|i| self.names(i));
            let (from, sums) = (&self.first.values[2 * layer], &self.first.values[2 * layer + 1]);
            let values = &self.first.values[2 * layer + 2];
            for unit in 0..names.len() {
                let terms: Vec<(String, String)> = self
                    .ends_at(layer, unit)
                    .map(|(weight, end)| {
                        let (symbol, value) = (pretty(&weight.symbol), self.value(weight));
                        match end.from {
                            Some(i) => (
                                format!("{symbol}·{}", before[i]),
                                format!("{} × {}", factor(value), factor(from[i])),
                            ),
                            None => (symbol, factor(value)),
                        }
                    })
                    .collect();
                let (symbols, numbers): (Vec<String>, Vec<String>) = terms.into_iter().unzip();
                let sum = self.sum_name(layer, unit);
                page.equation(&sum, &symbols.join(" + "), &numbers.join(" + "), &number(sums[unit]));
                if !self.is_identity(layer) {
                    let ([formula, _], y) = (self.formula(layer), &names[unit]);
                    let numbers = numbered(&formula, sums[unit], values[unit]);
                    page.equation(y, &named(&formula, &sum, y), &numbers, &number(values[unit]));
                }
            }
        }
    }

    fn target(&self, unit: usize) -> f64 {
        match self.worked.data.targets() {
            Targets::Values { data, .. } => data[unit],
            Targets::Classes(_) => f64::NAN,
        }
    }

    fn loss(&self, page: &mut Page) {
        page.title(3, "How wrong are we?");
        let (outputs, predicted) = (self.names(2), &self.first.values[4]);
        let formula = |unit| {
            let formula = self.worked.loss.expression(outputs.len(), unit);
            formula.expect("losses that compare number by number write themselves")
        };
        page.line(format!("The loss is {}.\n", self.worked.loss.name().replace('_', " ")));
        let with_numbers = |unit: usize| numbered_loss(&formula(unit), predicted[unit], self.target(unit));
        if let [only] = &outputs[..] {
            return page.equation(
                "L",
                &named_loss(&formula(0), only),
                &with_numbers(0),
                &number(self.first.loss),
            );
        }
        let divided = self.worked.loss.reduction() == whygrad::loss::Reduction::Mean;
        let by = if divided { format!(" / {}", outputs.len()) } else { String::new() };
        page.line(format!("  L = (Σ {}){by} over {}", formula(0), outputs.join(", ")));
        for (unit, name) in outputs.iter().enumerate() {
            page.line(format!("  {name}: {}", with_numbers(unit)));
        }
        page.line(format!("  L = {}", number(self.first.loss)));
    }

    fn output_weights(&self, page: &mut Page) {
        let factors = if self.is_identity(1) { "two-factor" } else { "three-factor" };
        page.title(4, &format!("Output weights: a {factors} chain"));
        page.line(
            "How does the loss change with a weight of the output? No hidden activation lies\nbetween.\n",
        );
        let (outputs, predicted) = (self.names(2), &self.first.values[4]);
        for (unit, name) in outputs.iter().enumerate() {
            let slope = self.worked.loss.slope(outputs.len(), Some(unit));
            let slope = slope.expect("losses that compare number by number write themselves");
            let numbers = numbered_loss(&slope, predicted[unit], self.target(unit));
            let symbols = named_loss(&slope, name);
            page.equation(&format!("∂L/∂{name}"), &symbols, &numbers, &number(self.first.gradients[4][unit]));
            if !self.is_identity(1) {
                let sum = self.sum_name(1, unit);
                self.slope_line(page, 1, unit, name, &sum);
            }
        }
        page.line("");
        let hidden = (self.names(1), &self.first.values[2]);
        self.chains(page, 1, &hidden.0, hidden.1, |unit| {
            let mut factors = vec![(format!("∂L/∂{}", outputs[unit]), self.first.gradients[4][unit])];
            if !self.is_identity(1) {
                let sum = self.sum_name(1, unit);
                factors.push((format!("∂{}/∂{sum}", outputs[unit]), self.slope(1, unit)));
            }
            factors
        });
    }

    fn slope_line(&self, page: &mut Page, layer: usize, unit: usize, name: &str, sum: &str) {
        let [_, formula] = self.formula(layer);
        let [_, z, h, s, o] = &self.first.values;
        let (x, y) = if layer == 0 { (z[unit], h[unit]) } else { (s[unit], o[unit]) };
        let (symbols, numbers) = (named(&formula, sum, name), numbered(&formula, x, y));
        page.equation(&format!("∂{name}/∂{sum}"), &symbols, &numbers, &number(self.slope(layer, unit)));
    }

    fn hidden_weights(&self, page: &mut Page) {
        let factors = if self.is_identity(1) { "three-factor" } else { "deeper" };
        page.title(5, &format!("Hidden weights: a {factors} chain"));
        page.line("The path from the loss to a hidden weight passes through an activation.\n");
        let (hidden, outputs) = (self.names(1), self.names(2));
        // Of one output, the factor of the output's step 4 is in the chain; of several, their sum is.
        let single = outputs.len() == 1;
        for (unit, name) in hidden.iter().enumerate() {
            let onward: Vec<(String, f64, f64)> = (0..outputs.len())
                .flat_map(|o| self.ends_at(1, o).map(move |(weight, end)| (o, weight, end)))
                .filter(|(.., end)| end.from == Some(unit))
                .map(|(o, weight, _)| {
                    (pretty(&weight.symbol), self.first.gradients[3][o], self.value(weight))
                })
                .collect();
            if single {
                for (symbol, _, value) in &onward {
                    let sum = self.sum_name(1, 0);
                    page.line(format!("  ∂{sum}/∂{name} = {symbol} = {}", number(*value)));
                }
            } else {
                let term = |(o, (symbol, ..)): (usize, &(String, f64, f64))| {
                    format!("∂L/∂{}·{symbol}", self.sum_name(1, o))
                };
                let symbols: Vec<String> = onward.iter().enumerate().map(term).collect();
                let numbers: Vec<String> =
                    onward.iter().map(|(_, g, w)| format!("{} × {}", factor(*g), factor(*w))).collect();
                let left = format!("∂L/∂{name}");
                page.equation(
                    &left,
                    &symbols.join(" + "),
                    &numbers.join(" + "),
                    &number(self.first.gradients[2][unit]),
                );
            }
            if !self.is_identity(0) {
                self.slope_line(page, 0, unit, name, &self.sum_name(0, unit));
            }
        }
        page.line("");
        let x = &self.first.values[0];
        self.chains(page, 0, &self.names(0), x, |unit| {
            let mut factors = vec![];
            if single {
                let sum = self.sum_name(1, 0);
                factors.push((format!("∂L/∂{sum}"), self.first.gradients[3][0]));
                let onward = self.ends_at(1, 0).find(|(_, end)| end.from == Some(unit));
                let value = onward.map_or(0.0, |(weight, _)| self.value(weight));
                factors.push((format!("∂{sum}/∂{}", hidden[unit]), value));
            } else {
                factors.push((format!("∂L/∂{}", hidden[unit]), self.first.gradients[2][unit]));
            }
            factors
        });
        let reused: Vec<String> =
            (0..outputs.len()).map(|o| format!("∂L/∂{}", self.sum_name(1, o))).collect();
        page.line(format!(
            "\n{} {} computed for the output weights and reused here:\nthat reuse is why it is called \
             backpropagation.",
            reused.join(", "),
            if single { "was" } else { "were" }
        ));
    }

    /// The chain of every weight into a layer: the factors down to the unit's sum, then the weight's own.
    fn chains(
        &self,
        page: &mut Page,
        layer: usize,
        before: &[String],
        from: &[f64],
        down: impl Fn(usize) -> Vec<(String, f64)>,
    ) {
        for (i, weight) in self.worked.weights.iter().enumerate() {
            let ends: Vec<End> = weight.ends.iter().copied().filter(|end| end.layer == layer).collect();
            let symbol = pretty(&weight.symbol);
            for end in &ends {
                let mut factors = down(end.to);
                let (mut value, mut meaning) = match end.from {
                    Some(i) => (from[i], before[i].clone()),
                    None => (1.0, "1".into()),
                };
                let mut own = format!("∂{}/∂{symbol}", self.sum_name(layer, end.to));
                let mut parts = vec![(own.clone(), value)];
                if layer == 0 && !self.is_identity(0) {
                    // The last factor passes through the activation.
                    let (unit, slope) = (&self.names(1)[end.to], self.slope(0, end.to));
                    let through = format!("∂{unit}/∂{}", self.sum_name(0, end.to));
                    own = format!("∂{unit}/∂{symbol}");
                    meaning = format!("{through}·{meaning}");
                    value *= slope;
                    parts.push((through, slope));
                }
                factors.push((own, value));
                let symbols: Vec<&str> = factors.iter().map(|(symbol, _)| symbol.as_str()).collect();
                let numbers: Vec<String> = factors.iter().map(|(_, x)| factor(*x)).collect();
                let product: f64 = factors.iter().map(|(_, x)| x).product();
                let left = format!("∂L/∂{symbol}");
                let gap = " ".repeat(left.chars().count());
                page.line(format!("  {left} = {}", symbols.join(" × ")));
                page.line(format!(
                    "  {gap} = {} = {}   (last factor: {meaning})",
                    numbers.join(" × "),
                    number(product)
                ));
                let last = factors.len() - 1;
                let zero = factors[..last].iter().chain(&parts).find(|(_, x)| *x == 0.0);
                if let Some((factor, _)) = zero {
                    page.line(format!("  {gap}   the product is 0 because {factor} is 0"));
                }
            }
            if ends.len() > 1 {
                let total = number(self.first.by_weight[i]);
                page.line(format!("  {symbol} is shared: its gradient is the sum of these, {total}"));
            }
        }
    }

    fn learning(&self, page: &mut Page) {
        page.title(6, "Learning");
        let Some(learned) = &self.learned else {
            page.line("The source gives no learning rate, so no step is made. The gradient, and the\nsame by nudging:\n");
            return self.gradient_table(page, None);
        };
        page.line("Each weight moves against its gradient: w ← w − α × ∂L/∂w. Beside the gradient\nstands the same by nudging the weight, (L(w + h) − L(w − h)) / 2h.\n");
        self.gradient_table(page, Some(learned));
        let (before, after) = (&self.first.values[4], &learned.step.values[4]);
        page.line("");
        for (unit, name) in self.names(2).iter().enumerate() {
            let (b, a, y) = (number(before[unit]), number(after[unit]), number(self.target(unit)));
            page.line(format!("  prediction {name}: {b} → {a}   (target {y})"));
        }
        page.line(format!("  loss L:       {} → {}", number(self.first.loss), number(learned.step.loss)));
        for (key, printed) in self.book.printed.iter().flatten().filter(|(key, _)| *key != "why") {
            let why =
                self.book.printed.as_ref().and_then(|printed| printed["why"].as_str()).unwrap_or_default();
            let figure = number_of(printed);
            page.line(format!("\n  The source prints {key} = {figure}, which these formulas do not give:"));
            page.line(format!("  {}", wrap(why, 76).join("\n  ")));
        }
        page.line(format!("\n  loss after 0 to {} updates", learned.losses.len() - 1));
        for line in chart(&learned.losses, 0, 76, 7).lines() {
            page.line(format!("  {line}"));
        }
        page.line("\nA gradient is the local slope of this loss, on this example, at these weights;\nit says nothing about what a neuron means.");
    }

    fn gradient_table(&self, page: &mut Page, learned: Option<&Learned>) {
        let head = learned.map_or("", |_| "        new w");
        page.line(format!("  weight         w     gradient   by nudging  rel. diff.{head}"));
        for (i, weight) in self.worked.weights.iter().enumerate() {
            let (gradient, nudged) = (self.first.by_weight[i], &self.finite[i]);
            let new = learned.map_or(String::new(), |learned| format!(" {:>12}", number(learned.values[i])));
            let note = match (weight.frozen, nudged.kink) {
                (_, true) => "  a kink lies inside the nudge",
                (true, _) => "  stays",
                _ => "",
            };
            page.line(format!(
                "  {:<6} {:>9} {:>12} {:>12} {:>11}{new}{note}",
                pretty(&weight.symbol),
                number(self.value(weight)),
                number(gradient),
                number(nudged.slope),
                difference(relative(gradient, nudged.slope))
            ));
        }
    }

    fn hints(&self, out: &mut impl Write) -> Result<()> {
        let other = match self.book.source.is_empty() {
            true => "walk --activation relu, --lr 2, --case mazur, --step 5",
            false => "walk, or another --case",
        };
        Ok(writeln!(out, "Try: whygrad {other}")?)
    }

    fn json(&self) -> Json {
        let object = |names: &[String], numbers: &[f64]| -> Map<String, Json> {
            names.iter().cloned().zip(numbers.iter().map(|x| json!(x))).collect()
        };
        let names = &self.worked.names;
        let symbols: Vec<String> = self.worked.weights.iter().map(|weight| weight.symbol.clone()).collect();
        let start: Vec<f64> = self.worked.weights.iter().map(|weight| self.value(weight)).collect();
        let pass = |step: &Step| {
            json!({
                "hidden_sum": object(&names[1], &step.values[1]),
                "hidden": object(&names[1], &step.values[2]),
                "output_sum": object(&names[2], &step.values[3]),
                "prediction": object(&names[2], &step.values[4]),
                "loss": step.loss,
                "dL_dprediction": object(&names[2], &step.gradients[4]),
                "dL_doutput_sum": object(&names[2], &step.gradients[3]),
                "dL_dhidden": object(&names[1], &step.gradients[2]),
                "dL_dhidden_sum": object(&names[1], &step.gradients[1]),
                "gradient": object(&symbols, &step.by_weight),
            })
        };
        let finite: Vec<f64> = self.finite.iter().map(|nudged| nudged.slope).collect();
        let targets: Vec<f64> = (0..names[2].len()).map(|unit| self.target(unit)).collect();
        let slopes = |layer: usize| {
            let slopes: Vec<f64> = (0..names[layer + 1].len()).map(|unit| self.slope(layer, unit)).collect();
            object(&names[layer + 1], &slopes)
        };
        json!({
            "name": self.book.name,
            "source": self.book.source,
            "inputs": object(&names[0], &self.first.values[0]),
            "targets": object(&names[2], &targets),
            "weights": object(&symbols, &start),
            "step": pass(&self.first),
            "slopes": { "hidden": slopes(0), "output": slopes(1) },
            "finite_difference": object(&symbols, &finite),
            "learning_rate": self.learned.as_ref().map(|learned| learned.lr),
            "learned": self.learned.as_ref().map(|learned| object(&symbols, &learned.values)),
            "after": self.learned.as_ref().map(|learned| pass(&learned.step)),
            "losses": self.learned.as_ref().map(|learned| &learned.losses),
        })
    }
}

impl Weight {
    fn ends_into(&self, layer: usize, unit: usize) -> impl Iterator<Item = End> {
        self.ends.iter().copied().filter(move |end| (end.layer, end.to) == (layer, unit))
    }
}

fn join_with_arrow(join: &str) -> &'static str {
    match join {
        "──┐" => "──┬",
        "──┘" => "──┴",
        "──┤" => "──┼",
        _ => "───",
    }
}

fn number_of(json: &Json) -> String {
    json.to_string()
}

/// An activation's formula with names for its argument and value.
fn named(formula: &Expr, x: &str, y: &str) -> String {
    formula.text(&|letter| match letter.role {
        Role::Input { .. } => x.into(),
        Role::Output { .. } => y.into(),
        _ => letter.letter.to_string(),
    })
}

/// The same with numbers.
fn numbered(formula: &Expr, x: f64, y: f64) -> String {
    let value = |letter: &Symbol| match letter.role {
        Role::Input { .. } => Some(x),
        Role::Output { .. } => Some(y),
        _ => None,
    };
    formula.numbers(&value, &number)
}

/// A loss's formula with a name for the output.
fn named_loss(formula: &Expr, name: &str) -> String {
    formula.text(&|letter| match letter.role {
        Role::Input { input: 0, .. } => name.into(),
        _ => letter.letter.to_string(),
    })
}

/// The same with numbers.
fn numbered_loss(formula: &Expr, output: f64, target: f64) -> String {
    let value = |letter: &Symbol| match letter.role {
        Role::Input { input: 0, .. } => Some(output),
        Role::Input { .. } => Some(target),
        _ => None,
    };
    formula.numbers(&value, &number)
}

/// |a − b| / |b|; `None` where both are 0.
fn relative(a: f64, b: f64) -> Option<f64> {
    let scale = a.abs().max(b.abs());
    (scale > 0.0).then(|| (a - b).abs() / scale)
}

/// Whether an operation acts number by number with its defaults, and can be an activation of the example.
fn pointwise(entry: &op::OpEntry) -> bool {
    let op = op::read(entry.name, []);
    op.is_ok_and(|op| op.structure() == Structure::Pointwise)
}

/// Slope of an activation that acts number by number, from its partials.
fn slope(op: &dyn Operation, x: f64, y: f64) -> f64 {
    let places = [Place { at: 0, shape: Shape::from([1]) }];
    let (x, y) = ([x], [y]);
    let point = Point {
        rows: 1,
        x: Inputs::new(&[], &x, &places, 1),
        w: Parts::new(&[], &[]),
        buffers: Parts::new(&[], &[]),
        y: &y,
        saved: &[],
        mode: Mode::Eval,
    };
    let mut slope = 0.0;
    f64::of_op(op).partials(&point, 0, 0, &mut |partial| slope += partial.slope);
    slope
}

/// The gradient by nudging: (L(w + h) − L(w − h)) / 2h with h = ∛ε · max(1, |w|), the step at which rounding and
/// curvature err about alike.
fn nudge(worked: &Worked, plan: &mut Plan<f64, keep::All>, first: &Step, weight: &Weight) -> Nudged {
    let w = worked.value(weight, &worked.start);
    let h = f64::EPSILON.cbrt() * w.abs().max(1.0);
    let at = |plan: &mut Plan<f64, keep::All>, weights: &Weights<f64>| worked.step(plan, weights);
    let (up, down) = (at(plan, &worked.nudge(weight, h)), at(plan, &worked.nudge(weight, -h)));
    let kinked = |layer: usize| {
        let op = &worked.network.nodes()[1 + 2 * layer].op;
        let sums = 2 * layer + 1;
        let inside = |unit: usize, kink: f64| {
            let (a, b) = (down.values[sums][unit] - kink, up.values[sums][unit] - kink);
            (a != b || first.values[sums][unit] == kink) && a.min(b) <= 0.0 && a.max(b) >= 0.0
        };
        op.kinks().iter().any(|kink| (0..first.values[sums].len()).any(|unit| inside(unit, kink.at)))
    };
    Nudged { slope: (up.loss - down.loss) / (2.0 * h), kink: kinked(0) || kinked(1) }
}
