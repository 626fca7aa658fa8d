//! A run on its way: made or taken up again, trained, recorded, and summed up.

use crate::data::Understood;
use crate::error::{Error, Result};
use crate::experiment::{Experiment, Read};
use crate::replay::Divergence;
use crate::run::{Kept, Recorder, Run, start, write_whole};
use crate::terminal::warn;
use crate::view::train::{Ended, Lights, Summary};
use crate::view::versioned;
use std::fs::OpenOptions;
use std::io::Write;
use std::ops::{ControlFlow, Range};
use std::path::{Path, PathBuf};
use std::time::Instant;
use whygrad::check::{Live, Told};
use whygrad::probe::Evaluation;
use whygrad::train::{Detail, End, Epoch, Observer, Prepared, Progress, Real, StepDone, fit};

/// A run before its next step.
pub struct Training<T> {
    run: Run,
    prepared: Prepared<T>,
    /// Of a new run of a table.
    understood: Vec<Understood>,
    progress: Progress,
    /// Of a run that is not finished yet.
    recorder: Option<Recorder>,
    prepare_seconds: f64,
}

impl<T: Real> Training<T> {
    /// Makes a run in the folder `runs`.
    pub fn start(experiment: &Experiment, runs: &Path) -> Result<Training<T>> {
        let began = Instant::now();
        let Read { setup, understood, remarks } = experiment.read::<T>()?;
        let prepared = start(experiment, setup)?;
        let run = Run::create(runs, experiment, &prepared, &understood)?;
        remarks.iter().for_each(|remark| warn(remark));
        Ok(Training { understood, ..Training::new(run, prepared, Progress::default(), began)? })
    }

    /// Takes up a run where it stands, to go on to its last epoch or to `epochs`.
    pub fn resume(run: Run, epochs: Option<u64>) -> Result<Training<T>> {
        let began = Instant::now();
        let (mut prepared, progress) = run.at::<T>(None)?;
        if let Some(epochs) = epochs {
            run.prolong(epochs, &mut prepared, &progress)?;
        }
        Training::new(run, prepared, progress, began)
    }

    fn new(run: Run, prepared: Prepared<T>, mut progress: Progress, began: Instant) -> Result<Training<T>> {
        // What was its end when a checkpoint was written need not be one any more.
        let (steps, fit) = (prepared.trainer.state().steps, &prepared.fit);
        let per_epoch = fit.batches(prepared.trainer.options(), prepared.train.len()).per_epoch();
        progress.done = progress.end(fit, steps, per_epoch).is_some();
        let going_on = (!progress.done).then(|| Recorder::start(&run, &prepared.trainer, &progress));
        let recorder = going_on.transpose()?;
        let prepare_seconds = began.elapsed().as_secs_f64();
        Ok(Training { run, prepared, understood: vec![], progress, recorder, prepare_seconds })
    }

    /// Its folder.
    pub fn run(&self) -> &Run {
        &self.run
    }

    /// Data and trainer.
    pub fn prepared(&self) -> &Prepared<T> {
        &self.prepared
    }

    /// What was understood of each column, where a new run has a table.
    pub fn understood(&self) -> &[Understood] {
        &self.understood
    }

    /// Whether it has come to its end.
    pub fn is_finished(&self) -> bool {
        self.progress.done
    }

    /// The bytes of the facts that were broken when it was taken up: what they told of is lost.
    pub fn broken(&self) -> &[Range<u64>] {
        self.recorder.as_ref().map_or(&[], Recorder::broken)
    }

    /// Steps of an epoch.
    pub fn steps_per_epoch(&self) -> u64 {
        let Prepared { train, trainer, fit, .. } = &self.prepared;
        fit.batches(trainer.options(), train.len()).per_epoch()
    }

