//! The two precisions: `f32` for training, `f64` for worked examples, finite differences and tests.

use super::matmul::Job;
use super::simd::{Lanes, Level, Vector};
use std::fmt::{Debug, Display};
use std::iter::Sum;

/// A precision that the engine computes in; implemented by `f32` and `f64` only.
pub trait Scalar:
    num_traits::Float + num_traits::NumAssign + Sum + Default + Debug + Display + Send + Sync + 'static + Sealed
{
    /// Name of the precision, as experiments and checkpoints write it.
    const NAME: &'static str;

    /// The nearest value of this precision.
    fn of(x: f64) -> Self;

    /// The value, exactly.
    fn f64(self) -> f64;

    /// eˣ. In f32 without branches, so that loops over it become vectors; right to 2 units in the last place, and 0
    /// below e^−86.6: results that are not normal numbers would take a hundred times as long.
    fn vexp(self) -> Self;

    /// eˣ − 1, as [`Scalar::vexp`]; right to 3 units in the last place.
    fn vexp_m1(self) -> Self;

    /// tanh x, as [`Scalar::vexp`]; right to 3 units in the last place.
    fn vtanh(self) -> Self;

    /// ln x, as [`Scalar::vexp`].
    fn vln(self) -> Self;

    /// ln(1 + x), as [`Scalar::vexp`].
    fn vln_1p(self) -> Self;

    /// The normal distribution: Φ(x) = 1/√(2π) ∫ e^(−t²/2) dt over t < x, right to 1e-6 of itself where x > −13, and 0
    /// below; and e^(−x²/2). As [`Scalar::vexp`].
    fn vnormal(self) -> (Self, Self);
}

/// Horner's rule, the highest power first.
#[inline(always)]
fn polynomial(p: &[f32], x: f32) -> f32 {
    p.iter().fold(0.0, |sum, p| sum * x + p)
}

// Coefficients of exponential and logarithm: S. Moshier, Cephes Mathematical Library, single precision.

/// Below this x, eˣ is taken for 0.
const LEAST: f32 = -86.6;

/// eˣ = 2ⁿ·eʳ with r = x − n·ln 2, |r| ≤ ½ ln 2: r, and 2ⁿ⁻¹, which is a normal number for every n that comes.
#[inline(always)]
fn reduced(x: f32) -> (f32, f32) {
    // Adding and taking away 1.5·2²³ rounds to whole numbers, and leaves n in the low bits.
    const ROUND: f32 = 12_582_912.0;
    let x = if x > 89.0 { 89.0 } else { x };
    let x = if x < LEAST { LEAST } else { x };
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let n = shifted.to_bits().wrapping_sub(ROUND.to_bits()) as i32;
    let whole = shifted - ROUND;
    let r = (x - whole * 0.693_359_4) - whole * -2.121_944_4e-4;
    (r, f32::from_bits((n.wrapping_add(126) << 23) as u32))
}

/// eʳ − 1
#[inline(always)]
fn small_exp_m1(r: f32) -> f32 {
    let p = [1.987_569_1e-4, 1.398_2e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 5.0e-1];
    polynomial(&p, r) * r * r + r
}

/// ln u + `more`·ln 2 + `lost`, for u with all its digits. With u = 2ⁿ·(1 + f) and 1 + f between √½ and √2:
/// ln u = n·ln 2 + f − f²/2 + f³·P(f).
#[inline(always)]
fn logarithm(u: f32, more: f32, lost: f32) -> f32 {
    const ROOT: u32 = 0x3f35_04f3;
    let n = (u.to_bits().wrapping_sub(ROOT) as i32) >> 23;
    let f = f32::from_bits(u.to_bits().wrapping_sub((n << 23) as u32)) - 1.0;
    let p = [
        7.037_683_6e-2,
        -1.151_461e-1,
        1.167_699_9e-1,
        -1.242_014_1e-1,
        1.424_932_3e-1,
        -1.666_805_8e-1,
        2.000_071_5e-1,
        -2.499_999_4e-1,
        3.333_333e-1,
    ];
    let (z, n) = (f * f, n as f32 + more);
    let small = polynomial(&p, f) * z * f + n * -2.121_944_4e-4 - 0.5 * z + lost;
    let sum = f + small + n * 0.693_359_4;
    let sum = if u < f32::INFINITY { sum } else { u };
    let below = if u < 0.0 { f32::NAN } else { f32::NEG_INFINITY };
    if u <= 0.0 { below } else { sum }
}

/// Keeps [`Scalar`] closed: the kernels exist for two precisions, with these vectors.
pub trait Sealed: Sized {
    /// At [`Level::Portable`].
    type Portable: Vector<Self>;
    /// At [`Level::Avx2`].
    #[cfg(target_arch = "x86_64")]
    type Avx2: Vector<Self>;
    /// At [`Level::Avx512`].
    #[cfg(target_arch = "x86_64")]
    type Avx512: Vector<Self>;

