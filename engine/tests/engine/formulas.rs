//! Every formula gives the number that is computed: of every operation and loss, over their settings, on both sides of
//! every kink and threshold. What they can be told is drawn from their lists of keys.

use super::page::Page;
use std::sync::Arc;
use whygrad::author::random;
use whygrad::data::{Dataset, Targets};
use whygrad::expr::{Expr, Function, Lookup, Role, Symbol};
use whygrad::loss::{self, Loss, LossFunction, LossPrecision, Made, Target, TargetKind};
use whygrad::network::{Batch, Network, Pass, Plan, Rows, Weights, keep};
use whygrad::op::{self, Linear, Of, Op, Operation, Point, Precision};
use whygrad::setting::{Key, Kind, Literal};
use whygrad::{Shape, Threads};

pub(crate) type Given = Vec<(String, Literal)>;

/// What each kind of key may be set to.
const FINITE: [f64; 5] = [-0.5, 0.0, 0.3, 1.0, 2.5];
const POSITIVE: [f64; 4] = [0.1, 0.5, 1.0, 3.0];
const NON_NEGATIVE: [f64; 3] = [0.0, 0.02, 0.3];
const SHARES: [f64; 3] = [0.0, 0.2, 0.9];

/// Settings drawn at random for whatever has these keys, with lists of `width` numbers; `given` where it cannot be drawn.
pub(crate) fn drawn(keys: &[Key], given: &[(&str, Literal)], width: usize, seed: u64) -> Given {
    let mut settings: Given = given.iter().map(|(key, value)| (key.to_string(), value.clone())).collect();
    for (i, key) in keys.iter().enumerate() {
        let bits = |j: usize| random::bits(seed, (64 * i + j) as u64) as usize >> 8;
        let number = |of: &[f64], j: usize| Literal::Number(of[bits(j) % of.len()]);
        let list = |of: &[f64], count| Literal::List((0..count).map(|j| number(of, j)).collect());
        let value = match key.kind {
            Kind::Finite => number(&FINITE, 0),
            Kind::Positive => number(&POSITIVE, 0),
            Kind::NonNegative => number(&NON_NEGATIVE, 0),
            Kind::Share => number(&SHARES, 0),
            Kind::TwoShares => list(&SHARES, 2),
            // With class weights, and without.
            Kind::PositiveList if bits(63).is_multiple_of(2) => list(&POSITIVE, width),
            Kind::Switch => Literal::Switch(bits(0).is_multiple_of(2)),
            Kind::Word(words) => Literal::Text(words[bits(0) % words.len()].into()),
            _ => continue,
        };
        settings.retain(|(known, _)| known != key.name);
        settings.push((key.name.into(), value));
    }
    settings
}

/// The numbers at which something with these settings may bend: each of them, and one over another.
fn thresholds(settings: &Given) -> Vec<f64> {
    let number = |(_, value): &(String, Literal)| match value {
        Literal::Number(x) => Some(*x),
        _ => None,
    };
    let numbers: Vec<f64> = settings.iter().filter_map(number).collect();
    let over = numbers.iter().flat_map(|a| numbers.iter().map(move |b| a / b));
    numbers.iter().copied().chain(over).filter(|x| x.is_finite()).flat_map(|x| [x, -x]).collect()
}

/// A number in ±3.
fn number(key: u64, i: usize) -> f64 {
    6.0 * random::uniform(key, i as u64) - 3.0
}

/// These numbers, numbers close to them and far from them on both sides, and others.
fn around(numbers: &[f64]) -> Vec<f64> {
    const APART: [f64; 9] = [0.0, 1e-6, -1e-6, 0.1, -0.1, 1.5, -1.5, 15.0, -15.0];
    let near = numbers.iter().flat_map(|x| APART.map(|apart| x + apart));
    near.chain((0..20).map(|i| number(1, i))).collect()
}

fn exactly(x: f64) -> String {
    x.to_string().replace('-', "−")
}

/// The formula gives the number, and so does its text with numbers for its letters.
#[track_caller]
fn compare(written: &Expr, values: Lookup<'_>, computed: f64, what: &str) {
    same(written.evaluate(values), computed, &format!("{what}: {written}"));
    let read = Page::default().compare(&written.numbers(values, &exactly), computed);
    assert_eq!(read, Ok(()), "{what}: {written}");
}

#[track_caller]
fn same(written: Option<f64>, computed: f64, what: &str) {
    let written = written.unwrap_or_else(|| panic!("{what}: the formula gives no number"));
    let size = written.abs().max(computed.abs());
    assert!((written - computed).abs() <= 1e-12 * size, "{what}: {written}, computed was {computed}");
}

