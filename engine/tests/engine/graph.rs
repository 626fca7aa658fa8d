//! Graphs of any form: values used twice, long chains, errors that name the layer.

use super::data;
use std::sync::Arc;
use whygrad::Threads;
use whygrad::data::{Dataset, Targets};
use whygrad::layers;
use whygrad::loss::{ClassWeights, CrossEntropy, LossFunction, Mse, Nll, Reduction};
use whygrad::network::{Batch, Error, Layer, Network, Pass, Plan, Rows, Weights, keep};
use whygrad::op::{
    Add, BatchNorm, Dropout, Elu, Gelu, LayerNorm, Linear, LogSoftmax, Operation, Sigmoid, Silu, Softplus,
    Tanh,
};

fn mse() -> Arc<dyn LossFunction> {
    Arc::new(Mse { reduction: Reduction::Mean })
}

/// Largest relative difference between the gradient by each parameter and central differences of the loss,
/// over the directions that move one whole parameter.
fn gradient_error(network: &Network, loss: Arc<dyn LossFunction>, classes: Option<u32>) -> f64 {
    gradient_error_in(Pass::train(1), network, loss, classes)
}

/// As [`gradient_error`], of a pass of another kind.
fn gradient_error_in(
    pass: Pass,
    network: &Network,
    loss: Arc<dyn LossFunction>,
    classes: Option<u32>,
) -> f64 {
    let width = network.shape(network.input()).len();
    let data = data::<f64>(37, width, classes); // one shard and a bit
    let batch = Batch { data: &data, rows: Rows::Range(0, 37) };
    let mut plan = Plan::new(network, loss, 37, &Threads::new(2), keep::Training).unwrap();
    let mut weights = Weights::init(network, 2);
    let mut gradient = vec![0.0; network.param_count()];
    let at = |plan: &mut Plan<f64, keep::Training>, weights: &Weights<f64>| {
        plan.pass(weights, batch, Pass { backward: false, ..pass })
    };
    // Running statistics of their own, so that evaluation does not normalise by 0 and 1.
    plan.pass(&weights, batch, Pass::train(1));
    plan.track(&mut weights);
    plan.pass(&weights, batch, pass);
    plan.gradient(&weights, &mut gradient);
    let mut worst: f64 = 0.0;
    for param in network.params() {
        let there = |i: usize| param.mask.as_ref().is_none_or(|mask| mask[i - param.range.start]);
        let along = |i: usize| if there(i) { ((i * 37 + 11) as f64).sin() } else { 0.0 };
        let direction: Vec<f64> = param.range.clone().map(along).collect();
        let slope: f64 = gradient[param.range.clone()].iter().zip(&direction).map(|(g, d)| g * d).sum();
        let start = weights.params.clone();
        let step = 1e-5;
        let mut nudged = |sign: f64| {
            let moved = start[param.range.clone()].iter().zip(&direction).map(|(w, d)| w + sign * step * d);
            let moved: Vec<f64> = moved.collect();
            weights.params[param.range.clone()].copy_from_slice(&moved);
            let loss = at(&mut plan, &weights);
            weights.params.copy_from_slice(&start);
            loss
        };
        let difference = (nudged(1.0) - nudged(-1.0)) / (2.0 * step);
        // The quotient itself is only good to the rounding of two losses over the step.
        let floor = 4.0 * f64::EPSILON / step;
        let error = ((difference - slope).abs() - floor).max(0.0) / slope.abs();
        worst = if error <= worst { worst } else { error };
    }
    worst
}

