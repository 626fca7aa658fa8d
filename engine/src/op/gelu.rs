//! Gaussian error linear unit (Hendrycks, Gimpel 2016): y = x·Φ(x), Φ the normal distribution function;
//! dx = dy · (Φ(x) + x·φ(x)), φ its density. The tanh form replaces Φ by (1 + tanh q)/2 with
//! q = √(2/π)·(x + 0.044715·x³), and its slope is (1 + tanh q)/2 + x/2·(1 − tanh² q)·q′.

use super::{Case, EXP, OpEntry, Pointwise, Reads};
use crate::expr::{Expr, Function, Role, Symbol};
use crate::kernel::Scalar;
use crate::setting::{Default, Key, Kind, Literal};
use std::borrow::Cow;
use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_PI, FRAC_2_SQRT_PI};
use std::sync::Arc;

/// The Gaussian error linear unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, std::default::Default)]
pub enum Gelu {
    /// With the error function.
    #[default]
    Exact,
    /// With the hyperbolic tangent.
    Tanh,
}

pub(super) const ENTRY: OpEntry = OpEntry {
    name: "gelu",
    doc: "Gaussian error linear unit: x·Φ(x)",
    keys: &[Key::new(
        "approximate",
        Kind::Word(&["none", "tanh"]),
        Default::Word("none"),
        "\"tanh\" replaces the error function",
    )],
    build: |s| Ok(Arc::new(if s.word("approximate") == "tanh" { Gelu::Tanh } else { Gelu::Exact })),
    cases: &[
        Case { given: &[], inputs: &[&[7]] },
        Case { given: &[("approximate", Literal::Text(Cow::Borrowed("tanh")))], inputs: &[&[7]] },
    ],
};

impl Pointwise for Gelu {
    fn name(&self) -> &'static str {
        "gelu"
    }

    fn reads(&self) -> Reads {
        Reads::Inputs
    }

    fn expression(&self, x: Expr) -> Expr {
        match self {
            Gelu::Exact => x.clone() * Expr::call(Function::Normal, [x]),
            Gelu::Tanh => (x.clone() * (1.0 + tanh_q()) / 2.0).with([q(x)]),
        }
    }

    fn slope_expression(&self, x: Expr, _y: Expr) -> Expr {
        let density = || Expr::call(Function::NormalDensity, [x.clone()]);
        match self {
            Gelu::Exact => Expr::call(Function::Normal, [x.clone()]) + x.clone() * density(),
            Gelu::Tanh => {
                let slope = Symbol::new("q′", Role::Named);
                let written = root() * (1.0 + Expr::Number(3.0 * CUBIC) * x.clone().power(2.0));
                let bend = x.clone() / 2.0 * (1.0 - tanh_q().power(2.0)) * slope.clone();
                ((1.0 + tanh_q()) / 2.0 + bend).with([q(x), (slope, written)])
            }
        }
    }

    fn flops(&self) -> usize {
        2 * EXP
    }

    #[inline(always)]
    fn value<T: Scalar>(&self, x: T) -> T {
        match self {
            Gelu::Exact => x * x.vnormal().0,
            Gelu::Tanh => x * T::of(0.5) * (T::one() + argument(x).0.vtanh()),
        }
    }

    #[inline(always)]
    fn slope<T: Scalar>(&self, x: T, _y: T) -> T {
        match self {
            Gelu::Exact => {
                let (normal, bell) = x.vnormal();
                normal + x * bell * T::of(FRAC_1_SQRT_2 * FRAC_2_SQRT_PI / 2.0)
            }
            Gelu::Tanh => {
                let (q, dq) = argument(x);
                let t = q.vtanh();
                // Past |x| ≈ 6 the slope of tanh is exactly 0 while x·q′ may overflow: their product is 0.
                let bend = T::one() - t * t;
                let bend = if bend > T::zero() { x * bend * dq } else { T::zero() };
                T::of(0.5) * (T::one() + t + bend)
            }
        }
    }
}

/// What x³ is multiplied by in the tanh form.
const CUBIC: f64 = 0.044715;

/// √(2/π)
fn root() -> Expr {
    let pi = Expr::symbol("π", Role::Constant(std::f64::consts::PI));
    Expr::call(Function::Sqrt, [Expr::Number(2.0) / pi])
}

fn tanh_q() -> Expr {
    Expr::call(Function::Tanh, [Expr::symbol("q", Role::Named)])
}

/// q of the tanh form, written; the update of a weight has a u of its own.
fn q(x: Expr) -> (Symbol, Expr) {
    let written = root() * (x.clone() + Expr::Number(CUBIC) * x.power(3.0));
    (Symbol::new("q", Role::Named), written)
}

/// q and q′ of the tanh form.
#[inline(always)]
fn argument<T: Scalar>(x: T) -> (T, T) {
    let (root, cubic) = (T::of(FRAC_2_PI.sqrt()), T::of(CUBIC));
    (root * (x + cubic * x * x * x), root * (T::one() + T::of(3.0 * CUBIC) * x * x))
}
