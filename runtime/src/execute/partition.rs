//! The rows of a table by key, and in the order of other columns.

use std::ops::Range;

use icosian_ir::columns::Columns;
use icosian_ir::id::ColumnId;
use icosian_ir::op::WindowOver;

use crate::data::{BoundTable, ChunkedColumn};
use crate::error::RunError;
use crate::execute::keyed_window::kept;
use crate::execute::keys::{KeyTable, each_key};
use crate::execute::run::Run;
use crate::execute::sort::{SortColumn, sort_rows};

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
        if !order.is_empty() {
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
