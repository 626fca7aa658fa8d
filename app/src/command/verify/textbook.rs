//! The first network, and worked examples of the literature.

use super::compare::{compare, compare_at};
use super::read::Field;
use crate::textbook::{Textbook, Worked};
use crate::view::verify::{Case, Differences};
use serde_json::Value as Json;
use whygrad::credit::Snapshot;
use whygrad::data::Targets;
use whygrad::network::Weights;
use whygrad::train::Trainer;

/// The most updates of an example: about a tenth of a second.
const UPDATES: u64 = 100_000;

/// Every number of the first network, after each number of updates that the file has.
pub(super) fn first_network(json: &Json) -> Result<Differences, String> {
    let case = Field::new("", json);
    let worked = Textbook::first_network().work()?;
    let mut trainer = worked.trainer(case.get("learning_rate").number()?)?;
    let mut found = Differences::default();
    let pick = |of: &Field, keys: &[&str]| -> Result<Vec<f64>, String> {
        keys.iter().map(|key| of.get(key).number()).collect()
    };
    let symbols = ["w1", "w2", "w3", "w4"];
    compare(&mut found.parameters, &values(&worked, &worked.start), &pick(&case.get("weights"), &symbols)?);
    let steps = case.get("steps").items()?.into_iter();
    let steps = steps.map(|step| Ok((step.get("updates_done").count(UPDATES)?, step)));
    let mut steps = steps.collect::<Result<Vec<_>, String>>()?;
    steps.sort_by_key(|(updates, _)| *updates);
    for (updates, wanted) in steps {
        update(&worked, &mut trainer, updates);
        let step = worked.hold(&trainer, false)?;
        let [x, z, h, _, p] = std::array::from_fn(|value| worked.units(&step, value));
        let [_, dz, dh, _, dp] = std::array::from_fn(|value| worked.unit_gradients(&step, value));
        let w = values(&worked, &trainer.state().weights);
        compare(&mut found.parameters, &w, &pick(&wanted.get("weights"), &symbols)?);
        compare(
            &mut found.output,
            &[&z[..], &h, &p].concat(),
            &pick(&wanted, &["z1", "z2", "h1", "h2", "prediction"])?,
        );
        // Prediction minus target is rounded relative to them (both near 1), however small it is; so are the
        // loss, its square, and every gradient, which is a multiple of it.
        let near_one = |worst: &mut Option<f64>, got: &[f64], wanted: &[f64]| {
            compare_at(worst, got, wanted, 1.0);
        };
        near_one(&mut found.loss, &[step.batch_loss()], &pick(&wanted, &["loss"])?);
        let (slopes, dp) = ([dz[0] / dh[0], dz[1] / dh[1]], dp[0]);
        near_one(
            &mut found.gradients,
            &[dp, dh[0], dh[1]],
            &pick(&wanted, &["dL_dprediction", "dL_dh1", "dL_dh2"])?,
        );
        near_one(&mut found.gradients, &worked.gradient(&step), &pick(&wanted.get("gradient"), &symbols)?);
        if dp != 0.0 {
            near_one(&mut found.gradients, &slopes, &pick(&wanted, &["dh1_dz1", "dh2_dz2"])?);
            let chains = wanted.get("chains");
            let factors = [
                ("w3", vec![("dL_dprediction", dp), ("dprediction_dw3", h[0])]),
                ("w4", vec![("dL_dprediction", dp), ("dprediction_dw4", h[1])]),
                (
                    "w1",
                    vec![("dL_dprediction", dp), ("dprediction_dh1", w[2]), ("dh1_dw1", slopes[0] * x[0])],
                ),
                (
                    "w2",
                    vec![("dL_dprediction", dp), ("dprediction_dh2", w[3]), ("dh2_dw2", slopes[1] * x[1])],
                ),
            ];
            for (symbol, factors) in factors {
                for (name, got) in factors {
                    near_one(&mut found.gradients, &[got], &pick(&chains.get(symbol), &[name])?);
                }
            }
        }
    }
    Ok(found)
}

fn values(worked: &Worked, weights: &Weights<f64>) -> Vec<f64> {
    worked.weights.iter().map(|weight| worked.value(weight, weights)).collect()
}

/// Trains until there are so many updates.
fn update(worked: &Worked, trainer: &mut Trainer<f64>, updates: u64) {
    while trainer.state().steps < updates {
        worked.update(trainer);
    }
}

