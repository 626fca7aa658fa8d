//! Checks of data that contradict themselves: tables, each with a twin.

use super::{causes, checked, stands};
use std::fmt::Write as _;
use std::path::Path;
use whygrad_cli::experiment::Experiment;

/// Checks that are tested here.
pub(super) const TESTED: &[&str] = &[
    "data-non-finite",
    "data-label-out-of-range",
    "data-single-class",
    "data-constant-feature",
    "data-imbalanced",
    "data-leaks-into-test",
    "labels-unrelated",
];

/// Points in 3 dimensions, two classes of them, as rows of text: x0, x1, x2, label.
fn rows(count: usize) -> Vec<[String; 4]> {
    let mut state = 7u64;
    let mut uniform = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as f64 / (1u64 << 31) as f64
    };
    let mut row = |i: usize| {
        let class = i % 2;
        let shift = class as f64 * 0.6;
        let [a, b, c] = [uniform() + shift, uniform() - shift, uniform()];
        [a.to_string(), b.to_string(), c.to_string(), class.to_string()]
    };
    (0..count).map(&mut row).collect()
}

fn write(path: &Path, rows: &[[String; 4]]) {
    let mut text = "a,b,c,label\n".to_string();
    rows.iter().for_each(|row| writeln!(text, "{}", row.join(",")).unwrap());
    std::fs::write(path, text).unwrap();
}

/// An experiment on the table, and on the held-out rows of another file where there are some.
fn experiment(folder: &Path, rows: &[[String; 4]], held_out: Option<&[[String; 4]]>) -> Experiment {
    let (train, test) = (folder.join("train.csv"), folder.join("test.csv"));
    write(&train, rows);
    let mut data = format!("source = {:?}\n", train.display().to_string());
    if let Some(held_out) = held_out {
        write(&test, held_out);
        data += &format!("test_source = {:?}\n", test.display().to_string());
    }
    let text = format!(
        "[data]\n{data}\n[network]\nlayers = [{{ type = \"linear\", out = 8 }}, {{ type = \"tanh\" }}, \
         {{ type = \"linear\", out = 2 }}]\n[loss]\ntype = \"cross_entropy\"\n[optimizer]\ntype = \"adam\"\nlr = 0.01\n\
         [train]\nepochs = 30\nbatch = 16\n"
    );
    Experiment::parse("table", "table", &text, &[]).unwrap()
}

/// The check is named first for these rows, and not at all for the healthy ones.
fn fires(check: &str, faulty: &[[String; 4]], held_out: Option<&[[String; 4]]>) -> whygrad::check::Finding {
    let folder = tempfile::tempdir().unwrap();
    let found = checked(&experiment(folder.path(), faulty, held_out)).verdict;
    assert_eq!(causes(&found).first(), Some(&check), "{found:#?}");
    let healthy = checked(&experiment(folder.path(), &rows(300), None)).verdict;
    assert!(!healthy.is_broken() && stands(&healthy, check).is_empty(), "{healthy:#?}");
    found.causes[0].finding.clone()
}

#[test]
fn nan_in_a_cell_is_named_with_its_row_and_column() {
    let mut broken = rows(300);
    broken[41][1] = "NaN".into();
    let place = fires("data-non-finite", &broken, None).place;
    assert_eq!((place.row, place.column.as_deref()), (Some(41), Some("b")));
}

#[test]
fn a_label_that_the_network_has_no_output_for_is_named() {
    let mut broken = rows(300);
    broken[41][3] = "5".into();
    assert_eq!(fires("data-label-out-of-range", &broken, None).place.class.as_deref(), Some("5"));
}

#[test]
fn a_training_part_of_one_class_is_named() {
    let one: Vec<_> = rows(300).into_iter().filter(|row| row[3] == "1").collect();
    assert_eq!(fires("data-single-class", &one, None).place.class.as_deref(), Some("1"));
}

#[test]
fn a_huge_column_that_is_the_same_everywhere_is_named() {
    let mut constant = rows(300);
    constant.iter_mut().for_each(|row| row[2] = "40000".into());
    assert_eq!(fires("data-constant-feature", &constant, None).place.column.as_deref(), Some("c"));
}

#[test]
fn a_class_that_is_so_rare_that_it_is_never_said_is_named() {
    // The rare ones lie near the frequent ones, so that saying them never costs least.
    let mut near = rows(4000);
    let mut nth = 0;
    near.retain(|row| {
        nth += 1;
        row[3] == "1" || nth % 40 == 1
    });
    for row in near.iter_mut().filter(|row| row[3] == "0") {
        row[0] = (row[0].parse::<f64>().unwrap() + 0.25).to_string();
    }
    assert_eq!(fires("data-imbalanced", &near, None).place.class.as_deref(), Some("0"));
}

#[test]
fn held_out_rows_that_are_taught_are_named_by_the_first() {
    let all = rows(300);
    let leaked = [&all[200..], &all[10..40]].concat();
    let place = fires("data-leaks-into-test", &all[..200], Some(&leaked)).place;
    // As the files have them, from 1.
    assert_eq!((place.row, place.example), (Some(11), Some(101)));
}

#[test]
fn labels_that_have_nothing_to_do_with_the_inputs_are_named() {
    let mut shuffled = rows(300);
    // Each row gets the label of a row far away.
    let labels: Vec<String> = shuffled.iter().map(|row| row[3].clone()).collect();
    for (i, row) in shuffled.iter_mut().enumerate() {
        row[3] = labels[(i * i * 7 + i / 3) % labels.len()].clone();
    }
    fires("labels-unrelated", &shuffled, None);
}
