//! Why a weight moved: every part adds up, on the worked examples and on networks made at random.

use proptest::prelude::*;
use serde_json::Value as Json;
use std::sync::Arc;
use whygrad::Threads;
use whygrad::author::random;
use whygrad::credit::{
    Chain, Expression, Flows, Measure, Snapshot, Verdict, Weight, effect, example_norms, examples, nudge,
    overview, paths,
};
use whygrad::data::{Dataset, Targets};
use whygrad::layers;
use whygrad::loss::{self, LossFunction};
use whygrad::network::{Batch, Layer, Network, Pass, Plan, Rows, Value, Weights, keep};
use whygrad::op::{self, Add, By, Linear, Precision};
use whygrad::optim::{Clip, Sgd};
use whygrad::train::{Options, Trainer};

/// The first step from these weights, held#snapshot.
fn snapshot(
    network: Network,
    loss: Arc<dyn LossFunction>,
    weights: Weights<f64>,
    data: &Dataset<f64>,
) -> Snapshot {
    let options = Options { batch: data.len(), ..Options::default() };
    let mut trainer = Trainer::new(network, loss, Arc::new(Sgd::default()), options).unwrap();
    trainer.set_weights(weights).unwrap();
    Snapshot::take(&trainer, Batch { data, rows: Rows::Range(0, data.len()) }).unwrap()
}

fn dataset(inputs: Vec<f64>, shape: &[usize], targets: Targets<f64>) -> Dataset<f64> {
    Dataset::new(inputs, shape.to_vec(), targets).unwrap()
}

fn unbiased(out: usize) -> Linear {
    Linear { bias: false, ..Linear::new(out) }
}

fn loss(name: &str) -> Arc<dyn LossFunction> {
    loss::read(name, []).unwrap()
}

/// Every number of every parameter.
fn all_weights(network: &Network) -> Vec<Weight> {
    let params = network.params().iter().enumerate();
    params.flat_map(|(param, of)| (0..of.shape.len()).map(move |at| Weight { param, at })).collect()
}

#[track_caller]
fn close(a: f64, b: f64, relative: f64) {
    assert!((a - b).abs() <= relative * b.abs().max(1e-300), "{a} is not {b}");
}

#[track_caller]
fn number(json: &Json) -> f64 {
    json.as_f64().unwrap()
}

fn first_network() -> (Network, Dataset<f64>) {
    let mask = vec![vec![true, false], vec![false, true]];
    let own = Linear { mask: Some(mask), ..unbiased(2) };
    let layers = layers![own, whygrad::op::Sigmoid, unbiased(1)];
    let network = Network::sequential([2], layers).unwrap();
    (network, dataset(vec![1.0, 0.5], &[2], Targets::Values { data: vec![1.0], width: 1 }))
}

#[test]
fn the_first_networks_chains_are_the_oracles_to_twelve_digits() {
    let oracle: Json =
        serde_json::from_str(include_str!("../../../app/tests/app/oracles/first_network.json")).unwrap();
    let (network, data) = first_network();
    let options = Options { batch: 1, ..Options::default() };
    let sgd = Arc::new(Sgd { lr: 0.4, ..Sgd::default() });
    let mut trainer = Trainer::<f64>::new(network, loss("squared_error"), sgd, options).unwrap();
    let params = vec![0.6, 0.0, 0.0, -0.7, 0.7, 0.6].into();
    trainer.set_weights(Weights { params, buffers: vec![] }).unwrap();
    let batch = Batch { data: &data, rows: Rows::Range(0, 1) };
    let steps = oracle["steps"].as_array().unwrap();
    let places = [("w1", 0, 0), ("w2", 0, 3), ("w3", 1, 0), ("w4", 1, 1)];
    let mut done = 0;
    for step in steps.iter().take(5) {
        while done < step["updates_done"].as_u64().unwrap() {
            trainer.step(batch);
            done += 1;
        }
        // After ten updates the prediction is 1 but for 1.5e-4: the loss's slope has lost four of its digits.
        let digits = if done < 10 { 1e-12 } else { 1e-11 };
        let snapshot = Snapshot::take(&trainer, batch).unwrap();
        close(snapshot.batch_loss(), number(&step["loss"]), 2.0 * digits);
        for (name, param, at) in places {
            let weight = Weight { param, at };
            close(snapshot.value(weight), number(&step["weights"][name]), digits);
            close(snapshot.slope(weight), number(&step["gradient"][name]), digits);
            let chain = Chain::new(&snapshot, weight, 0);
            let factors = step["chains"][name].as_object().unwrap();
            assert_eq!(chain.factors.len(), factors.len(), "{name}");
            for (factor, key) in chain.factors.iter().zip(["dL_d", "dprediction_d", "dh"]) {
                let (_, expected) = factors.iter().find(|(name, _)| name.starts_with(key)).unwrap();
                close(factor.number.unwrap(), number(expected), digits);
                assert_eq!(factor.kind, Measure::Derivative);
            }
            close(chain.product, number(&step["gradient"][name]), digits);
            close(chain.loss, number(&step["loss"]), 2.0 * digits);
            assert!(chain.reconciles && chain.zero_at.is_none());
            // Only the loss's slope is shared, and only by what lies below the output layer.
            let shared: Vec<bool> = chain.factors.iter().map(|factor| factor.shared).collect();
            assert_eq!(shared, if param == 0 { vec![true, false, false] } else { vec![false, false] });
            let unit = if param == 0 { at / 2 } else { at };
            let (h, z) = (format!("h{}", unit + 1), format!("z{}", unit + 1));
            let value = |v: usize| snapshot.plan().value(v).next().unwrap()[unit];
            close(value(1), number(&step[&z]), digits);
            close(value(2), number(&step[&h]), digits);
            close(
                snapshot.plan().value_gradient(2).next().unwrap()[unit],
                number(&step[format!("dL_d{h}")]),
                digits,
            );
            if param == 0 {
                close(chain.factors[2].links[0].number.unwrap(), number(&step[format!("d{h}_d{z}")]), digits);
            }
            // One path, and it is the chain.
            let paths = paths(&snapshot, weight, 0, 10);
            assert_eq!((paths.shown.len(), paths.flow.paths.exact), (1, Some(1)));
            assert!(paths.flow.entropy <= 1e-14, "{}", paths.flow.entropy);
            close(paths.shown[0].product, chain.gradient, 1e-15);
            close(paths.shown[0].share, 1.0, 1e-15);
            assert!(nudge(&snapshot, weight).agrees);
            assert_eq!(examples(&snapshot, weight).each.len(), 1);
        }
    }
}

