//! What a playground can be made of.

use super::Kind;
use crate::experiment::{BUILTIN, Experiment, json};
use crate::playground::{Player, has_classes};
use crate::textbook;
use serde::Serialize;
use serde_json::{Map, Value as Json};
use whygrad::data::generate::GENERATED;
use whygrad::loss::TargetKind;
use whygrad::setting::{Default, Key};
use whygrad::{init, loss, optim};

/// What there is to choose from.
#[derive(Clone, Debug, Serialize)]
pub struct Choices {
    /// The built-in experiments, by their data.
    pub sets: Vec<Set>,
    /// Activations.
    pub activations: Vec<&'static str>,
    /// Initialisers that need no settings.
    pub inits: Vec<&'static str>,
    /// Losses.
    pub losses: Losses,
    /// Optimizers.
    pub optimizers: Vec<Optimizer>,
}

/// A set, and the experiment to start from.
#[derive(Clone, Debug, Serialize)]
pub struct Set {
    /// What it is called.
    pub name: &'static str,
    /// What its targets are.
    pub kind: Kind,
    /// How many inputs it has.
    pub inputs: usize,
    /// How many outputs its experiment's network has.
    pub outputs: usize,
    /// Whether it is made up by a formula, with `size` and `noise`.
    pub generated: bool,
    /// The experiment, as JSON.
    pub experiment: Map<String, Json>,
}

/// Losses by what they compare with.
#[derive(Clone, Debug, Serialize)]
pub struct Losses {
    /// Classes.
    pub classes: Vec<&'static str>,
    /// Numbers.
    pub numbers: Vec<&'static str>,
}

/// An optimizer.
#[derive(Clone, Debug, Serialize)]
pub struct Optimizer {
    /// Its name.
    pub name: &'static str,
    /// Its update, in one line.
    pub doc: &'static str,
    /// What it can be told.
    pub keys: Vec<Setting>,
}

/// A setting that is a number or a switch.
#[derive(Clone, Debug, Serialize)]
pub struct Setting {
    /// Its name.
    pub name: &'static str,
    /// What it takes, in words.
    pub kind: String,
    /// What stands where it is not given.
    pub default: Json,
    /// What it does.
    pub doc: &'static str,
}

impl Choices {
    /// All that there is. Loads the built-in sets.
    pub fn all() -> Choices {
        let by = |wants: TargetKind| {
            let name =
                |entry: &loss::LossEntry| loss::read(entry.name, []).is_ok_and(|loss| loss.wants() == wants);
            loss::LIST.iter().filter(|entry| name(entry)).map(|entry| entry.name).collect()
        };
        let optimizer = |entry: &optim::OptimizerEntry| Optimizer {
            name: entry.name,
            doc: entry.doc,
            keys: entry.keys.iter().map(Setting::new).collect(),
        };
        Choices {
            sets: BUILTIN.iter().filter_map(|(name, text)| set(name, text)).collect(),
            activations: textbook::activations().collect(),
            inits: init::LIST
                .iter()
                .filter(|entry| !entry.keys.iter().any(|key| key.default == Default::Required))
                .map(|entry| entry.name)
                .collect(),
            losses: Losses { classes: by(TargetKind::Classes), numbers: by(TargetKind::Values) },
            optimizers: optim::LIST.iter().map(optimizer).collect(),
        }
    }
}

fn set(name: &'static str, text: &str) -> Option<Set> {
    let experiment = Experiment::parse(name, name, text, &[]).ok()?;
    let player = Player::new(&experiment).ok()?;
    let (train, trainer) = (&player.prepared.train, &player.prepared.trainer);
    let network = trainer.network();
    Some(Set {
        name,
        kind: if has_classes(&**trainer.loss()) { Kind::Classes } else { Kind::Numbers },
        inputs: train.shape().len(),
        outputs: network.shape(network.output()).len(),
        generated: GENERATED.iter().any(|generated| generated.name == name),
        experiment: json::read(text).ok()?,
    })
}

impl Setting {
    fn new(key: &Key) -> Setting {
        let default = match key.default {
            Default::Number(x) => Json::from(x),
            Default::Two(a, b) => Json::from(vec![a, b]),
            Default::Switch(on) => Json::from(on),
            Default::Word(word) => Json::from(word),
            Default::Required | Default::Absent => Json::Null,
        };
        Setting { name: key.name, kind: key.kind.to_string(), default, doc: key.doc }
    }
}
