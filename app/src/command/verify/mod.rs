//! `whygrad verify`: the engine against numbers that it did not compute.

mod compare;
mod pytorch;
mod read;
mod textbook;

use super::{after, print};
use crate::error::{Error, Result};
use crate::terminal::{Page, padded};
use crate::view::verify::{Case, Differences, Verification};
use serde_json::Value as Json;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Compares the engine with reference numbers
///
/// Outputs, losses, gradients, per-example gradient norms, and where training leads. Prints for each case the
/// largest relative difference of each kind: |a − b| / max(|b|, a thousandth of the largest |b| of its kind).
///
/// Exit status: 0 if all differences are at most 1e-8, 1 if one is larger or no number, 2 if a file cannot be read or
/// one of its cases lacks something.
#[derive(clap::Args)]
#[command(after_long_help = after::<Verification>("\
Example:
  whygrad verify app/tests/app/oracles/*.json"))]
pub struct Args {
    /// Files with cases
    #[arg(required = true, value_name = "CASE.json")]
    cases: Vec<PathBuf>,
    /// Prints one JSON object; its fields stand at the end of --help
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<ExitCode> {
    let view = compare(&args.cases)?;
    print(&view, args.json, page)?;
    Ok(ExitCode::from(u8::from(!view.pass)))
}

/// Compares the engine with the cases of these files.
///
/// # Errors
/// Where a file cannot be read, has no cases of a known kind, or one lacks something.
pub fn compare(files: &[PathBuf]) -> Result<Verification> {
    let mut cases = vec![];
    for path in files {
        let bytes = std::fs::read(path).map_err(Error::file("read", path))?;
        let refuse = |problem: String| Error::Case { path: path.clone(), problem };
        let json: Json =
            serde_json::from_slice(&bytes).map_err(|error| refuse(format!("no JSON: {error}")))?;
        cases.extend(file(path, &json).map_err(refuse)?);
    }
    Ok(Verification::new(cases))
}

/// A table, a case a line.
pub(super) fn page(view: &Verification, page: &mut Page) {
    let longest = view.cases.iter().map(|case| case.name.chars().count()).max().unwrap_or(0);
    let columns = longest.clamp(4, page.width.saturating_sub(55).max(16));
    let column = |kind: &str| kind.len().max(7);
    let heads = Differences::default().each().map(|(kind, _)| format!("{kind:>0$}", column(kind)));
    page.row(&[&[padded("case", columns)], &heads[..]].concat());
    for case in &view.cases {
        let mut cells = vec![padded(&case.name, columns)];
        if let Some(differences) = case.differences {
            for (kind, difference) in differences.each() {
                let text = difference.map_or("–".into(), |difference| format!("{difference:.1e}"));
                cells.push(format!("{text:>0$}", column(kind)));
            }
            cells.extend((case.pass == Some(false)).then(|| "DIFFERS".into()));
        } else if let Some(why) = &case.skipped {
            cells.push(format!("skipped: {why}"));
        }
        page.row(&cells);
    }
    page.paragraph(&view.sentence());
}

/// The cases of a file, in whichever of the known forms it is.
fn file(path: &Path, json: &Json) -> Result<Vec<Case>, String> {
    let one = std::slice::from_ref(json);
    if let Some(cases) = json.as_array() {
        return each(cases, pytorch::case);
    }
    if json.get("layers").is_some() {
        return each(one, pytorch::case);
    }
    if json.get("steps").is_some() {
        let name = path.file_stem().map_or("case".into(), |stem| stem.to_string_lossy().into_owned());
        return each(one, |case| Ok(Case::compared(name.clone(), textbook::first_network(case)?)));
    }
    if let Some(cases) = json.get("cases").and_then(Json::as_array) {
        return each(cases, textbook::case);
    }
    if json["name"] == "digits_64_32_10" {
        return each(one, pytorch::digits);
    }
    Err("none of the known kinds of cases: a list of cases with `layers`, a case, `steps` of the first network, \
         `cases` of textbooks, digits_64_32_10"
        .into())
}

/// Compares each of some cases; a problem is told with the number of its case, from 1, and the name, where it has one.
fn each(cases: &[Json], compare: impl Fn(&Json) -> Result<Case, String>) -> Result<Vec<Case>, String> {
    if cases.is_empty() {
        return Err("there is no case in it; there should be one or more".into());
    }
    let compare = |(i, case): (usize, &Json)| {
        let name = case["name"].as_str().map(|name| format!(" ({name:.40})")).unwrap_or_default();
        compare(case).map_err(|why| format!("case {}{name}: {why}", i + 1))
    };
    cases.iter().enumerate().map(compare).collect()
}
