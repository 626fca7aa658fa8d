//! What explaining costs, on 784-512-256-10 with a batch of 128, as multiples of what it is compared with; and the
//! ledger of the built-in digits run, by the command (`cargo build --release` in the folder above).
//!
//! `credit ledger digits` measures these two alone; without names, everything.
//!
//! Times are taken in turns, so that what else the machine does meets all of them; of each the median and the least.

use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};
use whygrad::Threads;
use whygrad::author::random::derive;
use whygrad::credit::{Flows, Ledger, Refine, Snapshot, example_norms};
use whygrad::data::{Dataset, Targets};
use whygrad::loss::CrossEntropy;
use whygrad::network::{Batch, Network, Pass, Plan, Rows, Weights, keep};
use whygrad::op::{Linear, Relu};
use whygrad::optim::Sgd;
use whygrad::train::{Observer, Options, Progress, Real, StepDone, Trainer};

const BATCH: usize = 128;

/// Rounds of which the median is taken.
const ROUNDS: usize = 41;

fn network() -> Network {
    let layers = whygrad::layers![Linear::new(512), Relu, Linear::new(256), Relu, Linear::new(10)];
    Network::sequential([784], layers).expect("a network")
}

fn data<T: Real>() -> Dataset<T> {
    let number = |i: usize| derive(7, "bench", i as u64) as f64 / u64::MAX as f64;
    let inputs: Vec<T> = (0..BATCH * 784).map(|i| T::of(number(i))).collect();
    let targets = Targets::Classes((0..BATCH).map(|i| (10.0 * number(i)) as u32).collect());
    Dataset::new(inputs, [784], targets).expect("a data set")
}

fn trainer<T: Real>(threads: &Threads) -> Trainer<T> {
    let options = Options { batch: BATCH, threads: threads.clone(), ..Options::default() };
    let sgd = Arc::new(Sgd { lr: 0.01, ..Sgd::default() });
    Trainer::new(network(), Arc::new(CrossEntropy::default()), sgd, options).expect("a trainer")
}

fn plan<T: Real>(threads: &Threads) -> Plan<T, keep::Training> {
    Plan::new(&network(), Arc::new(CrossEntropy::default()), BATCH, threads, keep::Training).expect("a plan")
}

fn took(mut f: impl FnMut()) -> Duration {
    let start = Instant::now();
    f();
    start.elapsed()
}

/// Times of things done in turns: median and least of each.
fn in_turns<const N: usize>(mut things: [&mut dyn FnMut(); N]) -> [[Duration; 2]; N] {
    let mut times = [const { vec![] }; N];
    for round in 0..ROUNDS + 3 {
        for (thing, times) in things.iter_mut().zip(&mut times) {
            let time = took(&mut **thing);
            // The first rounds warm up.
            if round >= 3 {
                times.push(time);
            }
        }
    }
    times.map(|mut times| {
        times.sort();
        [times[times.len() / 2], times[0]]
    })
}

fn say(what: &str, of: [Duration; 2], against: [Duration; 2], limit: f64) {
    let [median, least] = [0, 1].map(|i| of[i].as_secs_f64() / against[i].as_secs_f64());
    let (of, against) = (of[0], against[0]);
    println!(
        "{what}: {median:.2} × (median), {least:.2} × (least); at most {limit} ×; {of:.2?} against {against:.2?}"
    );
}

/// All semirings' passes over the batch, against one backward: from the loss to every weight's gradient, in f64 as they.
fn semirings(threads: &Threads) {
    let (trainer, data) = (trainer::<f64>(threads), data::<f64>());
    let batch = || Batch { data: &data, rows: Rows::Range(0, BATCH) };
    let (state, mut gradient) = (trainer.state().clone(), vec![0.0; network().param_count()]);
    let snapshot = Snapshot::take(&trainer, batch()).expect("a step");
    let (mut one, mut two) = (plan::<f64>(threads), plan::<f64>(threads));
    let [forward, both, sweeps] = in_turns([
        &mut || {
            one.pass(&state.weights, batch(), Pass { backward: false, ..Pass::train(0) });
        },
        &mut || {
            two.pass(&state.weights, batch(), Pass::train(0));
            two.gradient(&state.weights, &mut gradient);
        },
        &mut || _ = std::hint::black_box(Flows::new(&snapshot)),
    ]);
    let backward = [0, 1].map(|i| both[i].saturating_sub(forward[i]));
    say(&format!("semirings against a backward, threads {}", threads.count()), sweeps, backward, 4.0);
}

/// Gradient norms of all examples (with the pass that they need), against a training step, in f32.
fn norms(threads: &Threads) {
    let (mut trainer, data) = (trainer::<f32>(threads), data::<f32>());
    let batch = || Batch { data: &data, rows: Rows::Range(0, BATCH) };
    let (network, mut plan) = (network(), plan::<f32>(threads));
    let weights: Weights<f32> = trainer.state().weights.clone();
    let [step, norms] = in_turns([
        &mut || {
            trainer.step(batch());
        },
        &mut || {
            plan.pass(&weights, batch(), Pass::train(0));
            std::hint::black_box(example_norms(&network, &plan, &weights));
        },
    ]);
    say(&format!("norms of examples against a step, threads {}", threads.count()), norms, step, 1.3);
}

