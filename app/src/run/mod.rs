//! Run folders: what a run leaves on disk.
//!
//! | file | what | written |
//! |---|---|---|
//! | `experiment.toml` | the experiment as it ran, overrides applied | once, first; again where it gets more epochs |
//! | `preprocessing.json` | what stands between data and network, and what was understood of the columns | once |
//! | `provenance.json` | what it was made from and by what, in checksums | once, before it |
//! | `checkpoints/step-*.safetensors` | weights and optimizer state | see [`spacing`] |
//! | `best.safetensors` | of the epoch with the lowest held-out loss | beside and renamed |
//! | `last.safetensors` | of the last step | at the end, beside and renamed |
//! | `facts.bin` | loss of every step and epoch, facts as [`whygrad::facts::Thinning`] says | appended in blocks |
//! | `findings.jsonl` | what checks found, one JSON object a line | appended |
//! | `summary.json` | how it ended | at the end, beside and renamed |
//!
//! A run that is killed at any moment leaves a folder that opens: whole files are there or not, and a torn block
//! at the end of the facts is passed over.

mod again;
pub mod checkpoint;
pub mod facts;
mod kept;
mod prolonged;
mod provenance;
mod recorder;
mod told;

pub use again::Compared;
pub use kept::{Kept, Says};
pub use recorder::Recorder;
pub use told::{Found, Weights};

use crate::data::Understood;
use crate::error::{Error, Result};
use crate::experiment::Experiment;
use crate::terminal::warn;
use provenance::Provenance;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{BufWriter, ErrorKind, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use whygrad::facts::{Record, StepRecord};
use whygrad::network::{Batch, Rows};
use whygrad::train::{Prepared, Real, Setup, Trainer};

/// The folder of run folders, where nobody names another.
pub const RUNS: &str = "runs";

/// What commands call the run that began last.
const NEWEST: &str = "newest";

/// The most checkpoints that a run keeps on the way.
const CHECKPOINTS: u64 = 64;

/// Bytes that the checkpoints on the way may take.
const CHECKPOINT_BYTES: u64 = 256 << 20;

/// Steps between two checkpoints when a run is at `step` and one takes `bytes`: 100, doubled until at most
/// `CHECKPOINTS` of them (fewer where they would take more than 256 MiB, but at least two) lie behind it.
/// Those that no longer fit the spacing are deleted.
pub fn spacing(step: u64, bytes: u64) -> u64 {
    let most = (CHECKPOINT_BYTES / bytes.max(1)).clamp(2, CHECKPOINTS);
    let mut spacing = 100;
    while step / spacing >= most {
        spacing *= 2;
    }
    spacing
}

/// An experiment before its first step, with the weights that it names; refused where the loss does not take what the
/// network gives, before a run has a folder.
pub fn start<T: Real>(experiment: &Experiment, setup: Setup<T>) -> Result<Prepared<T>> {
    let mut prepared = experiment.start(setup)?;
    if let Some(path) = &experiment.weights {
        prepared.trainer.set_weights(checkpoint::load_weights(path.as_ref(), prepared.trainer.network())?)?;
    }
    let Prepared { train, trainer, fit: how, .. } = &mut prepared;
    let mut batches = how.batches(trainer.options(), train.len());
    trainer.check_outputs(Batch { data: train, rows: Rows::Index(batches.at(0)) })?;
    Ok(prepared)
}

/// What a run's checkpoints and facts tell of its steps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Steps {
    /// The last; 0 before the first.
    pub last: u64,
    /// The first whose loss was not finite, if there was one.
    pub not_finite: Option<u64>,
    /// Where the last step's learning rate is below a hundredth of the run's highest: the last step of which it is not, its
    /// learning rate, and that of the last step.
    pub at_work: Option<(u64, f64, f64)>,
}

/// Share of a run's highest learning rate below which a step is not worth looking at first: f32 has 7 digits, and of a
/// usual step (a thousandth of the weight) a hundredth leaves two of them.
const IDLE: f64 = 1e-2;

/// A run folder.
#[derive(Clone, Debug)]
pub struct Run {
    path: PathBuf,
}

