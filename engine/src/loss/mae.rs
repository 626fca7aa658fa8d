//! Mean absolute error (PyTorch's `L1Loss`): f = |x − y|.
//! ∂f/∂x = sign(x − y), and 0 at the kink x = y.

use super::{Case, LossEntry, Made, Pointwise, Reduction};
use crate::expr::{Expr, Function};
use crate::kernel::Scalar;
use crate::op::Kink;
use std::sync::Arc;

/// Mean absolute error.
#[derive(Clone, Copy, Debug)]
pub struct Mae {
    /// Mean over examples and outputs, or sum.
    pub reduction: Reduction,
}

pub(super) const ENTRY: LossEntry = LossEntry {
    name: "mae",
    doc: "mean absolute error",
    keys: &[Reduction::KEY],
    build: |settings| Ok(Arc::new(Mae { reduction: Reduction::read(settings) })),
    cases: &[Case { given: &[], width: 3, output: Made::Real }],
};

impl Default for Mae {
    fn default() -> Mae {
        Mae { reduction: Reduction::Mean }
    }
}

impl Pointwise for Mae {
    fn name(&self) -> &'static str {
        "mae"
    }

    fn reduction(&self) -> Reduction {
        self.reduction
    }

    fn expression(&self, x: Expr, y: Expr) -> Expr {
        Expr::call(Function::Abs, [x - y])
    }

    fn slope_expression(&self, x: Expr, y: Expr) -> Expr {
        Expr::call(Function::Sign, [x - y])
    }

    fn kinks(&self) -> Vec<Kink> {
        vec![Kink { at: 0.0, slope: 0.0 }]
    }

    #[inline(always)]
    fn value<T: Scalar>(&self, x: T, y: T) -> T {
        (x - y).abs()
    }

    #[inline(always)]
    fn slope<T: Scalar>(&self, x: T, y: T) -> T {
        let d = x - y;
        if d == T::zero() { T::zero() } else { d.signum() }
    }
}
