//! The ledger: what weights earned adds up to the loss change.

use super::data;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Instant;
use whygrad::Threads;
use whygrad::credit::{Ledger, Refine, Weight, probe};
use whygrad::data::{Dataset, Targets};
use whygrad::layers;
use whygrad::loss::{self, CrossEntropy, LossFunction, Mse, Reduction};
use whygrad::network::{Batch, Layer, Network, Pass, Plan, Rows, Weights, keep};
use whygrad::op::{BatchNorm, Dropout, Gelu, LayerNorm, Linear, Relu, Tanh};
use whygrad::optim::{AdamW, Optimizer, Sgd};
use whygrad::setting::Literal;
use whygrad::train::{Fit, Observer, Options, Progress, Real, StepDone, Trainer, fit};

fn cross_entropy() -> Arc<dyn LossFunction> {
    Arc::new(CrossEntropy::default())
}

fn mse() -> Arc<dyn LossFunction> {
    Arc::new(Mse { reduction: Reduction::Mean })
}

fn sequential(layers: Vec<Layer>) -> Network {
    Network::sequential([6], layers).unwrap()
}

/// Smooth, with a value that is used twice.
fn smooth() -> Network {
    let inside = layers![Linear::new(8), Gelu::default()];
    sequential(layers![Linear::new(8), Tanh, Layer::Residual(inside), LayerNorm::default(), Linear::new(3)])
}

/// With kinks, random numbers, and running statistics.
fn rough() -> Network {
    let dropout = Dropout { p: 0.2 };
    sequential(layers![Linear::new(9), BatchNorm::default(), Relu, dropout, Linear::new(3)])
}

/// Keeps the weights after every step.
#[derive(Default)]
struct Kept<T>(Vec<Weights<T>>);

impl<T: Real> Observer<T> for Kept<T> {
    fn step(&mut self, done: &StepDone<'_, T>) -> ControlFlow<()> {
        self.0.push(done.trainer.state().weights.clone());
        ControlFlow::Continue(())
    }
}

/// A run of 15 steps with its ledger in precision `P` on all training examples; returns the weights before it and
/// after each step, too.
fn run<T: Real, P: Real>(
    network: &Network,
    loss: Arc<dyn LossFunction>,
    optimizer: impl Optimizer + 'static,
    refine: Refine,
    threads: &Threads,
) -> (Ledger<P>, Vec<Weights<T>>, Dataset<T>) {
    let classes = (loss.wants() == loss::TargetKind::Classes).then_some(3);
    let data = data::<T>(600, 6, classes); // more than a ledger takes in one pass
    let options = Options { batch: 120, seed: 8, threads: threads.clone(), ..Options::default() };
    let mut trainer = Trainer::<T>::new(network.clone(), loss, Arc::new(optimizer), options).unwrap();
    let start = trainer.state().weights.clone();
    let mut ledger = Ledger::new(&trainer, data.cast(), refine).unwrap();
    let first = network.params().len() - 1;
    ledger.watch(Weight { param: first, at: 0 });
    let how = Fit { epochs: 3, ..Fit::default() };
    let mut keep = Kept(vec![start]);
    let observers: &mut [&mut dyn Observer<T>] = &mut [&mut ledger, &mut keep];
    fit(&mut trainer, &data, None, &how, &mut Progress::default(), observers).unwrap();
    (ledger, keep.0, data)
}

/// A trainer that stands at these weights.
fn at<T: Real>(weights: &Weights<T>, network: &Network, threads: &Threads) -> Trainer<T> {
    let options = Options { threads: threads.clone(), ..Options::default() };
    let mut trainer = Trainer::new(network.clone(), cross_entropy(), Arc::new(sgd(0.1)), options).unwrap();
    trainer.set_weights(weights.clone()).unwrap();
    trainer
}

fn sgd(lr: f64) -> Sgd {
    Sgd { lr, momentum: 0.5, ..Sgd::default() }
}

