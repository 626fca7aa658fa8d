//! What each example of the batch contributes to a gradient.
//!
//! The contribution of example n is what reaches the weight through the n-th row of its operation: with δₙ the batch
//! loss's gradient by that row of the operation's output, (∂yₙ/∂w)ᵀ·δₙ. The sum over n is the batch's gradient. Where no
//! operation mixes examples (batch norm does), it is ∂ℓₙ/∂w / divisor, from the example's own loss.
//!
//! Per-example gradients of the whole network are never formed. The gradient of an affine map by its weights is
//! Σ δ aᵀ over the vectors a of an example, and its squared norm is Σ (δₛ·δₜ)(aₛ·aₜ): ‖a‖²·‖δ‖² for one vector
//! (Goodfellow, "Efficient Per-Example Gradient Computations", 2015). Other operations have few parameters and are
//! asked for one example at a time.

use super::graph::Graph;
use super::semiring::Sum;
use super::{Snapshot, Verdict, Weight};
use crate::kernel::matmul::SCRATCH;
use crate::kernel::stable::sum;
use crate::kernel::{Aligned, Scalar, Team, Wide, wide};
use crate::loss::LossPrecision;
use crate::network::keep::KeepGradients;
use crate::network::{Network, Param, Plan, Weights};
use crate::op::{Compute, Forward, Grad, Inputs, Mode, Op, Part, Parts, Place, Point, Precision, Structure};
use serde::Serialize;
use std::ops::Range;

/// What each example contributed to a weight's gradient.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Examples {
    /// Contribution of each example, in the batch's order.
    pub each: Vec<f64>,
    /// Their sum.
    pub sum: f64,
    /// The batch's gradient as backpropagation computed it.
    pub gradient: f64,
    /// sum − gradient
    pub residual: f64,
    /// What rounding can make of the residual: 64·ε·Σ |·|.
    pub rounding: f64,
    /// Whether the residual is at most 1e-10 of the gradient, or `rounding`.
    pub reconciles: bool,
    /// Σ |·|: what flowed before examples cancelled.
    pub absolute: f64,
    /// |Σ| / Σ |·|: 1 where all examples push the same way, near 0 where they cancel; absent where nothing flows.
    pub agreement: Option<f64>,
    /// How many contributions are above 0, below 0, and 0.
    pub signs: [usize; 3],
    /// The sum of those above 0, and of those below.
    pub sides: [f64; 2],
    /// What the sum over the examples' losses is divided by: contribution × divisor = ∂ℓₙ/∂w where no operation mixes
    /// examples.
    pub divisor: f64,
    /// What the numbers say about a small gradient.
    pub verdict: Verdict,
    /// The limit of `agreement` for the verdict `cancelled`: a hundredth of 1/√n with n the examples that contribute.
    /// The ratio is about 1/√n where signs are drawn at random, and below a hundredth of that in fewer than 1 of 100
    /// cases.
    pub limit: f64,
}

/// What each example of the batch contributes to the gradient of `weight`.
///
/// # Panics
/// Where the network has no such weight.
pub fn examples(snapshot: &Snapshot, weight: Weight) -> Examples {
    let each = contributions(snapshot, weight, 0..snapshot.examples());
    let (total, absolute) = (each.iter().sum::<f64>(), each.iter().map(|c| c.abs()).sum::<f64>());
    let count = |f: fn(&f64) -> bool| each.iter().filter(|c| f(c)).count();
    let signs = [count(|c| *c > 0.0), count(|c| *c < 0.0), count(|c| *c == 0.0)];
    let side = |f: fn(&f64) -> bool| each.iter().filter(|c| f(c)).sum();
    let sides = [side(|c| *c > 0.0), side(|c| *c < 0.0)];
    let limit = CHANCE / ((signs[0] + signs[1]).max(1) as f64).sqrt();
    let agreement = (absolute > 0.0).then(|| total.abs() / absolute);
    let (gradient, rounding) = (snapshot.slope(weight), super::rounding(absolute));
    let residual = total - gradient;
    Examples {
        sum: total,
        gradient,
        residual,
        rounding,
        reconciles: super::reconciles(residual, gradient, rounding),
        absolute,
        agreement,
        signs,
        sides,
        divisor: snapshot.plan().divisor(),
        verdict: match agreement {
            None => Verdict::Blocked,
            Some(agreement) if agreement <= limit => Verdict::Cancelled,
            Some(_) => Verdict::Neither,
        },
        limit,
        each,
    }
}

