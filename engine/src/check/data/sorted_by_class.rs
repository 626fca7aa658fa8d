//! Batches of one class each: the network forgets the others.

use super::super::{Change, Check, Evidence, Example, Finding, Link, Place, Reads};

pub(in super::super) const CHECK: Check = Check {
    name: "data-sorted-by-class",
    link: Link::Data,
    question: "Does every batch have examples of several classes?",
    reads: &[Reads::Data, Reads::Told],
    limit: "the classes of a batch have at least half the entropy that all of them have, and every class that is asked for is taught",
    source: "a batch drawn at random has more, from 4 examples on",
    change: "data.shuffle = true",
    example: Some(Example {
        experiment: "iris",
        faulty: &[
            "data.shuffle=false",
            "optimizer.type=sgd",
            "optimizer.lr=0.5",
            "optimizer.weight_decay=0",
            "train.epochs=20",
            "train.batch=8",
            "data.test=0.4",
        ],
        twin: &[
            "optimizer.type=sgd",
            "optimizer.lr=0.5",
            "optimizer.weight_decay=0",
            "train.epochs=20",
            "train.batch=8",
            "data.test=0.4",
        ],
    }),
    find,
};

fn find(evidence: &Evidence) -> Vec<Finding> {
    let (Some(data), Some(told)) = (&evidence.data, &evidence.told) else { return vec![] };
    let entropy = data.batch_entropy.unwrap_or(1.0);
    if told.fit.shuffle || (entropy >= 0.5 && data.untaught() < 0.5) {
        return vec![];
    }
    let sentence = format!(
        "nothing is shuffled, and the examples come in the order of their classes: those of a batch have {:.0} % of the \
         entropy of all, and {:.0} % of the held-out examples are of a class that is never taught.",
        100.0 * entropy,
        100.0 * data.untaught()
    );
    let finding = CHECK.finding(Place::default(), [entropy, 0.5], sentence);
    // Held out is what stands last: of one class or two it says nothing about the others.
    let finding = if entropy < 0.5 && data.held_out_classes() < 0.5 { finding.certain() } else { finding };
    vec![finding.proposes(vec![vec![Change::Shuffle]])]
}
