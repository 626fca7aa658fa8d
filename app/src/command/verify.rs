//! `whygrad verify`: the engine against numbers that it did not compute.

use crate::data;
use crate::error::{Error, Result};
use crate::textbook::{Step, Textbook, Worked};
use serde_json::{Map, Value as Json, json};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use whygrad::Threads;
use whygrad::data::{Dataset, Targets};
use whygrad::loss::TargetKind;
use whygrad::network::{Batch, Layer, Network, Pass, Plan, Rows, Weights, keep};
use whygrad::optim::Clip;
use whygrad::setting::Value;
use whygrad::train::{Options, Trainer};
use whygrad::{loss, op, optim};

/// Compares the engine with reference numbers
///
/// Outputs, losses, gradients, per-example gradient norms, and where training leads. Prints for each case the
/// largest relative difference of each kind: |a − b| / max(|b|, a thousandth of the largest |b| of its kind).
///
/// Exit status: 0 if all differences are at most 1e-8, 1 if one is larger or no number, 2 if a file cannot be
/// read.
#[derive(clap::Args)]
#[command(after_long_help = "\
Example:
  whygrad verify app/tests/app/oracles/*.json")]
pub struct Args {
    /// Files with cases
    #[arg(required = true, value_name = "CASE.json")]
    cases: Vec<PathBuf>,
    /// Prints one JSON object: per case the differences by kind, or why it was skipped
    #[arg(long)]
    json: bool,
}

/// The largest difference that passes.
const TOLERANCE: f64 = 1e-8;

/// What is compared, in the order of the table.
const KINDS: [&str; 6] = ["output", "loss", "gradients", "norms", "losses", "parameters"];

/// Layers of the reference files that the engine does not have yet.
const LATER: [&str; 8] = [
    "conv2d",
    "max_pool2d",
    "avg_pool2d",
    "flatten",
    "embedding",
    "self_attention",
    "mean_over_sequence",
    "batch_norm2d",
];

/// The largest difference of each kind; `None` where the case has no such numbers.
#[derive(Clone, Copy, Debug, Default)]
struct Differences([Option<f64>; 6]);

impl Differences {
    /// Takes in numbers of one tensor. `scale` is what their rounding is relative to.
    fn compare_at(&mut self, kind: &str, got: &[f64], wanted: &[f64], scale: f64) {
        let at = KINDS.iter().position(|name| *name == kind).expect("one of the kinds");
        let mut worst = self.0[at].unwrap_or(0.0);
        if got.len() != wanted.len() {
            worst = f64::NAN;
        }
        for (got, wanted) in got.iter().zip(wanted) {
            let difference = (got - wanted).abs() / wanted.abs().max(1e-3 * scale).max(f64::MIN_POSITIVE);
            // Once it is NaN it stays NaN.
            worst = if difference <= worst || worst.is_nan() { worst } else { difference };
        }
        self.0[at] = Some(worst);
    }

    fn compare(&mut self, kind: &str, got: &[f64], wanted: &[f64]) {
        self.compare_at(kind, got, wanted, wanted.iter().fold(0.0, |max, x| x.abs().max(max)));
    }

    fn pass(&self) -> bool {
        self.0.iter().flatten().all(|difference| *difference <= TOLERANCE)
    }
}

/// How a case ended.
enum Outcome {
    Compared(Differences),
    Skipped(String),
}

/// Runs the command.
pub fn run(args: &Args) -> Result<ExitCode> {
    let mut outcomes = vec![];
    for path in &args.cases {
        let bytes = std::fs::read(path).map_err(Error::file("read", path))?;
        let refuse = |problem: String| Error::Case { path: path.clone(), problem };
        let json: Json =
            serde_json::from_slice(&bytes).map_err(|error| refuse(format!("no JSON: {error}")))?;
        outcomes.extend(file(path, &json).map_err(refuse)?);
    }
    let mut out = std::io::stdout().lock();
    let compared = || {
        outcomes.iter().filter_map(|(name, outcome)| match outcome {
            Outcome::Compared(differences) => Some((name, differences)),
            Outcome::Skipped(_) => None,
        })
    };
    let failed = compared().filter(|(_, differences)| !differences.pass()).count();
    if args.json {
        let case = |(name, outcome): &(String, Outcome)| match outcome {
            Outcome::Compared(differences) => {
                let numbers: Map<String, Json> =
                    KINDS.iter().zip(differences.0).map(|(kind, d)| (kind.to_string(), json!(d))).collect();
                json!({ "name": name, "pass": differences.pass(), "differences": numbers })
            }
            Outcome::Skipped(why) => json!({ "name": name, "skipped": why }),
        };
        let cases: Vec<Json> = outcomes.iter().map(case).collect();
        writeln!(out, "{}", json!({ "pass": failed == 0, "tolerance": TOLERANCE, "cases": cases }))?;
    } else {
        let width = outcomes.iter().map(|(name, _)| name.len()).max().unwrap_or(0).max(4);
        let heads: String = KINDS.iter().map(|kind| format!(" {kind:>10}")).collect();
        writeln!(out, "{:width$}{heads}", "case")?;
        for (name, outcome) in &outcomes {
            match outcome {
                Outcome::Compared(differences) => {
                    let cell = |d: &Option<f64>| d.map_or("         – ".into(), |d| format!(" {d:>10.1e}"));
                    let cells: String = differences.0.iter().map(cell).collect();
                    let verdict = if differences.pass() { "" } else { "  DIFFERS" };
                    writeln!(out, "{name:width$}{cells}{verdict}")?;
                }
                Outcome::Skipped(why) => writeln!(out, "{name:width$} skipped: {why}")?,
            }
        }
        let (count, skipped) = (compared().count(), outcomes.len() - compared().count());
        writeln!(out, "{count} compared, {failed} differ by more than {TOLERANCE:e}, {skipped} skipped")?;
    }
    Ok(ExitCode::from(u8::from(failed > 0)))
}

/// The cases of a file, in whichever of the known forms it is.
fn file(path: &Path, json: &Json) -> Result<Vec<(String, Outcome)>, String> {
    let name = path.file_stem().map_or("case".into(), |stem| stem.to_string_lossy().into_owned());
    if let Some(cases) = json.as_array() {
        return cases.iter().map(|case| Ok((text(case, "name")?.into(), pytorch(case)?))).collect();
    }
    if json.get("layers").is_some() {
        return Ok(vec![(text(json, "name")?.into(), pytorch(json)?)]);
    }
    if json.get("steps").is_some() {
        return Ok(vec![(name, Outcome::Compared(first_network(json)?))]);
    }
    if let Some(cases) = json.get("cases").and_then(Json::as_array) {
        let case = |case: &Json| {
            let book: Textbook = serde_json::from_value(case.clone()).map_err(|error| error.to_string())?;
            let differences = textbook(&book).map_err(|why| format!("{}: {why}", book.name))?;
            Ok((book.name, Outcome::Compared(differences)))
        };
        return cases.iter().map(case).collect();
    }
    if json["name"] == "digits_64_32_10" {
        return Ok(vec![("digits_64_32_10".into(), Outcome::Compared(digits(json)?))]);
    }
    Err("none of the known kinds of cases: a list of cases with `layers`, a case, `steps` of the first network, \
         `cases` of textbooks, digits_64_32_10"
        .into())
}

fn text<'a>(json: &'a Json, key: &str) -> Result<&'a str, String> {
    json[key].as_str().ok_or_else(|| format!("`{key}` is missing or no text"))
}

/// All numbers of nested lists, in order.
fn numbers(json: &Json) -> Vec<f64> {
    match json {
        Json::Array(items) => items.iter().flat_map(numbers).collect(),
        other => vec![other.as_f64().unwrap_or(f64::NAN)],
    }
}

/// A setting as an experiment would have it.
fn setting(json: &Json) -> Value {
    match json {
        Json::Bool(x) => Value::Switch(*x),
        Json::Number(x) => {
            x.as_i64().map_or_else(|| Value::Number(x.as_f64().unwrap_or(f64::NAN)), Value::Whole)
        }
        Json::Array(items) => Value::List(items.iter().map(setting).collect::<Vec<_>>().into()),
        other => Value::Text(other.as_str().unwrap_or_default().to_string().into()),
    }
}

/// The `type` of a table and its other keys.
fn typed(json: &Json) -> Result<(String, Vec<(String, Value)>), String> {
    let table = json.as_object().ok_or("a layer, loss or optimizer should be a table")?;
    let rest = table.iter().filter(|(key, _)| *key != "type");
    Ok((text(json, "type")?.into(), rest.map(|(key, value)| (key.clone(), setting(value))).collect()))
}

fn layers(json: &Json) -> Result<Vec<Layer>, String> {
    let layer = |json: &Json| {
        let (kind, mut given) = typed(json)?;
        if kind == "residual" {
            return Ok(Layer::Residual(layers(&json["layers"])?));
        }
        let kind = if kind == "gelu_tanh" {
            given.push(("approximate".into(), Value::Text("tanh".into())));
            "gelu".into()
        } else {
            kind
        };
        op::read(&kind, given).map(Layer::Op).map_err(|error| error.to_string())
    };
    json.as_array().ok_or("`layers` is no list")?.iter().map(layer).collect()
}

/// The first layer, at any depth, that the engine does not have yet.
fn later(json: &Json) -> Option<String> {
    json.as_array()?.iter().find_map(|layer| {
        let kind = layer["type"].as_str()?;
        LATER.contains(&kind).then(|| kind.to_string()).or_else(|| later(&layer["layers"]))
    })
}

fn with_loss(name: &str) -> Result<Arc<dyn loss::LossFunction>, String> {
    let smoothed = vec![("label_smoothing".to_string(), Value::Number(0.1))];
    let (name, given) =
        if name == "cross_entropy_smoothed" { ("cross_entropy", smoothed) } else { (name, vec![]) };
    loss::read(name, given).map_err(|error| error.to_string())
}

fn dataset(loss: &dyn loss::LossFunction, inputs: &Json, targets: &Json) -> Result<Dataset<f64>, String> {
    let n = targets.as_array().map_or(0, Vec::len);
    let (inputs, targets) = (numbers(inputs), numbers(targets));
    let width = inputs.len() / n.max(1);
    let targets = match loss.wants() {
        TargetKind::Classes => Targets::Classes(targets.iter().map(|c| *c as u32).collect()),
        TargetKind::Values => Targets::Values { width: targets.len() / n.max(1), data: targets },
    };
    Dataset::new(inputs, [width], targets).map_err(|error| error.to_string())
}

/// The numbers of an object of tensors, in the order of the network's parameters.
fn by_param(network: &Network, json: &Json) -> Vec<f64> {
    network.params().iter().flat_map(|param| numbers(&json[&param.path])).collect()
}

fn weights(network: &Network, json: &Json) -> Result<Weights<f64>, String> {
    let mut weights = Weights::init(network, 0);
    for param in network.params() {
        weights.set(network, &param.path, &numbers(&json[&param.path])).map_err(|error| error.to_string())?;
    }
    Ok(weights)
}

fn pytorch(case: &Json) -> Result<Outcome, String> {
    if let Some(kind) = later(&case["layers"]) {
        return Ok(Outcome::Skipped(format!("the engine has no {kind} yet")));
    }
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
    found.compare(
        "output",
        &plan.output().flatten().copied().collect::<Vec<_>>(),
        &numbers(&expected["output"]),
    );
    found.compare("loss", &[loss_now], &numbers(&expected["loss"]));
    // All parameters together: the gradient of a bias in front of a batch norm is 0 but for rounding, which is
    // relative to the other gradients.
    found.compare("gradients", &gradient, &by_param(&network, &expected["gradients"]));
    if !expected["input_gradient"].is_null() {
        let dx: Vec<f64> = plan.value_gradient(0).flatten().copied().collect();
        found.compare("gradients", &dx, &numbers(&expected["input_gradient"]));
    }
    if !expected["per_example_gradient_norm"].is_null() {
        let mut norm = |i| {
            plan.pass(&start, Batch { data: &data, rows: Rows::Range(i, i + 1) }, Pass::train(0));
            plan.gradient(&start, &mut gradient);
            gradient.iter().map(|g| g * g).sum::<f64>().sqrt()
        };
        let norms: Vec<f64> = (0..n).map(&mut norm).collect();
        found.compare("norms", &norms, &numbers(&expected["per_example_gradient_norm"]));
    }
    let (kind, given) = typed(&case["optimizer"])?;
    let optimizer = optim::read(&kind, given).map_err(|error| error.to_string())?;
    let clip = case["clip_norm"].as_f64().map_or(Clip::Off, Clip::Norm);
    let options = Options { batch: n, clip, ..Options::default() };
    let mut trainer = Trainer::new(network.clone(), loss, optimizer, options).map_err(say)?;
    *trainer.weights_mut() = start;
    let wanted = numbers(&expected["losses"]);
    let mut losses = vec![];
    for step in 1..=wanted.len() {
        losses.push(trainer.step(Batch { data: &data, rows: Rows::Range(0, n) }));
        let after = &expected["parameters_after"][step.to_string()];
        if !after.is_null() {
            found.compare("parameters", &trainer.state().weights.params, &by_param(&network, after));
        }
    }
    found.compare("losses", &losses, &wanted);
    Ok(Outcome::Compared(found))
}

/// 64-32-10 on the built-in digits, in the order of the file: rows 0 to 1499 divided by 16, batches of 50.
fn digits(case: &Json) -> Result<Differences, String> {
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
    *trainer.weights_mut() = start;
    let batches = (0..3).flat_map(|_| (0..1500).step_by(50));
    let step = |from| trainer.step(Batch { data: &train, rows: Rows::Range(from, from + 50) });
    let losses: Vec<f64> = batches.map(step).collect();
    let mut found = Differences::default();
    found.compare("losses", &losses, &numbers(&case["expected"]["losses"]));
    let right = trainer.evaluate(&test).map_err(say)?.accuracy.unwrap_or(f64::NAN);
    found.compare("output", &[right], &numbers(&case["expected"]["accuracy"]));
    Ok(found)
}

/// Every number of the first network, after each number of updates that the file has.
fn first_network(json: &Json) -> Result<Differences, String> {
    let worked = Textbook::first_network().work()?;
    let mut plan = worked.plan()?;
    let mut trainer = worked.trainer(json["learning_rate"].as_f64().unwrap_or(f64::NAN))?;
    let mut found = Differences::default();
    let pick = |json: &Json, keys: &[&str]| -> Vec<f64> {
        keys.iter().flat_map(|key| numbers(&json[*key])).collect()
    };
    let symbols = ["w1", "w2", "w3", "w4"];
    found.compare("parameters", &worked.start_values(), &pick(&json["weights"], &symbols));
    for wanted in json["steps"].as_array().ok_or("`steps` is no list")? {
        let updates = wanted["updates_done"].as_u64().ok_or("`updates_done` is no number")?;
        while trainer.state().steps < updates {
            worked.update(&mut trainer);
        }
        let weights = &trainer.state().weights;
        let Step { values: [x, z, h, _, p], gradients, loss, by_weight } = worked.step(&mut plan, weights);
        let w: Vec<f64> = worked.weights.iter().map(|weight| worked.value(weight, weights)).collect();
        found.compare("parameters", &w, &pick(&wanted["weights"], &symbols));
        found.compare(
            "output",
            &[&z[..], &h, &p].concat(),
            &pick(wanted, &["z1", "z2", "h1", "h2", "prediction"]),
        );
        // Prediction minus target is rounded relative to them (both near 1), however small it is; so are the
        // loss, its square, and every gradient, which is a multiple of it.
        let near_one = |found: &mut Differences, kind: &str, got: &[f64], wanted: &[f64]| {
            found.compare_at(kind, got, wanted, 1.0);
        };
        near_one(&mut found, "loss", &[loss], &pick(wanted, &["loss"]));
        let slopes = [gradients[1][0] / gradients[2][0], gradients[1][1] / gradients[2][1]];
        let (dp, dh) = (gradients[4][0], &gradients[2]);
        near_one(
            &mut found,
            "gradients",
            &[dp, dh[0], dh[1]],
            &pick(wanted, &["dL_dprediction", "dL_dh1", "dL_dh2"]),
        );
        near_one(&mut found, "gradients", &by_weight, &pick(&wanted["gradient"], &symbols));
        if dp != 0.0 {
            near_one(&mut found, "gradients", &slopes, &pick(wanted, &["dh1_dz1", "dh2_dz2"]));
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
                    near_one(&mut found, "gradients", &[got], &pick(&chains[symbol], &[name]));
                }
            }
        }
    }
    Ok(found)
}

impl Worked {
    fn start_values(&self) -> Vec<f64> {
        self.weights.iter().map(|weight| self.value(weight, &self.start)).collect()
    }
}

/// Every number of a worked example.
fn textbook(book: &Textbook) -> Result<Differences, String> {
    let worked = book.work()?;
    let mut plan = worked.plan()?;
    let mut found = Differences::default();
    let expected = &book.expected;
    let first = worked.step(&mut plan, &worked.start);
    let by_symbol = |json: &Json, numbers: &[f64], found: &mut Differences, kind: &str| {
        for (weight, got) in worked.weights.iter().zip(numbers) {
            if let Some(wanted) = json[&weight.symbol].as_f64() {
                found.compare_at(kind, &[*got], &[wanted], 1e-3);
            }
        }
    };
    found.compare("loss", &[first.loss], &numbers(&expected["loss"]));
    by_symbol(&expected["gradients"], &first.by_weight, &mut found, "gradients");
    forward(&worked, &first, &expected["forward"], &mut found)?;
    let Some(lr) = book.learning_rate else { return Ok(found) };
    let mut trainer = worked.trainer(lr)?;
    worked.update(&mut trainer);
    let weights = trainer.state().weights.clone();
    let learned: Vec<f64> = worked.weights.iter().map(|weight| worked.value(weight, &weights)).collect();
    by_symbol(&expected["learned"], &learned, &mut found, "parameters");
    let second = worked.step(&mut plan, &weights);
    found.compare("losses", &[second.loss], &numbers(&expected["loss_after"]));
    forward(&worked, &second, &expected["forward_after"], &mut found)?;
    for (updates, loss) in book.later["loss_after_n_updates"].as_object().into_iter().flatten() {
        let updates: u64 =
            updates.parse().map_err(|_| "`loss_after_n_updates` should have numbers as keys")?;
        while trainer.state().steps < updates {
            worked.update(&mut trainer);
        }
        found.compare("losses", &[worked.loss(&mut plan, &trainer.state().weights)], &numbers(loss));
    }
    if !book.later["outputs_after_10000"].is_null() {
        while trainer.state().steps < 10_000 {
            worked.update(&mut trainer);
        }
        let outputs = worked.step(&mut plan, &trainer.state().weights).values;
        found.compare("output", &outputs[4], &numbers(&book.later["outputs_after_10000"]));
    }
    Ok(found)
}

/// The values of a pass, by the names that the sources give them.
fn forward(worked: &Worked, step: &Step, wanted: &Json, found: &mut Differences) -> Result<(), String> {
    let [_, hidden, outputs] = &worked.names;
    let [_, z, h, s, o] = &step.values;
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
                "E_total" | "E" | "L" => Some(step.loss),
                "f_out" => s.first().copied(),
                "h_out" | "out" => o.first().copied(),
                other => unit(other)
                    .map(|(_, value)| value)
                    .or_else(|| numbered("f").or_else(|| numbered("I")).map(|(sum, _)| sum))
                    .or_else(|| numbered("O").map(|(_, value)| value)),
            }
        };
        let got = got.ok_or_else(|| format!("`{name}` is none of the known values"))?;
        found.compare_at("output", &[got], &numbers(wanted), 1e-3);
    }
    Ok(())
}
