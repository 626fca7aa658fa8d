//! What enters the network, and what it is to say.

use super::score::classes;
use super::spread;
use crate::data::{Dataset, Scale, Scaler, Targets};
use crate::kernel::{Scalar, random};
use crate::train::{Fit, Real, Trainer};
use rand::seq::SliceRandom;
use std::collections::HashMap;

/// The data of a training, as they enter the network.
#[derive(Clone, Debug)]
pub struct DataFacts {
    /// How inputs were scaled.
    pub scale: Scale,
    /// Each number of an input, over the training part.
    pub features: Vec<Feature>,
    /// Examples of the training part.
    pub train: usize,
    /// Examples that are held out.
    pub test: usize,
    /// What the network is to say.
    pub targets: TargetFacts,
    /// Of the batches of the first epoch: mean entropy of their classes over that of the training part. Near 1 where
    /// batches are mixed; 0 where each has one class. Absent where targets are no classes.
    pub batch_entropy: Option<f64>,
    /// Held-out examples that stand in the training part, too.
    pub leak: Leak,
    /// Share of the target numbers that the network's last operation cannot reach; 0 where targets are classes.
    pub unreachable: f64,
    /// How well the 5 nearest neighbours of an example say its target (the share of right classes, on average over the
    /// classes, or R²), and what they would hardly do by chance: the mean of 19 permutations and three of their standard
    /// deviations; absent where there are too few examples to tell.
    pub related: Option<[f64; 2]>,
}

/// One number of the inputs, over the training part.
#[derive(Clone, Debug, PartialEq)]
pub struct Feature {
    /// What it is called.
    pub name: String,
    /// Its mean.
    pub mean: f64,
    /// Its standard deviation.
    pub std: f64,
    /// Its smallest value.
    pub min: f64,
    /// Its largest value.
    pub max: f64,
}

/// What the network is to say.
#[derive(Clone, Debug, PartialEq)]
pub enum TargetFacts {
    /// A class.
    Classes {
        /// What each is called.
        names: Vec<String>,
        /// Training examples of each.
        train: Vec<usize>,
        /// Held-out examples of each.
        test: Vec<usize>,
    },
    /// Numbers: mean, deviation, least and largest, over all of them.
    Values(Feature),
}

/// Held-out examples that stand in the training part, too.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Leak {
    /// How many: the same input and the same target, bit for bit.
    pub examples: usize,
    /// The first of them, by its row in the held-out part, and its twin's in the training part.
    pub first: Option<[usize; 2]>,
    /// The share of held-out examples that would have a twin by chance, if the numbers of an input were drawn
    /// independently of each other.
    pub chance: f64,
}

impl DataFacts {
    /// Looks at all examples; without `closely` it leaves out what takes as long as some steps: leaks and neighbours.
    pub fn look<T: Real>(
        trainer: &Trainer<T>,
        train: &Dataset<T>,
        test: Option<&Dataset<T>>,
        fit: &Fit,
        scale: Scale,
        closely: bool,
    ) -> DataFacts {
        let (known, held_out) = (classes(train.targets()), test.map(|test| classes(test.targets())));
        let count = |classes: &[u32], of: usize| {
            let mut counts = vec![0; of];
            classes.iter().for_each(|class| counts[*class as usize] += 1);
            counts
        };
        let targets = match (&known, train.targets()) {
            (Some(known), _) => {
                let asked = held_out.flatten().unwrap_or_default();
                let most = known.iter().chain(&asked).max().map_or(0, |most| *most as usize + 1);
                let of = most.max(train.class_names().len());
                let name = |class: usize| train.class_names().get(class).cloned().unwrap_or_else(|| class.to_string());
                let names = (0..of).map(name).collect();
                TargetFacts::Classes { names, train: count(known, of), test: count(&asked, of) }
            }
            (None, Targets::Values { data, .. }) => TargetFacts::Values(features(data, 1, |_| "target".into()).swap_remove(0)),
            (None, Targets::Classes(_)) => TargetFacts::Classes { names: vec![], train: vec![], test: vec![] },
        };
        let names = train.feature_names();
        let name = |i: usize| names.get(i).cloned().unwrap_or_else(|| format!("x{}", train.shape().index(i)));
        let features = features(train.inputs(), train.shape().len(), name);
        // Of targets that are several numbers each, a class is not an example's.
        let of_examples = known.filter(|known| known.len() == train.len());
        let batch_entropy = of_examples.and_then(|known| {
            let mut batches = fit.batches(trainer.options(), train.len());
            let whole = entropy(known.iter().copied());
            let steps = batches.per_epoch();
            let mean = (0..steps).map(|step| entropy(batches.at(step).iter().map(|row| known[*row]))).sum::<f64>();
            (whole > 0.0 && batches.size() > 1).then(|| mean / steps as f64 / whole)
        });
        DataFacts {
            scale,
            features,
            train: train.len(),
            test: test.map_or(0, Dataset::len),
            targets,
            batch_entropy,
            leak: test.filter(|_| closely).map(|test| leak(train, test)).unwrap_or_default(),
            unreachable: match (train.targets(), trainer.network().nodes().last().map(|node| node.op.range())) {
                (Targets::Values { data, .. }, Some([low, high])) => {
                    let outside = data.iter().filter(|y| y.f64() < low || y.f64() > high).count();
                    outside as f64 / data.len().max(1) as f64
                }
                _ => 0.0,
            },
            related: if closely { related(train) } else { None },
        }
    }

