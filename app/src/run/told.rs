//! What run folders tell without their data: which there are, how they went, what lies in them.

use super::Run;
use super::provenance::Provenance;
use crate::error::{Error, Result};
use serde_json::{Map, Value as Json};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use whygrad::facts::{EpochRecord, Record};

/// What lies in a run folder, and what it is: [`super`] says more.
const FILES: [(&str, &str); 10] = [
    ("experiment.toml", "the experiment as it ran"),
    ("preprocessing.json", "what becomes of data before and behind the network"),
    ("provenance.json", "what it was made from and by what, in checksums"),
    ("best.safetensors", "weights of the best epoch"),
    ("last.safetensors", "weights after the last step"),
    ("checkpoints", "weights on the way"),
    ("facts.bin", "losses of all steps and epochs, and facts of some"),
    ("findings.jsonl", "what checks found while it ran"),
    ("summary.json", "how it ended"),
    ("export", "what export wrote"),
];

/// Which weights of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weights {
    /// Those of the epoch with the lowest held-out loss, where the run kept them; else the last.
    Best,
    /// Those after the last step.
    Last,
}

impl Weights {
    /// `best` or `last`, as commands call them.
    pub(crate) fn named(name: &str) -> Weights {
        if name == "last" { Weights::Last } else { Weights::Best }
    }
}

/// Something that lies in a run folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its name.
    pub name: &'static str,
    /// What it is.
    pub what: &'static str,
    /// How many files that are.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
}

impl Run {
    /// The runs of a folder, in the order in which they began.
    ///
    /// # Errors
    /// Where the folder cannot be read; a folder that is not there has no runs.
    pub fn all(folder: &Path) -> Result<Vec<Run>> {
        let entries = match fs::read_dir(folder) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(vec![]),
            entries => entries.map_err(Error::file("read", folder))?,
        };
        let began = |path: PathBuf| Some((modified(&path.join("experiment.toml"))?, path));
        let mut runs: Vec<(SystemTime, PathBuf)> =
            entries.filter_map(|entry| began(entry.ok()?.path())).collect();
        runs.sort();
        Ok(runs.into_iter().map(|(_, path)| Run { path }).collect())
    }

    /// The run of the folder `runs` that began last, if there is one; of those that can be read, where there are such.
    pub fn newest() -> Result<Option<Run>> {
        let mut all = Run::all(Path::new(super::RUNS))?;
        let readable = all.iter().rposition(|run| run.experiment().is_ok());
        Ok(match readable {
            Some(at) => Some(all.swap_remove(at)),
            None => all.pop(),
        })
    }

    /// When it began, or was given more epochs.
    pub fn began(&self) -> Option<SystemTime> {
        modified(&self.path.join("experiment.toml"))
    }

    /// How it ended, as `train --json` said it; `None` where it did not end yet, or nobody could write that down.
    pub fn summary(&self) -> Option<Map<String, Json>> {
        let text = fs::read(self.path.join("summary.json")).ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// Its epochs, as far as the facts tell of them.
    pub fn epochs(&self) -> Vec<EpochRecord> {
        let of_epoch = |record| match record {
            Record::Epoch(epoch) => Some(epoch),
            Record::Step(_) => None,
        };
        self.records().into_iter().filter_map(of_epoch).collect()
    }

    /// Checksums of the training and of the held-out part, 0 where there is none; `None` where an older whygrad trained it.
    pub fn data_checksums(&self) -> Option<[u32; 2]> {
        Provenance::load(&self.path).ok()?.map(|provenance| provenance.data())
    }

    /// Whether somebody trains it right now.
    pub fn is_trained_now(&self) -> bool {
        matches!(self.lock(), Err(Error::Run { .. }))
    }

    /// What lies in its folder.
    pub fn found(&self) -> Vec<Found> {
        let found = |(name, what): &(&'static str, &'static str)| {
            let path = self.path.join(name);
            let inside =
                fs::read_dir(&path).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path()));
            let files = if path.is_dir() { inside.collect() } else { vec![path] };
            let sizes: Vec<u64> =
                files.iter().filter_map(|file| Some(fs::metadata(file).ok()?.len())).collect();
            let (files, bytes) = (sizes.len() as u64, sizes.iter().sum());
            (files > 0).then_some(Found { name, what, files, bytes })
        };
        FILES.iter().filter_map(found).collect()
    }
}

/// When a file was written.
fn modified(file: &Path) -> Option<SystemTime> {
    fs::metadata(file).ok()?.modified().ok()
}
