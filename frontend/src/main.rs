//! The binary `icosian`: flows on the command line, and the shell.

mod cli;

fn main() -> std::process::ExitCode {
    cli::main()
}
