//! Gaussian error linear unit (Hendrycks, Gimpel 2016): y = x·Φ(x), Φ the normal distribution function;
//! dx = dy · (Φ(x) + x·φ(x)), φ its density. The tanh form replaces Φ by (1 + tanh u)/2 with
//! u = √(2/π)·(x + 0.044715·x³), and its slope is (1 + tanh u)/2 + x/2·(1 − tanh² u)·u′.

use super::{Case, Formula, OpEntry, Pointwise, Reads};
use crate::kernel::Scalar;
use crate::setting::{Default, Key, Kind, Value};
use std::borrow::Cow;
use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_PI, FRAC_2_SQRT_PI};
use std::sync::Arc;

/// The Gaussian error linear unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, std::default::Default)]
pub enum Gelu {
    /// With the error function.
    #[default]
    Exact,
    /// With the hyperbolic tangent.
    Tanh,
}

pub(super) const ENTRY: OpEntry = OpEntry {
    name: "gelu",
    doc: "Gaussian error linear unit: x·Φ(x)",
    keys: &[Key::new(
        "approximate",
        Kind::Word(&["none", "tanh"]),
        Default::Word("none"),
        "\"tanh\" replaces the error function",
    )],
    build: |s| Ok(Arc::new(if s.word("approximate") == "tanh" { Gelu::Tanh } else { Gelu::Exact })),
    cases: &[
        Case { given: &[], inputs: &[&[7]] },
        Case { given: &[("approximate", Value::Text(Cow::Borrowed("tanh")))], inputs: &[&[7]] },
    ],
    kinks: &[],
};

impl Pointwise for Gelu {
    fn name(&self) -> &'static str {
        "gelu"
    }

    fn reads(&self) -> Reads {
        Reads::Inputs
    }

    fn formula(&self) -> Formula {
        match self {
            Gelu::Exact => Formula { value: "{x}·Φ({x})", slope: "Φ({x}) + {x}·φ({x})" },
            Gelu::Tanh => Formula {
                value: "{x}·(1 + tanh u)/2 with u = √(2/π)·({x} + 0.044715·{x}³)",
                slope: "(1 + tanh u)/2 + {x}/2·(1 − tanh² u)·u′",
            },
        }
    }

    #[inline(always)]
    fn value<T: Scalar>(&self, x: T) -> T {
        match self {
            Gelu::Exact => x * x.vnormal().0,
            Gelu::Tanh => x * T::of(0.5) * (T::one() + argument(x).0.vtanh()),
        }
    }

    #[inline(always)]
    fn slope<T: Scalar>(&self, x: T, _y: T) -> T {
        match self {
            Gelu::Exact => {
                let (normal, bell) = x.vnormal();
                normal + x * bell * T::of(FRAC_1_SQRT_2 * FRAC_2_SQRT_PI / 2.0)
            }
            Gelu::Tanh => {
                let (u, du) = argument(x);
                let t = u.vtanh();
                // Past |x| ≈ 6 the slope of tanh is exactly 0 while x·u′ may overflow: their product is 0.
                let bend = T::one() - t * t;
                let bend = if bend > T::zero() { x * bend * du } else { T::zero() };
                T::of(0.5) * (T::one() + t + bend)
            }
        }
    }
}

/// u and u′ of the tanh form.
#[inline(always)]
fn argument<T: Scalar>(x: T) -> (T, T) {
    let (root, cubic) = (T::of(FRAC_2_PI.sqrt()), T::of(0.044715));
    (root * (x + cubic * x * x * x), root * (T::one() + T::of(3.0 * 0.044715) * x * x))
}
