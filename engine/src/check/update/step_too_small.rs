//! Steps so short that training would take many times as long.

use super::super::change::rounded;
use super::super::evidence::median;
use super::super::{Change, Check, Evidence, Example, Finding, Link, Place, Reads};
use crate::probe::Line;

pub(in super::super) const CHECK: Check = Check {
    name: "step-too-small",
    link: Link::Update,
    question: "Are the steps long enough to get anywhere?",
    reads: &[Reads::Told, Reads::Steps, Reads::Moments],
    limit: "the loss along a step is lowest before 4 steps of that length, or the steps make less than 0.8 of the predicted change",
    source: "the same parabola: a ratio near 1 is a step far below the minimum along it",
    change: "optimizer.lr, by how far the lowest loss along the step lies behind its end; no schedule",
    example: Some(Example { experiment: "moons", faulty: &["optimizer.lr=1e-5"], twin: &[] }),
    find,
};

fn find(evidence: &Evidence) -> Vec<Finding> {
    let (Some(told), Some(end)) = (&evidence.told, evidence.end()) else { return vec![] };
    let lr = told.optimizer.lr();
    // Early, where the schedule has not yet taken the rate away.
    let lines = evidence.moments.iter().filter_map(|moment| moment.line.as_ref());
    let best = lines.map(Line::best).fold(f64::INFINITY, f64::min);
    let middle = median(evidence.ratios()).unwrap_or(1.0);
    let highest = evidence.steps.iter().map(|step| step.lr).fold(0.0, f64::max);
    let usual = median(evidence.steps.iter().map(|step| step.lr).collect()).unwrap_or(highest);
    let decay = told.optimizer_number("lr_decay").unwrap_or(0.0);
    let decays = decay * evidence.steps.len() as f64 > 20.0;
    let idle = usual < 0.1 * highest || decays;
    if evidence.diverged.is_some()
        || lr == 0.0
        || !(idle || (best >= 4.0 && best.is_finite() && middle > 0.8))
    {
        return vec![];
    }
    let sentence = match idle {
        true if decays => format!(
            "with lr_decay = {decay} the learning rate is divided by {:.0} at the end.",
            1.0 + decay * evidence.steps.len() as f64
        ),
        true => format!(
            "half of the steps have a learning rate of at most {usual:.1e}, where the highest is {highest:.1e}."
        ),
        false => format!(
            "along every step that was looked at the loss goes on falling for {best} of its lengths and more; the usual step \
             makes {middle:.2} of the change that its gradient predicts."
        ),
    };
    let finding = CHECK.finding(
        Place::default(),
        [if idle { usual / highest } else { best }, if idle { 0.1 } else { 4.0 }],
        sentence,
    );
    let rates = if best >= 64.0 { vec![10.0, 100.0, 1000.0, 10000.0] } else { vec![best, 4.0 * best] };
    let mut changes: Vec<Vec<Change>> = match idle {
        true if decays => vec![vec![Change::Optimizer("lr_decay", 0.0)]],
        true => vec![vec![Change::ConstantRate]],
        false => vec![],
    };
    if best.is_finite() && best >= 4.0 {
        changes.extend(rates.into_iter().map(|by| vec![Change::Optimizer("lr", rounded(lr * by))]));
    }
    changes.extend(
        told.usual_rates().filter(|rate| *rate > 1e5 * lr).map(|rate| vec![Change::Optimizer("lr", rate)]),
    );
    vec![finding.in_step(end.step).proposes(changes)]
}
