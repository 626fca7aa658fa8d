//! Leaky rectifier: y = x where x > 0, else s·x.
//! dx = dy where x > 0, else s·dy; at the kink x = 0 the slope is s, as in PyTorch.

use super::{Case, Kink, OpEntry, Pointwise, Reads};
use crate::expr::{Expr, Function, Relation, Role};
use crate::kernel::Scalar;
use crate::setting::{Default, Key, Kind, Literal};
use std::sync::Arc;

/// The leaky rectifier.
#[derive(Clone, Copy, Debug)]
pub struct LeakyRelu {
    /// Slope s for negative arguments.
    pub negative_slope: f64,
}

pub(super) const ENTRY: OpEntry = OpEntry {
    name: "leaky_relu",
    doc: "leaky rectifier: x where x > 0, else negative_slope·x",
    keys: &[Key::new("negative_slope", Kind::Finite, Default::Number(0.01), "slope for negative arguments")],
    build: |s| Ok(Arc::new(LeakyRelu { negative_slope: s.number("negative_slope") })),
    cases: &[
        Case { given: &[], inputs: &[&[7]] },
        Case { given: &[("negative_slope", Literal::Number(0.3))], inputs: &[&[7]] },
    ],
};

impl std::default::Default for LeakyRelu {
    fn default() -> LeakyRelu {
        LeakyRelu { negative_slope: 0.01 }
    }
}

impl LeakyRelu {
    fn symbol(self) -> Expr {
        Expr::symbol("negative_slope", Role::Setting(self.negative_slope))
    }
}

impl Pointwise for LeakyRelu {
    fn name(&self) -> &'static str {
        "leaky_relu"
    }

    fn reads(&self) -> Reads {
        Reads::Inputs
    }

    fn expression(&self, x: Expr) -> Expr {
        let below = self.symbol() * x.clone();
        match self.negative_slope <= 1.0 {
            true => Expr::call(Function::Max, [x, below]),
            false => x.clone().cases(x, Relation::Above, 0.0, below),
        }
    }

    fn slope_expression(&self, x: Expr, _y: Expr) -> Expr {
        Expr::Number(1.0).cases(x, Relation::Above, 0.0, self.symbol())
    }

    fn kinks(&self) -> Vec<Kink> {
        match self.negative_slope {
            1.0 => vec![],
            slope => vec![Kink { at: 0.0, slope }],
        }
    }

    fn flops(&self) -> usize {
        2
    }

    #[inline(always)]
    fn value<T: Scalar>(&self, x: T) -> T {
        if x > T::zero() { x } else { T::of(self.negative_slope) * x }
    }

    #[inline(always)]
    fn slope<T: Scalar>(&self, x: T, _y: T) -> T {
        if x > T::zero() { T::one() } else { T::of(self.negative_slope) }
    }
}
