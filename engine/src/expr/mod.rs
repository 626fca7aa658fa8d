//! Formulas as trees. An operation or a loss says with one of them how a number is computed; from the same tree come
//! the text with symbols, the text with numbers ([`Expr::text`], [`Expr::numbers`]), the same as MathML, and the number
//! itself ([`Expr::evaluate`]): what is printed can be checked against what was computed.
//!
//! ```
//! use whygrad::expr::{Expr, Function, Role, Symbol};
//! let x = || Expr::symbol("x", Role::Input { input: 0, row: 0, at: 0 });
//! let alpha = Expr::symbol("α", Role::Setting(0.5));
//! let elu = alpha * (Expr::call(Function::Exp, [x()]) - 1.0);
//! assert_eq!(elu.to_string(), "α·(e^x − 1)");
//! let value = |symbol: &Symbol| (symbol.letter == "x").then_some(-0.35);
//! let digits = |x: f64| format!("{x}").replace('-', "−");
//! assert_eq!(elu.numbers(&value, &digits), "0.5·(e^(−0.35) − 1)");
//! assert_eq!(elu.evaluate(&value), Some(0.5 * (-0.35f64).exp_m1()));
//! ```

pub mod digits;
mod mathml;
mod number;
#[cfg(test)]
mod tests;
mod text;
mod vector;
mod written;

use number::{call, sum};
use std::borrow::Cow;
use std::ops::{Add, Div, Mul, Neg, Range, Sub};
use std::sync::Arc;

/// A formula.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    /// A number that stands in the formula itself: `2`, `½`.
    Number(f64),
    /// A letter.
    Symbol(Symbol),
    /// −a
    Neg(Box<Expr>),
    /// a + b + …; a term that is a [`Expr::Neg`] is taken away.
    Sum(Vec<Expr>),
    /// a·b·…
    Product(Vec<Expr>),
    /// a/b
    Quotient(Box<[Expr; 2]>),
    /// a to the power b.
    Power(Box<[Expr; 2]>),
    /// A function of its arguments.
    Call(Function, Vec<Expr>),
    /// `v[i]`: one number of a vector, counted from 0.
    Item(Box<[Expr; 2]>),
    /// One formula or another.
    Cases(Box<Cases>),
    /// A formula with letters of its own.
    Where(Box<Where>),
}

/// `then` if `left` > `right`, else `otherwise`.
#[derive(Clone, Debug, PartialEq)]
pub struct Cases {
    /// What holds if the comparison does.
    pub then: Expr,
    /// What is compared,
    pub left: Expr,
    /// how,
    pub relation: Relation,
    /// and with what.
    pub right: Expr,
    /// What holds otherwise.
    pub otherwise: Expr,
}

/// How two numbers are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// >
    Above,
    /// ≤
    AtMost,
}

/// `body` with letters that stand for other formulas: each for one in which the letters before it may occur.
#[derive(Clone, Debug, PartialEq)]
pub struct Where {
    /// The formula.
    pub body: Expr,
    /// What its letters stand for.
    pub letters: Vec<(Symbol, Expr)>,
}

/// Functions of one argument, if nothing else is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    /// σ(x) = 1 / (1 + e⁻ˣ)
    Sigmoid,
    /// tanh(x)
    Tanh,
    /// eˣ
    Exp,
    /// ln x
    Ln,
    /// √x
    Sqrt,
    /// |x|
    Abs,
    /// −1, 0 or 1.
    Sign,
    /// Φ(x), the normal distribution.
    Normal,
    /// φ(x), its density.
    NormalDensity,
    /// The largest of its arguments.
    Max,
    /// The softmax of a vector: a vector.
    Softmax,
    /// 1 at the place that its argument tells, 0 elsewhere: a vector.
    OneHot,
    /// ‖v‖ of a vector. A vector of which only a name is known has its norm for a value.
    Norm,
}

/// A letter and what it stands for.
#[derive(Clone, Debug, PartialEq)]
pub struct Symbol {
    /// As the formula writes it: `x`, `α`.
    pub letter: Cow<'static, str>,
    /// What it stands for.
    pub role: Role,
}

