//! Labels that have nothing to do with the inputs: shuffled, or moved by a row.

use super::super::{Check, Evidence, Finding, Link, Place, Reads};

pub(in super::super) const CHECK: Check = Check {
    name: "labels-unrelated",
    link: Link::Data,
    question: "Do examples with similar inputs have similar labels, more than they would by chance?",
    reads: &[Reads::Data, Reads::Score],
    limit: "what the 5 nearest neighbours say of an example is better than chance by three standard deviations, or the network is better on held-out examples than the trivial predictor",
    source: "permutation test on nearest neighbours (Schilling 1986); and the outcome",
    change: "put inputs and labels together again",
    example: None,
    find,
};

fn find(evidence: &Evidence) -> Vec<Finding> {
    let (Some(data), Some(score)) = (&evidence.data, &evidence.score) else { return vec![] };
    let Some([neighbours, permuted]) = data.related else { return vec![] };
    // What has learned something that holds outside of the training part has found a relation. By chance the mean over C
    // classes is 1/C, and R² is 0.
    let seen = data.classes().map_or(2, |classes| classes.iter().filter(|count| **count > 0).count());
    let chance = data.classes().map_or(0.0, |_| 1.0 / seen as f64);
    let margin = (1.5 / (score.examples as f64).sqrt()).clamp(0.05, 0.3) * (1.0 - chance);
    let learned = score.held_out && score.balanced > chance + margin;
    if learned || neighbours > permuted || seen < 2 {
        return vec![];
    }
    let sentence = format!(
        "what an example's nearest neighbours say of it is right to {neighbours:.3}; by chance it would hardly be above \
         {permuted:.3}: nothing relates the labels to the inputs."
    );
    vec![CHECK.finding(Place::default(), [neighbours, permuted], sentence).certain()]
}
