//! Runs beside each other: which there are, how they went, what two differ in.

use super::digits::number;
use crate::data::Understood;
use crate::error::Result;
use crate::experiment::json;
use crate::run::{Found, Kept, Run};
use indicatif::HumanCount;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value as Json};
use std::collections::BTreeSet;
use whygrad::facts::EpochRecord;

/// The runs of a folder.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Runs {
    /// In the order in which they began.
    pub runs: Vec<Listed>,
}

/// How a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// All epochs are done.
    Epochs,
    /// So many epochs as `train.patience` says had no lower held-out loss.
    Patience,
    /// The loss is not finite any more.
    Diverged,
    /// It was stopped because a link is broken.
    Broken,
    /// Somebody stopped it.
    Interrupted,
    /// It ended without writing down how.
    Killed,
    /// It is trained right now.
    Training,
    /// Its experiment cannot be read, or was changed.
    Unreadable,
}

/// A run, and how it went.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Listed {
    /// Its folder.
    pub run: String,
    /// When it began, or was given more epochs.
    pub began: Option<String>,
    /// How it stands.
    pub state: State,
    /// The same in words.
    pub sentence: String,
    /// Steps that it made.
    pub steps: Option<u64>,
    /// Whole epochs that it made.
    pub epochs: Option<u64>,
    /// Epochs that it is to make.
    pub epochs_asked: Option<u64>,
    /// Loss of the training part at the end.
    pub train_loss: Option<f64>,
    /// Share of the training part that is right.
    pub train_accuracy: Option<f64>,
    /// Loss of the held-out part.
    pub test_loss: Option<f64>,
    /// Share of the held-out part that is right.
    pub test_accuracy: Option<f64>,
    /// Where targets are numbers: the first one's mean absolute error, in its own units.
    pub mae: Option<f64>,
    /// Epoch with the lowest held-out loss.
    pub best_epoch: Option<u64>,
    /// From the first step to the last.
    pub train_seconds: Option<f64>,
}

impl Listed {
    /// Of a run.
    pub fn of(run: &Run) -> Listed {
        let (summary, experiment) = (run.summary(), run.experiment());
        let of =
            |key: &str| summary.as_ref().and_then(|summary| summary.get(key)).cloned().unwrap_or_default();
        let state = match (&experiment, &summary) {
            (Err(_), _) => State::Unreadable,
            (_, None) if run.is_trained_now() => State::Training,
            (_, None) => State::Killed,
            (_, Some(_)) => match of("ended").as_str() {
                Some("epochs") => State::Epochs,
                Some("patience") => State::Patience,
                Some("broken") => State::Broken,
                // An older whygrad said less.
                _ if !of("diverged").is_null() => State::Diverged,
                _ if of("finished") == true => State::Epochs,
                _ => State::Interrupted,
            },
        };
        // Without a summary the facts tell how far it came.
        let last = if summary.is_none() { run.epochs().pop() } else { None };
        let metrics = |key: &str, train: bool, loss: bool| {
            let told = last.as_ref().and_then(|last| if train { Some(last.train) } else { last.test });
            let told = told.and_then(|of| if loss { Some(of.loss) } else { of.accuracy });
            of(key).as_f64().or(told.filter(|x| x.is_finite()))
        };
        let mut listed = Listed {
            run: run.path().display().to_string(),
            began: run
                .began()
                .and_then(|at| jiff::Timestamp::try_from(at).ok())
                .map(|at| at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()),
            state,
            sentence: String::new(),
            steps: of("steps").as_u64().or(last.as_ref().map(|last| last.step)),
            epochs: of("epochs").as_u64().or(last.as_ref().map(|last| last.epoch)),
            epochs_asked: experiment.as_ref().ok().map(|experiment| experiment.epochs()),
            train_loss: metrics("train_loss", true, true),
            train_accuracy: metrics("train_accuracy", true, false),
            test_loss: metrics("test_loss", false, true),
            test_accuracy: metrics("test_accuracy", false, false),
            mae: of("values")[0]["mae"].as_f64(),
            best_epoch: of("best_epoch").as_u64(),
            train_seconds: of("train_seconds").as_f64(),
        };
        let told = |key: &str| of(key)["sentence"].as_str().map(String::from);
        listed.sentence = match (state, experiment) {
            (State::Unreadable, Err(error)) => error.to_string(),
            (State::Diverged, _) => told("diverged").unwrap_or("its loss is not finite any more".into()),
            (State::Broken, _) => {
                format!("stopped as a link is broken: {}", told("stopped_by").unwrap_or_default())
            }
            _ => listed.in_words(),
        };
        listed
    }

