//! The healthy experiments that faults are planted into.

// Lists of cases, which are read from top to bottom.
#![allow(clippy::too_many_lines)]

use super::{Recipe, dense, kind, recipe};
use crate::tables::Table;
use std::path::Path;

/// What can be done to an experiment.
#[derive(Clone, Copy, PartialEq)]
pub(super) struct Traits {
    pub(super) classes: usize,
    /// Its inputs need scaling.
    pub(super) scaled: bool,
    /// A line does not do.
    pub(super) curved: bool,
    pub(super) deep: bool,
}

pub(super) struct Base {
    pub(super) name: &'static str,
    pub(super) recipe: Recipe,
    pub(super) traits: Traits,
    /// Its table, where data faults are planted into it.
    pub(super) table: Option<Table>,
}

pub(super) fn bases(folder: &Path) -> Vec<Base> {
    let standard = |recipe: Recipe| Recipe { scale: "standard", ..recipe };
    let targets =
        |recipe: Recipe| Recipe { scale: "standard", data: "scale_target = \"standard\"".into(), ..recipe };
    let momentum = |recipe: Recipe| Recipe { settings: "momentum = 0.9".into(), ..recipe };
    let file = |name: &str, table: &Table| {
        let path = folder.join(format!("{name}.csv"));
        table.write(&path);
        path.display().to_string()
    };
    let t = |classes, scaled, curved, deep| Traits { classes, scaled, curved, deep };
    let friedman = Table::friedman(600, 1.0, 1);
    let blobs = Table::blobs(600, 4, 12, 4.0, 2);
    let wide = Table::blobs(400, 3, 30, 4.5, 5);
    let friedman_file = file("friedman", &friedman);
    let (blobs_file, wide_file) = (file("blobs", &blobs), file("wide", &wide));
    let base = |name, recipe, traits, table| Base { name, recipe, traits, table };
    vec![
        base(
            "digits-relu-adam",
            standard(recipe("digits", dense(&[64, 10], "relu"), "cross_entropy", ("adam", 3e-3), 15, 32)),
            t(10, false, false, false),
            Some(Table::of_set("digits", None, 0)),
        ),
        base(
            "digits-tanh-sgd",
            standard(recipe("digits", dense(&[48, 32, 10], "tanh"), "cross_entropy", ("sgd", 0.1), 30, 32)),
            t(10, false, false, true),
            None,
        ),
        base(
            "iris-tanh-adam",
            standard(recipe("iris", dense(&[8, 3], "tanh"), "cross_entropy", ("adam", 0.02), 60, 16)),
            t(3, false, false, false),
            Some(Table::of_set("iris", None, 0)),
        ),
        base(
            "wine-relu-momentum",
            momentum(standard(recipe(
                "wine",
                dense(&[16, 3], "relu"),
                "cross_entropy",
                ("sgd", 0.03),
                40,
                16,
            ))),
            t(3, true, false, false),
            Some(Table::of_set("wine", None, 0)),
        ),
        base(
            "cancer-sigmoid-adamw",
            standard(recipe(
                "breast_cancer",
                dense(&[16, 2], "sigmoid"),
                "cross_entropy",
                ("adamw", 0.01),
                40,
                32,
            )),
            t(2, true, false, false),
            Some(Table::of_set("breast_cancer", None, 0)),
        ),
        base(
            "moons-relu-adam",
            recipe("moons", dense(&[16, 16, 2], "relu"), "cross_entropy", ("adam", 0.01), 40, 32),
            t(2, false, true, false),
            Some(Table::of_set("moons", Some(600), 0)),
        ),
        base(
            "moons-tanh-momentum",
            momentum(recipe("moons", dense(&[12, 12, 2], "tanh"), "cross_entropy", ("sgd", 0.05), 40, 32)),
            t(2, false, true, false),
            None,
        ),
        base(
            "circles-relu-rmsprop",
            recipe("circles", dense(&[16, 16, 2], "relu"), "cross_entropy", ("rmsprop", 3e-3), 40, 32),
            t(2, false, true, false),
            None,
        ),
        base(
            "circles-binary-adam",
            recipe(
                "circles",
                [dense(&[16, 16, 1], "tanh"), vec![kind("sigmoid")]].concat(),
                "bce",
                ("adam", 0.01),
                40,
                32,
            ),
            t(1, false, true, false),
            None,
        ),
        base(
            "spiral-tanh-adam",
            recipe("spiral", dense(&[32, 32, 3], "tanh"), "cross_entropy", ("adam", 0.01), 60, 32),
            t(3, false, true, false),
            None,
        ),
        base(
            "spiral-deep-relu-adam",
            recipe("spiral", dense(&[24, 24, 24, 24, 3], "relu"), "cross_entropy", ("adam", 5e-3), 60, 32),
            t(3, false, true, true),
            None,
        ),
        base(
            "sine-tanh-adam",
            recipe("sine", dense(&[32, 32, 1], "tanh"), "mse", ("adam", 0.01), 100, 32),
            t(0, false, true, false),
            Some(Table::of_set("sine", None, 0).shuffled(7)),
        ),
        base(
            "friedman-relu-adam",
            recipe(&friedman_file, dense(&[32, 32, 1], "relu"), "mse", ("adam", 5e-3), 60, 32),
            t(0, false, true, false),
            Some(friedman),
        ),
        base(
            "friedman-tanh-momentum",
            momentum(recipe(&friedman_file, dense(&[24, 1], "tanh"), "mse", ("sgd", 0.02), 80, 32)),
            t(0, false, true, false),
            None,
        ),
        base(
            "diabetes-tanh-adam",
            targets(recipe("diabetes", dense(&[8, 1], "tanh"), "mse", ("adam", 5e-3), 60, 32)),
            t(0, false, false, false),
            None,
        ),
        base(
            "blobs-relu-sgd",
            recipe(&blobs_file, dense(&[24, 4], "relu"), "cross_entropy", ("sgd", 0.1), 30, 32),
            t(4, false, false, false),
            Some(blobs),
        ),
        base(
            "wide-gelu-adamw",
            recipe(&wide_file, dense(&[64, 32, 3], "gelu"), "cross_entropy", ("adamw", 3e-3), 30, 32),
            t(3, false, false, true),
            Some(wide),
        ),
    ]
}
