//! `whygrad train`: what it leaves, and that nothing but the experiment decides it.

use super::{error, output, stdout, whygrad};
use serde_json::Value as Json;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use whygrad::facts::Record;
use whygrad_cli::run::facts::Reader;

/// Trains and returns what `--json` says.
fn train(folder: &Path, args: &[&str]) -> Json {
    serde_json::from_str(&stdout(folder, &[&["train", "--json"], args].concat())).unwrap()
}

fn last(folder: &Path, summary: &Json) -> Vec<u8> {
    std::fs::read(folder.join(summary["run"].as_str().unwrap()).join("last.safetensors")).unwrap()
}

/// The only run folder.
fn only_run(folder: &Path) -> PathBuf {
    let runs: Vec<_> = std::fs::read_dir(folder.join("runs")).unwrap().collect();
    assert_eq!(runs.len(), 1);
    runs.into_iter().next().unwrap().unwrap().path()
}

#[test]
fn json_has_every_field_and_a_run_every_file() {
    let folder = tempfile::tempdir().unwrap();
    let summary = train(folder.path(), &["iris", "--set", "train.epochs=5"]);
    for key in ["steps", "epochs", "train_loss", "test_loss", "test_accuracy", "train_seconds"] {
        assert!(summary[key].is_number(), "{key}: {summary}");
    }
    assert!(summary["step_seconds_median"].is_number() && summary["examples_per_second"].is_number());
    assert_eq!((&summary["epochs"], &summary["steps"]), (&Json::from(5), &Json::from(40)));
    let run = folder.path().join(summary["run"].as_str().unwrap());
    for file in ["experiment.toml", "best.safetensors", "last.safetensors", "facts.bin", "summary.json"] {
        assert!(std::fs::metadata(run.join(file)).unwrap().len() > 0, "{file}");
    }
    assert!(
        run.join("checkpoints/step-00000000.safetensors").exists() && run.join("findings.jsonl").exists()
    );
    let text = std::fs::read_to_string(run.join("experiment.toml")).unwrap();
    assert!(text.contains("epochs = 5"), "{text}");
    let regression = train(folder.path(), &["diabetes", "--set", "train.epochs=2"]);
    assert!(regression["test_accuracy"].is_null() && regression["test_loss"].is_number());
    let nothing_held_out = train(folder.path(), &["xor"]);
    assert!(nothing_held_out["test_loss"].is_null());
    assert_eq!(nothing_held_out["train_accuracy"], 1.0);
}

#[test]
fn facts_tell_every_step_and_every_epoch() {
    let folder = tempfile::tempdir().unwrap();
    let summary = train(folder.path(), &["iris", "--set", "train.epochs=5"]);
    let path = folder.path().join(summary["run"].as_str().unwrap()).join("facts.bin");
    let mut reader = Reader::open(&path).unwrap();
    let names: Vec<&str> = reader.layout().values.iter().map(|value| value.name.as_str()).collect();
    assert_eq!(names[..2], ["x", "linear1"]);
    let (mut losses, mut epochs, mut next) = (vec![], 0, 1);
    for record in reader.poll().unwrap() {
        match record {
            Record::Step(record) => {
                assert_eq!(record.step, next);
                let facts = record.facts.expect("every step of a small network");
                assert_eq!(facts.values[0].count % 4, 0); // four lengths of a flower
                assert!(facts.measured.is_some());
                losses.push(record.loss);
                next += 1;
            }
            Record::Epoch(record) => {
                epochs += 1;
                assert_eq!((record.epoch, record.step), (epochs, next - 1));
                // 120 examples in batches of 16: the last has 8.
                let sum: f64 = losses.iter().map(|loss| 16.0 * loss).sum::<f64>() - 8.0 * losses[7];
                assert_eq!((losses.len(), record.train.loss), (8, sum / 120.0));
                assert!(record.train.accuracy.is_some_and(|share| share > 0.0 && share < 1.0));
                let test = record.test.expect("a part is held out");
                if epochs == 5 {
                    assert_eq!(summary["test_loss"], test.loss);
                    assert_eq!(summary["test_accuracy"], test.accuracy.unwrap());
                }
                losses.clear();
            }
        }
    }
    assert_eq!((next, epochs), (41, 5));
}

