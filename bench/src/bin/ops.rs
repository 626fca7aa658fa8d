//! What every operation and loss adds to a training step, in nanoseconds for each number that it is given, with one
//! thread and with two: operations against the step of a network without, losses against mean squared error.
//!
//! `ops relu bce` measures these alone; without names, everything that takes one value and has no settings to give.

use std::sync::Arc;
use std::time::Instant;
use whygrad::Threads;
use whygrad::author::random;
use whygrad::data::{Dataset, Targets};
use whygrad::loss::{self, LossFunction};
use whygrad::network::{Batch, Layer, Network, Rows};
use whygrad::op::{self, Linear};
use whygrad::optim::Sgd;
use whygrad::train::{Options, Trainer};

/// Numbers between the layers, and examples.
const WIDTH: usize = 512;
const BATCH: usize = 128;

/// Rounds of which the median is taken, and steps of each.
const ROUNDS: usize = 21;
const STEPS: usize = 20;

/// A trainer of the layers behind a linear one; and its batch.
struct Case {
    trainer: Trainer<f32>,
    data: Dataset<f32>,
}

impl Case {
    fn new(layers: Vec<Layer>, loss: Arc<dyn LossFunction>, threads: &Threads) -> Option<Case> {
        let layers = [Layer::from(Linear::new(WIDTH))].into_iter().chain(layers).collect::<Vec<_>>();
        let network = Network::sequential([8], layers).ok()?;
        let number = |i: usize| random::uniform(7, i as u64) as f32;
        let inputs: Vec<f32> = (0..BATCH * 8).map(number).collect();
        let data = |targets| Dataset::new(inputs.clone(), [8], targets).expect("a data set");
        let values = Targets::Values { data: (0..BATCH * WIDTH).map(number).collect(), width: WIDTH };
        let classes = Targets::Classes((0..BATCH).map(|i| (i * 37 % WIDTH) as u32).collect());
        let options = Options { batch: BATCH, threads: threads.clone(), ..Options::default() };
        let slow = Arc::new(Sgd { lr: 1e-6, ..Sgd::default() });
        let trainer = Trainer::new(network, loss, slow, options).ok()?;
        let data = [values, classes].into_iter().map(data).find(|data| trainer.check(data).is_ok())?;
        Some(Case { trainer, data })
    }

    /// Seconds that a step takes.
    fn time(&mut self) -> f64 {
        let batch = Batch { data: &self.data, rows: Rows::Range(0, BATCH) };
        let start = Instant::now();
        (0..STEPS).for_each(|_| {
            self.trainer.step(batch);
        });
        start.elapsed().as_secs_f64() / STEPS as f64
    }
}

/// Prints the median of what steps take more with something than without, for each number.
fn print(name: &str, pair: impl Fn(&Threads) -> Option<[Case; 2]>) {
    let Some(cases) =
        [1, 2].map(|threads| pair(&Threads::new(threads))).into_iter().collect::<Option<Vec<_>>>()
    else {
        return;
    };
    let more = cases.into_iter().map(|[mut with, mut without]| {
        let mut differences: Vec<f64> = (0..ROUNDS).map(|_| with.time() - without.time()).collect();
        differences.sort_by(f64::total_cmp);
        format!("{:7.2} ns", 1e9 * differences[ROUNDS / 2] / (BATCH * WIDTH) as f64)
    });
    println!("{name:26}{}", more.collect::<String>());
}

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|w| w == name);
    let mse = || loss::read("mse", []).expect("a loss");
    for name in op::LIST.iter().map(|entry| entry.name).filter(|name| wanted(name)) {
        print(name, |threads| {
            let op = Layer::Op(op::read(name, []).ok()?);
            Some([Case::new(vec![op], mse(), threads)?, Case::new(vec![], mse(), threads)?])
        });
    }
    // Behind a sigmoid, so that what wants shares gets them.
    let behind = || vec![Layer::Op(op::read("sigmoid", []).expect("an operation"))];
    for name in loss::LIST.iter().map(|entry| entry.name).filter(|name| wanted(name)) {
        print(name, |threads| {
            let loss = loss::read(name, []).ok()?;
            Some([Case::new(behind(), loss, threads)?, Case::new(behind(), mse(), threads)?])
        });
    }
}
