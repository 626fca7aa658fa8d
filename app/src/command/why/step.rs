//! One training step of a run or of a worked example: what was before it, what it saw, what was after it.

use crate::error::{Error, Result};
use crate::experiment::{Experiment, Prepared};
use crate::run::Run;
use crate::textbook::{Textbook, Worked, place};
use crate::view::digits::pretty;
use serde_json::{Map, Value as Json};
use std::sync::Arc;
use whygrad::credit::{Comparison, Snapshot, Update, Updates, Weight};
use whygrad::data::Dataset;
use whygrad::loss::LossFunction;
use whygrad::network::{Batch, Keep, Pass, Plan, Rows, Weights};
use whygrad::optim::Optimizer;
use whygrad::train::{Options, Real, State, Trainer};

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
    /// The step between gradient and update, in f64.
    pub still: Snapshot,
    /// The loss.
    pub loss: Arc<dyn LossFunction>,
    /// All weights after it; `None` where no step is made.
    pub after: Option<Weights<T>>,
    /// State before it, as training had it.
    pub before: State<T>,
    /// The batch's gradient as training computed it, before clipping.
    gradient: Vec<T>,
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
    pub fn of_run(run: &Run, experiment: &Experiment, number: Option<u64>) -> Result<Step<T>> {
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
        let options = *trainer.options();
        let rows = how.batches(&options, train.len()).at(number - 1).to_vec();
        let rules = (Arc::clone(&experiment.loss), Arc::clone(&experiment.optimizer), options);
        Step::take(Origin::Run { path, last }, trainer, rules, train, rows, true)
    }

    /// Holds the trainer's next step still, and makes it.
    fn take(
        origin: Origin,
        mut trainer: Trainer<T>,
        (loss, optimizer, options): (Arc<dyn LossFunction>, Arc<dyn Optimizer>, Options),
        train: Dataset<T>,
        rows: Vec<usize>,
        moves: bool,
    ) -> Result<Step<T>> {
        let batch = Batch { data: &train, rows: Rows::Index(&rows) };
        let before = trainer.state().clone();
        let network = Arc::clone(trainer.network());
        let mut gradient = vec![T::zero(); network.param_count()];
        let mut plan =
            Plan::new(&network, Arc::clone(&loss), options.batch, options.threads, Keep::Training)?;
        plan.pass(&before.weights, batch, Pass::train(options.key(before.steps)));
        plan.gradient(&before.weights, &mut gradient);
        drop(plan);
        trainer.step(batch);
        let after = moves.then(|| trainer.state().weights.clone());
        drop(trainer);
        let still = Snapshot::new(network, Arc::clone(&loss), optimizer, options, &before, batch)?;
        Ok(Step { origin, number: before.steps + 1, rows, still, loss, after, before, gradient, train })
    }

    /// How the optimizer moved a weight.
    pub fn update(&self, weight: Weight) -> Option<Update> {
        let (options, optimizer) = (self.still.options(), self.still.optimizer());
        let after = &self.after.as_ref()?.params;
        let how = (options.clip, options.schedule);
        let updates = Updates::new(self.still.network(), optimizer, how, &self.before, &self.gradient, after);
        Some(updates.of(weight))
    }

    /// The gradient that training used beside the exact one.
    pub fn beside(&self, weight: Weight) -> Comparison {
        self.still.beside(weight, self.gradient[weight.place(self.still.network())].f64())
    }

    /// Δw of all weights.
    pub fn moves(&self) -> Option<Vec<f64>> {
        let pairs = self.after.as_ref()?.params.iter().zip(&self.before.weights.params);
        Some(pairs.map(|(after, before)| after.f64() - before.f64()).collect())
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
        let optimizer = Arc::new(whygrad::optim::Sgd { lr, ..Default::default() });
        let rules = (Arc::clone(&worked.loss), optimizer as _, Options { batch: 1, ..Options::default() });
        let (data, names) = (worked.data.clone(), Names::of(&worked));
        let origin = Origin::Case { name: book.name.clone(), worked: worked.into(), names };
        Step::take(origin, trainer, rules, data, vec![0], book.learning_rate.is_some())
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
                let name = weight_at(worked, place(network, *end)).name(network);
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

/// The weight that stands there among all parameters' numbers.
pub fn weight_at(worked: &Worked, place: usize) -> Weight {
    let params = worked.network.params();
    let param = params.partition_point(|param| param.range.end <= place);
    Weight { param, at: place - params[param].range.start }
}

/// Every value of a worked example, by its name.
pub fn values(worked: &Worked, still: &Snapshot) -> Map<String, Json> {
    let of = |value: usize| {
        let numbers = still.plan().value(value).next().unwrap_or_default().to_vec();
        worked.names_of(value).into_iter().zip(numbers.into_iter().map(Json::from))
    };
    (0..=worked.network.nodes().len()).flat_map(of).collect()
}
