//! Exponentials that do not overflow, and sums that are vectors.

use super::simd::{Kernel, Level, Vector, vectored};
use super::{Scalar, transpose_into};

/// Numbers, or rows of them, that are taken side by side.
pub const LANES: usize = 16;

/// ln Σ eˣ, kept as the largest x and what comes on top, so that differences from it keep their digits.
#[derive(Clone, Copy, Debug)]
pub struct LogSumExp<T> {
    max: T,
    rest: T,
}

/// ln Σ eˣ of some numbers, at least one.
#[inline(always)]
pub fn log_sum_exp<T: Scalar>(x: &[T]) -> LogSumExp<T> {
    let max = largest(x);
    let others = sum([x], |[x]| if x == max { T::zero() } else { (x - max).vexp() }) + equal(x, max);
    LogSumExp { max, rest: others.vln_1p() }
}

/// How many numbers equal the largest, but for one. Its term is 1 and stays outside of what is summed: ln(1 + the others)
/// keeps its digits where they are small.
#[inline(always)]
fn equal<T: Scalar>(x: &[T], max: T) -> T {
    sum([x], |[x]| if x == max { T::one() } else { T::zero() }) - T::one()
}

/// Up to so many numbers make rows that are hardly longer than a vector: then rows are taken side by side.
const NARROW: usize = 32;

/// p ← scale · eˣ / Σ eˣ for up to [`LANES`] rows of `width` numbers, each with its own scale; returns ln Σ eˣ of each.
#[inline(always)]
pub fn softmax<T: Scalar>(width: usize, x: &[T], p: &mut [T], scale: [T; LANES]) -> [LogSumExp<T>; LANES] {
    let mut totals = [LogSumExp { max: T::zero(), rest: T::zero() }; LANES];
    if width <= NARROW {
        side_by_side(width, x, p, scale, &mut totals);
        return totals;
    }
    let rows = x.chunks_exact(width).zip(p.chunks_exact_mut(width));
    for ((x, p), (total, scale)) in rows.zip(totals.iter_mut().zip(scale)) {
        let max = largest(x);
        for (p, x) in p.iter_mut().zip(x) {
            *p = (*x - max).vexp();
        }
        let others = sum([x, p], |[x, e]| if x == max { T::zero() } else { e }) + equal(x, max);
        let share = scale / (others + T::one());
        for p in p.iter_mut() {
            *p *= share;
        }
        *total = LogSumExp { max, rest: others.vln_1p() };
    }
    totals
}

/// [`softmax`] of rows of up to [`NARROW`] numbers, column by column.
#[inline(always)]
fn side_by_side<T: Scalar>(
    width: usize,
    x: &[T],
    p: &mut [T],
    scale: [T; LANES],
    totals: &mut [LogSumExp<T>; LANES],
) {
    let (zero, one, rows) = (T::zero(), T::one(), x.len() / width);
    let mut columns = [[zero; LANES]; NARROW];
    transpose_into([rows, width], x, columns.as_flattened_mut(), [width, LANES]);
    let columns = &mut columns[..width];
    let mut max = columns[0];
    for column in &columns[1..] {
        for r in 0..LANES {
            max[r] = if column[r] > max[r] { column[r] } else { max[r] };
        }
    }
    let (mut below, mut largest) = ([zero; LANES], [zero; LANES]);
    for column in &mut *columns {
        for r in 0..LANES {
            let (top, e) = (column[r] == max[r], (column[r] - max[r]).vexp());
            largest[r] += if top { one } else { zero };
            below[r] += if top { zero } else { e };
            column[r] = e;
        }
    }
    let (mut log, mut share) = ([zero; LANES], [zero; LANES]);
    for r in 0..LANES {
        let others = below[r] + (largest[r] - one);
        log[r] = others.vln_1p();
        share[r] = scale[r] / (others + one);
    }
    for column in &mut *columns {
        for r in 0..LANES {
            column[r] *= share[r];
        }
        // One at a time: else the compiler makes vectors of numbers from several columns, which lie apart.
        std::hint::black_box(column);
    }
    transpose_into([width, rows], columns.as_flattened(), p, [LANES, width]);
    for (r, total) in totals.iter_mut().enumerate() {
        *total = LogSumExp { max: max[r], rest: log[r] };
    }
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
    logistic_and_rest(x).0
}

