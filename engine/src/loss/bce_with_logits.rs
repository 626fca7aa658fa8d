//! Binary cross-entropy on logits (PyTorch's `BCEWithLogitsLoss`): f = max(x, 0) − x·y + ln(1 + e^−|x|),
//! which is −y·ln σ(x) − (1 − y)·ln(1 − σ(x)) without overflow. ∂f/∂x = σ(x) − y.

use super::{Case, LossEntry, Made, Pointwise, Probability, Reduction};
use crate::expr::{Expr, Function};
use crate::kernel::Scalar;
use crate::kernel::stable::logistic_and_rest;
use std::sync::Arc;

/// Binary cross-entropy on logits.
#[derive(Clone, Copy, Debug)]
pub struct BceWithLogits {
    /// Mean over examples and outputs, or sum.
    pub reduction: Reduction,
}

pub(super) const ENTRY: LossEntry = LossEntry {
    name: "bce_with_logits",
    doc: "binary cross-entropy on logits",
    keys: &[Reduction::KEY],
    build: |settings| Ok(Arc::new(BceWithLogits { reduction: Reduction::read(settings) })),
    cases: &[Case { given: &[], width: 3, output: Made::Real }],
};

impl Default for BceWithLogits {
    fn default() -> BceWithLogits {
        BceWithLogits { reduction: Reduction::Mean }
    }
}

impl Pointwise for BceWithLogits {
    fn name(&self) -> &'static str {
        "bce_with_logits"
    }

    fn reduction(&self) -> Reduction {
        self.reduction
    }

    fn expression(&self, x: Expr, y: Expr) -> Expr {
        let (ln, share) = (|x| Expr::call(Function::Ln, [x]), Expr::call(Function::Sigmoid, [x]));
        -(y.clone() * ln(share.clone())) - (1.0 - y) * ln(1.0 - share)
    }

    fn slope_expression(&self, x: Expr, y: Expr) -> Expr {
        Expr::call(Function::Sigmoid, [x]) - y
    }

    #[inline(always)]
    fn value<T: Scalar>(&self, x: T, y: T) -> T {
        // x·([x > 0] − y) first: for large x and y = 1 its two parts would lose the digits of the third.
        let step = if x > T::zero() { T::one() } else { T::zero() };
        x * (step - y) + (-x.abs()).vexp().vln_1p()
    }

    #[inline(always)]
    fn slope<T: Scalar>(&self, x: T, y: T) -> T {
        // At y = 1 as −σ(−x), which keeps its digits where σ(x) is close to 1.
        let (share, rest) = logistic_and_rest(x);
        if y == T::one() { -rest } else { share - y }
    }

    fn probability(&self) -> Option<Probability> {
        Some(Probability::Sigmoid)
    }

    fn threshold(&self) -> Option<f64> {
        Some(0.0)
    }
}
