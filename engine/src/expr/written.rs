//! Formulas written down, with brackets where they are needed: around a sum in a product, around a negative number
//! anywhere but at the front, around what stands under a power. What a sign, a fraction or a power looks like is the
//! [`Notation`]'s: a line of text, or MathML.

use super::{Expr, Function, Lookup, Relation, Role, Symbol, Where};

/// What the parts of a formula look like.
pub(super) trait Notation {
    /// A letter, or the name of a number.
    fn name(&self, name: &str) -> String;
    /// A number, with `−` where it is negative.
    fn number(&self, number: &str) -> String;
    /// A sign between two things, with its spaces: ` + `, `·`, ` > `.
    fn between(&self, sign: &str) -> String;
    /// `−` before something.
    fn minus(&self) -> String;
    /// Words between two things, with their spaces: ` if `, `, else `.
    fn words(&self, words: &str) -> String;
    /// A function, or nothing, and what stands in brackets behind it.
    fn bracketed(&self, function: &str, brackets: [&str; 2], inside: &str) -> String;
    /// `over` divided by `under`.
    fn quotient(&self, over: Piece, under: Piece) -> Piece;
    /// To the power of something; `digit`: of a digit that stands in the formula itself.
    fn raised(&self, base: &str, exponent: Piece, digit: Option<usize>) -> String;
    /// A function of one thing that needs no brackets.
    fn applied(&self, function: &str, to: &str) -> String;
    /// The root of something.
    fn root(&self, of: Piece) -> Piece;
}

/// How tightly a piece of text holds together; what stands around it asks for at least some of it, or writes brackets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    /// `1 if x > 0, else 0`, `u² with u = x + 1`
    Open,
    /// `a + b`, `−a`, `−0.35`
    Sum,
    /// `a·b`, `a/b`
    Product,
    /// `ln x`
    Prefix,
    /// `x²`, `eˣ`, `√x`, `1.2e−4`
    Power,
    /// `x`, `0.35`, `f(x)`
    Atom,
}

/// A piece of a formula.
pub(super) struct Piece {
    pub text: String,
    pub level: Level,
    /// Whether it begins, and ends, with a number: two numbers are multiplied with ×, as a point would look like a
    /// decimal one.
    pub numbers: [bool; 2],
}

impl Piece {
    pub(super) fn new(level: Level, text: String) -> Piece {
        Piece { text, level, numbers: [false; 2] }
    }

    /// In brackets, unless it holds together.
    pub(super) fn at_least(self, level: Level, notation: &dyn Notation) -> Piece {
        match self.level >= level {
            true => self,
            false => {
                Piece { text: notation.bracketed("", ["(", ")"], &self.text), level: Level::Atom, ..self }
            }
        }
    }
}

/// How the leaves of a tree are written.
pub(super) enum Leaves<'a> {
    /// By names.
    Names(&'a dyn Fn(&Symbol) -> String),
    /// By numbers.
    Numbers(Lookup<'a>, &'a dyn Fn(f64) -> String),
}

/// Terms from which on a sum is abbreviated, and how many of them stand before the dots.
const LONG: usize = 8;
const BEFORE: usize = 3;

/// Writes formulas.
pub(super) struct Writer<'a> {
    pub leaves: Leaves<'a>,
    pub notation: &'a dyn Notation,
}

