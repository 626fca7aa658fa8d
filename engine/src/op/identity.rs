//! The identity: y = x.
//! dx = dy.

use super::{Case, OpEntry, Pointwise, Reads};
use crate::expr::Expr;
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
};

impl Pointwise for Identity {
    fn name(&self) -> &'static str {
        "identity"
    }

    fn reads(&self) -> Reads {
        Reads::Nothing
    }

    fn expression(&self, x: Expr) -> Expr {
        x
    }

    fn slope_expression(&self, _x: Expr, _y: Expr) -> Expr {
        Expr::Number(1.0)
    }

    fn flops(&self) -> usize {
        0
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
