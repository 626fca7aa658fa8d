//! Held-out examples.

use super::Dataset;
use crate::kernel::{Scalar, random};
use rand::seq::SliceRandom;

/// Splits into a training and a held-out part. The held-out part has `share` of the examples, rounded to the
/// nearest whole number but at least 1 and at most all but one where `share` > 0. Which examples it has is
/// drawn from `seed` alone; with `shuffle` off it is the last ones.
pub fn split<T: Scalar>(data: &Dataset<T>, share: f64, shuffle: bool, seed: u64) -> (Dataset<T>, Dataset<T>) {
    let n = data.len();
    let mut index: Vec<usize> = (0..n).collect();
    if shuffle {
        index.shuffle(&mut random::generator(seed, "split", 0));
    }
    let held_out = match (share * n as f64).round() as usize {
        _ if share <= 0.0 || n < 2 => 0,
        wanted => wanted.clamp(1, n - 1),
    };
    let (train, test) = index.split_at(n - held_out);
    (data.select(train), data.select(test))
}
