//! What the files of reference numbers say.

use serde_json::Value as Json;
use std::sync::Arc;
use whygrad::data::{Dataset, Targets};
use whygrad::loss::{self, TargetKind};
use whygrad::network::{Layer, Network, Weights};
use whygrad::op;
use whygrad::setting::Literal;

pub(super) fn text<'a>(json: &'a Json, key: &str) -> Result<&'a str, String> {
    json[key].as_str().ok_or_else(|| format!("`{key}` is missing or no text"))
}

/// All numbers of nested lists, in order.
pub(super) fn numbers(json: &Json) -> Vec<f64> {
    match json {
        Json::Array(items) => items.iter().flat_map(numbers).collect(),
        other => vec![other.as_f64().unwrap_or(f64::NAN)],
    }
}

/// A setting as an experiment would have it.
pub(super) fn setting(json: &Json) -> Literal {
    match json {
        Json::Bool(x) => Literal::Switch(*x),
        Json::Number(x) => {
            x.as_i64().map_or_else(|| Literal::Number(x.as_f64().unwrap_or(f64::NAN)), Literal::Whole)
        }
        Json::Array(items) => Literal::List(items.iter().map(setting).collect::<Vec<_>>().into()),
        other => Literal::Text(other.as_str().unwrap_or_default().to_string().into()),
    }
}

/// The `type` of a table and its other keys.
pub(super) fn typed(json: &Json) -> Result<(String, Vec<(String, Literal)>), String> {
    let table = json.as_object().ok_or("a layer, loss or optimizer should be a table")?;
    let rest = table.iter().filter(|(key, _)| *key != "type");
    Ok((text(json, "type")?.into(), rest.map(|(key, value)| (key.clone(), setting(value))).collect()))
}

pub(super) fn layers(json: &Json) -> Result<Vec<Layer>, String> {
    let layer = |json: &Json| {
        let (kind, mut given) = typed(json)?;
        if kind == "residual" {
            return Ok(Layer::Residual(layers(&json["layers"])?));
        }
        let kind = if kind == "gelu_tanh" {
            given.push(("approximate".into(), Literal::Text("tanh".into())));
            "gelu".into()
        } else {
            kind
        };
        op::read(&kind, given).map(Layer::Op).map_err(|error| error.to_string())
    };
    json.as_array().ok_or("`layers` is no list")?.iter().map(layer).collect()
}

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

/// The first layer, at any depth, that the engine does not have yet.
pub(super) fn later(json: &Json) -> Option<String> {
    json.as_array()?.iter().find_map(|layer| {
        let kind = layer["type"].as_str()?;
        LATER.contains(&kind).then(|| kind.to_string()).or_else(|| later(&layer["layers"]))
    })
}

pub(super) fn with_loss(name: &str) -> Result<Arc<dyn loss::LossFunction>, String> {
    let smoothed = vec![("label_smoothing".to_string(), Literal::Number(0.1))];
    let (name, given) =
        if name == "cross_entropy_smoothed" { ("cross_entropy", smoothed) } else { (name, vec![]) };
    loss::read(name, given).map_err(|error| error.to_string())
}

pub(super) fn dataset(
    loss: &dyn loss::LossFunction,
    inputs: &Json,
    targets: &Json,
) -> Result<Dataset<f64>, String> {
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
pub(super) fn by_param(network: &Network, json: &Json) -> Vec<f64> {
    network.params().iter().flat_map(|param| numbers(&json[&param.path])).collect()
}

pub(super) fn weights(network: &Network, json: &Json) -> Result<Weights<f64>, String> {
    let mut weights = Weights::init(network, 0);
    for param in network.params() {
        weights.set(network, &param.path, &numbers(&json[&param.path])).map_err(|error| error.to_string())?;
    }
    Ok(weights)
}
