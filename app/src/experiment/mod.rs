//! The file that decides a run.

mod builtin;
mod changed;
pub mod json;
mod keys;
mod rate;
#[cfg(test)]
mod tests;
mod text;

pub use builtin::BUILTIN;
pub use keys::TABLES;
pub use text::named;

use crate::data::{self, Apart, Given, Missing, Nature, Share, Source, Understood, Want};
use crate::error::{DataProblem, Error, Place, Result, nearest};
use indicatif::HumanBytes;
use keys::{DATA, NETWORK, SCHEDULE, TOP, TRAIN, refuse_without_effect};
use std::path::Path;
use std::sync::Arc;
use text::Text;
use whygrad::Threads;
use whygrad::data::{Fill, Scale, Targets};
use whygrad::loss::{LossFunction, Mismatch, TargetKind};
use whygrad::network::{Error as NetworkError, Layer, Network};
use whygrad::optim::{Clip, Optimizer};
use whygrad::setting::Settings;
use whygrad::train::{Fit, HeldOut, Options, Prepared, Real, Setup, Trainer};
use whygrad::{Shape, loss, op, optim};

/// Everything that decides a run.
#[derive(Clone, Debug)]
pub struct Experiment {
    /// What the run is called.
    pub name: String,
    /// The file as it runs: overrides applied, comments kept.
    pub text: String,
    /// Decides everything that is random.
    pub seed: u64,
    source: Source,
    data: Settings,
    layers: Vec<Layer>,
    /// The safetensors file that training starts from.
    pub weights: Option<String>,
    /// The loss.
    pub loss: Arc<dyn LossFunction>,
    /// The optimizer.
    pub optimizer: Arc<dyn Optimizer>,
    schedule: Settings,
    train: Settings,
    origin: Text,
}

impl Experiment {
    /// Reads a built-in experiment or a file.
    pub fn load(name_or_path: &str, overrides: &[String]) -> Result<Experiment> {
        if let Some((name, text)) = BUILTIN.iter().find(|(name, _)| *name == name_or_path) {
            return Experiment::parse(&format!("built-in experiment {name}"), name, text, overrides);
        }
        let path = Path::new(name_or_path);
        if !path.exists() && path.extension().is_none() {
            let names: Vec<&str> = BUILTIN.iter().map(|(name, _)| *name).collect();
            let hint = nearest(name_or_path, &names);
            let all = names.join(", ");
            return Err(Error::argument(
                format!("experiment \"{name_or_path}\""),
                format!("no such file and no such built-in experiment{hint}; built in are: {all}"),
            ));
        }
        if data::nature(name_or_path).is_some() && path.exists() {
            let problem = format!(
                "these are data, and what is asked for is an experiment that names them: whygrad new my, and in my.toml \
                 data.source = \"{name_or_path}\""
            );
            return Err(Error::argument(name_or_path, problem));
        }
        let bytes = std::fs::read(path).map_err(Error::file("read", path))?;
        let text = String::from_utf8(bytes).map_err(|_| Error::Experiment {
            place: Place::File(name_or_path.into()),
            problem: "not a text in UTF-8; an experiment is a TOML file".into(),
        })?;
        let stem = path.file_stem().map_or("run".into(), |stem| stem.to_string_lossy().into_owned());
        Experiment::parse(name_or_path, &stem, &text, overrides)
    }

