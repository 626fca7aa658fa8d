//! Healthy experiments, the ugly ones among them.

// Lists of cases, which are read from top to bottom.
#![allow(clippy::too_many_lines)]

use super::bases::Base;
use super::{Recipe, dense, kind, recipe};
use crate::tables::Table;
use std::path::Path;

/// Healthy experiments, the ugly ones among them.
pub(super) fn healthy(base: &Base, folder: &Path) -> Vec<(String, Recipe)> {
    let r = &base.recipe;
    let mut all = vec![];
    let mut add = |name: &str, change: &dyn Fn(&mut Recipe)| {
        let mut recipe = r.clone();
        change(&mut recipe);
        all.push((format!("{}: {name}", base.name), recipe));
    };
    for seed in 1..=4 {
        add(&format!("seed {seed}"), &|r| r.seed = seed);
    }
    add("twice as long", &|r| r.epochs *= 2);
    add("lr×1.5", &|r| r.lr *= 1.5);
    add("lr÷1.5", &|r| r.lr /= 1.5);
    add("cosine", &|r| {
        r.schedule = "[schedule]\ntype = \"cosine\"".into();
        r.epochs = r.epochs * 3 / 2;
    });
    add("warm-up", &|r| r.schedule = "[schedule]\nwarmup = 20".into());
    add("batch of 8", &|r| {
        r.batch = 8;
        r.lr /= 2.0;
    });
    add("clipped at 5", &|r| r.train = "clip_norm = 5.0".into());
    if r.optimizer == "sgd" {
        add("momentum 0.98", &|r| {
            r.settings = "momentum = 0.98".into();
            r.lr = if r.settings.is_empty() { r.lr / 20.0 } else { r.lr / 10.0 };
        });
        add("batch 1", &|r| {
            r.batch = 1;
            r.lr /= 20.0;
        });
    }
    if let Some(table) = &base.table
        && base.traits.classes > 1
    {
        let noisy = table.clone().noisy_targets(0.1, base.traits.classes, 9);
        let path = folder.join(format!("{}-noisy.csv", base.name));
        noisy.write(&path);
        let path = path.display().to_string();
        add("10 % wrong labels", &|r| {
            r.source.clone_from(&path);
            r.data = "target = \"label\"".into();
            r.epochs = r.epochs / 4 + 2;
        });
    }
    all
}

/// Healthy ones that are built by hand.
pub(super) fn ugly(folder: &Path) -> Vec<(String, Recipe)> {
    let file = |name: &str, table: Table| {
        let path = folder.join(format!("ugly-{name}.csv"));
        table.write(&path);
        path.display().to_string()
    };
    let mut all: Vec<(String, Recipe)> = vec![];
    let mut add = |name: &str, recipe: Recipe| all.push((format!("ugly: {name}"), recipe));
    let deep = dense(&[16, 16, 16, 16, 16, 16, 2], "tanh");
    add("deep tanh", recipe("moons", deep, "cross_entropy", ("adam", 3e-3), 60, 32));
    add("tiny", recipe("iris", dense(&[3], "relu"), "cross_entropy", ("adam", 0.05), 100, 16));
    add("wide", recipe("moons", dense(&[512, 2], "relu"), "cross_entropy", ("adam", 3e-3), 30, 32));
    add(
        "batch of everything",
        recipe("moons", dense(&[16, 16, 2], "tanh"), "cross_entropy", ("adam", 0.02), 300, 1000),
    );
    let rare = Table::blobs(800, 2, 6, 4.0, 3).keep(|i, row| row[6] == 1.0 || (i / 2) % 9 == 0);
    add(
        "1 : 9 with a good result",
        recipe(&file("rare", rare), dense(&[16, 2], "relu"), "cross_entropy", ("adam", 0.01), 40, 32),
    );
    let overlapping = Table::blobs(800, 2, 4, 1.0, 4);
    add(
        "a hard problem",
        recipe(&file("hard", overlapping), dense(&[8, 2], "tanh"), "cross_entropy", ("adam", 3e-3), 20, 32),
    );
    let unscaled = Table::blobs(600, 3, 5, 4.0, 5).scaled(|i| (2.0 + i as f64, 3.0));
    add(
        "unscaled, and Adam copes",
        recipe(&file("unscaled", unscaled), dense(&[32, 3], "relu"), "cross_entropy", ("adam", 5e-3), 60, 32),
    );
    add(
        "few examples",
        recipe(
            &file("few", Table::blobs(40, 2, 3, 5.0, 6)),
            dense(&[8, 2], "tanh"),
            "cross_entropy",
            ("adam", 0.02),
            60,
            8,
        ),
    );
    let mut decayed = recipe("digits", dense(&[64, 10], "relu"), "cross_entropy", ("adamw", 3e-3), 20, 32);
    (decayed.settings, decayed.scale) = ("weight_decay = 1.0".into(), "standard");
    add("strong decay", decayed);
    add(
        "xor",
        Recipe {
            test: 0.0,
            ..recipe("xor", dense(&[8, 2], "tanh"), "cross_entropy", ("adam", 0.05), 200, 4)
        },
    );
    let mut normed = recipe("circles", dense(&[16, 16, 2], "relu"), "cross_entropy", ("adam", 0.01), 40, 32);
    normed.layers.insert(1, kind("batch_norm"));
    add("batch norm", normed);
    let mut dropped = recipe("moons", dense(&[64, 64, 2], "relu"), "cross_entropy", ("adam", 5e-3), 60, 32);
    dropped.layers.insert(2, "  { type = \"dropout\", p = 0.2 }".into());
    add("dropout", dropped);
    add(
        "linear regression",
        Recipe {
            scale: "standard",
            ..recipe("diabetes", dense(&[1], "relu"), "mse", ("adam", 0.5), 100, 32)
        },
    );
    add(
        "logits of one unit",
        recipe("moons", dense(&[16, 16, 1], "relu"), "bce_with_logits", ("adam", 0.01), 40, 32),
    );
    add(
        "sigmoid with bce",
        recipe(
            "moons",
            [dense(&[16, 16, 1], "tanh"), vec![kind("sigmoid")]].concat(),
            "bce",
            ("adam", 0.01),
            40,
            32,
        ),
    );
    add(
        "log_softmax with nll",
        recipe(
            "moons",
            [dense(&[16, 16, 2], "tanh"), vec![kind("log_softmax")]].concat(),
            "nll",
            ("adam", 0.01),
            40,
            32,
        ),
    );
    all
}