    /// What a class is called.
    pub fn class_name(&self, class: usize) -> String {
        match &self.targets {
            TargetFacts::Classes { names, .. } => names.get(class).cloned().unwrap_or_else(|| class.to_string()),
            TargetFacts::Values(_) => class.to_string(),
        }
    }

    /// Share of the held-out examples whose class no training example has.
    pub fn untaught(&self) -> f64 {
        match &self.targets {
            TargetFacts::Classes { train, test, .. } => {
                let untaught: usize = train.iter().zip(test).filter(|(train, _)| **train == 0).map(|(_, test)| test).sum();
                untaught as f64 / test.iter().sum::<usize>().max(1) as f64
            }
            TargetFacts::Values(_) => 0.0,
        }
    }

    /// Training examples of each class, where targets are classes.
    pub fn classes(&self) -> Option<&[usize]> {
        match &self.targets {
            TargetFacts::Classes { train, .. } => Some(train),
            TargetFacts::Values(_) => None,
        }
    }
}

/// Of the columns of rows of `width` numbers.
fn features<T: Scalar>(rows: &[T], width: usize, name: impl Fn(usize) -> String) -> Vec<Feature> {
    let feature = |i| Feature { name: name(i), mean: 0.0, std: 0.0, min: f64::INFINITY, max: f64::NEG_INFINITY };
    let mut features: Vec<Feature> = (0..width).map(feature).collect();
    let count = (rows.len() / width.max(1)).max(1) as f64;
    for row in rows.chunks_exact(width) {
        for (x, of) in row.iter().map(|x| x.f64()).zip(&mut features) {
            of.mean += x;
            (of.min, of.max) = (of.min.min(x), of.max.max(x));
        }
    }
    features.iter_mut().for_each(|of| of.mean /= count);
    for row in rows.chunks_exact(width) {
        row.iter().zip(&mut features).for_each(|(x, of)| of.std += (x.f64() - of.mean).powi(2));
    }
    features.iter_mut().for_each(|of| of.std = (of.std / count).sqrt());
    features
}

/// In nats.
fn entropy(classes: impl Iterator<Item = u32>) -> f64 {
    let (mut counts, mut all) = (HashMap::<u32, f64>::new(), 0.0);
    for class in classes {
        *counts.entry(class).or_default() += 1.0;
        all += 1.0;
    }
    // In the order of the classes, so that the sum has the same bits every time.
    let mut counts: Vec<(u32, f64)> = counts.into_iter().collect();
    counts.sort_unstable_by_key(|(class, _)| *class);
    counts.iter().map(|(_, count)| -(count / all) * (count / all).ln()).sum()
}

fn leak<T: Real>(train: &Dataset<T>, test: &Dataset<T>) -> Leak {
    let width = train.shape().len();
    let mut known = HashMap::<u64, Vec<usize>>::new();
    (0..train.len()).for_each(|row| known.entry(Example(train, row).hash()).or_default().push(row));
    let twin = |row: usize| {
        let example = Example(test, row);
        known.get(&example.hash())?.iter().copied().find(|of| Example(train, *of).numbers().eq(example.numbers()))
    };
    let twins: Vec<[usize; 2]> = (0..test.len()).filter_map(|row| Some([row, twin(row)?])).collect();
    // Two examples are the same with the product of the features' own chances.
    let (mut log_chance, all) = (0.0, train.len() as f64);
    for i in (0..width).take_while(|_| !twins.is_empty()) {
        let mut counts = HashMap::<u64, u64>::new();
        for x in train.inputs().iter().skip(i).step_by(width) {
            *counts.entry(x.f64().to_bits()).or_default() += 1;
        }
        // Of all pairs of different examples those that have the same number there.
        let pairs: u64 = counts.values().map(|count| count * (count - 1)).sum();
        log_chance += (pairs as f64 / (all * (all - 1.0)).max(1.0)).ln();
    }
    let expected = f64::exp(log_chance) * all;
    Leak { examples: twins.len(), first: twins.first().copied(), chance: 1.0 - (-expected).exp() }
}

