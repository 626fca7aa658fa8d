//! A training that is watched, as it is drawn.

mod choices;

pub use choices::Choices;

use crate::experiment::Experiment;
use crate::playground::{
    self, Example, Matrix, Output, Player, RESOLUTION, Seen, Thinned, Viewer, has_classes,
};
use serde::Serialize;
use whygrad::data::{Dataset, Targets};
use whygrad::facts::Metrics;

/// What is trained on what.
#[derive(Clone, Debug, Serialize)]
pub struct Playground {
    /// The experiment that trains the same, to the bit.
    pub toml: String,
    /// A script for PyTorch that makes the same network.
    pub pytorch: String,
    /// What the experiment is called.
    pub name: String,
    /// Whether targets are classes or numbers.
    pub kind: Kind,
    /// Names of the inputs.
    pub inputs: Vec<String>,
    /// Names of the classes, or of the outputs.
    pub outputs: Vec<String>,
    /// The layers, from the inputs on.
    pub layers: Vec<Layer>,
    /// Parameters in all.
    pub weights: usize,
    /// Steps of an epoch.
    pub steps_per_epoch: u64,
    /// Steps until the end.
    pub steps: u64,
    /// Examples to train on.
    pub train: usize,
    /// Examples held out.
    pub test: usize,
    /// The examples as points, where there are one or two inputs.
    pub points: Option<Points>,
    /// From where to where the inputs of the maps go.
    pub range: Option<Vec<[f32; 2]>>,
    /// Points of a map along each of its sides.
    pub side: Option<usize>,
}

/// What targets are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Classes.
    Classes,
    /// Numbers.
    Numbers,
}

/// A layer.
#[derive(Clone, Debug, Serialize)]
pub struct Layer {
    /// Its operation with weights.
    pub name: String,
    /// What follows it.
    pub activation: Option<String>,
    /// Numbers that it makes.
    pub units: usize,
    /// Its weight.
    pub weight: Parameter,
    /// Its bias.
    pub bias: Option<Parameter>,
}

/// A parameter.
#[derive(Clone, Debug, Serialize)]
pub struct Parameter {
    /// `linear1.weight`
    pub name: String,
    /// Where it stands among all of them.
    pub offset: usize,
    /// `[out, in]`, or `[out]`.
    pub shape: Vec<usize>,
}

/// Examples as points of a plane or a line.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Points {
    /// Inputs, as the network sees them.
    pub x: Vec<Vec<f32>>,
    /// Class or number.
    pub y: Vec<f64>,
    /// Whether it is held out.
    pub test: Vec<bool>,
    /// Its row in its part.
    pub row: Vec<usize>,
}

/// Points of each part at most.
const POINTS: usize = 1000;

impl Playground {
    /// Of a player of an experiment.
    pub fn new(experiment: &Experiment, player: &Player, viewer: &Viewer) -> Playground {
        let prepared = &player.prepared;
        let (train, trainer) = (&prepared.train, &prepared.trainer);
        let network = trainer.network();
        let width = network.shape(network.output()).len();
        let kind = if has_classes(&**trainer.loss()) { Kind::Classes } else { Kind::Numbers };
        let named = |names: &[String], count: usize, letter: &str| match names.len() {
            n if n == count => names.to_vec(),
            _ => (1..=count).map(|i| format!("{letter}{i}")).collect(),
        };
        let outputs = match kind {
            Kind::Classes if train.class_names().is_empty() => {
                (0..width.max(2)).map(|class| class.to_string()).collect()
            }
            Kind::Classes => train.class_names().to_vec(),
            Kind::Numbers => named(&[], width, "y"),
        };
        let range = viewer.range().map(<[_]>::to_vec);
        let points = range.is_some().then(|| {
            let mut points = Points::default();
            points.add(train, false);
            prepared.test.iter().for_each(|test| points.add(test, true));
            points
        });
        Playground {
            toml: experiment.text.clone(),
            pytorch: crate::pytorch::script(experiment, network),
            name: experiment.name.clone(),
            kind,
            inputs: named(train.feature_names(), train.shape().len(), "x"),
            outputs,
            layers: viewer.layers().iter().map(Layer::from).collect(),
            weights: network.param_count(),
            steps_per_epoch: player.steps_per_epoch(),
            steps: player.steps(),
            train: train.len(),
            test: prepared.test.as_ref().map_or(0, Dataset::len),
            points,
            side: range.is_some().then_some(RESOLUTION),
            range,
        }
    }
}

