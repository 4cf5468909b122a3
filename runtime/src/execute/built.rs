//! Build sides: a table's rows, and which of them have which key.

use icosian_ir::columns::Columns;
use icosian_ir::id::ColumnId;
use icosian_ir::plan::{Arrangement, BuildSide};

use crate::data::{BoundTable, ChunkedColumn};
use crate::error::{RunError, internal};
use crate::execute::candidates::{Candidates, Compared, NO_KEY};
use crate::execute::keys::{KeyColumn, KeyTable};
use crate::execute::order_words::{Ranks, order_words};
use crate::execute::view::View;
use crate::memory::Region;

/// Rows read at once.
const ROWS: usize = 1024;

/// A table that lookups probe: its rows, and which row has which key.
#[derive(Debug)]
pub(crate) struct BuiltTable {
    pub(crate) side: BuildSide,
    pub(crate) data: BoundTable,
    pub(crate) keys: KeyTable,
    /// The row of each key, where keys are unique.
    pub(crate) rows: Vec<u32>,
    /// The rows of each key, where they are not.
    pub(crate) candidates: Option<Candidates>,
}

/// The columns of a built table, read block by block.
struct Reader<'d> {
    columns: Vec<(Option<icosian_ir::types::Lane>, &'d ChunkedColumn)>,
    lanes: Vec<(Region, Region)>,
}

impl<'d> Reader<'d> {
    fn new(columns: &Columns, data: &'d BoundTable, ids: &[ColumnId]) -> Result<Self, RunError> {
        let found = ids.iter().map(|id| {
            let column = data.column(*id);
            let column = column.ok_or_else(|| internal("a key column that was not kept"))?;
            Ok((columns.scalar_type(*id).lane(), &**column))
        });
        Ok(Reader {
            columns: found.collect::<Result<_, RunError>>()?,
            lanes: ids
                .iter()
                .map(|_| (Region::zeroed(8 * ROWS), Region::zeroed(ROWS / 8)))
                .collect(),
        })
    }

    /// Calls `take` with the columns of a block of rows.
    fn read<T>(
        &mut self,
        block: std::ops::Range<usize>,
        take: impl FnOnce(&[KeyColumn<'_, 'd>]) -> Result<T, RunError>,
    ) -> Result<T, RunError> {
        let mut texts = Vec::with_capacity(self.columns.len());
        for ((lane, column), (values, validity)) in self.columns.iter().zip(&mut self.lanes) {
            let mut cells = Vec::new();
            let mut nulls = false;
            match lane {
                None => column.read_text(block.clone(), &mut cells),
                Some(_) => {
                    let (values, validity) = (values.bytes_mut(), validity.bytes_mut());
                    nulls = column.copy(block.clone(), ROWS, values, validity);
                }
            }
            texts.push((cells, nulls));
        }
        let columns: Vec<KeyColumn<'_, 'd>> = (self.columns.iter())
            .zip(texts.iter().zip(&self.lanes))
            .map(
                |((lane, _), ((cells, nulls), (values, validity)))| match lane {
                    None => KeyColumn::Text(cells),
                    Some(_) => KeyColumn::Lanes(View {
                        values: values.bytes(),
                        validity: nulls.then(|| validity.bytes()),
                    }),
                },
            )
            .collect();
        take(&columns)
    }
}

fn blocks(rows: usize) -> impl Iterator<Item = std::ops::Range<usize>> {
    (0..rows)
        .step_by(ROWS)
        .map(move |start| start..rows.min(start + ROWS))
}

impl BuiltTable {
    /// Finds the rows of every key.
    pub(crate) fn new(
        columns: &Columns,
        side: BuildSide,
        data: BoundTable,
    ) -> Result<BuiltTable, RunError> {
        let name = &columns.tables[side.table].name;
        let types = side.keys.iter().map(|key| columns.scalar_type(*key));
        let mut keys = KeyTable::new(types.collect())?;
        if u32::try_from(data.rows()).is_err() {
            return Err(internal(format!(
                "{name} has more rows than lookups can number"
            )));
        }
        let mut reader = Reader::new(columns, &data, &side.keys)?;
        let mut words = Vec::new();
        let mut rows = Vec::new();
        let mut candidates = None;
        match &side.arrangement {
            Arrangement::Unique => {
                for block in blocks(data.rows()) {
                    reader.read(block.clone(), |columns| {
                        keys.words_to_insert(columns, 0..block.len(), &mut words)
                    })?;
                    for (row, key) in block.zip(words.chunks_exact(keys.width())) {
                        let (number, new) = keys.insert(key)?;
                        if new {
                            rows.push(row as u32);
                        } else if key[0] == 0 {
                            return Err(RunError::DuplicateKey {
                                table: name.clone(),
                                key: keys.describe(number),
                            });
                        }
                    }
                }
            }
            Arrangement::Rows(ids) | Arrangement::Sorted(ids) => {
                let (compared, comparable) = compared(columns, &data, ids)?;
                let mut numbers = Vec::with_capacity(data.rows());
                for block in blocks(data.rows()) {
                    reader.read(block.clone(), |columns| {
                        keys.words_to_insert(columns, 0..block.len(), &mut words)
                    })?;
                    for (row, key) in block.zip(words.chunks_exact(keys.width())) {
                        numbers.push(match key[0] == 0 && comparable[row] {
                            true => keys.insert(key)?.0 as u32,
                            false => NO_KEY,
                        });
                    }
                }
                let sorted = matches!(side.arrangement, Arrangement::Sorted(_));
                candidates = Some(Candidates::new(keys.len(), &numbers, compared, sorted)?);
            }
        }
        Ok(BuiltTable {
            side,
            data,
            keys,
            rows,
            candidates,
        })
    }

    /// Which compared column a column over there is.
    pub(crate) fn compared(&self, column: ColumnId) -> Result<usize, RunError> {
        let mut compared = self.side.arrangement.compared().iter();
        compared
            .position(|known| *known == column)
            .ok_or_else(|| internal(format!("{column} is compared but was not built")))
    }
}

/// The words of the columns compared, by row, and the rows in which all of them compare at all.
fn compared(
    columns: &Columns,
    data: &BoundTable,
    ids: &[ColumnId],
) -> Result<(Vec<Compared>, Vec<bool>), RunError> {
    let mut comparable = vec![true; data.rows()];
    let mut found = Vec::with_capacity(ids.len());
    for id in ids {
        let lane = columns.scalar_type(*id).lane();
        let ranks = match (lane, data.column(*id)) {
            (None, Some(column)) => {
                let mut cells = Vec::new();
                column.read_text(0..data.rows(), &mut cells);
                Some(Ranks::new(cells.into_iter().flatten().collect()))
            }
            _ => None,
        };
        let mut words = Vec::with_capacity(data.rows());
        let mut block_words = Vec::with_capacity(ROWS);
        let mut reader = Reader::new(columns, data, &[*id])?;
        for block in blocks(data.rows()) {
            let rows = 0..block.len();
            reader.read(block.clone(), |columns| {
                let comparable = &mut comparable[block];
                order_words(
                    &columns[0],
                    lane,
                    ranks.as_ref(),
                    rows,
                    &mut block_words,
                    comparable,
                )
            })?;
            words.extend_from_slice(&block_words);
        }
        found.push(Compared { words, ranks, lane });
    }
    Ok((found, comparable))
}
