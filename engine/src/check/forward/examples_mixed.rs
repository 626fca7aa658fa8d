//! An operation in which the output of one example depends on another.

use super::super::{Check, Evidence, Finding, Link, Place, Reads};

pub(in super::super) const CHECK: Check = Check {
    name: "examples-mixed",
    link: Link::Forward,
    question: "Does the output of an example depend on that example alone?",
    reads: &[Reads::Mixed, Reads::Told],
    limit: "not a bit of an example changes with the input of another, unless the operation says so (batch norm, in training)",
    source: "the loss is a sum over examples, each of its own",
    change: "an operation along the last axes, not along the first",
    example: None,
    find,
};

fn find(evidence: &Evidence) -> Vec<Finding> {
    let (Some(Some(node)), Some(told)) = (evidence.mixed, &evidence.told) else { return vec![] };
    let name = &told.network.nodes()[node].name;
    let sentence = format!("{name}: what it makes of one example changes with the input of another.");
    vec![CHECK.finding(Place::operation(name), [1.0, 0.0], sentence).certain()]
}
