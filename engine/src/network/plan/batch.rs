//! The examples that a pass takes.

use crate::data::{Dataset, Targets};
use crate::kernel::Scalar;

/// Which examples of a data set are in a batch.
#[derive(Clone, Copy, Debug)]
pub enum Rows<'a> {
    /// These, in this order.
    Index(&'a [usize]),
    /// Those from the first up to, not including, the second.
    Range(usize, usize),
}

/// Some examples of a data set.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'a, T> {
    /// The data set.
    pub data: &'a Dataset<T>,
    /// Which of its examples.
    pub rows: Rows<'a>,
}

impl<'a, T: Scalar> Batch<'a, T> {
    /// Number of examples.
    pub fn len(&self) -> usize {
        match self.rows {
            Rows::Index(index) => index.len(),
            Rows::Range(from, to) => to - from,
        }
    }

    /// Whether there is no example.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The row of the data set in which example `i` stands.
    pub fn row(&self, i: usize) -> usize {
        match self.rows {
            Rows::Index(index) => index[i],
            Rows::Range(from, _) => from + i,
        }
    }

    /// The inputs of its examples, [examples, shape], where they lie side by side in the data set; else none.
    pub(super) fn side_by_side(&self) -> &'a [T] {
        let (first, follow) = match self.rows {
            Rows::Range(from, _) => (from, true),
            Rows::Index([]) => (0, false),
            Rows::Index(index) => (index[0], index.iter().zip(index[0]..).all(|(&row, next)| row == next)),
        };
        let width = self.data.shape().len();
        if follow { &self.data.inputs()[first * width..(first + self.len()) * width] } else { &[] }
    }

    /// Copies the inputs of its examples from number `first` on, as many as `x` holds.
    pub(super) fn copy_inputs(&self, first: usize, x: &mut [T]) {
        let (inputs, width) = (self.data.inputs(), self.data.shape().len());
        match self.rows {
            Rows::Range(from, _) => x.copy_from_slice(&inputs[(from + first) * width..][..x.len()]),
            Rows::Index(index) => {
                for (x, row) in x.chunks_exact_mut(width).zip(&index[first..]) {
                    x.copy_from_slice(&inputs[row * width..(row + 1) * width]);
                }
            }
        }
    }

    /// Copies the targets of its examples.
    ///
    /// # Panics
    /// Where `into` is of another kind.
    pub(super) fn copy_targets(&self, into: &mut Targets<T>) {
        match (into, self.data.targets()) {
            (Targets::Classes(into), Targets::Classes(classes)) => {
                into.clear();
                match self.rows {
                    Rows::Range(from, to) => into.extend_from_slice(&classes[from..to]),
                    Rows::Index(index) => into.extend(index.iter().map(|&row| classes[row])),
                }
            }
            (Targets::Values { data: into, .. }, Targets::Values { data, width }) => {
                into.clear();
                match self.rows {
                    Rows::Range(from, to) => into.extend_from_slice(&data[from * width..to * width]),
                    Rows::Index(index) => {
                        for row in index {
                            into.extend_from_slice(&data[row * width..(row + 1) * width]);
                        }
                    }
                }
            }
            _ => panic!("targets of a kind that the loss does not take, which Plan::check refuses"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_of_examples_in_a_row_are_those_of_the_data_set_however_the_batch_names_them() {
        let inputs: Vec<f64> = (0..10).map(f64::from).collect();
        let data = Dataset::new(inputs, [2], Targets::Classes(vec![0; 5])).expect("a data set");
        let of = |rows| Batch { data: &data, rows }.side_by_side();
        assert_eq!(of(Rows::Range(1, 4)), [2.0, 3.0, 4.0, 5.0, 6.0, 7.0]);
        assert_eq!(of(Rows::Index(&[1, 2, 3])), of(Rows::Range(1, 4)));
        assert_eq!(of(Rows::Index(&[4])), [8.0, 9.0]);
        for apart in [&[][..], &[0, 2], &[1, 0], &[0, 1, 1], &[3, 4, 0]] {
            assert!(of(Rows::Index(apart)).is_empty(), "{apart:?}");
        }
    }
}
