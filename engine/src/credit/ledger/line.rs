//! The line of a step, from the weights before it to those after it, and the integral of the gradient along it.
//!
//! Aᵢ = (θ₁ − θ₀)ᵢ·∫₀¹ ∂L/∂θᵢ(θ(s)) ds with θ(s) = θ₀ + s·(θ₁ − θ₀) is taken by Simpson's rule over pieces of the line,
//! each example's own: of an example on a piece [a, a + h] the integral is h·(g(a) + 4·g(a + h/2) + g(a + h)) / 6. It is
//! exact where the gradient is a polynomial of third degree in s. At first the whole line is one piece for all examples,
//!
//! Aᵢ ≈ (θ₁ − θ₀)ᵢ·(g(0) + 4·g(½) + g(1)) / 6;
//!
//! where that misses too much, pieces are halved (`pieces.rs`): what an example misses on a piece is known from its losses
//! and their slopes along the line, which are differences of losses.

use super::pieces::{Piece, Pieces, Point, by_place};
use super::probe::{PROBE, Probe};
use crate::kernel::{Aligned, Scalar, Wide, wide};
use crate::network::{Plan, Weights, keep};
use crate::train::Real;
use std::ops::Range;

/// One end of a line: weights, the losses of the probe's examples there, and the gradient.
#[derive(Debug)]
struct End<P> {
    weights: Weights<P>,
    losses: Vec<f64>,
    gradient: Aligned<P>,
}

/// The line of a step.
#[derive(Debug)]
pub(super) struct Line<P> {
    from: End<P>,
    to: End<P>,
    /// Weights on the line.
    between: Weights<P>,
    /// g(½), and what pieces add to it.
    interior: Aligned<P>,
    /// The losses of the probe's examples in the middle.
    middle: Vec<f64>,
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
            from: End { weights: start(1), losses: vec![], gradient: zeros(3) },
            to: End { weights: start(0), losses: vec![], gradient: zeros(2) },
            between: start(2),
            interior: zeros(4),
            middle: vec![],
        };
        let loss = line.end(probe);
        (line, loss)
    }

    /// Goes on: the line now begins where it ended, and ends at `weights`.
    pub(super) fn go_on<T: Scalar>(&mut self, weights: &Weights<T>, plan: &Plan<P, keep::Training>) {
        std::mem::swap(&mut self.from, &mut self.to);
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
            let loss = probe.at(&from.weights, &mut from.gradient);
            from.losses.clone_from(&probe.losses);
            loss
        })
    }

    /// The probe loss at the end.
    pub(super) fn end(&mut self, probe: &mut Probe<P>) -> f64 {
        let loss = probe.at(&self.to.weights, &mut self.to.gradient);
        self.to.losses.clone_from(&probe.losses);
        loss
    }

    /// Goes to a place of the line.
    fn go_to(&mut self, s: f64, probe: &Probe<P>) {
        let weights = [&mut self.from.weights, &mut self.to.weights, &mut self.between];
        let line = weights.map(|weights| &mut weights.params[..]);
        probe.plan.each_group(line, |_, [a, b, w]| wide(Between, (a, b, P::of(s), w)));
    }

    /// Takes the gradient in the middle.
    pub(super) fn take_middle(&mut self, probe: &mut Probe<P>) {
        self.go_to(0.5, probe);
        probe.at(&self.between, &mut self.interior);
        self.middle.clone_from(&probe.losses);
    }

    /// Halves pieces of the line, of each example where it needs it, until `limit` says that what is missed is little
    /// enough, or the step has taken `most` gradients; returns how often. Before that, the middle has to be taken.
    pub(super) fn refine(&mut self, probe: &mut Probe<P>, limit: Limit, most: f64) -> u32 {
        let all: Vec<usize> = (0..probe.data.len()).collect();
        let known = [(0.0, &self.from.losses), (0.5, &self.middle), (1.0, &self.to.losses)];
        let known = known.map(|(s, losses)| (s, losses.clone()));
        let mut pieces = Pieces::whole(known.map(|(s, losses)| self.slopes(s, &all, losses, probe)));
        // Half of what is allowed may be missed by pieces that are left as they are.
        let left = limit.size() / 2.0 * probe.divisor;
        // The slopes' rounding: that of some operations on a loss, over the step of the difference.
        let noise = 4.0 * P::epsilon().f64() / difference::<P>();
        // Two gradients are taken already.
        let examples = probe.data.len() as f64;
        let most = most * (PROBE as f64 / examples).max(1.0);
        while !limit.holds(pieces.residual() / probe.divisor) && 2.0 + pieces.work() / examples < most {
            let taken = pieces.take(left, noise);
            if taken.is_empty() {
                break;
            }
            for place in by_place(&taken) {
                let of: Vec<usize> = place.iter().map(|piece| piece.example).collect();
                let Piece { from, length, .. } = place[0];
                let middles = [from + 0.25 * length, from + 0.75 * length].map(|s| {
                    self.go_to(s, probe);
                    let losses = probe.losses(&self.between, &of);
                    self.slopes(s, &of, losses, probe)
                });
                pieces.put(place, middles);
            }
        }
        for (s, factor, examples) in pieces.terms() {
            self.go_to(s, probe);
            probe.add(&self.between, &examples, factor, &mut self.interior);
        }
        pieces.halvings()
    }

    /// ℓ' of some examples at a place of the line, beside their ℓ.
    fn slopes(&mut self, s: f64, examples: &[usize], losses: Vec<f64>, probe: &mut Probe<P>) -> Vec<Point> {
        let h = difference::<P>();
        let [below, above] = [s - h, s + h].map(|s| {
            self.go_to(s, probe);
            probe.losses(&self.between, examples)
        });
        let slopes = below.iter().zip(&above).map(|(below, above)| (above - below) / (2.0 * h));
        losses.into_iter().zip(slopes).map(|(loss, slope)| Point { loss, slope }).collect()
    }

    /// Simpson's rule with the gradients at hand.
    pub(super) fn simpson(&self) -> Simpson<'_, P> {
        let (from, to) = (&self.from, &self.to);
        Simpson {
            line: [&from.weights.params, &to.weights.params, &from.gradient, &to.gradient, &self.interior],
            c: [1.0 / 6.0, 4.0 / 6.0].map(P::of),
        }
    }
}

/// The step h of (ℓ(s + h) − ℓ(s − h)) / 2h, a power of two: near ∛ε, where its rounding is about its error.
fn difference<P: Scalar>() -> f64 {
    P::epsilon().f64().cbrt().log2().floor().exp2()
}

/// How much of a step's change may be missed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limit {
    /// What the steps before it missed, with signs.
    pub so_far: f64,
    /// The most that may be missed so far and in this step together.
    pub together: f64,
    /// What may be missed in this step in any case.
    pub alone: f64,
}

impl Limit {
    /// Whether so much may be missed; what is not finite does not get any better.
    pub(super) fn holds(self, residual: f64) -> bool {
        let fine = (self.so_far + residual).abs() <= self.together || residual.abs() <= self.alone;
        fine || !residual.is_finite()
    }

    /// How much may be missed, whatever its sign.
    fn size(self) -> f64 {
        (self.together - self.so_far.abs()).max(self.alone)
    }
}

/// Aᵢ = (θ₁ − θ₀)ᵢ·(c₀·(g(0) + g(1)) + c₁·interior)ᵢ
pub(super) struct Simpson<'a, P> {
    /// θ₀, θ₁, g(0), g(1), and the interior.
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
