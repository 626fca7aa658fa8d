//! How good predictions are, in the measures that people know, beside what can be said without looking at an input.
//!
//! Names and definitions are scikit-learn's. Classes are told by the loss and the targets: it compares with classes, or its
//! outputs are probabilities and every target is 0 or 1; all other targets are numbers.

use super::score::largest;
use crate::data::{Dataset, Preprocessing, Targets};
use crate::loss::{Decision, Loss};
use crate::network::Error;
use crate::train::{Real, Trainer};
use serde::Serialize;

/// How good a network's predictions are.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Evaluation {
    /// Examples that it was asked of.
    pub examples: usize,
    /// Their loss, as training has it; null where it is no finite number.
    pub loss: Option<f64>,
    /// Where the targets are classes.
    pub classes: Option<ClassScores>,
    /// Where they are numbers: of each of them.
    pub values: Vec<ValueScore>,
}

/// How well classes are predicted.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ClassScores {
    /// Share of the examples that is right.
    pub accuracy: f64,
    /// −mean ln p, with p the probability that the right class was given (2e−16 at least); null where outputs are no
    /// probabilities, or not finite.
    pub log_loss: Option<f64>,
    /// Of two classes: the probability that an example of the second gets a higher one for it than an example of the first
    /// does (area under the ROC curve); null where there are not two, or one has no example.
    pub auc: Option<f64>,
    /// The same of what looks at no input.
    pub trivial: TrivialClasses,
    /// Of each class.
    pub each: Vec<ClassScore>,
    /// Examples by class and, in each, by predicted class; empty where an example may have several. One whose outputs are
    /// not finite has no prediction.
    pub confusion: Vec<Vec<usize>>,
}

/// What always saying the training part's most frequent class has.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TrivialClasses {
    /// That class.
    pub class: String,
    /// Share of the examples that is right.
    pub accuracy: f64,
    /// With the share that each class has in the training part for its probability.
    pub log_loss: f64,
}

/// How well one class is predicted.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ClassScore {
    /// Its name.
    pub class: String,
    /// Examples of it.
    pub examples: usize,
    /// Examples of which it was predicted.
    pub predicted: usize,
    /// Share of those predicted that are of it; null where none is.
    pub precision: Option<f64>,
    /// Share of its examples of which it was predicted; null where it has none.
    pub recall: Option<f64>,
    /// The harmonic mean of the two; null where both lack.
    pub f1: Option<f64>,
}

/// How well one number is predicted, in the units that its targets came in.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ValueScore {
    /// Its name.
    pub target: String,
    /// What predictions miss.
    #[serde(flatten)]
    pub errors: Errors,
    /// What always saying the training part's mean misses.
    pub trivial: Errors,
    /// That mean.
    pub mean: f64,
}

/// What predictions ŷ of numbers y miss.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Errors {
    /// Mean of |ŷ − y|; null where a prediction is not finite.
    pub mae: Option<f64>,
    /// Square root of the mean of (ŷ − y)².
    pub rmse: Option<f64>,
    /// 1 − Σ(ŷ − y)² / Σ(y − ȳ)², with ȳ the mean of these y; null also where all y are the same.
    pub r2: Option<f64>,
}

impl Evaluation {
    /// Of a trainer's network on examples that were made ready as `preprocessing` says. `means` are the training part's, as
    /// [`Targets::means`] has them, before scaling.
    ///
    /// # Errors
    /// Where the network or the loss cannot take the data.
    pub fn of<T: Real>(
        trainer: &mut Trainer<T>,
        data: &Dataset<T>,
        preprocessing: &Preprocessing,
        means: &[f64],
    ) -> Result<Evaluation, Error> {
        let loss = trainer.evaluate(data)?.loss;
        let outputs = trainer.predict(data.inputs())?;
        let (examples, how) = (data.len(), trainer.loss());
        let width = outputs.len() / examples.max(1);
        let mut said: Vec<f64> = outputs.iter().map(|x| x.f64()).collect();
        if let Some(probability) = how.probability() {
            said.chunks_exact_mut(width).for_each(|p| probability.of(p));
        }
        let (classes, values) = match data.targets() {
            Targets::Values { data: y, width }
                if how.probability().is_none() || !y.iter().all(is_no_or_yes) =>
            {
                (None, value_scores(&said, y, *width, preprocessing, means))
            }
            _ => (Some(class_scores(&outputs, said, data, &**how, preprocessing, means)), vec![]),
        };
        Ok(Evaluation { examples, loss: Some(loss).filter(|loss| loss.is_finite()), classes, values })
    }
}

/// The least probability that a logarithm is taken of, as scikit-learn's `log_loss` has it.
const LEAST: f64 = f64::EPSILON;

