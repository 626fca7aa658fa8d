//! The optimizer's step for one weight, taken apart: Δw = Σ parts, and beside it the Δw that training made.
//!
//! The parts come from the optimizer's own [`crate::optim::Rule::decomposition`], in f64, from the state before the step
//! and the gradient before clipping. Training's own update is another computation, in training's precision; the two
//! reconcile where they differ by no more than that precision explains.

use super::Weight;
use crate::kernel::Scalar;
use crate::network::Network;
use crate::optim::{Before, Clip, Decomposition, Part, Rule, SLOTS, Schedule, Symbol};
use crate::train::State;
use serde::Serialize;

/// Roundings between the numbers that go into an update and Δw: more than any optimizer of the list has.
const ROUNDINGS: f64 = 16.0;

/// Roundings of the weight itself: decoupled decay has three (its factor, the product, the difference).
const WEIGHT_ROUNDINGS: f64 = 2.0;

/// Relative nudge with which the effect of rounding is measured: small against 1, large against f64's rounding.
const NUDGE: f64 = 1.0 / (1u64 << 24) as f64;

/// The updates that one step made.
///
/// ```
/// use std::sync::Arc;
/// use whygrad::credit::{Updates, Weight};
/// use whygrad::data::generate::GENERATED;
/// use whygrad::network::{Batch, Keep, Network, Pass, Plan, Rows};
/// use whygrad::train::{Options, Trainer};
/// use whygrad::{layers, loss::CrossEntropy, op::Linear, optim::Adam};
///
/// let data = GENERATED[0].make::<f32>(4, 0.0, 1, 1)?;
/// let batch = Batch { data: &data, rows: Rows::Range(0, 4) };
/// let network = Network::sequential([2], layers![Linear::new(2)])?;
/// let (loss, adam) = (Arc::new(CrossEntropy::default()), Arc::new(Adam::default()));
/// let options = Options::default();
/// let mut trainer = Trainer::<f32>::new(network.clone(), loss.clone(), adam, options)?;
///
/// let (before, mut gradient) = (trainer.state().clone(), vec![0.0; network.param_count()]);
/// let mut plan = Plan::new(&network, loss, 4, 1, Keep::Training)?;
/// plan.pass(&before.weights, batch, Pass::train(0));
/// plan.gradient(&before.weights, &mut gradient);
/// trainer.step(batch);
///
/// let (how, after) = ((options.clip, options.schedule), &trainer.state().weights.params);
/// let updates = Updates::new(&network, trainer.optimizer(), how, &before, &gradient, after);
/// let update = updates.of(Weight { param: 0, at: 3 });
/// for part in &update.parts {
///     println!("{:>15} {:+.6e}  {}", part.source.name(), part.amount, part.formula);
/// }
/// assert!(update.reconciles);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Updates<'a, T> {
    network: &'a Network,
    optimizer: &'a dyn Rule,
    clip: Clip,
    schedule: Schedule,
    before: &'a State<T>,
    gradient: &'a [T],
    after: &'a [T],
    /// ‖g‖ over all trained parameters.
    norm: f64,
}

/// What moved one weight in one step.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Update {
    /// Number of the step, from 1.
    pub step: u64,
    /// The optimizer.
    pub optimizer: &'static str,
    /// Whether the optimizer leaves the weight alone; then there are no parts, and Δw is 0.
    pub frozen: bool,
    /// w before the step.
    pub before: f64,
    /// w after it.
    pub after: f64,
    /// The parts of the step, in the order in which the optimizer applies them. What the optimizer does not have is
    /// not there.
    pub parts: Vec<Part>,
    /// What the parts' formulas are made of.
    pub symbols: Vec<Symbol>,
    /// Σ parts.
    pub sum: f64,
    /// Δw = after − before, as training made it.
    pub moved: f64,
    /// Δw − Σ parts.
    pub residual: f64,
    /// How far Σ parts and Δw can be apart by rounding; [`Update::reconciles`] says how it is computed.
    pub tolerance: f64,
    /// Whether |residual| ≤ tolerance. The tolerance is, with ε the distance from 1 to the next number of training's
    /// precision,
    ///
    /// ε/2 · (2·(|w before| + |w after|) + 16·(Σₓ |∂Δw/∂x · x| + κ·|Σ parts|)) + 16·(least normal number)
    ///
    /// plus the f64 rounding of the parts; x runs over the weight, its gradient and what the optimizer keeps for it,
    /// and κ is what the optimizer says about its settings ([`Decomposition::condition`]).
    pub reconciles: bool,
}

