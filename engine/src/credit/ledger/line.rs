//! The line of a step, from the weights before it to those after it, and the integral of the gradient along it.
//!
//! Aᵢ = (θ₁ − θ₀)ᵢ·∫₀¹ ∂L/∂θᵢ(θ(s)) ds with θ(s) = θ₀ + s·(θ₁ − θ₀) is taken by Simpson's rule over n = 2ᵏ equal
//! pieces of the line,
//!
//! Aᵢ ≈ (θ₁ − θ₀)ᵢ·(g(0) + g(1) + 2·Σ inner + 4·Σ mids) / 6n,
//!
//! with `inner` the gradients where pieces meet and `mids` those in the middle of pieces. It is exact where the
//! gradient is a polynomial of third degree in s. To be finer all pieces are halved: the middles of pieces are then
//! where the halves meet, so that every gradient is used again. Operations with kinks (relu) make the gradient jump
//! along the line: then halving gains one order, not four.

use super::probe::Probe;
use crate::kernel::{Aligned, Scalar, Wide, wide};
use crate::network::{Plan, Weights, keep};
use crate::train::Real;
use std::ops::Range;

/// One end of a line: weights, and the probe loss's gradient there.
#[derive(Debug)]
struct End<P> {
    weights: Weights<P>,
    gradient: Aligned<P>,
}

/// The line of a step.
#[derive(Debug)]
pub(super) struct Line<P> {
    from: End<P>,
    to: End<P>,
    /// n
    pieces: u32,
    /// Weights on the line.
    between: Weights<P>,
    /// Σ mids.
    mids: Aligned<P>,
    /// Σ inner, where there is more than one piece.
    inner: Aligned<P>,
}

impl<P: Real> Line<P> {
    /// A line that begins and ends at `weights`, and the probe loss there.
    pub(super) fn new(weights: Weights<P>, probe: &mut Probe<P>) -> (Line<P>, f64) {
        // Those that are walked side by side have places of their own.
        let zeros = |place| Aligned::zeros_apart(weights.params.len(), place);
        let start = |place| Weights {
            params: Aligned::apart(&weights.params, place),
            buffers: weights.buffers.clone(),
        };
        let mut line = Line {
            from: End { weights: start(1), gradient: zeros(3) },
            to: End { weights: start(0), gradient: zeros(2) },
            pieces: 1,
            between: start(2),
            mids: zeros(4),
            inner: zeros(3),
        };
        let loss = line.end(probe);
        (line, loss)
    }

    /// Goes on: the line now begins where it ended, and ends at `weights`.
    pub(super) fn go_on<T: Scalar>(&mut self, weights: &Weights<T>, plan: &Plan<P, keep::Training>) {
        std::mem::swap(&mut self.from, &mut self.to);
        self.pieces = 1;
        let to = &mut self.to.weights;
        plan.each_group([&mut to.params], |range, [into]| wide(Copied, (into, &weights.params[range])));
        wide(Copied, (&mut to.buffers[..], &weights.buffers[..]));
    }

    /// The probe loss at the beginning with the running statistics of the end, where those are others.
    pub(super) fn new_statistics(&mut self, probe: &mut Probe<P>) -> Option<f64> {
        let (from, new) = (&mut self.from, &self.to.weights.buffers);
        (from.weights.buffers != *new).then(|| {
            from.weights.buffers.copy_from_slice(new);
            self.between.buffers.copy_from_slice(new);
            probe.at(&from.weights, &mut from.gradient, false)
        })
    }

    /// The probe loss at the end.
    pub(super) fn end(&mut self, probe: &mut Probe<P>) -> f64 {
        probe.at(&self.to.weights, &mut self.to.gradient, false)
    }

    /// Takes the gradients in the middle of all pieces.
    pub(super) fn take_mids(&mut self, probe: &mut Probe<P>) {
        for piece in 0..self.pieces {
            let s = P::of((f64::from(piece) + 0.5) / f64::from(self.pieces));
            let weights = [&mut self.from.weights, &mut self.to.weights, &mut self.between];
            let line = weights.map(|weights| &mut weights.params[..]);
            probe.plan.each_group(line, |_, [a, b, w]| wide(Between, (a, b, s, w)));
            probe.at(&self.between, &mut self.mids, piece > 0);
        }
    }

