//! What a trainer is asked for beside its steps, and what it refuses.

use super::data;
use std::ops::ControlFlow;
use std::sync::Arc;
use whygrad::author::{Scalar, Team};
use whygrad::data::{Dataset, Targets};
use whygrad::facts::Metrics;
use whygrad::layers;
use whygrad::loss::CrossEntropy;
use whygrad::network::{Batch, Error, Network, Rows, StoredError, Weights};
use whygrad::op::{
    BatchNorm, BufferSpec, BuffersMut, By, Compute, Dropout, Forward, Grad, InputGrads, Linear, Misfit, Op,
    Operation, Partial, Point, Reads, Tanh,
};
use whygrad::optim::{Adagrad, Adam, Clip, Optimizer, Sgd};
use whygrad::train::{Detail, End, Epoch, Fit, Observer, Options, Progress, State, StepDone, Trainer, fit};
use whygrad::{Shape, Threads};

fn network() -> Network {
    let dropout = Dropout { p: 0.3 };
    Network::sequential([5], layers![Linear::new(8), BatchNorm::default(), Tanh, dropout, Linear::new(3)])
        .unwrap()
}

fn trainer(optimizer: impl Optimizer + 'static, options: Options) -> Trainer<f32> {
    Trainer::new(network(), Arc::new(CrossEntropy::default()), Arc::new(optimizer), options).unwrap()
}

fn momentum() -> Sgd {
    Sgd { lr: 0.1, momentum: 0.9, ..Sgd::default() }
}

fn all(data: &Dataset<f32>) -> Batch<'_, f32> {
    Batch { data, rows: Rows::Range(0, data.len()) }
}

#[test]
fn the_gradient_is_that_of_the_next_step_and_asking_for_it_changes_nothing() {
    let data = data::<f32>(20, 5, Some(3));
    for clip in [Clip::Off, Clip::Norm(1e6), Clip::Value(1e6)] {
        let mut trainer = trainer(Sgd { lr: 0.5, ..Sgd::default() }, Options { clip, ..Options::default() });
        trainer.step(all(&data));
        let before = trainer.state().clone();
        let gradient = trainer.gradient(all(&data));
        assert_eq!(*trainer.state(), before);
        trainer.step(all(&data));
        for ((w, g), moved) in
            before.weights.params.iter().zip(&gradient).zip(&trainer.state().weights.params)
        {
            assert_eq!(w - 0.5 * g, *moved);
        }
    }
}

#[test]
fn predictions_are_what_evaluation_judges_whatever_the_batch() {
    let data = data::<f32>(50, 5, Some(3));
    let mut trainer = trainer(momentum(), Options::default());
    fit(&mut trainer, &data, None, &Fit::default(), &mut Progress::default(), &mut []).unwrap();
    let outputs = trainer.predict(data.inputs()).unwrap();
    assert_eq!(outputs.len(), 50 * 3);
    let Targets::Classes(classes) = data.targets() else { panic!() };
    let right = |(y, &class): (&[f32], &u32)| (0..3).all(|j| y[j] <= y[class as usize]);
    let right = outputs.chunks(3).zip(classes).filter(|&example| right(example)).count();
    assert_eq!(trainer.evaluate(&data).unwrap().accuracy, Some(right as f64 / 50.0));
    assert_eq!(trainer.predict(&data.inputs()[15..30]).unwrap(), outputs[9..18]);
    assert!(trainer.predict(&[]).unwrap().is_empty());
}

