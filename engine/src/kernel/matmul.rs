//! Matrix products C ← A·B (+ C), single-threaded, without allocating.
//!
//! The library that measured best (`gemm`) allocates its packing buffers on every call, and a training step
//! allocates nothing; hence this kernel. B is packed into panels as wide as a register tile, in a scratch
//! buffer that the caller keeps; A is read in place, one broadcast element at a time. Each element of C is
//! summed over k in ascending order, in blocks of `KC`, whatever the sizes of C: splitting C by rows or
//! columns changes no bit of it.

use super::Scalar;
use super::simd::{Lanes, Level, Vector};

/// Terms of the sum that are accumulated in registers before C is touched: a packed panel of 48 × 256 f32
/// is 48 KiB, which stays in the first-level cache of current processors or close behind it.
const KC: usize = 256;

/// Columns of B that are packed at a time (a whole number of panels for every tile width in use).
const NC: usize = 192;

/// Numbers of scratch that a product needs, for any sizes.
pub const SCRATCH: usize = KC * NC;

/// A matrix that lies in a slice: element (i, j) stands at `i · row + j · column`.
#[derive(Clone, Copy, Debug)]
pub struct Matrix<'a, T> {
    data: &'a [T],
    row: usize,
    column: usize,
}

impl<'a, T> Matrix<'a, T> {
    /// Rows of `width` numbers, one after the other.
    pub fn rows(data: &'a [T], width: usize) -> Matrix<'a, T> {
        Matrix { data, row: width, column: 1 }
    }

    /// The same numbers read the other way round.
    pub fn transposed(self) -> Matrix<'a, T> {
        Matrix { data: self.data, row: self.column, column: self.row }
    }

    /// Whether an m × n matrix with these strides lies inside the slice.
    fn holds(&self, m: usize, n: usize) -> bool {
        m == 0 || n == 0 || (m - 1) * self.row + (n - 1) * self.column < self.data.len()
    }
}

/// One product, as the kernels take it.
pub struct Job<'a, T> {
    m: usize,
    n: usize,
    k: usize,
    a: Matrix<'a, T>,
    b: Matrix<'a, T>,
    c: &'a mut [T],
    scratch: &'a mut [T],
}

/// C ← A·B + (C if `add`): C is m × n in rows of n, A is m × k, B is k × n.
///
/// # Panics
/// Where a matrix does not hold its numbers or `scratch` is shorter than [`SCRATCH`]: mistakes of the caller.
#[allow(clippy::too_many_arguments)]
pub fn matmul<T: Scalar>(
    [m, n, k]: [usize; 3],
    a: Matrix<'_, T>,
    b: Matrix<'_, T>,
    c: &mut [T],
    add: bool,
    scratch: &mut [T],
) {
    matmul_at(Level::detect(), [m, n, k], a, b, c, add, scratch);
}

#[allow(clippy::too_many_arguments)]
fn matmul_at<T: Scalar>(
    level: Level,
    [m, n, k]: [usize; 3],
    a: Matrix<'_, T>,
    b: Matrix<'_, T>,
    c: &mut [T],
    add: bool,
    scratch: &mut [T],
) {
    assert!(a.holds(m, k) && b.holds(k, n) && c.len() >= m * n && scratch.len() >= SCRATCH);
    if !add {
        c[..m * n].fill(T::zero());
    }
    if m > 0 && n > 0 && k > 0 {
        T::product(level, &mut Job { m, n, k, a, b, c, scratch });
    }
}

/// C ← A·B (+ C) in the plainest way: the twin that the kernels are tested against.
pub fn naive<T: Scalar>([m, n, k]: [usize; 3], a: Matrix<'_, T>, b: Matrix<'_, T>, c: &mut [T], add: bool) {
    for i in 0..m {
        for j in 0..n {
            let mut sum = if add { c[i * n + j] } else { T::zero() };
            for p in 0..k {
                sum += a.data[i * a.row + p * a.column] * b.data[p * b.row + j * b.column];
            }
            c[i * n + j] = sum;
        }
    }
}

