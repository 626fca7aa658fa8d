//! What tells examples apart shrinks from layer to layer, until all outputs are the same.

use super::super::evidence::{is_bounded, starts};
use super::super::{Change, Check, Evidence, Example, Finding, Link, Place, Reads, Start, Told};
use super::{gains, silent};
use crate::op::Structure;
use crate::probe::Moment;

pub(in super::super) const CHECK: Check = Check {
    name: "signal-shrinks",
    link: Link::Forward,
    question: "Does what tells examples apart reach the output, at the start?",
    reads: &[Reads::Told, Reads::Moments],
    limit: "at the start the last layer spreads the examples at least 1/100 as far as the inputs are spread, and no dropout drops more than 65 %",
    source: "PyTorch's default keeps 1/√3 of the deviation per linear layer, relu 0.58 of that: four such pairs leave 1/100",
    change: "init = kaiming_normal before relu, xavier_uniform before tanh and sigmoid",
    example: Some(Example {
        experiment: "moons",
        faulty: &[
            "network.layers.0.init={type=\"normal\",std=0.0001}",
            "network.layers.2.init={type=\"normal\",std=0.0001}",
            "network.layers.4.init={type=\"normal\",std=0.0001}",
            "optimizer.type=sgd",
            "optimizer.lr=0.1",
        ],
        twin: &["optimizer.type=sgd", "optimizer.lr=0.1"],
    }),
    find,
};

fn find(evidence: &Evidence) -> Vec<Finding> {
    let (Some(told), Some(start)) = (&evidence.told, evidence.start()) else { return vec![] };
    let network = &told.network;
    let Some((gains, all)) = gains(told, start) else { return vec![] };
    // Where nothing comes to a layer it is not at fault: its gain is not a number, and those sort behind all.
    let Some((gain, name)) = gains.into_iter().min_by(|a, b| a.0.total_cmp(&b.0)) else { return vec![] };
    if silent(evidence, |op| !is_bounded(op), 0, [1.0, 0.99]).is_some_and(|silent| silent.step == 0) {
        return vec![]; // units-dead says so
    }
    let (measure, limit) = (all, 0.01);
    if let Some(finding) = dropped(told, start) {
        return vec![finding];
    }
    if measure >= limit {
        return vec![];
    }
    let sentence = format!(
        "at the start the last layer's outputs differ between examples {measure:.1e} times as much as the inputs; {name} \
         alone leaves {gain:.1e} of what comes to it."
    );
    let finding = CHECK.finding(Place::operation(&name), [measure, limit], sentence).in_step(0);
    let layers = || network.nodes().iter().filter(|of| of.op.structure() == Structure::Affine);
    let inside = network.nodes()[..network.nodes().len() - 1].iter().filter(|of| of.op.name() == "softmax");
    let relu: Vec<Change> = inside.map(|of| Change::Replace(of.name.clone(), "relu")).collect();
    let start =
        if network.nodes().iter().any(|of| is_bounded(&*of.op)) { Start::Xavier } else { Start::Kaiming };
    let started = layers().map(|of| Change::Start(of.name.clone(), start)).collect();
    vec![finding.grave_if(measure < 1e-6).proposes([starts(evidence), vec![started], vec![relu]].concat())]
}

/// Dropout that leaves next to nothing: in training most numbers behind it are 0.
fn dropped(told: &Told, start: &Moment) -> Option<Finding> {
    const LIMIT: f64 = 0.65;
    let nodes = told.network.nodes();
    let zeros = |value: usize| {
        let of = &start.values[value].numbers;
        of.zeros as f64 / of.count.max(1) as f64
    };
    let share = |node: usize| {
        (zeros(node + 1) - zeros(nodes[node].inputs[0])) / (1.0 - zeros(nodes[node].inputs[0])).max(1e-9)
    };
    let dropouts = (0..nodes.len()).filter(|node| nodes[*node].op.name() == "dropout");
    let worst = dropouts
        .clone()
        .max_by(|a, b| share(*a).total_cmp(&share(*b)))
        .filter(|node| share(*node) > LIMIT)?;
    let name = &nodes[worst].name;
    let sentence = format!("{name} drops {:.0} % of what comes to it.", 100.0 * share(worst));
    let finding = CHECK.finding(Place::operation(name), [share(worst), LIMIT], sentence).in_step(0);
    let without =
        dropouts.filter(|node| share(*node) > LIMIT).map(|node| Change::Remove(nodes[node].name.clone()));
    Some(finding.proposes(vec![without.collect()]))
}
