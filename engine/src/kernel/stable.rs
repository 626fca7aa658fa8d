//! Exponentials that do not overflow.

use super::Scalar;

/// ln Σ eˣ, kept as the largest x and what comes on top, so that differences from it keep their digits.
#[derive(Clone, Copy, Debug)]
pub struct LogSumExp<T> {
    max: T,
    rest: T,
}

/// ln Σ eˣ of some numbers.
pub fn log_sum_exp<T: Scalar>(x: &[T]) -> LogSumExp<T> {
    let max = x.iter().copied().fold(T::neg_infinity(), T::max);
    LogSumExp { max, rest: x.iter().map(|x| (*x - max).exp()).sum::<T>().ln() }
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
