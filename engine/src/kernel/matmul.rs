//! Matrix products C ← A·B (+ C), without allocating; [`super::Team`] gives them to threads.
//!
//! The library that measured best (`gemm`) allocates its packing buffers on every call, and a training step
//! allocates nothing; hence this kernel. A and B are packed, where that pays, into panels as wide as a register
//! tile, in a scratch buffer that the caller keeps. Each element of C starts from what it is added to and
//! takes its terms in ascending order, whatever the sizes of C: splitting C by rows or columns changes no bit of it.

use super::Scalar;
use super::simd::{Kernel, Level, Vector, transpose, vectored};
use std::marker::PhantomData;
use std::ops::Range;

/// Terms of the sum that are accumulated in registers before C is touched: a panel of 48 × 256 f32 is about what the
/// first-level cache holds, and C, which may lie far away, is gone over seldom.
const KC: usize = 256;

/// Rows of A that are packed at a time: with `KC` terms half a megabyte of f32, a part of the second-level cache.
const MC: usize = 528;

/// Distance of packed rows of A: a line more than they are long, so that they do not meet in one set of the cache.
const LDA: usize = KC + 16;

/// The widest panel of B.
pub(super) const WIDEST: usize = 64;

/// Bytes between numbers that meet in one set of the first-level cache; a page, too.
const MEET: usize = 1 << 12;

/// Rows of A up to which packing B costs more than it saves, where B's rows lie in one piece.
const DIRECT_B: usize = 32;

/// Columns of B up to which packing A costs more than it saves.
const DIRECT_A: usize = 64;

/// Bytes of B from which it is far away, and packed: less lies in a cache that is near enough.
const FAR: usize = 1 << 22;

/// Bytes of A, B and C up to which they stay in the second-level cache together, and nothing is fetched ahead.
const NEAR: usize = 1 << 20;

/// Terms that stand one after the other in the code of a tile.
const TERMS: usize = 4;

/// Terms of A that are fetched ahead where they are packed one by one.
const TERMS_AHEAD: usize = 4;

/// Multiplications up to which a product is done element by element.
const TINY: usize = 32;

/// Bytes of the widest vector, and of a cache line: packed panels start there, so that no load meets two lines.
const LINE: usize = 64;

/// Numbers of scratch that a product needs, for any sizes: B, A, and the end of a last vector.
pub const SCRATCH: usize = KC * WIDEST + LDA * MC + LINE;

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

    /// Whether its rows lie so far apart that they meet in one set of the first-level cache.
    fn rows_meet(&self) -> bool {
        self.column == 1 && (self.row * size_of::<T>()).is_multiple_of(MEET)
    }

    /// Whether its columns lie on pages of their own: the processor then fetches none ahead by itself.
    fn columns_apart(&self) -> bool {
        self.row == 1 && self.column * size_of::<T>() >= MEET
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
    /// Whether all of B takes [`FAR`] bytes.
    far: bool,
    room: PhantomData<&'a mut T>,
}

// SAFETY: a job is shared to be cut into pieces that write different elements of C.
unsafe impl<T: Sync> Sync for Job<'_, T> {}

