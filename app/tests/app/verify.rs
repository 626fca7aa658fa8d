//! `whygrad verify` on the reference cases, and on copies of them with one number changed.

use super::{error, oracle, output, stdout};
use serde_json::{Value as Json, json};
use std::path::Path;

const PYTORCH: [&str; 4] = ["activations.json", "losses.json", "optimizers.json", "structures.json"];

fn published() -> String {
    format!("{}/src/textbook/published.json", env!("CARGO_MANIFEST_DIR"))
}

/// Checks that the differences of every case of a file are at most these, by kind.
fn differences(file: &str, limits: &[(&str, f64)]) -> usize {
    let json: Json = serde_json::from_str(&stdout(Path::new("."), &["verify", "--json", file])).unwrap();
    let mut compared = 0;
    for case in json["cases"].as_array().unwrap().iter().filter(|case| case["skipped"].is_null()) {
        for (kind, limit) in limits {
            let found = &case["differences"][kind];
            let fine = found.is_null() || found.as_f64().unwrap() <= *limit;
            assert!(fine, "{}: {kind} differ by {found}", case["name"]);
        }
        compared += 1;
    }
    compared
}

#[test]
fn pytorchs_numbers_are_met() {
    let limits = [
        ("output", 1e-9),
        ("loss", 1e-9),
        ("gradients", 1e-9),
        ("norms", 1e-9),
        ("losses", 1e-8),
        ("parameters", 1e-8),
    ];
    let compared: usize = PYTORCH.iter().map(|file| differences(&oracle(file), &limits)).sum();
    assert_eq!(compared, 30);
    let more = format!("{}/tests/app/pytorch/extra.json", env!("CARGO_MANIFEST_DIR"));
    assert_eq!(differences(&more, &limits), 7);
    assert_eq!(differences(&oracle("digits.json"), &[("losses", 1e-9), ("output", 1e-12)]), 1);
}

#[test]
fn the_first_network_and_the_textbooks_are_met_to_twelve_digits() {
    let limits = ["output", "loss", "gradients", "losses", "parameters"].map(|kind| (kind, 1e-12));
    assert_eq!(differences(&oracle("first_network.json"), &limits), 1);
    assert_eq!(differences(&published(), &limits), 9);
}

/// The first number inside, that is not 0.
fn first_number(json: &mut Json) -> Option<&mut Json> {
    match json {
        Json::Array(items) => items.iter_mut().find_map(first_number),
        Json::Object(items) => items.values_mut().find_map(first_number),
        Json::Number(x) if x.as_f64() != Some(0.0) => Some(json),
        _ => None,
    }
}

/// Changes one number by a millionth and expects status 1.
fn change_is_seen(folder: &Path, mut json: Json, place: impl Fn(&mut Json) -> &mut Json, what: &str) {
    let number = first_number(place(&mut json)).unwrap();
    *number = Json::from(number.as_f64().unwrap() * (1.0 + 1e-6));
    let file = folder.join("changed.json");
    std::fs::write(&file, json.to_string()).unwrap();
    let text = output(folder, &["verify", "changed.json"], 1);
    assert!(String::from_utf8_lossy(&text.stdout).contains("DIFFERS"), "{what}");
}

#[test]
fn one_number_changed_by_a_millionth_makes_it_fail() {
    let folder = tempfile::tempdir().unwrap();
    let read = |file: &str| -> Json { serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap() };
    let adam = read(&oracle("optimizers.json"))[4].clone();
    for key in [
        "output",
        "loss",
        "gradients",
        "input_gradient",
        "per_example_gradient_norm",
        "losses",
        "parameters_after",
    ] {
        change_is_seen(folder.path(), adam.clone(), |json| &mut json["expected"][key], key);
    }
    for step in ["1", "5", "20"] {
        change_is_seen(
            folder.path(),
            adam.clone(),
            |json| &mut json["expected"]["parameters_after"][step],
            step,
        );
    }
    change_is_seen(
        folder.path(),
        read(&oracle("digits.json")),
        |json| &mut json["expected"]["losses"],
        "digits",
    );
    for key in ["z1", "prediction", "loss", "dL_dh1", "chains", "gradient", "weights"] {
        change_is_seen(
            folder.path(),
            read(&oracle("first_network.json")),
            |json| &mut json["steps"][1][key],
            key,
        );
    }
    for key in ["loss", "gradients", "learned", "loss_after", "forward", "forward_after"] {
        change_is_seen(folder.path(), read(&published()), |json| &mut json["cases"][0]["expected"][key], key);
    }
}

#[test]
fn layers_that_the_engine_lacks_are_skipped_aloud() {
    let text = stdout(Path::new("."), &["verify", &oracle("structures.json")]);
    assert!(text.contains("conv                     skipped: the engine has no conv2d yet"), "{text}");
    assert!(text.ends_with("4 compared, 0 differ by more than 1e-8, 3 skipped\n"), "{text}");
}

