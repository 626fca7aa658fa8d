//! A gradient of which clipping leaves next to nothing.

use super::super::evidence::{median, total_norm};
use super::super::{Change, Check, Evidence, Example, Finding, Link, Place, Reads};
use crate::facts::Moments;
use crate::optim::Clip;

pub(in super::super) const CHECK: Check = Check {
    name: "clip-dominates",
    link: Link::Update,
    question: "Does clipping leave the usual gradient as it is?",
    reads: &[Reads::Told, Reads::Steps],
    limit: "the median norm of the gradient is at most 3 times the limit (its median largest number 10 times, where numbers are clipped)",
    source: "clipping is for the rare step (Pascanu, Mikolov, Bengio 2013, who took the mean norm)",
    change: "no clipping, or a limit at the usual norm",
    example: Some(Example {
        experiment: "digits",
        faulty: &[
            "train.clip_norm=1e-5",
            "optimizer.type=sgd",
            "optimizer.lr=0.1",
            "optimizer.weight_decay=0",
        ],
        twin: &["optimizer.type=sgd", "optimizer.lr=0.1", "optimizer.weight_decay=0"],
    }),
    find,
};

fn find(evidence: &Evidence) -> Vec<Finding> {
    let Some(told) = &evidence.told else { return vec![] };
    let of_steps = |of: fn(&[Moments]) -> f64| {
        median(evidence.facts().map(|(_, facts)| of(&facts.param_gradients)).collect())
    };
    let largest = |of: &[Moments]| {
        of.iter().map(|of| of.max.abs().max(of.min.abs())).filter(|x| x.is_finite()).fold(0.0, f64::max)
    };
    let (usual, limit, times) = match told.clip {
        Clip::Off => return vec![],
        Clip::Norm(limit) => (of_steps(total_norm), limit, 3.0),
        Clip::Value(limit) => (of_steps(largest), limit, 10.0),
    };
    let Some(usual) = usual.filter(|usual| *usual > times * limit) else { return vec![] };
    let sentence = format!("the usual gradient is {usual:.1e}, and clipping leaves {limit:.1e} of it.");
    let finding = CHECK.finding(Place::default(), [usual / limit, times], sentence);
    let norm = of_steps(total_norm).unwrap_or(1.0);
    vec![
        finding
            .grave_if(usual > 1000.0 * limit)
            .proposes(vec![vec![Change::Unclipped], vec![Change::ClipNorm(norm)]]),
    ]
}
