//! A network that is sure of the wrong thing before it has seen anything.

use super::super::evidence::starts;
use super::super::{Check, Evidence, Example, Finding, Link, Place, Reads};
use crate::loss::Reduction;

pub(in super::super) const CHECK: Check = Check {
    name: "loss-at-init",
    link: Link::Loss,
    question: "Is the loss at the start what knowing nothing costs?",
    reads: &[Reads::Told, Reads::Data, Reads::Moments],
    limit: "at most 3 times what saying every class with the same probability costs",
    source: "ln C for C classes (CS231n, sanity checks); within 100 % of it (TheDeepChecker)",
    change: "init by default",
    example: Some(Example {
        experiment: "digits",
        faulty: &["network.layers.2.init={type=\"normal\",std=20}", "train.epochs=3"],
        twin: &["train.epochs=3"],
    }),
    find,
};

fn find(evidence: &Evidence) -> Vec<Finding> {
    let (Some(told), Some(data), Some(start)) = (&evidence.told, &evidence.data, evidence.start()) else {
        return vec![];
    };
    let Some(classes) = data.classes() else { return vec![] };
    let entropies = ["cross_entropy", "nll", "bce", "bce_with_logits", "categorical_cross_entropy"];
    let plain = told.loss.reduction() == Reduction::Mean && told.loss.class_weights().is_none();
    if !plain || !entropies.contains(&told.loss.name()) {
        return vec![];
    }
    let count = classes.iter().filter(|count| **count > 0).count();
    let knowing_nothing = (count.max(2) as f64).ln();
    let limit = 3.0 * knowing_nothing;
    if start.loss.is_nan() || start.loss <= limit {
        return vec![];
    }
    let sentence = format!(
        "the loss at the start is {:.3}, and saying every class with the same probability costs {knowing_nothing:.3}: the \
         network is sure of something before it has seen anything.",
        start.loss
    );
    let finding =
        CHECK.finding(Place::operation(&told.last().name), [start.loss, limit], sentence).in_step(0);
    vec![finding.grave_if(start.loss > 10.0 * limit).proposes(starts(evidence))]
}
