//! `whygrad ledger`: the sums of a run's loss change.

use super::why::{steady, train};
use super::{error, output, stdout};
use serde_json::Value as Json;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

fn ledger(folder: &Path, args: &[&str]) -> Json {
    serde_json::from_str(&stdout(folder, &[&["ledger", "--json"], args].concat())).unwrap()
}

fn sum(numbers: &Json) -> f64 {
    numbers.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).sum()
}

#[test]
fn a_page_of_a_run() {
    let folder = tempfile::tempdir().unwrap();
    let run = train(folder.path(), &["iris", "--set", "train.epochs=3", "--set", "train.precision=f64"]);
    let output = output(folder.path(), &["ledger"], 0);
    let [page, said] = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
    // What it takes is told before it begins.
    assert!(said.contains("splitting 24 steps takes 2 gradients of 120 training examples each"), "{said}");
    // The last paragraph has times.
    let (page, cost) = page.split_once("The ledger took").unwrap();
    assert!(cost.contains("× as long as"), "{cost}");
    insta::assert_snapshot!("page", steady(&page.replace(&run, "RUN")));
}

#[test]
fn every_sum_is_the_measured_change() {
    let folder = tempfile::tempdir().unwrap();
    let run = train(folder.path(), &["iris", "--set", "train.epochs=5"]);
    let found = ledger(folder.path(), &["--run", &run]);
    let (totals, change) = (&found["totals"], found["totals"]["change"].as_f64().unwrap());
    assert!(change < 0.0 && totals["relative"].as_f64().unwrap() <= 1e-6, "{totals}");
    let close = |sum: f64, what: &str| {
        assert!((sum - change).abs() <= 2e-6 * change.abs(), "{what}: {sum} is not {change}");
    };
    let of =
        |key: &str| found[key].as_array().unwrap().iter().map(|of| of["allocation"].as_f64().unwrap()).sum();
    close(of("layers"), "layers");
    close(of("neurons"), "neurons");
    close(sum(&found["examples"]), "examples");
    close(found["allocation"].as_object().unwrap().values().map(sum).sum(), "weights");
    close(
        found["steps"].as_array().unwrap().iter().map(|step| step["change"].as_f64().unwrap()).sum(),
        "steps",
    );
    assert_eq!(found["steps"].as_array().unwrap().len(), 40);
    assert_eq!(found["examples"].as_array().unwrap().len(), 120);
    assert!(found["cost"].as_f64().unwrap() > 0.0);
    // The parts of a run add up to the whole.
    let part = |steps: &str| ledger(folder.path(), &["--steps", steps])["totals"]["change"].as_f64().unwrap();
    let parts = part("1..17") + part("18..40");
    assert!((parts - change).abs() <= 1e-12, "{parts} and {change}");
}

#[test]
fn a_picture_is_a_whole_svg_that_names_every_layer() {
    let folder = tempfile::tempdir().unwrap();
    train(folder.path(), &["iris", "--set", "train.epochs=3"]);
    let page = stdout(folder.path(), &["ledger", "--probe", "30", "--svg", "l.svg"]);
    assert!(page.ends_with("drawn to l.svg\n") && page.contains("the loss of 30 training"), "{page}");
    let svg = std::fs::read_to_string(folder.path().join("l.svg")).unwrap();
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"), "{svg}");
    for text in [">linear1 −", ">linear2 −", ">step<", ">loss<", ">start 1.", "url(#p1)"] {
        assert!(svg.contains(text), "no {text}: {svg}");
    }
    assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
}

#[cfg(target_os = "linux")]
#[test]
fn ctrl_c_ends_it_at_once_and_leaves_nothing_behind() {
    use std::os::unix::process::ExitStatusExt;
    let folder = tempfile::tempdir().unwrap();
    // Its ledger takes seconds.
    train(folder.path(), &["digits", "--set", "train.epochs=400"]);
    let before = std::fs::read_dir(folder.path()).unwrap().count();
    // In the background of a script the signal is ignored, and children inherit that.
    let mut child = Command::new("env")
        .args(["--default-signal=INT", env!("CARGO_BIN_EXE_whygrad"), "ledger", "--svg", "l.svg"])
        .current_dir(folder.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_millis(500));
    let status = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(status.unwrap().success());
    assert_eq!(child.wait().unwrap().signal(), Some(2), "it was done, or went on");
    let mut said = String::new();
    child.stdout.unwrap().read_to_string(&mut said).unwrap();
    assert_eq!((said.as_str(), std::fs::read_dir(folder.path()).unwrap().count()), ("", before));
}

#[test]
fn bad_input_is_named_with_what_would_be_right() {
    let folder = tempfile::tempdir().unwrap();
    let said = |args: &[&str]| error(folder.path(), &[&["ledger"], args].concat());
    assert_eq!(said(&[]), "newest: there is no run in `runs`; train one: whygrad train digits");
    let run = train(folder.path(), &["iris", "--set", "train.epochs=2"]);
    assert_eq!(said(&["--steps", "3..99"]), format!("--steps: ends with 99; {run} has the steps 1 to 16"));
    assert!(said(&["--svg", "no/such/folder/l.svg"]).starts_with("no/such/folder/l.svg: cannot write"));
    for steps in ["3", "0..4", "5..4", "a..b"] {
        let output = super::output(folder.path(), &["ledger", "--steps", steps], 2);
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(text.contains("first and last step, such as 1..100"), "{text}");
    }
}