fn close(a: f64, b: f64, scale: f64) {
    assert!((a - b).abs() <= 1e-12 * scale, "{a:e} is not {b:e}, at the scale {scale:e}");
}

#[test]
fn everything_adds_up_to_the_measured_loss_change() {
    for (network, refine) in
        [(smooth(), Refine::PLAIN), (rough(), Refine::PLAIN), (rough(), Refine::default())]
    {
        let (ledger, weights, data) =
            run::<f64, f64>(&network, cross_entropy(), sgd(0.3), refine, &Threads::default());
        let mut plan =
            Plan::new(&network, cross_entropy(), 600, &Threads::default(), keep::Training).unwrap();
        let losses: Vec<f64> = weights.iter().map(|w| plan.evaluate(w, &data).loss).collect();
        let totals = ledger.totals();
        let size = totals.hurt - totals.earned + losses[0];
        close(totals.before, losses[0], size);
        close(totals.after, losses[15], size);
        close(totals.allocation + totals.statistics + totals.residual, losses[15] - losses[0], size);
        close(totals.earned + totals.hurt, ledger.allocation().iter().sum(), size);
        close(ledger.examples().iter().sum(), totals.change, size);
        assert_eq!((totals.steps, ledger.steps().len(), ledger.examples().len()), (15, 15, 600));
        for (i, step) in ledger.steps().iter().enumerate() {
            assert_eq!(step.step, i as u64 + 1);
            close(step.change, losses[i + 1] - losses[i], size);
            close(step.layers.iter().sum::<f64>() + step.statistics + step.residual, step.change, size);
        }
        for (i, layer) in ledger.layers().into_iter().enumerate() {
            close(layer.allocation, ledger.steps().iter().map(|step| step.layers[i]).sum(), size);
            close(layer.allocation, layer.earned + layer.hurt, size);
            let prefix = format!("{}[", layer.name);
            let neurons: Vec<_> =
                ledger.neurons().into_iter().filter(|neuron| neuron.name.starts_with(&prefix)).collect();
            close(layer.allocation, neurons.iter().map(|neuron| neuron.allocation).sum(), size);
            assert_eq!(layer.weights, neurons.iter().map(|neuron| neuron.weights).sum::<usize>());
        }
        let layers: f64 = ledger.layers().iter().map(|layer| layer.allocation).sum();
        close(layers, totals.allocation, size);
        let watched = &ledger.watched()[0];
        let place = watched.weight.place(&network);
        assert_eq!((watched.from, watched.allocations.len()), (1, 15));
        close(watched.allocations.iter().sum(), ledger.allocation()[place], size);
        serde_json::to_string(&(totals, ledger.steps(), ledger.watched(), ledger.opposed())).unwrap();
    }
}

#[test]
fn a_neuron_is_a_row_of_the_weight_and_its_bias() {
    let network = smooth();
    let (ledger, ..) =
        run::<f64, f64>(&network, cross_entropy(), sgd(0.3), Refine::PLAIN, &Threads::default());
    let neurons = ledger.neurons();
    let neuron = neurons.iter().find(|neuron| neuron.name == "linear3[2]").unwrap();
    let at = |name: &str| network.params()[network.find(name).unwrap()].range.start;
    let (row, bias) = (at("linear3.weight") + 2 * 8, at("linear3.bias") + 2);
    let sum: f64 = ledger.allocation()[row..row + 8].iter().sum::<f64>() + ledger.allocation()[bias];
    assert_eq!(neuron.weights, 9);
    close(neuron.allocation, sum, neuron.hurt - neuron.earned);
}

