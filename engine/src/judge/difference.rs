//! What all tests stand on: the numbers at which a subject is judged, the one comparison, and finite differences.

use super::Quantity;
use crate::kernel::{Scalar, random};
use crate::op::Kink;

/// What f64 makes of sums of some dozens of terms that are taken in two orders, over the largest of them.
pub(super) const ROUNDING: f64 = 64.0 * f64::EPSILON;

/// The same in f32.
pub(super) const SINGLE: f64 = 32.0 * f32::EPSILON as f64;

/// Arguments far out: past where e^−x is all but lost against 1, past where eˣ is larger than any f32, and far past both.
pub(super) const FAR: [f64; 6] = [17.0, -17.0, 104.0, -104.0, 1e4, -1e4];

/// Two numbers that should be one, and are not.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Mismatch {
    pub of: Quantity,
    pub at: Option<usize>,
    pub found: f64,
    pub expected: f64,
    pub tolerance: f64,
}

impl Mismatch {
    /// The same with the place of the number.
    pub(super) fn at(self, at: usize) -> Mismatch {
        Mismatch { at: Some(at), ..self }
    }
}

/// The one comparison: NaN loses. (The difference of two equal infinities is NaN.)
fn within(found: f64, expected: f64, tolerance: f64) -> bool {
    found == expected || (found - expected).abs() <= tolerance
}

/// Compares two numbers.
pub(super) fn one(of: Quantity, found: f64, expected: f64, tolerance: f64) -> Result<(), Mismatch> {
    match within(found, expected, tolerance) {
        true => Ok(()),
        false => Err(Mismatch { of, at: None, found, expected, tolerance }),
    }
}

/// Compares numbers with as many others.
pub(super) fn each<T: Scalar>(
    of: Quantity,
    found: &[T],
    expected: &[T],
    tolerance: f64,
) -> Result<(), Mismatch> {
    let mut pairs = found.iter().zip(expected).map(|(found, expected)| (found.f64(), expected.f64()));
    match pairs.clone().position(|(found, expected)| !within(found, expected, tolerance)) {
        None => Ok(()),
        Some(at) => {
            let (found, expected) = pairs.nth(at).unwrap_or_default();
            Err(Mismatch { of, at: Some(at), found, expected, tolerance })
        }
    }
}

/// The largest magnitude among finite numbers.
pub(super) fn largest<T: Scalar>(x: &[T]) -> f64 {
    x.iter().map(|x| x.f64().abs()).filter(|x| x.is_finite()).fold(0.0, f64::max)
}

/// No number of [`numbers`] is so near to a kink, and no finite difference steps so far.
const NEAR: f64 = 0.05;

/// `n` numbers in ±2, which f32 has too, each 2/n or more from every other, so that no two of them change places where
/// both are nudged; those near a kink are moved past it.
pub(super) fn numbers(key: u64, n: usize, kinks: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by_cached_key(|&i| random::bits(key, i as u64));
    let cell = 4.0 / n as f64;
    let number = |rank: usize| {
        let within = 0.25 + 0.5 * random::uniform(!key, rank as u64);
        away((rank as f64 + within) * cell - 2.0, kinks)
    };
    order.into_iter().map(number).collect()
}

/// x, moved past the kinks that it is near; a number of f32.
pub(super) fn away(mut x: f64, kinks: &[f64]) -> f64 {
    while let Some(kink) = kinks.iter().find(|kink| (x - **kink).abs() < NEAR) {
        x = kink + 2.0 * NEAR;
    }
    f64::from(x as f32)
}

/// A sum, and the sum of the magnitudes of its terms, which says how far rounding can reach.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sum {
    value: f64,
    magnitude: f64,
}

impl Sum {
    /// Σ a·b
    pub(super) fn of_products(a: &[f64], b: &[f64]) -> Sum {
        let terms = a.iter().zip(b).map(|(a, b)| a * b);
        Sum { value: terms.clone().sum(), magnitude: terms.map(f64::abs).sum() }
    }
}

/// Step of finite differences.
const STEP: f64 = 2e-4;

/// Relative error that a gradient may have: differences of fourth order with a step h err by about h⁴/30 of the fifth
/// derivative, 5e-17 times what the function bends, far below a fault worth the name.
const TOLERANCE: f64 = 2e-9;

