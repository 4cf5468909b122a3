//! The rows of a table by key, and in the order of other columns.

use std::ops::Range;

use icosian_ir::columns::Columns;
use icosian_ir::id::ColumnId;
use icosian_ir::op::WindowOver;
use icosian_ir::types::Lane;
use rayon::iter::{IntoParallelIterator, ParallelIterator};

use crate::bytes::typed;
use crate::data::{BoundTable, ChunkedColumn};
use crate::error::RunError;
use crate::execute::keyed_window::kept;
use crate::execute::keys::{KeyTable, each_key};
use crate::execute::run::Run;
use crate::execute::sort::{SortColumn, sort_rows};

/// Rows that one thread looks at, at a time.
const PIECE: usize = 1 << 16;

/// The rows of a table by key and in order.
#[derive(Debug)]
pub(crate) struct Partitions {
    /// Every row, those of one key together; none where they stand so in the table.
    pub(crate) rows: Option<Vec<u32>>,
    /// Where the rows of each key begin, then the number of rows.
    pub(crate) starts: Vec<usize>,
}

impl Partitions {
    /// Puts the rows of a table in order.
    pub(crate) fn new(
        run: &Run<'_>,
        data: &BoundTable,
        keys: &[ColumnId],
        window: &WindowOver,
        order: &[ColumnId],
    ) -> Result<Partitions, RunError> {
        let count = data.rows();
        let order: Vec<SortColumn<'_>> = order
            .iter()
            .zip(&window.over.order)
            .map(|(column, direction)| {
                Ok(SortColumn {
                    column: kept(data, *column)?,
                    direction: *direction,
                })
            })
            .collect::<Result<_, RunError>>()?;
        let mut rows = None;
        if !order.is_empty() && !stand_in_order(&order) {
            let sorted = sort_rows(&order, count, None, run.budget())?;
            if !sorted.is_sorted() {
                rows = Some(sorted);
            }
        }
        if keys.is_empty() {
            let starts = vec![0, count];
            return Ok(Partitions { rows, starts });
        }
        let (groups, number) = groups(run.prepared().columns(), data, keys)?;
        // Counted, then placed: rows of one key stay in the order they have.
        let mut starts = vec![0usize; number + 1];
        for group in &groups {
            starts[*group as usize + 1] += 1;
        }
        for group in 0..number {
            starts[group + 1] += starts[group];
        }
        if rows.is_none() && groups.is_sorted() {
            return Ok(Partitions { rows: None, starts });
        }
        let mut next = starts.clone();
        let mut placed = vec![0u32; count];
        let mut place = |row: u32| {
            let at = &mut next[groups[row as usize] as usize];
            placed[*at] = row;
            *at += 1;
        };
        match rows {
            Some(rows) => rows.into_iter().for_each(&mut place),
            None => (0..count).for_each(|row| place(row as u32)),
        }
        Ok(Partitions {
            rows: Some(placed),
            starts,
        })
    }

    /// The keys in runs of at least so many rows.
    pub(crate) fn tasks(&self, least: usize) -> Vec<Range<usize>> {
        let mut tasks = Vec::new();
        let mut first = 0;
        for key in 1..self.starts.len() {
            let rows = self.starts[key] - self.starts[first];
            if rows >= least || key + 1 == self.starts.len() {
                tasks.push(first..key);
                first = key;
            }
        }
        tasks
    }
}

/// Whether rows are known to stand in an order already, as those of time series do: by one column of integers,
/// none of them null.
fn stand_in_order(order: &[SortColumn<'_>]) -> bool {
    let [SortColumn { column, direction }] = order else {
        return false;
    };
    let (Some(lane), Some((values, _, None))) = (column.lane(), column.payload()) else {
        return false;
    };
    if values.as_ptr().align_offset(lane.bytes(1)) != 0 {
        return false;
    }
    let descending = direction.descending;
    match lane {
        Lane::I32 => are_in_order(typed::<i32>(values), descending),
        Lane::I64 => are_in_order(typed::<i64>(values), descending),
        Lane::Bool
        | Lane::I8
        | Lane::I16
        | Lane::U8
        | Lane::U16
        | Lane::U32
        | Lane::U64
        | Lane::I128
        | Lane::F32
        | Lane::F64 => false,
    }
}

fn are_in_order<T: Ord + Sync>(values: &[T], descending: bool) -> bool {
    let piece = |start: usize| {
        // With the first of the next piece.
        let values = &values[start..values.len().min(start + PIECE + 1)];
        if descending {
            values.is_sorted_by(|one, next| one >= next)
        } else {
            values.is_sorted()
        }
    };
    let pieces = values.len().div_ceil(PIECE);
    if rayon::current_thread_index().is_some() {
        (0..pieces).into_par_iter().all(|at| piece(at * PIECE))
    } else {
        (0..pieces).all(|at| piece(at * PIECE))
    }
}

/// The key of each row as a number, by first appearance, and how many keys there are.
fn groups(
    columns: &Columns,
    data: &BoundTable,
    keys: &[ColumnId],
) -> Result<(Vec<u32>, usize), RunError> {
    let types = keys.iter().map(|key| columns.scalar_type(*key)).collect();
    let mut table = KeyTable::new(types)?;
    let sources = keys
        .iter()
        .map(|key| kept(data, *key))
        .collect::<Result<Vec<_>, _>>()?;
    let sources: Vec<&ChunkedColumn> = sources.into_iter().map(AsRef::as_ref).collect();
    let mut groups = Vec::with_capacity(data.rows());
    each_key(&mut table, &sources, data.rows(), |_, number, _, _| {
        groups.push(number as u32);
        Ok(())
    })?;
    Ok((groups, table.len()))
}
