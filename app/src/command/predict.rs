//! `whygrad predict`: what a trained network says of rows that it has not seen.

use crate::error::{Error, Result};
use crate::predicting::{Form, Predicted, Predictor};
use crate::run::{Run, Weights, write_streamed};
use crate::terminal::{Working, note_interrupts, warn};
use indicatif::HumanCount;
use std::io::{BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use whygrad::train::Real;

/// Predicts for each row of a file
///
/// Columns are found by their names, in any order; others are passed over, the target among them. What training did to the
/// data (missing cells, texts, scaling) is done to them, too. A class comes with its probability, a number in the units of
/// its column. The file may be larger than memory.
#[derive(clap::Args)]
#[command(after_long_help = "\
Examples:
  whygrad predict newest flowers.csv
  whygrad predict runs/2026-11-30-iris-1 flowers.csv --out predicted.csv
  head -3 flowers.csv | whygrad predict runs/2026-11-30-iris-1 - --json")]
pub(super) struct Args {
    /// A run folder; `newest` is the one in the folder `runs` that began last
    run: PathBuf,
    /// The rows: a file of the kind that the run was trained on; `-` is standard input
    file: String,
    /// Where predictions go, instead of to standard output; what ends in .jsonl is written as --json
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// The weights of the epoch with the lowest held-out loss, or those after the last step
    #[arg(long, value_name = "WHICH", value_parser = ["best", "last"], default_value = "best")]
    weights: String,
    /// Writes a JSON object for each row, a line each, instead of CSV
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(super) fn run(args: &Args) -> Result<ExitCode> {
    let run = Run::open(&args.run)?;
    match run.experiment()?.is_double() {
        true => predict::<f64>(args, &run),
        false => predict::<f32>(args, &run),
    }
}

fn predict<T: Real>(args: &Args, run: &Run) -> Result<ExitCode> {
    let mut predictor = Predictor::<T>::of(run, Weights::named(&args.weights))?;
    let lines = args.out.as_ref().is_some_and(|out| out.extension().is_some_and(|ending| ending == "jsonl"));
    let form = if args.json || lines { Form::JsonLines } else { Form::Csv };
    let working = Working::new();
    note_interrupts();
    let mut all = |out: &mut dyn Write| -> Result<Predicted> {
        predictor.predict(&args.file, form, out, |rows| {
            // Where predictions are seen, they are what is to be seen.
            if args.out.is_some() || !std::io::stdout().is_terminal() {
                working.on(&format!("{} rows", HumanCount(rows)));
            }
        })
    };
    let real = |path: &Path| std::fs::canonicalize(path).ok();
    if args.out.as_ref().is_some_and(|out| real(out).is_some() && real(out) == real(Path::new(&args.file))) {
        let problem = format!("is {}, whose rows would be lost; give another name", args.file);
        return Err(Error::argument("--out", problem));
    }
    let predicted = match &args.out {
        Some(file) => write_streamed(file, all)?,
        None => {
            let mut out = BufWriter::new(std::io::stdout().lock());
            let predicted = all(&mut out)?;
            out.flush()?;
            predicted
        }
    };
    working.finish();
    predicted.remarks.iter().for_each(|remark| warn(remark));
    Ok(ExitCode::SUCCESS)
}
