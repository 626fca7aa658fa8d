//! `whygrad evaluate`: how good a trained network's predictions are.

use super::{after, print};
use crate::error::Result;
use crate::evaluating::evaluate;
use crate::run::{Run, Weights};
use crate::terminal::{Page, Working, fit, harmless};
use crate::view::digits::{count, number};
use crate::view::evaluate::{Evaluated, Part};
use console::measure_text_width as columns;
use indicatif::HumanCount;
use std::path::PathBuf;
use std::process::ExitCode;
use whygrad::probe::{ClassScores, Errors, ValueScore};

/// Judges a run's predictions: on its held-out part, or on a file with targets
///
/// Of classes: accuracy, precision, recall and F1 of each, log loss, the area under the ROC curve of two, and the confusion
/// matrix. Of numbers: mean absolute error, root mean squared error and R², in the units of the target. Beside it stands
/// what looks at no input has: always the training part's most frequent class, or its mean. Definitions are scikit-learn's.
#[derive(clap::Args)]
#[command(after_long_help = after::<Evaluated>("\
Examples:
  whygrad evaluate newest
  whygrad evaluate runs/2026-11-30-iris-1 flowers.csv --json"))]
pub(super) struct Args {
    /// A run folder; `newest` is the one in the folder `runs` that began last
    run: PathBuf,
    /// Examples with targets: a file of the kind that the run was trained on; by default the run's held-out part
    file: Option<String>,
    /// Of FILE, where that is an array: the file with its targets, or the archive's array
    #[arg(long, value_name = "TARGETS", requires = "file")]
    targets: Option<String>,
    /// The weights of the epoch with the lowest held-out loss, or those after the last step
    #[arg(long, value_name = "WHICH", value_parser = ["best", "last"], default_value = "best")]
    weights: String,
    /// Prints one JSON object with every number at full precision; its fields stand at the end of --help
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(super) fn run(args: &Args) -> Result<ExitCode> {
    let run = Run::open(&args.run)?;
    let weights = Weights::named(&args.weights);
    let (file, targets) = (args.file.as_deref(), args.targets.as_deref());
    let working = Working::new();
    working.on("reading and judging");
    let evaluated = match run.experiment()?.is_double() {
        true => evaluate::<f64>(&run, file, targets, weights),
        false => evaluate::<f32>(&run, file, targets, weights),
    };
    working.finish();
    print(&evaluated?, args.json, page)?;
    Ok(ExitCode::SUCCESS)
}

/// The measures, from top to bottom.
pub(super) fn page(view: &Evaluated, page: &mut Page) {
    let examples = count(view.evaluation.examples, "example");
    let what = match (view.part, &view.file) {
        (Part::HeldOut, _) => format!("{examples}, held out from training"),
        (Part::Training, _) => format!("{examples} that it was trained on, for nothing is held out"),
        (Part::File, file) => format!("{examples} of {}", harmless(file.as_deref().unwrap_or_default())),
    };
    let (run, step) = (harmless(&view.run), HumanCount(view.step));
    page.paragraph(&match view.best {
        true => {
            format!("{run}, weights of its best epoch, after step {step} (--weights last: those at its end)")
        }
        false => format!("{run}, its last weights, after step {step}"),
    });
    page.paragraph(&what);
    if let Some(classes) = &view.evaluation.classes {
        of_classes(classes, page);
    }
    view.evaluation.values.iter().for_each(|value| of_value(value, page));
}

/// A number, or what stands where there is none.
fn or_none(x: Option<f64>, write: impl Fn(f64) -> String) -> String {
    x.map_or("–".into(), write)
}

fn share(x: f64) -> String {
    format!("{:.2} %", 100.0 * x)
}

/// Classes that are shown; `--json` has all.
const SHOWN: usize = 30;

/// Columns of a class's name.
const NAME: usize = 24;

fn of_classes(of: &ClassScores, page: &mut Page) {
    page.line("");
    let trivial = format!("always {}", fit(&harmless(&of.trivial.class), NAME));
    let mut rows = vec![vec![String::new(), "predicted".into(), trivial]];
    rows.push(vec!["accuracy".into(), share(of.accuracy), share(of.trivial.accuracy)]);
    rows.push(vec!["log loss".into(), or_none(of.log_loss, number), number(of.trivial.log_loss)]);
    if of.each.len() == 2 && !of.confusion.is_empty() {
        rows.push(vec!["AUC".into(), or_none(of.auc, number), number(0.5)]);
    }
    page.table(&rows);
    page.line("");
    let names = ["class", "examples", "predicted", "precision", "recall", "F1"];
    let mut rows = vec![names.map(String::from).to_vec()];
    for class in of.each.iter().take(SHOWN) {
        let counts = [class.examples, class.predicted].map(|n| HumanCount(n as u64).to_string());
        let shares = [class.precision, class.recall, class.f1].map(|x| or_none(x, |x| format!("{x:.4}")));
        rows.push([&[fit(&harmless(&class.class), NAME)][..], &counts, &shares].concat());
    }
    page.table(&rows);
    if of.each.len() > SHOWN {
        page.indented(&format!("and {} more classes; --json has all", of.each.len() - SHOWN));
    }
    confused(of, page);
}

/// The confusion matrix, or where that is too wide what was taken for what most often.
fn confused(of: &ClassScores, page: &mut Page) {
    if of.confusion.is_empty() {
        return;
    }
    let names: Vec<String> = of.each.iter().map(|class| fit(&harmless(&class.class), NAME)).collect();
    let mut rows = vec![[vec![String::new()], names.clone()].concat()];
    for (name, row) in names.iter().zip(&of.confusion) {
        rows.push([vec![name.clone()], row.iter().map(usize::to_string).collect()].concat());
    }
    let widest = |at: usize| rows.iter().map(|row| columns(&row[at])).max().unwrap_or(0) + 2;
    page.line("");
    if (0..rows[0].len()).map(widest).sum::<usize>() <= page.width {
        page.paragraph("Confusion matrix: a row for each class, a column for each prediction");
        page.line("");
        return page.table(&rows);
    }
    let mut wrong: Vec<(usize, usize, usize)> = of
        .confusion
        .iter()
        .enumerate()
        .flat_map(|(class, row)| row.iter().enumerate().map(move |(said, n)| (*n, class, said)))
        .filter(|(n, class, said)| *n > 0 && class != said)
        .collect();
    wrong.sort_by_key(|(n, ..)| std::cmp::Reverse(*n));
    page.paragraph("Taken for another class most often (--json has the whole confusion matrix)");
    page.line("");
    let mut rows = vec![vec!["class".to_string(), "predicted".into(), "examples".into()]];
    rows.extend(
        wrong
            .iter()
            .take(10)
            .map(|(n, class, said)| vec![names[*class].clone(), names[*said].clone(), n.to_string()]),
    );
    page.table(&rows);
}

fn of_value(of: &ValueScore, page: &mut Page) {
    page.line("");
    let row = |name: &str, one: fn(&Errors) -> Option<f64>| {
        vec![name.to_string(), or_none(one(&of.errors), number), or_none(one(&of.trivial), number)]
    };
    page.table(&[
        vec![fit(&harmless(&of.target), NAME), "predicted".into(), format!("always {}", number(of.mean))],
        row("mean absolute error", |errors| errors.mae),
        row("root mean squared error", |errors| errors.rmse),
        row("R²", |errors| errors.r2),
    ]);
}