impl Points {
    /// Adds a part, thinned evenly.
    fn add(&mut self, part: &Dataset<f32>, held_out: bool) {
        let (width, stride) = (part.shape().len(), part.len().div_ceil(POINTS).max(1));
        for row in (0..part.len()).step_by(stride) {
            self.x.push(part.inputs()[row * width..(row + 1) * width].to_vec());
            self.y.push(match part.targets() {
                Targets::Classes(classes) => f64::from(classes[row]),
                Targets::Values { data, width } => f64::from(data[row * width]),
            });
            self.test.push(held_out);
            self.row.push(row);
        }
    }
}

impl From<&playground::Layer> for Layer {
    fn from(of: &playground::Layer) -> Layer {
        Layer {
            name: of.name.clone(),
            activation: (!of.then.is_empty()).then(|| of.then.join(", ")),
            units: of.units,
            weight: Parameter::from(&of.weight),
            bias: of.bias.as_ref().map(Parameter::from),
        }
    }
}

impl From<&Matrix> for Parameter {
    fn from(of: &Matrix) -> Parameter {
        Parameter { name: of.name.clone(), offset: of.range.start, shape: of.shape.clone() }
    }
}

/// What there is to see at a step, but for the numbers that come in thousands.
#[derive(Clone, Debug, Serialize)]
pub struct Frame {
    /// Steps that were made up to here.
    pub step: u64,
    /// Steps that were ever made.
    pub known: u64,
    /// The epoch that the next step belongs to, from 0.
    pub epoch: u64,
    /// Whether there are no steps left.
    pub finished: bool,
    /// The step whose loss was not finite.
    pub diverged: Option<String>,
    /// The learning rate of the step that comes next.
    pub lr: f64,
    /// On the training part.
    pub train: Score,
    /// On the held-out part.
    pub test: Option<Score>,
    /// The loss of each step's batch, thinned.
    pub losses: Losses,
    /// Of each epoch.
    pub epochs: Epochs,
    /// The example that was asked for.
    pub example: Option<Shown>,
}

/// A loss, and the share that was right.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Score {
    /// The loss.
    pub loss: f64,
    /// The share that was right.
    pub accuracy: Option<f64>,
}

impl From<Metrics> for Score {
    fn from(of: Metrics) -> Score {
        Score { loss: of.loss, accuracy: of.accuracy }
    }
}

/// Losses of steps.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Losses {
    /// The steps, from 1.
    pub step: Vec<u64>,
    /// The loss of each one's batch, before its update.
    pub loss: Vec<f64>,
}

/// Losses of epochs.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Epochs {
    /// The epochs, from 1.
    pub epoch: Vec<u64>,
    /// Of its own examples.
    pub train: Vec<f64>,
    /// Of the held-out part.
    pub test: Vec<Option<f64>>,
}

/// What the network makes of an example.
#[derive(Clone, Debug, Serialize)]
pub struct Shown {
    /// Its row in the training part.
    pub row: usize,
    /// A class or numbers.
    pub target: Vec<f64>,
    /// What the network says.
    pub output: Vec<f32>,
    /// Its loss.
    pub loss: f64,
}

/// Points of a curve at most.
const CURVE: usize = 300;

/// Some of them, evenly, and the last.
fn some<V: Copy>(of: &Thinned<V>) -> Vec<(u64, V)> {
    let stride = of.kept().len().div_ceil(CURVE).max(1);
    let mut some: Vec<(u64, V)> = of.kept().iter().step_by(stride).copied().collect();
    if let Some(last) = of.kept().last().filter(|last| some.last().is_some_and(|some| some.0 < last.0)) {
        some.push(*last);
    }
    some
}

