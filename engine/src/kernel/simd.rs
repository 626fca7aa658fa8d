//! Vectors as wide as the processor has them, chosen at run time.

use super::Scalar;
use std::sync::OnceLock;

/// Which vectors the processor has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// What the compiler's target guarantees; the twin that runs everywhere.
    Portable,
    /// 256 bits with fused multiply-add.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// 512 bits.
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

impl Level {
    /// The widest vectors of this processor.
    pub fn detect() -> Level {
        static LEVEL: OnceLock<Level> = OnceLock::new();
        *LEVEL.get_or_init(|| *Level::all().last().expect("the portable level is always there"))
    }

    /// Every level that this processor can run, narrowest first.
    pub fn all() -> Vec<Level> {
        #[allow(unused_mut)]
        let mut levels = vec![Level::Portable];
        #[cfg(target_arch = "x86_64")]
        {
            let narrow = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
            if narrow && is_x86_feature_detected!("popcnt") {
                levels.push(Level::Avx2);
                let wide = is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512dq");
                if wide && is_x86_feature_detected!("avx512vl") && is_x86_feature_detected!("avx512bw") {
                    levels.push(Level::Avx512);
                }
            }
        }
        levels
    }
}

/// A loop that is worth wide vectors. `run` has to be `#[inline(always)]`, and so has whatever it calls: only what
/// is inlined is compiled for the vectors of the processor. Functions passed as values are not, nor is what long
/// closures are given to: a loop is a `for`, not a `for_each`.
pub trait Wide<A> {
    /// What it computes.
    type Out;

    /// Computes it.
    fn run(args: A) -> Self::Out;
}

/// Runs a loop compiled for the widest vectors of this processor: it becomes faster, and no result changes.
#[inline(always)]
pub fn wide<A, W: Wide<A>>(_which: W, args: A) -> W::Out {
    #[cfg(target_arch = "x86_64")]
    {
        #[target_feature(enable = "avx2,fma")]
        fn avx2<A, W: Wide<A>>(args: A) -> W::Out {
            W::run(args)
        }
        #[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx2,fma")]
        fn avx512<A, W: Wide<A>>(args: A) -> W::Out {
            W::run(args)
        }
        match Level::detect() {
            // SAFETY: a level is only named where the processor was seen to have it.
            Level::Avx512 => return unsafe { avx512::<A, W>(args) },
            // SAFETY: as above.
            Level::Avx2 => return unsafe { avx2::<A, W>(args) },
            Level::Portable => {}
        }
    }
    W::run(args)
}

/// A loop that is written for vectors.
pub trait Kernel<T> {
    /// What it computes.
    type Out;

    /// Computes it.
    ///
    /// # Safety
    /// The processor has `V`'s instructions, and the function is inlined into one that enables them: see
    /// [`Vector::call`].
    unsafe fn run<V: Vector<T>>(self) -> Self::Out;
}

/// Runs a loop with the vectors of a level.
#[inline(always)]
pub(super) fn vectored<T: Scalar, K: Kernel<T>>(level: Level, kernel: K) -> K::Out {
    // SAFETY: a level is only named where the processor was seen to have it.
    unsafe {
        match level {
            Level::Portable => T::Portable::call(kernel),
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => T::Avx2::call(kernel),
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 => T::Avx512::call(kernel),
        }
    }
}

/// One vector register of numbers. The functions must be inlined into a function that enables the instructions.
pub trait Vector<T>: Copy {
    /// Numbers in a register.
    const LANES: usize;
    /// Half such a register, where the processor has it; else the same.
    type Half: Vector<T>;
    /// Runs a loop with this vector, as a function of its own that enables the instructions.
    ///
    /// # Safety
    /// The processor has this vector's instructions.
    unsafe fn call<K: Kernel<T>>(kernel: K) -> K::Out;
    /// All lanes zero.
    ///
    /// # Safety
    /// The processor has this vector's instructions.
    unsafe fn zero() -> Self;
    /// All lanes `x`.
    ///
    /// # Safety
    /// The processor has this vector's instructions.
    unsafe fn splat(x: T) -> Self;
    /// Reads `LANES` numbers.
    ///
    /// # Safety
    /// `from` is valid for reading `LANES` numbers; the processor has this vector's instructions.
    unsafe fn load(from: *const T) -> Self;
    /// Writes `LANES` numbers.
    ///
    /// # Safety
    /// `to` is valid for writing `LANES` numbers; the processor has this vector's instructions.
    unsafe fn store(self, to: *mut T);
    /// self · b + c
    ///
    /// # Safety
    /// The processor has this vector's instructions.
    unsafe fn mul_add(self, b: Self, c: Self) -> Self;
    /// a · b + c, rounded as [`Vector::mul_add`] rounds.
    ///
    /// # Safety
    /// The processor has this vector's instructions.
    unsafe fn mul_add_one(a: T, b: T, c: T) -> T;
    /// self + b
    ///
    /// # Safety
    /// The processor has this vector's instructions.
    unsafe fn add(self, b: Self) -> Self;
    /// self − b
    ///
    /// # Safety
    /// The processor has this vector's instructions.
    unsafe fn sub(self, b: Self) -> Self;
    /// self · b
    ///
    /// # Safety
    /// The processor has this vector's instructions.
    unsafe fn mul(self, b: Self) -> Self;
    /// self / b
    ///
    /// # Safety
    /// The processor has this vector's instructions.
    unsafe fn div(self, b: Self) -> Self;
    /// √self
    ///
    /// # Safety
    /// The processor has this vector's instructions.
    unsafe fn sqrt(self) -> Self;
    /// The smaller of each pair, or b's where one is NaN.
    ///
    /// # Safety
    /// The processor has this vector's instructions.
    unsafe fn min(self, b: Self) -> Self;
    /// The larger of each pair, or b's where one is NaN.
    ///
    /// # Safety
    /// The processor has this vector's instructions.
    unsafe fn max(self, b: Self) -> Self;
    /// How many lanes are zero.
    ///
    /// # Safety
    /// The processor has this vector's instructions.
    unsafe fn zeros(self) -> u32;
    /// The lanes of both in turn: those of the lower halves, and those of the upper halves.
    ///
    /// # Safety
    /// The processor has this vector's instructions.
    unsafe fn interleave(self, b: Self) -> (Self, Self);

