//! `whygrad show`: a run as a whole.

mod picture;

use super::train::understood;
use super::{after, print};
use crate::error::{Error, Result};
use crate::run::{Run, write_whole};
use crate::terminal::{Page, chart, harmless};
use crate::view::digits::{ends, number};
use crate::view::runs::{Epoch, Shown};
use indicatif::{HumanBytes, HumanCount};
use std::path::PathBuf;
use std::process::ExitCode;

/// Shows a run: its epochs, why it ended, what lies in its folder
#[derive(clap::Args)]
#[command(after_long_help = after::<Shown>("\
Examples:
  whygrad show newest
  whygrad show runs/2026-11-30-iris-1 --csv > epochs.csv
  whygrad show runs/2026-11-30-iris-1 --svg curves.svg"))]
pub(super) struct Args {
    /// A run folder; `newest` is the one in the folder `runs` that began last
    run: PathBuf,
    /// Prints the epochs as CSV, at full precision
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    /// Draws the losses of the epochs
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Prints one JSON object with every number at full precision; its fields stand at the end of --help
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(super) fn run(args: &Args) -> Result<ExitCode> {
    let shown = Shown::of(&Run::open(&args.run)?)?;
    if let Some(file) = &args.svg {
        if shown.history.is_empty() {
            return Err(Error::argument(
                "--svg",
                "the run has made no whole epoch, so there is nothing to draw",
            ));
        }
        write_whole(file, picture::draw(&shown).as_bytes())?;
    }
    match args.csv {
        true => csv(&shown.history)?,
        false => print(&shown, args.json, |shown, page| {
            self::page(shown, page);
            if let Some(file) = &args.svg {
                page.paragraph(&format!("drawn to {}", file.display()));
            }
        })?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The epochs, a line each.
fn csv(history: &[Epoch]) -> Result<()> {
    let unwritten = |error: csv::Error| Error::Output(error.into());
    let mut out = csv::Writer::from_writer(std::io::stdout().lock());
    let head = ["epoch", "step", "train_loss", "train_accuracy", "test_loss", "test_accuracy"];
    out.write_record(head).map_err(unwritten)?;
    for of in history {
        let numbers = [of.train_loss, of.train_accuracy, of.test_loss, of.test_accuracy];
        let whole = [of.epoch, of.step].map(|x| x.to_string());
        let numbers = numbers.map(|x| x.map_or(String::new(), |x| x.to_string()));
        out.write_record(whole.into_iter().chain(numbers)).map_err(unwritten)?;
    }
    Ok(out.flush()?)
}

/// Epochs that are shown; `--csv` and `--json` have all.
const SHOWN: usize = 20;

/// How it went, from top to bottom.
pub(super) fn page(view: &Shown, page: &mut Page) {
    page.heading(&harmless(&view.listed.run));
    view.sentences().iter().for_each(|sentence| page.paragraph(&harmless(sentence)));
    if !view.history.is_empty() {
        page.line("");
        epochs(view, page);
        curves(view, page);
    }
    if !view.columns.is_empty() {
        page.line("");
        page.paragraph("columns of the table, and what became of each");
        understood(&view.columns, page);
    }
    page.line("");
    page.paragraph("in the folder");
    let name = view.files.iter().map(|file| file.name.len()).max().unwrap_or(0);
    for file in &view.files {
        let size = match file.files {
            1 => HumanBytes(file.bytes).to_string(),
            files => format!("{} files, {}", HumanCount(files), HumanBytes(file.bytes)),
        };
        page.hanging(&format!("  {:name$}  ", file.name), &format!("{} ({size})", file.what));
    }
}

/// Some of the epochs, the best and the last among them.
fn epochs(view: &Shown, page: &mut Page) {
    let (all, best) = (view.history.len(), view.best());
    let every = all.div_ceil(SHOWN);
    let loss = |x: Option<f64>| x.map_or("NaN".into(), number);
    let share = |x: Option<f64>| x.map_or(String::new(), |x| format!("{:.2} %", 100.0 * x));
    let held_out =
        view.history.iter().any(|epoch| epoch.test_loss.is_some() || epoch.test_accuracy.is_some());
    let mut rows = vec![["epoch", "loss", "right", "held out", "right", ""].map(String::from).to_vec()];
    for (at, epoch) in view.history.iter().enumerate() {
        let is_best = best == Some(at);
        if !((at + 1).is_multiple_of(every) || at == 0 || at + 1 == all || is_best) {
            continue;
        }
        rows.push(vec![
            HumanCount(epoch.epoch).to_string(),
            loss(epoch.train_loss),
            share(epoch.train_accuracy),
            if held_out { loss(epoch.test_loss) } else { String::new() },
            share(epoch.test_accuracy),
            if is_best { "best".into() } else { String::new() },
        ]);
    }
    // A column that no epoch has is left out.
    let kept: Vec<usize> = (0..6).filter(|at| rows[1..].iter().any(|row| !row[*at].is_empty())).collect();
    let rows: Vec<Vec<String>> =
        rows.iter().map(|row| kept.iter().map(|at| row[*at].clone()).collect()).collect();
    page.table(&rows);
}

/// The losses over the epochs.
fn curves(view: &Shown, page: &mut Page) {
    for (what, of) in [
        ("training loss", (|epoch| epoch.train_loss) as fn(&Epoch) -> Option<f64>),
        ("held-out loss", |epoch| epoch.test_loss),
    ] {
        let losses: Vec<f64> = view.history.iter().map(|epoch| of(epoch).unwrap_or(f64::NAN)).collect();
        if losses.len() > 1 && losses.iter().any(|loss| loss.is_finite()) {
            page.line("");
            page.line(format!("{what} of each epoch"));
            chart(&losses, view.history[0].epoch, page.width, 7, ends)
                .lines()
                .for_each(|line| page.line(line));
        }
    }
}
