//! Expressions as flow text, with as few brackets as their operators allow.

use std::fmt::Write;

use super::Graph;
use super::text::{Names, quoted_path};
use crate::id::ExprId;
use crate::op::{CastMode, Comparison, Op, Overflow, Reduction, Window};
use crate::types::{ScalarType, TimeUnit};
use crate::value::Value;

/// How tightly the forms of the language bind, loosest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Binding {
    Conditional,
    Or,
    And,
    Not,
    Comparison,
    Coalesce,
    Sum,
    Product,
    Unary,
    Postfix,
}

/// Whether an op prints as one short word wherever it is used.
pub(super) fn is_atom(op: &Op) -> bool {
    matches!(
        op,
        Op::Literal(_) | Op::Node(_) | Op::Input(_) | Op::Param(_)
    )
}

/// Prints expressions of one graph; shared ones by their names.
pub(super) struct ExpressionText<'a> {
    graph: &'a Graph,
    names: Names,
}

/// What is still to be printed.
enum Piece {
    Expression(ExprId, Binding),
    Text(&'static str),
    Owned(String),
}

impl<'a> ExpressionText<'a> {
    pub(super) fn new(graph: &'a Graph) -> Self {
        ExpressionText {
            graph,
            names: Names::new(),
        }
    }

    pub(super) fn name(&mut self, id: ExprId, name: String) {
        self.names.insert(id, name);
    }

    pub(super) fn name_of(&self, id: ExprId) -> Option<&str> {
        self.names.get(&id).map(String::as_str)
    }

    /// The expression, or its name if it has one.
    pub(super) fn of(&self, id: ExprId) -> String {
        self.print(Piece::Expression(id, Binding::Conditional))
    }

    /// The expression even if it has a name.
    pub(super) fn definition(&self, id: ExprId) -> String {
        let mut pieces = self.pieces(id);
        pieces.reverse();
        self.print_all(pieces)
    }

    fn print(&self, piece: Piece) -> String {
        self.print_all(vec![piece])
    }

    /// Prints a stack of pieces, the last one first.
    fn print_all(&self, mut stack: Vec<Piece>) -> String {
        let mut text = String::new();
        while let Some(piece) = stack.pop() {
            match piece {
                Piece::Text(part) => text.push_str(part),
                Piece::Owned(part) => text.push_str(&part),
                Piece::Expression(id, at_least) => {
                    if let Some(name) = self.names.get(&id) {
                        text.push_str(name);
                        continue;
                    }
                    let mut pieces = self.pieces(id);
                    if self.binding(id) < at_least {
                        text.push('(');
                        pieces.push(Piece::Text(")"));
                    }
                    stack.extend(pieces.into_iter().rev());
                }
            }
        }
        text
    }

    /// How many brackets the expression's own form may add around its arguments.
    pub(super) fn brackets(&self, id: ExprId) -> u32 {
        let expression = &self.graph.expressions[id];
        match expression.op {
            Op::Broadcast(_) | Op::Literal(_) | Op::Node(_) => 0,
            Op::Add(Overflow::Raise)
            | Op::Sub(Overflow::Raise)
            | Op::Mul(Overflow::Raise)
            | Op::Div
            | Op::And
            | Op::Or => {
                // A chain to the left of operators that bind as tightly needs none.
                let chained = |arg: &ExprId| {
                    self.binding(*arg) < self.binding(id)
                        && !is_atom(&self.graph.expressions[*arg].op)
                };
                u32::from(
                    expression.args.first().is_some_and(chained)
                        || expression
                            .args
                            .get(1)
                            .is_some_and(|arg| self.binding(*arg) <= self.binding(id)),
                )
            }
            _ => 1,
        }
    }

