//! Where the shell's input comes from: an editor on a terminal, else plain lines.

use std::borrow::Cow;
use std::io::{BufRead, BufReader, Read, Stdin};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use icosian::syntax::is_incomplete;
use reedline::{
    ColumnarMenu, Emacs, FileBackedHistory, KeyCode, KeyModifiers, MenuBuilder, Prompt,
    PromptEditMode, PromptHistorySearch, Reedline, ReedlineEvent, ReedlineMenu, Signal,
    ValidationResult, Validator, default_emacs_keybindings,
};

use super::commands::COMMANDS;
use super::complete::{ShellCompleter, Vocabulary};

/// How many inputs are remembered.
const HISTORY: usize = 10_000;

/// An input longer than this is not waited for: every line looks at all before it again, and larger
/// texts are files to load.
const LONGEST: usize = 64 << 10;

/// What was typed.
pub(crate) enum Typed {
    /// A whole input, of one or several lines.
    Text(String),
    /// Ctrl-C: what was typed so far is forgotten.
    Interrupted,
    /// There is no more.
    End,
}

/// Gives inputs one after the other.
pub(crate) trait Lines {
    /// The next input.
    ///
    /// # Errors
    /// If it can't be read.
    fn next(&mut self) -> std::io::Result<Typed>;
}

/// Whether more lines may follow: brackets are open.
fn is_open(text: &str) -> bool {
    !text.trim_start().starts_with('.') && text.len() < LONGEST && is_incomplete(text)
}

/// Whether a line is a command of the shell; no function is called as one is.
fn is_command(line: &[u8]) -> bool {
    let line = String::from_utf8_lossy(line);
    let word = line.split_whitespace().next().unwrap_or("");
    let name = word.strip_prefix('.').filter(|_| line.starts_with('.'));
    name.is_some_and(|name| COMMANDS.iter().any(|command| command.name == name))
}

/// Lines from a pipe or file.
pub(crate) struct PlainLines<R> {
    reader: BufReader<R>,
    /// A line that was read but belongs to the next input.
    held: Vec<u8>,
}

impl PlainLines<Stdin> {
    /// The lines of standard input.
    pub(crate) fn of_process() -> PlainLines<Stdin> {
        PlainLines::new(std::io::stdin())
    }
}

impl<R: Read> PlainLines<R> {
    pub(crate) fn new(reader: R) -> PlainLines<R> {
        PlainLines {
            reader: BufReader::new(reader),
            held: Vec::new(),
        }
    }

    /// Whether an indented line that has already come continues the one before. Lines that are
    /// still to come are not waited for: whoever writes them may wait for an answer.
    fn continues(&self) -> bool {
        self.reader
            .buffer()
            .first()
            .is_some_and(|byte| matches!(byte, b' ' | b'\t'))
    }
}

impl<R: Read> Lines for PlainLines<R> {
    fn next(&mut self) -> std::io::Result<Typed> {
        let mut bytes = std::mem::take(&mut self.held);
        let mut is_read = !bytes.is_empty();
        loop {
            let before = bytes.len();
            if !std::mem::take(&mut is_read) {
                self.reader.read_until(b'\n', &mut bytes)?;
                // An open bracket doesn't swallow the commands after it.
                if before > 0 && is_command(&bytes[before..]) {
                    self.held = bytes.split_off(before);
                    return Ok(Typed::Text(String::from_utf8_lossy(&bytes).into_owned()));
                }
                if bytes.len() == before {
                    return Ok(match bytes.is_empty() {
                        true => Typed::End,
                        false => Typed::Text(String::from_utf8_lossy(&bytes).into_owned()),
                    });
                }
            }
            let text = String::from_utf8_lossy(&bytes);
            if !is_open(&text) && (text.trim().is_empty() || !self.continues()) {
                return Ok(Typed::Text(text.into_owned()));
            }
        }
    }
}

/// Lines from a terminal, with history and completion.
pub(crate) struct EditedLines {
    editor: Reedline,
}

