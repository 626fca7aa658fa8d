//! Units whose slope is 0 on every example: no error reaches what is below them.

use super::super::evidence::{is_bounded, starts};
use super::super::{Change, Check, Evidence, Example, Finding, Link, Place, Reads};
use super::{Silent, after, silent};

pub(in super::super) const CHECK: Check = Check {
    name: "units-dead",
    link: Link::Forward,
    question: "Does every unit react to some example?",
    reads: &[Reads::Told, Reads::Moments],
    limit: "at most half of the units of a layer have slope 0 on every example that was looked at",
    source: "more than half of a layer (SageMaker Debugger, DeadRelu); over examples, not over one batch",
    change: "the start of the layer before; leaky_relu",
    example: Some(Example {
        experiment: "moons",
        faulty: &[
            "network.layers.1.type=relu",
            "network.layers.3.type=relu",
            "network.layers.0.bias_init={type=\"constant\",val=-20}",
        ],
        twin: &["network.layers.1.type=relu", "network.layers.3.type=relu"],
    }),
    find,
};

fn find(evidence: &Evidence) -> Vec<Finding> {
    let Some(told) = &evidence.told else { return vec![] };
    let nodes = told.network.nodes();
    let Some(Silent { share, step, node, unit }) = silent(evidence, |op| !is_bounded(op), 0, [1.0, 0.5])
    else {
        return vec![];
    };
    let name = &nodes[node].name;
    let sentence = format!(
        "{:.0} % of the units of {name} have slope 0 on every example {}: no error passes them.",
        100.0 * share,
        after(step)
    );
    let place = Place { unit: Some(unit), ..Place::operation(name) };
    let finding = CHECK.finding(place, [share, 0.5], sentence).in_step(step);
    let relu = nodes.iter().filter(|of| of.op.name() == "relu");
    let leaky = relu.map(|of| Change::Replace(of.name.clone(), "leaky_relu")).collect();
    vec![finding.grave_if(share == 1.0).proposes([starts(evidence), vec![leaky]].concat())]
}
