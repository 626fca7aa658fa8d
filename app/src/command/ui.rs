//! `whygrad ui`: the page.

use crate::error::Result;
use crate::server::Server;
use std::io::Write;
use std::process::ExitCode;

/// Opens the page in the browser: see the error travel
///
/// The six steps of learning to see, touch and change, and any small network on any data, on the engine of this command.
/// The page is served on this machine alone (127.0.0.1), works offline and asks nobody else.
#[derive(clap::Args)]
#[command(after_long_help = "\
Examples:
  whygrad ui
  whygrad ui --no-open --port 8080")]
pub(super) struct Args {
    /// Port on 127.0.0.1; by default a free one
    #[arg(long, value_name = "PORT", default_value_t = 0, hide_default_value = true)]
    port: u16,
    /// Prints the address and opens no browser
    #[arg(long)]
    no_open: bool,
}

/// Runs the command.
pub(super) fn run(args: &Args) -> Result<ExitCode> {
    let server = Server::bind(args.port)?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "The page is at {}\nCtrl-C ends it.", server.address())?;
    out.flush()?;
    drop(out);
    if !args.no_open && has_screen() {
        // Who has no browser has the address.
        let _ = open::that_detached(server.address());
    }
    server.run()?;
    Ok(ExitCode::SUCCESS)
}

/// Whether a browser would have a screen to open on: without one it could be one that takes over the terminal.
fn has_screen() -> bool {
    let has = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    cfg!(any(windows, target_os = "macos")) || has("DISPLAY") || has("WAYLAND_DISPLAY")
}