#[test]
fn a_chain_says_how_each_of_its_numbers_is_computed() {
    let (network, data) = first_network();
    let weights = Weights { params: vec![0.6, 0.0, 0.0, -0.7, 0.7, 0.6].into(), buffers: vec![] };
    let snapshot = snapshot(network, loss("squared_error"), weights, &data);
    let chain = Chain::new(&snapshot, Weight { param: 0, at: 0 }, 0);
    let digits = |x: f64| format!("{x:.4}");
    let lines: Vec<String> = chain
        .links()
        .map(|link| {
            let written = link.expression.as_ref().unwrap();
            format!("{} = {} = {}", link.symbol, written.symbols(), written.numbers(digits))
        })
        .collect();
    assert_eq!(
        lines,
        [
            "∂L/∂linear2 = 2·(ŷ − y) = 2·(0.7000 − 1.0000)",
            "∂linear2/∂sigmoid1[0] = linear2.weight[0,0] = 0.7000",
            "∂sigmoid1[0]/∂linear1[0] = sigmoid1[0]·(1 − sigmoid1[0]) = 0.6457·(1 − 0.6457)",
            "∂linear1[0]/∂linear1.weight[0,0] = x[0] = 1.0000",
        ]
    );
    let factors: Vec<&str> = chain.factors.iter().map(|factor| factor.symbol.as_str()).collect();
    assert_eq!(factors, ["∂L/∂ŷ", "∂ŷ/∂sigmoid1[0]", "∂sigmoid1[0]/∂linear1.weight[0,0]"]);
    let path = &paths(&snapshot, Weight { param: 0, at: 0 }, 0, 1).shown[0];
    let steps: Vec<&str> = path.steps.iter().map(|step| step.to.as_str()).collect();
    assert_eq!(steps, ["linear2", "sigmoid1[0]", "linear1[0]", "linear1.weight[0,0]"]);
}

#[test]
fn a_chain_looks_at_what_the_weight_reaches_and_nothing_else() {
    // Two networks side by side: of each value, a weight reaches one number.
    let mask = vec![vec![true, false], vec![false, true]];
    let own = Linear { mask: Some(mask), ..unbiased(2) };
    let params = [0.5, 0.0, 0.0, 0.7, -0.3, 0.0, 0.0, 0.9];
    let snapshot =
        fixed(layers![own.clone(), op::Tanh, own.clone()], 2, &params, "mse", &[1.0, 2.0], &[1.0, 1.0]);
    let chain = Chain::new(&snapshot, Weight { param: 0, at: 0 }, 0);
    assert!(chain.links().all(|link| (link.width, link.kind) == (1, Measure::Derivative)), "{chain:?}");
    // Without the mask of the second layer, it reaches both outputs.
    let snapshot = fixed(layers![own, op::Tanh, unbiased(2)], 2, &params, "mse", &[1.0, 2.0], &[1.0; 2]);
    let chain = Chain::new(&snapshot, Weight { param: 0, at: 0 }, 0);
    let kinds: Vec<(usize, Measure)> = chain.links().map(|link| (link.width, link.kind)).collect();
    assert_eq!(
        kinds,
        [(2, Measure::Gain), (1, Measure::Gain), (1, Measure::Derivative), (1, Measure::Derivative)]
    );
    // A weight that is left out has no path.
    let chain = Chain::new(&snapshot, Weight { param: 0, at: 1 }, 0);
    assert_eq!((chain.factors.len(), chain.product, chain.gradient), (0, 0.0, 0.0));
    assert_eq!(paths(&snapshot, Weight { param: 0, at: 1 }, 0, 3).diagnosis.verdict, Verdict::NoPath);
}

/// A case of `published.json`: two layers, and which number of the network each of its weights is.
fn published(case: &Json) -> (Snapshot, Vec<(String, Vec<Weight>)>) {
    let names = |key: &str| case[key].as_object().unwrap().keys().cloned().collect::<Vec<String>>();
    let numbers = |key: &str| case[key].as_object().unwrap().values().map(number).collect::<Vec<f64>>();
    let (inputs, outputs) = (names("inputs"), names("targets"));
    let wires = |wire: &Json| {
        let (from, to) = wire.as_str().unwrap().split_once("->").unwrap();
        let to = to.split(" (").next().unwrap();
        (from.to_string(), to.split(',').map(str::to_string).collect::<Vec<String>>())
    };
    let wiring = case["wiring"].as_object().unwrap();
    let mut hidden: Vec<String> = wiring.values().flat_map(|wire| wires(wire).1).collect();
    hidden.retain(|unit| !outputs.contains(unit));
    hidden.sort();
    hidden.dedup();
    let activation = |key: &str| Layer::Op(op::read(case[key].as_str().unwrap(), []).unwrap());
    let layers = vec![
        Linear::new(hidden.len()).into(),
        activation("hidden"),
        Linear::new(outputs.len()).into(),
        activation("output"),
    ];
    let network = Network::sequential([inputs.len()], layers).unwrap();
    let at = |list: &[String], name: &str| list.iter().position(|item| item == name);
    let mut weights = Weights::init(&network, 0);
    weights.params.fill(0.0);
    let mut places = vec![];
    for (name, value) in case["parameters"].as_object().unwrap() {
        let (from, to) = wires(&wiring[name]);
        let place = |unit: &String| {
            let (layer, before, to) = match at(&outputs, unit) {
                Some(to) => (1, &hidden, to),
                None => (0, &inputs, at(&hidden, unit).unwrap()),
            };
            match at(before, &from) {
                Some(from) => Weight { param: 2 * layer, at: to * before.len() + from },
                None => Weight { param: 2 * layer + 1, at: to },
            }
        };
        let these: Vec<Weight> = to.iter().map(place).collect();
        these.iter().for_each(|weight| weights.params[weight.place(&network)] = number(value));
        places.push((name.clone(), these));
    }
    let targets = Targets::Values { data: numbers("targets"), width: outputs.len() };
    let data = dataset(numbers("inputs"), &[inputs.len()], targets);
    (snapshot(network, loss(case["loss"].as_str().unwrap()), weights, &data), places)
}

