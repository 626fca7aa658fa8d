//! The curve of the loss, with what each layer contributed to it, as SVG. What layers contributed adds up to the curve,
//! so its axis is never logarithmic: there, sums have no length.

use super::super::picture::{Axes, MARGINS, SIZE, grid, line, open, points, spread, text};
use crate::view::digits::{count, number, signed};
use crate::view::ledger::Ledger;
use std::fmt::Write;

/// Layers that have a band of their own.
const BANDS: usize = 7;

/// The most points of a curve.
const POINTS: usize = 600;

/// Colours that people tell apart whatever they see of colour (Okabe and Ito, "Color Universal Design", 2008), and the
/// angle of the hatching that goes with each.
const STYLES: [(&str, f64); BANDS + 2] = [
    ("#0072b2", 45.0),
    ("#e69f00", 135.0),
    ("#009e73", 0.0),
    ("#cc79a7", 90.0),
    ("#56b4e9", 22.0),
    ("#d55e00", 158.0),
    ("#f0e442", 68.0),
    ("#999999", 112.0),
    ("#bbbbbb", 10.0),
];

/// What a band shows.
struct Band {
    name: String,
    /// What it contributed up to each point.
    sums: Vec<f64>,
}

/// The picture.
pub(super) fn draw(ledger: &Ledger) -> String {
    let (steps, losses, bands) = curves(ledger);
    let start = ledger.totals.before;
    // From the loss at the start, what was earned goes down and what hurt goes up.
    let mut floor = vec![start; steps.len()];
    let mut roof = floor.clone();
    let mut areas = vec![];
    for band in &bands {
        let edges = |edge: &mut Vec<f64>, part: fn(f64) -> f64| {
            let from = edge.clone();
            edge.iter_mut().zip(&band.sums).for_each(|(edge, sum)| *edge += part(*sum));
            (from, edge.clone())
        };
        areas.push([edges(&mut floor, |sum| sum.min(0.0)), edges(&mut roof, |sum| sum.max(0.0))]);
    }
    let drawn = floor.iter().chain(&roof).chain(&losses).copied();
    let axes = Axes::around([steps[0], steps[steps.len() - 1]], drawn);

    let mut svg = head(ledger, &bands);
    grid(&mut svg, &axes, ["step", "loss"]);
    for (i, [earned, hurt]) in areas.iter().enumerate() {
        area(&mut svg, &axes, &steps, earned, i);
        area(&mut svg, &axes, &steps, hurt, i);
    }
    let y = axes.y(start);
    let (left, right) = (MARGINS[0], SIZE[0] - MARGINS[1]);
    line(&mut svg, [left, y, right, y], "stroke='#333' stroke-dasharray='5 4'");
    let points = points(&axes, &steps, &losses);
    for style in ["stroke='#fff' stroke-width='4.5'", "stroke='#000' stroke-width='2'"] {
        let _ = writeln!(svg, "<polyline points='{points}' fill='none' {style}/>");
    }
    labels(&mut svg, &axes, start, &losses, &bands, &areas);
    svg.push_str("</svg>\n");
    svg
}

/// Steps, the loss at each, and the bands.
fn curves(ledger: &Ledger) -> (Vec<f64>, Vec<f64>, Vec<Band>) {
    // The point before the first step, and as many others as can be seen.
    let every = ledger.steps.len().div_ceil(POINTS).max(1);
    let taken = |i: usize| (i + 1).is_multiple_of(every) || i + 1 == ledger.steps.len();
    let curve = |start: f64, of: &dyn Fn(usize) -> f64| -> Vec<f64> {
        let mut sum = start;
        let mut points = vec![start];
        for i in 0..ledger.steps.len() {
            sum += of(i);
            if taken(i) {
                points.push(sum);
            }
        }
        points
    };
    let steps = curve(ledger.first as f64 - 1.0, &|_| 1.0);
    let losses = curve(ledger.totals.before, &|i| ledger.steps[i].change);
    // The layers with the most have bands of their own, in the order of the network.
    let mut order: Vec<usize> = (0..ledger.layers.len()).collect();
    let size = |layer: usize| ledger.layers[layer].earned.abs() + ledger.layers[layer].hurt;
    order.sort_by(|&a, &b| size(b).total_cmp(&size(a)));
    let others = order.split_off(BANDS.min(order.len()));
    order.sort_unstable();
    let of =
        |layers: &[usize]| curve(0.0, &|i| layers.iter().map(|&layer| ledger.steps[i].layers[layer]).sum());
    let band = |layer: usize| Band { name: ledger.layers[layer].name.clone(), sums: of(&[layer]) };
    let mut bands: Vec<Band> = order.iter().map(|&layer| band(layer)).collect();
    if !others.is_empty() {
        bands.push(Band { name: format!("{} other layers", others.len()), sums: of(&others) });
    }
    if ledger.totals.statistics != 0.0 {
        let sums = curve(0.0, &|i| ledger.steps[i].statistics);
        bands.push(Band { name: "running statistics".into(), sums });
    }
    (steps, losses, bands)
}

