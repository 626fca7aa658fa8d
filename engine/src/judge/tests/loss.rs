//! Losses: the list, and planted faults.

use super::super::loss::{TESTS, faults, loss};
use super::{Planted, Test, assert_caught};
use crate::expr::{Expr, Role};
use crate::kernel::Scalar;
use crate::loss::{self, ComputeLoss, LIST, Loss, Made, Reduction, Target, TargetKind};
use crate::op::Kink;
use crate::setting::Literal;

#[test]
fn every_loss_of_the_list_passes() {
    for entry in LIST {
        assert!(!entry.cases.is_empty(), "{} has no cases", entry.name);
        for case in entry.cases {
            for reduction in ["mean", "sum"] {
                let given = case.given.iter().map(|(key, value)| (key.to_string(), value.clone()));
                let reduction = ("reduction".to_string(), Literal::Text(reduction.into()));
                let of = loss::read(entry.name, given.chain([reduction])).unwrap();
                if let Err(fault) = loss(&*of, case.width, 6, case.output) {
                    panic!("{fault}");
                }
            }
        }
    }
}

/// What is wrong with ℓ = Σ (x − y)².
#[derive(Clone, Copy, Debug, PartialEq)]
enum Wrong {
    Nothing,
    /// The slope is off by one in ten million.
    Slope,
    /// The gradient is that of another target.
    TargetSwapped,
    ForgetsScale,
    AddsInsteadOfOverwriting,
    /// Backward's values are off by one in ten million.
    Values,
    /// An example adds the first output of the one before it.
    Mixes,
    /// A mean over the examples and one more.
    Mean,
    /// A sum that is divided by the number of examples.
    Sum,
    NegativeDivisor,
    /// In f32 it is off where |x − y| < 1.
    Single,
    /// ℓ = ln(1 + eˣ) − x·y as it stands there.
    Overflows,
    /// NaN counts as no error.
    HidesNaN,
    /// ℓ = |x − y|, and no kink is declared.
    Undeclared,
    /// The same with the kink, and another slope.
    OtherSlope,
    NoSuchKink,
    OtherExpression,
    OtherSlopeExpression,
}

impl Wrong {
    /// ℓ and its slope.
    fn of<T: Scalar>(self, x: T, y: T) -> (T, T) {
        let (d, two) = (x - y, T::of(2.0));
        match self {
            Wrong::Slope => (d * d, two * d * T::of(1.0 + 1e-7)),
            Wrong::TargetSwapped => (d * d, -two * d),
            Wrong::Single if T::NAME == "f32" && d.abs() < T::one() => (d * d * T::of(1.01), two * d),
            Wrong::Overflows => ((T::one() + x.exp()).ln() - x * y, x.exp() / (T::one() + x.exp()) - y),
            Wrong::HidesNaN => (if d.is_nan() { T::zero() } else { d * d }, two * d),
            Wrong::Undeclared | Wrong::OtherSlope => {
                (d.abs(), if d > T::zero() { T::one() } else { -T::one() })
            }
            _ => (d * d, two * d),
        }
    }
}

fn letter(letter: &'static str, input: usize, at: usize) -> Expr {
    Expr::symbol(letter, Role::Input { input, row: 0, at })
}

impl Loss for Wrong {
    fn name(&self) -> &'static str {
        "wrong"
    }

    fn wants(&self) -> TargetKind {
        TargetKind::Values
    }

    fn reduction(&self) -> Reduction {
        if *self == Wrong::Sum { Reduction::Sum } else { Reduction::Mean }
    }

    fn kinks(&self) -> Vec<Kink> {
        match self {
            Wrong::OtherSlope => vec![Kink { at: 0.0, slope: 0.0 }],
            Wrong::NoSuchKink => vec![Kink { at: 0.5, slope: 1.0 }],
            _ => vec![],
        }
    }

    fn expression(&self, _outputs: usize, at: usize) -> Option<Expr> {
        let square = (letter("ŷ", 0, at) - letter("y", 1, at)).power(2.0);
        match self {
            Wrong::Nothing => Some(square),
            Wrong::OtherExpression => Some(square * (1.0 + 1e-7)),
            _ => None,
        }
    }

    fn slope(&self, _outputs: usize, at: Option<usize>) -> Option<Expr> {
        let at = at?;
        let twice = (letter("ŷ", 0, at) - letter("y", 1, at)) * 2.0;
        match self {
            Wrong::Nothing => Some(twice),
            Wrong::OtherSlopeExpression => Some(-twice),
            _ => None,
        }
    }
}