impl Run {
    /// Makes the folder `base/DATE-NAME-N` with the first N that is free, for what was prepared from an experiment.
    pub fn create<T: Real>(
        base: &Path,
        experiment: &Experiment,
        prepared: &Prepared<T>,
        understood: &[Understood],
    ) -> Result<Run> {
        fs::create_dir_all(base).map_err(Error::file("make the folder", base))?;
        let date = jiff::ZonedDateTime::now().date();
        let safe = |c: char| if c.is_alphanumeric() || "-_".contains(c) { c } else { '_' };
        let name: String = experiment.name.chars().take(60).map(safe).collect();
        let mut n = 1;
        let path = loop {
            let path = base.join(format!("{date}-{name}-{n}"));
            match fs::create_dir(&path) {
                Ok(()) => break path,
                Err(error) if error.kind() == ErrorKind::AlreadyExists => n += 1,
                Err(error) => return Err(Error::file("make the folder", path)(error)),
            }
        };
        let run = Run { path };
        let fill = || {
            let folder = run.path.join("checkpoints");
            fs::create_dir(&folder).map_err(Error::file("make the folder", folder))?;
            let findings = run.path.join("findings.jsonl");
            fs::write(&findings, "").map_err(Error::file("write", findings))?;
            let text = format!("# As it ran, by whygrad {}.\n", env!("CARGO_PKG_VERSION")) + &experiment.text;
            Kept::new(prepared, understood).save(&run.path)?;
            sync(&Provenance::new(text.as_bytes(), prepared).save(&run.path)?)?;
            // Last, because it is what makes the folder a run.
            let file = run.path.join("experiment.toml");
            write_whole(&file, text.as_bytes())?;
            // After a power cut the folder is a run, or was never one.
            sync(&file)?;
            sync(&run.path)
        };
        if let Err(error) = fill() {
            let _ = fs::remove_dir_all(&run.path); // nothing half-written; the first error is the one to tell
            return Err(error);
        }
        Ok(run)
    }

    /// A folder that is there; `newest` is that of the folder `runs` that began last, where nothing has that name.
    pub fn open(path: &Path) -> Result<Run> {
        if Run::is_newest(path) {
            return Run::newest()?.ok_or_else(|| {
                let problem = format!("there is no run in `{RUNS}`; train one: whygrad train digits");
                Error::argument(NEWEST, problem)
            });
        }
        if !path.join("experiment.toml").is_file() {
            let known = Run::all(Path::new(RUNS)).unwrap_or_default();
            let close =
                known.iter().find(|run| run.path.to_string_lossy().ends_with(&*path.to_string_lossy()));
            let problem = match (path.exists(), close) {
                (true, _) => "this is no run folder: it has no experiment.toml".into(),
                (false, Some(run)) => {
                    format!("there is no such folder; did you mean {}?", run.path.display())
                }
                (false, None) => "there is no such folder; whygrad runs lists the runs".into(),
            };
            return Err(Error::Run { path: path.into(), problem });
        }
        Ok(Run { path: path.into() })
    }

    /// Whether this is what commands call the run that began last.
    pub fn is_newest(path: &Path) -> bool {
        path == Path::new(NEWEST) && !path.exists()
    }

