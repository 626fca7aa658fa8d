//! What a step left behind, in a form that can be kept.

use crate::network::Network;
use crate::train::StepFacts;
use serde::{Deserialize, Serialize};

/// One step of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Its number, from 1.
    pub step: u64,
    /// Loss of its batch, before its update.
    pub loss: f64,
    /// Its learning rate.
    pub lr: f64,
    /// What it left, where the [`Thinning`] keeps that.
    pub facts: Option<StepFacts>,
}

/// Which steps' facts are kept, so that a run of a million steps stays under 100 MB.
///
/// Loss and learning rate of every step are kept: about 20 bytes. Facts are taken of every n-th step, with n one
/// for each 10,000 weights begun, because they cost time too. Of the steps with facts, every one is kept up to
/// the S-th, and from there on every 2^k-th between the 2^(k−1)·S-th and the 2^k·S-th. That makes at most 11·S
/// in a million steps, and S is chosen so that they take at most 60 MB: for a network of three layers some
/// thousand, for one of a thousand layers about fifteen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Thinning {
    every: u64,
    until: u64,
}

/// Bytes that the facts of a run of a million steps may take.
const BUDGET: u64 = 60_000_000;

/// Most bytes of one [`crate::kernel::moments::Moments`] as postcard writes it: four f64, three counts of up to
/// 10 bytes and sixteen of up to 5.
const MOMENTS: u64 = 4 * 8 + 3 * 10 + 16 * 5;

impl Thinning {
    /// The rule for a network.
    pub fn new(network: &Network) -> Thinning {
        let moments = 2 * network.nodes().len() + 3 * network.params().len();
        Thinning {
            every: network.param_count().div_ceil(10_000).max(1) as u64,
            until: BUDGET / (11 * (MOMENTS * moments as u64 + 64)),
        }
    }

    /// Whether the facts of step `step` (from 1) are kept.
    pub fn keeps(&self, step: u64) -> bool {
        let nth = step / self.every;
        if !step.is_multiple_of(self.every) || self.until == 0 {
            return false;
        }
        // 1 up to the S-th, then the smallest 2^k with nth ≤ 2^k · S.
        let octave = nth.div_ceil(self.until).checked_next_power_of_two();
        octave.is_some_and(|octave| nth.is_multiple_of(octave))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::op::Linear;

    #[test]
    fn facts_of_a_million_steps_stay_within_their_budget() {
        for layers in [1, 3, 30, 1000, 100_000] {
            let network = Network::sequential([1], (0..layers).map(|_| Linear::new(1).into()).collect());
            let network = network.unwrap();
            let thinning = Thinning::new(&network);
            let kept = (1..=1_000_000).filter(|step| thinning.keeps(*step)).count() as u64;
            let moments = 2 * network.nodes().len() + 3 * network.params().len();
            assert!(kept * (MOMENTS * moments as u64 + 64) <= BUDGET, "{layers} layers: {kept} steps");
            assert!(kept > 0 || layers == 100_000, "{layers} layers keep nothing");
        }
    }

    #[test]
    fn small_networks_keep_every_step_of_a_usual_run() {
        let network =
            Network::sequential([64], vec![Linear::new(32).into(), Linear::new(10).into()]).unwrap();
        assert!((1..=1000).all(|step| Thinning::new(&network).keeps(step)));
    }
}
