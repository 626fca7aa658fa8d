//! `whygrad new`: a commented experiment to start from.

use super::{after, print};
use crate::error::{Error, Result};
use crate::experiment::{BUILTIN, TABLES};
use crate::terminal::Page;
use crate::view::new::Starter;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use whygrad::setting::{Default, Key};
use whygrad::{init, loss, op, optim};

/// Writes a commented experiment file to start from
#[derive(clap::Args)]
#[command(after_long_help = after::<Starter>("\
Example:
  whygrad new my && whygrad train my.toml"))]
pub(super) struct Args {
    /// Name of the experiment; the file is NAME.toml
    name: String,
    /// Prints one JSON object; its fields stand at the end of --help
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(super) fn run(args: &Args) -> Result<ExitCode> {
    let mut path = PathBuf::from(&args.name);
    if path.extension().is_none_or(|extension| extension != "toml") {
        path.as_mut_os_string().push(".toml");
    }
    if path.exists() {
        let problem = "the file exists already; choose another name, or remove it first";
        return Err(Error::argument(path.display().to_string(), problem));
    }
    crate::run::write_whole(&path, starter().as_bytes())?;
    let starter = Starter { file: path.display().to_string() };
    print(&starter, args.json, page)?;
    Ok(ExitCode::SUCCESS)
}

/// What was written, and what to do with it.
pub(super) fn page(Starter { file }: &Starter, page: &mut Page) {
    page.paragraph(&format!("wrote {file}; try: whygrad train {file}"));
}

/// The digits experiment, and behind it every key there is, from the lists that it is read with.
fn starter() -> String {
    let digits = BUILTIN.iter().find(|(name, _)| *name == "digits").map_or("", |(_, text)| text);
    let mut text = digits.to_string();
    let mut say = |line: String| {
        let _ = writeln!(text, "{}", line.trim_end()); // writing to a text cannot fail
    };
    say("\n# All keys, with their defaults. Any of them can be given on the command line: --set train.epochs=3".into());
    for (table, keys) in TABLES {
        say(format!("#\n# {}", if table.is_empty() { "at the top".into() } else { format!("[{table}]") }));
        keys.iter().for_each(|key| say(describe(key)));
    }
    let kinds = |what: &str| format!("#\n# {what}");
    say(kinds("layers = [{ type = … }, …]; residual takes layers = […] and computes x + f(x)"));
    for entry in op::LIST.iter().filter(|entry| entry.inputs() == 1) {
        say(format!("#   {:<14} {}", entry.name, entry.doc));
        entry.keys.iter().for_each(|key| say(format!("  {}", describe(key)).replacen("  #", "#    ", 1)));
    }
    say(kinds("init = \"NAME\" or { type = \"NAME\", … }"));
    init::LIST.iter().for_each(|entry| say(format!("#   {:<14} {}", entry.name, entry.doc)));
    say(kinds("[loss] type ="));
    for entry in loss::LIST {
        say(format!("#   {:<14} {}", entry.name, entry.doc));
        entry.keys.iter().for_each(|key| say(format!("  {}", describe(key)).replacen("  #", "#    ", 1)));
    }
    say(kinds("[optimizer] type ="));
    for entry in optim::LIST {
        say(format!("#   {:<14} {}", entry.name, entry.doc));
        entry.keys.iter().for_each(|key| say(format!("  {}", describe(key)).replacen("  #", "#    ", 1)));
    }
    text
}

fn describe(key: &Key) -> String {
    let default = match key.default {
        Default::Required => "required".into(),
        Default::Absent => String::new(),
        Default::Number(x) => x.to_string(),
        Default::Two(a, b) => format!("[{a}, {b}]"),
        Default::Switch(x) => x.to_string(),
        Default::Word(x) => format!("\"{x}\""),
    };
    format!("#   {:<13} {:<10} {}; {}", key.name, default, key.doc, key.kind)
}