    fn binding(&self, id: ExprId) -> Binding {
        if self.names.contains_key(&id) {
            return Binding::Postfix;
        }
        let expression = &self.graph.expressions[id];
        match &expression.op {
            Op::Add(Overflow::Raise) | Op::Sub(Overflow::Raise) => Binding::Sum,
            Op::Mul(Overflow::Raise) | Op::Div | Op::FloorDiv | Op::Rem => Binding::Product,
            Op::Neg(Overflow::Raise) => Binding::Unary,
            Op::Literal(value) => match value {
                Value::Integer(number) if *number < 0 => Binding::Unary,
                Value::F64(number) if number.is_sign_negative() => Binding::Unary,
                _ => Binding::Postfix,
            },
            Op::Compare(_) | Op::IsNull => Binding::Comparison,
            Op::And => Binding::And,
            Op::Or => Binding::Or,
            Op::Not => Binding::Not,
            Op::IfElse => Binding::Conditional,
            Op::Coalesce => Binding::Coalesce,
            Op::Broadcast(_) | Op::Key(_) => expression
                .args
                .first()
                .map_or(Binding::Postfix, |arg| self.binding_of_leaf(*arg)),
            Op::Add(_)
            | Op::Sub(_)
            | Op::Mul(_)
            | Op::Neg(_)
            | Op::Node(_)
            | Op::Input(_)
            | Op::Param(_)
            | Op::Cast(..)
            | Op::Math(_)
            | Op::Minimum
            | Op::Maximum
            | Op::Lookup { .. }
            | Op::Gather
            | Op::Filter
            | Op::Reduce { .. }
            | Op::Window(_) => Binding::Postfix,
        }
    }

    /// The binding of what a transparent op prints; those never nest in each other.
    fn binding_of_leaf(&self, id: ExprId) -> Binding {
        match self.graph.expressions[id].op {
            Op::Broadcast(_) | Op::Key(_) => Binding::Postfix,
            _ => self.binding(id),
        }
    }

