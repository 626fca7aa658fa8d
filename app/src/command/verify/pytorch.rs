//! Cases that PyTorch computed.

use super::compare::compare;
use super::read::{Field, by_param, clip, dataset, later, layers, loss, optimizer, weights};
use crate::data;
use crate::view::verify::{Case, Differences};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::sync::Arc;
use whygrad::Threads;
use whygrad::data::Dataset;
use whygrad::network::{Batch, Network, Pass, Plan, Rows, keep};
use whygrad::train::{Options, Trainer};
use whygrad::{loss::CrossEntropy, op};

/// The most numbers that a case's examples may have in all values of its network.
const VALUES: usize = 1 << 24;

/// The most products that its steps may take, about: a second's work.
const WORK: usize = 1 << 30;

/// How many products take as long as a step of the smallest network.
const STEP: usize = 10_000;

/// A case, compared, or skipped where the engine lacks a layer.
pub(super) fn case(json: &Json) -> Result<Case, String> {
    let case = Field::new("", json);
    let name = case.get("name").text()?.to_string();
    Ok(match later(&json["layers"]) {
        Some(kind) => Case::skipped(name, format!("the engine has no {kind} yet")),
        None => Case::compared(name, differences(&case)?),
    })
}

/// Refuses what would take more memory or time than a case for comparing needs.
fn affordable(network: &Network, examples: usize, steps: usize) -> Result<(), String> {
    let of_each = network.shapes().iter().fold(0_usize, |sum, shape| sum.saturating_add(shape.len()));
    let values = of_each.saturating_mul(examples);
    if values > VALUES {
        return Err(format!(
            "its layers give {values} numbers; give it so few examples that there are {VALUES}"
        ));
    }
    let products = (network.param_count() * examples + values + STEP).saturating_mul(steps);
    if products > WORK {
        return Err(format!(
            "its steps take {products} products; give it so few steps that there are {WORK}"
        ));
    }
    Ok(())
}

/// Output, loss, gradients and norms of a batch, and where training leads from there.
fn differences(case: &Field) -> Result<Differences, String> {
    let say = |error: whygrad::network::Error| error.to_string();
    let loss = loss(&case.get("loss"))?;
    let data = dataset(&*loss, case)?;
    let network = Network::sequential(data.shape().clone(), layers(&case.get("layers"))?).map_err(say)?;
    // All of it is read before anything is computed.
    let (start, n) = (weights(&network, &case.get("parameters"))?, data.len());
    let (optimizer, clip) = (optimizer(&case.get("optimizer"))?, clip(case)?);
    let expected = case.get("expected");
    let output = expected.get("output").exactly(n * network.shape(network.output()).len())?;
    let wanted_loss = expected.get("loss").exactly(1)?;
    let gradients = by_param(&network, &expected.get("gradients"))?;
    let exactly = |key: &str, count| expected.given(key).map(|field| field.exactly(count)).transpose();
    let input_gradient = exactly("input_gradient", data.inputs().len())?;
    let norms = exactly("per_example_gradient_norm", n)?;
    let losses = expected.get("losses").numbers()?;
    let parameters = parameters_after(&network, &expected, losses.len())?;
    affordable(&network, n, losses.len())?;
    let mut found = Differences::default();
    let mut plan = Plan::new(&network, Arc::clone(&loss), n, &Threads::default(), keep::All).map_err(say)?;
    plan.check(&data).map_err(say)?;
    let mut gradient = vec![0.0; network.param_count()];
    let loss_now = plan.pass(&start, Batch { data: &data, rows: Rows::Range(0, n) }, Pass::train(0));
    plan.gradient(&start, &mut gradient);
    compare(&mut found.output, &plan.output().flatten().copied().collect::<Vec<_>>(), &output);
    compare(&mut found.loss, &[loss_now], &wanted_loss);
    // All parameters together: the gradient of a bias in front of a batch norm is 0 but for rounding, which is
    // relative to the other gradients.
    compare(&mut found.gradients, &gradient, &gradients);
    if let Some(wanted) = input_gradient {
        let dx: Vec<f64> = plan.value_gradient(0).flatten().copied().collect();
        compare(&mut found.gradients, &dx, &wanted);
    }
    if let Some(wanted) = norms {
        let mut norm = |i| {
            plan.pass(&start, Batch { data: &data, rows: Rows::Range(i, i + 1) }, Pass::train(0));
            plan.gradient(&start, &mut gradient);
            gradient.iter().map(|g| g * g).sum::<f64>().sqrt()
        };
        let norms: Vec<f64> = (0..n).map(&mut norm).collect();
        compare(&mut found.norms, &norms, &wanted);
    }
    let options = Options { batch: n, clip, ..Options::default() };
    let mut trainer = Trainer::new(network, loss, optimizer, options).map_err(say)?;
    trainer.set_weights(start).map_err(say)?;
    let mut step = |number| {
        let loss = trainer.step(Batch { data: &data, rows: Rows::Range(0, n) });
        if let Some(wanted) = parameters.get(&number) {
            compare(&mut found.parameters, &trainer.state().weights.params, wanted);
        }
        loss
    };
    let stepped: Vec<f64> = (1..=losses.len()).map(&mut step).collect();
    compare(&mut found.losses, &stepped, &losses);
    Ok(found)
}

