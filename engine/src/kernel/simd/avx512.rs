//! Registers of 512 bits.

use super::x86::x86_vector;
use std::arch::x86_64::*;

#[inline(always)]
unsafe fn interleave_512_ps(a: __m512, b: __m512) -> (__m512, __m512) {
    // SAFETY: the caller vouches for the instructions.
    unsafe {
        let low = _mm512_setr_epi32(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
        let high = _mm512_setr_epi32(8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
        (_mm512_permutex2var_ps(a, low, b), _mm512_permutex2var_ps(a, high, b))
    }
}

#[inline(always)]
unsafe fn interleave_512_pd(a: __m512d, b: __m512d) -> (__m512d, __m512d) {
    // SAFETY: the caller vouches for the instructions.
    unsafe {
        let low = _mm512_setr_epi64(0, 8, 1, 9, 2, 10, 3, 11);
        let high = _mm512_setr_epi64(4, 12, 5, 13, 6, 14, 7, 15);
        (_mm512_permutex2var_pd(a, low, b), _mm512_permutex2var_pd(a, high, b))
    }
}

x86_vector!(
    __m512,
    __m256,
    "avx512f,avx512dq,avx512vl,avx512bw,avx2,fma,popcnt",
    f32,
    16,
    _mm512_setzero_ps,
    _mm512_set1_ps,
    _mm512_loadu_ps,
    _mm512_storeu_ps,
    _mm512_fmadd_ps,
    _mm512_add_ps,
    _mm512_sub_ps,
    _mm512_mul_ps,
    _mm512_div_ps,
    _mm512_sqrt_ps,
    _mm512_min_ps,
    _mm512_max_ps,
    interleave_512_ps,
    {
        #[inline(always)]
        unsafe fn zeros(self) -> u32 {
            // SAFETY: the caller vouches for the instructions.
            unsafe { _mm512_cmp_ps_mask::<_CMP_EQ_OQ>(self, _mm512_setzero_ps()).count_ones() }
        }

        /// By an estimate of 1 / b, and one step of Newton's method: it takes fewer cycles than the divider, which
        /// square roots need. Where 1 / b is 0 or infinite, the error e is no number to go on from.
        #[inline(always)]
        unsafe fn over(self, b: Self) -> Self {
            // SAFETY: the caller vouches for the instructions.
            unsafe {
                let (one, r) = (_mm512_set1_ps(1.0), _mm512_rcp14_ps(b));
                let e = _mm512_fnmadd_ps(b, r, one);
                let usable = _mm512_cmp_ps_mask::<_CMP_GT_OQ>(e, _mm512_set1_ps(-1.0));
                _mm512_mul_ps(self, _mm512_mask_fmadd_ps(r, usable, e, r))
            }
        }

        /// Halves of two rows come together as they are loaded; then quarters are permuted, and put in order.
        #[inline(always)]
        unsafe fn square(from: *const f32, stride: usize, rows: usize) -> [Self; 16] {
            // SAFETY: the caller vouches for the instructions and for the readable rows.
            unsafe {
                let mut transposed = [Self::zero(); 16];
                for half in [0, 8] {
                    // Of the rows from 0 and from 8 on: quarter q of `quarters[c]` has column c or c + 4 of four rows.
                    let mut quarters = [[Self::zero(); 4]; 2];
                    for (first, quarters) in [0, 8].into_iter().zip(&mut quarters) {
                        let mut four = [Self::zero(); 4];
                        for (i, two) in four.iter_mut().enumerate() {
                            let at = from.add((first + i).min(rows - 1) * stride + half);
                            let below = from.add((first + i + 4).min(rows - 1) * stride + half);
                            *two = _mm512_castps256_ps512(_mm256_loadu_ps(at));
                            *two = _mm512_insertf32x8::<1>(*two, _mm256_loadu_ps(below));
                        }
                        let [a, b, c, d] = four;
                        let (ab, cd) = (_mm512_unpacklo_ps(a, b), _mm512_unpacklo_ps(c, d));
                        let (ab, cd) = (_mm512_castps_pd(ab), _mm512_castps_pd(cd));
                        quarters[0] = _mm512_castpd_ps(_mm512_unpacklo_pd(ab, cd));
                        quarters[1] = _mm512_castpd_ps(_mm512_unpackhi_pd(ab, cd));
                        let (ab, cd) = (_mm512_unpackhi_ps(a, b), _mm512_unpackhi_ps(c, d));
                        let (ab, cd) = (_mm512_castps_pd(ab), _mm512_castps_pd(cd));
                        quarters[2] = _mm512_castpd_ps(_mm512_unpacklo_pd(ab, cd));
                        quarters[3] = _mm512_castpd_ps(_mm512_unpackhi_pd(ab, cd));
                    }
                    for c in 0..4 {
                        let (upper, lower) = (quarters[0][c], quarters[1][c]);
                        transposed[half + c] = _mm512_shuffle_f32x4::<0b10_00_10_00>(upper, lower);
                        transposed[half + c + 4] = _mm512_shuffle_f32x4::<0b11_01_11_01>(upper, lower);
                    }
                }
                transposed
            }
        }

        #[inline(always)]
        unsafe fn load_some(from: *const f32, count: usize) -> Self {
            // SAFETY: as the caller promised; lanes outside the mask are not read.
            unsafe { _mm512_maskz_loadu_ps((u16::MAX as u32 >> (Self::LANES - count)) as u16, from) }
        }

        #[inline(always)]
        unsafe fn store_some(self, to: *mut f32, count: usize) {
            // SAFETY: as the caller promised; lanes outside the mask are not written.
            unsafe { _mm512_mask_storeu_ps(to, (u16::MAX as u32 >> (Self::LANES - count)) as u16, self) }
        }
    }
);
x86_vector!(
    __m512d,
    __m256d,
    "avx512f,avx512dq,avx512vl,avx512bw,avx2,fma,popcnt",
    f64,
    8,
    _mm512_setzero_pd,
    _mm512_set1_pd,
    _mm512_loadu_pd,
    _mm512_storeu_pd,
    _mm512_fmadd_pd,
    _mm512_add_pd,
    _mm512_sub_pd,
    _mm512_mul_pd,
    _mm512_div_pd,
    _mm512_sqrt_pd,
    _mm512_min_pd,
    _mm512_max_pd,
    interleave_512_pd,
    {
        #[inline(always)]
        unsafe fn zeros(self) -> u32 {
            // SAFETY: the caller vouches for the instructions.
            unsafe { _mm512_cmp_pd_mask::<_CMP_EQ_OQ>(self, _mm512_setzero_pd()).count_ones() }
        }

        #[inline(always)]
        unsafe fn load_some(from: *const f64, count: usize) -> Self {
            // SAFETY: as the caller promised; lanes outside the mask are not read.
            unsafe { _mm512_maskz_loadu_pd((u8::MAX as u32 >> (Self::LANES - count)) as u8, from) }
        }

        #[inline(always)]
        unsafe fn store_some(self, to: *mut f64, count: usize) {
            // SAFETY: as the caller promised; lanes outside the mask are not written.
            unsafe { _mm512_mask_storeu_pd(to, (u8::MAX as u32 >> (Self::LANES - count)) as u8, self) }
        }
    }
);
