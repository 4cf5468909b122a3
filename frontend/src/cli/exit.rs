//! How commands end.

use std::io::{self, ErrorKind as IoErrorKind, Write};
use std::process::ExitCode;

use icosian::diagnostic::{Diagnostic, Sources, render};
use icosian::{Error, ErrorKind};
use icosian_runtime::error::RunError;
use icosian_runtime::write::WriteError;

use super::console::Console;

/// The run failed, or what was looked for was found wanting.
const FAILED: u8 = 1;
/// The flow or the call is wrong.
pub(crate) const WRONG: u8 = 2;
/// Ctrl-C, by the habit of shells 128 and the signal's number.
pub(crate) const INTERRUPTED: u8 = 130;

/// What a command comes to.
pub(crate) type Outcome = Result<(), Failure>;

/// Why a command didn't do what was asked.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The library says so.
    Flow(Box<Error>),
    /// A text is wrong.
    Rendered {
        /// What comes of it; may be empty.
        heading: String,
        /// Its mistakes.
        diagnostics: Vec<Diagnostic>,
        /// The texts they point into.
        sources: Sources,
    },
    /// The call is wrong.
    Call {
        /// What is wrong.
        message: String,
        /// What to do instead.
        help: String,
    },
    /// The outside world refused.
    Run(String),
    /// All was said; the code remains.
    Told(u8),
    /// Ctrl-C.
    Interrupted,
    /// The reader of standard output went away, which is its right.
    ReaderGone,
}

impl Failure {
    /// A wrong call, and what to do instead (or nothing).
    pub(crate) fn call(message: impl Into<String>, help: impl Into<String>) -> Failure {
        Failure::Call {
            message: message.into(),
            help: help.into(),
        }
    }

    /// A failure that was told.
    pub(crate) fn told() -> Failure {
        Failure::Told(FAILED)
    }

    fn code(&self) -> u8 {
        match self {
            Failure::Flow(error) => match error.kind() {
                ErrorKind::Flow => WRONG,
                ErrorKind::Run => FAILED,
            },
            Failure::Call { .. } | Failure::Rendered { .. } => WRONG,
            Failure::Run(_) => FAILED,
            Failure::Told(code) => *code,
            Failure::Interrupted => INTERRUPTED,
            Failure::ReaderGone => 0,
        }
    }

    /// Prints what went wrong.
    pub(crate) fn print(&self, console: &mut Console) {
        match self {
            Failure::Flow(error) => {
                let text = error.render(console.color);
                console.diagnostics(&text);
            }
            Failure::Rendered {
                heading,
                diagnostics,
                sources,
            } => {
                if !heading.is_empty() {
                    console.note(heading);
                }
                let text = render(sources, diagnostics, console.color);
                console.diagnostics(&text);
            }
            Failure::Call { message, help } => {
                console.note(&format!("error: {message}"));
                if !help.is_empty() {
                    console.note(&format!("  help: {help}"));
                }
            }
            Failure::Run(message) => console.note(&format!("error: {message}")),
            Failure::Interrupted => console.note("interrupted"),
            Failure::Told(_) | Failure::ReaderGone => {}
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure::Flow(Box::new(error))
    }
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Failure {
        Failure::from(Error::from(error))
    }
}

impl From<WriteError> for Failure {
    fn from(error: WriteError) -> Failure {
        Failure::Run(format!("can't write the output: {error}"))
    }
}

/// Errors of standard output.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        match error.kind() {
            IoErrorKind::BrokenPipe => Failure::ReaderGone,
            _ => Failure::Run(format!("can't write the output: {error}")),
        }
    }
}

/// Prints what is left to print, and gives the process its exit code.
pub(crate) fn report(outcome: Outcome, console: &mut Console) -> ExitCode {
    let outcome = outcome.and_then(|()| Ok(console.out.flush()?));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // What was printed before the failure stands.
            let _ = console.out.flush();
            failure.print(console);
            ExitCode::from(failure.code())
        }
    }
}
