//! Every optimizer against the updates that its formula gives, worked out by hand for one weight.

use super::*;

#[test]
fn every_optimizer_is_listed_under_its_own_name_and_builds_from_defaults() {
    for entry in LIST {
        let optimizer = read(entry.name, []).unwrap();
        assert_eq!(optimizer.name(), entry.name);
        assert!(optimizer.slots().len() <= SLOTS && !entry.doc.is_empty());
    }
    let files: Vec<String> = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src/optim"))
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .filter(|name| !["mod.rs", "tests.rs", "schedule.rs", "decomposition.rs"].contains(&name.as_str()))
        .collect();
    assert_eq!(files.len(), LIST.len());
    assert!(LIST.iter().all(|entry| files.contains(&format!("{}.rs", entry.name))));
}

/// Weight after updates with these gradients, in f64.
fn weight_after(name: &str, given: &[(&str, Literal)], w: f64, gradients: &[f64]) -> f64 {
    let given = given.iter().map(|(key, value)| (key.to_string(), value.clone()));
    let optimizer = read(name, given).unwrap();
    let starts = optimizer.slots();
    let mut slots = [vec![], vec![], vec![]];
    slots.iter_mut().zip(&starts).for_each(|(slot, start)| slot.push(start.start));
    let mut w = [w];
    for (t, g) in gradients.iter().enumerate() {
        let slots = slots.each_mut().map(Vec::as_mut_slice);
        let piece = Piece { w: &mut w, g: &[*g], slots, clipping: None, facts: None };
        let shared = optimizer.shared(t as u64 + 1, optimizer.lr());
        <f64 as UpdatePrecision>::of_optimizer(&*optimizer).update(shared, piece);
    }
    w[0]
}

fn close(a: f64, b: f64) {
    assert!((a - b).abs() <= 1e-14 * b.abs(), "{a} is not {b}");
}

#[test]
fn sgd_dampens_momentum_from_the_second_update_on_as_pytorch_does() {
    let given = [
        ("lr", Literal::Number(0.1)),
        ("momentum", Literal::Number(0.9)),
        ("dampening", Literal::Number(0.5)),
    ];
    let (b1, b2) = (2.0, 0.9 * 2.0 + 0.5 * 3.0);
    close(weight_after("sgd", &given, 1.0, &[2.0, 3.0]), 1.0 - 0.1 * b1 - 0.1 * b2);
}

#[test]
fn nesterov_without_momentum_is_refused() {
    let given = [("nesterov".to_string(), Literal::Switch(true))];
    assert!(matches!(read("sgd", given), Err(SettingError::Clash(_))));
}

#[test]
fn amsgrad_divides_by_the_largest_second_moment() {
    let given = [("lr", Literal::Number(0.1)), ("amsgrad", Literal::Switch(true))];
    let (m1, v1) = (0.1 * 4.0, 0.001 * 16.0);
    let w1 = 1.0 - 0.1 / 0.1 * m1 / ((v1 / 0.001f64).sqrt() + 1e-8);
    let (m2, v2): (f64, f64) = (m1 + 0.1 * (0.0 - m1), 0.999 * v1);
    assert!(v2 < v1);
    let root = (1.0 - 0.999f64.powi(2)).sqrt();
    let w2 = w1 - 0.1 / (1.0 - 0.81) * m2 / (v1.sqrt() / root + 1e-8);
    let found = weight_after("adam", &given, 1.0, &[4.0, 0.0]);
    assert!((found - w2).abs() <= 1e-12, "{found} is not {w2}");
}

#[test]
fn centered_rmsprop_takes_the_mean_gradient_out_of_the_divisor() {
    let given =
        [("lr", Literal::Number(0.1)), ("alpha", Literal::Number(0.5)), ("centered", Literal::Switch(true))];
    let (v, mean): (f64, f64) = (0.5 * 4.0, 0.5 * 2.0);
    close(weight_after("rmsprop", &given, 1.0, &[2.0]), 1.0 - 0.1 * 2.0 / ((v - mean * mean).sqrt() + 1e-8));
}

#[test]
fn adagrad_starts_from_its_accumulator_and_decays_its_rate() {
    let given = [
        ("lr", Literal::Number(0.1)),
        ("lr_decay", Literal::Number(0.5)),
        ("initial_accumulator_value", Literal::Number(5.0)),
    ];
    let w1 = 1.0 - 0.1 * 2.0 / (3.0 + 1e-10);
    close(weight_after("adagrad", &given, 1.0, &[2.0, 4.0]), w1 - 0.1 / 1.5 * 4.0 / (5.0 + 1e-10));
}
