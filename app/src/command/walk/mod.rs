//! `whygrad walk`: the six steps of a small network, with every number.

pub(super) mod page;

use super::{after, print, real, whole};
use crate::error::{Error, Result, nearest};
use crate::textbook::Textbook;
use crate::view::walk::Walk;
use serde_json::{Map, Value as Json};
use std::process::ExitCode;
use whygrad::op::{self, Structure};

/// Walks through the six steps of learning on the first network
///
/// The network, the forward pass, the loss, the chains of the output weights, the chains of the hidden weights,
/// the update. Every number comes from the same engine that trains networks of any size.
///
/// A gradient is a computation over parameters: the local slope of this loss, on this example, at these weights.
/// It is not what a neuron means or how important it is.
#[derive(clap::Args)]
#[command(after_long_help = after::<Walk>("\
Examples:
  whygrad walk
  whygrad walk --activation tanh --lr 0.1
  whygrad walk --case mazur --step 5"))]
pub(super) struct Args {
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
    /// Prints one of the six steps
    #[arg(long, value_name = "K", allow_negative_numbers = true, value_parser = whole(1..=6))]
    step: Option<u64>,
    /// Updates whose loss the chart of step 6 shows
    #[arg(long, default_value_t = 20, allow_negative_numbers = true, value_parser = whole(1..=100_000))]
    updates: u64,
    /// Walks an example from the literature: mazur, hmkcode, mustafa_relu, zhou, han_kamber, …
    #[arg(long, value_name = "NAME")]
    case: Option<String>,
    /// Prints one JSON object with every number at full precision; its fields stand at the end of --help
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(super) fn run(args: &Args) -> Result<ExitCode> {
    let refuse = |problem| Error::argument(args.loss.as_ref().map_or("walk", |_| "--loss"), problem);
    let walk = Walk::new(&example(args)?, args.updates, !args.json).map_err(refuse)?;
    print(&walk, args.json, |walk, page| page::page(walk, args.step, page))?;
    Ok(ExitCode::SUCCESS)
}

/// The example with what was given for it.
fn example(args: &Args) -> Result<Textbook> {
    let mut book = Textbook::named(args.case.as_deref())?;
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
            let (hint, known) = (nearest(name, &known), known.join(", "));
            let problem = format!("no activation \"{name}\"{hint}; there are: {known}");
            return Err(Error::argument("--activation", problem));
        }
        book.hidden.clone_from(name);
    }
    if let Some(name) = &args.loss {
        book.loss.clone_from(name);
    }
    Ok(book)
}

/// Puts the numbers that were given for an option in the place of the example's.
fn replace(option: &str, into: &mut Map<String, Json>, given: &[f64]) -> Result<()> {
    if given.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = into.keys().map(String::as_str).collect();
    if given.len() != names.len() || given.iter().any(|x| !x.is_finite()) {
        let (wants, names) = (names.len(), names.join(", "));
        let problem = format!("takes {wants} finite numbers ({names}), and {} were given", given.len());
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