    /// Reads the text of an experiment; `file` is what errors call it.
    pub fn parse(file: &str, name: &str, text: &str, overrides: &[String]) -> Result<Experiment> {
        let text = Text::parse(file, text, overrides)?;
        let tables = ["data", "network", "loss", "optimizer", "schedule", "train"];
        let top = text.settings("", TOP, &tables)?;
        let data = text.settings("data", DATA, &[])?;
        let network = text.settings("network", NETWORK, &["layers"])?;
        let layers = layers(&text, "network.layers")?;
        let (kind, given) = text.typed("loss")?;
        let loss = text.checked("loss", loss::read(&kind, given))?;
        let (kind, given) = text.typed("optimizer")?;
        let optimizer = text.checked("optimizer", optim::read(&kind, given))?;
        let train = text.settings("train", TRAIN, &[])?;
        let schedule = text.settings("schedule", SCHEDULE, &[])?;
        refuse_without_effect(&text, [&data, &schedule, &train], &*loss)?;
        let text_of = |key| data.text_if(key).map(str::to_string);
        let word_of = |key| data.get(key).map(|_| data.word(key));
        let source = Source {
            source: data.word("source").to_string(),
            target: data.texts("target"),
            given: Given {
                separator: word_of("separator")
                    .map(|word| if word == "tab" { b'\t' } else { word.as_bytes()[0] }),
                decimal: word_of("decimal").map(|word| word.as_bytes()[0]),
                header: data.get("header").map(|_| data.switch("header")),
            },
            columns: data.texts("columns"),
            drop: data.texts("drop"),
            missing: match data.word("missing") {
                "mean" => Missing::Fill(Fill::Mean),
                "median" => Missing::Fill(Fill::Median),
                "most_frequent" => Missing::Fill(Fill::MostFrequent),
                "drop" => Missing::Drop,
                _ => Missing::Error,
            },
            test_column: text_of("test_column"),
            inputs: text_of("inputs"),
            targets: text_of("targets"),
            test_source: text_of("test_source"),
            test_targets: text_of("test_targets"),
            size: data.count_if("size"),
            noise: data.number_if("noise"),
            arms: data.count_if("arms"),
        };
        Ok(Experiment {
            name: top.text_if("name").unwrap_or(name).to_string(),
            text: text.effective(),
            seed: top.number("seed") as u64,
            source,
            data,
            layers,
            weights: network.text_if("weights").map(str::to_string),
            loss,
            optimizer,
            schedule,
            train,
            origin: text,
        })
    }

    /// The same experiment whose relative paths begin in a folder, where files are there.
    pub fn in_folder(mut self, folder: &Path) -> Experiment {
        let Source { source, targets, test_source, test_targets, .. } = &mut self.source;
        // Of an archive, targets are the name of an array.
        let [targets, test_targets] = match data::is_archive(source) {
            true => [None, None],
            false => [targets.as_mut(), test_targets.as_mut()],
        };
        let paths = [Some(source), targets, test_source.as_mut(), test_targets, self.weights.as_mut()];
        for path in paths.into_iter().flatten() {
            let there = folder.join(&*path);
            if there.is_file() && !data::names().any(|name| name == path) {
                *path = there.to_string_lossy().into_owned();
            }
        }
        self
    }

    /// Whether numbers have 64 bits.
    pub fn is_double(&self) -> bool {
        self.train.word("precision") == "f64"
    }

    /// The network for examples of this shape.
    pub fn network(&self, input: Shape) -> Result<Network> {
        Network::sequential(input, self.layers.clone()).map_err(|error| match &error {
            // A layer's position "1.f.0" stands at network.layers.1.layers.0 of the file.
            NetworkError::Layer { path, .. } => {
                let path = format!("network.layers.{}", path.replace(".f.", ".layers."));
                self.origin.error(&path, &error.to_string())
            }
            _ => self.origin.error("network.layers", &error.to_string()),
        })
    }

    /// Whether its examples come from a file.
    pub fn has_own_table(&self) -> bool {
        !data::names().any(|name| name == self.source.source)
    }

    /// How its table is written, as far as it says so.
    pub fn given(&self) -> Given {
        self.source.given
    }

    /// Another file of such examples, whose targets stand in `targets` where they are an array of their own.
    pub fn another(&self, file: &str, targets: Option<&str>) -> Source {
        let own = self.source.targets.clone().filter(|_| data::is_archive(file));
        Source {
            source: file.into(),
            targets: targets.map(Into::into).or(own),
            test_source: None,
            test_targets: None,
            ..self.source.clone()
        }
    }

    /// A trainer before its first step, for examples of so many numbers, without the data.
    pub fn trainer<T: Real>(&self, inputs: usize) -> Result<Trainer<T>> {
        let network = self.network(Shape::from([inputs]))?;
        let (batch, seed, threads) = (self.train.count("batch"), self.seed, self.cores());
        let options = Options { batch, seed, threads, ..Options::default() };
        Ok(Trainer::new(network, Arc::clone(&self.loss), Arc::clone(&self.optimizer), options)?)
    }

