//! Why a weight moved, as a page that is read from top to bottom.

mod chain;
mod paths;
mod step;

use crate::terminal::{Page, wrap};
use crate::view::digits::{difference, number, short};
use crate::view::why::Why;
use console::Style;

/// The page, with so many examples.
pub(in crate::command) fn page(why: &Why, examples: usize, page: &mut Page) {
    if let Some(diverged) = &why.diverged {
        page.paragraph(&diverged.sentence);
        page.line("");
    }
    for line in wrap(&why.sentences.weight, page.width) {
        page.line(Style::new().bold().apply_to(line).to_string());
    }
    page.paragraph(&why.sentences.step);
    why.sentences.chosen.iter().for_each(|sentence| page.paragraph(sentence));
    page.line("");
    gradient(why, page);
    type Part<'a> = (&'a str, &'a dyn Fn(&mut Page));
    let parts: [Part<'_>; 5] = [
        ("Chain: the factors of one example's gradient", &|page| chain::show(why, page)),
        ("Paths: the ways from the loss to the weight", &|page| paths::show(why, page)),
        ("Examples: who pushed the weight up or down", &|page| step::examples(why, page, examples)),
        ("Update: what the optimizer made of the gradient", &|page| step::update(why, page)),
        ("Effect: what the step did to the batch's loss", &|page| step::effect(why, page)),
    ];
    for (k, (title, part)) in (1..).zip(parts) {
        page.line("");
        page.title(k, title);
        part(page);
    }
}

/// The gradient, and what it should equal.
fn gradient(why: &Why, page: &mut Page) {
    let (nudge, beside, weight) = (&why.nudge, &why.beside, &why.weight);
    let left = format!("∂L/∂{}", if weight.chars().count() <= 8 { weight } else { "w" });
    let gap = " ".repeat(left.chars().count());
    let mut row = |left: &str, x: f64, by: String| {
        page.row(&[format!("{left} = {:>10}", number(x)), format!("  {by}")]);
    };
    row(&left, nudge.gradient, "by backpropagation".into());
    let agrees = if nudge.agrees { "" } else { ": does not agree" };
    let by = format!("by nudging; relative difference {}{agrees}", difference(nudge.relative));
    row(&gap, nudge.difference, by);
    if why.precision == "f32" {
        let relative = beside.relative.map_or("–".into(), short);
        row(&gap, beside.training, format!("in training, with f32; relative difference {relative}"));
    }
    why.sentences.kinks.iter().for_each(|kink| page.paragraph(kink));
}
