//! The losses of a run's epochs, as SVG.

use super::super::picture::{Axes, MARGINS, SIZE, grid, line, open, points, spread, text};
use crate::view::digits::number;
use crate::view::runs::{Epoch, Shown};
use std::fmt::Write;

/// Of each curve its name, colour and dashes: told apart by more than the colour (Okabe and Ito, "Color Universal Design",
/// 2008).
const CURVES: [(&str, &str, &str); 2] = [("training", "#0072b2", "none"), ("held out", "#d55e00", "8 4")];

/// The picture.
pub(super) fn draw(view: &Shown) -> String {
    let epochs: Vec<f64> = view.history.iter().map(|epoch| epoch.epoch as f64).collect();
    let of = |one: fn(&Epoch) -> Option<f64>| -> Vec<f64> {
        view.history.iter().map(|epoch| one(epoch).unwrap_or(f64::NAN)).collect()
    };
    let losses = [of(|epoch| epoch.train_loss), of(|epoch| epoch.test_loss)];
    let axes = Axes::around([epochs[0], epochs[epochs.len() - 1]], losses.iter().flatten().copied());
    let mut svg = open("", &format!("Losses of {}", view.listed.run), &[&view.listed.sentence]);
    grid(&mut svg, &axes, ["epoch", "loss"]);
    if let Some(best) = view.best() {
        let x = axes.x(epochs[best]);
        line(&mut svg, [x, MARGINS[2], x, SIZE[1] - MARGINS[3]], "stroke='#333' stroke-dasharray='2 4'");
        text(&mut svg, [x, MARGINS[2] - 4.0], "text-anchor='middle'", &format!("best: {}", epochs[best]));
    }
    let mut labels = vec![];
    for (loss, (name, colour, dashes)) in losses.iter().zip(CURVES) {
        let points = points(&axes, &epochs, loss);
        if points.is_empty() {
            continue;
        }
        let _ = writeln!(
            svg,
            "<polyline points='{points}' fill='none' stroke='{colour}' stroke-width='2' stroke-dasharray='{dashes}'/>"
        );
        // One epoch is no line.
        if epochs.len() == 1 {
            let [x, y] = [axes.x(epochs[0]), axes.y(loss[0])];
            let _ = writeln!(svg, "<circle cx='{x:.1}' cy='{y:.1}' r='4' fill='{colour}'/>");
        }
        let last = loss.iter().rev().find(|loss| loss.is_finite()).copied().unwrap_or(f64::NAN);
        labels.push((axes.y(last), format!("{name} {}", number(last)), colour));
    }
    labels.sort_by(|a, b| a.0.total_cmp(&b.0));
    let places = spread(&labels.iter().map(|(y, ..)| *y).collect::<Vec<_>>());
    let right = SIZE[0] - MARGINS[1];
    for ((y, label, colour), place) in labels.iter().zip(places) {
        line(&mut svg, [right + 2.0, *y, right + 14.0, place], "stroke='#888'");
        text(&mut svg, [right + 18.0, place + 4.5], &format!("font-weight='bold' fill='{colour}'"), label);
    }
    svg.push_str("</svg>\n");
    svg
}
