//! Matrix products C ← A·B (+ C), without allocating; [`super::Team`] gives them to threads.
//!
//! The library that measured best (`gemm`) allocates its packing buffers on every call, and a training step
//! allocates nothing; hence this kernel. A and B are packed, where that pays, into panels as wide as a register
//! tile, in a scratch buffer that the caller keeps. Each element of C starts from what it is added to and
//! takes its terms in ascending order, whatever the sizes of C: splitting C by rows or columns changes no bit of it.

use super::Scalar;
use super::scalar::Sealed;
use super::simd::{Level, Vector, transpose};
use std::marker::PhantomData;
use std::ops::Range;

/// Terms of the sum that are accumulated in registers before C is touched. A panel of 32 × 512 f32 streams from the
/// second-level cache, which costs less than going over C twice as often: its rows, a power of two apart, meet in few
/// sets of the first-level cache.
const KC: usize = 512;

/// Rows of A that are packed at a time: with `KC` terms a megabyte of f32, about a second-level cache.
const MC: usize = 528;

/// Distance of packed rows of A: a line more than they are long, so that they do not meet in one set of the cache.
const LDA: usize = KC + 16;

/// The widest panel of B.
pub(super) const WIDEST: usize = 32;

/// Rows of A up to which packing B costs more than it saves, where B's rows lie in one piece.
const DIRECT_B: usize = 32;

/// Columns of B up to which packing A costs more than it saves.
const DIRECT_A: usize = 64;

/// Terms ahead of the one that is packed, from where on memory is fast enough.
const AHEAD: usize = 16;

/// Multiplications up to which a product is done number by number.
const TINY: usize = 32;

/// Bytes of the widest vector, and of a cache line: packed panels start there, so that no load meets two lines.
const LINE: usize = 64;

