//! A line chart for the terminal.

use textplots::{Chart, LabelBuilder, LabelFormat, Plot, Shape};

/// Draws `y` over its numbers from `first` on, about `columns` × `lines` characters. Numbers that are not finite
/// are left out, and the chart says how many.
pub fn line(y: &[f64], first: u64, columns: usize, lines: usize) -> String {
    let points: Vec<(f32, f32)> = y
        .iter()
        .enumerate()
        .filter(|(_, y)| y.is_finite())
        .map(|(i, y)| ((first + i as u64) as f32, *y as f32))
        .collect();
    let gaps = match y.len() - points.len() {
        0 => String::new(),
        n => format!("{n} of {} values are not finite and are not drawn\n", y.len()),
    };
    let (Some(low), Some(high)) = (
        points.iter().map(|p| p.1).min_by(f32::total_cmp),
        points.iter().map(|p| p.1).max_by(f32::total_cmp),
    ) else {
        return gaps;
    };
    // A constant line needs some height to be drawn in.
    let room = if high > low { 0.0 } else { high.abs().max(1.0) * 0.5 };
    let (left, right) = (first as f32, (first + y.len().max(2) as u64 - 1) as f32);
    // Two dots a column, four a line; the labels of the y axis stand behind the right edge.
    let (width, height) = (2 * columns.saturating_sub(12).max(16) as u32, 4 * lines.max(4) as u32);
    let mut chart = Chart::new_with_y_range(width, height, left, right, low - room, high + room);
    let shape = Shape::Lines(&points);
    let chart = chart
        .lineplot(&shape)
        .x_label_format(LabelFormat::Custom(Box::new(|x| format!("{x:.0}"))))
        .y_label_format(LabelFormat::Custom(Box::new(|y| format!("{y:.4}"))));
    chart.borders();
    chart.axis();
    chart.figures();
    format!("{chart}{gaps}")
}
