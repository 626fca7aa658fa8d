//! What is kept of many numbers: count, mean, spread, extremes, zeros, non-finite ones, a coarse histogram.

use super::Scalar;
use serde::{Deserialize, Serialize};

/// Bins of the histogram of magnitudes.
pub const BINS: usize = 16;

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
    /// zeros are in none.
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
    /// Moments of `x`, in two passes over it (mean first, then the distances from it). Four lanes run side by
    /// side, without branches: a number's kind decides what is added, not which way the code goes.
    pub fn of<T: Scalar>(x: &[T]) -> Moments {
        const LANES: usize = 4;
        let mut sum = [0.0; LANES];
        let (mut min, mut max) = ([f64::INFINITY; LANES], [f64::NEG_INFINITY; LANES]);
        let mut zeros = [0u64; LANES];
        let mut non_finite = [0u64; LANES];
        // One bin more, for zeros and what is not finite.
        let mut bins = [[0u32; BINS + 1]; LANES];
        let mut take = |lane: usize, x: f64| {
            let exponent = ((x.to_bits() >> 52) & 0x7ff) as i64 - 1023;
            let (finite, zero) = (exponent < 1024, x == 0.0);
            sum[lane] += if finite { x } else { 0.0 };
            min[lane] = if finite && x < min[lane] { x } else { min[lane] };
            max[lane] = if finite && x > max[lane] { x } else { max[lane] };
            zeros[lane] += u64::from(zero);
            non_finite[lane] += u64::from(!finite);
            let bin = ((exponent + 40) >> 2).clamp(0, BINS as i64 - 1) as usize;
            bins[lane][if finite && !zero { bin } else { BINS }] += 1;
        };
        let (fours, rest) = x.as_chunks::<LANES>();
        for four in fours {
            (0..LANES).for_each(|lane| take(lane, four[lane].f64()));
        }
        rest.iter().enumerate().for_each(|(lane, x)| take(lane, x.f64()));
        let mut m = Moments {
            count: x.len() as u64,
            non_finite: non_finite.iter().sum(),
            zeros: zeros.iter().sum(),
            min: min.into_iter().fold(f64::INFINITY, f64::min),
            max: max.into_iter().fold(f64::NEG_INFINITY, f64::max),
            magnitudes: std::array::from_fn(|bin| bins.iter().map(|lane| lane[bin]).sum()),
            ..Moments::default()
        };
        let finite = m.count - m.non_finite;
        if finite > 0 {
            m.mean = sum.iter().sum::<f64>() / finite as f64;
            let mut squares = [0.0; LANES];
            let mut take = |lane: usize, x: f64| {
                let distance = if x.is_finite() { x - m.mean } else { 0.0 };
                squares[lane] += distance * distance;
            };
            for four in fours {
                (0..LANES).for_each(|lane| take(lane, four[lane].f64()));
            }
            rest.iter().enumerate().for_each(|(lane, x)| take(lane, x.f64()));
            m.squared_deviations = squares.iter().sum();
        }
        m
    }

    /// Takes in the moments of more numbers (Chan, Golub, LeVeque 1983). The result depends, in its last
    /// bits, on the order of the calls.
    pub fn merge(&mut self, other: &Moments) {
        let (a, b) = ((self.count - self.non_finite) as f64, (other.count - other.non_finite) as f64);
        if b > 0.0 {
            let shift = other.mean - self.mean;
            self.squared_deviations += other.squared_deviations + shift * shift * a * b / (a + b);
            self.mean += shift * b / (a + b);
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
    fn magnitudes_fall_into_bins_of_four_powers_of_two() {
        let m = Moments::of(&[2f64.powi(-40), 2f64.powi(-37), 2f64.powi(-36), 1.0, 1e300, 1e-300]);
        assert_eq!((m.magnitudes[0], m.magnitudes[1], m.magnitudes[10], m.magnitudes[15]), (3, 1, 1, 1));
    }
}
