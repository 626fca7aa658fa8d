//! The fault bench: plants faults in healthy experiments, checks both, and prints how often the check is right.
//!
//! What is faulty is decided by outcome: a planted fault that does not measurably cost held-out result against its healthy
//! twin over 5 starting points is dropped, and counted. Half of the experiments, by a fixed hash of their names, is held
//! back while limits are tuned, and reported apart.

mod cases;
mod run;
mod tables;
mod tally;

use std::path::PathBuf;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let value =
        |name: &str| arguments.iter().position(|of| of == name).and_then(|at| arguments.get(at + 1)).cloned();
    let only = value("--only");
    let half = value("--half");
    let json = value("--json").map(PathBuf::from);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let cases: Vec<cases::Case> = cases::all(folder.path())
        .into_iter()
        .filter(|case| only.as_ref().is_none_or(|only| case.name.contains(only.as_str())))
        .filter(|case| half.as_ref().is_none_or(|half| (half == "held") == tally::held_back(&case.name)))
        .collect();
    if arguments.iter().any(|of| of == "--print") {
        cases.iter().for_each(|case| println!("# {}\n{}", case.name, case.text));
        std::mem::forget(folder);
        return ExitCode::SUCCESS;
    }
    let outcomes = run::all(&cases);
    let report = tally::report(&outcomes);
    print!("{report}");
    if let Some(path) = json {
        let text = serde_json::to_string_pretty(&tally::json(&outcomes)).expect("JSON");
        std::fs::write(path, text).expect("the results can be written");
    }
    ExitCode::SUCCESS
}
