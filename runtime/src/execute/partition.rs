//! The rows of a table by key, and in the order of other columns.

use std::ops::Range;

use icosian_ir::columns::Columns;
use icosian_ir::id::ColumnId;
use icosian_ir::op::WindowOver;

use crate::data::BoundTable;
use crate::error::RunError;
use crate::execute::keyed_window::kept;
use crate::execute::keys::{KeyColumn, KeyTable};
use crate::execute::run::Run;
use crate::execute::sort::{SortColumn, sort_rows};
use crate::execute::view::View;
use crate::memory::Region;

/// Rows whose keys are read at a time.
const BLOCK: usize = 1024;

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
            let sorted = sort_rows(&order, count, run.budget())?;
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
    let mut lanes: Vec<(Region, Region)> = sources
        .iter()
        .map(|_| (Region::zeroed(16 * BLOCK), Region::zeroed(BLOCK / 8)))
        .collect();
    let mut words = Vec::new();
    let mut groups = Vec::with_capacity(data.rows());
    for start in (0..data.rows()).step_by(BLOCK) {
        let block = start..data.rows().min(start + BLOCK);
        let mut texts = Vec::with_capacity(sources.len());
        for (source, (values, validity)) in sources.iter().zip(&mut lanes) {
            let mut cells = Vec::new();
            source.read_text(block.clone(), &mut cells);
            let (values, validity) = (values.bytes_mut(), validity.bytes_mut());
            let nulls = source.copy(block.clone(), BLOCK, values, validity);
            texts.push((cells, nulls));
        }
        let block_keys: Vec<KeyColumn<'_, '_>> = sources
            .iter()
            .zip(texts.iter().zip(&lanes))
            .map(|(source, ((cells, nulls), (values, validity)))| {
                if source.lane().is_none() {
                    return KeyColumn::Text(cells);
                }
                KeyColumn::Lanes(View {
                    values: values.bytes(),
                    validity: nulls.then(|| validity.bytes()),
                })
            })
            .collect();
        table.words_to_insert(&block_keys, 0..block.len(), &mut words)?;
        for key in words.chunks_exact(table.width()) {
            groups.push(table.insert(key)?.0 as u32);
        }
    }
    Ok((groups, table.len()))
}
