//! A training part learned by heart.

use super::super::{Change, Check, Evidence, Example, Finding, Link, Place, Reads};

pub(in super::super) const CHECK: Check = Check {
    name: "overfits",
    link: Link::Update,
    question: "Is the network as good on held-out examples as on those that it was taught?",
    reads: &[Reads::Told, Reads::Score],
    limit: "the held-out result is within 0.1 of that on the training part, or the held-out loss ends within 1.3 times its lowest",
    source: "generalisation gap; the turn of the held-out loss (Prechelt 1998, Early Stopping)",
    change: "fewer train.epochs, optimizer.weight_decay, dropout",
    example: Some(Example {
        experiment: "moons",
        faulty: &[
            "data.size=60",
            "data.noise=0.5",
            "network.layers=[{type=\"linear\",out=128},{type=\"relu\"},{type=\"linear\",out=128},{type=\"relu\"},{type=\"linear\",out=2}]",
            "train.epochs=300",
        ],
        twin: &[],
    }),
    find,
};

fn find(evidence: &Evidence) -> Vec<Finding> {
    let (Some(told), Some(score)) = (&evidence.told, &evidence.score) else { return vec![] };
    let gap = score.train - score.value;
    let tested: Vec<(u64, f64)> =
        evidence.epochs.iter().filter_map(|of| Some((of.epoch, of.test?.loss))).collect();
    let best = tested.iter().copied().min_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or((0, f64::INFINITY));
    let turned = tested.last().is_some_and(|last| last.1 > 1.3 * best.1 && best.0 < told.fit.epochs);
    if !score.held_out || !(gap > 0.1 || (turned && gap > 0.02)) {
        return vec![];
    }
    let sentence = format!(
        "{} is {:.3} on the training part and {:.3} on held-out examples, and the held-out loss was lowest after epoch {}.",
        score.measure.name(),
        score.train,
        score.value,
        best.0
    );
    let finding = CHECK.finding(Place::default(), [gap, 0.1], sentence);
    let mut changes = vec![];
    if turned {
        changes.push(vec![Change::Epochs(best.0.max(1))]);
    }
    if let Some(decay) = told.optimizer_number("weight_decay") {
        let least = if told.optimizer.name() == "adamw" { 0.1 } else { 0.003 };
        changes.extend(
            [1.0, 10.0].map(|by| vec![Change::Optimizer("weight_decay", by * f64::max(decay * 3.0, least))]),
        );
    }
    changes.push(vec![Change::Before(told.last_layer().name.clone(), "dropout")]);
    vec![finding.proposes(changes)]
}