/// All parameters after some of the steps.
fn parameters_after(
    network: &Network,
    expected: &Field,
    steps: usize,
) -> Result<BTreeMap<usize, Vec<f64>>, String> {
    let after = |(key, params): (&str, Field)| {
        let step = key.parse().ok().filter(|step| (1..=steps).contains(step));
        let none = || params.problem(&format!("is of no step; `expected.losses` has {steps}"));
        Ok((step.ok_or_else(none)?, by_param(network, &params)?))
    };
    expected.table("parameters_after")?.into_iter().map(after).collect()
}

/// 64-32-10 on the built-in digits, in the order of the file: rows 0 to 1499 divided by 16, batches of 50.
pub(super) fn digits(json: &Json) -> Result<Case, String> {
    let say = |error: whygrad::network::Error| error.to_string();
    let case = Field::new("", json);
    let source = data::Source { source: "digits".into(), ..data::Source::default() };
    let all = data::Share { share: 0.0, shuffle: false, seed: 0 };
    let loaded = data::load::<f64>(&source, data::Want::Classes, all, data::Apart::default());
    let loaded = loaded.map_err(|error| error.to_string())?;
    let sixteenths: Vec<f64> = loaded.train.inputs().iter().map(|x| x / 16.0).collect();
    let all = Dataset::new(sixteenths, [64], loaded.train.targets().clone()).map_err(|e| e.to_string())?;
    let (train, test): (Vec<usize>, Vec<usize>) = (0..all.len()).partition(|i| *i < 1500);
    let (train, test) = (all.select(&train), all.select(&test));
    let layers = whygrad::layers![op::Linear::new(32), op::Relu, op::Linear::new(10)];
    let network = Network::sequential([64], layers).map_err(say)?;
    let start = weights(&network, &case.get("parameters"))?;
    let optimizer = optimizer(&case.get("optimizer"))?;
    let batches: Vec<usize> = (0..3).flat_map(|_| (0..1500).step_by(50)).collect();
    let wanted = case.get("expected").get("losses").exactly(batches.len())?;
    let accuracy = case.get("expected").get("accuracy").exactly(1)?;
    let options = Options { batch: 50, ..Options::default() };
    let mut trainer =
        Trainer::new(network, Arc::new(CrossEntropy::default()), optimizer, options).map_err(say)?;
    trainer.set_weights(start).map_err(say)?;
    let step = |from| trainer.step(Batch { data: &train, rows: Rows::Range(from, from + 50) });
    let losses: Vec<f64> = batches.into_iter().map(step).collect();
    let mut found = Differences::default();
    compare(&mut found.losses, &losses, &wanted);
    let right = trainer.evaluate(&test).map_err(say)?.accuracy.unwrap_or(f64::NAN);
    compare(&mut found.output, &[right], &accuracy);
    Ok(Case::compared("digits_64_32_10".into(), found))
}
