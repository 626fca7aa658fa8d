//! What moved, earned and hurt most in a step, as a page.

use crate::terminal::{Page, bar, padded};
use crate::view::digits::{number, signed};
use crate::view::overview::{Moved, Overview};

/// The page.
pub(in crate::command) fn page(overview: &Overview, page: &mut Page) {
    if let Some(diverged) = &overview.diverged {
        page.paragraph(&diverged.sentence);
        page.line("");
    }
    page.paragraph(&overview.sentences.step);
    overview.sentences.chosen.iter().for_each(|sentence| page.paragraph(sentence));
    let Some(totals) = &overview.sentences.totals else { return };
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
        let columns = names.max().unwrap_or(0).clamp(6, (page.width / 3).max(16));
        let room = page.room(columns + 40, 20);
        let cells = |cells: [&str; 3]| cells.map(|cell| format!("{cell:>11}"));
        page.row(&[&[padded("weight", columns)], &cells(["w", "Δw", "allocation"])[..]].concat());
        for weight in list {
            let bar = format!(" {}", bar(size(weight).abs() / most, room));
            let numbers = [number(weight.before), signed(weight.moved), signed(weight.allocation)];
            let numbers = cells(numbers.each_ref().map(String::as_str));
            page.row(&[&[padded(&weight.weight, columns)], &numbers[..], &[bar]].concat());
        }
    }
    page.line("");
    page.paragraph(totals);
}
