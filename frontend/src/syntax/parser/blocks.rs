//! Items that hold others in braces, tests, and the selectors of outputs.

use super::{Parser, Role};
use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::ast::{
    ItemId, ItemKind, Path, Selector, SelectorKind, Symbol, TableSource, TestStep, TestStepKind,
    WhenBranch,
};
use crate::syntax::token::TokenKind;

impl Parser<'_> {
    /// A block of items; if there is none here, reports `what` as missing.
    pub(super) fn block(&mut self, what: &str) -> Vec<ItemId> {
        self.braced(what, |parser| parser.items(true))
    }

    /// `{`, what `inside` reads, `}`. If there is no `{` here, reports `what` as missing and
    /// goes on with a block that opens later on the line.
    fn braced<T>(&mut self, what: &str, inside: impl FnOnce(&mut Self) -> Vec<T>) -> Vec<T> {
        if !self.at(TokenKind::BraceOpen) || self.fresh_line() {
            self.expected(Code::ExpectedToken, what);
            if self.fresh_line() || !self.skip_to_block() {
                return Vec::new();
            }
        }
        if self.block_depth >= super::MAX_BLOCK_DEPTH {
            let report = Diagnostic::error(
                Code::NestedTooDeep,
                format!("blocks nested more than {} deep", super::MAX_BLOCK_DEPTH),
            );
            self.report(report.at(self.token_span(self.position)));
            self.skip_balanced();
            return Vec::new();
        }
        let outer_brackets = std::mem::take(&mut self.brackets);
        self.block_depth += 1;
        let opened = self.bump_as(Role::Block);
        let contents = inside(self);
        if self.at(TokenKind::BraceClose) {
            self.bump_as(Role::Block);
        } else if !self.at_unclosed_end {
            // Only the innermost: with its brace the outer ones are probably right.
            self.at_unclosed_end = true;
            let report = Diagnostic::error(Code::UnclosedBracket, "this brace is never closed");
            self.reports.add(report.at(self.token_span(opened)));
        }
        self.block_depth -= 1;
        self.brackets = outer_brackets;
        contents
    }

    /// `table name ["from" file | "=" query] [block]`.
    pub(super) fn table(&mut self) -> ItemKind {
        self.bump();
        let name = self.name("a table's name");
        let mut source = TableSource::Unbound;
        if self.at(TokenKind::Equal) && !self.fresh_line() {
            self.bump();
            source = TableSource::Query(self.query());
        } else if self.at_word("from") && !self.fresh_line() {
            self.bump();
            let path = self.text_literal("the file's name, a text");
            let mut options = Vec::new();
            if self.at(TokenKind::ParenOpen) && !self.fresh_line() {
                options = self.arguments(Role::Plain);
            }
            source = TableSource::File { path, options };
        }
        let ends = self.token().starts_line
            || matches!(self.kind(), TokenKind::Comma | TokenKind::BraceClose);
        let body = if ends {
            None
        } else {
            let what = match source {
                TableSource::Unbound => "`from`, `=`, `{` or a new line",
                TableSource::File { .. } => "`{` or a new line",
                TableSource::Query(_) => "a step such as `where`, `{` or a new line",
            };
            Some(self.block(what))
        };
        ItemKind::Table { name, source, body }
    }

    pub(super) fn extend(&mut self) -> ItemKind {
        self.bump();
        let table = self.path("the table to extend");
        let body = self.block("`{` and the members to add");
        ItemKind::Extend { table, body }
    }

    pub(super) fn over_block(&mut self) -> ItemKind {
        let over = self.over_clause();
        let body = self.block("`{` and the items inside");
        ItemKind::Over { over, body }
    }

    pub(super) fn for_block(&mut self) -> ItemKind {
        self.bump();
        let mut variables = vec![self.plain_name("a loop variable")];
        while self.at(TokenKind::Comma) && !self.fresh_line() {
            self.bump();
            variables.push(self.plain_name("a loop variable"));
        }
        self.expect_word("in");
        let iterable = self.expression();
        let body = self.block("`{` and the items to repeat");
        ItemKind::For {
            variables,
            iterable,
            body,
        }
    }

    /// `when condition { } else when condition { } else { }`.
    pub(super) fn when_block(&mut self) -> ItemKind {
        let mut branches = Vec::new();
        let mut otherwise = None;
        loop {
            self.bump();
            let condition = self.expression();
            let body = self.block("`{` and the items inside");
            branches.push(WhenBranch { condition, body });
            if !self.eat_word("else") {
                break;
            }
            if self.at_word("when") && !self.fresh_line() {
                continue;
            }
            otherwise = Some(self.block("`{` or `when` after `else`"));
            break;
        }
        ItemKind::When {
            branches,
            otherwise,
        }
    }

    pub(super) fn test(&mut self) -> ItemKind {
        self.bump();
        let title = self.text_literal("the test's title, a text");
        let steps = self.braced("`{` and the steps of the test", Self::test_steps);
        ItemKind::Test { title, steps }
    }

    fn test_steps(&mut self) -> Vec<TestStep> {
        let mut steps = Vec::new();
        let outer_start = self.item_start;
        while !self.at(TokenKind::End) && !self.at(TokenKind::BraceClose) {
            self.item_start = self.position;
            self.fresh_start = self.position;
            self.begins_item[self.position] = true;
            let start = self.start();
            if let Some(kind) = self.test_step() {
                let span = self.span_from(start);
                steps.push(TestStep { kind, span });
            }
            self.end_of_item(true);
            if self.position == self.item_start {
                self.bump();
            }
        }
        self.item_start = outer_start;
        steps
    }

    /// `check condition fails [rows]`.
    fn expected_check(&mut self) -> TestStepKind {
        self.bump();
        let condition = self.expression();
        self.expect_word("fails");
        let rows = (self.at(TokenKind::Integer) && !self.fresh_line()).then(|| self.expression());
        TestStepKind::ExpectCheck { condition, rows }
    }

    fn test_step(&mut self) -> Option<TestStepKind> {
        match self.word() {
            "given" => {
                self.bump();
                let name = self.path("the table, param or node that is given");
                if self.at(TokenKind::ParenOpen) && !self.fresh_line() {
                    let columns = self.arguments(Role::Attached);
                    return Some(TestStepKind::GivenRows {
                        table: name,
                        columns,
                    });
                }
                self.expect(TokenKind::Equal, "`(` and columns, or `=` and a value");
                let value = self.expression();
                Some(TestStepKind::GivenValue { name, value })
            }
            "expect" => {
                self.bump();
                let next = self.kind_ahead(1);
                if self.at_word("check") && (next.is_name() || next == TokenKind::ParenOpen) {
                    return Some(self.expected_check());
                }
                let actual = self.expression();
                let expected = if self.at_word("is") && !self.fresh_line() {
                    self.bump();
                    Some(self.expression())
                } else {
                    None
                };
                Some(TestStepKind::Expect { actual, expected })
            }
            _ => {
                self.expected(Code::ExpectedItem, "`given` or `expect`");
                self.skip_item(true);
                if self.position == self.item_start && !self.kind().closes() {
                    self.bump();
                    self.skip_item(true);
                }
                None
            }
        }
    }

    /// One selector, or a list of them in square brackets.
    pub(super) fn selector_or_list(&mut self) -> Vec<Selector> {
        if !self.at(TokenKind::SquareOpen) || self.fresh_line() {
            return self.selector().into_iter().collect();
        }
        let Some(opened) = self.open(Role::Plain) else {
            return Vec::new();
        };
        let selectors = self.selectors(TokenKind::SquareClose);
        self.close(opened, TokenKind::SquareClose, Role::Plain, "`,` or `]`");
        selectors
    }

    /// Selectors separated by commas, up to `close`.
    pub(super) fn selectors(&mut self, close: TokenKind) -> Vec<Selector> {
        let mut selectors = Vec::new();
        while !self.at(close) {
            match self.selector() {
                Some(selector) => selectors.push(selector),
                None => break,
            }
            if !self.eat(TokenKind::Comma) {
                break;
            }
        }
        selectors
    }

    /// `w.temp`, `delay_*`, `days.*` or `@owner`.
    fn selector(&mut self) -> Option<Selector> {
        let start = self.start();
        if self.at(TokenKind::At) && !self.fresh_line() {
            self.bump_as(Role::Sign);
            let kind = SelectorKind::Tag(self.name("a tag's name"));
            let span = self.span_from(start);
            return Some(Selector { kind, span });
        }
        let mut names = Vec::new();
        let pattern = loop {
            let pattern = self.glob();
            if pattern.is_some() {
                break pattern;
            }
            if !self.kind().is_name() || self.fresh_line() {
                self.expected(
                    Code::ExpectedName,
                    "a node, a pattern such as `delay_*`, or a tag",
                );
                return None;
            }
            names.push(self.take_name());
            if !self.at(TokenKind::Dot) || self.fresh_line() {
                break None;
            }
            self.bump();
        };
        let span = self.span_from(start);
        let kind = match pattern {
            Some(pattern) => SelectorKind::Glob {
                scope: names,
                pattern,
            },
            None => SelectorKind::Path(Path { names, span }),
        };
        Some(Selector { kind, span })
    }

    /// A pattern with at least one `*`, whose words and stars touch each other.
    fn glob(&mut self) -> Option<Symbol> {
        let first = self.token();
        let mut count = 0;
        let mut stars = false;
        let mut end = first.start;
        while let Some(token) = self.tokens.get(self.position + count)
            && (token.start == end && (count == 0 || !token.starts_line))
            && matches!(
                token.kind,
                TokenKind::Word | TokenKind::Star | TokenKind::Integer | TokenKind::Duration
            )
        {
            stars |= token.kind == TokenKind::Star;
            end = token.end;
            count += 1;
        }
        if !stars || self.fresh_line() {
            return None;
        }
        self.bump();
        for _ in 1..count {
            self.bump_as(Role::Attached);
        }
        Some(
            self.program
                .intern(&self.text[first.start as usize..end as usize]),
        )
    }
}
