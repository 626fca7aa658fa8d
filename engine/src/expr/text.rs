//! Formulas as a line of text.

use super::written::{Leaves, Level, Notation, Piece, Writer};
use super::{Expr, Lookup, Symbol};
use std::fmt;

/// As a line of text.
struct Line;

impl Expr {
    /// With a name for each of its symbols: `σ(linear1[3])`.
    pub fn text(&self, name: &dyn Fn(&Symbol) -> String) -> String {
        Writer { leaves: Leaves::Names(name), notation: &Line }.piece(self).text
    }

    /// With numbers for its symbols, written by `digits` (a negative one with `−`, without brackets): `σ(−0.35)`.
    /// Settings and what stands in the formula itself are written exactly. A symbol without number keeps its
    /// letter.
    pub fn numbers(&self, values: Lookup<'_>, digits: &dyn Fn(f64) -> String) -> String {
        Writer { leaves: Leaves::Numbers(values, digits), notation: &Line }.piece(self).text
    }
}

impl fmt::Display for Expr {
    /// With its own letters.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(&|symbol| symbol.letter.to_string()))
    }
}

impl Notation for Line {
    fn name(&self, name: &str) -> String {
        name.into()
    }

    fn number(&self, number: &str) -> String {
        number.into()
    }

    fn between(&self, sign: &str) -> String {
        sign.into()
    }

    fn minus(&self) -> String {
        "−".into()
    }

    fn words(&self, words: &str) -> String {
        words.into()
    }

    fn bracketed(&self, function: &str, [open, close]: [&str; 2], inside: &str) -> String {
        format!("{function}{open}{inside}{close}")
    }

    fn quotient(&self, over: Piece, under: Piece) -> Piece {
        // Derivatives have a stroke of their own.
        let stroke = if over.text.contains("/∂") || under.text.contains("/∂") { " / " } else { "/" };
        let over = over.at_least(Level::Product, self);
        let over = if over.level == Level::Prefix { over.at_least(Level::Power, self) } else { over };
        let under = under.at_least(Level::Power, self);
        let numbers = [over.numbers[0], under.numbers[1]];
        Piece { text: format!("{}{stroke}{}", over.text, under.text), level: Level::Product, numbers }
    }

    /// Raised where it is a digit.
    fn raised(&self, base: &str, exponent: Piece, digit: Option<usize>) -> String {
        const DIGITS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
        match digit {
            Some(digit) => format!("{base}{}", DIGITS[digit]),
            None => format!("{base}^{}", exponent.at_least(Level::Atom, self).text),
        }
    }

    fn applied(&self, function: &str, to: &str) -> String {
        format!("{function} {to}")
    }

    fn root(&self, of: Piece) -> Piece {
        match of.level {
            Level::Atom => Piece::new(Level::Power, format!("√{}", of.text)),
            _ => Piece::new(Level::Atom, format!("√({})", of.text)),
        }
    }
}