    fn pieces(&self, id: ExprId) -> Vec<Piece> {
        let expression = &self.graph.expressions[id];
        let arg = |position: usize, binding: Binding| {
            Piece::Expression(expression.args[position], binding)
        };
        let infix = |symbol: &'static str, left: Binding, right: Binding| {
            vec![arg(0, left), Piece::Text(symbol), arg(1, right)]
        };
        let call = |name: String| {
            let mut pieces = vec![Piece::Owned(name), Piece::Text("(")];
            for position in 0..expression.args.len() {
                if position > 0 {
                    pieces.push(Piece::Text(", "));
                }
                pieces.push(arg(position, Binding::Conditional));
            }
            pieces.push(Piece::Text(")"));
            pieces
        };
        let overflow = |mode: &Overflow, name: &str| match mode {
            Overflow::Wrap => call(format!("wrapping_{name}")),
            Overflow::Null | Overflow::Raise => call(format!("try_{name}")),
        };
        match &expression.op {
            Op::Literal(value) => {
                vec![Piece::Owned(Self::constant(value, expression.ty.scalar))]
            }
            Op::Node(node) => vec![Piece::Owned(quoted_path(&self.graph.nodes[*node].name))],
            Op::Input(_) | Op::Param(_) => vec![Piece::Owned(expression.op.to_string())],
            Op::Filter => vec![Piece::Owned(self.carried(id))],
            Op::Broadcast(_) | Op::Key(_) => vec![arg(0, Binding::Conditional)],
            Op::Add(Overflow::Raise) => infix(" + ", Binding::Sum, Binding::Product),
            Op::Sub(Overflow::Raise) => infix(" - ", Binding::Sum, Binding::Product),
            Op::Mul(Overflow::Raise) => infix(" * ", Binding::Product, Binding::Unary),
            Op::Add(mode) => overflow(mode, "add"),
            Op::Sub(mode) => overflow(mode, "sub"),
            Op::Mul(mode) => overflow(mode, "mul"),
            Op::Neg(Overflow::Raise) => vec![Piece::Text("-"), arg(0, Binding::Postfix)],
            Op::Neg(mode) => overflow(mode, "neg"),
            Op::Div => infix(" / ", Binding::Product, Binding::Unary),
            Op::FloorDiv => infix(" // ", Binding::Product, Binding::Unary),
            Op::Rem => infix(" % ", Binding::Product, Binding::Unary),
            Op::Compare(comparison) => {
                let symbol = match comparison {
                    Comparison::Equal => " == ",
                    Comparison::NotEqual => " != ",
                    Comparison::Less => " < ",
                    Comparison::LessOrEqual => " <= ",
                    Comparison::Greater => " > ",
                    Comparison::GreaterOrEqual => " >= ",
                };
                infix(symbol, Binding::Coalesce, Binding::Coalesce)
            }
            Op::And => infix(" and ", Binding::And, Binding::Not),
            Op::Or => infix(" or ", Binding::Or, Binding::And),
            Op::Not => vec![Piece::Text("not "), arg(0, Binding::Comparison)],
            Op::IsNull => vec![arg(0, Binding::Coalesce), Piece::Text(" is null")],
            Op::IfElse => vec![
                arg(1, Binding::Or),
                Piece::Text(" if "),
                arg(0, Binding::Or),
                Piece::Text(" else "),
                arg(2, Binding::Or),
            ],
            Op::Coalesce => infix(" ?? ", Binding::Coalesce, Binding::Sum),
            Op::Cast(to, mode) => {
                let prefix = match mode {
                    CastMode::Raise => "",
                    CastMode::Null => "try_",
                    CastMode::Wrap => "wrapping_",
                };
                let mut pieces = call(format!("{prefix}{}", cast_name(*to)));
                if let Some(options) = cast_options(*to) {
                    pieces.insert(pieces.len() - 1, Piece::Owned(options));
                }
                pieces
            }
            Op::Math(math) => call(math.name().to_owned()),
            Op::Minimum => call("min".to_owned()),
            Op::Maximum => call("max".to_owned()),
            Op::Lookup { table, keys, .. } => {
                let keys = *keys as usize;
                let name = quoted_path(&self.graph.tables[*table].name);
                let mut pieces = vec![Piece::Owned(format!("{name}["))];
                for key in 0..keys {
                    let comma = if key > 0 { ", " } else { "" };
                    let column = self.column_name(expression.args[key]);
                    pieces.push(Piece::Owned(format!("{comma}{column} = ")));
                    pieces.push(arg(keys + key, Binding::Conditional));
                }
                pieces.push(Piece::Text("]"));
                pieces
            }
            Op::Gather => vec![
                arg(0, Binding::Postfix),
                Piece::Owned(format!(".{}", self.column_name(expression.args[1]))),
            ],
            Op::Reduce {
                reduction,
                from,
                keys,
            } => self.reduction_pieces(id, *reduction, *from, *keys as usize),
            Op::Window(window) => {
                let suffix = match window {
                    Window::Shift { rows } => format!(".shift({rows})"),
                    Window::CumulativeSum => ".cumulative_sum()".to_owned(),
                    Window::RollingSum { rows, min_rows } => {
                        format!(".rolling({rows}, min={min_rows}).sum()")
                    }
                    Window::RollingMean { rows, min_rows } => {
                        format!(".rolling({rows}, min={min_rows}).mean()")
                    }
                };
                vec![arg(0, Binding::Postfix), Piece::Owned(suffix)]
            }
        }
    }

    fn reduction_pieces(
        &self,
        id: ExprId,
        reduction: Reduction,
        from: crate::id::TableId,
        keys: usize,
    ) -> Vec<Piece> {
        let expression = &self.graph.expressions[id];
        let values = expression.args.len() - keys;
        let mut pieces = Vec::new();
        if values == 0 {
            let table = quoted_path(&self.graph.tables[from].name);
            let in_group = keys > 0 || expression.domain != crate::types::Domain::Scalar;
            pieces.push(Piece::Owned(if in_group {
                "len()".to_owned()
            } else {
                format!("{table}.len()")
            }));
        } else {
            pieces.push(Piece::Owned(format!("{}(", reduction.name())));
            pieces.push(Piece::Expression(expression.args[0], Binding::Conditional));
            match reduction {
                Reduction::Var { ddof } | Reduction::Std { ddof } if ddof != 1 => {
                    pieces.push(Piece::Owned(format!(", ddof={ddof}")));
                }
                _ => {}
            }
            pieces.push(Piece::Text(")"));
        }
        for key in 0..keys {
            pieces.push(Piece::Text(if key == 0 { " over (" } else { ", " }));
            pieces.push(Piece::Expression(
                expression.args[values + key],
                Binding::Conditional,
            ));
        }
        if keys > 0 {
            pieces.push(Piece::Text(")"));
        }
        pieces
    }

