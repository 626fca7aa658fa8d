//! What the Rust workers share: the workload, its start, and the conversation with the driver.

use safetensors::{SafeTensors, tensor::TensorView};
use serde::Deserialize;
use std::io::{Write, stdin, stdout};
use std::time::{Duration, Instant};

/// A timed run starts over after so many steps where the optimizer has moments. Every peer then times the same
/// stretch of training, and none gets to where the moments of silent units become denormal (0.9^830 is), which
/// costs some peers a lot and others nothing.
const STRETCH: usize = 500;

/// A network, a loss and an optimizer, as `workloads.json` describes them.
#[derive(Clone, Deserialize)]
pub struct Workload {
    /// Numbers into the first linear layer, and out of each.
    pub widths: Vec<usize>,
    /// Name of the function between the layers.
    pub activation: String,
    /// Whether each layer, the last one too, is followed by the activation and a layer norm.
    #[serde(default)]
    pub layer_norm: bool,
    /// Examples of a step.
    pub batch: usize,
    /// `mse` or `cross_entropy`.
    pub loss: String,
    /// Its name in `type`, and its settings.
    pub optimizer: Optimizer,
}

/// An optimizer; what is not here has PyTorch's defaults.
#[derive(Clone, Deserialize)]
pub struct Optimizer {
    /// `sgd`, `adam` or `adamw`.
    pub r#type: String,
    /// Learning rate.
    pub lr: f64,
    /// Momentum of `sgd`.
    #[serde(default)]
    pub momentum: f64,
}

impl Optimizer {
    /// Whether it keeps anything from step to step.
    fn has_moments(&self) -> bool {
        self.r#type != "sgd" || self.momentum != 0.0
    }
}

/// All workloads by name, in the file's order.
pub fn workloads() -> Vec<(String, Workload)> {
    let all: serde_json::Map<_, _> =
        serde_json::from_str(include_str!("../workloads.json")).expect("workloads.json is a table");
    all.into_iter().map(|(name, w)| (name, serde_json::from_value(w).expect("a workload"))).collect()
}

/// One workload.
pub fn workload_named(name: &str) -> Workload {
    let found = workloads().into_iter().find(|(known, _)| known == name);
    found.unwrap_or_else(|| panic!("no workload {name}")).1
}

/// Where a workload starts.
pub struct Start {
    /// [batch, widths[0]]
    pub x: Vec<f32>,
    /// Targets where they are numbers: [batch, last width].
    pub values: Vec<f32>,
    /// Targets where they are classes.
    pub classes: Vec<u32>,
    /// Weight [out, in] and bias of each linear layer.
    pub linears: Vec<(Vec<f32>, Vec<f32>)>,
}

impl Start {
    /// Reads what the driver wrote.
    pub fn read(path: &str, workload: &Workload) -> Start {
        let file = std::fs::read(path).expect("the start can be read");
        let tensors = SafeTensors::deserialize(&file).expect("safetensors");
        let tensor = |name: &str| tensors.tensor(name).expect("a tensor of the start");
        let linear = |i| (floats(&tensor(&format!("{i}.weight"))), floats(&tensor(&format!("{i}.bias"))));
        let y = tensor("y");
        let numbers = workload.loss == "mse";
        let class = |bytes: &[u8]| i64::from_le_bytes(bytes.try_into().expect("8 bytes")) as u32;
        Start {
            x: floats(&tensor("x")),
            values: if numbers { floats(&y) } else { vec![] },
            classes: if numbers { vec![] } else { y.data().chunks_exact(8).map(class).collect() },
            linears: (0..workload.widths.len() - 1).map(linear).collect(),
        }
    }

    /// Any numbers of the right shapes, for a run without the driver.
    pub fn any(workload: &Workload) -> Start {
        let mut state = 1_u32;
        let mut fill = |count: usize, bound: f32| -> Vec<f32> {
            let mut number = || {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state as f32 / u32::MAX as f32 * 2.0 - 1.0) * bound
            };
            (0..count).map(|_| number()).collect()
        };
        let (widths, batch) = (&workload.widths, workload.batch);
        let (first, last) = (widths[0], widths[widths.len() - 1]);
        let linear = |pair: &[usize]| {
            let bound = (pair[0] as f32).powf(-0.5);
            (fill(pair[0] * pair[1], bound), fill(pair[1], bound))
        };
        Start {
            linears: widths.windows(2).map(linear).collect(),
            x: fill(batch * first, 1.0),
            values: fill(batch * last, 1.0),
            classes: (0..batch).map(|i| (i % last) as u32).collect(),
        }
    }
}

fn floats(tensor: &TensorView) -> Vec<f32> {
    tensor.data().chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().expect("4 bytes"))).collect()
}

/// A peer in the middle of training.
pub trait Peer {
    /// Goes back to the start.
    fn restart(&mut self);

    /// Trains `n` steps and returns the loss of the last.
    fn steps(&mut self, n: usize) -> f64;
}

/// Time of `n` steps.
pub fn time(peer: &mut impl Peer, rule: &Optimizer, n: usize) -> Duration {
    let stretch = if rule.has_moments() { STRETCH } else { n.max(1) };
    let mut total = Duration::ZERO;
    for first in (0..n).step_by(stretch) {
        peer.restart();
        peer.steps(1);
        let begin = Instant::now();
        peer.steps(stretch.min(n - first));
        total += begin.elapsed();
    }
    total
}

/// A worker's life: `WORKLOAD THREADS PATH`, the losses of the first 10 steps, then as many steps as each line
/// of standard input says.
pub fn serve<P: Peer>(name: &str, version: &str, make: impl FnOnce(Workload, usize, Start) -> P) {
    let args: Vec<String> = std::env::args().collect();
    let [.., workload, threads, path] = &args[..] else { panic!("usage: WORKLOAD THREADS PATH") };
    let workload = workload_named(workload);
    let rule = workload.optimizer.clone();
    let start = Start::read(path, &workload);
    let mut peer = make(workload, threads.parse().expect("a number of threads"), start);
    peer.restart();
    let losses: Vec<f64> = (0..10).map(|_| peer.steps(1)).collect();
    say(serde_json::json!({ "peer": name, "version": version, "losses": losses }));
    for line in stdin().lines() {
        let n = line.expect("standard input").parse().expect("a number of steps");
        let seconds = time(&mut peer, &rule, n).as_secs_f64();
        say(serde_json::json!({ "seconds": seconds, "steps": n }));
    }
}

/// The version of a package that the lock file holds.
pub fn version(package: &str) -> &'static str {
    let entry = format!("name = \"{package}\"\nversion = \"");
    let (_, rest) = include_str!("../Cargo.lock").split_once(&entry).expect("a locked package");
    rest.split('"').next().expect("a version")
}

fn say(answer: serde_json::Value) {
    println!("{answer}");
    stdout().flush().expect("standard output");
}
