//! What the files of reference numbers say.

use serde_json::Value as Json;
use std::sync::Arc;
use whygrad::data::{Dataset, Targets};
use whygrad::loss::{self, TargetKind};
use whygrad::network::{Layer, Network, Weights};
use whygrad::op;
use whygrad::optim::{self, Clip, Optimizer};
use whygrad::setting::Literal;

/// What stands somewhere in a case, and where: `expected.losses[3]`.
#[derive(Clone)]
pub(super) struct Field<'a> {
    json: &'a Json,
    path: String,
}

/// Settings as a file gives them.
type Given = Vec<(String, Literal)>;

impl<'a> Field<'a> {
    /// Where `path` is empty, a case as a whole.
    pub(super) fn new(path: &str, json: &'a Json) -> Field<'a> {
        Field { json, path: path.into() }
    }

    /// Behind a key; missing where there is none.
    pub(super) fn get(&self, key: &str) -> Field<'a> {
        let dot = if self.path.is_empty() { "" } else { "." };
        Field { json: &self.json[key], path: format!("{}{dot}{key}", self.path) }
    }

    /// Behind a key, where there is something.
    pub(super) fn given(&self, key: &str) -> Option<Field<'a>> {
        Some(self.get(key)).filter(|field| !field.json.is_null())
    }

    /// Of a list.
    pub(super) fn items(&self) -> Result<Vec<Field<'a>>, String> {
        let items = self.json.as_array().ok_or_else(|| self.should_be("a list"))?;
        let item = |(i, json)| Field { json, path: format!("{}[{i}]", self.path) };
        Ok(items.iter().enumerate().map(item).collect())
    }

    /// Of a table, with their keys.
    pub(super) fn entries(&self) -> Result<Vec<(&'a str, Field<'a>)>, String> {
        let table = self.json.as_object().ok_or_else(|| self.should_be("a table"))?;
        Ok(table.keys().map(|key| (key.as_str(), self.get(key))).collect())
    }

    /// Of a table behind a key; none where there is none.
    pub(super) fn table(&self, key: &str) -> Result<Vec<(&'a str, Field<'a>)>, String> {
        self.given(key).map_or(Ok(vec![]), |table| table.entries())
    }

    pub(super) fn text(&self) -> Result<&'a str, String> {
        self.json.as_str().ok_or_else(|| self.should_be("a text"))
    }

    pub(super) fn number(&self) -> Result<f64, String> {
        self.json.as_f64().ok_or_else(|| self.should_be("a number"))
    }

    /// A whole number up to `most`.
    pub(super) fn count(&self, most: u64) -> Result<u64, String> {
        let count = self.json.as_u64().filter(|count| *count <= most);
        count.ok_or_else(|| self.should_be(&format!("a whole number from 0 to {most}")))
    }

    /// A number, or all numbers of nested lists, in order.
    pub(super) fn numbers(&self) -> Result<Vec<f64>, String> {
        match self.json {
            Json::Array(_) => {
                let items = self.items()?.into_iter().map(|item| item.numbers());
                Ok(items.collect::<Result<Vec<_>, _>>()?.concat())
            }
            _ => Ok(vec![self.number()?]),
        }
    }

    /// As [`Field::numbers`], so many of them.
    pub(super) fn exactly(&self, count: usize) -> Result<Vec<f64>, String> {
        let numbers = self.numbers()?;
        match numbers.len() {
            found if found == count => Ok(numbers),
            found => Err(self.problem(&format!("has {found} numbers; there should be {count}"))),
        }
    }

    /// The rows of a table of numbers, and how many each has; at least one of each. A row may be nested, or one number.
    fn rows(&self) -> Result<(Vec<f64>, usize), String> {
        let rows = self.items()?;
        let width =
            rows.first().ok_or_else(|| self.problem("is empty; it should have a row"))?.numbers()?.len();
        if width == 0 {
            return Err(rows[0].problem("is empty; it should have a number"));
        }
        let rows = rows.iter().map(|row| row.exactly(width)).collect::<Result<Vec<_>, _>>()?;
        Ok((rows.concat(), width))
    }

    /// A setting as an experiment would have it.
    fn setting(&self) -> Literal {
        match self.json {
            Json::Bool(x) => Literal::Switch(*x),
            Json::Number(x) => {
                x.as_i64().map_or_else(|| Literal::Number(x.as_f64().unwrap_or(f64::NAN)), Literal::Whole)
            }
            Json::Array(_) => Literal::List(self.items().iter().flatten().map(Field::setting).collect()),
            Json::Object(_) => Literal::Table(self.settings()),
            Json::String(text) => Literal::Text(text.clone().into()),
            Json::Null => Literal::Text("".into()),
        }
    }

    /// The settings of a table.
    fn settings(&self) -> Given {
        let entries = self.entries().into_iter().flatten();
        entries.map(|(key, value)| (key.to_string(), value.setting())).collect()
    }

    /// The `type` of a table, and its other settings.
    fn typed(&self) -> Result<(&'a str, Given), String> {
        self.entries()?;
        let mut settings = self.settings();
        settings.retain(|(key, _)| key != "type");
        Ok((self.get("type").text()?, settings))
    }

    /// A sentence about it.
    pub(super) fn problem(&self, what: &str) -> String {
        format!("`{}` {what}", self.path)
    }

    /// What is there, and what should be.
    pub(super) fn should_be(&self, what: &str) -> String {
        let there = match self.json {
            Json::Null => "missing".into(),
            Json::Array(_) => "a list".into(),
            Json::Object(_) => "a table".into(),
            other => format!("{:.40}", other.to_string()),
        };
        self.problem(&format!("is {there}; it should be {what}"))
    }
}