    /// The threads that it runs on: more than there are cores wait for each other; the result is the same.
    fn cores(&self) -> Threads {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Threads::new(self.train.count_if("threads").map_or(cores, |n| n.min(cores)))
    }

    /// What the loss compares with.
    pub fn want(&self) -> Want {
        match self.loss.wants() {
            TargetKind::Classes => Want::Classes,
            TargetKind::Values => Want::Values,
        }
    }

    /// Loads the data, and says with them what decides the training.
    pub fn setup<T: Real>(&self) -> Result<Setup<T>> {
        Ok(self.read()?.setup)
    }

    /// The same, with what was understood of the data.
    pub fn read<T: Real>(&self) -> Result<Read<T>> {
        let want = self.want();
        // Runs of different seeds see the same examples, so that they can be compared.
        let seed = self.data.number("seed") as u64;
        let hold = Share { share: self.data.number("test"), shuffle: self.data.switch("shuffle"), seed };
        // What is scaled may come as differences; numbers of 64 bits need not.
        let apart = |key| self.scale(key) != Scale::None && !self.is_double();
        let apart = Apart { inputs: apart("scale"), targets: apart("scale_target") };
        let mut loaded = data::load::<T>(&self.source, want, hold, apart)?;
        if let (Want::Values, Targets::Classes(classes)) = (want, loaded.train.targets()) {
            // Generated sets have classes; a loss on numbers takes their numbers.
            let data = classes.iter().map(|&class| T::of(f64::from(class))).collect();
            loaded.train = loaded
                .train
                .with_targets(Targets::Values { data, width: 1 })
                .map_err(|error| self.origin.error("data.source", &error.to_string()))?;
        }
        if let (Some(Nature::Archive), Some(_)) = (data::nature(&self.source.source), &loaded.test) {
            let given = self.origin.given("data")?;
            if let Some((key, _)) = given.iter().find(|(key, _)| ["test", "seed"].contains(&key.as_str())) {
                let why = format!("`{key}` has no effect, as the data say which examples are held out");
                return Err(self.origin.error(&format!("data.{key}"), &why));
            }
        }
        let network = self.network(loaded.train.shape().clone())?;
        let outputs = network.shape(network.output()).len();
        loaded.remarks.extend(loaded.train.classes().filter(|classes| outputs > *classes).map(|classes| {
            format!("the last layer gives {outputs} numbers, and there are {classes} classes: out = {classes} is enough")
        }));
        // Weights, their checkpoint, and what the optimizer keeps of each.
        let of_each = (2 + self.optimizer.slots().len()) * size_of::<T>();
        let bytes = network.param_count() as u128 * of_each as u128;
        if !data::has_memory(bytes) {
            let problem = format!(
                "{} weights take about {} with what {} keeps of them, more memory than there is",
                network.param_count(),
                HumanBytes(bytes as u64),
                self.optimizer.name()
            );
            return Err(self.origin.error("network.layers", &problem));
        }
        let setup = Setup {
            data: Arc::new(loaded.train),
            columns: loaded.columns,
            targets: loaded.targets,
            origins: loaded.origins,
            held_out: match loaded.test {
                Some(test) => HeldOut::Set(Arc::new(test)),
                None => HeldOut::Share { share: self.data.number("test"), seed },
            },
            scale: self.scale("scale"),
            scale_target: self.scale("scale_target"),
            network,
            weights: None,
            loss: Arc::clone(&self.loss),
            optimizer: Arc::clone(&self.optimizer),
            clip: match (self.train.number_if("clip_norm"), self.train.number_if("clip_value")) {
                (Some(max), _) => Clip::Norm(max),
                (_, Some(max)) => Clip::Value(max),
                _ => Clip::Off,
            },
            warmup: self.warmup(),
            course: self.course(),
            batch: self.train.count("batch"),
            fit: self.fit(),
            seed: self.seed,
            threads: self.cores(),
        };
        Ok(Read { setup, understood: loaded.understood, remarks: loaded.remarks })
    }

