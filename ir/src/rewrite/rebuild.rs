//! Building a program anew from another's columns, in their order.

use std::collections::HashMap;

use crate::columns::{CheckColumns, CheckEvaluation, Columns, ColumnsBuilder, Rows, Selection};
use crate::id::{ColumnId, Id, TableId};
use crate::op::Op;
use crate::types::{Domain, Type};

/// A program being built from another.
pub(super) struct Rebuild<'a> {
    from: &'a Columns,
    builder: ColumnsBuilder,
    /// The new column of each old one, as far as there is one.
    new: Vec<Option<ColumnId>>,
    /// How many new columns there were after each old one, and before the first.
    made: Vec<usize>,
    /// Tables whose rows are made otherwise, by new columns.
    rows: HashMap<TableId, Rows>,
}

impl<'a> Rebuild<'a> {
    /// A program without columns yet; all else is as in `from`, in its ids.
    pub(super) fn new(from: &'a Columns) -> Rebuild<'a> {
        let mut builder = ColumnsBuilder::new();
        let columns = builder.columns_mut();
        columns.inputs = from.inputs.clone();
        columns.params = from.params.clone();
        columns.tables = from.tables.clone();
        columns.node_names = from.node_names.clone();
        columns.host = from.host.clone();
        columns.served = from.served;
        Rebuild {
            from,
            builder,
            new: vec![None; from.columns.len()],
            made: vec![0],
            rows: HashMap::new(),
        }
    }

    /// What stands for an old column.
    pub(super) fn get(&self, old: ColumnId) -> ColumnId {
        self.new[old.index()].expect("a column that was rebuilt before its users")
    }

    /// The type of a new column.
    pub(super) fn ty(&self, new: ColumnId) -> Type {
        self.builder.columns().ty(new)
    }

    /// Says what stands for the next old column, and that it serves the same nodes.
    pub(super) fn set(&mut self, old: ColumnId, new: ColumnId) {
        for node in &self.from.column(old).nodes {
            self.builder.serves(new, *node);
        }
        self.new[old.index()] = Some(new);
        self.made.push(self.builder.columns().columns.len());
    }

    /// A column made of new ones.
    pub(super) fn add(
        &mut self,
        op: Op,
        args: Vec<ColumnId>,
        ty: Type,
        domain: Domain,
    ) -> ColumnId {
        self.builder.add_typed(op, args, ty, domain)
    }

    /// An old column over what stands for its arguments.
    pub(super) fn copy(&mut self, old: ColumnId) -> ColumnId {
        let column = self.from.column(old);
        let args = column.args.iter().map(|arg| self.get(*arg)).collect();
        self.add(column.op.clone(), args, column.ty, column.domain)
    }

    /// The program: tables are made by what stands for the columns that made them.
    pub(super) fn finish(mut self) -> Columns {
        let rows: Vec<Rows> = (self.from.tables.iter())
            .map(|(table, shape)| match self.rows.remove(&table) {
                Some(rows) => rows,
                None => self.rows(&shape.rows),
            })
            .collect();
        let mut outputs = self.from.outputs.clone();
        for output in &mut outputs {
            output.column = self.get(output.column);
        }
        let checks = self.from.checks.iter().map(|check| self.check(check));
        let checks = checks.collect();
        let columns = self.builder.columns_mut();
        columns.checks = checks;
        for (shape, rows) in columns.tables.values_mut().zip(rows) {
            // A table that nothing is read of any more was made one without rows of its own.
            if shape.rows != Rows::Source {
                shape.rows = rows;
            }
        }
        columns.outputs = outputs;
        self.builder.finish()
    }

    /// Makes the rows of a table otherwise, by new columns.
    pub(super) fn set_rows(&mut self, table: TableId, rows: Rows) {
        self.rows.insert(table, rows);
    }

    /// Leaves a table without columns, and without a pass that makes its rows.
    pub(super) fn drop_table(&mut self, table: TableId) {
        self.builder.columns_mut().tables[table].rows = Rows::Source;
    }

    fn check(&self, check: &CheckColumns) -> CheckColumns {
        let mut check = check.clone();
        let made = |old: ColumnId| ColumnId::from_index(self.made[old.index()]);
        check.own = made(check.own.start)..made(check.own.end);
        let new = |column: &mut ColumnId| *column = self.get(*column);
        match &mut check.evaluation {
            CheckEvaluation::Skipped { .. } => {}
            CheckEvaluation::Scalar { condition, values } => {
                new(condition);
                (values.iter_mut()).for_each(|value| new(&mut value.column));
            }
            CheckEvaluation::Rows {
                rows,
                failed,
                row,
                values,
                ..
            } => {
                [rows, failed, row].into_iter().for_each(new);
                (values.iter_mut()).for_each(|value| new(&mut value.column));
            }
        }
        check
    }

    fn rows(&self, rows: &Rows) -> Rows {
        let mut rows = rows.clone();
        let new = |column: &mut ColumnId| {
            if let Some(new) = self.new[column.index()] {
                *column = new;
            }
        };
        match &mut rows {
            Rows::Source => {}
            Rows::Stack { parts } => parts.iter_mut().for_each(|part| new(&mut part.rows)),
            Rows::Group { keys, filter, .. } => keys.iter_mut().chain(filter).for_each(new),
            Rows::Take { selection, .. } => match selection {
                Selection::Where(predicate) | Selection::First { predicate, .. } => new(predicate),
                Selection::Order(keys) => keys.iter_mut().for_each(|key| new(&mut key.column)),
                Selection::Limit {
                    count, parent_rows, ..
                } => {
                    new(count);
                    new(parent_rows);
                }
                Selection::Sample { key, count } => {
                    new(key);
                    new(count);
                }
                Selection::Distinct(keys) => keys.iter_mut().for_each(new),
                Selection::Join(join) => {
                    join.there.iter_mut().for_each(new);
                    join.here.iter_mut().for_each(new);
                }
            },
        }
        rows
    }
}
