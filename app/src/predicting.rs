//! What a trained network says of rows that it has not seen: read block by block, so that they need not fit into memory.

use crate::data::{self, unseen_texts};
use crate::error::{DataProblem, Error, Result};
use crate::experiment::Experiment;
use crate::run::{Kept, Run, Says, Weights};
use serde_json::{Map, Value as Json};
use std::io::Write;
use whygrad::Shape;
use whygrad::data::{DataError, Encoded, Table};
use whygrad::loss::Probability;
use whygrad::train::{Real, Trainer};

/// How predictions are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A header, and a line for each row.
    Csv,
    /// A JSON object for each row, a line each.
    JsonLines,
}

/// A trained network with what stands before and behind it.
#[derive(Debug)]
pub struct Predictor<T> {
    experiment: Experiment,
    trainer: Trainer<T>,
    kept: Kept,
    probability: Option<Probability>,
    says: Says,
    file: String,
}

/// What was predicted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Predicted {
    /// Rows of the file.
    pub rows: u64,
    /// Those without a prediction, because a cell is missing.
    pub left_out: u64,
    /// Those without a prediction, because the network's outputs are not finite.
    pub not_finite: u64,
    /// What has to be said beside.
    pub remarks: Vec<String>,
}

impl<T: Real> Predictor<T> {
    /// Of a run.
    ///
    /// # Errors
    /// Where the run keeps no such weights, or not what became of its data.
    pub fn of(run: &Run, weights: Weights) -> Result<Predictor<T>> {
        let experiment = run.experiment()?;
        let kept = Kept::load(run.path())?;
        let trainer = run.trained::<T>(&experiment, kept.preprocessing.inputs(), weights)?;
        let loss = trainer.loss();
        let (probability, says) = (loss.probability(), kept.says(&**loss));
        Ok(Predictor { experiment, kept, probability, says, trainer, file: String::new() })
    }

    /// Predicts for each row of a file (`-`: standard input) and writes a line for it; `progress` is told how many rows were
    /// read.
    ///
    /// # Errors
    /// Where the file lacks a column, or a cell is not what its column needs.
    pub fn predict(
        &mut self,
        file: &str,
        form: Form,
        out: &mut dyn Write,
        mut progress: impl FnMut(u64),
    ) -> Result<Predicted> {
        self.file = file.into();
        let mut predicted = Predicted::default();
        let mut unseen = vec![0; self.kept.preprocessing.inputs()];
        // Written with the first rows: a file that cannot be read leaves nothing.
        let names = self.header();
        let mut header = (form == Form::Csv).then(|| names.join(","));
        // A line of nothing at all would be passed over by who reads it.
        let gap = if names.len() == 1 { "\"\"".into() } else { ",".repeat(names.len() - 1) };
        let (preprocessing, source) = (self.kept.preprocessing.clone(), self.experiment.another(file, None));
        let columns = &preprocessing.columns;
        data::stream::<T>(&source, &preprocessing, |table, rows, read| {
            let count = rows.len();
            let (outputs, more) = self.outputs(table, &rows)?;
            if let Some(header) = header.take() {
                writeln!(out, "{header}")?;
            }
            unseen.iter_mut().zip(more).for_each(|(all, more)| *all += more);
            let mut at = 0;
            for row in predicted.rows + 1..=read {
                // Rows with a missing cell have empty cells, so that lines and rows stay side by side.
                let output = (at < count && u64::from(rows[at]) == row).then(|| {
                    let width = outputs.len() / count;
                    at += 1;
                    &outputs[(at - 1) * width..at * width]
                });
                let finite = output.is_none_or(|output| output.iter().all(|y| y.is_finite()));
                predicted.not_finite += u64::from(!finite);
                predicted.left_out += u64::from(output.is_none());
                if let Some(output) = output.filter(|_| finite) {
                    self.write(output, form, out)?;
                } else {
                    writeln!(out, "{}", if form == Form::Csv { &gap } else { "{}" })?;
                }
            }
            predicted.rows = read;
            progress(read);
            Ok(())
        })?;
        if let Some(header) = header.take() {
            writeln!(out, "{header}")?;
        }
        let seen = columns.columns.iter().zip(&unseen).filter(|(_, count)| **count > 0);
        predicted.remarks = seen.map(|(column, count)| unseen_texts(&column.name, *count, "rows")).collect();
        if predicted.not_finite > 0 {
            let rows = predicted.not_finite;
            predicted.remarks.push(format!(
                "of {rows} rows the network's outputs are not finite, and so there is no prediction; whygrad show tells whether \
                 the run diverged"
            ));
        }
        if predicted.left_out > 0 {
            let left_out = predicted.left_out;
            predicted.remarks.push(format!("{left_out} rows have a missing cell, and so no prediction"));
        }
        Ok(predicted)
    }

