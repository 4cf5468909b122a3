//! Checks: which are evaluated, and as which columns.
//!
//! A check never causes a node to be computed, so it is lowered after all outputs are, and only if
//! every node in its condition is among what they need. Nodes whose names begin with `_` count as
//! what they are made of: canonical text gives such names to shared values.
//!
//! On rows, a check becomes two sums, which ride along in a pass that scans the table anyway, and
//! a table of the first rows that fail: states that merge in any order.

use std::collections::HashSet;

use super::{LowerError, Lowering};
use crate::columns::{
    CheckColumns, CheckEvaluation, CheckValue, Rows, SAMPLE_ROWS, Selection, Shape, made_since,
};
use crate::graph::{NodeKind, ShortTexts};
use crate::id::{ColumnId, ExprId, Id, NodeId, TableId};
use crate::op::{CastMode, Op, Reduction};
use crate::types::{Domain, ScalarType};

/// How many values of a failing row are reported.
const MOST_VALUES: usize = 16;

impl Lowering<'_> {
    /// Lowers the checks whose operands are known by now.
    pub(super) fn checks(&mut self) -> Result<(), LowerError> {
        let graph = self.graph;
        if graph.checks.is_empty() || !self.request.checks {
            return Ok(());
        }
        let columns = self.builder.columns();
        let tables = columns.columns.ids().filter_map(|id| columns.table_of(id));
        let present: HashSet<TableId> = tables.collect();
        let texts = ShortTexts::new(graph);
        // All are looked at before the first is lowered: none makes another one's operands known.
        let forced = |position: &usize| self.request.forced_checks.contains(position);
        let conditions = graph.checks.iter().map(|check| check.condition).enumerate();
        let missing: Vec<Vec<String>> = conditions
            .map(|(position, condition)| match forced(&position) {
                true => Vec::new(),
                false => self.missing(condition, &present),
            })
            .collect();
        for (position, (check, missing)) in graph.checks.iter().zip(missing).enumerate() {
            let first = self.builder.columns().columns.len();
            let evaluation = match missing.is_empty() {
                true => self.check(check.condition, &texts)?,
                false => CheckEvaluation::Skipped { missing },
            };
            let own = made_since(first, self.builder.columns());
            let text = texts.of(check.condition);
            self.builder.columns_mut().checks.push(CheckColumns {
                check: position,
                text,
                evaluation,
                own,
            });
        }
        Ok(())
    }

    /// The node whose definition stands for it here, if it is one.
    fn looked_through(&self, node: NodeId) -> Option<ExprId> {
        let hidden = self.graph.nodes[node].hidden;
        self.definition(node).filter(|_| hidden)
    }

    /// The names of nodes and tables in a condition that the outputs don't need.
    fn missing(&self, condition: ExprId, present: &HashSet<TableId>) -> Vec<String> {
        let graph = self.graph;
        let mut missing = Vec::new();
        let mut seen = HashSet::new();
        let mut stack = vec![condition];
        while let Some(id) = stack.pop() {
            if !seen.insert(id) {
                continue;
            }
            let expression = &graph.expressions[id];
            let rows = match expression.domain {
                Domain::Rows(table) => Some(table),
                Domain::Scalar => None,
            };
            if let Op::Node(node) = expression.op {
                let known = match (self.looked_through(node), self.definition(node)) {
                    (Some(definition), _) => {
                        stack.push(definition);
                        true
                    }
                    (None, Some(definition)) => self.lowered[definition.index()].is_some(),
                    (None, None) => self.leaves.contains_key(&node),
                };
                if !known {
                    missing.push(graph.nodes[node].name.clone());
                }
                continue;
            }
            let of = match expression.op {
                Op::Reduce { from, .. } => Some(from),
                Op::Lookup { table, .. } => Some(table),
                _ => None,
            };
            let behind = rows.filter(|table| {
                self.request.given.contains(table) && self.is_of_other_rows(id, *table)
            });
            let absent = rows.into_iter().chain(of);
            let absent = absent.filter(|table| !present.contains(table) || Some(*table) == behind);
            missing.extend(absent.map(|table| graph.tables[table].name.clone()));
            stack.extend(expression.args.iter().rev());
        }
        let mut told = HashSet::new();
        missing.retain(|name| told.insert(name.clone()));
        missing
    }

    fn check(
        &mut self,
        condition: ExprId,
        texts: &ShortTexts<'_>,
    ) -> Result<CheckEvaluation, LowerError> {
        let holds = self.expression(condition)?;
        let mut values = self.values(condition, texts)?;
        let Domain::Rows(table) = self.graph.expressions[condition].domain else {
            return Ok(CheckEvaluation::Scalar {
                condition: holds,
                values,
            });
        };
        let nullable = self.builder.columns().ty(holds).nullable;
        let here = Domain::Rows(table);
        let count = ScalarType::I64.required();
        let of = |ty: ScalarType| match nullable {
            true => ty.nullable(),
            false => ty.required(),
        };
        let builder = &mut self.builder;
        let fails = builder.add_typed(Op::Not, vec![holds], of(ScalarType::Bool), here);
        let one = Op::Cast(ScalarType::I64, CastMode::Raise);
        let one = builder.add_typed(one, vec![fails], of(ScalarType::I64), here);
        let mut reduce = |reduction, args| {
            let op = Op::Reduce {
                reduction,
                from: table,
                keys: 0,
            };
            builder.add_typed(op, args, count, Domain::Scalar)
        };
        let rows = reduce(Reduction::Len, Vec::new());
        let failed = reduce(Reduction::Sum, vec![one]);
        let number = builder.add_typed(Op::RowNumber(table), Vec::new(), count, here);
        let name = format!("rows of {} that fail", builder.columns().tables[table].name);
        let selection = Selection::First {
            predicate: fails,
            count: SAMPLE_ROWS,
        };
        let shape = Shape {
            name,
            rows: Rows::Take {
                parent: table,
                selection,
            },
        };
        let sample = builder.columns_mut().tables.push(shape);
        let mut take = |column: ColumnId| {
            let ty = builder.columns().ty(column);
            builder.add_typed(Op::Take, vec![column], ty, Domain::Rows(sample))
        };
        let row = take(number);
        for value in &mut values {
            value.column = take(value.column);
        }
        Ok(CheckEvaluation::Rows {
            table,
            rows,
            failed,
            sample,
            row,
            values,
        })
    }

    /// What a condition is made of: names, members of rows looked up, reductions and windows, of
    /// the condition's rows or scalars. What scalars are made of is not shown beside rows.
    fn values(
        &mut self,
        condition: ExprId,
        texts: &ShortTexts<'_>,
    ) -> Result<Vec<CheckValue>, LowerError> {
        let graph = self.graph;
        let home = graph.expressions[condition].domain;
        let mut values: Vec<CheckValue> = Vec::new();
        let mut seen = HashSet::new();
        let mut stack = vec![condition];
        while let Some(id) = stack.pop() {
            if !seen.insert(id) || values.len() == MOST_VALUES {
                continue;
            }
            let expression = &graph.expressions[id];
            let is_row = matches!(expression.ty.scalar, ScalarType::Row(_));
            let name = match &expression.op {
                Op::Node(node) => match self.looked_through(*node) {
                    Some(definition) => {
                        stack.push(definition);
                        continue;
                    }
                    None => match graph.nodes[*node].kind {
                        NodeKind::Column { .. } | NodeKind::Definition(_) => {
                            graph.nodes[*node].short_name().to_owned()
                        }
                        NodeKind::Param { .. } => graph.nodes[*node].name.clone(),
                    },
                },
                Op::Gather | Op::Reduce { .. } | Op::Window(_) => texts.of(id),
                Op::Take | Op::Stack | Op::Key(_) | Op::Joined => texts.of(id),
                _ => {
                    stack.extend(expression.args.iter().rev());
                    continue;
                }
            };
            if is_row || expression.domain != home && expression.domain != Domain::Scalar {
                continue;
            }
            if let (Domain::Scalar, Domain::Rows(_)) = (expression.domain, home) {
                continue;
            }
            let column = self.expression(id)?;
            values.push(CheckValue { name, column });
        }
        Ok(values)
    }
}
