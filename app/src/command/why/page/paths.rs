//! The paths, strongest first, and what is true of all of them.

use crate::terminal::{Page, bar, fit, two_sided};
use crate::view::digits::{count, percent, reconciled, signed};
use crate::view::why::Why;

/// The paths, and what they sum to.
pub(super) fn show(why: &Why, page: &mut Page, width: usize) {
    let (paths, says) = (&why.paths, &why.sentences);
    page.paragraph(&says.paths, width);
    if paths.flow.paths.log10.is_none() {
        return;
    }
    if !paths.shown.is_empty() {
        page.line("");
        page.line(format!("  {:>6} {:10} {:>11}   path", "share", "", "product"));
        for (path, units) in paths.shown.iter().zip(&why.ways) {
            page.line(format!(
                "  {:>6} {:10} {:>11}   {}",
                percent(path.share),
                bar(path.share, 10),
                signed(path.product),
                way(why.chain.letter, units, width - 34)
            ));
        }
        page.line(format!("  {}", "─".repeat(29)));
    }
    let line = |left: &str, x: f64, right: &str| format!("  {left:17} {:>11}   {right}", signed(x));
    page.line(line(&format!("{} shown", count(paths.shown.len(), "path")), paths.shown_sum, ""));
    if paths.flow.paths.exact != Some(paths.shown.len() as u64) {
        page.line(line("remainder", paths.remainder, "the sum of all other paths"));
    }
    let reconciled = reconciled(paths.residual, paths.reconciles, paths.rounding);
    page.line(line(&format!("∂{}/∂w", why.chain.letter), paths.gradient, &reconciled));
    page.line("");
    says.units.iter().for_each(|sentence| page.paragraph(sentence, width));
    page.paragraph(&says.diagnosis, width);
    let Some((groups, sentence)) = paths.diagnosis.groups.as_ref().zip(says.groups.as_ref()) else { return };
    page.paragraph(sentence, width);
    let most = groups.strongest.iter().map(|group| group.sum.abs()).fold(0.0, f64::max);
    let half = (width - 34).min(41) / 2;
    for group in &groups.strongest {
        let bar = two_sided(group.sum / most, half);
        page.line(format!("  {:14} {:>11}  {bar}", fit(&group.through, 14), signed(group.sum)));
    }
}

/// The units of a path, in `width` columns: where they are too many, some in the middle stay out, as few as make it
/// fit.
fn way(loss: &str, units: &[String], width: usize) -> String {
    let without = |out: usize| {
        let (left, right) = units.split_at((units.len() - out) / 2);
        let gap = (out > 0).then(|| format!("… {out} more …"));
        let shown = left.iter().chain(&gap).chain(&right[out..]);
        let shown = shown.map(String::as_str).collect::<Vec<_>>().join(" → ");
        format!("{loss} → {shown} → w")
    };
    let fits = |text: &String| text.chars().count() <= width;
    let most = units.len().saturating_sub(2);
    (0..=most).map(without).find(fits).unwrap_or_else(|| fit(&without(most), width))
}
