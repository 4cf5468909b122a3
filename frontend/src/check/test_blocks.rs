//! `test` blocks: given rows and values, and what must come out, as typed values.

use std::collections::HashMap;

use icosian_ir::id::{ExprId as Expression, NodeId};
use icosian_ir::op::Op;
use icosian_ir::types::{Domain, ScalarType, Type};
use icosian_ir::value::Value;

use super::constants::Constant;
use super::declarations::{Checker, DeclarationKind, Entity, Place, State};
use super::expressions::Operand;
use super::names::{Meaning, Member};
use super::units::zero;
use super::{Expectation, ExpectedCheck, GivenTable, TestBlock};
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::syntax::ast::{self, Argument, ExprId, ItemId, ItemKind, Program, TestStepKind};

impl Checker<'_> {
    /// A test with its values; none after a diagnostic.
    pub(crate) fn test_block(&mut self, place: Place, item: ItemId) -> Option<TestBlock> {
        let program = self.program(place);
        let item = &program.items[item];
        let ItemKind::Test { title, steps } = &item.kind else {
            return None;
        };
        let gives_configs = steps.iter().any(|step| match &step.kind {
            TestStepKind::GivenValue { name, .. } => self.is_config(place, name),
            TestStepKind::GivenRows { .. }
            | TestStepKind::Expect { .. }
            | TestStepKind::ExpectCheck { .. } => false,
        });
        if self.options.test.is_some_and(|only| only != item.span) {
            return None;
        }
        let mut block = TestBlock {
            title: title.value.to_string(),
            span: item.span,
            gives_configs: false,
            tables: Vec::new(),
            values: Vec::new(),
            expectations: Vec::new(),
            checks: Vec::new(),
        };
        if gives_configs && self.options.test.is_none() {
            block.gives_configs = true;
            return Some(block);
        }
        let mut complete = true;
        for step in steps {
            let done = match &step.kind {
                TestStepKind::GivenRows { table, columns } => self
                    .given_rows(place, table, columns)
                    .map(|table| block.tables.push(table)),
                TestStepKind::GivenValue { name, .. } if self.is_config(place, name) => Some(()),
                TestStepKind::GivenValue { name, value } => self
                    .given_value(place, name, *value)
                    .map(|given| block.values.push(given)),
                TestStepKind::Expect { actual, expected } => self
                    .expectation(place, *actual, *expected, step.span)
                    .map(|expectation| block.expectations.extend(expectation)),
                TestStepKind::ExpectCheck { condition, rows } => self
                    .expected_check(place, *condition, *rows, step.span)
                    .map(|check| block.checks.push(check)),
            };
            complete &= done.is_some();
        }
        complete.then_some(block)
    }

    /// Whether a path names a config.
    fn is_config(&mut self, place: Place, path: &ast::Path) -> bool {
        let Some((last, before)) = path.names.split_last() else {
            return false;
        };
        let mut module = place.module;
        for name in before {
            let text = self.expand(place, *name);
            match self.modules[module].names.get(&text) {
                Some(Entity::Module(inner)) => module = *inner,
                _ => return false,
            }
        }
        let text = self.expand(place, *last);
        matches!(
            self.modules[module].names.get(&text),
            Some(Entity::Config(_))
        )
    }

    /// The value that the test of this check gives a config, by its full name.
    pub(crate) fn test_config(&mut self, name: &str) -> Option<Constant> {
        let (file, value) = *self.test_configs.get(name)?;
        let place = self.file_work(file, self.modules.ids().next()?).place;
        Some(self.constant(place, value))
    }

    fn given_rows(
        &mut self,
        place: Place,
        table: &ast::Path,
        columns: &[Argument],
    ) -> Option<GivenTable> {
        let declaration = self.table_at(place, table)?;
        if !matches!(
            self.declarations[declaration].kind,
            DeclarationKind::Source { .. }
        ) {
            let message = "a test gives rows of source tables; others are computed from them";
            self.report(Diagnostic::error(Code::BadArguments, message).at(table.span));
            return None;
        }
        let id = self.declarations[declaration].table?;
        let mut rows = None;
        let mut given: Vec<(NodeId, Vec<Value>)> = Vec::new();
        for argument in columns {
            let span = self.program(place).exprs[argument.value].span;
            let Some(name) = argument.name else {
                let message = "columns are given by name: flights(distance=[9])";
                self.report(Diagnostic::error(Code::BadArguments, message).at(span));
                return None;
            };
            let text = self.expand(place, name);
            let unit = match self.member(declaration, &text) {
                Member::Found(unit) => unit,
                Member::Missing => {
                    self.unknown_member(declaration, &text, name.span);
                    return None;
                }
                Member::Wait(_) | Member::Poison => return None,
            };
            let State::Done(node) = self.units[unit].state else {
                return None;
            };
            let ty = self.builder.graph().nodes[node].ty;
            let values = self.values_of(place, argument.value, ty)?;
            if *rows.get_or_insert(values.len()) != values.len() {
                let message = format!(
                    "`{text}` has {} values, the column before has {}",
                    values.len(),
                    rows.unwrap_or(0)
                );
                self.report(Diagnostic::error(Code::BadArguments, message).at(span));
                return None;
            }
            given.push((node, values));
        }
        let rows = rows.unwrap_or(0);
        let members = self.builder.graph().tables[id].members.clone();
        let mut all = Vec::new();
        for node in members {
            let entry = &self.builder.graph().nodes[node];
            if !matches!(entry.kind, icosian_ir::graph::NodeKind::Column { .. }) {
                continue;
            }
            let ty = entry.ty;
            let values = match given.iter().position(|(known, _)| *known == node) {
                Some(position) => given.swap_remove(position).1,
                None => vec![zero(ty); rows],
            };
            all.push((node, values));
        }
        // What is left overrides computed members.
        all.append(&mut given);
        Some(GivenTable {
            table: id,
            rows,
            columns: all,
        })
    }

    fn given_value(
        &mut self,
        place: Place,
        path: &ast::Path,
        value: ExprId,
    ) -> Option<(NodeId, Vec<Value>)> {
        let (first, rest) = path.names.split_first()?;
        let text = self.expand(place, *first);
        let mut meaning = self.resolve(place, &text, first.span);
        for name in rest {
            let text = self.expand(place, *name);
            meaning = match meaning {
                Meaning::Table(table) => match self.full_member(table, &text) {
                    Member::Found(unit) => Meaning::Unit(unit),
                    Member::Missing => {
                        self.unknown_member(table, &text, name.span);
                        return None;
                    }
                    Member::Wait(_) | Member::Poison => return None,
                },
                Meaning::Module(module) => match self.name_in_module(module, &text) {
                    Some(entity) => Meaning::from(&entity),
                    None => {
                        self.unknown_in_module(module, &text, name.span);
                        return None;
                    }
                },
                Meaning::Poison => return None,
                Meaning::Unit(_) | Meaning::Constant(_) => break,
            };
        }
        let unit = match meaning {
            Meaning::Unit(unit) => unit,
            Meaning::Poison => return None,
            Meaning::Constant(_) | Meaning::Table(_) | Meaning::Module(_) => {
                let message = "a test gives a value to a param, config or node";
                self.report(Diagnostic::error(Code::BadArguments, message).at(path.span));
                return None;
            }
        };
        let State::Done(node) = self.units[unit].state else {
            return None;
        };
        let ty = self.builder.graph().nodes[node].ty;
        Some((node, self.values_of(place, value, ty)?))
    }

    /// A list of constants, or one constant, in a type that may be null.
    fn values_of(&mut self, place: Place, root: ExprId, ty: Type) -> Option<Vec<Value>> {
        let span = self.program(place).exprs[root].span;
        let operands: Vec<Operand> = match self.evaluate_at(place, root) {
            Operand::List(list) => list.to_vec(),
            other => vec![other],
        };
        let mut values = Vec::with_capacity(operands.len());
        for operand in operands {
            let value = self.value(&operand, span)?;
            let span = self.spans.expressions.get(&value).copied().unwrap_or(span);
            let value = self.convert_for("this", value, ty, span)?;
            match self.builder.constant(value) {
                Some(constant) => values.push(constant.clone()),
                None => {
                    let message = "the values of a test are constants";
                    self.report(Diagnostic::error(Code::NotConstant, message).at(span));
                    return None;
                }
            }
        }
        Some(values)
    }

    fn expectation(
        &mut self,
        place: Place,
        actual: ExprId,
        expected: Option<ExprId>,
        span: Span,
    ) -> Option<Option<Expectation>> {
        let operand = self.evaluate_at(place, actual);
        let actual_span = self.program(place).exprs[actual].span;
        let value = self.value(&operand, actual_span)?;
        let mut ty = self.builder.ty(value);
        ty.nullable = true;
        let values = match expected {
            Some(expected) => self.values_of(place, expected, ty)?,
            None => {
                self.condition(value, actual_span)?;
                vec![Value::Bool(true)]
            }
        };
        // Without `is` every row must be true: one value then stands for all.
        let value = if expected.is_none() {
            self.all_rows(value, actual_span)?
        } else {
            value
        };
        if !self.options.tests {
            return Some(None);
        }
        let node = self.node_of_value(value, span)?;
        Some(Some(Expectation { node, values, span }))
    }

    /// The check of a condition, which equals it part by part.
    fn expected_check(
        &mut self,
        place: Place,
        condition: ExprId,
        rows: Option<ExprId>,
        span: Span,
    ) -> Option<ExpectedCheck> {
        let operand = self.evaluate_at(place, condition);
        let written = self.program(place).exprs[condition].span;
        let value = self.value(&operand, written)?;
        self.condition(value, written)?;
        let failed = match rows {
            Some(rows) => match &self.values_of(place, rows, ScalarType::U64.required())?[..] {
                [Value::Integer(count)] => u64::try_from(*count).ok(),
                _ => None,
            },
            None => None,
        };
        let mut checks = self.builder.graph().checks.iter();
        let Some(check) = checks.position(|check| check.condition == value) else {
            let message = "the flow has no check of this condition";
            let help = "write it as the check has it, with full names: flights.speed > 0";
            let diagnostic = Diagnostic::error(Code::BadArguments, message);
            self.report(diagnostic.at(written).help(help));
            return None;
        };
        Some(ExpectedCheck {
            check,
            failed,
            span,
        })
    }

    fn all_rows(&mut self, value: Expression, span: Span) -> Option<Expression> {
        let Domain::Rows(table) = self.builder.domain(value) else {
            return Some(value);
        };
        self.built(
            |builder| builder.reduce(icosian_ir::op::Reduction::All, table, Some(value), &[]),
            "all",
            &[(value, span)],
            span,
        )
    }

    /// The node of a value, made for the test if there is none.
    fn node_of_value(&mut self, value: Expression, span: Span) -> Option<NodeId> {
        if let Op::Node(node) = self.builder.graph().expressions[value].op {
            return Some(node);
        }
        let rank = self.rank();
        let name = format!("_expected_{rank}");
        let node = self.builder.define(None, &name, value).ok()?;
        self.builder.set_rank(node, rank);
        self.spans.nodes.insert(node, span);
        Some(node)
    }
}

/// What a test gives by name: the file and the value. Those of configs are asked for.
pub(crate) fn given_configs(
    programs: &[&Program],
    test: Option<Span>,
) -> HashMap<String, (usize, ExprId)> {
    let mut given = HashMap::new();
    let Some(test) = test else { return given };
    let file = programs
        .iter()
        .position(|program| program.file == test.file);
    let Some(file) = file else { return given };
    let program = programs[file];
    for (_, item) in program.items.iter() {
        let ItemKind::Test { steps, .. } = &item.kind else {
            continue;
        };
        for step in steps.iter().filter(|_| item.span == test) {
            if let TestStepKind::GivenValue { name, value } = &step.kind {
                given.insert(program.path(name), (file, *value));
            }
        }
    }
    given
}
