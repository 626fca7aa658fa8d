//! Units with the same weights: they compute the same, get the same gradient, and stay the same.

use super::super::evidence::starts;
use super::super::{Check, Evidence, Example, Finding, Link, Place, Reads};
use crate::probe::Moment;

pub(in super::super) const CHECK: Check = Check {
    name: "units-identical",
    link: Link::Forward,
    question: "Do the units of a layer differ?",
    reads: &[Reads::Told, Reads::Moments],
    limit: "fewer than half of the rows of a weight are equal, bit for bit, to one before them, at the start and after some steps",
    source: "equal weights get equal gradients (Goodfellow, Bengio, Courville 2016, 8.4)",
    change: "init and bias_init by default: random",
    example: Some(Example {
        experiment: "moons",
        faulty: &[
            "network.layers.0.init=zeros",
            "network.layers.0.bias_init=zeros",
            "network.layers.2.init=zeros",
            "network.layers.2.bias_init=zeros",
            "network.layers.4.init=zeros",
        ],
        twin: &[],
    }),
    find,
};

fn find(evidence: &Evidence) -> Vec<Finding> {
    let (Some(told), Some(start)) = (&evidence.told, evidence.start()) else { return vec![] };
    // What differs after some steps was parted by what comes behind it.
    let later = evidence.moments.get(1).unwrap_or(start);
    let (network, last) = (&told.network, &told.last().params);
    let alike = |moment: &Moment, param: usize| {
        let of = &moment.params[param];
        of.rows > 1 && 2 * of.twins >= of.rows
    };
    let stuck = |param: &usize| !last.contains(param) && alike(start, *param) && alike(later, *param);
    let Some(param) = (0..start.params.len()).find(stuck) else { return vec![] };
    let (name, of) = (&network.params()[param].name, &start.params[param]);
    let sentence = format!(
        "{} of the {} units of {name} have the weights of another one: they get the same gradient and stay the same.",
        of.twins, of.rows
    );
    let finding = CHECK.finding(Place::parameter(name), [of.twins as f64 / of.rows as f64, 0.5], sentence);
    vec![finding.grave_if(later.step > 0 && of.twins + 1 == of.rows).proposes(starts(evidence))]
}
