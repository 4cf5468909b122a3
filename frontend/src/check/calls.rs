//! Calls: arguments to parameters, and what the built-in functions build.

use std::rc::Rc;

use icosian_ir::graph::BinaryOperator;
use icosian_ir::id::{ExprId as Expression, TableId};
use icosian_ir::op::{Op, Reduction};
use icosian_ir::value::Value;

use super::declarations::{Checker, Rows};
use super::expressions::{Context, Operand};
use super::functions::{Function, Meaning, function};
use super::over::OverId;
use super::windows::WindowKind;
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::syntax::ast::{Argument, ExprId, Name};

/// An argument as given.
#[derive(Clone, Debug)]
pub(crate) struct Given {
    pub name: Option<(Rc<str>, Span)>,
    pub operand: Operand,
    pub span: Span,
}

/// An argument at its parameter's place; none if it was left out.
pub(crate) type Bound = Option<(Operand, Span)>;

impl Checker<'_> {
    /// The context of a call's arguments: in a group, a reduction's are the source's rows.
    pub(crate) fn argument_context(
        &mut self,
        name: Name,
        arguments: usize,
        context: Context,
    ) -> Context {
        let Rows::Groups(table) = context.rows else {
            return context;
        };
        let place = self.place_of(context);
        let text = self.expand(place, name);
        let reduces = !self.modules[place.module].functions.contains_key(&text)
            && function(&text).is_some_and(|function| {
                match function.meaning {
                    Meaning::Reduction(_) => true,
                    // Of two values they choose row by row.
                    Meaning::Min | Meaning::Max => arguments == 1,
                    _ => false,
                }
            });
        if !reduces {
            return context;
        }
        Context {
            rows: Rows::Grouped(table),
            home: Rows::Grouped(table),
            ..context
        }
    }

    fn given(
        &mut self,
        arguments: &[Argument],
        operands: Vec<Operand>,
        context: Context,
    ) -> Vec<Given> {
        let place = self.place_of(context);
        arguments
            .iter()
            .zip(operands)
            .map(|(argument, operand)| Given {
                name: argument
                    .name
                    .map(|name| (self.expand(place, name), name.span)),
                operand,
                span: self.span_of(argument.value, context),
            })
            .collect()
    }

    pub(crate) fn exit_call(
        &mut self,
        id: ExprId,
        name: Name,
        arguments: &[Argument],
        operands: Vec<Operand>,
        context: Context,
    ) {
        let given = self.given(arguments, operands, context);
        self.call(id, name, given, context);
    }

    pub(crate) fn exit_method(
        &mut self,
        id: ExprId,
        receiver: ExprId,
        name: Name,
        arguments: &[Argument],
        mut operands: Vec<Operand>,
        context: Context,
    ) {
        let first = operands.remove(0);
        let mut given = self.given(arguments, operands, context);
        let span = self.span_of(receiver, context);
        let text = self.expand(self.place_of(context), name);
        match first {
            Operand::Module(module) => {
                let Some(&function) = self.modules[module].functions.get(&text) else {
                    self.unknown_function_in(module, &text, name.span);
                    return self.operands.push(Operand::Poison);
                };
                let span = self.span_of(id, context);
                self.call_user(function, given, context, span);
            }
            Operand::Table(table) if matches!(&*text, "len" | "row_index") && given.is_empty() => {
                // The rows of a derived table may not be known yet.
                if self.rows_waiting(table) {
                    self.operands.push(Operand::Table(table));
                    self.tasks
                        .push(super::expressions::Task::Exit(id, context, 1));
                    return self.need_rows(table);
                }
                let span = self.span_of(id, context);
                let table = self.declarations[table].table;
                let count = table.and_then(|table| match &*text {
                    "len" => self.reduce_rows(Reduction::Len, table, &[], context, "len", span),
                    _ => self.row_index(table, span),
                });
                self.operands
                    .push(count.map_or(Operand::Poison, Operand::Value));
            }
            first => {
                given.insert(
                    0,
                    Given {
                        name: None,
                        operand: first,
                        span,
                    },
                );
                self.call(id, name, given, context);
            }
        }
    }

    fn call(&mut self, id: ExprId, name: Name, given: Vec<Given>, context: Context) {
        let place = self.place_of(context);
        let text = self.expand(place, name);
        let span = self.span_of(id, context);
        if let Some(&user) = self.modules[place.module].functions.get(&text) {
            return self.call_user(user, given, context, span);
        }
        let Some(builtin) = function(&text) else {
            self.unknown_function(place, &text, name.span, given.first());
            return self.operands.push(Operand::Poison);
        };
        let parameters: Vec<(&str, bool)> = builtin
            .parameters
            .iter()
            .map(|parameter| (parameter.name, parameter.optional))
            .collect();
        let repeated = (builtin.parameters)
            .iter()
            .position(|parameter| parameter.repeated);
        let signature = builtin.signature();
        let result = self
            .bind_arguments(&text, &signature, &parameters, repeated, given, span)
            .and_then(|bound| self.call_builtin(builtin, &bound, context, span));
        self.operands.push(result.unwrap_or(Operand::Poison));
    }

    /// Puts arguments at the places of their parameters. What the `repeated` one is given beyond its
    /// first argument follows after all.
    pub(crate) fn bind_arguments(
        &mut self,
        function: &str,
        signature: &str,
        parameters: &[(&str, bool)],
        repeated: Option<usize>,
        given: Vec<Given>,
        span: Span,
    ) -> Option<Vec<Bound>> {
        let mut bound: Vec<Bound> = vec![None; parameters.len()];
        let mut wrong = None;
        for (position, argument) in given.into_iter().enumerate() {
            if argument.name.is_none() && repeated.is_some_and(|repeated| position > repeated) {
                bound.push(Some((argument.operand, argument.span)));
                continue;
            }
            let place = match &argument.name {
                None => Some(position).filter(|position| *position < parameters.len()),
                Some((name, _)) => parameters.iter().position(|(known, _)| *known == &**name),
            };
            match (place, &argument.name) {
                (Some(place), _) if bound[place].is_none() => {
                    bound[place] = Some((argument.operand, argument.span));
                }
                (Some(place), _) => {
                    let message = format!("`{function}` is given `{}` twice", parameters[place].0);
                    wrong = Some((message, argument.span));
                }
                (None, Some((name, span))) => {
                    wrong = Some((format!("`{function}` has no parameter `{name}`"), *span));
                }
                (None, None) => {
                    let message = format!(
                        "`{function}` takes at most {} {}",
                        parameters.len(),
                        if parameters.len() == 1 {
                            "argument"
                        } else {
                            "arguments"
                        }
                    );
                    wrong = Some((message, argument.span));
                }
            }
        }
        if wrong.is_none()
            && let Some(missing) =
                (0..parameters.len()).find(|place| bound[*place].is_none() && !parameters[*place].1)
        {
            let message = format!("`{function}` needs `{}`", parameters[missing].0);
            wrong = Some((message, span));
        }
        if let Some((message, span)) = wrong {
            self.report(
                Diagnostic::error(Code::BadArguments, message)
                    .at(span)
                    .help(format!("it is called as {signature}")),
            );
            return None;
        }
        Some(bound)
    }

    fn call_builtin(
        &mut self,
        function: &Function,
        bound: &[Bound],
        context: Context,
        span: Span,
    ) -> Option<Operand> {
        let name = function.name;
        if let Some(Some((Operand::Rolling(rolling), _))) = bound.first() {
            let rolling = Rc::clone(rolling);
            return self.reduce_rolling(function, &rolling, &bound[1..], context, span);
        }
        if function.meaning == Meaning::Len {
            return self.length(context, span).map(Operand::Value);
        }
        if function.meaning == Meaning::Window(WindowKind::RowNumber) {
            return self.row_number(context, span).map(Operand::Value);
        }
        if let Meaning::Time(call) = function.meaning {
            let value = self.time_call(call, function, bound, span);
            return value.map(Operand::Value);
        }
        if let Meaning::Bins(bins) = function.meaning {
            return self
                .bins(bins, function, bound, context, span)
                .map(Operand::Value);
        }
        if function.meaning == Meaning::RowIndex {
            let table = self.rows_around(name, context, span)?;
            return self.row_index(table, span).map(Operand::Value);
        }
        let mut values = Vec::with_capacity(bound.len());
        for argument in bound {
            values.push(match argument {
                None => None,
                Some((operand, span)) => Some((self.value(operand, *span)?, *span)),
            });
        }
        let first = values.first().copied().flatten()?;
        let second = values.get(1).copied().flatten();
        let present: Vec<(Expression, Span)> = values.iter().copied().flatten().collect();
        let all: Vec<Expression> = present.iter().map(|(value, _)| *value).collect();
        let value = match function.meaning {
            Meaning::Math(math) => {
                self.built(|builder| builder.math(math, &all), name, &present, span)?
            }
            Meaning::Round(math) => self.round(math, first, second, name, span)?,
            Meaning::Decimal(mode) => {
                let scale = values.get(2).copied().flatten()?;
                self.decimal(first, (second?, scale), mode, name, span)?
            }
            Meaning::Bits(bits) => {
                self.built(|builder| builder.bits(bits, &all), name, &present, span)?
            }
            Meaning::Choice(choice) => self.choice(choice, function, &values, context, span)?,
            Meaning::Cast(to, mode) => self.cast(first, to, mode, name, span)?,
            Meaning::Arithmetic(operator, overflow) => {
                if operator == BinaryOperator::Pow {
                    self.exponent(name, second?)?;
                }
                self.built(
                    |builder| builder.arithmetic(operator, overflow, all[0], all[1]),
                    name,
                    &present,
                    span,
                )?
            }
            Meaning::Magnitude(overflow) => self.built(
                |builder| builder.magnitude(overflow, all[0]),
                name,
                &present,
                span,
            )?,
            Meaning::Min | Meaning::Max => {
                let least = function.meaning == Meaning::Min;
                if second.is_some() {
                    let op = if least { Op::Minimum } else { Op::Maximum };
                    self.built(
                        |builder| builder.extremum(op, all[0], all[1]),
                        name,
                        &present,
                        span,
                    )?
                } else {
                    let reduction = if least {
                        Reduction::Min
                    } else {
                        Reduction::Max
                    };
                    self.reduce(reduction, &[first], context, span)?
                }
            }
            Meaning::Clip => self.built(
                |builder| builder.clip(all[0], all[1], all[2]),
                name,
                &present,
                span,
            )?,
            Meaning::Reduction(kind) => self.reduction(function, kind, &values, context, span)?,
            Meaning::Len | Meaning::Time(_) => return None,
            Meaning::Window(kind) => return self.window(function, kind, &values, context, span),
            Meaning::Date(mode) => self.date(first, mode, name, span)?,
            Meaning::Timestamp(mode) => {
                let zone = values.get(2).copied().flatten();
                self.timestamp(first, second, zone, mode, name, span)?
            }
            Meaning::Duration(mode) => self.duration(first, second, mode, name, span)?,
            Meaning::Negate(overflow) => self.built(
                |builder| builder.add(Op::Neg(overflow), all),
                name,
                &present,
                span,
            )?,
            Meaning::Text(text) => self.text_function(text, name, &present, span)?,
            Meaning::Random(kind) => self.random(kind, function, &values, context, span)?,
            Meaning::Hash => self.hash(function, &values, span)?,
            Meaning::RowIndex | Meaning::Bins(_) => return None,
        };
        Some(Operand::Value(value))
    }

    /// That an exponent is a constant which integers are multiplied out for.
    fn exponent(&mut self, name: &str, (value, span): (Expression, Span)) -> Option<()> {
        if self.whole_constant("n", value, span, 0)? <= 64 {
            return Some(());
        }
        let message = format!("`{name}` takes a whole `n` from 0 to 64");
        self.report(Diagnostic::error(Code::BadArguments, message).at(span));
        None
    }

    /// A constant whole number, at least `least`.
    pub(crate) fn whole_constant(
        &mut self,
        name: &str,
        value: Expression,
        span: Span,
        least: i128,
    ) -> Option<i128> {
        match self.builder.constant(value) {
            Some(Value::Integer(number))
                if *number >= least
                    && *number <= i128::from(i64::MAX)
                    && self.builder.scalar_type(value).is_integer() =>
            {
                Some(*number)
            }
            _ => {
                let wanted = if least == i128::from(i64::MIN) {
                    String::new()
                } else {
                    format!(" of at least {least}")
                };
                let message = format!(
                    "`{name}` must be a whole number{wanted} written as a literal or config"
                );
                self.report(Diagnostic::error(Code::BadArguments, message).at(span));
                None
            }
        }
    }

    /// The rows that a context's `len()` counts.
    pub(crate) fn home_table(&mut self, home: Rows) -> Option<TableId> {
        match home {
            Rows::Top => None,
            Rows::Table(table) | Rows::Groups(table) => self.declarations[table].table,
            Rows::Grouped(table) => {
                let parent = self.parent(table)?;
                self.declarations[parent].table
            }
        }
    }

    fn length(&mut self, context: Context, span: Span) -> Option<Expression> {
        if let Rows::Groups(group) = context.home {
            let parent = self.parent(group)?;
            let (group, from) = (
                self.declarations[group].table?,
                self.declarations[parent].table?,
            );
            if context.over == OverId::NONE {
                return self.built(
                    |builder| builder.reduce_in_group(Reduction::Len, group, from, None),
                    "len",
                    &[],
                    span,
                );
            }
        }
        let Some(table) = self.home_table(context.home) else {
            let message = "`len()` counts the rows of the table around it; there is none here";
            self.report(
                Diagnostic::error(Code::NeedsRows, message)
                    .at(span)
                    .help("name the table: flights.len()"),
            );
            return None;
        };
        self.reduce_rows(Reduction::Len, table, &[], context, "len", span)
    }

    /// Whether a derived table's rows are still to be worked out.
    pub(crate) fn rows_waiting(&self, table: super::declarations::DeclarationId) -> bool {
        self.declarations[table]
            .rows
            .is_some_and(|rows| self.units[rows].state == super::declarations::State::Waiting)
    }
}
