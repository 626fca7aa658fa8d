//! Numbers far from 1, and numbers that are none.

use std::ops::ControlFlow;
use std::sync::Arc;
use whygrad::Threads;
use whygrad::author::Scalar;
use whygrad::credit::{Ledger, Refine, Snapshot};
use whygrad::data::{Dataset, Targets};
use whygrad::init::Init;
use whygrad::layers;
use whygrad::loss::{Bce, CategoricalCrossEntropy, LossFunction, Mae, Mse, Nll, Reduction};
use whygrad::network::{Batch, Layer, Network, Pass, Plan, Rows, Weights, keep};
use whygrad::op::{BatchNorm, LayerNorm, Linear, Sigmoid, Tanh};
use whygrad::optim::{Adam, Clip, Optimizer, RmsProp, Sgd};
use whygrad::probe::{Stage, not_finite};
use whygrad::setting::Literal;
use whygrad::train::{End, Epoch, Fit, Observer, Options, Progress, Real, State, Trainer, fit};

fn zeros(out: usize) -> Linear {
    Linear { init: Some(Init::Constant(0.0)), bias_init: Some(Init::Constant(0.0)), ..Linear::new(out) }
}

fn values<T: Scalar>(x: Vec<T>, width: usize, y: Vec<T>) -> Dataset<T> {
    let targets = Targets::Values { width: y.len() * width / x.len(), data: y };
    Dataset::new(x, [width], targets).unwrap()
}

fn all<T: Scalar>(data: &Dataset<T>) -> Batch<'_, T> {
    Batch { data, rows: Rows::Range(0, data.len()) }
}

fn trainer<T: Real>(
    width: usize,
    layers: Vec<Layer>,
    loss: impl LossFunction + 'static,
    optimizer: impl Optimizer + 'static,
    options: Options,
) -> Trainer<T> {
    let network = Network::sequential([width], layers).unwrap();
    Trainer::new(network, Arc::new(loss), Arc::new(optimizer), options).unwrap()
}

/// The output of layers that are given these rows, in training.
fn output<T: Real>(width: usize, layers: Vec<Layer>, x: Vec<T>) -> Vec<T> {
    let rows = x.len() / width;
    let network = Network::sequential([width], layers).unwrap();
    let data = values(x, width, vec![T::zero(); rows * width]);
    let loss = Arc::new(Mse::default());
    let mut plan = Plan::<T, _>::new(&network, loss, rows, &Threads::default(), keep::All).unwrap();
    plan.pass(&Weights::init(&network, 1), all(&data), Pass::train(1));
    plan.output().flatten().copied().collect()
}

#[test]
fn a_centered_divisor_is_a_number_when_rounding_makes_the_variance_negative() {
    let rmsprop = RmsProp { lr: 1e-4, alpha: 0.9, centered: true, ..RmsProp::default() };
    let data = values(vec![1.7f32], 1, vec![1e6]);
    let mut trainer = trainer(1, layers![zeros(1)], Mae::default(), rmsprop, Options::default());
    for _ in 0..1000 {
        assert!(trainer.step(all(&data)).is_finite());
    }
    assert!(trainer.state().weights.params.iter().all(|w| w.is_finite()));
}

#[test]
fn the_first_steps_of_adam_in_f32_are_right_to_the_digits_of_f32() {
    // At the first step m̂/√v̂ is the sign of the gradient.
    let data = values(vec![1.0f32], 1, vec![-3.0]);
    let adam = Adam { lr: 1e-3, eps: 0.0, ..Adam::default() };
    let mut trainer = trainer(1, layers![zeros(1)], Mse::default(), adam, Options::default());
    for step in 1..=3 {
        let before = trainer.state().weights.params[0];
        trainer.step(all(&data));
        let moved = f64::from(before) - f64::from(trainer.state().weights.params[0]);
        assert!(step > 1 || (moved / 1e-3 - 1.0).abs() <= 5e-7, "{moved}");
    }
}

