//! Vectors as wide as the processor has them, chosen at run time.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod portable;
#[cfg(target_arch = "x86_64")]
mod x86;

pub(super) use portable::Lanes;

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

/// The vectors that this processor computes with: `AVX-512`, `AVX2`, or `plain code`. Products of matrices add up in
/// another order with others, so that the last digits of a training may differ.
pub fn vectors() -> &'static str {
    match Level::detect() {
        Level::Portable => "plain code",
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => "AVX2",
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => "AVX-512",
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

/// Transposes the square in the first `LANES` vectors: interleaving the halves of the rows, log₂ of their number times.
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
