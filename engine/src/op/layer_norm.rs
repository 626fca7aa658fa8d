//! Layer normalisation (Ba, Kiros, Hinton 2016) over the last axis of n numbers:
//! z = (x − mean) / √(variance + ε), y = γ·z + β, with the variance of the population.
//! With dz = γ·dy: dx = (dz − mean(dz) − z·mean(dz·z)) / √(variance + ε), dγ = Σ dy·z, dβ = Σ dy.

use super::{
    By, Case, Compute, Entry, Forward, InputGrads, Misfit, Op, ParamSpec, Part, Partial, Point, Reads,
    features, only,
};
use crate::init::Init;
use crate::kernel::Scalar;
use crate::setting::{Default, Key, Kind, Value};
use crate::shape::Shape;
use std::sync::Arc;

/// Layer normalisation over the last axis.
#[derive(Clone, Copy, Debug)]
pub struct LayerNorm {
    /// Number of features, to be checked against what arrives.
    pub features: Option<usize>,
    /// ε, added to the variance.
    pub eps: f64,
    /// Whether there are γ (`weight`) and β (`bias`).
    pub elementwise_affine: bool,
}

pub(super) const ENTRY: Entry = Entry {
    name: "layer_norm",
    doc: "normalises each example's features to mean 0 and variance 1, then scales and shifts them",
    keys: &[
        Key::new(
            "features",
            Kind::Count,
            Default::Absent,
            "number of features; if given, it must be what arrives",
        ),
        Key::new("eps", Kind::Positive, Default::Number(1e-5), "added to the variance"),
        Key::new("elementwise_affine", Kind::Switch, Default::Switch(true), "whether to scale and shift"),
    ],
    build: |s| {
        Ok(Arc::new(LayerNorm {
            features: s.count_if("features"),
            eps: s.number("eps"),
            elementwise_affine: s.switch("elementwise_affine"),
        }))
    },
    cases: &[
        Case { given: &[], inputs: &[&[5]] },
        Case { given: &[("elementwise_affine", Value::Switch(false))], inputs: &[&[2, 4]] },
    ],
    kinks: &[],
};

impl std::default::Default for LayerNorm {
    fn default() -> LayerNorm {
        LayerNorm { features: None, eps: 1e-5, elementwise_affine: true }
    }
}

/// `weight` and `bias` of a normalisation.
pub(super) fn affine(features: usize) -> Vec<ParamSpec> {
    let spec = |name, init| ParamSpec { name, shape: Shape::from([features]), init, mask: None };
    vec![spec("weight", Init::Constant(1.0)), spec("bias", Init::Zeros)]
}

impl LayerNorm {
    fn weight<T: Scalar>(&self, at: &Point<'_, T>, j: usize) -> T {
        if self.elementwise_affine { at.w.get(0)[j] } else { T::one() }
    }
}

/// What forward keeps of each vector: its mean and 1 / √(variance + ε).
fn kept<'a, T: Scalar>(at: &Point<'a, T>) -> impl Iterator<Item = (T, T)> + 'a {
    at.saved.chunks_exact(2).map(|kept| (kept[0], kept[1]))
}

impl Op for LayerNorm {
    fn name(&self) -> &'static str {
        "layer_norm"
    }

    fn shape(&self, x: &[&Shape]) -> Result<Shape, Misfit> {
        let x = only(x)?;
        features(x, self.features)?;
        Ok(x.clone())
    }

    fn params(&self, x: &[&Shape]) -> Vec<ParamSpec> {
        if self.elementwise_affine { affine(x[0].last()) } else { vec![] }
    }

    fn saved(&self, rows: usize, x: &[&Shape]) -> usize {
        2 * rows * x[0].leading()
    }

    fn reads(&self) -> Reads {
        Reads::Inputs
    }
}

impl<T: Scalar> Compute<T> for LayerNorm {
    fn forward(&self, io: Forward<'_, T>) {
        let n = io.x.shape(0).last();
        let count = T::of(n as f64);
        let vectors = io.y.chunks_exact_mut(n).zip(io.x.get(0).chunks_exact(n));
        for ((y, x), kept) in vectors.zip(io.saved.chunks_exact_mut(2)) {
            let mean = x.iter().copied().sum::<T>() / count;
            let variance = x.iter().map(|x| (*x - mean) * (*x - mean)).sum::<T>() / count;
            let scale = T::one() / (variance + T::of(self.eps)).sqrt();
            (kept[0], kept[1]) = (mean, scale);
            if self.elementwise_affine {
                for (((y, x), gamma), beta) in y.iter_mut().zip(x).zip(io.w.get(0)).zip(io.w.get(1)) {
                    *y = (*x - mean) * scale * *gamma + *beta;
                }
            } else {
                y.iter_mut().zip(x).for_each(|(y, x)| *y = (*x - mean) * scale);
            }
        }
    }

    fn backward(&self, at: &Point<'_, T>, dy: &[T], mut dx: InputGrads<'_, T>, _scratch: &mut [T]) {
        let Some(dx) = dx.get(0) else { return };
        let n = at.x.shape(0).last();
        let count = T::of(n as f64);
        let vectors = dx.chunks_exact_mut(n).zip(dy.chunks_exact(n)).zip(at.x.get(0).chunks_exact(n));
        for (((dx, dy), x), (mean, scale)) in vectors.zip(kept(at)) {
            let (mut sum, mut along) = (T::zero(), T::zero());
            for (j, (dy, x)) in dy.iter().zip(x).enumerate() {
                let dz = self.weight(at, j) * *dy;
                sum += dz;
                along += dz * (*x - mean) * scale;
            }
            let (sum, along) = (sum / count, along / count);
            for (j, ((dx, dy), x)) in dx.iter_mut().zip(dy).zip(x).enumerate() {
                let dz = self.weight(at, j) * *dy;
                *dx += scale * (dz - sum - (*x - mean) * scale * along);
            }
        }
    }

    fn backward_param(&self, at: &Point<'_, T>, dy: &[T], part: Part, dw: &mut [T], _scratch: &mut [T]) {
        let n = at.x.shape(0).last();
        let vectors = dy.chunks_exact(n).zip(at.x.get(0).chunks_exact(n));
        for ((dy, x), (mean, scale)) in vectors.zip(kept(at)) {
            let (dy, x) = (&dy[part.rows.clone()], &x[part.rows.clone()]);
            for ((dw, dy), x) in dw.iter_mut().zip(dy).zip(x) {
                *dw += if part.param == 0 { *dy * (*x - mean) * scale } else { *dy };
            }
        }
    }

    fn partials(&self, at: &Point<'_, T>, row: usize, of: usize, emit: &mut dyn FnMut(Partial<T>)) {
        let shape = at.x.shape(0);
        let (n, lead) = (shape.last(), of / shape.last());
        let count = T::of(n as f64);
        let x = &at.x.get(0)[row * shape.len() + lead * n..][..n];
        let kept = &at.saved[2 * (row * shape.leading() + lead)..][..2];
        let z = |j: usize| (x[j] - kept[0]) * kept[1];
        let o = of % n;
        for j in 0..n {
            let own = if j == o { T::one() } else { T::zero() };
            let slope = self.weight(at, o) * kept[1] * (own - (T::one() + z(o) * z(j)) / count);
            emit(Partial { by: By::Input { input: 0, row, at: lead * n + j }, slope });
        }
        if self.elementwise_affine {
            emit(Partial { by: By::Param { param: 0, at: o }, slope: z(o) });
            emit(Partial { by: By::Param { param: 1, at: o }, slope: T::one() });
        }
    }
}
