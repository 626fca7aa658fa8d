//! Layer normalisation (Ba, Kiros, Hinton 2016) over the last axis of n numbers:
//! z = (x − mean) / √(variance + ε), y = γ·z + β, with the variance of the population.
//! With dz = γ·dy: dx = (dz − mean(dz) − z·mean(dz·z)) / √(variance + ε), dγ = Σ dy·z, dβ = Σ dy.

use super::pointwise::put;
use super::{
    By, Case, Compute, Forward, Grad, InputGrads, Misfit, Of, Op, OpEntry, ParamSpec, Part, Partial, Point,
    Reads, features, only, sum_vectors,
};
use crate::expr::{Expr, Role, Symbol};
use crate::init::Init;
use crate::kernel::stable::{LANES, column_sums, sixteen_sums, statistics_of_large, sum_rows};
use crate::kernel::{Scalar, Team, Wide, wide};
use crate::setting::{Default, Key, Kind, Literal};
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

pub(super) const ENTRY: OpEntry = OpEntry {
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
        Case { given: &[("elementwise_affine", Literal::Switch(false))], inputs: &[&[2, 4]] },
    ],
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

    fn flops(&self, rows: usize, x: &[&Shape]) -> usize {
        8 * rows * x[0].len()
    }

    fn expression(&self, of: Of<'_>) -> Option<Expr> {
        Some(scaled(self.elementwise_affine, of, normalised(of, of.at, statistics(of))))
    }

    fn slope(&self, of: Of<'_>, by: By) -> Option<Expr> {
        let [mean, scale] = statistics(of);
        let z = |at| normalised(of, at, [mean.clone(), scale.clone()]);
        let By::Input { at, .. } = by else { return Some(slope_by_affine(by, z(of.at))) };
        let others = (of.x[0].last() as f64, z(of.at), (at != of.at).then(|| z(at)));
        Some(slope_by_input(self.elementwise_affine.then(|| gamma(of)), scale.clone(), others))
    }
}

/// `mean` of the vector and `rstd` = 1 / √(variance + ε), as PyTorch calls them, which forward left.
fn statistics(of: Of<'_>) -> [Expr; 2] {
    let which = [of.at / of.x[0].last(), of.x[0].leading()];
    let at = 2 * (of.row * which[1] + which[0]);
    [of.saved("mean", which, at), of.saved("rstd", which, at + 1)]
}

/// z = (x − mean)·scale of number `at`, written.
pub(super) fn normalised(of: Of<'_>, at: usize, [mean, scale]: [Expr; 2]) -> Expr {
    (of.input("x", 0, at) - mean) * scale
}

/// γ of a number, written.
pub(super) fn gamma(of: Of<'_>) -> Expr {
    Expr::symbol("γ", Role::Param { param: 0, at: of.at % of.x[0].last() })
}

/// γ·z + β, or z, written.
pub(super) fn scaled(affine: bool, of: Of<'_>, z: Expr) -> Expr {
    let beta = Expr::symbol("β", Role::Param { param: 1, at: of.at % of.x[0].last() });
    if affine { gamma(of) * z + beta } else { z }
}

/// The slope by γ or β, written.
pub(super) fn slope_by_affine(by: By, z: Expr) -> Expr {
    if matches!(by, By::Param { param: 0, .. }) { z } else { Expr::Number(1.0) }
}

/// The slope by one of the n numbers that are normalised together, by itself or by another with its own z, written:
/// γ·rstd·(1 − (1 + z²)/n) or −γ·rstd·(1 + z·z′)/n.
pub(super) fn slope_by_input(
    gamma: Option<Expr>,
    scale: Expr,
    (n, z, other): (f64, Expr, Option<Expr>),
) -> Expr {
    let factor = gamma.map_or(scale.clone(), |gamma| gamma * scale);
    let letters = [Symbol::new("z", Role::Named), Symbol::new("z′", Role::Named)];
    let [own, others] = letters.clone().map(Expr::from);
    let [first, second] = letters;
    match other {
        None => (factor * (1.0 - (1.0 + own.power(2.0)) / n)).with([(first, z)]),
        Some(other) => (-(factor * (1.0 + own * others) / n)).with([(first, z), (second, other)]),
    }
}

