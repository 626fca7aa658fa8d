//! What tells examples apart grows from layer to layer, until it is too large to be moved by small steps.

use super::super::evidence::starts;
use super::super::{Check, Evidence, Example, Finding, Link, Place, Reads};
use super::gains;

pub(in super::super) const CHECK: Check = Check {
    name: "signal-grows",
    link: Link::Forward,
    question: "Do the outputs of each layer, at the start, have the size of its inputs?",
    reads: &[Reads::Told, Reads::Moments],
    limit: "at the start no layer spreads the examples more than 10 times as far as the one before it, and all together not more than 30 times",
    source: "initialisers keep the variance from layer to layer (Glorot, Bengio 2010; He et al. 2015)",
    change: "init by default",
    example: Some(Example {
        experiment: "digits",
        faulty: &[
            "network.layers.0.init={type=\"normal\",std=10}",
            "network.layers.2.init={type=\"normal\",std=10}",
            "train.epochs=10",
        ],
        twin: &["train.epochs=10"],
    }),
    find,
};

fn find(evidence: &Evidence) -> Vec<Finding> {
    let (Some(told), Some(start)) = (&evidence.told, evidence.start()) else { return vec![] };
    let Some((gains, all)) = gains(told, start) else { return vec![] };
    let Some((gain, name)) = gains.into_iter().max_by(|a, b| a.0.total_cmp(&b.0)) else { return vec![] };
    let (measure, limit) = if gain > 10.0 { (gain, 10.0) } else { (all, 30.0) };
    if measure <= limit {
        return vec![];
    }
    let sentence = format!(
        "at the start the outputs of {name} differ between examples {gain:.1} times as much as those of the layer before, \
         and the last layer's {all:.1} times as much as the inputs."
    );
    let finding = CHECK.finding(Place::operation(&name), [measure, limit], sentence).in_step(0);
    vec![finding.grave_if(measure > 100.0).proposes(starts(evidence))]
}