#[test]
fn a_run_of_an_older_whygrad_is_explained_and_goes_on_without_its_facts() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    std::fs::create_dir_all(run.join("checkpoints")).unwrap();
    for file in ["experiment.toml", "checkpoints/step-00000000.safetensors", "last.safetensors", "facts.bin"]
    {
        let old = format!("{}/tests/app/old_run/{file}", env!("CARGO_MANIFEST_DIR"));
        std::fs::copy(old, run.join(file)).unwrap();
    }
    let why = stdout(folder.path(), &["why", "linear1.weight[0,0]", "--run", "run", "--step", "7"]);
    assert!(why.contains("reconciles"), "{why}");
    let ledger = stdout(folder.path(), &["ledger", "--run", "run"]);
    assert!(ledger.contains("It reconciles"), "{ledger}");
    // As if it had been killed.
    std::fs::remove_file(run.join("last.safetensors")).unwrap();
    let refused = output(folder.path(), &["train", "--resume", "run"], 2).stderr;
    let message = String::from_utf8(refused).unwrap();
    assert!(message.contains("error: run/facts.bin: an older whygrad wrote these facts"), "{message}");
    std::fs::remove_file(run.join("facts.bin")).unwrap();
    stdout(folder.path(), &["train", "--resume", "run"]);
    let records = Reader::open(&run.join("facts.bin")).unwrap().poll().unwrap();
    assert_eq!(records.last().map(Record::step), Some(16));
}

#[test]
fn a_broken_block_of_facts_is_named_and_the_rest_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let summary = train(folder.path(), &["iris"]);
    let run = summary["run"].as_str().unwrap();
    let path = folder.path().join(run).join("facts.bin");
    let all = Reader::open(&path).unwrap().poll().unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[2000] ^= 1;
    std::fs::write(&path, &bytes).unwrap();
    // A run that is finished stays as it is.
    let files =
        || ["summary.json", "facts.bin"].map(|file| std::fs::read(folder.path().join(run).join(file)));
    let before = files().map(Result::unwrap);
    assert!(stdout(folder.path(), &["train", "--resume", run]).contains("nothing to go on with"));
    assert_eq!(files().map(Result::unwrap), before);
    for file in ["last.safetensors", "checkpoints/step-00000800.safetensors"] {
        std::fs::remove_file(folder.path().join(run).join(file)).unwrap();
    }
    let said = output(folder.path(), &["train", "--resume", run, "--json"], 0).stderr;
    assert!(String::from_utf8_lossy(&said).contains("facts.bin: its bytes from"), "{said:?}");
    let rest = Reader::open(&path).unwrap().poll().unwrap();
    assert!(!rest.is_empty() && rest.len() < all.len() && all.ends_with(&rest), "{} left", rest.len());
}

#[test]
fn every_number_of_threads_leaves_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let with = |threads: &str| {
        let threads = format!("train.threads={threads}");
        let args = ["digits", "--set", "train.epochs=3", "--set", "train.batch=128", "--set", &threads];
        last(folder.path(), &train(folder.path(), &args))
    };
    let one = with("1");
    assert!(one == with("2") && one == with("4"));
}

#[test]
fn built_in_experiments_learn_what_they_should() {
    let folder = tempfile::tempdir().unwrap();
    for (name, goal) in [
        ("digits", 0.97),
        ("iris", 0.95),
        ("wine", 0.95),
        ("breast_cancer", 0.95),
        ("spiral", 0.98),
        ("xor", 1.0),
    ] {
        let reached = (0..10).filter(|seed| {
            let summary = train(folder.path(), &[name, "--set", &format!("seed={seed}")]);
            let accuracy = if name == "xor" { &summary["train_accuracy"] } else { &summary["test_accuracy"] };
            accuracy.as_f64().unwrap() >= goal
        });
        let reached = reached.count();
        assert!(reached >= 9, "{name}: {reached} of 10 seeds reach {goal}");
    }
}