/// Compares the gradient of f at x with finite differences along random directions, and where these disagree, number by
/// number. Numbers that are not `free` stay.
pub(super) fn gradient(
    of: Quantity,
    x: &[f64],
    free: Option<&[bool]>,
    gradient: &[f64],
    mut f: impl FnMut(&[f64]) -> Sum,
) -> Result<(), Mismatch> {
    let free = |i: usize| free.is_none_or(|free| free[i]);
    for seed in 0..3 {
        let random = |i| if free(i) { 2.0 * random::uniform(10 + seed, i as u64) - 1.0 } else { 0.0 };
        let direction: Vec<f64> = (0..x.len()).map(random).collect();
        if let Err(together) = along(&of, None, x, &direction, gradient, &mut f) {
            let unit =
                |at: usize| (0..x.len()).map(|i| if i == at { 1.0 } else { 0.0 }).collect::<Vec<f64>>();
            let mut each = (0..x.len()).filter(|&at| free(at));
            let found = each.find_map(|at| along(&of, Some(at), x, &unit(at), gradient, &mut f).err());
            return Err(found.unwrap_or(together));
        }
    }
    Ok(())
}

/// Compares with the difference of fourth order along one direction d,
/// (8·(f(x + h·d) − f(x − h·d)) − (f(x + 2h·d) − f(x − 2h·d))) / 12h.
fn along(
    of: &Quantity,
    at: Option<usize>,
    x: &[f64],
    direction: &[f64],
    gradient: &[f64],
    f: &mut impl FnMut(&[f64]) -> Sum,
) -> Result<(), Mismatch> {
    let slope: f64 = gradient.iter().zip(direction).map(|(g, d)| if *d == 0.0 { 0.0 } else { g * d }).sum();
    let mut moved = |steps: f64| {
        let x: Vec<f64> = x.iter().zip(direction).map(|(x, d)| x + steps * STEP * d).collect();
        f(&x)
    };
    let [up, down, up2, down2] = [1.0, -1.0, 2.0, -2.0].map(&mut moved);
    let difference = (8.0 * (up.value - down.value) - (up2.value - down2.value)) / (12.0 * STEP);
    let rounding = 16.0 * f64::EPSILON * up.magnitude.max(down.magnitude) / STEP;
    let tolerance = TOLERANCE * slope.abs().max(difference.abs()) + rounding;
    one(of.clone(), slope, difference, tolerance).map_err(|mismatch| Mismatch { at, ..mismatch })
}

/// Parts into which [`jumps`] cuts its range.
const CELLS: usize = 101;

/// How often each of them is halved: to 1e-13 of the range.
const HALVINGS: usize = 36;

/// Where f jumps inside a range: the places at which it changes, however near one looks, by more than a millionth of its
/// largest magnitude. Of two jumps in one of [`CELLS`] parts of the range the larger one is found.
pub(super) fn jumps([from, to]: [f64; 2], mut f: impl FnMut(f64) -> f64) -> Vec<f64> {
    let edges: Vec<f64> = (0..=CELLS).map(|i| from + (to - from) * i as f64 / CELLS as f64).collect();
    let values: Vec<f64> = edges.iter().map(|x| f(*x)).collect();
    let least = 1e-6 * largest(&values);
    let mut found: Vec<f64> = vec![];
    for (edges, values) in edges.windows(2).zip(values.windows(2)) {
        let ([mut a, mut b], [mut fa, mut fb]) = ([edges[0], edges[1]], [values[0], values[1]]);
        for _ in 0..HALVINGS {
            let middle = 0.5 * (a + b);
            let f_middle = f(middle);
            if (f_middle - fa).abs() > (fb - f_middle).abs() {
                (b, fb) = (middle, f_middle);
            } else {
                (a, fa) = (middle, f_middle);
            }
        }
        // A jump on an edge is found from both sides.
        let new = found.last().is_none_or(|last| b - last > 1e-6 * (to - from));
        if (fb - fa).abs() > least && new {
            found.push(b);
        }
    }
    found
}

/// Arguments of this distance are one kink.
const SAME: f64 = 1e-6;

