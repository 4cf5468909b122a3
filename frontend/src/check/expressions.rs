//! The machine that evaluates expressions: tasks and operands on explicit stacks.
//!
//! An expression is *entered*, which enters its children, and *left* when their operands lie on
//! the stack. On entering, the context goes down: whose members names mean, what `over` governs.
//! A name whose definition isn't evaluated yet is entered again after it is.

use std::rc::Rc;

use icosian_ir::id::ExprId as Expression;
use icosian_ir::types::ScalarType;
use icosian_ir::value::Value;

use super::constants::Constant;
use super::declarations::{
    Checker, DeclarationId, Entity, FunctionId, ModuleId, OverBlock, Place, Rows, State, UnitId,
};
use super::invoke::PendingCall;
use super::literals;
use super::names::{Meaning, Member};
use super::over::OverId;
use super::rolling::Rolling;
use super::time::months;
use super::units::constant_value;
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::syntax::ast::{ExprId, ExprKind, MatchArm, Name, Pattern, Symbol, UnaryOperator};

/// What an expression gives.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Operand {
    /// A mistake that was told, here or further up.
    Poison,
    Value(Expression),
    List(Rc<[Operand]>),
    Range {
        start: Option<Expression>,
        end: Option<Expression>,
        inclusive: bool,
    },
    Table(DeclarationId),
    Module(ModuleId),
    Rolling(Rc<Rolling>),
    /// A length of calendar time, which only times are moved by.
    Months(i64),
    /// A map: keys and values.
    Map(Rc<[(Operand, Operand)]>),
}

/// What an expression is evaluated for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Context {
    /// The frame that knows the file and the parameters.
    pub frame: usize,
    /// Whose members names mean.
    pub rows: Rows,
    /// Whose rows `len()` counts, whose groups a reduction fills.
    pub home: Rows,
    pub over: OverId,
}

/// A definition or call being evaluated: where its text stands.
#[derive(Debug)]
pub(crate) struct Frame {
    pub place: Place,
    pub parameters: Vec<(Symbol, Operand)>,
    /// Where the function was called.
    pub call: Option<Span>,
}

/// What is under way, to name cycles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Activation {
    Unit(UnitId),
    Function(FunctionId),
}

/// A step of an evaluation.
#[derive(Debug)]
pub(crate) enum Task {
    Enter(ExprId, Context),
    /// Leave, with this many operands.
    Exit(ExprId, Context, usize),
    OverKeys(ExprId, Context),
    OverEnd(ExprId, Context, OverId, bool),
    Need(UnitId),
    Body(ExprId, Option<OverBlock>, Context),
    Finish(UnitId, usize),
    Call(Box<PendingCall>),
    Return(Box<PendingCall>),
    Member(DeclarationId, Name, Context),
    /// A column of a table, named at this place.
    Column(DeclarationId, Rc<str>, Span),
    /// The column of the other side of a `union` that meets a carried one.
    UnionColumn(UnitId, DeclarationId),
}

