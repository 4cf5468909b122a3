//! The library's error: opaque outside, with its kind and its diagnostics.

use std::fmt;

use icosian_runtime::error::RunError;

use crate::checks::CheckReport;
use crate::diagnostic::{Code, Diagnostic, Sources, render};

/// What kind of thing went wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ErrorKind {
    /// The flow, or what was asked of it, is wrong.
    Flow,
    /// The run failed: data, files, a row's error.
    Run,
}

/// Why a flow can't be used, or a run failed.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    diagnostics: Vec<Diagnostic>,
    sources: Sources,
    checks: Vec<CheckReport>,
}

impl Error {
    /// Mistakes in a flow that have no text to point at.
    pub(crate) fn from_diagnostics(diagnostics: Vec<Diagnostic>) -> Error {
        Error {
            kind: ErrorKind::Flow,
            diagnostics,
            sources: Sources::default(),
            checks: Vec::new(),
        }
    }

    /// Mistakes in a flow's text.
    pub(crate) fn in_sources(diagnostics: Vec<Diagnostic>, sources: Sources) -> Error {
        Error {
            kind: ErrorKind::Flow,
            diagnostics,
            sources,
            checks: Vec::new(),
        }
    }

    /// A run's failure.
    pub(crate) fn run(diagnostic: Diagnostic, sources: Sources) -> Error {
        Error {
            kind: ErrorKind::Run,
            diagnostics: vec![diagnostic],
            sources,
            checks: Vec::new(),
        }
    }

    /// A run that checks ended; what is told of those that only warn is told too.
    pub(crate) fn checks(checks: Vec<CheckReport>, sources: Sources) -> Error {
        let diagnostics = checks.iter().filter_map(CheckReport::diagnostic);
        Error {
            kind: ErrorKind::Run,
            diagnostics: diagnostics.collect(),
            sources,
            checks,
        }
    }

    /// What kind of thing went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Everything that is wrong, as data.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// What came of the flow's checks, if it was they that ended the run; else none.
    pub fn check_reports(&self) -> &[CheckReport] {
        &self.checks
    }

    /// The texts that the diagnostics point into.
    pub fn sources(&self) -> &Sources {
        &self.sources
    }

    /// The diagnostics as text, with the lines of the flow they point at.
    pub fn render(&self, color: bool) -> String {
        render(&self.sources, &self.diagnostics, color)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, diagnostic) in self.diagnostics.iter().enumerate() {
            if position > 0 {
                writeln!(f)?;
            }
            write!(f, "{}: {}", diagnostic.code, diagnostic.message)?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}

impl From<RunError> for Error {
    fn from(error: RunError) -> Error {
        let code = match error {
            RunError::Source { .. } => Code::BadInput,
            _ => Code::RunFailed,
        };
        Error::run(
            Diagnostic::error(code, error.to_string()),
            Sources::default(),
        )
    }
}
