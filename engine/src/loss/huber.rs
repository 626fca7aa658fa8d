//! Huber's loss (PyTorch's `HuberLoss`): with d = x − y, f = ½·d² where |d| ≤ δ, else δ·(|d| − ½·δ).
//! ∂f/∂x = d, held within ±δ.

use super::{Case, LossEntry, Made, Pointwise, Reduction};
use crate::expr::{Expr, Function, Relation, Role};
use crate::kernel::Scalar;
use crate::setting::{Default, Key, Kind};
use std::sync::Arc;

/// Huber's loss.
#[derive(Clone, Copy, Debug)]
pub struct Huber {
    /// δ: from this error on the loss grows in a straight line.
    pub delta: f64,
    /// Mean over examples and outputs, or sum.
    pub reduction: Reduction,
}

pub(super) const ENTRY: LossEntry = LossEntry {
    name: "huber",
    doc: "Huber's loss",
    keys: &[
        Key::new(
            "delta",
            Kind::Positive,
            Default::Number(1.0),
            "from this error on it grows in a straight line",
        ),
        Reduction::KEY,
    ],
    build: |settings| {
        Ok(Arc::new(Huber { delta: settings.number("delta"), reduction: Reduction::read(settings) }))
    },
    cases: &[Case { given: &[], width: 3, output: Made::Real }],
};

impl std::default::Default for Huber {
    fn default() -> Huber {
        Huber { delta: 1.0, reduction: Reduction::Mean }
    }
}

impl Huber {
    fn symbol(self) -> Expr {
        Expr::symbol("delta", Role::Setting(self.delta))
    }
}

impl Pointwise for Huber {
    fn name(&self) -> &'static str {
        "huber"
    }

    fn reduction(&self) -> Reduction {
        self.reduction
    }

    fn expression(&self, x: Expr, y: Expr) -> Expr {
        let far = Expr::call(Function::Abs, [x.clone() - y.clone()]);
        let outside = self.symbol() * (far.clone() - 0.5 * self.symbol());
        (0.5 * (x - y).power(2.0)).cases(far, Relation::AtMost, self.symbol(), outside)
    }

    fn slope_expression(&self, x: Expr, y: Expr) -> Expr {
        let error = x - y;
        let far = Expr::call(Function::Abs, [error.clone()]);
        let outside = self.symbol() * Expr::call(Function::Sign, [error.clone()]);
        error.cases(far, Relation::AtMost, self.symbol(), outside)
    }

    #[inline(always)]
    fn value<T: Scalar>(&self, x: T, y: T) -> T {
        let (d, delta) = ((x - y).abs(), T::of(self.delta));
        if d <= delta { T::of(0.5) * d * d } else { delta * (d - T::of(0.5) * delta) }
    }

    #[inline(always)]
    fn slope<T: Scalar>(&self, x: T, y: T) -> T {
        let (d, delta) = (x - y, T::of(self.delta));
        if d.abs() <= delta || d.is_nan() { d } else { delta * d.signum() }
    }
}
