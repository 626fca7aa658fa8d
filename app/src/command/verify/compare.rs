//! How far numbers are from those that were expected.

/// Takes in numbers of one tensor. `scale` is what their rounding is relative to; `worst` is the largest difference of
/// the kind so far.
pub(super) fn compare_at(worst: &mut Option<f64>, got: &[f64], wanted: &[f64], scale: f64) {
    let mut largest = worst.unwrap_or(0.0);
    if got.len() != wanted.len() {
        largest = f64::NAN;
    }
    for (got, wanted) in got.iter().zip(wanted) {
        let difference = (got - wanted).abs() / wanted.abs().max(1e-3 * scale).max(f64::MIN_POSITIVE);
        // Once it is NaN it stays NaN.
        largest = if difference <= largest || largest.is_nan() { largest } else { difference };
    }
    *worst = Some(largest);
}

/// As [`compare_at`], relative to the largest of the expected numbers.
pub(super) fn compare(worst: &mut Option<f64>, got: &[f64], wanted: &[f64]) {
    compare_at(worst, got, wanted, wanted.iter().fold(0.0, |max, x| x.abs().max(max)));
}
