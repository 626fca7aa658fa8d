//! `whygrad ledger`: who earned the loss change of a run.

pub(super) mod page;
mod picture;

use super::{after, print, whole};
use crate::error::{Error, Result};
use crate::replay::RunLedger;
use crate::run::{Run, write_whole};
use crate::terminal::{Progress, warn};
use crate::view::ledger::{Ledger as View, cost};
use std::path::PathBuf;
use std::process::ExitCode;
use whygrad::credit::PROBE;
use whygrad::train::Real;

/// Shows who earned the loss change of a run: layers, neurons, weights
///
/// Loss change allocation: the change of the loss from step to step is the integral of the gradient along the straight
/// line between the weights, which splits by weight. A weight earned where the loss fell along its moves (its
/// allocation is negative), and hurt where it rose. The loss is that of a fixed set of training examples, in f64;
/// Simpson's rule, on ever shorter pieces of the line for the examples that need it, and what it misses is printed: the
/// residual of every step and of the whole.
///
/// The run is trained again, to the same bits, from the nearest checkpoint. That takes many times as long as training
/// did; how many is said before and at the end. Fewer --probe examples or --steps take less.
///
/// An allocation says along whose moves the loss changed. It does not say what a weight means.
#[derive(clap::Args)]
#[command(after_long_help = after::<View>("\
Examples:
  whygrad ledger
  whygrad ledger --run runs/2026-11-23-digits-1 --steps 1..100 --svg ledger.svg"))]
pub(super) struct Args {
    /// A run folder; `newest` is the one in the folder `runs` that began last
    #[arg(long, value_name = "RUN", default_value = "newest")]
    run: PathBuf,
    /// First and last step; by default all
    #[arg(long, value_name = "A..B", value_parser = steps)]
    steps: Option<(u64, u64)>,
    /// Training examples whose loss is split; all of them where there are no more
    #[arg(long, value_name = "N", default_value_t = PROBE as u64, allow_negative_numbers = true, value_parser = whole(1..=u64::MAX))]
    probe: u64,
    /// Prints one JSON object with every number at full precision; its fields stand at the end of --help
    #[arg(long)]
    json: bool,
    /// Draws the curve of the loss with what each layer contributed to it
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
}

/// `A..B`
fn steps(text: &str) -> Result<(u64, u64), String> {
    let number = |text: &str| text.trim().parse::<u64>().ok();
    let range = text.split_once("..").and_then(|(a, b)| Some((number(a)?, number(b)?)));
    range.filter(|(a, b)| 1 <= *a && a <= b).ok_or_else(|| "first and last step, such as 1..100".into())
}

/// Runs the command.
pub(super) fn run(args: &Args) -> Result<ExitCode> {
    let run = Run::open(&args.run)?;
    match run.experiment()?.is_double() {
        true => ledger::<f64>(args, &run),
        false => ledger::<f32>(args, &run),
    }
}

fn ledger<T: Real>(args: &Args, run: &Run) -> Result<ExitCode> {
    // Before the work, not after it.
    if let Some(folder) =
        args.svg.as_ref().and_then(|file| file.parent()).filter(|path| !path.as_os_str().is_empty())
    {
        std::fs::metadata(folder).map_err(Error::file("write", args.svg.clone().unwrap_or_default()))?;
    }
    let examples = usize::try_from(args.probe).unwrap_or(usize::MAX);
    let (mut progress, path) = (None, run.path().display().to_string());
    let ledger = RunLedger::of_run::<T>(run, args.steps, examples, |work| {
        let progress = progress.get_or_insert_with(|| {
            warn(&cost(work, &path));
            Progress::new(work.steps)
        });
        if work.done > 0 {
            progress.step();
        }
    })?;
    progress.iter().for_each(Progress::finish);
    let view = View::new(run.path().display().to_string(), &ledger);
    if let Some(file) = &args.svg {
        write_whole(file, picture::draw(&view).as_bytes())?;
    }
    print(&view, args.json, |view, page| {
        page::page(view, page);
        if let Some(file) = &args.svg {
            page.paragraph(&format!("drawn to {}", file.display()));
        }
    })?;
    Ok(ExitCode::SUCCESS)
}
