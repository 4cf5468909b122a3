//! Where commands print: standard output and error, and what is known of them.

use std::io::{self, BufWriter, IsTerminal, Write};

use icosian::{CheckOutcome, CheckReport};

/// The two streams of a command.
pub(crate) struct Console {
    /// Data.
    pub(crate) out: Box<dyn Write>,
    /// Everything else.
    pub(crate) err: Box<dyn Write>,
    /// Whether data is shown to a person.
    pub(crate) out_is_terminal: bool,
    /// Whether messages are colored.
    pub(crate) color: bool,
    /// How many characters fit in a line; none if that is of no concern.
    pub(crate) width: Option<usize>,
}

impl Console {
    /// The streams of the process.
    pub(crate) fn of_process() -> Console {
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
            || std::env::var_os("TERM").is_some_and(|value| value == "dumb");
        let out_is_terminal = io::stdout().is_terminal();
        Console {
            out: Box::new(BufWriter::with_capacity(1 << 16, io::stdout())),
            err: Box::new(io::stderr()),
            out_is_terminal,
            color: !plain && io::stderr().is_terminal(),
            width: width(),
        }
    }

    /// Prints a line of information to standard error.
    pub(crate) fn note(&mut self, text: &str) {
        // Standard error may be closed; then there is nobody to be told.
        let _ = writeln!(self.err, "{text}");
    }

    /// Prints diagnostics to standard error.
    pub(crate) fn diagnostics(&mut self, rendered: &str) {
        let text = rendered.trim_end();
        let _ = writeln!(self.err, "{text}\n");
    }

    /// The flow's warnings.
    pub(crate) fn warnings(&mut self, flow: &icosian::Flow) {
        if !flow.warnings().is_empty() {
            let text = icosian::diagnostic::render(flow.sources(), flow.warnings(), self.color);
            self.diagnostics(&text);
        }
    }
}

impl Console {
    /// The checks that do not hold.
    pub(crate) fn failed_checks(&mut self, flow: &icosian::Flow, checks: &[CheckReport]) {
        let failed: Vec<_> = checks.iter().filter_map(CheckReport::diagnostic).collect();
        if !failed.is_empty() {
            let text = icosian::diagnostic::render(flow.sources(), &failed, self.color);
            self.diagnostics(&text);
        }
    }

    /// The checks that were not evaluated, and why.
    pub(crate) fn skipped_checks(&mut self, checks: &[CheckReport]) {
        for check in checks {
            if let CheckOutcome::Skipped { missing } = &check.outcome {
                let missing = missing.join(", ");
                self.note(&format!(
                    "skipped check {}: not asked for: {missing}",
                    check.text
                ));
            }
        }
    }
}

/// The width of the terminal; elsewhere what `COLUMNS` says.
fn width() -> Option<usize> {
    let given = std::env::var("COLUMNS")
        .ok()
        .and_then(|text| text.parse().ok());
    let size = || terminal_size::terminal_size_of(io::stdout());
    given
        .or_else(|| size().map(|(width, _)| usize::from(width.0)))
        .map(|width| width.max(20))
}
