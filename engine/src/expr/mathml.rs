//! Formulas as MathML, in its core: what a browser draws without help. Names stand in an `<mi>` as they are, `w₁`,
//! `∂L/∂ŷ`: whoever draws them knows how a subscript or a derivative looks.

use super::written::{Leaves, Level, Notation, Piece, Writer};
use super::{Expr, Lookup, Symbol};

/// As MathML.
struct MathMl;

impl Expr {
    /// As [`Expr::text`], as a `<math>` element.
    pub fn mathml(&self, name: &dyn Fn(&Symbol) -> String) -> String {
        element(&Writer { leaves: Leaves::Names(name), notation: &MathMl }.piece(self).text)
    }

    /// As [`Expr::numbers`], as a `<math>` element.
    pub fn mathml_numbers(&self, values: Lookup<'_>, digits: &dyn Fn(f64) -> String) -> String {
        element(&Writer { leaves: Leaves::Numbers(values, digits), notation: &MathMl }.piece(self).text)
    }
}

fn element(inside: &str) -> String {
    format!("<math>{inside}</math>")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

impl Notation for MathMl {
    fn name(&self, name: &str) -> String {
        format!("<mi>{}</mi>", escaped(name))
    }

    fn number(&self, number: &str) -> String {
        match number.strip_prefix('−') {
            Some(size) => format!("<mrow>{}<mn>{size}</mn></mrow>", self.minus()),
            None => format!("<mn>{number}</mn>"),
        }
    }

    fn between(&self, sign: &str) -> String {
        format!("<mo>{}</mo>", escaped(sign.trim()))
    }

    fn minus(&self) -> String {
        "<mo form=\"prefix\">−</mo>".into()
    }

    fn words(&self, words: &str) -> String {
        match words {
            ", " => "<mo separator=\"true\">,</mo>".into(),
            // A text keeps no space at its ends, unless it does not break.
            _ => format!("<mtext>{}</mtext>", escaped(&words.replace(' ', "\u{a0}"))),
        }
    }

    fn bracketed(&self, function: &str, [open, close]: [&str; 2], inside: &str) -> String {
        let function = if function.is_empty() { String::new() } else { self.name(function) };
        let [open, close] = [("prefix", open), ("postfix", close)]
            .map(|(form, bracket)| format!("<mo form=\"{form}\" stretchy=\"false\">{bracket}</mo>"));
        format!("{function}<mrow>{open}{inside}{close}</mrow>")
    }

    /// Its line holds both together.
    fn quotient(&self, over: Piece, under: Piece) -> Piece {
        let text = format!("<mfrac><mrow>{}</mrow><mrow>{}</mrow></mfrac>", over.text, under.text);
        Piece { text, level: Level::Product, numbers: [false; 2] }
    }

    fn raised(&self, base: &str, exponent: Piece, _digit: Option<usize>) -> String {
        format!("<msup><mrow>{base}</mrow><mrow>{}</mrow></msup>", exponent.text)
    }

    fn applied(&self, function: &str, to: &str) -> String {
        format!("{}<mspace width=\"0.17em\"/>{to}", self.name(function))
    }

    /// Its line holds it together.
    fn root(&self, of: Piece) -> Piece {
        Piece::new(Level::Atom, format!("<msqrt>{}</msqrt>", of.text))
    }
}
