//! What enters the network, and what it is to say.

use super::by_chance::by_chance;
use super::score::classes;
use crate::data::{Dataset, Scale, Targets};
use crate::kernel::{Scalar, Wide, wide};
use crate::train::{Fit, Real, Trainer};
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
    /// The number of the input whose mean over the held-out part is furthest from that over the training part, and how far,
    /// in the training part's standard deviations; absent where nothing is held out.
    pub moved: Option<(usize, f64)>,
    /// Share of the target numbers that the network's last operation cannot reach; 0 where targets are classes.
    pub unreachable: f64,
    /// The share of random permutations of the targets that fit the inputs at least as well as the true ones: by what the
    /// 5 nearest neighbours of an example say, and by the squared correlations of each number of the input with the
    /// target; absent where there are too few examples to tell.
    pub by_chance: Option<[f64; 2]>,
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
    /// The first of them, by the number that it has where it comes from, and its twin in the training part.
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
                let name = |class: usize| {
                    train.class_names().get(class).cloned().unwrap_or_else(|| class.to_string())
                };
                let names = (0..of).map(name).collect();
                TargetFacts::Classes { names, train: count(known, of), test: count(&asked, of) }
            }
            (None, Targets::Values { data, .. }) => {
                TargetFacts::Values(features(data, 1, |_| "target".into()).swap_remove(0))
            }
            (None, Targets::Classes(_)) => {
                TargetFacts::Classes { names: vec![], train: vec![], test: vec![] }
            }
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
            let mean =
                (0..steps).map(|step| entropy(batches.at(step).iter().map(|row| known[*row]))).sum::<f64>();
            (whole > 0.0 && batches.size() > 1).then(|| mean / steps as f64 / whole + 0.0)
        });
        DataFacts {
            scale,
            train: train.len(),
            test: test.map_or(0, Dataset::len),
            targets,
            batch_entropy,
            leak: test.filter(|_| closely).map(|test| leak(train, test)).unwrap_or_default(),
            moved: test.and_then(|test| moved(&features, test)),
            unreachable: match (train.targets(), trainer.network().nodes().last().map(|node| node.op.range()))
            {
                (Targets::Values { data, .. }, Some([low, high])) => {
                    let outside = data.iter().filter(|y| y.f64() < low || y.f64() > high).count();
                    outside as f64 / data.len().max(1) as f64
                }
                _ => 0.0,
            },
            features,
            by_chance: if closely { by_chance(train) } else { None },
        }
    }

    /// What a class is called.
    pub fn class_name(&self, class: usize) -> String {
        match &self.targets {
            TargetFacts::Classes { names, .. } => {
                names.get(class).cloned().unwrap_or_else(|| class.to_string())
            }
            TargetFacts::Values(_) => class.to_string(),
        }
    }

    /// Share of the classes that occur of which there are held-out examples; 1 where nothing is held out.
    pub fn held_out_classes(&self) -> f64 {
        match &self.targets {
            TargetFacts::Classes { train, test, .. } if test.iter().any(|count| *count > 0) => {
                let there = |(train, test): &(&usize, &usize)| **train + **test > 0;
                let all = train.iter().zip(test).filter(there).count();
                test.iter().filter(|count| **count > 0).count() as f64 / all as f64
            }
            _ => 1.0,
        }
    }

    /// Share of the held-out examples whose class no training example has.
    pub fn untaught(&self) -> f64 {
        match &self.targets {
            TargetFacts::Classes { train, test, .. } => {
                let untaught: usize =
                    train.iter().zip(test).filter(|(train, _)| **train == 0).map(|(_, test)| test).sum();
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
    let [mut mean, mut std, mut min, mut max] =
        [0.0, 0.0, f64::INFINITY, f64::NEG_INFINITY].map(|x| vec![x; width]);
    let count = (rows.len() / width.max(1)).max(1) as f64;
    // Lists of their own, so that loops over a row become vectors.
    wide(Sums, (rows, &mut mean[..], &mut min[..], &mut max[..]));
    mean.iter_mut().for_each(|mean| *mean /= count);
    wide(Squares, (rows, &mean[..], &mut std[..]));
    let feature =
        |i| Feature { name: name(i), mean: mean[i], std: (std[i] / count).sqrt(), min: min[i], max: max[i] };
    (0..width).map(feature).collect()
}

/// Σ x, the least and the largest x of each column.
struct Sums;

impl<T: Scalar> Wide<(&[T], &mut [f64], &mut [f64], &mut [f64])> for Sums {
    type Out = ();

    #[inline(always)]
    fn run((rows, sum, min, max): (&[T], &mut [f64], &mut [f64], &mut [f64])) {
        for row in rows.chunks_exact(sum.len()) {
            for (((x, sum), min), max) in row.iter().zip(&mut *sum).zip(&mut *min).zip(&mut *max) {
                let x = x.f64();
                *sum += x;
                (*min, *max) = (min.min(x), max.max(x));
            }
        }
    }
}

/// Σ (x − mean)² of each column.
struct Squares;

impl<T: Scalar> Wide<(&[T], &[f64], &mut [f64])> for Squares {
    type Out = ();

    #[inline(always)]
    fn run((rows, mean, squares): (&[T], &[f64], &mut [f64])) {
        for row in rows.chunks_exact(mean.len()) {
            for ((x, mean), squares) in row.iter().zip(mean).zip(&mut *squares) {
                let d = x.f64() - mean;
                *squares += d * d;
            }
        }
    }
}

/// See [`DataFacts::moved`].
fn moved<T: Real>(known: &[Feature], test: &Dataset<T>) -> Option<(usize, f64)> {
    let asked = features(test.inputs(), known.len(), |_| String::new());
    let far = |(known, asked): (&Feature, &Feature)| match known.std > 0.0 {
        true => (asked.mean - known.mean).abs() / known.std,
        false => 0.0,
    };
    let far = known.iter().zip(&asked).map(far).enumerate();
    far.max_by(|a, b| a.1.total_cmp(&b.1))
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
        known
            .get(&example.hash())?
            .iter()
            .copied()
            .find(|of| Example(train, *of).numbers().eq(example.numbers()))
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
    let first =
        twins.first().map(|[row, twin]| [test.rows()[*row], train.rows()[*twin]].map(|row| row as usize));
    Leak { examples: twins.len(), first, chance: 1.0 - (-expected).exp() }
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
