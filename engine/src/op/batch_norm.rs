//! Batch normalisation (Ioffe, Szegedy 2015) of each feature (last axis) over all m vectors of the batch:
//! z = (x − mean) / √(variance + ε), y = γ·z + β. In training mean and (population) variance are the batch's,
//! and with dz = γ·dy: dx = (dz − mean(dz) − z·mean(dz·z)) / √(variance + ε); in evaluation they are the
//! running ones and dx = dz / √(variance + ε). dγ = Σ dy·z, dβ = Σ dy.
//! Running statistics as PyTorch has them: r ← (1 − μ)·r + μ·s, with the sample variance (over m − 1).
//! A batch of one vector has z = 0 and no gradient, and leaves the running variance as it is.

use super::layer_norm::affine;
use super::{
    BufferSpec, BuffersMut, By, Case, Compute, Entry, Forward, Grad, InputGrads, Misfit, Mode, Op, ParamSpec,
    Part, Partial, Point, Reads, features, only,
};
use crate::kernel::{Scalar, Team};
use crate::setting::{Default, Key, Kind, Value};
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

pub(super) const ENTRY: Entry = Entry {
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
        Case { given: &[("affine", Value::Switch(false))], inputs: &[&[2, 3]] },
    ],
    kinks: &[],
};

impl std::default::Default for BatchNorm {
    fn default() -> BatchNorm {
        BatchNorm { features: None, eps: 1e-5, momentum: 0.1, affine: true }
    }
}

/// Mean and 1 / √(variance + ε) that feature `j` was normalised with.
fn normalised_with<T: Scalar>(at: &Point<'_, T>, eps: f64, n: usize, j: usize) -> (T, T) {
    let (mean, variance) = match at.mode {
        Mode::Train { .. } => (at.saved[j], at.saved[n + j]),
        Mode::Eval => (at.buffers.get(0)[j], at.buffers.get(1)[j]),
    };
    (mean, T::one() / (variance + T::of(eps)).sqrt())
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

    /// Mean and variance of each feature, and behind them the number of vectors.
    fn saved(&self, _rows: usize, x: &[&Shape]) -> usize {
        2 * x[0].last() + 1
    }

    fn reads(&self) -> Reads {
        Reads::Inputs
    }

    fn mixes_examples(&self) -> bool {
        true
    }
}

impl<T: Scalar> Compute<T> for BatchNorm {
    fn forward(&self, io: Forward<'_, T>, _team: &mut Team<'_, T>) {
        let n = io.x.shape(0).last();
        let x = io.x.get(0);
        let vectors = x.len() / n;
        let count = T::of(vectors as f64);
        let (mean, rest) = io.saved.split_at_mut(n);
        let (variance, number) = rest.split_at_mut(n);
        number[0] = count;
        if let Mode::Train { .. } = io.mode {
            mean.fill(T::zero());
            variance.fill(T::zero());
            for x in x.chunks_exact(n) {
                mean.iter_mut().zip(x).for_each(|(mean, x)| *mean += *x);
            }
            mean.iter_mut().for_each(|mean| *mean /= count);
            for x in x.chunks_exact(n) {
                for ((variance, x), mean) in variance.iter_mut().zip(x).zip(mean.iter()) {
                    *variance += (*x - *mean) * (*x - *mean);
                }
            }
            variance.iter_mut().for_each(|variance| *variance /= count);
        } else {
            mean.copy_from_slice(io.buffers.get(0));
            variance.copy_from_slice(io.buffers.get(1));
        }
        for (y, x) in io.y.chunks_exact_mut(n).zip(x.chunks_exact(n)) {
            for j in 0..n {
                let z = (x[j] - mean[j]) / (variance[j] + T::of(self.eps)).sqrt();
                y[j] = if self.affine { z * io.w.get(0)[j] + io.w.get(1)[j] } else { z };
            }
        }
    }

    fn backward(&self, at: &Point<'_, T>, dy: &[T], mut dx: InputGrads<'_, T>, _team: &mut Team<'_, T>) {
        let Some(dx) = dx.get(0).map(Grad::sum) else { return };
        let n = at.x.shape(0).last();
        let x = at.x.get(0);
        let count = T::of((x.len() / n) as f64);
        for j in 0..n {
            let (mean, scale) = normalised_with(at, self.eps, n, j);
            let gamma = self.weight(at, j);
            let (mut sum, mut along) = (T::zero(), T::zero());
            if let Mode::Train { .. } = at.mode {
                for (dy, x) in dy.iter().skip(j).step_by(n).zip(x.iter().skip(j).step_by(n)) {
                    sum += gamma * *dy / count;
                    along += gamma * *dy * (*x - mean) * scale / count;
                }
            }
            let column = dx.iter_mut().skip(j).step_by(n).zip(dy.iter().skip(j).step_by(n));
            for ((dx, dy), x) in column.zip(x.iter().skip(j).step_by(n)) {
                *dx += scale * (gamma * *dy - sum - (*x - mean) * scale * along);
            }
        }
    }

    fn backward_param(
        &self,
        at: &Point<'_, T>,
        dy: &[T],
        part: Part,
        dw: Grad<'_, T>,
        _team: &mut Team<'_, T>,
    ) {
        let n = at.x.shape(0).last();
        for (dw, j) in dw.sum().iter_mut().zip(part.rows) {
            let (mean, scale) = normalised_with(at, self.eps, n, j);
            for (dy, x) in dy.iter().skip(j).step_by(n).zip(at.x.get(0).iter().skip(j).step_by(n)) {
                *dw += if part.param == 0 { *dy * (*x - mean) * scale } else { *dy };
            }
        }
    }

    fn partials(&self, at: &Point<'_, T>, row: usize, of: usize, emit: &mut dyn FnMut(Partial<T>)) {
        let shape = at.x.shape(0);
        let (n, x) = (shape.last(), at.x.get(0));
        let (own, j) = (row * shape.len() + of, of % n);
        let (mean, scale) = normalised_with(at, self.eps, n, j);
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
        let n = saved.len() / 2;
        let (count, mu) = (saved[2 * n], T::of(self.momentum));
        let blend = |running: &mut [T], new: &[T], scale: T| {
            for (running, new) in running.iter_mut().zip(new) {
                *running = (T::one() - mu) * *running + mu * *new * scale;
            }
        };
        blend(buffers.get(0), &saved[..n], T::one());
        if count > T::one() {
            blend(buffers.get(1), &saved[n..2 * n], count / (count - T::one()));
        }
        buffers.get(2)[0] += T::one();
    }
}
