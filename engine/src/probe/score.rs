//! How well a trained network does its task, by a measure that does not depend on the loss it was trained with.

use super::evaluation::most_frequent;
use crate::data::{Dataset, Targets, shares};
use crate::loss::Decision;
use crate::network::Error;
use crate::train::{Prepared, Real, Trainer};
use serde::Serialize;

/// What a network is to do, as its targets tell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Share of the examples whose class is the predicted one: targets are classes, or numbers that are all 0 or 1.
    Accuracy,
    /// 1 − Σ(ŷ − y)² / Σ(ȳ − y)², with ȳ the training part's mean: 1 is perfect, 0 is as good as saying the mean.
    R2,
}

impl Measure {
    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Measure::Accuracy => "accuracy",
            Measure::R2 => "R²",
        }
    }
}

/// How well a network does.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Score {
    /// What is measured.
    pub measure: Measure,
    /// On the held-out part, or where nothing is held out on the training part; at least −1.
    pub value: f64,
    /// On the training part, or as much of it as is enough.
    pub train: f64,
    /// What always saying the training part's most frequent class, or its mean, would have.
    pub trivial: f64,
    /// The mean over the classes of the share of each that is right; as `value` where targets are no classes.
    pub balanced: f64,
    /// Whether the measured part was held out.
    pub held_out: bool,
    /// Examples of the measured part.
    pub examples: usize,
}

/// The most training examples that are measured.
const ENOUGH: usize = 4096;

/// The classes of examples, if their targets are such; a class for each number where these are independent of each other.
pub(super) fn classes<T: Real>(targets: &Targets<T>) -> Option<Vec<u32>> {
    match targets {
        Targets::Classes(classes) => Some(classes.clone()),
        Targets::Values { data, width } => {
            let bits = data.iter().all(|y| *y == T::zero() || *y == T::one());
            let one_hot =
                *width > 1 && data.chunks_exact(*width).all(|y| y.iter().copied().sum::<T>() == T::one());
            match (bits, one_hot) {
                (true, true) => {
                    let hot = |y: &[T]| y.iter().position(|y| *y == T::one()).unwrap_or(0) as u32;
                    Some(data.chunks_exact(*width).map(hot).collect())
                }
                (true, false) => Some(data.iter().map(|y| u32::from(*y == T::one())).collect()),
                (false, _) => None,
            }
        }
    }
}

/// Measures the trainer's network.
///
/// # Errors
/// Where the network or the loss cannot take the data.
pub fn score<T: Real>(prepared: &mut Prepared<T>) -> Result<Score, Error> {
    let Prepared { train, test, trainer, .. } = prepared;
    let few = train.len() > ENOUGH;
    let sample = few.then(|| train.select(&super::spread(train.len(), ENOUGH)));
    let [of_train, _] = measured(trainer, train, sample.as_ref().unwrap_or(train))?;
    let [value, balanced] = match &test {
        Some(test) => measured(trainer, train, test)?,
        None => measured(trainer, train, train)?,
    };
    let on = test.as_ref().unwrap_or(train);
    let (measure, trivial) = match (classes(train.targets()), classes(on.targets())) {
        (Some(known), Some(asked)) => {
            let most = most_frequent(&shares(&known));
            let right = asked.iter().filter(|class| **class as usize == most).count();
            (Measure::Accuracy, right as f64 / asked.len().max(1) as f64)
        }
        _ => (Measure::R2, 0.0),
    };
    Ok(Score {
        measure,
        value,
        train: of_train,
        trivial,
        balanced,
        held_out: test.is_some(),
        examples: on.len(),
    })
}

/// The measure on some data, and its mean over the classes.
fn measured<T: Real>(
    trainer: &mut Trainer<T>,
    train: &Dataset<T>,
    on: &Dataset<T>,
) -> Result<[f64; 2], Error> {
    let outputs = trainer.predict(on.inputs())?;
    let width = outputs.len() / on.len().max(1);
    let Some(asked) = classes(train.targets()).and(classes(on.targets())) else {
        let r2 = r2(&outputs, train.targets(), on.targets()).max(-1.0);
        return Ok([r2, r2]);
    };
    let threshold = match trainer.loss().decision() {
        Some(Decision::Above(threshold)) => threshold,
        _ => 0.5,
    };
    let said: Vec<Option<u32>> = if asked.len() == on.len() && width > 1 {
        outputs.chunks_exact(width).map(largest).collect()
    } else {
        let above = |y: &T| (!y.is_nan()).then(|| u32::from(y.f64() > threshold));
        outputs.iter().map(above).collect()
    };
    let count = asked.iter().max().map_or(0, |most| *most as usize + 1);
    let (mut of, mut right) = (vec![0.0; count], vec![0.0; count]);
    for (asked, said) in asked.iter().zip(&said) {
        of[*asked as usize] += 1.0;
        right[*asked as usize] += f64::from(*said == Some(*asked));
    }
    let recalls: Vec<f64> =
        of.iter().zip(&right).filter(|(of, _)| **of > 0.0).map(|(of, right)| right / of).collect();
    let balanced = recalls.iter().sum::<f64>() / recalls.len().max(1) as f64;
    Ok([right.iter().sum::<f64>() / asked.len().max(1) as f64, balanced])
}

/// The first of the largest; never NaN.
pub(super) fn largest<T: Real>(outputs: &[T]) -> Option<u32> {
    let mut best = 0;
    (1..outputs.len()).for_each(|i| best = if outputs[i] > outputs[best] { i } else { best });
    (!outputs[best].is_nan()).then_some(best as u32)
}

/// R² over all numbers of the targets; −1 where an output is not finite.
fn r2<T: Real>(outputs: &[T], train: &Targets<T>, on: &Targets<T>) -> f64 {
    let (Targets::Values { width, .. }, Targets::Values { data: asked, .. }) = (train, on) else {
        return f64::NAN;
    };
    let mean = train.means();
    let (mut missed, mut spread) = (0.0, 0.0);
    for (i, (said, y)) in outputs.iter().zip(asked).enumerate() {
        missed += (said.f64() - y.f64()).powi(2);
        spread += (mean[i % width] - y.f64()).powi(2);
    }
    let r2 = 1.0 - missed / spread.max(f64::MIN_POSITIVE);
    if r2.is_finite() { r2 } else { -1.0 }
}
