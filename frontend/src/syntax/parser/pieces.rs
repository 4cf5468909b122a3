//! Names, paths and texts.

use super::Parser;
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::syntax::ast::{Name, Path, TemplatePart, Text};
use crate::syntax::literal;
use crate::syntax::token::TokenKind;

impl Parser<'_> {
    /// A name; if there is none, reports `what` as missing and gives an empty name.
    pub(super) fn name(&mut self, what: &str) -> Name {
        if self.kind().is_name() && !self.fresh_line() {
            return self.take_name();
        }
        self.expected(Code::ExpectedName, what);
        Name {
            symbol: self.program.intern(""),
            span: self.found_span(),
            template: None,
        }
    }

    /// A name that no loop can fill in.
    pub(super) fn plain_name(&mut self, what: &str) -> Name {
        let name = self.name(what);
        if name.template.is_some() {
            let report = Diagnostic::error(
                Code::MisplacedTemplate,
                format!("{what} can't have loop variables in braces"),
            );
            self.reports.add(report.at(name.span));
        }
        name
    }

    /// The name at the present token, which is one.
    pub(super) fn take_name(&mut self) -> Name {
        let token = self.token();
        let span = self.token_span(self.position);
        let written = &self.text[token.range()];
        self.bump();
        match token.kind {
            TokenKind::QuotedName => {
                let inner = written.strip_prefix('`').unwrap_or(written);
                let symbol = self
                    .program
                    .intern(inner.strip_suffix('`').unwrap_or(inner));
                Name {
                    symbol,
                    span,
                    template: None,
                }
            }
            TokenKind::TemplateName => self.template_name(written, span),
            _ => Name {
                symbol: self.program.intern(written),
                span,
                template: None,
            },
        }
    }

    fn template_name(&mut self, written: &str, span: Span) -> Name {
        let mut parts = Vec::new();
        let mut offset = 0;
        while offset < written.len() {
            let rest = &written[offset..];
            if let Some(variable) = rest.strip_prefix('{') {
                let length = variable.find('}').unwrap_or(variable.len());
                let start = span.start + (offset + 1) as u32;
                parts.push(TemplatePart::Variable(Name {
                    symbol: self.program.intern(&variable[..length]),
                    span: self.span(start, start + length as u32),
                    template: None,
                }));
                offset += length + 2;
            } else {
                let length = rest.find('{').unwrap_or(rest.len());
                parts.push(TemplatePart::Text(self.program.intern(&rest[..length])));
                offset += length;
            }
        }
        let template = self.program.templates.push(parts);
        Name {
            symbol: self.program.intern(written),
            span,
            template: Some(template),
        }
    }

    /// Names joined by dots.
    pub(super) fn path(&mut self, what: &str) -> Path {
        let start = self.start();
        let mut names = vec![self.name(what)];
        while self.at(TokenKind::Dot) && !self.fresh_line() {
            self.bump();
            names.push(self.name("a name after `.`"));
        }
        Path {
            names,
            span: self.span_from(start),
        }
    }

    /// A text literal; if there is none, reports `what` as missing.
    pub(super) fn text_literal(&mut self, what: &str) -> Text {
        if matches!(self.kind(), TokenKind::Text | TokenKind::LongText) && !self.fresh_line() {
            let span = self.token_span(self.position);
            let value = self.take_text();
            return Text { value, span };
        }
        self.expected(Code::ExpectedToken, what);
        Text {
            value: "".into(),
            span: self.found_span(),
        }
    }

    /// The value of the text literal at the present token.
    pub(super) fn take_text(&mut self) -> Box<str> {
        let token = self.token();
        self.bump();
        let quotes = if token.kind == TokenKind::LongText {
            3
        } else {
            1
        };
        let (value, bad) = literal::text(&self.text[token.range()], quotes);
        for escape in bad {
            let start = token.start + escape.range.start as u32;
            let end = token.start + escape.range.end as u32;
            let report = Diagnostic::error(Code::BadEscape, escape.message);
            self.reports.add(report.at(self.span(start, end)));
        }
        value.into()
    }
}
