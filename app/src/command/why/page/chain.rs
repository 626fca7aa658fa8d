//! The chain, factor by factor.

use crate::terminal::{Page, padded};
use crate::view::digits::{number, reconciled};
use crate::view::why::Why;
use whygrad::credit::{Expression, Factor, Link, Measure};
use whygrad::expr::{Expr, Function};

/// Factors of a chain that are all shown; of a longer one, those at its ends.
const FACTORS: usize = 12;

/// The factors, and what they multiply to.
pub(super) fn show(why: &Why, page: &mut Page) {
    let (chain, says) = (&why.chain, &why.sentences);
    if let Some(example) = &says.example {
        page.paragraph(example);
    }
    if chain.factors.is_empty() {
        return says.chain.iter().for_each(|sentence| page.paragraph(sentence));
    }
    page.line("");
    let columns = chain.factors.iter().map(|factor| factor.symbol.chars().count()).max().unwrap_or(0);
    let columns = columns.clamp(14, page.width.saturating_sub(30).max(16));
    let row = |page: &mut Page, left: &str, x: f64, right: &str| {
        page.row(&[padded(left, columns), format!(" {:>10}", number(x)), format!("  {right}")]);
    };
    let (first, last) = match chain.factors.len() {
        n if n > FACTORS => (FACTORS / 2, n - FACTORS / 2),
        n => (n, n),
    };
    for (i, of) in chain.factors.iter().enumerate() {
        if i == first {
            let between: f64 = chain.factors[first..last].iter().filter_map(|factor| factor.number).product();
            row(page, &format!("… {} factors more", last - first), between, "their product");
        }
        if !(first..last).contains(&i) {
            factor(page, of, columns);
        }
    }
    page.rule(columns + 12);
    row(page, "product", chain.product, "");
    let reconciled = reconciled(chain.residual, chain.reconciles, chain.rounding);
    row(page, &format!("∂{}/∂w", chain.letter), chain.gradient, &reconciled);
    row(page, "by nudging", why.nudge.each[chain.example], "");
    for sentence in &says.chain {
        page.line("");
        page.paragraph(sentence);
    }
}

fn factor(page: &mut Page, of: &Factor, columns: usize) {
    let kind = if of.kind == Measure::Gain { "gain" } else { "" };
    let again = if of.shared { "↺" } else { "" };
    let value = of.number.map_or("–".into(), number);
    let note = [again, kind].into_iter().filter(|note| !note.is_empty()).collect::<Vec<_>>().join(" ");
    page.row(&[padded(&of.symbol, columns), format!(" {value:>10}"), format!("  {note}")]);
    let mut dim = |text: &str| page.dim(|page| page.hanging("      ", text));
    let links: Vec<&Link> = of.links.iter().filter(|link| says(link)).collect();
    for link in &links {
        // The only link of a factor has its symbol and its number.
        let (left, right) = match links.len() {
            1 => (String::new(), String::new()),
            _ => (format!("{} = ", link.symbol), format!(" = {}", link.number.map_or("–".into(), number))),
        };
        if let Some(expression) = link.expression.as_ref().filter(|expression| !expression.is_number()) {
            dim(&format!("{left}{}{right}", written(expression)));
        } else if links.len() > 1 {
            dim(&format!("{left}{}", right.trim_start_matches(" = ")));
        }
    }
}

/// Whether a link says something: one between two names of the same thing does not.
fn says(link: &Link) -> bool {
    let symbol = link.symbol.trim_start_matches('∂');
    symbol.split_once("/∂").is_none_or(|(upper, lower)| upper != lower)
}

/// `h₁·(1 − h₁) = 0.6457·(1 − 0.6457)`; with vectors, what they are: `‖softmax(ŷ) − onehot(y)‖, ŷ = [0.5, −1.2], y = 1`
fn written(expression: &Expression) -> String {
    let (symbols, numbers) = (expression.symbols(), expression.readable());
    // A letter by itself, and a norm, is followed by its number anyway.
    let norm = matches!(expression.tree, Expr::Call(Function::Norm, _));
    let alone = expression.is_symbol() || norm || symbols == numbers;
    let text = if alone { symbols } else { format!("{symbols} = {numbers}") };
    [vec![text], expression.vectors(number)].concat().join(", ")
}
