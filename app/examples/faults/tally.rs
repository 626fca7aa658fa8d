//! How often the check was right.

use crate::cases::Expect;
use crate::run::{Outcome, Told};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Whether a case is held back while limits are tuned: a fixed hash of its name (FNV-1a).
pub(crate) fn held_back(name: &str) -> bool {
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    (hash >> 32) & 1 == 1
}

/// What of an expectation was met.
#[derive(Clone, Copy, Default)]
pub(crate) struct Right {
    pub(crate) detected: bool,
    pub(crate) link: bool,
    pub(crate) check: bool,
    /// `None` where there is no place to name.
    pub(crate) place: Option<bool>,
}

/// Compares what was said with what should have been.
pub(crate) fn right(expect: &Expect, told: &Told) -> Right {
    let Expect::Faulty { faults, beside } = expect else { return Right::default() };
    let first = told.causes.first();
    // The first broken link is that of the earliest of the planted faults, under any of its names.
    let earliest = &faults[0];
    let named = |checks: &[&str]| told.causes.iter().any(|(_, check, _)| checks.contains(&check.as_str()));
    // One that was planted and costs nothing alone may stand before it, if all that cost something are named, too.
    let beside = first.is_some_and(|(_, check, _)| beside.contains(&check.as_str()))
        && faults.iter().all(|of| named(&of.checks));
    let link = beside
        || first
            .is_some_and(|(link, ..)| earliest.checks.iter().any(|name| crate::cases::link(name) == link));
    let check = beside || first.is_some_and(|(_, check, _)| earliest.checks.contains(&check.as_str()));
    let place = earliest.place.as_ref().map(|wanted| {
        first.is_some_and(|(_, _, place)| {
            let named = [&place.operation, &place.column, &place.class, &place.parameter];
            let row = place.row.map(|row| format!("row {row}"));
            named.into_iter().flatten().chain(&row).any(|name| wanted.iter().any(|wanted| name == wanted))
        })
    });
    Right { detected: told.broken, link, check, place }
}

/// A line about a case, as it is done.
pub(crate) fn line(of: &Outcome) -> String {
    let costs = of.costs.map_or(String::new(), |[faulty, healthy]| format!(" {faulty:.3}<{healthy:.3}"));
    let held = if held_back(&of.name) { "h" } else { " " };
    let said = match (&of.told, &of.error, of.dropped) {
        (_, _, true) => "dropped: it costs nothing".into(),
        (_, Some(error), _) => format!("ERROR {error}"),
        (Some(told), ..) => {
            let causes: Vec<String> = told
                .causes
                .iter()
                .map(|(_, check, place)| {
                    format!(
                        "{check}@{}",
                        place.operation.as_deref().or(place.column.as_deref()).unwrap_or("-")
                    )
                })
                .collect();
            let mark = match &of.expect {
                Expect::Healthy => {
                    if told.broken {
                        "FALSE ALARM"
                    } else {
                        "ok"
                    }
                }
                Expect::Faulty { .. } => {
                    let right = right(&of.expect, told);
                    match (right.detected, right.link, right.check) {
                        (false, ..) => "MISSED",
                        (_, false, _) => "WRONG LINK",
                        (_, _, false) => "wrong check",
                        _ if right.place == Some(false) => "wrong place",
                        _ => "ok",
                    }
                }
            };
            let fresh = told.fresh.map_or(String::new(), |[helps, all]| format!(" fresh {helps}/{all}"));
            format!("{mark}: {} [{}] {:.1}s{fresh}", causes.join(" + "), told.change.join(", "), told.seconds)
        }
        _ => "?".into(),
    };
    format!("{held} {}{costs} {said}", of.name)
}

/// The tables.
pub(crate) fn report(outcomes: &[Outcome]) -> String {
    let mut text = String::new();
    for (title, held) in [("tuned on", false), ("held back", true)] {
        let part: Vec<&Outcome> = outcomes.iter().filter(|of| held_back(&of.name) == held).collect();
        let _ = writeln!(text, "\n## {title}\n\n{}", summary(&part));
    }
    let mut by_check: BTreeMap<&str, [usize; 3]> = BTreeMap::new();
    for of in outcomes {
        if let (Expect::Faulty { faults, .. }, Some(told)) = (&of.expect, &of.told) {
            let right = right(&of.expect, told);
            let row = by_check.entry(faults[0].checks[0]).or_default();
            row[0] += 1;
            row[1] += usize::from(right.detected);
            row[2] += usize::from(right.check);
        }
    }
    let _ = writeln!(text, "| check | faulty experiments | detected | right check |\n|---|---|---|---|");
    for (check, [all, detected, right]) in by_check {
        let _ = writeln!(text, "| `{check}` | {all} | {detected} | {right} |");
    }
    text
}

