//! Cross-entropy of classes on probabilities: ℓₙ = −v_c·ln x_c with class c and class weights v, the logarithm
//! held at −100 or above as in `bce`; the mean divides Σ ℓₙ by Σ v_c. ∂ℓₙ/∂x_c = −v_c / max(x_c, 1e-12).
//! Where x comes from a softmax, `cross_entropy` on what enters the softmax is right further out.

use super::{
    Case, ClassWeights, ComputeLoss, Domain, Loss, LossEntry, Made, Probability, Reduction, Target,
    TargetKind, at_least, class, held, one_hot, output,
};
use crate::expr::{Expr, Function};
use crate::kernel::Scalar;
use std::sync::Arc;

/// Cross-entropy of classes on probabilities.
#[derive(Clone, Debug)]
pub struct CategoricalCrossEntropy {
    /// Weight of each class; all 1 where absent.
    pub weight: ClassWeights,
    /// Mean weighted by the classes' weights, or sum.
    pub reduction: Reduction,
}

pub(super) const ENTRY: LossEntry = LossEntry {
    name: "categorical_cross_entropy",
    doc: "cross-entropy of classes on probabilities",
    keys: &[ClassWeights::KEY, Reduction::KEY],
    build: |settings| {
        Ok(Arc::new(CategoricalCrossEntropy {
            weight: ClassWeights::read(settings),
            reduction: Reduction::read(settings),
        }))
    },
    cases: &[
        Case { given: &[], width: 4, output: Made::Probabilities },
        Case { given: &[ClassWeights::CASE], width: 3, output: Made::Probabilities },
    ],
};

impl Default for CategoricalCrossEntropy {
    fn default() -> CategoricalCrossEntropy {
        CategoricalCrossEntropy { weight: ClassWeights(None), reduction: Reduction::Mean }
    }
}

impl Loss for CategoricalCrossEntropy {
    fn name(&self) -> &'static str {
        "categorical_cross_entropy"
    }

    fn wants(&self) -> TargetKind {
        TargetKind::Classes
    }

    fn reduction(&self) -> Reduction {
        self.reduction
    }

    fn expression(&self, outputs: usize, _at: usize) -> Option<Expr> {
        let right = output(outputs, None).item(class());
        Some(-self.weight.times(held(Expr::call(Function::Ln, [right]), -100.0)))
    }

    fn slope(&self, outputs: usize, at: Option<usize>) -> Option<Expr> {
        Some(-(self.weight.times(one_hot(at)) / held(output(outputs, at), 1e-12)))
    }

    fn probability(&self) -> Option<Probability> {
        Some(Probability::Identity)
    }

    fn domain(&self) -> Option<Domain> {
        let advice = "let a softmax come last, or take the loss cross_entropy";
        Some(Domain { least: 0.0, most: 1.0, advice })
    }

    fn class_weights(&self) -> Option<&[f64]> {
        self.weight.0.as_deref()
    }
}

impl<T: Scalar> ComputeLoss<T> for CategoricalCrossEntropy {
    fn divisor(&self, _width: usize, y: Target<'_, T>) -> f64 {
        self.reduction.divisor(self.weight.sum(y.classes()))
    }

    fn forward(&self, x: &[T], y: Target<'_, T>, each: &mut [T]) {
        let width = x.len() / each.len().max(1);
        for ((each, x), &class) in each.iter_mut().zip(x.chunks_exact(width)).zip(y.classes()) {
            let class = class as usize;
            *each = -T::of(self.weight.of(class)) * at_least(x[class].vln(), -100.0);
        }
    }

    fn backward(&self, x: &[T], y: Target<'_, T>, scale: T, each: &mut [T], dx: &mut [T]) {
        self.forward(x, y, each);
        dx.fill(T::zero());
        let width = x.len() / y.classes().len().max(1);
        for ((dx, x), &class) in dx.chunks_exact_mut(width).zip(x.chunks_exact(width)).zip(y.classes()) {
            let class = class as usize;
            dx[class] = -scale * T::of(self.weight.of(class)) / at_least(x[class], 1e-12);
        }
    }
}
