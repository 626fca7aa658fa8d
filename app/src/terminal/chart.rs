//! A line chart for the terminal.

use super::text::wrap;
use console::measure_text_width as columns;
use textplots::{Chart, LabelBuilder, LabelFormat, Plot, Shape};

/// Where the highest number is so many times the lowest, the axis is logarithmic.
const DECADES: f64 = 1e3;

/// Numbers that differ by no more than this share of themselves are drawn as one: the rest is rounding.
const SAME: f64 = 1e-6;

/// The fewest columns of a plot, its border included: textplots draws no narrower one.
const LEAST: usize = 17;

/// Draws `y` over its numbers from `first` on, about `width` × `lines` characters, and says where it ends. Numbers that
/// are not finite, and zeros on a logarithmic axis, are left out, and the chart says how many. `ends` writes the two
/// ends of an axis.
pub fn line(
    y: &[f64],
    first: u64,
    width: usize,
    lines: usize,
    ends: impl Fn(f64, f64) -> [String; 2],
) -> String {
    let logarithmic = spans_decades(y);
    let drawn = |y: f64| y.is_finite() && (y > 0.0 || !logarithmic);
    let low = y.iter().copied().filter(|y| drawn(*y)).fold(f64::INFINITY, f64::min);
    let high = y.iter().copied().filter(|y| drawn(*y)).fold(f64::NEG_INFINITY, f64::max);
    let constant = low <= high && high - low <= SAME * high.abs().max(low.abs());
    let [bottom, top] = ends(low, if constant { low } else { high });
    let mut says = vec![];
    if constant {
        let to = if low == high { "" } else { ", to a millionth" };
        says.push(format!("{bottom} everywhere{to}"));
    } else if let Some(&last) = y.last() {
        let [last, _] = ends(last, if last == high { low } else { high });
        says.push(format!("at the end {last}{}", if logarithmic { "; the axis is logarithmic" } else { "" }));
    }
    let zeros = y.iter().filter(|y| **y == 0.0 && logarithmic).count();
    let infinite = y.iter().filter(|y| !y.is_finite()).count();
    for (left_out, are) in [(infinite, "not finite"), (zeros, "0")].into_iter().filter(|(n, _)| *n > 0) {
        says.push(format!("not drawn: {left_out} of {} values, {are}", y.len()));
    }
    let mut text = String::new();
    if low <= high {
        let scale = |y: f64| if logarithmic { y.log10() } else { 0.5 * y };
        let place = |y: f64| (scale(y) - scale(low)) / (scale(high) - scale(low));
        let last = y.len().max(2) - 1;
        let point = |(i, y): (usize, &f64)| {
            let place = if constant { 0.5 } else { place(*y) };
            ((i as f64 / last as f64) as f32, place as f32)
        };
        let points: Vec<_> = y.iter().enumerate().filter(|(_, y)| drawn(**y)).map(point).collect();
        text =
            plot(&points, [first, first + last as u64].map(|x| x.to_string()), [bottom, top], width, lines);
    }
    says.iter().flat_map(|says| wrap(says, width)).for_each(|line| text += &(line + "\n"));
    text
}

/// Whether a logarithmic axis shows more than a linear one.
fn spans_decades(y: &[f64]) -> bool {
    let finite = || y.iter().copied().filter(|y| y.is_finite());
    let least = finite().filter(|y| *y > 0.0).fold(f64::INFINITY, f64::min);
    finite().all(|y| y >= 0.0) && finite().any(|y| y / least >= DECADES)
}