#[test]
fn gradients_of_whole_networks_agree_with_finite_differences() {
    let inside = layers![Linear::new(6), Gelu::default(), Linear::new(6)];
    let nested = layers![
        Linear::new(6),
        Layer::Residual(layers![Tanh, Layer::Residual(inside)]),
        LayerNorm::default()
    ];
    let deep: Vec<Layer> = (0..20).flat_map(|_| layers![Linear::new(6), Silu]).collect();
    let networks = [
        (layers![Linear::new(7), Tanh, Linear::new(1)], None),
        (nested.into_iter().chain(layers![Linear::new(3)]).collect(), Some(3)),
        (layers![Linear::new(9), BatchNorm::default(), Softplus::default(), Linear::new(3)], Some(3)),
        (deep.into_iter().chain(layers![Elu::default(), Linear::new(1)]).collect(), None),
    ];
    for (layers, classes) in networks {
        let network = Network::sequential([5], layers).unwrap();
        let loss: Arc<dyn LossFunction> =
            if classes.is_some() { Arc::new(CrossEntropy::default()) } else { mse() };
        let error = gradient_error(&network, loss, classes);
        assert!(error <= 1e-7, "{:?}: {error:e}", network.params().last().map(|p| &p.name));
    }
}

#[test]
fn gradients_in_evaluation_mode_agree_with_finite_differences() {
    let layers = layers![
        Linear::new(9),
        BatchNorm::default(),
        Tanh,
        Dropout { p: 0.5 },
        Layer::Residual(layers![Linear::new(9), BatchNorm::default(), Silu]),
        Dropout { p: 0.3 },
        Linear::new(3)
    ];
    let network = Network::sequential([5], layers).unwrap();
    let pass = Pass { backward: true, ..Pass::EVALUATE };
    let error = gradient_error_in(pass, &network, Arc::new(CrossEntropy::default()), Some(3));
    assert!(error <= 1e-7, "{error:e}");
}

#[test]
fn values_that_share_rooms_give_the_bits_of_values_that_are_all_kept() {
    let linear = |out| Arc::new(Linear::new(out)) as Arc<dyn Operation>;
    // With batch norm the batch is one shard, else several.
    for norm in [Arc::new(BatchNorm::default()) as Arc<dyn Operation>, Arc::new(LayerNorm::default())] {
        let mut network = Network::new([5]);
        let ops: [Arc<dyn Operation>; 8] = [
            norm,
            Arc::new(Tanh),
            linear(9),
            Arc::new(Dropout { p: 0.3 }),
            Arc::new(Silu),
            linear(9),
            Arc::new(Gelu::default()),
            Arc::new(Softplus::default()),
        ];
        let start = network.add("start".into(), linear(9), &[network.input()]).unwrap();
        let mut x = start;
        for (i, op) in ops.into_iter().enumerate() {
            x = network.add(format!("op {i}"), op, &[x]).unwrap();
            if i % 3 == 1 {
                let unread = network.add(format!("unread {i}"), linear(30), &[x]).unwrap();
                network.add(format!("unread too {i}"), Arc::new(Tanh), &[unread]).unwrap();
                x = network.add(format!("sum {i}"), Arc::new(Add), &[x, start]).unwrap();
            }
        }
        let x = network.add("end".into(), linear(3), &[x]).unwrap();
        network.add("output".into(), Arc::new(LogSoftmax), &[x]).unwrap();
        let (data, weights) = (data::<f32>(37, 5, Some(3)), Weights::init(&network, 2));
        let loss: Arc<dyn LossFunction> =
            Arc::new(Nll { weight: ClassWeights(None), reduction: Reduction::Mean });
        fn bits<K: keep::KeepGradients>(
            mut plan: Plan<f32, K>,
            network: &Network,
            weights: &Weights<f32>,
            data: &Dataset<f32>,
        ) -> Vec<u32> {
            let mut gradient = vec![0.0; network.param_count()];
            let mut bits = vec![];
            for (key, rows) in [(1, Rows::Range(0, 37)), (2, Rows::Range(3, 20)), (3, Rows::Range(0, 37))] {
                plan.pass(weights, Batch { data, rows }, Pass::train(key));
                plan.gradient(weights, &mut gradient);
                bits.extend(plan.output().flatten().chain(&gradient).map(|x| x.to_bits()));
            }
            bits
        }
        let threads = &Threads::new(2);
        let training = Plan::new(&network, Arc::clone(&loss), 37, threads, keep::Training).unwrap();
        let all = Plan::new(&network, loss, 37, threads, keep::All).unwrap();
        let [training, all] =
            [bits(training, &network, &weights, &data), bits(all, &network, &weights, &data)];
        assert!(training == all);
    }
}

