//! What moved, earned and hurt most in one step: which weights to ask about.

use super::ledger::{Ledger, PROBE, Refine, Totals, first, probe};
use super::{Snapshot, Weight};
use crate::data::Dataset;
use crate::network::Error;
use crate::train::Real;
use serde::Serialize;
use std::sync::Arc;

/// How fine the ledger of the step is: about sixteen gradients at most, so that a large network answers too.
const REFINE: Refine = Refine { tolerance: 5e-7, gradients: 16.0 };

/// What the weights did in one step. Allocations split the change of the loss of a probe set along the step
/// ([`Ledger`]).
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Overview {
    /// Number of the step, from 1.
    pub step: u64,
    /// Number of weights in the network.
    pub weights: usize,
    /// The weights that moved most, the one with the largest |Δw| first.
    pub moved: Vec<Moved>,
    /// The weights that earned most, the one with the lowest allocation first.
    pub earned: Vec<Moved>,
    /// The weights that hurt most, the one with the highest allocation first.
    pub hurt: Vec<Moved>,
    /// The ledger of the step as a whole; absent where the loss of the probe set is not finite before or after it, and
    /// nothing adds up.
    pub totals: Option<Totals>,
}

/// A weight, and what it did in the step.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Moved {
    /// The weight.
    pub weight: Weight,
    /// Its name: `linear1.weight[3,17]`.
    pub name: String,
    /// w before the step.
    pub before: f64,
    /// w after it.
    pub after: f64,
    /// Δw = after − before
    pub moved: f64,
    /// ∂L/∂w of the batch, before clipping.
    pub gradient: f64,
    /// Its share of the change of the probe set's loss: negative where it earned, positive where it hurt.
    pub allocation: f64,
}

/// What moved, earned and hurt most in a step: at most `count` weights each. The probe set is [`PROBE`] examples of
/// `data`, drawn by the seed of training.
///
/// # Errors
/// Where `data` has no examples, or the network or the loss cannot take them.
pub fn overview<T: Real>(snapshot: &Snapshot, data: &Dataset<T>, count: usize) -> Result<Overview, Error> {
    let (network, loss, options) = (snapshot.network(), snapshot.loss(), snapshot.options());
    let (before, after) = (&snapshot.state().weights, snapshot.after());
    let (step, probe) = (snapshot.state().steps + 1, probe::<T, f64>(data, PROBE, options.seed));
    let mut ledger =
        Ledger::at(before, Arc::clone(network), Arc::clone(loss), &options.threads, probe, REFINE)?;
    let adds_up = ledger.advance(step, after).is_continue();
    let of = |weight: Weight| {
        let place = weight.place(network);
        let (before, after) = (before.params[place], after.params[place]);
        Moved {
            weight,
            name: snapshot.names().weight(weight),
            before,
            after,
            moved: after - before,
            gradient: snapshot.slope(weight),
            allocation: ledger.allocation()[place],
        }
    };
    let moves: Vec<f64> = snapshot.moves().collect();
    let places = (0..moves.len()).filter(|&place| moves[place] != 0.0).collect();
    let largest = first(places, count, |a, b| moves[b].abs().total_cmp(&moves[a].abs()));
    Ok(Overview {
        step,
        weights: network.param_count(),
        moved: largest.into_iter().map(|place| of(Weight::at_place(place, network))).collect(),
        earned: ledger.earned_most(count).iter().map(|earned| of(earned.weight)).collect(),
        hurt: ledger.hurt_most(count).iter().map(|hurt| of(hurt.weight)).collect(),
        totals: adds_up.then(|| ledger.totals()),
    })
}
