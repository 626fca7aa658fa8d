//! Faults of the data.

// Lists of cases, which are read from top to bottom.
#![allow(clippy::too_many_lines)]

use super::bases::Base;
use super::{Case, Expect, Planted, Recipe, at, dense, planted, recipe};
use crate::tables::Table;
use std::path::Path;

/// Faults of the data: tables with something done to them, and the twin's table.
pub(super) fn data(base: &Base, folder: &Path) -> Vec<Case> {
    let Some(table) = &base.table else { return vec![] };
    let width = table.width();
    let mut cases = vec![];
    let file = |name: &str, table: &Table| {
        let path = folder.join(format!("{}-{}.csv", base.name, name.replace(' ', "-")));
        table.write(&path);
        path.display().to_string()
    };
    let healthy = base.recipe.text();
    let mut plant =
        |name: &str, planted: Planted, twin: Option<String>, table: Table, change: &dyn Fn(&mut Recipe)| {
            let mut recipe = base.recipe.clone();
            recipe.source = file(name, &table);
            recipe.data = "target = \"label\"".into();
            change(&mut recipe);
            let expect = Expect::Faulty { faults: vec![planted], beside: vec![] };
            cases.push(Case { name: format!("{}: {name}", base.name), text: recipe.text(), twin, expect });
        };
    plant(
        "targets shuffled",
        planted(&["labels-unrelated"]),
        Some(healthy.clone()),
        table.clone().shuffled_targets(3),
        &|_| (),
    );
    for seed in 10..14 {
        let shuffled = table.clone().shuffled_targets(seed);
        plant(
            &format!("targets shuffled ({seed})"),
            planted(&["labels-unrelated"]),
            Some(healthy.clone()),
            shuffled,
            &|_| (),
        );
    }
    plant(
        "targets one row off",
        planted(&["labels-unrelated"]),
        Some(healthy.clone()),
        {
            let mut moved = table.clone().shuffled(4);
            let targets: Vec<f64> = moved.rows.iter().map(|row| row[width]).collect();
            let count = targets.len();
            moved.rows.iter_mut().enumerate().for_each(|(i, row)| row[width] = targets[(i + 1) % count]);
            moved
        },
        &|_| (),
    );
    plant(
        "inputs × 1000",
        planted(&["data-unscaled"]),
        Some(healthy.clone()),
        table.clone().scaled(|_| (1000.0, 0.0)),
        &|r| r.scale = "none",
    );
    plant(
        "inputs of unlike size",
        planted(&["data-unscaled"]),
        Some(healthy.clone()),
        table.clone().scaled(|i| (if i % 2 == 0 { 300.0 } else { 0.01 }, 0.0)),
        &|r| r.scale = "none",
    );
    plant(
        "inputs far from 0",
        planted(&["data-unscaled"]),
        Some(healthy.clone()),
        table.clone().scaled(|_| (1.0, 500.0)),
        &|r| r.scale = "none",
    );
    if !base.traits.scaled {
        plant(
            "constant column 5000",
            at(&["data-constant-feature", "data-unscaled"], &["x0"]),
            Some(healthy.clone()),
            table.clone().with_constant(5000.0),
            &|r| r.scale = "none",
        );
    }
    if base.traits.classes > 1 {
        let sorted = table.clone().sorted();
        plant("sorted by class", planted(&["data-sorted-by-class"]), Some(healthy.clone()), sorted, &|r| {
            r.shuffle = false
        });
        plant(
            "one class",
            at(&["data-single-class"], &["1"]),
            None,
            table.clone().keep(|_, row| row[width] == 1.0),
            &|_| (),
        );
        plant(
            "label out of range",
            at(&["data-label-out-of-range"], &["97"]),
            None,
            {
                let mut off = table.clone();
                off.rows[7][width] = 97.0;
                off
            },
            &|_| (),
        );
    }
    plant(
        "NaN in row 5",
        at(&["data-non-finite"], &["x0", "row 5"]),
        None,
        {
            let mut broken = table.clone();
            broken.rows[5][0] = f64::NAN;
            broken
        },
        &|_| (),
    );
    let [train, test] = table.clone().shuffled(6).parted(0.25);
    for share in [2, 4, 8] {
        let known = test.rows.len() / share;
        let leaked = Table { rows: test.rows.iter().chain(train.rows.iter().take(known)).cloned().collect() };
        let path = folder.join(format!("{}-leaked-{share}.csv", base.name));
        leaked.write(&path);
        plant(
            &format!("1 in {} of the held-out rows is known", share + 1),
            planted(&["data-leaks-into-test"]),
            None,
            train.clone(),
            &|r| {
                r.data = format!("target = \"label\"\ntest_source = {:?}", path.display().to_string());
            },
        );
    }
    cases
}

/// Classes so rare that they are not learned: what costs is the mean over the classes.
pub(super) fn imbalanced(folder: &Path) -> Vec<Case> {
    let mut cases = vec![];
    for (seed, apart, ratio) in [
        (7, 2.0, 15),
        (8, 2.2, 18),
        (9, 1.8, 22),
        (10, 2.4, 35),
        (1, 2.0, 20),
        (2, 2.0, 40),
        (3, 2.5, 30),
        (4, 2.5, 60),
        (5, 1.8, 25),
        (6, 2.2, 50),
    ] {
        let table = Table::blobs(4000, 2, 6, apart, seed)
            .keep(|i, row| row[6] == 1.0 || (i / 2) % ratio == 0)
            .shuffled(seed);
        let path = folder.join(format!("imbalanced-{seed}.csv"));
        table.write(&path);
        let layers = dense(&[16, 2], if seed % 2 == 0 { "relu" } else { "tanh" });
        let recipe = recipe(&path.display().to_string(), layers, "cross_entropy", ("adam", 3e-3), 15, 32);
        let faults = vec![at(&["data-imbalanced"], &["0"])];
        cases.push(Case {
            name: format!("imbalanced 1 : {ratio}"),
            text: recipe.text(),
            twin: None,
            expect: Expect::Faulty { faults, beside: vec![] },
        });
    }
    cases
}