#[test]
fn the_mean_of_squares_in_f32_comes_as_near_as_its_steps_can_after_many_equal_gradients() {
    let data = values(vec![1.0f32], 1, vec![1e9]);
    let adam = Adam { lr: 1e-3, ..Adam::default() };
    let mut trainer = trainer(1, layers![zeros(1)], Mae::default(), adam, Options::default());
    for _ in 0..20_000 {
        trainer.step(all(&data));
    }
    let square = trainer.state().slots.numbers()[1][0];
    // The last steps that change a number below 1 are half of its last digit, 2⁻²⁵, over 1 − β₂.
    assert!((square - 1.0).abs() <= 3e-5, "{square}");
}

#[test]
fn a_batch_far_from_0_is_normalised_by_its_own_mean_and_variance() {
    let noise = |i: usize| ((i * 7919 % 1000) as f32 / 1000.0 - 0.5) * 0.346; // σ = 0.1
    for first in [10_000.3f32, 0.0] {
        // Also where the first row is an outlier that no shift by it could mend.
        let x: Vec<f32> = (0..1000).map(|i| if i == 0 { first } else { 10_000.3 + noise(i) }).collect();
        let exact: Vec<f64> = x.iter().map(|x| f64::from(*x)).collect();
        let mean = exact.iter().sum::<f64>() / 1000.0;
        let variance = exact.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 1000.0;
        let y = output(1, layers![BatchNorm { affine: false, ..BatchNorm::default() }], x);
        let scale = 1.0 / (variance + 1e-5).sqrt();
        for (y, x) in y.iter().zip(&exact) {
            let right = (x - mean) * scale;
            assert!((f64::from(*y) - right).abs() <= 0.005 * right.abs().max(1.0), "{y} {right}");
        }
    }
}

#[test]
fn squares_that_overflow_do_not_make_a_normalised_vector_0() {
    let right = [-1.069_045, -0.534_522_5, 0.0, 1.603_567_5];
    fn close<T: Real>(found: &[T], right: &[f64]) {
        for (found, right) in found.iter().zip(right) {
            assert!((found.f64() - right).abs() <= 1e-6, "{found} {right}");
        }
    }
    let layer_norm = || layers![LayerNorm { elementwise_affine: false, ..LayerNorm::default() }];
    let batch_norm = || layers![BatchNorm { affine: false, ..BatchNorm::default() }];
    close(&output(4, layer_norm(), [1e20f32, 2e20, 3e20, 6e20].to_vec()), &right);
    close(&output(4, layer_norm(), [1e200f64, 2e200, 3e200, 6e200].to_vec()), &right);
    close(&output(1, batch_norm(), [1e20f32, 2e20, 3e20, 6e20].to_vec()), &right);
    let x = [1.0, 2.0, 3.0, 3.3];
    let mean = x.iter().sum::<f64>() / 4.0;
    let sigma = (x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 4.0).sqrt();
    // Here the sum overflows, too.
    close(&output(1, batch_norm(), [1e38f32, 2e38, 3e38, 3.3e38].to_vec()), &x.map(|x| (x - mean) / sigma));
}

#[test]
fn a_gradient_whose_square_overflows_is_clipped_and_not_dropped() {
    let data = values(vec![1.0f64], 1, vec![-1e200]);
    let options = Options { clip: Clip::Norm(1.0), ..Options::default() };
    let sgd = Sgd { lr: 1.0, ..Sgd::default() };
    let mut trainer = trainer(1, layers![zeros(1)], Mae { reduction: Reduction::Mean }, sgd, options.clone());
    trainer.step(all(&data));
    assert!(trainer.state().weights.params[0] < 0.0);
    let data = values(vec![1e200f64], 1, vec![-1.0]);
    let mut trainer =
        self::trainer(1, layers![zeros(1)], Mae::default(), Sgd { lr: 1.0, ..Sgd::default() }, options);
    trainer.step(all(&data));
    let moved = trainer.state().weights.params[0];
    assert!((moved + 1.0).abs() <= 1e-6, "{moved}");
}