#[test]
fn fit_says_what_it_did_and_why_it_did_no_more() {
    struct StopAt(u64);
    impl Observer<f32> for StopAt {
        fn step(&mut self, done: &StepDone<'_, f32>) -> ControlFlow<()> {
            if done.step == self.0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        }
    }
    let data = data::<f32>(50, 5, Some(3));
    let mut trainer = trainer(momentum(), Options { batch: 20, ..Options::default() });
    let mut progress = Progress::default();
    let mut go = |how: Fit, stop: u64| {
        let fitted = fit(&mut trainer, &data, None, &how, &mut progress, &mut [&mut StopAt(stop)]).unwrap();
        (fitted.steps, fitted.end)
    };
    let epochs = |epochs| Fit { epochs, ..Fit::default() };
    assert_eq!(go(epochs(2), 4), (4, End::Observer));
    assert_eq!(go(epochs(2), 0), (2, End::Epochs));
    assert_eq!(go(epochs(2), 0), (0, End::Before));
    assert_eq!(go(epochs(3), 0), (3, End::Epochs));
    let (steps, end) = go(Fit { patience: Some(1), ..epochs(10_000) }, 0);
    assert!(steps < 30_000 && end == End::Patience, "{steps} {end:?}");
    assert_eq!(go(Fit { patience: Some(1), ..epochs(10_000) }, 0), (0, End::Before));
}

#[test]
fn an_epoch_tells_loss_and_accuracy_of_its_steps_before_their_updates_also_when_it_was_interrupted() {
    #[derive(Default)]
    struct Epochs(Vec<Metrics>, u64);
    impl Observer<f32> for Epochs {
        fn step(&mut self, done: &StepDone<'_, f32>) -> ControlFlow<()> {
            if done.step == self.1 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        }
        fn wants(&mut self, _step: u64) -> Detail {
            Detail::Change // which makes another pass
        }
        fn epoch(&mut self, done: &Epoch<'_, f32>) -> ControlFlow<()> {
            self.0.push(done.train);
            ControlFlow::Continue(())
        }
    }
    let (data, how) = (data::<f32>(50, 5, Some(3)), Fit { epochs: 2, ..Fit::default() });
    let options = Options { batch: 20, ..Options::default() };
    let network = || Network::sequential([5], layers![Linear::new(8), Tanh, Linear::new(3)]).unwrap();
    let loss = || Arc::new(CrossEntropy::default());
    let new = || Trainer::<f32>::new(network(), loss(), Arc::new(momentum()), options.clone()).unwrap();
    let (mut trainer, mut progress, mut found) = (new(), Progress::default(), Epochs(vec![], 2));
    fit(&mut trainer, &data, None, &how, &mut progress, &mut [&mut found]).unwrap();
    assert_eq!(found.0, []);
    fit(&mut trainer, &data, None, &how, &mut progress, &mut [&mut found]).unwrap();

    let (mut trainer, mut batches) = (new(), how.batches(&options, 50));
    for (epoch, found) in found.0.iter().enumerate() {
        let (mut losses, mut right) = (0.0, 0.0);
        for step in 3 * epoch..3 * epoch + 3 {
            let batch = data.select(batches.at(step as u64));
            let metrics = trainer.evaluate(&batch).unwrap();
            losses += trainer.step(all(&batch)) * batch.len() as f64;
            right += metrics.accuracy.unwrap() * batch.len() as f64;
        }
        assert_eq!((found.loss, found.accuracy), (losses / 50.0, Some(right.round() / 50.0)));
    }
}

/// x, and how many examples came.
#[derive(Clone, Copy, Debug)]
struct Count;

impl Op for Count {
    fn name(&self) -> &'static str {
        "count"
    }

    fn shape(&self, x: &[&Shape]) -> Result<Shape, Misfit> {
        Ok(x[0].clone())
    }

    fn reads(&self) -> Reads {
        Reads::Nothing
    }

    fn buffers(&self, _x: &[&Shape]) -> Vec<BufferSpec> {
        vec![BufferSpec { name: "count", shape: [1].into(), start: 0.0 }]
    }
}

impl<T: Scalar> Compute<T> for Count {
    fn forward(&self, io: Forward<'_, T>, _team: &mut Team<'_, T>) {
        io.y.copy_from_slice(io.x.get(0));
    }

    fn backward(&self, _at: &Point<'_, T>, dy: &[T], mut dx: InputGrads<'_, T>, _team: &mut Team<'_, T>) {
        if let Some(dx) = dx.get(0).map(Grad::sum) {
            dx.iter_mut().zip(dy).for_each(|(dx, dy)| *dx += *dy);
        }
    }

