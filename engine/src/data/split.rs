//! Held-out examples.

use super::{Dataset, Targets};
use crate::kernel::{Scalar, prefetch, random};
use rand::seq::SliceRandom;
use std::borrow::Cow;

/// How many rows ahead of the one that is moved the next ones are fetched from memory.
const AHEAD: usize = 12;

/// Splits into a training and a held-out part, as [`split_rows`] says. The training part stays where the examples were: a
/// second copy of them would take as much memory again.
pub fn split<T: Scalar>(
    mut data: Dataset<T>,
    share: f64,
    shuffle: bool,
    seed: u64,
) -> (Dataset<T>, Dataset<T>) {
    let [mut index, held_out] = split_rows(&data.targets, share, shuffle, seed);
    let (train, width) = (index.len(), data.shape.len());
    index.extend(held_out);
    let cycles = cycles(&index);
    reorder(&mut data.inputs, width, &cycles);
    reorder(&mut data.rows, 1, &cycles);
    match &mut data.targets {
        Targets::Classes(classes) => reorder(classes, 1, &cycles),
        Targets::Values { data, width } => reorder(data, *width, &cycles),
    }
    let test = data.select(&Vec::from_iter(train..index.len()));
    data.truncate(train);
    (data, test)
}

/// The rows of a training and of a held-out part, each in its order. The held-out part has `share` of the examples, rounded
/// to the nearest whole number but at least 1 and at most all but one where `share` > 0, and with `shuffle` of each class,
/// too, as near as that is possible. Which examples it has is drawn from `seed` alone; with `shuffle` off it is the last
/// ones.
pub fn split_rows<T: Scalar>(targets: &Targets<T>, share: f64, shuffle: bool, seed: u64) -> [Vec<usize>; 2] {
    let n = targets.len();
    let held_out = match (share * n as f64).round() as usize {
        _ if share <= 0.0 || n < 2 => 0,
        wanted => wanted.clamp(1, n - 1),
    };
    let mut index: Vec<usize> = (0..n).collect();
    if !shuffle {
        let test = index.split_off(n - held_out);
        return [index, test];
    }
    index.shuffle(&mut random::generator(seed, "split", 0));
    let stratum = strata(targets);
    let mut quota = quotas(&stratum, held_out);
    // From the end, so that the held-out part is behind the other.
    let mut is_test = vec![false; n];
    for &row in index.iter().rev() {
        let quota = &mut quota[stratum[row]];
        is_test[row] = *quota > 0;
        *quota = quota.saturating_sub(1);
    }
    let (test, train) = index.into_iter().partition(|row| is_test[*row]);
    [train, test]
}

/// Of each example which of those it is drawn with: those of its class, or of its no or yes; classes of one example make one
/// together, as do numbers.
fn strata<T: Scalar>(targets: &Targets<T>) -> Vec<usize> {
    let classes = match targets {
        Targets::Classes(classes) => Cow::Borrowed(classes),
        Targets::Values { data, .. } if targets.are_switches() => {
            Cow::Owned(data.iter().map(|y| u32::from(*y == T::one())).collect())
        }
        Targets::Values { .. } => return vec![0; targets.len()],
    };
    let mut counts = vec![0_usize; classes.iter().max().map_or(0, |most| *most as usize + 1)];
    classes.iter().for_each(|class| counts[*class as usize] += 1);
    let stratum = |class: &u32| if counts[*class as usize] == 1 { 0 } else { *class as usize + 1 };
    classes.iter().map(stratum).collect()
}

