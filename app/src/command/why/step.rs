//! One training step of a run or of a worked example, held still.

use crate::error::{Error, Result};
use crate::experiment::Prepared;
use crate::run::Run;
use crate::textbook::{Textbook, Worked, place};
use crate::view::digits::pretty;
use serde_json::{Map, Value as Json};
use whygrad::credit::{Snapshot, Weight};
use whygrad::data::Dataset;
use whygrad::network::{Batch, Rows};
use whygrad::train::Real;

/// The most updates of a worked example before the step that is explained.
const UPDATES: u64 = 1_000_000;

/// A training step.
pub struct Step<T> {
    /// Whose step it is.
    pub origin: Origin,
    /// Its number, from 1.
    pub number: u64,
    /// The training part of the data.
    pub train: Dataset<T>,
    /// Its batch: rows of the training part.
    pub rows: Vec<usize>,
    /// The step held still.
    pub snapshot: Snapshot,
    /// Whether a step is made: not where a worked example gives no learning rate.
    pub moves: bool,
}

/// Whose step it is.
pub enum Origin {
    /// A run's.
    Run {
        /// The folder.
        path: String,
        /// The run's last step.
        last: u64,
    },
    /// A worked example's.
    Case {
        /// What it is called.
        name: String,
        /// The example.
        worked: Box<Worked>,
        /// What it calls things.
        names: Names,
    },
}

impl<T: Real> Step<T> {
    /// A step of a run, by default the last.
    pub fn of_run(run: &Run, number: Option<u64>) -> Result<Step<T>> {
        let last = run.last_step()?;
        let path = run.path().display().to_string();
        let number = number.unwrap_or(last);
        if last == 0 {
            let problem = "it has made no step yet, so no weight has moved".into();
            return Err(Error::Run { path: run.path().into(), problem });
        }
        if number == 0 || number > last {
            let problem = format!("is {number}; {path} has the steps 1 to {last}");
            return Err(Error::argument("--step", problem));
        }
        let (prepared, _) = run.at::<T>(Some(number - 1))?;
        let Prepared { train, trainer, fit: how, .. } = prepared;
        let rows = how.batches(trainer.options(), train.len()).at(number - 1).to_vec();
        let snapshot = Snapshot::take(&trainer, Batch { data: &train, rows: Rows::Index(&rows) })?;
        Ok(Step { origin: Origin::Run { path, last }, number, train, rows, snapshot, moves: true })
    }

    /// What things are called: in a run as in the network, in a worked example as there.
    pub fn names(&self) -> &Names {
        const NONE: &Names = &Names(vec![]);
        if let Origin::Case { names, .. } = &self.origin { names } else { NONE }
    }
}

impl Step<f64> {
    /// A step of a case of the literature or, by default, of the first network.
    pub fn of_case(case: Option<&str>, number: Option<u64>) -> Result<Step<f64>> {
        let book = Textbook::named(case)?;
        let refuse = |problem| Error::argument("--case", problem);
        let worked = book.work().map_err(refuse)?;
        let number = number.unwrap_or(1);
        let last = if book.learning_rate.is_some() { UPDATES } else { 1 };
        if !(1..=last).contains(&number) {
            let problem = match book.learning_rate {
                Some(_) => format!("is {number}; it takes a number from 1 to {UPDATES}"),
                None => format!("is {number}; {} gives no learning rate, so there is step 1 only", book.name),
            };
            return Err(Error::argument("--step", problem));
        }
        let lr = book.learning_rate.unwrap_or(0.0);
        let mut trainer = worked.trainer(lr).map_err(refuse)?;
        (1..number).for_each(|_| worked.update(&mut trainer));
        let snapshot = Snapshot::take(&trainer, worked.batch())?;
        let (train, rows, names) = (worked.data.clone(), vec![0], Names::of(&worked));
        let origin = Origin::Case { name: book.name.clone(), worked: worked.into(), names };
        Ok(Step { origin, number, train, rows, snapshot, moves: book.learning_rate.is_some() })
    }
}

/// What a worked example calls things: pairs of the network's name and its own, longest first.
#[derive(Default)]
pub struct Names(Vec<(String, String)>);

impl Names {
    fn of(worked: &Worked) -> Names {
        let (network, mut names) = (&worked.network, vec![]);
        for weight in &worked.weights {
            for end in &weight.ends {
                let name = Weight::at_place(place(network, *end), network).name(network);
                names.push((name, weight.symbol.clone()));
            }
        }
        for value in 0..=network.nodes().len() {
            let own = worked.names_of(value);
            let node = if value == 0 { "x" } else { &network.nodes()[value - 1].name };
            let is_output = value == network.nodes().len();
            for (i, name) in own.iter().enumerate() {
                let index = if own.len() == 1 { String::new() } else { format!("[{i}]") };
                names.push((format!("{node}{index}"), name.clone()));
                if is_output {
                    names.push((format!("ŷ{index}"), name.clone()));
                }
            }
            if own.len() > 1 && value > 0 {
                names.push((node.into(), own[0].replace(|c: char| c.is_ascii_digit(), "")));
            }
        }
        names.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
        Names(names)
    }

    /// A text with the example's names; as people write them (`w₁`), or plain (`w1`).
    pub fn say(&self, text: &str, people: bool) -> String {
        self.0.iter().fold(text.to_string(), |text, (name, own)| {
            text.replace(name, &if people { pretty(own) } else { own.clone() })
        })
    }

    /// The plain names in everything that names something.
    pub fn in_json(&self, json: &mut Json) {
        match json {
            Json::String(text) => *text = self.say(text, false),
            Json::Array(items) => items.iter_mut().for_each(|item| self.in_json(item)),
            Json::Object(fields) => {
                let named =
                    fields.iter_mut().filter(|(key, _)| !["template", "name"].contains(&key.as_str()));
                named.for_each(|(_, field)| self.in_json(field));
            }
            _ => {}
        }
    }
}

/// Every value of a worked example, by its name.
pub fn values(worked: &Worked, snapshot: &Snapshot) -> Map<String, Json> {
    let of = |value: usize| {
        let numbers = snapshot.plan().value(value).next().unwrap_or_default().to_vec();
        worked.names_of(value).into_iter().zip(numbers.into_iter().map(Json::from))
    };
    (0..=worked.network.nodes().len()).flat_map(of).collect()
}
