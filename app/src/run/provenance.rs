//! What a run was made from and by what, so that whoever makes its steps again notices where that is no longer so.

use super::write_whole;
use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::env;
use std::path::{Path, PathBuf};
use whygrad::train::{Prepared, Real};

/// What decides a run beside the text of its experiment, and a checksum of that text. Kept in `provenance.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Provenance {
    /// Version of the program.
    whygrad: String,
    /// Architecture and vectors of the processor.
    processor: String,
    /// Where relative paths of the experiment begin.
    pub folder: PathBuf,
    /// CRC32C of `experiment.toml`.
    experiment: u32,
    /// The same of its text with more epochs, where it was to have some.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    prolonged: Option<u32>,
    /// Checksum of the training part, as it is split and scaled.
    train: u32,
    /// And of the held-out part.
    test: Option<u32>,
    /// Checksum of the weights before the first step.
    start: u32,
}

impl Provenance {
    /// Of a run that begins here and now, with what was prepared from the text of its experiment.
    pub(super) fn new<T: Real>(experiment: &[u8], prepared: &Prepared<T>) -> Provenance {
        // Where the folder has no name, paths begin wherever the run is read.
        let folder = env::current_dir().unwrap_or_default();
        Provenance {
            whygrad: VERSION.into(),
            processor: processor(),
            folder: folder.to_string_lossy().into_owned().into(),
            experiment: crc32c::crc32c(experiment),
            prolonged: None,
            train: prepared.train.checksum(),
            test: prepared.test.as_ref().map(|test| test.checksum()),
            start: prepared.trainer.state().weights.checksum(),
        }
    }

    fn path(run: &Path) -> PathBuf {
        run.join("provenance.json")
    }

    /// Writes it into a run folder; returns the file.
    pub(super) fn save(&self, run: &Path) -> Result<PathBuf> {
        let path = Provenance::path(run);
        let text = serde_json::to_string(self).expect("numbers and texts can be written as JSON") + "\n";
        write_whole(&path, text.as_bytes())?;
        Ok(path)
    }

    /// Reads it from a run folder; `None` where an older whygrad left none.
    pub(super) fn load(run: &Path) -> Result<Option<Provenance>> {
        let path = Provenance::path(run);
        match std::fs::read(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::file("read", path)(error)),
            Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|error| {
                let problem =
                    format!("damaged, so that nothing says what the run was made from any more: {error}");
                Error::Run { path, problem }
            }),
        }
    }

    /// Refuses another experiment than the one that ran.
    pub(super) fn check_experiment(&self, run: &Path, text: &[u8]) -> Result<()> {
        let problem = format!(
            "its experiment.toml was changed since it began, so its steps cannot be made again; put it back as it was, or \
             train it anew: whygrad train {}",
            run.join("experiment.toml").display()
        );
        let found = crc32c::crc32c(text);
        self.check(run, found == self.experiment || Some(found) == self.prolonged, problem)
    }

    /// The same of a run whose text may be another one, too.
    pub(super) fn prolonged(self, text: &[u8], longer: &[u8]) -> Provenance {
        let [experiment, prolonged] = [text, longer].map(crc32c::crc32c);
        Provenance { experiment, prolonged: Some(prolonged), ..self }
    }

    /// Refuses other examples than those that it was trained on and judged by.
    pub(super) fn check_data<T: Real>(&self, run: &Path, prepared: &Prepared<T>) -> Result<()> {
        let (train, test) = (prepared.train.checksum(), prepared.test.as_ref().map(|test| test.checksum()));
        for (part, same) in [("training", train == self.train), ("held-out", test == self.test)] {
            let problem = format!(
                "its {part} examples are not those with which it began, so its steps cannot be made again; put the data \
                 back as they were (it began in {}), or train it anew",
                self.folder.display()
            );
            self.check(run, same, problem)?;
        }
        Ok(())
    }

    /// Checksums of the training and of the held-out part.
    pub(super) fn data(&self) -> [u32; 2] {
        [self.train, self.test.unwrap_or(0)]
    }

    /// Refuses to start over from other weights.
    pub(super) fn check_start<T: Real>(&self, run: &Path, prepared: &Prepared<T>) -> Result<()> {
        let same = prepared.trainer.state().weights.checksum() == self.start;
        let problem = "it has no checkpoint, and the weights that it would start from are not those of its start; train it \
                       anew";
        self.check(run, same, problem.into())
    }

    fn check(&self, run: &Path, same: bool, problem: String) -> Result<()> {
        if same { Ok(()) } else { Err(Error::Run { path: run.into(), problem }) }
    }

    /// By what it was trained, where that was another program or processor.
    pub(super) fn elsewhere(&self) -> Option<String> {
        let Provenance { whygrad, processor, .. } = self;
        let here = self::processor();
        let by = match (whygrad == VERSION, *processor == here) {
            (true, true) => return None,
            (false, true) => format!("by whygrad {whygrad}, and this is {VERSION}"),
            (true, false) => format!("on {processor}, and this is {here}"),
            (false, false) => format!("by whygrad {whygrad} on {processor}, and this is {VERSION} on {here}"),
        };
        Some(format!("it was trained {by}: what is computed again may differ in its last digits"))
    }
}

/// The version of this program.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What this processor computes with.
fn processor() -> String {
    format!("{} with {}", env::consts::ARCH, whygrad::vectors())
}
