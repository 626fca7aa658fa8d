//! Activations and losses as curves, to be drawn inside the neurons and the loss.

use super::Names;
use crate::textbook::Worked;
use crate::view::ByName;
use schemars::JsonSchema;
use serde::Serialize;
use whygrad::credit::{Expression, Snapshot, formula, loss_formula};
use whygrad::expr::Role;

/// Points of a curve: [x, y].
type Curve = Vec<[f64; 2]>;

/// What neurons and loss compute, around where they stand.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Curves {
    /// The activation of hidden neurons, over their sums; empty where there is none.
    pub hidden: Vec<[f64; 2]>,
    /// The activation of output neurons.
    pub output: Vec<[f64; 2]>,
    /// What each output adds to the loss, over that output.
    pub loss: ByName<Vec<[f64; 2]>>,
}

/// Pieces that a curve is drawn of.
const PIECES: usize = 60;

impl Curves {
    pub(super) fn new(worked: &Worked, step: &Snapshot, names: &Names) -> Curves {
        let activation = |layer: usize| {
            let sums = worked.units(step, 2 * layer + 1);
            let reach = sums.iter().map(|z| 1.25 * z.abs()).fold(4.0, f64::max);
            let formula = formula(step, 0, 2 * layer + 2, 0).filter(|_| worked.activates(layer));
            formula.map_or(vec![], |formula| curve(&formula, 0.0, reach))
        };
        let (outputs, targets) = (worked.units(step, 4), worked.targets());
        let loss = |at: usize| {
            let reach = f64::max(0.55, 1.45 * (outputs[at] - targets[at]).abs());
            loss_formula(step, 0, at).map_or(vec![], |formula| curve(&formula, targets[at], reach))
        };
        Curves {
            hidden: activation(0),
            output: activation(1),
            loss: names.of(2, (0..outputs.len()).map(loss).collect()),
        }
    }
}

/// A formula over its argument, from `middle` − `reach` to `middle` + `reach`, where it is finite.
fn curve(formula: &Expression, middle: f64, reach: f64) -> Curve {
    let point = |piece: usize| {
        let x = middle + reach * (2.0 * piece as f64 / PIECES as f64 - 1.0);
        let mut at = formula.clone();
        for binding in &mut at.bindings {
            if matches!(binding.letter.role, Role::Input { input: 0, .. }) {
                binding.numbers = vec![x];
            }
        }
        at.evaluate().filter(|y| y.is_finite()).map(|y| [x, y])
    };
    (0..=PIECES).filter_map(point).collect()
}
