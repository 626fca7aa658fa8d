//! How far inputs and targets are related beyond chance.

use super::score::classes;
use super::spread;
use crate::data::{Dataset, Scale, Scaler, Targets};
use crate::kernel::random;
use crate::train::Real;
use rand::seq::SliceRandom;

/// The most examples of which neighbours are looked for, and the fewest that tell something.
const EXAMPLES: [usize; 2] = [1000, 60];

/// Neighbours of each.
const NEIGHBOURS: usize = 5;

/// Random permutations that the true targets are compared with, and how many that do as well end the comparison.
const PERMUTATIONS: [u64; 2] = [999, 10];

/// See [`super::DataFacts::by_chance`].
pub(super) fn by_chance<T: Real>(train: &Dataset<T>) -> Option<[f64; 2]> {
    let rows = spread(train.len(), EXAMPLES[0]);
    if rows.len() < EXAMPLES[1] {
        return None;
    }
    let sample = Sample::new(&train.select(&rows))?;
    let measures = [Sample::neighbours, Sample::correlations];
    Some(measures.map(|measure| {
        let mut order: Vec<usize> = (0..rows.len()).collect();
        let found = measure(&sample, &order);
        let (mut asked, mut as_well) = (0, 0);
        // Sequential Monte Carlo test (Besag, Clifford 1991): what is common by chance is seen to be common early.
        while asked < PERMUTATIONS[0] && as_well < PERMUTATIONS[1] {
            order.shuffle(&mut random::generator(0, "permutation", asked));
            asked += 1;
            as_well += u64::from(measure(&sample, &order) >= found);
        }
        if as_well == PERMUTATIONS[1] {
            as_well as f64 / asked as f64
        } else {
            (as_well + 1) as f64 / (asked + 1) as f64
        }
    }))
}

/// Examples, their inputs with mean 0 and deviation 1, and what is asked of them in any order of their targets: example i
/// has the target of example order[i].
struct Sample {
    inputs: Vec<f64>,
    width: usize,
    /// Of each example the nearest others.
    nearest: Vec<Vec<usize>>,
    classes: Option<Vec<u32>>,
    values: Vec<f64>,
}

impl Sample {
    fn new<T: Real>(sample: &Dataset<T>) -> Option<Sample> {
        let (count, width) = (sample.len(), sample.shape().len());
        let mut scaled = sample.cast::<f64>();
        Scaler::fit(Scale::Standard, sample).apply(&mut scaled).ok()?;
        let inputs = scaled.inputs().to_vec();
        let row = |i: usize| &inputs[i * width..(i + 1) * width];
        let nearest = |i: usize| {
            let distance = |j: usize| row(i).iter().zip(row(j)).map(|(a, b)| (a - b) * (a - b)).sum::<f64>();
            let mut others: Vec<(f64, usize)> =
                (0..count).filter(|j| *j != i).map(|j| (distance(j), j)).collect();
            // Of equally near ones the first.
            others.select_nth_unstable_by(NEIGHBOURS - 1, |a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            others[..NEIGHBOURS].iter().map(|(_, j)| *j).collect()
        };
        Some(Sample {
            nearest: (0..count).map(nearest).collect(),
            classes: classes(sample.targets()).filter(|known| known.len() == count),
            values: match sample.targets() {
                Targets::Values { data, width } => data.iter().step_by(*width).map(|y| y.f64()).collect(),
                Targets::Classes(classes) => classes.iter().map(|class| f64::from(*class)).collect(),
            },
            inputs,
            width,
        })
    }

    /// What the neighbours say: the share of them that are of the example's class, on average over the classes; of numbers
    /// R² of their mean.
    fn neighbours(&self, order: &[usize]) -> f64 {
        let examples = self.nearest.iter().enumerate();
        match &self.classes {
            Some(known) => {
                let mut of = vec![[0.0; 2]; known.iter().max().map_or(0, |most| *most as usize + 1)];
                for (i, near) in examples {
                    let class = known[order[i]];
                    let same = near.iter().filter(|j| known[order[**j]] == class).count();
                    of[class as usize][0] += same as f64 / NEIGHBOURS as f64;
                    of[class as usize][1] += 1.0;
                }
                let shares = of.iter().filter(|[_, all]| *all > 0.0).map(|[same, all]| same / all);
                shares.clone().sum::<f64>() / shares.count() as f64
            }
            None => {
                let missed = examples.map(|(i, near)| {
                    let said = near.iter().map(|j| self.values[order[*j]]).sum::<f64>() / NEIGHBOURS as f64;
                    (said - self.values[order[i]]).powi(2)
                });
                let mean = self.values.iter().sum::<f64>() / self.values.len() as f64;
                let spread: f64 = self.values.iter().map(|y| (y - mean).powi(2)).sum();
                1.0 - missed.sum::<f64>() / spread.max(f64::MIN_POSITIVE)
            }
        }
    }

    /// Σ over the numbers of an input of its squared correlation with the target; of classes with being of each.
    fn correlations(&self, order: &[usize]) -> f64 {
        let count = self.nearest.len();
        // Inputs have mean 0: Σᵢ (yᵢ − ȳ)·xᵢ is Σᵢ yᵢ·xᵢ, and where y says which class, the sum over its examples.
        let groups =
            self.classes.as_ref().map_or(1, |known| known.iter().max().map_or(1, |most| *most as usize + 1));
        let mut products = vec![0.0; groups * self.width];
        let (mut sums, mut squares) = (vec![0.0; groups], vec![0.0; groups]);
        for (i, x) in self.inputs.chunks_exact(self.width).enumerate() {
            let (group, y) = match &self.classes {
                Some(known) => (known[order[i]] as usize, 1.0),
                None => (0, self.values[order[i]]),
            };
            sums[group] += y;
            squares[group] += y * y;
            products[group * self.width..][..self.width]
                .iter_mut()
                .zip(x)
                .for_each(|(product, x)| *product += x * y);
        }
        let of_group = |(group, products): (usize, &[f64])| {
            let spread = squares[group] - sums[group] * sums[group] / count as f64;
            let sum: f64 = products.iter().map(|product| product * product).sum();
            if spread > 0.0 { sum / (spread * count as f64) } else { 0.0 }
        };
        products.chunks_exact(self.width).enumerate().map(of_group).sum()
    }
}
