//! The command: what it prints, writes and returns; `train` with its lights.

use crate::{output, stdout, whygrad};
use serde_json::Value as Json;
use std::path::Path;
use std::time::{Duration, Instant};

/// What `check --json` says, with its exit status.
fn check(folder: &Path, args: &[&str], status: i32) -> Json {
    let output = output(folder, &[&["check", "--json"], args].concat(), status);
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn a_broken_training_has_status_1_and_its_fields_and_a_healthy_one_0() {
    let folder = tempfile::tempdir().unwrap();
    let broken = check(folder.path(), &["moons", "--set", "optimizer.lr=3"], 1);
    assert_eq!((&broken["verdict"], &broken["first_broken_link"]), (&"broken".into(), &"update".into()));
    assert_eq!(broken["check"], "step-too-large");
    for key in ["place", "step", "causes", "symptoms", "notes", "not_checked", "trials", "change", "sentence"]
    {
        assert!(broken.get(key).is_some(), "{key}: {broken}");
    }
    let trial = &broken["causes"][0]["trial"];
    assert!(trial["better"] == true && trial["before"].as_array().unwrap().len() >= 3, "{trial}");
    let healthy = check(folder.path(), &["moons"], 0);
    assert_eq!((&healthy["verdict"], &healthy["check"]), (&"healthy".into(), &Json::Null));
}

#[test]
fn what_cannot_run_has_status_2_and_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    for args in [
        &["check", "nothing.toml"][..],
        &["check", "moons", "--set", "optimizer.rate=3"],
        &["check", "moons", "--budget", "0"],
        &["check", "moons", "--fix"],
        &["check", "."],
    ] {
        let output = output(folder.path(), args, 2);
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(text.contains("error") && output.stdout.is_empty(), "{args:?}: {text}");
    }
}

#[test]
fn the_mended_experiment_is_written_and_healthy() {
    let folder = tempfile::tempdir().unwrap();
    let args = ["moons", "--set", "optimizer.lr=1e-5", "--fix", "--write", "mended.toml"];
    let broken = check(folder.path(), &args, 1);
    let text = std::fs::read_to_string(folder.path().join("mended.toml")).unwrap();
    assert!(text.contains("# Two half circles") && !text.contains("1e-5"), "{text}");
    assert!(broken["change"][0].as_str().unwrap().starts_with("optimizer.lr = "), "{broken}");
    check(folder.path(), &["mended.toml"], 0);
}

#[test]
fn a_run_is_checked_by_its_experiment_and_says_where_its_data_have_changed() {
    let folder = tempfile::tempdir().unwrap();
    let table = folder.path().join("table.csv");
    let rows = |shift: f64| {
        let row = |i: i32| format!("{},{},{}\n", f64::from(i % 7) + shift, f64::from(i % 5), i % 2);
        "a,b,label\n".to_string() + &(0..60).map(row).collect::<String>()
    };
    std::fs::write(&table, rows(0.0)).unwrap();
    let text = "[data]\nsource = \"table.csv\"\n[network]\nlayers = [{ type = \"linear\", out = 2 }]\n[loss]\n\
                type = \"cross_entropy\"\n[optimizer]\ntype = \"adam\"\n[train]\nepochs = 3\n";
    std::fs::write(folder.path().join("table.toml"), text).unwrap();
    let summary: Json =
        serde_json::from_str(&stdout(folder.path(), &["train", "table.toml", "--json"])).unwrap();
    let run = summary["run"].as_str().unwrap();
    let of = |folder: &Path| {
        let output = whygrad(folder, &["check", run, "--json"]).output().unwrap();
        serde_json::from_slice::<Json>(&output.stdout).unwrap()
    };
    assert_eq!(of(folder.path())["remarks"], Json::Array(vec![]));
    std::fs::write(&table, rows(0.5)).unwrap();
    let remarks = of(folder.path())["remarks"].to_string();
    assert!(remarks.contains("are not those with which it ran"), "{remarks}");
}

#[test]
fn a_budget_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let began = Instant::now();
    // Far more work than that: every proposal is a long training.
    let args = [
        "check",
        "spiral",
        "--budget",
        "4",
        "--json",
        "--set",
        "train.epochs=800",
        "--set",
        "optimizer.lr=1e-4",
    ];
    let output = whygrad(folder.path(), &args).output().unwrap();
    let took = began.elapsed();
    assert!(took < Duration::from_secs(6), "{took:?}");
    let view: Json = serde_json::from_slice(&output.stdout).unwrap();
    assert!(view["seconds"].as_f64().unwrap() < 4.8, "{view}");
}

