//! An operation through which not a bit of the error passes.

use super::super::evidence::starts;
use super::super::{Change, Check, Evidence, Example, Finding, Link, Place, Reads};
use crate::op::Structure;
use crate::probe::Moment;

pub(in super::super) const CHECK: Check = Check {
    name: "gradient-blocked",
    link: Link::Gradient,
    question: "Does some of the error pass every operation?",
    reads: &[Reads::Told, Reads::Moments],
    limit: "no operation gets a gradient that is not 0 and passes on one that is 0 on every example, at the end and before",
    source: "a product with a factor 0 is 0",
    change: "what the factor is made of: see its inputs",
    example: Some(Example {
        experiment: "moons",
        faulty: &[
            "network.layers=[{type=\"linear\",out=16},{type=\"tanh\"},{type=\"linear\",out=1},{type=\"softmax\"}]",
            "loss.type=bce",
        ],
        twin: &[
            "network.layers=[{type=\"linear\",out=16},{type=\"tanh\"},{type=\"linear\",out=1},{type=\"sigmoid\"}]",
            "loss.type=bce",
        ],
    }),
    find,
};

fn find(evidence: &Evidence) -> Vec<Finding> {
    let Some(told) = &evidence.told else { return vec![] };
    let nodes = told.network.nodes();
    let blocks = |moment: &Moment, node: usize| {
        let [comes, goes] =
            [node + 1, nodes[node].inputs[0]].map(|value| moment.values[value].gradient.norm());
        comes > 0.0 && goes == 0.0
    };
    let mut last = evidence.moments.iter().rev().take(2);
    let (Some(end), before) = (last.next(), last.next()) else { return vec![] };
    let always = |node: &usize| blocks(end, *node) && before.is_none_or(|before| blocks(before, *node));
    let Some(node) = (0..nodes.len()).rev().find(always) else { return vec![] };
    let name = &nodes[node].name;
    let mut changes = starts(evidence);
    if nodes[node].op.name().ends_with("_norm") {
        changes.push(vec![Change::Remove(name.clone())]);
    }
    if node + 1 == nodes.len() && nodes[node].op.structure() == Structure::Pointwise {
        changes.push(vec![Change::Remove(name.clone())]);
    }
    let sentence = format!("{name} gets a gradient and passes on none: nothing before it is trained.");
    let finding = CHECK.finding(Place::operation(name), [0.0, 0.0], sentence).in_step(end.step);
    // From the first step on not one weight gets a gradient: none will ever move.
    let still = |moment: &Moment| moment.params.iter().all(|param| param.gradient.norm() == 0.0);
    let never = evidence.moments.iter().all(still);
    let finding = if never && evidence.score.is_some() { finding.certain() } else { finding.grave_if(never) };
    vec![finding.proposes(changes)]
}
