//! Whether a step is what the optimizer's formula gives.

use super::spread;
use crate::data::Dataset;
use crate::kernel::Scalar;
use crate::network::{Batch, Rows};
use crate::optim::{Before, Clip, Schedule, tolerance};
use crate::train::{Real, Trainer};

/// The most weights that are looked at.
const WEIGHTS: usize = 512;

/// A weight whose step is not what the formula gives.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Unlike {
    /// Its place among all parameters.
    pub place: usize,
    /// What the step changed it by.
    pub moved: f64,
    /// What the formula gives.
    pub formula: f64,
    /// By how much the two may differ.
    pub tolerance: f64,
}

/// The weight, of many that are spread over the network, whose next step by these examples is furthest from what the
/// optimizer's own decomposition gives from its formula; `None` where all are as near as rounding allows.
///
/// # Panics
/// As [`crate::train::Trainer::step`].
pub fn unlike_formula<T: Real>(trainer: &Trainer<T>, train: &Dataset<T>, rows: &[usize]) -> Option<Unlike> {
    let (network, options, state) = (trainer.network(), trainer.options(), trainer.state());
    let batch = Batch { data: train, rows: Rows::Index(rows) };
    let mut copy = trainer.clone();
    let gradient = copy.gradient(batch);
    copy.step(batch);
    let trained = network.params().iter().filter(|param| !param.frozen);
    let norm = trained
        .flat_map(|param| &gradient[param.range.clone()])
        .map(|g| g.f64() * g.f64())
        .sum::<f64>()
        .sqrt();
    let lr = trainer.optimizer().lr();
    let scheduled = (options.schedule != Schedule::default()).then(|| options.schedule.lr(lr, state.steps));
    let precision = [T::epsilon(), T::min_positive_value()].map(Scalar::f64);
    let unlike = |place: usize| {
        let param = network.params().iter().find(|param| param.range.contains(&place))?;
        let masked = param.mask.as_ref().is_some_and(|mask| !mask[place - param.range.start]);
        let g = gradient[place].f64();
        let before = Before {
            w: state.weights.params[place].f64(),
            g,
            clipped: match options.clip {
                Clip::Off => None,
                Clip::Norm(max) => Some(g * (max / (norm + 1e-6)).min(1.0)),
                Clip::Value(max) => Some(g.clamp(-max, max)),
            },
            slots: state.slots.numbers().each_ref().map(|slot| slot.get(place).map_or(0.0, |x| x.f64())),
            t: state.steps + 1,
            scheduled,
        };
        if param.frozen || masked {
            return None;
        }
        let after = copy.state().weights.params[place].f64();
        let tolerance = tolerance(&**trainer.optimizer(), &before, after, precision);
        let (moved, formula) = (after - before.w, trainer.optimizer().decomposition(&before).sum());
        let finite = moved.is_finite() && formula.is_finite();
        (finite && (moved - formula).abs() > 4.0 * tolerance).then_some(Unlike {
            place,
            moved,
            formula,
            tolerance,
        })
    };
    let further = |a: &Unlike, b: &Unlike| {
        let apart = |of: &Unlike| (of.moved - of.formula).abs() / of.tolerance.max(f64::MIN_POSITIVE);
        apart(a).total_cmp(&apart(b))
    };
    spread(network.param_count(), WEIGHTS).into_iter().filter_map(unlike).max_by(further)
}
