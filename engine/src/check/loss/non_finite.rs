//! A loss that is NaN or infinite though the outputs are finite.

use super::super::evidence::starts;
use super::super::{Check, Evidence, Example, Finding, Link, Reads};
use crate::probe::Stage;

pub(in super::super) const CHECK: Check = Check {
    name: "loss-non-finite",
    link: Link::Loss,
    question: "Is the loss of every example finite?",
    reads: &[Reads::Steps],
    limit: "no loss that is NaN or infinite",
    source: "log 0, 0/0, overflow",
    change: "a loss on logits, or what made the outputs large: see the margin before it",
    example: Some(Example {
        experiment: "sine",
        faulty: &["optimizer.type=sgd", "optimizer.lr=1e12"],
        twin: &[],
    }),
    find,
};

fn find(evidence: &Evidence) -> Vec<Finding> {
    let Some(diverged) = evidence.diverged.as_ref().filter(|diverged| diverged.first.stage == Stage::Loss)
    else {
        return vec![];
    };
    let finding = CHECK.finding(diverged.place(), [diverged.largest(), diverged.most], diverged.sentence());
    vec![finding.certain().in_step(diverged.step).proposes(starts(evidence))]
}
