//! `whygrad walk`: the six steps of a small network, with every number.

pub(super) mod page;

use super::{after, print, whole};
use crate::error::{Error, Result};
use crate::textbook::Example;
use crate::view::walk::Walk;
use std::process::ExitCode;

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
    /// Prints one of the six steps
    #[arg(long, value_name = "K", allow_negative_numbers = true, value_parser = whole(1..=6))]
    step: Option<u64>,
    /// Shows the step that comes after so many updates
    #[arg(long, value_name = "N", default_value_t = 0, allow_negative_numbers = true, value_parser = whole(0..=100_000))]
    after: u64,
    /// Updates whose loss the chart of step 6 shows
    #[arg(long, default_value_t = 20, allow_negative_numbers = true, value_parser = whole(1..=100_000))]
    updates: u64,
    /// Prints one JSON object with every number at full precision; its fields stand at the end of --help
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    example: Example,
}

/// Runs the command.
pub(super) fn run(args: &Args) -> Result<ExitCode> {
    let book = args.example.book()?;
    let walk = Walk::new(&book, args.after, args.updates, !args.json);
    let walk = walk.map_err(|problem| Error::argument(&book.name, problem))?;
    print(&walk, args.json, |walk, page| page::page(walk, args.step, page))?;
    Ok(ExitCode::SUCCESS)
}