    fn partials(&self, _at: &Point<'_, T>, row: usize, of: usize, emit: &mut dyn FnMut(Partial<T>)) {
        emit(Partial { by: By::Input { input: 0, row, at: of }, slope: T::one() });
    }

    fn track(&self, rows: usize, _saved: &[T], mut buffers: BuffersMut<'_, T>) {
        buffers.get(0)[0] += T::of(rows as f64);
    }
}

#[test]
fn whoever_tracks_statistics_sees_the_whole_batch_for_any_number_of_threads() {
    whygrad::judge::operation(&Count, &[[3].into()], 3).unwrap();
    let data = data::<f32>(100, 64, Some(3));
    for threads in [1, 2, 4] {
        let network = Network::sequential([64], layers![Linear::new(64), Count, Linear::new(3)]).unwrap();
        let options = Options { batch: 100, threads: Threads::new(threads), ..Options::default() };
        let loss = Arc::new(CrossEntropy::default());
        let mut trainer = Trainer::<f32>::new(network, loss, Arc::new(momentum()), options).unwrap();
        trainer.step(all(&data));
        assert_eq!(trainer.state().weights.buffers, [100.0], "{threads} threads");
    }
}

#[test]
fn two_operations_whose_numbers_would_have_one_name_are_refused() {
    let mut network = Network::new([3]);
    let mut add = |op: Arc<dyn Operation>| {
        let x = network.output();
        network.add("f".into(), op, &[x]).map(drop)
    };
    add(Arc::new(Linear::new(3))).unwrap();
    add(Arc::new(Tanh)).unwrap();
    assert_eq!(
        add(Arc::new(Linear::new(3))).unwrap_err().to_string(),
        "`f` is the path of two operations; each needs one of its own for its numbers in files"
    );
}

#[test]
fn connections_that_are_left_out_stay_out_whoever_sets_the_weights() {
    let linear = Linear { mask: Some(vec![vec![true, false]]), ..Linear::new(1) };
    let network = Network::sequential([2], layers![linear]).unwrap();
    let (loss, options) = (Arc::new(CrossEntropy::default()), Options::default());
    let mut trainer = Trainer::<f32>::new(network, loss, Arc::new(momentum()), options).unwrap();
    let mut state = trainer.state().clone();
    state.weights.params.fill(2.0);
    trainer.set_weights(state.weights.clone()).unwrap();
    assert_eq!(trainer.state().weights.params[..], [2.0, 0.0, 2.0]);
    trainer.restore(state).unwrap();
    assert_eq!(trainer.state().weights.params[..], [2.0, 0.0, 2.0]);
}

#[test]
#[should_panic(expected = "data that `Plan::check` refuses")]
fn a_step_with_data_of_another_shape_is_no_silent_number() {
    let data = data::<f32>(20, 6, Some(3));
    trainer(momentum(), Options::default()).step(all(&data));
}

#[test]
#[should_panic(expected = "a batch without examples")]
fn a_step_without_examples_is_no_silent_number() {
    let data = data::<f32>(20, 5, Some(3));
    trainer(momentum(), Options::default()).step(Batch { data: &data, rows: Rows::Range(3, 3) });
}

