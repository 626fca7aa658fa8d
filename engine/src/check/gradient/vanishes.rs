//! An error that shrinks from layer to layer on its way back.

use super::super::evidence::{is_bounded, starts};
use super::super::{Change, Check, Evidence, Example, Finding, Link, Place, Reads, Start};
use crate::op::Structure;

pub(in super::super) const CHECK: Check = Check {
    name: "gradient-vanishes",
    link: Link::Gradient,
    question: "Does the first layer get a gradient of the size of the last one's?",
    reads: &[Reads::Told, Reads::Moments],
    limit: "at the start the gradient by the first layer's outputs is at least 1/1000 of that by the last layer's",
    source: "first over last layer below 1e-3 (AutoTrainer); a ratio, for a healthy gradient can be small",
    change: "relu in the place of sigmoid and tanh; init for the activation",
    example: Some(Example {
        experiment: "spiral",
        faulty: &[
            "network.layers=[{type=\"linear\",out=16},{type=\"sigmoid\"},{type=\"linear\",out=16},{type=\"sigmoid\"},{type=\"linear\",out=16},{type=\"sigmoid\"},{type=\"linear\",out=16},{type=\"sigmoid\"},{type=\"linear\",out=16},{type=\"sigmoid\"},{type=\"linear\",out=16},{type=\"sigmoid\"},{type=\"linear\",out=16},{type=\"sigmoid\"},{type=\"linear\",out=3}]",
            "train.epochs=40",
        ],
        twin: &["train.epochs=40"],
    }),
    find,
};

fn find(evidence: &Evidence) -> Vec<Finding> {
    let Some(told) = &evidence.told else { return vec![] };
    let nodes = told.network.nodes();
    let layers: Vec<usize> =
        (0..nodes.len()).filter(|node| nodes[*node].op.structure() == Structure::Affine).collect();
    let (Some(&first), Some(&last), Some(start)) = (layers.first(), layers.last(), evidence.start()) else {
        return vec![];
    };
    let norm = |node: usize| start.values[node + 1].gradient.norm();
    let ratio = norm(first) / norm(last);
    if layers.len() < 3 || !(ratio > 0.0 && ratio < 1e-3) {
        return vec![];
    }
    // The link that shrinks it most.
    let gain = |pair: &&[usize]| norm(pair[0]) / norm(pair[1]);
    let worst = layers.windows(2).min_by(|a, b| gain(a).total_cmp(&gain(b)));
    let name = &nodes[worst.map_or(first, |pair| pair[0])].name;
    let sentence = format!(
        "at the start the gradient by the first layer's outputs is {ratio:.1e} of that by the last layer's; most is lost \
         behind {name}."
    );
    let finding = CHECK.finding(Place::operation(name), [ratio, 1e-3], sentence).in_step(0);
    let bounded = nodes[..nodes.len() - 1].iter().filter(|of| is_bounded(&*of.op));
    let relu: Vec<Change> = bounded.map(|of| Change::Replace(of.name.clone(), "relu")).collect();
    let start =
        |start| layers.iter().map(|node| Change::Start(nodes[*node].name.clone(), start)).collect::<Vec<_>>();
    let mut changes = starts(evidence);
    if relu.is_empty() {
        changes.push(start(Start::Kaiming));
    } else {
        changes.push(start(Start::Xavier));
        changes.push([relu, start(Start::Kaiming)].concat());
    }
    vec![finding.grave_if(ratio < 1e-8).proposes(changes)]
}