    /// Why it ended, where no other sentence says so.
    fn in_words(&self) -> String {
        let far = match (self.epochs, self.epochs_asked) {
            (Some(done), Some(asked)) => format!("{} of {} epochs", HumanCount(done), HumanCount(asked)),
            _ => "less than an epoch".into(),
        };
        let go_on = || format!("go on with: whygrad train --resume {}", self.run);
        match self.state {
            State::Epochs => format!("ended after {far}: all are done"),
            State::Patience => match self.best_epoch {
                Some(best) => format!(
                    "ended after {far}: none after epoch {best} had a lower held-out loss (train.patience)"
                ),
                None => format!("ended after {far}: none had a lower held-out loss (train.patience)"),
            },
            State::Interrupted => format!("stopped after {far}; {}", go_on()),
            State::Killed => format!("ended after {far} without saying why, as if killed; {}", go_on()),
            State::Training => format!("is trained right now, {far} so far"),
            State::Diverged | State::Broken | State::Unreadable => String::new(),
        }
    }
}

/// What some runs differ in.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Compared {
    /// The runs.
    pub runs: Vec<Listed>,
    /// Keys of their experiments that are not the same in all of them, by name.
    pub experiment: Vec<Difference>,
    /// Whether they were trained on the same examples; null where one does not say.
    pub same_data: Option<bool>,
}

/// A key, and what each run says there.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Difference {
    /// The key, such as `optimizer.lr`.
    pub key: String,
    /// Of each run; null where it does not give the key, and the default holds.
    pub values: Vec<Json>,
}

impl Compared {
    /// Of these runs.
    ///
    /// # Errors
    /// Where an experiment cannot be read.
    pub fn of(runs: &[Run]) -> Result<Compared> {
        let mut given = vec![];
        for run in runs {
            let table = json::read(&run.experiment()?.text).unwrap_or_default();
            let mut keys = Map::new();
            flatten("", &table, &mut keys);
            given.push(keys);
        }
        let keys: BTreeSet<&String> = given.iter().flat_map(Map::keys).collect();
        let difference = |key: &String| {
            let values: Vec<Json> =
                given.iter().map(|keys| keys.get(key).cloned().unwrap_or_default()).collect();
            let same = values.iter().all(|value| *value == values[0]);
            (!same).then(|| Difference { key: key.clone(), values })
        };
        let data: Option<Vec<[u32; 2]>> = runs.iter().map(Run::data_checksums).collect();
        Ok(Compared {
            experiment: keys.into_iter().filter_map(difference).collect(),
            same_data: data.map(|data| data.iter().all(|of| *of == data[0])),
            runs: runs.iter().map(Listed::of).collect(),
        })
    }
}

/// The keys of tables inside tables as one: `optimizer.lr`. A list stays one value.
fn flatten(before: &str, table: &Map<String, Json>, into: &mut Map<String, Json>) {
    for (key, value) in table {
        match value {
            Json::Object(inside) => flatten(&format!("{before}{key}."), inside, into),
            value => drop(into.insert(format!("{before}{key}"), value.clone())),
        }
    }
}

