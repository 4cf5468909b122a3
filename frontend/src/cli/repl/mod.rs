//! `icosian repl`: the shell.
//!
//! An input is a command, which begins with a dot, else items that are defined, else an expression
//! that is evaluated. Whatever goes wrong is told, and the session goes on.

mod commands;
mod complete;
mod line;
mod parts;
pub(crate) mod session;

use std::io::{IsTerminal, Write};
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use icosian::syntax::starts_item;
use icosian::{Inputs, ParallelExecutor};

pub(crate) use super::arguments::ReplArguments;
use super::console::Console;
use super::exit::{Failure, Outcome};
use super::interrupt::Interrupt;
use super::run::milliseconds;
use super::show;
use complete::Vocabulary;
use line::{EditedLines, Lines, PlainLines, Typed};
use session::{Change, Evaluated, Session};

/// The widest table where the width is not known.
const WIDTH: usize = 120;

/// Whether the session goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Go,
    Quit,
}

/// A running shell.
struct Shell<'a> {
    session: Session,
    console: &'a mut Console,
    interrupt: &'a Interrupt,
    vocabulary: Arc<Mutex<Vocabulary>>,
    timer: bool,
}

/// Reads and answers inputs until there are no more.
pub(crate) fn repl(
    arguments: &ReplArguments,
    console: &mut Console,
    interrupt: &Interrupt,
) -> Outcome {
    let mut inputs = Inputs::new().null_values(arguments.null_value.clone());
    if let Some(delimiter) = arguments.delimiter {
        inputs = inputs.delimiter(delimiter);
    }
    let vocabulary = Arc::new(Mutex::new(Vocabulary::default()));
    let is_terminal = std::io::stdin().is_terminal();
    console.width = console.width.or(Some(WIDTH));
    let mut shell = Shell {
        session: Session::new(inputs, ParallelExecutor::new(0)?)?,
        console,
        interrupt,
        vocabulary: Arc::clone(&vocabulary),
        timer: false,
    };
    for path in &arguments.files {
        // What was asked for on the command line must be there, or the call is wrong.
        shell.load(path)?;
    }
    if is_terminal {
        let version = env!("CARGO_PKG_VERSION");
        shell
            .console
            .note(&format!("icosian {version}; .help tells what can be typed"));
        let mut lines = EditedLines::new(vocabulary, shell.console.color);
        interrupt.end_at_once(false);
        shell.answer_all(&mut lines)
    } else {
        shell.answer_all(&mut PlainLines::of_process())
    }
}

/// Whether a file holds a flow, by its name; all others hold data.
fn is_flow(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension == "flow")
}

impl Shell<'_> {
    fn answer_all(&mut self, lines: &mut dyn Lines) -> Outcome {
        self.renew_vocabulary();
        loop {
            let typed = lines
                .next()
                .map_err(|error| Failure::Run(format!("can't read the input: {error}")))?;
            let text = match typed {
                Typed::Text(text) => text,
                Typed::Interrupted => continue,
                Typed::End => return Ok(()),
            };
            let started = Instant::now();
            // Here Ctrl-C stops what is being done; a session on a pipe it ends between two inputs.
            self.interrupt.end_at_once(false);
            let outcome = self.answer(text.trim());
            let next = match outcome {
                Ok(next) => next,
                Err(Failure::ReaderGone) => return Err(Failure::ReaderGone),
                Err(failure) => {
                    self.console.out.flush()?;
                    failure.print(self.console);
                    self.interrupt.reset();
                    Next::Go
                }
            };
            self.console.out.flush()?;
            if self.timer && !text.trim().is_empty() {
                self.console.note(&milliseconds(started.elapsed()));
            }
            if next == Next::Quit {
                return Ok(());
            }
            if !std::io::stdin().is_terminal() {
                self.interrupt.end_at_once(true);
                if self.interrupt.is_raised() {
                    // It came when the answer was ready.
                    return Err(Failure::Interrupted);
                }
            }
        }
    }

    fn answer(&mut self, text: &str) -> Result<Next, Failure> {
        if text.is_empty() || text.lines().all(|line| line.trim_start().starts_with('#')) {
            return Ok(Next::Go);
        }
        if let Some(command) = text.strip_prefix('.') {
            return self.command(command);
        }
        if matches!(
            text,
            "quit" | "exit" | "quit()" | "exit()" | "help" | "help()"
        ) {
            return self.command(text.trim_end_matches("()"));
        }
        if starts_item(text) {
            self.define(text)?;
        } else {
            self.evaluate(text)?;
        }
        Ok(Next::Go)
    }

    /// Does work that Ctrl-C can stop.
    fn watch<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Session, Arc<AtomicBool>) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let session = self.session.clone();
        self.interrupt
            .watch(move |stop| work(&session, stop))
            .unwrap_or(Err(Failure::Interrupted))
    }

    fn define(&mut self, text: &str) -> Outcome {
        let text = text.to_owned();
        let (session, change) = self.watch(move |session, _| session.define(&text))?;
        self.change_to(session);
        self.tell(&change);
        Ok(())
    }

    fn change_to(&mut self, session: Session) {
        self.session = session;
        self.renew_vocabulary();
    }

    fn renew_vocabulary(&self) {
        let vocabulary = Vocabulary::of(self.session.flow());
        *self
            .vocabulary
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = vocabulary;
    }

    /// Says what a definition came to.
    fn tell(&mut self, change: &Change) {
        const MOST: usize = 8;
        for (name, ty) in change.defined.iter().take(MOST) {
            match ty {
                Some(ty) => self.console.note(&format!("{name}: {ty}")),
                None => self.console.note(name),
            }
        }
        if change.defined.len() > MOST {
            let more = change.defined.len() - MOST;
            self.console.note(&format!("… and {more} more"));
        }
        if !change.dependents.is_empty() {
            let mut names = change.dependents.clone();
            let more = names.len().saturating_sub(MOST);
            names.truncate(MOST);
            if more > 0 {
                names.push(format!("{more} more"));
            }
            self.console
                .note(&format!("  followed by {}", names.join(", ")));
        }
        self.console.warnings(self.session.flow());
    }

    fn evaluate(&mut self, text: &str) -> Outcome {
        let text = text.to_owned();
        match self.watch(move |session, stop| session.evaluate(&text, stop))? {
            Evaluated::Scalar(ty, value) => {
                let text = show::value_text(ty, &value);
                writeln!(self.console.out, "{text}  ({ty})")?;
            }
            Evaluated::Table(table) => {
                show::table(&mut self.console.out, &table, self.console.width)?;
            }
        }
        Ok(())
    }

    fn load(&mut self, path: &Path) -> Outcome {
        let from = path.to_path_buf();
        let session = self.watch(move |session, _| {
            if is_flow(&from) {
                session.load_flow(&from)
            } else {
                session.load_data(None, &from)
            }
        })?;
        self.change_to(session);
        self.console.warnings(self.session.flow());
        Ok(())
    }
}
