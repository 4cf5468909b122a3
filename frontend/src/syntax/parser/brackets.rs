//! Operands with other expressions inside: arguments, parentheses, lists, maps, the arms of
//! `match`, lookups.

use super::expressions::Operand;
use super::{Parser, Role};
use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::ast::{
    Argument, ExprId, ExprKind, LookupCondition, LookupOperator, LookupPick, MapEntry, MatchArm,
    Name, Pattern,
};
use crate::syntax::token::TokenKind;

impl Parser<'_> {
    /// Arguments in parentheses, which are at the present token.
    pub(super) fn arguments(&mut self, role: Role) -> Vec<Argument> {
        let mut arguments = Vec::new();
        let Some(opened) = self.open(role) else {
            return arguments;
        };
        let mut named = false;
        while !self.at(TokenKind::ParenClose) {
            let name = self.argument_name();
            if name.is_some() {
                named = true;
            } else if named {
                let report = Diagnostic::error(
                    Code::PositionalAfterNamed,
                    "an unnamed argument after a named one",
                );
                self.report(report.at(self.token_span(self.position)));
            }
            let value = self.expression();
            arguments.push(Argument { name, value });
            if !self.eat(TokenKind::Comma) {
                break;
            }
        }
        self.close(opened, TokenKind::ParenClose, Role::Plain, "`,` or `)`");
        arguments
    }

    /// `name =` before a value.
    fn argument_name(&mut self) -> Option<Name> {
        if self.kind().is_name() && self.kind_ahead(1) == TokenKind::Equal {
            let name = self.take_name();
            self.bump_as(Role::Tight);
            return Some(name);
        }
        None
    }

    pub(super) fn parenthesized(&mut self) -> Operand {
        let start = self.start();
        let Some(opened) = self.open(Role::Plain) else {
            return self.finish_from(ExprKind::Error, start);
        };
        let id = self.expression();
        self.close(opened, TokenKind::ParenClose, Role::Plain, "`)`");
        Operand {
            id,
            span: self.span_from(start),
        }
    }

    pub(super) fn list(&mut self) -> Operand {
        let start = self.start();
        let Some(opened) = self.open(Role::Plain) else {
            return self.finish_from(ExprKind::Error, start);
        };
        let mut elements = Vec::new();
        while !self.at(TokenKind::SquareClose) {
            elements.push(self.expression());
            if !self.eat(TokenKind::Comma) {
                break;
            }
        }
        self.close(opened, TokenKind::SquareClose, Role::Plain, "`,` or `]`");
        self.finish_from(ExprKind::List(elements), start)
    }

    pub(super) fn map(&mut self) -> Operand {
        let start = self.start();
        let Some(opened) = self.open(Role::Plain) else {
            return self.finish_from(ExprKind::Error, start);
        };
        let mut entries = Vec::new();
        while !self.at(TokenKind::BraceClose) {
            let key = if self.kind().is_name() && self.kind_ahead(1) == TokenKind::Colon {
                let name = self.take_name();
                let text = self.program.name(name).into();
                self.push(ExprKind::Text(text), name.span)
            } else {
                self.expression()
            };
            let value = if self.expect(TokenKind::Colon, "`:` and the value of this key") {
                self.expression()
            } else {
                let span = self.found_span();
                self.push(ExprKind::Error, span)
            };
            entries.push(MapEntry { key, value });
            if !self.eat(TokenKind::Comma) {
                break;
            }
        }
        self.close(opened, TokenKind::BraceClose, Role::Plain, "`,` or `}`");
        self.finish_from(ExprKind::Map(entries), start)
    }

    pub(super) fn match_arms(&mut self) -> Operand {
        let start = self.start();
        self.bump();
        let subject = self.expression();
        let mut arms = Vec::new();
        if !self.at(TokenKind::BraceOpen) || self.fresh_line() {
            self.expected(Code::ExpectedToken, "`{` and the arms of `match`");
            return self.finish_from(ExprKind::Match { subject, arms }, start);
        }
        let Some(opened) = self.open(Role::Arms) else {
            return self.finish_from(ExprKind::Match { subject, arms }, start);
        };
        while !self.at(TokenKind::BraceClose) {
            let pattern = if self.at_word("_") && self.kind_ahead(1) == TokenKind::Colon {
                let wildcard = self.bump();
                Pattern::Wildcard(self.token_span(wildcard))
            } else {
                Pattern::Value(self.expression())
            };
            let value = if self.expect(TokenKind::Colon, "`:` and the value of this arm") {
                self.expression()
            } else {
                let span = self.found_span();
                self.push(ExprKind::Error, span)
            };
            arms.push(MatchArm { pattern, value });
            if !self.eat(TokenKind::Comma) {
                break;
            }
        }
        self.close(opened, TokenKind::BraceClose, Role::Arms, "`,` or `}`");
        self.finish_from(ExprKind::Match { subject, arms }, start)
    }

    /// `first` or `last` before a table with conditions; anywhere else they are names.
    pub(super) fn lookup_pick(&mut self) -> Option<LookupPick> {
        let pick = match self.word() {
            "first" => LookupPick::First,
            "last" => LookupPick::Last,
            _ => return None,
        };
        let operators = ["and", "or", "if", "else", "is", "in", "not", "over"];
        if self.fresh_line()
            || self.fresh_line_ahead(1)
            || !self.kind_ahead(1).is_name()
            || operators.contains(&self.word_ahead(1))
        {
            return None;
        }
        let mut ahead = 2;
        while self.kind_ahead(ahead) == TokenKind::Dot && self.kind_ahead(ahead + 1).is_name() {
            ahead += 2;
        }
        if self.kind_ahead(ahead) != TokenKind::SquareOpen || self.fresh_line_ahead(ahead) {
            return None;
        }
        self.bump();
        Some(pick)
    }

    /// `[column = value, ...]` after a table; with the word before it, it begins at `start`.
    pub(super) fn lookup(
        &mut self,
        table: Operand,
        pick: Option<LookupPick>,
        start: u32,
    ) -> Operand {
        let Some(opened) = self.open(Role::Attached) else {
            return self.broken_lookup(table, start);
        };
        let mut conditions = Vec::new();
        let mut sound = self.is_path(table.id);
        if !sound {
            self.bad_lookup(opened, "only a table's rows can be looked up");
        }
        loop {
            let operator = match self.kind_ahead(1) {
                TokenKind::Equal | TokenKind::EqualEqual => LookupOperator::Equal,
                TokenKind::Less => LookupOperator::Less,
                TokenKind::LessOrEqual => LookupOperator::LessOrEqual,
                TokenKind::Greater => LookupOperator::Greater,
                TokenKind::GreaterOrEqual => LookupOperator::GreaterOrEqual,
                _ => {
                    if sound {
                        self.bad_lookup(self.position, "expected a condition of a lookup");
                        sound = false;
                    }
                    break;
                }
            };
            let column = self.name("a column of the table looked up");
            if self.at(TokenKind::EqualEqual) {
                self.bad_lookup(self.position, "a lookup's equality is written `=`");
            }
            self.bump_as(Role::Tight);
            let value = self.expression();
            conditions.push(LookupCondition {
                column,
                operator,
                value,
            });
            if !self.eat(TokenKind::Comma) || self.at(TokenKind::SquareClose) {
                break;
            }
        }
        if sound {
            self.close(opened, TokenKind::SquareClose, Role::Plain, "`,` or `]`");
            let table = table.id;
            let kind = ExprKind::Lookup {
                pick,
                table,
                conditions,
            };
            return self.finish_from(kind, start);
        }
        // What was read of the conditions would be nobody's child.
        self.last_report = Some(self.position);
        self.close(opened, TokenKind::SquareClose, Role::Plain, "`]`");
        self.broken_lookup(table, start)
    }

    fn bad_lookup(&mut self, token: usize, message: &str) {
        let report = Diagnostic::error(Code::BadLookup, message).at(self.token_span(token));
        self.report(report.help(match self.tokens[token].kind {
            TokenKind::Text => "a column is named without brackets: `table.column`",
            TokenKind::Integer | TokenKind::Colon => {
                "a part of a text is `slice(x, start, length)`; rows have no numbers, `shift` and \
                 lookups find others"
            }
            _ => "square brackets after a table look up rows: `table[column=value, time<=value]`",
        }));
    }

    /// `Error` in place of a lookup and its table.
    fn broken_lookup(&mut self, table: Operand, start: u32) -> Operand {
        let first = self.program.exprs[table.id].first.0 as usize;
        self.program.exprs.truncate(first);
        self.finish_from(ExprKind::Error, start)
    }

    /// Whether an expression is names joined by dots.
    fn is_path(&self, expr: ExprId) -> bool {
        self.program.subtree(expr).all(|id| {
            matches!(
                self.program.exprs[id].kind,
                ExprKind::Name(_) | ExprKind::Member { .. }
            )
        })
    }
}
