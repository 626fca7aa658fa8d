//! What is kept of many numbers: count, mean, spread, extremes, zeros, non-finite ones, a coarse histogram.

use super::{Scalar, Wide, wide};
use serde::{Deserialize, Serialize};

/// Bins of the histogram of magnitudes.
pub const BINS: usize = 16;

/// Numbers that are taken in at a time: they stay in the first-level cache, and so few are summed in their own
/// precision.
pub const BLOCK: usize = 2048;

/// Summary of a set of numbers. Non-finite numbers are counted and left out of everything else.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Moments {
    /// How many numbers, finite or not.
    pub count: u64,
    /// How many are NaN or infinite.
    pub non_finite: u64,
    /// How many are exactly zero.
    pub zeros: u64,
    /// Mean of the finite ones; 0 where there is none.
    pub mean: f64,
    /// Sum of squared distances from the mean.
    pub squared_deviations: f64,
    /// Smallest finite number; +∞ where there is none.
    pub min: f64,
    /// Largest finite number; −∞ where there is none.
    pub max: f64,
    /// Numbers by magnitude: bin i counts 2^(4i−40) ≤ |x| < 2^(4i−36); the outermost bins take the rest,
    /// zeros are in none. Of many numbers a sample, evenly spread.
    pub magnitudes: [u32; BINS],
}

impl Default for Moments {
    fn default() -> Moments {
        Moments {
            count: 0,
            non_finite: 0,
            zeros: 0,
            mean: 0.0,
            squared_deviations: 0.0,
            min: f64::INFINITY,
            max: f64::NEG_INFINITY,
            magnitudes: [0; BINS],
        }
    }
}

impl Moments {
    /// Moments of `x`.
    pub fn of<T: Scalar>(x: &[T]) -> Moments {
        let mut moments = Moments::default();
        let every = Moments::every(x.len());
        x.chunks(BLOCK).for_each(|block| moments.take(block, every));
        moments
    }

    /// Of so many numbers among `count` one is counted by its magnitude: of few numbers each, of many one of 256.
    pub fn every(count: usize) -> usize {
        (count / 64).clamp(1, 256)
    }

    /// Takes in at most [`BLOCK`] numbers, and every `every`-th of them by its magnitude.
    pub fn take<T: Scalar>(&mut self, x: &[T], every: usize) {
        x.iter().step_by(every).for_each(|x| self.take_magnitude(x.f64()));
        // Near the mean, or the sums of what lies apart from it would cancel.
        let pivot = if self.count > self.non_finite {
            T::of(self.mean)
        } else {
            x.first().copied().unwrap_or_default()
        };
        let ([sum, squares, min, max], zeros) = wide(Summary, (pivot, x));
        let [sum, squares, min, max] = [sum, squares, min, max].map(Scalar::f64);
        let (count, shift) = (x.len() as f64, sum / x.len() as f64);
        let deviations = squares - shift * sum;
        // No square overflowed or lost digits below the normal numbers, and no digits cancelled. Written so that NaN
        // fails.
        let least = (T::min_positive_value() / T::epsilon()).f64().max(1e-3 * squares);
        if squares < T::infinity().f64() && (deviations > least || min >= max) {
            self.finite(count, pivot.f64() + shift, if min < max { deviations } else { 0.0 });
            self.zeros += u64::from(zeros);
            (self.min, self.max) = (self.min.min(min), self.max.max(max));
        } else {
            self.take_each(x);
        }
        self.count += x.len() as u64;
    }

    /// As [`Moments::take`], for numbers of any kind and size.
    #[cold]
    fn take_each<T: Scalar>(&mut self, x: &[T]) {
        let finite = || x.iter().map(|x| x.f64()).filter(|x| x.is_finite());
        let count = finite().count();
        self.zeros += x.iter().filter(|x| x.is_zero()).count() as u64;
        if count > 0 {
            let mean = finite().sum::<f64>() / count as f64;
            self.finite(count as f64, mean, finite().map(|x| (x - mean) * (x - mean)).sum());
            (self.min, self.max) =
                finite().fold((self.min, self.max), |(min, max), x| (min.min(x), max.max(x)));
        }
        self.non_finite += (x.len() - count) as u64;
    }

