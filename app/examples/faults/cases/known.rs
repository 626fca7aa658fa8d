//! Programs that people wrote.

// Lists of cases, which are read from top to bottom.
#![allow(clippy::too_many_lines)]

use super::{Case, Expect, Planted, Recipe, at, dense, kind, planted, recipe};
use crate::tables::Table;
use std::path::Path;

/// Programs that people wrote, each with the link that is broken first.
pub(super) fn known(folder: &Path) -> Vec<Case> {
    let file = |name: &str, table: Table| {
        let path = folder.join(format!("known-{name}.csv"));
        table.write(&path);
        path.display().to_string()
    };
    let mut cases = vec![];
    let mut add = |name: &str, faults: Vec<Planted>, recipe: Recipe| {
        cases.push(Case {
            name: format!("known: {name}"),
            text: recipe.text(),
            twin: None,
            expect: Expect::Faulty { faults, beside: vec![] },
        });
    };
    let binary = |last: &str| [dense(&[8, 1], "sigmoid"), vec![kind(last)]].concat();
    let xor = |layers, loss, optimizer, epochs| Recipe {
        test: 0.0,
        ..recipe("xor", layers, loss, optimizer, epochs, 4)
    };
    add(
        "softmax over one unit, mse",
        vec![at(&["loss-mismatch"], &["softmax1"])],
        xor(binary("softmax"), "mse", ("sgd", 0.5), 500),
    );
    add(
        "softmax over one unit, bce",
        vec![at(&["loss-mismatch"], &["softmax1"])],
        xor(binary("softmax"), "bce", ("adam", 0.05), 500),
    );
    let wine =
        |layers, scale| Recipe { scale, ..recipe("wine", layers, "cross_entropy", ("sgd", 0.03), 60, 16) };
    add(
        "unscaled inputs and relu at the output",
        vec![planted(&["data-unscaled", "loss-mismatch"])],
        wine([dense(&[16, 3], "relu"), vec![kind("relu")]].concat(), "none"),
    );
    let square = file("square", Table::square(200, 20.0));
    add(
        "x² with a rate too high",
        vec![planted(&["step-too-large", "data-unscaled"])],
        recipe(&square, dense(&[16, 1], "relu"), "mse", ("sgd", 0.1), 100, 16),
    );
    add(
        "sigmoid at the output of an unbounded regression",
        vec![at(&["loss-unreachable"], &["sigmoid1"])],
        Recipe {
            scale: "standard",
            ..recipe(
                "diabetes",
                [dense(&[8, 1], "tanh"), vec![kind("sigmoid")]].concat(),
                "mse",
                ("adam", 0.01),
                60,
                32,
            )
        },
    );
    add(
        "softmax before cross-entropy",
        vec![at(&["loss-mismatch"], &["softmax1"])],
        Recipe {
            scale: "standard",
            ..recipe(
                "digits",
                [dense(&[32, 10], "relu"), vec![kind("softmax")]].concat(),
                "cross_entropy",
                ("sgd", 0.05),
                15,
                32,
            )
        },
    );
    add(
        "mae with sigmoids on xor",
        vec![planted(&["loss-mismatch"])],
        xor(binary("sigmoid"), "mae", ("sgd", 0.5), 1000),
    );
    let mut zeros = recipe("moons", dense(&[16, 2], "relu"), "cross_entropy", ("adam", 0.01), 40, 32);
    zeros.linear("init = \"zeros\", bias_init = \"zeros\"", |_, _| true);
    add("all weights zero", vec![planted(&["units-identical"])], zeros);
    let mut dead = recipe("moons", dense(&[16, 2], "relu"), "cross_entropy", ("adam", 0.01), 40, 32);
    dead.linear("bias_init = { type = \"constant\", val = -20.0 }", |nth, _| nth == 0);
    add("biases at −20 before a relu", vec![at(&["units-dead"], &["relu1"])], dead);
    let shuffled = file("shuffled", Table::of_set("iris", None, 0).shuffled_targets(5));
    add(
        "labels shuffled",
        vec![planted(&["labels-unrelated"])],
        Recipe {
            scale: "standard",
            ..recipe(&shuffled, dense(&[8, 3], "tanh"), "cross_entropy", ("adam", 0.02), 60, 16)
        },
    );
    let sorted = file("sorted", Table::blobs(600, 4, 12, 4.0, 2).sorted());
    add(
        "rows sorted by class",
        vec![planted(&["data-sorted-by-class"])],
        Recipe {
            shuffle: false,
            ..recipe(&sorted, dense(&[16, 4], "relu"), "cross_entropy", ("sgd", 0.1), 20, 32)
        },
    );
    let mut decayed = Recipe {
        scale: "standard",
        ..recipe("digits", dense(&[32, 10], "relu"), "cross_entropy", ("sgd", 0.1), 15, 32)
    };
    decayed.settings = "weight_decay = 1.0".into();
    add("weight decay of 1", vec![planted(&["decay-dominates"])], decayed);
    let mut clipped = Recipe {
        scale: "standard",
        ..recipe("digits", dense(&[32, 10], "relu"), "cross_entropy", ("sgd", 0.1), 15, 32)
    };
    clipped.train = "clip_norm = 1e-5".into();
    add("clipped to 1e-5", vec![planted(&["clip-dominates"])], clipped);
    add(
        "two epochs where 150 are needed",
        vec![planted(&["stopped-early"])],
        recipe("spiral", dense(&[32, 32, 3], "tanh"), "cross_entropy", ("adam", 3e-3), 2, 32),
    );
    cases
}