/// A value of an experiment in one line: a list of layers as `linear(out=32), relu`.
pub fn value(of: &Json) -> String {
    match of {
        Json::Null => "default".into(),
        Json::String(text) => text.clone(),
        Json::Array(items) => items.iter().map(value).collect::<Vec<_>>().join(", "),
        Json::Object(table) => {
            let name = table.get("type").map(value).unwrap_or_default();
            let others = table.iter().filter(|(key, _)| *key != "type");
            let others: Vec<String> = others.map(|(key, of)| format!("{key}={}", value(of))).collect();
            if others.is_empty() { name } else { format!("{name}({})", others.join(", ")) }
        }
        other => other.to_string(),
    }
}

/// A run as a whole.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Shown {
    /// How it went.
    #[serde(flatten)]
    pub listed: Listed,
    /// Its epochs.
    pub history: Vec<Epoch>,
    /// Of a table: what was understood of each column.
    pub columns: Vec<Understood>,
    /// What lies in its folder.
    pub files: Vec<File>,
}

/// An epoch.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Epoch {
    /// Its number, from 1.
    pub epoch: u64,
    /// Its last step.
    pub step: u64,
    /// Loss of its examples, each before its step's update; null where it is no finite number.
    pub train_loss: Option<f64>,
    /// Share of them that was right.
    pub train_accuracy: Option<f64>,
    /// Loss of the held-out part.
    pub test_loss: Option<f64>,
    /// Share of the held-out part that was right.
    pub test_accuracy: Option<f64>,
}

/// Something that lies in a run folder.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct File {
    /// Its name.
    pub name: String,
    /// What it is.
    pub what: String,
    /// How many files that are.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
}

impl Shown {
    /// Of a run.
    ///
    /// # Errors
    /// Where its experiment cannot be read.
    pub fn of(run: &Run) -> Result<Shown> {
        run.experiment()?;
        Ok(Shown {
            listed: Listed::of(run),
            history: run.epochs().into_iter().map(Epoch::from).collect(),
            // A run of an older whygrad does not tell.
            columns: Kept::load(run.path()).map(|kept| kept.columns).unwrap_or_default(),
            files: run.found().into_iter().map(File::from).collect(),
        })
    }

    /// The place in the history of the epoch whose weights `best.safetensors` has.
    pub fn best(&self) -> Option<usize> {
        let judged = |epoch: &Epoch| epoch.test_loss.or(epoch.train_loss);
        let each = self.history.iter().enumerate().filter_map(|(at, epoch)| Some((at, judged(epoch)?)));
        each.reduce(|best, next| if next.1 < best.1 { next } else { best }).map(|(at, _)| at)
    }

    /// What is said of it.
    pub fn sentences(&self) -> Vec<String> {
        let Listed { began, sentence, .. } = &self.listed;
        let part =
            if self.history.iter().any(|epoch| epoch.test_loss.is_some()) { "held-out" } else { "training" };
        let best = self.best().map(|at| {
            let Epoch { epoch, test_loss, train_loss, .. } = &self.history[at];
            let loss = test_loss.or(*train_loss).map_or("NaN".into(), number);
            format!("the lowest {part} loss is {loss}, in epoch {epoch}; its weights are in best.safetensors")
        });
        [began.as_ref().map(|began| format!("began {began}")), Some(sentence.clone()), best]
            .into_iter()
            .flatten()
            .collect()
    }
}

impl From<EpochRecord> for Epoch {
    fn from(record: EpochRecord) -> Epoch {
        let finite = |x: f64| Some(x).filter(|x| x.is_finite());
        Epoch {
            epoch: record.epoch,
            step: record.step,
            train_loss: finite(record.train.loss),
            train_accuracy: record.train.accuracy,
            test_loss: record.test.and_then(|test| finite(test.loss)),
            test_accuracy: record.test.and_then(|test| test.accuracy),
        }
    }
}

impl From<Found> for File {
    fn from(found: Found) -> File {
        File { name: found.name.into(), what: found.what.into(), files: found.files, bytes: found.bytes }
    }
}
