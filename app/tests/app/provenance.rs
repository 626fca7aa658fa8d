//! What a run was made from: whoever makes its steps again notices where that is no longer so.

use super::why::train;
use super::{error, output, stdout};
use std::fs;
use std::path::Path;

const EXPERIMENT: &str = "[data]\nsource = \"x.csv\"\ntarget = \"y\"\ntest = 0.25\n[network]\n\
    layers = [{ type = \"linear\", out = 1 }]\n[loss]\ntype = \"mse\"\n[optimizer]\ntype = \"sgd\"\nlr = 0.01\n\
    [train]\nepochs = 10\nbatch = 1\n";

/// Trains on `x.csv` in a folder; returns the run.
fn run(folder: &Path) -> String {
    fs::write(folder.join("x.csv"), "x,y\n1,1\n2,2\n3,3\n4,4\n").unwrap();
    fs::write(folder.join("e.toml"), EXPERIMENT).unwrap();
    train(folder, &["e.toml"])
}

/// What refuses each command that makes steps of a run again.
fn refusals(folder: &Path, run: &str) -> Vec<String> {
    let why = ["why", "linear1.weight[0,0]", "--run", run, "--step", "7"];
    let commands = [&why[..], &["why", "--run", run], &["ledger", "--run", run], &["train", "--resume", run]];
    commands.iter().map(|args| error(folder, args)).collect()
}

#[test]
fn a_run_whose_data_were_changed_is_not_replayed() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let run = run(here);
    fs::write(here.join("x.csv"), "x,y\n1,1\n2,2\n3,3\n4,40\n").unwrap();
    for message in refusals(here, &run) {
        assert!(message.contains("examples are not those with which it began"), "{message}");
    }
    fs::write(here.join("x.csv"), "x,y\n1,1\n2,2\n3,3\n4,4\n").unwrap();
    stdout(here, &["ledger", "--run", &run]);
}

#[test]
fn a_run_whose_experiment_was_changed_is_not_replayed() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let run = run(here);
    let file = here.join(&run).join("experiment.toml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("lr = 0.01", "lr = 0.02")).unwrap();
    for message in refusals(here, &run) {
        assert!(message.contains("its experiment.toml was changed"), "{message}");
        assert!(message.contains(&format!("whygrad train {run}/experiment.toml")), "{message}");
    }
    stdout(here, &["train", &format!("{run}/experiment.toml")]);
}

#[test]
fn paths_of_a_run_belong_to_it_and_not_to_the_folder_from_which_it_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join(run(folder.path()));
    let args = ["why", "linear1.weight[0,0]", "--step", "7", "--json", "--run", run.to_str().unwrap()];
    let right = stdout(folder.path(), &args);
    let elsewhere = tempfile::tempdir().unwrap();
    fs::write(elsewhere.path().join("x.csv"), "x,y\n9,1\n2,9\n3,9\n4,9\n").unwrap();
    assert_eq!(stdout(elsewhere.path(), &args), right);
    // Where the data went along with the run, they are found from there.
    fs::rename(folder.path().join("x.csv"), elsewhere.path().join("x.csv")).unwrap();
    assert_eq!(stdout(elsewhere.path(), &args), right);
    let message = error(folder.path(), &args);
    assert!(message.contains("x.csv: cannot read"), "{message}");
}

#[test]
fn another_program_or_processor_is_said_and_so_is_a_loss_that_differs() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let run = train(here, &["iris", "--set", "train.epochs=3"]);
    let why = || {
        let found = output(here, &["why", "--run", &run, "--step", "7"], 0);
        String::from_utf8(found.stderr).unwrap()
    };
    assert_eq!(why(), "");
    let file = here.join(&run).join("provenance.json");
    let text = fs::read_to_string(&file).unwrap();
    let version = concat!("\"whygrad\":\"", env!("CARGO_PKG_VERSION"), "\"");
    fs::write(&file, text.replace(version, "\"whygrad\":\"0.0.9\"")).unwrap();
    assert!(why().contains("trained by whygrad 0.0.9, and this is"), "{}", why());
    let processor = text.split("\"processor\":\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    fs::write(&file, text.replace(processor, "x86_64 with AVX-1024")).unwrap();
    assert!(why().contains("on x86_64 with AVX-1024, and this is"), "{}", why());
    fs::write(&file, &text).unwrap();
    // The facts of another training of the same network.
    let other = train(here, &["iris", "--set", "train.epochs=3", "--set", "seed=1"]);
    fs::copy(here.join(other).join("facts.bin"), here.join(&run).join("facts.bin")).unwrap();
    assert!(why().contains("step 1, made again, has the loss"), "{}", why());
    let ledger = output(here, &["ledger", "--run", &run], 0);
    let said = String::from_utf8(ledger.stderr).unwrap();
    assert_eq!(said.matches("was recorded").count(), 1, "{said}");
}

#[test]
fn a_run_that_lost_its_provenance_is_told_apart_from_one_that_has_it() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let run = run(here);
    let file = here.join(&run).join("provenance.json");
    fs::write(&file, "{").unwrap();
    for message in refusals(here, &run) {
        assert!(message.starts_with(&format!("{run}/provenance.json: damaged")), "{message}");
    }
    fs::remove_file(file).unwrap();
    let said = output(here, &["why", "--run", &run], 0).stderr;
    assert!(String::from_utf8(said).unwrap().contains("nothing tells whether they are the same"));
}

