//! Why a weight moved, as a page that is read from top to bottom.

mod chain;
mod paths;
mod step;

use crate::terminal::{Page, width, wrap};
use crate::view::digits::{difference, number, short};
use crate::view::why::Why;
use console::Style;

/// The page, with so many examples.
pub(super) fn page(why: &Why, examples: usize) -> Page {
    let (mut page, width) = (Page::default(), width());
    if let Some(diverged) = &why.diverged {
        page.paragraph(&diverged.sentence, width);
        page.line("");
    }
    for line in wrap(&why.sentences.weight, width) {
        page.line(Style::new().bold().apply_to(line).to_string());
    }
    page.paragraph(&why.sentences.step, width);
    why.sentences.chosen.iter().for_each(|sentence| page.paragraph(sentence, width));
    page.line("");
    gradient(why, &mut page, width);
    type Part<'a> = (&'a str, &'a dyn Fn(&mut Page));
    let parts: [Part<'_>; 5] = [
        ("Chain: the factors of one example's gradient", &|page| chain::show(why, page, width)),
        ("Paths: the ways from the loss to the weight", &|page| paths::show(why, page, width)),
        ("Examples: who pushed the weight up or down", &|page| step::examples(why, page, width, examples)),
        ("Update: what the optimizer made of the gradient", &|page| step::update(why, page, width)),
        ("Effect: what the step did to the batch's loss", &|page| step::effect(why, page, width)),
    ];
    for (k, (title, part)) in (1..).zip(parts) {
        page.line("");
        page.title(k, title);
        part(&mut page);
    }
    page
}

/// The gradient, and what it should equal.
fn gradient(why: &Why, page: &mut Page, width: usize) {
    let (nudge, beside, weight) = (&why.nudge, &why.beside, &why.weight);
    let left = format!("∂L/∂{}", if weight.chars().count() <= 8 { weight } else { "w" });
    let gap = " ".repeat(left.chars().count());
    page.line(format!("  {left} = {:>10}   by backpropagation", number(nudge.gradient)));
    let agrees = if nudge.agrees { "" } else { ": does not agree" };
    page.line(format!(
        "  {gap} = {:>10}   by nudging; relative difference {}{agrees}",
        number(nudge.difference),
        difference(nudge.relative)
    ));
    if why.precision == "f32" {
        page.line(format!(
            "  {gap} = {:>10}   in training, with f32; relative difference {}",
            number(beside.training),
            beside.relative.map_or("–".into(), short)
        ));
    }
    why.sentences.kinks.iter().for_each(|kink| page.paragraph(kink, width));
}
