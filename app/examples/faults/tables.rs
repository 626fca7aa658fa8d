//! Tables that no built-in set has, and built-in ones that something was done to.

use rand_like::Random;
use std::fmt::Write as _;
use std::path::Path;
use whygrad::data::{Dataset, Targets};
use whygrad_cli::experiment::Experiment;

/// Random numbers that need no dependency (splitmix64, Steele et al. 2014).
mod rand_like {
    pub(crate) struct Random(pub u64);

    impl Random {
        pub(crate) fn bits(&mut self) -> u64 {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = self.0;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^ (z >> 31)
        }

        /// Between 0 and 1.
        pub(crate) fn uniform(&mut self) -> f64 {
            (self.bits() >> 11) as f64 / (1u64 << 53) as f64
        }

        /// Normal (Box, Muller 1958).
        pub(crate) fn normal(&mut self) -> f64 {
            let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
            radius * (std::f64::consts::TAU * self.uniform()).cos()
        }

        pub(crate) fn below(&mut self, n: usize) -> usize {
            (self.bits() % n as u64) as usize
        }

        pub(crate) fn shuffle<T>(&mut self, of: &mut [T]) {
            (1..of.len()).rev().for_each(|i| of.swap(i, self.below(i + 1)));
        }
    }
}

/// Rows of numbers, the target last.
#[derive(Clone)]
pub(crate) struct Table {
    pub(crate) rows: Vec<Vec<f64>>,
}

impl Table {
    /// The examples of a set.
    pub(crate) fn of_set(name: &str, size: Option<usize>, seed: u64) -> Table {
        let size = size.map_or(String::new(), |size| format!("size = {size}\n"));
        let text = format!(
            "[data]\nsource = \"{name}\"\nseed = {seed}\n{size}[network]\nlayers = [{{type=\"linear\",out=1}}]\n\
             [loss]\ntype = \"{}\"\n[optimizer]\ntype = \"sgd\"\n",
            if ["sine", "diabetes"].contains(&name) { "mse" } else { "cross_entropy" }
        );
        let experiment = Experiment::parse("set", name, &text, &[]).expect("a set");
        let data: Dataset<f64> = (*experiment.setup::<f64>().expect("its data").data).clone();
        let width = data.shape().len();
        let target = |i: usize| match data.targets() {
            Targets::Classes(classes) => f64::from(classes[i]),
            Targets::Values { data, .. } => data[i],
        };
        let row = |(i, x): (usize, &[f64])| x.iter().copied().chain([target(i)]).collect();
        Table { rows: data.inputs().chunks_exact(width).enumerate().map(row).collect() }
    }

    /// Friedman's first function of 5 of 8 features, with noise (Friedman 1991), divided by 5.
    pub(crate) fn friedman(count: usize, noise: f64, seed: u64) -> Table {
        let mut random = Random(seed);
        let row = |_| {
            let x: Vec<f64> = (0..8).map(|_| random.uniform()).collect();
            let y = 10.0 * (std::f64::consts::PI * x[0] * x[1]).sin()
                + 20.0 * (x[2] - 0.5).powi(2)
                + 10.0 * x[3]
                + 5.0 * x[4];
            let noise = noise * random.normal();
            let x = x.into_iter().map(|x| (x - 0.5) * 12f64.sqrt());
            x.chain([(y - 14.4 + noise) / 5.0]).collect()
        };
        Table { rows: (0..count).map(row).collect() }
    }

    /// y = x² for x from 0 to `most`.
    pub(crate) fn square(count: usize, most: f64) -> Table {
        let x = |i: usize| most * i as f64 / (count - 1) as f64;
        Table { rows: (0..count).map(|i| vec![x(i), x(i) * x(i)]).collect() }
    }

    /// Clouds of points round centres on a sphere, `classes` of them in `width` dimensions, this far apart.
    pub(crate) fn blobs(count: usize, classes: usize, width: usize, apart: f64, seed: u64) -> Table {
        let mut random = Random(seed);
        let centres: Vec<Vec<f64>> = (0..classes)
            .map(|_| {
                let centre: Vec<f64> = (0..width).map(|_| random.normal()).collect();
                let norm = centre.iter().map(|x| x * x).sum::<f64>().sqrt();
                centre.into_iter().map(|x| apart * x / norm).collect()
            })
            .collect();
        let row = |i: usize| {
            let class = i % classes;
            centres[class].iter().map(|x| x + random.normal()).chain([class as f64]).collect()
        };
        Table { rows: (0..count).map(row).collect() }
    }

    pub(crate) fn width(&self) -> usize {
        self.rows[0].len() - 1
    }

    /// Each column of the inputs times a factor plus an offset.
    pub(crate) fn scaled(mut self, of: impl Fn(usize) -> (f64, f64)) -> Table {
        let width = self.width();
        for row in &mut self.rows {
            row[..width].iter_mut().enumerate().for_each(|(i, x)| *x = *x * of(i).0 + of(i).1);
        }
        self
    }

    /// With a column that is the same everywhere.
    pub(crate) fn with_constant(mut self, value: f64) -> Table {
        self.rows.iter_mut().for_each(|row| row.insert(0, value));
        self
    }

    /// With the targets in another order.
    pub(crate) fn shuffled_targets(mut self, seed: u64) -> Table {
        let width = self.width();
        let mut targets: Vec<f64> = self.rows.iter().map(|row| row[width]).collect();
        Random(seed).shuffle(&mut targets);
        self.rows.iter_mut().zip(targets).for_each(|(row, target)| row[width] = target);
        self
    }

    /// With a share of the classes drawn anew.
    pub(crate) fn noisy_targets(mut self, share: f64, classes: usize, seed: u64) -> Table {
        let (width, mut random) = (self.width(), Random(seed));
        for row in &mut self.rows {
            if random.uniform() < share {
                row[width] = random.below(classes) as f64;
            }
        }
        self
    }

    /// In another order.
    pub(crate) fn shuffled(mut self, seed: u64) -> Table {
        Random(seed).shuffle(&mut self.rows);
        self
    }

    /// In the order of the targets.
    pub(crate) fn sorted(mut self) -> Table {
        let width = self.width();
        self.rows.sort_by(|a, b| a[width].total_cmp(&b[width]));
        self
    }

    /// Each row that says so.
    pub(crate) fn keep(mut self, keep: impl Fn(usize, &[f64]) -> bool) -> Table {
        let mut i = 0;
        self.rows.retain(|row| {
            i += 1;
            keep(i - 1, row)
        });
        self
    }

    /// In two: what is taught, and the last `share` of the rows.
    pub(crate) fn parted(self, share: f64) -> [Table; 2] {
        let at = ((1.0 - share) * self.rows.len() as f64) as usize;
        let (train, test) = self.rows.split_at(at);
        [train, test].map(|rows| Table { rows: rows.to_vec() })
    }

    /// As a file with the columns x0, x1, … and `label`.
    pub(crate) fn write(&self, path: &Path) {
        let mut text = (0..self.width()).map(|i| format!("x{i},")).collect::<String>() + "label\n";
        for row in &self.rows {
            let cells: Vec<String> = row.iter().map(|x| x.to_string()).collect();
            let _ = writeln!(text, "{}", cells.join(","));
        }
        std::fs::write(path, text).expect("a table can be written");
    }
}
