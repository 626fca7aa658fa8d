//! `whygrad walk`: what a newcomer reads.

use super::{error, oracle, stdout, whygrad};
use serde_json::Value as Json;
use std::io::Read;
use std::path::Path;
use std::process::Stdio;

const CASES: [&str; 9] = [
    "mazur",
    "hmkcode",
    "mustafa_relu",
    "mustafa_sigmoid",
    "mustafa_dead_hidden_unit",
    "mustafa_dead_output",
    "zhou",
    "han_kamber",
    "brownlee",
];

fn walk(args: &[&str]) -> String {
    stdout(Path::new("."), &[&["walk"], args].concat())
}

#[test]
fn the_six_steps_of_the_first_network() {
    insta::assert_snapshot!("first_network", walk(&[]));
}

#[test]
fn a_textbook_example_with_its_wrong_figure() {
    insta::assert_snapshot!("mazur", walk(&["--case", "mazur"]));
}

#[test]
fn a_product_that_is_zero_names_the_factor() {
    insta::assert_snapshot!("dead_hidden_unit", walk(&["--case", "mustafa_dead_hidden_unit", "--step", "5"]));
}

#[test]
fn numbers_in_a_list_may_be_negative_and_stand_apart() {
    let losses = |args: &[&str]| {
        let found: Json = serde_json::from_str(&walk(&[args, &["--json"]].concat())).unwrap();
        found["losses"].clone()
    };
    assert_eq!(losses(&["--x", "-1,0.5"]), losses(&["--x=-1,0.5"]));
    assert_eq!(losses(&["--x", "1, 2"]), losses(&["--x", "1,2"]));
    assert_eq!(losses(&["--w", "-0.5,1,1,1", "--target", "-1"]), losses(&["--w=-.5,1,1,1", "--target=-1"]));
}

#[test]
fn no_line_is_wider_than_eighty_columns() {
    let mut pages: Vec<String> = CASES.iter().map(|case| walk(&["--case", case])).collect();
    for activation in ["relu", "leaky_relu", "elu", "tanh", "gelu", "silu", "softplus", "identity"] {
        pages.push(walk(&["--activation", activation]));
    }
    for line in pages.iter().flat_map(|page| page.lines()) {
        assert!(line.chars().count() <= 80, "{line}");
    }
}

#[test]
fn json_has_the_reference_numbers_to_twelve_digits() {
    let reference: Json =
        serde_json::from_slice(&std::fs::read(oracle("first_network.json")).unwrap()).unwrap();
    let found: Json = serde_json::from_str(&walk(&["--json"])).unwrap();
    let close = |found: &Json, wanted: &Json| {
        let (a, b) = (found.as_f64().unwrap(), wanted.as_f64().unwrap());
        assert!((a - b).abs() <= 1e-12 * b.abs(), "{a} is not {b}");
    };
    for (pass, wanted) in [("step", &reference["steps"][0]), ("after", &reference["steps"][1])] {
        let pass = &found[pass];
        close(&pass["prediction"]["ŷ"], &wanted["prediction"]);
        close(&pass["loss"], &wanted["loss"]);
        close(&pass["dL_dprediction"]["ŷ"], &wanted["dL_dprediction"]);
        for unit in ["1", "2"] {
            let h = &format!("h{unit}");
            close(&pass["hidden_sum"][h], &wanted[&format!("z{unit}")]);
            close(&pass["hidden"][h], &wanted[h]);
            close(&pass["dL_dhidden"][h], &wanted[&format!("dL_dh{unit}")]);
        }
        for w in ["w1", "w2", "w3", "w4"] {
            close(&pass["gradient"][w], &wanted["gradient"][w]);
            let difference = &found["finite_difference"][w];
            let error = (difference.as_f64().unwrap() - found["step"]["gradient"][w].as_f64().unwrap()).abs();
            assert!(error <= 1e-9, "{w}: {difference}");
        }
    }
    for w in ["w1", "w2", "w3", "w4"] {
        close(&found["learned"][w], &reference["steps"][1]["weights"][w]);
    }
}

