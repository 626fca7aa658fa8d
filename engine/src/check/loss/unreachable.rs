//! Targets that the last operation cannot reach, whatever the weights are.

use super::super::evidence::is_bounded;
use super::super::{Change, Check, Evidence, Example, Finding, Link, Place, Reads};
use crate::loss::Mismatch;
use crate::network::Error;

pub(in super::super) const CHECK: Check = Check {
    name: "loss-unreachable",
    link: Link::Loss,
    question: "Can the network say every target?",
    reads: &[Reads::Told],
    limit: "every target lies in the range of the last operation; a quarter outside breaks the training by itself",
    source: "the range of an activation is a fact",
    change: "no activation behind the last layer, or targets scaled into its range",
    example: Some(Example {
        experiment: "diabetes",
        faulty: &[
            "network.layers=[{type=\"linear\",out=16},{type=\"tanh\"},{type=\"linear\",out=1},{type=\"sigmoid\"}]",
        ],
        twin: &[],
    }),
    find,
};

fn find(evidence: &Evidence) -> Vec<Finding> {
    let Some(told) = &evidence.told else { return vec![] };
    let last = told.last();
    if let Some(Error::Loss(Mismatch::NotAShare { loss, value, example })) = &evidence.refused {
        let place = Place { row: Some(*example), ..Place::default() };
        let sentence =
            format!("{loss} compares with numbers from 0 to 1, and the target of row {example} is {value}.");
        let mut changes = vec![Change::Loss("mse")];
        if is_bounded(&*last.op) {
            changes.push(Change::Remove(last.name.clone()));
        }
        return vec![CHECK.finding(place, [*value, 1.0], sentence).certain().proposes(vec![changes])];
    }
    let Some(share) = evidence.data.as_ref().map(|data| data.unreachable).filter(|share| *share > 0.0) else {
        return vec![];
    };
    let [low, high] = last.op.range();
    let sentence = format!(
        "{} gives numbers from {low} to {high}, and {:.0} % of the targets lie outside.",
        last.name,
        100.0 * share
    );
    let finding = CHECK.finding(Place::operation(&last.name), [share, 0.0], sentence);
    let finding = if share >= 0.25 { finding.certain() } else { finding };
    vec![finding.proposes(vec![vec![Change::Remove(last.name.clone())]])]
}
