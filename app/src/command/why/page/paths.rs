//! The paths, strongest first, and what is true of all of them.

use crate::terminal::{Page, bar, padded, two_sided};
use crate::view::digits::{count, percent, reconciled, signed};
use crate::view::why::Why;

/// The paths, and what they sum to.
pub(super) fn show(why: &Why, page: &mut Page) {
    let (paths, says) = (&why.paths, &why.sentences);
    page.paragraph(&says.paths);
    if paths.flow.paths.log10.is_none() {
        return;
    }
    page.line("");
    if !paths.shown.is_empty() {
        let cells = |share: &str, bar: &str, product: &str| {
            [format!("{share:>6}"), padded(bar, 10), format!("{product:>11}")]
        };
        page.row(&[&cells("share", "", "product")[..], &["  path".into()]].concat());
        let beside = page.width.saturating_sub(34);
        let loss = why.chain.letter;
        let below = why.ways.iter().any(|units| way(loss, units, beside).is_none());
        for (path, units) in paths.shown.iter().zip(&why.ways) {
            let cells = cells(&percent(path.share), &bar(path.share, 10), &signed(path.product));
            if below {
                page.row(&cells);
                // Two lines, or as many as both ends take.
                let most = units.len().saturating_sub(2);
                let way = way(loss, units, 2 * page.width - 16).unwrap_or_else(|| without(loss, units, most));
                page.row(&[&[" ".into()], &way[..]].concat());
            } else {
                let way = way(loss, units, beside).unwrap_or_default().join(" ");
                page.row(&[&cells[..], &[format!("  {way}")]].concat());
            }
        }
        page.rule(29);
    }
    let row = |page: &mut Page, left: &str, x: f64, right: &str| {
        page.row(&[format!("{left:17}"), format!("{:>11}", signed(x)), format!("  {right}")]);
    };
    row(page, &format!("{} shown", count(paths.shown.len(), "path")), paths.shown_sum, "");
    if paths.flow.paths.exact != Some(paths.shown.len() as u64) {
        row(page, "remainder", paths.remainder, "the sum of all other paths");
    }
    let left = format!("∂{}/∂w", why.chain.letter);
    row(page, &left, paths.gradient, &reconciled(paths.residual, paths.reconciles, paths.rounding));
    page.line("");
    says.units.iter().for_each(|sentence| page.paragraph(sentence));
    page.paragraph(&says.diagnosis);
    let Some((groups, sentence)) = paths.diagnosis.groups.as_ref().zip(says.groups.as_ref()) else { return };
    page.paragraph(sentence);
    let most = groups.strongest.iter().map(|group| group.sum.abs()).fold(0.0, f64::max);
    let half = page.room(34, 40) / 2;
    for group in &groups.strongest {
        let bar = format!(" {}", two_sided(group.sum / most, half));
        page.row(&[padded(&group.through, 14), format!("{:>11}", signed(group.sum)), bar]);
    }
}

/// The units of a path, each with its arrow. Where they are too many for so many columns, some in the middle stay out,
/// as few as make it fit; `None` where both ends do not.
fn way(loss: &str, units: &[String], columns: usize) -> Option<Vec<String>> {
    let ways = (0..=units.len().saturating_sub(2)).map(|out| without(loss, units, out));
    ways.into_iter().find(|way| length(way) <= columns)
}

/// Columns that a path takes in one line.
fn length(way: &[String]) -> usize {
    way.iter().map(|unit| unit.chars().count() + 1).sum::<usize>() - 1
}

/// The units of a path, with so many left out in its middle. The example that a unit is of stands where it is another
/// one than that of the unit before.
fn without(loss: &str, units: &[String], out: usize) -> Vec<String> {
    let (left, right) = units.split_at((units.len() - out) / 2);
    let gap = (out > 0).then(|| format!("… {out} more …"));
    let mut example = None;
    let once = |unit: &String| match unit.rsplit_once('@') {
        Some((name, of)) if example.replace(of.to_string()).is_some_and(|last| last == of) => name.into(),
        _ => unit.clone(),
    };
    let shown: Vec<String> = left.iter().chain(&gap).chain(&right[out..]).map(once).collect();
    let arrows = std::iter::once(loss.into()).chain(shown).map(|unit| format!("{unit} →"));
    arrows.chain(["w".into()]).collect()
}