    /// Computes a product: [`Job::run`], compiled for this precision here, once. A generic function is compiled again in
    /// every crate that calls it, and these kernels take longer to compile than all else.
    fn product(job: &Job<'_, Self>, level: Level, scratch: &mut [Self]);
}

impl Sealed for f32 {
    type Portable = Lanes<f32, 4>;
    #[cfg(target_arch = "x86_64")]
    type Avx2 = std::arch::x86_64::__m256;
    #[cfg(target_arch = "x86_64")]
    type Avx512 = std::arch::x86_64::__m512;

    fn product(job: &Job<'_, Self>, level: Level, scratch: &mut [Self]) {
        job.run(level, scratch);
    }
}

impl Sealed for f64 {
    type Portable = Lanes<f64, 2>;
    #[cfg(target_arch = "x86_64")]
    type Avx2 = std::arch::x86_64::__m256d;
    #[cfg(target_arch = "x86_64")]
    type Avx512 = std::arch::x86_64::__m512d;

    fn product(job: &Job<'_, Self>, level: Level, scratch: &mut [Self]) {
        job.run(level, scratch);
    }
}

impl Scalar for f32 {
    const NAME: &'static str = "f32";

    #[inline(always)]
    fn of(x: f64) -> f32 {
        x as f32
    }

    #[inline(always)]
    fn f64(self) -> f64 {
        f64::from(self)
    }

    #[inline(always)]
    fn vexp(self) -> f32 {
        let (r, half) = reduced(self);
        let power = (small_exp_m1(r) + 1.0) * half * 2.0;
        if self < LEAST { 0.0 } else { power }
    }

    #[inline(always)]
    fn vexp_m1(self) -> f32 {
        let (r, half) = reduced(self);
        (small_exp_m1(r) * half + (half - 0.5)) * 2.0
    }

    #[inline(always)]
    fn vtanh(self) -> f32 {
        // x·P(x²)/Q(x²), whose largest relative error on |x| ≤ 9.01 is as small as it can be, 2.1e-8; beyond, where
        // tanh rounds to 1, what it gives is held there.
        let x = if self > 9.2 { 9.2 } else { self };
        let x = if x < -9.2 { -9.2 } else { x };
        let z = x * x;
        let p = polynomial(&[1.333_683e-8, 2.059_626e-5, 3.494_810_3e-3, 1.338_037_1e-1, 1.0], z);
        let q = polynomial(&[7.769_275e-7, 3.284_361_7e-4, 2.587_402_4e-2, 4.671_368_6e-1, 1.0], z);
        let y = x * p / q;
        let y = if y > 1.0 { 1.0 } else { y };
        if y < -1.0 { -1.0 } else { y }
    }

    #[inline(always)]
    fn vln(self) -> f32 {
        // Numbers with fewer digits are made normal ones.
        const MORE: f32 = 16_777_216.0;
        if self < f32::MIN_POSITIVE { logarithm(self * MORE, -24.0, 0.0) } else { logarithm(self, 0.0, 0.0) }
    }

    #[inline(always)]
    fn vln_1p(self) -> f32 {
        // With u = 1 + x, rounded: ln(1 + x) = ln u + (x − (u − 1))/u.
        let u = 1.0 + self;
        logarithm(u, 0.0, (self - (u - 1.0)) / u)
    }

    #[inline(always)]
    fn vnormal(self) -> (f32, f32) {
        // The square in two parts, of which the first is exact: what rounding loses would be multiplied by it.
        let a = self.abs();
        let high = f32::from_bits(a.to_bits() & 0xffff_f000);
        let (exponent, rest) = (-0.5 * high * high, -0.5 * (a - high) * (a + high));
        let (r, half) = reduced(exponent);
        let bell = (small_exp_m1(r + rest) + 1.0) * half * 2.0;
        let bell = if exponent < LEAST { 0.0 } else { bell };
        // Φ(−a) = e^(−a²/2)·t·P(t) with t = 1/(1 + 0.34·a), whose largest relative error on a ≤ 13.3 is as small as it can
        // be, 2.5e-8, and with the last bit of one coefficient such that Φ(0) = ½.
        let t = 1.0 / (1.0 + 0.34 * a);
        let p = [
            -2.647_188_5e-2,
            1.411_500_7e-1,
            -2.764_140_7e-1,
            2.057_775_4e-1,
            -4.708_461e-2,
            1.163_141_7e-1,
            1.149_675_5e-1,
            1.361_423_9e-1,
            1.356_188_5e-1,
        ];
        let tail = bell * t * polynomial(&p, t);
        (if self > 0.0 { 1.0 - tail } else { tail }, bell)
    }
}

impl Scalar for f64 {
    const NAME: &'static str = "f64";

    #[inline(always)]
    fn of(x: f64) -> f64 {
        x
    }

    #[inline(always)]
    fn f64(self) -> f64 {
        self
    }

    #[inline(always)]
    fn vexp(self) -> f64 {
        self.exp()
    }

