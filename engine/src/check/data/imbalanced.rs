//! A class so rare that it is never said.

use super::super::{Change, Check, Evidence, Finding, Link, Place, Reads};
use crate::loss::TargetKind;

pub(in super::super) const CHECK: Check = Check {
    name: "data-imbalanced",
    link: Link::Data,
    question: "Does the network say the rare classes, too?",
    reads: &[Reads::Data, Reads::Score, Reads::Told],
    limit: "no class has less than 1/8 of the examples of the largest, or the mean over the classes is within 0.15 of the accuracy",
    source: "accuracy rewards the frequent class; the mean over the classes does not (He, Garcia 2009)",
    change: "loss.weight, the larger the rarer",
    example: None,
    find,
};

fn find(evidence: &Evidence) -> Vec<Finding> {
    let (Some(data), Some(told), Some(score)) = (&evidence.data, &evidence.told, &evidence.score) else {
        return vec![];
    };
    let Some(classes) = data.classes() else { return vec![] };
    let most = classes.iter().copied().max().unwrap_or(0);
    let seen = || (0..classes.len()).filter(|class| classes[*class] > 0);
    let Some(rarest) = seen().min_by_key(|class| classes[*class]) else { return vec![] };
    let (ratio, gap) = (most as f64 / classes[rarest] as f64, score.value - score.balanced);
    if ratio <= 8.0 || gap <= 0.15 {
        return vec![];
    }
    let name = data.class_name(rarest);
    let sentence = format!(
        "class {name} has {} of {} training examples: {:.0} % of the held-out examples are right, but only {:.0} % on \
         average over the classes.",
        classes[rarest],
        data.train,
        100.0 * score.value,
        100.0 * score.balanced
    );
    let finding = CHECK.finding(Place { class: Some(name), ..Place::default() }, [ratio, 8.0], sentence);
    let weight = |count: &usize| data.train as f64 / (seen().count() * (*count).max(1)) as f64;
    let weights: Vec<f64> = classes.iter().map(weight).collect();
    let can = told.loss.wants() == TargetKind::Classes && told.loss.class_weights().is_none();
    let can = can && weights.len() == told.outputs();
    vec![if can { finding.proposes(vec![vec![Change::ClassWeights(weights)]]) } else { finding }]
}