impl<T: Scalar> Compute<T> for LayerNorm {
    fn forward(&self, io: Forward<'_, T>, team: &mut Team<'_, T>) {
        let n = io.x.shape(0).last();
        let x = io.x.get(0);
        let affine = self.elementwise_affine.then(|| [io.w.get(0), io.w.get(1)]);
        let vectors = x.len() / n;
        team.split(vectors, [io.y, &mut io.saved[..2 * vectors]], |range, [y, saved]| {
            let x = &x[range.start * n..range.end * n];
            wide(NormaliseRows, (self.eps, n, x, affine, y, saved));
        });
    }

    fn backward(&self, at: &Point<'_, T>, dy: &[T], mut dx: InputGrads<'_, T>, team: &mut Team<'_, T>) {
        let Some((dx, overwrite)) = dx.get(0).map(Grad::overwrite) else { return };
        let n = at.x.shape(0).last();
        let x = at.x.get(0);
        let gamma = self.elementwise_affine.then(|| at.w.get(0));
        team.split(x.len() / n, [dx], |range, [dx]| {
            let numbers = range.start * n..range.end * n;
            let saved = &at.saved[2 * range.start..2 * range.end];
            let args = (n, &x[numbers.clone()], saved, gamma, &dy[numbers], dx);
            if overwrite { wide(RowsGradient::<false>, args) } else { wide(RowsGradient::<true>, args) }
        });
    }