#[test]
fn a_value_used_twice_gets_both_gradients() {
    // y = 2·tanh(Wx), once as a sum of the value with itself, once as a diamond.
    let mut twice = Network::new([4]);
    let h = twice.add("0".into(), Arc::new(Linear::new(1)), &[twice.input()]).unwrap();
    let t = twice.add("1".into(), Arc::new(Tanh), &[h]).unwrap();
    twice.add("2".into(), Arc::new(Add), &[t, t]).unwrap();
    assert!(gradient_error(&twice, mse(), None) <= 1e-7);
    let mut diamond = Network::new([4]);
    let h = diamond.add("0".into(), Arc::new(Linear::new(1)), &[diamond.input()]).unwrap();
    let a = diamond.add("1".into(), Arc::new(Tanh), &[h]).unwrap();
    let b = diamond.add("2".into(), Arc::new(Sigmoid), &[h]).unwrap();
    diamond.add("3".into(), Arc::new(Add), &[a, b]).unwrap();
    assert!(gradient_error(&diamond, mse(), None) <= 1e-7);
}

#[test]
fn a_chain_of_a_million_operations_is_built_trained_and_dropped() {
    let mut network = Network::new([1]);
    let mut x = network.add("first".into(), Arc::new(Linear::new(1)), &[network.input()]).unwrap();
    let tanh = Arc::new(Tanh);
    for i in 0..1_000_000 {
        x = network.add(i.to_string(), tanh.clone(), &[x]).unwrap();
    }
    let data = data::<f32>(2, 1, None);
    let mut plan = Plan::new(&network, mse(), 2, &Threads::default(), keep::Training).unwrap();
    let weights = Weights::init(&network, 1);
    let mut gradient = vec![0.0; network.param_count()];
    let loss = plan.pass(&weights, Batch { data: &data, rows: Rows::Range(0, 2) }, Pass::train(0));
    plan.gradient(&weights, &mut gradient);
    assert!(loss.is_finite() && gradient.iter().all(|g| g.is_finite()));
}

#[test]
fn log_softmax_and_nll_are_cross_entropy() {
    let network = |last: Vec<Layer>| {
        let layers = layers![Linear::new(8), Tanh, Linear::new(3)].into_iter().chain(last).collect();
        Network::sequential([5], layers).unwrap()
    };
    let data = data::<f64>(40, 5, Some(3));
    let run = |network: Network, loss: Arc<dyn LossFunction>| {
        let mut plan = Plan::new(&network, loss, 40, &Threads::default(), keep::Training).unwrap();
        let weights = Weights::<f64>::init(&network, 4);
        let mut gradient = vec![0.0; network.param_count()];
        let loss = plan.pass(&weights, Batch { data: &data, rows: Rows::Range(0, 40) }, Pass::train(0));
        plan.gradient(&weights, &mut gradient);
        (loss, gradient)
    };
    let (one, by_one) = run(network(vec![]), Arc::new(CrossEntropy::default()));
    let (two, by_two) = run(network(layers![LogSoftmax]), whygrad::loss::read("nll", []).unwrap());
    assert!((one - two).abs() <= 1e-14 * one);
    let scale = by_one.iter().fold(0.0f64, |m, g| m.max(g.abs()));
    assert!(by_one.iter().zip(&by_two).all(|(a, b)| (a - b).abs() <= 1e-13 * scale));
}

#[test]
fn a_layer_that_does_not_fit_is_named_with_both_numbers() {
    let told = whygrad::op::read(
        "linear",
        [
            ("out".to_string(), whygrad::setting::Literal::Whole(3)),
            ("in".to_string(), whygrad::setting::Literal::Whole(7)),
        ],
    );
    let layers = vec![Linear::new(5).into(), Tanh.into(), Layer::Op(told.unwrap())];
    let message = Network::sequential([4], layers).unwrap_err().to_string();
    assert_eq!(message, "layer 2 (linear2): it was told 7 input features and its input has 5 (shape [5])");
    let inside = layers![Linear::new(3)];
    let message = Network::sequential([4], vec![Layer::Residual(inside)]).unwrap_err().to_string();
    assert_eq!(message, "layer 0 (add1): its inputs have the shapes [4] and [3], which should be equal");
    assert_eq!(Network::sequential([4], vec![]).unwrap_err(), Error::Empty);
}

