//! Labels that have nothing to do with the inputs: shuffled, or moved by a row.

use super::super::{Check, Evidence, Finding, Link, Place, Reads};

pub(in super::super) const CHECK: Check = Check {
    name: "labels-unrelated",
    link: Link::Data,
    question: "Do examples with similar inputs have similar labels, more than they would by chance?",
    reads: &[Reads::Data, Reads::Score],
    limit: "of 999 random permutations of the labels more than 1 in 200 make the 5 nearest neighbours agree as well with an example, and more than 1 in 200 correlate as well with the inputs, and the network is not better on held-out examples than the trivial predictor",
    source: "permutation test on nearest neighbours (Schilling 1986), ended early (Besag, Clifford 1991); and the outcome",
    change: "put inputs and labels together again",
    example: None,
    find,
};

fn find(evidence: &Evidence) -> Vec<Finding> {
    let (Some(data), Some(score)) = (&evidence.data, &evidence.score) else { return vec![] };
    let Some([neighbours, linear]) = data.by_chance else { return vec![] };
    // What has learned something that holds outside of the training part has found a relation. By chance the mean over C
    // classes is 1/C, and R² is 0.
    let seen = data.classes().map_or(2, |classes| classes.iter().filter(|count| **count > 0).count());
    let root = (score.examples as f64).sqrt();
    let by_chance = 1.0 / seen as f64;
    let (chance, margin) = match data.classes() {
        // 3 standard deviations of a share.
        Some(_) => (by_chance, (3.0 * (by_chance * (1.0 - by_chance)).sqrt() / root).clamp(0.05, 0.5)),
        None => (0.0, 1.0 / root),
    };
    let learned = score.held_out && score.balanced > chance + margin;
    let least = neighbours.min(linear);
    if learned || least <= LIMIT || seen < 2 {
        return vec![];
    }
    let sentence = format!(
        "nothing relates the labels to the inputs: of random permutations of the labels {:.0} % make an example's nearest \
         neighbours agree with it as well, and {:.0} % correlate as well with the inputs.",
        100.0 * neighbours,
        100.0 * linear
    );
    vec![CHECK.finding(Place::default(), [least, LIMIT], sentence).certain()]
}

/// Of two measures, one is below that by chance in 1 % of cases.
const LIMIT: f64 = 0.005;
