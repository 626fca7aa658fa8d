//! A weight that stands in several places, as a page.

use crate::terminal::{Page, padded, wrap};
use crate::view::digits::{difference, signed};
use crate::view::shared::Shared;
use console::Style;

/// The page.
pub(in crate::command) fn page(shared: &Shared, page: &mut Page) {
    let (says, nudge) = (&shared.sentences, &shared.nudge);
    for line in wrap(&says.weight, page.width) {
        page.line(Style::new().bold().apply_to(line).to_string());
    }
    page.paragraph(&says.step);
    page.line("");
    page.paragraph(&says.sum);
    page.line("");
    let left = format!("∂L/∂{}", shared.weight);
    let names = shared.places.iter().map(|place| &place.name).chain([&left]);
    let columns = names.map(|name| name.chars().count()).max().unwrap_or(0);
    let row = |page: &mut Page, name: &str, x: f64, right: &str| {
        page.row(&[padded(name, columns), format!("{:>11}", signed(x)), format!("  {right}")]);
    };
    for place in &shared.places {
        row(page, &place.name, place.gradient, "");
    }
    page.rule(columns + 12);
    row(page, &left, nudge.gradient, "the sum");
    row(page, "", nudge.difference, "by nudging all places at once");
    let agrees = if nudge.agrees { "" } else { ": does not agree" };
    page.paragraph(&format!("Relative difference {}{agrees}.", difference(nudge.relative)));
    page.line("");
    page.paragraph(&says.more);
}