/// What a letter stands for. Rows and places count from 0; a place is that among the numbers of one example.
#[derive(Clone, Debug, PartialEq)]
pub enum Role {
    /// A number of an input; the inputs of a loss are the network's output and the target.
    Input {
        /// Which input.
        input: usize,
        /// Which example.
        row: usize,
        /// Which of its numbers.
        at: usize,
    },
    /// Some numbers of an example of an input: a vector.
    Inputs {
        /// Which input.
        input: usize,
        /// Which example.
        row: usize,
        /// Which of its numbers.
        range: Range<usize>,
    },
    /// A number of the output.
    Output {
        /// Which example.
        row: usize,
        /// Which of its numbers.
        at: usize,
    },
    /// A number of a parameter.
    Param {
        /// Which parameter.
        param: usize,
        /// Which of its numbers.
        at: usize,
    },
    /// A number that the forward pass left for the backward pass: a mean, a factor that was drawn.
    Saved {
        /// Which of them.
        at: usize,
    },
    /// A setting, with its value.
    Setting(f64),
    /// A setting that is a list, such as a weight for each class: a vector.
    Settings(Arc<[f64]>),
    /// A constant that has a letter in all of mathematics, with its value; it keeps the letter among numbers.
    Constant(f64),
    /// Something else that has a name.
    Named,
}

impl Symbol {
    /// A letter for this.
    pub fn new(letter: impl Into<Cow<'static, str>>, role: Role) -> Symbol {
        Symbol { letter: letter.into(), role }
    }
}

/// What the letters of a formula are worth: asked for all of them but settings and constants, which know it themselves,
/// and vectors, of which it is asked for the numbers.
pub type Lookup<'a> = &'a dyn Fn(&Symbol) -> Option<f64>;

impl Expr {
    /// A letter.
    pub fn symbol(letter: impl Into<Cow<'static, str>>, role: Role) -> Expr {
        Expr::Symbol(Symbol::new(letter, role))
    }

    /// A function of these arguments.
    pub fn call(function: Function, arguments: impl Into<Vec<Expr>>) -> Expr {
        Expr::Call(function, arguments.into())
    }

    /// This to the power of a number.
    pub fn power(self, exponent: impl Into<Expr>) -> Expr {
        Expr::Power(Box::new([self, exponent.into()]))
    }

    /// One number of this vector.
    pub fn item(self, at: impl Into<Expr>) -> Expr {
        Expr::Item(Box::new([self, at.into()]))
    }

    /// This if `left` > `right` (or ≤), else something else.
    pub fn cases(
        self,
        left: impl Into<Expr>,
        relation: Relation,
        right: impl Into<Expr>,
        otherwise: impl Into<Expr>,
    ) -> Expr {
        let (left, right, otherwise) = (left.into(), right.into(), otherwise.into());
        Expr::Cases(Box::new(Cases { then: self, left, relation, right, otherwise }))
    }

    /// This with letters that stand for other formulas.
    pub fn with(self, letters: impl Into<Vec<(Symbol, Expr)>>) -> Expr {
        Expr::Where(Box::new(Where { body: self, letters: letters.into() }))
    }

    /// Its number, for these numbers of its letters; `None` where one of them has none, or for a vector.
    pub fn evaluate(&self, values: Lookup<'_>) -> Option<f64> {
        let of = |expr: &Expr| expr.evaluate(values);
        Some(match self {
            Expr::Number(x) => *x,
            Expr::Symbol(symbol) => match symbol.role {
                Role::Setting(x) | Role::Constant(x) => x,
                Role::Inputs { .. } | Role::Settings(_) => return None,
                _ => values(symbol)?,
            },
            Expr::Neg(a) => -of(a)?,
            Expr::Sum(terms) => sum(terms, values)?,
            Expr::Product(factors) => factors.iter().map(of).product::<Option<f64>>()?,
            Expr::Quotient(parts) => of(&parts[0])? / of(&parts[1])?,
            Expr::Power(parts) => match parts[1] {
                Expr::Number(exponent) if exponent.fract() == 0.0 => of(&parts[0])?.powi(exponent as i32),
                _ => of(&parts[0])?.powf(of(&parts[1])?),
            },
            Expr::Call(function, arguments) => call(*function, arguments, values)?,
            Expr::Item(parts) => {
                let at = of(&parts[1])?;
                match &parts[0] {
                    Expr::Call(Function::OneHot, place) => f64::from(of(place.first()?)? == at),
                    vector => *vector.vector(values)?.get(at as usize)?,
                }
            }
            Expr::Cases(cases) => {
                let (left, right) = (of(&cases.left)?, of(&cases.right)?);
                let holds = match cases.relation {
                    Relation::Above => left > right,
                    Relation::AtMost => left <= right,
                };
                of(if holds { &cases.then } else { &cases.otherwise })?
            }
            Expr::Where(of) => of.inside(values, &mut |values| of.body.evaluate(values))?,
        })
    }

