//! What users of the engine rely on.

mod credit;
mod evaluation;
mod far;
mod floors;
mod formulas;
mod graph;
mod guide;
mod ledger;
mod page;
mod pages;
mod reconcile;
mod sizes;
mod steps;
mod trainer;
mod update;

use whygrad::author::{Scalar, random};
use whygrad::data::{Dataset, Targets};

/// Examples with random inputs and a class or a value that depends on them.
fn data<T: Scalar>(examples: usize, width: usize, classes: Option<u32>) -> Dataset<T> {
    let inputs: Vec<T> =
        (0..examples * width).map(|i| T::of(2.0 * random::uniform(11, i as u64) - 1.0)).collect();
    let sum = |row: &[T]| row.iter().map(|x| x.f64()).sum::<f64>();
    let rows = inputs.chunks_exact(width);
    let targets = match classes {
        Some(n) => Targets::Classes(rows.map(|row| (sum(row).abs() * 3.0) as u32 % n).collect()),
        None => Targets::Values { data: rows.map(|row| T::of(sum(row).sin())).collect(), width: 1 },
    };
    Dataset::new(inputs, [width], targets).unwrap()
}
