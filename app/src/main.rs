//! The `whygrad` command.

mod chart;
mod command;
mod data;
mod error;
mod experiment;
mod page;
mod run;
mod textbook;

use clap::{Parser, Subcommand};
use command::{ledger, new, train, verify, walk, why};
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
    Why(why::Args),
    Ledger(ledger::Args),
    New(new::Args),
    Verify(verify::Args),
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Walk(args) => walk::run(&args),
        Command::Train(args) => train::run(&args),
        Command::Why(args) => why::run(&args),
        Command::Ledger(args) => ledger::run(&args),
        Command::New(args) => new::run(&args),
        Command::Verify(args) => verify::run(&args),
    };
    match result {
        Ok(code) => code,
        // Whoever reads our output has seen enough (`whygrad walk | head`).
        Err(error) if error.is_closed_pipe() => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}
