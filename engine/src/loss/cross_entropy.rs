//! Cross-entropy on logits (PyTorch's `CrossEntropyLoss`), with label smoothing ε and class weights v:
//! with ln p = x − ln Σ eˣ, class c and C classes,
//! ℓₙ = −(1 − ε)·v_c·ln p_c − ε/C · Σⱼ vⱼ·ln pⱼ, and the mean divides Σ ℓₙ by Σ v_c.
//! ∂ℓₙ/∂xⱼ = pⱼ·((1 − ε)·v_c + ε/C·Σ v) − (1 − ε)·v_c·[j = c] − ε/C·vⱼ.

use super::{
    Case, ClassWeights, ComputeLoss, Loss, LossEntry, Made, Probability, Reduction, Target, TargetKind,
    class, one_hot, output,
};
use crate::expr::{Expr, Function, Role};
use crate::kernel::stable::{LANES, LogSumExp, log_sum_exp, softmax};
use crate::kernel::{Scalar, Wide, wide};
use crate::setting::{Default, Key, Kind, Literal};
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

pub(super) const ENTRY: LossEntry = LossEntry {
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
        Case { given: &[], width: 4, output: Made::Real },
        Case {
            given: &[("label_smoothing", Literal::Number(0.1)), ClassWeights::CASE],
            width: 3,
            output: Made::Real,
        },
    ],
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

    fn wants(&self) -> TargetKind {
        TargetKind::Classes
    }

    fn reduction(&self) -> Reduction {
        self.reduction
    }

    fn expression(&self, outputs: usize, _at: usize) -> Option<Expr> {
        let share = |at: Expr| Expr::call(Function::Softmax, [output(outputs, None)]).item(at);
        let ln = |at| Expr::call(Function::Ln, [share(at)]);
        if self.label_smoothing == 0.0 {
            return Some(-self.weight.times(ln(class())));
        }
        let term = |j| {
            let ln = ln(Expr::Number(j as f64));
            self.weight.item(Expr::Number(j as f64)).map_or(ln.clone(), |weight| weight * ln)
        };
        let [hard, soft] = self.shares(outputs);
        let hard = self.weight.item(class()).map_or(hard.clone(), |weight| hard * weight);
        let all = Expr::Sum((0..outputs).map(term).collect());
        Some(-(hard * ln(class())) - soft * all)
    }

    fn slope(&self, outputs: usize, at: Option<usize>) -> Option<Expr> {
        let share = Expr::call(Function::Softmax, [output(outputs, None)]);
        let share = match at {
            Some(at) => share.item(at as f64),
            None => share,
        };
        if self.label_smoothing == 0.0 {
            return Some(self.weight.times(share - one_hot(at)));
        }
        let [hard, soft] = self.shares(outputs);
        let Some(weights) = &self.weight.0 else { return Some(share - hard * one_hot(at) - soft) };
        let sum = Expr::symbol("Σweight", Role::Setting(weights.iter().sum()));
        let all = Expr::symbol("weight", Role::Settings(weights.as_slice().into()));
        let own = at.map_or(all.clone(), |at| all.clone().item(at as f64));
        let right = hard * all.item(class());
        Some(share * (right.clone() + soft.clone() * sum) - right * one_hot(at) - soft * own)
    }

    fn probability(&self) -> Option<Probability> {
        Some(Probability::Softmax)
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
            let (total, class) = (log_sum_exp(x), class as usize);
            *each = self.smooth(total, x) - self.hard::<T>(class) * total.below(x[class]);
        }
    }

    fn backward(&self, x: &[T], y: Target<'_, T>, scale: T, each: &mut [T], dx: &mut [T]) {
        wide(Rows, (self, x, y.classes(), scale, each, dx));
    }
}

impl CrossEntropy {
    /// 1 − ε and ε/C, written.
    fn shares(&self, classes: usize) -> [Expr; 2] {
        let smoothing = Expr::symbol("label_smoothing", Role::Setting(self.label_smoothing));
        [1.0 - smoothing.clone(), smoothing / classes as f64]
    }

    /// (1 − ε)·v_c
    #[inline(always)]
    fn hard<T: Scalar>(&self, class: usize) -> T {
        T::of((1.0 - self.label_smoothing) * self.weight.of(class))
    }

    /// ε/C·vⱼ of each class j.
    #[inline(always)]
    fn soft<T: Scalar>(&self, classes: usize) -> impl Iterator<Item = T> {
        let share = self.label_smoothing / classes as f64;
        (0..classes).map(move |j| T::of(share * self.weight.of(j)))
    }

    /// What smoothing adds to ℓₙ.
    #[inline(always)]
    fn smooth<T: Scalar>(&self, total: LogSumExp<T>, x: &[T]) -> T {
        if self.label_smoothing > 0.0 {
            self.soft::<T>(x.len()).zip(x).map(|(soft, x)| -soft * total.below(*x)).sum()
        } else {
            T::zero()
        }
    }
}

/// Value and gradient, some rows at a time.
struct Rows;

impl<T: Scalar> Wide<(&CrossEntropy, &[T], &[u32], T, &mut [T], &mut [T])> for Rows {
    type Out = ();

    #[inline(always)]
    fn run((loss, x, classes, scale, each, dx): (&CrossEntropy, &[T], &[u32], T, &mut [T], &mut [T])) {
        let width = x.len() / classes.len().max(1);
        let smooth = loss.label_smoothing > 0.0;
        let spread: T = if smooth { loss.soft::<T>(width).sum() } else { T::zero() };
        let blocks = x.chunks(LANES * width).zip(dx.chunks_mut(LANES * width));
        for ((x, dx), (classes, each)) in blocks.zip(classes.chunks(LANES).zip(each.chunks_mut(LANES))) {
            let mut hard = [T::one(); LANES];
            if smooth || loss.weight.0.is_some() {
                hard.iter_mut().zip(classes).for_each(|(hard, &class)| *hard = loss.hard(class as usize));
            }
            let totals = softmax(width, x, dx, hard.map(|hard| scale * (hard + spread)));
            let rows = x.chunks_exact(width).zip(dx.chunks_exact_mut(width)).zip(classes.iter().zip(each));
            for (((x, dx), (&class, each)), (total, hard)) in rows.zip(totals.into_iter().zip(hard)) {
                *each = loss.smooth(total, x) - hard * total.below(x[class as usize]);
                dx[class as usize] -= scale * hard;
                if smooth {
                    for (dx, soft) in dx.iter_mut().zip(loss.soft::<T>(width)) {
                        *dx -= scale * soft;
                    }
                }
            }
        }
    }
}
