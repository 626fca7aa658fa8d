//! Hyperbolic tangent: y = tanh(x).
//! dx = dy · (1 − y²). Saturates: past |x| ≈ 19 the slope is exactly 0 in f64.

use super::{Case, EXP, OpEntry, Pointwise, Reads};
use crate::expr::{Expr, Function};
use crate::kernel::Scalar;
use std::sync::Arc;

/// The hyperbolic tangent.
#[derive(Clone, Copy, Debug)]
pub struct Tanh;

pub(super) const ENTRY: OpEntry = OpEntry {
    name: "tanh",
    doc: "hyperbolic tangent, number by number",
    keys: &[],
    build: |_| Ok(Arc::new(Tanh)),
    cases: &[Case { given: &[], inputs: &[&[7]] }],
};

impl Pointwise for Tanh {
    fn name(&self) -> &'static str {
        "tanh"
    }

    fn reads(&self) -> Reads {
        Reads::Output
    }

    fn expression(&self, x: Expr) -> Expr {
        Expr::call(Function::Tanh, [x])
    }

    fn slope_expression(&self, _x: Expr, y: Expr) -> Expr {
        1.0 - y.power(2.0)
    }

    fn range(&self) -> [f64; 2] {
        [-1.0, 1.0]
    }

    fn flops(&self) -> usize {
        EXP + 3
    }

    #[inline(always)]
    fn value<T: Scalar>(&self, x: T) -> T {
        x.vtanh()
    }

    #[inline(always)]
    fn slope<T: Scalar>(&self, _x: T, y: T) -> T {
        T::one() - y * y
    }
}
