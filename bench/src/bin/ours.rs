//! The worker of whygrad. `ours --smoke` instead runs each workload for a few steps and prints their time.

use std::sync::Arc;
use whygrad::data::{Dataset, Targets};
use whygrad::loss::{self, LossFunction};
use whygrad::network::{Batch, Layer, Network, Rows};
use whygrad::op::{self, LayerNorm, Linear};
use whygrad::optim::{self, Optimizer};
use whygrad::setting::Value;
use whygrad::train::{Options, State, Trainer};
use whygrad_bench::{Peer, Start, Workload, serve, time, workloads};

struct Ours {
    trainer: Trainer<f32>,
    start: State<f32>,
    data: Dataset<f32>,
}

impl Ours {
    fn new(workload: Workload, threads: usize, start: Start) -> Ours {
        let network = network(&workload);
        let options = Options { batch: workload.batch, threads, ..Options::default() };
        let mut trainer =
            Trainer::new(network, loss(&workload), optimizer(&workload), options).expect("a trainer");
        let data = Dataset {
            inputs: start.x,
            shape: [workload.widths[0]].into(),
            targets: match workload.loss.as_str() {
                "mse" => Targets::Values { data: start.values, width: workload.widths[workload.widths.len() - 1] },
                _ => Targets::Classes(start.classes),
            },
            class_names: vec![],
            feature_names: vec![],
        };
        trainer.check(&data).expect("data that fit");
        let network = trainer.network().clone();
        for (i, (weight, bias)) in start.linears.into_iter().enumerate() {
            for (name, numbers) in [("weight", weight), ("bias", bias)] {
                let name = format!("linear{}.{name}", i + 1);
                trainer.weights_mut().set(&network, &name, &numbers).expect("weights that fit");
            }
        }
        Ours { start: trainer.state().clone(), trainer, data }
    }
}

impl Peer for Ours {
    fn restart(&mut self) {
        self.trainer.restore(self.start.clone()).expect("its own state");
    }

    fn steps(&mut self, n: usize) -> f64 {
        let batch = Batch { data: &self.data, rows: Rows::Range(0, self.data.len()) };
        (0..n).fold(0.0, |_, _| if std::env::var_os("FACTS").is_some() { self.trainer.step_with_facts(batch) } else { self.trainer.step(batch) })
    }
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
    let mut given = vec![("lr".to_string(), Value::Number(rule.lr))];
    if rule.momentum != 0.0 {
        given.push(("momentum".to_string(), Value::Number(rule.momentum)));
    }
    optim::read(&rule.r#type, given).expect("an optimizer")
}

fn main() {
    if std::env::args().any(|arg| arg == "--smoke") {
        for (name, workload) in workloads() {
            let start = Start::any(&workload);
            let mut ours = Ours::new(workload, 2, start);
            let step = time(&mut ours, 3) / 3;
            println!("{name}: {step:?} a step");
        }
        return;
    }
    serve("ours", env!("CARGO_PKG_VERSION"), Ours::new);
}
