//! Tiles of C, whose sums stay in registers.

use super::pack::LDA;
use super::{LINE, Onto};
use crate::kernel::Scalar;
use crate::kernel::simd::{Kernel, Vector};

/// Terms that stand one after the other in the code of a tile.
const TERMS: usize = 4;

/// How rows are shared out among tiles: so many tiles of `rows` rows, of which the first few have one more.
#[derive(Clone, Copy)]
pub(super) struct Tiles {
    pub count: usize,
    rows: usize,
    longer: usize,
}

impl Tiles {
    /// As few tiles of at most R rows as there can be, of about one size.
    #[inline(always)]
    pub(super) fn new<const R: usize>(rows: usize) -> Tiles {
        let count = rows.div_ceil(R);
        Tiles { count, rows: rows / count, longer: rows % count }
    }

    /// Rows of a tile.
    #[inline(always)]
    pub(super) fn of(self, tile: usize) -> usize {
        self.rows + usize::from(tile < self.longer)
    }
}

/// The tiles of C that one panel of B gives: the first elements, and how far apart rows are. A has these strides, or is
/// packed; the rows and terms of A, the rows of the panel, whole vectors, are readable, and those of C writable.
pub(super) struct Panel<'a, T> {
    pub tiles: Tiles,
    pub kc: usize,
    pub a: *const T,
    pub strides: Option<[usize; 2]>,
    pub b: *const T,
    pub ldb: usize,
    pub c: *mut T,
    pub ldc: usize,
    pub columns: usize,
    pub onto: Onto<'a, T>,
    /// `None` where all lies near, and of C nothing is fetched either.
    pub ahead: Option<Ahead<T>>,
}

/// What the next panel of B is packed from: fetched into the second-level cache while this one is multiplied, a few lines
/// at a time.
#[derive(Clone, Copy)]
pub(super) struct Ahead<T> {
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
    pub(super) fn new(
        b: *const T,
        [row, column]: [usize; 2],
        [kc, columns]: [usize; 2],
        steps: usize,
    ) -> Ahead<T> {
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
    pub(super) unsafe fn call<V: Vector<T>, const R: usize, const W: usize, const Q: usize>(&self) {
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

    /// Where a row's number for a term lies, counted from the first number of its tile of N rows.
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
