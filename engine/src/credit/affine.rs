//! Sweeps through an affine map, which most of the numbers of a network are in: over whole rows of its matrix, not partial
//! by partial.

use super::semiring::Semiring;
use crate::kernel::{Wide, wide};
use std::marker::PhantomData;

/// W of an affine map.
#[derive(Clone, Copy)]
pub(super) struct Matrix<'a> {
    /// [out, features]
    pub w: &'a [f64],
    pub features: usize,
    pub mask: Option<&'a [bool]>,
}

impl Matrix<'_> {
    /// Back: x ← x ⊕ y ⊗ W for vectors y of `out` numbers.
    pub(super) fn back<S: Semiring>(self, y: &[S::Number], x: &mut [S::Number]) {
        wide(Back::<S>(PhantomData), (self, y, x));
    }

    /// Forth: y ← y ⊕ W ⊗ x for vectors x of `features` numbers, of which most may be no path.
    pub(super) fn forth<S: Semiring>(self, x: &[S::Number], y: &mut [S::Number]) {
        let (features, out) = (self.features, self.w.len() / self.features);
        for (x, y) in x.chunks_exact(features).zip(y.chunks_exact_mut(out)) {
            let there: Vec<usize> = (0..features).filter(|&i| x[i] != S::ZERO).collect();
            for (o, y) in y.iter_mut().enumerate() {
                for &i in &there {
                    let at = o * features + i;
                    if self.mask.is_none_or(|mask| mask[at]) {
                        *y = S::plus(*y, S::times(S::edge(self.w[at]), x[i]));
                    }
                }
            }
        }
    }

    /// Row `o` as edges.
    #[inline(always)]
    fn edges<S: Semiring>(&self, o: usize, edges: &mut [S::Number]) {
        let row = o * self.features..(o + 1) * self.features;
        edges.iter_mut().zip(&self.w[row.clone()]).for_each(|(edge, w)| *edge = S::edge(*w));
        if let Some(mask) = self.mask {
            let out = edges.iter_mut().zip(&mask[row]).filter(|(_, there)| !**there);
            out.for_each(|(edge, _)| *edge = S::ZERO);
        }
    }
}

/// Rows of W that are taken at a time: x is read and written once for all of them.
const ROWS: usize = 4;

/// [`Matrix::back`]
struct Back<S>(PhantomData<S>);

impl<S: Semiring> Wide<(Matrix<'_>, &[S::Number], &mut [S::Number])> for Back<S> {
    type Out = ();

    #[inline(always)]
    fn run((matrix, y, x): (Matrix<'_>, &[S::Number], &mut [S::Number])) {
        let (features, out) = (matrix.features, matrix.w.len() / matrix.features);
        let mut edges: [Vec<S::Number>; ROWS] = std::array::from_fn(|_| vec![S::ZERO; features]);
        for from in (0..out).step_by(ROWS) {
            let rows = from..out.min(from + ROWS);
            if y.chunks_exact(out).all(|y| y[rows.clone()].iter().all(|y| *y == S::ZERO)) {
                continue;
            }
            rows.clone().zip(&mut edges).for_each(|(o, edges)| matrix.edges::<S>(o, edges));
            let edges = edges.each_ref().map(|edges| &edges[..features]);
            for (y, x) in y.chunks_exact(out).zip(x.chunks_exact_mut(features)) {
                let mut these = [S::ZERO; ROWS];
                these[..rows.len()].copy_from_slice(&y[rows.clone()]);
                for (i, x) in x.iter_mut().enumerate() {
                    let mut sum = *x;
                    for row in 0..ROWS {
                        sum = S::plus(sum, S::times(these[row], edges[row][i]));
                    }
                    *x = sum;
                }
            }
        }
    }
}
