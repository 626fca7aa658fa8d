//! A feature that is the same for every example, far from 0: a second bias, with a huge rate.

use super::super::evidence::median;
use super::super::{Change, Check, Evidence, Finding, Link, Place, Reads};
use crate::probe::Feature;

pub(in super::super) const CHECK: Check = Check {
    name: "data-constant-feature",
    link: Link::Data,
    question: "Does every feature differ between examples?",
    reads: &[Reads::Data],
    limit: "no constant feature whose magnitude is above 10 times the median deviation of the others",
    source: "its gradient is the bias's, times its value",
    change: "data.scale = \"standard\", or drop the column",
    example: None,
    find,
};

fn find(evidence: &Evidence) -> Vec<Finding> {
    let Some(data) = &evidence.data else { return vec![] };
    let is_constant = |of: &&Feature| of.min == of.max;
    let constant: Vec<&Feature> = data.features.iter().filter(is_constant).collect();
    if constant.len() == data.features.len() && data.train > 1 {
        let sentence =
            "every feature is the same for all examples: there is nothing to tell them apart by.".into();
        return vec![CHECK.finding(Place::column(&data.features[0].name), [0.0, 0.0], sentence).certain()];
    }
    let usual =
        median(data.features.iter().filter(|of| !is_constant(of)).map(|of| of.std).collect()).unwrap_or(1.0);
    let largest = constant.into_iter().max_by(|a, b| a.mean.abs().total_cmp(&b.mean.abs()));
    let limit = 10.0 * usual.max(1e-3);
    let Some(feature) = largest.filter(|of| of.mean.abs() > limit) else { return vec![] };
    let sentence = format!(
        "{} is {} for every example, and the other features vary by {usual:.3}: it drowns them.",
        feature.name, feature.mean
    );
    let finding = CHECK.finding(Place::column(&feature.name), [feature.mean.abs(), limit], sentence);
    vec![finding.proposes(vec![vec![Change::Standardise]])]
}
