//! Checkpoints: safetensors files with PyTorch's parameter names. `torch` reads the weights by
//! `load_state_dict(safetensors.torch.load_file(path), strict=False)`; what the optimizer keeps stands beside
//! them as `optimizer.exp_avg.0.weight`.

use super::write_whole;
use crate::error::{Error, Result};
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView, serialize};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use whygrad::kernel::Scalar;
use whygrad::network::{Network, Weights};
use whygrad::optim::Optimizer;
use whygrad::train::{Progress, Real, State, Trainer};

/// Key of our part of the file's metadata. One key, because the order of several is not fixed and equal runs
/// should give equal bytes.
const KEY: &str = "whygrad";

#[derive(Serialize, Deserialize)]
struct Meta {
    format: u32,
    step: u64,
    progress: Progress,
}

/// A tensor of a checkpoint: its name, its shape, where its numbers stand.
struct Slot {
    name: String,
    shape: Vec<usize>,
    /// 0: parameters, 1: buffers, 2 and on: what the optimizer keeps.
    piece: usize,
    range: std::ops::Range<usize>,
}

fn slots(network: &Network, optimizer: Option<&dyn Optimizer>) -> Vec<Slot> {
    let mut slots = vec![];
    let dims = |shape: &whygrad::Shape| shape.dims().to_vec();
    for param in network.params() {
        let (name, shape, range) = (param.path.clone(), dims(&param.shape), param.range.clone());
        slots.push(Slot { name, shape, piece: 0, range });
    }
    for buffer in network.buffers() {
        let (name, shape, range) = (buffer.path.clone(), dims(&buffer.shape), buffer.range.clone());
        slots.push(Slot { name, shape, piece: 1, range });
    }
    for (i, kept) in optimizer.map(|optimizer| optimizer.slots()).unwrap_or_default().iter().enumerate() {
        for param in network.params() {
            slots.push(Slot {
                name: format!("optimizer.{}.{}", kept.name, param.path),
                shape: dims(&param.shape),
                piece: 2 + i,
                range: param.range.clone(),
            });
        }
    }
    slots
}

/// PyTorch counts batches in whole numbers.
fn is_count(name: &str) -> bool {
    name.ends_with("num_batches_tracked")
}

/// The bytes of a checkpoint. Equal states give equal bytes.
pub fn to_bytes<T: Scalar>(
    network: &Network,
    optimizer: &dyn Optimizer,
    state: &State<T>,
    progress: &Progress,
) -> Vec<u8> {
    let pieces = |piece| match piece {
        0 => &state.weights.params[..],
        1 => &state.weights.buffers,
        slot => &state.slots.numbers()[slot - 2],
    };
    let double = size_of::<T>() == 8;
    let encode = |slot: &Slot| -> (Dtype, Vec<u8>) {
        let numbers = &pieces(slot.piece)[slot.range.clone()];
        if is_count(&slot.name) {
            return (Dtype::I64, numbers.iter().flat_map(|x| (x.f64() as i64).to_le_bytes()).collect());
        }
        if double {
            (Dtype::F64, numbers.iter().flat_map(|x| x.f64().to_le_bytes()).collect())
        } else {
            (Dtype::F32, numbers.iter().flat_map(|x| (x.f64() as f32).to_le_bytes()).collect())
        }
    };
    let slots = slots(network, Some(optimizer));
    let data: Vec<(Dtype, Vec<u8>)> = slots.iter().map(encode).collect();
    let views = slots.iter().zip(&data).map(|(slot, (kind, data))| {
        let view = TensorView::new(*kind, slot.shape.clone(), data);
        (slot.name.clone(), view.expect("a tensor has as many bytes as its shape and type say"))
    });
    let meta = Meta { format: 1, step: state.steps, progress: progress.clone() };
    let meta = serde_json::to_string(&meta).expect("numbers and switches can be written as JSON");
    serialize(views, Some(HashMap::from([(KEY.to_string(), meta)]))).expect("names and sizes are in bounds")
}

/// Writes a checkpoint of the trainer's state.
pub fn save<T: Real>(path: &Path, trainer: &Trainer<T>, progress: &Progress) -> Result<u64> {
    let bytes = to_bytes(trainer.network(), &**trainer.optimizer(), trainer.state(), progress);
    write_whole(path, &bytes)?;
    Ok(bytes.len() as u64)
}