fn summary(outcomes: &[&Outcome]) -> String {
    let faulty: Vec<Right> = outcomes
        .iter()
        .filter(|of| matches!(of.expect, Expect::Faulty { .. }) && !of.dropped)
        .map(|of| of.told.as_ref().map_or(Right::default(), |told| right(&of.expect, told)))
        .collect();
    let healthy: Vec<&&Outcome> = outcomes.iter().filter(|of| matches!(of.expect, Expect::Healthy)).collect();
    let dropped = outcomes.iter().filter(|of| of.dropped).count();
    let of = |count: usize, all: usize| {
        format!("{count} of {all} ({:.1} %)", 100.0 * count as f64 / all.max(1) as f64)
    };
    let count = |f: fn(&Right) -> bool| faulty.iter().filter(|right| f(right)).count();
    let places: Vec<bool> = faulty.iter().filter_map(|right| right.place).collect();
    let alarms = healthy.iter().filter(|of| of.told.as_ref().is_none_or(|told| told.broken)).count();
    let fresh: Vec<[usize; 2]> = outcomes.iter().filter_map(|of| of.told.as_ref()?.fresh).collect();
    let works = fresh.iter().filter(|[helps, all]| 10 * helps >= 9 * all).count();
    let mut seconds: Vec<f64> = outcomes.iter().filter_map(|of| Some(of.told.as_ref()?.seconds)).collect();
    seconds.sort_by(f64::total_cmp);
    let median = seconds.get(seconds.len() / 2).copied().unwrap_or(0.0);
    [
        format!(
            "faulty experiments: {} ({dropped} planted faults cost nothing and were dropped)",
            faulty.len()
        ),
        format!("detected:     {}", of(count(|right| right.detected), faulty.len())),
        format!("right link:   {}", of(count(|right| right.link), faulty.len())),
        format!("right check:  {}", of(count(|right| right.check), faulty.len())),
        format!("right place:  {}", of(places.iter().filter(|right| **right).count(), places.len())),
        format!("false alarms: {}", of(alarms, healthy.len())),
        format!("changes that help from 9 of 10 fresh starting points: {}", of(works, fresh.len())),
        format!(
            "seconds to the verdict: median {median:.1}, longest {:.1}",
            seconds.last().copied().unwrap_or(0.0)
        ),
    ]
    .join("\n")
}

/// Everything, for programs.
pub(crate) fn json(outcomes: &[Outcome]) -> Json {
    let one = |of: &Outcome| {
        let told = of.told.as_ref();
        json!({
            "name": of.name,
            "held_back": held_back(&of.name),
            "faulty": matches!(of.expect, Expect::Faulty { .. }),
            "dropped": of.dropped,
            "measure": of.costs,
            "broken": told.map(|told| told.broken),
            "causes": told.map(|told| told.causes.iter().map(|(link, check, _)| json!([link, check])).collect::<Vec<_>>()),
            "change": told.map(|told| told.change.clone()),
            "seconds": told.map(|told| told.seconds),
            "error": of.error,
        })
    };
    json!(outcomes.iter().map(one).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cases::Planted;
    use whygrad::check::Place;

    fn outcome(expect: Expect, causes: Vec<(&str, &str, Place)>) -> Outcome {
        let causes: Vec<_> =
            causes.into_iter().map(|(link, check, place)| (link.into(), check.into(), place)).collect();
        let told = Told { broken: !causes.is_empty(), causes, ..Told::default() };
        let name = "a".into();
        Outcome { name, expect, dropped: false, costs: None, told: Some(told), error: None }
    }

    fn dead() -> Expect {
        let place = Some(vec!["relu1".into()]);
        let fault = Planted { checks: vec!["units-dead"], place, alone: None };
        Expect::Faulty { faults: vec![fault], beside: vec![] }
    }

    /// What the summary says of faulty and healthy experiments of which a check says this.
    fn said(of_faulty: Vec<(&str, &str, Place)>, of_healthy: Vec<(&str, &str, Place)>) -> Vec<String> {
        let outcomes = [outcome(dead(), of_faulty), outcome(Expect::Healthy, of_healthy)];
        let lines = summary(&outcomes.iter().collect::<Vec<_>>());
        let share = |line: &str| line.rsplit(": ").next().unwrap_or_default().trim().to_string();
        lines.lines().skip(1).take(5).map(share).collect()
    }

    #[test]
    fn checks_that_always_fire_never_fire_or_name_another_place_are_caught() {
        let (all, none) = ("1 of 1 (100.0 %)", "0 of 1 (0.0 %)");
        let right = || vec![("forward", "units-dead", Place::operation("relu1"))];
        assert_eq!(said(right(), vec![]), [all, all, all, all, none]);
        // Never fires.
        assert_eq!(said(vec![], vec![]), [none, none, none, none, none]);
        // Always fires.
        assert_eq!(said(right(), right()), [all, all, all, all, all]);
        // In the wrong place, by the wrong check, on the wrong link.
        let elsewhere = vec![("forward", "units-dead", Place::operation("relu2"))];
        assert_eq!(said(elsewhere, vec![]), [all, all, all, none, none]);
        let other = vec![("forward", "signal-grows", Place::operation("relu1"))];
        assert_eq!(said(other, vec![]), [all, all, none, all, none]);
        let late = vec![("update", "step-too-large", Place::default())];
        assert_eq!(said(late, vec![]), [all, none, none, none, none]);
    }
}
