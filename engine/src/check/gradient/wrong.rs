//! A derivative that finite differences contradict.

use super::super::{Check, Evidence, Finding, Link, Place, Reads};
use crate::judge::Fault;

pub(in super::super) const CHECK: Check = Check {
    name: "gradient-wrong",
    link: Link::Gradient,
    question: "Is the gradient of every operation, and of the loss, that of finite differences?",
    reads: &[Reads::Faults, Reads::Told],
    limit: "the tolerance of finite differences in f64, from their own rounding and curvature",
    source: "the judge of operations (central differences in f64, away from kinks)",
    change: "the backward of the operation",
    example: None,
    find,
};

fn find(evidence: &Evidence) -> Vec<Finding> {
    let (Some(faults), Some(told)) = (&evidence.faults, &evidence.told) else { return vec![] };
    let finding = |fault: &Fault| {
        let node = told.network.nodes().iter().find(|node| node.op.name() == fault.subject);
        let place = Place::operation(node.map_or(fault.subject, |node| &node.name));
        CHECK
            .finding(place, [(fault.found - fault.expected).abs(), fault.tolerance], fault.to_string())
            .certain()
    };
    faults.iter().map(finding).collect()
}