    /// The network's outputs for some rows, and for each column the cells whose text training did not see.
    fn outputs(&mut self, table: Table<T>, rows: &[u32]) -> Result<(Vec<T>, Vec<usize>)> {
        let (columns, wants) = (&self.kept.preprocessing.columns, self.kept.preprocessing.inputs());
        if columns.columns.is_empty() && table.columns.len() != wants {
            let [test, train] = [table.columns.len(), wants].map(|width| Shape::from([width]));
            return Err(Error::Data {
                file: self.file.clone(),
                problem: DataProblem::Shapes { test, train },
            });
        }
        let Encoded { mut inputs, unseen } = match columns.columns.is_empty() {
            true => Encoded { inputs: table.cells, unseen: vec![] },
            false => columns.apply(table),
        };
        self.kept.preprocessing.scaler.scale(&mut inputs);
        let outputs = self.trainer.predict(&inputs).map_err(|error| match error {
            whygrad::network::Error::Data(DataError::NotFinite { part, example, place, value }) => {
                let example = rows.get(example).map_or(example, |row| *row as usize);
                let error = DataError::NotFinite { part, example, place, value };
                let problem = DataProblem::of_set(error, self.kept.preprocessing.columns.names());
                Error::Data { file: self.file.clone(), problem }
            }
            error => error.into(),
        })?;
        Ok((outputs, unseen))
    }

    /// What the columns of the predictions are called, as CSV has it.
    fn header(&self) -> Vec<String> {
        match self.says {
            Says::Values => self.value_names().iter().map(|name| quoted(name)).collect(),
            _ if self.probability.is_some() => vec!["prediction".into(), "probability".into()],
            _ => vec!["prediction".into()],
        }
    }

    /// Names of the numbers that are predicted.
    fn value_names(&self) -> Vec<String> {
        let outputs = self.trainer.network().shape(self.trainer.network().output()).len();
        self.kept.numbers(outputs)
    }

    /// Writes what one output of the network says.
    fn write(&self, output: &[T], form: Form, out: &mut dyn Write) -> Result<()> {
        let preprocessing = &self.kept.preprocessing;
        let mut said: Vec<f64> = output.iter().map(|y| y.f64()).collect();
        if let Some(probability) = self.probability {
            probability.of(&mut said);
        }
        let class = match self.says {
            Says::Values => None,
            Says::Above(threshold) => Some(usize::from(output[0].f64() > threshold)),
            Says::Largest => {
                Some((1..output.len()).fold(0, |best, at| if output[at] > output[best] { at } else { best }))
            }
        };
        if let (Says::Above(_), [p]) = (self.says, &said[..]) {
            said = vec![1.0 - p, *p];
        }
        match class {
            Some(class) => {
                let name = |class: usize| self.kept.class(class);
                match form {
                    Form::Csv if self.probability.is_some() => {
                        writeln!(out, "{},{}", quoted(&name(class)), T::of(said[class]))?;
                    }
                    Form::Csv => writeln!(out, "{}", quoted(&name(class)))?,
                    Form::JsonLines => {
                        let mut line = Map::new();
                        line.insert("prediction".into(), name(class).into());
                        if self.probability.is_some() {
                            line.insert("probability".into(), said[class].into());
                            let each =
                                said.iter().enumerate().map(|(class, share)| (name(class), (*share).into()));
                            line.insert("probabilities".into(), Json::Object(each.collect()));
                        }
                        writeln!(out, "{}", Json::Object(line))?;
                    }
                }
            }
            None => {
                let scaled = preprocessing.target_scaler.is_fitted();
                for (at, y) in said.iter_mut().enumerate().filter(|_| scaled) {
                    *y = preprocessing.target_scaler.unscaled(at, *y);
                }
                match form {
                    Form::Csv => {
                        let cell =
                            |(at, y): (usize, &f64)| match scaled && preprocessing.target_scaler.is_far(at) {
                                true => y.to_string(),
                                false => T::of(*y).to_string(),
                            };
                        let cells: Vec<String> = said.iter().enumerate().map(cell).collect();
                        writeln!(out, "{}", cells.join(","))?;
                    }
                    Form::JsonLines => {
                        let line = self.value_names().into_iter().zip(said.iter().map(|y| (*y).into()));
                        writeln!(out, "{}", Json::Object(line.collect()))?;
                    }
                }
            }
        }
        Ok(())
    }
}

/// A cell of CSV.
fn quoted(cell: &str) -> String {
    match cell.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", cell.replace('"', "\"\"")),
        false => cell.into(),
    }
}
