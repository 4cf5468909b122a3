//! What stands between operators: literals, names, brackets, and the suffixes that bind
//! tightest: `.name`, calls, lookups, `over`.

use super::expressions::Operand;
use super::{Parser, Role};
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::syntax::ast::{ExprId, ExprKind, OverClause, SortKey};
use crate::syntax::literal;
use crate::syntax::token::TokenKind;

impl Parser<'_> {
    /// An atom with its suffixes.
    pub(super) fn operand(&mut self) -> Operand {
        let start = self.start();
        let mut pick = self.lookup_pick();
        let mut operand = self.atom();
        loop {
            // A line that begins with `.` goes on with the one above.
            if self.at(TokenKind::Dot) {
                operand = self.member(operand);
                continue;
            }
            if self.fresh_line() {
                return operand;
            }
            operand = match self.kind() {
                TokenKind::ParenOpen => self.call_of_no_name(operand),
                TokenKind::SquareOpen => {
                    let start = if pick.is_some() {
                        start
                    } else {
                        operand.span.start
                    };
                    self.lookup(operand, pick.take(), start)
                }
                TokenKind::Word if self.at_word("over") => {
                    let over = self.over_clause();
                    let span = operand.span.to(over.span);
                    let value = operand.id;
                    self.finish(ExprKind::Over { value, over }, span)
                }
                _ => return operand,
            };
        }
    }

    pub(super) fn finish(&mut self, kind: ExprKind, span: Span) -> Operand {
        let id = self.push(kind, span);
        Operand { id, span }
    }

    pub(super) fn finish_from(&mut self, kind: ExprKind, start: u32) -> Operand {
        let span = self.span_from(start);
        self.finish(kind, span)
    }

    /// `Error` where an operand is missing.
    fn missing(&mut self) -> Operand {
        if !self.is_muted() {
            self.report_missing();
        }
        let span = self.found_span();
        self.finish(ExprKind::Error, self.span(span.start, span.start))
    }

    fn report_missing(&mut self) {
        let mut report = self.expected_diagnostic(Code::ExpectedExpression, "an expression");
        if self.fresh_line() && !self.at(TokenKind::End) {
            report = report.help(
                "an expression goes on with the next line only inside brackets, or if that line \
                 begins with `.`, `and`, `or` or `else`",
            );
        }
        if self.at_word("case") || self.at_word("CASE") {
            report = report.help("write `value if condition else other`, or `match`");
        } else if self.at(TokenKind::Equal) {
            report = report.help("equality is written `==`");
        } else if self.at(TokenKind::Star) && self.kind_ahead(1) == TokenKind::ParenClose {
            report = report.help("rows are counted with `len()`");
        }
        self.report(report);
    }

    fn atom(&mut self) -> Operand {
        if self.fresh_line() {
            return self.missing();
        }
        let start = self.start();
        let token = self.token();
        let written = &self.text[token.range()];
        match token.kind {
            TokenKind::Integer => {
                let value = literal::integer(written).map(ExprKind::Integer);
                self.number(value, Code::BadNumber)
            }
            TokenKind::Float => {
                let value = literal::float(written).map(ExprKind::Float);
                self.number(value, Code::BadNumber)
            }
            TokenKind::Duration => {
                let value = literal::duration(written).map(ExprKind::Duration);
                self.number(value, Code::BadDuration)
            }
            TokenKind::Text | TokenKind::LongText => {
                let value = self.take_text();
                self.finish_from(ExprKind::Text(value), start)
            }
            TokenKind::ParenOpen => self.parenthesized(),
            TokenKind::SquareOpen => self.list(),
            TokenKind::BraceOpen => self.map(),
            TokenKind::Word => self.word_atom(written),
            TokenKind::QuotedName | TokenKind::TemplateName => self.name_or_call(),
            _ => self.missing(),
        }
    }

    fn number(&mut self, value: Result<ExprKind, String>, code: Code) -> Operand {
        let start = self.start();
        let kind = value.unwrap_or_else(|message| {
            let mut report = Diagnostic::error(code, message).at(self.token_span(self.position));
            if code == Code::BadDuration {
                report = report.help("the units are ns, us, ms, s, m, h, d, w, mo, y");
            }
            self.report(report);
            ExprKind::Error
        });
        self.bump();
        self.finish_from(kind, start)
    }

    fn word_atom(&mut self, word: &str) -> Operand {
        let start = self.start();
        let is_call = self.kind_ahead(1) == TokenKind::ParenOpen && !self.fresh_line_ahead(1);
        let literal = match word {
            "true" | "True" | "TRUE" => ExprKind::Boolean(true),
            "false" | "False" | "FALSE" => ExprKind::Boolean(false),
            "null" | "None" | "NULL" => ExprKind::Null,
            "nan" if !is_call => ExprKind::Float(f64::NAN),
            "inf" if !is_call => ExprKind::Float(f64::INFINITY),
            "and" | "or" | "if" | "else" | "is" | "in" | "not" => return self.missing(),
            "match" if self.at_match() => return self.match_arms(),
            _ => return self.name_or_call(),
        };
        self.foreign_literal(self.position);
        self.bump();
        self.finish_from(literal, start)
    }

    /// Reports `True` and its like at token `index`.
    pub(super) fn foreign_literal(&mut self, index: usize) {
        let written = &self.text[self.tokens[index].range()];
        let ours = match written {
            "True" | "TRUE" => "true",
            "False" | "FALSE" => "false",
            "None" | "NULL" => "null",
            _ => return,
        };
        let report = Diagnostic::error(
            Code::ForeignLiteral,
            format!("`{written}` is written `{ours}`"),
        );
        self.report(report.at(self.token_span(index)).note(format!(
            "a column of that name goes in backticks: `` `{written}` ``"
        )));
    }

    /// Whether `match` begins a match here and is no name: something to match follows.
    fn at_match(&self) -> bool {
        if self.fresh_line_ahead(1) {
            return false;
        }
        match self.kind_ahead(1) {
            TokenKind::Word => !matches!(
                self.word_ahead(1),
                "and" | "or" | "if" | "else" | "is" | "in" | "over"
            ),
            TokenKind::QuotedName
            | TokenKind::TemplateName
            | TokenKind::Integer
            | TokenKind::Float
            | TokenKind::Duration
            | TokenKind::Text
            | TokenKind::LongText
            | TokenKind::ParenOpen
            | TokenKind::Minus => true,
            _ => false,
        }
    }

    fn name_or_call(&mut self) -> Operand {
        let start = self.start();
        let name = self.take_name();
        if self.at(TokenKind::ParenOpen) && !self.fresh_line() {
            let arguments = self.arguments(Role::Attached);
            let function = name;
            return self.finish_from(
                ExprKind::Call {
                    function,
                    arguments,
                },
                start,
            );
        }
        self.finish_from(ExprKind::Name(name), start)
    }

    /// `.name` or `.name(arguments)` after an operand.
    fn member(&mut self, operand: Operand) -> Operand {
        self.bump();
        let name = self.name("a name after `.`");
        let kind = if self.at(TokenKind::ParenOpen) && !self.fresh_line() {
            let arguments = self.arguments(Role::Attached);
            ExprKind::MethodCall {
                receiver: operand.id,
                function: name,
                arguments,
            }
        } else {
            ExprKind::Member {
                base: operand.id,
                name,
            }
        };
        self.finish_from(kind, operand.span.start)
    }

    fn call_of_no_name(&mut self, operand: Operand) -> Operand {
        let report = Diagnostic::error(Code::NotCallable, "only a name can be called");
        self.report(
            report
                .at(operand.span)
                .help("functions are called `f(x)` or `x.f()`"),
        );
        let kept = self.program.exprs.len();
        self.arguments(Role::Attached);
        self.program.exprs.truncate(kept);
        operand
    }

    /// `over path` or `over (keys order by sort)`, at `over`.
    pub(super) fn over_clause(&mut self) -> OverClause {
        let start = self.start();
        self.bump();
        let mut keys = Vec::new();
        let mut order = Vec::new();
        if self.at(TokenKind::ParenOpen) && !self.fresh_line() {
            if let Some(opened) = self.open(Role::Plain) {
                while !self.at(TokenKind::ParenClose) && !self.at_order_by() {
                    keys.push(self.expression());
                    if !self.eat(TokenKind::Comma) {
                        break;
                    }
                }
                if self.at_order_by() {
                    order = self.order_by();
                }
                let expected = if order.is_empty() {
                    "`,`, `order by` or `)`"
                } else {
                    "`,` or `)`"
                };
                self.close(opened, TokenKind::ParenClose, Role::Plain, expected);
            }
        } else {
            keys.push(self.over_path());
        }
        OverClause {
            keys,
            order,
            span: self.span_from(start),
        }
    }

    /// Names joined by dots; a name that is called belongs to what comes after.
    fn over_path(&mut self) -> ExprId {
        let start = self.start();
        let name = self.name("a name or `(` after `over`");
        let mut path = self.finish_from(ExprKind::Name(name), start);
        while self.at(TokenKind::Dot)
            && self.kind_ahead(1).is_name()
            && self.kind_ahead(2) != TokenKind::ParenOpen
        {
            self.bump();
            let base = path.id;
            let name = self.take_name();
            path = self.finish_from(ExprKind::Member { base, name }, start);
        }
        path.id
    }

    pub(super) fn at_order_by(&self) -> bool {
        self.at_word("order") && self.word_ahead(1) == "by"
    }

    /// `order by key [asc|desc] [nulls first|last], ...`, at `order`.
    pub(super) fn order_by(&mut self) -> Vec<SortKey> {
        self.bump();
        self.bump();
        let mut order = Vec::new();
        loop {
            let value = self.expression();
            let mut descending = false;
            if !self.fresh_line() && (self.at_word("asc") || self.at_word("desc")) {
                descending = self.at_word("desc");
                self.bump();
            }
            let mut nulls_first = false;
            let ahead = self.word_ahead(1);
            if !self.fresh_line() && self.at_word("nulls") && matches!(ahead, "first" | "last") {
                nulls_first = ahead == "first";
                self.bump();
                self.bump();
            }
            order.push(SortKey {
                value,
                descending,
                nulls_first,
            });
            if !self.eat_list_comma(false) {
                return order;
            }
        }
    }

    /// A comma that goes on with a list without brackets. The next line is no part of it, and
    /// unless its elements may be `named`, neither is a definition after the comma.
    pub(super) fn eat_list_comma(&mut self, named: bool) -> bool {
        let definition = self.kind_ahead(1).is_name()
            && matches!(self.kind_ahead(2), TokenKind::Equal | TokenKind::Colon);
        let goes_on = self.at(TokenKind::Comma)
            && !self.fresh_line()
            && !self.fresh_line_ahead(1)
            && (named || !definition);
        if goes_on {
            self.bump();
        }
        goes_on
    }
}
