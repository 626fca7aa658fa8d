//! The order in which an epoch visits the examples.

use crate::kernel::random;
use rand::seq::SliceRandom;

/// Cuts a data set into mini-batches; the last one of an epoch holds what remains.
#[derive(Clone, Debug)]
pub struct Batches {
    examples: usize,
    batch: usize,
    shuffle: bool,
    seed: u64,
    order: Vec<usize>,
    epoch: Option<u64>,
}

impl Batches {
    /// Batches of `batch` examples out of `examples`; `shuffle` draws a new order for every epoch.
    pub fn new(examples: usize, batch: usize, shuffle: bool, seed: u64) -> Batches {
        let batch = batch.clamp(1, examples.max(1));
        Batches { examples, batch, shuffle, seed, order: (0..examples).collect(), epoch: None }
    }

    /// Examples in every batch but the last.
    pub fn size(&self) -> usize {
        self.batch
    }

    /// Batches in an epoch.
    pub fn per_epoch(&self) -> u64 {
        self.examples.div_ceil(self.batch) as u64
    }

    /// The examples of step `step` (from 0, counted over the whole run). Depends on the seed and the step
    /// alone, so that any step can be replayed.
    ///
    /// # Panics
    /// Where there are no examples.
    pub fn at(&mut self, step: u64) -> &[usize] {
        let epoch = step / self.per_epoch();
        if self.shuffle && self.epoch != Some(epoch) {
            for (i, slot) in self.order.iter_mut().enumerate() {
                *slot = i;
            }
            self.order.shuffle(&mut random::generator(self.seed, "shuffle", epoch));
            self.epoch = Some(epoch);
        }
        let start = (step % self.per_epoch()) as usize * self.batch;
        &self.order[start..(start + self.batch).min(self.examples)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_epoch_visits_every_example_once_and_replays_the_same() {
        let mut batches = Batches::new(10, 4, true, 3);
        assert_eq!(batches.per_epoch(), 3);
        let epoch = |b: &mut Batches, e: u64| -> Vec<usize> {
            (0..3).flat_map(|i| b.at(e * 3 + i).to_vec()).collect()
        };
        let (first, second) = (epoch(&mut batches, 0), epoch(&mut batches, 1));
        assert_ne!(first, second);
        assert_eq!(epoch(&mut batches, 0), first);
        let mut sorted = first;
        sorted.sort_unstable();
        assert_eq!(sorted, (0..10).collect::<Vec<_>>());
    }
}
