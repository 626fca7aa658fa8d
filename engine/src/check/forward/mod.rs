//! Checks of the way from inputs to outputs. One check, one file.

use super::evidence::{Evidence, Told, mean};
use crate::op::{Operation, Structure};
use crate::probe::Moment;

pub(super) mod examples_mixed;
pub(super) mod non_finite;
pub(super) mod nonlinearity_missing;
pub(super) mod signal_grows;
pub(super) mod signal_shrinks;
pub(super) mod units_dead;
pub(super) mod units_identical;
pub(super) mod units_saturated;

/// Units of a layer whose slope says nothing.
struct Silent {
    /// Share of the layer's units.
    share: f64,
    /// Steps after which.
    step: u64,
    /// The layer: its place among the operations.
    node: usize,
    /// The first of them.
    unit: usize,
}

/// The layer, before the output, with the largest share of units that are silent in a moment, where that is more than
/// `limit`: whose entry `of` in [`crate::probe::ValueMoment::flat`] is at least `all`.
fn silent(
    evidence: &Evidence,
    is_of: impl Fn(&dyn Operation) -> bool,
    of: usize,
    [all, limit]: [f64; 2],
) -> Option<Silent> {
    let nodes = evidence.told.as_ref()?.network.nodes();
    let hidden = || (0..nodes.len() - 1).filter(|node| is_of(&*nodes[*node].op));
    let mut worst: Option<Silent> = None;
    for (moment, node) in evidence.moments.iter().flat_map(|moment| hidden().map(move |node| (moment, node)))
    {
        let Some(flat) = &moment.values[node + 1].flat else { continue };
        let silent: Vec<usize> = (0..flat[of].len()).filter(|unit| flat[of][*unit] >= all).collect();
        let share = silent.len() as f64 / flat[of].len() as f64;
        if share > limit && worst.as_ref().is_none_or(|worst| share > worst.share) {
            worst = Some(Silent { share, step: moment.step, node, unit: silent[0] });
        }
    }
    worst
}

/// When something was so, in words.
fn after(step: u64) -> String {
    if step == 0 { "at the start".into() } else { format!("after {step} steps") }
}

/// How far the outputs of each linear layer differ between examples, over those of the layer before, with the layer's name;
/// and how far those of the last do, over the inputs.
fn gains(told: &Told, start: &Moment) -> Option<(Vec<(f64, String)>, f64)> {
    let first = mean(&start.values[0].spreads);
    let (mut last, mut gains) = (first, vec![]);
    for (node, of) in told.network.nodes().iter().enumerate() {
        if of.op.structure() == Structure::Affine {
            let spread = mean(&start.values[node + 1].spreads);
            gains.push((spread / last, of.name.clone()));
            last = spread;
        }
    }
    (first > 0.0).then(|| (gains, last / first))
}