    /// What a key says of how something is scaled.
    fn scale(&self, key: &str) -> Scale {
        match self.data.word(key) {
            "standard" => Scale::Standard,
            "minmax" => Scale::MinMax,
            _ => Scale::None,
        }
    }

    /// How long and in what order to train.
    fn fit(&self) -> Fit {
        Fit {
            epochs: self.train.count("epochs") as u64,
            shuffle: self.data.switch("shuffle"),
            patience: self.train.count_if("patience").map(|epochs| epochs as u64),
        }
    }

    /// How many epochs there are to be.
    pub fn epochs(&self) -> u64 {
        self.fit().epochs
    }

    /// Loads the data, splits and scales it, and makes the trainer.
    pub fn prepare<T: Real>(&self) -> Result<Prepared<T>> {
        self.start(self.setup()?)
    }

    /// Splits and scales the data, and makes the trainer.
    pub fn start<T: Real>(&self, setup: Setup<T>) -> Result<Prepared<T>> {
        let (count, names) = (setup.data.classes().unwrap_or(0), setup.data.class_names().to_vec());
        setup.start().map_err(|error| match &error {
            NetworkError::Data(problem) => self.origin.error("data.scale", &problem.to_string()),
            NetworkError::Loss(Mismatch::NotAShare { loss, value, example }) if self.has_own_table() => {
                let line = data::line_of(&self.source, *example as u64);
                let problem = DataProblem::NotAShare { row: *example, line, value: *value, loss };
                Error::Data { file: self.source.source.clone(), problem }
            }
            NetworkError::Loss(Mismatch::Label { output, .. }) => {
                let last = format!("network.layers.{}", self.layers.len() - 1);
                self.origin.error(&last, &too_few_outputs(*output, count, &names))
            }
            _ => self.origin.error("network.layers", &error.to_string()),
        })
    }

    /// How many threads it asks for; `None`: one for each core.
    pub fn threads(&self) -> Option<usize> {
        self.train.count_if("threads")
    }
}

/// That a network has fewer outputs than there are classes.
fn too_few_outputs(outputs: usize, classes: usize, names: &[String]) -> String {
    let few: Vec<&str> = names.iter().take(6).map(String::as_str).collect();
    let more = if names.len() > few.len() { ", …" } else { "" };
    let other = match (classes, outputs) {
        (2, 1) => "to have one output take bce_with_logits, whose target is no or yes, or 0 or 1",
        _ => "to predict a number instead take a loss such as mse",
    };
    format!(
        "the data have {classes} classes ({}{more}), and the last layer gives {outputs} {}: it needs one for each, \
         out = {classes}; {other}",
        few.join(", "),
        if outputs == 1 { "number" } else { "numbers" }
    )
}

/// What decides a training, and what was understood of its data.
#[derive(Clone, Debug)]
pub struct Read<T> {
    /// What decides it.
    pub setup: Setup<T>,
    /// What was understood of each column of a table.
    pub understood: Vec<Understood>,
    /// What has to be said beside.
    pub remarks: Vec<String>,
}

/// The layers of a list, and of the residuals in it.
fn layers(text: &Text, path: &str) -> Result<Vec<Layer>> {
    let count = text.length(path)?;
    let layer = |i| {
        let path = format!("{path}.{i}");
        let (kind, given) = text.typed(&path)?;
        if kind == "residual" {
            text.only(&path, &["type", "layers"])?;
            return Ok(Layer::Residual(layers(text, &format!("{path}.layers"))?));
        }
        if op::LIST.iter().any(|entry| entry.name == kind && entry.inputs() > 1) {
            let problem = format!(
                "a list of layers has no second input for {kind}; {{ type = \"residual\", layers = […] }} computes x + f(x)"
            );
            return Err(text.error(&format!("{path}.type"), &problem));
        }
        text.checked(&path, op::read(&kind, given)).map(Layer::Op)
    };
    (0..count).map(layer).collect()
}
