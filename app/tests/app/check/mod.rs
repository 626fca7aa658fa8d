//! `whygrad check`: every check on its own faulty experiment and on its twin, known programs, and the command.

mod command;
mod data;
mod examples;
mod programs;

use std::time::Duration;
use whygrad::check::{Budget, Source, Verdict, Wanted};
use whygrad_cli::checking::{self, Checked};
use whygrad_cli::experiment::Experiment;

/// Longer than any of these takes, on a machine that has other work, too.
const BUDGET: Duration = Duration::from_secs(60);

fn checked(experiment: &Experiment) -> Checked {
    checking::experiment(experiment, Some(BUDGET), &|| false, &|_| ()).unwrap()
}

/// A built-in experiment with overrides.
fn built_in(name: &str, overrides: &[&str]) -> Experiment {
    let overrides: Vec<String> = overrides.iter().map(ToString::to_string).collect();
    Experiment::load(name, &overrides).unwrap()
}

/// Where a check's finding stands in a verdict.
fn stands(verdict: &Verdict, check: &str) -> Vec<&'static str> {
    let causes = verdict.causes.iter().map(|cause| ("cause", &cause.finding));
    let symptoms =
        verdict.causes.iter().flat_map(|cause| cause.symptoms.iter().map(|finding| ("symptom", finding)));
    let notes = verdict.notes.iter().map(|finding| ("note", finding));
    let all = causes.chain(symptoms).chain(notes);
    all.filter(|(_, finding)| finding.check == check).map(|(where_, _)| where_).collect()
}

/// Names of the causes, the first link first.
fn causes(verdict: &Verdict) -> Vec<&'static str> {
    verdict.causes.iter().map(|cause| cause.finding.check).collect()
}

/// The result from a starting point.
fn score(experiment: &Experiment, from: u64) -> f64 {
    let mut setup = experiment.setup::<f32>().unwrap();
    let wanted = Wanted { changes: vec![], from };
    setup.scores(&[wanted], &Budget::UNLIMITED).remove(0).unwrap().value
}
