//! Which worked example, and with which numbers: as options of a command, and as the page asks for it.

use super::Textbook;
use crate::error::{Error, Result, nearest};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use whygrad::loss::{self, TargetKind};
use whygrad::op::{self, Structure};

/// A worked example: the first network, or one from the literature; with other numbers, where they are given.
#[derive(Clone, Debug, Default, PartialEq, clap::Args, Serialize, Deserialize)]
#[command(next_help_heading = "The worked example")]
#[serde(default, deny_unknown_fields)]
pub struct Example {
    /// An example from the literature: mazur, hmkcode, mustafa_relu, zhou, han_kamber, …; by default the first network
    #[arg(long, value_name = "NAME")]
    case: Option<String>,
    /// Activation of the hidden layer: sigmoid, tanh, relu, …
    #[arg(long, value_name = "NAME")]
    activation: Option<String>,
    /// Learning rate
    #[arg(long, allow_negative_numbers = true, value_parser = real)]
    lr: Option<f64>,
    /// Target(s), separated by commas
    #[arg(long, value_delimiter = ',', allow_hyphen_values = true, value_parser = real, value_name = "Y")]
    target: Vec<f64>,
    /// Inputs, separated by commas
    #[arg(long, value_delimiter = ',', allow_hyphen_values = true, value_parser = real, value_name = "X")]
    x: Vec<f64>,
    /// Weights, separated by commas
    #[arg(long, value_delimiter = ',', allow_hyphen_values = true, value_parser = real, value_name = "W")]
    w: Vec<f64>,
    /// Loss: squared_error, half_squared_error, mse, mae, huber, bce, bce_with_logits
    #[arg(long, value_name = "NAME")]
    loss: Option<String>,
    /// Optimizer, with settings if it has any: sgd,momentum=0.9 or adam; by default plain gradient descent
    #[arg(long, value_name = "NAME,KEY=VALUE")]
    optimizer: Option<String>,
}

impl Example {
    /// Whether any of the options is given.
    pub fn is_given(&self) -> bool {
        *self != Example::default()
    }

    /// The example with what was given for it.
    pub fn book(&self) -> Result<Textbook> {
        let mut book = Textbook::named(self.case.as_deref())?;
        replace("--x", &mut book.inputs, &self.x)?;
        replace("--w", &mut book.parameters, &self.w)?;
        replace("--target", &mut book.targets, &self.target)?;
        if let Some(lr) = self.lr {
            if !(lr.is_finite() && lr >= 0.0) {
                return Err(Error::argument("--lr", format!("is {lr}; it takes a finite number from 0")));
            }
            book.learning_rate = Some(lr);
        }
        if let Some(name) = &self.activation {
            let known: Vec<&str> = activations().collect();
            if !known.contains(&name.as_str()) {
                let (hint, known) = (nearest(name, &known), known.join(", "));
                let problem = format!("no activation \"{name}\"{hint}; there are: {known}");
                return Err(Error::argument("--activation", problem));
            }
            book.hidden.clone_from(name);
        }
        if let Some(name) = &self.loss {
            book.loss.clone_from(name);
        }
        if let Some(text) = &self.optimizer {
            book.optimizer.clone_from(text);
        }
        Ok(book)
    }

    /// As the options of a command: `--lr 0.1 --w=-0.5,0.2`.
    pub fn options(&self) -> String {
        let list = |numbers: &[f64]| {
            let numbers: Vec<String> = numbers.iter().map(f64::to_string).collect();
            (!numbers.is_empty()).then(|| numbers.join(","))
        };
        let text = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let options = [
            ("case", text(&self.case)),
            ("activation", text(&self.activation)),
            ("loss", text(&self.loss)),
            ("optimizer", text(&self.optimizer)),
            ("lr", self.lr.map(|lr| lr.to_string())),
            ("x", list(&self.x)),
            ("w", list(&self.w)),
            ("target", list(&self.target)),
        ];
        let option = |(name, value): (&str, Option<String>)| {
            let value = value?;
            // Behind a space it would be an option itself.
            let join = if value.starts_with('-') { '=' } else { ' ' };
            Some(format!(" --{name}{join}{}", quoted(&value)))
        };
        options.into_iter().filter_map(option).collect()
    }
}

/// Puts the numbers that were given for an option in the place of the example's.
fn replace(option: &str, into: &mut Map<String, Json>, given: &[f64]) -> Result<()> {
    if given.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = into.keys().map(String::as_str).collect();
    if given.len() != names.len() || given.iter().any(|x| !x.is_finite()) {
        let (wants, names) = (names.len(), names.join(", "));
        let numbers = if wants == 1 { "number" } else { "numbers" };
        let problem = format!("takes {wants} finite {numbers} ({names}), and {} were given", given.len());
        return Err(Error::argument(option, problem));
    }
    into.values_mut().zip(given).for_each(|(value, x)| *value = Json::from(*x));
    Ok(())
}

/// For a shell: in quotes, where one would read more into it than it says.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-+.,_=".contains(c);
    if text.chars().all(plain) { text.into() } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

/// Reads a number.
fn real(text: &str) -> Result<f64, String> {
    text.trim().parse().map_err(|_| "it takes a number, such as 0.5 or 1e-3".into())
}

/// The activations of a hidden layer: operations that act number by number with their defaults.
pub fn activations() -> impl Iterator<Item = &'static str> {
    op::LIST.iter().filter(|entry| pointwise(entry)).map(|entry| entry.name)
}

/// The losses of an example: those that compare with numbers.
pub fn losses() -> impl Iterator<Item = &'static str> {
    let values = |name: &str| loss::read(name, []).is_ok_and(|loss| loss.wants() == TargetKind::Values);
    loss::LIST.iter().map(|entry| entry.name).filter(move |name| values(name))
}

fn pointwise(entry: &op::OpEntry) -> bool {
    let op = op::read(entry.name, []);
    op.is_ok_and(|op| op.structure() == Structure::Pointwise)
}