/// The layers of a list.
pub(super) fn layers(of: &Field) -> Result<Vec<Layer>, String> {
    let layer = |of: &Field| {
        let (kind, mut given) = of.typed()?;
        if kind == "residual" {
            return Ok(Layer::Residual(layers(&of.get("layers"))?));
        }
        let kind = if kind == "gelu_tanh" {
            given.push(("approximate".into(), Literal::Text("tanh".into())));
            "gelu"
        } else {
            kind
        };
        op::read(kind, given).map(Layer::Op).map_err(|error| of.problem(&format!("is no layer: {error}")))
    };
    of.items()?.iter().map(layer).collect()
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

/// The loss of a case.
pub(super) fn loss(of: &Field) -> Result<Arc<dyn loss::LossFunction>, String> {
    let smoothed = vec![("label_smoothing".to_string(), Literal::Number(0.1))];
    let (name, given) = match of.text()? {
        "cross_entropy_smoothed" => ("cross_entropy", smoothed),
        name => (name, vec![]),
    };
    loss::read(name, given).map_err(|error| of.problem(&format!("is no loss: {error}")))
}

/// The optimizer of a case.
pub(super) fn optimizer(of: &Field) -> Result<Arc<dyn Optimizer>, String> {
    let (kind, given) = of.typed()?;
    optim::read(kind, given).map_err(|error| of.problem(&format!("is no optimizer: {error}")))
}

/// The norm to which gradients are clipped, where the case has one.
pub(super) fn clip(case: &Field) -> Result<Clip, String> {
    let Some(norm) = case.given("clip_norm") else { return Ok(Clip::Off) };
    let above_0 = norm.number().ok().filter(|norm| *norm > 0.0);
    above_0.map(Clip::Norm).ok_or_else(|| norm.should_be("a number above 0"))
}

/// The examples of a case.
pub(super) fn dataset(loss: &dyn loss::LossFunction, case: &Field) -> Result<Dataset<f64>, String> {
    let (inputs, width) = case.get("input").rows()?;
    let target = case.get("target");
    let targets = match loss.wants() {
        TargetKind::Classes => {
            let class = |class: Field| class.count(u32::MAX.into()).map(|class| class as u32);
            Targets::Classes(target.items()?.into_iter().map(class).collect::<Result<_, _>>()?)
        }
        TargetKind::Values => {
            let (data, width) = target.rows()?;
            Targets::Values { data, width }
        }
    };
    Dataset::new(inputs, [width], targets).map_err(|error| error.to_string())
}

/// The numbers of a table of tensors, in the order of the network's parameters.
pub(super) fn by_param(network: &Network, of: &Field) -> Result<Vec<f64>, String> {
    let params = network.params().iter();
    let numbers = params.map(|param| of.get(&param.path).exactly(param.shape.len()));
    Ok(numbers.collect::<Result<Vec<_>, _>>()?.concat())
}

/// Weights from a table of tensors. A network that has more numbers than the table is refused before it has memory.
pub(super) fn weights(network: &Network, of: &Field) -> Result<Weights<f64>, String> {
    let numbers = by_param(network, of)?;
    let mut weights = Weights::init(network, 0);
    for param in network.params() {
        let numbers = &numbers[param.range.clone()];
        weights.set(network, &param.path, numbers).map_err(|error| error.to_string())?;
    }
    Ok(weights)
}
