//! Tokens → syntax tree, by hand: recursive descent over blocks and brackets, an explicit stack
//! for operators.
//!
//! Parsing never fails. A mistake becomes a diagnostic, and the parser goes on at the next
//! closing bracket, line or item, so that several are reported at once. Only brackets and blocks
//! recurse, to a fixed depth; chains of operators, calls and `else` cost none.
//!
//! Modules: [`items`] declarations and definitions, `blocks` what holds other items, `queries`,
//! `types`, `expressions` operators, `operands` what stands between them, `brackets` operands
//! with others inside, `pieces` names and texts, `recovery`.

mod blocks;
mod brackets;
mod expressions;
mod items;
mod operands;
mod pieces;
mod queries;
mod recovery;
mod types;

use super::ast::{ExprId, ExprKind, Program, Selector, Value};
use super::lexer::{self, Lexed};
use super::reports::Reports;
use super::token::{Comment, Token, TokenKind};
use crate::diagnostic::{Code, Diagnostic, FileId, Span};

/// Files larger than this are not parsed.
pub const MAX_FILE_BYTES: usize = 64 << 20;

/// How deeply brackets may be nested in an expression or type.
pub const MAX_BRACKET_DEPTH: u32 = 256;

/// How deeply blocks may be nested.
pub const MAX_BLOCK_DEPTH: u32 = 64;

/// How the formatter sets a token, where its kind alone doesn't tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// As its kind says.
    Plain,
    /// No space before it: an argument list, the rest of a pattern such as `delay_*`.
    Attached,
    /// No space after it: a sign.
    Sign,
    /// No space on either side: `=` and comparisons that name an argument or column.
    Tight,
    /// The braces of a block of items.
    Block,
    /// The braces of `match`.
    Arms,
}

/// The result of parsing a file.
pub struct Parsed {
    /// The syntax tree; what could not be parsed is missing or an `Error` in it.
    pub program: Program,
    /// The mistakes, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
    /// How many more mistakes there were than are kept.
    pub dropped_diagnostics: usize,
}

/// The result of parsing a single expression.
pub struct ParsedExpression {
    /// The tables that the expression's ids refer to.
    pub program: Program,
    /// The expression, or a query.
    pub value: Value,
    /// The mistakes, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
}

