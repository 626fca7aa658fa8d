//! An experiment with something changed, as a check proposes it.

use super::Experiment;
use crate::error::Result;
use toml_edit::{Array, DocumentMut, InlineTable, Item, TableLike, Value as Toml, table, value};
use whygrad::Shape;
use whygrad::check::{Change, HIDDEN, Start};
use whygrad::network::Network;

impl Experiment {
    /// The same experiment with these changes, stage by stage, for examples of the shape `input`. Comments stay.
    pub fn changed(&self, stages: &[Vec<Change>], input: &Shape) -> Result<Experiment> {
        let mut experiment = self.clone();
        for changes in stages {
            for change in Change::in_turn(changes, &experiment.network(input.clone())?) {
                let network = experiment.network(input.clone())?;
                let text = edited(&experiment.text, &network, &change);
                experiment = Experiment::parse("the changed experiment", &experiment.name, &text, &[])?;
            }
        }
        Ok(experiment)
    }
}

/// The text of an experiment with one change.
fn edited(text: &str, network: &Network, change: &Change) -> String {
    let Ok(mut document) = text.parse::<DocumentMut>() else { return text.into() };
    let place =
        |name: &str| network.nodes().iter().find(|node| node.name == name).map(|node| node.path.as_str());
    match change {
        Change::Standardise => set(&mut document, "data", "scale", "standard".into()),
        Change::StandardiseTargets => set(&mut document, "data", "scale_target", "standard".into()),
        Change::Shuffle => set(&mut document, "data", "shuffle", true.into()),
        Change::ClassWeights(weights) => {
            let weights: Array = weights.iter().copied().collect();
            set(&mut document, "loss", "weight", weights.into());
        }
        Change::Loss(name) => retype(&mut document, "loss", name),
        Change::Optimizer(key, number) => set(&mut document, "optimizer", key, (*number).into()),
        Change::OptimizerType(name) => retype(&mut document, "optimizer", name),
        Change::Unclipped => unset(&mut document, "train", &["clip_norm", "clip_value"]),
        Change::ClipNorm(norm) => {
            unset(&mut document, "train", &["clip_norm", "clip_value"]);
            set(&mut document, "train", "clip_norm", (*norm).into());
        }
        Change::ConstantRate => drop(document.remove("schedule")),
        Change::Epochs(epochs) => {
            unset(&mut document, "train", &["patience"]);
            set(&mut document, "train", "epochs", (*epochs as i64).into());
        }
        Change::Batch(batch) => set(&mut document, "train", "batch", (*batch as i64).into()),
        Change::Hidden(name) => layers(&mut document, place(name), |layers, at| layers.insert_hidden(at)),
        Change::Remove(name) => layers(&mut document, place(name), |layers, at| layers.remove(at)),
        Change::Replace(name, by) => layers(&mut document, place(name), |layers, at| layers.replace(at, by)),
        Change::Before(name, what) => {
            layers(&mut document, place(name), |layers, at| layers.insert(at, what))
        }
        Change::Start(name, start) => {
            unset(&mut document, "network", &["weights"]);
            layers(&mut document, place(name), |layers, at| {
                let Some(layer) = layers.get(at) else { return };
                layer.remove("bias_init");
                layer.remove("init");
                match start {
                    Start::Default => {}
                    Start::Xavier => drop(layer.insert("init", value("xavier_uniform"))),
                    Start::Kaiming => {
                        let mut init = InlineTable::new();
                        init.insert("type", "kaiming_normal".into());
                        init.insert("nonlinearity", "relu".into());
                        drop(layer.insert("init", value(init)));
                    }
                }
            });
        }
    }
    document.to_string()
}

fn set(document: &mut DocumentMut, of: &str, key: &str, to: Toml) {
    let table = document.entry(of).or_insert_with(table);
    let Some(table) = table.as_table_like_mut() else { return };
    match table.get_mut(key) {
        Some(Item::Value(old)) => {
            let decor = old.decor().clone();
            *old = to;
            *old.decor_mut() = decor;
        }
        _ => drop(table.insert(key, Item::Value(to))),
    }
}

