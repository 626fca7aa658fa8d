//! How good a trained network's predictions are, where it is known what they should be.

use crate::data::load_other;
use crate::error::{DataProblem, Error, Result};
use crate::run::{Kept, Run, Weights};
use crate::terminal::warn;
use crate::view::evaluate::{Evaluated, Part};
use whygrad::data::{DataError, Dataset};
use whygrad::probe::Evaluation;
use whygrad::train::{Prepared, Real};

/// Judges a run's network by its held-out part (where it has none, by its training part), or by the examples of a file,
/// whose targets stand in `targets` where they are an array of their own.
///
/// # Errors
/// Where the run's data are not those that it was trained on, or a file's are not of their kind.
pub fn evaluate<T: Real>(
    run: &Run,
    file: Option<&str>,
    targets: Option<&str>,
    weights: Weights,
) -> Result<Evaluated> {
    let (experiment, kept) = (run.experiment()?, Kept::load(run.path())?);
    let preprocessing = &kept.preprocessing;
    let (data, part): (Dataset<T>, Part) = match file {
        Some(file) => {
            let source = experiment.another(file, targets);
            let read = load_other::<T>(&source, preprocessing, experiment.want())?;
            read.remarks.iter().for_each(|remark| warn(remark));
            let mut data = read.train;
            let problem = |error: DataError| {
                let problem = DataProblem::of_set(error, preprocessing.columns.names());
                Error::Data { file: file.into(), problem }
            };
            preprocessing.scaler.apply(&mut data).map_err(problem)?;
            preprocessing.target_scaler.apply_to_targets(&mut data).map_err(problem)?;
            (data, Part::File)
        }
        None => {
            let Prepared { train, test, .. } = run.prepared::<T>()?;
            match test {
                Some(test) => (test, Part::HeldOut),
                None => (train, Part::Training),
            }
        }
    };
    let mut trainer = run.trained::<T>(&experiment, preprocessing.inputs(), weights)?;
    let evaluation = Evaluation::of(&mut trainer, &data, preprocessing, &kept.means)?;
    Ok(Evaluated {
        run: run.path().display().to_string(),
        best: weights == Weights::Best && run.has_best(),
        step: trainer.state().steps,
        part,
        file: file.map(Into::into),
        evaluation,
    })
}
