//! `whygrad train`: trains, shows how it goes, leaves a run folder.

use super::{after, whole};
use crate::data::Understood;
use crate::error::{Error, Result};
use crate::experiment::Experiment;
use crate::run::{RUNS, Run, warn_of_broken};
use crate::terminal::{Page, chart, harmless, is_interrupted, note_interrupts, padded, progress, width};
use crate::training::{Training, Watcher};
use crate::view::digits::{ends, number};
use crate::view::train::{Lights, Summary};
use crate::view::versioned;
use console::measure_text_width;
use indicatif::{HumanCount, ProgressBar, ProgressDrawTarget};
use std::io::{ErrorKind, IsTerminal, Write};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;
use whygrad::facts::Metrics;
use whygrad::train::{Epoch, Observer, Prepared, Real, StepDone};

/// Trains a network and leaves a run folder
///
/// Shows live progress and a loss curve; the folder has everything that the run left.
#[derive(clap::Args)]
#[command(after_long_help = after::<Summary>("\
Examples:
  whygrad train digits
  whygrad train my.toml --set optimizer.lr=0.01 --set train.epochs=50
  whygrad train --resume runs/2026-11-23-digits-1
  whygrad train --resume runs/2026-11-23-digits-1 --epochs 100"))]
pub(super) struct Args {
    /// A built-in experiment (digits, iris, wine, breast_cancer, diabetes, xor, moons, circles, spiral, sine) or a
    /// TOML file
    #[arg(required_unless_present = "resume")]
    experiment: Option<String>,
    /// Overrides a key of the experiment: optimizer.lr=0.01
    #[arg(long = "set", value_name = "KEY=VALUE")]
    overrides: Vec<String>,
    /// Folder in which the run gets a folder of its own
    #[arg(long, value_name = "DIR", default_value = RUNS)]
    runs: PathBuf,
    /// Stops at the first broken link, and says which it is
    #[arg(long)]
    strict: bool,
    /// Goes on with a run that was stopped
    #[arg(long, value_name = "RUN", conflicts_with_all = ["experiment", "overrides", "runs"])]
    resume: Option<PathBuf>,
    /// With --resume: goes on until there are so many epochs, also beyond the end; a learning rate that fell along a cosine
    /// begins anew there
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = whole(1..=u64::from(u32::MAX)))]
    epochs: Option<u64>,
    /// Prints one JSON object at the end; its fields stand at the end of --help
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(super) fn run(args: &Args) -> Result<ExitCode> {
    if let (Some(epochs), None) = (args.epochs, &args.resume) {
        let problem = format!("is for --resume; of an experiment it is --set train.epochs={epochs}");
        return Err(Error::argument("--epochs", problem));
    }
    let (experiment, run) = match (&args.resume, &args.experiment) {
        (Some(path), _) => {
            let run = Run::open(path)?;
            (run.experiment()?, Some(run))
        }
        (None, name) => (Experiment::load(name.as_deref().unwrap_or_default(), &args.overrides)?, None),
    };
    match experiment.is_double() {
        true => train::<f64>(args, &experiment, run),
        false => train::<f32>(args, &experiment, run),
    }
}

fn train<T: Real>(args: &Args, experiment: &Experiment, resumed: Option<Run>) -> Result<ExitCode> {
    // Before the folder is made, so that it is never left half.
    note_interrupts();
    let training = match resumed {
        Some(run) => Training::<T>::resume(run, args.epochs)?,
        None => Training::start(experiment, &args.runs)?,
    };
    let mut display = Display::new(&training, args.json);
    warn_of_broken(training.broken());
    if !args.json {
        display.introduce(experiment, &training)?;
    }
    let summary = training.go_on(&mut display, args.strict)?;
    display.bar.finish_and_clear();
    display.error.take().map_or(Ok(()), Err)?;
    if args.json {
        display.say(
            &serde_json::to_string(&versioned(&summary)).expect("numbers and texts can be written as JSON"),
        )?;
    } else {
        display.show(|page, display| report(&summary, &display.losses, display.first, page))?;
    }
    Ok(match (&summary.diverged, summary.finished) {
        (Some(_), _) => ExitCode::FAILURE,
        _ if summary.stopped_by.is_some() => ExitCode::FAILURE,
        (None, true) => ExitCode::SUCCESS,
        (None, false) => ExitCode::from(130),
    })
}

/// Shows how training goes.
struct Display {
    bar: ProgressBar,
    every: u64,
    epochs: u64,
    json: bool,
    first: u64,
    started: Instant,
    losses: Vec<f64>,
    examples: usize,
    /// What the bar says of the last epoch, and of the links.
    line: String,
    lights: String,
    error: Option<Error>,
}

