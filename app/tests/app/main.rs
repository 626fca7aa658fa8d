//! What users of the command rely on.

mod browser;
mod check;
mod colours;
mod divergence;
mod documents;
mod export;
mod help;
mod hostile;
mod input;
mod json;
mod ledger;
mod pages;
mod provenance;
mod runs;
mod table;
mod train;
mod verify;
mod walk;
mod why;

use std::path::Path;
use std::process::{Command, Output};

/// The command, to be run in `folder`.
fn whygrad(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_whygrad"));
    command.args(args).current_dir(folder).env_remove("NO_COLOR");
    command
}

/// What the command printed, which has to end with `status`.
fn output(folder: &Path, args: &[&str], status: i32) -> Output {
    let output = whygrad(folder, args).output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(status), "whygrad {}: {text}", args.join(" "));
    assert!(!text.contains("panicked"), "{text}");
    output
}

fn stdout(folder: &Path, args: &[&str]) -> String {
    String::from_utf8(output(folder, args, 0).stdout).unwrap()
}

/// The one-line error of a command that fails with status 2.
fn error(folder: &Path, args: &[&str]) -> String {
    let text = String::from_utf8(output(folder, args, 2).stderr).unwrap();
    assert_eq!(text.trim_end().lines().count(), 1, "{text}");
    text.trim_end().trim_start_matches("error: ").to_string()
}

/// A file of the test data.
fn oracle(name: &str) -> String {
    format!("{}/tests/app/oracles/{name}", env!("CARGO_MANIFEST_DIR"))
}