#[test]
fn the_literatures_gradients_are_found_by_every_way_to_a_gradient() {
    let oracle: Json =
        serde_json::from_str(include_str!("../../../app/src/textbook/published.json")).unwrap();
    let mut compared = 0;
    for case in oracle["cases"].as_array().unwrap() {
        let (snapshot, places) = published(case);
        close(snapshot.batch_loss(), number(&case["expected"]["loss"]), 1e-12);
        for (name, weights) in places {
            let Some(expected) = case["expected"]["gradients"].get(&name).map(number) else { continue };
            // A shared weight has the sum over its connections.
            let sum = |f: &dyn Fn(Weight) -> f64| weights.iter().map(|weight| f(*weight)).sum::<f64>();
            close(sum(&|w| snapshot.slope(w)), expected, 1e-12);
            close(sum(&|w| Chain::new(&snapshot, w, 0).product), expected, 1e-12);
            close(sum(&|w| paths(&snapshot, w, 0, 100).shown_sum), expected, 1e-12);
            close(sum(&|w| examples(&snapshot, w).sum), expected, 1e-12);
            compared += 1;
        }
    }
    assert!(compared >= 60, "{compared}");
}

/// A network made at random from all operations, with a batch: everything follows from these numbers.
#[derive(Clone, Debug)]
struct Made {
    seed: u64,
    lead: bool,
    examples: usize,
    /// For each operation: which, on what, and how wide.
    ops: Vec<(usize, usize, usize)>,
    loss: usize,
}

fn made() -> impl Strategy<Value = Made> {
    let ops = prop::collection::vec((0..op::LIST.len() + 8, 0usize..100, 2usize..6), 2..9);
    (any::<u64>(), any::<bool>(), 1usize..4, ops, 0usize..4)
        .prop_map(|(seed, lead, examples, ops, loss)| Made { seed, lead, examples, ops, loss })
}

const LOSSES: [&str; 4] = ["mse", "cross_entropy", "huber", "squared_error"];

impl Made {
    fn snapshot(&self) -> Snapshot {
        let shape: &[usize] = if self.lead { &[2, 2] } else { &[3] };
        let mut network = Network::new(shape.to_vec());
        let linear = |width| Arc::new(Linear::new(width)) as Arc<dyn op::Operation>;
        // Every third connection is left out.
        let masked = |width: usize, features: usize, on: usize| {
            let row = |o: usize| (0..features).map(|i| !(o + i + on).is_multiple_of(3)).collect();
            Arc::new(Linear { mask: Some((0..width).map(row).collect()), ..Linear::new(width) })
                as Arc<dyn op::Operation>
        };
        let first = network.add("0".into(), linear(3), &[network.input()]).unwrap();
        let mut values: Vec<Value> = vec![first];
        for (i, &(which, on, width)) in self.ops.iter().enumerate() {
            // Mostly on the last value, at times on an earlier one: branches, and values that lead nowhere.
            let x = if on % 4 > 0 { values[values.len() - 1] } else { values[on / 4 % values.len()] };
            let name = op::LIST.get(which).map_or("linear", |entry| entry.name);
            let value = match name {
                "linear" if on % 3 == 0 => {
                    let op = masked(width, network.shape(x).last(), on);
                    network.add(format!("{}", i + 1), op, &[x])
                }
                "linear" => network.add(format!("{}", i + 1), linear(width), &[x]),
                "add" => {
                    let same = |v: &&Value| network.shape(**v) == network.shape(x);
                    let other = *values.iter().find(same).unwrap();
                    network.add(format!("{}", i + 1), Arc::new(Add), &[x, other])
                }
                name => network.add(format!("{}", i + 1), op::read(name, []).unwrap(), &[x]),
            };
            values.push(value.unwrap());
        }
        let random = |purpose: &str, i: usize| {
            4.0 * random::uniform(random::derive(self.seed, purpose, 0), i as u64) - 2.0
        };
        let width = network.shape(network.output()).len();
        let inputs = (0..self.examples * shape.iter().product::<usize>()).map(|i| random("x", i)).collect();
        let targets = match LOSSES[self.loss] {
            "cross_entropy" => Targets::Classes((0..self.examples).map(|i| (i % width) as u32).collect()),
            _ => {
                Targets::Values { data: (0..self.examples * width).map(|i| random("y", i)).collect(), width }
            }
        };
        let mut weights = Weights::init(&network, self.seed);
        weights.params.iter_mut().enumerate().for_each(|(i, w)| *w += 0.3 * random("w", i));
        for param in network.params() {
            let mask = param.mask.iter().flatten();
            let out = weights.params[param.range.clone()].iter_mut().zip(mask).filter(|(_, there)| !**there);
            out.for_each(|(w, _)| *w = 0.0);
        }
        snapshot(network, loss(LOSSES[self.loss]), weights, &dataset(inputs, shape, targets))
    }
}

/// Whether something normalises one or two numbers: it bends too sharply for differences.
fn normalises_few(snapshot: &Snapshot) -> bool {
    snapshot.network().nodes().iter().any(|node| {
        let shape = &snapshot.network().shapes()[node.inputs[0]];
        let count = match op::Op::name(&*node.op) {
            "layer_norm" => shape.last(),
            "batch_norm" => shape.leading() * snapshot.examples(),
            _ => usize::MAX,
        };
        count < 3
    })
}

