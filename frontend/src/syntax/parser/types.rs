//! Written types, and the parameters of functions.

use super::{Parser, Role};
use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::ast::{Parameter, TypeArgument, TypeExpr, TypeId};
use crate::syntax::literal;
use crate::syntax::token::TokenKind;

impl Parser<'_> {
    /// A type such as `timestamp[s, "UTC"]?`; `None` after a report if there is none.
    pub(super) fn written_type(&mut self) -> Option<TypeId> {
        if !matches!(self.kind(), TokenKind::Word | TokenKind::QuotedName) || self.fresh_line() {
            self.expected(Code::ExpectedType, "a type");
            return None;
        }
        let start = self.start();
        let name = self.take_name();
        let mut arguments = Vec::new();
        let close = match self.kind() {
            _ if self.fresh_line() => None,
            TokenKind::SquareOpen => Some((TokenKind::SquareClose, "`,` or `]`")),
            TokenKind::ParenOpen => Some((TokenKind::ParenClose, "`,` or `)`")),
            _ => None,
        };
        if let Some((close, expected)) = close
            && let Some(opened) = self.open(Role::Attached)
        {
            while !self.at(close) {
                match self.type_argument() {
                    Some(argument) => arguments.push(argument),
                    None => break,
                }
                if !self.eat(TokenKind::Comma) {
                    break;
                }
            }
            self.close(opened, close, Role::Plain, expected);
        }
        let nullable =
            self.at(TokenKind::Question) && !self.fresh_line() && self.eat(TokenKind::Question);
        let span = self.span_from(start);
        Some(self.program.types.push(TypeExpr {
            name,
            arguments,
            nullable,
            span,
        }))
    }

    fn type_argument(&mut self) -> Option<TypeArgument> {
        let start = self.start();
        match self.kind() {
            TokenKind::Text => Some(TypeArgument::Text(self.text_literal("a text"))),
            TokenKind::Integer | TokenKind::Minus => {
                let negative = self.at(TokenKind::Minus);
                if negative {
                    self.bump_as(Role::Sign);
                }
                let token = self.token();
                let value = literal::integer(&self.text[token.range()])
                    .ok()
                    .filter(|_| token.kind == TokenKind::Integer)
                    .and_then(|value| i64::try_from(value).ok());
                if value.is_none() {
                    let span = self.token_span(self.position);
                    let report = Diagnostic::error(Code::BadNumber, "expected a 64-bit integer");
                    self.report(report.at(span));
                }
                if token.kind == TokenKind::Integer {
                    self.bump();
                }
                let value = value.unwrap_or(0);
                Some(TypeArgument::Integer {
                    value: if negative { -value } else { value },
                    span: self.span_from(start),
                })
            }
            _ => self.written_type().map(TypeArgument::Type),
        }
    }

    /// `(name[: type] [= default], ...)`.
    pub(super) fn parameters(&mut self) -> Vec<Parameter> {
        let mut parameters = Vec::new();
        if !self.at(TokenKind::ParenOpen) || self.fresh_line() {
            self.expected(Code::ExpectedToken, "`(` and the parameters");
            return parameters;
        }
        let Some(opened) = self.open(Role::Attached) else {
            return parameters;
        };
        while !self.at(TokenKind::ParenClose) {
            let before = self.position;
            let name = self.plain_name("a parameter's name");
            let ty = if self.eat(TokenKind::Colon) {
                self.written_type()
            } else {
                None
            };
            let default = if self.at(TokenKind::Equal) {
                // As in Python: `x=1`, but `x: f64 = 1`.
                self.bump_as(if ty.is_some() {
                    Role::Plain
                } else {
                    Role::Tight
                });
                Some(self.expression())
            } else {
                None
            };
            if self.position == before {
                break;
            }
            parameters.push(Parameter { name, ty, default });
            if !self.eat(TokenKind::Comma) {
                break;
            }
        }
        self.close(opened, TokenKind::ParenClose, Role::Plain, "`,` or `)`");
        parameters
    }
}