    #[inline(always)]
    fn vexp_m1(self) -> f64 {
        self.exp_m1()
    }

    #[inline(always)]
    fn vtanh(self) -> f64 {
        self.tanh()
    }

    #[inline(always)]
    fn vln(self) -> f64 {
        self.ln()
    }

    #[inline(always)]
    fn vln_1p(self) -> f64 {
        self.ln_1p()
    }

    #[inline(always)]
    fn vnormal(self) -> (f64, f64) {
        (0.5 * libm::erfc(self * -std::f64::consts::FRAC_1_SQRT_2), (-0.5 * self * self).exp())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The largest relative difference from the f64 function over the f32 numbers of a range.
    fn worst(from: f32, to: f32, f: fn(f32) -> f32, exact: fn(f64) -> f64) -> f64 {
        let x = (0..=400_000).map(|i| from + (to - from) * (i as f32 / 400_000.0));
        x.map(|x| ((f64::from(f(x)) - exact(f64::from(x))) / exact(f64::from(x))).abs()).fold(0.0, f64::max)
    }

    #[test]
    fn functions_for_vectors_are_right_to_rounding() {
        assert!(worst(-86.5, 88.7, f32::vexp, f64::exp) <= 2.0 * f64::from(f32::EPSILON));
        for (from, to) in [(-20.0, -1e-3), (1e-3, 20.0)] {
            assert!(worst(from, to, f32::vtanh, f64::tanh) <= 3.0 * f64::from(f32::EPSILON));
        }
        for (from, to) in [(1e-30, 1e-3), (1e-3, 3.0), (3.0, 1e6)] {
            assert!(worst(from, to, f32::vln_1p, f64::ln_1p) <= 2.0 * f64::from(f32::EPSILON));
        }
        for (from, to) in [(-0.999_999, -0.5), (-0.5, -1e-3)] {
            assert!(worst(from, to, f32::vln_1p, f64::ln_1p) <= 2.0 * f64::from(f32::EPSILON));
        }
        for (from, to) in [(1e-45, 1e-38), (1e-38, 1e-3), (1e-3, 0.999), (1.001, 3.0), (3.0, 1e38)] {
            assert!(worst(from, to, f32::vln, f64::ln) <= 2.0 * f64::from(f32::EPSILON));
        }
        for (from, to) in [(-87.0, -1.0), (-1.0, -1e-3), (-1e-3, -1e-30), (1e-3, 1.0), (1.0, 88.7)] {
            assert!(worst(from, to, f32::vexp_m1, f64::exp_m1) <= 3.0 * f64::from(f32::EPSILON));
        }
        let (normal, bell) = (|x: f32| x.vnormal().0, |x: f32| x.vnormal().1);
        for (from, to) in [(-13.0, -5.0), (-5.0, 0.0), (0.0, 9.0)] {
            let found = worst(from, to, normal, |x| x.vnormal().0);
            assert!(found <= 1e-6, "Φ on {from}..{to}: {found:e}");
        }
        assert!(worst(-13.0, 13.0, bell, |x| x.vnormal().1) <= 3.0 * f64::from(f32::EPSILON));
    }

    #[test]
    fn functions_for_vectors_keep_what_is_not_finite() {
        assert_eq!(
            (f32::INFINITY.vexp(), f32::NEG_INFINITY.vexp(), 0.0f32.vexp()),
            (f32::INFINITY, 0.0, 1.0)
        );
        assert_eq!((f32::INFINITY.vtanh(), f32::NEG_INFINITY.vtanh(), 0.0f32.vtanh()), (1.0, -1.0, 0.0));
        let infinite = f32::INFINITY;
        let ends = [-infinite, -30.0, 0.0, 30.0, infinite].map(f32::vnormal);
        assert_eq!(ends, [(0.0, 0.0), (0.0, 0.0), (0.5, 1.0), (1.0, 0.0), (1.0, 0.0)]);
        assert_eq!(
            (f32::INFINITY.vln_1p(), 0.0f32.vln_1p(), f32::MAX.vln_1p()),
            (f32::INFINITY, 0.0, f32::MAX.ln())
        );
        assert_eq!((0f32.vln(), 1f32.vln(), f32::INFINITY.vln()), (f32::NEG_INFINITY, 0.0, f32::INFINITY));
        assert_eq!((f32::NEG_INFINITY.vexp_m1(), 0f32.vexp_m1()), (-1.0, 0.0));
        assert_eq!((f32::INFINITY.vexp_m1(), (-1f32).vln_1p()), (f32::INFINITY, f32::NEG_INFINITY));
        for nan in [f32::NAN.vln_1p(), (-2f32).vln_1p(), f32::NAN.vln(), (-1f32).vln(), f32::NAN.vexp_m1()] {
            assert!(nan.is_nan());
        }
        assert!(f32::NAN.vexp().is_nan() && f32::NAN.vtanh().is_nan());
        assert!(f32::NAN.vnormal().0.is_nan() && f32::NAN.vnormal().1.is_nan());
    }
}
