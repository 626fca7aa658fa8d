//! Generated data sets. One set is one entry of [`GENERATED`].

use super::{Dataset, Targets};
use crate::kernel::{Scalar, random};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;
use std::f64::consts::{PI, TAU};

/// A set that is drawn from a seed.
pub struct Generated {
    /// As experiments name it.
    pub name: &'static str,
    /// What it is.
    pub doc: &'static str,
    /// Examples, where nobody says how many.
    pub size: usize,
    /// Standard deviation of the noise, where nobody says what.
    pub noise: f64,
    /// Classes of the spiral, where nobody says how many.
    pub arms: usize,
    /// Number of inputs.
    width: usize,
    /// Inputs without noise, and the target, of example i of n.
    point: fn(Point<'_>) -> ([f64; 2], Target),
}

/// Which point is asked for.
struct Point<'a> {
    i: usize,
    n: usize,
    arms: usize,
    rng: &'a mut ChaCha8Rng,
}

impl Point<'_> {
    /// Uniform in [0, 1).
    fn uniform(&mut self) -> f64 {
        self.rng.random()
    }
}

enum Target {
    Class(usize),
    Value(f64),
}

/// All generated sets.
pub static GENERATED: &[Generated] = &[
    Generated {
        name: "xor",
        doc: "the four corners of the unit square, of class 1 where exactly one input is 1",
        size: 4,
        noise: 0.0,
        arms: 1,
        width: 2,
        point: |p| {
            let (a, b) = (p.i / 2 % 2, p.i % 2);
            ([a as f64, b as f64], Target::Class(a ^ b))
        },
    },
    Generated {
        name: "moons",
        doc: "two half circles that reach into each other",
        size: 1000,
        noise: 0.1,
        arms: 1,
        width: 2,
        point: |mut p| {
            let (class, angle) = (p.i % 2, PI * p.uniform());
            let lower = class as f64;
            let x =
                [angle.cos() * (1.0 - 2.0 * lower) + lower, angle.sin() * (1.0 - 2.0 * lower) + 0.5 * lower];
            (x, Target::Class(class))
        },
    },
    Generated {
        name: "circles",
        doc: "a circle of radius 1/2 inside one of radius 1",
        size: 1000,
        noise: 0.05,
        arms: 1,
        width: 2,
        point: |mut p| {
            let (class, angle) = (p.i % 2, TAU * p.uniform());
            let radius = if class == 0 { 1.0 } else { 0.5 };
            ([radius * angle.cos(), radius * angle.sin()], Target::Class(class))
        },
    },
    Generated {
        name: "spiral",
        doc: "arms that wind once around the centre, each of its own class",
        size: 1500,
        noise: 0.02,
        arms: 3,
        width: 2,
        point: |mut p| {
            let class = p.i % p.arms;
            let radius = 0.05 + 0.95 * p.uniform();
            let angle = TAU * (radius * 0.75 + class as f64 / p.arms as f64);
            ([radius * angle.cos(), radius * angle.sin()], Target::Class(class))
        },
    },
    Generated {
        name: "sine",
        doc: "the sine of numbers between −π and π; the noise is on the sine",
        size: 500,
        noise: 0.05,
        arms: 1,
        width: 1,
        point: |p| {
            let x = PI * (2.0 * (p.i as f64 + 0.5) / p.n as f64 - 1.0);
            ([x, 0.0], Target::Value(x.sin()))
        },
    },
];

impl Generated {
    /// `size` examples with Gaussian noise on the inputs (on the target, where that is a number).
    ///
    /// # Errors
    /// What is wrong with the numbers, in a sentence.
    pub fn make<T: Scalar>(
        &self,
        size: usize,
        noise: f64,
        arms: usize,
        seed: u64,
    ) -> Result<Dataset<T>, &'static str> {
        if size == 0 {
            return Err("`size` is 0; a set needs at least one example");
        }
        if !(noise >= 0.0 && noise.is_finite()) {
            return Err("`noise` has to be a finite number from 0");
        }
        if arms == 0 || arms > 1000 {
            return Err("`arms` has to be a whole number from 1 to 1000");
        }
        let mut rng = random::generator(seed, "generate", 0);
        let (mut inputs, mut classes, mut values) = (vec![], vec![], vec![]);
        for i in 0..size {
            let (x, target) = (self.point)(Point { i, n: size, arms, rng: &mut rng });
            let mut disturbed = |x: f64| T::of(x + noise * rng.sample::<f64, _>(StandardNormal));
            match target {
                Target::Class(class) => {
                    inputs.extend(x[..self.width].iter().map(|x| disturbed(*x)));
                    classes.push(class as u32);
                }
                Target::Value(y) => {
                    inputs.extend(x[..self.width].iter().map(|x| T::of(*x)));
                    values.push(disturbed(y));
                }
            }
        }
        let names = classes.iter().max().map_or(0, |max| max + 1);
        let targets = if values.is_empty() {
            Targets::Classes(classes)
        } else {
            Targets::Values { data: values, width: 1 }
        };
        let data = Dataset::new(inputs, [self.width], targets)
            .map_err(|_| "`noise` is too large: it takes a number past the largest of the precision")?
            .with_class_names((0..names).map(|class| class.to_string()))
            .with_feature_names((1..=self.width).map(|i| format!("x{i}")))
            .expect("a name for each number");
        Ok(data)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_depend_on_the_seed_alone_and_have_the_size_asked_for() {
        for set in GENERATED {
            let make = |seed| set.make::<f64>(97, 0.1, set.arms, seed).unwrap();
            assert_eq!(make(1), make(1));
            assert_ne!(make(1), make(2));
            assert_eq!(make(1).len(), 97);
            assert_eq!(make(1).inputs().len(), 97 * make(1).shape().len());
        }
    }

    #[test]
    fn xor_is_the_four_corners() {
        let xor = GENERATED[0].make::<f64>(4, 0.0, 1, 9).unwrap();
        assert_eq!(xor.inputs(), [0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0]);
        assert_eq!(*xor.targets(), Targets::Classes(vec![0, 1, 1, 0]));
    }

    #[test]
    fn impossible_sizes_and_noises_are_refused() {
        let set = &GENERATED[1];
        assert!(set.make::<f64>(0, 0.1, 1, 0).unwrap_err().contains("size"));
        assert!(set.make::<f64>(5, -0.1, 1, 0).unwrap_err().contains("noise"));
        assert!(set.make::<f64>(5, f64::NAN, 1, 0).unwrap_err().contains("noise"));
        assert!(GENERATED[3].make::<f64>(5, 0.1, 0, 0).unwrap_err().contains("arms"));
    }
}
