//! Scaling of inputs, fitted on the training part only.

use super::{DataError, Dataset, Targets, finite};
use crate::kernel::{Scalar, Wide, wide};
use serde::{Deserialize, Serialize};

/// How inputs are scaled, feature by feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scale {
    /// As they are.
    #[default]
    None,
    /// (x − mean) / standard deviation (of the population, as scikit-learn's StandardScaler).
    Standard,
    /// (x − minimum) / (maximum − minimum).
    MinMax,
}

/// What was subtracted from numbers before they were rounded to their precision: where they are far from 0, rounding would
/// lose what tells them apart. Empty where nothing was.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Origins {
    /// Of each number of an input.
    pub inputs: Vec<f64>,
    /// Of each number of a target.
    pub targets: Vec<f64>,
}

/// A fitted scaling: x ↦ (x − origin − shift) / unit for every feature. A constant feature has unit 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scaler {
    scale: Scale,
    /// See [`Origins`]: numbers come as x − origin.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    origin: Vec<f64>,
    shift: Vec<f64>,
    unit: Vec<f64>,
}

impl Scaler {
    /// Fits on the inputs of `data`, which should be the training part alone.
    pub fn fit<T: Scalar>(scale: Scale, data: &Dataset<T>) -> Scaler {
        Scaler::of(scale, &data.inputs, data.shape.len())
    }

    /// Fits on the targets of `data`, number by number; of classes there is nothing to scale.
    pub fn fit_targets<T: Scalar>(scale: Scale, data: &Dataset<T>) -> Scaler {
        match &data.targets {
            Targets::Values { data, width } => Scaler::of(scale, data, *width),
            Targets::Classes(_) => Scaler { scale: Scale::None, origin: vec![], shift: vec![], unit: vec![] },
        }
    }

    /// Fits on rows of `width` numbers.
    fn of<T: Scalar>(scale: Scale, numbers: &[T], width: usize) -> Scaler {
        let n = (numbers.len() / width.max(1)).max(1) as f64;
        let mut shift = vec![0.0; width];
        let mut unit = vec![1.0; width];
        let rows = || numbers.chunks_exact(width);
        match scale {
            Scale::None => {}
            Scale::Standard => {
                let mut variance = vec![0.0; width];
                wide(Mean, (numbers, n, &mut shift[..]));
                wide(Variance, (numbers, n, &shift[..], &mut variance[..]));
                unit = variance.into_iter().map(f64::sqrt).collect();
            }
            Scale::MinMax => {
                let mut high = vec![f64::NEG_INFINITY; width];
                shift.fill(f64::INFINITY);
                for row in rows() {
                    for ((x, low), high) in row.iter().zip(&mut shift).zip(&mut high) {
                        (*low, *high) = (low.min(x.f64()), high.max(x.f64()));
                    }
                }
                unit = high.iter().zip(&shift).map(|(high, low)| high - low).collect();
            }
        }
        // A constant feature: its computed variance is rounding noise of its mean, which grows with the number of rows (the
        // bound of scikit-learn's StandardScaler), not a unit to divide by.
        for (unit, shift) in unit.iter_mut().zip(&shift) {
            let variance = *unit * *unit;
            if variance <= n * f64::EPSILON * variance + (n * f64::EPSILON * shift).powi(2) {
                *unit = 1.0;
            }
        }
        Scaler { scale, origin: vec![], shift, unit }
    }

    /// The same of numbers that come as x − origin.
    pub fn with_origin(self, origin: Vec<f64>) -> Scaler {
        Scaler { origin, ..self }
    }

    /// What has to be subtracted from the numbers of each feature before they are rounded; empty: nothing.
    pub fn origin(&self) -> &[f64] {
        &self.origin
    }

    /// Leaves features as they are, those of which `leave` says so.
    pub fn leave(&mut self, leave: impl IntoIterator<Item = bool>) {
        for ((shift, unit), leave) in self.shift.iter_mut().zip(&mut self.unit).zip(leave) {
            if leave {
                (*shift, *unit) = (0.0, 1.0);
            }
        }
    }

    /// The number that becomes the scaled number y of feature `feature`: y·unit + shift + origin.
    pub fn unscaled(&self, feature: usize, y: f64) -> f64 {
        y * self.unit[feature] + self.shift[feature] + self.origin.get(feature).copied().unwrap_or(0.0)
    }

    /// Whether the numbers of feature `feature` lie so far from 0 that 32 bits do not hold what scaling left of them: further
    /// than 16 units.
    pub fn is_far(&self, feature: usize) -> bool {
        self.unscaled(feature, 0.0).abs() > 16.0 * self.unit[feature]
    }

    /// What is subtracted from numbers that come as x − origin.
    pub fn shift(&self, feature: usize) -> f64 {
        self.shift[feature]
    }

    /// What a step of 1 of the scaled number of feature `feature` is before scaling.
    pub fn unit(&self, feature: usize) -> f64 {
        self.unit[feature]
    }

