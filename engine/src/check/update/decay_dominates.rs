//! Weights that decay faster than they learn.

use super::super::change::rounded;
use super::super::evidence::{median, total_norm};
use super::super::{Change, Check, Evidence, Example, Finding, Link, Place, Reads};

pub(in super::super) const CHECK: Check = Check {
    name: "decay-dominates",
    link: Link::Update,
    question: "Does the data move the weights more than their decay does?",
    reads: &[Reads::Told, Reads::Steps],
    limit: "in each third of the steps the penalty λ·w is at most half as long as the gradient (decoupled decay: at most a third of the step)",
    source: "at a balance the two are equal and opposite: then the weights are as much the penalty's as the data's",
    change: "a smaller optimizer.weight_decay",
    example: Some(Example {
        experiment: "digits",
        faulty: &["optimizer.type=sgd", "optimizer.lr=0.1", "optimizer.weight_decay=1"],
        twin: &["optimizer.type=sgd", "optimizer.lr=0.1", "optimizer.weight_decay=0"],
    }),
    find,
};

fn find(evidence: &Evidence) -> Vec<Finding> {
    let Some((told, decay)) =
        evidence.told.as_ref().and_then(|told| Some((told, told.optimizer_number("weight_decay")?)))
    else {
        return vec![];
    };
    if decay == 0.0 {
        return vec![];
    }
    let decoupled = told.optimizer.name() == "adamw";
    let shares: Vec<f64> = evidence
        .steps
        .iter()
        .filter_map(|step| {
            let facts = step.facts.as_ref()?;
            let weights = decay * total_norm(&facts.params);
            Some(match decoupled {
                true => step.lr * weights / total_norm(&facts.param_updates),
                false => weights / total_norm(&facts.param_gradients),
            })
        })
        .collect();
    let limit = if decoupled { 1.0 / 3.0 } else { 0.5 };
    // At a balance there is little left to decay, so the largest of the thirds counts.
    let third = shares.chunks(shares.len().div_ceil(3).max(1));
    let of_third =
        |shares: &[f64]| median(shares.iter().copied().filter(|share| share.is_finite()).collect());
    let share = third.filter_map(of_third).fold(0.0, f64::max);
    if share <= limit {
        return vec![];
    }
    let than = if decoupled { "step" } else { "gradient" };
    let sentence =
        format!("with weight_decay = {decay} the decay is {share:.2} times as long as the {than}.");
    let finding = CHECK.finding(Place::default(), [share, limit], sentence);
    let weaker = |by: f64| vec![Change::Optimizer("weight_decay", rounded(decay * by))];
    vec![finding.grave_if(share > 10.0).proposes(vec![weaker(0.0), weaker(0.1), weaker(0.01)])]
}
