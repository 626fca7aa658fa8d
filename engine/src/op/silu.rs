//! Sigmoid-weighted linear unit (swish): y = x·σ(x).
//! dx = dy · σ(x)·(1 + x·(1 − σ(x))).

use super::{Case, EXP, OpEntry, Pointwise, Reads};
use crate::expr::{Expr, Function};
use crate::kernel::Scalar;
use crate::kernel::stable::{logistic, logistic_and_rest};
use std::sync::Arc;

/// The sigmoid-weighted linear unit.
#[derive(Clone, Copy, Debug)]
pub struct Silu;

pub(super) const ENTRY: OpEntry = OpEntry {
    name: "silu",
    doc: "sigmoid-weighted linear unit (swish): x·σ(x)",
    keys: &[],
    build: |_| Ok(Arc::new(Silu)),
    cases: &[Case { given: &[], inputs: &[&[7]] }],
};

impl Pointwise for Silu {
    fn name(&self) -> &'static str {
        "silu"
    }

    fn reads(&self) -> Reads {
        Reads::Inputs
    }

    fn expression(&self, x: Expr) -> Expr {
        x.clone() * Expr::call(Function::Sigmoid, [x])
    }

    fn slope_expression(&self, x: Expr, _y: Expr) -> Expr {
        let share = Expr::call(Function::Sigmoid, [x.clone()]);
        share.clone() * (1.0 + x * (1.0 - share))
    }

    fn flops(&self) -> usize {
        EXP + 4
    }

    #[inline(always)]
    fn value<T: Scalar>(&self, x: T) -> T {
        x * logistic(x)
    }

    #[inline(always)]
    fn slope<T: Scalar>(&self, x: T, _y: T) -> T {
        let (s, rest) = logistic_and_rest(x);
        s * (T::one() + x * rest)
    }
}
