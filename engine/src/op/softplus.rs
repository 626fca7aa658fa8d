//! Softplus: y = ln(1 + e^(β·x)) / β, and x itself where β·x is past the threshold, as PyTorch has it.
//! dx = dy · σ(β·x), and dy past the threshold; the jump there is e^(−threshold), 2e-9 for the default 20.

use super::{Case, Formula, OpEntry, Pointwise, Reads};
use crate::kernel::Scalar;
use crate::kernel::stable::logistic;
use crate::setting::{Default, Key, Kind, Value};
use std::sync::Arc;

/// The smooth rectifier.
#[derive(Clone, Copy, Debug)]
pub struct Softplus {
    /// β: how sharp the bend is.
    pub beta: f64,
    /// Past this value of β·x the function is x.
    pub threshold: f64,
}

pub(super) const ENTRY: OpEntry = OpEntry {
    name: "softplus",
    doc: "smooth rectifier: ln(1 + e^(beta·x)) / beta",
    keys: &[
        Key::new("beta", Kind::Positive, Default::Number(1.0), "how sharp the bend is"),
        Key::new(
            "threshold",
            Kind::Positive,
            Default::Number(20.0),
            "past this value of beta·x it is x itself",
        ),
    ],
    build: |s| Ok(Arc::new(Softplus { beta: s.number("beta"), threshold: s.number("threshold") })),
    cases: &[
        Case { given: &[], inputs: &[&[7]] },
        Case { given: &[("beta", Value::Number(2.5))], inputs: &[&[7]] },
    ],
    kinks: &[],
};

impl std::default::Default for Softplus {
    fn default() -> Softplus {
        Softplus { beta: 1.0, threshold: 20.0 }
    }
}

impl Pointwise for Softplus {
    fn name(&self) -> &'static str {
        "softplus"
    }

    fn reads(&self) -> Reads {
        Reads::Inputs
    }

    fn formula(&self) -> Formula {
        Formula { value: "ln(1 + e^(β·{x}))/β", slope: "σ(β·{x})" }
    }

    #[inline(always)]
    fn value<T: Scalar>(&self, x: T) -> T {
        let (beta, z) = (T::of(self.beta), T::of(self.beta) * x);
        // ln(1 + eᶻ) = max(z, 0) + ln(1 + e^−|z|), without overflow and with all digits for very negative z.
        let positive = if z > T::zero() { z } else { T::zero() };
        let y = (positive + (-z.abs()).vexp().vln_1p()) / beta;
        if z > T::of(self.threshold) { x } else { y }
    }

    #[inline(always)]
    fn slope<T: Scalar>(&self, x: T, _y: T) -> T {
        let z = T::of(self.beta) * x;
        let slope = logistic(z);
        if z > T::of(self.threshold) { T::one() } else { slope }
    }
}
