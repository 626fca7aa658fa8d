//! Units at the flat ends of their activation: next to no error passes them.

use super::super::evidence::{is_bounded, starts};
use super::super::{Change, Check, Evidence, Example, Finding, Link, Place, Reads};
use super::{Silent, after, silent};

pub(in super::super) const CHECK: Check = Check {
    name: "units-saturated",
    link: Link::Forward,
    question: "Is every unit somewhere where its activation has a slope?",
    reads: &[Reads::Told, Reads::Moments],
    limit: "at most half of the units of a layer have a slope below 1e-3 on 95 % of the examples",
    source: "|tanh| > 0.97 in more than 5 % (Karpathy) is seen in healthy networks, too; a slope of 1e-3 passes on a thousandth of the error",
    change: "the start of the layer before; relu",
    example: Some(Example {
        experiment: "moons",
        faulty: &[
            "network.layers.0.init={type=\"normal\",std=100}",
            "network.layers.2.init={type=\"normal\",std=100}",
        ],
        twin: &[],
    }),
    find,
};

fn find(evidence: &Evidence) -> Vec<Finding> {
    let Some(told) = &evidence.told else { return vec![] };
    let nodes = told.network.nodes();
    let Some(Silent { share, step, node, unit }) = silent(evidence, is_bounded, 1, [0.95, 0.5]) else {
        return vec![];
    };
    let name = &nodes[node].name;
    let sentence = format!(
        "{:.0} % of the units of {name} are at the flat ends of {} on nearly every example {}.",
        100.0 * share,
        nodes[node].op.name(),
        after(step)
    );
    let place = Place { unit: Some(unit), ..Place::operation(name) };
    let finding = CHECK.finding(place, [share, 0.5], sentence).in_step(step);
    let bounded = nodes[..nodes.len() - 1].iter().filter(|of| is_bounded(&*of.op));
    let relu = bounded.map(|of| Change::Replace(of.name.clone(), "relu")).collect();
    vec![finding.grave_if(share > 0.99).proposes([starts(evidence), vec![relu]].concat())]
}
