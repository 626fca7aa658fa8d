//! Examples, update and effect: what the whole batch did.

use crate::terminal::{Page, bar_on_axis, fit, two_sided};
use crate::view::digits::{apart, number, reconciled, signed};
use crate::view::why::Why;
use console::{Alignment, Style, pad_str};

/// The examples that contribute most, at most `shown` of them, and what all sum to.
pub(super) fn examples(why: &Why, page: &mut Page, width: usize, shown: usize) {
    let (examples, n) = (&why.examples, why.examples.each.len());
    page.paragraph(&why.sentences.examples, width);
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&a, &b| examples.each[b].abs().total_cmp(&examples.each[a].abs()));
    order.retain(|&example| examples.each[example] != 0.0 || n == 1);
    let most = order.first().map_or(0.0, |&example| examples.each[example].abs());
    let rest = order.split_off(shown.min(order.len()));
    let names = order.iter().map(|&example| why.batch[example].name.chars().count());
    let columns = names.max().unwrap_or(0).clamp(14, width / 2);
    let half = (width.saturating_sub(columns + 17) / 2).clamp(4, 24);
    if n > 1 && !order.is_empty() {
        page.line("");
        page.line(format!("  {:columns$} {:>11}  {:>half$}│ down", "", "", "up "));
        for &example in &order {
            let contribution = examples.each[example];
            let bar = two_sided(if most > 0.0 { contribution / most } else { 0.0 }, half);
            let name = fit(&why.batch[example].name, columns);
            page.line(format!("  {name:columns$} {:>11}  {bar}", signed(contribution)));
        }
    }
    let line = |left: &str, x: f64, right: &str| format!("  {left:columns$} {:>11}   {right}", signed(x));
    if !rest.is_empty() {
        let sum: f64 = rest.iter().map(|&example| examples.each[example]).sum();
        page.line(line(&format!("{} others", rest.len()), sum, ""));
    }
    page.line(format!("  {}", "─".repeat(columns + 12)));
    page.line(line("sum", examples.sum, ""));
    let reconciled = reconciled(examples.residual, examples.reconciles, examples.rounding);
    let last = line("∂L/∂w", examples.gradient, &reconciled);
    if last.chars().count() <= width {
        page.line(last);
    } else {
        page.line(line("∂L/∂w", examples.gradient, ""));
        page.indented(&reconciled, width);
    }
    if let Some(agreement) = &why.sentences.agreement {
        page.line("");
        page.paragraph(agreement, width);
    }
}

/// The parts of the update, and what their symbols stand for.
pub(super) fn update(why: &Why, page: &mut Page, width: usize) {
    page.paragraph(&why.sentences.update, width);
    let Some(update) = why.update.as_ref().filter(|update| !update.frozen) else { return };
    page.line("");
    let most = update.parts.iter().map(|part| part.amount.abs()).fold(0.0, f64::max);
    for part in &update.parts {
        page.line(format!(
            "  {:14} {:>11}  {}  {}",
            part.source.name(),
            signed(part.amount),
            bar_on_axis(if most > 0.0 { part.amount / most } else { 0.0 }, 8),
            fit(part.formula, width - 48)
        ));
    }
    page.line(format!("  {}", "─".repeat(26)));
    let line = |left: &str, x: f64, right: &str| format!("  {left:14} {:>11}   {right}", signed(x));
    page.line(line("sum", update.sum, ""));
    page.line(line("Δw", update.moved, &reconciled(update.residual, update.reconciles, update.tolerance)));
    let [before, after] = apart(update.before, update.after);
    let sign = if update.moved < 0.0 { "−" } else { "+" };
    page.line(format!("  w + Δw = {before} {sign} {} = {after}", number(update.moved.abs())));
    page.line("");
    let value = |x: f64| match x.to_string() {
        text if text.chars().count() <= 8 => text.replace('-', "−"),
        _ => number(x),
    };
    for symbol in &update.symbols {
        // A hat takes no column of its own.
        let name = pad_str(symbol.symbol, 4, Alignment::Left, None);
        let line = format!("{name} = {:>10}   {}", value(symbol.value), symbol.meaning);
        page.line(format!("  {}", Style::new().dim().apply_to(line)));
    }
}

/// What was predicted for the step, and what was measured.
pub(super) fn effect(why: &Why, page: &mut Page, width: usize) {
    page.paragraph(&why.sentences.effect, width);
    let Some(effect) = &why.effect else { return };
    page.line("");
    page.line(format!(
        "  {:18} {:>12} {:>12} {:>12} {:>8}",
        "", "predicted", "measured", "difference", "ratio"
    ));
    for (what, change) in [("this weight alone", &effect.alone), ("all weights", &effect.all)] {
        page.line(format!(
            "  {what:18} {:>12} {:>12} {:>12} {:>8}",
            signed(change.predicted),
            signed(change.measured),
            signed(change.measured - change.predicted),
            change.ratio.map_or("–".into(), |ratio| format!("{ratio:.3}").replace('-', "−"))
        ));
    }
    page.line("");
    why.sentences.measured.iter().for_each(|sentence| page.paragraph(sentence, width));
}
