//! What the graph refuses, in words: types that don't fit, rows of two tables.

use std::collections::HashSet;

use icosian_ir::graph::BuildError;
use icosian_ir::id::{ExprId as Expression, TableId};
use icosian_ir::op::Op;
use icosian_ir::types::{Domain, ScalarType};
use icosian_ir::typing::TypeError;
use icosian_ir::value::Value;

use super::declarations::{Checker, DeclarationId, UnitId};
use crate::diagnostic::{Code, Diagnostic, Span};

/// How many expressions are looked at to find the node that brings a table's rows.
const SEARCH_LIMIT: usize = 200;

impl Checker<'_> {
    /// A node that the graph refuses: a name taken, or rows of another table.
    pub(crate) fn definition_refused(
        &mut self,
        unit: UnitId,
        table: Option<DeclarationId>,
        expression: Expression,
        error: &BuildError,
    ) {
        let (name, span) = (self.units[unit].name.to_string(), self.units[unit].span);
        match error {
            BuildError::NameTaken { name } => {
                let first = self.builder.graph().node(name);
                let first = first.and_then(|node| self.spans.nodes.get(&node).copied());
                let name = name.clone();
                self.name_taken(&name, span, first);
            }
            _ => {
                let found = match self.builder.domain(expression) {
                    Domain::Rows(table) => self.builder.graph().tables[table].name.clone(),
                    Domain::Scalar => "no table".to_owned(),
                };
                let home =
                    table.map_or_else(String::new, |table| self.declarations[table].name.clone());
                let message =
                    format!("`{name}` stands in table {home}, but has the rows of {found}");
                let mut diagnostic = Diagnostic::error(Code::DomainClash, message).at(span);
                if let (Some(table), Domain::Rows(other)) = (
                    table.and_then(|table| self.declarations[table].table),
                    self.builder.domain(expression),
                ) {
                    let column = self.node_over(expression, other);
                    diagnostic = diagnostic.help(self.joining(table, other, column.as_deref()));
                }
                self.report(diagnostic);
            }
        }
    }

    /// The name of a node below an expression that brings the rows of a table.
    fn node_over(&self, root: Expression, table: TableId) -> Option<String> {
        let graph = self.builder.graph();
        let mut stack = vec![root];
        let mut seen = HashSet::new();
        while let Some(at) = stack.pop() {
            if seen.len() > SEARCH_LIMIT || !seen.insert(at) {
                continue;
            }
            let expression = &graph.expressions[at];
            if expression.domain != Domain::Rows(table) {
                continue;
            }
            if let Op::Node(node) = expression.op {
                return Some(graph.nodes[node].name.clone());
            }
            stack.extend(expression.args.iter().rev());
        }
        None
    }

    /// The lookup that brings a column of `other` to the rows of `here`.
    fn joining(&self, here: TableId, other: TableId, column: Option<&str>) -> String {
        let graph = self.builder.graph();
        let (near, far) = (&graph.tables[here], &graph.tables[other]);
        let wanted = column.and_then(|name| name.rsplit('.').next());
        let near_names: HashSet<&str> = near
            .members
            .iter()
            .map(|node| graph.nodes[*node].short_name())
            .collect();
        let mut common: Vec<&str> = far
            .members
            .iter()
            .filter(|node| !graph.nodes[**node].ty.scalar.is_float())
            .map(|node| graph.nodes[*node].short_name())
            .filter(|name| near_names.contains(name) && Some(*name) != wanted)
            .collect();
        common.truncate(3);
        let keys = if common.is_empty() {
            "key=key".to_owned()
        } else {
            let keys: Vec<String> = common.iter().map(|name| format!("{name}={name}")).collect();
            keys.join(", ")
        };
        let member = wanted.map_or(String::new(), |name| format!(".{name}"));
        format!(
            "look the row of {} up for each row of {}: {}[{keys}]{member}",
            far.name, near.name, far.name
        )
    }

    /// An operation that the graph refuses.
    pub(crate) fn refused(
        &mut self,
        error: &BuildError,
        operation: &str,
        operands: &[(Expression, Span)],
        span: Span,
    ) {
        let diagnostic = match error {
            BuildError::Type(TypeError::Domains { .. }) => {
                self.domain_clash(operation, operands, span)
            }
            BuildError::Type(TypeError::ScalarWhereRows { .. }) => {
                let message = format!("`{operation}` needs a column, this is a single value");
                let at = operands.first().map_or(span, |(_, span)| *span);
                Diagnostic::error(Code::NeedsRows, message).at(at)
            }
            BuildError::Type(TypeError::RowsWhereScalar { position, .. }) => {
                let message =
                    format!("`{operation}` takes one pattern for all rows, this is a column");
                let at = operands.get(*position).map_or(span, |(_, span)| *span);
                Diagnostic::error(Code::BadArguments, message)
                    .at(at)
                    .help("write it as a literal or param; contains(x, y) takes columns")
            }
            BuildError::Pattern { position, error } => {
                let at = operands.get(*position).map_or(span, |(_, span)| *span);
                Diagnostic::error(Code::BadPattern, error.to_string()).at(at)
            }
            BuildError::Literal { value, ty } => {
                let message = format!("{value} does not fit {ty}");
                let literal = operands
                    .iter()
                    .find(|(operand, _)| self.builder.constant(*operand).is_some());
                let at = literal.map_or(span, |(_, span)| *span);
                Diagnostic::error(Code::LiteralOutOfRange, message).at(at)
            }
            BuildError::Type(TypeError::Types { .. } | TypeError::Count { .. })
            | BuildError::NoCommonType { .. }
            | BuildError::Conversion { .. }
            | BuildError::NameTaken { .. } => self.type_clash(error, operation, operands, span),
        };
        self.report(diagnostic);
    }

    fn type_clash(
        &self,
        error: &BuildError,
        operation: &str,
        operands: &[(Expression, Span)],
        span: Span,
    ) -> Diagnostic {
        let types: Vec<String> = operands
            .iter()
            .map(|(operand, _)| self.type_text(self.builder.ty(*operand)))
            .collect();
        let expected = match error {
            BuildError::Type(TypeError::Types { expected, .. }) => Some(*expected),
            _ => None,
        };
        let (code, message) = match (&types[..], expected) {
            ([one], Some(expected)) => (
                Code::TypeMismatch,
                format!("`{operation}` takes {expected}, found {one}"),
            ),
            ([left, right], Some(expected)) if left == right => (
                Code::TypeMismatch,
                format!("`{operation}` takes {expected}, found {left}"),
            ),
            ([left, right], _) => (
                Code::NoCommonType,
                format!("`{operation}` can't combine {left} and {right}"),
            ),
            _ => (Code::TypeMismatch, format!("`{operation}`: {error}")),
        };
        let mut diagnostic = Diagnostic::error(code, message).at(span);
        for ((_, span), ty) in operands.iter().zip(&types) {
            diagnostic = diagnostic.label(*span, format!("this is {ty}"));
        }
        if let Some(help) = self.type_help(operation, operands) {
            diagnostic = diagnostic.help(help);
        }
        diagnostic
    }

    fn type_help(&self, operation: &str, operands: &[(Expression, Span)]) -> Option<String> {
        let [(left, _), (right, _)] = *operands else {
            return None;
        };
        let (a, b) = (
            self.builder.scalar_type(left),
            self.builder.scalar_type(right),
        );
        match (operation, a == ScalarType::Str, b == ScalarType::Str) {
            ("+", true, false) | ("+", false, true) => {
                return Some("make the other side text: str(…)".to_owned());
            }
            ("*", true, false) if b.is_integer() => {
                return Some("text is repeated by repeat(x, n)".to_owned());
            }
            ("-", true, true) => {
                return Some("text is taken out by replace(x, y, \"\")".to_owned());
            }
            _ => {}
        }
        if matches!(operation, "and" | "or") {
            return Some("compare the numbers first: … != 0".to_owned());
        }
        if operation.len() == 1 && a == ScalarType::Bool && b == ScalarType::Bool {
            return Some("make numbers of the bools: i8(…)".to_owned());
        }
        for (value, other) in [(left, b), (right, a)] {
            if let Some(Value::Str(text)) = self.builder.constant(value) {
                match other {
                    ScalarType::Date => return Some(format!("write date({text:?})")),
                    ScalarType::Timestamp(..) => return Some(format!("write timestamp({text:?})")),
                    other if other.is_number() && text.parse::<f64>().is_ok() => {
                        return Some(format!("write {text} without quotes"));
                    }
                    _ => {}
                }
            }
        }
        if a.is_integer() && b.is_integer() {
            return Some("cast one side: i64(…) or f64(…)".to_owned());
        }
        if a == ScalarType::Bool && b.is_number() || b == ScalarType::Bool && a.is_number() {
            return Some("make the bool a number: i8(…)".to_owned());
        }
        if operation == "+" && (a == ScalarType::Str) != (b == ScalarType::Str) {
            return Some("make a text of the other side: str(…)".to_owned());
        }
        match (a, b) {
            (ScalarType::Date, ScalarType::Timestamp(..))
            | (ScalarType::Timestamp(..), ScalarType::Date) => {
                Some("take the date of the timestamp: .date()".to_owned())
            }
            (ScalarType::Timestamp(..), ScalarType::Timestamp(..)) => {
                Some("their time zones differ".to_owned())
            }
            _ => None,
        }
    }

    fn domain_clash(
        &self,
        operation: &str,
        operands: &[(Expression, Span)],
        span: Span,
    ) -> Diagnostic {
        let graph = self.builder.graph();
        let mut sides: Vec<(Expression, Span, TableId)> = Vec::new();
        for (operand, span) in operands {
            if let Domain::Rows(table) = self.builder.domain(*operand)
                && sides.iter().all(|(_, _, other)| *other != table)
            {
                sides.push((*operand, *span, table));
            }
        }
        let described = |(expression, _, table): &(Expression, Span, TableId)| {
            let table_name = &graph.tables[*table].name;
            match self.node_over(*expression, *table) {
                Some(node) => format!("{node} (rows of {table_name})"),
                None => format!("a value on the rows of {table_name}"),
            }
        };
        let [left, right, ..] = &sides[..] else {
            let message = format!("`{operation}` of a value on the rows of another table");
            return Diagnostic::error(Code::DomainClash, message).at(span);
        };
        let message = format!(
            "`{operation}` of {} and {}: rows of two tables don't combine",
            described(left),
            described(right)
        );
        let column = self.node_over(right.0, right.2);
        Diagnostic::error(Code::DomainClash, message)
            .at(span)
            .label(left.1, format!("rows of {}", graph.tables[left.2].name))
            .label(right.1, format!("rows of {}", graph.tables[right.2].name))
            .help(self.joining(left.2, right.2, column.as_deref()))
    }
}