#[test]
fn a_check_that_is_cut_short_says_neither_healthy_nor_broken() {
    let folder = tempfile::tempdir().unwrap();
    // Before its training has come to its end.
    let cut = check(folder.path(), &["digits", "--budget", "0.02"], 2);
    assert_eq!((&cut["verdict"], &cut["score"]), (&"unknown".into(), &Json::Null));
    let page = output(folder.path(), &["check", "digits", "--budget", "0.02"], 2);
    let page = String::from_utf8(page.stdout).unwrap();
    assert!(page.contains("not all was tried") && !page.contains('✓'), "{page}");
}

#[test]
fn what_cannot_be_checked_is_not_called_whole() {
    let folder = tempfile::tempdir().unwrap();
    let args = ["check", "iris", "--set", "network.layers=[{type=\"linear\",out=2}]"];
    let page = String::from_utf8(output(folder.path(), &args, 1).stdout).unwrap();
    assert!(page.starts_with("[data ✗] → forward – → loss – → gradient – → update –"), "{page}");
    assert!(page.contains("units-dead"), "{page}");
}

#[test]
fn a_place_that_cannot_be_written_to_is_refused_before_the_check() {
    let folder = tempfile::tempdir().unwrap();
    let args = ["check", "moons", "--fix", "--write", "no/such/folder.toml"];
    let output = output(folder.path(), &args, 2);
    assert!(String::from_utf8(output.stderr).unwrap().contains("there is no such folder"));
}

#[test]
fn training_a_healthy_experiment_leaves_its_lights_green_and_no_findings() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["moons", "circles", "iris", "wine", "xor", "sine"] {
        let text = stdout(folder.path(), &["train", name, "--json"]);
        let summary: Json = serde_json::from_str(&text).unwrap();
        let lights = summary["lights"].as_object().unwrap();
        assert!(lights.values().all(|light| light == "green"), "{name}: {lights:?}");
    }
}

#[test]
fn a_finding_that_becomes_grave_is_written_again() {
    let folder = tempfile::tempdir().unwrap();
    let args = ["train", "moons", "--strict", "--json", "--set", "optimizer.lr=3"];
    let output = output(folder.path(), &args, 1);
    let summary: Json = serde_json::from_slice(&output.stdout).unwrap();
    let run = folder.path().join(summary["run"].as_str().unwrap());
    let findings = std::fs::read_to_string(run.join("findings.jsonl")).unwrap();
    let last: Json = serde_json::from_str(findings.lines().last().unwrap()).unwrap();
    assert_eq!((&last["check"], &last["grave"]), (&summary["stopped_by"]["check"], &true.into()));
}

#[test]
fn strict_training_stops_within_ten_steps_at_what_shows_itself_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let one = "network.layers=[{type=\"linear\",out=16},{type=\"tanh\"},{type=\"linear\",out=1},{type=\"softmax\"}]";
    let dead = "network.layers=[{type=\"linear\",out=16,bias_init={type=\"constant\",val=-50}},{type=\"relu\"},{type=\"linear\",out=2}]";
    for (overrides, link) in [
        (&["optimizer.lr=100"][..], "update"),
        (&["optimizer.type=sgd", "optimizer.lr=1e30"], "update"),
        (&[one, "loss.type=bce"], "loss"),
        (&[dead], "forward"),
    ] {
        let mut args = vec!["train", "moons", "--strict", "--json"];
        overrides.iter().for_each(|of| args.extend(["--set", of]));
        let output = whygrad(folder.path(), &args).output().unwrap();
        assert_eq!(
            output.status.code(),
            Some(1),
            "{overrides:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        let summary: Json = serde_json::from_slice(&output.stdout).unwrap();
        assert!(summary["steps"].as_u64().unwrap() <= 10, "{summary}");
        assert_eq!(summary["stopped_by"]["link"], link, "{overrides:?}: {}", summary["stopped_by"]);
        assert_eq!(summary["lights"][link], "red");
        let run = folder.path().join(summary["run"].as_str().unwrap());
        let findings = std::fs::read_to_string(run.join("findings.jsonl")).unwrap();
        let first: Json = serde_json::from_str(findings.lines().next().unwrap()).unwrap();
        assert!(first["check"].is_string() && first["sentence"].is_string(), "{findings}");
    }
    let healthy =
        stdout(folder.path(), &["train", "digits", "--strict", "--json", "--set", "train.epochs=3"]);
    let summary: Json = serde_json::from_str(&healthy).unwrap();
    assert_eq!((&summary["stopped_by"], &summary["finished"]), (&Json::Null, &true.into()));
}