/// What some examples are, and what is said of them.
struct Said {
    /// Of each example, or of each of its labels, the class.
    asked: Vec<usize>,
    /// And the predicted one; none where an output is not finite.
    said: Vec<Option<usize>>,
    /// [examples or labels, classes]: probabilities; empty where there are none.
    p: Vec<f64>,
    /// How many classes.
    count: usize,
}

fn class_scores<T: Real>(
    outputs: &[T],
    said: Vec<f64>,
    data: &Dataset<T>,
    loss: &dyn Loss,
    preprocessing: &Preprocessing,
    means: &[f64],
) -> ClassScores {
    let width = outputs.len() / data.len().max(1);
    let p = if loss.probability().is_some() { said } else { vec![] };
    let of = |class: usize, names: &[String]| names.get(class).cloned().unwrap_or_else(|| class.to_string());
    match (data.targets(), loss.decision()) {
        (Targets::Values { data: y, .. }, Some(Decision::Above(threshold))) => {
            let above = |x: &T| x.is_finite().then(|| usize::from(x.f64() > threshold));
            let said = Said {
                asked: y.iter().map(|y| usize::from(y.f64() > 0.5)).collect(),
                said: outputs.iter().map(above).collect(),
                p: p.iter().flat_map(|p| [1.0 - p, *p]).collect(),
                count: 2,
            };
            match width {
                1 => said.scores(|class| of(class, &preprocessing.classes), &[1.0 - means[0], means[0]]),
                _ => said.of_labels(width, |label| of(label, &preprocessing.targets), means),
            }
        }
        (targets, _) => {
            let (asked, names) = match targets {
                Targets::Classes(classes) => {
                    (classes.iter().map(|class| *class as usize).collect(), &preprocessing.classes)
                }
                Targets::Values { data: y, width } => {
                    let hot = |y: &[T]| largest(y).unwrap_or(0) as usize;
                    (y.chunks_exact(*width).map(hot).collect(), &preprocessing.targets)
                }
            };
            let said = outputs.chunks_exact(width).map(|x| largest(x).map(|class| class as usize)).collect();
            let count = width.max(names.len());
            Said { asked, said, p, count }.scores(|class| of(class, names), means)
        }
    }
}

impl Said {
    /// Of examples that are of one class each.
    fn scores(&self, name: impl Fn(usize) -> String, shares: &[f64]) -> ClassScores {
        let Said { asked, said, p, count } = self;
        let examples = asked.len().max(1) as f64;
        let mut confusion = vec![vec![0; *count]; *count];
        for (asked, said) in asked.iter().zip(said) {
            said.iter().for_each(|said| confusion[*asked][*said] += 1);
        }
        let log_loss = |p: &dyn Fn(usize, usize) -> f64| {
            let each = asked.iter().enumerate().map(|(i, class)| -p(i, *class).clamp(LEAST, 1.0).ln());
            each.sum::<f64>() / examples
        };
        let most = most_frequent(shares);
        let of = |class: usize| asked.iter().filter(|asked| **asked == class).count();
        ClassScores {
            accuracy: (0..*count).map(|class| confusion[class][class]).sum::<usize>() as f64 / examples,
            log_loss: finite(if p.is_empty() {
                f64::NAN
            } else {
                log_loss(&|i, class| p[i * count + class])
            }),
            auc: if *count == 2 && !p.is_empty() { self.auc() } else { None },
            trivial: TrivialClasses {
                class: name(most),
                accuracy: of(most) as f64 / examples,
                log_loss: log_loss(&|_, class| shares.get(class).copied().unwrap_or(0.0)),
            },
            each: (0..*count)
                .map(|class| {
                    let predicted = confusion.iter().map(|row| row[class]).sum();
                    ClassScore::new(name(class), of(class), predicted, confusion[class][class])
                })
                .collect(),
            confusion,
        }
    }

