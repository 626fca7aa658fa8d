//! Pages about steps made at random, of all operations, losses and optimizers over their settings: every formula, read
//! as text with what the page says that its letters stand for, gives the number beside it, and no letter stands for two
//! things.

use super::formulas::drawn;
use super::page::Page;
use proptest::prelude::*;
use serde_json::json;
use std::sync::{Arc, LazyLock};
use whygrad::author::random;
use whygrad::credit::{Chain, Snapshot, Weight, formula, loss_formula, paths, update};
use whygrad::data::{Dataset, Targets};
use whygrad::loss::{self, LossFunction, Made, TargetKind};
use whygrad::network::{Batch, Network, Rows, Value, Weights};
use whygrad::op::{self, Linear, LogSoftmax, Operation, Sigmoid, Softmax};
use whygrad::optim::{self, Clip, Decay, Optimizer, Schedule};
use whygrad::setting::Literal;
use whygrad::train::{Options, Trainer};

const CLIPS: [Clip; 3] = [Clip::Off, Clip::Norm(0.1), Clip::Value(0.01)];

static SCHEDULES: LazyLock<[Schedule; 3]> = LazyLock::new(|| {
    [
        Schedule { warmup: 0, decay: Decay::Constant },
        Schedule { warmup: 2, decay: Decay::Cosine { ends: vec![9], min: 1e-3 } },
        Schedule { warmup: 0, decay: Decay::Step { every: 2, gamma: 0.5 } },
    ]
});

/// A step made at random.
#[derive(Clone, Debug)]
struct Step {
    seed: u64,
    /// Two operations.
    ops: [usize; 2],
    loss: usize,
    optimizer: usize,
    clip: usize,
    schedule: usize,
    /// Updates before it.
    updates: usize,
    examples: usize,
}

fn step() -> impl Strategy<Value = Step> {
    let ops = (0..op::LIST.len(), 0..op::LIST.len(), any::<bool>());
    let chosen = (0..loss::LIST.len(), 0..optim::LIST.len());
    (any::<u64>(), ops, chosen, (0..CLIPS.len(), 0..SCHEDULES.len()), 0usize..4, 1usize..4).prop_map(
        |(seed, (a, b, twice), (loss, optimizer), (clip, schedule), updates, examples)| {
            // One operation twice: its settings differ, and so do their letters.
            let ops = [a, if twice { a } else { b }];
            Step { seed, ops, loss, optimizer, clip, schedule, updates, examples }
        },
    )
}

impl Step {
    /// An address of random numbers.
    fn key(&self, purpose: &str) -> u64 {
        random::derive(self.seed, purpose, 0)
    }

    fn number(&self, purpose: &str, i: usize) -> f64 {
        4.0 * random::uniform(self.key(purpose), i as u64) - 2.0
    }

    /// Operation `i` of the two.
    fn operation(&self, i: usize) -> Arc<dyn Operation> {
        let entry = &op::LIST[self.ops[i]];
        let given = drawn(entry.keys, entry.cases[0].given, 0, self.key(&format!("op{i}")));
        op::read(entry.name, given).unwrap()
    }

    fn loss(&self) -> (Arc<dyn LossFunction>, &'static loss::Case) {
        let entry = &loss::LIST[self.loss];
        let case = &entry.cases[0];
        let given = drawn(entry.keys, case.given, case.width, self.key("loss"));
        (loss::read(entry.name, given).unwrap(), case)
    }

    /// Where its settings exclude each other, the optimizer has the defaults.
    fn optimizer(&self) -> Arc<dyn Optimizer> {
        let entry = &optim::LIST[self.optimizer];
        let given = drawn(entry.keys, &[], 0, self.key("optimizer"));
        optim::read(entry.name, given).or_else(|_| optim::read(entry.name, [])).unwrap()
    }

    /// An affine map from three numbers, at times without every third connection: what lies below reaches some outputs.
    fn linear(&self, out: usize, i: usize) -> Arc<dyn Operation> {
        let bits = random::bits(self.key("mask"), i as u64) as usize >> 8;
        let row = |o: usize| (0..3).map(|i| !(o + i + bits).is_multiple_of(3)).collect();
        let mask = (bits % 5 < 2).then(|| (0..out).map(row).collect());
        Arc::new(Linear { mask, ..Linear::new(out) })
    }

