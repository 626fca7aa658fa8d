//! The shape of one example's values, without the batch: `[64]`, `[8, 28, 28]`, `[]` for a single number.

use std::fmt;

/// Lengths along each axis of one example; the batch comes in front of them and is not part of the shape.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Shape(Vec<usize>);

impl Shape {
    /// The lengths, outermost first.
    pub fn dims(&self) -> &[usize] {
        &self.0
    }

    /// How many numbers one example has.
    pub fn len(&self) -> usize {
        self.0.iter().product()
    }

    /// Whether an example has no number at all (some axis has length 0).
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Length of the innermost axis, the features; 1 for a single number.
    pub fn last(&self) -> usize {
        self.0.last().copied().unwrap_or(1)
    }

    /// Numbers of an example over features: how many feature vectors an example holds.
    pub fn leading(&self) -> usize {
        self.0.split_last().map_or(1, |(_, rest)| rest.iter().product())
    }

    /// The same shape with another number of features.
    pub fn with_last(&self, features: usize) -> Shape {
        let mut dims = self.0.clone();
        match dims.last_mut() {
            Some(last) => *last = features,
            None => dims.push(features),
        }
        Shape(dims)
    }
}

impl<const N: usize> From<[usize; N]> for Shape {
    fn from(dims: [usize; N]) -> Shape {
        Shape(dims.to_vec())
    }
}

impl From<Vec<usize>> for Shape {
    fn from(dims: Vec<usize>) -> Shape {
        Shape(dims)
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dims: Vec<String> = self.0.iter().map(usize::to_string).collect();
        write!(f, "[{}]", dims.join(", "))
    }
}
