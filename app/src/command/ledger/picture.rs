//! The curve of the loss, with what each layer contributed to it, as SVG. What layers contributed adds up to the curve,
//! so its axis is never logarithmic: there, sums have no length.

use crate::view::digits::{count, number, signed};
use crate::view::ledger::Ledger;
use std::fmt::Write;

/// Layers that have a band of their own.
const BANDS: usize = 7;

/// The most points of a curve.
const POINTS: usize = 600;

/// Size of the picture, and of the margins around the plot: left, right, top, bottom.
const SIZE: [f64; 2] = [960.0, 540.0];
const MARGINS: [f64; 4] = [70.0, 220.0, 92.0, 56.0];

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

/// Where numbers are in the plot.
struct Axes {
    x: [f64; 2],
    y: [f64; 2],
}

impl Axes {
    fn x(&self, step: f64) -> f64 {
        let width = SIZE[0] - MARGINS[0] - MARGINS[1];
        MARGINS[0] + width * (step - self.x[0]) / (self.x[1] - self.x[0]).max(f64::MIN_POSITIVE)
    }

    fn y(&self, loss: f64) -> f64 {
        let height = SIZE[1] - MARGINS[2] - MARGINS[3];
        MARGINS[2] + height * (self.y[1] - loss) / (self.y[1] - self.y[0]).max(f64::MIN_POSITIVE)
    }
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
    let finite = |numbers: &[f64]| numbers.iter().copied().filter(|x| x.is_finite()).collect::<Vec<f64>>();
    let low = finite(&floor).into_iter().chain(finite(&losses)).fold(f64::INFINITY, f64::min);
    let high = finite(&roof).into_iter().chain(finite(&losses)).fold(f64::NEG_INFINITY, f64::max);
    let (low, high) = if low <= high { (low, high) } else { (0.0, 1.0) };
    let room = 0.04 * (high - low).max(f64::MIN_POSITIVE);
    let bottom = if low >= 0.0 { 0.0 } else { low - room };
    let last = steps[steps.len() - 1];
    let axes = Axes { x: [steps[0], last.max(steps[0] + 1.0)], y: [bottom, high + room] };

    let mut svg = head(ledger, &bands);
    grid(&mut svg, &axes);
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
    let [width, height] = SIZE;
    let mut svg = format!(
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width} {height}' width='{width}' height='{height}' \
         font-family='Helvetica, Arial, sans-serif' font-size='13' fill='#222'>\n\
         <rect width='{width}' height='{height}' fill='#fff'/>\n<defs>\n"
    );
    for (i, (colour, angle)) in STYLES.iter().enumerate().take(bands.len()) {
        let _ = writeln!(
            svg,
            "<pattern id='p{i}' width='8' height='8' patternUnits='userSpaceOnUse' patternTransform='rotate({angle})'>\
             <rect width='8' height='8' fill='{colour}' fill-opacity='0.75'/>\
             <line x1='0' y1='0' x2='0' y2='8' stroke='#fff' stroke-width='2' stroke-opacity='0.6'/></pattern>"
        );
    }
    svg.push_str("</defs>\n");
    let title = format!("Which layers earned the loss change, steps {} to {}", ledger.first, ledger.last);
    text(&mut svg, [MARGINS[0], 30.0], "font-size='18' font-weight='bold'", &title);
    let what = format!("{}: loss of {}", ledger.run, count(ledger.totals.examples, "training example"));
    text(&mut svg, [MARGINS[0], 52.0], "fill='#555'", &what);
    let how = "Bands from the dashed line down: what a layer earned up to a step. Up: what it hurt.";
    text(&mut svg, [MARGINS[0], 72.0], "fill='#555'", how);
    svg
}

/// Axes with their numbers.
fn grid(svg: &mut String, axes: &Axes) {
    let [left, right] = [MARGINS[0], SIZE[0] - MARGINS[1]];
    let bottom = SIZE[1] - MARGINS[3];
    for (loss, label) in ticks(axes.y) {
        let y = axes.y(loss);
        line(svg, [left, y, right, y], "stroke='#ddd'");
        text(svg, [left - 8.0, y + 4.0], "text-anchor='end'", &label);
    }
    for step in ticks(axes.x).into_iter().map(|(step, _)| step).filter(|step| step.fract() == 0.0) {
        let x = axes.x(step);
        line(svg, [x, bottom, x, bottom + 5.0], "stroke='#333'");
        text(svg, [x, bottom + 20.0], "text-anchor='middle'", &step.to_string());
    }
    line(svg, [left, bottom, right, bottom], "stroke='#333'");
    text(svg, [(left + right) / 2.0, SIZE[1] - 14.0], "text-anchor='middle'", "step");
    let middle = (MARGINS[2] + bottom) / 2.0;
    let turned = format!("text-anchor='middle' transform='rotate(-90 18 {middle:.1})'");
    text(svg, [18.0, middle], &turned, "loss");
}

