//! Matrix products C ← A·B (+ C), without allocating; [`super::Team`] gives them to threads.
//!
//! The library that measured best (`gemm`) allocates its packing buffers on every call, and a training step
//! allocates nothing; hence this kernel. A and B are packed, where that pays, into panels as wide as a register
//! tile, in a scratch buffer that the caller keeps. Each element of C is summed over k in ascending order, in
//! blocks of `KC`, whatever the sizes of C: splitting C by rows or columns changes no bit of it.

use super::Scalar;
use super::simd::{Lanes, Level, Vector};
use std::marker::PhantomData;
use std::ops::Range;

/// Terms of the sum that are accumulated in registers before C is touched: a packed panel of 48 × 256 f32 is
/// 48 KiB, which stay in reach of the first-level cache.
const KC: usize = 256;

/// Rows of A that are packed at a time: with `KC` terms 512 KiB of f32, which stay in the second-level cache.
const MC: usize = 512;

/// The widest panel of B.
pub(super) const WIDEST: usize = 48;

/// Rows of A up to which packing B costs more than it saves, where B's rows lie in one piece.
const DIRECT_B: usize = 32;

/// Columns of B up to which packing A costs more than it saves.
const DIRECT_A: usize = 64;

/// Bytes of the widest vector, and of a cache line: packed panels start there, so that no load meets two lines.
const LINE: usize = 64;

/// Numbers of scratch that a product needs, for any sizes: B, A, the end of a last vector, and the start of a line.
pub const SCRATCH: usize = KC * WIDEST + KC * MC + 2 * LINE;

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

/// What a product is added to.
#[derive(Clone, Copy, Debug)]
pub enum Onto<'a, T> {
    /// Nothing.
    Zero,
    /// What C holds.
    C,
    /// This row, in every row of C.
    Row(&'a [T]),
}

/// One product, as the kernels take it; or a piece of one.
pub struct Job<'a, T> {
    size: [usize; 3],
    a: Matrix<'a, T>,
    b: Matrix<'a, T>,
    /// First element of C; its rows are `ldc` apart.
    c: *mut T,
    ldc: usize,
    onto: Onto<'a, T>,
    room: PhantomData<&'a mut T>,
}

// SAFETY: a job is shared to be cut into pieces that write different elements of C.
unsafe impl<T: Sync> Sync for Job<'_, T> {}

impl<'a, T: Scalar> Job<'a, T> {
    /// # Panics
    /// Where a matrix does not hold its numbers: a mistake of the caller.
    pub(super) fn new(
        [m, n, k]: [usize; 3],
        a: Matrix<'a, T>,
        b: Matrix<'a, T>,
        c: &'a mut [T],
        onto: Onto<'a, T>,
    ) -> Job<'a, T> {
        assert!(a.holds(m, k) && b.holds(k, n) && c.len() >= m * n);
        if let Onto::Row(row) = onto {
            assert!(row.len() >= n);
        }
        Job { size: [m, n, k], a, b, c: c.as_mut_ptr(), ldc: n, onto, room: PhantomData }
    }

    /// The piece that computes some rows of C.
    pub(super) fn rows(&self, rows: Range<usize>) -> Job<'a, T> {
        let [m, n, k] = self.size;
        assert!(rows.start < m && rows.end <= m);
        // SAFETY: the row lies inside C.
        let c = unsafe { self.c.add(rows.start * self.ldc) };
        let a = Matrix { data: &self.a.data[(rows.start * self.a.row).min(self.a.data.len())..], ..self.a };
        Job { size: [rows.len(), n, k], a, c, ..*self }
    }

    /// The piece that computes some columns of C.
    pub(super) fn columns(&self, columns: Range<usize>) -> Job<'a, T> {
        let [m, n, k] = self.size;
        assert!(columns.start < n && columns.end <= n);
        // SAFETY: the column lies inside C.
        let c = unsafe { self.c.add(columns.start) };
        let b =
            Matrix { data: &self.b.data[(columns.start * self.b.column).min(self.b.data.len())..], ..self.b };
        let onto = match self.onto {
            Onto::Row(row) => Onto::Row(&row[columns.clone()]),
            onto => onto,
        };
        Job { size: [m, columns.len(), k], b, c, onto, ..*self }
    }

    /// Computes it, in a room of [`SCRATCH`] numbers. No two pieces that share an element of C may run at a time.
    pub(super) fn run(&self, level: Level, scratch: &mut [T]) {
        assert!(scratch.len() >= SCRATCH);
        let [m, n, k] = self.size;
        if m == 0 || n == 0 {
            return;
        }
        if k > 0 {
            return T::product(level, self, scratch);
        }
        for i in 0..m {
            // SAFETY: row i lies inside C, and no other piece that runs has these elements.
            let c = unsafe { std::slice::from_raw_parts_mut(self.c.add(i * self.ldc), n) };
            match self.onto {
                Onto::Zero => c.fill(T::zero()),
                Onto::C => {}
                Onto::Row(row) => c.copy_from_slice(&row[..n]),
            }
        }
    }
}

