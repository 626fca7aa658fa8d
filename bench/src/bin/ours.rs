//! The worker of whygrad. Other things it does:
//! `ours --facts …`: the same, every step with facts;
//! `ours --smoke`: each workload for a few steps, and prints their time;
//! `ours --repeat N WORKLOAD`: N steps with one thread, and prints the bytes that the process had at most.

use std::sync::Arc;
use whygrad::Threads;
use whygrad::data::{Dataset, Targets};
use whygrad::loss::{self, LossFunction};
use whygrad::network::{Batch, Layer, Network, Rows};
use whygrad::op::{self, LayerNorm, Linear};
use whygrad::optim::{self, Optimizer};
use whygrad::setting::Literal;
use whygrad::train::{Options, State, Trainer};
use whygrad_bench::{Peer, Start, Workload, serve, time, workload_named, workloads};

struct Ours {
    trainer: Trainer<f32>,
    start: State<f32>,
    data: Dataset<f32>,
    facts: bool,
}

impl Ours {
    fn new(workload: Workload, threads: usize, start: Start) -> Ours {
        let mut trainer = trainer(&workload, threads);
        let mut weights = trainer.state().weights.clone();
        for (i, (weight, bias)) in start.linears.iter().enumerate() {
            for (name, numbers) in [("weight", weight), ("bias", bias)] {
                let name = format!("linear{}.{name}", i + 1);
                weights.set(trainer.network(), &name, numbers).expect("weights that fit");
            }
        }
        trainer.set_weights(weights).expect("its own weights");
        let data = data(&workload, start);
        trainer.check(&data).expect("data that fit");
        Ours { start: trainer.state().clone(), data, trainer, facts: false }
    }
}

impl Peer for Ours {
    fn restart(&mut self) {
        self.trainer.restore(self.start.clone()).expect("its own state");
    }

    fn steps(&mut self, n: usize) -> f64 {
        let batch = Batch { data: &self.data, rows: Rows::Range(0, self.data.len()) };
        if self.facts {
            (0..n).fold(0.0, |_, _| self.trainer.step_with_facts(batch))
        } else {
            (0..n).fold(0.0, |_, _| self.trainer.step(batch))
        }
    }
}

fn trainer(workload: &Workload, threads: usize) -> Trainer<f32> {
    let options = Options { batch: workload.batch, threads: Threads::new(threads), ..Options::default() };
    Trainer::new(network(workload), loss(workload), optimizer(workload), options).expect("a trainer")
}

/// The one batch of a workload.
fn data(workload: &Workload, start: Start) -> Dataset<f32> {
    let targets = match workload.loss.as_str() {
        "mse" => Targets::Values { data: start.values, width: workload.widths[workload.widths.len() - 1] },
        _ => Targets::Classes(start.classes),
    };
    Dataset::new(start.x, [workload.widths[0]], targets).expect("a data set")
}

fn network(workload: &Workload) -> Network {
    let activation = || Layer::Op(op::read(&workload.activation, []).expect("an activation"));
    let mut layers = vec![];
    for (i, &width) in workload.widths[1..].iter().enumerate() {
        layers.push(Linear::new(width).into());
        if workload.layer_norm {
            layers.extend([activation(), LayerNorm::default().into()]);
        } else if i + 2 < workload.widths.len() {
            layers.push(activation());
        }
    }
    Network::sequential([workload.widths[0]], layers).expect("a network")
}

fn loss(workload: &Workload) -> Arc<dyn LossFunction> {
    loss::read(&workload.loss, []).expect("a loss")
}

fn optimizer(workload: &Workload) -> Arc<dyn Optimizer> {
    let rule = &workload.optimizer;
    let mut given = vec![("lr".to_string(), Literal::Number(rule.lr))];
    if rule.momentum != 0.0 {
        given.push(("momentum".to_string(), Literal::Number(rule.momentum)));
    }
    optim::read(&rule.r#type, given).expect("an optimizer")
}

/// Trains from any start, and holds nothing that training does not need.
fn repeat(workload: &Workload, steps: usize) {
    let data = data(workload, Start::any(workload));
    let mut trainer = trainer(workload, 1);
    trainer.check(&data).expect("data that fit");
    let batch = Batch { data: &data, rows: Rows::Range(0, data.len()) };
    (0..steps).for_each(|_| {
        trainer.step(batch);
    });
}

/// The most bytes of memory that this process had at once, where the system tells.
fn peak_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.split_whitespace().next()?.parse::<u64>().ok()? * 1024)
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match &args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--smoke"] => {
            for (name, workload) in workloads() {
                let mut ours = Ours::new(workload.clone(), 2, Start::any(&workload));
                let step = time(&mut ours, &workload.optimizer, 3) / 3;
                println!("{name}: {step:?} a step");
            }
        }
        ["--repeat", steps, name] => {
            repeat(&workload_named(name), steps.parse().expect("a number of steps"));
            println!("{}", serde_json::json!({ "peak_bytes": peak_bytes() }));
        }
        ["--facts", ..] => serve("ours-facts", env!("CARGO_PKG_VERSION"), |workload, threads, start| Ours {
            facts: true,
            ..Ours::new(workload, threads, start)
        }),
        _ => serve("ours", env!("CARGO_PKG_VERSION"), Ours::new),
    }
}
