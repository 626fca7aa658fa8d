//! A parameter that has a gradient and does not move.

use super::super::{Change, Check, Evidence, Example, Finding, Link, Place, Reads, Told};
use crate::optim::Schedule;

pub(in super::super) const CHECK: Check = Check {
    name: "update-missing",
    link: Link::Update,
    question: "Does every parameter that has a gradient move?",
    reads: &[Reads::Steps],
    limit: "in some step with facts at least one number of it changes",
    source: "w − α·g differs from w, unless α·g is below the rounding of w",
    change: "a learning rate above 0, also by its schedule",
    example: Some(Example { experiment: "moons", faulty: &["optimizer.lr=0"], twin: &[] }),
    find,
};

fn find(evidence: &Evidence) -> Vec<Finding> {
    let stands = |param: &usize| {
        let mut has_gradient = false;
        for (_, facts) in evidence.facts() {
            has_gradient |= facts.param_gradients[*param].norm() > 0.0;
            if facts.param_updates[*param].norm() > 0.0 {
                return false;
            }
        }
        has_gradient && !evidence.layout.params[*param].frozen
    };
    let Some(param) = (0..evidence.layout.params.len()).find(stands) else { return vec![] };
    let name = &evidence.layout.params[param].name;
    let highest = evidence.steps.iter().map(|step| step.lr).fold(0.0, f64::max);
    let sentence =
        format!("{name} has a gradient and does not move; the learning rate is at most {highest:.1e}.");
    let finding = CHECK.finding(Place::parameter(name), [0.0, 0.0], sentence);
    let rates = evidence.told.iter().flat_map(Told::usual_rates);
    let mut changes: Vec<Vec<Change>> = rates.map(|rate| vec![Change::Optimizer("lr", rate)]).collect();
    if evidence.told.as_ref().is_some_and(|told| told.schedule != Schedule::default()) {
        changes.insert(0, vec![Change::ConstantRate]);
    }
    vec![finding.grave_if(true).proposes(changes)]
}