/// A row of a data set.
struct Example<'a, T>(&'a Dataset<T>, usize);

impl<'a, T: Real> Example<'a, T> {
    /// The bits of its input and of its target.
    fn numbers(&self) -> impl Iterator<Item = u64> + use<'a, T> {
        let &Example(data, row) = self;
        let width = data.shape().len();
        let (class, values): (Option<u32>, &[T]) = match data.targets() {
            Targets::Classes(classes) => (Some(classes[row]), &[]),
            Targets::Values { data, width } => (None, &data[row * width..(row + 1) * width]),
        };
        let numbers = data.inputs()[row * width..(row + 1) * width].iter().chain(values);
        numbers.map(|x| x.f64().to_bits()).chain(class.map(u64::from))
    }

    /// Fowler, Noll, Vo 1991, a word at a time: equal examples have equal ones.
    fn hash(&self) -> u64 {
        self.numbers().fold(0xcbf2_9ce4_8422_2325, |hash, x| {
            let mixed = (hash ^ x).wrapping_mul(0x0100_0000_01b3);
            mixed ^ (mixed >> 32)
        })
    }
}

/// The most examples of which neighbours are looked for, and the fewest that tell something.
const NEIGHBOURS: [usize; 2] = [1000, 40];

/// Permutations that the true targets are compared with.
const PERMUTATIONS: u64 = 19;

/// See [`DataFacts::related`].
fn related<T: Real>(train: &Dataset<T>) -> Option<[f64; 2]> {
    const K: usize = 5;
    let rows = spread(train.len(), NEIGHBOURS[0]);
    if rows.len() < NEIGHBOURS[1] {
        return None;
    }
    let sample = train.select(&rows);
    let width = sample.shape().len();
    let scaler = Scaler::fit(Scale::Standard, &sample);
    let mut scaled = sample.cast::<f64>();
    scaler.apply(&mut scaled).ok()?;
    let inputs: Vec<&[f64]> = scaled.inputs().chunks_exact(width).collect();
    let count = rows.len();
    // Of each example the nearest others; of equally near ones the first.
    let nearest: Vec<Vec<usize>> = (0..count)
        .map(|i| {
            let distance = |j: usize| inputs[i].iter().zip(inputs[j]).map(|(a, b)| (a - b) * (a - b)).sum::<f64>();
            let mut others: Vec<(f64, usize)> = (0..count).filter(|j| *j != i).map(|j| (distance(j), j)).collect();
            let near = |a: &(f64, usize), b: &(f64, usize)| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1));
            others.select_nth_unstable_by(K - 1, near);
            others[..K].iter().map(|(_, j)| *j).collect()
        })
        .collect();
    let known = classes(sample.targets()).filter(|known| known.len() == count);
    let values: Vec<f64> = match sample.targets() {
        Targets::Values { data, width } => data.iter().step_by(*width).map(|y| y.f64()).collect(),
        Targets::Classes(classes) => classes.iter().map(|class| f64::from(*class)).collect(),
    };
    let mean = values.iter().sum::<f64>() / count as f64;
    let spread: f64 = values.iter().map(|y| (y - mean).powi(2)).sum();
    // How well the neighbours do where example i has the target of example order[i].
    let measure = |order: &[usize]| match &known {
        Some(known) => {
            let mut of = vec![[0.0; 2]; known.iter().max().map_or(0, |most| *most as usize + 1)];
            for (i, near) in nearest.iter().enumerate() {
                let class = known[order[i]];
                let [right, all] = &mut of[class as usize];
                *all += 1.0;
                *right += near.iter().filter(|j| known[order[**j]] == class).count() as f64 / K as f64;
            }
            let shares: Vec<f64> = of.iter().filter(|[_, all]| *all > 0.0).map(|[right, all]| right / all).collect();
            shares.iter().sum::<f64>() / shares.len() as f64
        }
        None => {
            let missed = nearest.iter().enumerate().map(|(i, near)| {
                let said = near.iter().map(|j| values[order[*j]]).sum::<f64>() / K as f64;
                (said - values[order[i]]).powi(2)
            });
            1.0 - missed.sum::<f64>() / spread.max(f64::MIN_POSITIVE)
        }
    };
    let mut order: Vec<usize> = (0..count).collect();
    let found = measure(&order);
    let mut permuted = vec![];
    for i in 0..PERMUTATIONS {
        order.shuffle(&mut random::generator(0, "permutation", i));
        permuted.push(measure(&order));
    }
    let mean = permuted.iter().sum::<f64>() / permuted.len() as f64;
    let variance = permuted.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (permuted.len() - 1) as f64;
    Some([found, mean + 3.0 * variance.sqrt()])
}