    /// Keeps others from recording, as long as the file is held.
    fn lock(&self) -> Result<File> {
        let path = self.path.join("experiment.toml");
        let file = File::open(&path).map_err(Error::file("read", &path))?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => {
                let problem = "another whygrad is training it; wait until it is done, or stop it".into();
                Err(Error::Run { path: self.path.clone(), problem })
            }
            // A file system without locks.
            Err(TryLockError::Error(_)) => Ok(file),
        }
    }

    /// Removes what a process that was killed had begun to write beside a file; for whoever has the lock.
    fn tidy(&self) -> Result<()> {
        for folder in [&self.path, &self.path.join("checkpoints")] {
            for entry in fs::read_dir(folder).map_err(Error::file("read", folder))? {
                let path = entry.map_err(Error::file("read", folder))?.path();
                if path.extension().is_some_and(|ending| ending == TEMPORARY) {
                    fs::remove_file(&path).map_err(Error::file("remove", path))?;
                }
            }
        }
        Ok(())
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The experiment as it ran; its relative paths begin where they began then.
    ///
    /// # Errors
    /// Where it was changed since.
    pub fn experiment(&self) -> Result<Experiment> {
        let path = self.path.join("experiment.toml");
        let text = fs::read(&path).map_err(Error::file("read", &path))?;
        let provenance = Provenance::load(&self.path)?;
        if let Some(provenance) = &provenance {
            provenance.check_experiment(&self.path, &text)?;
        }
        let name = self.path.file_name().map_or("run".into(), |name| name.to_string_lossy().into_owned());
        let experiment =
            Experiment::parse(&path.display().to_string(), &name, &String::from_utf8_lossy(&text), &[])?;
        Ok(match provenance {
            Some(provenance) => experiment.in_folder(&provenance.folder),
            None => experiment,
        })
    }

    /// What has changed since it ran, in a sentence: its data, or its start.
    pub fn changed_since(&self) -> Result<Option<String>> {
        let Some(provenance) = Provenance::load(&self.path)? else { return Ok(None) };
        let experiment = self.experiment()?;
        let same = match experiment.is_double() {
            true => provenance.check_data(&self.path, &experiment.prepare::<f64>()?),
            false => provenance.check_data(&self.path, &experiment.prepare::<f32>()?),
        };
        let say = "its data are not those with which it ran: the verdict is about its experiment with the data of now";
        Ok(same.is_err().then(|| format!("{}: {say}.", self.path.display())))
    }

    /// Its network as it was trained, for examples of so many numbers.
    pub fn trained<T: Real>(
        &self,
        experiment: &Experiment,
        inputs: usize,
        weights: Weights,
    ) -> Result<Trainer<T>> {
        let mut trainer = experiment.trainer::<T>(inputs)?;
        let kept = ["best.safetensors", "last.safetensors"].map(|name| self.path.join(name));
        let newest = self.checkpoints()?.pop().map(|(_, path)| path);
        let [at_best, last] = kept.map(|path| Some(path).filter(|path| path.is_file()));
        let Some(path) = at_best.filter(|_| weights == Weights::Best).or(last).or(newest) else {
            let problem = "it has no checkpoint, so nothing is trained yet".into();
            return Err(Error::Run { path: self.path.clone(), problem });
        };
        let (state, _) = checkpoint::load(&path, &trainer)?;
        trainer.restore(state)?;
        Ok(trainer)
    }

    /// Whether the weights of its best epoch are there.
    pub fn has_best(&self) -> bool {
        self.path.join("best.safetensors").is_file()
    }

    /// Steps that have a checkpoint on the way, ascending, with their files.
    pub fn checkpoints(&self) -> Result<Vec<(u64, PathBuf)>> {
        let folder = self.path.join("checkpoints");
        let mut found = vec![];
        for entry in fs::read_dir(&folder).map_err(Error::file("read", &folder))? {
            let path = entry.map_err(Error::file("read", &folder))?.path();
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            let step = name.strip_prefix("step-").and_then(|name| name.strip_suffix(".safetensors"));
            if let Some(step) = step.and_then(|step| step.parse().ok()) {
                found.push((step, path));
            }
        }
        found.sort();
        Ok(found)
    }

    /// The steps that the facts tell of, without what else they tell.
    fn recorded(&self) -> Vec<StepRecord> {
        let step = |record| match record {
            Record::Step(step) => Some(StepRecord { facts: None, ..step }),
            Record::Epoch(_) => None,
        };
        self.records().into_iter().filter_map(step).collect()
    }

    /// What the facts tell; says what is broken there.
    fn records(&self) -> Vec<Record> {
        let path = self.path.join("facts.bin");
        let read = facts::Reader::open(&path).and_then(|mut reader| Ok((reader.poll()?, reader)));
        match read {
            Ok((records, reader)) => {
                warn_of_broken(reader.broken());
                records
            }
            // Killed before its first step, or they are lost: then there are steps that they do not tell of.
            Err(Error::File { source, .. }) if source.kind() == ErrorKind::NotFound => vec![],
            Err(error) => {
                warn(&error.to_string());
                vec![]
            }
        }
    }

    /// Its steps, as far as a checkpoint or the facts tell of them.
    pub fn steps(&self) -> Result<Steps> {
        let on_the_way = self.checkpoints()?.last().map_or(0, |(step, _)| *step);
        let steps = self.recorded();
        let last = self.path.join("last.safetensors");
        // Facts that are broken tell of fewer. Where the last checkpoint is broken, too, whoever restores it says so.
        let at_the_end = if last.is_file() { checkpoint::step(&last).unwrap_or(0) } else { 0 };
        let recorded = steps.last().map_or(0, |step| step.step);
        if recorded < on_the_way.max(at_the_end) {
            let (path, last) = (self.path.display(), on_the_way.max(at_the_end));
            warn(&format!("{path}: its facts tell of {recorded} of {last} steps; the others are lost"));
        }
        let not_finite = steps.iter().find(|step| !step.loss.is_finite()).map(|step| step.step);
        let highest = steps.iter().map(|step| step.lr).fold(0.0, f64::max);
        // A run that diverged shows where.
        let idle = steps.last().filter(|last| last.lr < IDLE * highest && not_finite.is_none());
        let at_work = idle.and_then(|last| {
            let at_work = steps.iter().rfind(|step| step.lr >= IDLE * highest)?;
            Some((at_work.step, at_work.lr, last.lr))
        });
        Ok(Steps { last: on_the_way.max(recorded).max(at_the_end), not_finite, at_work })
    }
}

/// Says which bytes of a run's facts are broken.
pub fn warn_of_broken(bytes: &[Range<u64>]) {
    for Range { start, end } in bytes {
        let what = if start == end {
            "it is empty".into()
        } else {
            format!("its bytes from {start} to {end} are broken")
        };
        warn(&format!("facts.bin: {what}; the steps that it told of there are left out"));
    }
}

