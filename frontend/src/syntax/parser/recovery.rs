//! Going on after a mistake: where to stop skipping.

use super::{Parser, Role};
use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::token::TokenKind;

impl Parser<'_> {
    /// Whether the present token begins a line no deeper than the present item does. Such a line
    /// is taken to be the next item even if brackets are still open: one of them is missing.
    fn at_next_item(&self) -> bool {
        self.token().starts_line
            && !self.kind().closes()
            && self.position > self.item_start
            && self.indentation(self.position) <= self.indentation(self.item_start)
    }

    /// Bytes between the beginning of the line and the token, if only space stands there; an
    /// item that begins within a line counts as deeper than any line.
    fn indentation(&self, index: usize) -> usize {
        let token = self.tokens[index];
        if !token.starts_line {
            return usize::MAX;
        }
        let before = &self.text[..token.start as usize];
        before.len() - before.trim_end_matches([' ', '\t', '\u{b}', '\u{c}']).len()
    }

    /// Steps over an opening bracket; newlines mean nothing until [`Parser::close`]. Reports and
    /// skips to the closing one, giving `None`, if brackets are nested too deeply.
    pub(super) fn open(&mut self, role: Role) -> Option<usize> {
        if self.bracket_depth >= super::MAX_BRACKET_DEPTH {
            self.report(
                Diagnostic::error(
                    Code::NestedTooDeep,
                    format!(
                        "brackets nested more than {} deep",
                        super::MAX_BRACKET_DEPTH
                    ),
                )
                .at(self.token_span(self.position))
                .help("name the inner parts in definitions of their own"),
            );
            self.skip_balanced();
            return None;
        }
        self.bracket_depth += 1;
        self.brackets += 1;
        Some(self.bump_as(role))
    }

    /// Steps over the bracket that closes the one at `opened`, skipping what stands before it
    /// after a report.
    pub(super) fn close(&mut self, opened: usize, kind: TokenKind, role: Role, what: &str) {
        if self.at(kind) {
            self.bump_as(role);
        } else {
            let report = if self.at(TokenKind::End) || self.at_next_item() {
                Diagnostic::error(Code::UnclosedBracket, "this bracket is never closed")
                    .at(self.token_span(opened))
                    .note(format!("expected {what}, found {}", self.found()))
            } else {
                self.expected_diagnostic(Code::ExpectedToken, what)
                    .label(self.token_span(opened), "in this bracket")
            };
            self.report(report);
            self.skip_to_close(kind);
        }
        self.brackets -= 1;
        self.bracket_depth -= 1;
    }

    /// Skips a bracket and everything in it.
    pub(super) fn skip_balanced(&mut self) {
        let mut depth = 0usize;
        loop {
            let kind = self.kind();
            if kind == TokenKind::End {
                return;
            }
            if kind.opens() {
                depth += 1;
            } else if kind.closes() {
                depth -= 1;
            }
            self.bump();
            if depth == 0 {
                return;
            }
        }
    }

    /// Skips to and over the closing bracket `close` of the present bracket, or to where the
    /// bracket must have ended without one.
    fn skip_to_close(&mut self, close: TokenKind) {
        let mut depth = 0usize;
        while !self.at(TokenKind::End) && !self.at_next_item() {
            let kind = self.kind();
            if kind.opens() {
                depth += 1;
            } else if kind.closes() {
                if depth == 0 {
                    if kind == close {
                        self.bump();
                    }
                    return;
                }
                depth -= 1;
            }
            self.bump();
        }
    }

    /// Skips to the end of a broken item: the next line, or the end of the block around it.
    pub(super) fn skip_item(&mut self, in_block: bool) {
        let mut depth = 0usize;
        while !self.at(TokenKind::End) {
            let kind = self.kind();
            if self.at_next_item() || (depth == 0 && self.token().starts_line && !kind.closes()) {
                return;
            }
            if kind.opens() {
                depth += 1;
            } else if kind.closes() {
                if depth == 0 && in_block && kind == TokenKind::BraceClose {
                    return;
                }
                depth = depth.saturating_sub(1);
            }
            self.bump();
        }
    }

    /// Skips to the `{` that opens a block later on the same line, if there is one.
    pub(super) fn skip_to_block(&mut self) -> bool {
        let mut ahead = 0;
        loop {
            let kind = self.kind_ahead(ahead);
            if kind == TokenKind::End
                || kind == TokenKind::BraceClose
                || (ahead > 0 && self.tokens[self.position + ahead].starts_line)
            {
                return false;
            }
            if kind == TokenKind::BraceOpen {
                self.position += ahead;
                return true;
            }
            ahead += 1;
        }
    }
}
