//! Batches of one class each: the network forgets the others.

use super::super::{Check, Evidence, Finding, Link, Place, Reads, Change, Example};

pub(in super::super) const CHECK: Check = Check {
    name: "data-sorted-by-class",
    link: Link::Data,
    question: "Does every batch have examples of several classes?",
    reads: &[Reads::Data, Reads::Told],
    limit: "the classes of a batch have at least half the entropy that all of them have, and every class that is asked for is taught",
    source: "a batch drawn at random has more, from 4 examples on",
    change: "data.shuffle = true",
    example: Some(Example { experiment: "iris", faulty: &["data.shuffle=false"], twin: &[] }),
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
    vec![CHECK.finding(Place::default(), [entropy, 0.5], sentence).proposes(vec![vec![Change::Shuffle]])]
}
