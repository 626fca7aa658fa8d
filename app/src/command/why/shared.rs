//! A weight that stands in several places, as a page.

use crate::terminal::{Page, fit, width};
use crate::view::digits::{difference, signed};
use crate::view::shared::Shared;
use console::Style;

/// The page.
pub(super) fn page(shared: &Shared) -> Page {
    let (mut page, width) = (Page::default(), width());
    let (says, nudge) = (&shared.sentences, &shared.nudge);
    page.paragraph(&Style::new().bold().apply_to(&says.weight).to_string(), width);
    page.paragraph(&says.step, width);
    page.line("");
    page.paragraph(&says.sum, width);
    page.line("");
    let left = format!("∂L/∂{}", shared.weight);
    let names = shared.places.iter().map(|place| &place.name).chain([&left]);
    let columns = names.map(|name| name.chars().count()).max().unwrap_or(0).min(width / 2);
    let line = |name: &str, x: f64, right: &str| {
        format!("  {:columns$} {:>11}   {right}", fit(name, columns), signed(x))
    };
    for place in &shared.places {
        page.line(line(&place.name, place.gradient, ""));
    }
    page.line(format!("  {}", "─".repeat(columns + 12)));
    page.line(line(&left, nudge.gradient, "the sum"));
    page.line(line("", nudge.difference, "by nudging all places at once"));
    let agrees = if nudge.agrees { "" } else { ": does not agree" };
    page.paragraph(&format!("Relative difference {}{agrees}.", difference(nudge.relative)), width);
    page.line("");
    page.paragraph(&says.more, width);
    page
}
