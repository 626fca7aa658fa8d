//! Sigmoid-weighted linear unit (swish): y = x·σ(x).
//! dx = dy · σ(x)·(1 + x·(1 − σ(x))).

use super::{Case, Formula, OpEntry, Pointwise, Reads};
use crate::kernel::Scalar;
use crate::kernel::stable::{logistic, logistic_and_rest};
use std::sync::Arc;

/// The sigmoid-weighted linear unit.
#[derive(Clone, Copy, Debug)]
pub struct Silu;

pub(super) const ENTRY: OpEntry = OpEntry {
    name: "silu",
    doc: "sigmoid-weighted linear unit (swish): x·σ(x)",
    keys: &[],
    build: |_| Ok(Arc::new(Silu)),
    cases: &[Case { given: &[], inputs: &[&[7]] }],
    kinks: &[],
};

impl Pointwise for Silu {
    fn name(&self) -> &'static str {
        "silu"
    }

    fn reads(&self) -> Reads {
        Reads::Inputs
    }

    fn formula(&self) -> Formula {
        Formula { value: "{x}·σ({x})", slope: "σ({x})·(1 + {x}·(1 − σ({x})))" }
    }

    #[inline(always)]
    fn value<T: Scalar>(&self, x: T) -> T {
        x * logistic(x)
    }

    #[inline(always)]
    fn slope<T: Scalar>(&self, x: T, _y: T) -> T {
        let (s, rest) = logistic_and_rest(x);
        s * (T::one() + x * rest)
    }
}
