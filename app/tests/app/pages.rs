//! What pages look like in terminals of other widths, and where numbers are very large or very small. Every page at every
//! width is a test of the crate itself.

use super::why::{steady, train};
use super::{stdout, whygrad};
use std::path::Path;

/// A page in a terminal of so many columns.
fn page(folder: &Path, columns: usize, args: &[&str]) -> String {
    let run = |colour: &str| {
        let mut command = whygrad(folder, args);
        let output =
            command.env("COLUMNS", columns.to_string()).env("CLICOLOR_FORCE", colour).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let (plain, coloured) = (run("0"), run("1"));
    let stripped = console::strip_ansi_codes(&coloured);
    assert_eq!(stripped, plain, "colours change more than colours");
    for line in plain.lines() {
        assert!(console::measure_text_width(line) <= columns.min(120), "{columns} columns: {line}\n{plain}");
    }
    plain
}

#[test]
fn a_page_fits_the_terminal_that_columns_names() {
    let folder = tempfile::tempdir().unwrap();
    for columns in [20, 30, 40, 43, 44, 60, 80, 120, 200] {
        page(folder.path(), columns, &["why", "w1"]);
        page(folder.path(), columns, &["walk"]);
    }
    let page = page(folder.path(), 40, &["why", "w1", "--case", "mazur"]);
    insta::assert_snapshot!("why_in_40_columns", steady(&page));
}

#[test]
fn paths_through_batch_norm_name_their_units_whole_and_each_example_once() {
    let folder = tempfile::tempdir().unwrap();
    let layers = "network.layers=[{ type = \"linear\", out = 8 }, { type = \"batch_norm\" }, { type = \"tanh\" }, \
                  { type = \"linear\", out = 6 }, { type = \"relu\" }, { type = \"linear\", out = 3 }]";
    train(folder.path(), &["iris", "--set", layers, "--set", "train.epochs=3"]);
    for columns in [40, 60, 80, 120] {
        let page = page(folder.path(), columns, &["why", "linear1.weight[0,0]", "--paths", "100"]);
        let paths = page.split("product   path").nth(1).and_then(|rest| rest.split("─────").next()).unwrap();
        let words = paths.split_whitespace().collect::<Vec<_>>().join(" ");
        let ways: Vec<&str> =
            words.split("ℓ → ").skip(1).map(|way| way.split(" → w").next().unwrap()).collect();
        assert_eq!(ways.len(), 100, "{page}");
        let mut mixed = 0;
        for way in ways {
            let units: Vec<&str> = way.split(" → ").collect();
            assert!(units[0].starts_with("linear3[") && units[0].contains('@'), "{way}");
            assert!(units[units.len() - 1].starts_with("linear1["), "{way}");
            let named: Vec<&str> = units.iter().filter_map(|unit| Some(unit.split_once('@')?.1)).collect();
            assert!(named.windows(2).all(|pair| pair[0] != pair[1]), "{way}");
            mixed += usize::from(named.len() > 1);
            assert!(!way.contains('…'), "{way}");
        }
        assert!(mixed > 0, "{page}");
    }
}

#[test]
fn a_step_that_rounding_swallowed_is_said_to_be() {
    let folder = tempfile::tempdir().unwrap();
    let sets = ["optimizer.type=sgd", "optimizer.lr=1e-12", "train.epochs=1"];
    let args: Vec<&str> = ["iris"].into_iter().chain(sets.iter().flat_map(|set| ["--set", set])).collect();
    train(folder.path(), &args);
    let words = |args: &[&str]| {
        let page = stdout(folder.path(), args);
        page.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let page = words(&["why", "linear1.weight[0,0]"]);
    assert!(page.contains(" is lost in the rounding of f32"), "{page}");
    assert!(page.contains("rounding leaves Δw 0: next to w the numbers of f32 are 1.5e−8 apart."), "{page}");
    // In f64 the step is made.
    train(folder.path(), &[&args[..], &["--set", "train.precision=f64"]].concat());
    let page = words(&["why", "linear1.weight[0,0]", "--step", "1"]);
    assert!(page.starts_with("linear1.weight[0,0] moved") && !page.contains("rounding leaves"), "{page}");
}

#[test]
fn charts_name_the_last_value_and_have_axes_that_tell() {
    let chart = |args: &[&str]| stdout(Path::new("."), &[&["walk", "--step", "6"], args].concat());
    let falls = chart(&["--updates", "40"]);
    assert!(falls.contains(" 0.0900\n") && falls.contains("; the axis is logarithmic\n"), "{falls}");
    let constant = chart(&["--lr", "0"]);
    assert!(constant.contains("  0.0900 everywhere\n") && !constant.contains("−0.41"), "{constant}");
    let huge = chart(&["--lr", "100", "--activation", "identity", "--updates", "3", "--target", "1e6"]);
    assert!(huge.lines().all(|line| !line.contains("0000000")), "{huge}");
}
