//! Two linear layers with nothing between them: together they are one.

use super::super::{Change, Check, Evidence, Example, Finding, Link, Place, Reads, Told};
use crate::network::Node;
use crate::op::Structure;
use crate::probe::Score;

pub(in super::super) const CHECK: Check = Check {
    name: "nonlinearity-missing",
    link: Link::Forward,
    question: "Does one layer do anything that the next could not?",
    reads: &[Reads::Told],
    limit: "between two linear layers there is an operation that is not linear",
    source: "a product of matrices is a matrix",
    change: "an activation between them",
    example: Some(Example {
        experiment: "circles",
        faulty: &["network.layers.1.type=identity", "network.layers.3.type=identity"],
        twin: &[],
    }),
    find,
};

fn find(evidence: &Evidence) -> Vec<Finding> {
    let Some(told) = &evidence.told else { return vec![] };
    let nodes = told.network.nodes();
    // What passes numbers on as they are is looked through.
    let uses =
        |value: usize| nodes.iter().flat_map(|node| &node.inputs).filter(|input| **input == value).count();
    let through = |mut value: usize| {
        while value > 0
            && uses(value) == 1
            && matches!(nodes[value - 1].op.name(), "identity" | "dropout" | "batch_norm")
        {
            value = nodes[value - 1].inputs[0];
        }
        // What goes elsewhere, too, as round a residual, is more than an input of the next layer.
        value.checked_sub(1).filter(|_| uses(value) == 1)
    };
    let is_affine = |node: usize| nodes[node].op.structure() == Structure::Affine;
    let pair =
        |node: usize| Some([through(nodes[node].inputs[0]).filter(|before| is_affine(*before))?, node]);
    let pairs: Vec<[usize; 2]> = (0..nodes.len()).filter(|node| is_affine(*node)).filter_map(pair).collect();
    let Some([before, node]) = pairs.first() else { return straight(told, evidence) };
    let [before, behind] = [before, node].map(|node| &nodes[*node].name);
    let sentence =
        format!("between {before} and {behind} there is nothing: together they are one linear layer.");
    let with =
        |layer| pairs.iter().map(|[_, node]| Change::Before(nodes[*node].name.clone(), layer)).collect();
    let finding = CHECK.finding(Place::operation(behind), [pairs.len() as f64, 0.0], sentence);
    vec![finding.proposes(vec![with("relu"), with("tanh")])]
}

/// A network in which nothing bends, and which does little better than saying the same always: where a line does most of
/// the work, it is a choice.
fn straight(told: &Told, evidence: &Evidence) -> Vec<Finding> {
    let poor = |score: &Score| score.value < 0.5 * (1.0 + score.trivial);
    if !evidence.score.as_ref().is_some_and(poor) {
        return vec![];
    }
    let nodes = told.network.nodes();
    let is_straight = |node: &Node| {
        node.op.structure() == Structure::Affine
            || matches!(node.op.name(), "identity" | "dropout" | "batch_norm")
    };
    // The loss's own activation at the end bends nothing before it.
    let body = &nodes[..nodes.len() - usize::from(!is_straight(told.last()))];
    if !body.iter().all(is_straight) {
        return vec![];
    }
    let name = &told.last_layer().name;
    let sentence =
        format!("{name} is the only layer: what the network says is a weighted sum of the inputs.");
    let finding = CHECK.finding(Place::operation(name), [1.0, 0.0], sentence);
    vec![finding.proposes(vec![vec![Change::Hidden(name.clone())]])]
}