/// Points between 0 and 1, with what stands at both ends of both axes.
fn plot(
    points: &[(f32, f32)],
    x: [String; 2],
    [bottom, top]: [String; 2],
    width: usize,
    lines: usize,
) -> String {
    let beside = width.saturating_sub(columns(&bottom).max(columns(&top)) + 1);
    let constant = bottom == top;
    let (room, above_and_below) =
        if beside < LEAST || constant { (width, !constant) } else { (beside, false) };
    // Two dots a column, four a line; the border takes a column more.
    let (dots, height) = (2 * (room.max(LEAST) - 1) as u32, 4 * lines.max(4) as u32);
    let mut chart = Chart::new_with_y_range(dots, height, 0.0, 1.0, 0.0, 1.0);
    let shape = Shape::Lines(points);
    let [left, right] = x;
    let x_label = move |x| if x < 0.5 { left.clone() } else { right.clone() };
    let (low, high) = (bottom.clone(), top.clone());
    let y_label = move |y| match (constant || above_and_below, y < 0.5) {
        (true, _) => String::new(),
        (_, true) => low.clone(),
        (_, false) => high.clone(),
    };
    let chart = chart
        .lineplot(&shape)
        .x_label_format(LabelFormat::Custom(Box::new(x_label)))
        .y_label_format(LabelFormat::Custom(Box::new(y_label)));
    chart.borders();
    chart.figures();
    // Where they have no room beside it, the ends of the y axis stand above and below.
    let drawn: String = chart.to_string().lines().map(|line| line.trim_end().to_owned() + "\n").collect();
    if above_and_below { format!("{top}\n{drawn}from {bottom}\n") } else { drawn }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(y: &[f64]) -> Vec<String> {
        let ends = |a: f64, b: f64| [a, b].map(|x| format!("{x:e}"));
        let text = line(y, 1, 60, 5, ends);
        let words = |line: &str| {
            line.trim_start_matches(|c| ('\u{2800}'..='\u{28ff}').contains(&c)).trim().to_string()
        };
        text.lines().map(words).filter(|line| !line.is_empty()).collect()
    }

    #[test]
    fn axes_name_what_is_drawn() {
        // Straight down over 22 decades, with the last value named.
        let falls: Vec<f64> = (0..23).map(|i| 10f64.powi(-i)).collect();
        let wanted = ["1e0", "1e-22", "1                                            23"];
        assert_eq!(said(&falls)[..2], wanted[..2]);
        assert_eq!(said(&falls)[3], "at the end 1e-22; the axis is logarithmic");
        // A constant has no axis that leads past it.
        assert_eq!(said(&[0.41; 20]).last().unwrap(), "4.1e-1 everywhere");
        assert_eq!(said(&[0.41; 20]).len(), 2);
        assert_eq!(said(&[1.5, 1.5 + 1e-12]).last().unwrap(), "1.5e0 everywhere, to a millionth");
        assert_eq!(said(&[3e11, 2e11, 2.5e11])[..2], ["3e11", "2e11"]);
        assert_eq!(said(&[3e11, 2e11, 2.5e11]).last().unwrap(), "at the end 2.5e11");
        // What cannot be drawn is told.
        let gaps = said(&[1.0, 1e-9, 0.0, f64::NAN, 0.5]);
        assert_eq!(gaps[gaps.len() - 3], "at the end 5e-1; the axis is logarithmic");
        assert_eq!(gaps[gaps.len() - 2], "not drawn: 1 of 5 values, not finite");
        assert_eq!(gaps[gaps.len() - 1], "not drawn: 1 of 5 values, 0");
        assert_eq!(said(&[f64::NAN; 3]), ["at the end NaN", "not drawn: 3 of 3 values, not finite"]);
        // Numbers that f32 lacks are drawn as well.
        assert_eq!(said(&[1e-60, 3e-60])[..2], ["3e-60", "1e-60"]);
        assert_eq!(said(&[-1e308, 1e308])[..2], ["1e308", "-1e308"]);
    }

    #[test]
    fn a_chart_is_no_wider_than_it_may_be() {
        let y: Vec<f64> = (0..50).map(|i| 1.0 + f64::from(i) * 1e-6).collect();
        let ends = |a: f64, b: f64| [a, b].map(|x| format!("{x:.6}"));
        for width in 17..120 {
            let text = line(&y, 1, width, 7, ends);
            assert!(text.lines().all(|line| columns(line) <= width), "{width}\n{text}");
            assert!(text.contains("1.000000\n") && text.contains("1.000049"), "{text}");
        }
    }
}