    /// The member of a filtered table that carries what the parent's member of the same name holds.
    fn carried(&self, id: ExprId) -> String {
        let expression = &self.graph.expressions[id];
        let parent = expression.args[0];
        let short = match (self.names.get(&parent), &self.graph.expressions[parent].op) {
            (Some(name), _) => name
                .rsplit_once('.')
                .map_or(&**name, |(_, short)| short)
                .to_owned(),
            (None, Op::Node(node)) => super::text::quoted(self.graph.nodes[*node].short_name()),
            (None, _) => self.of(parent),
        };
        match expression.domain {
            crate::types::Domain::Rows(table) => {
                format!(
                    "{}.{short}",
                    super::text::quoted(&self.graph.tables[table].name)
                )
            }
            crate::types::Domain::Scalar => short,
        }
    }

    /// The short name of a column of another table.
    fn column_name(&self, id: ExprId) -> String {
        match self.graph.expressions[id].op {
            Op::Node(node) => super::text::quoted(self.graph.nodes[node].short_name()),
            _ => self.of(id),
        }
    }

    /// A constant of a type.
    pub(super) fn constant(value: &Value, scalar: ScalarType) -> String {
        match (value, scalar) {
            (Value::Null, ScalarType::Bool) => "null".to_owned(),
            (Value::Null, _) => {
                let options = cast_options(scalar).unwrap_or_default();
                format!("{}(null{options})", cast_name(scalar))
            }
            (Value::Integer(_), ScalarType::I64) | (Value::F64(_) | Value::Bool(_), _) => {
                value.to_string()
            }
            (Value::Str(text), _) => text_literal(text),
            (Value::Integer(length), ScalarType::Duration(unit)) => format!("{length}{unit}"),
            (Value::Integer(days), ScalarType::Date) => format!("date(i32({days}))"),
            _ => {
                let options = cast_options(scalar).unwrap_or_default();
                format!("{}({value}{options})", cast_name(scalar))
            }
        }
    }
}

/// The function that casts to a type.
fn cast_name(scalar: ScalarType) -> String {
    match scalar {
        ScalarType::Timestamp(..) => "timestamp".to_owned(),
        ScalarType::Duration(_) => "duration".to_owned(),
        other => other.to_string(),
    }
}

/// What a cast to a time type says besides the value.
fn cast_options(scalar: ScalarType) -> Option<String> {
    let unit = |unit: TimeUnit| format!(", unit={:?}", unit.to_string());
    match scalar {
        ScalarType::Timestamp(of, zone) => {
            let zone = zone.map_or_else(String::new, |zone| format!(", zone={:?}", zone.name()));
            Some(unit(of) + &zone)
        }
        ScalarType::Duration(of) => Some(unit(of)),
        _ => None,
    }
}

/// Text in double quotes, with the escapes that the language reads.
fn text_literal(text: &str) -> String {
    let mut literal = String::with_capacity(text.len() + 2);
    literal.push('"');
    for character in text.chars() {
        match character {
            '"' => literal.push_str("\\\""),
            '\\' => literal.push_str("\\\\"),
            '\n' => literal.push_str("\\n"),
            '\r' => literal.push_str("\\r"),
            '\t' => literal.push_str("\\t"),
            other if (other as u32) < 0x20 || other == '\u{7f}' => {
                let _ = write!(literal, "\\u{{{:x}}}", other as u32);
            }
            other => literal.push(other),
        }
    }
    literal.push('"');
    literal
}