/// C ← A·B + `onto` in the plainest way: the twin that the kernels are tested against.
pub fn naive<T: Scalar>(
    [m, n, k]: [usize; 3],
    a: Matrix<'_, T>,
    b: Matrix<'_, T>,
    c: &mut [T],
    onto: Onto<'_, T>,
) {
    for i in 0..m {
        for j in 0..n {
            let mut sum = match onto {
                Onto::Zero => T::zero(),
                Onto::C => c[i * n + j],
                Onto::Row(row) => row[j],
            };
            for p in 0..k {
                sum += a.data[i * a.row + p * a.column] * b.data[p * b.row + j * b.column];
            }
            c[i * n + j] = sum;
        }
    }
}

/// All register tiles of a product. A tile of C is at most `R` rows by two vectors.
///
/// # Safety
/// The matrices hold their numbers (checked by [`matmul`]); the processor has `V`'s instructions, and the
/// function is inlined into one that enables them.
#[inline(always)]
unsafe fn product<T: Scalar, V: Vector<T>, const R: usize, const W: usize>(
    job: &Job<'_, T>,
    scratch: &mut [T],
) {
    let width = W * V::LANES;
    let [m, n, k] = job.size;
    let start = scratch.as_ptr().align_offset(LINE);
    let (b_room, a_room) = scratch[start..].split_at_mut(KC * WIDEST);
    let direct_b = job.b.column == 1 && m <= DIRECT_B;
    for i0 in (0..m).step_by(MC) {
        let mc = MC.min(m - i0);
        // Whole tiles of rows are packed, the others are read in place.
        let packed = if n > DIRECT_A { mc - mc % R } else { 0 };
        for k0 in (0..k).step_by(KC) {
            let kc = KC.min(k - k0);
            // SAFETY: rows i0..i0+mc and terms k0..k0+kc lie inside A; `packed` rows of kc terms, at most
            // MC · KC numbers and the end of a last vector, lie inside the room.
            let a = unsafe {
                let a = job.a.data.as_ptr().add(i0 * job.a.row + k0 * job.a.column);
                for i in (0..packed).step_by(R) {
                    pack_a::<T, V, R>(a.add(i * job.a.row), &job.a, kc, a_room.as_mut_ptr().add(i * kc));
                }
                a
            };
            for j0 in (0..n).step_by(width) {
                let columns = width.min(n - j0);
                // SAFETY: terms k0..k0+kc and these columns lie inside B; the panel has room for kc rows of
                // `width` numbers.
                let (b, ldb) = unsafe {
                    let b = job.b.data.as_ptr().add(k0 * job.b.row + j0 * job.b.column);
                    if direct_b && columns == width {
                        (b, job.b.row)
                    } else {
                        pack_b::<T, V, W>(b, &job.b, kc, columns, b_room.as_mut_ptr());
                        (b_room.as_ptr(), width)
                    }
                };
                let onto = match job.onto {
                    _ if k0 > 0 => Onto::C,
                    Onto::Row(row) => Onto::Row(&row[j0..j0 + columns]),
                    onto => onto,
                };
                let mut i = 0;
                while i < mc {
                    // SAFETY: rows i.. and terms k0.. lie inside A, these columns of these rows inside C.
                    i += unsafe {
                        let strides = [job.a.row, job.a.column];
                        let c = job.c.add((i0 + i) * job.ldc + j0);
                        let mut tile =
                            Tile { kc, a: a.add(i * job.a.row), strides, b, ldb, c, ldc: job.ldc, columns };
                        match mc - i {
                            _ if i < packed => {
                                tile.a = a_room.as_ptr().add(i * kc);
                                tile.run::<V, R, W, true>(onto)
                            }
                            rows if rows >= R => tile.run::<V, R, W, false>(onto),
                            4.. => tile.run::<V, 4, W, false>(onto),
                            2.. => tile.run::<V, 2, W, false>(onto),
                            _ => tile.run::<V, 1, W, false>(onto),
                        }
                    };
                }
            }
        }
    }
}

