//! A training in which nothing is learned, and nothing else is found.

use super::super::{Change, Check, Evidence, Example, Finding, Link, Place, Reads};

pub(in super::super) const CHECK: Check = Check {
    name: "not-learning",
    link: Link::Update,
    question: "Does the loss fall, and is the network better than the trivial predictor?",
    reads: &[Reads::Told, Reads::Steps, Reads::Score],
    limit: "the loss of the last tenth of the steps is below 0.9 of the first tenth's, or the result is above the trivial one by a tenth of what is missing",
    source: "the outcome",
    change: "another optimizer, to see whether the network can learn at all",
    example: Some(Example { experiment: "moons", faulty: &["optimizer.lr=1e-6"], twin: &[] }),
    find,
};

fn find(evidence: &Evidence) -> Vec<Finding> {
    let (Some(score), Some([first, last])) = (&evidence.score, evidence.losses()) else { return vec![] };
    let learned = score.train > score.trivial + 0.1 * (1.0 - score.trivial);
    if last < 0.9 * first || learned {
        return vec![];
    }
    let plain = |x: f64| if (1e-4..1e6).contains(&x.abs()) { format!("{x:.4}") } else { format!("{x:.1e}") };
    let sentence = format!(
        "the loss goes from {} to {}, and {} is {:.3} where always saying the same has {:.3}.",
        plain(first),
        plain(last),
        score.measure.name(),
        score.value,
        score.trivial
    );
    let finding = CHECK.finding(Place::default(), [last / first, 0.9], sentence);
    let adam = |lr| vec![Change::OptimizerType("adam"), Change::Optimizer("lr", lr)];
    vec![finding.proposes(vec![adam(0.001), adam(0.01)])]
}
