//! Exponentials that do not overflow, and sums that are vectors.

use super::Scalar;
use super::simd::{Kernel, Level, Vector, vectored};

/// Numbers, or rows of them, that are taken side by side.
pub const LANES: usize = 16;

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
    let [mut sums] = sixteen_sums(x, |x| [term(x)]);
    for half in [8, 4, 2, 1] {
        for lane in 0..half {
            sums[lane] += sums[lane + half];
        }
    }
    sums[0]
}

/// M terms of the elements of slices of one length, each added up in sixteen sums side by side.
#[inline(always)]
pub fn sixteen_sums<T: Scalar, const N: usize, const M: usize>(
    x: [&[T]; N],
    terms: impl Fn([T; N]) -> [T; M],
) -> [[T; LANES]; M] {
    let mut sums = [[T::zero(); LANES]; M];
    let blocks = x.map(|x| x.as_chunks::<LANES>());
    for i in 0..blocks[0].0.len() {
        let block = blocks.map(|(blocks, _)| &blocks[i]);
        for lane in 0..LANES {
            let terms = terms(block.map(|block| block[lane]));
            for m in 0..M {
                sums[m][lane] += terms[m];
            }
        }
    }
    if !blocks[0].1.is_empty() {
        // Apart, so that the sums stay in registers.
        let mut last = [[T::zero(); LANES]; M];
        for i in 0..blocks[0].1.len() {
            let terms = terms(blocks.map(|(_, rest)| rest[i]));
            for m in 0..M {
                last[m][i] = terms[m];
            }
        }
        for m in 0..M {
            for lane in 0..LANES {
                sums[m][lane] += last[m][lane];
            }
        }
    }
    sums
}

/// What [`sum`] makes of the sixteen sums of each of sixteen rows, all at once.
pub fn sum_rows<T: Scalar>(rows: &[[T; LANES]; LANES]) -> [T; LANES] {
    vectored(Level::detect(), SumRows(rows))
}

struct SumRows<'a, T>(&'a [[T; LANES]; LANES]);

impl<T: Scalar> Kernel<T> for SumRows<'_, T> {
    type Out = [T; LANES];

    #[inline(always)]
    unsafe fn run<V: Vector<T>>(self) -> [T; LANES] {
        let mut sums = [T::zero(); LANES];
        for first in (0..LANES).step_by(V::LANES) {
            // SAFETY: the vectors that are read make up the rows, and those that are written the sums; the caller vouches for
            // the instructions.
            unsafe {
                let mut vectors = [V::zero(); LANES];
                for (r, vector) in vectors[..V::LANES].iter_mut().enumerate() {
                    // The second half onto the first, until one vector holds what is left.
                    let row = self.0[first + r].as_ptr();
                    let mut parts = [V::zero(); LANES];
                    let mut count = LANES / V::LANES;
                    for (i, part) in parts[..count].iter_mut().enumerate() {
                        *part = V::load(row.add(i * V::LANES));
                    }
                    while count > 1 {
                        count /= 2;
                        for i in 0..count {
                            parts[i] = parts[i].add(parts[i + count]);
                        }
                    }
                    *vector = parts[0];
                }
                // And on, with the lanes of two rows in turn in one vector: at last those of all rows.
                let mut count = V::LANES;
                while count > 1 {
                    count /= 2;
                    for i in 0..count {
                        let (lower, upper) = vectors[i].interleave(vectors[i + count]);
                        vectors[i] = lower.add(upper);
                    }
                }
                vectors[0].store(sums.as_mut_ptr().add(first));
            }
        }
        sums
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::random;

    #[test]
    fn rows_side_by_side_have_the_sums_of_each_alone() {
        fn check<T: Scalar>() {
            for n in [1, 15, 16, 17, 64, 100] {
                let x: Vec<T> = (0..LANES * n).map(|i| T::of(random::uniform(1, i as u64) - 0.5)).collect();
                let mut rows = [[T::nan(); LANES]; LANES];
                for (sums, x) in rows.iter_mut().zip(x.chunks(n)) {
                    [*sums] = sixteen_sums([x, x], |[a, b]| [a * b]);
                }
                for level in Level::all() {
                    let alone = x.chunks(n).map(|x| sum([x, x], |[a, b]| a * b));
                    assert!(alone.eq(vectored(level, SumRows(&rows))), "{level:?}, rows of {n}");
                }
            }
        }
        check::<f32>();
        check::<f64>();
    }
}
