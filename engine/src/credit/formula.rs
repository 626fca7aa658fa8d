//! How the numbers of a step were computed, written.

use super::graph::{Graph, Unit};
use super::{Expression, Snapshot};
use crate::expr::{Expr, Role, Symbol};
use crate::loss::Target;

/// How number `at` of a value was computed for an example of the batch (by its place), with the names and the numbers
/// that it was computed from. Value 0 is the input, which is not computed; i + 1 is the output of operation i. `None`
/// where the operation does not say.
///
/// # Panics
/// Where there is no such number.
pub fn formula(snapshot: &Snapshot, example: usize, value: usize, at: usize) -> Option<Expression> {
    if value == 0 {
        return None;
    }
    let graph = Graph::of_example(snapshot, example, None);
    graph.formula(Unit { value, row: graph.row(example), at })
}

/// ℓₙ, the loss of an example of the batch (by its place); of a loss that compares number by number what number `at` of
/// the output adds to it. `None` where the loss does not say.
///
/// # Panics
/// Where there is no such example.
pub fn loss_formula(snapshot: &Snapshot, example: usize, at: usize) -> Option<Expression> {
    let outputs = snapshot.network().shapes()[snapshot.network().output().index()].len();
    of_loss(snapshot, snapshot.loss().expression(outputs, at)?, example)
}

/// How the loss's slope by a unit of the output is written, or by all of an example's.
pub(super) fn loss_slope(snapshot: &Snapshot, unit: Option<Unit>, example: usize) -> Option<Expression> {
    let outputs = snapshot.network().shapes()[snapshot.network().output().index()].len();
    of_loss(snapshot, snapshot.loss().slope(outputs, unit.map(|unit| unit.at))?, example)
}

/// A formula of the loss, with an example's output and target for its letters.
fn of_loss(snapshot: &Snapshot, tree: Expr, example: usize) -> Option<Expression> {
    let outputs = snapshot.plan().output().nth(example)?;
    let targets: Vec<f64> = match snapshot.targets(example..example + 1) {
        Target::Values(targets) => targets.to_vec(),
        Target::Classes(classes) => classes.iter().map(|&class| f64::from(class)).collect(),
    };
    let find = |letter: &Symbol| {
        Some(match &letter.role {
            Role::Input { input: 0, at, .. } => {
                (snapshot.names().prediction(Some(*at)), vec![*outputs.get(*at)?])
            }
            Role::Inputs { input: 0, .. } => (snapshot.names().prediction(None), outputs.to_vec()),
            Role::Input { at, .. } => (letter.letter.to_string(), vec![*targets.get(*at)?]),
            Role::Inputs { .. } => (letter.letter.to_string(), targets.clone()),
            _ => return None,
        })
    };
    Some(Expression::new(tree, find))
}