/// How the name ends of what is written beside a file.
const TEMPORARY: &str = "tmp";

/// Writes a file that is there as a whole or, where that fails, not at all.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    write_streamed(path, |out| Ok(out.write_all(bytes)?))
}

/// The same of a file that is written bit by bit: beside it, and renamed. What is no regular file (a pipe, a device)
/// cannot be replaced by one: it is written to as it is.
pub fn write_streamed<R>(path: &Path, write: impl FnOnce(&mut dyn Write) -> Result<R>) -> Result<R> {
    let fill = |file: File| -> Result<R> {
        let mut out = BufWriter::new(file);
        let written = write(&mut out)?;
        out.flush()?;
        Ok(written)
    };
    // What could not be written is this file.
    let in_file = |error| match error {
        Error::Output(source) => Error::file("write", path)(source),
        error => error,
    };
    // Of a link what it leads to is written.
    let resolved = fs::canonicalize(path);
    let path = resolved.as_deref().unwrap_or(path);
    if fs::symlink_metadata(path).is_ok_and(|there| !there.is_file()) {
        let file = OpenOptions::new().write(true).truncate(true).open(path);
        return file.map_err(Error::file("write", path)).and_then(fill).map_err(in_file);
    }
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    // No file of somebody else's has this name, nor one that another process writes.
    name.push(format!(".{}.{TEMPORARY}", std::process::id()));
    let beside = path.with_file_name(name);
    let written = File::create(&beside).map_err(Error::Output).and_then(fill);
    let renamed = written.and_then(|written| Ok(fs::rename(&beside, path).map(|()| written)?));
    renamed.map_err(|error| {
        let _ = fs::remove_file(&beside); // it may not be there; the first error is the one to tell
        in_file(error)
    })
}

/// Waits until a file and its place in its folder are on the disk.
fn sync(path: &Path) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    for path in [path, folder] {
        File::open(path).and_then(|file| file.sync_all()).map_err(Error::file("write", path))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ops::ControlFlow;
    use whygrad::network::Weights;
    use whygrad::train::{Observer, Progress, StepDone, fit};

    /// Keeps the weights after one step.
    struct Keep(u64, Option<Weights<f32>>);

    impl Observer<f32> for Keep {
        fn step(&mut self, done: &StepDone<'_, f32>) -> ControlFlow<()> {
            if done.step == self.0 {
                self.1 = Some(done.trainer.state().weights.clone());
            }
            ControlFlow::Continue(())
        }
    }

    #[test]
    fn every_step_of_a_run_is_reached_with_the_same_bits() {
        let folder = tempfile::tempdir().unwrap();
        let experiment = Experiment::load("iris", &[]).unwrap();
        let mut prepared = experiment.prepare::<f32>().unwrap();
        let run = Run::create(folder.path(), &experiment, &prepared, &[]).unwrap();
        let Prepared { train, test, trainer, fit: how, .. } = &mut prepared;
        let mut progress = Progress::default();
        let mut recorder = Recorder::start(&run, trainer, &progress).unwrap();
        let mut kept = [1, 99, 100, 101, 239].map(|step| Keep(step, None));
        let mut observers: Vec<&mut dyn Observer<f32>> = vec![&mut recorder];
        observers.extend(kept.iter_mut().map(|keep| keep as &mut dyn Observer<f32>));
        fit(trainer, train, test.as_ref(), how, &mut progress, &mut observers).unwrap();
        recorder.finish(trainer, &progress).unwrap();
        for Keep(step, weights) in kept {
            let (there, _) = run.at::<f32>(Some(step)).unwrap();
            assert_eq!(there.trainer.state().steps, step);
            assert_eq!(Some(&there.trainer.state().weights), weights.as_ref(), "step {step}");
        }
        let message = run.at::<f32>(Some(1_000_000)).err().unwrap().to_string();
        assert!(message.contains("step 1000000 is not part of it; it ends with step"), "{message}");
    }

    #[test]
    fn checkpoints_are_close_together_at_first_and_never_many() {
        assert_eq!(spacing(0, 1000), 100);
        assert_eq!(spacing(6_399, 1000), 100);
        assert_eq!(spacing(6_400, 1000), 200);
        for step in [1, 10_000, 1_000_000, u64::from(u32::MAX)] {
            for bytes in [1, 1 << 20, 100 << 20, 1 << 40] {
                let kept = step / spacing(step, bytes);
                assert!(kept < 64 && (kept < 2 || kept * bytes <= CHECKPOINT_BYTES), "{step} {bytes}");
            }
        }
    }
}
