//! Steps that jump over the valley that they should go down into.

use super::super::change::rounded;
use super::super::evidence::median;
use super::super::{Change, Check, Evidence, Example, Finding, Link, Place, Reads};
use crate::probe::{LENGTHS, Line, Stage};

pub(in super::super) const CHECK: Check = Check {
    name: "step-too-large",
    link: Link::Update,
    question: "Does a step lower the loss by about what its gradient predicts?",
    reads: &[Reads::Told, Reads::Steps, Reads::Moments],
    limit: "the measured change of the loss is at least 0.3 of the predicted one in half of the steps, and below 0 in at most 15 % of them; the loss does not end above where it began",
    source: "on a parabola the ratio is 1 for a short step, 1/2 at the minimum, and below 0 past where it is as high as at the start",
    change: "optimizer.lr, by how far the lowest loss along the step lies before its end",
    example: Some(Example { experiment: "moons", faulty: &["optimizer.lr=3"], twin: &[] }),
    find,
};

fn find(evidence: &Evidence) -> Vec<Finding> {
    let Some(told) = &evidence.told else { return vec![] };
    let count = evidence.ratios().len();
    let (ratios, lr) = (evidence.ratios(), told.optimizer.lr());
    let up = ratios.iter().filter(|ratio| **ratio < 0.0).count() as f64 / ratios.len().max(1) as f64;
    let middle = median(ratios).unwrap_or(1.0);
    let grew = evidence.steps.len() >= 20 && evidence.losses().is_some_and(|[first, last]| last > first);
    let diverged = evidence.diverged.as_ref();
    // Steps that are mostly chance, around a place where the loss no longer falls.
    let agreement = evidence.end().and_then(|end| end.agreement).unwrap_or(1.0);
    let wanders = agreement < 0.35 && evidence.fallen() > 0.9;
    // Where along the step the loss is lowest, at the worst of the moments.
    let lengths = evidence.moments.iter().filter_map(|moment| moment.line.as_ref()).map(Line::best);
    let best = lengths.fold(1.0, f64::min);
    let jumps = middle < 0.3 || up > 0.15 || best <= 1.0 / 16.0;
    if !(jumps || grew || wanders || diverged.is_some()) || lr == 0.0 {
        return vec![];
    }
    let (what, measure, limit) = match diverged {
        Some(diverged) => (diverged.sentence(), middle, 0.3),
        None if up > 0.15 => {
            (format!("{:.0} % of the steps raise the loss of their own batch", 100.0 * up), up, 0.15)
        }
        None if middle < 0.3 => (
            format!("the usual step makes {middle:.2} of the change that its gradient predicts"),
            middle,
            0.3,
        ),
        None if best <= 1.0 / 16.0 => (
            format!("along a step the loss is lowest at 1/{:.0} of its length", 1.0 / best),
            best,
            1.0 / 16.0,
        ),
        None if grew => ("the loss ends above where it began".into(), 1.0, 0.0),
        None => (
            "the loss no longer falls, and most of a step is the chance of its batch".into(),
            agreement,
            0.35,
        ),
    };
    let finding = CHECK.finding(Place::default(), [measure, limit], format!("{what}."));
    let finding = match diverged {
        Some(diverged) if diverged.first.stage == Stage::Update => finding.certain().in_step(diverged.step),
        Some(diverged) => finding.in_step(diverged.step),
        None => finding,
    };
    let centre = best.min(0.25);
    let rates = [4.0 * centre, centre, centre / 8.0, centre / 64.0].into_iter().filter(|by| *by < 1.0);
    let mut changes: Vec<Vec<Change>> =
        rates.map(|by| vec![Change::Optimizer("lr", rounded(lr * by))]).collect();
    if best <= LENGTHS[0] || diverged.is_some() {
        // Too far to be measured along the step.
        changes.extend(
            told.usual_rates()
                .filter(|rate| *rate < 0.1 * lr)
                .map(|rate| vec![Change::Optimizer("lr", rate)]),
        );
    }
    let highest = evidence.steps.iter().map(|step| step.lr).fold(0.0, f64::max);
    if highest > 2.0 * lr {
        changes.insert(0, vec![Change::ConstantRate]);
    }
    if told.optimizer_number("momentum").is_some_and(|momentum| momentum > 0.95) {
        changes.push(vec![Change::Optimizer("momentum", 0.9)]);
    }
    // The first steps make it worse and worse.
    let first = evidence.steps.first().map_or(f64::NAN, |step| step.loss);
    let worst = evidence.steps.iter().take(10).map(|step| step.loss).fold(0.0, f64::max);
    let far = count >= 3 && best <= 1.0 / 64.0 && (up > 0.3 || middle < 0.0);
    vec![finding.grave_if(far || worst > 10.0 * first).proposes(changes)]
}