#[test]
fn files_that_are_no_cases_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("bad.json"), "[{").unwrap();
    std::fs::write(folder.path().join("other.json"), "{\"a\": 1}").unwrap();
    assert!(
        error(folder.path(), &["verify", "none.json"]).starts_with("none.json: cannot read: No such file")
    );
    assert!(
        error(folder.path(), &["verify", "bad.json"]).starts_with("bad.json: no JSON: EOF while parsing")
    );
    assert!(
        error(folder.path(), &["verify", "other.json"]).starts_with("other.json: none of the known kinds")
    );
    std::fs::write(folder.path().join("none.json"), "[]").unwrap();
    assert!(error(folder.path(), &["verify", "none.json"]).starts_with("none.json: there is no case in it"));
}

/// What `verify` says of a file whose cases have something else at a place.
fn refusal(folder: &Path, file: &str, place: &str, value: Json) -> String {
    let mut json: Json = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let (parent, key) = place.rsplit_once('/').unwrap();
    match json.pointer_mut(parent).unwrap() {
        Json::Object(table) if value.is_null() => drop(table.remove(key)),
        Json::Object(table) => drop(table.insert(key.into(), value)),
        parent => parent[key.parse::<usize>().unwrap()] = value,
    }
    std::fs::write(folder.join("changed.json"), json.to_string()).unwrap();
    error(folder, &["verify", "changed.json"])
}

#[test]
fn a_case_that_lacks_something_is_named_with_what_would_be_right() {
    let folder = tempfile::tempdir().unwrap();
    let adam = [
        ("name", json!(7), "case 5: `name` is 7; it should be a text"),
        ("input/1/2", json!("x"), "`input[1][2]` is \"x\"; it should be a number"),
        ("input/2", json!([1.0]), "`input[2]` has 1 numbers; there should be 5"),
        ("input", json!([]), "`input` is empty; it should have a row"),
        ("input", json!([[], []]), "`input[0]` is empty; it should have a number"),
        ("target/3", json!(-1), "`target[3]` is -1; it should be a whole number from 0 to 4294967295"),
        (
            "layers/1/type",
            json!("rely"),
            "`layers[1]` is no layer: unknown layer type \"rely\"; allowed: linear",
        ),
        (
            "layers/0/out",
            json!(1_u64 << 31),
            "layer 0 (linear1): its weight would be 2147483648 × 5; a parameter",
        ),
        ("layers", json!("linear"), "`layers` is \"linear\"; it should be a list"),
        ("loss", json!(null), "`loss` is missing; it should be a text"),
        ("optimizer/lr", json!("1"), "`optimizer` is no optimizer: `lr` is \"1\"; it takes a finite number"),
        ("clip_norm", json!(-1), "`clip_norm` is -1; it should be a number above 0"),
        ("parameters/0.weight", json!(null), "`parameters.0.weight` is missing; it should be a number"),
        ("expected/output", json!([[1, [2]]]), "`expected.output` has 2 numbers; there should be 30"),
        ("expected/losses/19", json!({}), "`expected.losses[19]` is a table; it should be a number"),
        (
            "expected/losses",
            json!([]),
            "`expected.parameters_after.1` is of no step; `expected.losses` has 0",
        ),
        ("expected/parameters_after/21", json!({}), "`expected.parameters_after.21` is of no step"),
        ("expected/losses", json!(vec![1.0; 200_000]), "its steps take 2"),
    ];
    for (place, value, wanted) in adam {
        let message = refusal(folder.path(), &oracle("optimizers.json"), &format!("/4/{place}"), value);
        assert!(message.starts_with("changed.json: case 5"), "{message}");
        assert!(place == "name" || message.contains("case 5 (optimizer_adam): "), "{message}");
        assert!(message.contains(wanted), "{message}");
    }
    let first = [
        (
            "updates_done",
            json!(1e12),
            "case 1: `steps[2].updates_done` is 1000000000000.0; it should be a whole",
        ),
        (
            "updates_done",
            json!(-1),
            "case 1: `steps[2].updates_done` is -1; it should be a whole number from 0 to",
        ),
        (
            "chains/w3/dprediction_dw3",
            json!("0"),
            "`steps[2].chains.w3.dprediction_dw3` is \"0\"; it should be a",
        ),
    ];
    for (place, value, wanted) in first {
        let message =
            refusal(folder.path(), &oracle("first_network.json"), &format!("/steps/2/{place}"), value);
        assert!(message.contains(wanted), "{message}");
    }
    let mazur = [
        ("hidden", json!(null), "`hidden` is missing; it should be a text"),
        ("inputs/i1", json!("0.05"), "`i1` is \"0.05\"; it should be a number"),
        ("expected/gradients/w9", json!(1), "`expected.gradients.w9` is of no weight"),
        ("expected/learned/w1", json!("x"), "`expected.learned.w1` is \"x\"; it should be a number"),
        ("expected/forward/net_h3", json!(1), "`expected.forward.net_h3` is none of the example's values"),
        ("later/loss_after_n_updates/1000000000000", json!(1), "from 1 to 100000"),
        (
            "later/outputs_after_10000",
            json!([0.5]),
            "`later.outputs_after_10000` has 1 numbers; there should be 2",
        ),
    ];
    for (place, value, wanted) in mazur {
        let message = refusal(folder.path(), &published(), &format!("/cases/0/{place}"), value);
        assert!(message.contains("case 1 (mazur): ") && message.contains(wanted), "{message}");
    }
}
