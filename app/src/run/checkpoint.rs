//! Checkpoints: what a training changes, as a safetensors file ([`State::to_safetensors`]).

use super::write_whole;
use crate::error::{Error, Result};
use serde_json::Value as Json;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use whygrad::network::{Error as NetworkError, Network, StoredError, Weights};
use whygrad::train::{Progress, Real, State, Trainer};

/// Writes a checkpoint of the trainer's state; returns how many bytes it has.
pub fn save<T: Real>(path: &Path, trainer: &Trainer<T>, progress: &Progress) -> Result<u64> {
    let bytes = trainer.state().to_safetensors(trainer.network(), progress);
    write_whole(path, &bytes)?;
    Ok(bytes.len() as u64)
}

/// Reads a checkpoint that a trainer of the same network and optimizer wrote.
pub fn load<T: Real>(path: &Path, trainer: &Trainer<T>) -> Result<(State<T>, Progress)> {
    let bytes = std::fs::read(path).map_err(Error::file("read", path))?;
    State::from_safetensors(trainer.network(), &**trainer.optimizer(), &bytes).map_err(|error| {
        let hint = match &error {
            NetworkError::Stored(StoredError::WeightsOnly) => "; to start from them set network.weights",
            _ => "",
        };
        Error::Checkpoint { path: path.into(), problem: format!("{error}{hint}") }
    })
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
    let note = header.as_ref().and_then(|header| header["__metadata__"]["whygrad"].as_str());
    let note: Option<Json> = note.and_then(|note| serde_json::from_str(note).ok());
    let problem = "not a readable checkpoint of a training, perhaps cut off".to_string();
    note.and_then(|note| note["step"].as_u64()).ok_or(Error::Checkpoint { path: path.into(), problem })
}

/// Reads the weights of a file that this program or PyTorch wrote for the same layers.
pub fn load_weights<T: Real>(path: &Path, network: &Network) -> Result<Weights<T>> {
    let bytes = std::fs::read(path).map_err(Error::file("read", path))?;
    let refuse = |error: NetworkError| Error::Checkpoint { path: path.into(), problem: error.to_string() };
    Weights::from_safetensors(network, &bytes).map_err(refuse)
}
