//! A step that is not what the optimizer's formula gives.

use super::super::{Check, Evidence, Finding, Link, Place, Reads};

pub(in super::super) const CHECK: Check = Check {
    name: "update-wrong",
    link: Link::Update,
    question: "Is the step what the optimizer's formula gives?",
    reads: &[Reads::Unlike, Reads::Told],
    limit: "4 times what rounding explains",
    source: "the formula, worked out a second time in f64, and a bound on the rounding of its inputs",
    change: "the optimizer's update",
    example: None,
    find,
};

fn find(evidence: &Evidence) -> Vec<Finding> {
    let (Some(Some(unlike)), Some(told)) = (evidence.unlike, &evidence.told) else { return vec![] };
    let weight = told.network.weight_name(unlike.place);
    let sentence = format!(
        "the first step moves {weight} by {:.6e}, and {}'s formula gives {:.6e}.",
        unlike.moved,
        told.optimizer.name(),
        unlike.formula
    );
    let parameter = weight.split('[').next().unwrap_or_default();
    let place = Place { weight: Some(weight.clone()), ..Place::parameter(parameter) };
    let apart = (unlike.moved - unlike.formula).abs();
    vec![CHECK.finding(place, [apart, 4.0 * unlike.tolerance], sentence).certain().in_step(1)]
}
