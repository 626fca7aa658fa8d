//! The options that say which worked example, and with which numbers.

use super::real;
use crate::error::{Error, Result, nearest};
use crate::textbook::Textbook;
use crate::view::digits::count;
use serde_json::{Map, Value as Json};
use whygrad::op::{self, Structure};

/// A worked example: the first network, or one from the literature; with other numbers, where they are given.
#[derive(Clone, Default, PartialEq, clap::Args)]
#[command(next_help_heading = "The worked example")]
pub(super) struct Example {
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
}

impl Example {
    /// Whether any of the options is given.
    pub(super) fn is_given(&self) -> bool {
        *self != Example::default()
    }

    /// The example with what was given for it.
    pub(super) fn book(&self) -> Result<Textbook> {
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
            let known: Vec<&str> =
                op::LIST.iter().filter(|entry| pointwise(entry)).map(|entry| entry.name).collect();
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
        Ok(book)
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
        let wants = count(wants, "finite number");
        let problem = format!("takes {wants} ({names}), and {} were given", given.len());
        return Err(Error::argument(option, problem));
    }
    into.values_mut().zip(given).for_each(|(value, x)| *value = Json::from(*x));
    Ok(())
}

/// Whether an operation acts number by number with its defaults, and can be an activation of the example.
fn pointwise(entry: &op::OpEntry) -> bool {
    let op = op::read(entry.name, []);
    op.is_ok_and(|op| op.structure() == Structure::Pointwise)
}