impl Display {
    fn new<T: Real>(training: &Training<T>, json: bool) -> Display {
        let (epochs, done) = (training.prepared().fit.epochs, training.prepared().trainer.state().steps);
        let bar = progress(epochs * training.steps_per_epoch(), "\n{wide_msg}");
        if !json && std::io::stderr().is_terminal() {
            bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(10));
        }
        bar.set_position(done);
        Display {
            bar,
            // About twenty lines, however many epochs.
            every: epochs.div_ceil(20),
            epochs,
            json,
            first: done + 1,
            started: Instant::now(),
            losses: vec![],
            examples: 0,
            line: String::new(),
            lights: String::new(),
            error: None,
        }
    }

    /// What is trained on what.
    fn introduce<T: Real>(&self, experiment: &Experiment, training: &Training<T>) -> Result<()> {
        let Prepared { train, test, trainer, .. } = training.prepared();
        let weights = HumanCount(trainer.network().param_count() as u64);
        let held_out = test.as_ref().map_or("none".into(), |test| HumanCount(test.len() as u64).to_string());
        let examples = HumanCount(train.len() as u64);
        let used = trainer.options().threads.count();
        self.show(|page, _| {
            let name = harmless(&experiment.name);
            page.paragraph(&format!("{name}: {examples} examples, {held_out} held out, {weights} weights"));
            if experiment.has_own_table() {
                understood(training.understood(), page);
            }
            if let Some(asked) = experiment.threads().filter(|asked| *asked > used) {
                let cores = format!("{used}, one for each core");
                page.paragraph(&format!("threads: {cores}; {asked} would wait for each other"));
            }
            if training.is_finished() {
                page.paragraph(
                    "this run is finished; there is nothing to go on with; more epochs: --epochs N",
                );
            }
        })
    }

    /// Lines on standard output.
    fn show(&self, write: impl FnOnce(&mut Page, &Display)) -> Result<()> {
        let mut page = Page::new(width());
        write(&mut page, self);
        self.say(page.text.trim_end_matches('\n'))
    }

    /// A line on standard output, beside the bar. Who no longer reads it (`| head`) does not stop the training.
    fn say(&self, line: &str) -> Result<()> {
        match self.bar.suspend(|| writeln!(std::io::stdout().lock(), "{line}")) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
            said => Ok(said?),
        }
    }
}

/// Columns of a table that are shown; the run's folder has all.
const SHOWN: usize = 12;

/// What was understood of each column, and what becomes of it.
pub(super) fn understood(columns: &[Understood], page: &mut Page) {
    let plain = |x: f64| {
        let text = number(x);
        // The zeros of an exponent are none of its decimals.
        if text.contains('.') && !text.contains('e') {
            text.trim_end_matches('0').trim_end_matches('.').to_string()
        } else {
            text
        }
    };
    let cells = |of: &Understood| {
        let range =
            of.range.map_or(String::new(), |[low, high]| format!("{} to {}", plain(low), plain(high)));
        let missing = (of.missing > 0).then(|| format!("{} missing", HumanCount(of.missing as u64)));
        [harmless(&of.column).into_owned(), of.kind.clone(), range, missing.unwrap_or_default()]
    };
    let rows: Vec<[String; 4]> = columns.iter().take(SHOWN).map(cells).collect();
    let width = |at: usize| rows.iter().map(|row| measure_text_width(&row[at])).max().unwrap_or(0);
    let widths = [0, 1, 2, 3].map(width);
    for (row, of) in rows.iter().zip(columns) {
        let mut cells: Vec<String> =
            (0..4).filter(|at| widths[*at] > 0).map(|at| padded(&row[at], widths[at])).collect();
        cells.push(format!("→ {}", harmless(&of.becomes)));
        page.row(&cells);
    }
    if columns.len() > SHOWN {
        let more = HumanCount((columns.len() - SHOWN) as u64);
        page.hanging(
            "  ",
            &format!("and {more} more columns; preprocessing.json in the run's folder has all"),
        );
    }
}

/// How the run went: the loss of each step, from the step `first` on, and what its summary says.
pub(super) fn report(summary: &Summary, losses: &[f64], first: u64, page: &mut Page) {
    if losses.len() > 1 {
        page.line("");
        page.line("loss of each step");
        chart(losses, first, page.width, 9, ends).lines().for_each(|line| page.line(line));
        page.line("");
    }
    summary.sentences().iter().for_each(|sentence| page.paragraph(sentence));
}

impl<T: Real> Watcher<T> for Display {
    fn lights(&mut self, lights: Lights) {
        self.lights = lights.sentence();
        self.bar.set_message(format!("{}\n{}", self.line, self.lights));
    }
}

impl<T: Real> Observer<T> for Display {
    fn step(&mut self, done: &StepDone<'_, T>) -> ControlFlow<()> {
        self.losses.push(done.loss);
        self.examples += done.examples;
        self.bar.set_position(done.step);
        if is_interrupted() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn epoch(&mut self, done: &Epoch<'_, T>) -> ControlFlow<()> {
        let test = match done.test {
            Some(Metrics { loss, accuracy: Some(share) }) => {
                format!("  held out {:>6}, {:>6.2} % right", number(loss), 100.0 * share)
            }
            Some(Metrics { loss, accuracy: None }) => format!("  held out {:>6}", number(loss)),
            None => String::new(),
        };
        let speed = self.examples as f64 / self.started.elapsed().as_secs_f64();
        let width = self.epochs.to_string().len();
        let line = format!(
            "epoch {:>width$}/{}  loss {:>6}{test}  {} examples/s",
            done.epoch,
            self.epochs,
            number(done.train.loss),
            HumanCount(speed as u64)
        );
        self.bar.set_message(format!("{line}\n{}", self.lights));
        self.line.clone_from(&line);
        let due = done.epoch.is_multiple_of(self.every) || done.epoch == self.epochs || done.progress.done;
        if due
            && !self.json
            && let Err(error) = self.show(|page, _| page.paragraph(&line))
        {
            self.error = Some(error);
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }
}
