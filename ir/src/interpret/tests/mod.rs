//! Programs written by hand with the answers the language gives them.

mod elementwise;
mod errors;
mod rows;
mod windows;

use std::collections::HashMap;

use super::{ColumnValues, RowError, interpret, interpret_cells};
use crate::columns::{Columns, ColumnsBuilder, Rows, Selection, Shape};
use crate::id::{ColumnId, Id, NodeId, TableId};
use crate::op::{Op, Reduction};
use crate::types::{Domain, ScalarType, Type};
use crate::value::Value;

/// A program under construction, with the values of its inputs.
#[derive(Default)]
pub(super) struct Program {
    builder: ColumnsBuilder,
    bound: HashMap<ColumnId, ColumnValues>,
    table_rows: HashMap<TableId, usize>,
}

impl Program {
    pub(super) fn new() -> Program {
        Program::default()
    }

    fn add_table(&mut self, name: &str, rows: Rows) -> TableId {
        let name = name.to_owned();
        self.builder.columns_mut().tables.push(Shape { name, rows })
    }

    pub(super) fn table(&mut self, name: &str, rows: usize) -> TableId {
        let table = self.add_table(name, Rows::Source);
        self.table_rows.insert(table, rows);
        table
    }

    pub(super) fn filtered(&mut self, parent: TableId, predicate: ColumnId) -> TableId {
        let selection = Selection::Where(predicate);
        self.add_table("filtered", Rows::Take { parent, selection })
    }

    pub(super) fn grouped(&mut self, parent: TableId, keys: &[ColumnId]) -> TableId {
        let keys = keys.to_vec();
        self.add_table(
            "groups",
            Rows::Group {
                parent,
                keys,
                filter: None,
            },
        )
    }

    pub(super) fn input(&mut self, table: TableId, ty: Type, values: Vec<Value>) -> ColumnId {
        let name = format!("x{}", self.bound.len());
        let id = self.builder.input(table, &name, ty);
        self.bound.insert(id, values.into_iter().collect());
        id
    }

    pub(super) fn literal(&mut self, value: Value, ty: ScalarType) -> ColumnId {
        let nullable = value.is_null();
        let scalar = ty;
        self.builder.literal(value, Type { scalar, nullable })
    }

    pub(super) fn op(&mut self, op: Op, args: &[ColumnId]) -> ColumnId {
        match self.builder.add(op, args.to_vec()) {
            Ok(id) => id,
            Err(error) => panic!("{error}"),
        }
    }

    /// `column` on the rows that `table` kept.
    pub(super) fn filter(&mut self, table: TableId, column: ColumnId) -> ColumnId {
        let ty = self.builder.columns().ty(column);
        let domain = Domain::Rows(table);
        self.builder.add_typed(Op::Take, vec![column], ty, domain)
    }

    pub(super) fn key(&mut self, table: TableId, position: u32, column: ColumnId) -> ColumnId {
        let ty = self.builder.columns().ty(column);
        let domain = Domain::Rows(table);
        self.builder
            .add_typed(Op::Key(position), vec![column], ty, domain)
    }

    /// A reduction over all rows of `from`.
    pub(super) fn reduce(
        &mut self,
        reduction: Reduction,
        from: TableId,
        value: Option<ColumnId>,
    ) -> ColumnId {
        let keys = 0;
        let op = Op::Reduce {
            reduction,
            from,
            keys,
        };
        self.op(op, value.as_slice())
    }

    /// A reduction of the rows of `from` in each group.
    pub(super) fn reduce_groups(
        &mut self,
        reduction: Reduction,
        from: TableId,
        groups: TableId,
        value: Option<ColumnId>,
    ) -> ColumnId {
        let value_type = value.map(|value| self.builder.columns().ty(value));
        let ty = crate::typing::reduction_type(reduction, value_type, false).expect("a reduction");
        let keys = 0;
        let op = Op::Reduce {
            reduction,
            from,
            keys,
        };
        let args = value.into_iter().collect();
        self.builder.add_typed(op, args, ty, Domain::Rows(groups))
    }

    /// Gives a column to a node of this name.
    pub(super) fn name(&mut self, column: ColumnId, node: usize, name: &str) {
        let node = NodeId::from_index(node);
        self.builder.serves(column, node);
        let names = &mut self.builder.columns_mut().node_names;
        names.insert(node, name.to_owned());
    }

    pub(super) fn columns(&self) -> &Columns {
        self.builder.columns()
    }

    pub(super) fn try_run(
        &self,
        wanted: &[ColumnId],
    ) -> Result<HashMap<ColumnId, ColumnValues>, Box<RowError>> {
        if let Err(error) = self.columns().verify() {
            panic!("{error}\n{}", self.columns());
        }
        interpret(self.columns(), wanted, self.bound.clone(), &self.table_rows)
    }

    pub(super) fn cells(&self, wanted: ColumnId) -> ColumnValues {
        let found = interpret_cells(
            self.columns(),
            &[wanted],
            self.bound.clone(),
            &self.table_rows,
        );
        found
            .expect("nothing raised")
            .remove(&wanted)
            .expect("it was wanted")
    }

    /// The values of one column; a scalar is one value.
    #[track_caller]
    pub(super) fn run(&self, wanted: ColumnId) -> Vec<Value> {
        let mut found = match self.try_run(&[wanted]) {
            Ok(found) => found,
            Err(error) => panic!("{error}"),
        };
        let values = found.remove(&wanted).expect("it was wanted");
        let value = |cell: &super::Cell| cell.value().expect("errors are raised").clone();
        values.cells().iter().map(value).collect()
    }

    /// The text of the error raised.
    #[track_caller]
    pub(super) fn error(&self, wanted: &[ColumnId]) -> String {
        match self.try_run(wanted) {
            Ok(values) => panic!("no error: {values:?}"),
            Err(error) => error.to_string(),
        }
    }
}

/// What an op gives for each tuple of arguments, given as one row per tuple.
#[track_caller]
pub(super) fn rows_of(op: Op, types: &[ScalarType], rows: &[&[Value]]) -> Vec<Value> {
    let mut program = Program::new();
    let table = program.table("t", rows.len());
    let args: Vec<ColumnId> = types
        .iter()
        .enumerate()
        .map(|(position, scalar)| {
            let values = rows.iter().map(|row| row[position].clone()).collect();
            program.input(table, scalar.nullable(), values)
        })
        .collect();
    let column = program.op(op, &args);
    program.run(column)
}

pub(super) fn integer(value: i128) -> Value {
    Value::Integer(value)
}

pub(super) fn float(value: f64) -> Value {
    Value::F64(value)
}

pub(super) fn text(value: &str) -> Value {
    Value::Str(value.into())
}

pub(super) const NULL: Value = Value::Null;
pub(super) const TRUE: Value = Value::Bool(true);
pub(super) const FALSE: Value = Value::Bool(false);

/// Integers, null where there is none.
pub(super) fn integers<const N: usize>(values: [Option<i128>; N]) -> Vec<Value> {
    values
        .into_iter()
        .map(|value| value.map_or(NULL, Value::Integer))
        .collect()
}

/// Floats, null where there is none.
pub(super) fn floats<const N: usize>(values: [Option<f64>; N]) -> Vec<Value> {
    values
        .into_iter()
        .map(|value| value.map_or(NULL, Value::F64))
        .collect()
}
