//! Cross-entropy on logits (PyTorch's `CrossEntropyLoss`), with label smoothing ε and class weights v:
//! with ln p = x − ln Σ eˣ, class c and C classes,
//! ℓₙ = −(1 − ε)·v_c·ln p_c − ε/C · Σⱼ vⱼ·ln pⱼ, and the mean divides Σ ℓₙ by Σ v_c.
//! ∂ℓₙ/∂xⱼ = pⱼ·((1 − ε)·v_c + ε/C·Σ v) − (1 − ε)·v_c·[j = c] − ε/C·vⱼ.

use super::{Case, ClassWeights, ComputeLoss, Entry, Loss, Made, Reduction, Target, Wants};
use crate::kernel::stable::{LANES, LogSumExp, log_sum_exp, softmax};
use crate::kernel::{Scalar, Wide, wide};
use crate::setting::{Default, Key, Kind, Value};
use std::sync::Arc;

/// Cross-entropy on logits.
#[derive(Clone, Debug)]
pub struct CrossEntropy {
    /// Share of the target that is spread over all classes.
    pub label_smoothing: f64,
    /// Weight of each class; all 1 where absent.
    pub weight: ClassWeights,
    /// Mean weighted by the classes' weights, or sum.
    pub reduction: Reduction,
}

pub(super) const ENTRY: Entry = Entry {
    name: "cross_entropy",
    doc: "cross-entropy of classes on logits",
    keys: &[
        Key::new("label_smoothing", Kind::Share, Default::Number(0.0), "share of the target spread over all"),
        ClassWeights::KEY,
        Reduction::KEY,
    ],
    build: |settings| {
        Ok(Arc::new(CrossEntropy {
            label_smoothing: settings.number("label_smoothing"),
            weight: ClassWeights::read(settings),
            reduction: Reduction::read(settings),
        }))
    },
    cases: &[
        Case { given: &[], width: 4, output: Made::Real, target: Made::Real },
        Case {
            given: &[("label_smoothing", Value::Number(0.1)), ClassWeights::CASE],
            width: 3,
            output: Made::Real,
            target: Made::Real,
        },
    ],
    kinks: &[],
};

impl std::default::Default for CrossEntropy {
    fn default() -> CrossEntropy {
        CrossEntropy { label_smoothing: 0.0, weight: ClassWeights(None), reduction: Reduction::Mean }
    }
}

impl Loss for CrossEntropy {
    fn name(&self) -> &'static str {
        "cross_entropy"
    }

    fn wants(&self) -> Wants {
        Wants::Classes
    }

    fn reduction(&self) -> Reduction {
        self.reduction
    }

    fn formula(&self) -> &'static str {
        "−ln softmax(ŷ)[y]"
    }

    fn slope(&self) -> &'static str {
        "softmax(ŷ) − onehot(y)"
    }

    fn class_weights(&self) -> Option<&[f64]> {
        self.weight.0.as_deref()
    }
}

impl<T: Scalar> ComputeLoss<T> for CrossEntropy {
    fn divisor(&self, _width: usize, y: Target<'_, T>) -> f64 {
        self.reduction.divisor(self.weight.sum(y.classes()))
    }

    fn forward(&self, x: &[T], y: Target<'_, T>, each: &mut [T]) {
        let width = x.len() / each.len().max(1);
        for ((each, x), &class) in each.iter_mut().zip(x.chunks_exact(width)).zip(y.classes()) {
            *each = self.value(log_sum_exp(x), x, class as usize);
        }
    }

    fn backward(&self, x: &[T], y: Target<'_, T>, scale: T, each: &mut [T], dx: &mut [T]) {
        wide(Rows, (self, x, y.classes(), scale, each, dx));
    }
}

impl CrossEntropy {
    /// ℓₙ
    #[inline(always)]
    fn value<T: Scalar>(&self, total: LogSumExp<T>, x: &[T], class: usize) -> T {
        let hard = T::of((1.0 - self.label_smoothing) * self.weight.of(class));
        let mut value = -hard * total.below(x[class]);
        if self.label_smoothing > 0.0 {
            let soft = self.label_smoothing / x.len() as f64;
            for (j, x) in x.iter().enumerate() {
                value -= T::of(soft * self.weight.of(j)) * total.below(*x);
            }
        }
        value
    }
}

/// Value and gradient, some rows at a time.
struct Rows;

impl<T: Scalar> Wide<(&CrossEntropy, &[T], &[u32], T, &mut [T], &mut [T])> for Rows {
    type Out = ();

    #[inline(always)]
    fn run((loss, x, classes, scale, each, dx): (&CrossEntropy, &[T], &[u32], T, &mut [T], &mut [T])) {
        let width = x.len() / classes.len().max(1);
        let (hard, soft) = (1.0 - loss.label_smoothing, loss.label_smoothing);
        let spread = if soft > 0.0 { soft * loss.weight.mean(width) } else { 0.0 };
        let blocks = x.chunks(LANES * width).zip(dx.chunks_mut(LANES * width));
        for ((x, dx), (classes, each)) in blocks.zip(classes.chunks(LANES).zip(each.chunks_mut(LANES))) {
            let (mut push, mut pull) = ([scale; LANES], [scale; LANES]);
            if soft > 0.0 || loss.weight.0.is_some() {
                for ((push, pull), &class) in push.iter_mut().zip(&mut pull).zip(classes) {
                    let weight = hard * loss.weight.of(class as usize);
                    (*push, *pull) = (scale * T::of(weight + spread), scale * T::of(weight));
                }
            }
            let totals = softmax(width, x, dx, push);
            let rows = x.chunks_exact(width).zip(dx.chunks_exact_mut(width)).zip(classes.iter().zip(each));
            for (r, ((x, dx), (&class, each))) in rows.enumerate() {
                *each = loss.value(totals[r], x, class as usize);
                dx[class as usize] -= pull[r];
                if soft > 0.0 {
                    for (j, dx) in dx.iter_mut().enumerate() {
                        *dx -= scale * T::of(soft / width as f64 * loss.weight.of(j));
                    }
                }
            }
        }
    }
}