/// The product of every path from the loss of an example to a weight, one by one.
fn enumerate(snapshot: &Snapshot, weight: Weight, example: usize) -> Vec<f64> {
    fn follow(
        snapshot: &Snapshot,
        weight: Weight,
        from: (usize, usize, usize),
        product: f64,
        found: &mut Vec<f64>,
    ) {
        let (value, row, of) = from;
        if value == 0 {
            return;
        }
        let node = &snapshot.network().nodes()[value - 1];
        let point = snapshot.plan().point(&snapshot.state().weights, value - 1, 0);
        let mut next = vec![];
        f64::of_op(&*node.op).partials(&point, row, of, &mut |partial| match partial.by {
            By::Param { param, at } if (node.params.start + param, at) == (weight.param, weight.at) => {
                found.push(product * partial.slope);
            }
            By::Param { .. } => {}
            By::Input { input, row, at } => next.push((node.inputs[input], row, at, partial.slope)),
        });
        for (value, row, at, slope) in next {
            follow(snapshot, weight, (value, row, at), product * slope, found);
        }
    }
    let output = snapshot.plan().output().nth(example).unwrap();
    let (mut slopes, mut found) = (vec![0.0; output.len()], vec![]);
    use whygrad::loss::{LossPrecision, Target};
    let width = output.len();
    let target = match snapshot.batch().targets() {
        Targets::Classes(classes) => Target::Classes(&classes[example..example + 1]),
        Targets::Values { data, .. } => Target::Values(&data[example * width..(example + 1) * width]),
    };
    f64::of_loss(&**snapshot.loss()).backward(output, target, 1.0, &mut [0.0], &mut slopes);
    for (at, slope) in slopes.iter().enumerate() {
        follow(snapshot, weight, (snapshot.network().output().index(), example, at), *slope, &mut found);
    }
    found
}

/// The most paths that a test enumerates.
const MOST: u64 = 20_000;

pub(crate) fn settings(cases: u32) -> ProptestConfig {
    let rng_seed = proptest::test_runner::RngSeed::Fixed(4);
    ProptestConfig { cases, rng_seed, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(settings(2000))]

    #[test]
    fn every_part_adds_up_on_networks_of_all_operations(made in made(), pick in any::<u64>(), k in 1usize..12) {
        let snapshot = made.snapshot();
        let weights = all_weights(snapshot.network());
        // Every second one from the first layer: it has most paths.
        let among = if pick % 2 == 0 { 9 } else { weights.len() };
        let weight = weights[pick as usize / 2 % among.min(weights.len())];
        let example = pick as usize % snapshot.examples();
        let chain = Chain::new(&snapshot, weight, example);
        prop_assert!(chain.reconciles, "chain: {chain:?}");
        let parts = examples(&snapshot, weight);
        prop_assert!(parts.reconciles, "examples: {parts:?}");
        let own = |n| Chain::new(&snapshot, weight, n).gradient;
        let sum = (0..snapshot.examples()).map(own).sum::<f64>() / snapshot.plan().divisor();
        let paths = paths(&snapshot, weight, example, k);
        // The slopes of a normalisation are differences: of 1 and what nearly equals it, where few numbers are normalised.
        let sizes = (1..=snapshot.network().nodes().len()).flat_map(|value| snapshot.plan().value_gradient(value).flatten());
        let floor = 1e-14 * sizes.fold(1e-300f64, |most, slope| most.max(slope.abs()));
        prop_assert!((sum - snapshot.slope(weight)).abs() <= 1e-10 * sum.abs() + floor, "{sum} {}", snapshot.slope(weight));
        prop_assert_eq!(paths.diagnosis.verdict == Verdict::NoPath, paths.flow.paths.exact == Some(0));
        if !snapshot.network().mixes_examples() {
            let flow = Flows::new(&snapshot).at(weight, example);
            prop_assert!((flow.total - paths.flow.total).abs() <= 1e-14 * flow.total);
            prop_assert!((flow.entropy - paths.flow.entropy).abs() <= 1e-12);
            prop_assert_eq!(flow.paths, paths.flow.paths);
        }
        // Differences of numbers of order 1, in a normalisation and a loss, have their rounding.
        let gives = |written: &Expression, number: f64| {
            written.evaluate().is_some_and(|x| (x - number).abs() <= 1e-12 * number.abs() + 1e-13)
        };
        for step in paths.shown.iter().flat_map(|path| &path.steps) {
            let written = step.expression.as_ref();
            prop_assert!(written.is_some_and(|written| gives(written, step.slope)), "{step:?}");
        }
        for link in chain.links() {
            if let (Some(written), Some(number)) = (&link.expression, link.number) {
                // The loss's gradient by many outputs is a vector.
                let vector = link.kind == Measure::Gain && written.evaluate().is_none();
                prop_assert!(vector || gives(written, number), "{link:?}");
            }
        }
        let difference = nudge(&snapshot, weight);
        prop_assert!(difference.agrees || normalises_few(&snapshot) || !difference.crossings.is_empty(), "{difference:?}");
        if paths.flow.paths.exact.is_none_or(|count| count > MOST) {
            return Ok(());
        }
        let mut all = enumerate(&snapshot, weight, example);
        prop_assert_eq!(paths.flow.paths.exact, Some(all.len() as u64));
        all.sort_by(|a, b| b.abs().total_cmp(&a.abs()));
        let (total, flow) = (all.iter().sum::<f64>(), all.iter().map(|p| p.abs()).sum::<f64>());
        prop_assert!((total - chain.gradient).abs() <= 1e-10 * total.abs() + floor, "{total} {chain:?}");
        prop_assert!((flow - paths.flow.total).abs() <= 1e-12 * flow);
        let strongest = all.first().map_or(0.0, |p| p.abs());
        prop_assert!((strongest - paths.flow.strongest).abs() <= 1e-13 * strongest);
        let shares = all.iter().map(|p| p.abs() / flow).filter(|share| *share > 0.0);
        let entropy: f64 = shares.map(|share| -share * share.ln()).sum();
        prop_assert!((entropy - paths.flow.entropy).abs() <= 1e-11, "{entropy} {:?}", paths.flow);
        all.retain(|p| *p != 0.0);
        prop_assert_eq!(paths.shown.len(), k.min(all.len()));
        for (shown, brute) in paths.shown.iter().zip(&all) {
            prop_assert!((shown.product.abs() - brute.abs()).abs() <= 1e-12 * brute.abs(), "{all:?} {paths:?}");
        }
        let rest: f64 = all[paths.shown.len()..].iter().sum();
        // Of equally strong paths of different sign, any may be shown.
        let tied = all.get(k).is_some_and(|next| (next.abs() - all[k - 1].abs()).abs() <= 1e-12 * next.abs());
        prop_assert!(paths.reconciles, "{paths:?}");
        prop_assert!(tied || (rest - paths.remainder).abs() <= 1e-10 * flow, "{rest} {}", paths.remainder);
    }

    #[test]
    fn norms_are_those_of_the_contributions_of_all_weights(made in made()) {
        let snapshot = made.snapshot();
        let norms = example_norms(snapshot.network(), snapshot.plan(), &snapshot.state().weights);
        let mut squares = vec![0.0; snapshot.examples()];
        for weight in all_weights(snapshot.network()) {
            let each = examples(&snapshot, weight).each;
            squares.iter_mut().zip(each).for_each(|(square, each)| *square += each * each);
        }
        let largest = squares.iter().fold(0.0f64, |m, s| m.max(s.sqrt()));
        for (norm, square) in norms.iter().zip(squares) {
            prop_assert!((norm - square.sqrt()).abs() <= 1e-10 * norm + 1e-12 * largest, "{norm} {}", square.sqrt());
        }
    }
}

