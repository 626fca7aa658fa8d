//! A training part with one class: what is always right teaches nothing.

use super::super::{Change, Check, Evidence, Finding, Link, Place, Reads};

pub(in super::super) const CHECK: Check = Check {
    name: "data-single-class",
    link: Link::Data,
    question: "Are there at least two classes to tell apart?",
    reads: &[Reads::Data],
    limit: "at least 2 classes among the training examples",
    source: "with one class the best output does not depend on the input",
    change: "examples of the other classes in the training part",
    example: None,
    find,
};

fn find(evidence: &Evidence) -> Vec<Finding> {
    let Some((data, classes)) = evidence.data.as_ref().and_then(|data| Some((data, data.classes()?))) else {
        return vec![];
    };
    let seen = classes.iter().filter(|count| **count > 0).count();
    if seen != 1 || data.train < 2 {
        return vec![];
    }
    let name = data.class_name(classes.iter().position(|count| *count > 0).unwrap_or(0));
    let sentence =
        format!("all {} training examples are of class {name}: there is nothing to tell apart.", data.train);
    let place = Place { class: Some(name), ..Place::default() };
    let finding = CHECK.finding(place, [1.0, 2.0], sentence).certain();
    let sorted = evidence.told.as_ref().is_some_and(|told| !told.fit.shuffle);
    vec![if sorted { finding.proposes(vec![vec![Change::Shuffle]]) } else { finding }]
}