/// Allocations of one step by the rectangle rule on 2000 pieces of the line, by the plan alone.
fn by_rectangles(network: &Network, from: &Weights<f64>, to: &Weights<f64>, data: &Dataset<f64>) -> Vec<f64> {
    let mut plan = Plan::new(network, cross_entropy(), 600, &Threads::default(), keep::Training).unwrap();
    let batch = Batch { data, rows: Rows::Range(0, 600) };
    let (mut weights, mut gradient) = (to.clone(), vec![0.0; network.param_count()]);
    let mut allocation = vec![0.0; network.param_count()];
    for piece in 0..2000 {
        let s = (f64::from(piece) + 0.5) / 2000.0;
        for ((w, a), b) in weights.params.iter_mut().zip(&from.params).zip(&to.params) {
            *w = (1.0 - s) * a + s * b;
        }
        plan.pass(&weights, batch, Pass { backward: true, ..Pass::EVALUATE });
        plan.gradient(&weights, &mut gradient);
        for (i, allocation) in allocation.iter_mut().enumerate() {
            *allocation += (to.params[i] - from.params[i]) * gradient[i] / 2000.0;
        }
    }
    allocation
}

#[test]
fn allocations_are_the_integral_of_every_weight() {
    for (network, gradients, tolerance) in [(smooth(), 100.0, 1e-7), (rough(), 500.0, 1e-5)] {
        let (_, weights, data) =
            run::<f64, f64>(&network, cross_entropy(), sgd(0.3), Refine::PLAIN, &Threads::default());
        let refine = Refine { tolerance: 0.0, gradients };
        let mut ledger =
            Ledger::new(&at(&weights[0], &network, &Threads::default()), data.clone(), refine).unwrap();
        assert!(ledger.advance(1, &weights[1]).is_continue());
        let expected = by_rectangles(&network, &weights[0], &weights[1], &data);
        let size: f64 = expected.iter().map(|a| a.abs()).sum();
        for (found, expected) in ledger.allocation().iter().zip(expected) {
            assert!((found - expected).abs() <= tolerance * size, "{found:e} is not {expected:e}");
        }
    }
}

#[test]
fn simpsons_rule_is_exact_up_to_two_linear_layers_and_not_beyond() {
    // With mse the loss of n linear layers is a polynomial of degree 2n along a line, its gradient one of 2n − 1,
    // and Simpson's rule is exact up to 3.
    let linear = |layers: usize| sequential((0..layers).map(|_| Linear::new(1).into()).collect());
    let residual = |layers| {
        let (ledger, ..) =
            run::<f64, f64>(&linear(layers), mse(), sgd(0.05), Refine::PLAIN, &Threads::default());
        ledger.steps().iter().map(|step| step.residual.abs()).fold(0.0, f64::max)
    };
    assert!(residual(1) <= 1e-14 && residual(2) <= 1e-14, "{:e} {:e}", residual(1), residual(2));
    assert!(residual(3) >= 1e-12, "{:e}", residual(3));
}

#[test]
fn halving_brings_the_residual_under_its_tolerance() {
    // Beside a kink the slope along the line, a difference, is a mixture: so near the aim is taken less strictly.
    for (network, tolerance) in [(smooth(), 2e-8), (rough(), 5e-7)] {
        let refine = Refine { tolerance, gradients: 1000.0 };
        let (plain, ..) =
            run::<f64, f64>(&network, cross_entropy(), sgd(0.5), Refine::PLAIN, &Threads::default());
        let (fine, ..) = run::<f64, f64>(&network, cross_entropy(), sgd(0.5), refine, &Threads::default());
        let (plain, fine) = (plain.totals(), fine.totals());
        assert!(plain.residual.abs() > tolerance * plain.before, "{plain:?}");
        assert!(fine.residual.abs() <= tolerance * fine.before, "{fine:?}");
        assert!(fine.gradients > plain.gradients);
    }
}

#[test]
fn halving_stops_at_its_bound_and_says_what_is_left() {
    let refine = Refine { tolerance: 0.0, gradients: 12.0 };
    let (ledger, ..) = run::<f64, f64>(&rough(), cross_entropy(), sgd(0.5), refine, &Threads::default());
    assert!(ledger.steps().iter().all(|step| step.halvings > 0 && step.residual != 0.0));
    let totals = ledger.totals();
    let each = (totals.gradients + totals.forwards / 3.0) / 15.0;
    assert!((6.0..=36.0).contains(&each), "{totals:?}");
}

