//! A parameter that no path reaches from the loss.

use super::super::{Check, Evidence, Finding, Link, Place, Reads};

pub(in super::super) const CHECK: Check = Check {
    name: "gradient-missing",
    link: Link::Gradient,
    question: "Does a path lead from the loss to every parameter?",
    reads: &[Reads::Told],
    limit: "every operation with parameters is an input of the output, directly or through others",
    source: "the chain rule: no path, no gradient",
    change: "what should be computed from it",
    example: None,
    find,
};

fn find(evidence: &Evidence) -> Vec<Finding> {
    let Some(told) = &evidence.told else { return vec![] };
    let (network, mut reached) = (&told.network, vec![false; told.network.shapes().len()]);
    reached[network.output().index()] = true;
    for (node, of) in network.nodes().iter().enumerate().rev().filter(|(_, of)| !of.inputs.is_empty()) {
        if reached[node + 1] {
            of.inputs.iter().for_each(|input| reached[*input] = true);
        }
    }
    let lost =
        network.nodes().iter().enumerate().find(|(node, of)| !reached[node + 1] && !of.params.is_empty());
    let Some((_, of)) = lost else { return vec![] };
    let name = &network.params()[of.params.start].name;
    let sentence = format!(
        "no path leads from the loss to {name}: nothing that is computed from it reaches the output."
    );
    vec![CHECK.finding(Place::parameter(name), [0.0, 1.0], sentence).certain()]
}
