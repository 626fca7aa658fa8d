//! Exponential linear unit (Clevert, Unterthiner, Hochreiter 2016): y = x where x > 0, else α·(eˣ − 1).
//! dx = dy where x > 0, else dy·α·eˣ; at x = 0 the slope is α, which is a kink unless α = 1.

use super::{Case, Formula, OpEntry, Pointwise, Reads};
use crate::kernel::Scalar;
use crate::setting::{Default, Key, Kind, Value};
use std::sync::Arc;

/// The exponential linear unit.
#[derive(Clone, Copy, Debug)]
pub struct Elu {
    /// α: −α is the limit for very negative arguments.
    pub alpha: f64,
}

pub(super) const ENTRY: OpEntry = OpEntry {
    name: "elu",
    doc: "exponential linear unit: x where x > 0, else alpha·(eˣ − 1)",
    keys: &[Key::new(
        "alpha",
        Kind::Finite,
        Default::Number(1.0),
        "minus the limit for very negative arguments",
    )],
    build: |s| Ok(Arc::new(Elu { alpha: s.number("alpha") })),
    cases: &[
        Case { given: &[], inputs: &[&[7]] },
        Case { given: &[("alpha", Value::Number(0.5))], inputs: &[&[7]] },
    ],
    kinks: &[],
};

impl std::default::Default for Elu {
    fn default() -> Elu {
        Elu { alpha: 1.0 }
    }
}

impl Pointwise for Elu {
    fn name(&self) -> &'static str {
        "elu"
    }

    fn reads(&self) -> Reads {
        Reads::Inputs
    }

    fn formula(&self) -> Formula {
        Formula { value: "{x} if {x} > 0, else α·(e^{x} − 1)", slope: "1 if {x} > 0, else α·e^{x}" }
    }

    #[inline(always)]
    fn value<T: Scalar>(&self, x: T) -> T {
        if x > T::zero() { x } else { T::of(self.alpha) * x.vexp_m1() }
    }

    #[inline(always)]
    fn slope<T: Scalar>(&self, x: T, _y: T) -> T {
        if x > T::zero() { T::one() } else { T::of(self.alpha) * x.vexp() }
    }
}