    /// Takes in mean and squared deviations of more finite numbers (Chan, Golub, LeVeque 1983), before they are
    /// counted.
    fn finite(&mut self, count: f64, mean: f64, squared_deviations: f64) {
        let (before, shift) = ((self.count - self.non_finite) as f64, mean - self.mean);
        let share = count / (before + count);
        self.squared_deviations += squared_deviations + shift * shift * before * share;
        self.mean += shift * share;
    }

    fn take_magnitude(&mut self, x: f64) {
        let exponent = ((x.to_bits() >> 52) & 0x7ff) as i64 - 1023;
        let bin = ((exponent + 40) >> 2).clamp(0, BINS as i64 - 1) as usize;
        self.magnitudes[bin] += u32::from(exponent < 1024 && x != 0.0);
    }

    /// Takes in the moments of more numbers. The result depends, in its last bits, on the order of the calls.
    pub fn merge(&mut self, other: &Moments) {
        if other.count > other.non_finite {
            let count = (other.count - other.non_finite) as f64;
            self.finite(count, other.mean, other.squared_deviations);
        }
        self.count += other.count;
        self.non_finite += other.non_finite;
        self.zeros += other.zeros;
        (self.min, self.max) = (self.min.min(other.min), self.max.max(other.max));
        self.magnitudes.iter_mut().zip(&other.magnitudes).for_each(|(a, b)| *a += b);
    }

    /// Standard deviation of the finite numbers (of the population: divided by their count).
    pub fn std(&self) -> f64 {
        match self.count - self.non_finite {
            0 => 0.0,
            finite => (self.squared_deviations / finite as f64).sqrt(),
        }
    }

    /// Euclidean norm √Σx² of the finite numbers.
    pub fn norm(&self) -> f64 {
        let finite = (self.count - self.non_finite) as f64;
        (self.squared_deviations + finite * self.mean * self.mean).sqrt()
    }
}

/// With d = x − pivot: Σ d and Σ d², smallest and largest x, in their own precision, and how many are zero.
struct Summary;

impl<T: Scalar> Wide<(T, &[T])> for Summary {
    type Out = ([T; 4], u32);

    #[inline(always)]
    fn run((pivot, x): (T, &[T])) -> ([T; 4], u32) {
        const LANES: usize = 64;
        let (mut sums, mut squares, mut zeros) = ([T::zero(); LANES], [T::zero(); LANES], [0; LANES]);
        let (mut mins, mut maxs) = ([T::infinity(); LANES], [T::neg_infinity(); LANES]);
        let (blocks, rest) = x.as_chunks::<LANES>();
        for block in blocks {
            // A loop for each of them, and more lanes than it is worth to unroll: then the compiler makes vectors.
            let apart = block.map(|x| x - pivot);
            (0..LANES).for_each(|lane| sums[lane] += apart[lane]);
            (0..LANES).for_each(|lane| squares[lane] += apart[lane] * apart[lane]);
            (0..LANES).for_each(|lane| zeros[lane] += u32::from(block[lane].is_zero()));
            (0..LANES).for_each(|lane| mins[lane] = smaller(mins[lane], block[lane]));
            (0..LANES).for_each(|lane| maxs[lane] = larger(maxs[lane], block[lane]));
        }
        let (mut sum, mut square, mut zero) = (sums[0], squares[0], zeros[0]);
        let (mut min, mut max) = (mins[0], maxs[0]);
        if !blocks.is_empty() {
            (sum, square) = (join(sums, |a, b| a + b), join(squares, |a, b| a + b));
            (min, max, zero) = (join(mins, smaller), join(maxs, larger), join(zeros, |a, b| a + b));
        }
        for x in rest {
            let d = *x - pivot;
            (sum, square) = (sum + d, square + d * d);
            zero += u32::from(x.is_zero());
            (min, max) = (smaller(min, *x), larger(max, *x));
        }
        ([sum, square, min, max], zero)
    }
}