/// How many of each stratum are held out, `wanted` in all: the share of each, rounded down, and one more where most was cut
/// off; never all of one.
fn quotas(stratum: &[usize], wanted: usize) -> Vec<usize> {
    let mut counts = vec![0; stratum.iter().max().map_or(0, |most| most + 1)];
    stratum.iter().for_each(|of| counts[*of] += 1);
    let all = stratum.len().max(1);
    let most = |of: usize| counts[of].max(1) - 1;
    let mut quotas: Vec<usize> =
        (0..counts.len()).map(|of| (counts[of] * wanted / all).min(most(of))).collect();
    let mut order: Vec<usize> = (0..counts.len()).collect();
    order.sort_by_key(|of| std::cmp::Reverse(counts[*of] * wanted % all));
    let mut missing = wanted - quotas.iter().sum::<usize>();
    while missing > 0 {
        let before = missing;
        for of in order.iter().copied() {
            if missing > 0 && quotas[of] < most(of) {
                quotas[of] += 1;
                missing -= 1;
            }
        }
        if missing == before {
            break; // every class keeps one example to be trained on
        }
    }
    quotas
}

/// The cycles in which rows move where row `index[i]` becomes row i: each place gets the row of the one after it, and the
/// last one that of the first. Those that stay are in none.
fn cycles(index: &[usize]) -> Vec<Vec<u32>> {
    const DONE: u32 = u32::MAX;
    let mut next: Vec<u32> = index.iter().map(|row| *row as u32).collect();
    let mut cycles = vec![];
    for start in 0..next.len() {
        if index[start] == start || next[start] == DONE {
            continue;
        }
        let (mut cycle, mut at) = (vec![], start);
        while next[at] != DONE {
            cycle.push(at as u32);
            at = std::mem::replace(&mut next[at], DONE) as usize;
        }
        cycles.push(cycle);
    }
    cycles
}

/// Moves rows along cycles.
fn reorder<T: Copy>(rows: &mut [T], width: usize, cycles: &[Vec<u32>]) {
    let row = |at: u32| at as usize * width..(at as usize + 1) * width;
    for cycle in cycles {
        let first = rows[row(cycle[0])].to_vec();
        for (i, pair) in cycle.windows(2).enumerate() {
            if let Some(ahead) = cycle.get(i + AHEAD) {
                prefetch(&rows[row(*ahead)]);
            }
            rows.copy_within(row(pair[1]), row(pair[0]).start);
        }
        rows[row(cycle[cycle.len() - 1])].copy_from_slice(&first);
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
                assert_eq!(test.rows().iter().map(|row| *row as usize).collect::<Vec<_>>(), index[40..]);
            }
        }
    }

    #[test]
    fn each_class_has_its_share_of_the_held_out_examples_and_keeps_one_to_learn_from() {
        let of_counts = |counts: &[usize]| -> Targets<f32> {
            let of = |(class, count): (usize, &usize)| std::iter::repeat_n(class as u32, *count);
            Targets::Classes(counts.iter().enumerate().flat_map(of).collect())
        };
        for (counts, share, wanted) in [
            (&[50, 50, 50][..], 0.2, &[10, 10, 10][..]),
            (&[90, 10], 0.2, &[18, 2]),
            (&[97, 3], 0.5, &[49, 1]),
            (&[7, 7, 7], 1.0 / 3.0, &[3, 2, 2]),
            (&[3, 2], 0.99, &[2, 1]),
            (&[0, 4, 1, 1], 0.5, &[0, 2, 0, 1]),
        ] {
            for seed in 0..5 {
                let targets = of_counts(counts);
                let [train, test] = split_rows(&targets, share, true, seed);
                let Targets::Classes(classes) = targets.select(&test) else { panic!() };
                let found = |class| classes.iter().filter(|of| **of == class as u32).count();
                let found: Vec<usize> = (0..counts.len()).map(found).collect();
                let singles = counts.iter().filter(|count| **count == 1).count();
                if singles == 0 {
                    assert_eq!(found, wanted, "{counts:?} {share}");
                } else {
                    assert_eq!(found.iter().sum::<usize>(), wanted.iter().sum::<usize>());
                }
                let mut all = [train, test].concat();
                all.sort_unstable();
                assert_eq!(all, Vec::from_iter(0..targets.len()));
            }
        }
    }
}
