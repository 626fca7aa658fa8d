//! Batch normalisation (Ioffe, Szegedy 2015) of each feature (last axis) over all m vectors of the batch:
//! z = (x − mean) / √(variance + ε), y = γ·z + β. In training mean and (population) variance are the batch's,
//! and with dz = γ·dy: dx = (dz − mean(dz) − z·mean(dz·z)) / √(variance + ε); in evaluation they are the
//! running ones and dx = dz / √(variance + ε). dγ = Σ dy·z, dβ = Σ dy.
//! Running statistics as PyTorch has them: r ← (1 − μ)·r + μ·s, with the sample variance (over m − 1).
//! A batch of one vector has z = 0 and no gradient, and leaves the running variance as it is.

use super::layer_norm::{affine, gamma, normalised, scaled, slope_by_affine, slope_by_input};
use super::pointwise::put;
use super::{
    BufferSpec, BuffersMut, By, Case, Compute, Forward, Grad, InputGrads, Misfit, Mode, Of, Op, OpEntry,
    ParamSpec, Part, Partial, Point, Reads, features, only, sum_vectors,
};
use crate::expr::Expr;
use crate::kernel::stable::{COLUMNS, column_sums, statistics_of_large};
use crate::kernel::{Columns, Scalar, Team, Wide, wide};
use crate::setting::{Default, Key, Kind, Literal};
use crate::shape::Shape;
use std::sync::Arc;

/// Batch normalisation over everything but the last axis.
#[derive(Clone, Copy, Debug)]
pub struct BatchNorm {
    /// Number of features, to be checked against what arrives.
    pub features: Option<usize>,
    /// ε, added to the variance.
    pub eps: f64,
    /// μ: weight of a new batch in the running statistics.
    pub momentum: f64,
    /// Whether there are γ (`weight`) and β (`bias`).
    pub affine: bool,
}

pub(super) const ENTRY: OpEntry = OpEntry {
    name: "batch_norm",
    doc: "normalises each feature to mean 0 and variance 1 over the batch, then scales and shifts it",
    keys: &[
        Key::new(
            "features",
            Kind::Count,
            Default::Absent,
            "number of features; if given, it must be what arrives",
        ),
        Key::new("eps", Kind::Positive, Default::Number(1e-5), "added to the variance"),
        Key::new(
            "momentum",
            Kind::Share,
            Default::Number(0.1),
            "weight of a new batch in the running statistics",
        ),
        Key::new("affine", Kind::Switch, Default::Switch(true), "whether to scale and shift"),
    ],
    build: |s| {
        Ok(Arc::new(BatchNorm {
            features: s.count_if("features"),
            eps: s.number("eps"),
            momentum: s.number("momentum"),
            affine: s.switch("affine"),
        }))
    },
    cases: &[
        Case { given: &[], inputs: &[&[4]] },
        Case { given: &[("affine", Literal::Switch(false))], inputs: &[&[2, 3]] },
    ],
};

impl std::default::Default for BatchNorm {
    fn default() -> BatchNorm {
        BatchNorm { features: None, eps: 1e-5, momentum: 0.1, affine: true }
    }
}

impl BatchNorm {
    fn weight<T: Scalar>(&self, at: &Point<'_, T>, j: usize) -> T {
        if self.affine { at.w.get(0)[j] } else { T::one() }
    }
}