impl Checker<'_> {
    pub(crate) fn place_of(&self, context: Context) -> Place {
        Place {
            rows: context.rows,
            ..self.frames[context.frame].place
        }
    }

    pub(crate) fn span_of(&self, expr: ExprId, context: Context) -> Span {
        self.program(self.frames[context.frame].place).exprs[expr].span
    }

    fn push_value(&mut self, value: Expression, span: Span) {
        self.spans.expressions.entry(value).or_insert(span);
        self.operands.push(Operand::Value(value));
    }

    /// Enters an expression.
    pub(crate) fn enter(&mut self, id: ExprId, context: Context) {
        let program = self.program(self.frames[context.frame].place);
        let expr = &program.exprs[id];
        let span = expr.span;
        match &expr.kind {
            ExprKind::Error => self.operands.push(Operand::Poison),
            ExprKind::Null => self.enter_literal(Value::Null, span),
            ExprKind::Boolean(value) => self.enter_literal(Value::Bool(*value), span),
            ExprKind::Float(value) => self.enter_literal(Value::F64(*value), span),
            ExprKind::Text(text) => self.enter_literal(Value::Str((&**text).into()), span),
            ExprKind::Integer(value) => self.enter_integer(*value, false, span),
            ExprKind::Duration(duration) => match literals::duration(*duration) {
                Some((value, scalar)) => {
                    let literal = self.builder.literal_of(value, scalar);
                    self.push_value(literal, span);
                }
                None => match months(*duration) {
                    Some(months) => self.operands.push(Operand::Months(months)),
                    None => {
                        let message = "this duration needs more than 64 bits";
                        self.report(Diagnostic::error(Code::LiteralOutOfRange, message).at(span));
                        self.operands.push(Operand::Poison);
                    }
                },
            },
            ExprKind::Name(name) => self.enter_name(id, *name, context),
            ExprKind::Unary {
                operator: UnaryOperator::Negate,
                operand,
            } if matches!(program.exprs[*operand].kind, ExprKind::Integer(_)) => {
                if let ExprKind::Integer(value) = program.exprs[*operand].kind {
                    self.enter_integer(value, true, span);
                }
            }
            ExprKind::Over { value, over } => self.enter_over(id, *value, over, context),
            ExprKind::Lookup {
                table, conditions, ..
            } => {
                self.enter_lookup(id, *table, conditions, context);
            }
            ExprKind::Call {
                function,
                arguments,
            } => {
                let inner = self.argument_context(*function, arguments.len(), context);
                let values = arguments.iter().map(|argument| argument.value);
                self.enter_children(id, values, context, inner);
            }
            ExprKind::MethodCall {
                receiver,
                function,
                arguments,
            } => {
                let inner = self.argument_context(*function, arguments.len() + 1, context);
                let values = arguments.iter().map(|argument| argument.value);
                let values = std::iter::once(*receiver).chain(values);
                self.enter_children(id, values, context, inner);
            }
            ExprKind::Member { .. }
            | ExprKind::Unary { .. }
            | ExprKind::Binary { .. }
            | ExprKind::Compare { .. }
            | ExprKind::IsNull { .. }
            | ExprKind::In { .. }
            | ExprKind::Conditional { .. }
            | ExprKind::List(_)
            | ExprKind::Map(_)
            | ExprKind::Range { .. }
            | ExprKind::Match { .. } => {
                self.enter_children(id, program.children(id).into_iter(), context, context);
            }
        }
    }

    /// Enters the children in a context of their own, to leave the expression in its.
    fn enter_children(
        &mut self,
        id: ExprId,
        children: impl Iterator<Item = ExprId>,
        context: Context,
        inner: Context,
    ) {
        let at = self.tasks.len();
        self.tasks.push(Task::Exit(id, context, 0));
        self.tasks
            .extend(children.map(|child| Task::Enter(child, inner)));
        let count = self.tasks.len() - at - 1;
        self.tasks[at] = Task::Exit(id, context, count);
        self.tasks[at + 1..].reverse();
    }

    fn enter_literal(&mut self, value: Value, span: Span) {
        let literal = self.builder.literal(value);
        self.push_value(literal, span);
    }

    fn enter_integer(&mut self, value: u128, negative: bool, span: Span) {
        let value = i128::try_from(value).ok();
        let value = value.map(|value| if negative { -value } else { value });
        let scalar = value.and_then(|value| {
            [ScalarType::I64, ScalarType::U64]
                .into_iter()
                .find(|scalar| {
                    scalar
                        .integer_range()
                        .is_some_and(|(least, greatest)| least <= value && value <= greatest)
                })
        });
        match (value, scalar) {
            (Some(value), Some(scalar)) => {
                let literal = self.builder.literal_of(Value::Integer(value), scalar);
                self.push_value(literal, span);
            }
            _ => {
                let message = "this integer fits no type; the widest are i64 and u64";
                self.report(
                    Diagnostic::error(Code::LiteralOutOfRange, message)
                        .at(span)
                        .help("write it as a float, such as 1e20, if it need not be exact"),
                );
                self.operands.push(Operand::Poison);
            }
        }
    }

    fn enter_name(&mut self, id: ExprId, name: Name, context: Context) {
        let frame = &self.frames[context.frame];
        if name.template.is_none()
            && let Some((_, operand)) = frame
                .parameters
                .iter()
                .find(|(symbol, _)| *symbol == name.symbol)
        {
            let operand = operand.clone();
            return self.operands.push(operand);
        }
        let place = self.place_of(context);
        let text = self.expand(place, name);
        match self.resolve(place, &text, name.span) {
            Meaning::Unit(unit) => self.enter_unit(unit, Task::Enter(id, context), name.span),
            Meaning::Constant(constant) => {
                let operand = self.constant_operand(&constant);
                self.operands.push(operand);
            }
            Meaning::Table(table) => self.operands.push(Operand::Table(table)),
            Meaning::Module(module) => self.operands.push(Operand::Module(module)),
            Meaning::Poison => self.operands.push(Operand::Poison),
        }
    }

    /// The value of a unit; if it isn't known yet, it is evaluated first and then `again` done.
    pub(crate) fn enter_unit(&mut self, unit: UnitId, again: Task, span: Span) {
        match self.units[unit].state {
            State::Done(node) => {
                let value = self.builder.use_node(node);
                self.push_value(value, span);
            }
            State::Waiting => {
                self.tasks.push(again);
                self.start(unit);
            }
            State::Running => {
                self.cycle(unit);
                self.operands.push(Operand::Poison);
            }
            State::Rows(_) | State::Poisoned => self.operands.push(Operand::Poison),
        }
    }

    /// A member of a table by name, as `distinct` has them.
    pub(crate) fn enter_member(&mut self, table: DeclarationId, name: Name, context: Context) {
        let text = self.expand(self.place_of(context), name);
        let again = Task::Member(table, name, context);
        self.member_of_table(table, &text, name.span, again);
    }

    pub(crate) fn member_of_table(
        &mut self,
        table: DeclarationId,
        name: &str,
        span: Span,
        again: Task,
    ) {
        match self.full_member(table, name) {
            Member::Found(unit) => self.enter_unit(unit, again, span),
            Member::Wait(unit) => {
                self.tasks.push(again);
                self.start(unit);
            }
            Member::Missing => {
                self.unknown_member(table, name, span);
                self.operands.push(Operand::Poison);
            }
            Member::Poison => self.operands.push(Operand::Poison),
        }
    }

    /// A constant as an operand; a text, list or number.
    pub(crate) fn constant_operand(&mut self, constant: &Constant) -> Operand {
        match constant {
            Constant::Poison => Operand::Poison,
            Constant::Map(map) => {
                let map = Rc::clone(map);
                let entries = map
                    .iter()
                    .map(|(key, value)| (self.element_operand(key), self.element_operand(value)));
                Operand::Map(entries.collect())
            }
            Constant::List(list) => {
                let list = Rc::clone(list);
                let elements = list.iter().map(|element| self.element_operand(element));
                Operand::List(elements.collect())
            }
            other => Operand::Value(self.builder.literal(constant_value(other))),
        }
    }

    /// An element of a list or map, which nothing takes that is one itself.
    fn element_operand(&mut self, constant: &Constant) -> Operand {
        match constant {
            Constant::List(_) | Constant::Map(_) => Operand::Map(Rc::from([])),
            Constant::Poison => Operand::Poison,
            other => Operand::Value(self.builder.literal(constant_value(other))),
        }
    }

    /// Leaves an expression, its children's operands on the stack.
    pub(crate) fn exit(&mut self, id: ExprId, context: Context, count: usize) {
        let program = self.program(self.frames[context.frame].place);
        let expr = &program.exprs[id];
        let mut operands = self.operands.split_off(self.operands.len() - count);
        let span = expr.span;
        match &expr.kind {
            ExprKind::Call {
                function,
                arguments,
            } => return self.exit_call(id, *function, arguments, operands, context),
            ExprKind::MethodCall {
                function,
                arguments,
                receiver,
            } => {
                return self.exit_method(id, *receiver, *function, arguments, operands, context);
            }
            ExprKind::Member { base, name } => {
                return self.exit_member(id, *base, *name, operands.remove(0), context);
            }
            ExprKind::Lookup { .. } => {
                let result = self.exit_lookup(id, &operands, context);
                return match result {
                    Some(value) => self.push_value(value, span),
                    None => self.operands.push(Operand::Poison),
                };
            }
            ExprKind::List(_) => return self.operands.push(Operand::List(operands.into())),
            ExprKind::Map(_) => {
                let mut entries = Vec::with_capacity(operands.len() / 2);
                let mut operands = operands.into_iter();
                while let (Some(key), Some(value)) = (operands.next(), operands.next()) {
                    entries.push((key, value));
                }
                return self.operands.push(Operand::Map(entries.into()));
            }
            ExprKind::Unary {
                operator: UnaryOperator::Negate,
                ..
            } if matches!(operands[..], [Operand::Months(_)]) => {
                let [Operand::Months(months)] = operands[..] else {
                    return;
                };
                return self.operands.push(Operand::Months(-months));
            }
            _ => {}
        }
        if operands.contains(&Operand::Poison) {
            return self.operands.push(Operand::Poison);
        }
        let spans: Vec<Span> = program
            .children(id)
            .iter()
            .map(|child| program.exprs[*child].span)
            .collect();
        if let ExprKind::Range {
            start,
            end,
            inclusive,
        } = &expr.kind
        {
            let mut values = operands.iter().zip(&spans);
            let mut side = |present: bool| -> Option<Option<Expression>> {
                if !present {
                    return Some(None);
                }
                let (operand, span) = values.next()?;
                Some(Some(self.value(operand, *span)?))
            };
            let range = side(start.is_some()).zip(side(end.is_some()));
            return self.operands.push(match range {
                Some((start, end)) => Operand::Range {
                    start,
                    end,
                    inclusive: *inclusive,
                },
                None => Operand::Poison,
            });
        }
        match self.operator(&expr.kind, &operands, &spans, span) {
            Some(value) => self.push_value(value, span),
            None => self.operands.push(Operand::Poison),
        }
    }

    fn exit_member(
        &mut self,
        id: ExprId,
        base: ExprId,
        name: Name,
        operand: Operand,
        context: Context,
    ) {
        let text = self.expand(self.place_of(context), name);
        // The base stays on the stack for when this is done again.
        let again = Task::Exit(id, context, 1);
        match operand {
            Operand::Poison => self.operands.push(Operand::Poison),
            Operand::Table(table) => {
                self.operands.push(Operand::Table(table));
                let depth = self.operands.len();
                self.member_of_table(table, &text, name.span, again);
                if self.operands.len() > depth {
                    // It was known at once: the base goes.
                    self.operands.remove(depth - 1);
                }
            }
            Operand::Module(module) => match self.name_in_module(module, &text) {
                Some(Entity::Unit(unit)) => {
                    self.operands.push(Operand::Module(module));
                    let depth = self.operands.len();
                    self.enter_unit(unit, again, name.span);
                    if self.operands.len() > depth {
                        self.operands.remove(depth - 1);
                    }
                }
                Some(Entity::Table(table)) => self.operands.push(Operand::Table(table)),
                Some(Entity::Module(module)) => self.operands.push(Operand::Module(module)),
                Some(Entity::Config(value)) => {
                    let operand = self.constant_operand(&value);
                    self.operands.push(operand);
                }
                Some(Entity::Poison) => self.operands.push(Operand::Poison),
                None => {
                    self.unknown_in_module(module, &text, name.span);
                    self.operands.push(Operand::Poison);
                }
            },
            Operand::Value(value) => {
                let ScalarType::Row(table) = self.builder.scalar_type(value) else {
                    let span = self.span_of(base, context);
                    self.no_members(value, span, &text, name.span);
                    return self.operands.push(Operand::Poison);
                };
                let Some(&declaration) = self.declaration_of.get(&table) else {
                    return self.operands.push(Operand::Poison);
                };
                self.operands.push(Operand::Value(value));
                let depth = self.operands.len();
                self.member_of_table(declaration, &text, name.span, again);
                if self.operands.len() > depth {
                    let column = self.operands.pop();
                    self.operands.pop();
                    let gathered = match column {
                        Some(Operand::Value(column)) => {
                            let span = self.span_of(id, context);
                            self.gather(value, column, span)
                        }
                        _ => None,
                    };
                    self.operands
                        .push(gathered.map_or(Operand::Poison, Operand::Value));
                }
            }
            Operand::List(_)
            | Operand::Range { .. }
            | Operand::Rolling(_)
            | Operand::Months(_)
            | Operand::Map(_) => {
                let span = self.span_of(id, context);
                self.not_a_value(&operand, span);
                self.operands.push(Operand::Poison);
            }
        }
    }

    /// The operand as a value; a diagnostic if it is none.
    pub(crate) fn value(&mut self, operand: &Operand, span: Span) -> Option<Expression> {
        match operand {
            Operand::Value(value) => Some(*value),
            Operand::Poison => None,
            other => {
                self.not_a_value(other, span);
                None
            }
        }
    }
}

/// An operand and where it is written.
pub(crate) type Spanned<'o> = (&'o Operand, Span);

/// The arms of a `match` with the operands of their patterns and values.
pub(crate) fn arms_with_operands<'o>(
    arms: &[MatchArm],
    operands: &'o [Operand],
    spans: &'o [Span],
) -> Vec<(Option<Spanned<'o>>, Spanned<'o>)> {
    let mut next = 0;
    let mut take = || {
        next += 1;
        (&operands[next - 1], spans[next - 1])
    };
    arms.iter()
        .map(|arm| {
            let pattern = match arm.pattern {
                Pattern::Wildcard(_) => None,
                Pattern::Value(_) => Some(take()),
            };
            (pattern, take())
        })
        .collect()
}
