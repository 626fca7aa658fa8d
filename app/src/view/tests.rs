//! What pages tell adds up, and every formula of theirs, read as text, gives its number.

// The engine's tests read what it says in the same way.
#[path = "../../../engine/tests/engine/page.rs"]
mod page;

use super::walk::{Walk, WeightChain};
use super::why::Why;
use crate::replay::Step;
use crate::textbook::{Textbook, Weight, published};
use page::Page;
use serde_json::{Value as Json, json};
use whygrad::credit::Chain;
use whygrad::loss::{self, Loss, TargetKind};
use whygrad::op::{self, Op, Structure};

/// The first network with inputs, weights and a target on both sides of what bends, and at it.
fn networks() -> Vec<Textbook> {
    let plain = Textbook::first_network();
    let with = |inputs: &[f64], weights: &[f64], target: f64| {
        let mut network = plain.clone();
        let put = |into: &mut serde_json::Map<String, Json>, numbers: &[f64]| {
            into.values_mut().zip(numbers).for_each(|(value, x)| *value = json!(x));
        };
        put(&mut network.inputs, inputs);
        put(&mut network.parameters, weights);
        put(&mut network.targets, &[target]);
        network
    };
    vec![
        plain.clone(),
        with(&[0.0, 0.5], &[0.6, -0.7, 0.7, 0.6], 1.0),
        with(&[-1.0, -0.5], &[0.6, -0.7, -0.7, 0.6], 0.0),
        // softplus: at its threshold, and past it.
        with(&[1.0, 0.5], &[20.0, 41.0, 0.07, -0.06], 0.0),
        with(&[1.0, 0.5], &[1e-7, -1e-7, 2.0, -3.0], 0.5),
    ]
}

/// All cases, those networks with every activation and every loss that compares with numbers, and a mean over two
/// outputs.
fn examples() -> Vec<Textbook> {
    let mut examples = published();
    let mazur = examples[0].clone();
    let losses = || {
        let built = loss::LIST.iter().map(|entry| loss::read(entry.name, []).unwrap());
        built.filter(|loss| loss.wants() == TargetKind::Values)
    };
    let activations = op::LIST
        .iter()
        .filter(|entry| op::read(entry.name, []).is_ok_and(|op| Op::structure(&*op) == Structure::Pointwise));
    for activation in activations {
        for (loss, network) in
            losses().flat_map(|loss| networks().into_iter().map(move |of| (loss.clone(), of)))
        {
            let output = if loss.domain().is_some() { "sigmoid" } else { "identity" };
            examples.push(Textbook {
                hidden: activation.name.into(),
                output: output.into(),
                loss: Loss::name(&*loss).into(),
                ..network
            });
        }
    }
    examples.extend(losses().map(|loss| Textbook { loss: Loss::name(&*loss).into(), ..mazur.clone() }));
    examples
}

/// The example again, with its prediction for a target, and with one that is off by 1 on either side: where a loss bends.
fn at_bends(book: &Textbook, walk: &Walk) -> Vec<Textbook> {
    let shifted = |by: f64| {
        let mut book = book.clone();
        let outputs = book.targets.values_mut().zip(&walk.step.prediction.0);
        outputs.for_each(|(target, (_, prediction))| *target = json!(prediction + by));
        book
    };
    let losses = ["mae", "huber"];
    if losses.contains(&book.loss.as_str()) { [0.0, 1.0, -1.0].map(shifted).to_vec() } else { vec![] }
}

fn close(a: f64, b: f64, what: &str) {
    assert!((a - b).abs() <= 1e-12 * b.abs().max(1e-3), "{what}: {a} is not {b}");
}

/// Formulas of a page that were compared.
fn read(page: &Json, what: &str) -> Page {
    Page::read(page).unwrap_or_else(|fault| panic!("{what}: {fault}"))
}

/// The same of a walk, and of each weight's update, whose letters are its own.
fn read_walk(walk: &Walk, what: &str) -> usize {
    let mut page = json!(walk);
    let rows = page["story"]["learning"]["weights"].as_array_mut().unwrap();
    let updates: Vec<Json> = rows.iter_mut().map(|row| row["update"].take()).collect();
    let updates = updates.iter().map(|update| read(update, what).compared);
    updates.sum::<usize>() + read(&page, what).compared
}

#[test]
fn every_formula_of_a_walk_gives_its_number_and_every_letter_has_one_meaning() {
    let mut compared = 0;
    for book in examples() {
        let what = |book: &Textbook| format!("{}, {}, {}", book.name, book.hidden, book.loss);
        let walk = Walk::new(&book, 0, 1, true).unwrap();
        compared += read_walk(&walk, &what(&book));
        for book in at_bends(&book, &walk) {
            compared += read_walk(&Walk::new(&book, 0, 1, false).unwrap(), &what(&book));
        }
    }
    assert!(compared > 5000, "{compared}");
}

#[test]
fn every_formula_of_a_why_gives_its_number_and_every_letter_has_one_meaning() {
    let names: Vec<String> = published().into_iter().map(|case| case.name).collect();
    let mut compared = 0;
    for case in names.iter().map(|name| Some(name.as_str())).chain([None]) {
        let book = Textbook::named(case).unwrap();
        let step = if book.learning_rate.is_some() { 3 } else { 1 };
        let step = Step::of_case(&book, Some(step), true).unwrap();
        let worked = book.work().unwrap();
        for end in worked.weights.iter().flat_map(|weight: &Weight| &weight.ends) {
            let why = Why::new(&step, worked.at(*end), None, 10);
            let what = format!("{case:?}, {}", why.weight);
            compared += read(&json!(why), &what).compared;
            if let Some(update) = why.update.filter(|update| !update.frozen) {
                assert_eq!(read(&json!(update), &what).unused(), ["w"], "{what}");
            }
            assert!(Chain::new(&step.snapshot, worked.at(*end), 0).reconciles, "{what}");
        }
    }
    assert!(compared > 500, "{compared}");
}

#[test]
fn every_chain_multiplies_to_the_gradient_of_its_weight() {
    for book in examples() {
        let walk = Walk::new(&book, 0, 1, false).unwrap();
        for (weight, gradient) in &walk.step.gradient.0 {
            let steps = [&walk.story.output_weights, &walk.story.hidden_weights];
            let chains: Vec<&WeightChain> =
                steps.iter().flat_map(|step| &step.chains).filter(|chain| chain.weight == *weight).collect();
            let what = format!("{}: {weight}", book.name);
            close(chains.iter().map(|chain| chain.product).sum(), *gradient, &what);
            let shared = chains.last().and_then(|chain| chain.shared);
            assert_eq!(shared.is_some(), chains.len() > 1, "{what}");
            shared.iter().for_each(|sum| close(*sum, *gradient, &what));
        }
    }
}
