//! Mean squared error (PyTorch's `MSELoss`): f = (x − y)².
//! ∂f/∂x = 2·(x − y).

use super::{Case, LossEntry, Made, Pointwise, Reduction};
use crate::expr::Expr;
use crate::kernel::Scalar;
use std::sync::Arc;

/// Mean squared error.
#[derive(Clone, Copy, Debug)]
pub struct Mse {
    /// Mean over examples and outputs, or sum.
    pub reduction: Reduction,
}

pub(super) const ENTRY: LossEntry = LossEntry {
    name: "mse",
    doc: "mean squared error",
    keys: &[Reduction::KEY],
    build: |settings| Ok(Arc::new(Mse { reduction: Reduction::read(settings) })),
    cases: &[Case { given: &[], width: 3, output: Made::Real }],
};

impl Default for Mse {
    fn default() -> Mse {
        Mse { reduction: Reduction::Mean }
    }
}

impl Pointwise for Mse {
    fn name(&self) -> &'static str {
        "mse"
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
