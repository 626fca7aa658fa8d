//! Inputs of very different or very large size: one rate cannot suit them all.

use super::super::evidence::median;
use super::super::{Change, Check, Evidence, Example, Finding, Link, Place, Reads};
use crate::data::Scale;
use crate::probe::{DataFacts, Feature, TargetFacts};

pub(in super::super) const CHECK: Check = Check {
    name: "data-unscaled",
    link: Link::Data,
    question: "Are inputs and targets of the size that initialisers and rates are made for?",
    reads: &[Reads::Data],
    limit: "the largest root mean square of a feature is between 0.1 and 10 and at most 10 times the median one, and no mean is more than 10 deviations from 0",
    source: "initialisers keep a variance of 1, and the curvature grows with the square (LeCun et al. 1998, Efficient BackProp, 4.3)",
    change: "data.scale = \"standard\", data.scale_target = \"standard\"",
    example: Some(Example { experiment: "wine", faulty: &["data.scale=none", "train.epochs=30"], twin: &[] }),
    find,
};

fn find(evidence: &Evidence) -> Vec<Finding> {
    let Some(data) = &evidence.data else { return vec![] };
    [held_out(data), targets(data), inputs(data)].into_iter().flatten().collect()
}

fn rms(of: &Feature) -> f64 {
    of.mean.hypot(of.std)
}

fn inputs(data: &DataFacts) -> Option<Finding> {
    if data.scale == Scale::Standard {
        return None;
    }
    let varied = || data.features.iter().filter(|of| of.min < of.max);
    let largest = varied().max_by(|a, b| rms(a).total_cmp(&rms(b)))?;
    let usual = median(varied().map(rms).collect()).unwrap_or(1.0);
    let offset = varied().map(|of| of.mean.abs() / of.std).fold(0.0, f64::max);
    let (measure, limit) = match () {
        () if rms(largest) > 10.0 => (rms(largest), 10.0),
        () if rms(largest) < 0.1 => (rms(largest), 0.1),
        () if rms(largest) > 10.0 * usual => (rms(largest) / usual, 10.0),
        () if offset > 10.0 => (offset, 10.0),
        () => return None,
    };
    let sentence = format!(
        "{} goes from {:.3} to {:.3}, where initial weights and learning rates are made for about −1 to 1.",
        largest.name, largest.min, largest.max
    );
    let finding = CHECK.finding(Place::column(&largest.name), [measure, limit], sentence);
    Some(finding.grave_if(rms(largest) > 1000.0).proposes(vec![vec![Change::Standardise]]))
}

fn targets(data: &DataFacts) -> Option<Finding> {
    let TargetFacts::Values(of) = &data.targets else { return None };
    let (measure, limit) = match () {
        () if of.min == of.max => return None,
        () if rms(of) > 10.0 => (rms(of), 10.0),
        () if of.std < 0.03 => (of.std, 0.03),
        () if of.mean.abs() > 10.0 * of.std => (of.mean.abs() / of.std, 10.0),
        () => return None,
    };
    let sentence = format!(
        "the target goes from {:.3} to {:.3}, where the outputs of a new network are about −1 to 1.",
        of.min, of.max
    );
    let finding = CHECK.finding(Place::column(&of.name), [measure, limit], sentence);
    Some(finding.proposes(vec![vec![Change::StandardiseTargets]]))
}

/// Held-out examples that are measured in other units than those that are taught.
fn held_out(data: &DataFacts) -> Option<Finding> {
    const LIMIT: f64 = 20.0;
    let (feature, far) = data.moved.filter(|(_, far)| *far > LIMIT)?;
    let name = &data.features[feature].name;
    let sentence = format!(
        "the mean of {name} over the held-out examples is {far:.0} standard deviations from that over the training part: \
         they are measured in other units."
    );
    Some(CHECK.finding(Place::column(name), [far, LIMIT], sentence).certain())
}