#[test]
fn in_f32_the_residual_is_rounding() {
    let (ledger, ..) =
        run::<f32, f32>(&smooth(), cross_entropy(), sgd(0.05), Refine::default(), &Threads::default());
    let totals = ledger.totals();
    assert!(totals.residual.abs() <= 15.0 * 8.0 * f64::from(f32::EPSILON) * totals.before, "{totals:?}");
    // The same run, judged in f64.
    let (ledger, ..) =
        run::<f32, f64>(&smooth(), cross_entropy(), sgd(0.05), Refine::default(), &Threads::default());
    assert!(ledger.totals().relative.unwrap() <= 1e-6, "{:?}", ledger.totals());
}

/// Everything that a ledger says, bit for bit.
fn said<P: Real>(ledger: &Ledger<P>) -> (Vec<u64>, String) {
    let bits = ledger.allocation().iter().chain(&ledger.examples()).map(|x| x.to_bits()).collect();
    (bits, format!("{:?} {:?}", ledger.steps(), ledger.totals()))
}

#[test]
fn a_replay_says_what_the_live_ledger_said_bit_for_bit() {
    for network in [smooth(), rough()] {
        let refine = Refine { tolerance: 1e-6, gradients: 16.0 };
        let (live, weights, data) =
            run::<f32, f64>(&network, cross_entropy(), sgd(0.3), refine, &Threads::default());
        for threads in [Threads::new(1), Threads::new(2)] {
            let probe = data.cast::<f64>();
            let mut replay = Ledger::new(&at(&weights[0], &network, &threads), probe, refine).unwrap();
            weights[1..]
                .iter()
                .zip(1..)
                .for_each(|(weights, step)| assert!(replay.advance(step, weights).is_continue()));
            assert_eq!(said(&live), said(&replay));
        }
    }
}

#[test]
fn a_frozen_weight_earns_nothing() {
    let mut network = smooth();
    network.freeze("linear1.weight").unwrap();
    let (ledger, ..) =
        run::<f64, f64>(&network, cross_entropy(), AdamW::default(), Refine::default(), &Threads::default());
    assert!(ledger.allocation()[network.params()[0].range.clone()].iter().all(|a| *a == 0.0));
    assert!(ledger.totals().allocation < 0.0);
}

/// Why there is a ledger: to first order, on its own batch, every weight helps in every step of plain SGD.
#[test]
fn under_plain_sgd_some_weights_hurt_although_every_first_order_product_helps() {
    let network = smooth();
    let plain = Sgd { lr: 0.5, ..Sgd::default() };
    let data = data::<f64>(60, 6, Some(3));
    let options = Options { batch: 20, ..Options::default() };
    let mut trainer =
        Trainer::<f64>::new(network.clone(), cross_entropy(), Arc::new(plain), options).unwrap();
    let mut plan =
        Plan::<f64, _>::new(&network, cross_entropy(), 20, &Threads::default(), keep::Training).unwrap();
    let mut gradient = vec![0.0; network.param_count()];
    let mut ledger = Ledger::new(&trainer, data.clone(), Refine::default()).unwrap();
    for step in 0..30 {
        let before = trainer.state().weights.clone();
        let from = 20 * (step as usize % 3);
        let batch = Batch { data: &data, rows: Rows::Range(from, from + 20) };
        plan.pass(&before, batch, Pass::train(0));
        plan.gradient(&before, &mut gradient);
        trainer.step(batch);
        assert!(ledger.advance(step + 1, &trainer.state().weights).is_continue());
        let moves = trainer.state().weights.params.iter().zip(&before.params).map(|(after, w)| after - w);
        assert!(gradient.iter().zip(moves).all(|(g, moved)| g * moved <= 0.0));
    }
    let hurt = ledger.hurt_most(1000);
    assert!(hurt.len() > 10 && hurt.iter().all(|weight| weight.allocation > 0.0), "{} hurt", hurt.len());
    assert!(ledger.totals().change < 0.0 && ledger.totals().residual.abs() <= 5e-7 * ledger.totals().before);
}

