//! A network in PyTorch, whose names experiments use anyway: its layers, the script that trains it as an experiment says,
//! and the program that predicts with what was trained.

mod program;
mod script;

pub use program::{BEGINS, program};
pub use script::script;

use crate::error::{Error, Result};
use crate::experiment::{Experiment, json};
use serde_json::{Map, Value as Json};
use whygrad::network::Network;

/// Names of the modules whose arguments are the keys of our layers; for the others see [`module`].
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

/// The module that PyTorch lacks: x + f(x), with the names that our files give to what is inside.
const RESIDUAL: &str = r#"
class Residual(nn.Module):
    """x + f(x), with f the layers inside."""

    def __init__(self, *layers):
        super().__init__()
        self.f = nn.Sequential(*layers)

    def forward(self, x):
        return x + self.f(x)


"#;

/// A table of an experiment, as its file has it.
type Table = Map<String, Json>;

/// `model = nn.Sequential(…)`: the layers of an experiment, whose state has the names of our files.
///
/// # Errors
/// Where PyTorch has no module for a layer.
fn model(layers: &[Json], network: &Network) -> Result<String> {
    let lines = modules(layers, "", network)?;
    let residual = if lines.contains("Residual(") { RESIDUAL } else { "" };
    Ok(format!("{residual}model = nn.Sequential(\n{lines})\n"))
}

/// The layers of an experiment, as its file has them.
fn layers(experiment: &Experiment) -> Vec<Json> {
    let all = json::read(&experiment.text).unwrap_or_default();
    all.get("network").and_then(|table| inside(table.as_object()?)).map(<[Json]>::to_vec).unwrap_or_default()
}

/// The layers of a table that has some.
fn inside(table: &Table) -> Option<&[Json]> {
    Some(table.get("layers")?.as_array()?)
}

/// Layers whose positions begin with `prefix` as arguments, a line each; recursion goes as deep as residuals are nested.
fn modules(layers: &[Json], prefix: &str, network: &Network) -> Result<String> {
    let indent = "    ".repeat(1 + prefix.matches('f').count());
    let mut lines = String::new();
    for (at, layer) in layers.iter().filter_map(Json::as_object).enumerate() {
        let path = format!("{prefix}{at}");
        lines += &match inside(layer) {
            Some(layers) => {
                let inside = modules(layers, &format!("{path}.f."), network)?;
                format!("{indent}Residual(\n{inside}{indent}),\n")
            }
            None => format!("{indent}{},\n", module(layer, &path, network)?),
        };
    }
    Ok(lines)
}

/// The layer at a position: `nn.Linear(4, 3)`.
fn module(layer: &Table, path: &str, network: &Network) -> Result<String> {
    let node = network.nodes().iter().find(|node| node.path == path);
    let width = node.map_or(0, |node| network.shapes()[node.inputs[0]].last());
    Ok(match (kind(layer), find(MODULES, kind(layer))) {
        ("linear", _) => {
            let out = layer.get("out").and_then(Json::as_u64).unwrap_or(0);
            let bias = if layer.get("bias") == Some(&Json::Bool(false)) { ", bias=False" } else { "" };
            format!("nn.Linear({width}, {out}{bias})")
        }
        ("batch_norm", _) => format!("nn.BatchNorm1d({width}{})", further(layer)),
        ("layer_norm", _) => format!("nn.LayerNorm({width}{})", further(layer)),
        ("softmax", _) => "nn.Softmax(dim=-1)".into(),
        ("log_softmax", _) => "nn.LogSoftmax(dim=-1)".into(),
        (_, Some(name)) => format!("nn.{name}({})", arguments(layer)),
        (other, None) => {
            let layer = node.map_or(other, |node| &node.name);
            return Err(Error::argument(format!("layer {path} ({layer})"), "PyTorch has no module for it"));
        }
    })
}

/// What a table says it is.
fn kind(table: &Table) -> &str {
    table.get("type").and_then(Json::as_str).unwrap_or_default()
}

fn find(list: &[(&str, &'static str)], name: &str) -> Option<&'static str> {
    list.iter().find(|(own, _)| *own == name).map(|(_, theirs)| *theirs)
}

/// Settings as arguments of Python: `lr=0.01, momentum=0.9`. How many features there are stands before them.
fn arguments(table: &Table) -> String {
    let given = table.iter().filter(|(key, _)| !["type", "features"].contains(&key.as_str()));
    given.map(|(key, value)| format!("{key}={}", python(value))).collect::<Vec<_>>().join(", ")
}

/// The same behind another argument.
fn further(table: &Table) -> String {
    let settings = arguments(table);
    if settings.is_empty() { settings } else { format!(", {settings}") }
}

/// What JSON says, in Python; its texts and numbers are written alike.
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
    use serde_json::json;
    use whygrad::op;

    /// An experiment with these layers, and its network for two inputs.
    fn with(layers: &str) -> (Experiment, Network) {
        let text = format!(
            "[data]\nsource = \"moons\"\n[network]\nlayers = [{layers}]\n[loss]\ntype = \"cross_entropy\"\n\
             [optimizer]\ntype = \"adam\"\nlr = 0.01\nbetas = [0.8, 0.9]\n"
        );
        let experiment = Experiment::parse("file", "moons", &text, &[]).unwrap();
        let network = experiment.network([2].into()).unwrap();
        (experiment, network)
    }

    #[test]
    fn a_network_is_written_with_pytorchs_own_names() {
        let (experiment, network) = with(
            "{ type = \"linear\", out = 4, init = \"xavier_uniform\" }, { type = \"leaky_relu\", negative_slope = 0.2 }, \
             { type = \"linear\", out = 2 }",
        );
        let script = script(&experiment, &network);
        let end = "model = nn.Sequential(\n    nn.Linear(2, 4),\n    nn.LeakyReLU(negative_slope=0.2),\n    nn.Linear(4, \
                   2),\n)\nnn.init.xavier_uniform_(model[0].weight)\nloss = nn.CrossEntropyLoss()\noptimizer = \
                   torch.optim.Adam(model.parameters(), lr=0.01, betas=(0.8, 0.9))\n";
        assert!(script.ends_with(end), "{script}");
    }

    #[test]
    fn what_is_inside_a_residual_has_its_width_and_its_name() {
        let (experiment, network) = with(
            "{ type = \"linear\", out = 4 }, { type = \"residual\", layers = [{ type = \"batch_norm\", features = 4, eps = \
             1e-3 }, { type = \"linear\", out = 4, init = \"zeros\" }] }, { type = \"linear\", out = 2 }",
        );
        let script = script(&experiment, &network);
        let model = "model = nn.Sequential(\n    nn.Linear(2, 4),\n    Residual(\n        nn.BatchNorm1d(4, eps=0.001),\n        \
                     nn.Linear(4, 4),\n    ),\n    nn.Linear(4, 2),\n)\nnn.init.zeros_(model[1].f[1].weight)\n";
        assert!(script.contains(RESIDUAL) && script.contains(model), "{script}");
    }

    #[test]
    fn every_layer_has_a_module_and_of_another_its_name_is_said() {
        let (_, network) = with("{ type = \"tanh\" }");
        for entry in op::LIST.iter().filter(|entry| entry.inputs() == 1) {
            let layer = json!({ "type": entry.name, "out": 2 });
            module(layer.as_object().unwrap(), "0", &network).unwrap();
        }
        let other = json!({ "type": "other" });
        let message = module(other.as_object().unwrap(), "0", &network).unwrap_err().to_string();
        assert_eq!(message, "layer 0 (tanh1): PyTorch has no module for it");
    }
}