#[test]
fn the_loss_of_an_epoch_is_that_of_its_examples_and_not_a_mean_of_means() {
    #[derive(Default)]
    struct Losses(Vec<f64>);
    impl Observer<f32> for Losses {
        fn epoch(&mut self, done: &Epoch<'_, f32>) -> ControlFlow<()> {
            self.0.push(done.train.loss);
            ControlFlow::Continue(())
        }
    }
    let mut y = vec![0.0f32; 33];
    y[32] = 100.0;
    let data = values(vec![1.0; 33], 1, y);
    for (reduction, right) in [(Reduction::Mean, 10_000.0 / 33.0), (Reduction::Sum, 10_000.0)] {
        let (mut losses, sgd) = (Losses::default(), Sgd { lr: 0.0, ..Sgd::default() });
        let mut trainer = trainer(1, layers![zeros(1)], Mse { reduction }, sgd, Options::default());
        let how = Fit { epochs: 2, shuffle: false, patience: None };
        fit(&mut trainer, &data, None, &how, &mut Progress::default(), &mut [&mut losses]).unwrap();
        let whole = trainer.evaluate(&data).unwrap().loss;
        for loss in losses.0 {
            assert!((loss - right).abs() <= 1e-3 && (loss - whole).abs() <= 1e-6 * whole, "{loss} {whole}");
        }
    }
}

#[test]
fn patience_and_the_best_epoch_go_by_the_loss_of_the_epochs_examples_with_class_weights_too() {
    // Batches of 2 and 1, of which the last has nine tenths of all weight: a mean of means gives it a half.
    let classes = Targets::Classes(vec![0, 0, 1]);
    let data = Dataset::new(vec![1.0f64, -1.0, 2.0], [1], classes).unwrap();
    let weight = Literal::List(vec![Literal::Number(1.0), Literal::Number(18.0)].into());
    let loss = whygrad::loss::read("cross_entropy", [("weight".to_string(), weight)]).unwrap();
    let network = Network::sequential([1], layers![Linear::new(2)]).unwrap();
    let (sgd, options) =
        (Arc::new(Sgd { lr: 0.0, ..Sgd::default() }), Options { batch: 2, ..Options::default() });
    let mut trainer = Trainer::<f64>::new(network, loss, sgd, options).unwrap();
    let mut progress = Progress::default();
    let how = Fit { epochs: 9, shuffle: false, patience: Some(2) };
    let fitted = fit(&mut trainer, &data, None, &how, &mut progress, &mut []).unwrap();
    let whole = trainer.evaluate(&data).unwrap().loss;
    assert!((progress.best_loss.unwrap() - whole).abs() <= 1e-12 * whole, "{progress:?} {whole}");
    // Nothing moves: the first epoch stays the best, and two more are waited for.
    assert_eq!((progress.best_epoch, fitted.steps), (1, 6));
}

#[test]
fn a_sum_that_is_not_finite_is_kept_and_read_again() {
    let network = Network::sequential([1], layers![Linear::new(1)]).unwrap();
    let sgd = || Arc::new(Sgd::default());
    let trainer =
        Trainer::<f32>::new(network.clone(), Arc::new(Mse::default()), sgd(), Options::default()).unwrap();
    for sum in [f64::INFINITY, f64::NEG_INFINITY, 1e300, -0.0] {
        let progress = Progress { loss_sum: sum, diverged: Some(3), ..Progress::default() };
        let bytes = trainer.state().to_safetensors(&network, &progress);
        let (_, found) = State::<f32>::from_safetensors(&network, &*sgd(), &bytes).unwrap();
        assert_eq!(found, progress);
    }
    let progress = Progress { loss_sum: f64::NAN, ..Progress::default() };
    let bytes = trainer.state().to_safetensors(&network, &progress);
    assert!(State::<f32>::from_safetensors(&network, &*sgd(), &bytes).unwrap().1.loss_sum.is_nan());
}

