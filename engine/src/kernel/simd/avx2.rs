//! Registers of 256 bits.

use super::x86::x86_vector;
use std::arch::x86_64::*;

#[inline(always)]
unsafe fn interleave_256_ps(a: __m256, b: __m256) -> (__m256, __m256) {
    // SAFETY: the caller vouches for the instructions.
    unsafe {
        let (low, high) = (_mm256_unpacklo_ps(a, b), _mm256_unpackhi_ps(a, b));
        (_mm256_permute2f128_ps::<0x20>(low, high), _mm256_permute2f128_ps::<0x31>(low, high))
    }
}

#[inline(always)]
unsafe fn interleave_256_pd(a: __m256d, b: __m256d) -> (__m256d, __m256d) {
    // SAFETY: the caller vouches for the instructions.
    unsafe {
        let (low, high) = (_mm256_unpacklo_pd(a, b), _mm256_unpackhi_pd(a, b));
        (_mm256_permute2f128_pd::<0x20>(low, high), _mm256_permute2f128_pd::<0x31>(low, high))
    }
}

/// Masks of 256 bits that begin with as many set lanes as one steps back from the middle.
static LANES_32: [i32; 16] = [-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0];
static LANES_64: [i64; 8] = [-1, -1, -1, -1, 0, 0, 0, 0];

x86_vector!(
    __m256,
    __m256,
    "avx2,fma,popcnt",
    f32,
    8,
    _mm256_setzero_ps,
    _mm256_set1_ps,
    _mm256_loadu_ps,
    _mm256_storeu_ps,
    _mm256_fmadd_ps,
    _mm256_add_ps,
    _mm256_sub_ps,
    _mm256_mul_ps,
    _mm256_div_ps,
    _mm256_sqrt_ps,
    _mm256_min_ps,
    _mm256_max_ps,
    interleave_256_ps,
    {
        #[inline(always)]
        unsafe fn zeros(self) -> u32 {
            // SAFETY: the caller vouches for the instructions.
            unsafe { _mm256_movemask_ps(_mm256_cmp_ps::<_CMP_EQ_OQ>(self, _mm256_setzero_ps())).count_ones() }
        }

        #[inline(always)]
        unsafe fn load_some(from: *const f32, count: usize) -> Self {
            // SAFETY: the caller vouches for the instructions and for `count` numbers, at most 8.
            unsafe {
                let mask = _mm256_loadu_si256(LANES_32.as_ptr().add(8 - count).cast());
                _mm256_maskload_ps(from, mask)
            }
        }

        /// Four, two and one: a store under a mask takes several times as long.
        #[inline(always)]
        unsafe fn store_some(self, to: *mut f32, count: usize) {
            // SAFETY: the caller vouches for the instructions and for `count` numbers, at most 8.
            unsafe {
                if count == 8 {
                    return _mm256_storeu_ps(to, self);
                }
                let (mut rest, mut at) = (_mm256_castps256_ps128(self), to);
                if count & 4 != 0 {
                    _mm_storeu_ps(at, rest);
                    (rest, at) = (_mm256_extractf128_ps::<1>(self), at.add(4));
                }
                if count & 2 != 0 {
                    _mm_storel_pd(at.cast(), _mm_castps_pd(rest));
                    (rest, at) = (_mm_movehl_ps(rest, rest), at.add(2));
                }
                if count & 1 != 0 {
                    _mm_store_ss(at, rest);
                }
            }
        }
    }
);
x86_vector!(
    __m256d,
    __m256d,
    "avx2,fma,popcnt",
    f64,
    4,
    _mm256_setzero_pd,
    _mm256_set1_pd,
    _mm256_loadu_pd,
    _mm256_storeu_pd,
    _mm256_fmadd_pd,
    _mm256_add_pd,
    _mm256_sub_pd,
    _mm256_mul_pd,
    _mm256_div_pd,
    _mm256_sqrt_pd,
    _mm256_min_pd,
    _mm256_max_pd,
    interleave_256_pd,
    {
        #[inline(always)]
        unsafe fn zeros(self) -> u32 {
            // SAFETY: the caller vouches for the instructions.
            unsafe { _mm256_movemask_pd(_mm256_cmp_pd::<_CMP_EQ_OQ>(self, _mm256_setzero_pd())).count_ones() }
        }

        #[inline(always)]
        unsafe fn load_some(from: *const f64, count: usize) -> Self {
            // SAFETY: the caller vouches for the instructions and for `count` numbers, at most 4.
            unsafe {
                let mask = _mm256_loadu_si256(LANES_64.as_ptr().add(4 - count).cast());
                _mm256_maskload_pd(from, mask)
            }
        }
    }
);
