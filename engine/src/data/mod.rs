//! Data in memory: tables and what becomes of them, examples, their targets, how they are split, scaled, put into
//! batches, and generated.

mod batches;
mod encoding;
pub mod generate;
mod preprocessing;
mod scale;
mod split;
mod table;

pub use batches::Batches;
pub use encoding::{Column, Encoded, Encoding, Fill, Kind};
pub use preprocessing::Preprocessing;
pub use scale::{Origins, Scale, Scaler};
pub use split::{split, split_rows};
pub use table::{Table, TableColumn};

use crate::kernel::{Aligned, Checksum, Scalar};
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

    /// Whether each target is one number, 0 or 1: no or yes.
    pub fn are_switches(&self) -> bool {
        match self {
            Targets::Values { data, width: 1 } => data.iter().all(|y| *y == T::zero() || *y == T::one()),
            _ => false,
        }
    }

    /// Of classes the share of the examples that each has, of numbers the mean of each.
    pub fn means(&self) -> Vec<f64> {
        match self {
            Targets::Classes(classes) => shares(classes),
            Targets::Values { data, width } => {
                let (mut means, examples) = (vec![0.0; *width], self.len().max(1) as f64);
                for y in data.chunks_exact(*width) {
                    means.iter_mut().zip(y).for_each(|(mean, y)| *mean += y.f64());
                }
                means.iter_mut().for_each(|mean| *mean /= examples);
                means
            }
        }
    }

    /// Whether both are classes, or as many numbers per example.
    pub(crate) fn like(&self, other: &Targets<T>) -> bool {
        match (self, other) {
            (Targets::Values { width, .. }, Targets::Values { width: of_other, .. }) => width == of_other,
            (Targets::Classes(_), Targets::Classes(_)) => true,
            _ => false,
        }
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

/// The share that each class has, up to the largest that occurs.
pub(crate) fn shares(classes: &[u32]) -> Vec<f64> {
    let mut counts = vec![0_usize; classes.iter().max().map_or(0, |most| *most as usize + 1)];
    classes.iter().for_each(|class| counts[*class as usize] += 1);
    counts.into_iter().map(|count| count as f64 / classes.len() as f64).collect()
}

/// Why numbers are no data set.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum DataError {
    /// Examples without numbers.
    #[error("an example of the shape {0} has no numbers; it needs at least one")]
    NoNumbers(Shape),
    /// The last example's input is not whole.
    #[error("{numbers} input numbers are no whole examples of the shape {shape}, {} numbers each", shape.len())]
    Inputs {
        /// How many numbers there are.
        numbers: usize,
        /// Shape of one example.
        shape: Shape,
    },
    /// The last example's target is not whole.
    #[error("{numbers} target numbers are no whole examples of {width} numbers each")]
    Width {
        /// How many numbers there are.
        numbers: usize,
        /// Numbers of one example.
        width: usize,
    },
    /// Not as many targets as inputs.
    #[error("there are {inputs} inputs and {targets} targets; there has to be one target for each input")]
    Counts {
        /// Inputs.
        inputs: usize,
        /// Targets.
        targets: usize,
    },
    /// NaN or infinity.
    #[error("example {example}: number {place} of its {part} is {value}; every number has to be finite")]
    NotFinite {
        /// `input`, `scaled input` or `target`.
        part: &'static str,
        /// Which example: its number in [`Dataset::rows`], from 0 where it has no other.
        example: usize,
        /// Which of its numbers, from 0.
        place: usize,
        /// What stands there.
        value: f64,
    },
    /// A column without a single number or text, where a missing cell is to be filled.
    #[error(
        "column \"{column}\" has nothing in the training rows with which a missing cell could be filled; leave it out"
    )]
    NothingToFill {
        /// Its name.
        column: String,
    },
    /// A scaling of other examples.
    #[error("the scaling was fitted on {fitted} features, and the examples have the shape {shape}")]
    Fitted {
        /// Features that it was fitted on.
        fitted: usize,
        /// Shape of one example.
        shape: Shape,
    },
    /// Not as many names as an example has numbers.
    #[error("{names} feature names for examples of the shape {shape}, {} numbers each", shape.len())]
    FeatureNames {
        /// How many names there are.
        names: usize,
        /// Shape of one example.
        shape: Shape,
    },
}

impl DataError {
    /// The same of examples before which so many others stand.
    pub(crate) fn further_down(mut self, count: usize) -> DataError {
        if let DataError::NotFinite { example, .. } = &mut self {
            *example += count;
        }
        self
    }

    /// The same, with the number that the example has where it comes from.
    fn in_rows(mut self, rows: &[u32]) -> DataError {
        if let DataError::NotFinite { example, .. } = &mut self {
            *example = rows[*example] as usize;
        }
        self
    }
}

