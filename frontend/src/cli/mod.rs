//! The commands. Each is a function from its arguments and a [`Console`] to an outcome; `exit`
//! turns outcomes into exit codes. Data goes to standard output, everything else to standard error.

mod analyze;
mod arguments;
mod check;
mod console;
mod eval;
mod exit;
mod explain;
mod explain_error;
mod fit;
mod fmt;
mod graph;
mod head;
mod init;
mod inputs;
mod interrupt;
mod output;
mod repl;
mod run;
mod show;
mod test;

use std::process::ExitCode;

use clap::Parser;

use arguments::{Arguments, Command};
use console::Console;
use exit::Outcome;
use interrupt::Interrupt;

/// Runs the command that the process was started with.
pub(crate) fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(told) => {
            // Help and version go to standard output with code 0, mistakes to standard error with 2.
            // Nobody is left to be told that the text could not be printed.
            let _ = told.print();
            return ExitCode::from(u8::try_from(told.exit_code()).unwrap_or(exit::WRONG));
        }
    };
    report_panics();
    let mut console = Console::of_process();
    let interrupt = Interrupt::install();
    let outcome = dispatch(arguments, &mut console, &interrupt);
    exit::report(outcome, &mut console)
}

/// Leaves the report of panics to those that end something: what damaged files make their decoders
/// do is told as an error.
fn report_panics() {
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !icosian_runtime::source::panic_is_caught() {
            report(panic);
        }
    }));
}

fn dispatch(arguments: Arguments, console: &mut Console, interrupt: &Interrupt) -> Outcome {
    match arguments.command {
        None => repl::repl(&arguments::ReplArguments::default(), console, interrupt),
        Some(Command::Run(arguments)) => run::run(&arguments, console, interrupt),
        Some(Command::Fit(arguments)) => fit::fit(&arguments, console, interrupt),
        Some(Command::Check(arguments)) => check::check(&arguments, console),
        Some(Command::Fmt(arguments)) => fmt::fmt(&arguments, console),
        Some(Command::Explain(arguments)) => explain::explain(&arguments, console, interrupt),
        Some(Command::ExplainError(arguments)) => explain_error::explain_error(&arguments, console),
        Some(Command::Init(arguments)) => init::init(&arguments, console),
        Some(Command::Graph(arguments)) => graph::graph(&arguments, console),
        Some(Command::Test(arguments)) => test::test(&arguments, console, interrupt),
        Some(Command::Eval(arguments)) => eval::eval(&arguments, console, interrupt),
        Some(Command::Repl(arguments)) => repl::repl(&arguments, console, interrupt),
    }
}
