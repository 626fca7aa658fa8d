//! The `whygrad` command.

fn main() -> std::process::ExitCode {
    whygrad_cli::command::main()
}
