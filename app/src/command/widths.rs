//! Every page at every width of a terminal.

use super::{export, ledger, new, train, verify, walk, why};
use crate::experiment::Experiment;
use crate::replay::{RunLedger, Step};
use crate::run::Run;
use crate::terminal::Page;
use crate::textbook::Textbook;
use crate::training::{Training, Watcher};
use crate::view::export::Exported;
use crate::view::ledger::Ledger;
use crate::view::new::Starter;
use crate::view::overview::Overview;
use crate::view::shared::Shared;
use crate::view::train::Lights;
use crate::view::walk::Walk;
use crate::view::weight;
use crate::view::why::Why;
use console::measure_text_width;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use whygrad::train::{Observer, StepDone};

/// A network with everything that pages tell of: paths that mix examples, running statistics, long names.
const LAYERS: &str = "network.layers=[{ type = \"linear\", out = 8 }, { type = \"batch_norm\" }, \
                      { type = \"tanh\" }, { type = \"linear\", out = 6 }, { type = \"relu\" }, \
                      { type = \"linear\", out = 5 }, { type = \"gelu\" }, { type = \"linear\", out = 3 }]";

/// A page on its own terminal: it does not panic, and no line is wider.
fn fits(what: &str, write: &dyn Fn(&mut Page)) {
    for width in 20..=200 {
        let mut page = Page::new(width);
        write(&mut page);
        for line in page.text.lines() {
            assert!(measure_text_width(line) <= width, "{what} at {width} columns: {line}");
        }
    }
}

#[derive(Default)]
struct Losses(Vec<f64>);

impl Watcher<f32> for Losses {
    fn lights(&mut self, _: Lights) {}
}

impl Observer<f32> for Losses {
    fn step(&mut self, done: &StepDone<'_, f32>) -> ControlFlow<()> {
        self.0.push(done.loss);
        ControlFlow::Continue(())
    }
}

/// Trains, and looks at the pages of that and of what explains it.
fn of_run(folder: &Path, name: &str, overrides: &[&str], weight: &str) {
    let overrides: Vec<String> = overrides.iter().map(|text| text.to_string()).collect();
    let training = Training::<f32>::start(&Experiment::load(name, &overrides).unwrap(), folder).unwrap();
    let path = training.run().path().to_owned();
    let mut losses = Losses::default();
    let summary = training.go_on(&mut losses, false).unwrap();
    fits("train", &|page| train::report(&summary, &losses.0, 1, page));
    let run = Run::open(&path).unwrap();
    let step = Step::<f32>::of_run(&run, None).unwrap();
    of_step(&step, weight);
    let kept = RunLedger::of_run::<f32>(&run, None, 30, |_| {}).unwrap();
    let view = Ledger::new(path.display().to_string(), &kept);
    fits("ledger", &|page| ledger::page::page(&view, page));
}

fn of_step<T: whygrad::train::Real>(step: &Step<T>, weight: &str) {
    let overview = Overview::new(step).unwrap();
    fits("why", &|page| why::overview::page(&overview, page));
    let places = weight::find(weight, step).unwrap();
    let why = Why::new(step, places[0], None, 10);
    fits(weight, &|page| why::page::page(&why, 10, page));
}

#[test]
fn no_line_of_a_run_is_wider_than_the_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    of_run(here, "iris", &[LAYERS, "train.epochs=2"], "linear1.weight[7,3]");
    of_run(here, "xor", &["optimizer.lr=1e6", "train.epochs=30"], "linear1.weight[0,0]");
    of_run(here, "iris", &["optimizer.lr=1e-12", "train.epochs=1"], "linear1.weight[0,0]");
    let deep = ["{ type = \"linear\", out = 16 }, { type = \"tanh\" }"; 12].join(", ");
    let deep = format!("network.layers=[{deep}, {{ type = \"linear\", out = 3 }}]");
    of_run(here, "iris", &[&deep, "train.epochs=1"], "linear1.weight[0,0]");
}

#[test]
fn no_line_of_a_worked_example_is_wider_than_the_terminal() {
    for name in [None, Some("mazur"), Some("zhou")] {
        let book = Textbook::named(name).unwrap();
        let walked = Walk::new(&book, 0, 20, true).unwrap();
        fits("walk", &|page| walk::page::page(&walked, None, page));
        let step = Step::of_case(&book, None, true).unwrap();
        let first = step.snapshot.names().weight(whygrad::credit::Weight { param: 0, at: 0 });
        of_step(&step, &first);
        if let Ok(places) = weight::find("b1", &step) {
            let shared = Shared::new(&step, &places);
            fits("shared", &|page| why::shared::page(&shared, page));
        }
    }
    let cases = format!("{}/tests/app/oracles", env!("CARGO_MANIFEST_DIR"));
    let cases = ["activations", "first_network"].map(|name| PathBuf::from(format!("{cases}/{name}.json")));
    let verified = verify::compare(&cases).unwrap();
    fits("verify", &|page| verify::page(&verified, page));
    let starter = Starter { file: "a/folder/with/a/long/name/experiment.toml".into() };
    fits("new", &|page| new::page(&starter, page));
    let [program, weights] =
        ["model.py", "weights.safetensors"].map(|name| format!("runs/2026-11-30-iris-1/export/{name}"));
    fits("export", &|page| {
        export::page(
            &Exported { program: program.clone(), weights: weights.clone(), reads_tables: true },
            page,
        )
    });
}