impl Writer<'_> {
    pub(super) fn piece(&self, expr: &Expr) -> Piece {
        let notation = self.notation;
        match expr {
            Expr::Number(x) => self.number(&exact(*x)),
            Expr::Symbol(symbol) => self.leaf(symbol),
            Expr::Neg(a) => Piece::new(Level::Sum, notation.minus() + &self.at_least(a, Level::Product)),
            Expr::Sum(terms) => self.sum(terms),
            Expr::Product(factors) => self.product(factors),
            Expr::Quotient(parts) => notation.quotient(self.piece(&parts[0]), self.piece(&parts[1])),
            Expr::Power(parts) => {
                let base = self.piece(&parts[0]).at_least(Level::Atom, notation);
                Piece { text: self.raised(&base.text, &parts[1]), level: Level::Power, ..base }
            }
            Expr::Call(Function::Softmax | Function::Norm, _) | Expr::Item(_) => self.vector(expr),
            Expr::Call(function, arguments) => self.call(*function, arguments),
            Expr::Cases(cases) => {
                let [then, left, right] =
                    [&cases.then, &cases.left, &cases.right].map(|part| self.at_least(part, Level::Sum));
                let relation = notation.between(match cases.relation {
                    Relation::Above => " > ",
                    Relation::AtMost => " ≤ ",
                });
                let [when, or] = [" if ", ", else "].map(|words| notation.words(words));
                let otherwise = self.piece(&cases.otherwise).text;
                Piece::new(Level::Open, format!("{then}{when}{left}{relation}{right}{or}{otherwise}"))
            }
            Expr::Where(inner) => self.whole(inner),
        }
    }

    /// In brackets, unless it holds together.
    fn at_least(&self, expr: &Expr, level: Level) -> String {
        self.piece(expr).at_least(level, self.notation).text
    }

    fn number(&self, number: &str) -> Piece {
        let level = match number.starts_with('−') {
            true => Level::Sum,
            false if number.contains('e') => Level::Power,
            false => Level::Atom,
        };
        Piece { text: self.notation.number(number), level, numbers: [true; 2] }
    }

    fn name(&self, name: &str) -> Piece {
        Piece::new(Level::Atom, self.notation.name(name))
    }

    fn leaf(&self, symbol: &Symbol) -> Piece {
        match (&self.leaves, &symbol.role) {
            (Leaves::Names(name), _) => self.name(&name(symbol)),
            (Leaves::Numbers(..), Role::Setting(x)) => self.number(&plain(*x)),
            (Leaves::Numbers(values, digits), role) => {
                let vector = matches!(role, Role::Inputs { .. } | Role::Settings(_) | Role::Constant(_));
                match values(symbol).filter(|_| !vector) {
                    Some(x) => self.number(&digits(x)),
                    None => self.name(&symbol.letter),
                }
            }
        }
    }

    /// a·b·…, with × where numbers meet.
    fn product(&self, factors: &[Expr]) -> Piece {
        let mut all = Piece::new(Level::Product, String::new());
        for (i, factor) in factors.iter().enumerate() {
            let factor = self.piece(factor);
            // ln x·y would be the logarithm of both.
            let open = factor.level == Level::Prefix && i + 1 < factors.len();
            let least = match i {
                _ if open => Level::Power,
                0 => Level::Product,
                _ => Level::Prefix,
            };
            let factor = factor.at_least(least, self.notation);
            if i == 0 {
                all = Piece { level: Level::Product, ..factor };
                continue;
            }
            all.text +=
                &self.notation.between(if all.numbers[1] && factor.numbers[0] { " × " } else { "·" });
            all.text += &factor.text;
            all.numbers[1] = factor.numbers[1];
        }
        all
    }

    fn sum(&self, terms: &[Expr]) -> Piece {
        let mut text = String::new();
        for (i, term) in terms.iter().enumerate() {
            if terms.len() > LONG && (BEFORE..terms.len() - 1).contains(&i) {
                if i == BEFORE {
                    text += &(self.notation.between(" + ") + &self.notation.words("…"));
                }
                continue;
            }
            let (sign, term, level) = match (i, term) {
                (0, first) => ("", first, Level::Sum),
                (_, Expr::Neg(term)) => (" − ", &**term, Level::Product),
                (_, term) => (" + ", term, Level::Product),
            };
            if i > 0 {
                text += &self.notation.between(sign);
            }
            text += &self.at_least(term, level);
        }
        Piece::new(Level::Sum, text)
    }

    fn raised(&self, base: &str, exponent: &Expr) -> String {
        let digit = match exponent {
            Expr::Number(x) if x.fract() == 0.0 && (0.0..10.0).contains(x) => Some(*x as usize),
            _ => None,
        };
        self.notation.raised(base, self.piece(exponent), digit)
    }

    fn call(&self, function: Function, arguments: &[Expr]) -> Piece {
        let notation = self.notation;
        let mut all: Vec<Piece> = arguments.iter().map(|a| self.piece(a)).collect();
        all = all.into_iter().map(|a| a.at_least(Level::Sum, notation)).collect();
        let inside: Vec<&str> = all.iter().map(|a| a.text.as_str()).collect();
        let (inside, atom) = (inside.join(&notation.words(", ")), all.iter().all(|a| a.level == Level::Atom));
        let name = match function {
            Function::Exp => {
                return Piece::new(Level::Power, self.raised(&notation.name("e"), &arguments[0]));
            }
            Function::Ln if atom => return Piece::new(Level::Prefix, notation.applied("ln", &inside)),
            Function::Sqrt => return notation.root(all.remove(0)),
            Function::Abs => return Piece::new(Level::Atom, notation.bracketed("", ["|", "|"], &inside)),
            Function::Norm => return Piece::new(Level::Atom, notation.bracketed("", ["‖", "‖"], &inside)),
            Function::Ln => "ln",
            Function::Sigmoid => "σ",
            Function::Tanh => "tanh",
            Function::Sign => "sign",
            Function::Normal => "Φ",
            Function::NormalDensity => "φ",
            Function::Max => "max",
            Function::Softmax => "softmax",
            Function::OneHot => "onehot",
        };
        Piece::new(Level::Atom, notation.bracketed(name, ["(", ")"], &inside))
    }

    /// What is made of a vector: among numbers the number that it is.
    fn vector(&self, expr: &Expr) -> Piece {
        if let Leaves::Numbers(values, digits) = self.leaves
            && let Some(x) = expr.evaluate(values)
        {
            let exactly = matches!(expr, Expr::Item(parts)
            if matches!(parts[0], Expr::Call(Function::OneHot, _) | Expr::Symbol(Symbol { role: Role::Settings(_), .. })));
            return self.number(&if exactly { plain(x) } else { digits(x) });
        }
        match expr {
            Expr::Item(parts) => {
                let [vector, at] = [self.at_least(&parts[0], Level::Atom), self.piece(&parts[1]).text];
                Piece::new(Level::Atom, vector + &self.notation.bracketed("", ["[", "]"], &at))
            }
            Expr::Call(function, arguments) => self.call(*function, arguments),
            other => self.piece(other),
        }
    }

    /// A formula and its letters; among numbers the letters are numbers, too.
    fn whole(&self, inner: &Where) -> Piece {
        let notation = self.notation;
        if let Leaves::Numbers(values, digits) = self.leaves {
            let mut write = |values: Lookup<'_>| {
                Some(Writer { leaves: Leaves::Numbers(values, digits), notation }.piece(&inner.body))
            };
            if let Some(written) = inner.inside(values, &mut write) {
                return written;
            }
        }
        let letter = |(letter, stands_for): &(Symbol, Expr)| {
            self.leaf(letter).text + &notation.between(" = ") + &self.at_least(stands_for, Level::Sum)
        };
        let letters: Vec<String> = inner.letters.iter().map(letter).collect();
        let (with, comma) = (notation.words(" with "), notation.words(", "));
        Piece::new(Level::Open, self.piece(&inner.body).text + &with + &letters.join(&comma))
    }
}

/// Numbers of the formula itself and of settings: as they are.
fn exact(x: f64) -> String {
    if x == 0.5 { "½".into() } else { plain(x) }
}

fn plain(x: f64) -> String {
    let text = if x == 0.0 || (1e-4..1e7).contains(&x.abs()) { x.to_string() } else { format!("{x:e}") };
    text.replace('-', "−")
}