    fn network(&self, case: &loss::Case) -> Network {
        let mut network = Network::new(vec![3]);
        let mut count = 0;
        let mut add = |network: &mut Network, op: Arc<dyn Operation>, on: &[Value]| {
            count += 1;
            network.add(format!("{count}"), op, on).unwrap()
        };
        let mut value = network.input();
        for i in 0..2 {
            let op = self.operation(i);
            let inputs = 0..op::LIST[self.ops[i]].inputs();
            let on: Vec<Value> = inputs.map(|_| add(&mut network, self.linear(3, i), &[value])).collect();
            value = add(&mut network, op, &on);
        }
        value = add(&mut network, self.linear(case.width, 2), &[value]);
        match case.output {
            Made::Real => {}
            Made::Share => _ = add(&mut network, Arc::new(Sigmoid), &[value]),
            Made::Probabilities => _ = add(&mut network, Arc::new(Softmax), &[value]),
            Made::LogProbabilities => _ = add(&mut network, Arc::new(LogSoftmax), &[value]),
        }
        network
    }

    fn snapshot(&self) -> Snapshot {
        let (loss, case) = self.loss();
        let (network, shares) = (self.network(case), loss.wants_shares());
        let target = |i| if shares { 0.25 * self.number("y", i) + 0.5 } else { self.number("y", i) };
        let width = case.width;
        let targets = match loss.wants() {
            TargetKind::Classes => Targets::Classes((0..self.examples).map(|i| (i % width) as u32).collect()),
            TargetKind::Values => {
                Targets::Values { data: (0..self.examples * width).map(target).collect(), width }
            }
        };
        let inputs: Vec<f64> = (0..3 * self.examples).map(|i| self.number("x", i)).collect();
        let data = Dataset::new(inputs, vec![3], targets).unwrap();
        let (clip, schedule) = (CLIPS[self.clip], SCHEDULES[self.schedule].clone());
        let options = Options { batch: self.examples, clip, schedule, seed: self.seed, ..Options::default() };
        let mut trainer = Trainer::<f64>::new(network, loss, self.optimizer(), options).unwrap();
        let batch = Batch { data: &data, rows: Rows::Range(0, self.examples) };
        (0..self.updates).for_each(|_| _ = trainer.step(batch));
        Snapshot::take(&trainer, batch).unwrap()
    }
}

/// Whether a calculator can follow: far out, σ is 1 and its logarithm 0.
fn is_readable(snapshot: &Snapshot) -> bool {
    let plan = snapshot.plan();
    (0..=snapshot.network().nodes().len()).all(|value| plan.value(value).flatten().all(|x| x.abs() < 20.0))
}

/// Every formula of a page about one weight, and of what the step computed.
fn read(snapshot: &Snapshot, pick: u64) -> Result<usize, String> {
    let network = snapshot.network();
    let example = pick as usize % snapshot.examples();
    let place = (pick >> 8) as usize % network.param_count();
    let weight = Weight::at_place(place, network);
    let about = json!({
        "chain": Chain::new(snapshot, weight, example),
        "paths": paths(snapshot, weight, example, 3),
        "update": update(snapshot, weight),
    });
    let mut compared = Page::read(&about)?.compared;
    // The weight itself stands under the parts of its update.
    let unused =
        Page::read(&about["update"])?.unused().into_iter().find(|letter| *letter != "w").map(str::to_string);
    if let Some(letter) = unused {
        return Err(format!("{letter} stands for something, and no formula asks for it"));
    }
    for value in 1..=network.nodes().len() {
        let numbers = snapshot.plan().value(value).nth(example).unwrap();
        for (at, number) in numbers.iter().enumerate() {
            let expression = formula(snapshot, example, value, at).ok_or("no formula")?;
            compared += Page::read(&json!({"expression": expression, "number": number}))?.compared;
        }
    }
    let outputs = snapshot.plan().output().nth(example).unwrap().len();
    let terms = if snapshot.loss().wants() == TargetKind::Classes { 1 } else { outputs };
    let term = |at| loss_formula(snapshot, example, at).and_then(|of| Some((of.evaluate()?, of)));
    let terms = (0..terms).map(term).collect::<Option<Vec<_>>>().ok_or("the loss has no formula")?;
    let sum: f64 = terms.iter().map(|(number, _)| number).sum();
    let own = Chain::new(snapshot, weight, example).loss;
    if (sum - own).abs() > 1e-12 * own.abs() {
        return Err(format!("the loss's formula gives {sum}, and it is {own}"));
    }
    for (number, expression) in terms {
        compared += Page::read(&json!({"expression": expression, "number": number}))?.compared;
    }
    Ok(compared)
}

