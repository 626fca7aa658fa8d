//! What the vectors of x86-64 processors have in common.

/// Makes a register a [`Vector`](super::Vector): of the instructions that have the same form at every width.
macro_rules! x86_vector {
    ($register:ty, $half:ty, $features:literal, $scalar:ty, $lanes:literal, $zero:ident, $splat:ident, $load:ident, $store:ident, $fma:ident,
     $add:ident, $sub:ident, $mul:ident, $div:ident, $sqrt:ident, $min:ident, $max:ident, $interleave:expr, { $($more:item)* }) => {
        impl $crate::kernel::simd::Vector<$scalar> for $register {
            const LANES: usize = $lanes;
            type Half = $half;

            #[inline(always)]
            unsafe fn call<K: $crate::kernel::simd::Kernel<$scalar>>(kernel: K) -> K::Out {
                #[inline(never)]
                #[target_feature(enable = $features)]
                fn with<K: $crate::kernel::simd::Kernel<$scalar>>(kernel: K) -> K::Out {
                    // SAFETY: the instructions are enabled here.
                    unsafe { kernel.run::<$register>() }
                }
                // SAFETY: the caller vouches for the instructions.
                unsafe { with(kernel) }
            }

            #[inline(always)]
            unsafe fn zero() -> Self {
                // SAFETY: the caller vouches for the instructions.
                unsafe { std::arch::x86_64::$zero() }
            }

            #[inline(always)]
            unsafe fn splat(x: $scalar) -> Self {
                // SAFETY: the caller vouches for the instructions.
                unsafe { std::arch::x86_64::$splat(x) }
            }

            #[inline(always)]
            unsafe fn load(from: *const $scalar) -> Self {
                // SAFETY: the caller vouches for the instructions and for the readable numbers; unaligned load.
                unsafe { std::arch::x86_64::$load(from) }
            }

            #[inline(always)]
            unsafe fn store(self, to: *mut $scalar) {
                // SAFETY: the caller vouches for the instructions and for the writable numbers; unaligned store.
                unsafe { std::arch::x86_64::$store(to, self) }
            }

            #[inline(always)]
            unsafe fn mul_add(self, b: Self, c: Self) -> Self {
                // SAFETY: the caller vouches for the instructions.
                unsafe { std::arch::x86_64::$fma(self, b, c) }
            }

            #[inline(always)]
            unsafe fn mul_add_one(a: $scalar, b: $scalar, c: $scalar) -> $scalar {
                a.mul_add(b, c)
            }

            #[inline(always)]
            unsafe fn add(self, b: Self) -> Self {
                // SAFETY: the caller vouches for the instructions.
                unsafe { std::arch::x86_64::$add(self, b) }
            }

            #[inline(always)]
            unsafe fn sub(self, b: Self) -> Self {
                // SAFETY: the caller vouches for the instructions.
                unsafe { std::arch::x86_64::$sub(self, b) }
            }

            #[inline(always)]
            unsafe fn mul(self, b: Self) -> Self {
                // SAFETY: the caller vouches for the instructions.
                unsafe { std::arch::x86_64::$mul(self, b) }
            }

            #[inline(always)]
            unsafe fn div(self, b: Self) -> Self {
                // SAFETY: the caller vouches for the instructions.
                unsafe { std::arch::x86_64::$div(self, b) }
            }

            #[inline(always)]
            unsafe fn sqrt(self) -> Self {
                // SAFETY: the caller vouches for the instructions.
                unsafe { std::arch::x86_64::$sqrt(self) }
            }

            #[inline(always)]
            unsafe fn min(self, b: Self) -> Self {
                // SAFETY: the caller vouches for the instructions.
                unsafe { std::arch::x86_64::$min(self, b) }
            }

            #[inline(always)]
            unsafe fn max(self, b: Self) -> Self {
                // SAFETY: the caller vouches for the instructions.
                unsafe { std::arch::x86_64::$max(self, b) }
            }

            #[inline(always)]
            unsafe fn interleave(self, b: Self) -> (Self, Self) {
                // SAFETY: the caller vouches for the instructions.
                unsafe { $interleave(self, b) }
            }

            #[inline(always)]
            unsafe fn prefetch(at: *const $scalar) {
                // SAFETY: a hint; it reads nothing.
                unsafe { std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T1 }>(at.cast()) }
            }

            $($more)*
        }
    };
}

pub(super) use x86_vector;