#[test]
fn a_run_that_was_killed_before_its_first_checkpoint_is_made_again_from_its_start() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let run = train(here, &["iris", "--set", "train.epochs=3"]);
    let args = ["why", "linear1.weight[0,0]", "--run", &run, "--json"];
    let right = stdout(here, &args);
    fs::remove_file(here.join(&run).join("last.safetensors")).unwrap();
    fs::remove_dir_all(here.join(&run).join("checkpoints")).unwrap();
    fs::create_dir(here.join(&run).join("checkpoints")).unwrap();
    assert_eq!(stdout(here, &args), right);
}

#[test]
fn weights_that_a_run_would_start_over_from_are_those_of_its_start() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let first = train(here, &["iris", "--set", "train.epochs=1"]);
    let weights = |step: &str| here.join(&first).join(format!("checkpoints/step-{step}.safetensors"));
    fs::copy(weights("00000000"), here.join("w.safetensors")).unwrap();
    let run = train(here, &["iris", "--set", "train.epochs=1", "--set", "network.weights=w.safetensors"]);
    let folder = here.join(&run);
    fs::remove_dir_all(folder.join("checkpoints")).unwrap();
    fs::create_dir(folder.join("checkpoints")).unwrap();
    fs::copy(here.join(&first).join("last.safetensors"), here.join("w.safetensors")).unwrap();
    fs::remove_file(folder.join("last.safetensors")).unwrap();
    let message = error(here, &["why", "--run", &run]);
    assert!(message.contains("not those of its start"), "{message}");
}

#[test]
fn a_checkpoint_of_another_step_or_of_another_run_is_not_taken_in_silence() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let run = train(here, &["iris"]);
    let why = |step: &str| {
        let found = output(here, &["why", "l1[0,0]", "--run", &run, "--step", step, "--json"], 0);
        (String::from_utf8(found.stdout).unwrap(), String::from_utf8(found.stderr).unwrap())
    };
    let (right, _) = why("4");
    let checkpoints = here.join(&run).join("checkpoints");
    fs::copy(here.join(&run).join("last.safetensors"), checkpoints.join("step-00000003.safetensors"))
        .unwrap();
    let (found, said) = why("4");
    assert_eq!(found, right);
    assert!(said.contains("step-00000003.safetensors: it is of step 800"), "{said}");
    fs::remove_file(checkpoints.join("step-00000003.safetensors")).unwrap();
    // The step that is shown is compared with what was recorded of it, too.
    let other = train(here, &["iris", "--set", "seed=5"]);
    let name = "checkpoints/step-00000100.safetensors";
    fs::copy(here.join(other).join(name), here.join(&run).join(name)).unwrap();
    assert!(why("101").1.contains("step 101, made again, has the loss"), "{}", why("101").1);
}

#[test]
fn facts_that_are_lost_are_missed_and_hide_no_divergence() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let raw = ["--set", "optimizer.type=sgd", "--set", "data.scale_target=none"];
    let sets = [&raw[..], &["--set", "optimizer.lr=3", "--set", "train.epochs=10"]].concat();
    let args = [&["train", "diabetes", "--json"][..], &sets].concat();
    output(here, &args, 1);
    let run = fs::read_dir(here.join("runs")).unwrap().next().unwrap().unwrap().path();
    let run = run.to_str().unwrap();
    let ledger = || output(here, &["ledger", "--run", run], 0);
    assert!(String::from_utf8_lossy(&ledger().stdout).contains("Training diverged"));
    fs::remove_file(Path::new(run).join("facts.bin")).unwrap();
    let found = ledger();
    assert!(String::from_utf8_lossy(&found.stdout).contains("Training diverged"));
    assert!(String::from_utf8_lossy(&found.stderr).contains("its facts tell of 0 of"));
}

#[test]
fn the_name_of_an_array_is_not_taken_for_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let array = |kind: &str, shape: &str, numbers: &[u8]| {
        let mut header = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}");
        header += &" ".repeat(63 - (header.len() + 10) % 64);
        let length = (header.len() as u16 + 1).to_le_bytes();
        [b"\x93NUMPY\x01\0", &length[..], header.as_bytes(), b"\n", numbers].concat()
    };
    let x: Vec<u8> = (0..8u32).flat_map(|i| (i as f32).to_le_bytes()).collect();
    let y: Vec<u8> = [0i64, 1, 0, 1].iter().flat_map(|class| class.to_le_bytes()).collect();
    fs::write(here.join("x.npy"), array("<f4", "(4, 2)", &x)).unwrap();
    fs::write(here.join("t.npy"), array("<i8", "(4,)", &y)).unwrap();
    let zip = std::process::Command::new("python3")
        .args([
            "-c",
            "import zipfile; z = zipfile.ZipFile('d.npz', 'w'); [z.write(f) for f in ['x.npy', 't.npy']]",
        ])
        .current_dir(here)
        .status();
    // Where there is no Python, nothing makes an archive.
    if !zip.is_ok_and(|status| status.success()) {
        return println!("SKIPPED: no python3");
    }
    let text = EXPERIMENT.replace("x.csv", "d.npz").replace("target = \"y\"", "targets = \"t\"");
    let text = text.replace("out = 1", "out = 2").replace("mse", "cross_entropy");
    fs::write(here.join("e.toml"), text).unwrap();
    let run = train(here, &["e.toml"]);
    fs::write(here.join("t"), "").unwrap();
    stdout(here, &["why", "l1[0,1]", "--run", &run]);
}
