//! What is not the same for every loss; what is, the room `judge` tests.

use super::*;

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
    assert!(LIST.iter().all(|entry| read(entry.name, []).unwrap().name() == entry.name));
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
        ("label_smoothing".to_string(), Literal::Number(0.1)),
        ("weight".to_string(), Literal::List(v.map(Literal::Number).to_vec().into())),
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
