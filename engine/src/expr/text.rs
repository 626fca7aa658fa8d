//! Formulas as text, with brackets where notation needs them: around a sum in a product, around a negative number
//! anywhere but at the front, around what stands under a power.

use super::{Expr, Function, Lookup, Relation, Role, Symbol, Where};
use std::fmt;

/// How tightly a piece of text holds together; what stands around it asks for at least some of it, or writes brackets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
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

/// A piece of text.
struct Piece {
    text: String,
    level: Level,
    /// Whether it begins, and ends, with a number: two numbers are multiplied with ×, as a point would look like a
    /// decimal one.
    numbers: [bool; 2],
}

impl Piece {
    fn new(level: Level, text: String) -> Piece {
        Piece { text, level, numbers: [false; 2] }
    }

    fn number(text: String) -> Piece {
        let level = match text.starts_with('−') {
            true => Level::Sum,
            false if text.contains('e') => Level::Power,
            false => Level::Atom,
        };
        Piece { text, level, numbers: [true; 2] }
    }

    /// In brackets, unless it holds together.
    fn at_least(self, level: Level) -> Piece {
        match self.level >= level {
            true => self,
            false => Piece { text: format!("({})", self.text), level: Level::Atom, ..self },
        }
    }
}

/// How the leaves of a tree are written.
enum Leaves<'a> {
    /// By names.
    Names(&'a dyn Fn(&Symbol) -> String),
    /// By numbers.
    Numbers(Lookup<'a>, &'a dyn Fn(f64) -> String),
}

/// Terms from which on a sum is abbreviated, and how many of them stand before the dots.
const LONG: usize = 8;
const BEFORE: usize = 3;

impl Expr {
    /// With a name for each of its symbols: `σ(linear1[3])`.
    pub fn text(&self, name: &dyn Fn(&Symbol) -> String) -> String {
        piece(self, &Leaves::Names(name)).text
    }

    /// With numbers for its symbols, written by `digits` (a negative one with `−`, without brackets): `σ(−0.35)`.
    /// Settings and what stands in the formula itself are written exactly. A symbol without number keeps its
    /// letter.
    pub fn numbers(&self, values: Lookup<'_>, digits: &dyn Fn(f64) -> String) -> String {
        piece(self, &Leaves::Numbers(values, digits)).text
    }
}

impl fmt::Display for Expr {
    /// With its own letters.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(&|symbol| symbol.letter.to_string()))
    }
}

