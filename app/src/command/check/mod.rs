//! `whygrad check`: which link of a training is broken.

pub(super) mod page;

use super::{after, print};
use crate::checking;
use crate::error::{Error, Result};
use crate::experiment::Experiment;
use crate::run::{Run, write_whole};
use crate::terminal::{Working, is_interrupted, note_interrupts};
use crate::view::check::Check as View;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

/// Finds what is wrong with a training, and proves it by removing it
///
/// Trains once, asks every check what it sees of data, forward, loss, gradient and update, and tries what they propose:
/// the same training with one thing changed, from several starting points, beside the unchanged one. Broken is what is
/// better without it by more than chance and by enough to matter, or what contradicts itself. All else is a note.
///
/// Exit status: 0 if the training is healthy, 1 if it is broken, 2 if it cannot run, or was ended before that could be told.
#[derive(clap::Args)]
#[command(after_long_help = after::<View>("\
Examples:
  whygrad check digits
  whygrad check moons --set optimizer.lr=3
  whygrad check my.toml --fix --write mended.toml"))]
pub(super) struct Args {
    /// A built-in experiment, a TOML file, or a run folder
    #[arg(value_name = "EXPERIMENT|RUN")]
    of: String,
    /// Overrides a key of the experiment: optimizer.lr=0.01
    #[arg(long = "set", value_name = "KEY=VALUE")]
    overrides: Vec<String>,
    /// Seconds that it may take; by default ten times as long as the training, from 10 to 300
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    budget: Option<Duration>,
    /// Makes the experiment that is mended, for --write
    #[arg(long, requires = "write")]
    fix: bool,
    /// Where the mended experiment goes
    #[arg(long, value_name = "FILE", requires = "fix")]
    write: Option<PathBuf>,
    /// Prints one JSON object; its fields stand at the end of --help
    #[arg(long)]
    json: bool,
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse::<f64>().ok().filter(|seconds| *seconds > 0.0 && *seconds <= 1e6);
    seconds.map(Duration::from_secs_f64).ok_or_else(|| "it takes a number of seconds above 0".into())
}

/// Runs the command.
pub(super) fn run(args: &Args) -> Result<ExitCode> {
    note_interrupts();
    if let Some(file) = &args.write {
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if !folder.is_dir() {
            return Err(Error::argument(format!("--write {}", file.display()), "there is no such folder"));
        }
    }
    let path = Path::new(&args.of);
    let mut remarks = vec![];
    let experiment = if path.is_dir() || Run::is_newest(path) {
        if let Some(given) = args.overrides.first() {
            return Err(Error::argument(
                format!("--set {given}"),
                "a run is checked as it ran; give its experiment instead",
            ));
        }
        let run = Run::open(path)?;
        remarks.extend(run.changed_since()?);
        run.experiment()?
    } else {
        Experiment::load(&args.of, &args.overrides)?
    };
    let working = Working::new();
    let stop = is_interrupted;
    let checked = checking::experiment(&experiment, args.budget, &stop, &|what| working.on(what));
    working.finish();
    let checked = checked?;
    if stop() {
        remarks.push("It was ended by Ctrl-C: this is what was known by then.".into());
    } else if checked.verdict.ended_early {
        remarks
            .push("The time was up before all that is suspected was tried; --budget gives it more.".into());
    }
    let mut view = View::new(args.of.clone(), &checked.verdict, remarks, checked.seconds);
    let mut failed = Ok(());
    if let (Some(file), Some(mended)) = (&args.write, &checked.mended) {
        // What was found out is told in any case.
        failed = write_whole(file, mended.text.as_bytes());
        view.written = failed.is_ok().then(|| file.display().to_string());
    }
    print(&view, args.json, |view, page| {
        page::page(view, page);
        match &view.written {
            Some(file) => page.paragraph(&format!("The mended experiment is written to {file}.")),
            None if args.write.is_some() && checked.mended.is_none() => {
                page.paragraph("There is no change that mends it, so nothing is written.");
            }
            None => {}
        }
    })?;
    failed?;
    Ok(ExitCode::from(match view.verdict {
        "healthy" => 0,
        "broken" => 1,
        _ => 2,
    }))
}
