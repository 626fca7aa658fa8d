//! A ledger as a page that is read from top to bottom.

use crate::terminal::{Page, bar, padded, two_sided};
use crate::view::digits::signed;
use crate::view::ledger::Ledger;
use indicatif::HumanCount;
use whygrad::credit;

/// The page.
pub(in crate::command) fn page(ledger: &Ledger, page: &mut Page) {
    let says = &ledger.sentences;
    if let Some(diverged) = &ledger.diverged {
        page.paragraph(&diverged.sentence);
        page.line("");
    }
    page.paragraph(&says.change);
    page.paragraph(&says.signs);
    layers(ledger, page);
    page.line("");
    page.paragraph(&says.residual);

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
            rows => list(page, rows),
        }
    }
    page.line("");
    page.heading("Layers that worked against each other");
    says.opposed.iter().for_each(|pair| page.indented(pair));
    page.line("");
    page.heading("Steps that earned it");
    list(page, &ledger.pieces());
    page.line("");
    page.paragraph(&says.cost);
}

/// What each layer earned, and the sum.
fn layers(ledger: &Ledger, page: &mut Page) {
    page.line("");
    page.heading("Layers");
    let names = ledger.layers.iter().map(|layer| layer.name.chars().count());
    let statistics = if ledger.totals.statistics != 0.0 { "running statistics" } else { "" };
    let columns = names.max().unwrap_or(0).max(statistics.len()).clamp(8, (page.width / 3).clamp(16, 24));
    let half = page.room(columns + 51, 40) / 2;
    let cells = |name: &str, [weights, earned, hurt, together]: [&str; 4]| {
        let name = padded(name, columns);
        vec![
            name,
            format!("{weights:>10}"),
            format!("{earned:>11}"),
            format!("{hurt:>11}"),
            format!("{together:>11}"),
        ]
    };
    page.row(&cells("", ["weights", "earned", "hurt", "together"]));
    let most = ledger.layers.iter().map(|layer| layer.allocation.abs()).fold(f64::MIN_POSITIVE, f64::max);
    for layer in &ledger.layers {
        let weights = HumanCount(layer.weights as u64).to_string();
        let [earned, hurt, together] = [layer.earned, layer.hurt, layer.allocation].map(signed);
        let mut cells = cells(&layer.name, [&weights, &earned, &hurt, &together]);
        cells.push(two_sided(layer.allocation / most, half));
        page.row(&cells);
    }
    let totals = &ledger.totals;
    let sum = |page: &mut Page, left: &str, x: f64| page.row(&cells(left, ["", "", "", &signed(x)]));
    if !statistics.is_empty() {
        sum(page, statistics, totals.statistics);
    }
    page.rule(columns + 47);
    sum(page, "sum", totals.allocation + totals.statistics);
    sum(page, "measured", totals.change);
}

/// Names and numbers, with a bar for each.
fn list(page: &mut Page, of: &[(String, f64)]) {
    let columns = of.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    let columns = columns.clamp(14, (page.width / 2).max(16));
    let most = of.iter().map(|(_, x)| x.abs()).fold(f64::MIN_POSITIVE, f64::max);
    let room = page.room(columns + 17, 48);
    let mixed = of.iter().any(|(_, x)| *x > 0.0) && of.iter().any(|(_, x)| *x < 0.0);
    for (name, x) in of {
        let drawn = if mixed { two_sided(x / most, room / 2) } else { bar(x.abs() / most, room) };
        page.row(&[padded(name, columns), format!("{:>11}", signed(*x)), format!(" {drawn}")]);
    }
}
