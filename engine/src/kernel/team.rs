//! The threads that work inside one operation, and the scratch that each of them has for matrix products.

use super::matmul::{self, Job, Matrix, Onto};
use super::simd::Level;
use super::threads::{Shareable, Threads};
use super::{Aligned, Scalar};
use std::marker::PhantomData;
use std::ops::Range;

/// Floating-point operations of a product that are worth a thread of their own: several times what a meeting of
/// threads costs.
const PRODUCT: usize = 1 << 19;

/// Numbers that are worth a thread of their own where a few operations are done with each.
const NUMBERS: usize = 1 << 14;

/// Columns that are worth a thread of their own: a cache line of f32.
const LINE: usize = 16;

/// Some columns of a matrix, to be changed.
#[derive(Debug)]
pub struct Columns<'a, T> {
    /// The first of them, in the first row.
    first: *mut T,
    /// How many.
    count: usize,
    rows: usize,
    /// How far apart rows are.
    apart: usize,
    matrix: PhantomData<&'a mut [T]>,
}

impl<T> Columns<'_, T> {
    /// How many columns.
    pub fn count(&self) -> usize {
        self.count
    }

    /// What of a row lies in these columns.
    ///
    /// # Panics
    /// Where there is no such row: a mistake of the caller.
    #[inline(always)]
    pub fn row(&mut self, row: usize) -> &mut [T] {
        assert!(row < self.rows);
        // SAFETY: the row lies inside the matrix, and nobody else has these columns of it.
        unsafe { std::slice::from_raw_parts_mut(self.first.add(row * self.apart), self.count) }
    }
}

/// Either one thread, or several.
#[derive(Debug)]
pub struct Team<'a, T> {
    /// Where there are several.
    threads: Option<&'a Threads>,
    scratch: &'a mut [Aligned<T>],
}

impl<'a, T: Scalar> Team<'a, T> {
    /// The calling thread alone, with [`matmul::SCRATCH`] numbers of scratch.
    pub fn alone(scratch: &'a mut Aligned<T>) -> Team<'a, T> {
        Team { threads: None, scratch: std::slice::from_mut(scratch) }
    }

    /// All of these threads, with scratch for each.
    pub fn of(threads: &'a Threads, scratch: &'a mut [Aligned<T>]) -> Team<'a, T> {
        assert!(scratch.len() >= threads.count());
        Team { threads: (threads.count() > 1).then_some(threads), scratch }
    }

    /// The threads, and how many of them some work is worth; `None`: the calling one alone.
    fn several(&self, work: usize, worth: usize) -> Option<(&'a Threads, usize)> {
        let threads = self.threads?;
        let count = threads.count().min(work / worth);
        (count > 1).then_some((threads, count))
    }

    /// C ← A·B + `onto`: C is m × n in rows of n, A is m × k, B is k × n. Every bit is the same for any number of
    /// threads.
    ///
    /// # Panics
    /// Where a matrix does not hold its numbers: a mistake of the caller.
    #[inline(always)]
    pub fn matmul(
        &mut self,
        [m, n, k]: [usize; 3],
        a: Matrix<'_, T>,
        b: Matrix<'_, T>,
        c: &mut [T],
        onto: Onto<'_, T>,
    ) {
        self.product(&Job::new([m, n, k], a, b, c, onto));
    }

    fn product(&mut self, job: &Job<'_, T>) {
        let [m, n, k] = job.size();
        let level = Level::detect();
        let Some((threads, count)) = self.several(2 * m * n * k, PRODUCT) else {
            return T::product(job, level, &mut self.scratch[0]);
        };
        // Columns are cut, unless there are too few of them for panels of B.
        let by_columns = n >= count * matmul::WIDEST;
        let (length, grain) = if by_columns { (n, 16) } else { (m, 8) };
        // One piece each: every piece packs what all of them multiply by.
        let piece = length.div_ceil(count).next_multiple_of(grain);
        let scratch = Shareable(self.scratch.as_mut_ptr());
        threads.run(length.div_ceil(piece), &|thread, i| {
            let range = i * piece..((i + 1) * piece).min(length);
            let part = if by_columns { job.columns(range) } else { job.rows(range) };
            // SAFETY: `run` never uses the same thread number in two calls at the same time, and there is scratch
            // for each.
            T::product(&part, level, unsafe { &mut *scratch.get().add(thread) });
        });
    }

