//! NaN or infinity among the numbers of an example: every sum that it is in is one, too.

use super::super::{Check, Evidence, Finding, Link, Place};
use crate::data::DataError;
use crate::network::Error;

pub(in super::super) const CHECK: Check = Check {
    name: "data-non-finite",
    link: Link::Data,
    question: "Is every number of every example finite?",
    reads: &[],
    limit: "no number that is NaN or infinite, before and after scaling",
    source: "a sum with one NaN is NaN",
    change: "repair or drop the row",
    example: None,
    find,
};

fn find(evidence: &Evidence) -> Vec<Finding> {
    let Some(Error::Data(DataError::NotFinite { part, example, place, value })) = &evidence.refused else {
        return vec![];
    };
    let place = Place { row: Some(*example), column: Some(place.to_string()), ..Place::default() };
    let sentence =
        format!("row {example}: a number of its {part} is {value}, and so is every sum that it is in.");
    vec![CHECK.finding(place, [1.0, 0.0], sentence).certain()]
}