/// What the letters of an operation's formulas are worth.
fn value(point: &Point<'_, f64>, letter: &Symbol) -> Option<f64> {
    match letter.role {
        Role::Input { input, row, at } => Some(point.x.get(input)[row * point.x.shape(input).len() + at]),
        Role::Output { row, at } => Some(point.y[row * (point.y.len() / point.rows) + at]),
        Role::Param { param, at } => Some(point.w.get(param)[at]),
        Role::Saved { at } => Some(point.saved[at]),
        _ => None,
    }
}

/// Runs an operation on numbers around those at which it may bend, and compares all that it computes with what it
/// writes; returns how many numbers that were.
fn compare_operation(
    op: &Arc<dyn Operation>,
    inputs: &[&[usize]],
    bends: &[f64],
    train: Option<u64>,
) -> usize {
    let name = Op::name(&**op);
    let mut network = Network::new(inputs[0].to_vec());
    let mut x = vec![network.input()];
    for (i, shape) in inputs.iter().enumerate().skip(1) {
        let other = Arc::new(Linear::new(*shape.last().unwrap()));
        x.push(network.add(format!("{i}"), other, &[network.input()]).unwrap());
    }
    network.add("op".into(), Arc::clone(op), &x).unwrap();
    let node = network.nodes().len() - 1;
    let width = network.shape(network.output()).len();
    let shape = Shape::from(inputs[0].to_vec());
    let mut numbers = around(bends);
    let rows = numbers.len() / shape.len();
    numbers.truncate(rows * shape.len());
    let targets = vec![0.0; rows * width];
    let data = Dataset::new(numbers, shape, Targets::Values { data: targets, width }).unwrap();
    let mut weights = Weights::<f64>::init(&network, 7);
    weights.params.iter_mut().enumerate().for_each(|(i, w)| *w += 0.3 * number(2, i));
    let loss = loss::read("mse", []).unwrap();
    let mut plan = Plan::<f64, keep::All>::new(&network, loss, rows, &Threads::default(), keep::All).unwrap();
    let pass = Pass { train, ..Pass::EVALUATE };
    plan.pass(&weights, Batch { data: &data, rows: Rows::Range(0, rows) }, pass);
    let point = plan.point(&weights, node, 0);
    let shapes: Vec<&Shape> = (0..point.x.count()).map(|input| point.x.shape(input)).collect();
    let mut compared = 0;
    for (row, at) in (0..rows).flat_map(|row| (0..width).map(move |at| (row, at))) {
        let of = Of { x: &shapes, rows, training: train.is_some(), row, at };
        let values = |letter: &Symbol| value(&point, letter);
        let written = op.expression(of).unwrap_or_else(|| panic!("{name} does not write itself"));
        compare(&written, &values, point.y[row * width + at], &format!("{op:?}"));
        f64::of_op(&**op).partials(&point, row, at, &mut |partial| {
            let by = partial.by;
            let written = op.slope(of, by).unwrap_or_else(|| panic!("{name} does not write its slope"));
            compare(&written, &values, partial.slope, &format!("{op:?} {by:?}"));
            compared += 1;
        });
    }
    compared
}

/// Draws of settings for each case of an entry.
const DRAWS: u64 = 12;

#[test]
fn operations_write_what_they_compute() {
    for entry in op::LIST {
        for (case, seed) in entry.cases.iter().flat_map(|case| (0..DRAWS).map(move |seed| (case, seed))) {
            let given = drawn(entry.keys, case.given, 0, seed);
            let bends = thresholds(&given);
            let op = op::read(entry.name, given).unwrap();
            let bends: Vec<f64> = Op::kinks(&*op).iter().map(|kink| kink.at).chain(bends).collect();
            for train in [None, Some(5)] {
                let compared = compare_operation(&op, case.inputs, &bends, train);
                assert!(compared > case.inputs[0].iter().product(), "{}", entry.name);
            }
        }
    }
}

/// One example's output and target for a loss.
fn example(made: Made, width: usize, key: u64) -> Vec<f64> {
    let raw: Vec<f64> = (0..width).map(|i| number(key, i)).collect();
    let sum: f64 = raw.iter().map(|x| x.exp()).sum();
    raw.into_iter()
        .map(|x| match made {
            Made::Real => x,
            Made::Share => 0.05 + 0.15 * (x + 3.0),
            Made::Probabilities => x.exp() / sum,
            Made::LogProbabilities => x - sum.ln(),
        })
        .collect()
}

