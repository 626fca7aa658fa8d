//! Rectifier: y = max(0, x); NaN stays NaN.
//! dx = dy where x > 0, else 0; at the kink x = 0 the slope is 0 (PyTorch's convention and the house's).

use super::{Case, Kink, OpEntry, Pointwise, Reads};
use crate::expr::{Expr, Function, Relation};
use crate::kernel::Scalar;
use std::sync::Arc;

/// The rectifier.
#[derive(Clone, Copy, Debug)]
pub struct Relu;

pub(super) const ENTRY: OpEntry = OpEntry {
    name: "relu",
    doc: "rectifier: max(0, x), number by number",
    keys: &[],
    build: |_| Ok(Arc::new(Relu)),
    cases: &[Case { given: &[], inputs: &[&[7]] }],
};

impl Pointwise for Relu {
    fn name(&self) -> &'static str {
        "relu"
    }

    fn reads(&self) -> Reads {
        Reads::Output
    }

    fn expression(&self, x: Expr) -> Expr {
        Expr::call(Function::Max, [Expr::Number(0.0), x])
    }

    fn slope_expression(&self, x: Expr, _y: Expr) -> Expr {
        Expr::Number(1.0).cases(x, Relation::Above, 0.0, 0.0)
    }

    fn kinks(&self) -> Vec<Kink> {
        vec![Kink { at: 0.0, slope: 0.0 }]
    }

    fn range(&self) -> [f64; 2] {
        [0.0, f64::INFINITY]
    }

    fn flops(&self) -> usize {
        1
    }

    #[inline(always)]
    fn value<T: Scalar>(&self, x: T) -> T {
        // Not `max`, which would turn NaN into 0 and hide where it came from.
        if x <= T::zero() { T::zero() } else { x }
    }

    #[inline(always)]
    fn slope<T: Scalar>(&self, _x: T, y: T) -> T {
        if y > T::zero() { T::one() } else { T::zero() }
    }
}
