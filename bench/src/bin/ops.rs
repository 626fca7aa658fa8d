//! What every operation, loss and optimizer adds to a training step, in nanoseconds for each number that it is given,
//! with one thread and with two: the step of a network with it over that of one without.
//!
//! `ops relu mse` measures these alone; without names, everything.

use std::sync::Arc;
use std::time::Instant;
use whygrad::data::{Dataset, Targets};
use whygrad::kernel::random;
use whygrad::loss::{self, LossFunction};
use whygrad::network::{Batch, Layer, Network, Rows};
use whygrad::op::{self, Linear};
use whygrad::optim::{self, Optimizer};
use whygrad::setting::Value;
use whygrad::train::{Options, Trainer};

/// Numbers between the layers, and examples.
const WIDTH: usize = 512;
const BATCH: usize = 128;

/// Rounds of which the median is taken, and steps of each.
const ROUNDS: usize = 21;
const STEPS: usize = 20;

fn sgd() -> Arc<dyn Optimizer> {
    optim::read("sgd", vec![("lr".to_string(), Value::Number(1e-6))]).expect("an optimizer")
}

/// A trainer of the layers behind a linear one; and its batch.
struct Case {
    trainer: Trainer<f32>,
    data: Dataset<f32>,
}

impl Case {
    fn new(
        layers: Vec<Layer>,
        loss: Arc<dyn LossFunction>,
        optimizer: Arc<dyn Optimizer>,
        threads: usize,
    ) -> Option<Case> {
        let layers = [Layer::from(Linear::new(WIDTH))].into_iter().chain(layers).collect::<Vec<_>>();
        let network = Network::sequential([8], layers).ok()?;
        let number = |i: usize| random::uniform(7, i as u64) as f32;
        let data = |targets| Dataset {
            inputs: (0..BATCH * 8).map(number).collect(),
            shape: [8].into(),
            targets,
            class_names: vec![],
            feature_names: vec![],
        };
        let values = Targets::Values { data: (0..BATCH * WIDTH).map(number).collect(), width: WIDTH };
        let classes = Targets::Classes((0..BATCH).map(|i| (i * 37 % WIDTH) as u32).collect());
        let options = Options { batch: BATCH, threads, ..Options::default() };
        let trainer = Trainer::new(network, loss, optimizer, options).ok()?;
        let data = [values, classes].into_iter().map(data).find(|data| trainer.check(data).is_ok())?;
        Some(Case { trainer, data })
    }

    /// Seconds of a step.
    fn time(&mut self) -> f64 {
        let batch = Batch { data: &self.data, rows: Rows::Range(0, BATCH) };
        let start = Instant::now();
        (0..STEPS).for_each(|_| {
            self.trainer.step(batch);
        });
        start.elapsed().as_secs_f64() / STEPS as f64
    }
}

/// The median of the differences of steps with and without, for each of so many numbers.
fn compare(with: &mut Case, without: &mut Case, numbers: usize) -> f64 {
    let mut differences: Vec<f64> = (0..ROUNDS).map(|_| with.time() - without.time()).collect();
    differences.sort_by(f64::total_cmp);
    1e9 * differences[ROUNDS / 2] / numbers as f64
}

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|w| w == name);
    let mse = || loss::read("mse", []).expect("a loss");
    for entry in op::LIST.iter().filter(|entry| wanted(entry.name)) {
        let op = || {
            let given: &[(&str, Value)] = if entry.name == "linear" { &[("out", Value::Whole(WIDTH as i64))] } else { &[] };
            op::read(entry.name, given.iter().map(|(k, v)| (k.to_string(), v.clone())).collect::<Vec<_>>()).ok()
        };
        let Some(_) = op() else { continue };
        print!("{:28}", entry.name);
        for threads in [1, 2] {
            let with = Case::new(vec![Layer::Op(op().expect("an operation"))], mse(), sgd(), threads);
            let Some(mut with) = with else { print!(" -"); continue };
            let mut without = Case::new(vec![], mse(), sgd(), threads).expect("a network");
            print!(" {:7.3} ns", compare(&mut with, &mut without, BATCH * WIDTH));
        }
        println!();
    }
    for entry in loss::LIST.iter().filter(|entry| wanted(entry.name)) {
        print!("{:28}", entry.name);
        for threads in [1, 2] {
            let case = |loss: Arc<dyn LossFunction>| Case::new(vec![Layer::Op(op::read("sigmoid", []).expect("sigmoid"))], loss, sgd(), threads);
            let Some(mut with) = loss::read(entry.name, []).ok().and_then(case) else { print!(" -"); continue };
            let mut without = case(loss::read("mse", []).expect("mse")).expect("mse");
            print!(" {:7.3} ns", compare(&mut with, &mut without, BATCH * WIDTH));
        }
        println!();
    }
}
