//! Queries: a table followed by steps. A step may begin the next line.

use super::Parser;
use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::ast::{ExprId, ExprKind, GroupKey, Path, Query, Step, StepKind, Value};
use crate::syntax::token::TokenKind;

impl Parser<'_> {
    /// An expression, or a table with at least one step.
    pub(super) fn value(&mut self) -> Value {
        let start = self.start();
        let expr = self.expression();
        if !self.at_step() {
            return Value::Expr(expr);
        }
        match self.path_of(expr) {
            Some(source) => {
                let first = self.program.exprs[expr].first.0 as usize;
                self.program.exprs.truncate(first);
                Value::Query(self.query_steps(source, start))
            }
            None => {
                let span = self.program.exprs[expr].span;
                let report = Diagnostic::error(Code::BadQuery, "steps apply to a table's name");
                self.report(report.at(span).help(format!(
                    "name the table before `{}`, and give the expression a definition of its own",
                    self.word()
                )));
                let names = Vec::new();
                self.query_steps(Path { names, span }, start);
                Value::Expr(expr)
            }
        }
    }

    /// The path that an expression of names joined by dots is.
    fn path_of(&self, expr: ExprId) -> Option<Path> {
        let mut names = Vec::new();
        for id in self.program.subtree(expr) {
            match self.program.exprs[id].kind {
                ExprKind::Name(name) | ExprKind::Member { name, .. } => names.push(name),
                _ => return None,
            }
        }
        let span = self.program.exprs[expr].span;
        Some(Path { names, span })
    }

    /// A table's query: its source and any number of steps.
    pub(super) fn query(&mut self) -> Query {
        let start = self.start();
        let source = self.path("the table to begin with");
        self.query_steps(source, start)
    }

    fn query_steps(&mut self, source: Path, start: u32) -> Query {
        let mut steps = Vec::new();
        while self.at_step() {
            let step_start = self.start();
            let kind = self.step();
            let span = self.span_from(step_start);
            steps.push(Step { kind, span });
        }
        let span = self.span_from(start);
        Query {
            source,
            steps,
            span,
        }
    }

    /// Whether a step begins here, be it on a new line. A definition or column whose name is a
    /// step word is none.
    fn at_step(&self) -> bool {
        match self.word() {
            "group" | "order" => self.word_ahead(1) == "by",
            "left" => self.word_ahead(1) == "join",
            "where" | "limit" | "tail" | "sample" | "distinct" | "union" | "join" | "unpivot" => {
                !matches!(self.kind_ahead(1), TokenKind::Equal | TokenKind::Colon)
            }
            _ => false,
        }
    }

    fn step(&mut self) -> StepKind {
        match self.word() {
            "group" => {
                self.bump();
                self.bump();
                let keys = self.group_keys();
                let body = self.block("`{` and the columns of each group");
                StepKind::GroupBy { keys, body }
            }
            "order" => StepKind::OrderBy(self.order_by()),
            "left" => {
                self.bump();
                self.join(true)
            }
            "join" => self.join(false),
            "limit" => {
                self.bump();
                StepKind::Limit {
                    from_end: false,
                    count: self.expression(),
                }
            }
            "tail" => {
                self.bump();
                StepKind::Limit {
                    from_end: true,
                    count: self.expression(),
                }
            }
            "sample" => {
                self.bump();
                let count = self.expression();
                let seed = self.at_word("seed").then(|| {
                    self.bump();
                    self.expression()
                });
                StepKind::Sample { count, seed }
            }
            "distinct" => {
                self.bump();
                let mut columns = vec![self.name("a column")];
                while self.eat_list_comma(false) {
                    columns.push(self.name("a column"));
                }
                StepKind::Distinct(columns)
            }
            "union" => {
                self.bump();
                StepKind::Union(self.path("the table to append"))
            }
            "unpivot" => {
                self.bump();
                let columns = self.selector_or_list();
                self.expect_word("into");
                let key = self.name("a name for the column of names");
                self.expect(TokenKind::Comma, "`,` and a name for the column of values");
                let value = self.name("a name for the column of values");
                StepKind::Unpivot {
                    columns,
                    key,
                    value,
                }
            }
            _ => {
                self.bump();
                StepKind::Where(self.expression())
            }
        }
    }

    fn group_keys(&mut self) -> Vec<GroupKey> {
        let mut keys = Vec::new();
        loop {
            let named = self.kind().is_name() && self.kind_ahead(1) == TokenKind::Equal;
            let name = if named && !self.fresh_line() {
                let name = self.take_name();
                self.bump();
                Some(name)
            } else {
                None
            };
            let value = self.expression();
            keys.push(GroupKey { name, value });
            if !self.eat_list_comma(true) {
                return keys;
            }
        }
    }

    /// `join name = lookup`, at `join`.
    fn join(&mut self, keep_unmatched: bool) -> StepKind {
        self.bump();
        let name = self.name("a name for the matching rows, as in `join v = table[key=key]`");
        self.expect(TokenKind::Equal, "`=` and a lookup");
        let lookup = self.expression();
        let expr = &self.program.exprs[lookup];
        if !matches!(expr.kind, ExprKind::Lookup { .. } | ExprKind::Error) {
            let report = Diagnostic::error(Code::BadQuery, "a join takes a lookup").at(expr.span);
            self.reports
                .add(report.help("as in `join v = weather[origin=origin]`"));
        }
        StepKind::Join {
            keep_unmatched,
            name,
            lookup,
        }
    }
}