fn head(ledger: &Ledger, bands: &[Band]) -> String {
    let mut patterns = String::new();
    for (i, (colour, angle)) in STYLES.iter().enumerate().take(bands.len()) {
        let _ = writeln!(
            patterns,
            "<pattern id='p{i}' width='8' height='8' patternUnits='userSpaceOnUse' patternTransform='rotate({angle})'>\
             <rect width='8' height='8' fill='{colour}' fill-opacity='0.75'/>\
             <line x1='0' y1='0' x2='0' y2='8' stroke='#fff' stroke-width='2' stroke-opacity='0.6'/></pattern>"
        );
    }
    let title = format!("Which layers earned the loss change, steps {} to {}", ledger.first, ledger.last);
    let what = format!("{}: loss of {}", ledger.run, count(ledger.totals.examples, "training example"));
    let how = "Bands from the dashed line down: what a layer earned up to a step. Up: what it hurt.";
    open(&patterns, &title, &[&what, how])
}

fn area(svg: &mut String, axes: &Axes, steps: &[f64], (from, to): &(Vec<f64>, Vec<f64>), band: usize) {
    if from == to || from.iter().chain(to).any(|x| !x.is_finite()) {
        return;
    }
    let mut back: Vec<f64> = steps.to_vec();
    back.reverse();
    let mut lower = to.clone();
    lower.reverse();
    let (there, back) = (points(axes, steps, from), points(axes, &back, &lower));
    let _ = writeln!(
        svg,
        "<polygon points='{there} {back}' fill='url(#p{band})' stroke='#fff' stroke-width='0.6'/>"
    );
}

/// Names at the right edge, each beside its band, and none over another.
fn labels(
    svg: &mut String,
    axes: &Axes,
    start: f64,
    losses: &[f64],
    bands: &[Band],
    areas: &[[(Vec<f64>, Vec<f64>); 2]],
) {
    let last = losses.len() - 1;
    let mut all = vec![
        (axes.y(start), None, format!("start {}", number(start))),
        (axes.y(losses[last]), None, format!("loss {}", number(losses[last]))),
    ];
    for (i, (band, [earned, hurt])) in bands.iter().zip(areas).enumerate() {
        let sum = band.sums[last];
        let (from, to) = if sum > 0.0 { hurt } else { earned };
        all.push((axes.y((from[last] + to[last]) / 2.0), Some(i), format!("{} {}", band.name, signed(sum))));
    }
    all.retain(|(y, ..)| y.is_finite());
    all.sort_by(|(a, ..), (b, ..)| a.total_cmp(b));
    let right = SIZE[0] - MARGINS[1];
    let places = spread(&all.iter().map(|(y, ..)| *y).collect::<Vec<_>>());
    for ((y, band, name), place) in all.iter().zip(places) {
        line(svg, [right + 2.0, *y, right + 14.0, place], "stroke='#888'");
        let mut x = right + 18.0;
        if let Some(band) = band {
            let top = place - 6.0;
            let _ = writeln!(svg, "<rect x='{x}' y='{top:.1}' width='12' height='12' fill='url(#p{band})'/>");
            x += 17.0;
        }
        text(svg, [x, place + 4.5], if band.is_some() { "" } else { "font-weight='bold'" }, name);
    }
}