/// All register tiles of a product. `R` × `W` vectors are one tile of C.
///
/// # Safety
/// The matrices hold their numbers (checked by [`matmul`]); the processor has `V`'s instructions, and the
/// function is inlined into one that enables them.
#[inline(always)]
unsafe fn product<T: Scalar, V: Vector<T>, const R: usize, const W: usize>(job: &mut Job<'_, T>) {
    let width = W * V::LANES;
    let panels = NC / width;
    let (m, n, k) = (job.m, job.n, job.k);
    for k0 in (0..k).step_by(KC) {
        let kc = KC.min(k - k0);
        for n0 in (0..n).step_by(panels * width) {
            let nc = (panels * width).min(n - n0);
            pack(&job.b, k0, kc, n0, nc, width, job.scratch);
            for i0 in (0..m).step_by(R) {
                let rows = R.min(m - i0);
                for (panel, j0) in (0..nc).step_by(width).enumerate() {
                    let columns = width.min(nc - j0);
                    // SAFETY: rows i0..i0+rows and terms k0..k0+kc lie inside A; the packed panel has
                    // kc · width numbers; columns n0+j0.. + columns and these rows lie inside C.
                    unsafe {
                        let a = job.a.data.as_ptr().add(i0 * job.a.row + k0 * job.a.column);
                        let b = job.scratch.as_ptr().add(panel * kc * width);
                        let c = job.c.as_mut_ptr().add(i0 * n + n0 + j0);
                        match rows {
                            _ if rows == R => tile::<T, V, R, W>(kc, a, &job.a, b, c, n, columns),
                            1 => tile::<T, V, 1, W>(kc, a, &job.a, b, c, n, columns),
                            2..4 => {
                                tile::<T, V, 2, W>(kc, a, &job.a, b, c, n, columns);
                                if rows == 3 {
                                    let (a, c) = (a.add(2 * job.a.row), c.add(2 * n));
                                    tile::<T, V, 1, W>(kc, a, &job.a, b, c, n, columns);
                                }
                            }
                            _ => {
                                tile::<T, V, 4, W>(kc, a, &job.a, b, c, n, columns);
                                for r in 4..rows {
                                    let (a, c) = (a.add(r * job.a.row), c.add(r * n));
                                    tile::<T, V, 1, W>(kc, a, &job.a, b, c, n, columns);
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Copies columns n0..n0+nc, terms k0..k0+kc of B into panels of `width` columns, the last one filled with zeros.
#[inline(always)]
fn pack<T: Scalar>(
    b: &Matrix<'_, T>,
    k0: usize,
    kc: usize,
    n0: usize,
    nc: usize,
    width: usize,
    packed: &mut [T],
) {
    for (panel, j0) in packed.chunks_exact_mut(kc * width).zip((0..nc).step_by(width)) {
        let columns = width.min(nc - j0);
        let start = k0 * b.row + (n0 + j0) * b.column;
        if b.column == 1 {
            for (p, row) in panel.chunks_exact_mut(width).enumerate() {
                let from = start + p * b.row;
                row[..columns].copy_from_slice(&b.data[from..from + columns]);
                row[columns..].fill(T::zero());
            }
        } else {
            if columns < width {
                panel.fill(T::zero());
            }
            for j in 0..columns {
                let from = start + j * b.column;
                if b.row == 1 {
                    let column = &b.data[from..from + kc];
                    column.iter().zip(panel[j..].iter_mut().step_by(width)).for_each(|(x, slot)| *slot = *x);
                } else {
                    (0..kc).for_each(|p| panel[p * width + j] = b.data[from + p * b.row]);
                }
            }
        }
    }
}

/// One tile of C, R rows by W vectors: accumulated in registers over kc terms, then added to C.
///
/// # Safety
/// `a` points at the tile's first element of A, `b` at a packed panel, `c` at the tile's first element of C
/// (rows `ldc` apart), of which `columns` belong to it; the processor has `V`'s instructions.
#[inline(always)]
unsafe fn tile<T: Scalar, V: Vector<T>, const R: usize, const W: usize>(
    kc: usize,
    a: *const T,
    strides: &Matrix<'_, T>,
    b: *const T,
    c: *mut T,
    ldc: usize,
    columns: usize,
) {
    let width = W * V::LANES;
    // SAFETY: see the function's contract; every access below stays inside the tile that it describes.
    unsafe {
        let mut sums = [[V::zero(); W]; R];
        for p in 0..kc {
            let b = b.add(p * width);
            let row: [V; W] = std::array::from_fn(|w| V::load(b.add(w * V::LANES)));
            for (r, sums) in sums.iter_mut().enumerate() {
                let x = V::splat(*a.add(r * strides.row + p * strides.column));
                for w in 0..W {
                    sums[w] = x.mul_add(row[w], sums[w]);
                }
            }
        }
        let one = V::splat(T::one());
        if columns == width {
            for (r, sums) in sums.iter().enumerate() {
                for (w, sum) in sums.iter().enumerate() {
                    let c = c.add(r * ldc + w * V::LANES);
                    sum.mul_add(one, V::load(c)).store(c);
                }
            }
        } else {
            // A ragged edge: the same additions through a row on the stack.
            let mut edge = [T::zero(); 64];
            for (r, sums) in sums.iter().enumerate() {
                for (w, sum) in sums.iter().enumerate() {
                    sum.store(edge.as_mut_ptr().add(w * V::LANES));
                }
                for (j, sum) in edge[..columns].iter().enumerate() {
                    *c.add(r * ldc + j) += *sum;
                }
            }
        }
    }
}

macro_rules! products {
    ($name:ident, $scalar:ty, $lanes:literal, $avx2:ty, $avx512:ty) => {
        pub(super) fn $name(level: Level, job: &mut Job<'_, $scalar>) {
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx2,fma")]
                unsafe fn avx2(job: &mut Job<'_, $scalar>) {
                    // SAFETY: the instructions are enabled here; `matmul` checked the sizes.
                    unsafe { product::<$scalar, $avx2, 4, 3>(job) }
                }
                #[target_feature(enable = "avx512f")]
                unsafe fn avx512(job: &mut Job<'_, $scalar>) {
                    // SAFETY: the instructions are enabled here; `matmul` checked the sizes.
                    unsafe { product::<$scalar, $avx512, 8, 3>(job) }
                }
                match level {
                    // SAFETY: a level is only named where the processor was seen to have it.
                    Level::Avx512 => return unsafe { avx512(job) },
                    // SAFETY: as above.
                    Level::Avx2 => return unsafe { avx2(job) },
                    Level::Portable => {}
                }
            }
            let _ = level; // the portable one, on every processor
            // SAFETY: the portable vector needs no special instructions; `matmul` checked the sizes.
            unsafe { product::<$scalar, Lanes<$scalar, $lanes>, 4, 2>(job) }
        }
    };
}

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::{__m256, __m256d, __m512, __m512d};
products!(product_f32, f32, 4, __m256, __m512);
products!(product_f64, f64, 2, __m256d, __m512d);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::random;

    /// Sizes around every register and block edge.
    pub const ODD_SIZES: [usize; 14] = [0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 47, 49, 97, 259];

    fn numbers<T: Scalar>(key: u64, n: usize) -> Vec<T> {
        (0..n).map(|i| T::of(random::uniform(key, i as u64) - 0.5)).collect()
    }

    fn agrees_with_its_twin<T: Scalar>(tolerance: f64) {
        let mut scratch = vec![T::nan(); SCRATCH];
        for level in Level::all() {
            for (m, n, k) in ODD_SIZES
                .iter()
                .flat_map(|&m| ODD_SIZES.iter().map(move |&n| (m, n)))
                .flat_map(|(m, n)| [1, 5, 16, 259].map(|k| (m, n, k)))
                .filter(|(m, n, _)| m * n < 10_000)
            {
                let (a, b) = (numbers::<T>(1, m * k), numbers::<T>(2, k * n));
                let start = numbers::<T>(3, m * n);
                for transposed in [[false, false], [true, false], [false, true], [true, true]] {
                    let a =
                        if transposed[0] { Matrix::rows(&a, m).transposed() } else { Matrix::rows(&a, k) };
                    let b =
                        if transposed[1] { Matrix::rows(&b, k).transposed() } else { Matrix::rows(&b, n) };
                    for add in [false, true] {
                        let (mut fast, mut plain) = (start.clone(), start.clone());
                        matmul_at(level, [m, n, k], a, b, &mut fast, add, &mut scratch);
                        naive([m, n, k], a, b, &mut plain, add);
                        for (x, y) in fast.iter().zip(&plain) {
                            let error = (x.f64() - y.f64()).abs();
                            assert!(
                                error <= tolerance,
                                "{level:?} {m}×{n}×{k} {transposed:?} {add}: {error:e}"
                            );
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn products_of_every_level_agree_with_the_naive_twin_in_f64() {
        agrees_with_its_twin::<f64>(1e-13);
    }

    #[test]
    fn products_of_every_level_agree_with_the_naive_twin_in_f32() {
        agrees_with_its_twin::<f32>(1e-4);
    }

    #[test]
    fn rows_of_a_product_do_not_depend_on_the_other_rows() {
        let (m, n, k) = (33, 50, 300);
        let (a, b) = (numbers::<f32>(4, m * k), numbers::<f32>(5, k * n));
        let mut scratch = vec![0.0; SCRATCH];
        let mut whole = vec![0.0; m * n];
        matmul([m, n, k], Matrix::rows(&a, k), Matrix::rows(&b, n), &mut whole, false, &mut scratch);
        for (from, rows) in [(0, 1), (1, 16), (17, 3), (20, 13)] {
            let mut part = vec![0.0; rows * n];
            let a = Matrix::rows(&a[from * k..], k);
            matmul([rows, n, k], a, Matrix::rows(&b, n), &mut part, false, &mut scratch);
            assert_eq!(part, whole[from * n..(from + rows) * n], "rows {from}..{}", from + rows);
        }
    }
}
