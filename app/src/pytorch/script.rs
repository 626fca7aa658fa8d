//! A network as a script that trains it: how its weights start, the loss and the optimizer.

use super::{Table, arguments, find, further, inside, kind, layers, model};
use crate::experiment::{Experiment, json};
use serde_json::Value as Json;
use whygrad::network::Network;

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

/// The script of an experiment whose network this is; where PyTorch lacks a layer, a comment that says so.
pub fn script(experiment: &Experiment, network: &Network) -> String {
    let (all, none) = (json::read(&experiment.text).unwrap_or_default(), Table::new());
    let table = |name: &str| all.get(name).and_then(Json::as_object).unwrap_or(&none);
    let layers = layers(experiment);
    let model = match model(&layers, network) {
        Ok(model) => model,
        Err(error) => return format!("# {error}\n"),
    };
    let mut starts = String::new();
    start_all(&layers, "model", &mut starts);
    let (loss, optimizer) = (table("loss"), table("optimizer"));
    let compared = match (kind(loss), find(LOSSES, kind(loss))) {
        (_, Some(name)) => format!("loss = {name}({})", arguments(loss)),
        ("squared_error", _) => "loss = nn.MSELoss(reduction=\"sum\")".into(),
        (other, _) => format!("# loss: {other}, which PyTorch has no module for"),
    };
    let name = find(OPTIMIZERS, kind(optimizer)).unwrap_or("SGD");
    let settings = further(optimizer);
    format!(
        "# The network of this experiment in PyTorch. Its starting weights are drawn anew:\n# PyTorch's generator is another \
         one.\nimport torch\nfrom torch import nn\n\n{model}{starts}{compared}\noptimizer = \
         torch.optim.{name}(model.parameters(){settings})\n"
    )
}

/// How the weights of layers start that say so; `of` is the module that they are in.
fn start_all(layers: &[Json], of: &str, starts: &mut String) {
    for (at, layer) in layers.iter().filter_map(Json::as_object).enumerate() {
        for (key, param) in [("init", "weight"), ("bias_init", "bias")] {
            if let Some(init) = layer.get(key) {
                *starts += &start(init, &format!("{of}[{at}].{param}"));
            }
        }
        if let Some(layers) = inside(layer) {
            start_all(layers, &format!("{of}[{at}].f"), starts);
        }
    }
}

/// `nn.init.kaiming_uniform_(model[0].weight)`
fn start(init: &Json, of: &str) -> String {
    match init {
        Json::Object(table) => format!("nn.init.{}_({of}{})\n", kind(table), further(table)),
        name => format!("nn.init.{}_({of})\n", name.as_str().unwrap_or_default()),
    }
}
