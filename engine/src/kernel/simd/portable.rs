//! The portable vector, which the compiler packs as the target allows.

use super::{Kernel, Vector};

/// A few numbers. They are multiplied and added in two roundings: a fused one is a slow library call on processors
/// without the instruction.
#[derive(Clone, Copy)]
pub struct Lanes<T, const N: usize>([T; N]);

impl<T: Copy> Lanes<T, 1> {
    /// The only lane.
    #[inline(always)]
    pub(in crate::kernel) fn one(self) -> T {
        self.0[0]
    }
}

impl<T: num_traits::Float, const N: usize> Vector<T> for Lanes<T, N> {
    const LANES: usize = N;
    type Half = Self;

    #[inline(always)]
    unsafe fn call<K: Kernel<T>>(kernel: K) -> K::Out {
        // SAFETY: this vector needs no special instructions.
        unsafe { kernel.run::<Self>() }
    }

    #[inline(always)]
    unsafe fn zero() -> Self {
        Lanes([T::zero(); N])
    }

    #[inline(always)]
    unsafe fn splat(x: T) -> Self {
        Lanes([x; N])
    }

    #[inline(always)]
    unsafe fn load(from: *const T) -> Self {
        // SAFETY: the caller vouches for N readable numbers; the read needs no alignment beyond T's.
        Lanes(unsafe { from.cast::<[T; N]>().read() })
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut T) {
        // SAFETY: the caller vouches for N writable numbers; the write needs no alignment beyond T's.
        unsafe { to.cast::<[T; N]>().write(self.0) }
    }

    #[inline(always)]
    unsafe fn mul_add(self, b: Self, c: Self) -> Self {
        Lanes(std::array::from_fn(|i| self.0[i] * b.0[i] + c.0[i]))
    }

    #[inline(always)]
    unsafe fn mul_add_one(a: T, b: T, c: T) -> T {
        a * b + c
    }

    #[inline(always)]
    unsafe fn add(self, b: Self) -> Self {
        Lanes(std::array::from_fn(|i| self.0[i] + b.0[i]))
    }

    #[inline(always)]
    unsafe fn sub(self, b: Self) -> Self {
        Lanes(std::array::from_fn(|i| self.0[i] - b.0[i]))
    }

    #[inline(always)]
    unsafe fn mul(self, b: Self) -> Self {
        Lanes(std::array::from_fn(|i| self.0[i] * b.0[i]))
    }

    #[inline(always)]
    unsafe fn div(self, b: Self) -> Self {
        Lanes(std::array::from_fn(|i| self.0[i] / b.0[i]))
    }

    #[inline(always)]
    unsafe fn sqrt(self) -> Self {
        Lanes(self.0.map(T::sqrt))
    }

    #[inline(always)]
    unsafe fn min(self, b: Self) -> Self {
        Lanes(std::array::from_fn(|i| if self.0[i] < b.0[i] { self.0[i] } else { b.0[i] }))
    }

    #[inline(always)]
    unsafe fn max(self, b: Self) -> Self {
        Lanes(std::array::from_fn(|i| if self.0[i] > b.0[i] { self.0[i] } else { b.0[i] }))
    }

    #[inline(always)]
    unsafe fn zeros(self) -> u32 {
        self.0.iter().map(|x| u32::from(x.is_zero())).sum()
    }

    #[inline(always)]
    unsafe fn interleave(self, b: Self) -> (Self, Self) {
        let lane = |i: usize| if i.is_multiple_of(2) { self.0[i / 2] } else { b.0[i / 2] };
        (Lanes(std::array::from_fn(lane)), Lanes(std::array::from_fn(|i| lane(N + i))))
    }
}
