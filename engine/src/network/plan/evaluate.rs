//! How well a network does on a data set.

use super::keep::Keep;
use super::{Batch, Pass, Plan, Rows};
use crate::data::{Dataset, Targets};
use crate::facts::Metrics;
use crate::loss::{Decision, LossPrecision, Reduction};
use crate::network::Weights;
use crate::op::Precision;

impl<T: Precision + LossPrecision, K: Keep> Plan<T, K> {
    /// How many examples of the last pass are right, where the loss has a notion of right.
    pub fn right(&self) -> Option<usize> {
        let outputs = self.output().enumerate();
        match (self.loss.decision()?, &self.targets) {
            (Decision::Largest, Targets::Classes(classes)) => {
                let right = |(i, x): &(usize, &[T])| {
                    // The first of equals, and never NaN.
                    let mut best = 0;
                    (1..x.len()).for_each(|j| best = if x[j] > x[best] { j } else { best });
                    best == classes[*i] as usize && !x[best].is_nan()
                };
                Some(outputs.filter(right).count())
            }
            (Decision::Above(threshold), Targets::Values { data, width }) => {
                let right = |(i, x): &(usize, &[T])| {
                    let y = &data[i * width..(i + 1) * width];
                    x.iter().zip(y).all(|(x, y)| !x.is_nan() && (x.f64() > threshold) == (y.f64() > 0.5))
                };
                Some(outputs.filter(right).count())
            }
            _ => None,
        }
    }

    /// Loss and accuracy over a whole data set, in evaluation mode, batch by batch.
    pub fn evaluate(&mut self, weights: &Weights<T>, data: &Dataset<T>) -> Metrics {
        let (mut sum, mut divisor, mut right) = (0.0, 0.0, Some(0));
        for from in (0..data.len()).step_by(self.capacity) {
            let rows = Rows::Range(from, (from + self.capacity).min(data.len()));
            let loss = self.pass(weights, Batch { data, rows }, Pass::EVALUATE);
            sum += loss * self.divisor;
            divisor += self.divisor;
            right = right.zip(self.right()).map(|(a, b)| a + b);
        }
        if self.loss.reduction() == Reduction::Sum {
            divisor = 1.0;
        }
        Metrics { loss: sum / divisor, accuracy: right.map(|right| right as f64 / data.len() as f64) }
    }
}
