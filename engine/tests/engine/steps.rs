//! Training steps: what they allocate, what they depend on, where they can be taken up again.

use super::data;
use std::alloc::{GlobalAlloc, Layout, System};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use whygrad::Threads;
use whygrad::data::{Dataset, Targets};
use whygrad::facts::{Moments, StepFacts};
use whygrad::layers;
use whygrad::loss::{CrossEntropy, LossFunction, Mse, Reduction};
use whygrad::network::{Batch, Layer, Network, Rows};
use whygrad::op::{BatchNorm, Dropout, Gelu, LayerNorm, Linear, Relu, Tanh};
use whygrad::optim::{Adam, AdamW, Clip, Optimizer, RmsProp, Sgd};
use whygrad::train::{Detail, Fit, Observer, Options, Progress, Real, StepDone, Trainer, fit};

struct Counting;

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call goes to the system's allocator unchanged; counting touches one atomic.
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: as the caller promised.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: as the caller promised.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

type Made = (&'static str, Network, Arc<dyn LossFunction>, Arc<dyn Optimizer>);

/// Networks that between them have every kind of operation.
fn networks() -> Vec<Made> {
    let ce = || Arc::new(CrossEntropy::default()) as Arc<dyn LossFunction>;
    let plain = layers![Linear::new(300), Relu, Dropout { p: 0.2 }, Linear::new(10)];
    // Large enough that the threads share each operation and not the batch.
    let large = layers![
        Linear::new(500),
        Gelu::default(),
        LayerNorm::default(),
        Linear::new(400),
        Tanh,
        Linear::new(10)
    ];
    let inside = layers![Linear::new(70), Gelu::default(), Linear::new(70)];
    let residual =
        layers![Linear::new(70), LayerNorm::default(), Layer::Residual(inside), Tanh, Linear::new(10)];
    let mixed = layers![Linear::new(64), BatchNorm::default(), Relu, Linear::new(10)];
    let small = layers![Linear::new(2), Tanh, Linear::new(1)];
    let sequential = |width: usize, layers| Network::sequential([width], layers).unwrap();
    vec![
        ("dropout", sequential(50, plain), ce(), Arc::new(Sgd { lr: 0.05, momentum: 0.9, ..Sgd::default() })),
        ("large", sequential(50, large), ce(), Arc::new(AdamW::default())),
        ("residual", sequential(50, residual), ce(), Arc::new(AdamW::default())),
        ("batch_norm", sequential(50, mixed), ce(), Arc::new(RmsProp::default())),
        (
            "small",
            sequential(50, small),
            Arc::new(Mse { reduction: Reduction::Mean }),
            Arc::new(Adam::default()),
        ),
    ]
}

fn examples<T: Real>(name: &str, n: usize) -> Dataset<T> {
    data(n, 50, (name != "small").then_some(10))
}

fn batch<T>(data: &Dataset<T>, from: usize, to: usize) -> Batch<'_, T> {
    Batch { data, rows: Rows::Range(from, to) }
}

/// Counted in a process of its own: other tests of this one allocate at the same time.
#[test]
fn a_step_allocates_nothing() {
    const NAME: &str = "steps::a_step_allocates_nothing";
    if std::env::var_os("WHYGRAD_COUNT").is_none() {
        let status = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", NAME, "--test-threads=1"])
            .env("WHYGRAD_COUNT", "1")
            .status();
        assert!(status.unwrap().success());
        return;
    }
    for threads in [1, 2] {
        for (name, network, loss, optimizer) in networks() {
            let options = Options {
                batch: 128,
                threads: Threads::new(threads),
                clip: Clip::Norm(1.0),
                ..Options::default()
            };
            let data = examples::<f32>(name, 300);
            let mut trainer = Trainer::new(network, loss, optimizer, options).unwrap();
            for facts in [false, true] {
                let mut step = |from, to| match facts {
                    true => trainer.step_with_facts(batch(&data, from, to)),
                    false => trainer.step(batch(&data, from, to)),
                };
                step(0, 128); // the first step with facts makes room for them
                std::thread::sleep(std::time::Duration::from_millis(20)); // and threads allocate as they start
                let before = ALLOCATIONS.load(Ordering::Relaxed);
                for (from, to) in [(0, 128), (128, 256), (256, 300), (5, 6)] {
                    step(from, to);
                }
                let allocated = ALLOCATIONS.load(Ordering::Relaxed) - before;
                assert_eq!(allocated, 0, "{name} with {threads} threads, facts {facts}");
            }
        }
    }
}

/// Every bit that training left.
fn bits<T: Real>(trainer: &Trainer<T>) -> Vec<u64> {
    let state = trainer.state();
    let numbers =
        state.slots.numbers().iter().flatten().chain(&state.weights.params).chain(&state.weights.buffers);
    numbers.map(|x| x.f64().to_bits()).collect()
}

fn trained<T: Real>(threads: usize, facts: bool) -> Vec<Vec<u64>> {
    trained_on::<T>(threads, facts, false)
}

