//! A ledger as a page that is read from top to bottom.

use crate::terminal::{Page, bar, fit, two_sided, width};
use crate::view::digits::signed;
use crate::view::ledger::Ledger;
use indicatif::HumanCount;
use whygrad::credit;

/// The page.
pub(super) fn page(ledger: &Ledger) -> Page {
    let (mut page, width, says) = (Page::default(), width(), &ledger.sentences);
    if let Some(diverged) = &ledger.diverged {
        page.paragraph(&diverged.sentence, width);
        page.line("");
    }
    page.paragraph(&says.change, width);
    page.paragraph(&says.signs, width);
    layers(ledger, &mut page, width);
    page.line("");
    page.paragraph(&says.residual, width);

    let [earned, hurt] = ledger.top_neurons();
    let weight = |of: &credit::Earned| (of.name.clone(), of.allocation);
    let neuron = |of: &&credit::Account| (of.name.clone(), of.allocation);
    for (title, rows) in [
        ("Weights that earned most", ledger.earned.iter().map(weight).collect::<Vec<_>>()),
        ("Weights that hurt most", ledger.hurt.iter().map(weight).collect()),
        ("Neurons that earned most", earned.iter().map(neuron).collect()),
        ("Neurons that hurt most", hurt.iter().map(neuron).collect()),
    ] {
        page.line("");
        page.heading(title);
        match &rows[..] {
            [] => page.line("  none"),
            rows => list(&mut page, rows, width),
        }
    }
    page.line("");
    page.heading("Layers that worked against each other");
    says.opposed.iter().for_each(|pair| page.line(format!("  {pair}")));
    page.line("");
    page.heading("Steps that earned it");
    list(&mut page, &ledger.pieces(), width);
    page.line("");
    page.paragraph(&says.cost, width);
    page
}

/// What each layer earned, and the sum.
fn layers(ledger: &Ledger, page: &mut Page, width: usize) {
    page.line("");
    page.heading("Layers");
    let names = ledger.layers.iter().map(|layer| layer.name.chars().count());
    let columns = names.max().unwrap_or(0).clamp(8, 24);
    let half = (width.saturating_sub(columns + 51) / 2).clamp(4, 20);
    page.line(format!(
        "  {:columns$} {:>10} {:>11} {:>11} {:>11}",
        "", "weights", "earned", "hurt", "together"
    ));
    let most = ledger.layers.iter().map(|layer| layer.allocation.abs()).fold(f64::MIN_POSITIVE, f64::max);
    for layer in &ledger.layers {
        page.line(format!(
            "  {:columns$} {:>10} {:>11} {:>11} {:>11} {}",
            fit(&layer.name, columns),
            HumanCount(layer.weights as u64).to_string(),
            signed(layer.earned),
            signed(layer.hurt),
            signed(layer.allocation),
            two_sided(layer.allocation / most, half)
        ));
    }
    let (totals, sum) = (&ledger.totals, |left: &str, x: f64| format!("  {left:columns$} {:>46}", signed(x)));
    if totals.statistics != 0.0 {
        page.line(sum("running statistics", totals.statistics));
    }
    page.line(format!("  {}", "─".repeat(columns + 47)));
    page.line(sum("sum", totals.allocation + totals.statistics));
    page.line(sum("measured", totals.change));
}

/// Names and numbers, with a bar for each.
fn list(page: &mut Page, of: &[(String, f64)], width: usize) {
    let columns = of.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0).clamp(14, width / 2);
    let most = of.iter().map(|(_, x)| x.abs()).fold(f64::MIN_POSITIVE, f64::max);
    let room = width.saturating_sub(columns + 17).clamp(8, 48);
    let mixed = of.iter().any(|(_, x)| *x > 0.0) && of.iter().any(|(_, x)| *x < 0.0);
    for (name, x) in of {
        let drawn = if mixed { two_sided(x / most, room / 2) } else { bar(x.abs() / most, room) };
        page.line(format!("  {:columns$} {:>11}  {drawn}", fit(name, columns), signed(*x)));
    }
}
