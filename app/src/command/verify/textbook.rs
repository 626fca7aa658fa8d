//! The first network, and worked examples of the literature.

use super::compare::{compare, compare_at};
use super::read::numbers;
use crate::textbook::{Textbook, Worked};
use crate::view::verify::Differences;
use serde_json::Value as Json;
use whygrad::credit::Snapshot;
use whygrad::data::Targets;
use whygrad::network::Weights;

/// Every number of the first network, after each number of updates that the file has.
pub(super) fn first_network(json: &Json) -> Result<Differences, String> {
    let worked = Textbook::first_network().work()?;
    let mut trainer = worked.trainer(json["learning_rate"].as_f64().unwrap_or(f64::NAN))?;
    let mut found = Differences::default();
    let pick = |json: &Json, keys: &[&str]| -> Vec<f64> {
        keys.iter().flat_map(|key| numbers(&json[*key])).collect()
    };
    let symbols = ["w1", "w2", "w3", "w4"];
    compare(&mut found.parameters, &values(&worked, &worked.start), &pick(&json["weights"], &symbols));
    for wanted in json["steps"].as_array().ok_or("`steps` is no list")? {
        let updates = wanted["updates_done"].as_u64().ok_or("`updates_done` is no number")?;
        while trainer.state().steps < updates {
            worked.update(&mut trainer);
        }
        let step = worked.hold(&trainer, false)?;
        let [x, z, h, _, p] = std::array::from_fn(|value| worked.units(&step, value));
        let [_, dz, dh, _, dp] = std::array::from_fn(|value| worked.unit_gradients(&step, value));
        let w = values(&worked, &trainer.state().weights);
        compare(&mut found.parameters, &w, &pick(&wanted["weights"], &symbols));
        compare(
            &mut found.output,
            &[&z[..], &h, &p].concat(),
            &pick(wanted, &["z1", "z2", "h1", "h2", "prediction"]),
        );
        // Prediction minus target is rounded relative to them (both near 1), however small it is; so are the
        // loss, its square, and every gradient, which is a multiple of it.
        let near_one = |worst: &mut Option<f64>, got: &[f64], wanted: &[f64]| {
            compare_at(worst, got, wanted, 1.0);
        };
        near_one(&mut found.loss, &[step.batch_loss()], &pick(wanted, &["loss"]));
        let (slopes, dp) = ([dz[0] / dh[0], dz[1] / dh[1]], dp[0]);
        near_one(
            &mut found.gradients,
            &[dp, dh[0], dh[1]],
            &pick(wanted, &["dL_dprediction", "dL_dh1", "dL_dh2"]),
        );
        near_one(&mut found.gradients, &worked.gradient(&step), &pick(&wanted["gradient"], &symbols));
        if dp != 0.0 {
            near_one(&mut found.gradients, &slopes, &pick(wanted, &["dh1_dz1", "dh2_dz2"]));
            let chains = &wanted["chains"];
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
                    near_one(&mut found.gradients, &[got], &pick(&chains[symbol], &[name]));
                }
            }
        }
    }
    Ok(found)
}

fn values(worked: &Worked, weights: &Weights<f64>) -> Vec<f64> {
    worked.weights.iter().map(|weight| worked.value(weight, weights)).collect()
}

/// Every number of a worked example.
pub(super) fn case(book: &Textbook) -> Result<Differences, String> {
    let worked = book.work()?;
    let mut trainer = worked.trainer(book.learning_rate.unwrap_or(0.0))?;
    let mut found = Differences::default();
    let expected = &book.expected;
    let first = worked.hold(&trainer, false)?;
    let by_symbol = |worst: &mut Option<f64>, json: &Json, numbers: &[f64]| {
        for (weight, got) in worked.weights.iter().zip(numbers) {
            if let Some(wanted) = json[&weight.symbol].as_f64() {
                compare_at(worst, &[*got], &[wanted], 1e-3);
            }
        }
    };
    compare(&mut found.loss, &[first.batch_loss()], &numbers(&expected["loss"]));
    by_symbol(&mut found.gradients, &expected["gradients"], &worked.gradient(&first));
    forward(&worked, &first, &expected["forward"], &mut found)?;
    if book.learning_rate.is_none() {
        return Ok(found);
    }
    worked.update(&mut trainer);
    let learned = values(&worked, &trainer.state().weights);
    by_symbol(&mut found.parameters, &expected["learned"], &learned);
    let second = worked.hold(&trainer, false)?;
    compare(&mut found.losses, &[second.batch_loss()], &numbers(&expected["loss_after"]));
    forward(&worked, &second, &expected["forward_after"], &mut found)?;
    for (updates, loss) in book.later["loss_after_n_updates"].as_object().into_iter().flatten() {
        let updates: u64 =
            updates.parse().map_err(|_| "`loss_after_n_updates` should have numbers as keys")?;
        while trainer.state().steps < updates {
            worked.update(&mut trainer);
        }
        compare(&mut found.losses, &[worked.hold(&trainer, false)?.batch_loss()], &numbers(loss));
    }
    if !book.later["outputs_after_10000"].is_null() {
        while trainer.state().steps < 10_000 {
            worked.update(&mut trainer);
        }
        let outputs = worked.units(&worked.hold(&trainer, false)?, 4);
        compare(&mut found.output, &outputs, &numbers(&book.later["outputs_after_10000"]));
    }
    Ok(found)
}

/// The values of a pass, by the names that the sources give them.
fn forward(worked: &Worked, step: &Snapshot, wanted: &Json, found: &mut Differences) -> Result<(), String> {
    let [_, hidden, outputs] = &worked.names;
    let [_, z, h, s, o] = std::array::from_fn(|value| worked.units(step, value));
    let unit = |name: &str| {
        let find = |units: &[String]| units.iter().position(|unit| unit == name);
        find(hidden).map(|i| (z[i], h[i])).or_else(|| find(outputs).map(|i| (s[i], o[i])))
    };
    for (name, wanted) in wanted.as_object().into_iter().flatten() {
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
            match name.as_str() {
                "E_total" | "E" | "L" => Some(step.batch_loss()),
                "f_out" => s.first().copied(),
                "h_out" | "out" => o.first().copied(),
                other => unit(other)
                    .map(|(_, value)| value)
                    .or_else(|| numbered("f").or_else(|| numbered("I")).map(|(sum, _)| sum))
                    .or_else(|| numbered("O").map(|(_, value)| value)),
            }
        };
        let got = got.ok_or_else(|| format!("`{name}` is none of the known values"))?;
        compare_at(&mut found.output, &[got], &numbers(wanted), 1e-3);
    }
    Ok(())
}