    /// Of examples that have any of `width` labels each; `shares` is how often each is there in the training part.
    fn of_labels(&self, width: usize, name: impl Fn(usize) -> String, shares: &[f64]) -> ClassScores {
        let Said { asked, said, p, .. } = self;
        let all_right = |same: &dyn Fn(usize, usize) -> bool| {
            let right =
                |asked: &(usize, &[usize])| (0..width).all(|label| same(asked.0 * width + label, label));
            let rows = asked.chunks_exact(width).enumerate();
            rows.filter(right).count() as f64 / (asked.len() / width).max(1) as f64
        };
        let log_loss = |p: &dyn Fn(usize) -> f64| {
            let each = asked.iter().enumerate().map(|(i, class)| {
                let p = p(i);
                -(if *class == 1 { p } else { 1.0 - p }).clamp(LEAST, 1.0).ln()
            });
            each.sum::<f64>() / asked.len().max(1) as f64
        };
        let count = |label: usize, of: &dyn Fn(usize) -> bool| {
            (label..asked.len()).step_by(width).filter(|i| of(*i)).count()
        };
        let each = (0..width).map(|label| {
            let predicted = count(label, &|i| said[i] == Some(1));
            let right = count(label, &|i| said[i] == Some(1) && asked[i] == 1);
            ClassScore::new(name(label), count(label, &|i| asked[i] == 1), predicted, right)
        });
        let usual: Vec<String> = (0..width).filter(|label| shares[*label] > 0.5).map(&name).collect();
        ClassScores {
            accuracy: all_right(&|i, _| said[i] == Some(asked[i])),
            log_loss: finite(log_loss(&|i| p[2 * i + 1])),
            auc: None,
            trivial: TrivialClasses {
                class: if usual.is_empty() { "none".into() } else { usual.join(", ") },
                accuracy: all_right(&|i, label| (shares[label] > 0.5) == (asked[i] == 1)),
                log_loss: log_loss(&|i| shares[i % width]),
            },
            each: each.collect(),
            confusion: vec![],
        }
    }

    /// Mann and Whitney 1947: of all pairs of an example of class 1 and one of class 0, the share in which the first has the
    /// higher probability of class 1; equal ones count half.
    fn auc(&self) -> Option<f64> {
        let mut each: Vec<(f64, bool)> =
            self.asked.iter().enumerate().map(|(i, class)| (self.p[2 * i + 1], *class == 1)).collect();
        if each.iter().any(|(p, _)| p.is_nan()) {
            return None;
        }
        each.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        let (mut below, mut wins) = (0.0, 0.0);
        for same in each.chunk_by(|a, b| a.0 == b.0) {
            let ones = same.iter().filter(|(_, one)| *one).count() as f64;
            let zeros = same.len() as f64 - ones;
            wins += ones * (below + zeros / 2.0);
            below += zeros;
        }
        finite(wins / (below * (each.len() as f64 - below)))
    }
}

impl ClassScore {
    fn new(class: String, examples: usize, predicted: usize, right: usize) -> ClassScore {
        let share = |right: usize, of: usize| (of > 0).then(|| right as f64 / of as f64);
        ClassScore {
            class,
            examples,
            predicted,
            precision: share(right, predicted),
            recall: share(right, examples),
            f1: share(2 * right, predicted + examples),
        }
    }
}

fn value_scores<T: Real>(
    said: &[f64],
    y: &[T],
    width: usize,
    preprocessing: &Preprocessing,
    means: &[f64],
) -> Vec<ValueScore> {
    let scaler = &preprocessing.target_scaler;
    let unscaled = |at: usize, y: f64| if scaler.is_fitted() { scaler.unscaled(at, y) } else { y };
    let of = |at: usize| {
        let said = said.iter().skip(at).step_by(width).map(|said| unscaled(at, *said));
        let y: Vec<f64> = y.iter().skip(at).step_by(width).map(|y| unscaled(at, y.f64())).collect();
        let target = match preprocessing.targets.get(at) {
            Some(name) => name.clone(),
            None if width == 1 => "target".into(),
            None => format!("target{at}"),
        };
        let mean = means[at];
        ValueScore {
            target,
            errors: Errors::new(said, &y),
            trivial: Errors::new(y.iter().map(|_| mean), &y),
            mean,
        }
    };
    (0..width).map(of).collect()
}

fn is_no_or_yes<T: Real>(y: &T) -> bool {
    *y == T::zero() || *y == T::one()
}

impl Errors {
    fn new(said: impl Iterator<Item = f64>, y: &[f64]) -> Errors {
        let count = y.len().max(1) as f64;
        let mean = y.iter().sum::<f64>() / count;
        let spread: f64 = y.iter().map(|y| (y - mean).powi(2)).sum();
        let (mut sizes, mut squares) = (0.0, 0.0);
        for (said, y) in said.zip(y) {
            sizes += (said - y).abs();
            squares += (said - y).powi(2);
        }
        let same = y.iter().all(|of| *of == y[0]);
        Errors {
            mae: finite(sizes / count),
            rmse: finite((squares / count).sqrt()),
            r2: if same { None } else { finite(1.0 - squares / spread) },
        }
    }
}

/// The first of the most frequent.
pub(super) fn most_frequent(shares: &[f64]) -> usize {
    (1..shares.len()).fold(0, |most, at| if shares[at] > shares[most] { at } else { most })
}

fn finite(x: f64) -> Option<f64> {
    Some(x).filter(|x| x.is_finite())
}
