//! Squared error, summed: f = (x − y)², as textbooks write it.
//! ∂f/∂x = 2·(x − y).

use super::{Case, LossEntry, Made, Pointwise, Reduction};
use crate::expr::Expr;
use crate::kernel::Scalar;
use std::sync::Arc;

/// Squared error, summed over outputs and examples.
#[derive(Clone, Copy, Debug)]
pub struct SquaredError {
    /// Mean over examples and outputs, or sum.
    pub reduction: Reduction,
}

pub(super) const ENTRY: LossEntry = LossEntry {
    name: "squared_error",
    doc: "squared error, summed over outputs and examples",
    keys: &[Reduction::KEY_SUM],
    build: |settings| Ok(Arc::new(SquaredError { reduction: Reduction::read(settings) })),
    cases: &[Case { given: &[], width: 3, output: Made::Real }],
};

impl Default for SquaredError {
    fn default() -> SquaredError {
        SquaredError { reduction: Reduction::Sum }
    }
}

impl Pointwise for SquaredError {
    fn name(&self) -> &'static str {
        "squared_error"
    }

    fn reduction(&self) -> Reduction {
        self.reduction
    }

    fn expression(&self, x: Expr, y: Expr) -> Expr {
        (x - y).power(2.0)
    }

    fn slope_expression(&self, x: Expr, y: Expr) -> Expr {
        2.0 * (x - y)
    }

    #[inline(always)]
    fn value<T: Scalar>(&self, x: T, y: T) -> T {
        (x - y) * (x - y)
    }

    #[inline(always)]
    fn slope<T: Scalar>(&self, x: T, y: T) -> T {
        (x - y) + (x - y)
    }
}