impl Frame {
    /// Of where a player stands, but for what a viewer sees.
    pub fn new(player: &Player) -> Frame {
        let (curves, per_epoch) = (player.curves(), player.steps_per_epoch());
        let mut losses = Losses::default();
        for (step, loss) in some(&curves.losses) {
            losses.step.push(step);
            losses.loss.push(loss);
        }
        let mut epochs = Epochs::default();
        for (epoch, (train, test)) in some(&curves.epochs) {
            epochs.epoch.push(epoch);
            epochs.train.push(train.loss);
            epochs.test.push(test.map(|test| test.loss));
        }
        let trainer = &player.prepared.trainer;
        let none = Score { loss: f64::NAN, accuracy: None };
        Frame {
            step: player.step(),
            known: player.known(),
            epoch: player.step() / per_epoch,
            finished: player.is_finished(),
            diverged: player
                .progress()
                .diverged
                .map(|step| format!("The loss of step {step} is not finite any more: training ends there.")),
            lr: trainer.options().schedule.lr(trainer.optimizer().lr(), player.step()),
            train: none,
            test: None,
            losses,
            epochs,
            example: None,
        }
    }

    /// With what a viewer saw, at a row of the training part if one was asked for.
    pub fn with(self, seen: &Seen, row: Option<usize>) -> Frame {
        let shown = |Example { target, output, loss, .. }: &Example| Shown {
            row: row.unwrap_or(0),
            target: target.clone(),
            output: output.clone(),
            loss: *loss,
        };
        let (train, test) = (seen.train.into(), seen.test.map(Score::from));
        Frame { train, test, example: seen.example.as_ref().map(shown), ..self }
    }
}

/// The frame as it is sent: its JSON with the list of arrays, and the arrays behind it. All little endian: the JSON's
/// length, the JSON, zeros up to a multiple of 4, and each array, again up to a multiple of 4.
pub fn packed(frame: &Frame, seen: &Seen) -> Vec<u8> {
    #[derive(Serialize)]
    struct Listed {
        name: &'static str,
        r#type: &'static str,
        length: usize,
    }
    #[derive(Serialize)]
    struct Head<'a> {
        #[serde(flatten)]
        frame: &'a Frame,
        arrays: Vec<Listed>,
    }
    let floats = |of: &[f32]| of.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>();
    let mut arrays = vec![
        ("weights", "f32", seen.weights.len(), floats(&seen.weights)),
        ("gradient", "f32", seen.gradient.len(), floats(&seen.gradient)),
    ];
    if let Some(example) = &seen.example {
        arrays.push(("units", "f32", example.units.len(), floats(&example.units)));
    }
    if let Some(maps) = &seen.maps {
        arrays.push(("scales", "f32", maps.scales.len(), floats(&maps.scales)));
        arrays.push(("maps", "i8", maps.units.len(), maps.units.iter().map(|x| x.cast_unsigned()).collect()));
        match &maps.output {
            Output::Classes(class, confidence) => {
                arrays.push(("class", "u8", class.len(), class.clone()));
                arrays.push(("confidence", "u8", confidence.len(), confidence.clone()));
            }
            Output::Fit(fit) => arrays.push(("fit", "f32", fit.len(), floats(fit))),
        }
    }
    let listed = arrays.iter().map(|(name, r#type, length, _)| Listed { name, r#type, length: *length });
    let head = serde_json::to_vec(&Head { frame, arrays: listed.collect() });
    let head = head.expect("numbers and texts can be written as JSON");
    let mut bytes = (head.len() as u32).to_le_bytes().to_vec();
    for part in [head].into_iter().chain(arrays.into_iter().map(|(.., bytes)| bytes)) {
        bytes.extend(part);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
    }
    bytes
}
