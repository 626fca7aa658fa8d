//! How the learning rate changes while training runs.

use std::f64::consts::PI;

/// A decay, and a linear warm-up before it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Schedule {
    /// Steps over which the rate rises in equal parts to its full value: at step s (from 0) it is multiplied
    /// by min(1, (s + 1) / warmup).
    pub warmup: u64,
    /// What the full value does.
    pub decay: Decay,
}

/// What the full learning rate does after the warm-up.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Decay {
    /// Stays.
    #[default]
    Constant,
    /// Is multiplied by `gamma` every `every` steps (`StepLR`).
    Step {
        /// Steps between two drops.
        every: u64,
        /// Factor of a drop.
        gamma: f64,
    },
    /// Falls along half a cosine to `min`, then stays there (`CosineAnnealingLR`, which is meant to end there):
    /// min + (lr − min)·(1 + cos(π·s/over))/2, with `over` the steps until the end and s those that are done. It begins anew
    /// at each end but the last (Loshchilov and Hutter 2017, "SGDR").
    Cosine {
        /// Steps after which it is at the minimum, ascending.
        ends: Vec<u64>,
        /// The minimum.
        min: f64,
    },
}

impl Schedule {
    /// The learning rate of step `step` (from 0), where `lr` is the full one. The decay counts from the end of
    /// the warm-up.
    pub fn lr(&self, lr: f64, step: u64) -> f64 {
        if step < self.warmup {
            return lr * (step + 1) as f64 / self.warmup as f64;
        }
        let step = step - self.warmup;
        match &self.decay {
            Decay::Constant => lr,
            Decay::Step { every, gamma } => lr * gamma.powf((step / every.max(&1)) as f64),
            Decay::Cosine { ends, min } => {
                let at = ends.partition_point(|end| *end <= step);
                let Some(end) = ends.get(at) else { return *min };
                let from = if at > 0 { ends[at - 1] } else { 0 };
                let share = (step - from) as f64 / (end - from) as f64;
                min + (lr - min) * (1.0 + (PI * share).cos()) / 2.0
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_schedule_follows_its_formula() {
        let constant = Schedule::default();
        assert_eq!((constant.lr(0.1, 0), constant.lr(0.1, 1_000_000)), (0.1, 0.1));
        let step = Schedule { warmup: 0, decay: Decay::Step { every: 10, gamma: 0.5 } };
        assert_eq!([0, 9, 10, 25].map(|s| step.lr(1.0, s)), [1.0, 1.0, 0.5, 0.25]);
        let cosine = Schedule { warmup: 4, decay: Decay::Cosine { ends: vec![100], min: 0.2 } };
        assert_eq!([0, 1, 3, 4].map(|s| cosine.lr(1.0, s)), [0.25, 0.5, 1.0, 1.0]);
        assert!((cosine.lr(1.0, 54) - 0.6).abs() < 1e-15);
        assert_eq!((cosine.lr(1.0, 104), cosine.lr(1.0, 9999)), (0.2, 0.2));
        // Beginning anew changes nothing before.
        let anew = Schedule { warmup: 4, decay: Decay::Cosine { ends: vec![100, 120], min: 0.2 } };
        (0..104).for_each(|s| assert_eq!(anew.lr(1.0, s), cosine.lr(1.0, s)));
        assert_eq!([104, 124, 9999].map(|s| anew.lr(1.0, s)), [1.0, 0.2, 0.2]);
        assert!((anew.lr(1.0, 114) - 0.6).abs() < 1e-15);
    }
}
