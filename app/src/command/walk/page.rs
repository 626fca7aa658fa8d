//! The six steps as a page that is read from top to bottom.

mod drawing;

use crate::terminal::{Page, chart, width};
use crate::view::digits::{difference, factor, number};
use crate::view::walk::{Derivation, Equation, Walk, WeightChain};

/// The page, or one of its six steps.
pub(super) fn page(walk: &Walk, only: Option<u64>) -> Page {
    let (mut page, width, story) = (Page::default(), width(), &walk.story);
    if !walk.source.is_empty() {
        page.paragraph(&format!("{}: {}", walk.name, walk.source), width);
        page.line("");
    }
    let steps: [&dyn Fn(&mut Page); 6] = [
        &|page| drawing::show(&story.network, &walk.inputs, page, width),
        &|page| derivation(2, &story.forward, page, width),
        &|page| derivation(3, &story.loss, page, width),
        &|page| derivation(4, &story.output_weights, page, width),
        &|page| derivation(5, &story.hidden_weights, page, width),
        &|page| learning(walk, page, width),
    ];
    for (k, step) in (1..).zip(steps) {
        if only.is_none_or(|only| only == k) {
            step(&mut page);
            page.line("");
        }
    }
    if only.is_none() {
        let other = match walk.source.is_empty() {
            true => "walk --activation relu, --lr 2, --case mazur, --step 5",
            false => "walk, or another --case",
        };
        page.line(format!("Try: whygrad {other}"));
    }
    page
}

fn derivation(k: u8, step: &Derivation, page: &mut Page, width: usize) {
    page.title(k, &step.title);
    page.paragraph(&step.opening, width);
    page.line("");
    step.equations.iter().for_each(|of| equation(of, page, width));
    if !step.chains.is_empty() {
        page.line("");
        for of in &step.chains {
            let several = step.chains.iter().filter(|other| other.weight == of.weight).count() > 1;
            chain(of, several, page);
        }
    }
    if let Some(closing) = &step.closing {
        page.line("");
        page.paragraph(closing, width);
    }
}

fn equation(of: &Equation, page: &mut Page, width: usize) {
    let (symbols, value) = (of.expression.symbols(), number(of.value));
    // A letter by itself is followed by its number anyway.
    let numbers = if of.expression.is_symbol() { symbols.clone() } else { of.expression.numbers(number) };
    page.equation(&of.symbol, &symbols, &numbers, &value, width);
}

/// A chain; of `several` of a shared weight, none gives the whole gradient.
fn chain(of: &WeightChain, several: bool, page: &mut Page) {
    let through = if several { format!(" through {}", of.to) } else { String::new() };
    let left = format!("∂L/∂{}{through}", of.weight);
    if of.factors.is_empty() {
        return page.line(format!("  {left} = 0: no path leads from the loss to it"));
    }
    let gap = " ".repeat(left.chars().count());
    let symbols: Vec<&str> = of.factors.iter().map(|factor| factor.symbol.as_str()).collect();
    let numbers: Vec<String> = of.factors.iter().map(|of| factor(of.value)).collect();
    page.line(format!("  {left} = {}", symbols.join(" × ")));
    let product = number(of.product);
    page.line(format!("  {gap} = {} = {product}   (last factor: {})", numbers.join(" × "), of.last));
    if let Some(zero) = &of.zero {
        page.line(format!("  {gap}   the product is 0 because {zero} is 0"));
    }
    if let Some(sum) = of.shared {
        page.line(format!("  {} is shared: its gradient is the sum of these, {}", of.weight, number(sum)));
    }
}

fn learning(walk: &Walk, page: &mut Page, width: usize) {
    let step = &walk.story.learning;
    page.title(6, &step.title);
    page.paragraph(&step.opening, width);
    page.line("");
    let head = if walk.learned.is_some() { "        new w" } else { "" };
    page.line(format!("  weight         w     gradient   by nudging  rel. diff.{head}"));
    for row in &step.weights {
        let new = row.learned.map_or(String::new(), |learned| format!(" {:>12}", number(learned)));
        let note = match (row.stays, row.kink) {
            (_, true) => "  a kink lies inside the nudge",
            (true, _) => "  stays",
            _ => "",
        };
        page.line(format!(
            "  {:<6} {:>9} {:>12} {:>12} {:>11}{new}{note}",
            row.weight,
            number(row.value),
            number(row.gradient),
            number(row.nudged),
            difference(row.relative)
        ));
    }
    let (Some(after), Some(losses)) = (&walk.after, &walk.losses) else { return };
    page.line("");
    for of in &step.predictions {
        let [before, after, target] = [of.before, of.after, of.target].map(number);
        page.line(format!("  prediction {}: {before} → {after}   (target {target})", of.output));
    }
    page.line(format!("  loss L:       {} → {}", number(walk.step.loss), number(after.loss)));
    for misprint in &step.misprints {
        page.line(format!("\n  {}", misprint.figure));
        page.indented(&misprint.reason, width.saturating_sub(2));
    }
    page.line(format!("\n  loss after 0 to {} updates", losses.len() - 1));
    for line in chart(losses, 0, 76, 7).lines() {
        page.line(format!("  {line}"));
    }
    page.line("");
    page.paragraph(&step.closing, width);
}