/// Examples with their targets, in memory: as many inputs as targets, all numbers finite.
#[derive(Clone, Debug, PartialEq)]
pub struct Dataset<T> {
    inputs: Aligned<T>,
    shape: Shape,
    targets: Targets<T>,
    class_names: Vec<String>,
    feature_names: Vec<String>,
    /// Of each example its number where it comes from.
    rows: Vec<u32>,
}

impl<T: Scalar> Dataset<T> {
    /// Examples of shape `shape`: `inputs` are all of them, one after the other, [examples, shape]. Looks at every
    /// number once, for NaN and infinity; numbers that are [`Aligned`] stay where they are.
    ///
    /// ```
    /// use whygrad::data::{Dataset, Targets};
    /// let inputs = vec![0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0_f32];
    /// let xor = Dataset::new(inputs, [2], Targets::Classes(vec![0, 1, 1, 0]))?.with_class_names(["same", "other"]);
    /// assert_eq!((xor.len(), xor.classes()), (4, Some(2)));
    ///
    /// let targets = Targets::Values { data: vec![1.0], width: 1 };
    /// let error = Dataset::new(vec![0.5, 2.5, 3.5], [1], targets).unwrap_err();
    /// assert_eq!(error.to_string(), "there are 3 inputs and 1 targets; there has to be one target for each input");
    /// # Ok::<(), whygrad::data::DataError>(())
    /// ```
    ///
    /// # Errors
    /// Where numbers are no whole examples, inputs and targets differ in number, or a number is not finite.
    pub fn new(
        inputs: impl Into<Aligned<T>>,
        shape: impl Into<Shape>,
        targets: Targets<T>,
    ) -> Result<Dataset<T>, DataError> {
        let (inputs, shape) = (inputs.into(), shape.into());
        if shape.is_empty() {
            return Err(DataError::NoNumbers(shape));
        }
        if !inputs.len().is_multiple_of(shape.len()) {
            return Err(DataError::Inputs { numbers: inputs.len(), shape });
        }
        finite("input", &inputs, shape.len())?;
        let unlabelled = Dataset {
            inputs,
            shape,
            targets: Targets::Classes(vec![]),
            class_names: vec![],
            feature_names: vec![],
            rows: vec![],
        };
        unlabelled.with_targets(targets)
    }

    /// The same inputs with other targets.
    ///
    /// # Errors
    /// As [`Dataset::new`].
    pub fn with_targets(self, targets: Targets<T>) -> Result<Dataset<T>, DataError> {
        if let Targets::Values { data, width } = &targets {
            if *width == 0 || !data.len().is_multiple_of(*width) {
                return Err(DataError::Width { numbers: data.len(), width: *width });
            }
            finite("target", data, *width)?;
        }
        let inputs = self.inputs.len() / self.shape.len();
        if targets.len() != inputs {
            return Err(DataError::Counts { inputs, targets: targets.len() });
        }
        let rows = if self.rows.len() == inputs { self.rows } else { (0..inputs as u32).collect() };
        Ok(Dataset { targets, rows, ..self })
    }

    /// With the number that each example has where it comes from, such as the row of a file; without, from 0 on.
    ///
    /// # Errors
    /// Where there are more or fewer examples.
    pub fn with_rows(mut self, rows: Vec<u32>) -> Result<Dataset<T>, DataError> {
        if rows.len() != self.len() {
            return Err(DataError::Counts { inputs: self.len(), targets: rows.len() });
        }
        self.rows = rows;
        Ok(self)
    }

    /// With a name for each class, from class 0 on.
    pub fn with_class_names<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Dataset<T> {
        self.class_names = names.into_iter().map(Into::into).collect();
        self
    }

    /// With a name for each number of an example.
    ///
    /// # Errors
    /// Where an example has more or fewer numbers.
    pub fn with_feature_names<S: Into<String>>(
        mut self,
        names: impl IntoIterator<Item = S>,
    ) -> Result<Dataset<T>, DataError> {
        self.feature_names = names.into_iter().map(Into::into).collect();
        if self.feature_names.len() != self.shape.len() {
            return Err(DataError::FeatureNames { names: self.feature_names.len(), shape: self.shape });
        }
        Ok(self)
    }

    /// All inputs, one example after the other: [examples, shape]. Steps read them where they lie.
    pub fn inputs(&self) -> &[T] {
        &self.inputs
    }

    /// Shape of one example's input.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// One target per example.
    pub fn targets(&self) -> &Targets<T> {
        &self.targets
    }

    /// Name of each class where targets are classes; may be empty.
    pub fn class_names(&self) -> &[String] {
        &self.class_names
    }

    /// Name of each number of an example; may be empty.
    pub fn feature_names(&self) -> &[String] {
        &self.feature_names
    }

    /// Of each example its number where it comes from, which stays with it when examples are shuffled and split.
    pub fn rows(&self) -> &[u32] {
        &self.rows
    }

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

