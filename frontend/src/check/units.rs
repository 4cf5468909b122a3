//! Evaluates each unit when it is first needed, on explicit stacks.

use icosian_ir::graph::Tag;
use icosian_ir::id::{ExprId as Expression, NodeId};
use icosian_ir::types::{Domain, Type};
use icosian_ir::value::Value;

use super::bound::bound_task;
use super::constants::Constant;
use super::declarations::{
    Checker, DeclarationId, OverBlock, Place, Rows, State, UnitId, UnitKind,
};
use super::expressions::{Activation, Context, Frame, Operand, Task};
use super::over::OverId;
use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::ast::{ExprId, ItemKind};

impl Checker<'_> {
    /// Evaluates everything that was declared, in the order of the text.
    pub(crate) fn evaluate_all(&mut self) {
        for unit in self.units.ids() {
            if !self.modules[self.units[unit].place.module].template {
                self.evaluate(unit);
            }
        }
    }

    /// Evaluates a unit and everything it needs.
    pub(crate) fn evaluate(&mut self, unit: UnitId) {
        if self.units[unit].state == State::Waiting {
            self.start(unit);
            self.run();
        }
    }

    /// Evaluates one expression at a place.
    pub(crate) fn evaluate_at(&mut self, place: Place, root: ExprId) -> Operand {
        let context = self.enter_frame(place);
        self.tasks.push(Task::Enter(root, context));
        self.run();
        self.frames.pop();
        self.operands.pop().unwrap_or(Operand::Poison)
    }

    fn run(&mut self) {
        while let Some(task) = self.tasks.pop() {
            match task {
                Task::Enter(expr, context) => self.enter(expr, context),
                Task::Exit(expr, context, count) => self.exit(expr, context, count),
                Task::OverKeys(expr, context) => self.over_keys(expr, context),
                Task::OverEnd(expr, context, over, used) => {
                    self.over_end(expr, context, over, used)
                }
                Task::Need(unit) => match self.units[unit].state {
                    State::Waiting => self.start(unit),
                    State::Running => self.cycle(unit),
                    State::Done(_) | State::Rows(_) | State::Poisoned => {}
                },
                Task::Body(value, over, context) => self.body(value, over, context),
                Task::Finish(unit, count) => self.finish_unit(unit, count),
                Task::Call(call) => self.call_with_defaults(*call),
                Task::Return(call) => self.return_from(*call),
                Task::Member(table, name, context) => self.enter_member(table, name, context),
                Task::Column(table, ref name, span) => {
                    let name = std::rc::Rc::clone(name);
                    self.member_of_table(table, &name, span, task);
                }
                Task::UnionColumn(unit, table) => self.enter_union_column(unit, table),
            }
        }
    }

    pub(crate) fn enter_frame(&mut self, place: Place) -> Context {
        self.frames.push(Frame {
            place,
            parameters: Vec::new(),
            call: None,
        });
        Context {
            frame: self.frames.len() - 1,
            rows: place.rows,
            home: place.rows,
            over: OverId::NONE,
        }
    }

    /// Begins a unit: what it needs first, then its value, then its end.
    pub(crate) fn start(&mut self, unit: UnitId) {
        self.units[unit].state = State::Running;
        self.activations.push(Activation::Unit(unit));
        let place = match self.units[unit].kind {
            UnitKind::Bound { outer, .. } => outer,
            UnitKind::BoundRows(table) => return self.start_bound_rows(unit, table),
            _ => self.units[unit].place,
        };
        let context = self.enter_frame(place);
        match self.units[unit].kind.clone() {
            UnitKind::BoundRows(_) => {}
            UnitKind::Bound { value, table, .. } => {
                self.tasks.push(Task::Finish(unit, 1));
                self.tasks.push(bound_task(value, context));
                self.need_rows_of(place.rows);
                if let Some(table) = table {
                    self.need_rows(table);
                }
            }
            UnitKind::Column => {
                self.wake(place.module);
                self.tasks.push(Task::Finish(unit, 0));
            }
            UnitKind::Param { value, .. } => {
                self.tasks
                    .push(Task::Finish(unit, usize::from(value.is_some())));
                self.tasks
                    .extend(value.map(|value| Task::Enter(value, context)));
            }
            UnitKind::Definition { value, over, .. } => {
                self.tasks.push(Task::Finish(unit, 1));
                self.enter_body(value, over, context);
            }
            UnitKind::Rows(table) => self.start_rows(unit, table, context),
            UnitKind::Key { table, value, .. } => {
                self.tasks.push(Task::Finish(unit, 1));
                let parent = self.parent(table);
                let context = Context {
                    rows: parent.map_or(Rows::Top, Rows::Table),
                    home: parent.map_or(Rows::Top, Rows::Table),
                    ..context
                };
                self.tasks.push(Task::Enter(value, context));
                self.need_rows(table);
            }
            UnitKind::Carried { table, from } => {
                let is_union = self.other_of_union(table).is_some();
                self.tasks.push(Task::Finish(unit, usize::from(is_union)));
                if is_union {
                    self.tasks.push(Task::UnionColumn(unit, table));
                }
                self.tasks.push(Task::Need(from));
                self.need_rows(table);
            }
            UnitKind::JoinRow(table) => {
                self.tasks.push(Task::Finish(unit, 0));
                self.need_rows(table);
            }
            UnitKind::UnpivotName(table) | UnitKind::UnpivotValue(table) => {
                self.tasks.push(Task::Finish(unit, 0));
                self.need_rows(table);
            }
        }
    }

    pub(crate) fn need_rows_of(&mut self, rows: Rows) {
        match rows {
            Rows::Top => {}
            Rows::Table(table) | Rows::Groups(table) | Rows::Grouped(table) => {
                self.need_rows(table);
            }
        }
    }

    /// Asks for a derived table's rows to be known.
    pub(crate) fn need_rows(&mut self, table: DeclarationId) {
        if let Some(rows) = self.declarations[table].rows
            && matches!(self.units[rows].state, State::Waiting | State::Running)
        {
            self.tasks.push(Task::Need(rows));
        }
    }

    /// Asks for an expression in a block, with what must be known before it.
    fn enter_body(&mut self, value: ExprId, over: Option<OverBlock>, context: Context) {
        self.tasks.push(Task::Body(value, over, context));
        if let Some(over) = over {
            self.enter_over_block(over, context);
        }
        let place = self.frames[context.frame].place;
        self.need_rows_of(place.rows);
    }

    /// Evaluates an expression that stands in a block at a place.
    pub(crate) fn evaluate_in(
        &mut self,
        place: Place,
        over: Option<OverBlock>,
        root: ExprId,
    ) -> Operand {
        let context = self.enter_frame(place);
        self.enter_body(root, over, context);
        self.run();
        self.frames.pop();
        self.operands.pop().unwrap_or(Operand::Poison)
    }

    fn enter_over_block(&mut self, over: OverBlock, context: Context) {
        let place = self.frames[context.frame].place;
        let ItemKind::Over { over: clause, .. } = &self.program(place).items[over.item].kind else {
            return;
        };
        let sorts = clause.order.iter().rev().map(|key| key.value);
        let keys = clause.keys.iter().rev().copied();
        for key in sorts.chain(keys) {
            self.tasks.push(Task::Enter(key, context));
        }
    }

    /// Enters an expression below the suffix of its `over` block.
    fn body(&mut self, value: ExprId, over: Option<OverBlock>, context: Context) {
        let mut context = context;
        if let Some(over) = over {
            let place = self.frames[context.frame].place;
            if let ItemKind::Over { over: clause, .. } = &self.program(place).items[over.item].kind
            {
                match self.pop_over(clause) {
                    Some(over) => context.over = over,
                    None => return self.operands.push(Operand::Poison),
                }
            }
        }
        let known = match context.rows {
            Rows::Top => true,
            Rows::Table(table) | Rows::Groups(table) | Rows::Grouped(table) => {
                self.declarations[table].table.is_some()
            }
        };
        if known {
            self.tasks.push(Task::Enter(value, context));
        } else {
            self.operands.push(Operand::Poison);
        }
    }

    /// Ends a unit: takes its operands and makes its node.
    fn finish_unit(&mut self, unit: UnitId, count: usize) {
        let operands = self.operands.split_off(self.operands.len() - count);
        self.activations.pop();
        self.frames.pop();
        let state = if operands.contains(&Operand::Poison)
            // Found to be in a cycle while it ran.
            || self.units[unit].state == State::Poisoned
        {
            None
        } else {
            self.value_of_unit(unit, &operands)
        };
        self.units[unit].state = state.unwrap_or(State::Poisoned);
        if let Some(State::Done(node)) = state {
            self.describe(unit, node);
        }
    }

    fn value_of_unit(&mut self, unit: UnitId, operands: &[Operand]) -> Option<State> {
        match self.units[unit].kind.clone() {
            // Known when its table is declared.
            UnitKind::Column => match self.units[unit].state {
                State::Done(node) => Some(State::Done(node)),
                _ => None,
            },
            UnitKind::Param { ty, .. } => self.finish_param(unit, ty, operands.first()),
            UnitKind::Definition { ty, value, fit, .. } => {
                let place = self.units[unit].place;
                let span = self.program(place).exprs[value].span;
                let mut expression = self.value(operands.first()?, span)?;
                if let Some(ty) = ty {
                    let wanted = self.written_type(place, ty)?;
                    expression = self.declared(unit, expression, wanted)?;
                }
                let node = self.define(unit, self.table_of_rows(place.rows), expression)?;
                if fit {
                    self.learned(unit, node);
                }
                Some(State::Done(node))
            }
            UnitKind::Rows(table) => self.finish_rows(table, operands),
            UnitKind::BoundRows(table) => self.finish_bound_rows(table, operands),
            UnitKind::Bound { ty, table, .. } => {
                self.finish_bound(unit, ty, table, operands.first()?)
            }
            UnitKind::Key {
                table,
                position,
                value,
            } => {
                let span = self.program(self.units[unit].place).exprs[value].span;
                let key = self.value(operands.first()?, span)?;
                let group = self.declarations[table].table?;
                let parent = self.parent(table)?;
                let parent = self.declarations[parent].table?;
                let key = self.builder.broadcast(key, parent).ok()?;
                let key = self.builder.group_key(group, position as u32, key);
                Some(State::Done(self.define(unit, Some(table), key)?))
            }
            UnitKind::Carried { table, from } => {
                let State::Done(node) = self.units[from].state else {
                    return None;
                };
                let column = self.carried_column(table, node, operands.first())?;
                let node = self.define(unit, Some(table), column)?;
                let original = &self.builder.graph().nodes[node_of(self.units[from].state)?];
                let (doc, tags) = (original.doc.clone(), original.tags.clone());
                self.builder.describe(node, &doc, tags);
                Some(State::Done(node))
            }
            UnitKind::JoinRow(table) => {
                let rows = self.declarations[table].table?;
                let row = self.builder.joined(rows)?;
                Some(State::Done(self.define(unit, Some(table), row)?))
            }
            UnitKind::UnpivotName(table) | UnitKind::UnpivotValue(table) => {
                let is_name = matches!(self.units[unit].kind, UnitKind::UnpivotName(_));
                let column = self.unpivot_column(table, is_name)?;
                Some(State::Done(self.define(unit, Some(table), column)?))
            }
        }
    }

    /// Marks a node as learned; only single values and tables are.
    fn learned(&mut self, unit: UnitId, node: NodeId) {
        let Some(table) = self.builder.graph().table_of(node) else {
            return self.builder.set_fit(node);
        };
        let (name, span) = (self.units[unit].name.clone(), self.units[unit].span);
        let table = &self.builder.graph().tables[table].name;
        let message =
            format!("`fit` learns one value or a table; `{name}` has the rows of `{table}`");
        let help =
            format!("learn a table and look rows up: fit learned = {table} group by key {{ … }}");
        self.report(
            Diagnostic::error(Code::MisplacedItem, message)
                .at(span)
                .help(help),
        );
    }

    fn table_of_rows(&self, rows: Rows) -> Option<DeclarationId> {
        match rows {
            Rows::Top => None,
            Rows::Table(table) | Rows::Groups(table) | Rows::Grouped(table) => Some(table),
        }
    }

    /// Makes the node of a unit.
    pub(crate) fn define(
        &mut self,
        unit: UnitId,
        table: Option<DeclarationId>,
        expression: Expression,
    ) -> Option<NodeId> {
        let rows = match table {
            Some(table) => Some(self.declarations[table].table?),
            None => None,
        };
        let name = match (rows, self.builder.domain(expression)) {
            (None, Domain::Scalar) => {
                let module = self.units[unit].place.module;
                format!("{}{}", self.modules[module].prefix, self.units[unit].name)
            }
            (Some(rows), _) | (None, Domain::Rows(rows)) => self.name_on(unit, rows),
        };
        let name = match self.units[unit].kind {
            // An input of an instance is no output.
            UnitKind::Bound { .. } => format!("_{name}"),
            _ => name,
        };
        match self.builder.define(rows, &name, expression) {
            Ok(node) => {
                let span = self.units[unit].span;
                self.spans.nodes.insert(node, span);
                Some(node)
            }
            Err(error) => {
                self.definition_refused(unit, table, expression, &error);
                None
            }
        }
    }

    /// Gives a node its place, documentation and tags.
    pub(crate) fn describe(&mut self, unit: UnitId, node: NodeId) {
        let entry = &self.units[unit];
        let (place, item, rank) = (entry.place, entry.item, entry.rank);
        self.builder.set_rank(node, rank);
        let hidden = entry.hidden
            || self.modules[entry.place.module].template
            || self
                .builder
                .graph()
                .table_of(node)
                .and_then(|table| self.declaration_of.get(&table))
                .is_some_and(|table| self.declarations[*table].hidden);
        if hidden {
            self.builder.set_hidden(node);
        }
        let Some(item) = item else { return };
        let item = &self.program(place).items[item];
        if item.documentation.is_none() && item.tags.is_empty() {
            return;
        }
        let doc = item.documentation.as_ref().map_or("", |text| &text.value);
        let mut tags = Vec::new();
        for tag in &item.tags {
            let name = self.expand(place, tag.name).to_string();
            let args = tag
                .arguments
                .iter()
                .map(|argument| constant_value(&self.constant(place, argument.value)))
                .collect();
            tags.push(Tag { name, args });
        }
        self.builder.describe(node, doc, tags);
    }

    fn finish_param(
        &mut self,
        unit: UnitId,
        ty: Option<crate::syntax::ast::TypeId>,
        value: Option<&Operand>,
    ) -> Option<State> {
        let place = self.units[unit].place;
        let span = self.units[unit].span;
        let name = self.units[unit].name.to_string();
        let mut default = None;
        if let Some(value) = value {
            default = Some(self.value(value, span)?);
        }
        let ty = match (ty, default) {
            (Some(ty), _) => self.written_type(place, ty)?,
            (None, Some(default)) => self.builder.ty(default),
            (None, None) => {
                let message = format!("param `{name}` has neither a type nor a default");
                let help = format!("write `param {name}: f64`");
                self.report(
                    Diagnostic::error(Code::UnknownType, message)
                        .at(span)
                        .help(help),
                );
                return None;
            }
        };
        let default = match default {
            None => None,
            Some(default) => {
                let converted = self.declared(unit, default, ty)?;
                match self.builder.constant(converted) {
                    Some(value) => Some(value.clone()),
                    None => {
                        let message = format!("the default of param `{name}` is not a constant");
                        self.report(Diagnostic::error(Code::NotConstant, message).at(span));
                        return None;
                    }
                }
            }
        };
        let full = format!("{}{name}", self.modules[place.module].prefix);
        match self.builder.param(&full, ty, default) {
            Ok(node) => {
                self.spans.nodes.insert(node, span);
                Some(State::Done(node))
            }
            Err(_) => {
                self.name_taken(&full, span, None);
                None
            }
        }
    }
}

