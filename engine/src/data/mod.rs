//! Data in memory: examples, their targets, how they are split, scaled, put into batches, and generated.

mod batches;
pub mod generate;
mod scale;
mod split;

pub use batches::Batches;
pub use scale::{Scale, Scaler};
pub use split::split;

use crate::kernel::{Aligned, Scalar};
use crate::shape::Shape;

/// What the network should say, one entry per example.
#[derive(Clone, Debug, PartialEq)]
pub enum Targets<T> {
    /// The number of the right class, from 0.
    Classes(Vec<u32>),
    /// `width` numbers per example, one example after the other.
    Values {
        /// [examples, width]
        data: Vec<T>,
        /// Numbers per example.
        width: usize,
    },
}

impl<T: Scalar> Targets<T> {
    /// Number of examples.
    pub fn len(&self) -> usize {
        match self {
            Targets::Classes(classes) => classes.len(),
            Targets::Values { data, width } => data.len() / width,
        }
    }

    /// Whether there is no example.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The same targets in the other precision.
    fn cast<U: Scalar>(&self) -> Targets<U> {
        match self {
            Targets::Classes(classes) => Targets::Classes(classes.clone()),
            Targets::Values { data, width } => Targets::Values { data: cast(data), width: *width },
        }
    }

    /// The targets of the examples in `index`, in that order.
    fn select(&self, index: &[usize]) -> Targets<T> {
        match self {
            Targets::Classes(classes) => Targets::Classes(index.iter().map(|&i| classes[i]).collect()),
            Targets::Values { data, width } => Targets::Values {
                data: rows(data, *width, index).flatten().copied().collect(),
                width: *width,
            },
        }
    }
}

/// Examples with their targets, in memory.
#[derive(Clone, Debug, PartialEq)]
pub struct Dataset<T> {
    /// All inputs, one example after the other: [examples, shape]. Steps read them where they lie.
    pub inputs: Aligned<T>,
    /// Shape of one example's input.
    pub shape: Shape,
    /// One target per example.
    pub targets: Targets<T>,
    /// Name of each class where targets are classes; may be empty.
    pub class_names: Vec<String>,
    /// Name of each input number; may be empty.
    pub feature_names: Vec<String>,
}

impl<T: Scalar> Dataset<T> {
    /// Number of examples.
    pub fn len(&self) -> usize {
        self.targets.len()
    }

    /// Whether there is no example.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Number of classes, where targets are classes: one past the largest class that occurs or has a name.
    pub fn classes(&self) -> Option<usize> {
        match &self.targets {
            Targets::Classes(classes) => {
                let seen = classes.iter().max().map_or(0, |&c| c as usize + 1);
                Some(seen.max(self.class_names.len()))
            }
            Targets::Values { .. } => None,
        }
    }

    /// The same examples in the other precision.
    pub fn cast<U: Scalar>(&self) -> Dataset<U> {
        Dataset {
            inputs: cast(&self.inputs).into(),
            shape: self.shape.clone(),
            targets: self.targets.cast(),
            class_names: self.class_names.clone(),
            feature_names: self.feature_names.clone(),
        }
    }

    /// The examples in `index`, in that order.
    pub fn select(&self, index: &[usize]) -> Dataset<T> {
        Dataset {
            inputs: Aligned::concat(rows(&self.inputs, self.shape.len(), index)),
            shape: self.shape.clone(),
            targets: self.targets.select(index),
            class_names: self.class_names.clone(),
            feature_names: self.feature_names.clone(),
        }
    }

    /// Keeps the first examples, at most `count`.
    fn truncate(&mut self, count: usize) {
        self.inputs.truncate(count * self.shape.len());
        match &mut self.targets {
            Targets::Classes(classes) => classes.truncate(count),
            Targets::Values { data, width } => data.truncate(count * *width),
        }
    }
}

fn cast<T: Scalar, U: Scalar>(numbers: &[T]) -> Vec<U> {
    numbers.iter().map(|x| U::of(x.f64())).collect()
}

/// The rows in `index`, in that order.
fn rows<'a, T>(data: &'a [T], width: usize, index: &'a [usize]) -> impl Iterator<Item = &'a [T]> + Clone {
    index.iter().map(move |&i| &data[i * width..(i + 1) * width])
}