/// Share of 1/√n below which a sum of n numbers counts as cancelled: |N(0, 1)| < 0.01 has a probability of 0.8 %.
pub(super) const CHANCE: f64 = 0.01;

/// ∂ℓₙ/∂w of one example by its own loss.
pub(super) fn example_gradient(snapshot: &Snapshot, weight: Weight, example: usize) -> f64 {
    if !snapshot.network().mixes_examples() {
        return contributions(snapshot, weight, example..example + 1)[0] * snapshot.plan().divisor();
    }
    // The example's loss reaches the weight through other examples' rows too.
    let graph = Graph::of_example(snapshot, example, Some(weight));
    graph.total::<Sum>(weight, example)
}

/// Contributions of some examples to one weight.
fn contributions(snapshot: &Snapshot, weight: Weight, of: Range<usize>) -> Vec<f64> {
    let (node, param) = weight.node(snapshot.network());
    let shape = &snapshot.network().params()[weight.param].shape;
    let width = shape.len() / shape.dims().first().copied().unwrap_or(1);
    let (row, column) = (weight.at / width, weight.at % width);
    let mut each = vec![0.0; of.len()];
    let part = Part { param, rows: row..row + 1 };
    by_example(
        snapshot.network(),
        snapshot.plan(),
        &snapshot.state().weights,
        node,
        of,
        &[(part, width)],
        |example, dw| {
            each[example] = dw[column];
        },
    );
    each
}

/// ‖contribution‖ of each example of the pass to the gradient of all parameters together: what [`Examples`] has for
/// one weight, √Σ over all weights of its square. In the precision of the plan, after a pass that went back; it needs
/// no gradient of the parameters, and costs less than that.
pub fn example_norms<T: Precision + LossPrecision, K: KeepGradients>(
    network: &Network,
    plan: &Plan<T, K>,
    weights: &Weights<T>,
) -> Vec<f64> {
    let examples = plan.shards().last().map_or(0, |shard| shard.end);
    let mut squares = vec![0.0; examples];
    for (node, of) in network.nodes().iter().enumerate().filter(|(_, node)| !node.params.is_empty()) {
        let params = &network.params()[of.params.clone()];
        if Op::structure(&*of.op) == Structure::Affine && params.iter().all(|param| param.mask.is_none()) {
            for (shard, range) in plan.shards().enumerate() {
                let (at, dy) = (plan.point(weights, node, shard), plan.output_gradient(node, shard));
                let bias = if params.len() > 1 { T::one() } else { T::zero() };
                let vectors = at.x.shape(0).leading();
                wide(AffineSquares, (at.x.get(0), dy, vectors, bias, &mut squares[range]));
            }
            continue;
        }
        let whole = |(i, param): (usize, &Param)| {
            let rows = param.shape.dims().first().copied().unwrap_or(1);
            (Part { param: i, rows: 0..rows }, param.shape.len())
        };
        let parts: Vec<(Part, usize)> = params.iter().enumerate().map(whole).collect();
        by_example(network, plan, weights, node, 0..examples, &parts, |example, dw| {
            squares[example] += dw.iter().map(|g| g.f64() * g.f64()).sum::<f64>();
        });
    }
    squares.into_iter().map(f64::sqrt).collect()
}

/// square ← square + Σ over pairs of an example's vectors of (δₛ·δₜ)(aₛ·aₜ + bias)
struct AffineSquares;

impl<T: Scalar> Wide<(&[T], &[T], usize, T, &mut [f64])> for AffineSquares {
    type Out = ();

    #[inline(always)]
    fn run((x, dy, vectors, bias, squares): (&[T], &[T], usize, T, &mut [f64])) {
        let count = squares.len() * vectors;
        let (features, out) = (x.len() / count, dy.len() / count);
        for (n, square) in squares.iter_mut().enumerate() {
            for s in n * vectors..(n + 1) * vectors {
                for t in s..(n + 1) * vectors {
                    let (xs, xt) = (&x[s * features..][..features], &x[t * features..][..features]);
                    let (ds, dt) = (&dy[s * out..][..out], &dy[t * out..][..out]);
                    let pair =
                        sum([ds, dt], |[a, b]| a * b).f64() * (sum([xs, xt], |[a, b]| a * b) + bias).f64();
                    *square += if s == t { pair } else { 2.0 * pair };
                }
            }
        }
    }
}

