//! `whygrad ledger`: who earned the loss change of a run.

mod picture;

use super::whole;
use crate::error::{Error, Result};
use crate::experiment::Prepared;
use crate::run::{RUNS, Run, write_whole};
use crate::terminal::{Page, bar, fit as cut, progress, two_sided, width};
use crate::view::digits::{apart, count, number, short, signed};
use indicatif::{HumanCount, ProgressBar, ProgressDrawTarget};
use serde::{Serialize, Serializer};
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};
use whygrad::credit::{Account, Earned, Ledger, LedgerStep, Opposed, PROBE, Refine, Totals, probe};
use whygrad::network::Network;
use whygrad::train::{Detail, Flow, Observer, Real, StepDone, fit};

/// Shows who earned the loss change of a run: layers, neurons, weights
///
/// Loss change allocation: the change of the loss from step to step is the integral of the gradient along the straight
/// line between the weights, which splits by weight. A weight earned where the loss fell along its moves (its
/// allocation is negative), and hurt where it rose. The loss is that of a fixed set of training examples, in f64;
/// Simpson's rule with adaptive halving, and what it misses is printed: the residual of every step and of the whole.
///
/// The run is trained again, to the same bits, from the nearest checkpoint. That takes many times as long as
/// training did; how many is said at the end. Fewer --probe examples or --steps take less.
///
/// An allocation says along whose moves the loss changed. It does not say what a weight means.
#[derive(clap::Args)]
#[command(after_long_help = "\
Examples:
  whygrad ledger
  whygrad ledger --run runs/2026-11-23-digits-1 --steps 1..100 --svg ledger.svg")]
