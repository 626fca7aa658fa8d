//! What is kept of many numbers: count, mean, spread, extremes, zeros, non-finite ones, a coarse histogram.

use super::Scalar;
use super::simd::{Kernel, Lanes, Level, Vector, transpose, vectored};
use serde::{Deserialize, Serialize};

/// Bins of the histogram of magnitudes.
pub(crate) const BINS: usize = 16;

/// Numbers that are taken in at a time: they stay in a cache that is near, and so few are summed in their own precision.
pub(crate) const BLOCK: usize = 4096;

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

    /// Takes in at most `BLOCK` numbers, and every `every`-th of them by its magnitude.
    pub fn take<T: Scalar>(&mut self, x: &[T], every: usize) {
        let pivot = self.pivot(x[0]);
        let total = vectored(Level::detect(), OneBlock { x, pivot });
        self.put(&total, pivot, every, x.len(), |i| x[i]);
    }

    /// What is taken away from numbers before they are added up: near their mean, or the sums of what lies apart from
    /// it would cancel.
    fn pivot<T: Scalar>(&self, first: T) -> T {
        if self.count > self.non_finite { T::of(self.mean) } else { first }
    }

    /// Takes in `count` numbers `x` by their sums.
    #[inline]
    pub(super) fn put<T: Scalar>(
        &mut self,
        total: &Total<T>,
        pivot: T,
        every: usize,
        count: usize,
        x: impl Fn(usize) -> T,
    ) {
        (0..count).step_by(every).for_each(|i| self.take_magnitude(x(i).f64()));
        let [sum, squares, min, max] = [total.sum, total.squares, total.min, total.max].map(Scalar::f64);
        let shift = sum / count as f64;
        let deviations = squares - shift * sum;
        // No square overflowed or lost digits below the normal numbers, and no digits cancelled. Written so that NaN
        // fails.
        let least = (T::min_positive_value() / T::epsilon()).f64().max(1e-3 * squares);
        if squares < T::infinity().f64() && (deviations > least || min >= max) {
            let deviations = if min < max { deviations } else { 0.0 };
            self.finite(count as f64, pivot.f64() + shift, deviations);
            self.zeros += u64::from(total.zeros);
            (self.min, self.max) = (self.min.min(min), self.max.max(max));
        } else {
            self.put_each(count, x);
        }
        self.count += count as u64;
    }

    /// As [`Moments::put`], for numbers of any kind and size.
    #[cold]
    fn put_each<T: Scalar>(&mut self, count: usize, x: impl Fn(usize) -> T) {
        let all = || (0..count).map(|i| x(i).f64());
        let finite = || all().filter(|x| x.is_finite());
        let few = finite().count();
        self.zeros += all().filter(|x| *x == 0.0).count() as u64;
        if few > 0 {
            let mean = finite().sum::<f64>() / few as f64;
            self.finite(few as f64, mean, finite().map(|x| (x - mean) * (x - mean)).sum());
            (self.min, self.max) =
                finite().fold((self.min, self.max), |(min, max), x| (min.min(x), max.max(x)));
        }
        self.non_finite += (count - few) as u64;
    }

    /// Takes in mean and squared deviations of more finite numbers (Chan, Golub, LeVeque 1983), before they are
    /// counted.
    fn finite(&mut self, count: f64, mean: f64, squared_deviations: f64) {
        if self.count == self.non_finite {
            // The square of a huge mean overflows, and nothing times that is no number.
            (self.mean, self.squared_deviations) = (mean, squared_deviations);
            return;
        }
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
        if self.count == 0 {
            self.clone_from(other);
            return;
        }
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

/// With d = x − pivot, side by side in the lanes of a vector: Σ d and Σ d², smallest and largest x, and how many x are
/// zero.
#[derive(Clone, Copy)]
pub(super) struct Sums<V> {
    sum: V,
    squares: V,
    min: V,
    max: V,
    zeros: u32,
}

impl<V> Sums<V> {
    /// # Safety
    /// The processor has `V`'s instructions.
    #[inline(always)]
    pub(super) unsafe fn new<T: Scalar>() -> Sums<V>
    where
        V: Vector<T>,
    {
        // SAFETY: the caller vouches for the instructions.
        unsafe {
            let (min, max) = (V::splat(T::infinity()), V::splat(T::neg_infinity()));
            Sums { sum: V::zero(), squares: V::zero(), min, max, zeros: 0 }
        }
    }

    /// Takes in x and d.
    ///
    /// # Safety
    /// The processor has `V`'s instructions.
    #[inline(always)]
    pub(super) unsafe fn take<T: Scalar>(&mut self, x: V, d: V)
    where
        V: Vector<T>,
    {
        // SAFETY: the caller vouches for the instructions.
        unsafe {
            self.sum = self.sum.add(d);
            self.squares = d.mul_add(d, self.squares);
            (self.min, self.max) = (x.min(self.min), x.max(self.max));
            self.zeros += x.zeros();
        }
    }

    /// What both took.
    ///
    /// # Safety
    /// The processor has `V`'s instructions.
    #[inline(always)]
    unsafe fn with<T: Scalar>(self, other: Sums<V>) -> Sums<V>
    where
        V: Vector<T>,
    {
        // SAFETY: the caller vouches for the instructions.
        unsafe {
            Sums {
                sum: self.sum.add(other.sum),
                squares: self.squares.add(other.squares),
                min: self.min.min(other.min),
                max: self.max.max(other.max),
                zeros: self.zeros + other.zeros,
            }
        }
    }
}

/// Adds up the lanes of N [`Sums`], at most 3, and those of one more sum, `own`. Numbers after the last whole vector were
/// taken one by one: `rest` and `own_rest` have those. Without `vectors` there was no whole vector.
///
/// # Safety
/// The processor has `V`'s instructions.
#[inline(always)]
pub(super) unsafe fn totals<T: Scalar, V: Vector<T>, const N: usize>(
    sums: [Sums<V>; N],
    rest: [Sums<Lanes<T, 1>>; N],
    (own, own_rest): (V, Lanes<T, 1>),
    vectors: bool,
) -> ([Total<T>; N], T) {
    let (mut of_sums, mut least, mut most) = ([T::zero(); 16], [T::infinity(); 16], [T::neg_infinity(); 16]);
    // SAFETY: the caller vouches for the instructions. A group has as many vectors as a vector has lanes, and the groups
    // together have 16 vectors: each store fills a group's place in the 16 results.
    unsafe {
        let mut all = [own; 16];
        for (i, sums) in sums.iter().enumerate() {
            [all[4 * i], all[4 * i + 1], all[4 * i + 2], all[4 * i + 3]] =
                [sums.sum, sums.squares, sums.min, sums.max];
        }
        // Transposed, a group has the lanes of its first vector in the first lane of every vector, and so on: adding up
        // the transposed vectors adds up the lanes of the whole group at once.
        let count = if vectors { 16 } else { 0 };
        for group in (0..count).step_by(V::LANES) {
            let mut columns = [own; 16];
            columns[..V::LANES].copy_from_slice(&all[group..group + V::LANES]);
            let columns = transpose(columns);
            let [mut sum, mut min, mut max] = [columns[0]; 3];
            for row in &columns[1..V::LANES] {
                (sum, min, max) = (sum.add(*row), row.min(min), row.max(max));
            }
            sum.store(of_sums.as_mut_ptr().add(group));
            min.store(least.as_mut_ptr().add(group));
            max.store(most.as_mut_ptr().add(group));
        }
    }
    let total = |i: usize| {
        let (rest, smaller, larger): (&Sums<Lanes<T, 1>>, _, _) =
            (&rest[i], least[4 * i + 2], most[4 * i + 3]);
        Total {
            sum: of_sums[4 * i] + rest.sum.one(),
            squares: of_sums[4 * i + 1] + rest.squares.one(),
            min: if rest.min.one() < smaller { rest.min.one() } else { smaller },
            max: if rest.max.one() > larger { rest.max.one() } else { larger },
            zeros: sums[i].zeros + rest.zeros,
        }
    };
    (std::array::from_fn(total), of_sums[15] + own_rest.one())
}

/// [`Sums`], of which the lanes are added up.
pub(super) struct Total<T> {
    sum: T,
    squares: T,
    min: T,
    max: T,
    zeros: u32,
}

/// The pass over at most [`BLOCK`] numbers.
struct OneBlock<'a, T> {
    x: &'a [T],
    pivot: T,
}

