//! Sums and functions as numbers, with the digits that they have in mathematics.

use super::{Expr, Function, Lookup};
use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI};

/// The sum of some terms. eˣ − 1 keeps its digits where x is small.
pub(super) fn sum(terms: &[Expr], values: Lookup<'_>) -> Option<f64> {
    if let [Expr::Call(Function::Exp, x), Expr::Neg(one)] = terms
        && **one == Expr::Number(1.0)
    {
        return Some(x.first()?.evaluate(values)?.exp_m1());
    }
    let (first, rest) = terms.split_first()?;
    rest.iter().try_fold(first.evaluate(values)?, |sum, term| Some(sum + term.evaluate(values)?))
}

pub(super) fn call(function: Function, arguments: &[Expr], values: Lookup<'_>) -> Option<f64> {
    let x = || arguments.first()?.evaluate(values);
    Some(match function {
        Function::Sigmoid => 1.0 / (1.0 + (-x()?).exp()),
        Function::Tanh => x()?.tanh(),
        Function::Exp => x()?.exp(),
        Function::Ln => match arguments.first()? {
            Expr::Call(Function::Sigmoid, x) => ln_sigmoid(x.first()?.evaluate(values)?),
            Expr::Sum(terms) if let Some(x) = rest_of_sigmoid(terms) => ln_sigmoid(-x.evaluate(values)?),
            // ln(1 + x) keeps its digits where x is small.
            Expr::Sum(terms) if terms.len() > 1 && terms[0] == Expr::Number(1.0) => {
                sum(&terms[1..], values)?.ln_1p()
            }
            // The logarithm of a share, without the share: it may be 1, or 0, but for rounding.
            Expr::Item(parts) if matches!(parts[0], Expr::Call(Function::Softmax, _)) => {
                let Expr::Call(_, arguments) = &parts[0] else { return None };
                let (x, at) = (arguments.first()?.vector(values)?, parts[1].evaluate(values)? as usize);
                let largest = (0..x.len()).max_by(|&i, &j| x[i].total_cmp(&x[j]))?;
                let others = (0..x.len()).filter(|&i| i != largest).map(|i| (x[i] - x[largest]).exp());
                x.get(at)? - x[largest] - others.sum::<f64>().ln_1p()
            }
            argument => argument.evaluate(values)?.ln(),
        },
        Function::Sqrt => x()?.sqrt(),
        Function::Abs => x()?.abs(),
        Function::Sign => match x()? {
            0.0 => 0.0,
            x => x.signum(),
        },
        Function::Normal => 0.5 * libm::erfc(-x()? * FRAC_1_SQRT_2),
        Function::NormalDensity => (-0.5 * x()?.powi(2)).exp() * FRAC_1_SQRT_2 * FRAC_2_SQRT_PI / 2.0,
        Function::Max => {
            let numbers = arguments.iter().map(|argument| argument.evaluate(values));
            numbers.collect::<Option<Vec<f64>>>()?.into_iter().fold(f64::NEG_INFINITY, f64::max)
        }
        Function::Norm => match arguments.first()?.vector(values) {
            Some(numbers) => numbers.iter().map(|x| x * x).sum::<f64>().sqrt(),
            None => x()?.abs(),
        },
        Function::Softmax | Function::OneHot => return None,
    })
}

/// ln σ(x), where σ(x) itself is 0 or 1 but for rounding, too.
fn ln_sigmoid(x: f64) -> f64 {
    x.min(0.0) - (-x.abs()).exp().ln_1p()
}

/// x of 1 − σ(x), which is σ(−x).
fn rest_of_sigmoid(terms: &[Expr]) -> Option<&Expr> {
    match terms {
        [Expr::Number(1.0), Expr::Neg(share)] => match &**share {
            Expr::Call(Function::Sigmoid, x) => x.first(),
            _ => None,
        },
        _ => None,
    }
}
