//! The identity: y = x.
//! dx = dy.

use super::{Case, Formula, OpEntry, Pointwise, Reads};
use crate::kernel::Scalar;
use std::sync::Arc;

/// The identity.
#[derive(Clone, Copy, Debug)]
pub struct Identity;

pub(super) const ENTRY: OpEntry = OpEntry {
    name: "identity",
    doc: "the identity",
    keys: &[],
    build: |_| Ok(Arc::new(Identity)),
    cases: &[Case { given: &[], inputs: &[&[7]] }],
    kinks: &[],
};

impl Pointwise for Identity {
    fn name(&self) -> &'static str {
        "identity"
    }

    fn reads(&self) -> Reads {
        Reads::Nothing
    }

    fn formula(&self) -> Formula {
        Formula { value: "{x}", slope: "1" }
    }

    #[inline(always)]
    fn value<T: Scalar>(&self, x: T) -> T {
        x
    }

    #[inline(always)]
    fn slope<T: Scalar>(&self, _x: T, _y: T) -> T {
        T::one()
    }
}