#[test]
fn the_weights_that_earned_and_hurt_most_come_first() {
    let network = smooth();
    let (ledger, ..) =
        run::<f64, f64>(&network, cross_entropy(), sgd(0.5), Refine::PLAIN, &Threads::default());
    let mut sorted = ledger.allocation().to_vec();
    sorted.sort_by(f64::total_cmp);
    let allocations = |weights: &[whygrad::credit::Earned]| {
        weights.iter().map(|weight| weight.allocation).collect::<Vec<f64>>()
    };
    let (earned, hurt) = (ledger.earned_most(7), ledger.hurt_most(7));
    assert_eq!(allocations(&earned), sorted[..7]);
    sorted.reverse();
    assert_eq!(allocations(&hurt), sorted[..7]);
    for weight in earned.iter().chain(&hurt) {
        assert_eq!(ledger.allocation()[weight.weight.place(&network)], weight.allocation);
        assert_eq!(weight.name, weight.weight.name(&network));
    }
    assert_eq!(ledger.earned_most(0), []);
    let all = ledger.earned_most(usize::MAX).len() + ledger.hurt_most(usize::MAX).len();
    assert!(all <= sorted.len() && all > sorted.len() / 2);
}

#[test]
fn layers_that_worked_against_each_other_are_named() {
    let network = sequential(layers![Linear::new(8), Tanh, Linear::new(8), Tanh, Linear::new(3)]);
    let (ledger, ..) =
        run::<f64, f64>(&network, cross_entropy(), sgd(0.5), Refine::PLAIN, &Threads::default());
    let opposed = ledger.opposed();
    assert!(!opposed.is_empty() && opposed.is_sorted_by(|a, b| a.amount >= b.amount));
    let names = ledger.layers().into_iter().map(|layer| layer.name).collect::<Vec<String>>();
    for (a, b) in [(0, 1), (0, 2), (1, 2)] {
        let pairs = ledger.steps().iter().map(|step| (step.layers[a], step.layers[b]));
        let against: Vec<(f64, f64)> = pairs.filter(|(a, b)| a * b < 0.0).collect();
        let found = opposed.iter().find(|pair| pair.layers == [names[a].clone(), names[b].clone()]);
        assert_eq!(found.map_or(0, |pair| pair.steps), against.len() as u64);
        let amount: f64 = against.iter().map(|(a, b)| a.abs().min(b.abs())).sum();
        assert_eq!(found.map_or(0.0, |pair| pair.amount), amount);
    }
    for step in ledger.steps() {
        let size: f64 = step.layers.iter().map(|layer| layer.abs()).sum();
        close(step.opposed(), (size - step.layers.iter().sum::<f64>().abs()) / 2.0, size);
    }
}

#[test]
fn every_reduction_and_class_weight_adds_up() {
    let weights = [0.5, 1.0, 2.0].map(Literal::Number);
    let weighted = ("weight".to_string(), Literal::List(weights.to_vec().into()));
    let sum = ("reduction".to_string(), Literal::Text("sum".into()));
    for given in [vec![weighted.clone()], vec![sum.clone()], vec![weighted, sum]] {
        let loss = loss::read("cross_entropy", given).unwrap();
        let lr = if loss.reduction() == Reduction::Sum { 1e-4 } else { 0.05 };
        let (ledger, ..) = run::<f64, f64>(&smooth(), loss, sgd(lr), Refine::default(), &Threads::default());
        let totals = ledger.totals();
        assert!(totals.relative.unwrap() <= 1e-5, "{totals:?}");
        close(ledger.examples().iter().sum(), totals.change, totals.before);
    }
}

