//! Pictures as SVG: axes with round numbers, curves, labels at their ends that do not cover each other.

use crate::view::digits::number;
use std::fmt::Write;

/// Size of the picture, and of the margins around the plot: left, right, top, bottom.
pub(super) const SIZE: [f64; 2] = [960.0, 540.0];
pub(super) const MARGINS: [f64; 4] = [70.0, 220.0, 92.0, 56.0];

/// Where numbers are in the plot.
pub(super) struct Axes {
    /// Least and largest number.
    pub x: [f64; 2],
    pub y: [f64; 2],
}

impl Axes {
    /// Axes for numbers that are finite among these, from 0 where none is below.
    pub(super) fn around(x: [f64; 2], y: impl Iterator<Item = f64>) -> Axes {
        let (low, high) = y
            .filter(|y| y.is_finite())
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), y| (low.min(y), high.max(y)));
        let (low, high) = if low <= high { (low, high) } else { (0.0, 1.0) };
        let room = 0.04 * (high - low).max(f64::MIN_POSITIVE);
        let bottom = if low >= 0.0 { 0.0 } else { low - room };
        Axes { x: [x[0], x[1].max(x[0] + 1.0)], y: [bottom, high + room] }
    }

    /// Where a number is, to the right.
    pub(super) fn x(&self, step: f64) -> f64 {
        let width = SIZE[0] - MARGINS[0] - MARGINS[1];
        MARGINS[0] + width * (step - self.x[0]) / (self.x[1] - self.x[0]).max(f64::MIN_POSITIVE)
    }

    /// Where a number is, downwards.
    pub(super) fn y(&self, loss: f64) -> f64 {
        let height = SIZE[1] - MARGINS[2] - MARGINS[3];
        MARGINS[2] + height * (self.y[1] - loss) / (self.y[1] - self.y[0]).max(f64::MIN_POSITIVE)
    }
}

/// A picture with its title, and nothing in it yet; `defined` is what is drawn with.
pub(super) fn open(defined: &str, title: &str, below: &[&str]) -> String {
    let [width, height] = SIZE;
    let mut svg = format!(
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width} {height}' width='{width}' height='{height}' \
         font-family='Helvetica, Arial, sans-serif' font-size='13' fill='#222'>\n\
         <rect width='{width}' height='{height}' fill='#fff'/>\n<defs>\n{defined}</defs>\n"
    );
    text(&mut svg, [MARGINS[0], 30.0], "font-size='18' font-weight='bold'", title);
    for (line, at) in below.iter().zip([52.0, 72.0]) {
        text(&mut svg, [MARGINS[0], at], "fill='#555'", line);
    }
    svg
}

/// Axes with their numbers, and what those are of.
pub(super) fn grid(svg: &mut String, axes: &Axes, [x, y]: [&str; 2]) {
    let [left, right] = [MARGINS[0], SIZE[0] - MARGINS[1]];
    let bottom = SIZE[1] - MARGINS[3];
    for (tick, label) in ticks(axes.y) {
        let y = axes.y(tick);
        line(svg, [left, y, right, y], "stroke='#ddd'");
        text(svg, [left - 8.0, y + 4.0], "text-anchor='end'", &label);
    }
    for tick in ticks(axes.x).into_iter().map(|(tick, _)| tick).filter(|tick| tick.fract() == 0.0) {
        let x = axes.x(tick);
        line(svg, [x, bottom, x, bottom + 5.0], "stroke='#333'");
        text(svg, [x, bottom + 20.0], "text-anchor='middle'", &tick.to_string());
    }
    line(svg, [left, bottom, right, bottom], "stroke='#333'");
    text(svg, [(left + right) / 2.0, SIZE[1] - 14.0], "text-anchor='middle'", x);
    let middle = (MARGINS[2] + bottom) / 2.0;
    let turned = format!("text-anchor='middle' transform='rotate(-90 18 {middle:.1})'");
    text(svg, [18.0, middle], &turned, y);
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

/// Those of a curve that are finite, as SVG writes them.
pub(super) fn points(axes: &Axes, steps: &[f64], y: &[f64]) -> String {
    let finite = steps.iter().zip(y).filter(|(_, y)| y.is_finite());
    let points: Vec<String> = finite.map(|(x, y)| format!("{:.1},{:.1}", axes.x(*x), axes.y(*y))).collect();
    points.join(" ")
}

/// Where labels stand that are to be at these heights, ascending, and not over each other.
pub(super) fn spread(at: &[f64]) -> Vec<f64> {
    let (gap, bottom) = (18.0, SIZE[1] - MARGINS[3] + 4.0);
    let mut places = at.to_vec();
    for i in 1..places.len() {
        places[i] = places[i].max(places[i - 1] + gap);
    }
    let mut limit = bottom;
    for place in places.iter_mut().rev() {
        *place = place.min(limit);
        limit = *place - gap;
    }
    places
}

pub(super) fn line(svg: &mut String, [x1, y1, x2, y2]: [f64; 4], style: &str) {
    let _ = writeln!(svg, "<line x1='{x1:.1}' y1='{y1:.1}' x2='{x2:.1}' y2='{y2:.1}' {style}/>");
}

pub(super) fn text(svg: &mut String, [x, y]: [f64; 2], style: &str, text: &str) {
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