/// Every number of a worked example.
pub(super) fn case(json: &Json) -> Result<Case, String> {
    let of = Field::new("", json);
    for key in ["name", "hidden", "output", "loss"] {
        of.get(key).text()?;
    }
    for key in ["inputs", "targets", "wiring", "parameters"] {
        of.get(key).entries()?;
    }
    if let Some(lr) = of.given("learning_rate") {
        lr.number()?;
    }
    let book: Textbook = serde_json::from_value(json.clone()).map_err(|error| error.to_string())?;
    let worked = book.work()?;
    let mut trainer = worked.trainer(book.learning_rate.unwrap_or(0.0))?;
    let mut found = Differences::default();
    let expected = Field::new("expected", &book.expected);
    let first = worked.hold(&trainer, false)?;
    let by_symbol = |worst: &mut Option<f64>, key, numbers: &[f64]| -> Result<(), String> {
        for (symbol, wanted) in expected.table(key)? {
            let at = worked.weights.iter().position(|weight| weight.symbol == symbol);
            let at =
                at.ok_or_else(|| wanted.problem("is of no weight; the weights stand in `parameters`"))?;
            compare_at(worst, &[numbers[at]], &[wanted.number()?], 1e-3);
        }
        Ok(())
    };
    compare(&mut found.loss, &[first.batch_loss()], &[expected.get("loss").number()?]);
    by_symbol(&mut found.gradients, "gradients", &worked.gradient(&first))?;
    forward(&worked, &first, expected.table("forward")?, &mut found)?;
    let Some(lr) = book.learning_rate else { return Ok(Case::compared(book.name, found)) };
    update(&worked, &mut trainer, 1);
    by_symbol(&mut found.parameters, "learned", &values(&worked, &trainer.state().weights))?;
    let second = worked.hold(&trainer, false)?;
    compare(&mut found.losses, &[second.batch_loss()], &[expected.get("loss_after").number()?]);
    forward(&worked, &second, expected.table("forward_after")?, &mut found)?;
    let later = Field::new("later", &book.later);
    let after = |(updates, loss): (&str, Field)| {
        let updates = updates.parse().ok().filter(|updates| (1..=UPDATES).contains(updates));
        let right = format!("has no number of updates as its key; it should have one from 1 to {UPDATES}");
        Ok((updates.ok_or_else(|| loss.problem(&right))?, loss.number()?))
    };
    let losses = later.table("loss_after_n_updates")?.into_iter().map(after);
    let mut losses = losses.collect::<Result<Vec<_>, String>>()?;
    losses.sort_by_key(|(updates, _)| *updates);
    for (updates, loss) in losses {
        update(&worked, &mut trainer, updates);
        compare(&mut found.losses, &[worked.hold(&trainer, false)?.batch_loss()], &[loss]);
    }
    if let Some(outputs) = later.given("outputs_after_10000") {
        let outputs = outputs.exactly(worked.targets().len())?;
        let mut trainer = worked.trainer(lr)?;
        update(&worked, &mut trainer, 10_000);
        compare(&mut found.output, &worked.units(&worked.hold(&trainer, false)?, 4), &outputs);
    }
    Ok(Case::compared(book.name, found))
}

/// The values of a pass, by the names that the sources give them.
fn forward(
    worked: &Worked,
    step: &Snapshot,
    wanted: Vec<(&str, Field)>,
    found: &mut Differences,
) -> Result<(), String> {
    let [_, hidden, outputs] = &worked.names;
    let [_, z, h, s, o] = std::array::from_fn(|value| worked.units(step, value));
    let unit = |name: &str| {
        let find = |units: &[String]| units.iter().position(|unit| unit == name);
        find(hidden).map(|i| (z[i], h[i])).or_else(|| find(outputs).map(|i| (s[i], o[i])))
    };
    for (name, wanted) in wanted {
        let numbered = |letter: &str| {
            let number = name.strip_prefix(letter).filter(|rest| rest.parse::<u32>().is_ok())?;
            ["h", "o"].iter().find_map(|kind| unit(&format!("{kind}{number}")))
        };
        let got = if let Some(rest) = name.strip_prefix("net_") {
            unit(rest).map(|(sum, _)| sum)
        } else if let Some(rest) = name.strip_prefix("out_") {
            unit(rest).map(|(_, value)| value)
        } else if let Some(rest) = name.strip_prefix("E_").filter(|rest| *rest != "total") {
            // The part of one output: half the squared error, in the one source that has it.
            let at = outputs.iter().position(|output| output == rest);
            let Targets::Values { data, .. } = worked.data.targets() else { return Err("no targets".into()) };
            at.map(|i| 0.5 * (data[i] - o[i]).powi(2))
        } else {
            match name {
                "E_total" | "E" | "L" => Some(step.batch_loss()),
                "f_out" => s.first().copied(),
                "h_out" | "out" => o.first().copied(),
                other => unit(other)
                    .map(|(_, value)| value)
                    .or_else(|| numbered("f").or_else(|| numbered("I")).map(|(sum, _)| sum))
                    .or_else(|| numbered("O").map(|(_, value)| value)),
            }
        };
        let got = got.ok_or_else(|| wanted.problem("is none of the example's values"))?;
        compare_at(&mut found.output, &[got], &[wanted.number()?], 1e-3);
    }
    Ok(())
}
