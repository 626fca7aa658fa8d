//! Binary cross-entropy on probabilities (PyTorch's `BCELoss`): f = −y·ln x − (1 − y)·ln(1 − x), each
//! logarithm held at −100 or above; ∂f/∂x = (x − y) / max(x·(1 − x), 1e-12).
//! Where x comes from a sigmoid, `bce_with_logits` is right further out.

use super::{Case, Domain, LossEntry, Made, Pointwise, Probability, Reduction, at_least, held};
use crate::expr::{Expr, Function};
use crate::kernel::Scalar;
use std::sync::Arc;

/// Binary cross-entropy on probabilities.
#[derive(Clone, Copy, Debug)]
pub struct Bce {
    /// Mean over examples and outputs, or sum.
    pub reduction: Reduction,
}

pub(super) const ENTRY: LossEntry = LossEntry {
    name: "bce",
    doc: "binary cross-entropy on probabilities",
    keys: &[Reduction::KEY],
    build: |settings| Ok(Arc::new(Bce { reduction: Reduction::read(settings) })),
    cases: &[Case { given: &[], width: 3, output: Made::Share }],
};

impl Default for Bce {
    fn default() -> Bce {
        Bce { reduction: Reduction::Mean }
    }
}

impl Pointwise for Bce {
    fn name(&self) -> &'static str {
        "bce"
    }

    fn reduction(&self) -> Reduction {
        self.reduction
    }

    fn expression(&self, x: Expr, y: Expr) -> Expr {
        let ln = |x| held(Expr::call(Function::Ln, [x]), -100.0);
        -(y.clone() * ln(x.clone())) - (1.0 - y) * ln(1.0 - x)
    }

    fn slope_expression(&self, x: Expr, y: Expr) -> Expr {
        (x.clone() - y) / held(x.clone() * (1.0 - x), 1e-12)
    }

    #[inline(always)]
    fn value<T: Scalar>(&self, x: T, y: T) -> T {
        -(y * at_least(x.vln(), -100.0) + (T::one() - y) * at_least((-x).vln_1p(), -100.0))
    }

    #[inline(always)]
    fn slope<T: Scalar>(&self, x: T, y: T) -> T {
        (x - y) / at_least(x * (T::one() - x), 1e-12)
    }

    fn probability(&self) -> Option<Probability> {
        Some(Probability::Identity)
    }

    fn domain(&self) -> Option<Domain> {
        let advice = "let a sigmoid come last, or take the loss bce_with_logits";
        Some(Domain { least: 0.0, most: 1.0, advice })
    }

    fn threshold(&self) -> Option<f64> {
        Some(0.5)
    }
}
