//! Which link of a training is broken.

use schemars::JsonSchema;
use serde::Serialize;
use whygrad::check::{Cause, Finding, LIST, Link, NotChecked, Place, Trial, Verdict};
use whygrad::probe::Score;

/// Whether a training is broken, and if so which link of data → forward → loss → gradient → update is the first.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Check {
    /// What was checked: the experiment, or the run's folder.
    pub of: String,
    /// `healthy`, `broken`, or, where it was ended before that could be told, `unknown`.
    pub verdict: &'static str,
    /// The first broken link; null where none is.
    pub first_broken_link: Option<Link>,
    /// The check that found it: `step-too-large`.
    pub check: Option<&'static str>,
    /// Where; what it has not is null.
    pub place: Option<Place>,
    /// The step, from 1 (0: before the first); null where it is no step's.
    pub step: Option<u64>,
    /// What it means, in one sentence.
    pub sentence: Option<String>,
    /// All that is broken, the first link first; more than one where both are needed.
    pub causes: Vec<Cause>,
    /// Findings that are gone where the causes are mended.
    pub symptoms: Vec<Finding>,
    /// What was found beside, and costs nothing that a trial could show.
    pub notes: Vec<Finding>,
    /// Checks that were not made, and why.
    pub not_checked: Vec<NotChecked>,
    /// The trials that decided: trainings with something changed beside the unchanged ones.
    pub trials: Vec<Trial>,
    /// What mends it, in the words of an experiment.
    pub change: Vec<String>,
    /// How well the training does its task; null where it did not come to its end.
    pub score: Option<Score>,
    /// What has to be said beside: that the data have changed since, that the check was ended early.
    pub remarks: Vec<String>,
    /// With --write: the file with the mended experiment; null where nothing was written.
    pub written: Option<String>,
    /// How long the check took.
    pub seconds: f64,
}

impl Check {
    /// Whether most checks of a link were made.
    pub fn is_checked(&self, link: Link) -> bool {
        let made =
            |check: &&&whygrad::check::Check| !self.not_checked.iter().any(|of| of.check == check.name);
        let of_link: Vec<_> = LIST.iter().filter(|check| check.link == link).collect();
        2 * of_link.iter().filter(|check| made(check)).count() > of_link.len()
    }

    /// Whether the result is next to that of always saying the same.
    pub fn learned_nothing(&self) -> bool {
        self.score.as_ref().is_some_and(|score| score.value < score.trivial + 0.05 * (1.0 - score.trivial))
    }

    /// Of a verdict.
    pub fn new(of: String, verdict: &Verdict, remarks: Vec<String>, seconds: f64) -> Check {
        let first = verdict.causes.first().map(|cause| &cause.finding);
        Check {
            of,
            verdict: match verdict.is_broken() {
                true => "broken",
                false if verdict.undecided => "unknown",
                false => "healthy",
            },
            first_broken_link: first.map(|finding| finding.link),
            check: first.map(|finding| finding.check),
            place: first.map(|finding| finding.place.clone()),
            step: first.and_then(|finding| finding.step),
            sentence: first.map(|finding| finding.sentence.clone()),
            causes: verdict.causes.clone(),
            symptoms: verdict.causes.iter().flat_map(|cause| cause.symptoms.clone()).collect(),
            notes: verdict.notes.clone(),
            not_checked: verdict.not_checked.clone(),
            trials: verdict.trials.clone(),
            change: verdict.stages.iter().flatten().map(ToString::to_string).collect(),
            score: verdict.score.clone(),
            remarks,
            written: None,
            seconds,
        }
    }
}
