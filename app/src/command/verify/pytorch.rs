//! Cases that PyTorch computed.

use super::compare::compare;
use super::read::{by_param, dataset, later, layers, numbers, text, typed, weights, with_loss};
use crate::data;
use crate::view::verify::{Case, Differences};
use serde_json::Value as Json;
use std::sync::Arc;
use whygrad::Threads;
use whygrad::data::Dataset;
use whygrad::network::{Batch, Network, Pass, Plan, Rows, keep};
use whygrad::optim::Clip;
use whygrad::train::{Options, Trainer};
use whygrad::{op, optim};

/// A case, compared, or skipped where the engine lacks a layer.
pub(super) fn case(case: &Json) -> Result<Case, String> {
    let name = text(case, "name")?.to_string();
    Ok(match later(&case["layers"]) {
        Some(kind) => Case::skipped(name, format!("the engine has no {kind} yet")),
        None => Case::compared(name, differences(case)?),
    })
}

/// Output, loss, gradients and norms of a batch, and where training leads from there.
fn differences(case: &Json) -> Result<Differences, String> {
    let say = |error: whygrad::network::Error| error.to_string();
    let loss = with_loss(text(case, "loss")?)?;
    let data = dataset(&*loss, &case["input"], &case["target"])?;
    let network = Network::sequential(data.shape().clone(), layers(&case["layers"])?).map_err(say)?;
    let start = weights(&network, &case["parameters"])?;
    let expected = &case["expected"];
    let mut found = Differences::default();
    let n = data.len();
    let mut plan = Plan::new(&network, Arc::clone(&loss), n, &Threads::default(), keep::All).map_err(say)?;
    plan.check(&data).map_err(say)?;
    let mut gradient = vec![0.0; network.param_count()];
    let loss_now = plan.pass(&start, Batch { data: &data, rows: Rows::Range(0, n) }, Pass::train(0));
    plan.gradient(&start, &mut gradient);
    compare(
        &mut found.output,
        &plan.output().flatten().copied().collect::<Vec<_>>(),
        &numbers(&expected["output"]),
    );
    compare(&mut found.loss, &[loss_now], &numbers(&expected["loss"]));
    // All parameters together: the gradient of a bias in front of a batch norm is 0 but for rounding, which is
    // relative to the other gradients.
    compare(&mut found.gradients, &gradient, &by_param(&network, &expected["gradients"]));
    if !expected["input_gradient"].is_null() {
        let dx: Vec<f64> = plan.value_gradient(0).flatten().copied().collect();
        compare(&mut found.gradients, &dx, &numbers(&expected["input_gradient"]));
    }
    if !expected["per_example_gradient_norm"].is_null() {
        let mut norm = |i| {
            plan.pass(&start, Batch { data: &data, rows: Rows::Range(i, i + 1) }, Pass::train(0));
            plan.gradient(&start, &mut gradient);
            gradient.iter().map(|g| g * g).sum::<f64>().sqrt()
        };
        let norms: Vec<f64> = (0..n).map(&mut norm).collect();
        compare(&mut found.norms, &norms, &numbers(&expected["per_example_gradient_norm"]));
    }
    let (kind, given) = typed(&case["optimizer"])?;
    let optimizer = optim::read(&kind, given).map_err(|error| error.to_string())?;
    let clip = case["clip_norm"].as_f64().map_or(Clip::Off, Clip::Norm);
    let options = Options { batch: n, clip, ..Options::default() };
    let mut trainer = Trainer::new(network.clone(), loss, optimizer, options).map_err(say)?;
    trainer.set_weights(start).map_err(say)?;
    let wanted = numbers(&expected["losses"]);
    let mut losses = vec![];
    for step in 1..=wanted.len() {
        losses.push(trainer.step(Batch { data: &data, rows: Rows::Range(0, n) }));
        let after = &expected["parameters_after"][step.to_string()];
        if !after.is_null() {
            compare(&mut found.parameters, &trainer.state().weights.params, &by_param(&network, after));
        }
    }
    compare(&mut found.losses, &losses, &wanted);
    Ok(found)
}

/// 64-32-10 on the built-in digits, in the order of the file: rows 0 to 1499 divided by 16, batches of 50.
pub(super) fn digits(case: &Json) -> Result<Differences, String> {
    let say = |error: whygrad::network::Error| error.to_string();
    let source = data::Source { source: "digits".into(), ..data::Source::default() };
    let loaded = data::load::<f64>(&source, data::Want::Classes, 0).map_err(|error| error.to_string())?;
    let sixteenths: Vec<f64> = loaded.train.inputs().iter().map(|x| x / 16.0).collect();
    let all = Dataset::new(sixteenths, [64], loaded.train.targets().clone()).map_err(|e| e.to_string())?;
    let (train, test): (Vec<usize>, Vec<usize>) = (0..all.len()).partition(|i| *i < 1500);
    let (train, test) = (all.select(&train), all.select(&test));
    let layers = whygrad::layers![op::Linear::new(32), op::Relu, op::Linear::new(10)];
    let network = Network::sequential([64], layers).map_err(say)?;
    let (kind, given) = typed(&case["optimizer"])?;
    let optimizer = optim::read(&kind, given).map_err(|error| error.to_string())?;
    let start = weights(&network, &case["parameters"])?;
    let options = Options { batch: 50, ..Options::default() };
    let mut trainer = Trainer::new(network, with_loss("cross_entropy")?, optimizer, options).map_err(say)?;
    trainer.set_weights(start).map_err(say)?;
    let batches = (0..3).flat_map(|_| (0..1500).step_by(50));
    let step = |from| trainer.step(Batch { data: &train, rows: Rows::Range(from, from + 50) });
    let losses: Vec<f64> = batches.map(step).collect();
    let mut found = Differences::default();
    compare(&mut found.losses, &losses, &numbers(&case["expected"]["losses"]));
    let right = trainer.evaluate(&test).map_err(say)?.accuracy.unwrap_or(f64::NAN);
    compare(&mut found.output, &[right], &numbers(&case["expected"]["accuracy"]));
    Ok(found)
}
