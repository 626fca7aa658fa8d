//! Gradients of batches that have little in common: the steps go back and forth.

use super::super::{Change, Check, Evidence, Example, Finding, Link, Place, Reads};

pub(in super::super) const CHECK: Check = Check {
    name: "gradient-noisy",
    link: Link::Gradient,
    question: "Do the gradients of different batches point in the same direction?",
    reads: &[Reads::Told, Reads::Moments],
    limit: "with batches of up to 8 examples, the squared mean gradient of 8 batches is at least a third of their mean square",
    source: "the simple noise scale (McCandlish et al. 2018): below it a larger batch pays",
    change: "a larger train.batch",
    example: Some(Example {
        experiment: "moons",
        faulty: &[
            "train.batch=1",
            "data.noise=0.3",
            "optimizer.type=sgd",
            "optimizer.lr=0.5",
            "train.epochs=10",
        ],
        twin: &["data.noise=0.3", "optimizer.type=sgd", "optimizer.lr=0.5", "train.epochs=10"],
    }),
    find,
};

fn find(evidence: &Evidence) -> Vec<Finding> {
    let Some(told) = evidence.told.as_ref().filter(|told| told.batch <= 8 && told.steps_per_epoch >= 8)
    else {
        return vec![];
    };
    let later = evidence.moments.iter().skip(1).filter_map(|moment| Some((moment.step, moment.agreement?)));
    let Some((step, agreement)) =
        later.min_by(|a, b| a.1.total_cmp(&b.1)).filter(|(_, least)| *least < 1.0 / 3.0)
    else {
        return vec![];
    };
    let sentence = format!(
        "after {step} steps the gradients of 8 batches of {} agree to {:.0} % only: most of a step is chance.",
        told.batch,
        100.0 * agreement
    );
    let finding = CHECK.finding(Place::default(), [agreement, 1.0 / 3.0], sentence).in_step(step);
    vec![finding.proposes(vec![vec![Change::Batch(8 * told.batch)], vec![Change::Batch(32 * told.batch)]])]
}
