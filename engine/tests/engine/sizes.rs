//! A file is no longer than one reads at a sitting. (Functions are clippy's: `too_many_lines`.)

use crate::floors::sources;
use std::path::Path;

/// Lines of a file before its tests; a file that is nothing but tests has none.
fn lines(path: &Path, text: &str) -> usize {
    if path.file_name().is_some_and(|name| name == "tests.rs") {
        return 0;
    }
    text.lines().take_while(|line| *line != "mod tests {").count()
}

/// Whether a file's header says why it is long.
fn says_why(text: &str) -> bool {
    text.lines().take_while(|line| line.starts_with("//!")).any(|line| line.contains("Longer than"))
}

fn check(folder: &str, most: usize) {
    for file in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)) {
        let text = std::fs::read_to_string(&file).unwrap();
        let lines = lines(&file, &text);
        assert!(
            lines <= most || says_why(&text),
            "{} has {lines} lines before its tests, more than {most}: split it, or say in its header why it is \
             \"Longer than\" that",
            file.display()
        );
    }
}

#[test]
fn no_file_of_the_engine_is_longer_than_six_hundred_lines() {
    check("src", 600);
}

#[test]
fn no_file_of_the_app_is_longer_than_four_hundred_and_fifty_lines() {
    check("../app/src", 450);
}