fn compare_loss(loss: &dyn LossFunction, x: &[f64], y: &[f64], class: usize) {
    let classes = [class as u32];
    let target = match Loss::wants(loss) {
        TargetKind::Classes => Target::Classes(&classes),
        TargetKind::Values => Target::Values(y),
    };
    let (mut each, mut dx) = ([f64::NAN], vec![f64::NAN; x.len()]);
    f64::of_loss(loss).backward(x, target, 1.0, &mut each, &mut dx);
    let values = |letter: &Symbol| match (&letter.role, Loss::wants(loss)) {
        (Role::Input { input: 0, at, .. }, _) => Some(x[*at]),
        (Role::Input { .. }, TargetKind::Classes) => Some(class as f64),
        (Role::Input { at, .. }, TargetKind::Values) => Some(y[*at]),
        _ => None,
    };
    let term = |at| {
        let written = loss.expression(x.len(), at).unwrap();
        written.evaluate(&values).unwrap_or_else(|| panic!("{written} gives no number"))
    };
    let sum = match Loss::wants(loss) {
        TargetKind::Classes => term(0),
        TargetKind::Values => (0..x.len()).map(term).sum(),
    };
    same(Some(sum), each[0], &format!("{loss:?} at {x:?}, {y:?}, {class}"));
    if Loss::wants(loss) == TargetKind::Classes {
        compare(&loss.expression(x.len(), 0).unwrap(), &values, each[0], &format!("{loss:?}"));
    }
    let norm = Expr::call(Function::Norm, [loss.slope(x.len(), None).unwrap()]);
    let size = dx.iter().map(|x| x * x).sum::<f64>().sqrt();
    compare(&norm, &values, size, &format!("{loss:?} at {x:?}, {y:?}, {class}"));
    for (at, slope) in dx.into_iter().enumerate() {
        let written = loss.slope(x.len(), Some(at)).unwrap();
        compare(&written, &values, slope, &format!("{loss:?} at {x:?}, {y:?}, {class}"));
    }
}

/// Numbers where a loss is held: the ends of what it takes, and close to them.
fn ends(made: Made, width: usize) -> Vec<Vec<f64>> {
    const ENDS: [f64; 6] = [0.0, 1e-50, 1e-13, 1e-11, 1.0 - 1e-13, 1.0];
    match made {
        Made::Share => vec![ENDS.to_vec()],
        Made::Probabilities => ENDS.iter().map(|end| [vec![*end], vec![0.5; width - 1]].concat()).collect(),
        _ => vec![],
    }
}

#[test]
fn losses_write_what_they_compute() {
    for entry in loss::LIST {
        for (case, seed) in entry.cases.iter().flat_map(|case| (0..DRAWS).map(move |seed| (case, seed))) {
            let given = drawn(entry.keys, case.given, case.width, seed);
            let bends = thresholds(&given);
            let loss = loss::read(entry.name, given).unwrap();
            let shares = loss.wants_shares();
            for key in 0..20 {
                let x = example(case.output, case.width, 2 * key);
                let targets = if shares { Made::Share } else { Made::Real };
                let y = example(targets, case.width, 2 * key + 1);
                compare_loss(&*loss, &x, &y, key as usize % case.width);
            }
            for x in ends(case.output, case.width) {
                for y in [0.0, 0.25, 1.0] {
                    compare_loss(&*loss, &x, &vec![y; x.len()], (4.0 * y) as usize % case.width);
                }
            }
            if loss.wants() == TargetKind::Values && case.output == Made::Real {
                let bends: Vec<f64> = loss.kinks().iter().map(|kink| kink.at).chain(bends).collect();
                let x: Vec<f64> = around(&bends).iter().map(|x| x + 0.25).collect();
                compare_loss(&*loss, &x, &vec![0.25; x.len()], 0);
            }
        }
    }
}

#[test]
fn slopes_of_all_outputs_at_once_are_written_as_vectors() {
    let given = |key: &str, value: Literal| vec![(key.to_string(), value)];
    let written = |name: &str, given: Given| {
        let loss = loss::read(name, given).unwrap();
        [loss.slope(3, None), loss.slope(3, Some(1))].map(|slope| slope.unwrap().to_string())
    };
    assert_eq!(written("mse", vec![]), ["2·(ŷ − y)", "2·(ŷ − y)"]);
    assert_eq!(written("cross_entropy", vec![]), ["softmax(ŷ) − onehot(y)", "softmax(ŷ)[1] − onehot(y)[1]"]);
    assert_eq!(
        written("cross_entropy", given("label_smoothing", Literal::Number(0.1)))[1],
        "softmax(ŷ)[1] − (1 − label_smoothing)·onehot(y)[1] − label_smoothing/3"
    );
    let weight = given("weight", Literal::List(vec![Literal::Number(2.0); 3].into()));
    assert_eq!(written("cross_entropy", weight.clone())[0], "weight[y]·(softmax(ŷ) − onehot(y))");
    assert_eq!(written("nll", weight)[1], "−weight[y]·onehot(y)[1]");
}