#[test]
fn states_and_weights_go_through_bytes_and_back_without_a_change() {
    let data = data::<f32>(50, 5, Some(3));
    let mut there = trainer(Adam::default(), Options::default());
    let mut progress = Progress::default();
    let how = Fit { epochs: 3, ..Fit::default() };
    fit(&mut there, &data, None, &how, &mut progress, &mut []).unwrap();
    let (network, state) = (network(), there.state());
    let bytes = state.to_safetensors(&network, &progress);
    let back = State::from_safetensors(&network, &Adam::default(), &bytes).unwrap();
    assert_eq!(back, (state.clone(), progress));
    // Weights are read from either.
    assert_eq!(Weights::from_safetensors(&network, &bytes).unwrap(), state.weights);
    let bytes = state.weights.to_safetensors(&network);
    assert_eq!(Weights::from_safetensors(&network, &bytes).unwrap(), state.weights);

    let refused =
        |bytes: &[u8]| State::<f32>::from_safetensors(&network, &Adam::default(), bytes).unwrap_err();
    assert_eq!(refused(&bytes), Error::Stored(StoredError::WeightsOnly));
    assert!(refused(&bytes[..bytes.len() / 2]).to_string().contains("perhaps cut off"));
    let other = Network::sequential([5], layers![Linear::new(7), Linear::new(3)]).unwrap();
    let message = Weights::<f32>::from_safetensors(&other, &bytes).unwrap_err().to_string();
    assert_eq!(
        message,
        "a checkpoint of another network: its tensor `0.weight` has the shape [8, 5], not [7, 5]"
    );
    let sgd = trainer(momentum(), Options::default()).state().to_safetensors(&network, &Progress::default());
    let message = refused(&sgd).to_string();
    assert!(
        message.contains("another optimizer: it has no tensor `optimizer.exp_avg.0.weight`"),
        "{message}"
    );
}

#[test]
fn a_state_of_another_optimizer_or_network_is_refused_with_both_facts() {
    let state = |optimizer: &dyn Fn() -> Trainer<f32>| optimizer().state().clone();
    let adam = state(&|| trainer(Adam::default(), Options::default()));
    let plain = || trainer(Sgd::default(), Options::default());
    assert_eq!(
        plain().restore(adam).unwrap_err().to_string(),
        "the state of another optimizer: it keeps exp_avg, exp_avg_sq for each weight, and sgd keeps nothing"
    );
    // As many numbers, but other ones.
    let adagrad = state(&|| trainer(Adagrad::default(), Options::default()));
    assert_eq!(
        trainer(momentum(), Options::default()).restore(adagrad).unwrap_err().to_string(),
        "the state of another optimizer: it keeps sum for each weight, and sgd keeps momentum_buffer"
    );
    let small = Network::sequential([5], layers![Linear::new(3)]).unwrap();
    let mut other =
        Trainer::new(small, Arc::new(CrossEntropy::default()), Arc::new(Sgd::default()), Options::default())
            .unwrap();
    assert_eq!(
        other.restore(state(&plain)).unwrap_err().to_string(),
        "weights of another network: it has 91 trained numbers, and this network has 18"
    );
}

#[test]
fn what_cannot_be_computed_is_an_error() {
    let mut trainer = trainer(Sgd::default(), Options::default());
    let (how, mut progress) = (Fit::default(), Progress::default());
    let (few, none) = (data::<f32>(4, 5, Some(3)), data::<f32>(0, 5, Some(3)));
    assert_eq!(trainer.evaluate(&none).unwrap_err(), Error::NoExamples);
    for (train, test) in [(&none, None), (&few, Some(&none))] {
        let error = fit(&mut trainer, train, test, &how, &mut progress, &mut []).unwrap_err();
        assert_eq!(error, Error::NoExamples);
    }
    assert!(matches!(trainer.evaluate(&data(4, 6, Some(3))), Err(Error::Input { .. })));
    let mut message = |inputs: &[f32]| trainer.predict(inputs).unwrap_err().to_string();
    assert_eq!(message(&[0.0; 7]), "7 input numbers are no whole examples of the shape [5], 5 numbers each");
    assert!(message(&[f32::NAN; 5]).contains("example 0: number 0 of its input is NaN"));
    let options = Options { batch: 0, ..Options::default() };
    let refused =
        Trainer::<f32>::new(network(), Arc::new(CrossEntropy::default()), Arc::new(Sgd::default()), options);
    assert_eq!(refused.unwrap_err(), Error::NoBatch);
}

#[test]
#[should_panic(expected = "a batch of 64 in a plan for 32")]
fn a_batch_larger_than_the_options_say_panics() {
    trainer(Sgd::default(), Options::default()).step(all(&data(64, 5, Some(3))));
}