/// σ(x) and σ(−x) = 1 − σ(x), both with all their digits.
#[inline(always)]
pub fn logistic_and_rest<T: Scalar>(x: T) -> (T, T) {
    let e = (-x.abs()).vexp();
    let large = T::one() / (T::one() + e);
    let small = e * large;
    if x < T::zero() { (small, large) } else { (large, small) }
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
        // In a block of their own, so that the sums stay in registers.
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

/// Mean and 1 / √(variance + ε) of numbers whose squares, or whose sum, overflow: by way of x/s with s the largest |x|.
#[cold]
#[inline(never)]
pub fn statistics_of_large<T: Scalar>(x: impl Iterator<Item = T> + Clone, eps: T) -> [T; 2] {
    let (s, count) = x.clone().fold((T::zero(), T::zero()), |(s, n), x| (s.max(x.abs()), n + T::one()));
    let mean = x.clone().map(|x| x / s).sum::<T>() / count;
    let variance = x.map(|x| (x / s - mean).powi(2)).sum::<T>() / count;
    [mean * s, T::one() / (s * (variance + eps / s / s).sqrt())]
}

/// Columns whose sums are kept in registers.
pub const COLUMNS: usize = 64;

/// Adds M terms of the elements of matrices of n columns to M sums for each column, row by row from the first to the last;
/// the sums are those of the columns from `first` on. A term gets row, column and elements.
#[inline(always)]
pub fn column_sums<T: Scalar, const N: usize, const M: usize>(
    [n, first]: [usize; 2],
    x: [&[T]; N],
    mut sums: [&mut [T]; M],
    terms: impl Fn(usize, usize, [T; N]) -> [T; M],
) {
    let count = sums[0].len();
    for at in (0..count).step_by(COLUMNS) {
        let block = at..(at + COLUMNS).min(count);
        let sums = sums.each_mut().map(|sums| &mut sums[block.clone()]);
        // A count that is a constant is compiled for itself: the sums of a whole block stay in registers.
        if block.len() == COLUMNS {
            add_rows([n, first + at, COLUMNS], x, sums, &terms);
        } else {
            add_rows([n, first + at, block.len()], x, sums, &terms);
        }
    }
}

#[inline(always)]
fn add_rows<T: Scalar, const N: usize, const M: usize>(
    [n, first, count]: [usize; 3],
    x: [&[T]; N],
    sums: [&mut [T]; M],
    terms: &impl Fn(usize, usize, [T; N]) -> [T; M],
) {
    let mut kept = [[T::zero(); COLUMNS]; M];
    for m in 0..M {
        kept[m][..count].copy_from_slice(sums[m]);
    }
    for row in 0..x[0].len() / n {
        let x = x.map(|x| &x[row * n + first..][..count]);
        for c in 0..count {
            let terms = terms(row, first + c, x.map(|x| x[c]));
            for m in 0..M {
                kept[m][c] += terms[m];
            }
        }
    }
    for m in 0..M {
        sums[m].copy_from_slice(&kept[m][..count]);
    }
}

/// The sum of each of sixteen rows, with the bits of [`sum`]: all rows at once.
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
                    // The upper half of the row is added to the lower half, until one vector is left.
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
                // The same goes on inside the vectors, of two at a time: interleaved, their lower halves are one vector
                // and their upper halves another. At last one vector holds the sums of all rows.
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
    fn sums_of_columns_take_every_row_of_some_columns() {
        for (n, rows) in [(1, 3), (10, 1), (64, 5), (150, 7)] {
            let x: Vec<f64> = (0..n * rows).map(|i| (i * 7 % 23) as f64).collect();
            for first in [0, n / 3, n - 1] {
                let (mut plain, mut signed) = (vec![1.0; n - first], vec![2.0; n - first]);
                column_sums([n, first], [&x, &x], [&mut plain, &mut signed], |row, column, [a, b]| {
                    [a, b * (row as f64 - column as f64)]
                });
                for j in first..n {
                    let of = |term: fn(f64, f64) -> f64| {
                        (0..rows).map(|i| x[i * n + j] * term(i as f64, j as f64)).sum::<f64>()
                    };
                    assert_eq!(plain[j - first], 1.0 + of(|_, _| 1.0), "column {j} of {n}");
                    assert_eq!(signed[j - first], 2.0 + of(|i, j| i - j), "column {j} of {n}");
                }
            }
        }
    }

    #[test]
    fn softmax_has_the_shares_and_logarithms_of_each_row() {
        for width in [1, 2, 10, 32, 33, 100] {
            for rows in [1, 5, LANES] {
                let x: Vec<f64> = (0..rows * width).map(|i| (i * 37 % 29) as f64 - 14.0).collect();
                let scale = std::array::from_fn(|r| 1.0 + r as f64);
                let mut p = vec![f64::NAN; x.len()];
                let totals = softmax(width, &x, &mut p, scale);
                for (r, (x, p)) in x.chunks(width).zip(p.chunks(width)).enumerate() {
                    let (sum, alone) = (x.iter().map(|x| x.exp()).sum::<f64>(), log_sum_exp(x));
                    for (x, p) in x.iter().zip(p) {
                        let share = x.exp() / sum;
                        assert!((p - scale[r] * share).abs() <= 1e-13 * p.abs(), "{rows} × {width}");
                        for total in [totals[r], alone] {
                            assert!((total.below(*x) - share.ln()).abs() <= 1e-12, "{rows} × {width}");
                        }
                    }
                }
            }
        }
    }

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
