//! Transposing a matrix.

use super::Scalar;
use super::simd::{Kernel, Level, Vector, transpose, vectored};

/// Transposes `rows` rows of `columns` numbers: number j of row i becomes number i of row j. Rows are `apart[0]` numbers apart
/// in `from`, and `apart[1]` in `to`.
///
/// # Panics
/// Where one of them does not hold its numbers: a mistake of the caller.
pub(crate) fn transpose_into<T: Scalar>(
    [rows, columns]: [usize; 2],
    from: &[T],
    to: &mut [T],
    apart: [usize; 2],
) {
    if rows > 0 && columns > 0 {
        let [last_from, last_to] = [(rows - 1) * apart[0] + columns, (columns - 1) * apart[1] + rows];
        assert!(apart[0] >= columns && apart[1] >= rows && from.len() >= last_from && to.len() >= last_to);
        vectored(Level::detect(), Transpose { rows, columns, from, to, apart });
    }
}

struct Transpose<'a, T> {
    rows: usize,
    columns: usize,
    from: &'a [T],
    to: &'a mut [T],
    apart: [usize; 2],
}

impl<T: Scalar> Kernel<T> for Transpose<'_, T> {
    type Out = ();

    #[inline(always)]
    unsafe fn run<V: Vector<T>>(self) {
        let Transpose { rows, columns, from, to, apart } = self;
        let (from, to) = (from.as_ptr(), to.as_mut_ptr());
        for i in (0..rows).step_by(V::LANES) {
            for j in (0..columns).step_by(V::LANES) {
                let (some, across) = ((rows - i).min(V::LANES), (columns - j).min(V::LANES));
                // SAFETY: rows i.. and columns j.. lie inside both slices, as `transpose_into` checked; the caller vouches for the
                // instructions.
                unsafe {
                    // So many steps, known when it is compiled, keep the square in registers.
                    let mut square = [V::zero(); 16];
                    for (r, row) in square[..V::LANES].iter_mut().enumerate() {
                        if r < some {
                            *row = V::load_some(from.add((i + r) * apart[0] + j), across);
                        }
                    }
                    for (c, column) in transpose(square)[..V::LANES].iter().enumerate() {
                        if c < across {
                            column.store_some(to.add((j + c) * apart[1] + i), some);
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_of_a_matrix_of_any_size_comes_to_its_place_and_nothing_else_changes() {
        fn check<T: Scalar>() {
            for (rows, columns) in
                [0, 1, 3, 4, 7, 8, 16, 17, 33].map(|m| [0, 1, 5, 8, 16, 21].map(|n| (m, n))).concat()
            {
                let apart = [columns + 2, rows + 3];
                let number = |i: usize, j: usize| T::of((100 * i + j + 1) as f64);
                let mut from = vec![T::zero(); rows * apart[0]];
                (0..rows).for_each(|i| (0..columns).for_each(|j| from[i * apart[0] + j] = number(i, j)));
                for level in Level::all() {
                    let mut to = vec![T::zero(); columns * apart[1]];
                    vectored(level, Transpose { rows, columns, from: &from, to: &mut to, apart });
                    for (at, to) in to.iter().enumerate() {
                        let (j, i) = (at / apart[1], at % apart[1]);
                        let right = if i < rows { number(i, j) } else { T::zero() };
                        assert_eq!(*to, right, "{level:?} {rows} × {columns}");
                    }
                }
            }
        }
        check::<f32>();
        check::<f64>();
    }
}
