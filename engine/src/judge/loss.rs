//! The tests of losses.

use super::difference::{
    FAR, Mismatch, ROUNDING, SINGLE, Sum, away, declared, each, gradient, jumps, kink, largest, numbers, one,
    same_place,
};
use super::{Fault, Quantity, Test};
use crate::expr::{Expr, Role, Symbol};
use crate::loss::{LossFunction, LossPrecision, Made, Reduction, Target, TargetKind};

type Comparison = fn(&Subject) -> Result<(), Mismatch>;

/// The tests, in their order.
pub(super) const TESTS: &[(Test, Comparison)] = &[
    (Test::Inputs, inputs),
    (Test::Values, values),
    (Test::Examples, examples),
    (Test::Divisor, divisor),
    (Test::Single, single),
    (Test::Far, far),
    (Test::NotANumber, not_a_number),
    (Test::Kinks, kinks),
    (Test::Expression, expression),
];

/// Judges a loss for `rows` examples whose outputs have `width` numbers, which are `made` of what it takes: logits are any
/// numbers. Classes come in turn; targets that are numbers are between −2 and 2, or where the loss wants it between 0
/// and 1.
///
/// ```
/// use whygrad::judge;
/// use whygrad::loss::{CrossEntropy, Made};
///
/// judge::loss(&CrossEntropy::default(), 4, 6, Made::Real)?;
/// # Ok::<(), judge::Fault>(())
/// ```
///
/// # Errors
/// The first test that it fails.
pub fn loss(loss: &dyn LossFunction, width: usize, rows: usize, made: Made) -> Result<(), Fault> {
    faults(loss, width, rows, made).next().map_or(Ok(()), Err)
}

/// As [`loss()`], its gradient alone.
///
/// # Errors
/// Where it is wrong.
pub fn loss_gradient(loss: &dyn LossFunction, width: usize, rows: usize, made: Made) -> Result<(), Fault> {
    let subject = Subject::new(loss, width, rows, made);
    inputs(&subject).map_err(|mismatch| Fault::new(loss.name(), None, Test::Inputs, mismatch))
}

/// Everything that is wrong with a loss.
pub(super) fn faults(
    loss: &dyn LossFunction,
    width: usize,
    rows: usize,
    made: Made,
) -> impl Iterator<Item = Fault> {
    let subject = Subject::new(loss, width, rows, made);
    let fault = move |(test, compare): &(Test, Comparison)| {
        compare(&subject).err().map(|mismatch| Fault::new(loss.name(), None, *test, mismatch))
    };
    TESTS.iter().filter_map(fault)
}

/// A loss, and all the numbers that it is judged at.
#[derive(Clone)]
pub(super) struct Subject<'a> {
    loss: &'a dyn LossFunction,
    width: usize,
    made: Made,
    /// The network's output: [rows, width].
    x: Vec<f64>,
    classes: Vec<u32>,
    /// Targets where they are numbers: [rows, width].
    values: Vec<f64>,
}

/// What numbers in ±2 become in the outputs of a network, for each example.
fn made(made: Made, width: usize, x: Vec<f64>) -> Vec<f64> {
    let of_row = |row: &[f64]| -> Vec<f64> {
        // None near 0, where a logarithm bends too sharply for finite differences.
        let sum: f64 = row.iter().map(|x| (0.5 * x).exp()).sum();
        let number = |x: &f64| match made {
            Made::Real => *x,
            Made::Share => 0.5 + 0.225 * x,
            Made::Probabilities => (0.5 * x).exp() / sum,
            Made::LogProbabilities => 0.5 * x - sum.ln(),
        };
        row.iter().map(|x| f64::from(number(x) as f32)).collect()
    };
    x.chunks_exact(width).flat_map(of_row).collect()
}

impl<'a> Subject<'a> {
    fn new(loss: &'a dyn LossFunction, width: usize, rows: usize, kind: Made) -> Subject<'a> {
        let targets = if loss.wants_shares() { Made::Share } else { Made::Real };
        let values = made(targets, width, numbers(2, rows * width, &[]));
        let mut x = made(kind, width, numbers(1, rows * width, &[]));
        if kind == Made::Real {
            let kinks: Vec<f64> = loss.kinks().iter().map(|kink| kink.at).collect();
            x.iter_mut().zip(&values).for_each(|(x, y)| *x = f64::from((y + away(*x - y, &kinks)) as f32));
        }
        let classes = (0..rows).map(|row| (row % width) as u32).collect();
        Subject { loss, width, made: kind, x, classes, values }
    }

    /// Only the examples from `from` up to `to`.
    fn examples(&self, from: usize, to: usize) -> Subject<'a> {
        let of = |x: &[f64]| x[from * self.width..to * self.width].to_vec();
        Subject {
            x: of(&self.x),
            classes: self.classes[from..to].to_vec(),
            values: of(&self.values),
            ..self.clone()
        }
    }

