//! One command, one file or folder: its arguments, and the page that it prints.

mod check;
mod evaluate;
mod export;
mod ledger;
mod new;
mod picture;
mod predict;
mod runs;
mod show;
mod train;
mod ui;
pub mod verify;
mod walk;
mod why;
#[cfg(test)]
mod widths;

use crate::error::Result;
use crate::terminal::{Page, definitions, is_interrupted, warn, width};
use crate::view;
use crate::view::Field;
use clap::{Parser, Subcommand};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io::Write;
use std::ops::RangeInclusive;
use std::process::ExitCode;

/// How does error assign credit or blame to each weight?
#[derive(Parser)]
#[command(name = "whygrad", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Walk(walk::Args),
    Train(train::Args),
    Predict(predict::Args),
    Evaluate(evaluate::Args),
    Runs(runs::Args),
    Show(show::Args),
    Export(export::Args),
    Why(why::Args),
    Check(check::Args),
    Ledger(ledger::Args),
    New(new::Args),
    Verify(verify::Args),
    Ui(ui::Args),
}

/// Runs the command that this process was called with, and says how it ended: every error is one line, and status 2, or 130
/// where Ctrl-C ended it.
pub fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Walk(args) => walk::run(&args),
        Command::Train(args) => train::run(&args),
        Command::Predict(args) => predict::run(&args),
        Command::Evaluate(args) => evaluate::run(&args),
        Command::Runs(args) => runs::run(&args),
        Command::Show(args) => show::run(&args),
        Command::Export(args) => export::run(&args),
        Command::Why(args) => why::run(&args),
        Command::Check(args) => check::run(&args),
        Command::Ledger(args) => ledger::run(&args),
        Command::New(args) => new::run(&args),
        Command::Verify(args) => verify::run(&args),
        Command::Ui(args) => ui::run(&args),
    };
    match result {
        Ok(code) => code,
        // Whoever reads our output has seen enough (`whygrad walk | head`).
        Err(error) if error.is_closed_pipe() => ExitCode::SUCCESS,
        Err(error) => {
            // One line, whatever was given.
            warn(&format!("error: {}", error.to_string().replace('\n', "\\n")));
            ExitCode::from(if is_interrupted() { 130 } else { 2 })
        }
    }
}

/// Prints a view: as one JSON object, or as a page that `write` fills.
fn print<V: Serialize>(view: &V, json: bool, write: impl FnOnce(&V, &mut Page)) -> Result<()> {
    let mut out = std::io::stdout().lock();
    if json {
        serde_json::to_writer(&mut out, &view::versioned(view)).map_err(std::io::Error::from)?;
        writeln!(out)?;
    } else {
        let mut page = Page::new(width());
        write(view, &mut page);
        out.write_all(page.text.as_bytes())?;
    }
    Ok(out.flush()?)
}

/// What stands at the end of a command's help: examples, and the fields of the JSON object that it prints.
fn after<V: JsonSchema>(examples: &str) -> String {
    format!(
        "{examples}\n\nFields of --json (null stands where there is no number; name[] is each of a list, name{{}} each \
         value of an object whose keys are names):\n{}",
        fields::<V>()
    )
}

/// The fields of a view, a line each. clap asks for the end of every command's help whenever it reads arguments, and they
/// take longer to work out than many a command: so there are none where nobody asked for help.
fn fields<V: JsonSchema>() -> String {
    if !std::env::args_os().any(|argument| argument == "--help" || argument == "help") {
        return String::new();
    }
    let fields = shortened(view::fields::<V>());
    definitions(fields.iter().map(|field| (field.depth, &*field.name, &*field.about)), width().min(100))
}

/// The fields with those inside them once: where the same stand again, the field says where they stand.
fn shortened(fields: Vec<Field>) -> Vec<Field> {
    let (mut seen, mut path, mut shown) = (HashMap::new(), vec![], vec![]);
    let mut rest = &fields[..];
    while let Some((field, behind)) = rest.split_first() {
        path.truncate(field.depth);
        path.push(field.name.as_str());
        let (inside, after) =
            behind.split_at(behind.iter().take_while(|inside| inside.depth > field.depth).count());
        // The same names and sentences are the same type.
        let content: Vec<_> = inside.iter().map(|of| (of.depth - field.depth, &of.name, &of.about)).collect();
        // The last two names say enough, and fit.
        let first = path[path.len().saturating_sub(2)..].join(".");
        let mut field = field.clone();
        match (inside.len() > 1).then(|| seen.entry(content)) {
            Some(Entry::Occupied(entry)) => {
                let same: &String = entry.get();
                field.about += &format!("; as in {same}");
                rest = after;
            }
            Some(Entry::Vacant(entry)) => {
                entry.insert(first);
                rest = behind;
            }
            None => rest = behind,
        }
        shown.push(field);
    }
    shown
}

/// Reads a whole number in a range; says which are.
fn whole(range: RangeInclusive<u64>) -> impl Fn(&str) -> Result<u64, String> + Clone {
    move |text| {
        let number = text.parse().ok().filter(|number| range.contains(number));
        number.ok_or_else(|| match range.end() {
            &u64::MAX => format!("it takes a whole number from {} on", range.start()),
            end => format!("it takes a whole number from {} to {end}", range.start()),
        })
    }
}
