//! Binary cross-entropy on probabilities (PyTorch's `BCELoss`): f = −y·ln x − (1 − y)·ln(1 − x), each
//! logarithm held at −100 or above; ∂f/∂x = (x − y) / max(x·(1 − x), 1e-12).
//! Where x comes from a sigmoid, `bce_with_logits` is right further out.

use super::{Case, Entry, Made, Pointwise, Reduction};
use crate::kernel::Scalar;
use std::sync::Arc;

/// Binary cross-entropy on probabilities.
#[derive(Clone, Copy, Debug)]
pub struct Bce {
    /// Mean over examples and outputs, or sum.
    pub reduction: Reduction,
}

pub(super) const ENTRY: Entry = Entry {
    name: "bce",
    doc: "binary cross-entropy on probabilities",
    keys: &[Reduction::KEY],
    build: |settings| Ok(Arc::new(Bce { reduction: Reduction::read(settings) })),
    cases: &[Case { given: &[], width: 3, output: Made::Share, target: Made::Share }],
    kinks: &[],
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

    fn formula(&self) -> &'static str {
        "−y·ln ŷ − (1 − y)·ln(1 − ŷ)"
    }

    fn slope_formula(&self) -> &'static str {
        "(ŷ − y)/(ŷ·(1 − ŷ))"
    }

    #[inline(always)]
    fn value<T: Scalar>(&self, x: T, y: T) -> T {
        -(y * held(x.vln()) + (T::one() - y) * held((-x).vln_1p()))
    }

    #[inline(always)]
    fn slope<T: Scalar>(&self, x: T, y: T) -> T {
        let (spread, least) = (x * (T::one() - x), T::of(1e-12));
        (x - y) / if spread < least { least } else { spread }
    }

    fn threshold(&self) -> Option<f64> {
        Some(0.5)
    }
}

/// A logarithm, at −100 or above. Not `max`, which would turn NaN into −100 and hide where it came from.
#[inline(always)]
pub(super) fn held<T: Scalar>(log: T) -> T {
    let floor = T::of(-100.0);
    if log < floor { floor } else { log }
}
