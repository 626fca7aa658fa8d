//! Arithmetic on as many numbers as a vector holds, written as on one.

use super::Scalar;
use super::simd::Vector;
use std::marker::PhantomData;
use std::ops::{Add, Mul, Sub};

/// Numbers side by side. Only code that a kernel runs ever has some.
pub trait Numbers<T>: Copy + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> {
    /// `x` in every place.
    fn all(x: T) -> Self;

    /// self · b + c, rounded once where the processor can.
    fn mul_add(self, b: Self, c: Self) -> Self;

    /// self / b, right to two units in the last place where 1 / b is a normal number.
    fn over(self, b: Self) -> Self;

    /// √self
    fn sqrt(self) -> Self;

    /// The smaller of each pair, or b's where one is NaN.
    fn min(self, b: Self) -> Self;

    /// The larger of each pair, or b's where one is NaN.
    fn max(self, b: Self) -> Self;
}

/// The numbers of a vector. No other room can name the type: whoever has one got it from a kernel, which runs only where
/// the processor has the vector's instructions.
#[derive(Clone, Copy)]
pub(super) struct Packed<T, V>(pub(super) V, PhantomData<T>);

impl<T, V> Packed<T, V> {
    /// # Safety
    /// The processor has `V`'s instructions.
    #[inline(always)]
    pub(super) unsafe fn new(v: V) -> Packed<T, V> {
        Packed(v, PhantomData)
    }
}

/// Functions of vectors, for [`Packed`].
macro_rules! packed {
    ($(fn $name:ident($($arg:ident),*);)*) => {
        $(#[inline(always)]
        fn $name(self, $($arg: Self),*) -> Self {
            // SAFETY: there is a vector, so the processor has its instructions.
            unsafe { Packed::new(self.0.$name($($arg.0),*)) }
        })*
    };
}

impl<T: Scalar, V: Vector<T>> Add for Packed<T, V> {
    type Output = Self;
    packed! { fn add(b); }
}

impl<T: Scalar, V: Vector<T>> Sub for Packed<T, V> {
    type Output = Self;
    packed! { fn sub(b); }
}

impl<T: Scalar, V: Vector<T>> Mul for Packed<T, V> {
    type Output = Self;
    packed! { fn mul(b); }
}

impl<T: Scalar, V: Vector<T>> Numbers<T> for Packed<T, V> {
    #[inline(always)]
    fn all(x: T) -> Self {
        // SAFETY: only what a kernel runs can name the type.
        unsafe { Packed::new(V::splat(x)) }
    }

    packed! {
        fn mul_add(b, c);
        fn over(b);
        fn sqrt();
        fn min(b);
        fn max(b);
    }
}
