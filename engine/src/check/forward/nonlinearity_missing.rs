//! Two linear layers with nothing between them: together they are one.

use super::super::{Check, Evidence, Finding, Link, Place, Reads, Change, Example};
use crate::op::Structure;

pub(in super::super) const CHECK: Check = Check {
    name: "nonlinearity-missing",
    link: Link::Forward,
    question: "Does one layer do anything that the next could not?",
    reads: &[Reads::Told],
    limit: "between two linear layers there is an operation that is not linear",
    source: "a product of matrices is a matrix",
    change: "an activation between them",
    example: Some(Example { experiment: "circles", faulty: &["network.layers.1.type=identity", "network.layers.3.type=identity"], twin: &[] }),
    find,
};

fn find(evidence: &Evidence) -> Vec<Finding> {
    let Some(told) = &evidence.told else { return vec![] };
    let nodes = told.network.nodes();
    // What passes numbers on as they are is looked through.
    let through = |mut value: usize| {
        while value > 0 && matches!(nodes[value - 1].op.name(), "identity" | "dropout") {
            value = nodes[value - 1].inputs[0];
        }
        value.checked_sub(1)
    };
    let is_affine = |node: usize| nodes[node].op.structure() == Structure::Affine;
    let pair = |node: usize| Some([through(nodes[node].inputs[0]).filter(|before| is_affine(*before))?, node]);
    let pairs: Vec<[usize; 2]> = (0..nodes.len()).filter(|node| is_affine(*node)).filter_map(pair).collect();
    let Some([before, node]) = pairs.first() else { return vec![] };
    let [before, behind] = [before, node].map(|node| &nodes[*node].name);
    let sentence = format!("between {before} and {behind} there is nothing: together they are one linear layer.");
    let with = |layer| pairs.iter().map(|[_, node]| Change::Before(nodes[*node].name.clone(), layer)).collect();
    let finding = CHECK.finding(Place::operation(behind), [pairs.len() as f64, 0.0], sentence);
    vec![finding.proposes(vec![with("relu"), with("tanh")])]
}