    /// Halves all pieces; the gradients in their middles have to be taken.
    pub(super) fn halve(&mut self) {
        if self.pieces == 1 {
            self.inner.copy_from_slice(&self.mids);
        } else {
            self.inner.iter_mut().zip(&self.mids).for_each(|(inner, mid)| *inner += *mid);
        }
        self.pieces *= 2;
    }

    /// Simpson's rule with the gradients at hand; `scratch` is for as many numbers as there are weights.
    pub(super) fn simpson<'a>(&'a self, scratch: &'a mut [P]) -> Simpson<'a, P> {
        let mut interior = &self.mids[..];
        if self.pieces > 1 {
            let half = P::of(0.5);
            let sums = scratch.iter_mut().zip(self.inner.iter().zip(&self.mids));
            sums.for_each(|(sum, (inner, mid))| *sum = half * *inner + *mid);
            interior = scratch;
        }
        let (from, to) = (&self.from, &self.to);
        let scale = 1.0 / (6.0 * f64::from(self.pieces));
        Simpson {
            line: [&from.weights.params, &to.weights.params, &from.gradient, &to.gradient, interior],
            c: [scale, 4.0 * scale].map(P::of),
        }
    }
}

/// Aᵢ = (θ₁ − θ₀)ᵢ·(c₀·(g(0) + g(1)) + c₁·(½·Σ inner + Σ mids))ᵢ
pub(super) struct Simpson<'a, P> {
    /// θ₀, θ₁, g(0), g(1), and ½·Σ inner + Σ mids.
    line: [&'a [P]; 5],
    c: [P; 2],
}

impl<P: Scalar> Simpson<'_, P> {
    /// Aᵢ of weight i.
    pub(super) fn of(&self, i: usize) -> f64 {
        allocation(self.line.map(|x| x[i]), self.c)
    }

    /// Σ Aᵢ over some weights; every Aᵢ is added to its entry, where there are entries.
    pub(super) fn sum(&self, range: Range<usize>, entries: &mut [f64]) -> f64 {
        wide(Sum, (self.line.map(|x| &x[range.clone()]), self.c, entries))
    }
}

#[inline(always)]
fn allocation<P: Scalar>([a, b, first, last, interior]: [P; 5], c: [P; 2]) -> f64 {
    (b - a).f64() * (c[0] * (first + last) + c[1] * interior).f64()
}

/// w ← a + s·(b − a)
struct Between;

impl<P: Scalar> Wide<(&mut [P], &mut [P], P, &mut [P])> for Between {
    type Out = ();

    #[inline(always)]
    fn run((a, b, s, w): (&mut [P], &mut [P], P, &mut [P])) {
        for ((w, a), b) in w.iter_mut().zip(a).zip(b) {
            *w = *a + s * (*b - *a);
        }
    }
}

/// [`Simpson::sum`], in sums side by side.
struct Sum;

impl<P: Scalar> Wide<([&[P]; 5], [P; 2], &mut [f64])> for Sum {
    type Out = f64;

    #[inline(always)]
    fn run((line, c, entries): ([&[P]; 5], [P; 2], &mut [f64])) -> f64 {
        const LANES: usize = 16;
        let mut sums = [0.0; LANES];
        for from in (0..line[0].len()).step_by(LANES) {
            let count = LANES.min(line[0].len() - from);
            let mut block = [[P::zero(); LANES]; 5];
            for (block, x) in block.iter_mut().zip(line) {
                block[..count].copy_from_slice(&x[from..from + count]);
            }
            let [a, b, first, last, interior] = block;
            let mut each = [0.0; LANES];
            for i in 0..LANES {
                each[i] = allocation([a[i], b[i], first[i], last[i], interior[i]], c);
                sums[i] += each[i];
            }
            if let Some(entries) = entries.get_mut(from..from + count) {
                entries.iter_mut().zip(each).for_each(|(entry, each)| *entry += each);
            }
        }
        sums.iter().sum()
    }
}

/// into ← from
struct Copied;

impl<P: Scalar, T: Scalar> Wide<(&mut [P], &[T])> for Copied {
    type Out = ();

    #[inline(always)]
    fn run((into, from): (&mut [P], &[T])) {
        for (into, from) in into.iter_mut().zip(from) {
            *into = P::of(from.f64());
        }
    }
}