/// On examples that lie side by side, or on the same ones picked out one by one.
fn trained_on<T: Real>(threads: usize, facts: bool, picked: bool) -> Vec<Vec<u64>> {
    let train = |(name, network, loss, optimizer): Made| {
        let options = Options { batch: 128, threads: Threads::new(threads), seed: 3, ..Options::default() };
        let data = examples::<T>(name, 300);
        let apart = data.select(&(0..600).map(|i| i / 2).collect::<Vec<usize>>());
        let mut trainer = Trainer::new(network, loss, optimizer, options).unwrap();
        for _ in 0..5 {
            for (from, to) in [(0, 128), (128, 256), (256, 300)] {
                let index: Vec<usize> = (from..to).map(|i| 2 * i).collect();
                let batch = match picked {
                    true => Batch { data: &apart, rows: Rows::Index(&index) },
                    false => Batch { data: &data, rows: Rows::Range(from, to) },
                };
                if facts {
                    trainer.step_with_facts(batch)
                } else {
                    trainer.step(batch)
                };
            }
        }
        bits(&trainer)
    };
    networks().into_iter().map(train).collect()
}

#[test]
fn every_number_of_threads_gives_the_same_bits() {
    let one = trained::<f32>(1, false);
    assert_eq!(one, trained::<f32>(2, false));
    assert_eq!(one, trained::<f32>(3, false));
    assert_eq!(one, trained::<f32>(4, false));
    assert_eq!(trained::<f64>(1, false), trained::<f64>(4, false));
}

#[test]
fn a_small_weight_that_meets_many_vectors_gets_the_same_bits_from_every_number_of_threads() {
    let train = |threads: usize| {
        let layers = layers![
            Linear::new(8),
            Gelu::default(),
            LayerNorm::default(),
            Dropout { p: 0.2 },
            Linear::new(1)
        ];
        let network = Network::sequential([97, 5], layers).unwrap();
        let flat = data::<f32>(200, 97 * 5, None);
        let values = (0..200 * 97).map(|i| (i as f32).sin()).collect();
        let targets = Targets::Values { data: values, width: 97 };
        let data = Dataset::new(flat.inputs().to_vec(), [97, 5], targets).unwrap();
        let options = Options { batch: 150, threads: Threads::new(threads), ..Options::default() };
        let mut trainer =
            Trainer::new(network, Arc::new(Mse::default()), Arc::new(Adam::default()), options).unwrap();
        for (from, to) in [(0, 150), (50, 200), (0, 33)] {
            trainer.step_with_facts(batch(&data, from, to));
        }
        (bits(&trainer), trainer.facts().clone())
    };
    let one = train(1);
    assert!(one == train(2) && one == train(4));
}

#[test]
fn examples_that_are_picked_out_train_as_those_that_lie_side_by_side() {
    for threads in [1, 2] {
        assert_eq!(trained_on::<f32>(threads, false, true), trained_on::<f32>(threads, false, false));
    }
}

#[test]
fn every_number_of_threads_gives_the_same_facts() {
    let facts = |threads: usize| -> Vec<StepFacts> {
        let train = |(name, network, loss, optimizer): Made| {
            let options = Options { batch: 128, threads: Threads::new(threads), ..Options::default() };
            let data = examples::<f32>(name, 128);
            let mut trainer = Trainer::new(network, loss, optimizer, options).unwrap();
            trainer.step_with_facts(batch(&data, 0, 128));
            trainer.facts().clone()
        };
        networks().into_iter().map(train).collect()
    };
    let one = facts(1);
    assert!(one == facts(2) && one == facts(3));
}

#[test]
fn facts_are_of_every_value_and_parameter_of_the_layout_the_input_too() {
    for (name, network, loss, optimizer) in networks() {
        let (data, layout) = (examples::<f32>(name, 128), network.layout());
        let mut trainer = {
            let options = Options { batch: 128, threads: Threads::new(2), ..Options::default() };
            Trainer::new(network, loss, optimizer, options).unwrap()
        };
        let index: Vec<usize> = (0..100).collect();
        for rows in [Rows::Index(&index), Rows::Range(0, 100)] {
            trainer.step_with_facts(Batch { data: &data, rows });
            let facts = trainer.facts();
            assert!(layout.fits(facts), "{name}");
            for (value, moments) in layout.values.iter().zip(&facts.values) {
                assert_eq!(moments.count, 100 * value.shape.len() as u64, "{name}: {}", value.name);
            }
            for (param, moments) in layout.params.iter().zip(&facts.param_gradients) {
                assert_eq!(moments.count, param.shape.len() as u64, "{name}: {}", param.name);
            }
            let (x, found) = (Moments::of(&data.inputs()[..100 * 50]), &facts.values[0]);
            assert!(
                (found.mean - x.mean).abs() <= 1e-5 * x.std(),
                "{name}: {} is not {}",
                found.mean,
                x.mean
            );
            assert!((found.std() - x.std()).abs() <= 1e-5 * x.std(), "{name}");
            assert_eq!((found.min, found.max, found.zeros), (x.min, x.max, x.zeros), "{name}");
            assert_eq!(facts.value_gradients[0], Moments::default(), "{name}: nothing needs it");
        }
    }
}