    /// Whether there are features that it was fitted on.
    pub fn is_fitted(&self) -> bool {
        !self.shift.is_empty()
    }

    /// Whether it has as many units as shifts, and as many origins or none: what was read from somewhere may have others.
    pub fn is_whole(&self) -> bool {
        let features = self.shift.len();
        self.unit.len() == features && [0, features].contains(&self.origin.len())
    }

    /// How many features it was fitted on.
    pub fn features(&self) -> usize {
        self.shift.len()
    }

    /// What kind of scaling it is.
    pub fn kind(&self) -> Scale {
        self.scale
    }

    /// Scales the inputs of `data`, which come as x − origin, in place.
    ///
    /// # Errors
    /// Where examples have another number of features than those of the fit, or a number is so far from those that,
    /// scaled, the precision does not reach it.
    pub fn apply<T: Scalar>(&self, data: &mut Dataset<T>) -> Result<(), DataError> {
        if data.shape.len() != self.shift.len() {
            return Err(DataError::Fitted { fitted: self.shift.len(), shape: data.shape.clone() });
        }
        self.scale(&mut data.inputs);
        finite("scaled input", &data.inputs, self.shift.len()).map_err(|error| error.in_rows(&data.rows))
    }

    /// Scales the targets of `data` in place; classes stay.
    ///
    /// # Errors
    /// As [`Scaler::apply`].
    pub fn apply_to_targets<T: Scalar>(&self, data: &mut Dataset<T>) -> Result<(), DataError> {
        match &mut data.targets {
            Targets::Values { data: numbers, width } if *width == self.shift.len() => {
                self.scale(numbers);
                finite("scaled target", numbers, *width).map_err(|error| error.in_rows(&data.rows))
            }
            _ => Ok(()),
        }
    }

    /// Scales numbers that come as x − origin in place: [rows, features]. What was fitted on nothing leaves them as they are.
    pub fn scale<T: Scalar>(&self, numbers: &mut [T]) {
        if !self.is_fitted() {
            return;
        }
        wide(Scaled, (numbers, &self.shift[..], &self.unit[..]));
    }
}

/// Σ x / n of each column, added to what is there.
struct Mean;

impl<T: Scalar> Wide<(&[T], f64, &mut [f64])> for Mean {
    type Out = ();

    #[inline(always)]
    fn run((numbers, n, mean): (&[T], f64, &mut [f64])) {
        for row in numbers.chunks_exact(mean.len()) {
            for (x, mean) in row.iter().zip(&mut *mean) {
                *mean += x.f64() / n;
            }
        }
    }
}

/// Σ (x − mean)² / n of each column, added to what is there.
struct Variance;

impl<T: Scalar> Wide<(&[T], f64, &[f64], &mut [f64])> for Variance {
    type Out = ();

    #[inline(always)]
    fn run((numbers, n, mean, variance): (&[T], f64, &[f64], &mut [f64])) {
        for row in numbers.chunks_exact(mean.len()) {
            for ((x, mean), variance) in row.iter().zip(mean).zip(&mut *variance) {
                let d = x.f64() - mean;
                *variance += d * d / n;
            }
        }
    }
}

/// (x − shift) / unit of each column, in place.
struct Scaled;

impl<T: Scalar> Wide<(&mut [T], &[f64], &[f64])> for Scaled {
    type Out = ();

    #[inline(always)]
    fn run((numbers, shift, unit): (&mut [T], &[f64], &[f64])) {
        for row in numbers.chunks_exact_mut(shift.len()) {
            for ((x, shift), unit) in row.iter_mut().zip(shift).zip(unit) {
                *x = T::of((x.f64() - shift) / unit);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The mean of many equal numbers is off by rounding, and that is no unit to divide by.
    #[test]
    fn a_constant_feature_counts_as_constant_however_many_rows_it_has() {
        for count in [3, 1000, 100_000] {
            let of = |x: f32| vec![x; count];
            let classes = |count: usize| Targets::Classes(vec![0; count]);
            let train = Dataset::new(of(5.02), [1], classes(count)).unwrap();
            let mut test = Dataset::new(vec![5.03_f32], [1], classes(1)).unwrap();
            for scale in [Scale::Standard, Scale::MinMax] {
                let mut test = test.clone();
                Scaler::fit(scale, &train).apply(&mut test).unwrap();
                assert!((test.inputs()[0] - 0.01).abs() < 1e-6, "{count} {scale:?}: {:?}", test.inputs());
            }
            // What differs by little is no constant.
            let mut near = of(5.02);
            near[0] = 5.0201;
            let near = Dataset::new(near, [1], classes(count)).unwrap();
            Scaler::fit(Scale::Standard, &near).apply(&mut test).unwrap();
            assert!(test.inputs()[0] > 10.0, "{count}: {:?}", test.inputs());
        }
    }
}
