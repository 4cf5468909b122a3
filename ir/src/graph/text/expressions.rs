//! Expressions as flow text, with as few brackets as their operators allow.

use super::forms::{date_difference, group_of, meeting_sides};
use super::literals::{cast_parts, constant, quoted, text_literal, time_parts, untyped_constant};
use super::naming::{Naming, joined_node, key_node};
use crate::graph::{Expression, Graph};
use crate::id::{ExprId, TableId};
use crate::meaning::hash;
use crate::op::{CastMode, Comparison, Op, Overflow, Pick, Reduction, TextFunction};
use crate::types::{Domain, ScalarType};
use crate::value::Value;

/// How tightly the forms of the language bind, loosest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Binding {
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

/// Where a text stands: whose columns its bare names mean.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Place {
    /// Nobody's.
    Top,
    /// The table's.
    Rows(TableId),
    /// The groups', in the block of their `group by`.
    Block(TableId),
}

/// Prints the expressions of one graph, named ones by their names.
pub(super) struct ExpressionText<'g> {
    pub(super) graph: &'g Graph,
    pub(super) naming: &'g Naming<'g>,
}

/// What is still to be printed.
pub(super) enum Piece {
    Expression(ExprId, Binding, Place),
    Text(&'static str),
    Owned(String),
}

impl ExpressionText<'_> {
    /// The expression, or its name if it has one.
    pub(super) fn of(&self, id: ExprId, place: Place) -> String {
        self.print_all(vec![Piece::Expression(id, Binding::Conditional, place)])
    }

    /// The expression even if it has a name.
    pub(super) fn definition(&self, id: ExprId, place: Place) -> String {
        let mut pieces = self.pieces(id, place);
        pieces.reverse();
        self.print_all(pieces)
    }