impl<'a, T: Scalar> Job<'a, T> {
    /// # Panics
    /// Where a matrix does not hold its numbers, or neither rows nor columns of A lie in one piece each: a mistake of the
    /// caller.
    #[inline(always)]
    pub(super) fn new(
        [m, n, k]: [usize; 3],
        a: Matrix<'a, T>,
        b: Matrix<'a, T>,
        c: &'a mut [T],
        onto: Onto<'a, T>,
    ) -> Job<'a, T> {
        assert!(a.holds(m, k) && b.holds(k, n) && c.len() >= m * n);
        // Of a single row, the numbers may be anywhere.
        assert!(a.row == 1 || a.column == 1 || m <= 1);
        if let Onto::Row(row) = onto {
            assert!(row.len() >= n);
        }
        let far = k * n * size_of::<T>() >= FAR;
        Job { size: [m, n, k], a, b, c: c.as_mut_ptr(), ldc: n, onto, far, room: PhantomData }
    }

    /// C is m × n, with k terms.
    pub(super) fn size(&self) -> [usize; 3] {
        self.size
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
    fn transposed(&self) -> Job<'a, T> {
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
        let [m, n, k] = self.size;
        if m * n * k <= TINY {
            return vectored(level, Tiny(self));
        }
        // As a row, where the numbers of A's columns lie side by side: else A would have to be packed for it.
        if n == 1 && m > 1 && self.ldc == 1 && self.a.row == 1 {
            return self.transposed().run(level, scratch);
        }
        assert!(scratch.len() >= SCRATCH);
        // SAFETY: a level is only named where the processor was seen to have it.
        unsafe {
            match level {
                Level::Portable => T::Portable::call(Product::<T, 4, 2, 0> { job: self, scratch }),
                #[cfg(target_arch = "x86_64")]
                Level::Avx2 => T::Avx2::call(Product::<T, 4, 3, 0> { job: self, scratch }),
                #[cfg(target_arch = "x86_64")]
                Level::Avx512 => T::Avx512::call(Product::<T, 8, 3, 6> { job: self, scratch }),
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

/// A product in the way that suits its size; every way gives the same bits. A tile of C is at most `R` rows by `W`
/// vectors; or at most `Q` rows by four vectors, if that many sums fit in registers, too (0: they do not).
struct Product<'a, 'b, T, const R: usize, const W: usize, const Q: usize> {
    job: &'b Job<'a, T>,
    scratch: &'b mut [T],
}

impl<T: Scalar, const R: usize, const W: usize, const Q: usize> Kernel<T> for Product<'_, '_, T, R, W, Q> {
    type Out = ();

    #[inline(always)]
    unsafe fn run<V: Vector<T>>(self) {
        let [_, n, _] = self.job.size;
        // SAFETY: as the caller promised.
        unsafe {
            if n <= V::Half::LANES && V::Half::LANES < V::LANES {
                blocks::<T, V::Half, 8, 1, 0>(self.job, self.scratch);
            } else {
                blocks::<T, V, R, W, Q>(self.job, self.scratch);
            }
        }
    }
}

/// A product of a few numbers, or none, element by element, with the bits that the tiles give.
struct Tiny<'a, 'b, T>(&'b Job<'a, T>);

impl<T: Scalar> Kernel<T> for Tiny<'_, '_, T> {
    type Out = ();

    #[inline(always)]
    unsafe fn run<V: Vector<T>>(self) {
        let Job { size: [m, n, k], a, b, c, ldc, onto, .. } = *self.0;
        for i in 0..m {
            for j in 0..n {
                // SAFETY: row i and column j lie inside the matrices, term p too (checked by `Job::new`).
                unsafe {
                    let c = c.add(i * ldc + j);
                    let mut sum = match onto {
                        Onto::Zero => T::zero(),
                        Onto::C => *c,
                        Onto::Row(row) => *row.as_ptr().add(j),
                    };
                    // Of no terms there need not be rows.
                    let row = a.data.as_ptr().wrapping_add(i * a.row);
                    let column = b.data.as_ptr().wrapping_add(j * b.column);
                    for p in 0..k {
                        sum = V::mul_add_one(*row.add(p * a.column), *column.add(p * b.row), sum);
                    }
                    *c = sum;
                }
            }
        }
    }
}

/// All register tiles of a product.
///
/// # Safety
/// The processor has `V`'s instructions.
#[inline(always)]
unsafe fn blocks<T: Scalar, V: Vector<T>, const R: usize, const W: usize, const Q: usize>(
    job: &Job<'_, T>,
    scratch: &mut [T],
) {
    let width = W * V::LANES;
    let [m, n, k] = job.size;
    let (b_room, a_room) = scratch.split_at_mut(KC * WIDEST);
    let direct_a = n <= DIRECT_A || !(job.a.rows_meet() || job.a.columns_apart());
    let direct_b = job.b.column == 1 && (m <= DIRECT_B || !(job.far || job.b.rows_meet()));
    let near = (m * n + m * k + n * k) * size_of::<T>() <= NEAR;
    let (block, depth) = (even(m, MC, R), even(k, KC, V::LANES));
    for i0 in (0..m).step_by(block) {
        let rows = block.min(m - i0);
        let tiles = Tiles::new::<R>(rows);
        for k0 in (0..k).step_by(depth) {
            let kc = depth.min(k - k0);
            // SAFETY: the rows of the tiles and terms k0..k0+kc lie inside A (checked by `Job::new`); the room has `LDA`
            // numbers for each row, and a vector more. The caller vouches for the instructions.
            let a = unsafe {
                let a = job.a.data.as_ptr().add(i0 * job.a.row + k0 * job.a.column);
                if direct_a {
                    a
                } else {
                    let strides = [job.a.row, job.a.column];
                    V::call(PackA { a, strides, tiles, kc, packed: a_room.as_mut_ptr() });
                    a_room.as_ptr()
                }
            };
            let mut j0 = 0;
            while j0 < n {
                let left = n - j0;
                // No panel of a single vector at last: one of four, where A is not packed for other tiles, or two of two.
                let last = width < left && left <= width + V::LANES;
                let four = last && direct_a && Q > 0;
                let columns = if four {
                    left
                } else if last {
                    W.div_ceil(2) * V::LANES
                } else {
                    width.min(left)
                };
                let tiles = if four { Tiles::new::<Q>(rows) } else { tiles };
                let direct = direct_b && columns.is_multiple_of(V::LANES);
                let strides = [job.b.row, job.b.column];
                let from = job.b.data[k0 * job.b.row + j0 * job.b.column..].as_ptr();
                let (b, ldb) = if direct {
                    (from, job.b.row)
                } else {
                    // SAFETY: terms k0..k0+kc and these columns lie inside B (checked by `Job::new`); the panel has room for kc
                    // rows of `WIDEST` numbers. The caller vouches for the instructions.
                    unsafe { V::call(PackB { b: from, strides, kc, columns, panel: b_room.as_mut_ptr() }) };
                    (b_room.as_ptr(), columns.next_multiple_of(V::LANES))
                };
                let ahead = (!near).then(|| {
                    let next = from.wrapping_add(columns * job.b.column);
                    let size = [kc, if direct { 0 } else { width.min(left - columns) }];
                    Ahead::new(next, strides, size, rows)
                });
                let onto = match job.onto {
                    _ if k0 > 0 => Onto::C,
                    Onto::Row(row) => Onto::Row(&row[j0..j0 + columns]),
                    onto => onto,
                };
                // SAFETY: the tiles lie inside C (checked by `Job::new`), with these rows of A and columns of B. The caller
                // vouches for the instructions.
                unsafe {
                    let c = job.c.add(i0 * job.ldc + j0);
                    let (strides, ldc) = (direct_a.then_some([job.a.row, job.a.column]), job.ldc);
                    let panel = Panel { tiles, kc, a, strides, b, ldb, c, ldc, columns, onto, ahead };
                    panel.call::<V, R, W, Q>();
                }
                j0 += columns;
            }
        }
    }
}

/// The size of as few blocks of at most `most` as there can be, of about one size: whole `units`, if they are several.
fn even(total: usize, most: usize, unit: usize) -> usize {
    if total <= most { total } else { total.div_ceil(total.div_ceil(most)).next_multiple_of(unit).min(most) }
}

/// How rows are shared out among tiles: so many tiles of `rows` rows, of which the first few have one more.
#[derive(Clone, Copy)]
struct Tiles {
    count: usize,
    rows: usize,
    longer: usize,
}

impl Tiles {
    /// As few tiles of at most R rows as there can be, of about one size.
    #[inline(always)]
    fn new<const R: usize>(rows: usize) -> Tiles {
        let count = rows.div_ceil(R);
        Tiles { count, rows: rows / count, longer: rows % count }
    }

    /// Rows of a tile.
    #[inline(always)]
    fn of(self, tile: usize) -> usize {
        self.rows + usize::from(tile < self.longer)
    }
}

/// Copies kc terms of some rows of A, of which the rows or the columns lie in one piece each: the rows of a tile side by
/// side, term after term; tiles are as far apart as if each of their rows took [`LDA`] numbers. The rows and terms are
/// readable, and there is room for them.
struct PackA<T> {
    a: *const T,
    strides: [usize; 2],
    tiles: Tiles,
    kc: usize,
    packed: *mut T,
}

impl<T: Scalar> Kernel<T> for PackA<T> {
    type Out = ();

    #[inline(always)]
    unsafe fn run<V: Vector<T>>(self) {
        let (kc, lanes) = (self.kc, V::LANES);
        let [row, column] = self.strides;
        if row == 1 {
            // Term by term, so that what lies side by side is read at a time.
            for p in 0..kc {
                let mut i = 0;
                for tile in 0..self.tiles.count {
                    let rows = self.tiles.of(tile);
                    // SAFETY: these are rows of the term, and there is room for them in their tile; the caller vouches for
                    // the instructions.
                    unsafe {
                        let (from, to) = (self.a.add(p * column + i), self.packed.add(i * LDA + p * rows));
                        // Each term lies on a page of its own: the processor fetches none by itself.
                        V::prefetch(from.wrapping_add(TERMS_AHEAD * column));
                        if rows == V::Half::LANES {
                            V::Half::load(from).store(to);
                        } else {
                            for first in (0..rows).step_by(lanes) {
                                let some = (rows - first).min(lanes);
                                V::load_some(from.add(first), some).store_some(to.add(first), some);
                            }
                        }
                    }
                    i += rows;
                }
            }
            return;
        }
        let mut i = 0;
        for tile in 0..self.tiles.count {
            let rows = self.tiles.of(tile);
            // SAFETY: these are rows of A, and there is room for them; the caller vouches for the instructions.
            unsafe {
                let (a, packed) = (self.a.add(i * row), self.packed.add(i * LDA));
                if rows == V::Half::LANES {
                    pack_tile::<T, V::Half>(a, row, rows, kc, packed);
                } else {
                    pack_tile::<T, V>(a, row, rows, kc, packed);
                }
            }
            i += rows;
        }
    }
}

/// Copies kc terms of the rows of a tile, which lie in one piece each and `stride` apart, term after term.
///
/// # Safety
/// The rows are readable, and there is room for them and a vector more; the processor has `V`'s instructions.
#[inline(always)]
unsafe fn pack_tile<T: Scalar, V: Vector<T>>(
    a: *const T,
    stride: usize,
    rows: usize,
    kc: usize,
    packed: *mut T,
) {
    let lanes = V::LANES;
    // A whole vector may go on where the next term, and at last the tile's slack, lies: masked stores take longer.
    let whole = rows <= lanes;
    for first in (0..rows).step_by(lanes) {
        let some = (rows - first).min(lanes);
        for p in (0..kc).step_by(lanes) {
            let terms = (kc - p).min(lanes);
            // SAFETY: every read stays inside the rows and terms, and every write inside the room; the caller vouches for
            // the instructions.
            unsafe {
                let square = transposed::<T, V>(a.add(first * stride + p), stride, some, terms);
                for (q, term) in square[..terms].iter().enumerate() {
                    let to = packed.add((p + q) * rows + first);
                    if whole { term.store(to) } else { term.store_some(to, some) }
                }
            }
        }
    }
}

/// Copies kc rows of `columns` numbers of B into a panel of rows of whole vectors, filled up. The
/// rows are readable, and there is room for them.
struct PackB<T> {
    b: *const T,
    strides: [usize; 2],
    kc: usize,
    columns: usize,
    panel: *mut T,
}

impl<T: Scalar> Kernel<T> for PackB<T> {
    type Out = ();

    #[inline(always)]
    unsafe fn run<V: Vector<T>>(self) {
        let PackB { b, strides: [row, column], kc, columns, panel } = self;
        let lanes = V::LANES;
        let width = columns.next_multiple_of(lanes);
        // SAFETY: every access stays inside the rows and columns that the struct describes; the caller vouches for the
        // instructions.
        unsafe {
            if column == 1 && columns == width {
                for p in 0..kc {
                    let (from, to) = (b.add(p * row), panel.add(p * width));
                    for w in 0..width / lanes {
                        V::load(from.add(w * lanes)).store(to.add(w * lanes));
                    }
                }
                return;
            }
            for first in (0..width).step_by(lanes) {
                let there = (columns - first).min(lanes);
                let (b, panel) = (b.add(first * column), panel.add(first));
                if column == 1 {
                    for p in 0..kc {
                        V::load_some(b.add(p * row), there).store(panel.add(p * width));
                    }
                } else if row == 1 {
                    // A column of B lies in one piece: squares of lanes × lanes numbers are transposed in registers.
                    let whole = if there == lanes { kc - kc % lanes } else { 0 };
                    for p in (0..whole).step_by(lanes) {
                        // So many rows, known when it is compiled, stay in registers.
                        let square = V::square(b.add(p), column, V::LANES);
                        for (q, row) in square[..V::LANES].iter().enumerate() {
                            row.store(panel.add((p + q) * width));
                        }
                    }
                    for p in (whole..kc).step_by(lanes) {
                        let terms = (kc - p).min(lanes);
                        let square = transposed::<T, V>(b.add(p), column, there, terms);
                        for (q, row) in square[..terms].iter().enumerate() {
                            row.store(panel.add((p + q) * width));
                        }
                    }
                } else {
                    for p in 0..kc {
                        for j in 0..lanes {
                            *panel.add(p * width + j) =
                                if j < there { *b.add(p * row + j * column) } else { T::zero() };
                        }
                    }
                }
            }
        }
    }
}

/// Reads `rows` rows of `terms` numbers, at most a vector of each, and transposes them: the first `terms` vectors hold a term
/// of all rows each, and anything in the lanes of rows that are not there.
///
/// # Safety
/// `from` points at rows that are `stride` apart; the processor has `V`'s instructions.
#[inline(always)]
unsafe fn transposed<T: Scalar, V: Vector<T>>(
    from: *const T,
    stride: usize,
    rows: usize,
    terms: usize,
) -> [V; 16] {
    // SAFETY: as the caller promised.
    unsafe {
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

/// The tiles of C that one panel of B gives: the first elements, and how far apart rows are. A has these strides, or is
/// packed; the rows and terms of A, the rows of the panel, whole vectors, are readable, and those of C writable.
struct Panel<'a, T> {
    tiles: Tiles,
    kc: usize,
    a: *const T,
    strides: Option<[usize; 2]>,
    b: *const T,
    ldb: usize,
    c: *mut T,
    ldc: usize,
    columns: usize,
    onto: Onto<'a, T>,
    /// `None` where all lies near, and of C nothing is fetched either.
    ahead: Option<Ahead<T>>,
}

/// What the next panel of B is packed from: fetched into the second-level cache while this one is multiplied, a few lines
/// at a time.
#[derive(Clone, Copy)]
struct Ahead<T> {
    /// The piece of memory that is being fetched, and which line of it is next.
    piece: *const T,
    line: usize,
    /// Lines of a piece, and how far apart pieces are.
    lines: usize,
    stride: usize,
    /// Lines of all pieces that are left.
    left: usize,
    /// How many to fetch at a time.
    share: usize,
}

impl<T: Scalar> Ahead<T> {
    /// Numbers in a line.
    const LINE: usize = LINE / size_of::<T>();

    /// Terms × columns of B, from its element `b` on, in so many steps.
    fn new(b: *const T, [row, column]: [usize; 2], [kc, columns]: [usize; 2], steps: usize) -> Ahead<T> {
        let (pieces, stride, length) = if column == 1 { (kc, row, columns) } else { (columns, column, kc) };
        let lines = length.div_ceil(Self::LINE);
        let left = pieces * lines;
        Ahead { piece: b, line: 0, lines, stride, left, share: left.div_ceil(steps) }
    }

    /// Fetches the next few lines.
    ///
    /// # Safety
    /// The processor has `V`'s instructions.
    #[inline(always)]
    unsafe fn fetch<V: Vector<T>>(&mut self) {
        for _ in 0..self.share.min(self.left) {
            // SAFETY: any address may be prefetched; the caller vouches for the instructions.
            unsafe { V::prefetch(self.piece.wrapping_add(self.line * Self::LINE)) };
            self.left -= 1;
            self.line += 1;
            if self.line == self.lines {
                (self.piece, self.line) = (self.piece.wrapping_add(self.stride), 0);
            }
        }
    }
}

impl<T: Scalar> Panel<'_, T> {
    /// Computes the tiles: of at most R rows by W vectors, or Q by four.
    ///
    /// # Safety
    /// The processor has `V`'s instructions.
    #[inline(always)]
    unsafe fn call<V: Vector<T>, const R: usize, const W: usize, const Q: usize>(&self) {
        // SAFETY: the caller vouches for the instructions.
        unsafe {
            match self.strides {
                None => self.with::<V, Packed, R, W, Q>(Packed),
                Some([row, 1]) => self.with::<V, InRows, R, W, Q>(InRows(row)),
                Some([_, column]) => self.with::<V, InColumns, R, W, Q>(InColumns(column)),
            }
        }
    }

    /// As [`Panel::call`], with A as it lies.
    ///
    /// # Safety
    /// The processor has `V`'s instructions.
    #[inline(always)]
    unsafe fn with<V: Vector<T>, L: Layout, const R: usize, const W: usize, const Q: usize>(&self, a: L) {
        // SAFETY: the caller vouches for the instructions.
        unsafe {
            match self.columns.div_ceil(V::LANES) {
                1 => V::call(OfWidth::<T, L, R, 1>(self, a)),
                2 if W > 2 => V::call(OfWidth::<T, L, R, 2>(self, a)),
                4 => V::call(OfWidth::<T, L, Q, 4>(self, a)),
                _ => V::call(OfWidth::<T, L, R, W>(self, a)),
            }
        }
    }
}

/// How the numbers of A lie; known when a tile is compiled, most addresses in it are constants.
trait Layout: Copy {
    /// How far the first numbers of rows are apart, where tiles begin.
    fn apart(self) -> usize;

    /// Where a row's number for a term lies, from the first number of its tile of N rows.
    fn at<const N: usize>(self, row: usize, term: usize) -> usize;
}

/// As [`PackA`] leaves it.
#[derive(Clone, Copy)]
struct Packed;

/// Rows in one piece each, so far apart.
#[derive(Clone, Copy)]
struct InRows(usize);

/// Columns in one piece each, so far apart.
#[derive(Clone, Copy)]
struct InColumns(usize);

impl Layout for Packed {
    #[inline(always)]
    fn apart(self) -> usize {
        LDA
    }

    #[inline(always)]
    fn at<const N: usize>(self, row: usize, term: usize) -> usize {
        term * N + row
    }
}

impl Layout for InRows {
    #[inline(always)]
    fn apart(self) -> usize {
        self.0
    }

    #[inline(always)]
    fn at<const N: usize>(self, row: usize, term: usize) -> usize {
        row * self.0 + term
    }
}

impl Layout for InColumns {
    #[inline(always)]
    fn apart(self) -> usize {
        1
    }

    #[inline(always)]
    fn at<const N: usize>(self, row: usize, term: usize) -> usize {
        term * self.0 + row
    }
}

/// The tiles of a panel, of at most R rows, of W vectors, with A as it lies.
struct OfWidth<'a, T, L, const R: usize, const W: usize>(&'a Panel<'a, T>, L);

/// A tile of each number of rows has its own code: its sums are in registers.
macro_rules! of_rows {
    ($($rows:literal)*) => {
        impl<T: Scalar, L: Layout, const R: usize, const W: usize> Kernel<T> for OfWidth<'_, T, L, R, W> {
            type Out = ();

            #[inline(always)]
            unsafe fn run<V: Vector<T>>(self) {
                let mut i = 0;
                let mut ahead = self.0.ahead;
                for tile in 0..self.0.tiles.count {
                    match self.0.tiles.of(tile) {
                        // SAFETY: so many rows from row i on are the tile's; the caller vouches for the instructions.
                        $($rows if $rows <= R => i += unsafe { self.tile::<V, $rows>(i, &mut ahead) },)*
                        rows => unreachable!("a tile of {rows} rows"),
                    }
                }
            }
        }
    };
}

of_rows!(1 2 3 4 5 6 7 8);

impl<T: Scalar, L: Layout, const R: usize, const W: usize> OfWidth<'_, T, L, R, W> {
    /// Computes the tile of N rows that starts at row i; returns N.
    ///
    /// # Safety
    /// These rows are the panel's; the processor has `V`'s instructions.
    #[inline(always)]
    unsafe fn tile<V: Vector<T>, const N: usize>(&self, i: usize, ahead: &mut Option<Ahead<T>>) -> usize {
        let Panel { kc, ldc, columns, onto, .. } = *self.0;
        // SAFETY: every access stays inside the tile and what the panel describes; any address may be prefetched.
        unsafe {
            let a = self.0.a.add(i * self.1.apart());
            let c = self.0.c.add(i * ldc);
            let mut sums = [[V::zero(); W]; N];
            match onto {
                Onto::Zero => {}
                Onto::Row(row) => {
                    let mut first = [V::zero(); W];
                    for (w, first) in first.iter_mut().enumerate() {
                        *first = V::load_some(
                            row.as_ptr().add(w * V::LANES),
                            (columns - w * V::LANES).min(V::LANES),
                        );
                    }
                    sums = [first; N];
                }
                Onto::C => {
                    for (r, sums) in sums.iter_mut().enumerate() {
                        for (w, sum) in sums.iter_mut().enumerate() {
                            let at = w * V::LANES;
                            *sum = V::load_some(c.add(r * ldc + at), (columns - at).min(V::LANES));
                        }
                    }
                }
            }
            // The next tile, most likely, is fetched row by row: many lines at once would keep this one waiting.
            let step = if ahead.is_some() { kc.div_ceil(N).next_multiple_of(TERMS) } else { kc };
            let (mut p, mut next) = (0, c.wrapping_add(N * ldc));
            while p < kc {
                if let Some(ahead) = ahead {
                    for w in 0..W {
                        V::prefetch(next.wrapping_add(w * V::LANES));
                    }
                    next = next.wrapping_add(ldc);
                    ahead.fetch::<V>();
                }
                let end = (p + step).min(kc);
                for _ in 0..(end - p) / TERMS {
                    for term in 0..TERMS {
                        self.term::<V, N>(a, p + term, &mut sums);
                    }
                    p += TERMS;
                }
                while p < end {
                    self.term::<V, N>(a, p, &mut sums);
                    p += 1;
                }
            }
            let whole = columns == W * V::LANES;
            for (r, sums) in sums.iter().enumerate() {
                for (w, sum) in sums.iter().enumerate() {
                    let (to, at) = (c.add(r * ldc + w * V::LANES), w * V::LANES);
                    if whole { sum.store(to) } else { sum.store_some(to, (columns - at).min(V::LANES)) }
                }
            }
        }
        N
    }

    /// Adds a term to the sums of a tile of N rows, of which A begins at `a`.
    ///
    /// # Safety
    /// The term is the panel's; the processor has `V`'s instructions.
    #[inline(always)]
    unsafe fn term<V: Vector<T>, const N: usize>(&self, a: *const T, p: usize, sums: &mut [[V; W]; N]) {
        // SAFETY: the rows of the panel are whole vectors; the caller vouches for the rest.
        unsafe {
            let b = self.0.b.add(p * self.0.ldb);
            let mut row = [V::zero(); W];
            for (w, row) in row.iter_mut().enumerate() {
                *row = V::load(b.add(w * V::LANES));
            }
            for (r, sums) in sums.iter_mut().enumerate() {
                let x = V::splat(*a.add(self.1.at::<N>(r, p)));
                for w in 0..W {
                    sums[w] = x.mul_add(row[w], sums[w]);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::{Aligned, random};

    /// Sizes around every register and block edge.
    pub const ODD_SIZES: [usize; 14] = [0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 47, 49, 97, 259];

    fn numbers<T: Scalar>(key: u64, n: usize) -> Vec<T> {
        (0..n).map(|i| T::of(random::uniform(key, i as u64) - 0.5)).collect()
    }

    fn agrees_with_its_twin<T: Scalar>(tolerance: f64) {
        let mut scratch = Aligned::from(vec![T::nan(); SCRATCH]);
        let [a, b] = [1, 2].map(|key| numbers::<T>(key, ODD_SIZES[ODD_SIZES.len() - 1] * MEET));
        let lay = |numbers, [rows, columns]: [usize; 2], transposed, apart| {
            let matrix = Matrix::rows(numbers, if transposed { rows } else { columns }.max(apart));
            if transposed { matrix.transposed() } else { matrix }
        };
        for level in Level::all() {
            for (m, n, k) in ODD_SIZES
                .iter()
                .flat_map(|&m| ODD_SIZES.iter().map(move |&n| (m, n)))
                .flat_map(|(m, n)| [0, 1, 5, 16, 259].map(|k| (m, n, k)))
                .filter(|(m, n, _)| m * n < 10_000)
            {
                let start = numbers::<T>(3, m * n);
                let bias = numbers::<T>(4, n);
                // Rows one after the other, or so far apart that they meet in the cache and are packed.
                let apart = [0, if m * n < 2_000 { MEET / size_of::<T>() } else { 0 }];
                let transposed = [[false, false], [true, false], [false, true], [true, true]];
                for (transposed, apart) in
                    transposed.iter().flat_map(|transposed| apart.map(|apart| (transposed, apart)))
                {
                    let (a, b) =
                        (lay(&a, [m, k], transposed[0], apart), lay(&b, [k, n], transposed[1], apart));
                    for onto in [Onto::Zero, Onto::C, Onto::Row(&bias)] {
                        let (mut fast, mut plain) = (start.clone(), start.clone());
                        Job::new([m, n, k], a, b, &mut fast, onto).run(level, &mut scratch);
                        naive([m, n, k], a, b, &mut plain, onto);
                        for (x, y) in fast.iter().zip(&plain) {
                            let error = (x.f64() - y.f64()).abs();
                            assert!(
                                error <= tolerance,
                                "{level:?} {m}×{n}×{k} {transposed:?} {apart} {onto:?}: {error:e}"
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
        // The whole takes several blocks of rows and terms, and fetches ahead; the pieces lie near.
        let (m, n, k) = (540, 150, 600);
        let (a, b, bias) = (numbers::<f32>(4, m * k), numbers::<f32>(5, k * n), numbers::<f32>(6, n));
        let mut scratch = Aligned::zeros(SCRATCH);
        for b in [Matrix::rows(&b, n), Matrix::rows(&b, k).transposed()] {
            let a = Matrix::rows(&a, k);
            for level in Level::all() {
                let (mut whole, mut pieces) = (vec![0.0; m * n], vec![0.0; m * n]);
                Job::new([m, n, k], a, b, &mut whole, Onto::Row(&bias)).run(level, &mut scratch);
                let job = Job::new([m, n, k], a, b, &mut pieces, Onto::Row(&bias));
                for rows in [0..1, 1..17, 17..20, 20..90, 90..540] {
                    for columns in [0..16, 16..48, 48..49, 49..150] {
                        job.rows(rows.clone()).columns(columns).run(level, &mut scratch);
                    }
                }
                assert!(pieces == whole, "{level:?}");
            }
        }
    }
}
