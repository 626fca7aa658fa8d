//! Held-out examples.

use super::{Dataset, Targets};
use crate::kernel::{Scalar, random};
use rand::seq::SliceRandom;

/// Splits into a training and a held-out part. The held-out part has `share` of the examples, rounded to the
/// nearest whole number but at least 1 and at most all but one where `share` > 0. Which examples it has is
/// drawn from `seed` alone; with `shuffle` off it is the last ones. The training part stays where the examples were: a
/// second copy of them would take as much memory again.
pub fn split<T: Scalar>(
    mut data: Dataset<T>,
    share: f64,
    shuffle: bool,
    seed: u64,
) -> (Dataset<T>, Dataset<T>) {
    let n = data.len();
    let held_out = match (share * n as f64).round() as usize {
        _ if share <= 0.0 || n < 2 => 0,
        wanted => wanted.clamp(1, n - 1),
    };
    if shuffle {
        let mut index: Vec<usize> = (0..n).collect();
        index.shuffle(&mut random::generator(seed, "split", 0));
        let width = data.shape.len();
        reorder(&mut data.inputs, width, &index);
        match &mut data.targets {
            Targets::Classes(classes) => reorder(classes, 1, &index),
            Targets::Values { data, width } => reorder(data, *width, &index),
        }
    }
    let test = data.select(&Vec::from_iter(n - held_out..n));
    data.truncate(n - held_out);
    (data, test)
}

/// Moves row `index[i]` to place i, for all i: along one cycle after the other.
fn reorder<T: Copy>(rows: &mut [T], width: usize, index: &[usize]) {
    let mut there = vec![false; index.len()];
    for start in 0..index.len() {
        if there[start] {
            continue;
        }
        let first = rows[start * width..(start + 1) * width].to_vec();
        let mut to = start;
        while !there[to] {
            there[to] = true;
            let from = index[to];
            if from == start {
                rows[to * width..(to + 1) * width].copy_from_slice(&first);
            } else {
                rows.copy_within(from * width..(from + 1) * width, to * width);
            }
            to = from;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Aligned;
    use crate::shape::Shape;

    #[test]
    fn every_example_goes_with_its_target_to_the_place_that_the_seed_says() {
        let n = 50;
        let inputs: Aligned<f64> = (0..n).flat_map(|i| [f64::from(i), -f64::from(i)]).collect();
        let values = (0..n).map(f64::from).collect();
        for targets in [Targets::Classes((0..n).collect()), Targets::Values { data: values, width: 1 }] {
            let (shape, inputs) = (Shape::from([2]), inputs.clone());
            let data = Dataset::new(inputs, shape, targets).unwrap();
            for shuffle in [false, true] {
                let mut index: Vec<usize> = (0..n as usize).collect();
                if shuffle {
                    index.shuffle(&mut random::generator(7, "split", 0));
                }
                let (train, test) = split(data.clone(), 0.2, shuffle, 7);
                assert_eq!((&train, &test), (&data.select(&index[..40]), &data.select(&index[40..])));
            }
        }
    }
}
