//! Exponentials that do not overflow, and sums that are vectors.

use super::Scalar;

/// Numbers that are taken side by side.
const LANES: usize = 16;

/// ln Σ eˣ, kept as the largest x and what comes on top, so that differences from it keep their digits.
#[derive(Clone, Copy, Debug)]
pub struct LogSumExp<T> {
    max: T,
    rest: T,
}

/// ln Σ eˣ of some numbers, at least one.
pub fn log_sum_exp<T: Scalar>(x: &[T]) -> LogSumExp<T> {
    let mut largest = 0;
    (1..x.len()).for_each(|i| largest = if x[i] > x[largest] { i } else { largest });
    let max = x[largest];
    // The largest term is 1 and stays outside: ln(1 + the others) keeps its digits where they are small.
    let (before, after) = (&x[..largest], &x[largest + 1..]);
    let others: T = before.iter().chain(after).map(|x| (*x - max).vexp()).sum();
    LogSumExp { max, rest: others.ln_1p() }
}

impl<T: Scalar> LogSumExp<T> {
    /// x − ln Σ eˣ: the logarithm of x's share.
    #[inline]
    pub fn below(self, x: T) -> T {
        x - self.max - self.rest
    }
}

/// σ(x) = 1 / (1 + e⁻ˣ), right to rounding for every x.
#[inline(always)]
pub fn logistic<T: Scalar>(x: T) -> T {
    let e = (-x.abs()).vexp();
    let right = T::one() / (T::one() + e);
    if x < T::zero() { e * right } else { right }
}

/// The largest of some numbers, at least one.
#[inline(always)]
pub fn largest<T: Scalar>(x: &[T]) -> T {
    let more = |max: T, x: T| if x > max { x } else { max };
    let (blocks, rest) = x.as_chunks::<LANES>();
    let mut max = [x[0]; LANES];
    for block in blocks {
        for lane in 0..LANES {
            max[lane] = more(max[lane], block[lane]);
        }
    }
    let max = if blocks.is_empty() { x[0] } else { max.into_iter().fold(x[0], more) };
    rest.iter().copied().fold(max, more)
}

/// Σ term over the elements of slices of one length: in sixteen sums side by side, added up in a fixed order.
#[inline(always)]
pub fn sum<T: Scalar, const N: usize>(x: [&[T]; N], term: impl Fn([T; N]) -> T) -> T {
    let mut sums = [T::zero(); LANES];
    let blocks = x.map(|x| x.as_chunks::<LANES>());
    for i in 0..blocks[0].0.len() {
        let block = blocks.map(|(blocks, _)| &blocks[i]);
        for (lane, sum) in sums.iter_mut().enumerate() {
            *sum += term(block.map(|block| block[lane]));
        }
    }
    for i in 0..blocks[0].1.len() {
        sums[i] += term(blocks.map(|(_, rest)| rest[i]));
    }
    for half in [8, 4, 2, 1] {
        (0..half).for_each(|lane| sums[lane] += sums[lane + half]);
    }
    sums[0]
}