impl<T: Scalar> ComputeLoss<T> for Wrong {
    fn divisor(&self, _width: usize, y: Target<'_, T>) -> f64 {
        let Target::Values(values) = y else { return f64::NAN };
        let count = values.len() as f64;
        match self {
            Wrong::Mean => count + 1.0,
            Wrong::NegativeDivisor => -count,
            _ => count,
        }
    }

    fn forward(&self, x: &[T], y: Target<'_, T>, each: &mut [T]) {
        let Target::Values(y) = y else { return };
        let width = x.len() / each.len();
        for (n, each) in each.iter_mut().enumerate() {
            *each = (n * width..(n + 1) * width).map(|i| self.of(x[i], y[i]).0).sum();
            if *self == Wrong::Mixes && n > 0 {
                *each += x[(n - 1) * width];
            }
        }
    }

    fn backward(&self, x: &[T], y: Target<'_, T>, scale: T, each: &mut [T], dx: &mut [T]) {
        self.forward(x, y, each);
        let Target::Values(y) = y else { return };
        let (rows, width) = (each.len(), x.len() / each.len());
        if *self == Wrong::Values {
            each.iter_mut().for_each(|each| *each *= T::of(1.0 + 1e-7));
        }
        for (i, dx) in dx.iter_mut().enumerate() {
            let mut slope = self.of(x[i], y[i]).1;
            if *self == Wrong::Mixes && i % width == 0 && i / width + 1 < rows {
                slope += T::one();
            }
            match self {
                Wrong::ForgetsScale => *dx = slope,
                Wrong::AddsInsteadOfOverwriting => *dx += scale * slope,
                _ => *dx = scale * slope,
            }
        }
    }
}

#[test]
fn every_planted_fault_is_caught_by_the_tests_that_have_to() {
    use Test::{Divisor, Examples, Expression, Far, Inputs, Kinks, NotANumber, Single, Values};
    let planted: &[(Wrong, &[Test])] = &[
        (Wrong::Nothing, &[]),
        (Wrong::Slope, &[Inputs]),
        (Wrong::TargetSwapped, &[Inputs]),
        (Wrong::ForgetsScale, &[Inputs]),
        (Wrong::AddsInsteadOfOverwriting, &[Inputs, Examples, Single, Far]),
        (Wrong::Values, &[Values]),
        (Wrong::Mixes, &[Examples]),
        (Wrong::Mean, &[Divisor]),
        (Wrong::Sum, &[Divisor]),
        (Wrong::NegativeDivisor, &[Divisor]),
        (Wrong::Single, &[Single]),
        (Wrong::Overflows, &[Far]),
        (Wrong::HidesNaN, &[NotANumber]),
        (Wrong::Undeclared, &[Kinks]),
        (Wrong::OtherSlope, &[Kinks]),
        (Wrong::NoSuchKink, &[Kinks]),
        (Wrong::OtherExpression, &[Expression]),
        (Wrong::OtherSlopeExpression, &[Expression]),
    ];
    let planted: Vec<Planted> = planted
        .iter()
        .map(|(wrong, expected)| Planted::new(wrong, faults(wrong, 1, 5, Made::Real), expected))
        .collect();
    assert_caught(&planted, TESTS.iter().map(|(test, _)| *test));
}