impl Op for BatchNorm {
    fn name(&self) -> &'static str {
        "batch_norm"
    }

    fn shape(&self, x: &[&Shape]) -> Result<Shape, Misfit> {
        let x = only(x)?;
        features(x, self.features)?;
        Ok(x.clone())
    }

    fn params(&self, x: &[&Shape]) -> Vec<ParamSpec> {
        if self.affine { affine(x[0].last()) } else { vec![] }
    }

    fn buffers(&self, x: &[&Shape]) -> Vec<BufferSpec> {
        let features = Shape::from([x[0].last()]);
        vec![
            BufferSpec { name: "running_mean", shape: features.clone(), start: 0.0 },
            BufferSpec { name: "running_var", shape: features, start: 1.0 },
            BufferSpec { name: "num_batches_tracked", shape: Shape::default(), start: 0.0 },
        ]
    }

    /// Mean, 1 / √(variance + ε) and variance of each feature, and behind them the number of vectors.
    fn saved(&self, _rows: usize, x: &[&Shape]) -> usize {
        3 * x[0].last() + 1
    }

    fn reads(&self) -> Reads {
        Reads::Inputs
    }

    fn mixes_examples(&self) -> bool {
        true
    }

    fn flops(&self, rows: usize, x: &[&Shape]) -> usize {
        8 * rows * x[0].len()
    }

    fn expression(&self, of: Of<'_>) -> Option<Expr> {
        Some(scaled(self.affine, of, normalised(of, of.at, statistics(of))))
    }

    fn slope(&self, of: Of<'_>, by: By) -> Option<Expr> {
        let [mean, scale] = statistics(of);
        let z = |row, at| normalised(Of { row, ..of }, at, [mean.clone(), scale.clone()]);
        let By::Input { row, at, .. } = by else { return Some(slope_by_affine(by, z(of.row, of.at))) };
        let gamma = self.affine.then(|| gamma(of));
        if !of.training {
            return Some(gamma.map_or(scale.clone(), |gamma| gamma * scale.clone()));
        }
        let vectors = (of.rows * of.x[0].leading()) as f64;
        let other = ((row, at) != (of.row, of.at)).then(|| z(row, at));
        Some(slope_by_input(gamma, scale.clone(), (vectors, z(of.row, of.at), other)))
    }
}

/// `mean` of the feature and `rstd` = 1 / √(variance + ε), as PyTorch calls them, which forward left.
fn statistics(of: Of<'_>) -> [Expr; 2] {
    let (n, at) = (of.x[0].last(), of.at % of.x[0].last());
    [of.saved("mean", [at, n], at), of.saved("rstd", [at, n], n + at)]
}

impl<T: Scalar> Compute<T> for BatchNorm {
    fn forward(&self, io: Forward<'_, T>, team: &mut Team<'_, T>) {
        let n = io.x.shape(0).last();
        let x = io.x.get(0);
        let affine = self.affine.then(|| [io.w.get(0), io.w.get(1)]);
        let running = (io.mode == Mode::Eval).then(|| [io.buffers.get(0), io.buffers.get(1)]);
        let (mean, rest) = io.saved.split_at_mut(n);
        let (scale, rest) = rest.split_at_mut(n);
        let (variance, number) = rest.split_at_mut(n);
        number[0] = T::of((x.len() / n) as f64);
        team.split_columns(n, io.y, [mean, scale, variance], |columns, y, [mean, scale, variance]| {
            let at = [n, columns.start];
            wide(Statistics, (at, self.eps, x, running, [&mut *mean, &mut *scale, variance]));
            wide(NormaliseColumns, (at, x, [mean, scale], affine, y));
        });
    }