pub struct Args {
    /// Run folder; by default the newest in the folder `runs`
    #[arg(long, value_name = "RUN")]
    run: Option<PathBuf>,
    /// First and last step; by default all
    #[arg(long, value_name = "A..B", value_parser = steps)]
    steps: Option<(u64, u64)>,
    /// Training examples whose loss is split; all of them where there are no more
    #[arg(long, value_name = "N", default_value_t = PROBE as u64, allow_negative_numbers = true, value_parser = whole(1..=u64::MAX))]
    probe: u64,
    /// Prints one JSON object with every number at full precision.
    ///
    /// run, first and last (step), totals (steps, examples, before, after, change, allocation, earned, hurt, statistics:
    /// the part of running statistics, residual, residuals: Σ of their magnitudes, relative: residual over change,
    /// gradients: of the probe set, that were computed);
    ///
    /// layers and neurons (name, weights, allocation, earned: Σ of those below 0, hurt: Σ of those above 0);
    ///
    /// earned and hurt (the ten weights that did so most: weight, name, allocation);
    ///
    /// opposed (pairs of layers of which one earned while the other hurt: layers, steps, amount);
    ///
    /// steps (step, loss, change, layers, statistics, residual, halvings), examples (loss change by each example of the
    /// probe set), allocation (of every weight, by parameter, in the order in which they lie);
    ///
    /// training_seconds, ledger_seconds, cost (the second over the first)
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

/// Weights of a list.
const TOP: usize = 10;

/// Neurons of a list, and pairs of layers.
const FEW: usize = 5;

/// Pieces in which the steps are shown.
const PIECES: u64 = 10;

/// Runs the command.
pub fn run(args: &Args) -> Result<ExitCode> {
    let run = match &args.run {
        Some(path) => Run::open(path)?,
        None => Run::newest()?.ok_or_else(|| {
            let problem =
                format!("there is no run in `{RUNS}`; train one (whygrad train digits) or name one by --run");
            Error::argument("ledger", problem)
        })?,
    };
    match run.experiment(&[])?.is_double() {
        true => account::<f64>(args, &run),
        false => account::<f32>(args, &run),
    }
}

fn account<T: Real>(args: &Args, run: &Run) -> Result<ExitCode> {
    let (path, end) = (run.path().display().to_string(), run.last_step()?);
    if end == 0 {
        let problem = "it has made no step yet, so there is nothing to split".into();
        return Err(Error::Run { path: run.path().into(), problem });
    }
    let (first, last) = args.steps.unwrap_or((1, end));
    if last > end {
        return Err(Error::argument("--steps", format!("ends with {last}; {path} has the steps 1 to {end}")));
    }
    let (mut prepared, mut progress) = run.at::<T>(Some(first - 1))?;
    let Prepared { train, test, trainer, fit: how } = &mut prepared;
    let (network, seed) = (Arc::clone(trainer.network()), trainer.options().seed);
    let data = probe::<T, f64>(train, usize::try_from(args.probe).unwrap_or(usize::MAX), seed);
    let ledger = Ledger::new(trainer, data, Refine::default())?;
    let mut watch = Watch::new(ledger, first, last);
    fit(trainer, train, test.as_ref(), how, &mut progress, &mut [&mut watch])?;
    watch.bar.finish_and_clear();
    let report = Report::new(path, (first, last), &network, &watch);
    if let Some(file) = &args.svg {
        write_whole(file, picture::draw(&report).as_bytes())?;
    }
    let mut out = std::io::stdout().lock();
    if args.json {
        serde_json::to_writer(&mut out, &report).map_err(std::io::Error::from)?;
        writeln!(out)?;
    } else {
        write!(out, "{}", report.page().text)?;
        if let Some(file) = &args.svg {
            writeln!(out, "drawn to {}", file.display())?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Keeps the ledger while the run is trained again, and takes the time of both.
struct Watch {
    ledger: Ledger<f64>,
    last: u64,
    bar: ProgressBar,
    began: Instant,
    step_began: Instant,
    training: Duration,
    keeping: Duration,
}

impl Watch {
    fn new(ledger: Ledger<f64>, first: u64, last: u64) -> Watch {
        let bar = progress(last + 1 - first, "");
        let (now, none) = (Instant::now(), Duration::ZERO);
        Watch { ledger, last, bar, began: now, step_began: now, training: none, keeping: none }
    }
}

impl<T: Real> Observer<T> for Watch {
    fn wants(&mut self, _step: u64) -> Detail {
        self.step_began = Instant::now();
        Detail::Loss
    }

    fn step(&mut self, done: &StepDone<'_, T>) -> Flow {
        self.training += self.step_began.elapsed();
        let now = Instant::now();
        self.ledger.advance(done.step, &done.trainer.state().weights);
        self.keeping += now.elapsed();
        self.bar.inc(1);
        if self.bar.is_hidden()
            && self.began.elapsed() > Duration::from_secs(1)
            && std::io::stderr().is_terminal()
        {
            self.bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(10));
        }
        if done.step >= self.last { Flow::Stop } else { Flow::Continue }
    }
}

/// What is printed.
#[derive(Serialize)]
struct Report<'a> {
    run: String,
    first: u64,
    last: u64,
    totals: Totals,
    layers: Vec<Account>,
    neurons: Vec<Account>,
    earned: Vec<Earned>,
    hurt: Vec<Earned>,
    opposed: Vec<Opposed>,
    steps: &'a [LedgerStep],
    examples: Vec<f64>,
    #[serde(serialize_with = "by_name")]
    allocation: Vec<(&'a str, &'a [f64])>,
    training_seconds: f64,
    ledger_seconds: f64,
    cost: f64,
}

fn by_name<S: Serializer>(params: &[(&str, &[f64])], to: S) -> Result<S::Ok, S::Error> {
    to.collect_map(params.iter().copied())
}

impl<'a> Report<'a> {
    fn new(run: String, (first, last): (u64, u64), network: &'a Network, watch: &'a Watch) -> Report<'a> {
        let ledger = &watch.ledger;
        let (training, keeping) = (watch.training.as_secs_f64(), watch.keeping.as_secs_f64());
        let params = network.params().iter();
        Report {
            run,
            first,
            last,
            totals: ledger.totals(),
            layers: ledger.layers(),
            neurons: ledger.neurons(),
            earned: ledger.earned_most(TOP),
            hurt: ledger.hurt_most(TOP),
            opposed: ledger.opposed(),
            steps: ledger.steps(),
            examples: ledger.examples(),
            allocation: params.map(|p| (p.name.as_str(), &ledger.allocation()[p.range.clone()])).collect(),
            training_seconds: training,
            ledger_seconds: keeping,
            cost: keeping / training,
        }
    }

    fn page(&self) -> Page {
        let (mut page, width, totals) = (Page::default(), width(), &self.totals);
        let [before, after] = apart(totals.before, totals.after);
        let way = if totals.change > 0.0 { "rose" } else { "fell" };
        let steps = HumanCount(totals.steps);
        let (first, last) = (self.first, self.last);
        let examples = count(totals.examples, "training example");
        let text = format!(
            "In steps {first} to {last} of {} the loss of {examples} {way} from {before} to {after}: by {}",
            self.run,
            number(totals.change.abs())
        );
        page.paragraph(&text, width);
        page.paragraph("Below 0: earned, the loss fell along these moves. Above 0: hurt, it rose.", width);

        page.line("");
        page.heading("Layers");
        let names = self.layers.iter().map(|layer| layer.name.chars().count());
        let columns = names.max().unwrap_or(0).clamp(8, 24);
        let half = (width.saturating_sub(columns + 51) / 2).clamp(4, 20);
        page.line(format!(
            "  {:columns$} {:>10} {:>11} {:>11} {:>11}",
            "", "weights", "earned", "hurt", "together"
        ));
        let most = self.layers.iter().map(|layer| layer.allocation.abs()).fold(f64::MIN_POSITIVE, f64::max);
        for layer in &self.layers {
            page.line(format!(
                "  {:columns$} {:>10} {:>11} {:>11} {:>11} {}",
                cut(&layer.name, columns),
                HumanCount(layer.weights as u64).to_string(),
                signed(layer.earned),
                signed(layer.hurt),
                signed(layer.allocation),
                two_sided(layer.allocation / most, half)
            ));
        }
        let sum = |left: &str, x: f64| format!("  {left:columns$} {:>46}", signed(x));
        if totals.statistics != 0.0 {
            page.line(sum("running statistics", totals.statistics));
        }
        page.line(format!("  {}", "─".repeat(columns + 47)));
        page.line(sum("sum", totals.allocation + totals.statistics));
        page.line(sum("measured", totals.change));
        page.line("");
        let worst = self.steps.iter().max_by(|a, b| a.residual.abs().total_cmp(&b.residual.abs()));
        let relative =
            totals.relative.map_or(String::new(), |relative| format!(", {} of the change", short(relative)));
        let worst = worst.map_or(String::new(), |step| {
            format!(" The largest of a step is {} (step {}).", short(step.residual), step.step)
        });
        let does = match totals.relative {
            Some(relative) if relative <= RECONCILES => "It reconciles: the residual",
            None if totals.residual == 0.0 => "It reconciles: the residual",
            _ => "It does not reconcile to a millionth: the residual",
        };
        let text = format!("{does} is {}{relative}.{worst}", short(totals.residual));
        page.paragraph(&text, width);

        let weights =
            |list: &[Earned]| list.iter().map(|of| (of.name.clone(), of.allocation)).collect::<Vec<_>>();
        let mut neurons: Vec<(String, f64)> =
            self.neurons.iter().map(|neuron| (neuron.name.clone(), neuron.allocation)).collect();
        neurons.sort_by(|(_, a), (_, b)| a.total_cmp(b));
        let earned = neurons.iter().filter(|(_, a)| *a < 0.0).take(FEW).cloned().collect();
        let hurt = neurons.iter().rev().filter(|(_, a)| *a > 0.0).take(FEW).cloned().collect();
        for (title, list) in [
            ("Weights that earned most", weights(&self.earned)),
            ("Weights that hurt most", weights(&self.hurt)),
            ("Neurons that earned most", earned),
            ("Neurons that hurt most", hurt),
        ] {
            bars(&mut page, title, &list, width);
        }

        page.line("");
        page.heading("Layers that worked against each other");
        if self.opposed.is_empty() {
            page.line("  none: in every step all layers earned or all hurt");
        }
        for pair in self.opposed.iter().take(FEW) {
            let [a, b] = &pair.layers;
            page.line(format!(
                "  {a} and {b}: in {} of {steps} steps, {} in all",
                HumanCount(pair.steps),
                number(pair.amount)
            ));
        }
        page.line("");
        page.heading("Steps that earned it");
        self.pieces(&mut page, width);
        page.line("");
        let gradients = HumanCount(totals.gradients);
        let text = format!(
            "The ledger took {} s, {} × as long as training these steps ({} s): {gradients} gradients of the {examples}.",
            short(self.ledger_seconds),
            short(self.cost),
            short(self.training_seconds),
        );
        page.paragraph(&text, width);
        page
    }

    /// What pieces of the steps earned.
    fn pieces(&self, page: &mut Page, width: usize) {
        let size = self.steps.len().div_ceil(PIECES as usize).max(1);
        let pieces: Vec<(String, f64)> = self
            .steps
            .chunks(size)
            .map(|steps| {
                let (a, b) = (steps[0].step, steps[steps.len() - 1].step);
                let name = if a == b { format!("{a}") } else { format!("{a} to {b}") };
                (name, steps.iter().map(|step| step.change).sum())
            })
            .collect();
        list(page, &pieces, width);
    }
}

/// The largest residual, as a share of the change, of a ledger that reconciles.
const RECONCILES: f64 = 1e-6;

fn bars(page: &mut Page, title: &str, of: &[(String, f64)], width: usize) {
    page.line("");
    page.heading(title);
    match of {
        [] => page.line("  none"),
        _ => list(page, of, width),
    }
}

/// Names and numbers, with a bar for each.
fn list(page: &mut Page, of: &[(String, f64)], width: usize) {
    let columns = of.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0).clamp(14, width / 2);
    let most = of.iter().map(|(_, x)| x.abs()).fold(f64::MIN_POSITIVE, f64::max);
    let room = width.saturating_sub(columns + 17).clamp(8, 48);
    let mixed = of.iter().any(|(_, x)| *x > 0.0) && of.iter().any(|(_, x)| *x < 0.0);
    for (name, x) in of {
        let drawn = if mixed { two_sided(x / most, room / 2) } else { bar(x.abs() / most, room) };
        page.line(format!("  {:columns$} {:>11}  {drawn}", cut(name, columns), signed(*x)));
    }
}
