//! Negative log-likelihood on log-probabilities (PyTorch's `NLLLoss`): ℓₙ = −v_c·x_c with class c and class
//! weights v; the mean divides Σ ℓₙ by Σ v_c. ∂ℓₙ/∂x_c = −v_c, 0 for the other outputs.

use super::{
    Case, ClassWeights, ComputeLoss, Domain, Loss, LossEntry, Made, Probability, Reduction, Target,
    TargetKind, class, one_hot, output,
};
use crate::expr::Expr;
use crate::kernel::Scalar;
use std::sync::Arc;

/// Negative log-likelihood of classes on log-probabilities.
#[derive(Clone, Debug)]
pub struct Nll {
    /// Weight of each class; all 1 where absent.
    pub weight: ClassWeights,
    /// Mean weighted by the classes' weights, or sum.
    pub reduction: Reduction,
}

pub(super) const ENTRY: LossEntry = LossEntry {
    name: "nll",
    doc: "negative log-likelihood of classes on log-probabilities",
    keys: &[ClassWeights::KEY, Reduction::KEY],
    build: |settings| {
        Ok(Arc::new(Nll { weight: ClassWeights::read(settings), reduction: Reduction::read(settings) }))
    },
    cases: &[
        Case { given: &[], width: 4, output: Made::LogProbabilities },
        Case { given: &[ClassWeights::CASE], width: 3, output: Made::LogProbabilities },
    ],
};

impl Default for Nll {
    fn default() -> Nll {
        Nll { weight: ClassWeights(None), reduction: Reduction::Mean }
    }
}

impl Loss for Nll {
    fn name(&self) -> &'static str {
        "nll"
    }

    fn wants(&self) -> TargetKind {
        TargetKind::Classes
    }

    fn reduction(&self) -> Reduction {
        self.reduction
    }

    fn expression(&self, outputs: usize, _at: usize) -> Option<Expr> {
        let right = output(outputs, None).item(class());
        Some(-self.weight.times(right))
    }

    fn slope(&self, _outputs: usize, at: Option<usize>) -> Option<Expr> {
        Some(-self.weight.times(one_hot(at)))
    }

    fn probability(&self) -> Option<Probability> {
        Some(Probability::Exp)
    }

    fn domain(&self) -> Option<Domain> {
        let advice = "let a log_softmax come last, or take the loss cross_entropy";
        Some(Domain { least: f64::NEG_INFINITY, most: 0.0, advice })
    }

    fn class_weights(&self) -> Option<&[f64]> {
        self.weight.0.as_deref()
    }
}

impl<T: Scalar> ComputeLoss<T> for Nll {
    fn divisor(&self, _width: usize, y: Target<'_, T>) -> f64 {
        self.reduction.divisor(self.weight.sum(y.classes()))
    }

    fn forward(&self, x: &[T], y: Target<'_, T>, each: &mut [T]) {
        let width = x.len() / each.len().max(1);
        for ((each, x), &class) in each.iter_mut().zip(x.chunks_exact(width)).zip(y.classes()) {
            let class = class as usize;
            *each = -T::of(self.weight.of(class)) * x[class];
        }
    }

    fn backward(&self, x: &[T], y: Target<'_, T>, scale: T, each: &mut [T], dx: &mut [T]) {
        self.forward(x, y, each);
        dx.fill(T::zero());
        let width = x.len() / y.classes().len().max(1);
        for (dx, &class) in dx.chunks_exact_mut(width).zip(y.classes()) {
            let class = class as usize;
            dx[class] = -scale * T::of(self.weight.of(class));
        }
    }
}
