//! The keys of the rows of columns in memory, block by block.

use std::ops::Range;

use super::{BLOCK, KeyColumn, KeyTable, KeyWords};
use crate::data::ChunkedColumn;
use crate::error::RunError;
use crate::execute::view::View;
use crate::memory::Region;

/// Inserts the keys of all rows into a table of keys, and tells for each its number, its row and
/// whether it is new.
pub(crate) fn each_key(
    keys: &mut KeyTable,
    columns: &[&ChunkedColumn],
    rows: usize,
    mut tell: impl FnMut(&KeyTable, usize, usize, bool) -> Result<(), RunError>,
) -> Result<(), RunError> {
    let mut words = KeyWords::default();
    let mut numbers = Vec::new();
    each_block(columns, 0..rows, |block, columns| {
        let mut known = keys.len();
        keys.words_to_insert(columns, 0..block.len(), &mut words)?;
        keys.insert_all(&mut words, &mut numbers)?;
        for (row, number) in block.zip(&numbers) {
            // New keys are numbered in the order of their rows.
            let new = *number as usize == known;
            known += usize::from(new);
            tell(keys, *number as usize, row, new)?;
        }
        Ok(())
    })
}

/// Reads rows of columns block by block; `take` gets the rows of each, and the columns from its
/// first row on.
pub(crate) fn each_block(
    columns: &[&ChunkedColumn],
    rows: Range<usize>,
    mut take: impl FnMut(Range<usize>, &[KeyColumn<'_, '_>]) -> Result<(), RunError>,
) -> Result<(), RunError> {
    let mut lanes: Vec<(Region, Region)> = columns
        .iter()
        .map(|_| (Region::zeroed(16 * BLOCK), Region::zeroed(BLOCK / 8)))
        .collect();
    for start in rows.clone().step_by(BLOCK) {
        let block = start..rows.end.min(start + BLOCK);
        let mut texts = Vec::with_capacity(columns.len());
        for (column, (values, validity)) in columns.iter().zip(&mut lanes) {
            let mut cells = Vec::new();
            column.read_text(block.clone(), &mut cells);
            let (values, validity) = (values.bytes_mut(), validity.bytes_mut());
            texts.push((cells, column.copy(block.clone(), BLOCK, values, validity)));
        }
        let block_columns: Vec<KeyColumn<'_, '_>> = columns
            .iter()
            .zip(texts.iter().zip(&lanes))
            .map(
                |(column, ((cells, nulls), (values, validity)))| match column.lane() {
                    None => KeyColumn::Text(cells),
                    Some(_) => KeyColumn::Lanes(View {
                        values: values.bytes(),
                        validity: nulls.then(|| validity.bytes()),
                    }),
                },
            )
            .collect();
        take(block, &block_columns)?;
    }
    Ok(())
}