/// Layers with these weights, all numbers in the order of the parameters.
fn fixed(
    layers: Vec<Layer>,
    input: usize,
    params: &[f64],
    loss_name: &str,
    x: &[f64],
    y: &[f64],
) -> Snapshot {
    let network = Network::sequential([input], layers).unwrap();
    let width = network.shape(network.output()).len();
    let data = dataset(x.to_vec(), &[input], Targets::Values { data: y.to_vec(), width });
    snapshot(network, loss(loss_name), Weights { params: params.to_vec().into(), buffers: vec![] }, &data)
}

#[test]
fn a_softmax_over_one_unit_blocks_every_gradient_and_is_named() {
    let layers = layers![Linear::new(2), op::Tanh, Linear::new(1), op::Softmax];
    let params = [0.3, -0.2, 0.1, 0.4, 0.5, 0.6, 0.7, -0.8, 0.9];
    let snapshot = fixed(layers, 2, &params, "mse", &[1.0, 2.0, -1.0, 0.5], &[0.0, 1.0]);
    for weight in all_weights(snapshot.network()) {
        let paths = paths(&snapshot, weight, 0, 5);
        assert_eq!((paths.gradient, snapshot.slope(weight)), (0.0, 0.0));
        assert!(paths.shown.is_empty() && paths.flow.paths.exact > Some(0));
        let diagnosis = paths.diagnosis;
        assert_eq!((diagnosis.verdict, diagnosis.number), (Verdict::Blocked, Some(0.0)));
        assert_eq!(diagnosis.symbol.as_deref(), Some("∂softmax1/∂linear2"));
        let chain = Chain::new(&snapshot, weight, 0);
        assert_eq!((chain.product, chain.zero_at), (0.0, diagnosis.link));
        assert_eq!(examples(&snapshot, weight).verdict, Verdict::Blocked);
        // The loss has a slope: what is below the softmax gets none of it.
        assert_eq!(chain.factors[0].number, Some(2.0));
    }
}

#[test]
fn two_equal_and_opposite_examples_cancel_and_do_not_block() {
    // ŷ = w·x with w = 1: the slopes 2·(ŷ − y)·x of the two examples are 2·(1 − 0)·1 and 2·(1 − 2)·1.
    let snapshot = fixed(layers![unbiased(1)], 1, &[1.0], "squared_error", &[1.0, 1.0], &[0.0, 2.0]);
    let weight = Weight { param: 0, at: 0 };
    let parts = examples(&snapshot, weight);
    assert_eq!((parts.each.as_slice(), parts.sum, parts.absolute), (&[2.0, -2.0][..], 0.0, 4.0));
    assert_eq!((parts.verdict, parts.agreement, parts.signs), (Verdict::Cancelled, Some(0.0), [1, 1, 0]));
    // Of each example alone, nothing is small.
    assert_eq!(paths(&snapshot, weight, 0, 1).diagnosis.verdict, Verdict::Neither);
}

#[test]
fn paths_that_cancel_are_told_apart_from_a_blocked_link_and_named() {
    // Both units of the second layer see h; what they send back is 0.5·0.8 and −0.4·1.
    let layers = layers![Linear::new(1), Linear::new(2), Linear::new(1)];
    let params = [1.0, 0.0, 0.8, 1.0, 0.0, 0.0, 0.5, -0.4, 0.0];
    let snapshot = fixed(layers, 1, &params, "squared_error", &[1.0], &[3.0]);
    let of = paths(&snapshot, Weight { param: 0, at: 0 }, 0, 5);
    assert!(of.gradient.abs() <= 1e-15 && of.flow.total > 1.0, "{of:?}");
    assert_eq!((of.diagnosis.verdict, of.shown.len()), (Verdict::Cancelled, 2));
    let groups = of.diagnosis.groups.unwrap();
    let names: Vec<&str> = groups.strongest.iter().map(|group| group.through.as_str()).collect();
    assert_eq!((groups.value.as_str(), groups.elsewhere), ("linear2", 0.0));
    assert!(names.contains(&"linear2[0]") && names.contains(&"linear2[1]"));
    close(groups.positive, -groups.negative, 1e-15);
    close(groups.positive, of.flow.total / 2.0, 1e-15);

    // x + f(x) with f(x) = −x: the two ways around meet again in one number.
    let inside = layers![unbiased(1)];
    let layers = layers![unbiased(1), Layer::Residual(inside), unbiased(1)];
    let snapshot = fixed(layers, 1, &[2.0, -0.999, 1.0], "squared_error", &[1.0], &[3.0]);
    let of = paths(&snapshot, Weight { param: 0, at: 0 }, 0, 5);
    assert_eq!(of.diagnosis.verdict, Verdict::Cancelled);
    let groups = of.diagnosis.groups.unwrap();
    assert_eq!((groups.value.as_str(), groups.strongest.len()), ("linear2", 1));
    assert!(groups.elsewhere == groups.negative && groups.strongest[0].sum == groups.positive);
    close(groups.positive + groups.negative, of.gradient, 1e-12);
    close(groups.positive - groups.negative, of.flow.total, 1e-12);

    // A saturated unit lets next to nothing through, by every path.
    let layers = layers![Linear::new(1), op::Sigmoid, Linear::new(1)];
    let snapshot = fixed(layers, 1, &[1.0, 19.0, 1.0, 0.0], "squared_error", &[1.0], &[3.0]);
    let diagnosis = paths(&snapshot, Weight { param: 0, at: 0 }, 0, 5).diagnosis;
    assert_eq!(diagnosis.verdict, Verdict::Blocked);
    assert_eq!(diagnosis.symbol.as_deref(), Some("∂sigmoid1/∂linear1"));
    assert!(diagnosis.number.unwrap() < 1e-8);

    // What is multiplied with an input of 0 is blocked at its own link.
    let layers = layers![Linear::new(2), op::Tanh, Linear::new(1)];
    let params = [0.3, -0.2, 0.1, 0.4, 0.5, 0.6, 0.7, -0.8, 0.9];
    let snapshot = fixed(layers, 2, &params, "mse", &[1.0, 0.0], &[0.0]);
    let diagnosis = paths(&snapshot, Weight { param: 0, at: 3 }, 0, 5).diagnosis;
    assert_eq!(
        (diagnosis.verdict, diagnosis.number, diagnosis.link),
        (Verdict::Blocked, Some(0.0), Some((2, 1)))
    );
    assert_eq!(diagnosis.symbol.as_deref(), Some("∂linear1[1]/∂linear1.weight[1,1]"));
}

