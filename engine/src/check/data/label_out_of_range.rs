//! A class that the network has no output for.

use super::super::{Check, Evidence, Finding, Link, Place};
use crate::loss::Mismatch;
use crate::network::Error;

pub(in super::super) const CHECK: Check = Check {
    name: "data-label-out-of-range",
    link: Link::Data,
    question: "Does the network have an output for every class?",
    reads: &[],
    limit: "every label is below the number of outputs",
    source: "the loss picks the output of the class",
    change: "as many outputs in the last layer as there are classes",
    example: None,
    find,
};

fn find(evidence: &Evidence) -> Vec<Finding> {
    let Some(Error::Loss(Mismatch::Label { label, example, output })) = &evidence.refused else {
        return vec![];
    };
    let name = evidence.classes.get(*label as usize).cloned().unwrap_or(label.to_string());
    let sentence = format!(
        "row {example} is of the class {name}, number {label} from 0 on, and the network has the {output} outputs 0 to {}.",
        output - 1
    );
    let place = Place { row: Some(*example), class: Some(name), ..Place::default() };
    vec![CHECK.finding(place, [f64::from(*label), *output as f64 - 1.0], sentence).certain()]
}