/// What the formatter needs to know of a text.
pub(crate) struct ParsedTokens {
    pub(crate) tokens: Vec<Token>,
    pub(crate) roles: Vec<Role>,
    /// Whether an item, its documentation, a tag or a step of a test begins with the token.
    pub(crate) begins_item: Vec<bool>,
    pub(crate) comments: Vec<Comment>,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

/// Parses a file.
///
/// ```
/// use icosian::diagnostic::FileId;
/// use icosian::syntax::parse;
///
/// let parsed = parse(FileId(0), "param half: f64 = 0.5\n");
/// assert!(parsed.diagnostics.is_empty());
/// assert_eq!(parsed.program.roots.len(), 1);
/// ```
pub fn parse(file: FileId, text: &str) -> Parsed {
    let (mut parser, _) = Parser::new(file, text);
    parser.file();
    let (diagnostics, dropped_diagnostics) = parser.reports.finish();
    Parsed {
        program: parser.program,
        diagnostics,
        dropped_diagnostics,
    }
}

/// Parses a text that holds one expression or query, over as many lines as it likes.
pub fn parse_expression(file: FileId, text: &str) -> ParsedExpression {
    let (mut parser, _) = Parser::new(file, text);
    parser.brackets = 1;
    let value = parser.value();
    if !parser.at(TokenKind::End) {
        parser.expected(Code::ExpectedEndOfItem, "the end of the expression");
    }
    ParsedExpression {
        program: parser.program,
        value,
        diagnostics: parser.reports.finish().0,
    }
}

/// Parses a comma-separated list of selectors such as `rel, days.*, @owner`.
pub fn parse_selectors(file: FileId, text: &str) -> (Program, Vec<Selector>, Vec<Diagnostic>) {
    let (mut parser, _) = Parser::new(file, text);
    parser.brackets = 1;
    let selectors = parser.selectors(TokenKind::End);
    if !parser.at(TokenKind::End) {
        parser.expected(Code::ExpectedEndOfItem, "`,` or the end of the selection");
    }
    (parser.program, selectors, parser.reports.finish().0)
}

/// Parses a file for its tokens and their roles.
pub(crate) fn parse_tokens(file: FileId, text: &str) -> ParsedTokens {
    let (mut parser, comments) = Parser::new(file, text);
    parser.file();
    ParsedTokens {
        tokens: parser.tokens,
        roles: parser.roles,
        begins_item: parser.begins_item,
        comments,
        diagnostics: parser.reports.finish().0,
    }
}

/// Whether a text ends inside brackets or a triple-quoted text, so that more lines may follow.
pub fn is_incomplete(text: &str) -> bool {
    if text.len() > MAX_FILE_BYTES {
        return false;
    }
    let lexed = lexer::lex(FileId(0), text, &mut Reports::new());
    let mut depth = 0usize;
    for token in &lexed.tokens {
        if token.kind.opens() {
            depth += 1;
        } else if token.kind.closes() {
            // More closing than opening ones are a mistake that no further line mends.
            match depth.checked_sub(1) {
                Some(outer) => depth = outer,
                None => return false,
            }
        }
    }
    depth > 0 || lexed.open_text
}

/// Whether a text begins as an item does, so that a REPL reads it as one and not as an
/// expression.
pub fn starts_item(text: &str) -> bool {
    if text.len() > MAX_FILE_BYTES {
        return false;
    }
    let (parser, _) = Parser::new(FileId(0), text);
    parser.at_item()
}

/// The state of parsing one text.
struct Parser<'t> {
    file: FileId,
    text: &'t str,
    tokens: Vec<Token>,
    roles: Vec<Role>,
    begins_item: Vec<bool>,
    /// Index of the token to read next.
    position: usize,
    /// How many brackets of expressions are open in the present block; inside them newlines
    /// mean nothing.
    brackets: u32,
    /// How many brackets are open in all.
    bracket_depth: u32,
    block_depth: u32,
    /// Index of the first token of the present item, for recovery by indentation.
    item_start: usize,
    /// Index of a token that begins something new, so that it ends no line before it.
    fresh_start: usize,
    /// Operators whose right operand is still being read.
    pending: Vec<expressions::Pending>,
    program: Program,
    reports: Reports,
    /// Where the last mistake was reported; a second one at the same token is its consequence.
    last_report: Option<usize>,
    /// Whether the end was met inside a block, and that was reported.
    at_unclosed_end: bool,
}

impl<'t> Parser<'t> {
    fn new(file: FileId, text: &'t str) -> (Parser<'t>, Vec<Comment>) {
        let mut reports = Reports::new();
        let mut text = text;
        if text.len() > MAX_FILE_BYTES {
            reports.add(
                Diagnostic::error(
                    Code::FileTooLarge,
                    format!(
                        "a flow has at most {MAX_FILE_BYTES} bytes, this has {}",
                        text.len()
                    ),
                )
                .at(Span::new(file, 0, 0)),
            );
            text = "";
        }
        let Lexed {
            tokens, comments, ..
        } = lexer::lex(file, text, &mut reports);
        let parser = Parser {
            file,
            text,
            roles: vec![Role::Plain; tokens.len()],
            begins_item: vec![false; tokens.len()],
            tokens,
            position: 0,
            brackets: 0,
            bracket_depth: 0,
            block_depth: 0,
            item_start: 0,
            fresh_start: 0,
            pending: Vec::new(),
            program: Program::new(file),
            reports,
            last_report: None,
            at_unclosed_end: false,
        };
        (parser, comments)
    }

    // Reading tokens.

    fn token(&self) -> Token {
        self.tokens[self.position]
    }

    fn kind(&self) -> TokenKind {
        self.token().kind
    }

    /// The kind of the token `ahead` places further on.
    fn kind_ahead(&self, ahead: usize) -> TokenKind {
        self.tokens
            .get(self.position + ahead)
            .map_or(TokenKind::End, |token| token.kind)
    }

    fn at(&self, kind: TokenKind) -> bool {
        self.kind() == kind
    }