impl EditedLines {
    pub(crate) fn new(vocabulary: Arc<Mutex<Vocabulary>>, color: bool) -> EditedLines {
        let menu = ColumnarMenu::default().with_name("completion");
        let mut keys = default_emacs_keybindings();
        keys.add_binding(
            KeyModifiers::NONE,
            KeyCode::Tab,
            ReedlineEvent::UntilFound(vec![
                ReedlineEvent::Menu("completion".to_owned()),
                ReedlineEvent::MenuNext,
            ]),
        );
        keys.add_binding(
            KeyModifiers::SHIFT,
            KeyCode::BackTab,
            ReedlineEvent::MenuPrevious,
        );
        keys.add_binding(
            KeyModifiers::ALT,
            KeyCode::Enter,
            ReedlineEvent::Edit(vec![reedline::EditCommand::InsertNewline]),
        );
        let mut editor = Reedline::create()
            .with_completer(Box::new(ShellCompleter::new(vocabulary)))
            .with_menu(ReedlineMenu::EngineCompleter(Box::new(menu)))
            .with_edit_mode(Box::new(Emacs::new(keys)))
            .with_validator(Box::new(Brackets))
            .with_quick_completions(true)
            .with_partial_completions(true)
            .use_bracketed_paste(true)
            .with_ansi_colors(color);
        // Without a place for the history, it lasts as long as the session.
        if let Some(history) =
            history_file().and_then(|path| FileBackedHistory::with_file(HISTORY, path).ok())
        {
            editor = editor.with_history(Box::new(history));
        }
        EditedLines { editor }
    }
}

impl Lines for EditedLines {
    fn next(&mut self) -> std::io::Result<Typed> {
        Ok(match self.editor.read_line(&ShellPrompt)? {
            Signal::Success(text) => {
                // What is not saved is only not remembered.
                let _ = self.editor.sync_history();
                Typed::Text(text)
            }
            Signal::CtrlD => Typed::End,
            _ => Typed::Interrupted,
        })
    }
}

/// Where the history is kept: the user's state folder.
fn history_file() -> Option<PathBuf> {
    let folder = |name: &str| {
        let path = std::env::var_os(name).map(PathBuf::from);
        path.filter(|path| path.is_absolute())
    };
    let state = folder("XDG_STATE_HOME")
        .or_else(|| folder("LOCALAPPDATA"))
        .or_else(|| folder("HOME").map(|home| home.join(".local/state")))?;
    let folder = state.join("icosian");
    std::fs::create_dir_all(&folder).ok()?;
    Some(folder.join("history"))
}

/// Waits for closing brackets.
struct Brackets;

impl Validator for Brackets {
    fn validate(&self, line: &str) -> ValidationResult {
        match is_open(line) {
            true => ValidationResult::Incomplete,
            false => ValidationResult::Complete,
        }
    }
}

struct ShellPrompt;

impl Prompt for ShellPrompt {
    fn render_prompt_left(&self) -> Cow<'_, str> {
        "icosian".into()
    }

    fn render_prompt_right(&self) -> Cow<'_, str> {
        "".into()
    }

    fn render_prompt_indicator(&self, _: PromptEditMode) -> Cow<'_, str> {
        "> ".into()
    }

    fn render_prompt_multiline_indicator(&self) -> Cow<'_, str> {
        "       … ".into()
    }

    fn render_prompt_history_search_indicator(&self, search: PromptHistorySearch) -> Cow<'_, str> {
        format!("(search: {}) ", search.term).into()
    }
}

#[cfg(test)]
mod tests {
    use super::{Lines, PlainLines, Typed};

    fn inputs(text: &str) -> Vec<String> {
        let mut lines = PlainLines::new(text.as_bytes());
        let mut found = Vec::new();
        while let Typed::Text(text) = lines.next().unwrap() {
            found.push(text);
        }
        found
    }

    #[test]
    fn brackets_and_indentation_join_lines() {
        assert_eq!(
            inputs("a = 1\ntable t {\n  x: f64\n}\nt where x > 1\n    limit 3\n.help (\nb"),
            [
                "a = 1\n",
                "table t {\n  x: f64\n}\n",
                "t where x > 1\n    limit 3\n",
                ".help (\n",
                "b"
            ]
        );
    }

    #[test]
    fn what_never_closes_ends_with_the_input() {
        assert_eq!(inputs("f(1,\n2"), ["f(1,\n2"]);
        assert_eq!(inputs("f(1,\n.x\n.help\n1"), ["f(1,\n.x\n", ".help\n", "1"]);
        assert!(inputs("").is_empty());
    }
}
