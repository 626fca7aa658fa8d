//! Formulas in which vectors stand: their numbers, number by number.

use super::{Expr, Function, Lookup, Role, Symbol};

/// One number for all, or a number for each.
enum Many {
    One(f64),
    Each(Vec<f64>),
}

impl Symbol {
    /// The numbers of a vector; empty for any other symbol.
    fn items(&self) -> Vec<Expr> {
        match &self.role {
            Role::Inputs { input, row, range } => range
                .clone()
                .map(|at| Expr::symbol(self.letter.clone(), Role::Input { input: *input, row: *row, at }))
                .collect(),
            Role::Settings(numbers) => numbers.iter().map(|&x| Expr::Number(x)).collect(),
            _ => vec![],
        }
    }
}

impl Expr {
    /// The numbers of a vector; `None` for anything else.
    pub(super) fn vector(&self, values: Lookup<'_>) -> Option<Vec<f64>> {
        match self.many(values)? {
            Many::One(_) => None,
            Many::Each(numbers) => Some(numbers),
        }
    }

    fn many(&self, values: Lookup<'_>) -> Option<Many> {
        Some(match self {
            Expr::Symbol(symbol) if matches!(symbol.role, Role::Inputs { .. } | Role::Settings(_)) => {
                let items = symbol.items();
                Many::Each(items.iter().map(|item| item.evaluate(values)).collect::<Option<_>>()?)
            }
            Expr::Call(Function::Softmax, arguments) => {
                let x = arguments.first()?.vector(values)?;
                let max = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                let total: f64 = x.iter().map(|x| (x - max).exp()).sum();
                Many::Each(x.into_iter().map(|x| (x - max).exp() / total).collect())
            }
            // How many numbers there are behind its 1 it does not know; they are 0.
            Expr::Call(Function::OneHot, place) => {
                let place = place.first()?.evaluate(values)? as usize;
                Many::Each((0..=place).map(|at| f64::from(at == place)).collect())
            }
            Expr::Item(_) | Expr::Where(_) | Expr::Call(Function::Norm, _) => {
                Many::One(self.evaluate(values)?)
            }
            _ => self.each(values)?,
        })
    }

    /// Something whose parts may be vectors.
    fn each(&self, values: Lookup<'_>) -> Option<Many> {
        let parts: Vec<Many> = self.parts().iter().map(|part| part.many(values)).collect::<Option<_>>()?;
        let width = |part: &Many| if let Many::Each(numbers) = part { Some(numbers.len()) } else { None };
        let Some(width) = parts.iter().filter_map(width).max() else {
            return Some(Many::One(self.evaluate(values)?));
        };
        let number = |at: usize| {
            let part = |part: &Many| match part {
                Many::One(x) => *x,
                Many::Each(numbers) => numbers.get(at).copied().unwrap_or(0.0),
            };
            self.of(parts.iter().map(|of| Expr::Number(part(of)))).evaluate(values)
        };
        Some(Many::Each((0..width).map(number).collect::<Option<_>>()?))
    }

    /// What it is made of; not of a letter's or of a [`super::Where`].
    pub(super) fn parts(&self) -> Vec<&Expr> {
        match self {
            Expr::Number(_) | Expr::Symbol(_) | Expr::Where(_) => vec![],
            Expr::Neg(a) => vec![a],
            Expr::Sum(parts) | Expr::Product(parts) | Expr::Call(_, parts) => parts.iter().collect(),
            Expr::Quotient(parts) | Expr::Power(parts) | Expr::Item(parts) => parts.iter().collect(),
            Expr::Cases(of) => vec![&of.then, &of.left, &of.right, &of.otherwise],
        }
    }

    /// The same of other parts, as many.
    fn of(&self, mut parts: impl Iterator<Item = Expr>) -> Expr {
        let mut whole = self.clone();
        let all: Vec<&mut Expr> = match &mut whole {
            Expr::Number(_) | Expr::Symbol(_) | Expr::Where(_) => vec![],
            Expr::Neg(a) => vec![a],
            Expr::Sum(parts) | Expr::Product(parts) | Expr::Call(_, parts) => parts.iter_mut().collect(),
            Expr::Quotient(parts) | Expr::Power(parts) | Expr::Item(parts) => parts.iter_mut().collect(),
            Expr::Cases(of) => vec![&mut of.then, &mut of.left, &mut of.right, &mut of.otherwise],
        };
        all.into_iter().for_each(|part| *part = parts.next().unwrap_or(Expr::Number(f64::NAN)));
        whole
    }
}
