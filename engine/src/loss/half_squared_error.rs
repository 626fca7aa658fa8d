//! Half the squared error, summed: f = ½·(x − y)², as textbooks write it so that the 2 cancels.
//! ∂f/∂x = x − y.

use super::{Case, LossEntry, Made, Pointwise, Reduction};
use crate::expr::Expr;
use crate::kernel::Scalar;
use std::sync::Arc;

/// Half the squared error, summed over outputs and examples.
#[derive(Clone, Copy, Debug)]
pub struct HalfSquaredError {
    /// Mean over examples and outputs, or sum.
    pub reduction: Reduction,
}

pub(super) const ENTRY: LossEntry = LossEntry {
    name: "half_squared_error",
    doc: "half the squared error, summed over outputs and examples",
    keys: &[Reduction::KEY_SUM],
    build: |settings| Ok(Arc::new(HalfSquaredError { reduction: Reduction::read(settings) })),
    cases: &[Case { given: &[], width: 3, output: Made::Real }],
};

impl Default for HalfSquaredError {
    fn default() -> HalfSquaredError {
        HalfSquaredError { reduction: Reduction::Sum }
    }
}

impl Pointwise for HalfSquaredError {
    fn name(&self) -> &'static str {
        "half_squared_error"
    }

    fn reduction(&self) -> Reduction {
        self.reduction
    }

    fn expression(&self, x: Expr, y: Expr) -> Expr {
        0.5 * (x - y).power(2.0)
    }

    fn slope_expression(&self, x: Expr, y: Expr) -> Expr {
        x - y
    }

    #[inline(always)]
    fn value<T: Scalar>(&self, x: T, y: T) -> T {
        T::of(0.5) * (x - y) * (x - y)
    }

    #[inline(always)]
    fn slope<T: Scalar>(&self, x: T, y: T) -> T {
        x - y
    }
}
