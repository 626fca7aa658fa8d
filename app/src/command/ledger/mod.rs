//! `whygrad ledger`
use crate::error::Result;
use std::process::ExitCode;
/// Shows who earned the loss change of a run
#[derive(clap::Args)]
pub struct Args {}
/// Runs the command.
pub fn run(_args: &Args) -> Result<ExitCode> {
    Ok(ExitCode::SUCCESS)
}
