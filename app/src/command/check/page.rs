//! The verdict, from top to bottom.

use crate::terminal::{Page, bar};
use crate::view::check::Check;
use crate::view::digits::number;
use whygrad::check::{Finding, Link, Trial};

/// What is broken, why, what mends it; then notes, and what was not checked.
pub(in super::super) fn page(view: &Check, page: &mut Page) {
    chain(view, page);
    match view.causes.first() {
        None if view.verdict == "unknown" => {
            page.paragraph(&format!("{}: nothing is found broken so far, and not all was tried.", view.of));
        }
        None if view.learned_nothing() => page.paragraph(&format!(
            "{}: nothing is found broken; but what it says is no better than always saying the same, and no check can tell \
             why.",
            view.of
        )),
        None => page.paragraph(&format!("{}: nothing is broken.", view.of)),
        Some(cause) => {
            page.paragraph(&format!("{}: the first broken link is {}.", view.of, cause.finding.link.name()));
        }
    }
    view.remarks.iter().for_each(|remark| page.paragraph(remark));
    if let Some(score) = &view.score {
        let part = if score.held_out { "held-out" } else { "training" };
        page.paragraph(&format!(
            "{} on the {} {part} examples: {}; always saying the same has {}.",
            score.measure.name(),
            score.examples,
            if score.value <= -1.0 { "−1 or less".into() } else { number(score.value) },
            number(score.trivial)
        ));
    }
    for (i, cause) in view.causes.iter().enumerate() {
        page.line("");
        page.heading(&format!("{}: {}", cause.finding.link.name(), cause.finding.check));
        found(&cause.finding, page);
        if !cause.change.is_empty() {
            page.line("");
            let what = match cause.trial {
                Some(_) => "What mends it",
                None => "What removes it, though no trial shows what that is worth",
            };
            page.paragraph(&format!("{what}: {}.", cause.change.join(", ")));
        }
        let together =
            view.causes.get(i + 1).is_some_and(|next| next.trial.is_some() && next.trial == cause.trial);
        match &cause.trial {
            Some(_) if together => page.paragraph("It takes what follows, too; both were tried together."),
            Some(trial) => tried(trial, page),
            None => {}
        }
        if !cause.symptoms.is_empty() {
            page.line("");
            page.paragraph("Gone with it:");
            cause.symptoms.iter().for_each(|symptom| note(symptom, page));
        }
    }
    if !view.notes.is_empty() {
        page.line("");
        page.heading("Notes");
        page.paragraph("Found beside; that it costs anything is not shown.");
        view.notes.iter().for_each(|finding| note(finding, page));
    }
    if !view.not_checked.is_empty() {
        page.line("");
        page.heading("Not checked");
        for alike in view.not_checked.chunk_by(|a, b| a.why == b.why) {
            let checks: Vec<&str> = alike.iter().map(|of| of.check).collect();
            page.hanging("  ", &format!("{}: {}", checks.join(", "), alike[0].why));
        }
    }
    page.line("");
    let better = view.trials.iter().filter(|trial| trial.better).count();
    let trials = match view.trials.len() {
        0 => "No trial was needed".into(),
        1 => "1 trial was judged from several starting points".into(),
        count => format!("{count} trials were judged from several starting points, {better} of them better"),
    };
    page.paragraph(&format!("{trials}; {:.1} s.", view.seconds));
}

/// The five links, with the first broken one marked.
fn chain(view: &Check, page: &mut Page) {
    let mark = |link: &Link| match view.causes.iter().any(|cause| cause.finding.link == *link) {
        true if view.first_broken_link == Some(*link) => format!("[{} ✗]", link.name()),
        true => format!("{} ✗", link.name()),
        false if !view.is_checked(*link) => format!("{} –", link.name()),
        false if view.verdict == "unknown" => format!("{} ?", link.name()),
        false => format!("{} ✓", link.name()),
    };
    let links: Vec<String> = Link::ALL.iter().map(mark).collect();
    page.paragraph(&links.join(" → "));
    page.line("");
}

fn found(finding: &Finding, page: &mut Page) {
    page.paragraph(&finding.sentence);
    if let Some(place) = place(finding) {
        page.indented(&place);
    }
    if finding.measure.is_finite() {
        page.indented(&format!("measured {}, limit {}", size(finding.measure), size(finding.limit)));
    }
}

/// Where it was, in words.
fn place(finding: &Finding) -> Option<String> {
    let place = &finding.place;
    let named = |what: &str, name: &Option<String>| name.as_ref().map(|name| format!("{what} {name}"));
    let parts = [
        named("operation", &place.operation),
        named("parameter", &place.parameter),
        place.unit.map(|unit| format!("unit {unit}")),
        named("weight", &place.weight),
        place.example.map(|example| format!("example {example}")),
        place.row.map(|row| format!("row {row}")),
        named("column", &place.column),
        named("class", &place.class),
        finding.step.map(|step| format!("step {step}")),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn note(finding: &Finding, page: &mut Page) {
    page.hanging("  ", &format!("{}: {}", finding.check, finding.sentence));
}

/// A number of any size, in a few digits.
fn size(x: f64) -> String {
    match x.abs() {
        0.0 => "0".into(),
        of if (1e-3..1e6).contains(&of) => number(x),
        _ => format!("{x:.1e}"),
    }
}

/// With and without, from each starting point, as bars.
fn tried(trial: &Trial, page: &mut Page) {
    let room = page.room(22, 40);
    let lines = [("without", trial.before.clone()), ("with", trial.after.iter().map(|x| Some(*x)).collect())];
    for (name, values) in lines {
        for value in values {
            let text = |x: f64| format!("{x:.3}").replace('-', "−");
            let (text, share) = value.map_or(("–".into(), 0.0), |x| (text(x), x.max(0.0)));
            page.line(format!("  {name:>7}  {text:>7}  {}", bar(share, room)));
        }
    }
}