/// Copies kc terms of R rows of A, the R numbers of a term side by side.
///
/// # Safety
/// `a` points at the first of these numbers, `packed` at room for them and one vector; the processor has `V`'s
/// instructions.
#[inline(always)]
unsafe fn pack_a<T: Scalar, V: Vector<T>, const R: usize>(
    a: *const T,
    strides: &Matrix<'_, T>,
    kc: usize,
    packed: *mut T,
) {
    // SAFETY: see the function's contract; every access stays inside the rows and terms that it describes.
    unsafe {
        let turned = if strides.column == 1 && R <= V::LANES { kc - kc % V::LANES } else { 0 };
        for p in (0..turned).step_by(V::LANES) {
            let mut square = [V::zero(); 16];
            (0..R).for_each(|r| square[r] = V::load(a.add(r * strides.row + p)));
            let square = transpose(square);
            // Each store's upper lanes are overwritten by the next one.
            (0..V::LANES).for_each(|q| square[q].store(packed.add((p + q) * R)));
        }
        if strides.row == 1 && R < V::LANES {
            (0..kc).for_each(|p| V::load_some(a.add(p * strides.column), R).store(packed.add(p * R)));
            return;
        }
        for p in turned..kc {
            for r in 0..R {
                *packed.add(p * R + r) = *a.add(r * strides.row + p * strides.column);
            }
        }
    }
}

/// Copies kc rows of `columns` numbers of B into a panel of rows of two vectors, filled up with zeros.
///
/// # Safety
/// `b` points at the first of these numbers, `panel` at room for the rows; the processor has `V`'s instructions.
#[inline(always)]
unsafe fn pack_b<T: Scalar, V: Vector<T>, const W: usize>(
    b: *const T,
    strides: &Matrix<'_, T>,
    kc: usize,
    columns: usize,
    panel: *mut T,
) {
    let (width, lanes) = (W * V::LANES, V::LANES);
    // SAFETY: see the function's contract; every access stays inside the rows and columns that it describes.
    unsafe {
        if strides.column == 1 && columns == width {
            for p in 0..kc {
                let (from, to) = (b.add(p * strides.row), panel.add(p * width));
                (0..W).for_each(|w| V::load(from.add(w * lanes)).store(to.add(w * lanes)));
            }
            return;
        }
        // Squares of lanes × lanes numbers are turned in registers, where a column of B lies in one piece.
        let turned = if strides.row == 1 { kc - kc % lanes } else { 0 };
        for half in (0..width).step_by(lanes) {
            let there = columns.saturating_sub(half).min(lanes);
            for p in (0..turned).step_by(lanes) {
                let mut square = [V::zero(); 16];
                for (j, row) in square[..there].iter_mut().enumerate() {
                    *row = V::load(b.add((half + j) * strides.column + p));
                }
                let square = transpose(square);
                for (q, row) in square[..lanes].iter().enumerate() {
                    row.store(panel.add((p + q) * width + half));
                }
            }
        }
        for p in turned..kc {
            for j in 0..width {
                let inside = j < columns;
                let x = if inside { *b.add(p * strides.row + j * strides.column) } else { T::zero() };
                *panel.add(p * width + j) = x;
            }
        }
    }
}

