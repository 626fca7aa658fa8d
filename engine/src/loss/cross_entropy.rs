//! Cross-entropy on logits (PyTorch's `CrossEntropyLoss`), with label smoothing ε and class weights v:
//! with ln p = x − ln Σ eˣ, class c and C classes,
//! ℓₙ = −(1 − ε)·v_c·ln p_c − ε/C · Σⱼ vⱼ·ln pⱼ, and the mean divides Σ ℓₙ by Σ v_c.
//! ∂ℓₙ/∂xⱼ = pⱼ·((1 − ε)·v_c + ε/C·Σ v) − (1 − ε)·v_c·[j = c] − ε/C·vⱼ.

use super::{Case, ClassWeights, ComputeLoss, Entry, Loss, Made, Reduction, Target, Wants};
use crate::kernel::stable::{largest, log_sum_exp, sum};
use crate::kernel::{Scalar, Wide, turn, wide};
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
        let hard = 1.0 - self.label_smoothing;
        for ((each, x), &class) in each.iter_mut().zip(x.chunks_exact(width)).zip(y.classes()) {
            let class = class as usize;
            let total = log_sum_exp(x);
            *each = -T::of(hard * self.weight.of(class)) * total.below(x[class]);
            if self.label_smoothing > 0.0 {
                let soft = self.label_smoothing / width as f64;
                for (j, x) in x.iter().enumerate() {
                    *each -= T::of(soft * self.weight.of(j)) * total.below(*x);
                }
            }
        }
    }

    fn backward(&self, x: &[T], y: Target<'_, T>, scale: T, dx: &mut [T]) {
        let classes = y.classes();
        let width = x.len() / classes.len().max(1);
        let (hard, soft) = (1.0 - self.label_smoothing, self.label_smoothing);
        for ((dx, x), &class) in dx.chunks_exact_mut(width).zip(x.chunks_exact(width)).zip(classes) {
            let class = class as usize;
            let pull = hard * self.weight.of(class);
            let push = scale * T::of(pull + soft * self.weight.mean(width));
            let total = log_sum_exp(x);
            for (dx, x) in dx.iter_mut().zip(x) {
                *dx += push * total.below(*x).exp();
            }
            dx[class] -= scale * T::of(pull);
            if soft > 0.0 {
                for (j, dx) in dx.iter_mut().enumerate() {
                    *dx -= scale * T::of(soft / width as f64 * self.weight.of(j));
                }
            }
        }
    }

    fn both(&self, x: &[T], y: Target<'_, T>, scale: T, each: &mut [T], dx: &mut [T]) {
        let classes = y.classes();
        if self.label_smoothing > 0.0 || self.weight.0.is_some() {
            self.forward(x, y, each);
            dx.fill(T::zero());
            return self.backward(x, y, scale, dx);
        }
        wide(Plain, (x, classes, scale, each, dx));
    }
}

/// Without smoothing and class weights: p = e^(x − max) / Σ, ℓ = ln Σ − (x_c − max). Σ is taken without one largest
/// term, which is 1: ln(1 + the others) keeps its digits.
struct Plain;

impl<T: Scalar> Wide<(&[T], &[u32], T, &mut [T], &mut [T])> for Plain {
    type Out = ();

    #[inline(always)]
    fn run((x, classes, scale, each, dx): (&[T], &[u32], T, &mut [T], &mut [T])) {
        let width = x.len() / classes.len().max(1);
        if width <= NARROW {
            let numbers = x.chunks(ROWS * width).zip(dx.chunks_mut(ROWS * width));
            for ((x, dx), (classes, each)) in numbers.zip(classes.chunks(ROWS).zip(each.chunks_mut(ROWS))) {
                side_by_side(width, x, classes, scale, each, dx);
            }
            return;
        }
        let rows = x.chunks_exact(width).zip(dx.chunks_exact_mut(width));
        for ((x, dx), (&class, each)) in rows.zip(classes.iter().zip(each)) {
            let max = largest(x);
            for (dx, x) in dx.iter_mut().zip(x) {
                *dx = (*x - max).vexp();
            }
            let below = sum([x, dx], |[x, e]| if x == max { T::zero() } else { e });
            let largest = sum([x], |[x]| if x == max { T::one() } else { T::zero() });
            let others = below + (largest - T::one());
            let share = scale / (others + T::one());
            for dx in dx.iter_mut() {
                *dx *= share;
            }
            *each = others.vln_1p() - (x[class as usize] - max);
            dx[class as usize] -= scale;
        }
    }
}

/// Up to so many classes make rows that are hardly longer than a vector: then [`ROWS`] examples are taken side by side.
const NARROW: usize = 32;
const ROWS: usize = 16;

/// The same for up to [`ROWS`] rows of up to [`NARROW`] classes, class by class.
#[inline(always)]
fn side_by_side<T: Scalar>(width: usize, x: &[T], classes: &[u32], scale: T, each: &mut [T], dx: &mut [T]) {
    let (zero, one) = (T::zero(), T::one());
    let mut columns = [[zero; ROWS]; NARROW];
    turn([classes.len(), width], x, columns.as_flattened_mut(), [width, ROWS]);
    let columns = &mut columns[..width];
    let mut max = columns[0];
    for column in &columns[1..] {
        for r in 0..ROWS {
            max[r] = if column[r] > max[r] { column[r] } else { max[r] };
        }
    }
    let (mut below, mut largest) = ([zero; ROWS], [zero; ROWS]);
    for column in &mut *columns {
        for r in 0..ROWS {
            let (top, e) = (column[r] == max[r], (column[r] - max[r]).vexp());
            largest[r] += if top { one } else { zero };
            below[r] += if top { zero } else { e };
            column[r] = e;
        }
    }
    let (mut log, mut share) = ([zero; ROWS], [zero; ROWS]);
    for r in 0..ROWS {
        let others = below[r] + (largest[r] - one);
        log[r] = others.vln_1p();
        share[r] = scale / (others + one);
    }
    for column in &mut *columns {
        for r in 0..ROWS {
            column[r] *= share[r];
        }
        // One at a time: else the compiler makes vectors of numbers from several columns, which lie apart.
        std::hint::black_box(column);
    }
    turn([width, classes.len()], columns.as_flattened(), dx, [ROWS, width]);
    let rows = x.chunks_exact(width).zip(dx.chunks_exact_mut(width));
    for (r, ((x, dx), (&class, each))) in rows.zip(classes.iter().zip(each)).enumerate() {
        *each = log[r] - (x[class as usize] - max[r]);
        dx[class as usize] -= scale;
    }
}
