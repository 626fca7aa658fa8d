//! Softplus: y = ln(1 + e^(β·x)) / β, and x itself where β·x is past the threshold, as PyTorch has it.
//! dx = dy · σ(β·x), and dy past the threshold; the jump there is e^(−threshold), 2e-9 for the default 20.

use super::{Case, EXP, Kink, OpEntry, Pointwise, Reads};
use crate::expr::{Expr, Function, Relation, Role};
use crate::kernel::Scalar;
use crate::kernel::stable::logistic;
use crate::setting::{Default, Key, Kind, Literal};
use std::sync::Arc;

/// The smooth rectifier.
#[derive(Clone, Copy, Debug)]
pub struct Softplus {
    /// β: how sharp the bend is.
    pub beta: f64,
    /// Past this value of β·x the function is x.
    pub threshold: f64,
}

pub(super) const ENTRY: OpEntry = OpEntry {
    name: "softplus",
    doc: "smooth rectifier: ln(1 + e^(beta·x)) / beta",
    keys: &[
        Key::new("beta", Kind::Positive, Default::Number(1.0), "how sharp the bend is"),
        Key::new(
            "threshold",
            Kind::Positive,
            Default::Number(20.0),
            "past this value of beta·x it is x itself",
        ),
    ],
    build: |s| Ok(Arc::new(Softplus { beta: s.number("beta"), threshold: s.number("threshold") })),
    cases: &[
        Case { given: &[], inputs: &[&[7]] },
        Case { given: &[("beta", Literal::Number(2.5))], inputs: &[&[7]] },
    ],
};

impl std::default::Default for Softplus {
    fn default() -> Softplus {
        Softplus { beta: 1.0, threshold: 20.0 }
    }
}

impl Softplus {
    /// What holds up to the threshold, or what holds past it.
    fn below(&self, bend: Expr, x: Expr, straight: Expr) -> Expr {
        let beta = Expr::symbol("beta", Role::Setting(self.beta));
        bend.cases(
            beta * x,
            Relation::AtMost,
            Expr::symbol("threshold", Role::Setting(self.threshold)),
            straight,
        )
    }
}

impl Pointwise for Softplus {
    fn name(&self) -> &'static str {
        "softplus"
    }

    fn reads(&self) -> Reads {
        Reads::Inputs
    }

    fn expression(&self, x: Expr) -> Expr {
        let beta = || Expr::symbol("beta", Role::Setting(self.beta));
        let bend = Expr::call(Function::Ln, [1.0 + Expr::call(Function::Exp, [beta() * x.clone()])]) / beta();
        self.below(bend, x.clone(), x)
    }

    fn slope_expression(&self, x: Expr, _y: Expr) -> Expr {
        let beta = Expr::symbol("beta", Role::Setting(self.beta));
        self.below(Expr::call(Function::Sigmoid, [beta * x.clone()]), x, Expr::Number(1.0))
    }

    fn kinks(&self) -> Vec<Kink> {
        let at = self.threshold / self.beta;
        vec![Kink { at, slope: Pointwise::slope(self, at, f64::NAN) }]
    }

    fn range(&self) -> [f64; 2] {
        [0.0, f64::INFINITY]
    }

    fn flops(&self) -> usize {
        2 * EXP + 5
    }

    #[inline(always)]
    fn value<T: Scalar>(&self, x: T) -> T {
        let (beta, z) = (T::of(self.beta), T::of(self.beta) * x);
        // ln(1 + eᶻ) = max(z, 0) + ln(1 + e^−|z|), without overflow and with all digits for very negative z.
        let positive = if z > T::zero() { z } else { T::zero() };
        let y = (positive + (-z.abs()).vexp().vln_1p()) / beta;
        if z > T::of(self.threshold) { x } else { y }
    }

    #[inline(always)]
    fn slope<T: Scalar>(&self, x: T, _y: T) -> T {
        let z = T::of(self.beta) * x;
        let slope = logistic(z);
        if z > T::of(self.threshold) { T::one() } else { slope }
    }
}
