//! A gradient that has those of earlier steps in it.

use super::super::evidence::median;
use super::super::{Check, Evidence, Finding, Link, Place, Reads};

pub(in super::super) const CHECK: Check = Check {
    name: "gradient-accumulates",
    link: Link::Update,
    question: "Is the applied gradient that of this batch alone?",
    reads: &[Reads::Applied],
    limit: "the applied gradient is at most 1.5 times as long as the batch's own, in half of the steps",
    source: "a gradient that is not set to zero is the sum of all so far",
    change: "set gradients to zero before each backward",
    example: None,
    find,
};

fn find(evidence: &Evidence) -> Vec<Finding> {
    let Some(ratio) = evidence.applied.clone().and_then(median).filter(|ratio| *ratio > 1.5) else {
        return vec![];
    };
    let sentence = format!(
        "the applied gradient is {ratio:.1} times as long as that of the step's batch alone: earlier ones are in it."
    );
    vec![CHECK.finding(Place::default(), [ratio, 1.5], sentence).certain()]
}
