//! Random derived tables: every step that makes rows of rows, over any columns, one after the other.

use icosian_ir::columns::End;
use icosian_ir::graph::{GraphBuilder, SortKey, TableRows};
use icosian_ir::id::{ExprId, NodeId, TableId};
use icosian_ir::meaning::order::Direction;
use icosian_ir::op::{Reduction, Window};
use icosian_ir::types::ScalarType;
use icosian_ir::value::Value;

use crate::data::Numbers;

/// A table with some of its columns.
pub(crate) struct Columns {
    pub(crate) table: TableId,
    pub(crate) columns: Vec<ExprId>,
}

/// Adds tables `kept_1`, `kept_2`, … each made of the one before, the first of `from`, and outputs
/// that look at their columns.
pub(crate) fn derive(
    builder: &mut GraphBuilder,
    numbers: &mut Numbers,
    from: Columns,
    steps: usize,
    made: &mut Vec<NodeId>,
) {
    let mut before = from;
    for step in 1..=steps {
        let name = format!("kept_{step}");
        before.columns.retain(|column| {
            let scalar = builder.scalar_type(*column);
            !matches!(scalar, ScalarType::Row(_))
        });
        if before.columns.is_empty() {
            return;
        }
        let parent = before.table;
        let rows = rows_of(builder, numbers, &before);
        let is_union = matches!(rows, TableRows::Union { .. });
        let table = builder.table(&name, "", rows).expect("a new name");
        let mut columns = Vec::new();
        for _ in 0..4 {
            let column = *numbers.pick(&before.columns);
            columns.push(if is_union {
                builder
                    .stacked(table, &[column, column])
                    .expect("one type with itself")
            } else {
                builder.taken(table, column)
            });
        }
        debug_assert_ne!(table, parent);
        look_at(builder, table, columns[0], &name, made);
        for column in &columns {
            let member = format!("{name}_c{}", made.len());
            made.push(builder.define(None, &member, *column).expect("a new name"));
        }
        before = Columns { table, columns };
    }
}

/// A random step from a table.
fn rows_of(builder: &mut GraphBuilder, numbers: &mut Numbers, before: &Columns) -> TableRows {
    let parent = before.table;
    match numbers.below(7) {
        0 => {
            let keys = (0..1 + numbers.below(3)).map(|_| SortKey {
                expression: *numbers.pick(&before.columns),
                direction: Direction {
                    descending: numbers.below(2) == 0,
                    nulls_first: numbers.below(2) == 0,
                },
            });
            let keys = keys.collect();
            TableRows::Order { parent, keys }
        }
        1 | 2 => {
            let rows = builder.literal(Value::Integer(numbers.below(2_000) as i128));
            let end = *numbers.pick(&[End::First, End::Last]);
            TableRows::Limit { parent, end, rows }
        }
        3 => {
            let columns = (0..1 + numbers.below(2)).map(|_| *numbers.pick(&before.columns));
            let columns = columns.collect();
            TableRows::Distinct { parent, columns }
        }
        4 => TableRows::Union {
            parent,
            other: parent,
        },
        5 => {
            let rows = builder.literal(Value::Integer(numbers.below(500) as i128));
            let seed = builder.literal(Value::Integer(numbers.below(9) as i128));
            let key = builder.random(parent, seed).expect("a number per row");
            TableRows::Sample {
                parent,
                rows,
                seed,
                key,
            }
        }
        _ => {
            let column = *numbers.pick(&before.columns);
            let predicate = if builder.scalar_type(column) == ScalarType::Bool {
                column
            } else {
                builder.is_null(column).expect("any value may be null")
            };
            TableRows::Filter { parent, predicate }
        }
    }
}

/// Windows and reductions over a table's rows, as scalars and columns.
fn look_at(
    builder: &mut GraphBuilder,
    table: TableId,
    column: ExprId,
    name: &str,
    made: &mut Vec<NodeId>,
) {
    let mut members = Vec::new();
    for rows in [1, -2] {
        members.extend(builder.window(Window::Shift { rows }, column).ok());
    }
    let reductions: [(Reduction, Option<ExprId>, &[ExprId]); 3] = [
        (Reduction::Min, Some(column), &[]),
        (Reduction::Count, Some(column), &[column]),
        (Reduction::Len, None, &[]),
    ];
    for (reduction, value, keys) in reductions {
        members.extend(builder.reduce(reduction, table, value, keys).ok());
    }
    for (position, member) in members.into_iter().enumerate() {
        let name = format!("{name}_{position}");
        made.push(builder.define(None, &name, member).expect("a new name"));
    }
}
