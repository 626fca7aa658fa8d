//! Exponential linear unit (Clevert, Unterthiner, Hochreiter 2016): y = x where x > 0, else α·(eˣ − 1).
//! dx = dy where x > 0, else dy·α·eˣ; at x = 0 the slope is α, which is a kink unless α = 1.

use super::{Case, EXP, Kink, OpEntry, Pointwise, Reads};
use crate::expr::{Expr, Function, Relation, Role};
use crate::kernel::Scalar;
use crate::setting::{Default, Key, Kind, Literal};
use std::sync::Arc;

/// The exponential linear unit.
#[derive(Clone, Copy, Debug)]
pub struct Elu {
    /// α: −α is the limit for very negative arguments.
    pub alpha: f64,
}

pub(super) const ENTRY: OpEntry = OpEntry {
    name: "elu",
    doc: "exponential linear unit: x where x > 0, else alpha·(eˣ − 1)",
    keys: &[Key::new(
        "alpha",
        Kind::Finite,
        Default::Number(1.0),
        "minus the limit for very negative arguments",
    )],
    build: |s| Ok(Arc::new(Elu { alpha: s.number("alpha") })),
    cases: &[
        Case { given: &[], inputs: &[&[7]] },
        Case { given: &[("alpha", Literal::Number(0.5))], inputs: &[&[7]] },
    ],
};

impl std::default::Default for Elu {
    fn default() -> Elu {
        Elu { alpha: 1.0 }
    }
}

impl Elu {
    fn symbol(self) -> Expr {
        Expr::symbol("alpha", Role::Setting(self.alpha))
    }
}

impl Pointwise for Elu {
    fn name(&self) -> &'static str {
        "elu"
    }

    fn reads(&self) -> Reads {
        Reads::Inputs
    }

    fn expression(&self, x: Expr) -> Expr {
        let below = self.symbol() * (Expr::call(Function::Exp, [x.clone()]) - 1.0);
        x.clone().cases(x, Relation::Above, 0.0, below)
    }

    fn slope_expression(&self, x: Expr, _y: Expr) -> Expr {
        let below = self.symbol() * Expr::call(Function::Exp, [x.clone()]);
        Expr::Number(1.0).cases(x, Relation::Above, 0.0, below)
    }

    fn kinks(&self) -> Vec<Kink> {
        match self.alpha {
            1.0 => vec![],
            slope => vec![Kink { at: 0.0, slope }],
        }
    }

    fn range(&self) -> [f64; 2] {
        [-self.alpha, f64::INFINITY]
    }

    fn flops(&self) -> usize {
        EXP + 2
    }

    #[inline(always)]
    fn value<T: Scalar>(&self, x: T) -> T {
        if x > T::zero() { x } else { T::of(self.alpha) * x.vexp_m1() }
    }

    #[inline(always)]
    fn slope<T: Scalar>(&self, x: T, _y: T) -> T {
        if x > T::zero() { T::one() } else { T::of(self.alpha) * x.vexp() }
    }
}