impl<'a, T: Scalar> Updates<'a, T> {
    /// `before` is the trainer's state before the step, `gradient` the gradient of its batch before clipping, and
    /// `after` all parameters after it.
    ///
    /// # Panics
    /// Where gradient and parameters are not as many as the network's.
    pub fn new(
        network: &'a Network,
        optimizer: &'a dyn Rule,
        (clip, schedule): (Clip, Schedule),
        before: &'a State<T>,
        gradient: &'a [T],
        after: &'a [T],
    ) -> Updates<'a, T> {
        let counts = [before.weights.params.len(), gradient.len(), after.len()];
        assert_eq!(counts, [network.param_count(); 3], "numbers of another network");
        let trained = network.params().iter().filter(|param| !param.frozen);
        let numbers = trained.flat_map(|param| &gradient[param.range.clone()]);
        let norm = numbers.map(|g| g.f64() * g.f64()).sum::<f64>().sqrt();
        Updates { network, optimizer, clip, schedule, before, gradient, after, norm }
    }

    /// The update of a weight.
    ///
    /// # Panics
    /// Where the network has no such weight.
    pub fn of(&self, weight: Weight) -> Update {
        let place = weight.place(self.network);
        let at = self.before(place);
        let after = self.after[place].f64();
        let frozen = self.network.params()[weight.param].frozen;
        let decomposition = (!frozen).then(|| self.optimizer.decomposition(&at));
        let tolerance =
            decomposition.as_ref().map_or(0.0, |decomposition| self.tolerance(&at, decomposition, after));
        let sum = decomposition.as_ref().map_or(0.0, Decomposition::sum);
        let moved = after - at.w;
        let residual = moved - sum;
        Update {
            step: at.t,
            optimizer: self.optimizer.name(),
            frozen,
            before: at.w,
            after,
            parts: decomposition.as_ref().map_or(vec![], |decomposition| decomposition.parts().to_vec()),
            symbols: decomposition.as_ref().map_or(vec![], |decomposition| decomposition.symbols().to_vec()),
            sum,
            moved,
            residual,
            tolerance,
            reconciles: residual.abs() <= tolerance,
        }
    }

    /// A weight before the step, and what the optimizer was told.
    fn before(&self, place: usize) -> Before {
        let g = self.gradient[place].f64();
        let clipped = match self.clip {
            Clip::Off => None,
            Clip::Norm(max) => Some(g * (max / (self.norm + 1e-6)).min(1.0)),
            Clip::Value(max) => Some(g.clamp(-max, max)),
        };
        let slots = self.before.slots.each_ref();
        Before {
            w: self.before.weights.params[place].f64(),
            g,
            clipped,
            slots: slots.map(|slot| slot.get(place).map_or(0.0, |x| x.f64())),
            t: self.before.steps + 1,
            scheduled: (self.schedule != Schedule::default())
                .then(|| self.schedule.lr(self.optimizer.lr(), self.before.steps)),
        }
    }

    /// See [`Update::reconciles`].
    fn tolerance(&self, at: &Before, decomposition: &Decomposition, after: f64) -> f64 {
        let sum = decomposition.sum();
        // Every rounding is as if one of the numbers that went in had been another, by ε/2 of itself.
        let moves = (0..2 + SLOTS).map(|i| {
            let mut nudged = *at;
            match (i, &mut nudged.clipped) {
                (0, _) => nudged.w *= 1.0 + NUDGE,
                (1, Some(clipped)) => *clipped *= 1.0 + NUDGE,
                (1, None) => nudged.g *= 1.0 + NUDGE,
                _ => nudged.slots[i - 2] *= 1.0 + NUDGE,
            }
            // Where g is clipped it stands on the first rung only, and cancels.
            (self.optimizer.decomposition(&nudged).sum() - sum).abs() / NUDGE
        });
        let rounding = T::epsilon().f64() / 2.0;
        let magnitudes: f64 = decomposition.parts().iter().map(|part| part.amount.abs()).sum();
        rounding * WEIGHT_ROUNDINGS * (at.w.abs() + after.abs())
            + rounding * ROUNDINGS * (moves.sum::<f64>() + decomposition.condition() * sum.abs())
            + ROUNDINGS * (T::min_positive_value().f64() + f64::EPSILON * magnitudes)
    }
}
