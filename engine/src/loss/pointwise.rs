//! Losses that compare output and target number by number: what they have in common.

use super::{
    ComputeLoss, Decision, Domain, Loss, Probability, Reduction, Target, TargetKind, output, target,
};
use crate::expr::Expr;
use crate::kernel::stable::sum;
use crate::kernel::{Scalar, Wide, wide};
use crate::op::Kink;
use std::fmt::Debug;

/// ℓₙ = Σⱼ f(xⱼ, yⱼ); the mean is over examples and outputs. Whoever implements it is a loss.
pub trait Pointwise: Copy + Debug + Send + Sync {
    /// As experiments name it.
    fn name(&self) -> &'static str;

    /// How the examples' numbers become one.
    fn reduction(&self) -> Reduction;

    /// f(x, y), written.
    fn expression(&self, x: Expr, y: Expr) -> Expr;

    /// ∂f/∂x, written.
    fn slope_expression(&self, x: Expr, y: Expr) -> Expr;

    /// Where ∂f/∂x jumps, in terms of x − y.
    fn kinks(&self) -> Vec<Kink> {
        vec![]
    }

    /// f(x, y)
    fn value<T: Scalar>(&self, x: T, y: T) -> T;

    /// ∂f/∂x
    fn slope<T: Scalar>(&self, x: T, y: T) -> T;

    /// What numbers it takes from a network; `None`: all.
    fn domain(&self) -> Option<Domain> {
        None
    }

    /// How outputs become probabilities; `None` where they are none.
    fn probability(&self) -> Option<Probability> {
        None
    }

    /// From which output on an example counts as positive, where targets are shares.
    fn threshold(&self) -> Option<f64> {
        None
    }
}

impl<P: Pointwise> Loss for P {
    fn name(&self) -> &'static str {
        Pointwise::name(self)
    }

    fn wants(&self) -> TargetKind {
        TargetKind::Values
    }

    fn reduction(&self) -> Reduction {
        Pointwise::reduction(self)
    }

    fn expression(&self, outputs: usize, at: usize) -> Option<Expr> {
        Some(Pointwise::expression(self, output(outputs, Some(at)), target(outputs, Some(at))))
    }

    fn slope(&self, outputs: usize, at: Option<usize>) -> Option<Expr> {
        Some(self.slope_expression(output(outputs, at), target(outputs, at)))
    }

    fn kinks(&self) -> Vec<Kink> {
        Pointwise::kinks(self)
    }

    fn decision(&self) -> Option<Decision> {
        self.threshold().map(Decision::Above)
    }

    fn domain(&self) -> Option<Domain> {
        Pointwise::domain(self)
    }

    fn probability(&self) -> Option<Probability> {
        Pointwise::probability(self)
    }

    fn wants_shares(&self) -> bool {
        self.threshold().is_some()
    }
}

impl<P: Pointwise, T: Scalar> ComputeLoss<T> for P {
    fn divisor(&self, _width: usize, y: Target<'_, T>) -> f64 {
        Pointwise::reduction(self).divisor(y.values().len() as f64)
    }

    fn forward(&self, x: &[T], y: Target<'_, T>, each: &mut [T]) {
        let width = x.len() / each.len().max(1);
        wide(ExampleSums, (self, width, x, y.values(), each));
    }

    fn backward(&self, x: &[T], y: Target<'_, T>, scale: T, each: &mut [T], dx: &mut [T]) {
        self.forward(x, y, each);
        wide(ScaledSlopes, (self, x, y.values(), scale, dx));
    }
}

/// Numbers whose values are kept before they are added up.
const BLOCK: usize = 128;

struct ExampleSums;

impl<P: Pointwise, T: Scalar> Wide<(&P, usize, &[T], &[T], &mut [T])> for ExampleSums {
    type Out = ();

    #[inline(always)]
    fn run((&loss, width, x, y, each): (&P, usize, &[T], &[T], &mut [T])) {
        if width == 1 {
            for ((each, x), y) in each.iter_mut().zip(x).zip(y) {
                *each = loss.value(*x, *y);
            }
            return;
        }
        for ((each, x), y) in each.iter_mut().zip(x.chunks_exact(width)).zip(y.chunks_exact(width)) {
            *each = T::zero();
            // Values first: a function of them that is long would not become vectors inside the sum.
            let mut values = [T::zero(); BLOCK];
            for (x, y) in x.chunks(BLOCK).zip(y.chunks(BLOCK)) {
                let values = &mut values[..x.len()];
                for ((value, x), y) in values.iter_mut().zip(x).zip(y) {
                    *value = loss.value(*x, *y);
                }
                *each += sum([values], |[value]| value);
            }
        }
    }
}

struct ScaledSlopes;

impl<P: Pointwise, T: Scalar> Wide<(&P, &[T], &[T], T, &mut [T])> for ScaledSlopes {
    type Out = ();

    #[inline(always)]
    fn run((&loss, x, y, scale, dx): (&P, &[T], &[T], T, &mut [T])) {
        for ((dx, x), y) in dx.iter_mut().zip(x).zip(y) {
            *dx = scale * loss.slope(*x, *y);
        }
    }
}
