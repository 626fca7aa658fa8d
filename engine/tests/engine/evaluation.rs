//! How good predictions are, against scikit-learn (`sklearn/make.py`).

use serde_json::Value as Json;
use std::sync::Arc;
use whygrad::data::{Dataset, Encoding, Preprocessing, Scale, Scaler, Targets};
use whygrad::layers;
use whygrad::loss::{BceWithLogits, ClassWeights, CrossEntropy, LossFunction, Mse, Reduction};
use whygrad::network::Network;
use whygrad::op::Identity;
use whygrad::optim::Sgd;
use whygrad::probe::{ClassScores, Errors, Evaluation};
use whygrad::train::{Options, Trainer};

fn numbers(of: &Json) -> Vec<f64> {
    match of {
        Json::Array(items) => items.iter().flat_map(numbers).collect(),
        Json::Null => vec![f64::NAN],
        number => vec![number.as_f64().unwrap()],
    }
}

/// Of a network that says what goes in.
fn evaluation(
    data: &Dataset<f64>,
    loss: Arc<dyn LossFunction>,
    preprocessing: &Preprocessing,
    means: &[f64],
) -> Evaluation {
    let network = Network::sequential(data.shape().clone(), layers![Identity]).unwrap();
    let sgd = Arc::new(Sgd::default());
    let mut trainer = Trainer::new(network, loss, sgd, Options { batch: 16, ..Options::default() }).unwrap();
    Evaluation::of(&mut trainer, data, preprocessing, means).unwrap()
}

fn preprocessing(data: &Dataset<f64>, targets: &[&str]) -> Preprocessing {
    Preprocessing {
        columns: Encoding::default(),
        scaler: Scaler::fit(Scale::None, data),
        targets: targets.iter().map(|name| name.to_string()).collect(),
        classes: vec![],
        target_scaler: Scaler::fit_targets(Scale::Standard, data),
    }
}

/// NaN stands for what there is not.
fn near(found: &[f64], wanted: &[f64]) {
    let same = |(a, b): (&f64, &f64)| (a - b).abs() <= 1e-12 * (1.0 + b.abs()) || a.is_nan() && b.is_nan();
    assert!(
        found.len() == wanted.len() && found.iter().zip(wanted).all(same),
        "{found:?}, and not {wanted:?}"
    );
}

fn each_is_right(found: &ClassScores, wanted: &Json) {
    let column = |of: fn(&whygrad::probe::ClassScore) -> Option<f64>| -> Vec<f64> {
        found.each.iter().map(|class| of(class).unwrap_or(f64::NAN)).collect()
    };
    near(&column(|class| class.precision), &numbers(&wanted["precision"]));
    near(&column(|class| class.recall), &numbers(&wanted["recall"]));
    near(&column(|class| class.f1), &numbers(&wanted["f1"]));
    near(&column(|class| Some(class.examples as f64)), &numbers(&wanted["support"]));
    near(
        &[found.accuracy, found.log_loss.unwrap()],
        &[wanted["accuracy"].clone(), wanted["log_loss"].clone()].map(|x| x.as_f64().unwrap()),
    );
}