/// Training with a ledger (Simpson's rule as it is, one batch as probe set, f32), against training without.
fn ledger(threads: &Threads) {
    let (mut alone, mut watched, data) = (trainer::<f32>(threads), trainer::<f32>(threads), data::<f32>());
    let batch = || Batch { data: &data, rows: Rows::Range(0, BATCH) };
    let mut ledger = Ledger::<f32>::new(&watched, self::data(), Refine::PLAIN).expect("a ledger");
    let progress = Progress::default();
    let [without, with] = in_turns([
        &mut || {
            alone.step(batch());
        },
        &mut || {
            let loss = watched.step(batch());
            let step = watched.state().steps;
            let (examples, ends_epoch, facts) = (BATCH, false, None);
            let done =
                StepDone { step, loss, examples, ends_epoch, facts, trainer: &watched, progress: &progress };
            assert!(ledger.step(&done).is_continue());
        },
    ]);
    say(&format!("training with a ledger against training, threads {}", threads.count()), with, without, 3.5);
}

/// What a step of a ledger takes where every line has kinks: 784-128-10 with relu over 100 steps of 64 examples, at the
/// default tolerance, on ten classes of 1,024 examples, each around a picture of its own.
fn relu(threads: &Threads) {
    let (examples, batch) = (1024, 64);
    let random = |stream: u64, i: usize| derive(7 + stream, "relu", i as u64) as f32 / u64::MAX as f32;
    let number = |i: usize| 0.5 * random(0, i) + random(1, 784 * (i / 784 % 10) + i % 784);
    let inputs: Vec<f32> = (0..examples * 784).map(number).collect();
    let targets = Targets::Classes((0..examples).map(|i| (i % 10) as u32).collect());
    let data = Dataset::new(inputs, [784], targets).expect("a data set");
    let layers = whygrad::layers![Linear::new(128), Relu, Linear::new(10)];
    let network = Network::sequential([784], layers).expect("a network");
    let options = Options { batch, threads: threads.clone(), ..Options::default() };
    let sgd = Arc::new(Sgd { lr: 0.02, ..Sgd::default() });
    let mut trainer =
        Trainer::<f32>::new(network, Arc::new(CrossEntropy::default()), sgd, options).expect("a trainer");
    let mut ledger = Ledger::new(&trainer, data.cast::<f64>(), Refine::default()).expect("a ledger");
    let time = took(|| {
        for step in 0..100 {
            let from = step * batch % examples;
            trainer.step(Batch { data: &data, rows: Rows::Range(from, from + batch) });
            assert!(ledger.advance(step as u64 + 1, &trainer.state().weights).is_continue());
        }
    });
    let totals = ledger.totals();
    println!(
        "ledger of a relu network, threads {}: {:.1} gradients and {:.1} losses alone of a step, at most 64; residual \
         {:.1e} of the change from {:.2} to {:.2}; {:.2?} a step",
        threads.count(),
        totals.gradients / 100.0,
        totals.forwards / 100.0,
        totals.relative.unwrap_or(0.0),
        totals.before,
        totals.after,
        time / 100,
    );
}

/// The ledger of the digits run, as the command says.
fn digits() -> Option<()> {
    let command = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/release/whygrad");
    let folder = std::env::temp_dir().join(format!("whygrad-credit-{}", std::process::id()));
    let json = |args: &[&str]| {
        let output = Command::new(command).args(args).output().ok()?;
        serde_json::from_slice::<serde_json::Value>(&output.stdout).ok()
    };
    let runs = folder.to_str()?;
    let found = json(&["train", "digits", "--json", "--runs", runs])
        .and_then(|trained| json(&["ledger", "--json", "--run", trained["run"].as_str()?]));
    let _ = std::fs::remove_dir_all(&folder); // it may not be there
    let found = found?;
    println!(
        "ledger of the digits run: residual {:.1e} of the change, at most 1e-6; {:.1} × as long as its training",
        found["totals"]["relative"].as_f64()?,
        found["cost"].as_f64()?
    );
    Some(())
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let wanted = |what: &str| args.is_empty() || args.iter().any(|arg| arg == what);
    for (what, measure) in
        [("semirings", semirings as fn(&Threads)), ("norms", norms), ("ledger", ledger), ("relu", relu)]
    {
        for threads in [1, 2].map(Threads::new).into_iter().filter(|_| wanted(what)) {
            measure(&threads);
        }
    }
    if wanted("digits") && digits().is_none() {
        println!("the ledger of the digits run was left out: there is no ../target/release/whygrad");
    }
}
