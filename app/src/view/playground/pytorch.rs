//! A network as a script for PyTorch, whose names experiments use anyway.

use crate::experiment::{Experiment, json};
use serde_json::{Map, Value as Json};
use whygrad::network::Network;

/// Names of the modules that PyTorch calls otherwise than by our name in its spelling, with the keys that stand for
/// their arguments.
const MODULES: &[(&str, &str)] = &[
    ("relu", "ReLU"),
    ("leaky_relu", "LeakyReLU"),
    ("elu", "ELU"),
    ("gelu", "GELU"),
    ("silu", "SiLU"),
    ("sigmoid", "Sigmoid"),
    ("tanh", "Tanh"),
    ("softplus", "Softplus"),
    ("identity", "Identity"),
    ("dropout", "Dropout"),
];

const LOSSES: &[(&str, &str)] = &[
    ("cross_entropy", "nn.CrossEntropyLoss"),
    ("nll", "nn.NLLLoss"),
    ("bce", "nn.BCELoss"),
    ("bce_with_logits", "nn.BCEWithLogitsLoss"),
    ("mse", "nn.MSELoss"),
    ("mae", "nn.L1Loss"),
    ("huber", "nn.HuberLoss"),
];

const OPTIMIZERS: &[(&str, &str)] =
    &[("sgd", "SGD"), ("adam", "Adam"), ("adamw", "AdamW"), ("rmsprop", "RMSprop"), ("adagrad", "Adagrad")];

/// The script: the network, how its weights start, the loss and the optimizer.
pub(super) fn script(experiment: &Experiment, network: &Network) -> String {
    let all = json::read(&experiment.text).unwrap_or_default();
    let none = Map::new();
    let table = |name: &str| all.get(name).and_then(Json::as_object).unwrap_or(&none);
    let layers = table("network").get("layers").and_then(Json::as_array).cloned().unwrap_or_default();
    let mut lines = vec![
        "# The network of this experiment in PyTorch. Its starting weights are drawn anew:".to_string(),
        "# PyTorch's generator is another one.".into(),
        "import torch".into(),
        "from torch import nn".into(),
        String::new(),
        "model = nn.Sequential(".into(),
    ];
    let mut starts = vec![];
    for (at, layer) in layers.iter().filter_map(Json::as_object).enumerate() {
        let width = network.shapes().get(at).map_or(0, whygrad::Shape::last);
        lines.push(format!("    {},", module(layer, width)));
        for (key, param) in [("init", "weight"), ("bias_init", "bias")] {
            starts.extend(layer.get(key).map(|init| start(init, &format!("model[{at}].{param}"))));
        }
    }
    lines.push(")".into());
    lines.extend(starts);
    let (loss, optimizer) = (table("loss"), table("optimizer"));
    lines.push(match (kind(loss), find(LOSSES, kind(loss))) {
        (_, Some(name)) => format!("loss = {name}({})", arguments(loss)),
        ("squared_error", _) => "loss = nn.MSELoss(reduction=\"sum\")".into(),
        (other, _) => format!("# loss: {other}, which PyTorch has no module for"),
    });
    let name = find(OPTIMIZERS, kind(optimizer)).unwrap_or("SGD");
    let settings = arguments(optimizer);
    let comma = if settings.is_empty() { "" } else { ", " };
    lines.push(format!("optimizer = torch.optim.{name}(model.parameters(){comma}{settings})"));
    lines.join("\n") + "\n"
}

fn kind(table: &Map<String, Json>) -> &str {
    table.get("type").and_then(Json::as_str).unwrap_or_default()
}

fn find(list: &[(&str, &'static str)], name: &str) -> Option<&'static str> {
    list.iter().find(|(own, _)| *own == name).map(|(_, theirs)| *theirs)
}

/// A layer whose inputs end with an axis of this width.
fn module(layer: &Map<String, Json>, width: usize) -> String {
    match (kind(layer), find(MODULES, kind(layer))) {
        ("linear", _) => {
            let out = layer.get("out").and_then(Json::as_u64).unwrap_or(0);
            let bias = if layer.get("bias") == Some(&Json::Bool(false)) { ", bias=False" } else { "" };
            format!("nn.Linear({width}, {out}{bias})")
        }
        ("batch_norm", _) => format!("nn.BatchNorm1d({})", sized(width, layer)),
        ("layer_norm", _) => format!("nn.LayerNorm({})", sized(width, layer)),
        ("softmax", _) => "nn.Softmax(dim=-1)".into(),
        ("log_softmax", _) => "nn.LogSoftmax(dim=-1)".into(),
        (_, Some(name)) => format!("nn.{name}({})", arguments(layer)),
        (other, None) => format!("nn.Identity()  # {other}"),
    }
}

fn sized(width: usize, layer: &Map<String, Json>) -> String {
    let settings = arguments(layer);
    if settings.is_empty() { width.to_string() } else { format!("{width}, {settings}") }
}

/// `nn.init.kaiming_uniform_(model[0].weight)`
fn start(init: &Json, of: &str) -> String {
    match init {
        Json::Object(table) => {
            let settings = arguments(table);
            let comma = if settings.is_empty() { "" } else { ", " };
            format!("nn.init.{}_({of}{comma}{settings})", kind(table))
        }
        name => format!("nn.init.{}_({of})", name.as_str().unwrap_or_default()),
    }
}

/// Settings as arguments of Python: `lr=0.01, momentum=0.9`.
fn arguments(table: &Map<String, Json>) -> String {
    let given = table.iter().filter(|(key, _)| *key != "type");
    given.map(|(key, value)| format!("{key}={}", python(value))).collect::<Vec<_>>().join(", ")
}

fn python(value: &Json) -> String {
    match value {
        Json::Bool(true) => "True".into(),
        Json::Bool(false) => "False".into(),
        Json::Null => "None".into(),
        Json::Array(items) => format!("({})", items.iter().map(python).collect::<Vec<_>>().join(", ")),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_written_with_pytorchs_own_names() {
        let text = "[data]\nsource = \"moons\"\n[network]\nlayers = [{ type = \"linear\", out = 4, init = \
                    \"xavier_uniform\" }, { type = \"leaky_relu\", negative_slope = 0.2 }, { type = \"linear\", out = 2 }]\n\
                    [loss]\ntype = \"cross_entropy\"\n[optimizer]\ntype = \"adam\"\nlr = 0.01\nbetas = [0.8, 0.9]\n";
        let experiment = Experiment::parse("file", "moons", text, &[]).unwrap();
        let network = experiment.network([2].into()).unwrap();
        let script = script(&experiment, &network);
        let end = "model = nn.Sequential(\n    nn.Linear(2, 4),\n    nn.LeakyReLU(negative_slope=0.2),\n    nn.Linear(4, \
                   2),\n)\nnn.init.xavier_uniform_(model[0].weight)\nloss = nn.CrossEntropyLoss()\noptimizer = \
                   torch.optim.Adam(model.parameters(), lr=0.01, betas=(0.8, 0.9))\n";
        assert!(script.ends_with(end), "{script}");
    }
}