    /// Trains until the end, or until `watcher` says stop, or with `strict` until a link is broken; leaves the folder
    /// whole, with its `summary.json`, which it returns. The folder of a run that is finished stays as it is, unless it was
    /// killed just before its summary.
    pub fn go_on(mut self, watcher: &mut dyn Watcher<T>, strict: bool) -> Result<Summary> {
        let steps_per_epoch = self.steps_per_epoch();
        let path = self.run.path().join("summary.json");
        if self.recorder.is_some() {
            let _ = std::fs::remove_file(&path); // it told how the run ended, if it ever did
        }
        let means = Kept::means(&self.prepared);
        let Prepared { train, test, trainer, preprocessing, fit: how } = &mut self.prepared;
        let told = Told::of(trainer, train.len(), *how, preprocessing.scaler.kind(), false);
        let live = match self.progress.done {
            true => None,
            false => Some(Live::new(trainer, train, test.as_ref(), told, strict)?),
        };
        let mut lights = Lit { live, watcher, findings: self.run.path().join("findings.jsonl"), error: None };
        let mut clock = Clock::new();
        let mut observers: Vec<&mut dyn Observer<T>> = vec![&mut clock, &mut lights];
        observers.extend(self.recorder.as_mut().map(|recorder| recorder as &mut dyn Observer<T>));
        fit(trainer, train, test.as_ref(), how, &mut self.progress, &mut observers)?;
        let seconds = clock.began.elapsed().as_secs_f64();
        let recorded =
            self.recorder.take().map(|recorder| recorder.finish(trainer, &self.progress)).transpose()?;
        let on_train = trainer.evaluate(train)?;
        let on_test = test.as_ref().map(|test| trainer.evaluate(test)).transpose()?;
        let values = match trainer.loss().probability() {
            None => Evaluation::of(trainer, test.as_ref().unwrap_or(train), preprocessing, &means)?.values,
            Some(_) => vec![],
        };
        let steps = trainer.state().steps;
        // Where a last update went wrong, no step tells of it; the loss after it does.
        let suspect = self.progress.diverged.or((!on_train.loss.is_finite()).then_some(steps));
        let diverged = match suspect.filter(|step| *step > 0) {
            Some(step) => Divergence::of_run::<T>(&self.run, step)?,
            None => None,
        };
        if let (Some(live), Some(Divergence { step, first, row })) = (&mut lights.live, &diverged) {
            live.diverged(*step, first.clone(), *row);
        }
        lights.tell();
        lights.error.take().map_or(Ok(()), Err)?;
        let finite = |x: f64| Some(x).filter(|x| x.is_finite());
        let stopped_by =
            lights.live.as_ref().filter(|_| strict).and_then(|live| live.first_broken().cloned());
        let summary = Summary {
            run: self.run.path().display().to_string(),
            finished: self.progress.done,
            ended: match self.progress.end(how, steps, steps_per_epoch) {
                _ if diverged.is_some() => Ended::Diverged,
                _ if stopped_by.is_some() => Ended::Broken,
                Some(End::Epochs) => Ended::Epochs,
                Some(End::Patience) => Ended::Patience,
                Some(End::Diverged) => Ended::Diverged,
                Some(End::Observer | End::Before) | None => Ended::Interrupted,
            },
            diverged: diverged.as_ref().map(|diverged| diverged.into()),
            lights: match &lights.live {
                Some(live) => Lights::of(Some(live)),
                None => Lights::written(&std::fs::read_to_string(&lights.findings).unwrap_or_default()),
            },
            stopped_by,
            steps,
            epochs: steps / steps_per_epoch,
            train_loss: finite(on_train.loss),
            train_accuracy: on_train.accuracy,
            test_loss: on_test.and_then(|test| finite(test.loss)),
            test_accuracy: on_test.and_then(|test| test.accuracy),
            values,
            best_epoch: self.progress.best_loss.map(|_| self.progress.best_epoch),
            prepare_seconds: self.prepare_seconds,
            train_seconds: seconds,
            step_seconds_median: clock.median(),
            examples_per_second: finite(clock.examples as f64 / seconds),
        };
        if recorded.is_some() || !path.is_file() {
            let text = serde_json::to_string(&versioned(&summary));
            let text = text.expect("numbers and texts can be written as JSON") + "\n";
            write_whole(&path, text.as_bytes())?;
        }
        Ok(summary)
    }
}

/// Whoever watches a training with its lights.
pub trait Watcher<T>: Observer<T> {
    /// What is known of each link from now on.
    fn lights(&mut self, lights: Lights);
}

/// Asks the checks while a training runs, and writes down what they find.
struct Lit<'a, T> {
    /// Of a training that goes on.
    live: Option<Live<'a, T>>,
    watcher: &'a mut dyn Watcher<T>,
    findings: PathBuf,
    error: Option<Error>,
}

impl<T: Real> Lit<'_, T> {
    /// Writes down what is new, and tells the watcher.
    fn tell(&mut self) {
        let Some(live) = &mut self.live else { return };
        let new = live.news();
        if new.is_empty() {
            return;
        }
        let text: String = new
            .iter()
            .map(|finding| {
                serde_json::to_string(finding).expect("numbers and texts can be written as JSON") + "\n"
            })
            .collect();
        let file = OpenOptions::new().append(true).create(true).open(&self.findings);
        if let Err(error) = file.and_then(|mut file| file.write_all(text.as_bytes())) {
            self.error = Some(Error::file("write", &self.findings)(error));
        }
        self.watcher.lights(Lights::of(self.live.as_ref()));
    }
}

impl<T: Real> Observer<T> for Lit<'_, T> {
    fn wants(&mut self, step: u64) -> Detail {
        let live = self.live.as_mut().map_or(Detail::Loss, |live| live.wants(step));
        live.max(self.watcher.wants(step))
    }

    fn step(&mut self, done: &StepDone<'_, T>) -> ControlFlow<()> {
        let live = self.live.as_mut().map_or(ControlFlow::Continue(()), |live| live.step(done));
        self.tell();
        let watcher = self.watcher.step(done);
        if live.is_break() || self.error.is_some() { ControlFlow::Break(()) } else { watcher }
    }

    fn epoch(&mut self, done: &Epoch<'_, T>) -> ControlFlow<()> {
        self.watcher.epoch(done)
    }
}

/// Takes the time of the steps.
struct Clock {
    began: Instant,
    step_began: Instant,
    seconds: Vec<f32>,
    examples: usize,
}

/// Step times that are kept for the median; of a longer run, the first ones.
const TIMES: usize = 1 << 20;

impl Clock {
    fn new() -> Clock {
        let now = Instant::now();
        Clock { began: now, step_began: now, seconds: vec![], examples: 0 }
    }

    fn median(&mut self) -> Option<f64> {
        let middle = self.seconds.len() / 2;
        let is_empty = self.seconds.is_empty();
        (!is_empty).then(|| f64::from(*self.seconds.select_nth_unstable_by(middle, f32::total_cmp).1))
    }
}

impl<T: Real> Observer<T> for Clock {
    fn wants(&mut self, _step: u64) -> Detail {
        self.step_began = Instant::now();
        Detail::Loss
    }

    fn step(&mut self, done: &StepDone<'_, T>) -> ControlFlow<()> {
        if self.seconds.len() < TIMES {
            self.seconds.push(self.step_began.elapsed().as_secs_f32());
        }
        self.examples += done.examples;
        ControlFlow::Continue(())
    }
}
