//! Every formula gives the number that is computed: of every operation and loss, over their settings, on both sides of
//! every kink.

use std::sync::Arc;
use whygrad::author::random;
use whygrad::data::{Dataset, Targets};
use whygrad::expr::{Role, Symbol};
use whygrad::loss::{self, Loss, LossFunction, LossPrecision, Made, Target, TargetKind};
use whygrad::network::{Batch, Network, Pass, Plan, Rows, Weights, keep};
use whygrad::op::{self, Kink, Linear, Of, Op, Operation, Point, Precision};
use whygrad::setting::Literal;
use whygrad::{Shape, Threads};

type Given = Vec<(String, Literal)>;

fn given(keys: &[(&str, f64)]) -> Given {
    keys.iter().map(|(key, x)| (key.to_string(), Literal::Number(*x))).collect()
}

/// Settings beside those of the entries' cases.
fn more(name: &str) -> Vec<Given> {
    let each = |key, numbers: &[f64]| numbers.iter().map(|x| given(&[(key, *x)])).collect();
    match name {
        "elu" => each("alpha", &[-1.0, 0.0, 0.3, 3.0]),
        "leaky_relu" => each("negative_slope", &[-0.5, 0.0, 1.0, 2.5]),
        "softplus" => {
            let both = [(0.3, 1.0), (4.0, 0.5), (1.0, 5.0)];
            both.iter().map(|(b, t)| given(&[("beta", *b), ("threshold", *t)])).collect()
        }
        "huber" => each("delta", &[0.1, 2.0]),
        "cross_entropy" => each("label_smoothing", &[0.2]),
        _ => vec![],
    }
}

fn settings(cases: &[&[(&'static str, Literal)]], name: &str) -> Vec<Given> {
    let case = |case: &&[(&'static str, Literal)]| {
        case.iter().map(|(key, value)| (key.to_string(), value.clone())).collect()
    };
    cases.iter().map(case).chain(more(name)).collect()
}

/// A number in ±3.
fn number(key: u64, i: usize) -> f64 {
    6.0 * random::uniform(key, i as u64) - 3.0
}

/// `count` numbers: the kinks, numbers close to them and far from them on both sides, and others.
fn around(kinks: &[Kink], count: usize) -> Vec<f64> {
    const APART: [f64; 7] = [0.0, 1e-6, -1e-6, 0.1, -0.1, 1.5, -1.5];
    let near = kinks.iter().flat_map(|kink| APART.map(|apart| kink.at + apart));
    near.chain((0..count).map(|i| number(1, i))).take(count).collect()
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

const ROWS: usize = 4;

/// Runs an operation on numbers around its kinks, and compares all that it computes with what it writes; returns how
/// many numbers that were.
fn compare(op: &Arc<dyn Operation>, inputs: &[&[usize]], train: Option<u64>) -> usize {
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
    let (shape, targets) = (Shape::from(inputs[0].to_vec()), vec![0.0; ROWS * width]);
    let numbers = around(&Op::kinks(&**op), ROWS * shape.len());
    let data = Dataset::new(numbers, shape, Targets::Values { data: targets, width }).unwrap();
    let mut weights = Weights::<f64>::init(&network, 7);
    weights.params.iter_mut().enumerate().for_each(|(i, w)| *w += 0.3 * number(2, i));
    let loss = loss::read("mse", []).unwrap();
    let mut plan = Plan::<f64, keep::All>::new(&network, loss, ROWS, &Threads::default(), keep::All).unwrap();
    let pass = Pass { train, ..Pass::EVALUATE };
    plan.pass(&weights, Batch { data: &data, rows: Rows::Range(0, ROWS) }, pass);
    let point = plan.point(&weights, node, 0);
    let shapes: Vec<&Shape> = (0..point.x.count()).map(|input| point.x.shape(input)).collect();
    let mut compared = 0;
    for (row, at) in (0..ROWS).flat_map(|row| (0..width).map(move |at| (row, at))) {
        let of = Of { x: &shapes, rows: ROWS, training: train.is_some(), row, at };
        let values = |letter: &Symbol| value(&point, letter);
        let written = op.expression(of).unwrap_or_else(|| panic!("{name} does not write itself"));
        same(written.evaluate(&values), point.y[row * width + at], &format!("{op:?}: {written}"));
        f64::of_op(&**op).partials(&point, row, at, &mut |partial| {
            let by = partial.by;
            let written = op.slope(of, by).unwrap_or_else(|| panic!("{name} does not write its slope"));
            same(written.evaluate(&values), partial.slope, &format!("{op:?} {by:?}: {written}"));
            compared += 1;
        });
    }
    compared
}

#[test]
fn operations_write_what_they_compute() {
    for entry in op::LIST {
        let cases: Vec<_> = entry.cases.iter().map(|case| case.given).collect();
        for (i, given) in settings(&cases, entry.name).into_iter().enumerate() {
            let op = op::read(entry.name, given).unwrap();
            let inputs = entry.cases[i.min(entry.cases.len() - 1)].inputs;
            let compared = [None, Some(5)].map(|train| compare(&op, inputs, train));
            assert!(compared.iter().all(|count| *count >= ROWS * inputs[0].len()), "{}", entry.name);
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
    same(Some(sum), each[0], &format!("{loss:?}"));
    for (at, slope) in dx.into_iter().enumerate() {
        let written = loss.slope(x.len(), Some(at)).unwrap();
        same(written.evaluate(&values), slope, &format!("{loss:?}: {written}"));
    }
}

#[test]
fn losses_write_what_they_compute() {
    for entry in loss::LIST {
        let cases: Vec<_> = entry.cases.iter().map(|case| case.given).collect();
        for (i, given) in settings(&cases, entry.name).into_iter().enumerate() {
            let loss = loss::read(entry.name, given).unwrap();
            let case = &entry.cases[i.min(entry.cases.len() - 1)];
            for key in 0..20 {
                let x = example(case.output, case.width, 2 * key);
                let targets = if loss.wants_shares() { Made::Share } else { Made::Real };
                let y = example(targets, case.width, 2 * key + 1);
                compare_loss(&*loss, &x, &y, key as usize % case.width);
            }
            let kinks = loss.kinks();
            if !kinks.is_empty() {
                let y = vec![0.25; 7 * kinks.len()];
                let x: Vec<f64> = around(&kinks, y.len()).iter().map(|x| x + 0.25).collect();
                compare_loss(&*loss, &x, &y, 0);
            }
        }
    }
}

#[test]
fn slopes_of_all_outputs_at_once_are_written_as_vectors() {
    let written = |name: &str, given: Given| {
        let loss = loss::read(name, given).unwrap();
        [loss.slope(3, None), loss.slope(3, Some(1))].map(|slope| slope.unwrap().to_string())
    };
    assert_eq!(written("mse", vec![]), ["2·(ŷ − y)", "2·(ŷ − y)"]);
    assert_eq!(written("cross_entropy", vec![]), ["softmax(ŷ) − onehot(y)", "softmax(ŷ)[1] − onehot(y)[1]"]);
    assert_eq!(
        written("cross_entropy", given(&[("label_smoothing", 0.1)]))[1],
        "softmax(ŷ)[1] − (1 − label_smoothing)·onehot(y)[1] − label_smoothing/3"
    );
    let weight = ("weight".to_string(), Literal::List(vec![Literal::Number(2.0); 3].into()));
    assert_eq!(written("cross_entropy", vec![weight.clone()])[0], "weight[y]·(softmax(ŷ) − onehot(y))");
    assert_eq!(written("nll", vec![weight])[1], "−weight[y]·onehot(y)[1]");
}
