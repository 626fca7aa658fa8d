//! What stands between a run's data and its network, kept so that the network can be used without the data.

use super::write_whole;
use crate::data::Understood;
use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use whygrad::data::Preprocessing;
use whygrad::loss::{Decision, LossFunction, TargetKind};
use whygrad::train::{Prepared, Real};

/// What an output of a network says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Says {
    /// The class of its largest number, the first of equals, as accuracy has it.
    Largest,
    /// The second of two classes where its one number is above this, else the first.
    Above(f64),
    /// Numbers.
    Values,
}

/// What `preprocessing.json` holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    /// What was understood of each column of a table.
    pub columns: Vec<Understood>,
    /// What was fitted on the training part.
    pub preprocessing: Preprocessing,
    /// Of each class its share of the training part, of targets that are numbers their means there: what can be said without
    /// looking at an input.
    pub means: Vec<f64>,
}

impl Kept {
    /// Of what was prepared, from a table with these columns.
    pub(super) fn new<T: Real>(prepared: &Prepared<T>, columns: &[Understood]) -> Kept {
        let (preprocessing, means) = (prepared.preprocessing.clone(), Kept::means(prepared));
        Kept { columns: columns.to_vec(), preprocessing, means }
    }

    /// The field `means` of what was prepared.
    pub(crate) fn means<T: Real>(prepared: &Prepared<T>) -> Vec<f64> {
        let (scaler, mut means) = (&prepared.preprocessing.target_scaler, prepared.train.targets().means());
        for (at, mean) in means.iter_mut().enumerate().filter(|_| scaler.is_fitted()) {
            *mean = scaler.unscaled(at, *mean);
        }
        means
    }

    fn path(run: &Path) -> PathBuf {
        run.join("preprocessing.json")
    }

    /// What an output of the network says, where it is judged by this loss.
    pub(crate) fn says(&self, loss: &dyn LossFunction) -> Says {
        match (loss.wants(), loss.decision()) {
            (TargetKind::Classes, _) => Says::Largest,
            // Its targets were no and yes.
            (_, Some(Decision::Above(threshold))) if !self.preprocessing.classes.is_empty() => {
                Says::Above(threshold)
            }
            _ => Says::Values,
        }
    }

    /// What a class is called.
    pub(crate) fn class(&self, class: usize) -> String {
        self.preprocessing.classes.get(class).cloned().unwrap_or(class.to_string())
    }

    /// What so many predicted numbers are called.
    pub(crate) fn numbers(&self, outputs: usize) -> Vec<String> {
        match &self.preprocessing.targets {
            names if names.len() == outputs => names.clone(),
            _ if outputs == 1 => vec!["prediction".into()],
            _ => (0..outputs).map(|output| format!("prediction{output}")).collect(),
        }
    }

    /// Writes it into a run folder.
    pub(super) fn save(&self, run: &Path) -> Result<()> {
        let text = serde_json::to_string(self).expect("numbers and texts can be written as JSON") + "\n";
        write_whole(&Kept::path(run), text.as_bytes())
    }

    /// Reads it from a run folder.
    pub(crate) fn load(run: &Path) -> Result<Kept> {
        let path = Kept::path(run);
        let bytes = std::fs::read(&path).map_err(Error::file("read", &path))?;
        let damaged = |why: &str| {
            let problem = format!("damaged, so that nothing says what becomes of data: {why}");
            Error::Run { path: path.clone(), problem }
        };
        let kept: Kept = serde_json::from_slice(&bytes).map_err(|error| damaged(&error.to_string()))?;
        let Preprocessing { columns, scaler, target_scaler, .. } = &kept.preprocessing;
        if !(scaler.is_whole() && target_scaler.is_whole()) {
            return Err(damaged("a scaler has not as many units or origins as shifts"));
        }
        let empty = columns.columns.iter().any(|column| column.kind.width() == 0);
        if empty || !(columns.columns.is_empty() || columns.width() == scaler.features()) {
            return Err(damaged("its columns do not make the inputs that were scaled"));
        }
        Ok(kept)
    }
}
