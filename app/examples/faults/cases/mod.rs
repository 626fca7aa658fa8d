//! The experiments of the bench: healthy ones, and the same with faults planted.

mod bases;
mod data;
mod healthy;
mod known;
mod settings;

use bases::bases;
use data::{data, imbalanced};
use healthy::{healthy, ugly};
use known::known;
use settings::settings;
use std::path::Path;
use whygrad::check::LIST;

/// An experiment, and what should be said of it.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) text: String,
    /// The healthy one that it differs from by the fault alone; absent of what is healthy, and of data that contradict
    /// themselves, which no outcome shows.
    pub(crate) twin: Option<String>,
    pub(crate) expect: Expect,
}

/// What should be said.
#[derive(Clone)]
pub(crate) enum Expect {
    Healthy,
    /// These are broken, the earliest link first.
    Faulty {
        /// What costs something.
        faults: Vec<Planted>,
        /// Checks of what was planted, too, and costs nothing alone.
        beside: Vec<&'static str>,
    },
}

/// A planted fault.
#[derive(Clone)]
pub(crate) struct Planted {
    /// The checks of which any names it rightly; the first is the one that it was planted for.
    pub(crate) checks: Vec<&'static str>,
    /// Any of these is the right place; `None` where it has none.
    pub(crate) place: Option<Vec<String>>,
    /// Of two faults at once, the experiment with this one alone: where it costs nothing, it is none.
    pub(crate) alone: Option<String>,
}

/// The link of a check.
pub(crate) fn link(check: &str) -> &'static str {
    LIST.iter().find(|of| of.name == check).map_or("?", |of| of.link.name())
}

/// An experiment in parts.
#[derive(Clone)]
struct Recipe {
    source: String,
    data: String,
    test: f64,
    scale: &'static str,
    shuffle: bool,
    seed: u64,
    layers: Vec<String>,
    loss: String,
    optimizer: &'static str,
    lr: f64,
    settings: String,
    schedule: String,
    epochs: u64,
    batch: usize,
    train: String,
}

impl Recipe {
    fn text(&self) -> String {
        let Recipe {
            source,
            data,
            test,
            scale,
            shuffle,
            seed,
            layers,
            loss,
            optimizer,
            lr,
            settings,
            schedule,
            epochs,
            batch,
            train,
        } = self;
        format!(
            "seed = {seed}\n[data]\nsource = {source:?}\ntest = {test}\nscale = \"{scale}\"\nshuffle = {shuffle}\n{data}\n\
             [network]\nlayers = [\n{}\n]\n[loss]\n{loss}\n[optimizer]\ntype = \"{optimizer}\"\nlr = {lr:e}\n{settings}\n{schedule}\n\
             [train]\nepochs = {epochs}\nbatch = {batch}\nthreads = 1\n{train}\n",
            layers.join(",\n")
        )
    }

    /// Puts keys into every linear layer, or the hidden ones.
    fn linear(&mut self, keys: &str, which: impl Fn(usize, usize) -> bool) {
        let linear: Vec<usize> =
            (0..self.layers.len()).filter(|i| self.layers[*i].contains("\"linear\"")).collect();
        for (nth, i) in linear.iter().enumerate() {
            if which(nth, linear.len()) {
                self.layers[*i] = self.layers[*i].replace(" }", &format!(", {keys} }}"));
            }
        }
    }
}

fn kind(name: &str) -> String {
    format!("  {{ type = \"{name}\" }}")
}

fn linear(out: usize) -> String {
    format!("  {{ type = \"linear\", out = {out} }}")
}

/// Layers of these widths with an activation between them.
fn dense(widths: &[usize], activation: &str) -> Vec<String> {
    let mut layers = vec![];
    for (i, width) in widths.iter().enumerate() {
        if i > 0 {
            layers.push(kind(activation));
        }
        layers.push(linear(*width));
    }
    layers
}

fn recipe(
    source: &str,
    layers: Vec<String>,
    loss: &str,
    (optimizer, lr): (&'static str, f64),
    epochs: u64,
    batch: usize,
) -> Recipe {
    Recipe {
        source: source.into(),
        data: String::new(),
        test: 0.25,
        scale: "none",
        shuffle: true,
        seed: 1,
        layers,
        loss: format!("type = \"{loss}\""),
        optimizer,
        lr,
        settings: String::new(),
        schedule: String::new(),
        epochs,
        batch,
        train: String::new(),
    }
}

fn planted(checks: &[&'static str]) -> Planted {
    Planted { checks: checks.to_vec(), place: None, alone: None }
}

fn at(checks: &[&'static str], place: &[&str]) -> Planted {
    Planted {
        checks: checks.to_vec(),
        place: Some(place.iter().map(ToString::to_string).collect()),
        alone: None,
    }
}

/// All experiments of the bench; their data go into the folder.
pub(crate) fn all(folder: &Path) -> Vec<Case> {
    let mut cases = known(folder);
    cases.extend(imbalanced(folder));
    let healthy_case = |(name, recipe): (String, Recipe)| Case {
        name,
        text: recipe.text(),
        twin: None,
        expect: Expect::Healthy,
    };
    cases.extend(ugly(folder).into_iter().map(healthy_case));
    for base in bases(folder) {
        let twin = base.recipe.text();
        cases.extend(settings(&base).into_iter().map(|(name, faults, recipe)| Case {
            name: format!("{}: {name}", base.name),
            text: recipe.text(),
            twin: Some(twin.clone()),
            expect: Expect::Faulty { faults, beside: vec![] },
        }));
        cases.extend(data(&base, folder));
        cases.extend(healthy(&base, folder).into_iter().map(healthy_case));
    }
    cases
}