#[test]
fn a_layout_says_what_the_network_computes_by_name() {
    let (_, network, ..) = networks().swap_remove(2);
    let layout = network.layout();
    let layers: Vec<&str> = layout.values.iter().filter(|v| v.is_layer()).map(|v| v.name.as_str()).collect();
    assert_eq!(layers, ["linear1", "layer_norm1", "linear2", "linear3", "linear4"]);
    let add = layout.values.iter().find(|value| value.kind == "add").unwrap();
    let inputs: Vec<&str> = add.inputs.iter().map(|input| layout.values[*input].name.as_str()).collect();
    assert_eq!((add.name.as_str(), inputs), ("add1", vec!["layer_norm1", "linear3"]));
    let of_norm = &layout.params[layout.values[2].params.clone()];
    assert_eq!(
        of_norm.iter().map(|p| (&*p.name, &*p.path)).collect::<Vec<_>>(),
        [("layer_norm1.weight", "1.weight"), ("layer_norm1.bias", "1.bias")]
    );
    assert_eq!((&*layout.values[0].name, &*layout.values[0].kind), ("x", "input"));
    assert!(layout.is_sound() && layout.param_count() == network.param_count());
    let mut circle = layout;
    circle.values[1].inputs = vec![1];
    assert!(!circle.is_sound());
}

#[test]
fn watching_a_step_does_not_change_it() {
    assert_eq!(trained::<f32>(2, false), trained::<f32>(2, true));
}

#[test]
fn facts_predict_and_measure_what_the_step_did() {
    for (name, network, loss, _) in networks() {
        let sgd = Arc::new(Sgd { lr: 1e-4, ..Sgd::default() });
        for clip in [Clip::Off, Clip::Norm(0.01), Clip::Value(1e-3)] {
            let options = Options { batch: 64, clip, ..Options::default() };
            let data = examples::<f64>(name, 64);
            let mut trainer = Trainer::new(network.clone(), Arc::clone(&loss), sgd.clone(), options).unwrap();
            let first = trainer.state().weights.params.clone();
            trainer.step_with_facts(batch(&data, 0, 64));
            trainer.measure(batch(&data, 0, 64));
            let facts = trainer.facts();
            assert!(facts.predicted < 0.0, "{name}: {}", facts.predicted);
            let ratio = facts.measured.unwrap() / facts.predicted;
            assert!((ratio - 1.0).abs() <= 0.02, "{name}, {clip:?}: measured over predicted is {ratio}");
            let moved = first.iter().zip(&trainer.state().weights.params).map(|(a, b)| (b - a).powi(2));
            let norm = facts.param_updates.iter().map(|m| m.norm().powi(2)).sum::<f64>();
            let moved = moved.sum::<f64>();
            assert!((norm - moved).abs() <= 1e-9 * moved, "{name}, {clip:?}: {norm:e} is not {moved:e}");
        }
    }
}

/// Stops after some steps.
struct StopAfter(u64);

impl<T> Observer<T> for StopAfter {
    fn wants(&mut self, step: u64) -> Detail {
        if step.is_multiple_of(3) { Detail::Facts } else { Detail::Loss }
    }

    fn step(&mut self, done: &StepDone<'_, T>) -> ControlFlow<()> {
        assert_eq!(done.facts.is_some(), done.step.is_multiple_of(3));
        if done.step == self.0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

#[test]
fn training_that_was_stopped_goes_on_to_the_same_bits() {
    for (i, (name, network, loss, optimizer)) in networks().into_iter().enumerate() {
        let data = examples::<f32>(name, 300);
        let (train, test) = whygrad::data::split(data, 0.2, true, 1);
        let how = Fit { epochs: 3, patience: Some(2), ..Fit::default() };
        let trainer = || {
            let options = Options { batch: 64, seed: 5, ..Options::default() };
            Trainer::new(network.clone(), Arc::clone(&loss), Arc::clone(&optimizer), options).unwrap()
        };
        let (mut whole, mut whole_progress) = (trainer(), Progress::default());
        fit(&mut whole, &train, Some(&test), &how, &mut whole_progress, &mut []).unwrap();
        let (mut first, mut progress) = (trainer(), Progress::default());
        let stop = 2 + 2 * i as u64; // inside an epoch and at the end of one
        fit(&mut first, &train, Some(&test), &how, &mut progress, &mut [&mut StopAfter(stop)]).unwrap();
        assert_eq!(first.state().steps, stop);
        let mut second = trainer();
        second.restore(first.state().clone()).unwrap();
        fit(&mut second, &train, Some(&test), &how, &mut progress, &mut []).unwrap();
        assert_eq!(bits(&whole), bits(&second), "{name}");
        assert_eq!(whole_progress, progress, "{name}");
    }
}
