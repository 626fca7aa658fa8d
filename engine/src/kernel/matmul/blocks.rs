//! A product in blocks: which pieces of A and B are packed, and which tiles of C they make.

use super::pack::{PackA, PackB};
use super::tile::{Ahead, Panel, Tiles};
use super::{Job, Onto, WIDEST};
use crate::kernel::Scalar;
use crate::kernel::simd::{Kernel, Vector};

/// Terms of the sum that are accumulated in registers before C is touched: a panel of 48 × 256 f32 is about what the
/// first-level cache holds, and C, which may lie far away, is gone over seldom.
pub(super) const KC: usize = 256;

/// Rows of A that are packed at a time: with `KC` terms half a megabyte of f32, a part of the second-level cache.
pub(super) const MC: usize = 528;

/// Rows of A up to which packing B costs more than it saves, where B's rows lie in one piece.
const DIRECT_B: usize = 32;

/// Columns of B up to which packing A costs more than it saves.
const DIRECT_A: usize = 64;

/// Bytes of A, B and C up to which they stay in the second-level cache together, and nothing is fetched ahead.
const NEAR: usize = 1 << 20;

/// A product in the way that suits its size; every way gives the same bits. A tile of C is at most `R` rows by `W`
/// vectors; or at most `Q` rows by four vectors, if that many sums fit in registers, too (0: they do not).
pub(super) struct Product<'a, 'b, T, const R: usize, const W: usize, const Q: usize> {
    pub job: &'b Job<'a, T>,
    pub scratch: &'b mut [T],
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
pub(super) struct Tiny<'a, 'b, T>(pub &'b Job<'a, T>);

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
                    // Where k is 0, A and B may have no numbers at all, and these addresses are never read.
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
    let (b_scratch, a_scratch) = scratch.split_at_mut(KC * WIDEST);
    let direct_a = n <= DIRECT_A || !(job.a.rows_meet() || job.a.columns_apart());
    let direct_b = job.b.column == 1 && (m <= DIRECT_B || !(job.far || job.b.rows_meet()));
    let near = (m * n + m * k + n * k) * size_of::<T>() <= NEAR;
    let (block, depth) = (even(m, MC, R), even(k, KC, V::LANES));
    for i0 in (0..m).step_by(block) {
        let rows = block.min(m - i0);
        let tiles = Tiles::new::<R>(rows);
        for k0 in (0..k).step_by(depth) {
            let kc = depth.min(k - k0);
            // SAFETY: the rows of the tiles and terms k0..k0+kc lie inside A (checked by `Job::new`); the scratch has `LDA`
            // numbers for each row, and a vector more. The caller vouches for the instructions.
            let a = unsafe {
                let a = job.a.data.as_ptr().add(i0 * job.a.row + k0 * job.a.column);
                if direct_a {
                    a
                } else {
                    let strides = [job.a.row, job.a.column];
                    V::call(PackA { a, strides, tiles, kc, packed: a_scratch.as_mut_ptr() });
                    a_scratch.as_ptr()
                }
            };
            let mut j0 = 0;
            while j0 < n {
                let left = n - j0;
                let (columns, four) = panel_columns(left, V::LANES, W, direct_a && Q > 0);
                let tiles = if four { Tiles::new::<Q>(rows) } else { tiles };
                let direct = direct_b && columns.is_multiple_of(V::LANES);
                let strides = [job.b.row, job.b.column];
                let from = job.b.data[k0 * job.b.row + j0 * job.b.column..].as_ptr();
                let (b, ldb) = if direct {
                    (from, job.b.row)
                } else {
                    // SAFETY: terms k0..k0+kc and these columns lie inside B (checked by `Job::new`); the panel has room for kc
                    // rows of `WIDEST` numbers. The caller vouches for the instructions.
                    unsafe {
                        V::call(PackB { b: from, strides, kc, columns, panel: b_scratch.as_mut_ptr() })
                    };
                    (b_scratch.as_ptr(), columns.next_multiple_of(V::LANES))
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

/// How many columns the next panel has, of those that are `left`: as many as the widest tile's `vectors` hold, unless a
/// narrow rest would come after it; and whether it is the last one, of four vectors.
#[inline(always)]
fn panel_columns(left: usize, lanes: usize, vectors: usize, may_be_four: bool) -> (usize, bool) {
    let width = vectors * lanes;
    // No panel of a single vector at last: one of four, where A is not packed for other tiles, or two of two.
    if !(width < left && left <= width + lanes) {
        (width.min(left), false)
    } else if may_be_four {
        (left, true)
    } else {
        (vectors.div_ceil(2) * lanes, false)
    }
}

/// The size of as few blocks of at most `most` as there can be, of about one size: whole `units`, if they are several.
fn even(total: usize, most: usize, unit: usize) -> usize {
    if total <= most { total } else { total.div_ceil(total.div_ceil(most)).next_multiple_of(unit).min(most) }
}
