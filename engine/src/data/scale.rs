//! Scaling of inputs, fitted on the training part only.

use super::{DataError, Dataset, Targets, finite};
use crate::kernel::Scalar;

/// How inputs are scaled, feature by feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Scale {
    /// As they are.
    #[default]
    None,
    /// (x − mean) / standard deviation (of the population, as scikit-learn's StandardScaler).
    Standard,
    /// (x − minimum) / (maximum − minimum).
    MinMax,
}

/// A fitted scaling: x ↦ (x − shift) / unit for every feature. A constant feature has unit 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Scaler {
    scale: Scale,
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
            Targets::Classes(_) => Scaler { scale: Scale::None, shift: vec![], unit: vec![] },
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
                for row in rows() {
                    row.iter().zip(&mut shift).for_each(|(x, m)| *m += x.f64() / n);
                }
                for row in rows() {
                    for ((x, m), v) in row.iter().zip(&shift).zip(&mut variance) {
                        *v += (x.f64() - m).powi(2) / n;
                    }
                }
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
        // A constant feature: its computed deviation is rounding noise of its mean, not a unit to divide by.
        for (unit, shift) in unit.iter_mut().zip(&shift) {
            if *unit <= 1e-12 * shift.abs() || *unit == 0.0 {
                *unit = 1.0;
            }
        }
        Scaler { scale, shift, unit }
    }

    /// What kind of scaling it is.
    pub fn scale(&self) -> Scale {
        self.scale
    }

    /// Scales the inputs of `data` in place.
    ///
    /// # Errors
    /// Where examples have another number of features than those of the fit, or a number is so far from those that,
    /// scaled, the precision does not reach it.
    pub fn apply<T: Scalar>(&self, data: &mut Dataset<T>) -> Result<(), DataError> {
        if data.shape.len() != self.shift.len() {
            return Err(DataError::Fitted { fitted: self.shift.len(), shape: data.shape.clone() });
        }
        self.scale_rows(&mut data.inputs);
        finite("scaled input", &data.inputs, self.shift.len())
    }

    /// Scales the targets of `data` in place; classes stay.
    ///
    /// # Errors
    /// As [`Scaler::apply`].
    pub fn apply_to_targets<T: Scalar>(&self, data: &mut Dataset<T>) -> Result<(), DataError> {
        match &mut data.targets {
            Targets::Values { data, width } if *width == self.shift.len() => {
                self.scale_rows(data);
                finite("scaled target", data, *width)
            }
            _ => Ok(()),
        }
    }

    fn scale_rows<T: Scalar>(&self, numbers: &mut [T]) {
        for row in numbers.chunks_exact_mut(self.shift.len()) {
            for ((x, shift), unit) in row.iter_mut().zip(&self.shift).zip(&self.unit) {
                *x = T::of((x.f64() - shift) / unit);
            }
        }
    }
}
