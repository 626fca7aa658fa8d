//! The shape of one example's values, without the batch: `[64]`, `[8, 28, 28]`, `[]` for a single number.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;

/// Lengths along each axis of one example; the batch comes in front of them and is not part of the shape.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Shape {
    dims: Box<[usize]>,
    // Every operation of every step asks for these two.
    leading: usize,
    last: usize,
}

impl Shape {
    /// The lengths, outermost first.
    pub fn dims(&self) -> &[usize] {
        &self.dims
    }

    /// How many numbers one example has.
    #[inline]
    pub fn len(&self) -> usize {
        self.leading * self.last
    }

    /// Whether an example has no number at all (some axis has length 0).
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Length of the innermost axis, the features; 1 for a single number.
    #[inline]
    pub fn last(&self) -> usize {
        self.last
    }

    /// Numbers of an example over features: how many feature vectors an example holds.
    #[inline]
    pub fn leading(&self) -> usize {
        self.leading
    }

    /// Number `at` of an example, by its indices in brackets: `[3,17]`; nothing where there is only one number.
    pub fn index(&self, mut at: usize) -> String {
        let mut indices = vec![];
        for length in self.dims.iter().rev() {
            indices.push((at % length).to_string());
            at /= length;
        }
        indices.reverse();
        if indices.is_empty() { String::new() } else { format!("[{}]", indices.join(",")) }
    }

    /// The same shape with another number of features.
    pub fn with_last(&self, features: usize) -> Shape {
        let mut dims = self.dims.to_vec();
        match dims.last_mut() {
            Some(last) => *last = features,
            None => dims.push(features),
        }
        dims.into()
    }
}

impl Default for Shape {
    /// A single number.
    fn default() -> Shape {
        vec![].into()
    }
}

impl<const N: usize> From<[usize; N]> for Shape {
    fn from(dims: [usize; N]) -> Shape {
        dims.to_vec().into()
    }
}

impl From<Vec<usize>> for Shape {
    fn from(dims: Vec<usize>) -> Shape {
        let (leading, last) =
            dims.split_last().map_or((1, 1), |(last, leading)| (leading.iter().product(), *last));
        Shape { dims: dims.into(), leading, last }
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dims: Vec<String> = self.dims.iter().map(usize::to_string).collect();
        write!(f, "[{}]", dims.join(", "))
    }
}

/// As the list of its lengths.
impl Serialize for Shape {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.dims.serialize(to)
    }
}

/// From a list of lengths; refuses more numbers than can be counted.
impl<'de> Deserialize<'de> for Shape {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Shape, D::Error> {
        let dims = Vec::<usize>::deserialize(from)?;
        match dims.iter().try_fold(1, |product: usize, length| product.checked_mul(*length)) {
            Some(_) => Ok(dims.into()),
            None => Err(de::Error::custom("a shape of more numbers than can be counted")),
        }
    }
}
