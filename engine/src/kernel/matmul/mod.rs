//! Matrix products C ← A·B (+ C), without allocating; [`super::Team`] shares them out among threads.
//!
//! The library that measured best (`gemm`) allocates its packing buffers on every call, and a training step
//! allocates nothing; hence this kernel. A and B are packed, where that pays, into panels as wide as a register
//! tile, in a scratch buffer that the caller keeps. Each element of C starts from what it is added to and
//! takes its terms in ascending order, whatever the sizes of C: splitting C by rows or columns changes no bit of it.

mod blocks;
mod pack;
mod tile;

use super::Scalar;
use super::simd::{Level, Vector, vectored};
use blocks::{KC, MC, Product, Tiny};
use pack::LDA;
use std::marker::PhantomData;
use std::ops::Range;

/// The widest panel of B.
pub(super) const WIDEST: usize = 64;

/// Bytes between numbers that meet in one set of the first-level cache; a page, too.
const MEET: usize = 1 << 12;

/// Bytes of B from which it is far away, and packed: less lies in a cache that is near enough.
const FAR: usize = 1 << 22;

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

    /// The transposed matrix: the same numbers, read by columns.
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
    borrows: PhantomData<&'a mut T>,
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
        Job { size: [m, n, k], a, b, c: c.as_mut_ptr(), ldc: n, onto, far, borrows: PhantomData }
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

    /// Where C is a single column, the product Cᵀ ← Bᵀ·Aᵀ, whose single row lies where the column does.
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

    /// Computes it, with [`SCRATCH`] numbers of scratch. No two pieces that share an element of C may run at a time.
    pub(super) fn run(&self, level: Level, scratch: &mut [T]) {
        let [m, n, k] = self.size;
        if m * n * k <= TINY {
            return vectored(level, Tiny(self));
        }
        // A single column is computed as a single row, where A's columns lie in one piece each: then nothing is packed.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::{Aligned, random};

    /// Sizes around every register and block edge.
    pub(super) const ODD_SIZES: [usize; 14] = [0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 47, 49, 97, 259];

    /// C ← A·B + `onto` in the plainest way: the twin of the kernels.
    fn naive<T: Scalar>(
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
