//! The chain, factor by factor.

use crate::terminal::{Page, fit, wrap};
use crate::view::digits::{number, reconciled};
use crate::view::why::Why;
use console::Style;
use whygrad::credit::{Expression, Factor, Link, Measure};
use whygrad::expr::{Expr, Function};

/// Factors of a chain that are all shown; of a longer one, those at its ends.
const FACTORS: usize = 12;

/// The factors, and what they multiply to.
pub(super) fn show(why: &Why, page: &mut Page, width: usize) {
    let (chain, says) = (&why.chain, &why.sentences);
    if let Some(example) = &says.example {
        page.paragraph(example, width);
    }
    if chain.factors.is_empty() {
        return says.chain.iter().for_each(|sentence| page.line(sentence));
    }
    page.line("");
    let columns = chain.factors.iter().map(|factor| factor.symbol.chars().count()).max().unwrap_or(0);
    let columns = columns.clamp(14, width - 30);
    let (first, last) = match chain.factors.len() {
        n if n > FACTORS => (FACTORS / 2, n - FACTORS / 2),
        n => (n, n),
    };
    for (i, of) in chain.factors.iter().enumerate() {
        if i == first {
            let between: f64 = chain.factors[first..last].iter().filter_map(|factor| factor.number).product();
            let text = format!("… {} factors more", last - first);
            page.line(format!("  {text:columns$}  {:>10}   their product", number(between)));
        }
        if !(first..last).contains(&i) {
            factor(page, of, columns, width);
        }
    }
    let line = |left: &str, x: f64, right: &str| format!("  {left:columns$}  {:>10}   {right}", number(x));
    page.line(format!("  {}", "─".repeat(columns + 12)));
    page.line(line("product", chain.product, ""));
    let reconciled = reconciled(chain.residual, chain.reconciles, chain.rounding);
    page.line(line(&format!("∂{}/∂w", chain.letter), chain.gradient, &reconciled));
    page.line(line("by nudging", why.nudge.each[chain.example], ""));
    for sentence in &says.chain {
        page.line("");
        page.paragraph(sentence, width);
    }
}

fn factor(page: &mut Page, of: &Factor, columns: usize, width: usize) {
    let kind = if of.kind == Measure::Gain { "gain" } else { "" };
    let again = if of.shared { "↺" } else { "" };
    let value = of.number.map_or("–".into(), number);
    let note = [again, kind].into_iter().filter(|note| !note.is_empty()).collect::<Vec<_>>().join(" ");
    page.line(format!("  {:columns$}  {value:>10}   {note}", fit(&of.symbol, columns)));
    let dim = |text: String| Style::new().dim().apply_to(text);
    let links: Vec<&Link> = of.links.iter().filter(|link| says(link)).collect();
    for link in &links {
        // The only link of a factor has its symbol and its number.
        let (left, right) = match links.len() {
            1 => (String::new(), String::new()),
            _ => (format!("{} = ", link.symbol), format!(" = {}", link.number.map_or("–".into(), number))),
        };
        if let Some(expression) = link.expression.as_ref().filter(|expression| !expression.is_number()) {
            for line in wrap(&format!("{left}{}{right}", written(expression)), width - 6) {
                page.line(format!("      {}", dim(line)));
            }
        } else if links.len() > 1 {
            page.line(format!("      {}", dim(format!("{left}{}", right.trim_start_matches(" = ")))));
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
    let (symbols, numbers) = (expression.symbols(), expression.numbers(number));
    // A letter by itself, and a norm, is followed by its number anyway.
    let norm = matches!(expression.tree, Expr::Call(Function::Norm, _));
    let alone = expression.is_symbol() || norm || symbols == numbers;
    let text = if alone { symbols } else { format!("{symbols} = {numbers}") };
    [vec![text], expression.vectors(number)].concat().join(", ")
}
