//! The six steps as a page that is read from top to bottom.

mod drawing;

use crate::terminal::{Page, chart};
use crate::view::digits::{count, difference, ends, factors, number};
use crate::view::walk::{Derivation, Equation, Walk, WeightChain};

/// The page, or one of its six steps.
pub(in crate::command) fn page(walk: &Walk, only: Option<u64>, page: &mut Page) {
    let story = &walk.story;
    if !walk.source.is_empty() {
        page.paragraph(&format!("{}: {}", walk.name, walk.source));
        page.line("");
    }
    if walk.updates_before > 0 {
        page.paragraph(&format!("After {}:", count(walk.updates_before as usize, "update")));
        page.line("");
    }
    let steps: [&dyn Fn(&mut Page); 6] = [
        &|page| drawing::show(&story.network, &walk.inputs, page),
        &|page| derivation(2, &story.forward, page),
        &|page| derivation(3, &story.loss, page),
        &|page| derivation(4, &story.output_weights, page),
        &|page| derivation(5, &story.hidden_weights, page),
        &|page| learning(walk, page),
    ];
    for (k, step) in (1..).zip(steps) {
        if only.is_none_or(|only| only == k) {
            step(page);
            page.line("");
        }
    }
    if only.is_none() {
        let other = match walk.source.is_empty() {
            true => "walk --activation relu, --lr 2, --case mazur, --step 5",
            false => "walk, or another --case",
        };
        page.paragraph(&format!("Try: whygrad {other}"));
    }
}

fn derivation(k: u8, step: &Derivation, page: &mut Page) {
    page.title(k, &step.title);
    page.paragraph(&step.opening);
    page.line("");
    step.equations.iter().for_each(|of| equation(of, page));
    if !step.chains.is_empty() {
        page.line("");
        for of in &step.chains {
            let several = step.chains.iter().filter(|other| other.weight == of.weight).count() > 1;
            chain(of, several, page);
        }
    }
    if let Some(closing) = &step.closing {
        page.line("");
        page.paragraph(closing);
    }
}

fn equation(of: &Equation, page: &mut Page) {
    let (symbols, value) = (of.expression.symbols(), number(of.value));
    // A letter by itself is followed by its number anyway.
    let numbers = if of.expression.is_symbol() { symbols.clone() } else { of.expression.readable() };
    page.equation(&of.symbol, &symbols, &numbers, &value);
}

/// A chain; of `several` of a shared weight, none gives the whole gradient.
fn chain(of: &WeightChain, several: bool, page: &mut Page) {
    let through = if several { format!(" through {}", of.to) } else { String::new() };
    let left = format!("∂L/∂{}{through}", of.weight);
    if of.factors.is_empty() {
        return page.hanging(&format!("  {left} = "), "0: no path leads from the loss to it");
    }
    let gap = " ".repeat(left.chars().count());
    let symbols: Vec<&str> = of.factors.iter().map(|factor| factor.symbol.as_str()).collect();
    let numbers = factors(&of.factors.iter().map(|of| of.value).collect::<Vec<_>>(), of.product);
    page.hanging(&format!("  {left} = "), &symbols.join(" × "));
    let (numbers, product) = (numbers.join(" × "), number(of.product));
    page.hanging(&format!("  {gap} = "), &format!("{numbers} = {product}   (last factor: {})", of.last));
    if let Some(zero) = &of.zero {
        page.hanging(&format!("  {gap}   "), &format!("the product is 0 because {zero} is 0"));
    }
    if let Some(sum) = of.shared {
        page.indented(&format!("{} is shared: its gradient is the sum of these, {}", of.weight, number(sum)));
    }
}

fn learning(walk: &Walk, page: &mut Page) {
    let step = &walk.story.learning;
    page.title(6, &step.title);
    page.paragraph(&step.opening);
    page.line("");
    let cells = |weight: &str, [w, gradient, nudged]: [&str; 3], relative: &str, new: &str| {
        let [gradient, nudged, new] = [gradient, nudged, new].map(|cell| format!("{cell:>12}"));
        vec![format!("{weight:6}"), format!("{w:>9}"), gradient, nudged, format!("{relative:>11}"), new]
    };
    let new = if walk.learned.is_some() { "new w" } else { "" };
    page.row(&cells("weight", ["w", "gradient", "by nudging"], "rel. diff.", new));
    for row in &step.weights {
        let numbers = [row.value, row.gradient, row.nudged].map(number);
        let numbers = numbers.each_ref().map(String::as_str);
        let new = row.learned.map_or(String::new(), number);
        let mut cells = cells(&row.weight, numbers, &difference(row.relative), &new);
        match (row.stays, row.kink) {
            (_, true) => cells.push(" a kink lies inside the nudge".into()),
            (true, _) => cells.push(" stays".into()),
            _ => {}
        }
        page.row(&cells);
    }
    let (Some(after), Some(losses)) = (&walk.after, &walk.losses) else { return };
    page.line("");
    for of in &step.predictions {
        let [before, after, target] = [of.before, of.after, of.target].map(number);
        page.indented(&format!("prediction {}: {before} → {after}   (target {target})", of.output));
    }
    page.indented(&format!("loss L:       {} → {}", number(walk.step.loss), number(after.loss)));
    for misprint in &step.misprints {
        page.line("");
        page.indented(&misprint.figure);
        page.indented(&misprint.reason);
    }
    page.line("");
    page.indented(&format!("loss after 0 to {} updates", losses.len() - 1));
    for line in chart(losses, 0, (page.width - 2).min(76), 7, ends).lines() {
        page.line(format!("  {line}"));
    }
    page.line("");
    page.paragraph(&step.closing);
}
