//! Logistic function: y = σ(x) = 1 / (1 + e⁻ˣ), by the exponential of −|x|, which cannot overflow.
//! dx = dy · y·(1 − y). Saturates: past x ≈ 37 in f64 (17 in f32) y is exactly 1 and the slope 0.

use super::{Case, EXP, OpEntry, Pointwise, Reads};
use crate::expr::{Expr, Function};
use crate::kernel::Scalar;
use crate::kernel::stable::logistic;
use std::sync::Arc;

/// The logistic function.
#[derive(Clone, Copy, Debug)]
pub struct Sigmoid;

pub(super) const ENTRY: OpEntry = OpEntry {
    name: "sigmoid",
    doc: "logistic function σ(x) = 1 / (1 + e⁻ˣ)",
    keys: &[],
    build: |_| Ok(Arc::new(Sigmoid)),
    cases: &[Case { given: &[], inputs: &[&[7]] }],
};

impl Pointwise for Sigmoid {
    fn name(&self) -> &'static str {
        "sigmoid"
    }

    fn reads(&self) -> Reads {
        Reads::Output
    }

    fn expression(&self, x: Expr) -> Expr {
        Expr::call(Function::Sigmoid, [x])
    }

    fn slope_expression(&self, _x: Expr, y: Expr) -> Expr {
        y.clone() * (1.0 - y)
    }

    fn range(&self) -> [f64; 2] {
        [0.0, 1.0]
    }

    fn flops(&self) -> usize {
        EXP + 3
    }

    #[inline(always)]
    fn value<T: Scalar>(&self, x: T) -> T {
        logistic(x)
    }

    #[inline(always)]
    fn slope<T: Scalar>(&self, _x: T, y: T) -> T {
        y * (T::one() - y)
    }
}
