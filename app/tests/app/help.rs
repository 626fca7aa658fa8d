//! Help texts fill the width of the terminal and are never wider.

use super::whygrad;
use std::path::Path;

/// The help of a command on a terminal of that width.
fn help(command: &str, width: usize) -> String {
    let mut whygrad = whygrad(Path::new("."), &[command, "--help"]);
    let output = whygrad.env("COLUMNS", width.to_string()).output().unwrap();
    assert!(output.status.success(), "{command}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn help_is_wrapped_once_where_the_terminal_ends() {
    let indent = |line: &str| line.len() - line.trim_start().len();
    for (command, width) in ["walk", "train", "export", "why", "ledger", "new", "verify"]
        .into_iter()
        .flat_map(|command| [40, 80, 100].map(|width| (command, width)))
    {
        let help = help(command, width);
        // clap does not wrap the line of usage.
        for line in help.lines().filter(|line| !line.starts_with("Usage: ")) {
            assert!(line.chars().count() <= width, "{command} at {width}: {line}");
        }
        // The list of fields at the end has a line for each.
        let lines: Vec<&str> = help.split("Fields of --json").next().unwrap().lines().collect();
        for pair in lines.windows(2) {
            let Some(word) = pair[1].split_whitespace().next().filter(|_| !pair[0].trim().is_empty()) else {
                continue;
            };
            // An option and its words, its default and its values, an example and the next one are lines of their own.
            let apart = indent(pair[0]) != indent(pair[1]) || word == "whygrad" || word.starts_with('[');
            let full = pair[0].chars().count() + 1 + word.chars().count() > width;
            assert!(apart || full, "{command} at {width}: a line ends early\n{}\n{}", pair[0], pair[1]);
        }
    }
}
