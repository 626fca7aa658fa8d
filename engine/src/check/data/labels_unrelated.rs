//! Labels that have nothing to do with the inputs: shuffled, or moved by a row.

use super::super::{Check, Evidence, Finding, Link, Place, Reads};

pub(in super::super) const CHECK: Check = Check {
    name: "labels-unrelated",
    link: Link::Data,
    question: "Do examples with similar inputs have similar labels, more than they would by chance?",
    reads: &[Reads::Data, Reads::Score],
    limit: "what the 5 nearest neighbours say of an example, or the correlation with the inputs, is above chance by 3 (4) standard deviations of permutations, or the network is better on held-out examples than the trivial predictor",
    source: "permutation test on nearest neighbours (Schilling 1986); and the outcome",
    change: "put inputs and labels together again",
    example: None,
    find,
};

fn find(evidence: &Evidence) -> Vec<Finding> {
    let (Some(data), Some(score)) = (&evidence.data, &evidence.score) else { return vec![] };
    let Some(related) = data.related else { return vec![] };
    let [neighbours, linear] = related;
    // What has learned something that holds outside of the training part has found a relation. By chance the mean over C
    // classes is 1/C, and R² is 0.
    let seen = data.classes().map_or(2, |classes| classes.iter().filter(|count| **count > 0).count());
    let root = (score.examples as f64).sqrt();
    let (chance, margin) = match data.classes() {
        Some(_) => (1.0 / seen as f64, (1.5 / root).clamp(0.05, 0.3) * (1.0 - 1.0 / seen as f64)),
        None => (0.0, 0.5 / root),
    };
    let learned = score.held_out && score.balanced > chance + margin;
    // Squared correlations are skewed: by chance they lie further out.
    let most = neighbours.max(0.75 * linear);
    if learned || most > LIMIT || most.is_nan() || seen < 2 {
        return vec![];
    }
    let sentence = format!(
        "nothing relates the labels to the inputs: what an example's nearest neighbours say of it is {neighbours:.1} standard \
         deviations better than with permuted labels, and the correlations are {linear:.1} larger."
    );
    vec![CHECK.finding(Place::default(), [most, LIMIT], sentence).certain()]
}

/// Standard deviations: of two measures, one is above that by chance in about 2 % of cases.
const LIMIT: f64 = 3.0;
