//! `whygrad why`: why a weight moved.

pub(super) mod overview;
pub(super) mod page;
pub(super) mod shared;

use super::{after, fields, print, whole};
use crate::error::{Error, Result};
use crate::replay::Step;
use crate::run::Run;
use crate::textbook::{Example, Textbook, plain};
use crate::view::overview::Overview;
use crate::view::shared::Shared;
use crate::view::weight;
use crate::view::why::Why;
use std::path::PathBuf;
use std::process::ExitCode;
use whygrad::train::Real;

/// Shows why a weight moved
///
/// For one weight and one training step, five parts, each with what it adds up to and the residual:
///
/// chain: the factors from one example's loss to the weight; their product is the example's gradient;
///
/// paths: the strongest paths of local derivatives; shown + remainder = the example's gradient;
///
/// examples: what each example of the batch contributes; the sum is the batch's gradient;
///
/// update: how the optimizer made the step of the gradient; the sum of the parts is Δw;
///
/// effect: the change of the loss that g·Δw predicts, beside the measured one.
///
/// Beside the gradient stands the same by nudging the weight. All is computed in f64 from the exact weights and batch of
/// the step; the gradient that training used, in its precision, stands beside it with the difference.
///
/// WEIGHT is w1 to w4 of the first network (see whygrad walk), a weight of a --case, or a weight of a run:
/// linear1.weight[3,17], linear1.bias[3]. Names may be short where only one weight is meant: l1.w[3,17], l1[3,17],
/// l1[3]. Without --run it is a weight of the newest run in the folder `runs`, unless the first network has it.
///
/// Without WEIGHT: the weights that moved most in the step, by |Δw|, and those that earned and hurt most in it, by the
/// change of the loss of 1,024 training examples along the step. (whygrad ledger adds that up over a run.)
///
/// A gradient is the local slope of one loss, on some examples, at some weights. It is not what a weight means or how
/// much it matters, for it depends on how a function is written down. Multiply what goes into a relu unit by 10 and
/// divide what comes out of it by 10: the network computes the same function, and the gradients of these two weights
/// are 1/10 of and 10 times what they were. These two networks predict the same and have the same loss; compare the
/// gradients of w1 and w3 in the last two examples below.
#[derive(clap::Args)]
#[command(after_long_help = after_why("\
Examples:
  whygrad why w1
  whygrad why w1 --activation tanh --lr 0.1
  whygrad why w5 --case mazur --step 100
  whygrad why 'linear1.weight[3,17]' --run runs/2026-11-23-digits-1 --step 120
  whygrad why --run runs/2026-11-23-digits-1
  whygrad walk --step 6 --activation relu --w 0.6,0.7,0.7,0.6
  whygrad walk --step 6 --activation relu --w 6,0.7,0.07,0.6"))]
#[allow(rustdoc::broken_intra_doc_links)] // the brackets of a weight's name
pub(super) struct Args {
    /// The weight; without it, the weights that moved, earned and hurt most
    weight: Option<String>,
    /// Run folder
    #[arg(long, value_name = "RUN", conflicts_with = "Example")]
    run: Option<PathBuf>,
    /// The step, from 1; by default a run's last (of which the learning rate is not next to nothing), and the first of a
    /// worked example
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = whole(0..=u64::MAX))]
    step: Option<u64>,
    /// The example of chain and paths, by its place in the batch, from 0; by default the one that contributed most
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = whole(0..=u64::MAX))]
    example: Option<u64>,
    /// Paths that are shown
    #[arg(long, value_name = "K", default_value_t = 10, allow_negative_numbers = true, value_parser = whole(0..=10_000))]
    paths: u64,
    /// Examples that are shown
    #[arg(long, value_name = "K", default_value_t = 10, allow_negative_numbers = true, value_parser = whole(0..=u64::MAX))]
    examples: u64,
    /// Prints one JSON object with every number at full precision; its fields stand at the end of --help
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    worked: Example,
}

/// What stands at the end of the help: examples, and the fields of both answers.
fn after_why(examples: &str) -> String {
    let (without, shared) = (fields::<Overview>(), fields::<Shared>());
    format!(
        "{}\n\nFields of --json without WEIGHT:\n{without}\n\nFields of --json of a weight that stands in several \
         places:\n{shared}",
        after::<Why>(examples)
    )
}

/// Runs the command.
pub(super) fn run(args: &Args) -> Result<ExitCode> {
    let first = Textbook::first_network();
    let of_first = |weight: &String| first.parameters.contains_key(&plain(weight));
    let run = match &args.run {
        Some(path) => Some(Run::open(path)?),
        None if args.worked.is_given() || args.weight.as_ref().is_some_and(of_first) => None,
        None => Run::newest()?,
    };
    let Some(run) = run else {
        return explain(args, &Step::of_case(&args.worked.book()?, args.step, !args.json)?);
    };
    match run.experiment()?.is_double() {
        true => explain(args, &Step::<f64>::of_run(&run, args.step)?),
        false => explain(args, &Step::<f32>::of_run(&run, args.step)?),
    }
}

fn explain<T: Real>(args: &Args, step: &Step<T>) -> Result<ExitCode> {
    let of_one = |what: &str| match args.example {
        Some(_) => Err(Error::argument("--example", format!("is for a weight in one place; {what}"))),
        None => Ok(()),
    };
    let Some(text) = &args.weight else {
        of_one("name one")?;
        print(&Overview::new(step)?, args.json, overview::page)?;
        return Ok(ExitCode::SUCCESS);
    };
    let weight = match weight::find(text, step)?[..] {
        [weight] => weight,
        ref places => {
            of_one(&format!("{text} stands in {}", places.len()))?;
            print(&Shared::new(step, places), args.json, shared::page)?;
            return Ok(ExitCode::SUCCESS);
        }
    };
    let count = step.snapshot.examples();
    if let Some(example) = args.example.filter(|example| *example >= count as u64) {
        let last = count - 1;
        let problem = format!("is {example}; the batch of step {} has the examples 0 to {last}", step.number);
        return Err(Error::argument("--example", problem));
    }
    let why = Why::new(step, weight, args.example.map(|n| n as usize), args.paths as usize);
    print(&why, args.json, |why, page| page::page(why, args.examples as usize, page))?;
    Ok(ExitCode::SUCCESS)
}
