//! Why a weight moved: one training step held still ([`Snapshot`]), and for any of its weights the parts of the answer,
//! each of which adds up.
//!
//! | part | for | adds up to |
//! |---|---|---|
//! | [`Chain`] | one example | product of the factors = the example's gradient |
//! | [`Paths`] | one example | Σ shown paths + remainder = the example's gradient |
//! | [`Examples`] | the batch | Σ over examples = the batch's gradient |
//! | [`Update`] | the step | Σ parts = Δw, as training made it |
//! | [`Comparison`] | the batch | training's gradient, in its precision, ≈ the one computed in f64 |
//! | [`Nudge`] | the batch | a finite difference ≈ the batch's gradient |
//! | [`Effect`] | the step | what the gradient predicted beside what was measured |
//! | [`Ledger`] | a run | Σ over weights = change of the probe set's loss, residual printed |
//!
//! A step whose numbers are not all finite has nothing that adds up; [`probe::not_finite`](crate::probe::not_finite()) says where the first of them came.
//!
//! Which weights to ask about, [`overview`] says: those that moved, earned and hurt most in the step.
//!
//! *The example's gradient* is ∂ℓₙ/∂w, by the example's own loss ℓₙ. The batch's loss is L = Σ ℓₙ / divisor, so that an
//! example contributes ∂ℓₙ/∂w / divisor to the batch's gradient; for a batch of one example and a divisor of 1 they are
//! the same.
//!
//! A gradient is the local slope of this loss, on these examples, at these weights. It is not what a neuron means or
//! how important it is.

mod affine;
mod chain;
mod effect;
mod examples;
mod expression;
mod formula;
mod graph;
mod ledger;
mod names;
mod nudge;
mod overview;
mod paths;
mod semiring;
mod snapshot;
mod strongest;
mod update;
mod weight;

pub use chain::{Chain, Factor, Link, Measure};
pub use effect::{Change, Effect, effect};
pub use examples::{Examples, example_norms, examples};
pub use expression::{Binding, Expression};
pub use formula::{formula, loss_formula};
pub use ledger::{Account, Earned, Ledger, LedgerStep, Opposed, PROBE, Refine, Totals, Watched, probe};
pub use names::Names;
pub use nudge::{Crossing, Nudge, nudge, nudge_shared};
pub use overview::{Moved, Overview, overview};
pub use paths::{Diagnosis, Flow, Flows, GROUPS, Group, Groups, Path, PathStep, Paths, paths};
pub use semiring::Magnitude;
pub use snapshot::{Comparison, Snapshot};
pub use update::{Update, update};
pub use weight::{Weight, WeightError};

use serde::Serialize;

/// Whether two ways to one number agree: to 1e-10 of it, or to what rounding can make of the difference. Of each way that
/// is compared, what makes it fail is planted in `tests/engine/reconcile.rs`.
fn reconciles(residual: f64, of: f64, rounding: f64) -> bool {
    residual.abs() <= 1e-10 * of.abs() || residual.abs() <= rounding
}

/// Rounding of a sum whose terms have this sum of magnitudes, taken in two orders: its terms are products that each
/// round at every operation of the way, hence some ten times ε.
fn rounding(absolute: f64) -> f64 {
    64.0 * f64::EPSILON * absolute
}

/// What the numbers say about a gradient that is small, or is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Nothing, or next to nothing, comes through one link: each part of the sum is small.
    Blocked,
    /// Parts of the sum cancel: it is near 0 against the sum of their magnitudes.
    Cancelled,
    /// No path leads from the loss to the weight.
    NoPath,
    /// None of these.
    Neither,
}