/// About six round numbers, with as many digits as they need: with an exponent where decimals would be many.
fn ticks([low, high]: [f64; 2]) -> Vec<(f64, String)> {
    if !(high - low > 0.0 && (high - low).is_finite()) {
        return vec![(low, number(low))];
    }
    let power = 10f64.powf(((high - low) / 6.0).log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].map(|m| m * power).into_iter().find(|step| (high - low) / step <= 7.0);
    let step = step.unwrap_or(10.0 * power);
    let exponent = |x: f64| x.abs().log10().floor();
    let plain = low.abs().max(high.abs()) < 1e6 && exponent(step) >= -4.0;
    let digits = |from: f64| (from - exponent(step)).max(0.0) as usize;
    let write = |x: f64| match x {
        0.0 => "0".into(),
        x if plain => format!("{x:.*}", digits(0.0)),
        x => format!("{x:.*e}", digits(exponent(x))).replace(".0e", "e"),
    };
    let first = (low / step).ceil();
    let numbers = (0..20).map(|i| (first + f64::from(i)) * step).take_while(|x| *x <= high);
    numbers.map(|x| (x, write(x).replace('-', "−"))).collect()
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

fn points(axes: &Axes, steps: &[f64], y: &[f64]) -> String {
    let finite = steps.iter().zip(y).filter(|(_, y)| y.is_finite());
    let points: Vec<String> = finite.map(|(x, y)| format!("{:.1},{:.1}", axes.x(*x), axes.y(*y))).collect();
    points.join(" ")
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
    let (right, gap, bottom) = (SIZE[0] - MARGINS[1], 18.0, SIZE[1] - MARGINS[3] + 4.0);
    let mut places: Vec<f64> = all.iter().map(|(y, ..)| *y).collect();
    for i in 1..places.len() {
        places[i] = places[i].max(places[i - 1] + gap);
    }
    let mut limit = bottom;
    for place in places.iter_mut().rev() {
        *place = place.min(limit);
        limit = *place - gap;
    }
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

fn line(svg: &mut String, [x1, y1, x2, y2]: [f64; 4], style: &str) {
    let _ = writeln!(svg, "<line x1='{x1:.1}' y1='{y1:.1}' x2='{x2:.1}' y2='{y2:.1}' {style}/>");
}

fn text(svg: &mut String, [x, y]: [f64; 2], style: &str, text: &str) {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let _ = writeln!(svg, "<text x='{x:.1}' y='{y:.1}' {style}>{text}</text>");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_told_apart_at_every_size() {
        let labels =
            |low, high| ticks([low, high]).into_iter().map(|(_, label)| label).collect::<Vec<_>>().join(" ");
        assert_eq!(labels(0.0, 1.1), "0 0.2 0.4 0.6 0.8 1.0");
        assert_eq!(labels(0.0, 3.3e11), "0 5e10 1e11 1.5e11 2e11 2.5e11 3e11");
        assert_eq!(labels(0.0, 1.04e-22), "0 2e−23 4e−23 6e−23 8e−23 1e−22");
        assert_eq!(labels(-1e-5, 2e-5), "−1e−5 −5e−6 0 5e−6 1e−5 1.5e−5 2e−5");
        assert_eq!((labels(0.0, 0.0), labels(0.41, 0.41)), ("0".into(), "0.4100".into()));
        assert_eq!(labels(1.0, 240.0), "50 100 150 200");
        for power in -300..300 {
            let high = 7.3 * 10f64.powi(power);
            let found: std::collections::HashSet<String> =
                ticks([0.0, high]).into_iter().map(|(_, label)| label).collect();
            assert!(found.len() == ticks([0.0, high]).len() && found.len() >= 4, "{high}: {found:?}");
            assert!(found.iter().all(|label| label.chars().count() <= 9), "{found:?}");
        }
    }
}
