//! Exponentials that do not overflow.

use super::Scalar;

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
    let others: T = before.iter().chain(after).map(|x| (*x - max).exp()).sum();
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
    let e = (-x.abs()).exp();
    let right = T::one() / (T::one() + e);
    if x < T::zero() { e * right } else { right }
}