#[test]
fn the_gradient_agrees_with_nudging_for_every_activation_and_loss() {
    for activation in ["identity", "relu", "leaky_relu", "elu", "sigmoid", "tanh", "gelu", "silu", "softplus"]
    {
        for loss in ["squared_error", "half_squared_error", "mse", "mae", "huber", "bce_with_logits"] {
            let found: Json =
                serde_json::from_str(&walk(&["--json", "--activation", activation, "--loss", loss])).unwrap();
            for (symbol, gradient) in found["step"]["gradient"].as_object().unwrap() {
                let (a, b) =
                    (gradient.as_f64().unwrap(), found["finite_difference"][symbol].as_f64().unwrap());
                assert!(
                    (a - b).abs() <= 1e-8 * a.abs().max(1e-2),
                    "{activation}, {loss}, {symbol}: {a}, {b}"
                );
            }
        }
    }
}

#[test]
fn one_step_alone_is_part_of_the_whole() {
    let whole = walk(&["--lr", "0.1", "--x", "1,-2", "--target", "0.5", "--activation", "tanh"]);
    for step in ["1", "2", "3", "4", "5", "6"] {
        let part =
            walk(&["--step", step, "--lr", "0.1", "--x", "1,-2", "--target", "0.5", "--activation", "tanh"]);
        assert!(whole.contains(&part), "step {step}");
    }
}

#[test]
fn a_kink_inside_the_nudge_is_said() {
    let text = walk(&["--activation", "relu", "--w", "0,0.7,0.7,0.6", "--step", "6"]);
    assert_eq!(text.matches("a kink lies inside the nudge").count(), 1, "{text}");
    // A sum that rests on a kink whatever the weight has the same slope on both sides of the nudge.
    for x in ["0,1", "0,0.5"] {
        let text = walk(&["--activation", "relu", "--x", x, "--step", "6"]);
        assert!(!text.contains("kink"), "{text}");
    }
}

#[test]
fn a_learning_rate_that_diverges_still_prints() {
    let text = walk(&["--lr", "1000", "--activation", "identity", "--updates", "400"]);
    assert!(text.contains("values, not finite"), "{text}");
}

#[test]
fn wrong_options_are_named_with_what_would_be_right() {
    let error = |args: &[&str]| error(Path::new("."), &[&["walk"], args].concat());
    assert_eq!(
        error(&["--activation", "sigmod"]),
        "--activation: no activation \"sigmod\" (did you mean \"sigmoid\"?); there are: identity, relu, \
         leaky_relu, elu, sigmoid, tanh, gelu, silu, softplus"
    );
    assert_eq!(error(&["--x", "1"]), "--x: takes 2 finite numbers (x1, x2), and 1 were given");
    assert_eq!(error(&["--lr", "nan"]), "--lr: is NaN; it takes a finite number from 0");
    assert!(error(&["--case", "mazr"]).contains("did you mean \"mazur\"?"));
    assert!(error(&["--loss", "cross_entropy"]).contains("compares with classes"));
    let outside = error(&["--loss", "bce"]);
    assert!(
        outside.contains("after 1 update the loss `bce` takes numbers from 0 to 1, and the network gives 1."),
        "{outside}"
    );
    assert!(outside.contains("let a sigmoid come last, or take the loss bce_with_logits"), "{outside}");
    assert!(error(&["--loss", "bce", "--target", "7"]).contains("outside [0, 1]"));
    assert!(
        error(&["--loss", "nll"]).contains("the loss `nll` compares with classes"),
        "{}",
        error(&["--loss", "nll"])
    );
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let mut child = whygrad(Path::new("."), &["walk", "--case", "mazur"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut text = String::new();
    child.stderr.take().unwrap().read_to_string(&mut text).unwrap();
    assert!(child.wait().unwrap().success() && text.is_empty(), "{text}");
}