#[inline(always)]
fn smaller<T: Scalar>(a: T, b: T) -> T {
    if b < a { b } else { a }
}

#[inline(always)]
fn larger<T: Scalar>(a: T, b: T) -> T {
    if b > a { b } else { a }
}

/// What all lanes become together, by halves.
#[inline(always)]
fn join<T: Copy, const N: usize>(mut lanes: [T; N], pair: impl Fn(T, T) -> T) -> T {
    let mut half = N / 2;
    while half > 0 {
        let (low, high) = lanes.split_at_mut(half);
        low.iter_mut().zip(high).for_each(|(low, high)| *low = pair(*low, *high));
        half /= 2;
    }
    lanes[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merging_parts_gives_the_moments_of_the_whole() {
        let x: Vec<f64> = (0..100).map(|i| 1e6 + f64::from(i * i % 17) * 0.25).collect();
        let mut merged = Moments::of(&x[..33]);
        merged.merge(&Moments::of(&x[33..40]));
        merged.merge(&Moments::of::<f64>(&[]));
        merged.merge(&Moments::of(&x[40..]));
        let whole = Moments::of(&x);
        assert!((merged.std() - whole.std()).abs() <= 1e-9 * whole.std());
        assert!((merged.norm() - x.iter().map(|x| x * x).sum::<f64>().sqrt()).abs() <= 1e-9 * whole.norm());
        assert_eq!(
            (merged.count, merged.min, merged.max, merged.magnitudes),
            (whole.count, whole.min, whole.max, whole.magnitudes)
        );
    }

    #[test]
    fn non_finite_numbers_are_counted_and_spoil_nothing() {
        let m = Moments::of(&[1.0f32, f32::NAN, 0.0, f32::INFINITY, 3.0]);
        assert_eq!((m.count, m.non_finite, m.zeros, m.min, m.max), (5, 2, 1, 0.0, 3.0));
        assert!((m.mean - 4.0 / 3.0).abs() < 1e-15);
    }

    #[test]
    fn numbers_of_any_size_keep_their_digits() {
        for (scale, shift) in [(1e-30, 0.0), (1e30, 0.0), (1.0, 3e4), (1e-3, 1.0), (0.0, 5.0), (1e-42, 0.0)] {
            let x: Vec<f32> =
                (0..3000).map(|i| shift + (scale * f64::from((i * 7919) % 1009 - 504)) as f32).collect();
            let m = Moments::of(&x);
            let exact: Vec<f64> = x.iter().map(|x| f64::from(*x)).collect();
            let mean = exact.iter().sum::<f64>() / 3000.0;
            let std = (exact.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 3000.0).sqrt();
            assert!((m.std() - std).abs() <= 1e-5 * std, "{scale:e}, {shift}: {} is not {std}", m.std());
            assert!(
                (m.mean - mean).abs() <= 1e-5 * std + 1e-7 * mean.abs(),
                "{scale:e}, {shift}: {}",
                m.mean
            );
            assert_eq!(m.zeros as usize, x.iter().filter(|x| **x == 0.0).count());
            assert_eq!((m.count, m.non_finite), (3000, 0));
        }
    }

    #[test]
    fn magnitudes_of_many_numbers_are_a_sample() {
        let x: Vec<f32> = (0..100_000).map(|i| if i % 7 == 0 { 0.0 } else { 0.5 }).collect();
        let m = Moments::of(&x);
        let seen = f64::from(m.magnitudes.iter().sum::<u32>());
        assert!(seen >= 300.0 && (seen * 256.0 / 100_000.0 - 6.0 / 7.0).abs() <= 0.02, "{seen}");
    }

    #[test]
    fn magnitudes_fall_into_bins_of_four_powers_of_two() {
        let m = Moments::of(&[2f64.powi(-40), 2f64.powi(-37), 2f64.powi(-36), 1.0, 1e300, 1e-300]);
        assert_eq!((m.magnitudes[0], m.magnitudes[1], m.magnitudes[10], m.magnitudes[15]), (3, 1, 1, 1));
    }
}
