//! What is kept of many numbers: count, mean, spread, extremes, zeros, non-finite ones, a coarse histogram.

use super::{Scalar, Wide, wide};
use serde::{Deserialize, Serialize};

/// Bins of the histogram of magnitudes.
pub const BINS: usize = 16;

/// Numbers that are taken in at a time: they stay in the first-level cache, and so few are summed in their own
/// precision.
pub const BLOCK: usize = 1024;

/// Of so many numbers one is counted by its magnitude, where there are more than [`BLOCK`].
const SAMPLED: usize = 64;

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

    /// Of how many numbers among `count` one is counted by its magnitude.
    pub fn every(count: usize) -> usize {
        if count <= BLOCK { 1 } else { SAMPLED }
    }

    /// Takes in at most [`BLOCK`] numbers, and every `every`-th of them by its magnitude.
    pub fn take<T: Scalar>(&mut self, x: &[T], every: usize) {
        x.iter().step_by(every).for_each(|x| self.take_magnitude(x.f64()));
        let [sum, squares, min, max, zeros] = wide(Summary, x).map(Scalar::f64);
        let count = x.len() as f64;
        // The squares neither overflowed nor lost digits below the normal numbers. Written so that NaN fails.
        let digits = squares > T::min_positive_value().f64() / T::epsilon().f64() || min >= max;
        if squares < T::infinity().f64() && sum.abs() < T::infinity().f64() && digits {
            self.finite(count, sum / count, squares);
            self.zeros += zeros as u64;
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
            (self.min, self.max) = finite().fold((self.min, self.max), |(min, max), x| (min.min(x), max.max(x)));
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

/// Sum, squared distances from the mean, smallest, largest, and number of zeros of a block, in its own precision.
struct Summary;

impl<T: Scalar> Wide<&[T]> for Summary {
    type Out = [T; 5];

    #[inline(always)]
    fn run(x: &[T]) -> [T; 5] {
        const LANES: usize = 32;
        let (zero, one) = (T::zero(), T::one());
        let (mut sum, mut zeros) = ([zero; LANES], [zero; LANES]);
        let (mut min, mut max) = ([T::infinity(); LANES], [T::neg_infinity(); LANES]);
        let (blocks, rest) = x.as_chunks::<LANES>();
        for block in blocks {
            for lane in 0..LANES {
                let x = block[lane];
                sum[lane] += x;
                zeros[lane] += if x == zero { one } else { zero };
                min[lane] = if x < min[lane] { x } else { min[lane] };
                max[lane] = if x > max[lane] { x } else { max[lane] };
            }
        }
        for (lane, x) in rest.iter().enumerate() {
            sum[lane] += *x;
            zeros[lane] += if *x == zero { one } else { zero };
            min[lane] = if *x < min[lane] { *x } else { min[lane] };
            max[lane] = if *x > max[lane] { *x } else { max[lane] };
        }
        let used = if blocks.is_empty() { rest.len() } else { LANES };
        let total = halves(sum, used, |a, b| a + b);
        let mean = total / T::of(x.len() as f64);
        let mut squares = [zero; LANES];
        for block in blocks {
            for lane in 0..LANES {
                squares[lane] += (block[lane] - mean) * (block[lane] - mean);
            }
        }
        rest.iter().enumerate().for_each(|(lane, x)| squares[lane] += (*x - mean) * (*x - mean));
        [
            total,
            halves(squares, used, |a, b| a + b),
            halves(min, used, |a, b| if b < a { b } else { a }),
            halves(max, used, |a, b| if b > a { b } else { a }),
            halves(zeros, used, |a, b| a + b),
        ]
    }
}

/// What the first `used` lanes become together: of all of them by halves, of few one after the other.
#[inline(always)]
fn halves<T: Scalar, const N: usize>(mut lanes: [T; N], used: usize, join: impl Fn(T, T) -> T) -> T {
    if used < N {
        return (1..used).fold(lanes[0], |sum, lane| join(sum, lanes[lane]));
    }
    let mut half = N / 2;
    while half > 0 {
        (0..half).for_each(|lane| lanes[lane] = join(lanes[lane], lanes[lane + half]));
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
            assert!((m.mean - mean).abs() <= 1e-5 * std + 1e-7 * mean.abs(), "{scale:e}, {shift}: {}", m.mean);
            assert_eq!(m.zeros as usize, x.iter().filter(|x| **x == 0.0).count());
            assert_eq!((m.count, m.non_finite), (3000, 0));
        }
    }

    #[test]
    fn magnitudes_of_many_numbers_are_a_sample() {
        let x: Vec<f32> = (0..100_000).map(|i| if i % 7 == 0 { 0.0 } else { 0.5 }).collect();
        let m = Moments::of(&x);
        let seen = f64::from(m.magnitudes.iter().sum::<u32>());
        assert!(seen >= 1000.0 && (seen * 64.0 / 100_000.0 - 6.0 / 7.0).abs() <= 0.02, "{seen}");
    }

    #[test]
    fn magnitudes_fall_into_bins_of_four_powers_of_two() {
        let m = Moments::of(&[2f64.powi(-40), 2f64.powi(-37), 2f64.powi(-36), 1.0, 1e300, 1e-300]);
        assert_eq!((m.magnitudes[0], m.magnitudes[1], m.magnitudes[10], m.magnitudes[15]), (3, 1, 1, 1));
    }
}