#[test]
fn predictions_are_as_good_as_scikit_learn_says() {
    let all: Json = serde_json::from_str(include_str!("sklearn/scores.json")).unwrap();
    for wanted in all["classes"].as_array().unwrap() {
        let y: Vec<u32> = numbers(&wanted["y"]).iter().map(|y| *y as u32).collect();
        let shares = numbers(&wanted["shares"]);
        let data = Dataset::new(numbers(&wanted["logits"]), [shares.len()], Targets::Classes(y)).unwrap();
        let loss = Arc::new(CrossEntropy::default());
        let found = evaluation(&data, loss, &preprocessing(&data, &[]), &shares).classes.unwrap();
        each_is_right(&found, wanted);
        near(&[found.auc.unwrap_or(f64::NAN)], &numbers(&wanted["auc"]));
        let confusion: Vec<f64> = found.confusion.iter().flatten().map(|count| *count as f64).collect();
        near(&confusion, &numbers(&wanted["confusion"]));
        let trivial = [found.trivial.accuracy, found.trivial.log_loss];
        near(
            &trivial,
            &[&wanted["trivial_accuracy"], &wanted["trivial_log_loss"]].map(|x| x.as_f64().unwrap()),
        );
        assert_eq!(found.trivial.class, (shares.len() - 1).to_string());
    }
    let wanted = &all["labels"];
    let y = Targets::Values { data: numbers(&wanted["y"]), width: 3 };
    let data = Dataset::new(numbers(&wanted["logits"]), [3], y).unwrap();
    let loss = Arc::new(BceWithLogits::default());
    let found = evaluation(&data, loss, &preprocessing(&data, &["red", "round", "old"]), &[0.5, 0.6, 0.7]);
    let found = found.classes.unwrap();
    each_is_right(&found, wanted);
    assert_eq!((&*found.each[1].class, &*found.trivial.class), ("round", "round, old"));
    let wanted = &all["values"];
    let (said, y, means) = (numbers(&wanted["said"]), numbers(&wanted["y"]), numbers(&wanted["means"]));
    // As training has them: scaled, and what is said is scaled, too.
    let mut data = Dataset::new(said, [3], Targets::Values { data: y, width: 3 }).unwrap();
    let preprocessing = preprocessing(&data, &[]);
    preprocessing.target_scaler.apply(&mut data).unwrap();
    preprocessing.target_scaler.apply_to_targets(&mut data).unwrap();
    let found = evaluation(&data, Arc::new(Mse { reduction: Reduction::Mean }), &preprocessing, &means);
    let column = |of: fn(&whygrad::probe::ValueScore) -> Errors| -> Vec<f64> {
        let all: Vec<Errors> = found.values.iter().map(of).collect();
        let of = |one: fn(&Errors) -> Option<f64>| {
            all.iter().map(|errors| one(errors).unwrap()).collect::<Vec<f64>>()
        };
        [of(|errors| errors.mae), of(|errors| errors.rmse), of(|errors| errors.r2)].concat()
    };
    let near = |found: &[f64], wanted: &Json| {
        // A number of a million has eleven digits behind its scaling.
        let same = |(a, b): (&f64, &f64)| (a - b).abs() <= 1e-9 * (1.0 + b.abs());
        assert!(found.iter().zip(&numbers(wanted)).all(same), "{found:?}, and not {wanted}");
    };
    near(&column(|value| value.errors), &wanted["errors"]);
    near(&column(|value| value.trivial), &wanted["trivial"]);
    assert_eq!(found.values[2].target, "target2");
}

#[test]
fn what_cannot_be_measured_is_absent() {
    let nan = f64::from_bits(f64::NAN.to_bits());
    let data = Dataset::new(vec![1.0, 2.0, 3.0, 4.0], [2], Targets::Classes(vec![0, 0])).unwrap();
    let weighted = CrossEntropy { weight: ClassWeights(Some(vec![1.0, 2.0])), ..CrossEntropy::default() };
    let found = evaluation(&data, Arc::new(weighted), &preprocessing(&data, &[]), &[1.0]).classes.unwrap();
    // No example of class 1, and always predicted.
    assert_eq!((found.auc, found.each[1].recall, found.each[0].precision), (None, None, None));
    assert_eq!(
        (found.each[0].f1, found.accuracy, found.confusion),
        (Some(0.0), 0.0, vec![vec![0, 2], vec![0, 0]])
    );
    let same = Dataset::new(vec![1.0, 2.0], [1], Targets::Values { data: vec![5.0, 5.0], width: 1 }).unwrap();
    let mut preprocessing = preprocessing(&same, &["price"]);
    preprocessing.target_scaler = Scaler::fit_targets(Scale::None, &same);
    let found =
        evaluation(&same, Arc::new(Mse { reduction: Reduction::Mean }), &preprocessing, &[nan]).values;
    assert_eq!((found[0].errors.r2, found[0].errors.mae, found[0].trivial.mae), (None, Some(3.5), None));
}