#[test]
fn a_kink_between_the_nudges_is_named() {
    let layers = || layers![unbiased(1), op::Relu, unbiased(1)];
    let weight = Weight { param: 0, at: 0 };
    let near = nudge(&fixed(layers(), 1, &[1e-5, 1.0], "squared_error", &[2.0, 2.0], &[3.0, 3.0]), weight);
    assert!(!near.agrees);
    let crossing = &near.crossings[0];
    assert_eq!((crossing.operation.as_str(), crossing.argument.as_str()), ("relu1", "linear1"));
    assert!(crossing.count == 2 && crossing.example == 0 && crossing.below < 0.0 && crossing.above > 0.0);
    let far = nudge(&fixed(layers(), 1, &[0.5, 1.0], "squared_error", &[2.0, 2.0], &[3.0, 3.0]), weight);
    assert!(far.agrees && far.crossings.is_empty());
    // Also where it comes from a setting,
    for (alpha, crosses) in [(1.0, false), (3.0, true)] {
        let layers = layers![unbiased(1), op::Elu { alpha }, unbiased(1)];
        let near = nudge(&fixed(layers, 1, &[1e-5, 1.0], "squared_error", &[2.0, 2.0], &[3.0, 3.0]), weight);
        assert_eq!((near.agrees, near.crossings.len()), (!crosses, usize::from(crosses)), "{near:?}");
    }
    // or where it is the loss's: |ŷ − y| at ŷ = y.
    let layers = layers![unbiased(1)];
    let loss = nudge(&fixed(layers, 1, &[1.0], "mae", &[2.0], &[2.0]), weight);
    assert_eq!((loss.crossings[0].operation.as_str(), loss.crossings[0].argument.as_str()), ("mae", "ŷ − y"));
}

#[test]
fn a_wrong_gradient_does_not_agree_with_its_nudge() {
    let made = Made { seed: 5, lead: false, examples: 3, ops: vec![(6, 1, 2), (0, 1, 3)], loss: 0 };
    let snapshot = made.snapshot();
    let weight = Weight { param: 0, at: 1 };
    let right = nudge(&snapshot, weight);
    assert!(right.agrees && right.relative.unwrap() <= 1e-9, "{right:?}");
    let tolerance = right.rounding + right.truncation;
    assert!(tolerance <= 1e-7 * right.gradient.abs(), "an error of 1e-6 would be seen: {right:?}");
}

#[test]
fn an_effect_is_predicted_by_the_gradient_and_measured_by_the_loss() {
    // L = (w₁ + w₂ − 3)² at (1, 1): g = −2 for both, and L = 1. With a learning rate of 1/8, Δw = 1/4.
    let network = Network::sequential([2], layers![unbiased(1)]).unwrap();
    let sgd = Arc::new(Sgd { lr: 0.125, ..Sgd::default() });
    let mut trainer = Trainer::<f64>::new(network, loss("squared_error"), sgd, Options::default()).unwrap();
    trainer.set_weights(Weights { params: vec![1.0; 2].into(), buffers: vec![] }).unwrap();
    let data = dataset(vec![1.0, 1.0], &[2], Targets::Values { data: vec![3.0], width: 1 });
    let snapshot = Snapshot::take(&trainer, Batch { data: &data, rows: Rows::Range(0, 1) }).unwrap();
    let of = effect(&snapshot, Weight { param: 0, at: 0 });
    assert_eq!((of.moved, of.before), (0.25, 1.0));
    assert_eq!((of.alone.predicted, of.alone.measured), (-0.5, 0.75 * 0.75 - 1.0));
    assert_eq!((of.all.predicted, of.all.measured), (-1.0, 0.5 * 0.5 - 1.0));
    assert_eq!(of.all.ratio, Some(0.75));
}

