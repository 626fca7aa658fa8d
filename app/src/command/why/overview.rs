//! What moved, earned and hurt most in a step, as a page.

use crate::terminal::{Page, bar, fit, width};
use crate::view::digits::{number, signed};
use crate::view::overview::{Moved, Overview};

/// The page.
pub(super) fn page(overview: &Overview) -> Page {
    let (mut page, width) = (Page::default(), width());
    if let Some(diverged) = &overview.diverged {
        page.paragraph(&diverged.sentence, width);
        page.line("");
    }
    page.paragraph(&overview.sentences.step, width);
    overview.sentences.chosen.iter().for_each(|sentence| page.paragraph(sentence, width));
    let Some(totals) = &overview.sentences.totals else { return page };
    let moved: fn(&Moved) -> f64 = |weight| weight.moved;
    let allocation: fn(&Moved) -> f64 = |weight| weight.allocation;
    let lists = [
        ("Moved most, by |Δw|", &overview.moved, moved),
        ("Earned most: the loss fell along their moves", &overview.earned, allocation),
        ("Hurt most: the loss rose along their moves", &overview.hurt, allocation),
    ];
    for (title, list, size) in lists {
        page.line("");
        page.heading(title);
        if list.is_empty() {
            page.line("  none");
            continue;
        }
        let most = list.iter().map(|weight| size(weight).abs()).fold(0.0, f64::max);
        let names = list.iter().map(|weight| weight.weight.chars().count());
        let columns = names.max().unwrap_or(0).clamp(6, width / 3);
        let [w, moved, allocation] = ["w", "Δw", "allocation"];
        page.line(format!("  {:columns$} {w:>11} {moved:>11} {allocation:>11}", "weight"));
        for weight in list {
            page.line(format!(
                "  {:columns$} {:>11} {:>11} {:>11}  {}",
                fit(&weight.weight, columns),
                number(weight.before),
                signed(weight.moved),
                signed(weight.allocation),
                bar(size(weight).abs() / most, width.saturating_sub(columns + 40).clamp(1, 20)),
            ));
        }
    }
    page.line("");
    page.paragraph(totals, width);
    page
}
