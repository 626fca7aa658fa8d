//! Inputs of very different or very large size: one rate cannot suit them all.

use super::super::{Check, Evidence, Finding, Link, Place, Reads, Change, Example};
use super::super::evidence::median;
use crate::data::Scale;
use crate::probe::Feature;

pub(in super::super) const CHECK: Check = Check {
    name: "data-unscaled",
    link: Link::Data,
    question: "Are the inputs of the size that initialisers and rates are made for?",
    reads: &[Reads::Data],
    limit: "the largest root mean square of a feature is between 0.1 and 10 and at most 10 times the median one, and no mean is more than 10 deviations from 0",
    source: "initialisers keep a variance of 1, and the curvature grows with the square (LeCun et al. 1998, Efficient BackProp, 4.3)",
    change: "data.scale = \"standard\"",
    example: Some(Example { experiment: "wine", faulty: &["data.scale=none", "train.epochs=30"], twin: &[] }),
    find,
};

fn find(evidence: &Evidence) -> Vec<Finding> {
    let Some(data) = evidence.data.as_ref().filter(|data| data.scale != Scale::Standard) else { return vec![] };
    let rms = |of: &Feature| of.mean.hypot(of.std);
    let varied = || data.features.iter().filter(|of| of.min < of.max);
    let Some(largest) = varied().max_by(|a, b| rms(a).total_cmp(&rms(b))) else { return vec![] };
    let usual = median(varied().map(rms).collect()).unwrap_or(1.0);
    let offset = varied().map(|of| of.mean.abs() / of.std).fold(0.0, f64::max);
    let (measure, limit) = match () {
        () if rms(largest) > 10.0 => (rms(largest), 10.0),
        () if rms(largest) < 0.1 => (rms(largest), 0.1),
        () if rms(largest) > 10.0 * usual => (rms(largest) / usual, 10.0),
        () if offset > 10.0 => (offset, 10.0),
        () => return vec![],
    };
    let sentence = format!(
        "{} goes from {:.3} to {:.3}, where initial weights and learning rates are made for about −1 to 1.",
        largest.name, largest.min, largest.max
    );
    let finding = CHECK.finding(Place::column(&largest.name), [measure, limit], sentence);
    vec![finding.grave_if(rms(largest) > 1000.0).proposes(vec![vec![Change::Standardise]])]
}