/// Numbers of scratch that a product needs, for any sizes: B, A, the end of a last vector, and the start of a line.
pub const SCRATCH: usize = KC * WIDEST + LDA * MC + 2 * LINE;

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

    /// One number, in every place.
    pub fn all(number: &'a T) -> Matrix<'a, T> {
        Matrix { data: std::slice::from_ref(number), row: 0, column: 0 }
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

    /// A column as the row that lies in the same place: Cᵀ ← Bᵀ·Aᵀ.
    fn turned(&self) -> Job<'a, T> {
        let [m, n, k] = self.size;
        let onto = match self.onto {
            Onto::Row(row) => {
                // SAFETY: C has m numbers, one after the other, and no other piece that runs has them.
                unsafe { std::slice::from_raw_parts_mut(self.c, m) }.fill(row[0]);
                Onto::C
            }
            onto => onto,
        };
        Job { size: [n, m, k], a: self.b.transposed(), b: self.a.transposed(), ldc: m, onto, ..*self }
    }

    /// Computes it, in a room of [`SCRATCH`] numbers. No two pieces that share an element of C may run at a time.
    pub(super) fn run(&self, level: Level, scratch: &mut [T]) {
        assert!(scratch.len() >= SCRATCH);
        let [m, n, k] = self.size;
        if m == 0 || n == 0 {
            return;
        }
        if n == 1 && m > 1 && self.ldc == 1 {
            return self.turned().run(level, scratch);
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

/// A product in the way that suits its size; every way gives the same bits.
///
/// # Safety
/// See [`product`].
#[inline(always)]
unsafe fn of_width<T: Scalar, V: Vector<T>, const R: usize, const W: usize>(
    job: &Job<'_, T>,
    scratch: &mut [T],
) {
    let [m, n, k] = job.size;
    // SAFETY: as the caller promised.
    unsafe {
        if m * n * k <= TINY {
            tiny::<T, V>(job);
        } else if n <= V::Half::LANES && V::Half::LANES < V::LANES {
            product::<T, V::Half, 8, 1>(job, scratch);
        } else {
            product::<T, V, R, W>(job, scratch);
        }
    }
}

/// A product of a few numbers, element by element, with the bits that the tiles give.
///
/// # Safety
/// See [`product`].
#[inline(always)]
unsafe fn tiny<T: Scalar, V: Vector<T>>(job: &Job<'_, T>) {
    let [m, n, k] = job.size;
    for (i, j) in (0..m).flat_map(|i| (0..n).map(move |j| (i, j))) {
        // SAFETY: row i and column j lie inside the matrices, term p too.
        unsafe {
            let (a, b) = (job.a.data.as_ptr().add(i * job.a.row), job.b.data.as_ptr().add(j * job.b.column));
            let c = job.c.add(i * job.ldc + j);
            *c = match job.onto {
                Onto::Zero => T::zero(),
                Onto::C => *c,
                Onto::Row(row) => *row.as_ptr().add(j),
            };
            for p in 0..k {
                *c = V::mul_add_one(*a.add(p * job.a.column), *b.add(p * job.b.row), *c);
            }
        }
    }
}

/// All register tiles of a product. A tile of C is at most `R` rows by `W` vectors.
///
/// # Safety
/// The matrices hold their numbers (checked by [`Job::new`]); the processor has `V`'s instructions, and the
/// function is inlined into one that enables them.
#[inline(always)]
unsafe fn product<T: Scalar, V: Vector<T>, const R: usize, const W: usize>(
    job: &Job<'_, T>,
    scratch: &mut [T],
) {
    // SAFETY: as the caller promised.
    unsafe {
        // Rows that are a power of two apart would meet in few sets of the cache.
        let near = job.a.column == 1 && !(job.a.row * size_of::<T>()).is_multiple_of(1024);
        if job.size[1] <= DIRECT_A || near {
            blocks::<T, V, R, W, false>(job, scratch);
        } else {
            blocks::<T, V, R, W, true>(job, scratch);
        }
    }
}

/// See [`product`]; with `PACKED`, A is packed.
///
/// # Safety
/// See [`product`].
#[inline(always)]
unsafe fn blocks<T: Scalar, V: Vector<T>, const R: usize, const W: usize, const PACKED: bool>(
    job: &Job<'_, T>,
    scratch: &mut [T],
) {
    let width = W * V::LANES;
    let [m, n, k] = job.size;
    let start = scratch.as_ptr().align_offset(LINE);
    let (b_room, a_room) = scratch[start..].split_at_mut(KC * WIDEST);
    let direct_b = job.b.column == 1 && m <= DIRECT_B;
    // Blocks of about one size.
    let block = m.div_ceil(m.div_ceil(MC)).next_multiple_of(R).min(MC);
    for i0 in (0..m).step_by(block) {
        let mc = block.min(m - i0);
        for k0 in (0..k).step_by(KC) {
            let kc = KC.min(k - k0);
            // SAFETY: rows i0..i0+mc and terms k0..k0+kc lie inside A; the room has `LDA` numbers for each row, and
            // a vector more.
            let a = unsafe {
                let a = job.a.data.as_ptr().add(i0 * job.a.row + k0 * job.a.column);
                if PACKED {
                    pack_a::<T, V, R>(a, &job.a, mc, kc, a_room.as_mut_ptr());
                    a_room.as_ptr()
                } else {
                    a
                }
            };
            let down = if PACKED { LDA } else { job.a.row };
            for j0 in (0..n).step_by(width) {
                let columns = width.min(n - j0);
                // SAFETY: terms k0..k0+kc and these columns lie inside B; the panel has room for kc rows of
                // `width` numbers. Addresses to prefetch may be any.
                let (b, ldb) = unsafe {
                    let b = job.b.data.as_ptr().add(k0 * job.b.row + j0 * job.b.column);
                    if direct_b && columns == width {
                        (b, job.b.row)
                    } else {
                        let ldb = pack_b::<T, V, W>(b, &job.b, kc, columns, b_room.as_mut_ptr());
                        (b_room.as_ptr(), ldb)
                    }
                };
                let onto = match job.onto {
                    _ if k0 > 0 => Onto::C,
                    Onto::Row(row) => Onto::Row(&row[j0..j0 + columns]),
                    onto => onto,
                };
                let strides = [job.a.row, job.a.column];
                let mut i = 0;
                while i < mc {
                    // SAFETY: rows i.. and terms k0.. lie inside A, these columns of these rows inside C.
                    i += unsafe {
                        let c = job.c.add((i0 + i) * job.ldc + j0);
                        let tile = Tile { kc, a: a.add(i * down), strides, b, ldb, c, ldc: job.ldc, columns };
                        tile.of_rows::<V, R, W, PACKED>(group::<R>(mc - i), onto)
                    };
                }
            }
        }
    }
}

/// Rows of the next tile where so many are left: at most R, in tiles of about one size.
#[inline(always)]
fn group<const R: usize>(left: usize) -> usize {
    if left <= R { left } else { left.div_ceil(left.div_ceil(R)) }
}

/// Copies kc terms of mc rows of A: the rows of a tile side by side, term after term; tiles are as far apart as if
/// each of their rows took [`LDA`] numbers.
///
/// # Safety
/// `a` points at the first of these numbers, `packed` at room for them; the processor has `V`'s instructions.
#[inline(always)]
unsafe fn pack_a<T: Scalar, V: Vector<T>, const R: usize>(
    a: *const T,
    strides: &Matrix<'_, T>,
    mc: usize,
    kc: usize,
    packed: *mut T,
) {
    let lanes = V::LANES;
    let mut i = 0;
    while i < mc {
        let rows = group::<R>(mc - i);
        for first in (0..rows).step_by(lanes) {
            let some = (rows - first).min(lanes);
            // SAFETY: every read stays inside the rows and terms that the contract describes, and every write
            // inside the tile's room.
            unsafe {
                let (a, to) = (a.add((i + first) * strides.row), packed.add(i * LDA + first));
                if strides.column == 1 {
                    for p in (0..kc).step_by(lanes) {
                        let terms = (kc - p).min(lanes);
                        let square = turned::<T, V>(a.add(p), strides.row, some, terms);
                        for (q, term) in square[..terms].iter().enumerate() {
                            term.store_some(to.add((p + q) * rows), some);
                        }
                    }
                } else if strides.row == 1 {
                    for p in 0..kc {
                        let from = a.add(p * strides.column);
                        V::prefetch(from.wrapping_add(AHEAD * strides.column));
                        V::load_some(from, some).store_some(to.add(p * rows), some);
                    }
                } else {
                    for (p, r) in (0..kc).flat_map(|p| (0..some).map(move |r| (p, r))) {
                        *to.add(p * rows + r) = *a.add(r * strides.row + p * strides.column);
                    }
                }
            }
        }
        i += rows;
    }
}

/// Copies kc rows of `columns` numbers of B into a panel of rows of whole vectors, filled up; returns how
/// far apart the panel's rows are.
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
) -> usize {
    let lanes = V::LANES;
    let width = columns.next_multiple_of(lanes);
    // SAFETY: see the function's contract; every access stays inside the rows and columns that it describes.
    unsafe {
        if strides.column == 1 && columns == W * lanes {
            for p in 0..kc {
                let (from, to) = (b.add(p * strides.row), panel.add(p * width));
                (0..W).for_each(|w| {
                    V::prefetch(from.wrapping_add(width + w * lanes)); // of the next panel
                    V::load(from.add(w * lanes)).store(to.add(w * lanes));
                });
            }
            return width;
        }
        for first in (0..width).step_by(lanes) {
            let there = (columns - first).min(lanes);
            if strides.column == 1 {
                for p in 0..kc {
                    let row = V::load_some(b.add(p * strides.row + first), there);
                    row.store(panel.add(p * width + first));
                }
            } else if strides.row == 1 {
                // A column of B lies in one piece: squares of lanes × lanes numbers are turned in registers.
                for p in (0..kc).step_by(lanes) {
                    let terms = (kc - p).min(lanes);
                    let from = b.add(first * strides.column + p);
                    let square = turned::<T, V>(from, strides.column, there, terms);
                    for (q, row) in square[..terms].iter().enumerate() {
                        row.store(panel.add((p + q) * width + first));
                    }
                }
            } else {
                for (p, j) in (0..kc).flat_map(|p| (0..lanes).map(move |j| (p, j))) {
                    let inside = j < there;
                    let from = b.add(p * strides.row + (first + j.min(there - 1)) * strides.column);
                    *panel.add(p * width + first + j) = if inside { *from } else { T::zero() };
                }
            }
        }
    }
    width
}

/// Reads `rows` rows of `terms` numbers, at most a vector of each, and turns them: the first `terms` vectors hold a term
/// of all rows each, and anything in the lanes of rows that are not there.
///
/// # Safety
/// `from` points at rows that are `stride` apart; the processor has `V`'s instructions.
#[inline(always)]
unsafe fn turned<T: Scalar, V: Vector<T>>(
    from: *const T,
    stride: usize,
    rows: usize,
    terms: usize,
) -> [V; 16] {
    // SAFETY: as the caller promised; prefetched addresses, of the next panel, may be any.
    unsafe {
        (0..rows).for_each(|r| V::prefetch(from.wrapping_add((WIDEST + r) * stride)));
        if terms == V::LANES {
            return V::square(from, stride, rows);
        }
        let mut square = [V::zero(); 16];
        for (r, row) in square[..rows].iter_mut().enumerate() {
            *row = V::load_some(from.add(r * stride), terms);
        }
        transpose(square)
    }
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

/// A tile of each number of rows has its own code: its sums are in registers.
macro_rules! of_rows {
    ($($rows:literal)*) => {
        /// Computes so many rows, 1 to R, of the tile; returns how many.
        ///
        /// # Safety
        /// See [`Tile::run`].
        #[inline(always)]
        unsafe fn of_rows<V: Vector<T>, const R: usize, const W: usize, const PACKED: bool>(
            &self,
            rows: usize,
            onto: Onto<'_, T>,
        ) -> usize {
            match rows {
                // SAFETY: as the caller promised.
                $($rows if $rows <= R => unsafe { self.run::<V, $rows, W, PACKED>(onto) },)*
                _ => unreachable!("a tile of {rows} rows"),
            }
        }
    };
}

impl<T: Scalar> Tile<T> {
    of_rows!(1 2 3 4 5 6 7 8 9 10 11 12);

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
                2 if W > 2 => self.wide::<V, R, 2, PACKED>(onto),
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
            match onto {
                Onto::Zero => {}
                Onto::Row(row) => {
                    let row: [V; W] = std::array::from_fn(|w| self.load(row.as_ptr(), w));
                    sums = [row; R];
                }
                Onto::C => {
                    for (r, sums) in sums.iter_mut().enumerate() {
                        *sums = std::array::from_fn(|w| self.load(self.c.add(r * self.ldc), w));
                    }
                }
            }
            // Where the next tile will be, most likely.
            for r in R..2 * R {
                (0..W).for_each(|w| V::prefetch(self.c.wrapping_add(r * self.ldc + w * V::LANES)));
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
            if self.columns == W * V::LANES {
                for (r, sums) in sums.iter().enumerate() {
                    (0..W).for_each(|w| sums[w].store(self.c.add(r * self.ldc + w * V::LANES)));
                }
            } else {
                for (r, sums) in sums.iter().enumerate() {
                    for (w, sum) in sums.iter().enumerate() {
                        let at = w * V::LANES;
                        sum.store_some(self.c.add(r * self.ldc + at), (self.columns - at).min(V::LANES));
                    }
                }
            }
        }
    }

    /// Vector `w` of a row of the tile that starts at `row`.
    ///
    /// # Safety
    /// See [`Tile::run`].
    #[inline(always)]
    unsafe fn load<V: Vector<T>>(&self, row: *const T, w: usize) -> V {
        let at = w * V::LANES;
        // SAFETY: the row has `columns` numbers, which end in this vector or after it.
        unsafe { V::load_some(row.add(at), (self.columns - at).min(V::LANES)) }
    }
}

macro_rules! products {
    ($name:ident, $scalar:ty) => {
        pub(super) fn $name(level: Level, job: &Job<'_, $scalar>, scratch: &mut [$scalar]) {
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx2,fma")]
                unsafe fn avx2(job: &Job<'_, $scalar>, scratch: &mut [$scalar]) {
                    // SAFETY: the instructions are enabled here; `matmul` checked the sizes.
                    unsafe { of_width::<$scalar, <$scalar as Sealed>::Avx2, 4, 3>(job, scratch) }
                }
                #[target_feature(enable = "avx512f,avx2,fma")]
                unsafe fn avx512(job: &Job<'_, $scalar>, scratch: &mut [$scalar]) {
                    // SAFETY: the instructions are enabled here; `matmul` checked the sizes.
                    unsafe { of_width::<$scalar, <$scalar as Sealed>::Avx512, 12, 2>(job, scratch) }
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
            unsafe { of_width::<$scalar, <$scalar as Sealed>::Portable, 4, 2>(job, scratch) }
        }
    };
}

products!(product_f32, f32);
products!(product_f64, f64);

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