    /// A checksum (CRC32C) of all that it holds: inputs, shape, targets and names. Equal data sets have equal ones.
    pub fn checksum(&self) -> u32 {
        let dims: Vec<f64> = self.shape.dims().iter().map(|&n| n as f64).collect();
        let sum = Checksum::default().numbers(&dims).numbers(&self.inputs);
        let sum = match &self.targets {
            Targets::Classes(classes) => {
                classes.iter().fold(sum.bytes(b"classes"), |sum, class| sum.bytes(&class.to_le_bytes()))
            }
            Targets::Values { data, width } => sum.bytes(&(*width as u64).to_le_bytes()).numbers(data),
        };
        sum.texts(&self.class_names).texts(&self.feature_names).value()
    }

    /// The same examples in the other precision. A number that f32 does not reach becomes infinite.
    pub fn cast<U: Scalar>(&self) -> Dataset<U> {
        Dataset {
            inputs: cast(&self.inputs).into(),
            shape: self.shape.clone(),
            targets: self.targets.cast(),
            class_names: self.class_names.clone(),
            feature_names: self.feature_names.clone(),
            rows: self.rows.clone(),
        }
    }

    /// The examples in `index`, in that order.
    ///
    /// # Panics
    /// Where there is no such example.
    pub fn select(&self, index: &[usize]) -> Dataset<T> {
        Dataset {
            inputs: Aligned::concat(rows(&self.inputs, self.shape.len(), index)),
            shape: self.shape.clone(),
            targets: self.targets.select(index),
            class_names: self.class_names.clone(),
            feature_names: self.feature_names.clone(),
            rows: index.iter().map(|&i| self.rows[i]).collect(),
        }
    }

    /// Keeps the first examples, at most `count`.
    fn truncate(&mut self, count: usize) {
        self.inputs.truncate(count * self.shape.len());
        self.rows.truncate(count);
        match &mut self.targets {
            Targets::Classes(classes) => classes.truncate(count),
            Targets::Values { data, width } => data.truncate(count * *width),
        }
    }
}

/// Refuses NaN and infinity among the numbers of examples, `width` each.
fn finite<T: Scalar>(part: &'static str, numbers: &[T], width: usize) -> Result<(), DataError> {
    // Piece by piece without a way out inside: as many at a time as a vector holds.
    let all_finite = |piece: &[T]| piece.iter().fold(true, |all, x| all & x.is_finite());
    if numbers.chunks(1024).all(all_finite) {
        return Ok(());
    }
    match numbers.iter().position(|x| !x.is_finite()) {
        None => Ok(()),
        Some(at) => {
            let (example, place) = (at / width, at % width);
            Err(DataError::NotFinite { part, example, place, value: numbers[at].f64() })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_data_set_is_refused_with_both_facts() {
        let values = |data: &[f32], width| Targets::Values { data: data.to_vec(), width };
        let (nan, infinite) = (f32::NAN, f32::INFINITY);
        type Case<'a> = (&'a [f32], Vec<usize>, Targets<f32>, &'a str);
        let cases: [Case<'_>; 7] = [
            (&[], vec![2, 0], Targets::Classes(vec![]), "an example of the shape [2, 0] has no numbers"),
            (
                &[1.0; 5],
                vec![2],
                Targets::Classes(vec![0; 2]),
                "5 input numbers are no whole examples of the shape [2]",
            ),
            (&[1.0; 4], vec![2], Targets::Classes(vec![0]), "2 inputs and 1 targets"),
            (&[1.0; 4], vec![2], values(&[1.0; 3], 2), "3 target numbers are no whole examples of 2"),
            (&[1.0; 4], vec![2], values(&[1.0; 3], 0), "3 target numbers are no whole examples of 0"),
            (
                &[1.0, 1.0, 1.0, nan],
                vec![2],
                Targets::Classes(vec![0; 2]),
                "example 1: number 1 of its input is NaN",
            ),
            (&[1.0; 4], vec![2], values(&[1.0, infinite], 1), "example 1: number 0 of its target is inf"),
        ];
        for (inputs, shape, targets, message) in cases {
            let error = Dataset::new(inputs.to_vec(), shape, targets).unwrap_err().to_string();
            assert!(error.contains(message), "{error}");
        }
        let mut two = Dataset::new(vec![1.0_f32; 4], [2], Targets::Classes(vec![0; 2])).unwrap();
        let other = Dataset::new(vec![1.0_f32; 3], [3], Targets::Classes(vec![0])).unwrap();
        let error = Scaler::fit(Scale::Standard, &other).apply(&mut two).unwrap_err().to_string();
        assert_eq!(error, "the scaling was fitted on 3 features, and the examples have the shape [2]");
        let error = two.with_feature_names(["width"]).unwrap_err().to_string();
        assert_eq!(error, "1 feature names for examples of the shape [2], 2 numbers each");
    }
}
