//! `whygrad runs`: which runs there are, and what they differ in.

use super::{after, fields, print};
use crate::error::{Error, Result};
use crate::run::{RUNS, Run};
use crate::terminal::{Page, harmless};
use crate::view::digits::number;
use crate::view::runs::{Compared, Listed, Runs, State, value};
use std::path::PathBuf;
use std::process::ExitCode;

/// Lists runs, or says what some of them differ in
///
/// Without a name: all runs of a folder, how each ended, and its losses. With the names of two or more: the keys of their
/// experiments that are not the same, and how each went.
#[derive(clap::Args)]
#[command(after_long_help = after_runs("\
Examples:
  whygrad runs
  whygrad runs runs/2026-11-30-iris-1 runs/2026-11-30-iris-2"))]
pub(super) struct Args {
    /// Run folders to compare
    #[arg(value_name = "RUN")]
    compare: Vec<PathBuf>,
    /// Folder of runs
    #[arg(long, value_name = "DIR", default_value = RUNS, conflicts_with = "compare")]
    runs: PathBuf,
    /// Prints one JSON object; its fields stand at the end of --help
    #[arg(long)]
    json: bool,
}

/// What stands at the end of the help: examples, and the fields of both answers.
fn after_runs(examples: &str) -> String {
    format!("{}\n\nFields of --json with names:\n{}", after::<Runs>(examples), fields::<Compared>())
}

/// Runs the command.
pub(super) fn run(args: &Args) -> Result<ExitCode> {
    match &args.compare[..] {
        [] => {
            let runs = Runs { runs: Run::all(&args.runs)?.iter().map(Listed::of).collect() };
            let folder = args.runs.display().to_string();
            print(&runs, args.json, |runs, page| list(runs, &folder, page))?;
        }
        [_] => {
            let problem = "one run differs from nothing: name two, or see whygrad show";
            return Err(Error::argument("runs", problem));
        }
        paths => {
            let runs: Vec<Run> = paths.iter().map(|path| Run::open(path)).collect::<Result<_>>()?;
            print(&Compared::of(&runs)?, args.json, compare)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// In a word.
fn state(of: State) -> &'static str {
    match of {
        State::Epochs => "done",
        State::Patience => "patience",
        State::Diverged => "diverged",
        State::Broken => "broken",
        State::Interrupted => "stopped",
        State::Killed => "killed",
        State::Training => "training",
        State::Unreadable => "unreadable",
    }
}

fn or_none(x: Option<f64>) -> String {
    x.map_or("–".into(), number)
}

/// Loss and, of classes, the share that is right, or of numbers the mean absolute error.
fn outcome(of: &Listed) -> [String; 3] {
    let held_out = of.test_loss.is_some() || of.test_accuracy.is_some();
    let right = if held_out { of.test_accuracy } else { of.train_accuracy };
    let how = match (right, of.mae) {
        (Some(right), _) => format!("{:.2} % right", 100.0 * right),
        (None, Some(mae)) => format!("off by {}", number(mae)),
        (None, None) => "–".into(),
    };
    [or_none(of.train_loss), or_none(of.test_loss), how]
}

/// The epochs that are done, and all.
fn epochs(of: &Listed) -> String {
    let done = of.epochs.unwrap_or(0);
    of.epochs_asked.map_or(done.to_string(), |asked| format!("{done}/{asked}"))
}

/// A line for each run.
pub(super) fn list(runs: &Runs, folder: &str, page: &mut Page) {
    if runs.runs.is_empty() {
        return page
            .paragraph(&format!("there is no run in {}; train one: whygrad train digits", harmless(folder)));
    }
    let head = ["run", "ended", "epochs", "loss", "held out", ""];
    let mut rows = vec![head.map(String::from).to_vec()];
    for run in &runs.runs {
        let mut row = vec![harmless(&run.run).into_owned(), state(run.state).into(), epochs(run)];
        row.extend(outcome(run));
        rows.push(row);
    }
    page.table(&rows);
}

/// What some runs differ in, key by key, and how they went.
pub(super) fn compare(view: &Compared, page: &mut Page) {
    let mark = |at: usize| char::from(b'A' + (at % 26) as u8).to_string();
    for (at, run) in view.runs.iter().enumerate() {
        page.hanging(&format!("{}  ", mark(at)), &harmless(&run.run));
    }
    page.line("");
    match view.same_data {
        Some(true) => page.paragraph("Trained on the same examples, judged by the same ones."),
        Some(false) => page.paragraph("Not trained on the same examples, or not judged by the same ones."),
        None => page.paragraph("An older whygrad did not write down on which examples they were trained."),
    }
    page.line("");
    if view.experiment.is_empty() {
        page.paragraph("Their experiments say the same.");
    }
    for difference in &view.experiment {
        page.line(harmless(&difference.key));
        for (at, of) in difference.values.iter().enumerate() {
            page.hanging(&format!("  {}  ", mark(at)), &harmless(&value(of)));
        }
    }
    page.line("");
    let row = |name: &str, of: &dyn Fn(&Listed) -> String| {
        [vec![name.to_string()], view.runs.iter().map(of).collect()].concat()
    };
    let whole = |x: Option<u64>| x.map_or("–".into(), |x| x.to_string());
    let share = |x: Option<f64>| x.map_or("–".into(), |x| format!("{:.2} %", 100.0 * x));
    let rows = [
        [vec![String::new()], (0..view.runs.len()).map(mark).collect()].concat(),
        row("ended", &|of| state(of.state).into()),
        row("epochs", &epochs),
        row("steps", &|of| whole(of.steps)),
        row("best epoch", &|of| whole(of.best_epoch)),
        row("training loss", &|of| or_none(of.train_loss)),
        row("right", &|of| share(of.train_accuracy)),
        row("held-out loss", &|of| or_none(of.test_loss)),
        row("right, held out", &|of| share(of.test_accuracy)),
        row("mean absolute error", &|of| or_none(of.mae)),
        row("seconds", &|of| of.train_seconds.map_or("–".into(), |x| format!("{x:.2}"))),
    ];
    // What no run has says nothing.
    let told = rows.into_iter().filter(|row| row[1..].iter().any(|cell| cell != "–"));
    page.table(&told.collect::<Vec<_>>());
}