fn piece(expr: &Expr, leaves: &Leaves<'_>) -> Piece {
    let of = |expr: &Expr| piece(expr, leaves);
    match expr {
        Expr::Number(x) => Piece::number(exact(*x)),
        Expr::Symbol(symbol) => leaf(symbol, leaves),
        Expr::Neg(a) => Piece::new(Level::Sum, format!("−{}", of(a).at_least(Level::Product).text)),
        Expr::Sum(terms) => sum(terms, leaves),
        Expr::Product(factors) => product(factors, leaves),
        Expr::Quotient(parts) => {
            let [over, under] = [of(&parts[0]), of(&parts[1])];
            // Derivatives have a stroke of their own.
            let stroke = if over.text.contains("/∂") || under.text.contains("/∂") { " / " } else { "/" };
            let over = over.at_least(Level::Product);
            let over = if over.level == Level::Prefix { over.at_least(Level::Power) } else { over };
            let under = under.at_least(Level::Power);
            let numbers = [over.numbers[0], under.numbers[1]];
            Piece { text: format!("{}{stroke}{}", over.text, under.text), level: Level::Product, numbers }
        }
        Expr::Power(parts) => {
            let base = of(&parts[0]).at_least(Level::Atom);
            Piece { text: base.text + &raised(&parts[1], leaves), level: Level::Power, ..base }
        }
        Expr::Call(Function::Softmax | Function::Norm, _) | Expr::Item(_) => vector(expr, leaves),
        Expr::Call(function, arguments) => call(*function, arguments, leaves),
        Expr::Cases(cases) => {
            let [then, left, right] =
                [&cases.then, &cases.left, &cases.right].map(|part| of(part).at_least(Level::Sum).text);
            let relation = match cases.relation {
                Relation::Above => ">",
                Relation::AtMost => "≤",
            };
            let otherwise = of(&cases.otherwise).text;
            Piece::new(Level::Open, format!("{then} if {left} {relation} {right}, else {otherwise}"))
        }
        Expr::Where(inner) => whole(inner, leaves),
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

fn leaf(symbol: &Symbol, leaves: &Leaves<'_>) -> Piece {
    match (leaves, &symbol.role) {
        (Leaves::Names(name), _) => Piece::new(Level::Atom, name(symbol)),
        (Leaves::Numbers(..), Role::Setting(x)) => Piece::number(plain(*x)),
        (Leaves::Numbers(values, digits), role) => {
            let vector = matches!(role, Role::Inputs { .. } | Role::Settings(_) | Role::Constant(_));
            match values(symbol).filter(|_| !vector) {
                Some(x) => Piece::number(digits(x)),
                None => Piece::new(Level::Atom, symbol.letter.to_string()),
            }
        }
    }
}

/// a·b·…, with × where numbers meet.
fn product(factors: &[Expr], leaves: &Leaves<'_>) -> Piece {
    let mut all = Piece::new(Level::Product, String::new());
    for (i, factor) in factors.iter().enumerate() {
        let factor = piece(factor, leaves);
        // ln x·y would be the logarithm of both.
        let open = factor.level == Level::Prefix && i + 1 < factors.len();
        let least = match i {
            _ if open => Level::Power,
            0 => Level::Product,
            _ => Level::Prefix,
        };
        let factor = factor.at_least(least);
        if i == 0 {
            all = Piece { level: Level::Product, ..factor };
            continue;
        }
        all.text += if all.numbers[1] && factor.numbers[0] { " × " } else { "·" };
        all.text += &factor.text;
        all.numbers[1] = factor.numbers[1];
    }
    all
}

fn sum(terms: &[Expr], leaves: &Leaves<'_>) -> Piece {
    let mut all = Piece::new(Level::Sum, String::new());
    for (i, term) in terms.iter().enumerate() {
        if terms.len() > LONG && (BEFORE..terms.len() - 1).contains(&i) {
            if i == BEFORE {
                all.text += " + …";
            }
            continue;
        }
        match (i, term) {
            (0, first) => all.text = piece(first, leaves).at_least(Level::Sum).text,
            (_, Expr::Neg(term)) => {
                all.text += &format!(" − {}", piece(term, leaves).at_least(Level::Product).text);
            }
            (_, term) => all.text += &format!(" + {}", piece(term, leaves).at_least(Level::Product).text),
        }
    }
    all
}

/// An exponent behind its base: raised where it is a digit.
fn raised(exponent: &Expr, leaves: &Leaves<'_>) -> String {
    const DIGITS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    match exponent {
        Expr::Number(x) if x.fract() == 0.0 && (0.0..10.0).contains(x) => DIGITS[*x as usize].into(),
        exponent => format!("^{}", piece(exponent, leaves).at_least(Level::Atom).text),
    }
}

fn call(function: Function, arguments: &[Expr], leaves: &Leaves<'_>) -> Piece {
    let all: Vec<Piece> = arguments.iter().map(|a| piece(a, leaves).at_least(Level::Sum)).collect();
    let inside = all.iter().map(|a| a.text.as_str()).collect::<Vec<_>>().join(", ");
    let atom = all.iter().all(|a| a.level == Level::Atom);
    let [open, close] = match function {
        Function::Exp => return Piece::new(Level::Power, format!("e{}", raised(&arguments[0], leaves))),
        Function::Ln if atom => return Piece::new(Level::Prefix, format!("ln {inside}")),
        Function::Sqrt if atom => return Piece::new(Level::Power, format!("√{inside}")),
        Function::Abs => ["|", "|"],
        Function::Norm => ["‖", "‖"],
        Function::Ln => ["ln(", ")"],
        Function::Sqrt => ["√(", ")"],
        Function::Sigmoid => ["σ(", ")"],
        Function::Tanh => ["tanh(", ")"],
        Function::Sign => ["sign(", ")"],
        Function::Normal => ["Φ(", ")"],
        Function::NormalDensity => ["φ(", ")"],
        Function::Max => ["max(", ")"],
        Function::Softmax => ["softmax(", ")"],
        Function::OneHot => ["onehot(", ")"],
    };
    Piece::new(Level::Atom, format!("{open}{inside}{close}"))
}

/// What is made of a vector: among numbers the number that it is.
fn vector(expr: &Expr, leaves: &Leaves<'_>) -> Piece {
    if let Leaves::Numbers(values, digits) = leaves
        && let Some(x) = expr.evaluate(values)
    {
        let exactly = matches!(expr, Expr::Item(parts)
            if matches!(parts[0], Expr::Call(Function::OneHot, _) | Expr::Symbol(Symbol { role: Role::Settings(_), .. })));
        return Piece::number(if exactly { plain(x) } else { digits(x) });
    }
    match expr {
        Expr::Item(parts) => {
            let [vector, at] = [&parts[0], &parts[1]].map(|part| piece(part, leaves));
            Piece::new(Level::Atom, format!("{}[{}]", vector.at_least(Level::Atom).text, at.text))
        }
        Expr::Call(function, arguments) => call(*function, arguments, leaves),
        other => piece(other, leaves),
    }
}

/// A formula and its letters; among numbers the letters are numbers, too.
fn whole(inner: &Where, leaves: &Leaves<'_>) -> Piece {
    if let Leaves::Numbers(values, digits) = leaves {
        let mut write = |values: Lookup<'_>| Some(piece(&inner.body, &Leaves::Numbers(values, digits)));
        if let Some(written) = inner.inside(values, &mut write) {
            return written;
        }
    }
    let letter = |(letter, stands_for): &(Symbol, Expr)| {
        let [left, right] = [leaf(letter, leaves), piece(stands_for, leaves).at_least(Level::Sum)];
        format!("{} = {}", left.text, right.text)
    };
    let letters: Vec<String> = inner.letters.iter().map(letter).collect();
    Piece::new(Level::Open, format!("{} with {}", piece(&inner.body, leaves).text, letters.join(", ")))
}