    /// Prints a stack of pieces, the last one first.
    fn print_all(&self, mut stack: Vec<Piece>) -> String {
        let mut text = String::new();
        while let Some(piece) = stack.pop() {
            match piece {
                Piece::Text(part) => text.push_str(part),
                Piece::Owned(part) => text.push_str(&part),
                Piece::Expression(id, at_least, place) => {
                    if let Some(name) = self.naming.name_of(id) {
                        text.push_str(&self.member(
                            &name,
                            self.graph.expressions[id].domain,
                            place,
                        ));
                        continue;
                    }
                    let mut pieces = self.pieces(id, place);
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

    /// The name of a table as written.
    pub(super) fn table(&self, table: TableId) -> String {
        quoted(&self.graph.tables[table].name)
    }

    /// A name on the rows of a table, or of a scalar, as written at a place.
    fn member(&self, name: &str, domain: Domain, place: Place) -> String {
        match (domain, place) {
            (Domain::Scalar, _) => quoted(name),
            (Domain::Rows(table), Place::Rows(home) | Place::Block(home)) if table == home => {
                quoted(name)
            }
            (Domain::Rows(table), _) => format!("{}.{}", self.table(table), quoted(name)),
        }
    }

    /// The name within its table of an expression that is written as a name.
    fn short_name(&self, id: ExprId) -> String {
        // A column carried over several tables has the name it began with.
        let mut at = id;
        loop {
            if let Some(name) = self.naming.name_of(at) {
                return name;
            }
            let expression = &self.graph.expressions[at];
            match (&expression.op, expression.domain) {
                (Op::Node(node), _) => return self.graph.nodes[*node].short_name().to_owned(),
                (Op::Take | Op::Stack, _) => at = expression.args[0],
                (Op::Key(position), Domain::Rows(table)) => {
                    return self.key_name(table, *position);
                }
                (Op::Joined, Domain::Rows(table)) => return self.joined_name(table),
                _ => return String::new(),
            }
        }
    }

    /// The name of a key column; if no node is it, one that no output has.
    pub(super) fn key_name(&self, table: TableId, position: u32) -> String {
        match key_node(self.graph, table, position) {
            Some(node) => self.graph.nodes[node].short_name().to_owned(),
            None => format!("_key{position}"),
        }
    }

    /// The name of the row that a join adds; if no node is it, one that no output has.
    pub(super) fn joined_name(&self, table: TableId) -> String {
        match joined_node(self.graph, table) {
            Some(node) => self.graph.nodes[node].short_name().to_owned(),
            None => "_row".to_owned(),
        }
    }

    fn binding(&self, id: ExprId) -> Binding {
        if self.naming.is_named(id) {
            return Binding::Postfix;
        }
        let expression = &self.graph.expressions[id];
        match &expression.op {
            Op::Mul(Overflow::Raise) => match date_difference(self.graph, id) {
                Some((Overflow::Raise, _)) => Binding::Sum,
                Some((Overflow::Wrap | Overflow::Null, _)) => Binding::Postfix,
                None => Binding::Product,
            },
            Op::Add(Overflow::Raise) | Op::Sub(Overflow::Raise) => Binding::Sum,
            Op::Div | Op::FloorDiv | Op::Rem => Binding::Product,
            Op::Neg(Overflow::Raise) => Binding::Unary,
            Op::Literal(value) => {
                if constant(value, expression.ty.scalar).starts_with('-') {
                    Binding::Unary
                } else {
                    Binding::Postfix
                }
            }
            Op::Compare(_) | Op::IsNull | Op::OneOf(_) => Binding::Comparison,
            Op::And => Binding::And,
            Op::Or => Binding::Or,
            Op::Not => Binding::Not,
            Op::IfElse => Binding::Conditional,
            Op::Coalesce => Binding::Coalesce,
            // Written as what it holds, which stands alone on its line.
            Op::Broadcast(_) => Binding::Conditional,
            Op::Add(_)
            | Op::Sub(_)
            | Op::Mul(_)
            | Op::Neg(_)
            | Op::Node(_)
            | Op::Input(_)
            | Op::Param(_)
            | Op::Key(_)
            | Op::Cast(..)
            | Op::Round(_)
            | Op::Math(_)
            | Op::Text(_)
            | Op::Bits(_)
            | Op::Extern(_)
            | Op::Hash
            | Op::RowNumber(_)
            | Op::Time(_)
            | Op::Minimum
            | Op::Maximum
            | Op::Lookup { .. }
            | Op::Find(_)
            | Op::Gather
            | Op::Take
            | Op::Stack
            | Op::Joined
            | Op::Reduce { .. }
            | Op::Window(_) => Binding::Postfix,
        }
    }

    /// An argument of an expression; a constant without its type where the other side has it.
    fn argument(&self, id: ExprId, position: usize, at_least: Binding, place: Place) -> Piece {
        let expression = &self.graph.expressions[id];
        let arg = expression.args[position];
        let inner = &self.graph.expressions[arg];
        if let Op::Literal(value) = &inner.op
            && !self.naming.is_named(arg)
            && let Some(sides) = meeting_sides(self.graph, id)
            && let Some(side) = sides.iter().position(|side| *side == position)
            && !self.is_constant(expression.args[sides[1 - side]])
        {
            return Piece::Owned(untyped_constant(value, inner.ty.scalar));
        }
        // Days are added to a date as a length of time.
        if let (Op::Add(_) | Op::Sub(_), 1, Op::Literal(Value::Integer(days))) =
            (&expression.op, position, &inner.op)
            && self.graph.expressions[expression.args[0]].ty.scalar == ScalarType::Date
            && inner.ty.scalar == ScalarType::I32
        {
            return Piece::Owned(format!("{days}d"));
        }
        Piece::Expression(arg, at_least, place)
    }

    /// Whether an expression reads as a constant.
    fn is_constant(&self, id: ExprId) -> bool {
        let expression = &self.graph.expressions[id];
        !self.naming.is_named(id)
            && match &expression.op {
                Op::Literal(_) => true,
                Op::Cast(..) | Op::Neg(_) => {
                    let inner = &self.graph.expressions[expression.args[0]].op;
                    matches!(inner, Op::Literal(_))
                }
                _ => false,
            }
    }

    fn pieces(&self, id: ExprId, place: Place) -> Vec<Piece> {
        let expression = &self.graph.expressions[id];
        let arg = |position: usize, binding: Binding| self.argument(id, position, binding, place);
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
        let checked = |mode: &Overflow, name: &str| match mode {
            Overflow::Wrap => call(format!("wrapping_{name}")),
            Overflow::Null | Overflow::Raise => call(format!("try_{name}")),
        };
        match &expression.op {
            Op::Literal(value) => vec![Piece::Owned(constant(value, expression.ty.scalar))],
            Op::Node(_) | Op::Take | Op::Joined | Op::Stack | Op::Key(_) => {
                let name = match &expression.op {
                    Op::Node(node) if expression.domain == Domain::Scalar => {
                        self.graph.nodes[*node].name.clone()
                    }
                    _ => self.short_name(id),
                };
                vec![Piece::Owned(self.member(&name, expression.domain, place))]
            }
            Op::Input(_) | Op::Param(_) => vec![Piece::Owned(expression.op.to_string())],
            Op::Broadcast(_) => vec![arg(0, Binding::Conditional)],
            Op::Add(Overflow::Raise) => infix(" + ", Binding::Sum, Binding::Product),
            Op::Sub(Overflow::Raise) => infix(" - ", Binding::Sum, Binding::Product),
            Op::Mul(Overflow::Raise) => match date_difference(self.graph, id) {
                None => infix(" * ", Binding::Product, Binding::Unary),
                Some((mode, [left, right])) => {
                    let side = |side, binding| Piece::Expression(side, binding, place);
                    let (before, between, after) = match mode {
                        Overflow::Raise => ("", " - ", ""),
                        Overflow::Wrap => ("wrapping_sub(", ", ", ")"),
                        Overflow::Null => ("try_sub(", ", ", ")"),
                    };
                    vec![
                        Piece::Text(before),
                        side(left, Binding::Sum),
                        Piece::Text(between),
                        side(right, Binding::Product),
                        Piece::Text(after),
                    ]
                }
            },
            Op::Add(mode) => checked(mode, "add"),
            Op::Sub(mode) => checked(mode, "sub"),
            Op::Mul(mode) => checked(mode, "mul"),
            Op::Neg(Overflow::Raise) => vec![Piece::Text("-"), arg(0, Binding::Postfix)],
            Op::Neg(mode) => checked(mode, "neg"),
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
            Op::OneOf(members) => {
                let scalar = self.graph.expressions[expression.args[0]].ty.scalar;
                let values = members.values().iter();
                let mut list: Vec<String> = values
                    .map(|value| untyped_constant(value, scalar))
                    .collect();
                if members.has_null() {
                    list.push("null".to_owned());
                }
                let list = format!(" in [{}]", list.join(", "));
                vec![arg(0, Binding::Coalesce), Piece::Owned(list)]
            }
            Op::IfElse => vec![
                arg(1, Binding::Or),
                Piece::Text(" if "),
                arg(0, Binding::Or),
                Piece::Text(" else "),
                arg(2, Binding::Conditional),
            ],
            Op::Coalesce => infix(" ?? ", Binding::Coalesce, Binding::Sum),
            Op::Cast(to, mode) => {
                let prefix = match mode {
                    CastMode::Raise => "",
                    CastMode::Null => "try_",
                    CastMode::Wrap => "wrapping_",
                };
                let (name, options) = cast_parts(*to);
                let mut pieces = call(format!("{prefix}{name}"));
                pieces.insert(pieces.len() - 1, Piece::Owned(options));
                pieces
            }
            Op::Round(rounding) => {
                let mut pieces = call(rounding.name().to_owned());
                let places = format!(", places={}", rounding.places);
                pieces.insert(pieces.len() - 1, Piece::Owned(places));
                pieces
            }
            Op::Math(math) => call(math.name().to_owned()),
            Op::Hash => {
                let start = Op::Literal(Value::Integer(i128::from(hash::START)));
                let state = &self.graph.expressions[expression.args[1]].op;
                let mut pieces = vec![Piece::Text("hash("), arg(0, Binding::Conditional)];
                if *state != start || self.naming.is_named(expression.args[1]) {
                    pieces.push(Piece::Text(", seed="));
                    pieces.push(arg(1, Binding::Conditional));
                }
                pieces.push(Piece::Text(")"));
                pieces
            }
            Op::RowNumber(table) => {
                let here =
                    matches!(place, Place::Rows(home) | Place::Block(home) if home == *table);
                let table = if here {
                    String::new()
                } else {
                    self.table(*table) + "."
                };
                vec![Piece::Owned(format!("{table}row_index()"))]
            }
            Op::Text(TextFunction::Extract { group }) => {
                let mut pieces = call("extract".to_owned());
                pieces.insert(pieces.len() - 1, Piece::Owned(format!(", {group}")));
                pieces
            }
            Op::Text(function @ TextFunction::ParseTimestamp { unit, zone, .. }) => {
                let zone = zone.map(|zone| format!(", zone={}", text_literal(zone.name())));
                let options = format!(", unit=\"{unit}\"{}", zone.unwrap_or_default());
                let mut pieces = call(function.name().to_owned());
                pieces.insert(pieces.len() - 1, Piece::Owned(options));
                pieces
            }
            Op::Text(function) => call(function.name().to_owned()),
            Op::Bits(function) => call(function.name().to_owned()),
            Op::Time(function) => {
                let (prefix, options) = time_parts(*function);
                let mut pieces = call(format!("{prefix}{}", function.name()));
                pieces.insert(pieces.len() - 1, Piece::Owned(options));
                pieces
            }
            Op::Extern(signature) => call(quoted(&signature.name)),
            Op::Minimum => call("min".to_owned()),
            Op::Maximum => call("max".to_owned()),
            Op::Lookup { table, keys, .. } => {
                let symbols = std::iter::repeat_n("=", *keys as usize);
                self.lookup(id, "", *table, symbols, place)
            }
            Op::Find(find) => {
                let keys = std::iter::repeat_n("=", find.keys as usize);
                let others = find
                    .comparisons
                    .iter()
                    .map(|comparison| comparison.symbol());
                let pick = match find.pick {
                    Pick::First => "first ",
                    Pick::Last => "last ",
                    Pick::Nearest => "",
                };
                self.lookup(id, pick, find.table, keys.chain(others), place)
            }
            Op::Gather => {
                let column = quoted(&self.short_name(expression.args[1]));
                vec![arg(0, Binding::Postfix), Piece::Owned(format!(".{column}"))]
            }
            Op::Reduce {
                reduction,
                from,
                keys,
            } => self.reduction(id, *reduction, *from, *keys as usize, place),
            Op::Window(window) => self.window(id, window, place),
        }
    }

    /// A lookup: its conditions in order, each with its symbol.
    fn lookup(
        &self,
        id: ExprId,
        pick: &'static str,
        table: TableId,
        symbols: impl Iterator<Item = &'static str>,
        place: Place,
    ) -> Vec<Piece> {
        let args = &self.graph.expressions[id].args;
        let (there, _) = args.split_at(args.len() / 2);
        let mut pieces = vec![Piece::Owned(format!("{pick}{}[", self.table(table)))];
        for (position, (column, symbol)) in there.iter().zip(symbols).enumerate() {
            let comma = if position > 0 { ", " } else { "" };
            let column = quoted(&self.short_name(*column));
            pieces.push(Piece::Owned(format!("{comma}{column} {symbol} ")));
            pieces.push(self.argument(id, there.len() + position, Binding::Conditional, place));
        }
        pieces.push(Piece::Text("]"));
        pieces
    }

    fn reduction(
        &self,
        id: ExprId,
        reduction: Reduction,
        from: TableId,
        keys: usize,
        place: Place,
    ) -> Vec<Piece> {
        let Expression { args, .. } = &self.graph.expressions[id];
        let inside = if group_of(self.graph, id).is_some() {
            Place::Rows(from)
        } else {
            place
        };
        let values = args.len() - keys;
        let mut pieces = Vec::new();
        if values == 0 {
            let here = inside == Place::Rows(from);
            let table = if here {
                String::new()
            } else {
                self.table(from) + "."
            };
            pieces.push(Piece::Owned(format!("{table}len()")));
        } else {
            pieces.push(Piece::Owned(format!("{}(", reduction.name())));
            for (position, value) in args[..values].iter().enumerate() {
                if position > 0 {
                    pieces.push(Piece::Text(", "));
                }
                pieces.push(Piece::Expression(*value, Binding::Conditional, inside));
            }
            let options = reduction.options().into_iter();
            for option in options.filter(|option| !option.is_default) {
                let text = format!(", {}={}", option.name, option.value);
                pieces.push(Piece::Owned(text));
            }
            pieces.push(Piece::Text(")"));
        }
        for key in 0..keys {
            pieces.push(Piece::Text(if key == 0 { " over (" } else { ", " }));
            pieces.push(Piece::Expression(
                args[values + key],
                Binding::Conditional,
                place,
            ));
        }
        if keys > 0 {
            pieces.push(Piece::Text(")"));
        }
        pieces
    }
}