    /// The text of the present token if it is a word, else an empty one.
    fn word(&self) -> &'t str {
        self.word_ahead(0)
    }

    fn word_ahead(&self, ahead: usize) -> &'t str {
        match self.tokens.get(self.position + ahead) {
            Some(token) if token.kind == TokenKind::Word => &self.text[token.range()],
            _ => "",
        }
    }

    fn at_word(&self, word: &str) -> bool {
        self.word() == word
    }

    /// Whether the token `ahead` is the first of a line, and lines matter here.
    fn fresh_line_ahead(&self, ahead: usize) -> bool {
        self.brackets == 0
            && self.position + ahead != self.fresh_start
            && self
                .tokens
                .get(self.position + ahead)
                .is_none_or(|token| token.starts_line)
    }

    fn fresh_line(&self) -> bool {
        self.fresh_line_ahead(0)
    }

    /// Steps over the present token and gives its index. The end is never stepped over.
    fn bump(&mut self) -> usize {
        let position = self.position;
        if position + 1 < self.tokens.len() {
            self.position += 1;
        }
        position
    }

    fn bump_as(&mut self, role: Role) -> usize {
        let position = self.bump();
        self.roles[position] = role;
        position
    }

    fn eat(&mut self, kind: TokenKind) -> bool {
        let found = self.at(kind);
        if found {
            self.bump();
        }
        found
    }

    fn eat_word(&mut self, word: &str) -> bool {
        let found = self.at_word(word);
        if found {
            self.bump();
        }
        found
    }

    // Places in the text.

    fn span(&self, start: u32, end: u32) -> Span {
        Span::new(self.file, start, end.max(start))
    }

    fn token_span(&self, index: usize) -> Span {
        let token = self.tokens[index];
        self.span(token.start, token.end)
    }

    /// Where the present token begins.
    fn start(&self) -> u32 {
        self.token().start
    }

    /// Where the token before the present one ends.
    fn previous_end(&self) -> u32 {
        match self.position.checked_sub(1) {
            Some(previous) => self.tokens[previous].end,
            None => 0,
        }
    }

    fn span_from(&self, start: u32) -> Span {
        self.span(start, self.previous_end())
    }

    // Reporting.

    /// Reports a mistake at the present token, unless one was already reported there.
    fn report(&mut self, diagnostic: Diagnostic) {
        if self.last_report == Some(self.position) {
            return;
        }
        self.last_report = Some(self.position);
        self.reports.add(diagnostic);
    }

    /// Whether a mistake at the present token need not be worded: one was already reported
    /// there, or there are too many.
    fn is_muted(&mut self) -> bool {
        if self.last_report == Some(self.position) {
            return true;
        }
        if self.reports.is_full() {
            self.last_report = Some(self.position);
            self.reports.add_unwritten();
            return true;
        }
        false
    }

    /// What stands at the present token, for messages.
    fn found(&self) -> String {
        if self.at(TokenKind::End) {
            return "the end of the text".into();
        }
        if self.fresh_line() {
            return "the end of the line".into();
        }
        let text = &self.text[self.token().range()];
        let mut shown: String = text.chars().take(32).collect();
        if shown.len() < text.len() {
            shown.push('…');
        }
        match self.kind() {
            TokenKind::Text | TokenKind::LongText => {
                format!("the text {}", shown.lines().next().unwrap_or(""))
            }
            TokenKind::QuotedName => shown,
            _ => format!("`{}`", shown.escape_debug()),
        }
    }

    /// Where a missing thing should have stood.
    fn found_span(&self) -> Span {
        if self.at(TokenKind::End) || self.fresh_line() {
            let end = self.previous_end();
            self.span(end, end)
        } else {
            self.token_span(self.position)
        }
    }

    fn expected_diagnostic(&self, code: Code, what: &str) -> Diagnostic {
        Diagnostic::error(code, format!("expected {what}, found {}", self.found()))
            .at(self.found_span())
    }

    fn expected(&mut self, code: Code, what: &str) {
        if self.is_muted() {
            return;
        }
        self.report(self.expected_diagnostic(code, what));
    }

    /// Steps over a token of this kind or reports that it is missing.
    fn expect(&mut self, kind: TokenKind, what: &str) -> bool {
        if self.at(kind) && !self.fresh_line() {
            self.bump();
            return true;
        }
        self.expected(Code::ExpectedToken, what);
        false
    }

    fn expect_word(&mut self, word: &str) -> bool {
        if self.at_word(word) && !self.fresh_line() {
            self.bump();
            return true;
        }
        self.expected(Code::ExpectedToken, &format!("`{word}`"));
        false
    }

    fn push(&mut self, kind: ExprKind, span: Span) -> ExprId {
        self.program.push_expr(kind, span)
    }
}

#[cfg(test)]
mod tests;