fn unset(document: &mut DocumentMut, of: &str, keys: &[&str]) {
    if let Some(table) = document.get_mut(of).and_then(Item::as_table_like_mut) {
        keys.iter().for_each(|key| drop(table.remove(key)));
    }
}

/// Only the `type` stays.
fn retype(document: &mut DocumentMut, of: &str, name: &str) {
    if let Some(table) = document.get_mut(of).and_then(Item::as_table_like_mut) {
        table.clear();
    }
    set(document, of, "type", name.into());
}

/// A list of layers, in either of the two ways that TOML writes one.
enum Layers<'a> {
    Array(&'a mut Array),
    Tables(&'a mut toml_edit::ArrayOfTables),
}

impl<'a> Layers<'a> {
    fn of(table: &'a mut dyn TableLike) -> Option<Layers<'a>> {
        match table.get_mut("layers")? {
            Item::Value(Toml::Array(array)) => Some(Layers::Array(array)),
            Item::ArrayOfTables(tables) => Some(Layers::Tables(tables)),
            _ => None,
        }
    }

    fn get(self, at: usize) -> Option<&'a mut dyn TableLike> {
        match self {
            Layers::Array(array) => {
                array.get_mut(at)?.as_inline_table_mut().map(|table| table as &mut dyn TableLike)
            }
            Layers::Tables(tables) => tables.get_mut(at).map(|table| table as &mut dyn TableLike),
        }
    }

    fn remove(self, at: usize) {
        match self {
            Layers::Array(array) => drop(array.remove(at)),
            Layers::Tables(tables) => drop(tables.remove(at)),
        }
    }

    fn replace(self, at: usize, by: &str) {
        if let Some(layer) = self.get(at) {
            layer.clear();
            layer.insert("type", value(by));
        }
    }

    fn insert_hidden(self, at: usize) {
        let Layers::Array(array) = self else { return };
        for text in ["{ type = \"relu\" }".to_string(), format!("{{ type = \"linear\", out = {HIDDEN} }}")] {
            let Ok(mut layer) = text.parse::<Toml>() else { return };
            if let Some(next) = array.get(at) {
                *layer.decor_mut() = next.decor().clone();
            }
            array.insert_formatted(at, layer);
        }
    }

    fn insert(self, at: usize, what: &str) {
        match self {
            Layers::Array(array) => {
                let mut layer = InlineTable::new();
                layer.insert("type", what.into());
                let mut layer = Toml::InlineTable(layer);
                if let Some(next) = array.get(at) {
                    *layer.decor_mut() = next.decor().clone();
                }
                array.insert_formatted(at, layer);
            }
            Layers::Tables(tables) => {
                // There is no insert: those behind it are put there again.
                let behind: Vec<_> = tables.iter().skip(at).cloned().collect();
                (at..tables.len()).rev().for_each(|at| drop(tables.remove(at)));
                let mut layer = toml_edit::Table::new();
                layer.insert("type", value(what));
                tables.push(layer);
                behind.into_iter().for_each(|layer| tables.push(layer));
            }
        }
    }
}

/// Does something with the layer at a path such as `2`, or `1.f.0` inside a residual.
fn layers(document: &mut DocumentMut, path: Option<&str>, change: impl FnOnce(Layers<'_>, usize)) {
    let Some(path) = path else { return };
    let mut steps = path.split(".f.").filter_map(|step| step.parse::<usize>().ok()).peekable();
    let Some(mut table) = document.get_mut("network").and_then(Item::as_table_like_mut) else { return };
    while let Some(at) = steps.next() {
        let Some(layers) = Layers::of(table) else { return };
        if steps.peek().is_none() {
            return change(layers, at);
        }
        match layers.get(at) {
            Some(inside) => table = inside,
            None => return,
        }
    }
}