/// Calls `f` with what each example in `of` (from 0 at its start) contributes to each of these parts of an operation's
/// parameters; a part comes with its count of numbers.
fn by_example<T: Precision + LossPrecision, K: KeepGradients>(
    network: &Network,
    plan: &Plan<T, K>,
    weights: &Weights<T>,
    node: usize,
    of: Range<usize>,
    parts: &[(Part, usize)],
    mut f: impl FnMut(usize, &[T]),
) {
    let op = T::of_op(&*network.nodes()[node].op);
    let scratch = &mut Aligned::zeros(SCRATCH);
    let dw = &mut vec![T::zero(); parts.iter().map(|(_, length)| *length).max().unwrap_or(0)];
    for (shard, range) in plan.shards().enumerate() {
        let (at, dy) = (plan.point(weights, node, shard), plan.output_gradient(node, shard));
        let width = dy.len() / range.len();
        for example in range.clone().filter(|example| of.contains(example)) {
            let row = example - range.start;
            let own = row * width..(row + 1) * width;
            let (one, alone);
            let (at, dy) = if op.mixes_examples() {
                // Differentiated where all examples are, with nothing coming back from the others.
                let mut masked = vec![T::zero(); dy.len()];
                masked[own.clone()].copy_from_slice(&dy[own]);
                alone = masked;
                (at, &alone[..])
            } else {
                one = Row::new(op, &at, row, scratch);
                (one.point(&at), &dy[own])
            };
            for (part, length) in parts {
                let dw = &mut dw[..*length];
                op.backward_param(&at, dy, part.clone(), Grad::empty(dw), &mut Team::alone(scratch));
                f(example - of.start, dw);
            }
        }
    }
}

/// One row of a point, as a point of its own.
struct Row<T> {
    arena: Vec<T>,
    places: Vec<Place>,
    y: Vec<T>,
    saved: Vec<T>,
    mode: Mode,
}

impl<T: Scalar> Row<T> {
    fn new(op: &dyn Compute<T>, at: &Point<'_, T>, row: usize, scratch: &mut Aligned<T>) -> Row<T> {
        let (mut arena, mut places) = (vec![], vec![]);
        for input in 0..at.x.count() {
            let shape = at.x.shape(input);
            places.push(Place { at: arena.len(), shape: shape.clone() });
            arena.extend_from_slice(&at.x.get(input)[row * shape.len()..(row + 1) * shape.len()]);
        }
        let width = at.y.len() / at.rows;
        let shapes: Vec<_> = (0..at.x.count()).map(|input| at.x.shape(input)).collect();
        let mut one = Row {
            arena,
            places,
            y: at.y[row * width..(row + 1) * width].to_vec(),
            saved: vec![T::zero(); op.saved(1, &shapes)],
            mode: match at.mode {
                Mode::Train { key, first_row } => Mode::Train { key, first_row: first_row + row },
                Mode::Eval => Mode::Eval,
            },
        };
        if !one.saved.is_empty() {
            // What forward keeps for an example depends on that example alone.
            let (mut y, mut saved) = (std::mem::take(&mut one.y), std::mem::take(&mut one.saved));
            let x = Inputs::new(&[], &one.arena, &one.places, 1);
            let io = Forward {
                rows: 1,
                x,
                w: at.w,
                buffers: at.buffers,
                y: &mut y,
                saved: &mut saved,
                mode: one.mode,
            };
            op.forward(io, &mut Team::alone(scratch));
            (one.y, one.saved) = (y, saved);
        }
        one
    }

    fn point<'a>(&'a self, at: &Point<'a, T>) -> Point<'a, T> {
        Point {
            rows: 1,
            x: Inputs::new(&[], &self.arena, &self.places, 1),
            w: Parts::new(&[], &[]),
            buffers: at.buffers,
            y: &self.y,
            saved: &self.saved,
            mode: self.mode,
        }
    }
}