impl<T: Scalar> Kernel<T> for OneBlock<'_, T> {
    type Out = Total<T>;

    #[inline(always)]
    unsafe fn run<V: Vector<T>>(self) -> Total<T> {
        let (x, count) = (self.x.as_ptr(), self.x.len());
        // SAFETY: the caller vouches for the instructions; every vector lies inside the slice.
        unsafe {
            let pivot = V::splat(self.pivot);
            // Two, so that a sum does not wait for the one before it.
            let mut sums = [Sums::<V>::new(); 2];
            let mut rest = Sums::<Lanes<T, 1>>::new();
            let whole = count - count % (2 * V::LANES);
            for from in (0..whole).step_by(2 * V::LANES) {
                for (i, sums) in sums.iter_mut().enumerate() {
                    let x = V::load(x.add(from + i * V::LANES));
                    sums.take(x, x.sub(pivot));
                }
            }
            for x in &self.x[whole..] {
                let [x, pivot] = [*x, self.pivot].map(|x| Lanes::<T, 1>::splat(x));
                rest.take(x, Vector::<T>::sub(x, pivot));
            }
            let own = (V::zero(), Lanes::<T, 1>::zero());
            let ([total], _) = totals([sums[0].with(sums[1])], [rest], own, whole > 0);
            total
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
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
        let mut alone = Moments::default();
        alone.merge(&Moments::of(&[1e200, 1e200]));
        assert_eq!(alone, Moments::of(&[1e200, 1e200]));
        assert_eq!(
            (merged.count, merged.min, merged.max, merged.magnitudes),
            (whole.count, whole.min, whole.max, whole.magnitudes)
        );
    }

    /// Whether these are the sums of `x`.
    pub(crate) fn assert_sums<T: Scalar>(total: &Total<T>, x: &[T], pivot: T, note: &str) {
        let apart = || x.iter().map(|x| *x - pivot);
        let fold = |f: fn(T, T) -> T| x.iter().copied().reduce(f).unwrap();
        assert_eq!((total.sum, total.squares), (apart().sum(), apart().map(|d| d * d).sum()), "{note}");
        assert_eq!((total.min, total.max), (fold(T::min), fold(T::max)), "{note}");
        assert_eq!(total.zeros as usize, x.iter().filter(|x| x.is_zero()).count(), "{note}");
    }

    #[test]
    fn vectors_of_every_level_take_in_the_same_numbers() {
        fn check<T: Scalar>() {
            for level in Level::all() {
                for count in [1, 7, 16, 33, 100] {
                    // Whole numbers: their sums are exact in any order.
                    let x: Vec<T> = (0..count).map(|i| T::of((i * 3 % 13) as f64 - 5.0)).collect();
                    let pivot = T::of(2.0);
                    assert_sums(
                        &vectored(level, OneBlock { x: &x, pivot }),
                        &x,
                        pivot,
                        &format!("{level:?}, {count}"),
                    );
                }
            }
        }
        check::<f32>();
        check::<f64>();
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
