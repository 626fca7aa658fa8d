//! Every loss in [`LIST`], over all its cases: written once.

use super::*;
use crate::kernel::random;

/// Examples that a case gives a loss.
struct Bench<T> {
    loss: Arc<dyn LossFunction>,
    x: Vec<T>,
    classes: Vec<u32>,
    values: Vec<T>,
}

const ROWS: usize = 6;

fn made<T: Scalar>(made: Made, width: usize, key: u64) -> Vec<T> {
    let uniform = |i: usize| random::uniform(key, i as u64);
    let raw: Vec<f64> = (0..ROWS * width).map(|i| 4.0 * uniform(i) - 2.0).collect();
    let numbers: Vec<f64> = match made {
        Made::Real => raw,
        Made::Share => (0..ROWS * width).map(|i| 0.05 + 0.9 * uniform(i)).collect(),
        Made::Probabilities | Made::LogProbabilities => raw
            .chunks_exact(width)
            .flat_map(|row| {
                let sum: f64 = row.iter().map(|x| x.exp()).sum();
                let log = made == Made::LogProbabilities;
                row.iter().map(move |x| if log { x - sum.ln() } else { x.exp() / sum }).collect::<Vec<_>>()
            })
            .collect(),
    };
    numbers.into_iter().map(T::of).collect()
}

impl<T: LossPrecision> Bench<T> {
    fn new(entry: &LossEntry, case: &Case) -> Bench<T> {
        let given = case.given.iter().map(|(key, value)| (key.to_string(), value.clone()));
        Bench {
            loss: read(entry.name, given).unwrap(),
            x: made(case.output, case.width, 1),
            classes: (0..ROWS).map(|i| (i * 5 % 7 % case.width) as u32).collect(),
            values: made(case.target, case.width, 2),
        }
    }

    fn target(&self) -> Target<'_, T> {
        match self.loss.wants() {
            TargetKind::Classes => Target::Classes(&self.classes),
            TargetKind::Values => Target::Values(&self.values),
        }
    }

    fn each(&self) -> Vec<T> {
        let mut each = vec![T::nan(); ROWS];
        T::of_loss(&*self.loss).forward(&self.x, self.target(), &mut each);
        each
    }

    fn total(&self) -> f64 {
        self.each().iter().map(|l| l.f64()).sum()
    }

    /// What backward makes of what it has to overwrite.
    fn both(&self, scale: T) -> [Vec<T>; 2] {
        let (mut each, mut dx) = (vec![T::nan(); ROWS], vec![T::nan(); self.x.len()]);
        T::of_loss(&*self.loss).backward(&self.x, self.target(), scale, &mut each, &mut dx);
        [each, dx]
    }

    fn gradient(&self, scale: T) -> Vec<T> {
        let [_, dx] = self.both(scale);
        dx
    }
}

fn for_all(mut f: impl FnMut(&LossEntry, &Case)) {
    for entry in LIST {
        assert!(!entry.cases.is_empty(), "{} has no cases", entry.name);
        entry.cases.iter().for_each(|case| f(entry, case));
    }
}

#[test]
fn the_list_has_every_file_of_the_room_under_its_own_name() {
    let files = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src/loss")).unwrap();
    let mut files: Vec<String> = files
        .map(|file| file.unwrap().file_name().into_string().unwrap().replace(".rs", ""))
        .filter(|name| !["mod", "tests", "pointwise"].contains(&name.as_str()))
        .collect();
    files.sort();
    let mut names: Vec<&str> = LIST.iter().map(|entry| entry.name).collect();
    names.sort_unstable();
    assert_eq!(files, names);
    for_all(|entry, case| assert_eq!(Loss::name(&*Bench::<f64>::new(entry, case).loss), entry.name));
}

#[test]
fn gradients_agree_with_finite_differences() {
    for_all(|entry, case| {
        let mut bench = Bench::<f64>::new(entry, case);
        let scale = 0.7; // an upstream gradient that is not one
        let gradient = bench.gradient(scale);
        for seed in 0..3 {
            let direction: Vec<f64> =
                (0..bench.x.len()).map(|i| random::uniform(20 + seed, i as u64) - 0.5).collect();
            let slope: f64 = gradient.iter().zip(&direction).map(|(g, d)| g * d).sum();
            let (h, start) = (1e-5, bench.x.clone());
            let mut nudged = |sign: f64| {
                bench.x = start.iter().zip(&direction).map(|(x, d)| x + sign * h * d).collect();
                scale * bench.total()
            };
            let (up, down) = (nudged(1.0), nudged(-1.0));
            let difference = (up - down) / (2.0 * h);
            let rounding = 16.0 * f64::EPSILON * up.abs().max(1.0) / h;
            let error = (difference - slope).abs();
            bench.x = start;
            assert!(error <= 2e-8 * slope.abs() + rounding, "{}: {slope} against {difference}", entry.name);
        }
    });
}

#[test]
fn single_precision_agrees_with_double() {
    for_all(|entry, case| {
        let (single, double) = (Bench::<f32>::new(entry, case), Bench::<f64>::new(entry, case));
        let pairs = [(single.each(), double.each()), (single.gradient(0.5), double.gradient(0.5))];
        for (single, double) in pairs {
            let scale = double.iter().fold(0.0f64, |m, x| m.max(x.abs()));
            for (a, b) in single.iter().zip(&double) {
                assert!((a.f64() - b).abs() <= 3e-6 * scale, "{}: {a} is not {b}", entry.name);
            }
        }
    });
}

