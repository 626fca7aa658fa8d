//! A training that ends while it is still getting better.

use super::super::{Change, Check, Evidence, Example, Finding, Link, Place, Reads};

pub(in super::super) const CHECK: Check = Check {
    name: "stopped-early",
    link: Link::Update,
    question: "Has the loss stopped falling?",
    reads: &[Reads::Told, Reads::Steps, Reads::Score],
    limit: "in the last quarter of the steps the mean loss is at least 0.97 of that in the quarter before, or training has fewer than 4 epochs",
    source: "the slope at the end against what is left",
    change: "more train.epochs",
    example: Some(Example { experiment: "moons", faulty: &["train.epochs=1"], twin: &[] }),
    find,
};

fn find(evidence: &Evidence) -> Vec<Finding> {
    let Some(told) = evidence.told.as_ref().filter(|_| evidence.diverged.is_none()) else { return vec![] };
    let fallen = evidence.fallen();
    let epochs = told.fit.epochs;
    if !(fallen < 0.97 || epochs < 4) {
        return vec![];
    }
    let sentence = format!(
        "in the last quarter of the steps the loss is {fallen:.2} of that in the quarter before: it still falls."
    );
    let finding = CHECK.finding(Place::default(), [fallen, 0.97], sentence);
    let mut changes = vec![vec![Change::Epochs(4 * epochs)]];
    if epochs <= 20 {
        changes.push(vec![Change::Epochs((16 * epochs).max(100))]);
    }
    vec![finding.proposes(changes)]
}