/// Turns the square in the first `LANES` vectors: interleaving the halves of the rows, log₂ of their number times.
///
/// # Safety
/// The processor has `V`'s instructions.
#[inline(always)]
unsafe fn transpose<T, V: Vector<T>>(mut rows: [V; 16]) -> [V; 16] {
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

/// One tile of C: its first elements, and how far apart rows are.
struct Tile<T> {
    kc: usize,
    a: *const T,
    strides: [usize; 2],
    b: *const T,
    ldb: usize,
    c: *mut T,
    ldc: usize,
    columns: usize,
}

impl<T: Scalar> Tile<T> {
    /// Computes R rows of the tile; returns R.
    ///
    /// # Safety
    /// `a` points at R rows of kc terms, `b` at kc rows of two vectors, `c` at R rows of `columns` numbers; the
    /// processor has `V`'s instructions.
    #[inline(always)]
    unsafe fn run<V: Vector<T>, const R: usize, const W: usize, const PACKED: bool>(
        &self,
        onto: Onto<'_, T>,
    ) -> usize {
        // SAFETY: as the caller promised.
        unsafe {
            match self.columns.div_ceil(V::LANES) {
                1 => self.wide::<V, R, 1, PACKED>(onto),
                2 => self.wide::<V, R, 2, PACKED>(onto),
                _ => self.wide::<V, R, W, PACKED>(onto),
            }
        }
        R
    }

    /// # Safety
    /// See [`Tile::run`]; `columns` are at most W vectors.
    #[inline(always)]
    unsafe fn wide<V: Vector<T>, const R: usize, const W: usize, const PACKED: bool>(
        &self,
        onto: Onto<'_, T>,
    ) {
        // SAFETY: see the function's contract; every access below stays inside the tile that it describes.
        unsafe {
            let [down, along] = if PACKED { [1, R] } else { self.strides };
            let mut sums = [[V::zero(); W]; R];
            for r in 0..R {
                (0..W).for_each(|w| V::prefetch(self.c.add(r * self.ldc + w * V::LANES)));
            }
            for p in 0..self.kc {
                let b = self.b.add(p * self.ldb);
                let row: [V; W] = std::array::from_fn(|w| V::load(b.add(w * V::LANES)));
                let a = self.a.add(p * along);
                for (r, sums) in sums.iter_mut().enumerate() {
                    let x = V::splat(*a.add(r * down));
                    for w in 0..W {
                        sums[w] = x.mul_add(row[w], sums[w]);
                    }
                }
            }
            for (r, sums) in sums.iter().enumerate() {
                for (w, sum) in sums.iter().enumerate() {
                    let at = w * V::LANES;
                    let count = (self.columns - at).min(V::LANES);
                    let c = self.c.add(r * self.ldc + at);
                    let sum = match onto {
                        Onto::Zero => *sum,
                        Onto::C => sum.add(V::load_some(c, count)),
                        Onto::Row(row) => sum.add(V::load_some(row.as_ptr().add(at), count)),
                    };
                    sum.store_some(c, count);
                }
            }
        }
    }
}

macro_rules! products {
    ($name:ident, $scalar:ty, $lanes:literal, $avx2:ty, $avx512:ty) => {
        pub(super) fn $name(level: Level, job: &Job<'_, $scalar>, scratch: &mut [$scalar]) {
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx2,fma")]
                unsafe fn avx2(job: &Job<'_, $scalar>, scratch: &mut [$scalar]) {
                    // SAFETY: the instructions are enabled here; `matmul` checked the sizes.
                    unsafe { product::<$scalar, $avx2, 4, 3>(job, scratch) }
                }
                #[target_feature(enable = "avx512f")]
                unsafe fn avx512(job: &Job<'_, $scalar>, scratch: &mut [$scalar]) {
                    // SAFETY: the instructions are enabled here; `matmul` checked the sizes.
                    unsafe { product::<$scalar, $avx512, 8, 3>(job, scratch) }
                }
                match level {
                    // SAFETY: a level is only named where the processor was seen to have it.
                    Level::Avx512 => return unsafe { avx512(job, scratch) },
                    // SAFETY: as above.
                    Level::Avx2 => return unsafe { avx2(job, scratch) },
                    Level::Portable => {}
                }
            }
            let _ = level; // the portable one, on every processor
            // SAFETY: the portable vector needs no special instructions; `matmul` checked the sizes.
            unsafe { product::<$scalar, Lanes<$scalar, $lanes>, 4, 2>(job, scratch) }
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
                .flat_map(|(m, n)| [0, 1, 5, 16, 259].map(|k| (m, n, k)))
                .filter(|(m, n, _)| m * n < 10_000)
            {
                let (a, b) = (numbers::<T>(1, m * k), numbers::<T>(2, k * n));
                let start = numbers::<T>(3, m * n);
                let bias = numbers::<T>(4, n);
                for transposed in [[false, false], [true, false], [false, true], [true, true]] {
                    let a =
                        if transposed[0] { Matrix::rows(&a, m).transposed() } else { Matrix::rows(&a, k) };
                    let b =
                        if transposed[1] { Matrix::rows(&b, k).transposed() } else { Matrix::rows(&b, n) };
                    for onto in [Onto::Zero, Onto::C, Onto::Row(&bias)] {
                        let (mut fast, mut plain) = (start.clone(), start.clone());
                        Job::new([m, n, k], a, b, &mut fast, onto).run(level, &mut scratch);
                        naive([m, n, k], a, b, &mut plain, onto);
                        for (x, y) in fast.iter().zip(&plain) {
                            let error = (x.f64() - y.f64()).abs();
                            assert!(
                                error <= tolerance,
                                "{level:?} {m}×{n}×{k} {transposed:?} {onto:?}: {error:e}"
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
    fn pieces_of_a_product_have_the_bits_of_the_whole() {
        let (m, n, k) = (83, 150, 300);
        let (a, b, bias) = (numbers::<f32>(4, m * k), numbers::<f32>(5, k * n), numbers::<f32>(6, n));
        let (a, b) = (Matrix::rows(&a, k), Matrix::rows(&b, n));
        let mut scratch = vec![0.0; SCRATCH];
        for level in Level::all() {
            let (mut whole, mut pieces) = (vec![0.0; m * n], vec![0.0; m * n]);
            Job::new([m, n, k], a, b, &mut whole, Onto::Row(&bias)).run(level, &mut scratch);
            let job = Job::new([m, n, k], a, b, &mut pieces, Onto::Row(&bias));
            for rows in [0..1, 1..17, 17..20, 20..83] {
                for columns in [0..16, 16..48, 48..49, 49..150] {
                    job.rows(rows.clone()).columns(columns).run(level, &mut scratch);
                }
            }
            assert!(pieces == whole, "{level:?}");
        }
    }
}