/// Whether two kinks are one.
pub(super) fn same_place(a: f64, b: f64) -> bool {
    (a - b).abs() <= SAME
}

/// Compares what is declared of a kink with the values and slopes of the function f around it.
pub(super) fn kink(kink: Kink, mut f: impl FnMut(f64) -> (f64, f64)) -> Result<(), Mismatch> {
    let (y, slope) = f(kink.at);
    // Its scale is taken in and out again.
    one(Quantity::Slope(kink.at), slope, kink.slope, 4.0 * f64::EPSILON * kink.slope.abs())?;
    let left = (y - f(kink.at - SAME).0) / SAME;
    let right = (f(kink.at + SAME).0 - y) / SAME;
    // One-sided differences err by about half a step of the second derivative.
    let tolerance = 2.0 * SAME * (left.abs() + right.abs());
    one(Quantity::Slope(kink.at), slope, slope.max(left.min(right)).min(left.max(right)), tolerance)?;
    match one(Quantity::Slope(kink.at), left, right, tolerance) {
        Ok(()) => one(Quantity::Kinks(kink.at), 1.0, 0.0, 0.0),
        Err(_) => Ok(()),
    }
}

/// Compares a kink that was found with those that are declared.
pub(super) fn declared(kinks: &[Kink], at: f64) -> Result<(), Mismatch> {
    let count = kinks.iter().filter(|kink| same_place(kink.at, at)).count();
    one(Quantity::Kinks(at), count as f64, 1.0, 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nan_and_a_difference_just_above_the_tolerance_lose() {
        let one = |found, expected, tolerance| one(Quantity::Divisor, found, expected, tolerance).is_ok();
        assert!(one(1.0, 1.5, 0.5) && !one(1.0, 1.5, 0.49));
        assert!(!one(f64::NAN, 1.0, f64::INFINITY) && !one(1.0, f64::NAN, 1.0) && !one(1.0, 1.5, f64::NAN));
        assert!(one(f64::INFINITY, f64::INFINITY, 0.0) && !one(f64::INFINITY, f64::NEG_INFINITY, 1.0));
    }

    #[test]
    fn numbers_are_apart_from_each_other_and_from_kinks() {
        for n in [1, 2, 17, 300] {
            let kinks = [0.0, 0.08, -1.5];
            let mut x = numbers(1, n, &kinks);
            assert!(x.iter().all(|x| kinks.iter().all(|kink| (x - kink).abs() >= NEAR)), "{n}");
            x = numbers(1, n, &[]);
            x.sort_by(f64::total_cmp);
            assert!(x.windows(2).all(|pair| pair[1] - pair[0] > 1.99 / n as f64), "{n}");
            assert!(x.iter().all(|x| x.abs() <= 2.0 && f64::from(*x as f32) == *x));
        }
    }

    #[test]
    fn jumps_are_found_and_bends_are_not() {
        let near = |found: Vec<f64>, expected: &[f64]| {
            assert_eq!(found.len(), expected.len(), "{found:?}");
            found.iter().zip(expected).for_each(|(a, b)| assert!((a - b).abs() <= 1e-10, "{a} is not {b}"));
        };
        near(jumps([-8.0, 8.0], |x| if x > 0.0 { 1.0 } else { 0.0 }), &[0.0]);
        near(jumps([-8.0, 8.0], f64::signum), &[0.0]);
        near(jumps([-1.0, 1.0], |x| 1e-9 * ((x + 0.3).signum() + (x - 0.5).signum())), &[-0.3, 0.5]);
        near(jumps([-8.0, 8.0], |x| (1000.0 * x).tanh()), &[]);
        near(jumps([-8.0, 8.0], |_| 0.0), &[]);
    }

    #[test]
    fn a_zero_gradient_of_a_small_slope_is_not_accepted() {
        let f = |x: &[f64]| Sum::of_products(x, &[1e-12, 1e-12]);
        assert!(gradient(Quantity::Output, &[0.3, 0.4], None, &[1e-12, 1e-12], f).is_ok());
        let found = gradient(Quantity::Output, &[0.3, 0.4], None, &[1e-12, 0.0], f).unwrap_err();
        assert_eq!((found.at, found.found), (Some(1), 0.0));
    }
}