proptest! {
    #![proptest_config(super::credit::settings(2000))]

    #[test]
    fn every_formula_of_a_page_gives_its_number_and_every_letter_has_one_meaning(step in step(), pick in any::<u64>()) {
        let snapshot = step.snapshot();
        prop_assume!(snapshot.is_finite() && is_readable(&snapshot));
        let compared = read(&snapshot, pick);
        prop_assert!(compared.as_ref().is_ok_and(|compared| *compared > 8), "{compared:?}");
    }
}

#[test]
fn the_first_factor_of_a_class_knows_smoothing_and_class_weights() {
    let first = |name: &str, keys: &[&str], outputs: [f64; 3], at: usize| {
        let weights = [0.5, 1.0, 2.0].map(Literal::Number).to_vec();
        let settings = [("label_smoothing", Literal::Number(0.1)), ("weight", Literal::List(weights.into()))];
        let given = settings.into_iter().filter(|(key, _)| keys.contains(key));
        let loss = loss::read(name, given.map(|(key, value)| (key.to_string(), value))).unwrap();
        let linear = Linear { bias: false, ..Linear::new(3) };
        let network = Network::sequential([3], whygrad::layers![linear]).unwrap();
        let options = Options { batch: 1, ..Options::default() };
        let mut trainer =
            Trainer::<f64>::new(network, loss, optim::read("sgd", []).unwrap(), options).unwrap();
        let unit = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0];
        trainer.set_weights(Weights { params: unit.to_vec().into(), buffers: vec![] }).unwrap();
        let data = Dataset::new(outputs.to_vec(), vec![3], Targets::Classes(vec![2])).unwrap();
        let snapshot = Snapshot::take(&trainer, Batch { data: &data, rows: Rows::Range(0, 1) }).unwrap();
        let chain = Chain::new(&snapshot, Weight { param: 0, at: 3 * at }, 0);
        assert!(Page::read(&json!(chain)).unwrap().compared >= 2);
        let link = chain.links().next().unwrap();
        (link.expression.as_ref().unwrap().symbols(), link.number.unwrap())
    };
    let logits = [0.3, -1.2, 0.8];
    let share = 0.3f64.exp() / logits.map(f64::exp).iter().sum::<f64>();
    let (smooth, both) = (["label_smoothing"], ["label_smoothing", "weight"]);
    for (found, (text, number)) in [
        (
            first("cross_entropy", &smooth, logits, 0),
            ("softmax(ŷ)[0] − (1 − label_smoothing)·onehot(y)[0] − label_smoothing/3", share - 0.1 / 3.0),
        ),
        (
            first("cross_entropy", &both[1..], logits, 0),
            ("weight[y]·(softmax(ŷ)[0] − onehot(y)[0])", 2.0 * share),
        ),
        (
            first("cross_entropy", &both, logits, 0),
            (
                "softmax(ŷ)[0]·((1 − label_smoothing)·weight[y] + label_smoothing/3·Σweight) − \
                 (1 − label_smoothing)·weight[y]·onehot(y)[0] − label_smoothing/3·weight[0]",
                share * (0.9 * 2.0 + 0.1 / 3.0 * 3.5) - 0.1 / 3.0 * 0.5,
            ),
        ),
        (first("nll", &both[1..], [0.2, 0.3, 0.5].map(f64::ln), 2), ("−weight[y]·onehot(y)[2]", -2.0)),
        (
            first("categorical_cross_entropy", &both[1..], [0.2, 0.3, 0.5], 2),
            ("−weight[y]·onehot(y)[2]/max(ŷ[2], 1e−12)", -4.0),
        ),
    ] {
        assert_eq!(found.0, text);
        assert!((found.1 - number).abs() <= 1e-15, "{text}: {} is not {number}", found.1);
    }
}