/// Waits until the only run that there will be in `folder` has a file.
fn wait_for(folder: &Path, file: &str) -> PathBuf {
    let runs = folder.join("runs");
    loop {
        let entries = std::fs::read_dir(&runs).into_iter().flatten();
        if let Some(run) = entries.flatten().map(|run| run.path()).find(|run| run.join(file).exists()) {
            return run;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn a_run_that_was_killed_opens_and_goes_on_to_the_same_bytes() {
    let experiment = ["digits", "--set", "train.epochs=10"];
    let whole = tempfile::tempdir().unwrap();
    let summary = train(whole.path(), &experiment);
    let expected = last(whole.path(), &summary);
    let seconds = summary["train_seconds"].as_f64().unwrap();
    let mut killed = 0;
    for attempt in 0..10 {
        let folder = tempfile::tempdir().unwrap();
        let mut first = whygrad(folder.path(), &[&["train", "--json"], &experiment[..]].concat());
        let mut child = first.stdout(Stdio::null()).spawn().unwrap();
        // From the moment at which there is a run to the one at which it ends.
        let run = wait_for(folder.path(), "experiment.toml");
        std::thread::sleep(Duration::from_secs_f64(seconds * 0.1 * f64::from(attempt)));
        child.kill().unwrap(); // SIGKILL
        killed += u32::from(!child.wait().unwrap().success());
        // Killed once more while it goes on, then left in peace.
        let args = ["train", "--json", "--resume", run.to_str().unwrap()];
        let mut child = whygrad(folder.path(), &args).stdout(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_secs_f64(seconds * 0.2));
        child.kill().unwrap();
        child.wait().unwrap();
        let summary: Json = serde_json::from_str(&stdout(folder.path(), &args)).unwrap();
        assert_eq!(summary["finished"], true);
        assert!(std::fs::read(run.join("last.safetensors")).unwrap() == expected, "attempt {attempt}");
        // What a checkpoint stands on is in the facts: no step is missing.
        let records = Reader::open(&run.join("facts.bin")).unwrap().poll().unwrap();
        let steps = records.iter().filter(|record| matches!(record, Record::Step(_))).map(Record::step);
        assert!(steps.eq(1..=summary["steps"].as_u64().unwrap()), "attempt {attempt}");
    }
    assert!(killed >= 3, "{killed} killed: the kills missed the run");
}

#[test]
fn a_run_that_was_killed_before_its_summary_gets_it_when_it_is_resumed() {
    let folder = tempfile::tempdir().unwrap();
    let mut wanted = train(folder.path(), &["iris", "--set", "train.epochs=5"]);
    let run = wanted["run"].as_str().unwrap().to_string();
    let path = folder.path().join(&run).join("summary.json");
    std::fs::remove_file(&path).unwrap();
    stdout(folder.path(), &["train", "--resume", &run]);
    let mut found: Json = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    for summary in [&mut found, &mut wanted] {
        summary.as_object_mut().unwrap().retain(|key, _| !key.contains("second"));
    }
    assert_eq!(found, wanted);
}

#[test]
fn a_folder_that_became_no_run_is_named() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("runs/killed-at-once/checkpoints")).unwrap();
    let message = error(folder.path(), &["train", "--resume", "runs/killed-at-once"]);
    assert!(message.contains("no run folder"), "{message}");
}

#[test]
fn ctrl_c_ends_with_a_checkpoint_that_training_goes_on_from() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = whygrad(folder.path(), &["train", "digits", "--set", "train.epochs=2000"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let run = wait_for(folder.path(), "facts.bin");
    std::thread::sleep(Duration::from_millis(200));
    let status = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(status.unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let summary: Json = serde_json::from_slice(&std::fs::read(run.join("summary.json")).unwrap()).unwrap();
    assert_eq!(summary["finished"], false);
    assert!(summary["steps"].as_u64().unwrap() > 0 && run.join("last.safetensors").exists());
}

#[test]
fn a_finished_run_has_nothing_to_go_on_with() {
    let folder = tempfile::tempdir().unwrap();
    let run = train(folder.path(), &["xor"])["run"].as_str().unwrap().to_string();
    let before = std::fs::read(folder.path().join(&run).join("last.safetensors")).unwrap();
    let text = stdout(folder.path(), &["train", "--resume", &run]);
    assert!(text.contains("this run is finished"), "{text}");
    assert!(before == std::fs::read(folder.path().join(&run).join("last.safetensors")).unwrap());
}

#[test]
fn broken_checkpoints_fall_back_to_a_whole_one_or_to_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let summary = train(folder.path(), &["digits", "--set", "train.epochs=6"]);
    let expected = last(folder.path(), &summary);
    let run = folder.path().join(summary["run"].as_str().unwrap());
    std::fs::write(run.join("last.safetensors"), &expected[..expected.len() / 2]).unwrap();
    std::fs::write(run.join("checkpoints/step-00000200.safetensors"), b"torn").unwrap();
    let resume = ["train", "--json", "--resume", run.to_str().unwrap()];
    stdout(folder.path(), &resume);
    assert!(std::fs::read(run.join("last.safetensors")).unwrap() == expected);
    // All of them broken, as power that fails in the first seconds leaves them: it starts over, and says so.
    std::fs::remove_file(run.join("last.safetensors")).unwrap();
    for entry in std::fs::read_dir(run.join("checkpoints")).unwrap() {
        std::fs::write(entry.unwrap().path(), b"").unwrap();
    }
    let said = String::from_utf8(output(folder.path(), &resume, 0).stderr).unwrap();
    assert!(said.contains("not a readable safetensors file") && said.contains("starts over"), "{said}");
    assert!(std::fs::read(run.join("last.safetensors")).unwrap() == expected);
}

#[test]
fn weights_that_pytorch_wrote_are_loaded_and_others_refused() {
    let folder = tempfile::tempdir().unwrap();
    let fixture = format!("{}/tests/app/pytorch/mlp.safetensors", env!("CARGO_MANIFEST_DIR"));
    let text = format!(
        "[data]\nsource = \"iris\"\n[network]\nweights = {fixture:?}\nlayers = [\n\
         {{ type = \"linear\", out = 3 }},\n{{ type = \"batch_norm\" }},\n{{ type = \"tanh\" }},\n\
         {{ type = \"linear\", out = 3 }},\n]\n[loss]\ntype = \"cross_entropy\"\n[optimizer]\ntype = \"sgd\"\n\
         lr = 0.0\n[train]\nepochs = 1\n"
    );
    std::fs::write(folder.path().join("e.toml"), &text).unwrap();
    let summary = train(folder.path(), &["e.toml"]);
    let (ours, theirs) = (last(folder.path(), &summary), std::fs::read(&fixture).unwrap());
    let (ours, theirs) = (
        safetensors::SafeTensors::deserialize(&ours).unwrap(),
        safetensors::SafeTensors::deserialize(&theirs).unwrap(),
    );
    for name in ["0.weight", "0.bias", "1.weight", "3.weight", "3.bias"] {
        let (a, b) = (ours.tensor(name).unwrap(), theirs.tensor(name).unwrap());
        assert_eq!((a.shape(), a.data()), (b.shape(), b.data()), "{name}");
    }
    let other = text.replace("out = 3 },\n{ type = \"batch", "out = 4 },\n{ type = \"batch");
    std::fs::write(folder.path().join("o.toml"), other).unwrap();
    let message = error(folder.path(), &["train", "o.toml"]);
    assert!(
        message.contains(
            "a checkpoint of another network: its tensor `0.weight` has the shape [3, 4], not [4, 4]"
        )
    );
}

#[test]
fn a_folder_that_cannot_be_written_is_one_error() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("runs"), "a file where the folder should be").unwrap();
    let message = error(folder.path(), &["train", "xor"]);
    assert!(message.starts_with("runs: cannot make the folder"), "{message}");
}

