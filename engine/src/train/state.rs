//! What training changes, and a form in which it can be kept.

use super::Progress;
use crate::kernel::{Aligned, Scalar};
use crate::network::stored::{self, OPTIMIZER, Stored};
use crate::network::{Error, Network, StoredError, Weights};
use crate::optim::{Rule, SLOTS};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

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
    pub(super) fn numbers_mut(&mut self) -> &mut [Aligned<T>; SLOTS] {
        &mut self.numbers
    }

    /// The same numbers in the other precision.
    pub fn cast<U: Scalar>(&self) -> Slots<U> {
        let cast = |slot: &Aligned<T>| slot.iter().map(|x| U::of(x.f64())).collect();
        Slots { names: self.names.clone(), numbers: self.numbers.each_ref().map(cast) }
    }
}

/// What a file says about the training that it was made in.
#[derive(Serialize, Deserialize)]
struct Note<'a> {
    /// See [`stored::write`]; none in format 1.
    #[serde(default)]
    checksum: Cow<'a, str>,
    format: u32,
    step: u64,
    progress: Cow<'a, Progress>,
}

/// What a slot's numbers for a parameter are called in a file.
fn stored_name(slot: &str, path: &str) -> String {
    format!("{OPTIMIZER}{slot}.{path}")
}

impl<T: Scalar> State<T> {
    /// The bytes of a safetensors file: the weights as [`Weights::to_safetensors`] has them, what the optimizer keeps
    /// beside them as `optimizer.exp_avg.0.weight`, and `progress`. Equal states give equal bytes. `torch` reads the
    /// weights by `load_state_dict(safetensors.torch.load_file(path), strict=False)`.
    ///
    /// # Panics
    /// Where the state is of another network.
    pub fn to_safetensors(&self, network: &Network, progress: &Progress) -> Vec<u8> {
        let mut tensors = self.weights.tensors(network);
        for (slot, numbers) in self.slots.names.iter().zip(&self.slots.numbers) {
            for of in network.params() {
                tensors.push((stored_name(slot, &of.path), &of.shape, &numbers[of.range.clone()]));
            }
        }
        let (checksum, progress) = (Cow::Borrowed("00000000"), Cow::Borrowed(progress));
        let note = Note { checksum, format: 2, step: self.steps, progress };
        let note = serde_json::to_string(&note).expect("numbers and switches can be written as JSON");
        stored::write(&tensors, Some(note))
    }

    /// The state in such bytes, to be gone on from by [`super::Trainer::restore`] and [`super::fit`].
    ///
    /// # Errors
    /// Where the bytes are no safetensors file, hold weights alone, or those of another network or optimizer.
    pub fn from_safetensors<O: Rule + ?Sized>(
        network: &Network,
        optimizer: &O,
        bytes: &[u8],
    ) -> Result<(State<T>, Progress), Error> {
        let stored = Stored::open(bytes)?;
        let note = stored.note.as_ref().and_then(|note| serde_json::from_str::<Note>(note).ok());
        let note = note.ok_or(StoredError::WeightsOnly)?;
        if note.format > 1 && !stored.checked {
            return Err(StoredError::Damaged.into());
        }
        let weights = Weights::read(network, &stored)?;
        let mut slots = Slots::start(optimizer, network.param_count());
        for (slot, numbers) in slots.names.iter().zip(&mut slots.numbers) {
            for of in network.params() {
                stored.read(&stored_name(slot, &of.path), &of.shape, &mut numbers[of.range.clone()])?;
            }
        }
        Ok((State { steps: note.step, weights, slots }, note.progress.into_owned()))
    }

    /// Refuses a state that is not of this network and this optimizer.
    pub(super) fn check<O: Rule + ?Sized>(&self, network: &Network, optimizer: &O) -> Result<(), Error> {
        self.weights.check(network)?;
        let wants: Vec<&'static str> = optimizer.slots().iter().map(|slot| slot.name).collect();
        if self.slots.names != wants {
            let (optimizer, got) = (optimizer.name(), self.slots.names.clone());
            return Err(Error::Slots { optimizer, got, wants });
        }
        Ok(())
    }
}