    /// The letters that have to be known, each once, in the order in which they stand; not those of a
    /// [`Where`].
    pub fn symbols(&self) -> Vec<&Symbol> {
        let mut found = vec![];
        self.collect(&mut found, &mut vec![]);
        found
    }

    fn collect<'a>(&'a self, found: &mut Vec<&'a Symbol>, own: &mut Vec<&'a Symbol>) {
        match self {
            Expr::Number(_) => {}
            Expr::Symbol(symbol) => {
                if !found.contains(&symbol) && !own.contains(&symbol) {
                    found.push(symbol);
                }
            }
            Expr::Where(of) => {
                let outer = own.len();
                for (letter, stands_for) in &of.letters {
                    stands_for.collect(found, own);
                    own.push(letter);
                }
                of.body.collect(found, own);
                own.truncate(outer);
            }
            other => other.parts().into_iter().for_each(|part| part.collect(found, own)),
        }
    }
}

impl Where {
    /// Calls `f` with what the letters are worth inside, where each has a number.
    fn inside<R>(&self, values: Lookup<'_>, f: &mut dyn FnMut(Lookup<'_>) -> Option<R>) -> Option<R> {
        fn next<R>(
            letters: &[(Symbol, Expr)],
            values: Lookup<'_>,
            f: &mut dyn FnMut(Lookup<'_>) -> Option<R>,
        ) -> Option<R> {
            let Some(((letter, stands_for), rest)) = letters.split_first() else { return f(values) };
            let number = stands_for.evaluate(values)?;
            next(rest, &|symbol| if symbol == letter { Some(number) } else { values(symbol) }, f)
        }
        next(&self.letters, values, f)
    }
}

impl From<f64> for Expr {
    fn from(x: f64) -> Expr {
        Expr::Number(x)
    }
}

impl From<Symbol> for Expr {
    fn from(symbol: Symbol) -> Expr {
        Expr::Symbol(symbol)
    }
}

impl Neg for Expr {
    type Output = Expr;

    fn neg(self) -> Expr {
        Expr::Neg(Box::new(self))
    }
}

impl<E: Into<Expr>> Add<E> for Expr {
    type Output = Expr;

    fn add(self, other: E) -> Expr {
        let mut terms = if let Expr::Sum(terms) = self { terms } else { vec![self] };
        terms.push(other.into());
        Expr::Sum(terms)
    }
}

impl<E: Into<Expr>> Sub<E> for Expr {
    type Output = Expr;

    fn sub(self, other: E) -> Expr {
        self + -other.into()
    }
}

impl<E: Into<Expr>> Mul<E> for Expr {
    type Output = Expr;

    fn mul(self, other: E) -> Expr {
        let mut factors = if let Expr::Product(factors) = self { factors } else { vec![self] };
        factors.push(other.into());
        Expr::Product(factors)
    }
}

impl<E: Into<Expr>> Div<E> for Expr {
    type Output = Expr;

    fn div(self, other: E) -> Expr {
        Expr::Quotient(Box::new([self, other.into()]))
    }
}

impl Mul<Expr> for f64 {
    type Output = Expr;

    fn mul(self, other: Expr) -> Expr {
        Expr::Number(self) * other
    }
}

impl Add<Expr> for f64 {
    type Output = Expr;

    fn add(self, other: Expr) -> Expr {
        Expr::Number(self) + other
    }
}

impl Sub<Expr> for f64 {
    type Output = Expr;

    fn sub(self, other: Expr) -> Expr {
        Expr::Number(self) - other
    }
}
