//! Files that were damaged or belong to somebody else, terminals that are gone, and inputs that ask for too much.

use super::{error, output, stdout, whygrad};
use serde_json::Value as Json;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

fn train(folder: &Path, args: &[&str]) -> PathBuf {
    let summary = stdout(folder, &[&["train", "--json"], args].concat());
    let summary: Json = serde_json::from_str(&summary).unwrap();
    folder.join(summary["run"].as_str().unwrap())
}

#[test]
fn a_checkpoint_with_one_flipped_bit_is_never_gone_on_with_in_silence() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let run = train(here, &["iris", "--set", "train.epochs=30"]);
    let name = run.display().to_string();
    let why = || {
        let args = ["why", "linear1.weight[0,0]", "--run", &name, "--step", "230", "--json"];
        let found = output(here, &args, 0);
        (found.stdout, String::from_utf8(found.stderr).unwrap())
    };
    let (right, said) = why();
    assert_eq!(said, "");
    let path = run.join("checkpoints/step-00000200.safetensors");
    let bytes = fs::read(&path).unwrap();
    for at in (0..bytes.len()).step_by(bytes.len() / 40) {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1 << (at % 8);
        fs::write(&path, flipped).unwrap();
        let (found, said) = why();
        assert!(found == right, "byte {at}");
        assert!(
            said.contains("step-00000200.safetensors") && said.contains("goes on from step 100"),
            "{said}"
        );
    }
    fs::write(&path, &bytes).unwrap();
    // The last one, of which the run's length is known, too.
    let path = run.join("last.safetensors");
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&path, bytes).unwrap();
    let said = String::from_utf8(output(here, &["train", "--resume", &name], 0).stderr).unwrap();
    assert!(said.contains("last.safetensors: damaged") && said.contains("goes on from step 200"), "{said}");
}

#[test]
fn a_file_that_is_drawn_to_destroys_nothing_beside_it_and_a_link_stays_a_link() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    train(here, &["xor", "--set", "train.epochs=3"]);
    fs::write(here.join("a.tmp"), "mine").unwrap();
    stdout(here, &["ledger", "--svg", "a.svg"]);
    assert_eq!(fs::read_to_string(here.join("a.tmp")).unwrap(), "mine");
    fs::write(here.join("real.svg"), "").unwrap();
    std::os::unix::fs::symlink("real.svg", here.join("link.svg")).unwrap();
    stdout(here, &["ledger", "--svg", "link.svg"]);
    assert!(fs::symlink_metadata(here.join("link.svg")).unwrap().is_symlink());
    assert!(fs::read_to_string(here.join("real.svg")).unwrap().contains("<svg"));
    stdout(here, &["ledger", "--svg", "/dev/null"]);
    let files: Vec<String> =
        fs::read_dir(here).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    assert!(!files.iter().any(|file| file.ends_with(".tmp") && file != "a.tmp"), "{files:?}");
}

#[test]
fn training_goes_on_when_nobody_reads_its_lines_any_more() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let mut child = whygrad(here, &["train", "iris"]).stdout(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let run = fs::read_dir(here.join("runs")).unwrap().next().unwrap().unwrap().path();
    let summary: Json = serde_json::from_slice(&fs::read(run.join("summary.json")).unwrap()).unwrap();
    assert_eq!(summary["finished"], true);
}

#[test]
fn an_error_that_nobody_can_be_told_has_its_exit_status() {
    let full = || fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let status = whygrad(Path::new("."), &["train", "nothing.toml"]).stderr(full()).status().unwrap();
    assert_eq!(status.code(), Some(2));
}

#[test]
fn two_do_not_train_one_run_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let run = train(here, &["iris", "--set", "train.epochs=20"]);
    for file in ["last.safetensors", "checkpoints/step-00000160.safetensors"] {
        let _ = fs::remove_file(run.join(file)); // it may not be there
    }
    let lock = fs::File::open(run.join("experiment.toml")).unwrap();
    lock.lock().unwrap();
    let name = run.display().to_string();
    let message = error(here, &["train", "--resume", &name]);
    assert!(message.contains("another whygrad is training it"), "{message}");
    drop(lock);
    stdout(here, &["train", "--resume", &name]);
}

#[test]
fn what_a_terminal_would_obey_is_never_sent_to_it() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let table = "a\u{1b}[31m,label\n1,x\u{1b}]0;title\u{7}\n2,y\n3,x\u{1b}]0;title\u{7}\n4,y\n";
    fs::write(here.join("t.csv"), table).unwrap();
    let sets = ["data.source=t.csv", "data.target=label", "data.test=0", "train.epochs=2"];
    let mut args = vec!["train", "iris"];
    sets.iter().for_each(|set| args.extend(["--set", set]));
    let harmless = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes).into_owned();
        // What we write ourselves: no colours on a pipe.
        assert!(!text.contains(['\u{1b}', '\u{7}']), "{text:?}");
        text
    };
    harmless(&output(here, &args, 0).stdout);
    let page = harmless(&output(here, &["why", "linear1.weight[0,0]"], 0).stdout);
    assert!(page.contains("title\\u{7}"), "{page}");
    fs::write(here.join("bad.csv"), "a,label\n1,x\n\u{1b}[2J,y\n").unwrap();
    args[3] = "data.source=bad.csv";
    let message = harmless(&output(here, &args, 2).stderr);
    assert!(message.contains("bad.csv"), "{message}");
}

#[test]
fn more_than_there_is_is_one_error_or_said() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let message = error(here, &["train", "xor", "--set", "data.size=2147483648"]);
    assert!(message.contains("more memory than there is"), "{message}");
    let wide = "network.layers=[{ type = \"linear\", out = 1000000000000 }, { type = \"linear\", out = 2 }]";
    error(here, &["train", "xor", "--set", wide]);
    // Some megabytes that unpack to a gigabyte, where there is less: one endless row, and endless rows.
    for (text, says) in [("0", "longer than 64 MiB"), ("0,0\n", "memory")] {
        let file = fs::File::create(here.join("zeros.csv.gz")).unwrap();
        let mut packer = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
        packer.write_all(b"a,label\n").unwrap();
        let block = text.repeat((1 << 20) / text.len());
        (0..1024).for_each(|_| packer.write_all(block.as_bytes()).unwrap());
        packer.finish().unwrap();
        let command = format!(
            "ulimit -v 500000; exec {} train iris --set data.source=zeros.csv.gz",
            env!("CARGO_BIN_EXE_whygrad")
        );
        let done = Command::new("sh").args(["-c", &command]).current_dir(here).output().unwrap();
        let said = String::from_utf8(done.stderr).unwrap();
        assert_eq!((done.status.code(), said.lines().count()), (Some(2), 1), "{said}");
        assert!(said.contains(says), "{said}");
    }
    let text =
        stdout(here, &["train", "xor", "--set", "train.threads=2147483648", "--set", "train.epochs=1"]);
    assert!(text.contains("2147483648 would wait for each other"), "{text}");
}
