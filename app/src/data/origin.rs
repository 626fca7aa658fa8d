//! From where the numbers of a column are counted: from a number near them where they lie far from 0, as rounding them to 32
//! bits would lose what tells them apart.

use whygrad::author::Scalar;

/// Numbers by which it is decided where a column lies.
const LIE: usize = 101;

/// A column whose numbers lie this many times as far from 0 as they are apart is read as differences: of f32's 24 bits 6
/// would say the same of every row.
const FAR: f64 = 64.0;

/// Which numbers may come as differences from one near them, as they may where they are scaled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Apart {
    /// Those of inputs.
    pub inputs: bool,
    /// Those of targets.
    pub targets: bool,
}

/// A number near those of a column, where they lie far from 0; else 0.
pub(super) fn origin(numbers: impl Iterator<Item = f64>) -> f64 {
    let mut numbers: Vec<f64> = numbers.take(LIE).collect();
    numbers.sort_unstable_by(f64::total_cmp);
    let (Some(low), Some(high)) = (numbers.first(), numbers.last()) else { return 0.0 };
    let middle = numbers[numbers.len() / 2];
    if middle.is_finite() && middle.abs() > FAR * (high - low) { middle } else { 0.0 }
}

/// Whether rounding makes many of the numbers of a column equal that are not: one in ten.
pub(super) fn merges<T: Scalar>(numbers: impl Iterator<Item = f64>) -> bool {
    let mut numbers: Vec<f64> = numbers.take(LIE).collect();
    numbers.sort_unstable_by(f64::total_cmp);
    numbers.dedup();
    let count = numbers.len();
    numbers.dedup_by_key(|x| T::of(*x));
    10 * numbers.len() < 9 * count
}

/// Says that rounding makes numbers equal that are not; `key` scales them, where they are not.
pub(super) fn merged(what: &str, key: Option<&str>) -> String {
    let scale = key.map_or(String::new(), |key| format!("scale them (--set data.{key}=standard), or "));
    format!(
        "{what}: many of its numbers differ by less than 32 bits tell apart where they lie; {scale}take --set \
         train.precision=f64"
    )
}
