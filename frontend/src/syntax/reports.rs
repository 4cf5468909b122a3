//! Collecting diagnostics without letting garbage fill the memory.

use crate::diagnostic::Diagnostic;

/// How many diagnostics of one file are kept; of further ones only the number.
pub const MAX_DIAGNOSTICS: usize = 200;

/// The diagnostics of one file so far.
pub(crate) struct Reports {
    kept: Vec<Diagnostic>,
    dropped: usize,
}

impl Reports {
    pub(crate) fn new() -> Reports {
        Reports {
            kept: Vec::new(),
            dropped: 0,
        }
    }

    pub(crate) fn add(&mut self, diagnostic: Diagnostic) {
        if self.kept.len() < MAX_DIAGNOSTICS {
            self.kept.push(diagnostic);
        } else {
            self.dropped += 1;
        }
    }

    /// Whether further diagnostics are only counted. Garbage makes millions of mistakes, and
    /// wording each takes longer than finding it: ask before wording one.
    pub(crate) fn is_full(&self) -> bool {
        self.kept.len() >= MAX_DIAGNOSTICS
    }

    /// Counts a mistake whose text was not written.
    pub(crate) fn add_unwritten(&mut self) {
        self.dropped += 1;
    }

    /// The diagnostics in the order of the text, and how many more there were.
    pub(crate) fn finish(mut self) -> (Vec<Diagnostic>, usize) {
        self.kept
            .sort_by_key(|diagnostic| diagnostic.primary.map(|span| span.start));
        (self.kept, self.dropped)
    }
}