/// Reads a checkpoint that a trainer of the same network and optimizer wrote.
pub fn load<T: Real>(path: &Path, trainer: &Trainer<T>) -> Result<(State<T>, Progress)> {
    let bytes = std::fs::read(path).map_err(Error::file("read", path))?;
    let refuse = |problem: String| Error::Checkpoint { path: path.into(), problem };
    let (tensors, meta) = open(&bytes).map_err(refuse)?;
    let meta: Meta = meta.and_then(|meta| serde_json::from_str(&meta).ok()).ok_or_else(|| {
        refuse("it has weights only, no state of a training; to start from them set network.weights".into())
    })?;
    let mut state = trainer.state().clone();
    state.steps = meta.step;
    read_into(&tensors, &slots(trainer.network(), Some(&**trainer.optimizer())), &mut state)
        .map_err(refuse)?;
    Ok((state, meta.progress))
}

/// After which step a checkpoint was made; reads no more than the file's header.
pub fn step(path: &Path) -> Result<u64> {
    let (file, mut bytes) = (File::open(path).map_err(Error::file("read", path))?, vec![]);
    // First the header's length, 8 bytes.
    for _ in 0..2 {
        let count = bytes.first_chunk().map_or(8, |length| u64::from_le_bytes(*length));
        (&file).take(count).read_to_end(&mut bytes).map_err(Error::file("read", path))?;
    }
    let header: Option<Json> = bytes.get(8..).and_then(|header| serde_json::from_slice(header).ok());
    let meta = header.as_ref().and_then(|header| header["__metadata__"][KEY].as_str());
    let meta: Option<Meta> = meta.and_then(|meta| serde_json::from_str(meta).ok());
    let problem = "not a readable checkpoint of a training, perhaps cut off".to_string();
    meta.map(|meta| meta.step).ok_or(Error::Checkpoint { path: path.into(), problem })
}

/// Reads the weights of a file that this program or PyTorch wrote for the same layers.
pub fn load_weights<T: Real>(path: &Path, trainer: &Trainer<T>) -> Result<Weights<T>> {
    let bytes = std::fs::read(path).map_err(Error::file("read", path))?;
    let refuse = |problem: String| Error::Checkpoint { path: path.into(), problem };
    let (tensors, _) = open(&bytes).map_err(refuse)?;
    let mut state = trainer.state().clone();
    read_into(&tensors, &slots(trainer.network(), None), &mut state).map_err(refuse)?;
    Ok(state.weights)
}

fn open(bytes: &[u8]) -> Result<(SafeTensors<'_>, Option<String>), String> {
    let refuse = |error| format!("not a readable safetensors file, perhaps cut off: {error}");
    let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(refuse)?;
    let tensors = SafeTensors::deserialize(bytes).map_err(refuse)?;
    Ok((tensors, metadata.metadata().as_ref().and_then(|meta| meta.get(KEY).cloned())))
}

fn read_into<T: Scalar>(
    tensors: &SafeTensors<'_>,
    slots: &[Slot],
    state: &mut State<T>,
) -> Result<(), String> {
    let other = |what: String| format!("a checkpoint of another network: {what}");
    for slot in slots {
        let Ok(tensor) = tensors.tensor(&slot.name) else {
            let mut names: Vec<&str> = tensors.names();
            names.sort_unstable();
            return Err(other(format!("it has no tensor `{}`; it has: {}", slot.name, names.join(", "))));
        };
        // A count is one number, with or without an axis of length 1.
        if tensor.shape() != slot.shape && !(is_count(&slot.name) && tensor.shape().iter().all(|&n| n == 1)) {
            let (found, wanted) = (tensor.shape(), &slot.shape);
            return Err(other(format!("its tensor `{}` has the shape {found:?}, not {wanted:?}", slot.name)));
        }
        let numbers: Vec<T> = match tensor.dtype() {
            Dtype::F32 => {
                tensor.data().as_chunks().0.iter().map(|b| T::of(f32::from_le_bytes(*b).into())).collect()
            }
            Dtype::F64 => tensor.data().as_chunks().0.iter().map(|b| T::of(f64::from_le_bytes(*b))).collect(),
            Dtype::I64 => {
                tensor.data().as_chunks().0.iter().map(|b| T::of(i64::from_le_bytes(*b) as f64)).collect()
            }
            kind => {
                return Err(format!(
                    "its tensor `{}` has the type {kind:?}; known are F32 and F64",
                    slot.name
                ));
            }
        };
        let piece = match slot.piece {
            0 => &mut state.weights.params[..],
            1 => &mut state.weights.buffers,
            slot => &mut state.slots.numbers_mut()[slot - 2],
        };
        piece[slot.range.clone()].copy_from_slice(&numbers);
    }
    let known = |name: &&str| slots.iter().any(|slot| slot.name == *name) || name.starts_with("optimizer.");
    match tensors.names().iter().find(|name| !known(name)) {
        Some(name) => Err(other(format!("it has a tensor `{name}` that this network lacks"))),
        None => Ok(()),
    }
}
