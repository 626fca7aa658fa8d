//! States that a training had, so that it can be taken back to any of its steps: some are kept, the steps behind them are
//! made again.

use whygrad::train::{Progress, State};

/// The most that is kept, in states and in bytes.
const STATES: usize = 256;
const BYTES: usize = 64 << 20;

/// Where a training stood at a step.
#[derive(Clone, Debug)]
pub(super) struct Moment {
    pub state: State<f32>,
    pub progress: Progress,
}

/// Moments of a training, evenly apart.
#[derive(Debug)]
pub(super) struct Past {
    /// In the order of their steps; the first is the start.
    moments: Vec<Moment>,
    /// Every so many steps.
    every: u64,
    most: usize,
}

impl Past {
    pub(super) fn new(start: Moment) -> Past {
        let numbers = start.state.weights.params.len() * (1 + start.state.slots.names().len());
        let most = (BYTES / (4 * numbers).max(1)).clamp(4, STATES);
        Past { moments: vec![start], every: 1, most }
    }

    /// Whether the moment after so many steps is to be kept.
    pub(super) fn wants(&self, step: u64) -> bool {
        step.is_multiple_of(self.every) && self.moments.last().is_some_and(|last| last.state.steps < step)
    }

    /// Keeps a moment; from time to time, half of what is there goes.
    pub(super) fn keep(&mut self, moment: Moment) {
        self.moments.push(moment);
        if self.moments.len() > self.most {
            self.every *= 2;
            let every = self.every;
            self.moments.retain(|moment| moment.state.steps.is_multiple_of(every));
        }
    }

    /// The last moment that is kept up to a step.
    pub(super) fn before(&self, step: u64) -> &Moment {
        let behind = self.moments.partition_point(|moment| moment.state.steps <= step);
        &self.moments[behind.max(1) - 1]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use whygrad::loss::Mse;
    use whygrad::network::Network;
    use whygrad::op::Linear;
    use whygrad::optim::Sgd;
    use whygrad::train::{Options, Trainer};

    #[test]
    fn what_is_kept_is_bounded_and_never_further_away_than_twice_its_share() {
        let network = Network::sequential([1], whygrad::layers!(Linear::new(1))).unwrap();
        let trainer = Trainer::<f32>::new(
            network,
            Arc::new(Mse::default()),
            Arc::new(Sgd::default()),
            Options::default(),
        );
        let at = |steps| {
            let state = State { steps, ..trainer.as_ref().unwrap().state().clone() };
            Moment { state, progress: Progress::default() }
        };
        let mut past = Past::new(at(0));
        for step in 1..=10_000 {
            if past.wants(step) {
                past.keep(at(step));
            }
        }
        assert!(past.moments.len() <= STATES);
        for step in [0, 1, 77, 5_000, 10_000] {
            let steps = past.before(step).state.steps;
            assert!(steps <= step && step - steps < 2 * 10_000 / (STATES as u64 / 2), "{step}: {steps}");
        }
    }
}
