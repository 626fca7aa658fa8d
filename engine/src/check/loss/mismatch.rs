//! An output activation that does not go with the loss.

use super::super::{Change, Check, Evidence, Example, Finding, Link, Place, Reads, Told};
use crate::loss::{self, Mismatch};
use crate::network::Error;

pub(in super::super) const CHECK: Check = Check {
    name: "loss-mismatch",
    link: Link::Loss,
    question: "Does the loss get what it is made for: logits, probabilities, their logarithms?",
    reads: &[Reads::Told],
    limit: "logits for cross_entropy and bce_with_logits, log_softmax for nll, sigmoid for bce, softmax for categorical_cross_entropy; more than one unit for softmax; no distance of numbers for classes where that costs",
    source: "the definitions of the losses; softmax over one unit is 1 for every input",
    change: "the loss that goes with the output, or the output that goes with the loss",
    example: Some(Example {
        experiment: "digits",
        faulty: &[
            "network.layers=[{type=\"linear\",out=32},{type=\"relu\"},{type=\"linear\",out=10},{type=\"softmax\"}]",
            "optimizer.type=sgd",
            "optimizer.lr=0.05",
            "optimizer.weight_decay=0",
            "train.epochs=15",
        ],
        twin: &["optimizer.type=sgd", "optimizer.lr=0.05", "optimizer.weight_decay=0", "train.epochs=15"],
    }),
    find,
};

/// What is wrong, what mends it, and whether it cannot work at all.
type Wrong = (String, Vec<Vec<Change>>, bool);

fn find(evidence: &Evidence) -> Vec<Finding> {
    let Some(told) = &evidence.told else { return vec![] };
    let outside = matches!(&evidence.refused, Some(Error::Loss(Mismatch::Outside { .. })));
    if evidence.refused.is_some() && !outside {
        return vec![];
    }
    let binary = evidence.data.as_ref().is_some_and(|data| data.classes().is_some());
    let Some((what, changes, certain)) = one_unit(told, binary).or_else(|| wrong(told, binary)) else {
        return vec![];
    };
    let finding = CHECK.finding(Place::operation(&told.last().name), [1.0, 0.0], format!("{what}."));
    let finding = if certain || outside { finding.certain() } else { finding };
    let entropy = told.loss.decision().is_some() && told.loss.name() != "bce" || told.loss.name() == "nll";
    let finding = finding.grave_if(entropy && !matches!(changes[..], [ref only] if matches!(only[..], [Change::Loss(of)] if of == told.loss.name())));
    vec![finding.proposes(changes)]
}

fn remove(told: &Told) -> Vec<Change> {
    vec![Change::Remove(told.last().name.clone())]
}

fn replace(told: &Told, by: &'static str) -> Vec<Change> {
    vec![Change::Replace(told.last().name.clone(), by)]
}

/// Softmax over one unit.
fn one_unit(told: &Told, binary: bool) -> Option<Wrong> {
    let width = told.network.shape(told.network.output()).last();
    let changes = match (told.last().op.name(), told.loss.name()) {
        ("softmax", _) if width > 1 => return None,
        ("softmax", "bce_with_logits" | "cross_entropy") => vec![remove(told)],
        ("softmax", _) if binary => vec![replace(told, "sigmoid")],
        ("softmax", _) => vec![remove(told)],
        _ => return None,
    };
    Some(("softmax over one unit is 1 for every input, and its slope is 0".into(), changes, true))
}

fn wrong(told: &Told, binary: bool) -> Option<Wrong> {
    let (loss, last, outputs) = (told.loss.name(), &told.last().name, told.outputs());
    let other = |loss| vec![Change::Loss(loss)];
    let (what, changes) = match (loss, told.last().op.name()) {
        ("cross_entropy" | "bce_with_logits", "softmax") => (
            format!("{loss} takes logits and has the softmax in it; {last} takes it a second time"),
            vec![remove(told)],
        ),
        ("cross_entropy" | "bce_with_logits", "sigmoid" | "tanh" | "relu" | "softplus" | "elu") => (
            format!("{loss} takes logits, which are any numbers, and {last} lets only some through"),
            vec![remove(told)],
        ),
        ("nll", "softmax") => {
            let what = "nll takes logarithms of probabilities, and softmax gives the probabilities";
            (what.into(), vec![replace(told, "log_softmax")])
        }
        ("nll", of) if of != "log_softmax" => (
            "nll takes logarithms of probabilities, as log_softmax gives them".into(),
            vec![other("cross_entropy")],
        ),
        ("bce", "softmax") => (
            "softmax makes the outputs compete, and bce takes each for itself".into(),
            vec![replace(told, "sigmoid")],
        ),
        ("bce", "relu" | "tanh" | "softplus") => (
            format!("bce takes probabilities, and {last} gives other numbers"),
            vec![replace(told, "sigmoid")],
        ),
        ("bce", of) if of != "sigmoid" => {
            ("bce takes probabilities, as sigmoid gives them".into(), vec![other("bce_with_logits")])
        }
        ("categorical_cross_entropy", of) if of != "softmax" => {
            let what = "categorical_cross_entropy takes probabilities, as softmax gives them";
            (what.into(), vec![other("cross_entropy")])
        }
        (_, "sigmoid") if binary && loss != "bce" => {
            let what = format!(
                "{loss} behind a sigmoid: where the output is most wrong, its slope takes the error away"
            );
            (what, vec![other("bce"), other("mse")])
        }
        (_, "tanh" | "relu") if binary && outputs == 1 && told.loss.decision().is_none() => {
            let changes = vec![[replace(told, "sigmoid"), other("bce")].concat()];
            (format!("the targets are 0 and 1, and {last} is made for other numbers"), changes)
        }
        // Classes that weigh next to nothing, labels that are smoothed away.
        _ if has_unusual_settings(told) => {
            (format!("{loss} has other settings than usual"), vec![vec![Change::Loss(told.loss.name())]])
        }
        ("mae" | "mse" | "huber" | "squared_error" | "half_squared_error", _) if binary => (
            format!("the targets are 0 and 1, and {loss} asks for these very numbers"),
            vec![other("bce_with_logits")],
        ),
        _ => return None,
    };
    Some((what, changes, false))
}

/// Whether the loss was told something else than usual; of class weights, whether one is a thousandth of another.
fn has_unusual_settings(told: &Told) -> bool {
    if let Some(weights) = told.loss.class_weights() {
        let [least, most] = weights.iter().fold([f64::INFINITY, 0.0], |[a, b], x| [x.min(a), x.max(b)]);
        return most > 1000.0 * least;
    }
    loss::read(told.loss.name(), []).is_ok_and(|usual| format!("{usual:?}") != format!("{:?}", told.loss))
}
