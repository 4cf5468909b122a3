//! Build sides: a table's rows, and which of them have which key.

use icosian_ir::columns::Columns;
use icosian_ir::id::ColumnId;
use icosian_ir::plan::{Arrangement, BuildSide};
use icosian_ir::value::Value;

use crate::convert::column_values;
use crate::data::{BoundTable, ChunkedColumn};
use crate::error::{RunError, internal};
use crate::execute::candidates::{Candidates, Compared};
use crate::execute::keys::{KeyTable, NO_KEY, each_block, each_key};
use crate::execute::order_words::{Ranks, order_words};

/// A table that lookups probe: its rows, and which row has which key.
#[derive(Debug)]
pub(crate) struct BuiltTable {
    pub(crate) side: BuildSide,
    pub(crate) data: BoundTable,
    pub(crate) keys: KeyTable,
    /// The row of each key, where keys are unique, [`NO_KEY`] where no key has the number; and once more
    /// that behind them. None where every key's number is its row.
    pub(crate) rows: Option<Vec<u32>>,
    /// The rows of each key, where they are not.
    pub(crate) candidates: Option<Candidates>,
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
        let key_columns = side.keys.iter().map(|key| kept(&data, *key));
        let key_columns = key_columns.collect::<Result<Vec<_>, _>>()?;
        let mut rows = Vec::new();
        let mut candidates = None;
        match &side.arrangement {
            Arrangement::Unique => {
                let unique = |keys: &KeyTable, number: usize, row: usize, new: bool| {
                    if new {
                        rows.push(row as u32);
                    } else if keys.key(number)[0] == 0 {
                        return Err(RunError::DuplicateKey {
                            table: name.clone(),
                            key: keys.describe(number),
                            rows: (rows[number].into(), row as u64),
                        });
                    }
                    Ok(())
                };
                each_key(&mut keys, &key_columns, data.rows(), unique)?;
            }
            Arrangement::Rows(ids) | Arrangement::Sorted(ids) => {
                let (compared, comparable) = compared(columns, &data, ids)?;
                let sorted = matches!(side.arrangement, Arrangement::Sorted(_));
                if key_columns.is_empty() {
                    // What there is has one key.
                    each_key(&mut keys, &[], data.rows().min(1), |_, _, _, _| Ok(()))?;
                    let found = Candidates::without_keys(&comparable, compared, sorted)?;
                    return Ok(BuiltTable {
                        side,
                        data,
                        keys,
                        rows: Some(rows),
                        candidates: Some(found),
                    });
                }
                let mut numbers = Vec::with_capacity(data.rows());
                let number_rows = |keys: &KeyTable, number: usize, row: usize, _| {
                    let is_found = keys.key(number)[0] == 0 && comparable[row];
                    numbers.push(if is_found { number as u32 } else { NO_KEY });
                    Ok(())
                };
                each_key(&mut keys, &key_columns, data.rows(), number_rows)?;
                candidates = Some(Candidates::new(keys.len(), &numbers, compared, sorted)?);
            }
        }
        rows.push(NO_KEY);
        Ok(BuiltTable {
            side,
            data,
            keys,
            rows: Some(rows),
            candidates,
        })
    }

    /// The row of a key, where keys are unique.
    #[inline(always)]
    pub(crate) fn row(&self, number: u32) -> Option<u32> {
        let row = match &self.rows {
            Some(rows) => rows.get(number as usize).copied(),
            None => Some(number),
        };
        row.filter(|row| *row != NO_KEY)
    }

    /// Which compared column a column over there is.
    pub(crate) fn compared(&self, column: ColumnId) -> Result<usize, RunError> {
        let mut compared = self.side.arrangement.compared().iter();
        compared
            .position(|known| *known == column)
            .ok_or_else(|| internal(format!("{column} is compared but was not built")))
    }
}

fn kept(data: &BoundTable, column: ColumnId) -> Result<&ChunkedColumn, RunError> {
    let found = data.column(column).map(AsRef::as_ref);
    found.ok_or_else(|| internal("a key column that was not kept"))
}

fn integer(value: Value) -> Option<i128> {
    match value {
        Value::Integer(value) => Some(value),
        _ => None,
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
        let column = kept(data, *id)?;
        let lane = columns.scalar_type(*id).lane();
        let scalar = columns.scalar_type(*id);
        let decimals = || {
            let values = column_values(column, scalar, 0..data.rows()).into_iter();
            Ranks::of_decimals(values.filter_map(integer).collect())
        };
        let ranks = scalar.is_decimal().then(decimals);
        let ranks = ranks.or_else(|| {
            lane.is_none().then(|| {
                let mut cells = Vec::new();
                column.read_text(0..data.rows(), &mut cells);
                Ranks::new(cells.into_iter().flatten().collect())
            })
        });
        let mut words = Vec::with_capacity(data.rows());
        let mut of_block = Vec::new();
        each_block(&[column], 0..data.rows(), |block, columns| {
            let rows = 0..block.len();
            let comparable = &mut comparable[block];
            let ranks = ranks.as_ref();
            order_words(&columns[0], lane, ranks, rows, &mut of_block, comparable)?;
            words.extend_from_slice(&of_block);
            Ok(())
        })?;
        found.push(Compared::new(words, ranks, lane));
    }
    Ok((found, comparable))
}