#[test]
fn outputs_that_a_loss_does_not_take_are_named_before_the_first_step() {
    let classes = Dataset::new(vec![1.0f32, 2.0, 3.0, 4.0], [2], Targets::Classes(vec![0, 1])).unwrap();
    let shares = values(vec![1.0f32, 2.0, 3.0, 4.0], 2, vec![0.0, 1.0]);
    let linear = |out| Linear { init: Some(Init::Constant(1.0)), ..zeros(out) };
    let message = |data: &Dataset<f32>, out, loss: Arc<dyn LossFunction>| {
        let network = Network::sequential([2], layers![linear(out)]).unwrap();
        let mut trainer =
            Trainer::<f32>::new(network, loss, Arc::new(Sgd::default()), Options::default()).unwrap();
        let how = Fit { shuffle: false, ..Fit::default() };
        fit(&mut trainer, data, None, &how, &mut Progress::default(), &mut []).unwrap_err().to_string()
    };
    assert_eq!(
        message(&shares, 1, Arc::new(Bce::default())),
        "the loss `bce` takes numbers from 0 to 1, and the network gives 3 (linear1[0] of example 0): let a sigmoid come \
         last, or take the loss bce_with_logits"
    );
    assert_eq!(
        message(&classes, 2, Arc::new(Nll::default())),
        "the loss `nll` takes numbers up to 0, and the network gives 3 (linear1[0] of example 0): let a log_softmax come \
         last, or take the loss cross_entropy"
    );
    let said = message(&classes, 2, Arc::new(CategoricalCrossEntropy::default()));
    assert!(said.contains("takes numbers from 0 to 1") && said.contains("let a softmax come last"), "{said}");
    // A network whose outputs are shares is taken.
    let mut trainer =
        trainer(2, layers![linear(1), Sigmoid], Bce::default(), Sgd::default(), Options::default());
    fit(&mut trainer, &shares, None, &Fit::default(), &mut Progress::default(), &mut []).unwrap();
}

#[test]
fn training_ends_with_the_first_loss_that_is_not_finite_and_where_it_came_from_is_told() {
    let data = values(vec![1.0f32, 2.0, -1.0, 0.5], 1, vec![1.0, -1.0, 2.0, 0.0]);
    let sgd = || Sgd { lr: 1e15, ..Sgd::default() };
    let network = || layers![Linear::new(3), Tanh, Linear::new(1)];
    let mut diverging = trainer(1, network(), Mse::default(), sgd(), Options::default());
    let (mut progress, how) = (Progress::default(), Fit { epochs: 1000, shuffle: false, patience: None });
    let fitted = fit(&mut diverging, &data, None, &how, &mut progress, &mut []).unwrap();
    assert_eq!((fitted.end, progress.diverged, progress.done), (End::Diverged, Some(fitted.steps), true));
    assert!(fitted.steps < 20, "{fitted:?}");
    // It is over for good.
    let again = fit(&mut diverging, &data, None, &how, &mut progress, &mut []).unwrap();
    assert_eq!((again.steps, again.end), (0, End::Before));

    let mut replayed = trainer(1, network(), Mse::default(), sgd(), Options::default());
    let batch = Batch { data: &data, rows: Rows::Index(&[0, 1, 2, 3]) };
    let mut found = None;
    for _ in 0..fitted.steps {
        let before = replayed.state().clone();
        found = not_finite(&replayed, batch).unwrap();
        assert_eq!(*replayed.state(), before);
        assert_eq!(Snapshot::take(&replayed, batch).unwrap().is_finite(), found.is_none());
        if found.is_some() {
            break;
        }
        replayed.step(batch);
    }
    let found = found.expect("it diverged");
    assert_eq!((found.stage, found.name.as_str()), (Stage::Loss, "mse"), "{found:?}");
    assert_eq!((found.example, found.number.as_str()), (Some(0), "inf"));

    // A ledger ends where nothing adds up any more.
    let start = trainer::<f32>(1, network(), Mse::default(), sgd(), Options::default());
    let mut ledger = Ledger::<f32>::new(&start, data.cast(), Refine::default()).unwrap();
    let mut nan = start.state().weights.clone();
    nan.params[0] = f32::NAN;
    assert!(ledger.advance(1, &nan).is_break() && ledger.steps().is_empty());
}