#[test]
fn a_snapshot_is_of_the_step_that_training_makes() {
    let layers =
        layers![Linear::new(40), op::Relu, op::BatchNorm::default(), op::Dropout { p: 0.4 }, Linear::new(3)];
    let network = Network::sequential([6], layers).unwrap();
    fn check<T: whygrad::train::Real>(network: &Network, clip: Clip, tolerance: f64) {
        let data = super::data::<T>(100, 6, Some(3));
        let sgd = Arc::new(Sgd { lr: 0.1, momentum: 0.9, ..Sgd::default() });
        let options = Options { batch: 64, seed: 8, clip, ..Options::default() };
        let mut trainer = Trainer::<T>::new(network.clone(), loss("cross_entropy"), sgd, options).unwrap();
        let order: Vec<usize> = (0..64).map(|i| (i * 7 + 3) % 100).collect();
        let batch = Batch { data: &data, rows: Rows::Index(&order) };
        (0..3).for_each(|_| _ = trainer.step(batch));
        let mut plan =
            Plan::<T, _>::new(network, loss("cross_entropy"), 64, &Threads::default(), keep::Training)
                .unwrap();
        let mut gradient = vec![T::zero(); network.param_count()];
        plan.pass(&trainer.state().weights, batch, Pass::train(trainer.options().key(3)));
        plan.gradient(&trainer.state().weights, &mut gradient);
        let before = trainer.state().clone();
        let snapshot = Snapshot::take(&trainer, batch).unwrap();
        assert_eq!(trainer.state(), &before, "the trainer stays as it is");
        let trained = trainer.step(batch);
        close(snapshot.batch_loss(), trained, tolerance);
        assert_eq!(snapshot.after(), &trainer.state().weights.cast());
        let moves = trainer.state().weights.params.iter().zip(&before.weights.params);
        assert!(snapshot.moves().eq(moves.map(|(after, before)| after.f64() - before.f64())));
        let largest = snapshot.gradient().iter().fold(0.0f64, |m, g| m.max(g.abs()));
        for weight in all_weights(snapshot.network()) {
            let comparison = snapshot.compare(weight);
            assert_eq!(comparison.training, gradient[weight.place(snapshot.network())].f64());
            assert!(comparison.difference.abs() <= tolerance * largest, "{comparison:?}");
        }
    }

    for clip in [Clip::Off, Clip::Norm(0.1), Clip::Value(0.01)] {
        check::<f64>(&network, clip, 0.0);
        check::<f32>(&network, clip, 1e-5);
    }
}

#[test]
fn questions_leave_a_snapshot_as_it_is_and_may_come_in_any_order() {
    let made =
        Made { seed: 7, lead: false, examples: 3, ops: vec![(6, 1, 3), (2, 1, 3), (6, 1, 2)], loss: 0 };
    let (snapshot, weight) = (made.snapshot(), Weight { param: 0, at: 2 });
    let first = (nudge(&snapshot, weight), effect(&snapshot, weight), Chain::new(&snapshot, weight, 1));
    let again = (nudge(&snapshot, weight), effect(&snapshot, weight), Chain::new(&snapshot, weight, 1));
    assert_eq!(first, again);
    assert_eq!(snapshot.at(&snapshot.state().weights, Plan::loss), snapshot.batch_loss());
}

#[test]
fn an_overview_lists_what_moved_earned_and_hurt_most() {
    let network = Network::sequential([6], layers![Linear::new(9), op::Tanh, Linear::new(3)]).unwrap();
    let data = super::data::<f32>(100, 6, Some(3));
    let sgd = Arc::new(Sgd { lr: 0.1, ..Sgd::default() });
    let trainer = Trainer::<f32>::new(network, loss("cross_entropy"), sgd, Options::default()).unwrap();
    let snapshot = Snapshot::take(&trainer, Batch { data: &data, rows: Rows::Range(0, 32) }).unwrap();
    let found = overview(&snapshot, &data, usize::MAX).unwrap();
    assert_eq!((found.step, found.weights), (1, snapshot.network().param_count()));
    let moves: Vec<f64> = snapshot.moves().collect();
    assert_eq!(found.moved.len(), moves.iter().filter(|moved| **moved != 0.0).count());
    assert!(found.moved.windows(2).all(|pair| pair[0].moved.abs() >= pair[1].moved.abs()));
    assert!(found.earned.windows(2).all(|pair| pair[0].allocation <= pair[1].allocation));
    assert!(found.hurt.windows(2).all(|pair| pair[0].allocation >= pair[1].allocation));
    for of in found.moved.iter().chain(&found.earned).chain(&found.hurt) {
        let place = of.weight.place(snapshot.network());
        assert_eq!((of.name.as_str(), of.moved), (&*of.weight.name(snapshot.network()), moves[place]));
        assert_eq!((of.before, of.after), (snapshot.value(of.weight), snapshot.after().params[place]));
        assert_eq!(of.gradient, snapshot.slope(of.weight));
    }
    let sum: f64 = found.earned.iter().chain(&found.hurt).map(|of| of.allocation).sum();
    let totals = found.totals.unwrap();
    close(sum, totals.allocation, 1e-12);
    assert!((totals.steps, totals.examples) == (1, 100) && totals.relative.unwrap() <= 1e-4);
    // Few are the first of many.
    let few = overview(&snapshot, &data, 4).unwrap();
    assert_eq!((&few.moved[..], &few.earned[..]), (&found.moved[..4], &found.earned[..4]));
}

#[test]
fn fifty_layers_are_explained_with_as_many_paths_as_asked_for() {
    let mut layers: Vec<Layer> = (0..49).flat_map(|_| layers![Linear::new(32), op::Tanh]).collect();
    layers.push(Linear::new(4).into());
    let network = Network::sequential([8], layers).unwrap();
    let inputs = (0..16).map(|i| random::uniform(3, i) - 0.5).collect();
    let data = dataset(inputs, &[8], Targets::Classes(vec![1, 3]));
    let weights = Weights::init(&network, 1);
    let weight = Weight::parse("linear1.weight[3,5]", &network).unwrap();
    let snapshot = snapshot(network, loss("cross_entropy"), weights, &data);
    let chain = Chain::new(&snapshot, weight, 1);
    assert!(chain.reconciles, "{chain:?}");
    assert_eq!((chain.factors.len(), chain.links().count()), (51, 99 + 1));
    let found = paths(&snapshot, weight, 1, 20);
    // 32^48 paths through the hidden layers above the first, and 4 outputs.
    let log10 = 48.0 * 32f64.log10() + 4f64.log10();
    assert!((found.flow.paths.log10.unwrap() - log10).abs() <= 1e-10 && found.flow.paths.exact.is_none());
    assert_eq!(found.shown.len(), 20);
    close(found.shown[0].product.abs(), found.flow.strongest, 1e-12);
    assert!(found.shown.windows(2).all(|pair| pair[0].product.abs() >= pair[1].product.abs()));
    assert!(found.shown.iter().all(|path| path.steps.len() == 1 + 98 + 1));
    let distinct: std::collections::HashSet<String> =
        found.shown.iter().map(|path| path.steps.iter().map(|step| step.to.as_str()).collect()).collect();
    assert_eq!(distinct.len(), 20);
}

