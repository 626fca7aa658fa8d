//! Examples, update and effect: what the whole batch did.

use crate::terminal::{Page, bar_on_axis, padded, two_sided};
use crate::view::digits::{apart, count, number, reconciled, signed};
use crate::view::why::Why;

/// The examples that contribute most, at most `shown` of them, and what all sum to.
pub(super) fn examples(why: &Why, page: &mut Page, shown: usize) {
    let (examples, n) = (&why.examples, why.examples.each.len());
    page.paragraph(&why.sentences.examples);
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&a, &b| examples.each[b].abs().total_cmp(&examples.each[a].abs()));
    order.retain(|&example| examples.each[example] != 0.0 || n == 1);
    let most = order.first().map_or(0.0, |&example| examples.each[example].abs());
    let rest = order.split_off(shown.min(order.len()));
    let names = order.iter().map(|&example| why.batch[example].name.chars().count());
    let columns = names.max().unwrap_or(0).clamp(14, (page.width / 2).max(16));
    let half = page.room(columns + 17, 48) / 2;
    let row = |page: &mut Page, name: &str, x: f64, right: &str| {
        page.row(&[padded(name, columns), format!("{:>11}", signed(x)), format!("  {right}")]);
    };
    if n > 1 && !order.is_empty() {
        page.line("");
        if half > 0 {
            page.row(&[padded("", columns), format!("{:11}", ""), format!(" {:>half$}│ down", "up ")]);
        }
        for &example in &order {
            let contribution = examples.each[example];
            let bar = two_sided(if most > 0.0 { contribution / most } else { 0.0 }, half);
            let name = padded(&why.batch[example].name, columns);
            page.row(&[name, format!("{:>11}", signed(contribution)), format!(" {bar}")]);
        }
    }
    if !rest.is_empty() {
        let sum: f64 = rest.iter().map(|&example| examples.each[example]).sum();
        row(page, &count(rest.len(), "other"), sum, "");
    }
    page.rule(columns + 12);
    row(page, "sum", examples.sum, "");
    let reconciled = reconciled(examples.residual, examples.reconciles, examples.rounding);
    row(page, "∂L/∂w", examples.gradient, &reconciled);
    if let Some(agreement) = &why.sentences.agreement {
        page.line("");
        page.paragraph(agreement);
    }
}

/// The parts of the update, and what their symbols stand for.
pub(super) fn update(why: &Why, page: &mut Page) {
    page.paragraph(&why.sentences.update);
    let Some(update) = why.update.as_ref().filter(|update| !update.frozen) else { return };
    page.line("");
    let most = update.parts.iter().map(|part| part.amount.abs()).fold(0.0, f64::max);
    let half = page.room(40, 16) / 2;
    let cells = |name: &str, x: f64| [format!("{name:14}"), format!("{:>11}", signed(x))];
    for part in &update.parts {
        let bar = bar_on_axis(if most > 0.0 { part.amount / most } else { 0.0 }, half);
        let drawn = [format!(" {bar}"), format!(" {}", part.formula)];
        page.row(&[&cells(part.source.name(), part.amount)[..], &drawn].concat());
    }
    page.rule(26);
    page.row(&cells("sum", update.sum));
    let reconciled = reconciled(update.residual, update.reconciles, update.tolerance);
    page.row(&[&cells("Δw", update.moved)[..], &[format!("  {reconciled}")]].concat());
    let [before, after] = apart(update.before, update.after);
    let sign = if update.moved < 0.0 { "−" } else { "+" };
    page.hanging("  w + Δw = ", &format!("{before} {sign} {} = {after}", number(update.moved.abs())));
    page.line("");
    let value = |x: f64| match x.to_string() {
        text if text.chars().count() <= 8 => text.replace('-', "−"),
        _ => number(x),
    };
    for symbol in &update.symbols {
        let left = format!("{} = {:>10}", padded(symbol.symbol, 4), value(symbol.value));
        page.dim(|page| page.row(&[left, format!("  {}", symbol.meaning)]));
    }
}

/// What was predicted for the step, and what was measured.
pub(super) fn effect(why: &Why, page: &mut Page) {
    page.paragraph(&why.sentences.effect);
    let Some(effect) = &why.effect else { return };
    page.line("");
    let mut row = |what: &str, [a, b, c]: [&str; 3], ratio: &str| {
        let numbers = [a, b, c].map(|cell| format!("{cell:>12}"));
        page.row(&[&[format!("{what:18}")], &numbers[..], &[format!("{ratio:>8}")]].concat());
    };
    row("", ["predicted", "measured", "difference"], "ratio");
    for (what, change) in [("this weight alone", &effect.alone), ("all weights", &effect.all)] {
        let numbers = [change.predicted, change.measured, change.measured - change.predicted].map(signed);
        let ratio = change.ratio.map_or("–".into(), |ratio| match ratio.abs() {
            size if (1e-3..1e4).contains(&size) => format!("{ratio:.3}").replace('-', "−"),
            _ => number(ratio),
        });
        row(what, numbers.each_ref().map(String::as_str), &ratio);
    }
    page.line("");
    why.sentences.measured.iter().for_each(|sentence| page.paragraph(sentence));
}
