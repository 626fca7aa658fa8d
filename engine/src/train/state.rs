//! What training changes, and a form in which it can be kept.

use crate::kernel::{Aligned, Scalar};
use crate::network::{Error, Network, Weights};
use crate::optim::{Rule, SLOTS};

/// All that a training step changes: enough to go on from, bit for bit.
#[derive(Clone, Debug, PartialEq)]
pub struct State<T> {
    /// Updates done.
    pub steps: u64,
    /// The network's numbers.
    pub weights: Weights<T>,
    /// What the optimizer keeps for each weight.
    pub slots: Slots<T>,
}

/// What an optimizer keeps for each weight: for each of its [`Rule::slots`] as many numbers as the network has.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Slots<T> {
    names: Vec<&'static str>,
    numbers: [Aligned<T>; SLOTS],
}

impl<T: Scalar> Slots<T> {
    /// What `optimizer` keeps before its first update of `count` weights.
    pub(super) fn start<O: Rule + ?Sized>(optimizer: &O, count: usize) -> Slots<T> {
        let kept = optimizer.slots();
        let mut numbers: [Aligned<T>; SLOTS] = Default::default();
        // The update walks weights, gradient and slots side by side.
        for (i, (slot, kept)) in numbers.iter_mut().zip(&kept).enumerate() {
            *slot = Aligned::zeros_apart(count, 2 + i);
            slot.fill(T::of(kept.start));
        }
        Slots { names: kept.iter().map(|slot| slot.name).collect(), numbers }
    }

    /// Their names, PyTorch's where it has the optimizer.
    pub fn names(&self) -> &[&'static str] {
        &self.names
    }

    /// The numbers of each slot, one for each weight; none of the slots that are not kept.
    pub fn numbers(&self) -> &[Aligned<T>; SLOTS] {
        &self.numbers
    }

    /// As [`Slots::numbers`], to be changed.
    pub fn numbers_mut(&mut self) -> &mut [Aligned<T>; SLOTS] {
        &mut self.numbers
    }

    /// The same numbers in the other precision.
    pub fn cast<U: Scalar>(&self) -> Slots<U> {
        let cast = |slot: &Aligned<T>| slot.iter().map(|x| U::of(x.f64())).collect();
        Slots { names: self.names.clone(), numbers: self.numbers.each_ref().map(cast) }
    }
}

impl<T: Scalar> State<T> {
    /// Refuses a state that is not of this network and this optimizer.
    pub(super) fn check<O: Rule + ?Sized>(&self, network: &Network, optimizer: &O) -> Result<(), Error> {
        let counts = [
            ("weights", self.weights.params.len(), network.param_count()),
            ("untrained numbers", self.weights.buffers.len(), network.buffer_count()),
        ];
        if let Some((what, got, wants)) = counts.into_iter().find(|(_, got, wants)| got != wants) {
            return Err(Error::State { what, got, wants });
        }
        let wants: Vec<&'static str> = optimizer.slots().iter().map(|slot| slot.name).collect();
        if self.slots.names != wants {
            let (optimizer, got) = (optimizer.name(), self.slots.names.clone());
            return Err(Error::Slots { optimizer, got, wants });
        }
        Ok(())
    }
}