fn node_of(state: State) -> Option<NodeId> {
    match state {
        State::Done(node) => Some(node),
        State::Waiting | State::Running | State::Rows(_) | State::Poisoned => None,
    }
}

/// The value of a type's kind that is nothing: 0, "" or false; null where nulls may occur.
pub(crate) fn zero(ty: Type) -> Value {
    use icosian_ir::types::ScalarType;
    if ty.nullable {
        return Value::Null;
    }
    match ty.scalar {
        ScalarType::Bool => Value::Bool(false),
        ScalarType::F32 => Value::F32(0.0),
        ScalarType::F64 => Value::F64(0.0),
        ScalarType::Str => Value::Str("".into()),
        ScalarType::I8
        | ScalarType::I16
        | ScalarType::I32
        | ScalarType::I64
        | ScalarType::U8
        | ScalarType::U16
        | ScalarType::U32
        | ScalarType::U64
        | ScalarType::Date
        | ScalarType::Timestamp(..)
        | ScalarType::Duration(_)
        | ScalarType::Decimal(..)
        | ScalarType::Row(_) => Value::Integer(0),
    }
}

/// A constant as a value of the IR; lists and maps have none.
pub(crate) fn constant_value(constant: &Constant) -> Value {
    match constant {
        Constant::Bool(value) => Value::Bool(*value),
        Constant::Integer(value) => Value::Integer(*value),
        Constant::Float(value) => Value::F64(*value),
        Constant::Text(text) => Value::Str((&**text).into()),
        Constant::Null | Constant::List(_) | Constant::Map(_) | Constant::Poison => Value::Null,
    }
}