    /// Calls f with its numbers in a precision.
    fn with<T: LossPrecision, R>(&self, f: impl FnOnce(&[T], Target<T>) -> R) -> R {
        let of = |x: &[f64]| x.iter().map(|x| T::of(*x)).collect::<Vec<T>>();
        let values = of(&self.values);
        let target = match self.loss.wants() {
            TargetKind::Classes => Target::Classes(&self.classes),
            TargetKind::Values => Target::Values(&values),
        };
        f(&of(&self.x), target)
    }

    /// The loss of each example.
    fn forward<T: LossPrecision>(&self) -> Vec<T> {
        let mut losses = vec![T::nan(); self.classes.len()];
        self.with(|x, target| T::of_loss(self.loss).forward(x, target, &mut losses));
        losses
    }

    /// The loss of each example, and the gradient of their sum times [`SCALE`], both written over NaN.
    fn backward<T: LossPrecision>(&self) -> [Vec<T>; 2] {
        let (mut losses, mut dx) = (vec![T::nan(); self.classes.len()], vec![T::nan(); self.x.len()]);
        let scale = T::of(SCALE);
        self.with(|x, target| T::of_loss(self.loss).backward(x, target, scale, &mut losses, &mut dx));
        [losses, dx]
    }

    fn divisor(&self) -> f64 {
        self.with(|_, target| f64::of_loss(self.loss).divisor(self.width, target))
    }
}

/// An upstream gradient that is not one, and that f32 has too.
const SCALE: f64 = 0.75;

fn inputs(subject: &Subject) -> Result<(), Mismatch> {
    let [_, dx] = subject.backward::<f64>();
    let scales = vec![SCALE; subject.classes.len()];
    gradient(Quantity::ByInput(0), &subject.x, None, &dx, |x| {
        Sum::of_products(&Subject { x: x.to_vec(), ..subject.clone() }.forward(), &scales)
    })
}

fn values(subject: &Subject) -> Result<(), Mismatch> {
    let (expected, [found, _]) = (subject.forward::<f64>(), subject.backward());
    each(Quantity::Losses, &found, &expected, ROUNDING * largest(&expected))
}

fn examples(subject: &Subject) -> Result<(), Mismatch> {
    let alone = (0..subject.classes.len()).map(|row| subject.examples(row, row + 1).backward::<f64>());
    let (losses, dx): (Vec<_>, Vec<_>) = alone.map(|[losses, dx]| (losses, dx)).unzip();
    let [whole_losses, whole_dx] = subject.backward();
    each(Quantity::Losses, &losses.concat(), &whole_losses, 0.0)?;
    each(Quantity::ByInput(0), &dx.concat(), &whole_dx, 0.0)
}

fn divisor(subject: &Subject) -> Result<(), Mismatch> {
    let found = subject.divisor();
    let expected = match subject.loss.reduction() {
        Reduction::Sum => 1.0,
        Reduction::Mean => {
            (0..subject.classes.len()).map(|row| subject.examples(row, row + 1).divisor()).sum()
        }
    };
    one(Quantity::Divisor, found, expected, ROUNDING * found)?;
    one(Quantity::Divisor, found, found.abs().max(f64::MIN_POSITIVE), 0.0)
}

fn single(subject: &Subject) -> Result<(), Mismatch> {
    let (forward, [losses, dx]) = (subject.forward::<f32>(), subject.backward::<f32>());
    let (exact_forward, exact) = (subject.forward::<f64>(), subject.backward::<f64>());
    let found_and_exact = [(&forward, &exact_forward), (&losses, &exact[0]), (&dx, &exact[1])];
    for ((found, exact), of) in
        found_and_exact.into_iter().zip([Quantity::Losses, Quantity::Losses, Quantity::ByInput(0)])
    {
        // What f32 cannot hold is infinite there.
        let rounded: Vec<f32> = exact.iter().map(|x| *x as f32).collect();
        // Below the normal numbers, digits are of one size.
        each(of, found, &rounded, SINGLE * largest(&rounded).max(f32::MIN_POSITIVE.into()))?;
    }
    Ok(())
}