    fn backward_param(
        &self,
        at: &Point<'_, T>,
        dy: &[T],
        part: Part,
        dw: Grad<'_, T>,
        team: &mut Team<'_, T>,
    ) {
        let n = at.x.shape(0).last();
        if part.param == 1 {
            return sum_vectors(n, dy, part, dw, team);
        }
        wide(RowsGammaGradient, (n, at.x.get(0), at.saved, dy, part.rows.start, dw.sum()));
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

/// Vectors of n numbers that are taken side by side: so many as stay in the first-level cache.
fn rows(n: usize) -> usize {
    ((1 << 12) / n).clamp(1, LANES)
}

/// y ← (x − mean)·scale·γ + β for vectors of n numbers; keeps mean and scale.
struct NormaliseRows;

impl<T: Scalar> Wide<(f64, usize, &[T], Option<[&[T]; 2]>, &mut [T], &mut [T])> for NormaliseRows {
    type Out = ();

    #[inline(always)]
    fn run((eps, n, x, affine, y, saved): (f64, usize, &[T], Option<[&[T]; 2]>, &mut [T], &mut [T])) {
        let (count, eps, some) = (T::of(n as f64), T::of(eps), rows(n));
        for ((y, x), saved) in y.chunks_mut(some * n).zip(x.chunks(some * n)).zip(saved.chunks_mut(2 * some))
        {
            let mut sums = [[T::zero(); LANES]; LANES];
            for (sums, x) in sums.iter_mut().zip(x.chunks_exact(n)) {
                [*sums] = sixteen_sums([x], |[x]| [x]);
            }
            let mut mean = sum_rows(&sums);
            for mean in &mut mean {
                *mean /= count;
            }
            for (r, (sums, x)) in sums.iter_mut().zip(x.chunks_exact(n)).enumerate() {
                let mean = mean[r];
                [*sums] = sixteen_sums([x], |[x]| [(x - mean) * (x - mean)]);
            }
            let mut scale = sum_rows(&sums);
            for scale in &mut scale {
                *scale = T::one() / (*scale / count + eps).sqrt();
            }
            for (r, (y, x)) in y.chunks_exact_mut(n).zip(x.chunks_exact(n)).enumerate() {
                let (mut mean, mut scale) = (mean[r], scale[r]);
                if scale == T::zero() {
                    [mean, scale] = statistics_of_large(x.iter().copied(), eps);
                }
                (saved[2 * r], saved[2 * r + 1]) = (mean, scale);
                match affine {
                    Some([gamma, beta]) => {
                        for (((y, x), gamma), beta) in y.iter_mut().zip(x).zip(gamma).zip(beta) {
                            *y = (*x - mean) * scale * *gamma + *beta;
                        }
                    }
                    None => {
                        for (y, x) in y.iter_mut().zip(x) {
                            *y = (*x - mean) * scale;
                        }
                    }
                }
            }
        }
    }
}

/// With z = (x − mean)·scale and dz = dy·γ: dx ← dx + scale·(dz − mean(dz) − z·mean(dz·z)), or without `ADD` without the
/// dx before.
struct RowsGradient<const ADD: bool>;

impl<T: Scalar, const ADD: bool> Wide<(usize, &[T], &[T], Option<&[T]>, &[T], &mut [T])>
    for RowsGradient<ADD>
{
    type Out = ();

    #[inline(always)]
    fn run((n, x, saved, gamma, dy, dx): (usize, &[T], &[T], Option<&[T]>, &[T], &mut [T])) {
        let (count, some) = (T::of(n as f64), rows(n));
        let blocks = dx.chunks_mut(some * n).zip(dy.chunks(some * n)).zip(x.chunks(some * n));
        for (((dx, dy), x), saved) in blocks.zip(saved.chunks(2 * some)) {
            let (mut middle, mut along) = ([[T::zero(); LANES]; LANES], [[T::zero(); LANES]; LANES]);
            for (r, (dy, x)) in dy.chunks_exact(n).zip(x.chunks_exact(n)).enumerate() {
                let mean = saved[2 * r];
                [middle[r], along[r]] = match gamma {
                    Some(gamma) => {
                        sixteen_sums([dy, gamma, x], |[dy, gamma, x]| [dy * gamma, dy * gamma * (x - mean)])
                    }
                    None => sixteen_sums([dy, x], |[dy, x]| [dy, dy * (x - mean)]),
                };
            }
            let (middle, along) = (sum_rows(&middle), sum_rows(&along));
            let vectors = dx.chunks_exact_mut(n).zip(dy.chunks_exact(n)).zip(x.chunks_exact(n));
            for (r, ((dx, dy), x)) in vectors.enumerate() {
                let (mean, scale) = (saved[2 * r], saved[2 * r + 1]);
                let (middle, along) =
                    (scale * (middle[r] / count), scale * (along[r] * scale / count) * scale);
                match gamma {
                    Some(gamma) => {
                        for (((dx, dy), gamma), x) in dx.iter_mut().zip(dy).zip(gamma).zip(x) {
                            put::<T, ADD>(dx, scale * *dy * *gamma - middle - (*x - mean) * along);
                        }
                    }
                    None => {
                        for ((dx, dy), x) in dx.iter_mut().zip(dy).zip(x) {
                            put::<T, ADD>(dx, scale * *dy - middle - (*x - mean) * along);
                        }
                    }
                }
            }
        }
    }
}

/// dγ ← dγ + Σ dy·z for some of the n features, the first of them `first`.
struct RowsGammaGradient;

impl<T: Scalar> Wide<(usize, &[T], &[T], &[T], usize, &mut [T])> for RowsGammaGradient {
    type Out = ();

    #[inline(always)]
    fn run((n, x, saved, dy, first, dw): (usize, &[T], &[T], &[T], usize, &mut [T])) {
        column_sums([n, first], [dy, x], [dw], |row, _, [dy, x]| {
            [dy * (x - saved[2 * row]) * saved[2 * row + 1]]
        });
    }
}