    /// self / b, right to two units in the last place where 1 / b is a normal number.
    ///
    /// # Safety
    /// The processor has this vector's instructions.
    #[inline(always)]
    unsafe fn over(self, b: Self) -> Self {
        // SAFETY: the caller vouches for the instructions.
        unsafe { self.div(b) }
    }

    /// Reads `LANES` numbers of each of `rows` rows, at most `LANES`, and transposes them: vector i holds the i-th number of
    /// each row. Lanes of rows that are not there repeat the last row.
    ///
    /// # Safety
    /// `from` points at rows that are `stride` apart, all valid for reading; the processor has this vector's
    /// instructions.
    #[inline(always)]
    unsafe fn square(from: *const T, stride: usize, rows: usize) -> [Self; 16] {
        // SAFETY: as the caller promised.
        unsafe {
            let mut square = [Self::zero(); 16];
            for (r, row) in square[..Self::LANES].iter_mut().enumerate() {
                *row = Self::load(from.add(r.min(rows - 1) * stride));
            }
            transpose(square)
        }
    }

    /// Says that the line at `at` will be needed; any address may be given.
    ///
    /// # Safety
    /// The processor has this vector's instructions.
    #[inline(always)]
    unsafe fn prefetch(_at: *const T) {}

    /// Reads `count` numbers, at most `LANES`; the other lanes are zero.
    ///
    /// # Safety
    /// `from` is valid for reading `count` numbers; the processor has this vector's instructions.
    #[inline(always)]
    unsafe fn load_some(from: *const T, count: usize) -> Self {
        // SAFETY: as the caller promised; the copy on the stack holds the lanes of every vector.
        unsafe {
            if count == Self::LANES {
                return Self::load(from);
            }
            let mut lanes = [Self::zero(); 1];
            std::ptr::copy_nonoverlapping(from, lanes.as_mut_ptr().cast::<T>(), count);
            lanes[0]
        }
    }

    /// Writes the first `count` lanes.
    ///
    /// # Safety
    /// `to` is valid for writing `count` numbers; the processor has this vector's instructions.
    #[inline(always)]
    unsafe fn store_some(self, to: *mut T, count: usize) {
        // SAFETY: as the caller promised.
        unsafe {
            if count == Self::LANES {
                return self.store(to);
            }
            let lanes = [self; 1];
            std::ptr::copy_nonoverlapping(lanes.as_ptr().cast::<T>(), to, count);
        }
    }
}

/// Turns the square in the first `LANES` vectors: interleaving the halves of the rows, log₂ of their number times.
///
/// # Safety
/// The processor has `V`'s instructions.
#[inline(always)]
pub(super) unsafe fn transpose<T, V: Vector<T>>(mut rows: [V; 16]) -> [V; 16] {
    let mut round = 1;
    while round < V::LANES {
        let mut next = rows;
        for i in 0..V::LANES / 2 {
            // SAFETY: the caller vouches for the instructions.
            (next[2 * i], next[2 * i + 1]) = unsafe { rows[i].interleave(rows[i + V::LANES / 2]) };
        }
        rows = next;
        round *= 2;
    }
    rows
}

/// The portable vector: a few numbers that the compiler packs as the target allows. It multiplies and adds in
/// two roundings: a fused one is a slow library call on processors without the instruction.
#[derive(Clone, Copy)]
pub struct Lanes<T, const N: usize>([T; N]);

impl<T: Copy> Lanes<T, 1> {
    /// The only lane.
    #[inline(always)]
    pub(super) fn one(self) -> T {
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

#[cfg(target_arch = "x86_64")]
macro_rules! x86_vector {
    ($register:ty, $half:ty, $features:literal, $scalar:ty, $lanes:literal, $zero:ident, $splat:ident, $load:ident, $store:ident, $fma:ident,
     $add:ident, $sub:ident, $mul:ident, $div:ident, $sqrt:ident, $min:ident, $max:ident, $interleave:expr, { $($more:item)* }) => {
        impl Vector<$scalar> for $register {
            const LANES: usize = $lanes;
            type Half = $half;

            #[inline(always)]
            unsafe fn call<K: Kernel<$scalar>>(kernel: K) -> K::Out {
                #[inline(never)]
                #[target_feature(enable = $features)]
                fn with<K: Kernel<$scalar>>(kernel: K) -> K::Out {
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

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::{Kernel, Vector};
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
                unsafe {
                    _mm256_movemask_ps(_mm256_cmp_ps::<_CMP_EQ_OQ>(self, _mm256_setzero_ps())).count_ones()
                }
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
                unsafe {
                    _mm256_movemask_pd(_mm256_cmp_pd::<_CMP_EQ_OQ>(self, _mm256_setzero_pd())).count_ones()
                }
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
}