    fn backward(&self, at: &Point<'_, T>, dy: &[T], mut dx: InputGrads<'_, T>, team: &mut Team<'_, T>) {
        let Some((dx, overwrite)) = dx.get(0).map(Grad::overwrite) else { return };
        let n = at.x.shape(0).last();
        let x = (at.mode != Mode::Eval).then(|| at.x.get(0));
        let gamma = self.affine.then(|| at.w.get(0));
        team.split_columns(n, dx, [], |columns, dx, []| {
            let args = ([n, columns.start], x, at.saved, gamma, dy, dx);
            if overwrite { wide(ColumnsGradient::<false>, args) } else { wide(ColumnsGradient::<true>, args) }
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
        wide(ColumnsGammaGradient, ([n, part.rows.start], at.x.get(0), at.saved, dy, dw.sum()));
    }

    fn partials(&self, at: &Point<'_, T>, row: usize, of: usize, emit: &mut dyn FnMut(Partial<T>)) {
        let shape = at.x.shape(0);
        let (n, x) = (shape.last(), at.x.get(0));
        let (own, j) = (row * shape.len() + of, of % n);
        let (mean, scale) = (at.saved[j], at.saved[n + j]);
        let z = |i: usize| (x[i] - mean) * scale;
        let gamma = self.weight(at, j);
        let mut by_input = |i: usize, slope: T| {
            emit(Partial { by: By::Input { input: 0, row: i / shape.len(), at: i % shape.len() }, slope });
        };
        if at.mode == Mode::Eval {
            by_input(own, gamma * scale);
        } else {
            let count = T::of((x.len() / n) as f64);
            for i in (j..x.len()).step_by(n) {
                let one = if i == own { T::one() } else { T::zero() };
                by_input(i, gamma * scale * (one - (T::one() + z(own) * z(i)) / count));
            }
        }
        if self.affine {
            emit(Partial { by: By::Param { param: 0, at: j }, slope: z(own) });
            emit(Partial { by: By::Param { param: 1, at: j }, slope: T::one() });
        }
    }

    fn track(&self, _rows: usize, saved: &[T], mut buffers: BuffersMut<'_, T>) {
        let n = saved.len() / 3;
        let (count, mu) = (saved[3 * n], T::of(self.momentum));
        let blend = |running: &mut [T], new: &[T], scale: T| {
            for (running, new) in running.iter_mut().zip(new) {
                *running = (T::one() - mu) * *running + mu * *new * scale;
            }
        };
        blend(buffers.get(0), &saved[..n], T::one());
        if count > T::one() {
            blend(buffers.get(1), &saved[2 * n..3 * n], count / (count - T::one()));
        }
        buffers.get(2)[0] += T::one();
    }
}

/// Mean, 1 / √(variance + ε) and variance of some of the n features, from the first one given on: of the batch, or the
/// running ones.
struct Statistics;

impl<T: Scalar> Wide<([usize; 2], f64, &[T], Option<[&[T]; 2]>, [&mut [T]; 3])> for Statistics {
    type Out = ();

    #[inline(always)]
    fn run(
        ([n, first], eps, x, running, [mean, scale, variance]): (
            [usize; 2],
            f64,
            &[T],
            Option<[&[T]; 2]>,
            [&mut [T]; 3],
        ),
    ) {
        if let Some([running_mean, running_var]) = running {
            mean.copy_from_slice(&running_mean[first..first + mean.len()]);
            variance.copy_from_slice(&running_var[first..first + mean.len()]);
        } else {
            let count = T::of((x.len() / n) as f64);
            mean.fill(T::zero());
            variance.fill(T::zero());
            column_sums([n, first], [x], [mean], |_, _, [x]| [x]);
            for mean in &mut *mean {
                *mean /= count;
            }
            // What the sum of a long column lost by rounding, the sum of the differences from its mean has (Chan, Golub,
            // LeVeque 1983).
            let lost = &mut *scale;
            lost.fill(T::zero());
            column_sums([n, first], [x], [&mut *lost, &mut *variance], |_, j, [x]| {
                let d = x - mean[j - first];
                [d, d * d]
            });
            for ((mean, variance), lost) in mean.iter_mut().zip(&mut *variance).zip(lost) {
                let shift = *lost / count;
                *mean += shift;
                let rest = *variance / count - shift * shift;
                *variance = if rest < T::zero() { T::zero() } else { rest };
            }
        }
        for (scale, variance) in scale.iter_mut().zip(&*variance) {
            *scale = T::one() / (*variance + T::of(eps)).sqrt();
        }
        for j in (0..if running.is_none() { mean.len() } else { 0 }).filter(|&j| !variance[j].is_finite()) {
            let column = x.iter().skip(first + j).step_by(n).copied();
            [mean[j], scale[j]] = statistics_of_large(column, T::of(eps));
        }
    }
}

/// y ← (x − mean)·scale·γ + β for some of the n features.
struct NormaliseColumns;

impl<T: Scalar> Wide<([usize; 2], &[T], [&mut [T]; 2], Option<[&[T]; 2]>, Columns<'_, T>)>
    for NormaliseColumns
{
    type Out = ();

    #[inline(always)]
    fn run(
        ([n, first], x, [mean, scale], affine, mut y): (
            [usize; 2],
            &[T],
            [&mut [T]; 2],
            Option<[&[T]; 2]>,
            Columns<'_, T>,
        ),
    ) {
        let affine = affine.map(|affine| affine.map(|each| &each[first..first + mean.len()]));
        for (row, x) in x.chunks_exact(n).enumerate() {
            let each = y.row(row).iter_mut().zip(&x[first..]).zip(mean.iter().zip(&*scale));
            match affine {
                Some([gamma, beta]) => {
                    for (((y, x), (mean, scale)), (gamma, beta)) in each.zip(gamma.iter().zip(beta)) {
                        *y = (*x - *mean) * *scale * *gamma + *beta;
                    }
                }
                None => {
                    for ((y, x), (mean, scale)) in each {
                        *y = (*x - *mean) * *scale;
                    }
                }
            }
        }
    }
}

/// With z = (x − mean)·scale and m rows: dx ← dx + scale·γ·(dy − Σ dy/m − z·Σ dy·z/m), or without `ADD` without the dx
/// before, for some of the n features; without x, where mean and scale are given numbers, dx ← dx + scale·γ·dy.
struct ColumnsGradient<const ADD: bool>;

impl<T: Scalar, const ADD: bool> Wide<([usize; 2], Option<&[T]>, &[T], Option<&[T]>, &[T], Columns<'_, T>)>
    for ColumnsGradient<ADD>
{
    type Out = ();

    #[inline(always)]
    fn run(
        ([n, first], x, saved, gamma, dy, mut dx): (
            [usize; 2],
            Option<&[T]>,
            &[T],
            Option<&[T]>,
            &[T],
            Columns<'_, T>,
        ),
    ) {
        // So many features at a time as stay in a near cache with all rows, if those are not too many.
        for at in (0..dx.count()).step_by(COLUMNS) {
            // A number of features that is known when it is compiled, or another.
            match dx.count() - at {
                COLUMNS.. => {
                    columns_gradient::<T, ADD>([n, first + at, at, COLUMNS], x, saved, gamma, dy, &mut dx)
                }
                rest => columns_gradient::<T, ADD>([n, first + at, at, rest], x, saved, gamma, dy, &mut dx),
            }
        }
    }
}

/// [`ColumnsGradient`] of up to [`COLUMNS`] features; they stand `at` behind the first column of dx.
#[inline(always)]
fn columns_gradient<T: Scalar, const ADD: bool>(
    [n, first, at, count]: [usize; 4],
    x: Option<&[T]>,
    saved: &[T],
    gamma: Option<&[T]>,
    dy: &[T],
    dx: &mut Columns<'_, T>,
) {
    let (mean, scale) = (&saved[first..][..count], &saved[n + first..][..count]);
    let [mut factor, mut middle, mut along] = [[T::zero(); COLUMNS]; 3];
    let [factor, middle, along] = [&mut factor, &mut middle, &mut along].map(|each| &mut each[..count]);
    factor.copy_from_slice(scale);
    if let Some(gamma) = gamma {
        for (factor, gamma) in factor.iter_mut().zip(&gamma[first..]) {
            *factor *= *gamma;
        }
    }
    let Some(x) = x else {
        for (row, dy) in dy.chunks_exact(n).enumerate() {
            for ((dx, dy), factor) in dx.row(row)[at..][..count].iter_mut().zip(&dy[first..]).zip(&*factor) {
                put::<T, ADD>(dx, *factor * *dy);
            }
        }
        return;
    };
    let sums = [&mut *middle, &mut *along];
    column_sums([n, first], [dy, x], sums, |_, j, [dy, x]| [dy, dy * (x - saved[j])]);
    let rows = T::of((dy.len() / n) as f64);
    for ((middle, along), scale) in middle.iter_mut().zip(&mut *along).zip(scale) {
        *middle /= rows;
        *along *= *scale / rows * *scale;
    }
    for (row, (dy, x)) in dy.chunks_exact(n).zip(x.chunks_exact(n)).enumerate() {
        let (dx, dy, x) = (&mut dx.row(row)[at..][..count], &dy[first..][..count], &x[first..][..count]);
        for j in 0..count {
            let d = dy[j] - middle[j] - (x[j] - mean[j]) * along[j];
            put::<T, ADD>(&mut dx[j], factor[j] * d);
        }
    }
}

/// dγ ← dγ + Σ dy·z for some of the n features.
struct ColumnsGammaGradient;

impl<T: Scalar> Wide<([usize; 2], &[T], &[T], &[T], &mut [T])> for ColumnsGammaGradient {
    type Out = ();

    #[inline(always)]
    fn run(([n, first], x, saved, dy, dw): ([usize; 2], &[T], &[T], &[T], &mut [T])) {
        let scale = &saved[n..];
        column_sums([n, first], [dy, x], [dw], |_, j, [dy, x]| [dy * (x - saved[j]) * scale[j]]);
    }
}
