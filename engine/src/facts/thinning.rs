//! Which steps' facts are kept.

use super::Layout;

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

/// Most bytes of one [`super::Moments`] as postcard writes it: four f64, three counts of up to
/// 10 bytes and sixteen of up to 5.
const MOMENTS: u64 = 4 * 8 + 3 * 10 + 16 * 5;

/// Most bytes that the facts of one step take.
fn bytes(layout: &Layout) -> u64 {
    MOMENTS * (2 * layout.values.len() + 3 * layout.params.len()) as u64 + 64
}

impl Thinning {
    /// The rule for facts of `layout`.
    pub fn new(layout: &Layout) -> Thinning {
        Thinning {
            every: layout.param_count().div_ceil(10_000).max(1) as u64,
            until: BUDGET / (11 * bytes(layout)),
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
    use super::super::{ParamLayout, ValueLayout};
    use super::*;

    /// Of so many layers, each with one weight and a bias.
    fn linear(layers: usize) -> Layout {
        let value = |i: usize| ValueLayout {
            name: format!("linear{i}"),
            kind: if i == 0 { "input" } else { "linear" }.into(),
            shape: [1].into(),
            inputs: (i > 0).then(|| i - 1).into_iter().collect(),
            params: 2 * i.max(1) - 2..2 * i,
        };
        let param = |i: usize| {
            let (name, path) = (format!("linear{}.{i}", i / 2 + 1), format!("{}.{i}", i / 2));
            ParamLayout { name, path, shape: [1].into(), frozen: false }
        };
        Layout { values: (0..=layers).map(value).collect(), params: (0..2 * layers).map(param).collect() }
    }

    #[test]
    fn facts_of_a_million_steps_stay_within_their_budget() {
        for layers in [1, 3, 30, 1000, 100_000] {
            let layout = linear(layers);
            let thinning = Thinning::new(&layout);
            let kept = (1..=1_000_000).filter(|step| thinning.keeps(*step)).count() as u64;
            assert!(kept * bytes(&layout) <= BUDGET, "{layers} layers: {kept} steps");
            assert!(kept > 0 || layers == 100_000, "{layers} layers keep nothing");
        }
    }

    #[test]
    fn small_networks_keep_every_step_of_a_usual_run() {
        assert!((1..=1000).all(|step| Thinning::new(&linear(2)).keeps(step)));
    }
}
