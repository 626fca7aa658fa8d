//! The two precisions: `f32` for training, `f64` for worked examples, finite differences and tests.

use super::simd::Level;
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

    /// The complementary error function, erfc(x) = 2/√π ∫ₓ^∞ e^(−t²) dt.
    fn erfc(self) -> Self;

    /// The matrix product with the processor's widest vectors, see [`super::matmul`].
    #[doc(hidden)]
    fn product(level: Level, job: &mut super::matmul::Job<'_, Self>);
}

/// Keeps [`Scalar`] closed: the kernels exist for two precisions.
pub trait Sealed {}
impl Sealed for f32 {}
impl Sealed for f64 {}

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

    fn erfc(self) -> f32 {
        libm::erfcf(self)
    }

    fn product(level: Level, job: &mut super::matmul::Job<'_, f32>) {
        super::matmul::product_f32(level, job);
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

    fn erfc(self) -> f64 {
        libm::erfc(self)
    }

    fn product(level: Level, job: &mut super::matmul::Job<'_, f64>) {
        super::matmul::product_f64(level, job);
    }
}
