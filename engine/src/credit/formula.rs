//! How the numbers of a step were computed, written.

use super::graph::{Graph, Unit};
use super::{Expression, Snapshot};
use crate::expr::{Expr, Function, Role, Symbol};
use crate::loss::{Target, TargetKind};

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

/// How the size of the loss's slope by some numbers of an example's output is written; or, `signed`, the slope by the
/// only one.
pub(super) fn loss_slope(
    snapshot: &Snapshot,
    example: usize,
    by: &[usize],
    signed: bool,
) -> Option<Expression> {
    let outputs = snapshot.network().shapes()[snapshot.network().output().index()].len();
    let slope = |at| snapshot.loss().slope(outputs, at);
    let tree = match by {
        [] => return None,
        [at] if signed => slope(Some(*at))?,
        [at] => Expr::call(Function::Abs, [slope(Some(*at))?]),
        all if all.len() == outputs => Expr::call(Function::Norm, [slope(None)?]),
        some => {
            let squares = some.iter().map(|at| Some(slope(Some(*at))?.power(2.0)));
            Expr::call(Function::Sqrt, [Expr::Sum(squares.collect::<Option<_>>()?)])
        }
    };
    of_loss(snapshot, tree, example)
}

/// A formula of the loss, with an example's output and target for its letters.
fn of_loss(snapshot: &Snapshot, tree: Expr, example: usize) -> Option<Expression> {
    let outputs = snapshot.plan().output().nth(example)?;
    let targets: Vec<f64> = match snapshot.targets(example..example + 1) {
        Target::Values(targets) => targets.to_vec(),
        Target::Classes(classes) => classes.iter().map(|&class| f64::from(class)).collect(),
    };
    // The number of a class is one, however many outputs there are.
    let class = snapshot.loss().wants() == TargetKind::Classes;
    let names = snapshot.names();
    let find = |letter: &Symbol| {
        Some(match &letter.role {
            Role::Input { input: 0, at, .. } => (names.prediction(Some(*at)), vec![*outputs.get(*at)?]),
            Role::Inputs { input: 0, .. } => (names.prediction(None), outputs.to_vec()),
            Role::Input { at, .. } => (names.target((!class).then_some(*at)), vec![*targets.get(*at)?]),
            Role::Inputs { .. } => (names.target(None), targets.clone()),
            _ => return None,
        })
    };
    Some(Expression::new(tree, str::to_string, find))
}