/// The ends of what an output can be.
fn ends(made: Made) -> &'static [f64] {
    match made {
        Made::Real => &FAR,
        Made::Share | Made::Probabilities => &[0.0, 1.0],
        Made::LogProbabilities => &[-17.0, -104.0, -1e4, 0.0],
    }
}

fn far(subject: &Subject) -> Result<(), Mismatch> {
    ends(subject.made).iter().try_for_each(|end| {
        // Each number of an example at the end, one after the other.
        (0..subject.width).try_for_each(|at| {
            let mut x = subject.x.clone();
            x.iter_mut().skip(at).step_by(subject.width).for_each(|x| *x = *end);
            single(&Subject { x, ..subject.clone() })
        })
    })
}

fn not_a_number(subject: &Subject) -> Result<(), Mismatch> {
    let x = vec![f64::NAN; subject.x.len()];
    let losses = Subject { x, ..subject.clone() }.forward::<f64>();
    match losses.iter().position(|loss| !loss.is_nan()) {
        None => Ok(()),
        Some(at) => one(Quantity::Losses, losses[at], f64::NAN, 0.0).map_err(|m| m.at(at)),
    }
}

/// Where kinks are looked for, in terms of output − target, for a target y.
fn range(made: Made, y: f64) -> [f64; 2] {
    match made {
        Made::Real => [-8.0, 8.0],
        Made::Share | Made::Probabilities => [0.01 - y, 0.99 - y],
        Made::LogProbabilities => [-8.0 - y, -0.01 - y],
    }
}

fn kinks(subject: &Subject) -> Result<(), Mismatch> {
    let kinks = subject.loss.kinks();
    if subject.loss.wants() == TargetKind::Classes {
        // There is no output − target.
        return kinks.iter().try_for_each(|kink| one(Quantity::Kinks(kink.at), 1.0, 0.0, 0.0));
    }
    // Loss and slope of an example where its first output is its target plus d.
    let at = |row: usize, d: f64| {
        let mut example = subject.examples(row, row + 1);
        example.x[0] = example.values[0] + d;
        let [losses, dx] = example.backward::<f64>();
        (losses[0], dx[0] / SCALE)
    };
    kinks.iter().try_for_each(|of| kink(*of, |d| at(0, d)))?;
    // A jump that is elsewhere for another target is none in terms of output − target.
    let last = subject.classes.len() - 1;
    let [found, again] = [0, last]
        .map(|row| jumps(range(subject.made, subject.values[row * subject.width]), |d| at(row, d).1));
    let both = found.into_iter().filter(|d| again.iter().any(|again| same_place(*d, *again)));
    both.into_iter().try_for_each(|d| declared(&kinks, d))
}

fn expression(subject: &Subject) -> Result<(), Mismatch> {
    let [losses, dx] = subject.backward::<f64>();
    for row in 0..losses.len() {
        let example = subject.examples(row, row + 1);
        let value = |symbol: &Symbol| match (&symbol.role, subject.loss.wants()) {
            (Role::Input { input: 0, at, .. }, _) => Some(example.x[*at]),
            (Role::Input { at, .. }, TargetKind::Values) => Some(example.values[*at]),
            (Role::Input { .. }, TargetKind::Classes) => Some(f64::from(example.classes[0])),
            _ => None,
        };
        let worth = |expression: Expr| expression.evaluate(&value).unwrap_or(f64::NAN);
        let width = subject.width;
        let terms = match subject.loss.wants() {
            TargetKind::Classes => 1,
            TargetKind::Values => width,
        };
        let terms: Option<Vec<Expr>> = (0..terms).map(|at| subject.loss.expression(width, at)).collect();
        if let Some(terms) = terms {
            let sum = terms.into_iter().map(worth).sum();
            one(Quantity::Losses, losses[row], sum, ROUNDING * largest(&losses)).map_err(|m| m.at(row))?;
        }
        for at in 0..width {
            let Some(slope) = subject.loss.slope(width, Some(at)) else { continue };
            let (i, tolerance) = (row * width + at, ROUNDING * largest(&dx));
            one(Quantity::ByInput(0), dx[i], SCALE * worth(slope), tolerance).map_err(|m| m.at(i))?;
        }
    }
    Ok(())
}
