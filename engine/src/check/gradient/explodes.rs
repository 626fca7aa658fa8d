//! An error that grows from layer to layer on its way back, or from step to step.

use super::super::evidence::{median, starts, total_norm};
use super::super::{Change, Check, Evidence, Example, Finding, Link, Place, Reads};
use super::gains;
use crate::probe::Stage;

pub(in super::super) const CHECK: Check = Check {
    name: "gradient-explodes",
    link: Link::Gradient,
    question: "Does the gradient keep its size from layer to layer, and from step to step?",
    reads: &[Reads::Told, Reads::Moments, Reads::Steps],
    limit: "at the start the gradient by the first layer's outputs is at most 1000 times that by the last layer's; its norm never is 1000 times the median of the steps before; it is finite",
    source: "first over last layer (AutoTrainer, 70), growth (TheDeepChecker); wide limits, for a trial decides",
    change: "train.clip_norm; init by default",
    example: Some(Example {
        experiment: "digits",
        faulty: &[
            "network.layers=[{type=\"linear\",out=64,init={type=\"normal\",std=3}},{type=\"relu\"},{type=\"linear\",out=64,init={type=\"normal\",std=3}},{type=\"relu\"},{type=\"linear\",out=64,init={type=\"normal\",std=3}},{type=\"relu\"},{type=\"linear\",out=64,init={type=\"normal\",std=3}},{type=\"relu\"},{type=\"linear\",out=64,init={type=\"normal\",std=3}},{type=\"relu\"},{type=\"linear\",out=10}]",
            "train.epochs=10",
        ],
        twin: &[
            "network.layers=[{type=\"linear\",out=64},{type=\"relu\"},{type=\"linear\",out=64},{type=\"relu\"},{type=\"linear\",out=64},{type=\"relu\"},{type=\"linear\",out=64},{type=\"relu\"},{type=\"linear\",out=64},{type=\"relu\"},{type=\"linear\",out=10}]",
            "train.epochs=10",
        ],
    }),
    find,
};

fn find(evidence: &Evidence) -> Vec<Finding> {
    let Some(told) = &evidence.told else { return vec![] };
    let clipped = vec![vec![Change::ClipNorm(1.0)]];
    if let Some(diverged) = &evidence.diverged
        && matches!(diverged.first.stage, Stage::Backward | Stage::Gradient)
    {
        let finding =
            CHECK.finding(diverged.place(), [diverged.largest(), diverged.most], diverged.sentence());
        return vec![finding.certain().in_step(diverged.step).proposes([starts(evidence), clipped].concat())];
    }
    let norms: Vec<(u64, f64)> =
        evidence.facts().map(|(step, facts)| (step, total_norm(&facts.param_gradients))).collect();
    // Against the steps before, and not where these have grown, too: then it is the weights that were thrown far away.
    let first = norms.first().map_or(0.0, |(_, norm)| *norm);
    let jump = |i: usize| {
        let usual = median(norms[..i].iter().map(|(_, norm)| *norm).collect()).unwrap_or(0.0);
        (usual > 0.0 && usual < 10.0 * first && norms[i].1 > 1000.0 * usual)
            .then(|| (norms[i].0, norms[i].1 / usual, usual))
    };
    if let Some((step, times, usual)) = (3..norms.len()).find_map(jump) {
        let sentence =
            format!("the gradient of step {step} is {times:.1e} times as long as in the steps before.");
        let finding = CHECK.finding(Place::default(), [times, 1000.0], sentence).in_step(step);
        return vec![finding.proposes(vec![vec![Change::ClipNorm(usual)]])];
    }
    let Some((layers, ratio, gains)) = evidence.start().and_then(|start| gains(told, start)) else {
        return vec![];
    };
    if ratio.is_nan() || ratio <= 1000.0 {
        return vec![];
    }
    // The link that makes it grow most.
    let worst = (0..gains.len()).max_by(|a, b| gains[*a].total_cmp(&gains[*b])).unwrap_or(0);
    let name = &told.network.nodes()[layers[worst]].name;
    let sentence = format!(
        "at the start the gradient by the first layer's outputs is {ratio:.1e} times that by the last layer's; it grows most \
         behind {name}."
    );
    let finding = CHECK.finding(Place::operation(name), [ratio, 1000.0], sentence).in_step(0);
    vec![finding.grave_if(ratio > 1e6).proposes([starts(evidence), clipped].concat())]
}