#[test]
fn labels_and_shapes_that_do_not_fit_the_network_are_refused() {
    let network = Network::sequential([5], layers![Linear::new(3)]).unwrap();
    let plan = Plan::<f64, _>::new(
        &network,
        Arc::new(CrossEntropy::default()),
        8,
        &Threads::default(),
        keep::Training,
    )
    .unwrap();
    let message = |data| plan.check(&data).unwrap_err().to_string();
    let wrong = data::<f64>(4, 5, Some(3)).with_targets(Targets::Classes(vec![0, 1, 3, 2])).unwrap();
    assert_eq!(
        message(wrong),
        "class label 3 (example 2) is out of range: the network has 3 outputs, so labels go from 0 to 2"
    );
    assert_eq!(
        message(data(4, 6, Some(3))),
        "the network takes examples of shape [5] and the data's have the shape [6]"
    );
    assert_eq!(
        message(data(4, 5, None)),
        "the loss `cross_entropy` compares with classes, and the targets are numbers"
    );
}

#[test]
fn a_mask_leaves_connections_out_for_good() {
    let mask = Some(vec![vec![true, false], vec![false, true]]);
    let linear = Linear { bias: false, mask, ..Linear::new(2) };
    let network = Network::sequential([2], layers![linear, Tanh, Linear::new(1)]).unwrap();
    assert!(gradient_error(&network, mse(), None) <= 1e-7);
    let sgd = whygrad::optim::Adam { lr: 0.1, ..Default::default() };
    let mut trainer =
        whygrad::train::Trainer::<f64>::new(network, mse(), Arc::new(sgd), Default::default()).unwrap();
    let data = data::<f64>(16, 2, None);
    for _ in 0..10 {
        trainer.step(Batch { data: &data, rows: Rows::Range(0, 16) });
    }
    let w = &trainer.state().weights.params[..4];
    assert!(w[1] == 0.0 && w[2] == 0.0 && w[0] != 0.0 && w[3] != 0.0, "{w:?}");
}

#[test]
fn batch_norm_keeps_running_statistics_as_pytorch_does() {
    let text = include_str!("pytorch/batch_norm.json");
    let reference: serde_json::Value = serde_json::from_str(text).unwrap();
    fn numbers(json: &serde_json::Value) -> Vec<f64> {
        match json.as_array() {
            Some(items) => items.iter().flat_map(numbers).collect(),
            None => vec![json.as_f64().unwrap()],
        }
    }
    let network = Network::sequential([3], layers![BatchNorm::default()]).unwrap();
    let targets = Targets::Values { data: vec![0.0; 18], width: 3 };
    let data = |json| Dataset::new(numbers(json), [3], targets.clone()).unwrap();
    let mut plan = Plan::<f64, _>::new(&network, mse(), 6, &Threads::default(), keep::Training).unwrap();
    let mut weights = Weights::init(&network, 0);
    for batch in reference["batches"].as_array().unwrap() {
        let data = data(batch);
        plan.pass(&weights, Batch { data: &data, rows: Rows::Range(0, 6) }, Pass::train(0));
        plan.track(&mut weights);
    }
    let tracked = ["running_mean", "running_var", "num_batches_tracked"];
    let wanted: Vec<f64> = tracked.iter().flat_map(|name| numbers(&reference[*name])).collect();
    let close =
        |a: &[f64], b: &[f64]| a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() <= 1e-14);
    assert!(close(&weights.buffers, &wanted), "{:?}, {wanted:?}", weights.buffers);
    let first = data(&reference["batches"][0]);
    plan.pass(&weights, Batch { data: &first, rows: Rows::Range(0, 6) }, Pass::EVALUATE);
    let evaluated: Vec<f64> = plan.output().flatten().copied().collect();
    assert!(close(&evaluated, &numbers(&reference["evaluated"])), "{evaluated:?}");
}