#[test]
fn a_probe_set_has_the_examples_asked_for_and_no_more_than_there_are() {
    let data = data::<f32>(50, 6, None);
    let drawn = probe::<f32, f64>(&data, 20, 1);
    assert_eq!((drawn.len(), drawn.inputs().len()), (20, 120));
    assert_eq!(drawn, probe::<f32, f64>(&data, 20, 1));
    assert_ne!(drawn, probe::<f32, f64>(&data, 20, 2));
    assert_eq!(probe::<f32, f32>(&data, 1024, 1), data);
    let trainer = at(&Weights::<f32>::init(&smooth(), 0), &smooth(), &Threads::default());
    assert!(Ledger::new(&trainer, data.select(&[]), Refine::PLAIN).is_err());
}

#[test]
#[ignore = "a timing: run it alone, with --release"]
fn training_with_a_ledger_of_one_batch_takes_at_most_three_and_a_half_times_as_long() {
    let layers = layers![Linear::new(512), Relu, Linear::new(256), Relu, Linear::new(10)];
    let network = Network::sequential([784], layers).unwrap();
    let data = data::<f32>(128, 784, Some(10));
    let batch = Batch { data: &data, rows: Rows::Range(0, 128) };
    for threads in [1, 2] {
        let optimizer = Arc::new(Sgd { lr: 1e-3, ..Sgd::default() });
        let threads = Threads::new(threads);
        let options = Options { batch: 128, threads: threads.clone(), ..Options::default() };
        let mut trainer = Trainer::<f32>::new(network.clone(), cross_entropy(), optimizer, options).unwrap();
        let mut ledger = Ledger::new(&trainer, data.clone(), Refine::PLAIN).unwrap();
        let mut seconds = [vec![], vec![]];
        for step in 1..=200 {
            let at = Instant::now();
            trainer.step(batch);
            seconds[0].push(at.elapsed().as_secs_f64());
            let at = Instant::now();
            assert!(ledger.advance(step, &trainer.state().weights).is_continue());
            seconds[1].push(at.elapsed().as_secs_f64());
        }
        let [train, ledger] = seconds.map(|mut seconds| {
            seconds.sort_by(f64::total_cmp);
            seconds[seconds.len() / 10] // what others do on the machine only adds
        });
        let cost = (train + ledger) / train;
        println!("{threads:?}: a step {train:.6} s, its ledger {ledger:.6} s, together {cost:.2} steps");
        assert!(cost <= 3.5, "{threads:?}: training with a ledger takes {cost:.2} times as long");
    }
}

#[test]
fn a_step_along_which_gradients_are_not_finite_ends_the_ledger_before_it() {
    // L = (w₂·w₁·x − y)² is finite all along, and ∂L/∂w₁ = 2·(w₂·w₁·x − y)·w₂·x is not.
    let one = || Linear { bias: false, ..Linear::new(1) };
    let network = Network::sequential([1], layers![one(), one()]).unwrap();
    let data = Dataset::new(vec![1.0], [1], Targets::Values { data: vec![1e150], width: 1 }).unwrap();
    let sgd = Arc::new(Sgd { lr: 0.1, ..Sgd::default() });
    let mut trainer = Trainer::<f64>::new(network, mse(), sgd, Options::default()).unwrap();
    let weights = |w: [f64; 2]| Weights { params: w.to_vec().into(), buffers: vec![] };
    trainer.set_weights(weights([0.0, 1.0])).unwrap();
    let mut ledger = Ledger::new(&trainer, data, Refine::default()).unwrap();
    assert!(ledger.advance(1, &weights([0.0, 2.0])).is_continue());
    assert!(ledger.advance(2, &weights([1e-60, 1e200])).is_break());
    assert!(ledger.allocation().iter().all(|a| a.is_finite()) && ledger.steps().len() == 1);
}
