//! Packing: pieces of A and B are copied to where a tile reads them one after the other.

use super::blocks::KC;
use super::tile::Tiles;
use crate::kernel::Scalar;
use crate::kernel::simd::{Kernel, Vector, transpose};

/// Distance of packed rows of A: a line more than they are long, so that they do not meet in one set of the cache.
pub(super) const LDA: usize = KC + 16;

/// Terms of A that are fetched ahead where they are packed one by one.
const TERMS_AHEAD: usize = 4;

/// Copies kc terms of some rows of A, of which the rows or the columns lie in one piece each: the rows of a tile side by
/// side, term after term; tiles are as far apart as if each of their rows took [`LDA`] numbers. The rows and terms are
/// readable, and there is room for them.
pub(super) struct PackA<T> {
    pub a: *const T,
    pub strides: [usize; 2],
    pub tiles: Tiles,
    pub kc: usize,
    pub packed: *mut T,
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
    // A whole vector may be stored, though it reaches into the next term (written after it) and at last into the slack
    // behind the tile: masked stores take longer.
    let whole = rows <= lanes;
    for first in (0..rows).step_by(lanes) {
        let some = (rows - first).min(lanes);
        for p in (0..kc).step_by(lanes) {
            let terms = (kc - p).min(lanes);
            // SAFETY: every read stays inside the rows and terms, and every write inside the scratch; the caller vouches for
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
pub(super) struct PackB<T> {
    pub b: *const T,
    pub strides: [usize; 2],
    pub kc: usize,
    pub columns: usize,
    pub panel: *mut T,
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
