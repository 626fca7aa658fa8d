//! How a run went.

use super::digits::number;
use super::divergence::Divergence;
use crate::terminal::harmless;
use indicatif::HumanCount;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value as Json;
use whygrad::check::{Finding, Light, Link, Live};
use whygrad::probe::ValueScore;
use whygrad::train::Real;

/// Why a training came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// All epochs are done.
    Epochs,
    /// So many epochs as `train.patience` says had no lower held-out loss.
    Patience,
    /// The loss is not finite any more.
    Diverged,
    /// A link is broken, and --strict was given.
    Broken,
    /// Somebody stopped it.
    Interrupted,
}

/// How a run went: its summary.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Summary {
    /// Its folder.
    pub run: String,
    /// Whether it came to its end.
    pub finished: bool,
    /// Why it ended.
    pub ended: Ended,
    /// Where it diverged, if it did: then nothing after that can be used.
    pub diverged: Option<Divergence>,
    /// What checks of its facts said of each link while it ran.
    pub lights: Lights,
    /// With --strict: what it was stopped by; null where nothing stopped it.
    pub stopped_by: Option<Finding>,
    /// Steps that it made.
    pub steps: u64,
    /// Whole epochs among them.
    pub epochs: u64,
    /// Loss of the training part; null where it is no finite number.
    pub train_loss: Option<f64>,
    /// Share of the training part that is right; null where targets are no classes.
    pub train_accuracy: Option<f64>,
    /// Loss of the held-out part; null where there is none.
    pub test_loss: Option<f64>,
    /// Share of the held-out part that is right.
    pub test_accuracy: Option<f64>,
    /// Where targets are numbers: what predictions of each miss, in its own units, on the held-out part or, where there is
    /// none, on the training part; with the weights after the last step.
    pub values: Vec<ValueScore>,
    /// Epoch with the lowest held-out loss, or where nothing is held out with the lowest training loss.
    pub best_epoch: Option<u64>,
    /// From the experiment to the first step: data read, split and scaled, the network compiled.
    pub prepare_seconds: f64,
    /// From the first step to the last, with what evaluation and the run folder took.
    pub train_seconds: f64,
    /// Median of the times of the steps.
    pub step_seconds_median: Option<f64>,
    /// Training examples over `train_seconds`.
    pub examples_per_second: Option<f64>,
}

/// A light for each link: green where nothing was found, yellow where something may cost something, red where training
/// need not go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Lights {
    /// The examples.
    pub data: Light,
    /// From inputs to outputs.
    pub forward: Light,
    /// How outputs are judged.
    pub loss: Light,
    /// From the loss back to the weights.
    pub gradient: Light,
    /// What the optimizer makes of the gradient.
    pub update: Light,
}

impl Lights {
    /// Of a training that is checked while it runs; all green where none is.
    pub fn of<T: Real>(live: Option<&Live<'_, T>>) -> Lights {
        let light = |link| live.map_or(Light::Green, |live| live.light(link));
        let [data, forward, loss, gradient, update] = Link::ALL.map(light);
        Lights { data, forward, loss, gradient, update }
    }

    /// As the findings of a run say, one JSON object a line.
    pub fn written(findings: &str) -> Lights {
        let findings: Vec<Json> =
            findings.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        let light = |link: Link| {
            let of_link = findings.iter().filter(|finding| finding["link"] == link.name());
            let each =
                of_link.map(|finding| if finding["grave"] == true { Light::Red } else { Light::Yellow });
            each.max().unwrap_or(Light::Green)
        };
        let [data, forward, loss, gradient, update] = Link::ALL.map(light);
        Lights { data, forward, loss, gradient, update }
    }

    /// In a line: `data ✓  forward ?  loss ✓  gradient ✓  update ✗`.
    pub fn sentence(&self) -> String {
        let Lights { data, forward, loss, gradient, update } = *self;
        let lights = [data, forward, loss, gradient, update];
        let mark = |light| match light {
            Light::Green => "✓",
            Light::Yellow => "?",
            Light::Red => "✗",
        };
        let each =
            Link::ALL.iter().zip(lights).map(|(link, light)| format!("{} {}", link.name(), mark(light)));
        each.collect::<Vec<_>>().join("  ")
    }
}

impl Summary {
    /// What is said at the end, sentence by sentence.
    pub fn sentences(&self) -> Vec<String> {
        let describe = |what: &str, loss: Option<f64>, accuracy: Option<f64>| {
            let right = accuracy.map_or(String::new(), |share| format!(" {:>6.2} % right,", 100.0 * share));
            let loss = loss.map_or("NaN".into(), number);
            format!("{what}{right} loss {loss}")
        };
        let held_out = self.test_loss.is_some() || self.test_accuracy.is_some();
        let (steps, seconds) = (HumanCount(self.steps), self.train_seconds);
        let speed = HumanCount(self.examples_per_second.unwrap_or(0.0) as u64);
        let explained = |diverged: &Divergence| {
            format!("explained by: whygrad why --run {} --step {}", self.run, diverged.step - 1)
        };
        let stopped = || format!("stopped; go on with: whygrad train --resume {}", self.run);
        let broken = |of: &Finding| {
            let step = of.step.unwrap_or(self.steps);
            format!("stopped in step {step}, as {} is broken ({}): {}", of.link.name(), of.check, of.sentence)
        };
        let part = if held_out { "held-out" } else { "training" };
        let ended = match self.ended {
            Ended::Epochs => Some("ended: all epochs are done".to_string()),
            Ended::Patience => {
                Some(format!("ended: no lower {part} loss for as long as train.patience says"))
            }
            // Told by sentences of their own.
            Ended::Diverged | Ended::Broken | Ended::Interrupted => None,
        };
        let best = |epoch: u64| {
            format!("epoch {epoch} has the lowest {part} loss; its weights are in best.safetensors")
        };
        let unsure = self.lights.sentence().contains(['?', '✗']);
        [
            Some(describe("training part", self.train_loss, self.train_accuracy)),
            held_out.then(|| describe("held out     ", self.test_loss, self.test_accuracy)),
        ]
        .into_iter()
        .chain(self.values.iter().take(SHOWN).map(|value| Some(misses(value))))
        .chain([
            self.diverged.as_ref().map(|diverged| diverged.sentence.clone()),
            self.diverged.as_ref().filter(|diverged| diverged.step > 1).map(explained),
            Some(format!("{} epochs, {steps} steps; {seconds:.2} s, {speed} examples/s", self.epochs)),
            ended,
            self.best_epoch.map(best),
            Some(format!("written to {}", harmless(&self.run))),
            Some(
                self.lights.sentence()
                    + if unsure { "; whygrad check tells which of it costs something" } else { "" },
            ),
            self.stopped_by.as_ref().map(broken),
            (!self.finished && self.stopped_by.is_none()).then(stopped),
        ])
        .flatten()
        .collect()
    }
}

/// Numbers whose errors are told; `--json` has all.
const SHOWN: usize = 3;

/// How far predictions of a number are off.
fn misses(value: &ValueScore) -> String {
    let text = |x: Option<f64>| x.map_or("NaN".into(), number);
    format!(
        "{}: off by {} on average; always saying the mean, {}, by {}",
        harmless(&value.target),
        text(value.errors.mae),
        number(value.mean),
        text(value.trivial.mae)
    )
}
