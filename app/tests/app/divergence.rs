//! A training whose numbers stop being finite is the one that needs explaining.

use super::{error, output, stdout};
use serde_json::Value as Json;
use std::path::Path;

/// Trains with a learning rate that is far too large; returns what it printed.
fn diverge(folder: &Path, json: bool) -> String {
    let sets = [
        "optimizer={ type = \"sgd\", lr = 1e12 }",
        "train.epochs=50",
        "schedule.type=constant",
        "data.scale_target=none",
    ];
    let mut args = vec!["train", "diabetes"];
    sets.iter().for_each(|set| args.extend(["--set", set]));
    args.extend(json.then_some("--json"));
    String::from_utf8(output(folder, &args, 1).stdout).unwrap()
}

fn json(folder: &Path, args: &[&str]) -> Json {
    serde_json::from_str(&stdout(folder, args)).unwrap()
}

#[test]
fn training_ends_where_it_diverged_and_says_where_that_began() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let page = diverge(here, false);
    assert!(page.contains("Training diverged: in step "), "{page}");
    assert!(page.contains("the first number that is not finite"), "{page}");
    assert!(!page.contains("smaller optimizer.lr"), "{page}");
    let summary: Json = serde_json::from_str(&diverge(here, true)).unwrap();
    let step = summary["diverged"]["step"].as_u64().unwrap();
    assert!(summary["steps"].as_u64().unwrap() <= step + 1, "{summary}");
    assert!(["inf", "-inf", "NaN"].iter().any(|number| summary["diverged"]["first"]["number"] == *number));
    // It is over: nothing is gone on with.
    let run = summary["run"].as_str().unwrap();
    let again = String::from_utf8(output(here, &["train", "--resume", run], 1).stdout).unwrap();
    assert!(again.contains("this run is finished"), "{again}");
}

#[test]
fn the_last_finite_step_of_a_training_that_diverged_is_explained() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let summary: Json = serde_json::from_str(&diverge(here, true)).unwrap();
    let (step, last) = (summary["diverged"]["step"].as_u64().unwrap(), summary["steps"].to_string());
    for more in [&[][..], &["--step", &last]] {
        let why = json(here, &[&["why", "linear1.weight[0,0]", "--json"], more].concat());
        assert_eq!((why["step"].as_u64(), &why["diverged"]), (Some(step - 1), &summary["diverged"]));
        for (part, key) in
            [("chain", "product"), ("examples", "sum"), ("update", "sum"), ("paths", "gradient")]
        {
            assert!(why[part][key].is_number(), "{part}: {why}");
        }
        let page = stdout(here, &[&["why", "linear1.weight[0,0]"], more].concat());
        assert!(page.starts_with("Training diverged: in step "), "{page}");
        assert!(!page.contains("NaN to") && !page.contains("residual inf") && !page.contains("residual NaN"));
    }
    let page = stdout(here, &["why"]);
    assert!(page.starts_with("Training diverged: in step ") && !page.contains("NaN,"), "{page}");
    if step > 2 {
        let ledger = json(here, &["ledger", "--json"]);
        assert!(
            ledger["last"].as_u64().unwrap() < step && ledger["totals"]["change"].is_number(),
            "{ledger}"
        );
        assert_eq!(ledger["diverged"], summary["diverged"]);
    }
    // A step before is explained as ever.
    assert_eq!(json(here, &["why", "linear1.weight[0,0]", "--json", "--step", "1"])["diverged"], Json::Null);
}

#[test]
fn a_training_whose_first_step_is_not_finite_has_nothing_to_explain_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    std::fs::write(here.join("huge.csv"), "x,y\n1,1e30\n2,-2e30\n3,3e30\n").unwrap();
    let sets =
        ["data.source=huge.csv", "data.target=y", "data.scale=none", "data.scale_target=none", "data.test=0"];
    let mut args = vec!["train", "diabetes"];
    sets.iter().for_each(|set| args.extend(["--set", set]));
    let page = String::from_utf8(output(here, &args, 1).stdout).unwrap();
    let words = page.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("It has no step whose numbers can be used"), "{page}");
    for command in [&["why"][..], &["why", "linear1.weight[0,0]"], &["ledger"]] {
        let message = error(here, command);
        assert!(message.contains("in step 1"), "{message}");
    }
}

#[test]
fn outputs_that_the_loss_does_not_take_are_refused_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let message = error(folder.path(), &["train", "iris", "--set", "loss.type=nll"]);
    assert!(message.contains("takes numbers up to 0") && message.contains("log_softmax"), "{message}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_run_needs_no_file_outside_it_once_it_has_begun() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let first: Json = json(here, &["train", "iris", "--json", "--set", "train.epochs=1"]);
    let weights = here.join(first["run"].as_str().unwrap()).join("last.safetensors");
    std::fs::rename(weights, here.join("start.safetensors")).unwrap();
    let start = "network.weights=start.safetensors";
    let run = json(here, &["train", "iris", "--json", "--set", start, "--set", "train.epochs=2"]);
    let run = run["run"].as_str().unwrap();
    let explain = || stdout(here, &["why", "linear1.weight[0,0]", "--run", run, "--step", "3"]);
    let page = explain();
    std::fs::remove_file(here.join("start.safetensors")).unwrap();
    assert_eq!(explain(), page);
    stdout(here, &["train", "--resume", run]);
}

#[test]
fn a_worked_example_that_diverges_shows_its_last_finite_step_and_what_a_loss_does_not_take_is_refused() {
    let here = Path::new(".");
    for (args, step, last) in [(["--lr", "1e200"], "3", 1), (["--lr", "1e300"], "5", 1)] {
        let args = [&["why", "w1", "--step", step][..], &args].concat();
        let found = json(here, &[&args[..], &["--json"]].concat());
        assert_eq!(found["step"], last, "{args:?}");
        assert!(found["diverged"]["step"].as_u64() > Some(last), "{args:?}");
        let page = stdout(here, &args);
        assert!(page.starts_with("Training diverged: in step"), "{page}");
        assert!(!page.contains("NaN: down") && !page.contains("Blocked at"), "{page}");
    }
    let message = error(here, &["why", "w1", "--x", "1e308,1", "--w", "10,1,1,1", "--activation", "relu"]);
    assert!(message.contains("It has no step whose numbers can be used"), "{message}");
    for command in [&["why", "w1"][..], &["walk"]] {
        let message = error(here, &[command, &["--loss", "bce"]].concat());
        assert!(message.contains("takes numbers from 0 to 1"), "{message}");
    }
}
