//! What a run knows besides its sources: scalars, group tables, filtered tables, built lookup
//! tables and carried sums. Passes read it; finishing a pass adds to it.

use std::collections::HashMap;
use std::sync::Arc;

use icosian_ir::columns::Columns;
use icosian_ir::id::{ColumnId, TableId};
use icosian_ir::interpret::Cell;
use icosian_ir::op::Op;
use icosian_ir::plan::BuildSide;

use crate::data::{BoundTable, ChunkedColumn};
use crate::error::{RunError, internal};
use crate::execute::built::BuiltTable;
use crate::execute::sink::{CarryEntry, CarrySum};

/// What a run knows besides its sources.
#[derive(Clone, Debug, Default)]
pub struct Params {
    pub(crate) scalars: HashMap<ColumnId, Cell>,
    pub(crate) tables: HashMap<TableId, Arc<BoundTable>>,
    pub(crate) built: HashMap<TableId, Vec<Arc<BuiltTable>>>,
    pub(crate) carries: HashMap<ColumnId, Arc<Carry>>,
    /// Columns of tables that are parts of another, until all parts are there.
    pub(crate) parts: HashMap<ColumnId, Arc<ChunkedColumn>>,
}

impl Params {
    /// Nothing but what the caller gave.
    pub(crate) fn new(scalars: HashMap<ColumnId, Cell>) -> Params {
        Params {
            scalars,
            ..Params::default()
        }
    }

    /// The value of a scalar, if it is known; constants always are.
    pub(crate) fn scalar(&self, columns: &Columns, column: ColumnId) -> Option<Cell> {
        match &columns.column(column).op {
            Op::Literal(value) => Some(Cell::Value(value.clone())),
            _ => self.scalars.get(&column).cloned(),
        }
    }

    /// The build side that a lookup probes.
    pub(crate) fn built_for(&self, side: &BuildSide) -> Result<&Arc<BuiltTable>, RunError> {
        let table = side.table;
        self.built
            .get(&table)
            .and_then(|built| built.iter().find(|built| built.side == *side))
            .ok_or_else(|| internal(format!("{table} was not built before its lookup")))
    }

    /// A build side that holds a column.
    pub(crate) fn built_with(
        &self,
        table: TableId,
        column: ColumnId,
    ) -> Result<&Arc<BuiltTable>, RunError> {
        self.built
            .get(&table)
            .and_then(|built| {
                built
                    .iter()
                    .find(|built| built.data.column(column).is_some())
            })
            .ok_or_else(|| internal(format!("{column} of {table} was not built before its use")))
    }
}

/// The sums from which a cumulative window starts at the borders of the first pass's morsels.
#[derive(Debug)]
pub(crate) struct Carry {
    /// First rows, ascending.
    pub(crate) starts: Vec<u64>,
    /// The sum of all rows before each.
    pub(crate) before: Vec<CarrySum>,
}

impl Carry {
    /// The running sums of window `position` of entries in the order of rows, which must be all of
    /// the table's.
    pub(crate) fn new(
        entries: &[CarryEntry],
        position: usize,
        mut sum: CarrySum,
    ) -> Result<Carry, RunError> {
        let mut end = 0;
        let mut carry = Carry {
            starts: Vec::with_capacity(entries.len()),
            before: Vec::with_capacity(entries.len()),
        };
        for entry in entries {
            if entry.start != end {
                return Err(internal("a partition is missing, or there twice"));
            }
            end = entry.end;
            carry.starts.push(entry.start);
            carry.before.push(sum.clone());
            sum.merge(&entry.sums[position]);
        }
        Ok(carry)
    }

    /// The last border at or before a row, and the sum before it.
    pub(crate) fn at(&self, row: usize) -> Option<(usize, &CarrySum)> {
        let after = self.starts.partition_point(|start| *start <= row as u64);
        let position = after.checked_sub(1)?;
        Some((self.starts[position] as usize, &self.before[position]))
    }
}