#[test]
fn among_equal_paths_the_search_goes_straight_down() {
    // All 16^20 paths are equal but for rounding: a search in breadth would not come back.
    let mut layers: Vec<Layer> = (0..21).flat_map(|_| layers![Linear::new(16), op::Tanh]).collect();
    layers.push(Linear::new(1).into());
    let network = Network::sequential([3], layers).unwrap();
    let mut weights = Weights::init(&network, 1);
    weights.params.fill(0.0713);
    let data = dataset(vec![0.3, -0.1, 0.7], &[3], Targets::Values { data: vec![1.0], width: 1 });
    let snapshot = snapshot(network, loss("mse"), weights, &data);
    let found = paths(&snapshot, Weight { param: 0, at: 4 }, 0, 50);
    assert_eq!(found.shown.len(), 50);
    close(found.flow.effective, 16f64.powi(20), 1e-9);
}

#[test]
fn a_network_of_ten_million_weights_is_explained() {
    let layers = layers![Linear::new(2500), op::Relu, Linear::new(3000), op::Relu, Linear::new(10)];
    let network = Network::sequential([900], layers).unwrap();
    assert!(network.param_count() > 9_500_000, "{}", network.param_count());
    let inputs = (0..2 * 900).map(|i| random::uniform(3, i)).collect();
    let data = dataset(inputs, &[900], Targets::Classes(vec![7, 2]));
    let weights = Weights::init(&network, 1);
    let weight = Weight::parse("linear1.weight[2,800]", &network).unwrap();
    let snapshot = snapshot(network, loss("cross_entropy"), weights, &data);
    let found = paths(&snapshot, weight, 0, 10);
    assert_eq!(found.flow.paths.exact, Some(3000 * 10));
    assert_eq!(found.shown.len(), if found.flow.total > 0.0 { 10 } else { 0 });
    assert!(Chain::new(&snapshot, weight, 0).reconciles && examples(&snapshot, weight).reconciles);
}

/// The best of some times, in seconds.
fn seconds(times: usize, mut f: impl FnMut()) -> f64 {
    let once = |_| {
        let start = std::time::Instant::now();
        f();
        start.elapsed().as_secs_f64()
    };
    (0..times).map(once).fold(f64::INFINITY, f64::min)
}

/// 784-512-256-10 with a batch of 128 examples.
fn large<T: whygrad::train::Real>() -> (Network, Dataset<T>) {
    let layers = layers![Linear::new(512), op::Relu, Linear::new(256), op::Relu, Linear::new(10)];
    (Network::sequential([784], layers).unwrap(), super::data(128, 784, Some(10)))
}

#[test]
#[ignore = "measures time: cargo test --release -- --ignored --test-threads=1 credit"]
fn all_semirings_together_cost_at_most_four_backward_passes() {
    let (network, data) = large::<f64>();
    let weights = Weights::init(&network, 1);
    let batch = Batch { data: &data, rows: Rows::Range(0, 128) };
    let mut plan =
        Plan::<f64, _>::new(&network, loss("cross_entropy"), 128, &Threads::default(), keep::Training)
            .unwrap();
    let mut gradient = vec![0.0; network.param_count()];
    let forward = seconds(30, || _ = plan.pass(&weights, batch, Pass { backward: false, ..Pass::train(0) }));
    let both = seconds(30, || {
        plan.pass(&weights, batch, Pass::train(0));
        plan.gradient(&weights, &mut gradient);
    });
    let snapshot = snapshot(network, loss("cross_entropy"), weights, &data);
    let semirings = seconds(30, || _ = std::hint::black_box(Flows::new(&snapshot)));
    let (backward, ratio) = (both - forward, semirings / (both - forward));
    println!("backward {:.2} ms, semirings {:.2} ms: {ratio:.2} times", backward * 1e3, semirings * 1e3);
    assert!(ratio <= 4.0, "{ratio}");
}

#[test]
#[ignore = "measures time: cargo test --release -- --ignored --test-threads=1 credit"]
fn per_example_norms_cost_at_most_a_third_of_a_step_on_top_of_it() {
    fn measure<T: whygrad::train::Real>() {
        let (network, data) = large::<T>();
        let weights = Weights::init(&network, 1);
        let batch = Batch { data: &data, rows: Rows::Range(0, 128) };
        let mut plan =
            Plan::<T, _>::new(&network, loss("cross_entropy"), 128, &Threads::default(), keep::Training)
                .unwrap();
        let norms = seconds(50, || {
            plan.pass(&weights, batch, Pass::train(0));
            std::hint::black_box(example_norms(&network, &plan, &weights));
        });
        let options = Options { batch: 128, ..Options::default() };
        let sgd = Arc::new(Sgd::default());
        let mut trainer = Trainer::<T>::new(network.clone(), loss("cross_entropy"), sgd, options).unwrap();
        let step = seconds(50, || _ = trainer.step(batch));
        println!("{}: step {:.2} ms, pass and norms {:.2} ms", T::NAME, step * 1e3, norms * 1e3);
        assert!(norms <= 1.3 * step, "{norms} {step}");
    }
    measure::<f32>();
    measure::<f64>();
}

#[test]
#[ignore = "measures time: cargo test --release -- --ignored --test-threads=1 credit"]
fn one_weight_is_explained_in_less_than_a_tenth_of_a_second() {
    let (network, data) = large::<f64>();
    let weights = Weights::init(&network, 1);
    let weight = Weight::parse("linear1.weight[100,400]", &network).unwrap();
    let snapshot = snapshot(network, loss("cross_entropy"), weights, &data);
    let each = [
        ("chain", seconds(3, || _ = Chain::new(&snapshot, weight, 5))),
        ("paths", seconds(3, || _ = paths(&snapshot, weight, 5, 10))),
        ("examples", seconds(3, || _ = examples(&snapshot, weight))),
        ("nudge", seconds(3, || _ = nudge(&snapshot, weight))),
        ("effect", seconds(3, || _ = effect(&snapshot, weight))),
    ];
    each.iter().for_each(|(name, time)| println!("{name} {:.2} ms", time * 1e3));
    assert!(each.iter().map(|(_, time)| time).sum::<f64>() <= 0.1);
}