    /// Calls `f` for ranges that make up `0..count`, in parallel, with the pieces of each of the slices that
    /// belong to the range: a slice has the same number of elements for each of the `count`.
    pub fn split<const N: usize>(
        &mut self,
        count: usize,
        slices: [&mut [T]; N],
        f: impl Fn(Range<usize>, [&mut [T]; N]) + Sync,
    ) {
        let work = slices.iter().map(|slice| slice.len()).max().unwrap_or(0);
        let Some((threads, pieces)) = self.several(work, NUMBERS) else {
            return f(0..count, slices);
        };
        let piece = count.div_ceil(pieces);
        let bases = slices.map(|slice| (Shareable(slice.as_mut_ptr()), slice.len() / count));
        threads.run(count.div_ceil(piece), &|_, i| {
            let range = i * piece..((i + 1) * piece).min(count);
            let pieces = bases.each_ref().map(|(base, unit)| {
                // SAFETY: the ranges do not overlap and end inside `count`, of which the slice has `unit` elements
                // each: no two calls share an element.
                unsafe {
                    std::slice::from_raw_parts_mut(base.get().add(range.start * unit), range.len() * unit)
                }
            });
            f(range, pieces);
        });
    }

    /// Calls `f` for every item, in parallel; the `work` with all of them is given in numbers with each of which a few
    /// operations are done.
    pub fn for_each<S: Send>(&mut self, items: &mut [S], work: usize, f: impl Fn(usize, &mut S) + Sync) {
        match self.several(work, NUMBERS) {
            Some((threads, _)) => threads.for_each(items, self.scratch, |i, item, _| f(i, item)),
            None => items.iter_mut().enumerate().for_each(|(i, item)| f(i, item)),
        }
    }

    /// As [`Team::split`] for the columns of a matrix, of which the slices have one number for each.
    pub fn split_columns<const N: usize>(
        &mut self,
        columns: usize,
        matrix: &mut [T],
        slices: [&mut [T]; N],
        f: impl Fn(Range<usize>, Columns<'_, T>, [&mut [T]; N]) + Sync,
    ) {
        assert!(matrix.len().is_multiple_of(columns) && slices.iter().all(|slice| slice.len() == columns));
        let (rows, first) = (matrix.len() / columns, Shareable(matrix.as_mut_ptr()));
        let slices = slices.map(|slice| Shareable(slice.as_mut_ptr()));
        let part = |range: Range<usize>| {
            // SAFETY: the ranges do not overlap and end inside `columns`: no two calls share a column.
            unsafe {
                let pieces = slices
                    .each_ref()
                    .map(|slice| std::slice::from_raw_parts_mut(slice.get().add(range.start), range.len()));
                let (first, count) = (first.get().add(range.start), range.len());
                let matrix = Columns { first, count, rows, apart: columns, matrix: PhantomData };
                f(range, matrix, pieces);
            }
        };
        let Some((threads, pieces)) = self.several(matrix.len(), NUMBERS) else {
            return part(0..columns);
        };
        let piece = columns.div_ceil(pieces).next_multiple_of(LINE);
        threads.run(columns.div_ceil(piece), &|_, i| part(i * piece..((i + 1) * piece).min(columns)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_shared_out_whole_and_once() {
        for (threads, columns, rows) in [(1, 5, 3), (2, 1000, 70), (3, 33, 2000), (4, 7, 9000)] {
            let (mut matrix, mut marks) = (vec![0.0; rows * columns], vec![0.0; columns]);
            let mut scratch = vec![Aligned::zeros(matmul::SCRATCH); threads];
            let handle = Threads::new(threads);
            let mut team = Team::of(&handle, &mut scratch);
            team.split_columns(columns, &mut matrix, [&mut marks], |range, mut matrix, [marks]| {
                assert_eq!((range.len(), range.len()), (matrix.count(), marks.len()));
                for row in 0..rows {
                    let each = matrix.row(row).iter_mut().zip(range.clone());
                    each.for_each(|(x, column)| *x += (row * columns + column) as f64);
                }
                marks.iter_mut().for_each(|mark| *mark += 1.0);
            });
            assert!(matrix.iter().enumerate().all(|(i, x)| *x == i as f64), "{threads} threads");
            assert!(marks.iter().all(|mark| *mark == 1.0), "{threads} threads");
        }
    }
}