#[test]
fn backward_has_the_values_of_forward() {
    for_all(|entry, case| {
        let bench = Bench::<f64>::new(entry, case);
        let [each, _] = bench.both(0.5);
        assert!(each.iter().zip(bench.each()).all(|(a, b)| (a - b).abs() <= 1e-13), "{}", entry.name);
    });
}

#[test]
fn no_loss_makes_a_number_of_what_is_none() {
    for_all(|entry, case| {
        let mut bench = Bench::<f32>::new(entry, case);
        bench.x.fill(f32::NAN);
        assert!(bench.each().iter().all(|loss| loss.is_nan()), "{}", entry.name);
    });
}

#[test]
fn kinks_have_the_declared_slope() {
    for_all(|entry, case| {
        let mut bench = Bench::<f64>::new(entry, case);
        for kink in bench.loss.kinks() {
            bench.x = bench.values.iter().map(|y| y + kink.at).collect();
            assert!(bench.gradient(1.0).iter().all(|g| *g == kink.slope), "{}", entry.name);
        }
    });
}

/// Value and gradient by the first output of one example with these outputs.
fn at<T: LossPrecision>(name: &str, x: &[f64], class: u32, y: f64) -> (f64, f64) {
    let loss = read(name, []).unwrap();
    let x: Vec<T> = x.iter().map(|x| T::of(*x)).collect();
    let (classes, values) = ([class], vec![T::of(y); x.len()]);
    let target = match loss.wants() {
        TargetKind::Classes => Target::Classes(&classes),
        TargetKind::Values => Target::Values(&values),
    };
    let (mut each, mut dx) = ([T::nan()], vec![T::zero(); x.len()]);
    T::of_loss(&*loss).backward(&x, target, T::one(), &mut each, &mut dx);
    (each[0].f64(), dx[0].f64())
}

#[test]
fn losses_on_logits_are_right_far_out() {
    // With outputs (x, 0) and class 0, cross-entropy is ln(1 + e^−x): by series where e^−x is small.
    for x in [17.0f64, 104.0, 1e4] {
        let tail = (-x).exp();
        let (small, large) = (tail.ln_1p(), x + tail.ln_1p());
        let slope = -tail / (1.0 + tail);
        let checks = [
            ("cross_entropy", vec![x, 0.0], 0, 0.0, small, slope),
            ("cross_entropy", vec![-x, 0.0], 0, 0.0, large, -1.0 / (1.0 + tail)),
            ("bce_with_logits", vec![x], 0, 1.0, small, slope),
            ("bce_with_logits", vec![-x], 0, 1.0, large, -1.0 / (1.0 + tail)),
            ("bce_with_logits", vec![-x], 0, 0.0, small, -slope),
            ("bce_with_logits", vec![x], 0, 0.0, large, 1.0 / (1.0 + tail)),
        ];
        for (name, outputs, class, y, value, slope) in checks {
            for (found, tolerance) in
                [(at::<f64>(name, &outputs, class, y), 4e-15), (at::<f32>(name, &outputs, class, y), 1e-6)]
            {
                // e^−104 is below the smallest normal f32, e^−1e4 below the smallest f64; and at x and its
                // neighbour 0 the gradient 1 − p of the class is a difference of numbers near 1.
                let value_ok = (found.0 - value).abs() <= tolerance * value + 1e-37;
                let slope_ok = (found.1 - slope).abs() <= tolerance * slope.abs() + tolerance.min(1e-7);
                assert!(value_ok && slope_ok, "{name} at {outputs:?}: {found:?}, not ({value}, {slope})");
            }
        }
    }
}

#[test]
fn losses_on_probabilities_stay_finite_at_the_ends() {
    assert_eq!(at::<f64>("bce", &[0.0], 0, 1.0), (100.0, -1e12));
    assert_eq!(at::<f64>("bce", &[1.0], 0, 1.0), (0.0, 0.0));
    assert_eq!(at::<f64>("categorical_cross_entropy", &[0.0, 1.0], 0, 0.0), (100.0, -1e12));
}

#[test]
fn class_weights_and_smoothing_follow_the_formula() {
    let x = [0.3, -1.2, 0.8];
    let v = [0.5, 1.0, 2.0];
    let total = x.iter().map(|x: &f64| x.exp()).sum::<f64>().ln();
    let given = [
        ("label_smoothing".to_string(), Value::Number(0.1)),
        ("weight".to_string(), Value::List(v.map(Value::Number).to_vec().into())),
    ];
    let loss = read("cross_entropy", given).unwrap();
    let mut each = [0.0];
    f64::of_loss(&*loss).forward(&x, Target::Classes(&[2]), &mut each);
    let smooth: f64 = x.iter().zip(&v).map(|(x, v)| v * (total - x)).sum();
    let expected = 0.9 * 2.0 * (total - 0.8) + 0.1 / 3.0 * smooth;
    assert!((each[0] - expected).abs() <= 1e-15 * expected, "{} is not {expected}", each[0]);
    assert_eq!(f64::of_loss(&*loss).divisor(3, Target::Classes(&[2, 0, 0])), 3.0);
}

#[test]
fn targets_outside_a_losss_range_are_refused() {
    let loss = read("bce", []).unwrap();
    let targets = Targets::Values { data: vec![0.0, 1.0, 1.5], width: 1 };
    let message = check(&*loss, &Shape::from([1]), &targets).unwrap_err().to_string();
    assert_eq!(message, "target 1.5 (example 2) is outside [0, 1], which the loss `bce` needs");
}