#[test]
fn a_full_disk_is_one_error_and_leaves_no_half_of_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let disk = folder.path().join("runs");
    std::fs::create_dir(&disk).unwrap();
    let mount = ["-t", "tmpfs", "-o", "size=400k", "tmpfs", disk.to_str().unwrap()];
    if !std::process::Command::new("mount").args(mount).status().is_ok_and(|status| status.success()) {
        eprintln!("SKIPPED: cannot mount a small disk here");
        return;
    }
    let found = output(folder.path(), &["train", "digits", "--json"], 2);
    let files: Vec<_> =
        std::fs::read_dir(only_run(folder.path())).unwrap().map(|f| f.unwrap().file_name()).collect();
    let unmounted = std::process::Command::new("umount").arg(&disk).status();
    let text = String::from_utf8(found.stderr).unwrap();
    assert!(text.contains("No space left on device"), "{text}");
    assert!(!files.iter().any(|name| name.to_string_lossy().ends_with(".tmp")), "{files:?}");
    assert!(unmounted.unwrap().success());
}

#[test]
fn output_that_cannot_be_written_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = whygrad(folder.path(), &["train", "xor"]).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("cannot write to standard output"));
}

#[test]
fn mnists_own_files_train_to_ninety_seven_and_a_half_percent() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/mnist");
    if !folder.exists() {
        eprintln!("SKIPPED: MNIST is not here; the README says how to get it");
        return;
    }
    let here = tempfile::tempdir().unwrap();
    let experiment = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/mnist.toml");
    let text =
        std::fs::read_to_string(experiment).unwrap().replace("mnist/", &format!("{}/", folder.display()));
    std::fs::write(here.path().join("mnist.toml"), text).unwrap();
    let summary = train(here.path(), &["mnist.toml"]);
    assert!(summary["test_accuracy"].as_f64().unwrap() >= 0.975, "{summary}");
}
