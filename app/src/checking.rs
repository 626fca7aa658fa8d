//! A training that is checked: where it comes from, how much time there is for it, and what has to be said beside.

use crate::error::{DataProblem, Error, Result};
use crate::experiment::Experiment;
use crate::run::checkpoint;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use whygrad::check::{Budget, Change, Evidence, Source, Unable, Verdict, Wanted, check};
use whygrad::data::DataError;
use whygrad::network::Error as NetworkError;
use whygrad::probe::Score;
use whygrad::train::{Real, Setup};

/// The least and the most time that a check takes where nobody says how much, and how many times the training's own.
const LEAST: Duration = Duration::from_secs(10);
const MOST: Duration = Duration::from_secs(300);
const TIMES: u32 = 10;

/// What a check of an experiment came to.
pub struct Checked {
    /// The verdict.
    pub verdict: Verdict,
    /// The experiment with what mends it; `None` where nothing does.
    pub mended: Option<Experiment>,
    /// How long it took.
    pub seconds: f64,
}

/// Checks an experiment. `stop` says whether somebody wants it to end; `doing` is told what it does.
///
/// # Errors
/// Where the experiment cannot run and no check says why.
pub fn experiment(
    experiment: &Experiment,
    budget: Option<Duration>,
    stop: &(dyn Fn() -> bool + Sync),
    doing: &dyn Fn(&str),
) -> Result<Checked> {
    match experiment.is_double() {
        true => checked::<f64>(experiment, budget, stop, doing),
        false => checked::<f32>(experiment, budget, stop, doing),
    }
}

fn checked<T: Real>(
    experiment: &Experiment,
    budget: Option<Duration>,
    stop: &(dyn Fn() -> bool + Sync),
    doing: &dyn Fn(&str),
) -> Result<Checked> {
    let began = Instant::now();
    doing("reading the data");
    let limit = AtomicU64::new(budget.unwrap_or(MOST).as_millis() as u64);
    let share = || 1e3 * began.elapsed().as_secs_f64() / limit.load(Ordering::Relaxed) as f64;
    let used = || if stop() { 1.0 } else { share() };
    let over = Budget { used: &used, doing };
    let mut setup = match setup::<T>(experiment) {
        Ok(setup) => setup,
        Err(error) => {
            // Numbers that are not finite are a finding, not a mistake of whoever asks.
            let (error, column) = not_finite(error)?;
            let mut verdict = check(&mut Unreadable(error), &over).map_err(unable)?;
            for finding in verdict.causes.iter_mut().map(|cause| &mut cause.finding) {
                finding.place.column.clone_from(&column);
            }
            return Ok(Checked { verdict, mended: None, seconds: began.elapsed().as_secs_f64() });
        }
    };
    let input = setup.data.shape().clone();
    let mut timed = Timed { setup: &mut setup, limit: budget.is_none().then_some(&limit) };
    let verdict = check(&mut timed, &over).map_err(unable)?;
    let mended =
        (!verdict.stages.is_empty()).then(|| experiment.changed(&verdict.stages, &input)).transpose()?;
    Ok(Checked { verdict, mended, seconds: began.elapsed().as_secs_f64() })
}

/// What decides the training of an experiment, with the weights that it names.
fn setup<T: Real>(experiment: &Experiment) -> Result<Setup<T>> {
    let mut setup = experiment.setup::<T>()?;
    if let Some(path) = &experiment.weights {
        setup.weights = Some(checkpoint::load_weights(path.as_ref(), &setup.network)?);
    }
    Ok(setup)
}

fn unable(unable: Unable) -> Error {
    match unable {
        Unable::Refused(error) => error.into(),
        Unable::Over | Unable::NoTrial => Error::argument(
            "check",
            "it was ended before the training came to its end, so nothing is known of it",
        ),
    }
}

/// What is not finite in data that could not be read, with the name of its column; any other error stays one.
fn not_finite(error: Error) -> Result<(NetworkError, Option<String>)> {
    let found = match &error {
        Error::Data { problem: DataProblem::Cell { row, column, problem, .. }, .. } => {
            let cell = problem.cell();
            let value = cell.trim().parse::<f64>().ok().filter(|x| !x.is_finite());
            value.map(|value| (*row as usize - 1, Some(column.clone()), value))
        }
        Error::Data { problem: DataProblem::NonFinite { index, value }, .. } => Some((*index, None, *value)),
        _ => None,
    };
    match found {
        Some((example, column, value)) => {
            let problem = DataError::NotFinite { part: "input", example, place: 0, value };
            Ok((NetworkError::Data(problem), column))
        }
        None => Err(error),
    }
}

/// Data that could not be read.
struct Unreadable(NetworkError);

impl Source for Unreadable {
    fn evidence(&mut self, _: &[Vec<Change>], _: &Budget<'_>) -> Result<Evidence, Unable> {
        Ok(Evidence { refused: Some(self.0.clone()), ..Evidence::default() })
    }

    fn scores(&mut self, wanted: &[Wanted], _: &Budget<'_>) -> Vec<Result<Score, Unable>> {
        wanted.iter().map(|_| Err(Unable::NoTrial)).collect()
    }
}

/// A source that takes the time of the training, and sets the limit by it.
struct Timed<'a, T> {
    setup: &'a mut Setup<T>,
    /// In milliseconds.
    limit: Option<&'a AtomicU64>,
}

impl<T: Real> Source for Timed<'_, T> {
    fn evidence(&mut self, changes: &[Vec<Change>], budget: &Budget<'_>) -> Result<Evidence, Unable> {
        let began = Instant::now();
        let evidence = self.setup.evidence(changes, budget);
        if let Some(limit) = self.limit.take() {
            let most = (TIMES * began.elapsed()).clamp(LEAST, MOST);
            limit.store(most.as_millis() as u64, Ordering::Relaxed);
        }
        evidence
    }

    fn scores(&mut self, wanted: &[Wanted], budget: &Budget<'_>) -> Vec<Result<Score, Unable>> {
        self.setup.scores(wanted, budget)
    }
}
