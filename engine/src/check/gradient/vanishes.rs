//! An error that shrinks from layer to layer on its way back.

use super::super::evidence::{is_bounded, starts};
use super::super::{Change, Check, Evidence, Example, Finding, Link, Place, Reads, Start};
use super::gains;

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
    let Some((layers, ratio, gains)) = evidence.start().and_then(|start| gains(told, start)) else {
        return vec![];
    };
    if layers.len() < 3 || !(ratio > 0.0 && ratio < 1e-3) {
        return vec![];
    }
    // The link that shrinks it most.
    let worst = (0..gains.len()).min_by(|a, b| gains[*a].total_cmp(&gains[*b])).unwrap_or(0);
    let name = &nodes[layers[worst]].name;
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
