//! A value of the network that is NaN or infinite.

use super::super::evidence::starts;
use super::super::{Check, Evidence, Example, Finding, Link, Reads};
use crate::probe::Stage;

pub(in super::super) const CHECK: Check = Check {
    name: "forward-non-finite",
    link: Link::Forward,
    question: "Is every value on the way forward finite?",
    reads: &[Reads::Steps],
    limit: "no value that is NaN or infinite",
    source: "beyond the largest number of the precision a sum is infinite, and what is made of infinities is NaN",
    change: "what made it large: see the margin before it, and the other findings",
    example: Some(Example {
        experiment: "moons",
        faulty: &[
            "network.layers.0.init={type=\"normal\",std=1e30}",
            "network.layers.1.type=relu",
            "network.layers.2.init={type=\"normal\",std=1e30}",
            "network.layers.3.type=relu",
        ],
        twin: &["network.layers.1.type=relu", "network.layers.3.type=relu"],
    }),
    find,
};

fn find(evidence: &Evidence) -> Vec<Finding> {
    let Some(diverged) = evidence
        .diverged
        .as_ref()
        .filter(|diverged| matches!(diverged.first.stage, Stage::Forward | Stage::Start))
    else {
        return vec![];
    };
    let finding = CHECK.finding(diverged.place(), [diverged.largest(), diverged.most], diverged.sentence());
    vec![finding.certain().in_step(diverged.step).proposes(starts(evidence))]
}
