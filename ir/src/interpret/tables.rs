//! Rows of other tables: the groups of keys, lookups and gathers.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use crate::columns::Columns;
use crate::id::ColumnId;
use crate::interpret::cell::{Cell, ColumnValues};
use crate::interpret::error::{RowError, RowErrorKind};
use crate::interpret::evaluate::Raised;
use crate::interpret::row::first_of;
use crate::meaning::key::{Key, canonical};
use crate::op::Op;
use crate::value::Value;

/// Why a table could not be made.
pub(super) enum Stopped {
    /// A column it needs was not there, because an error was raised earlier.
    Before,
    /// An error in this row; none for a scalar's.
    At(Option<usize>, Arc<RowError>),
}

impl From<Raised> for Stopped {
    fn from(_: Raised) -> Stopped {
        Stopped::Before
    }
}

/// The key in a row, or the error among its cells.
pub(super) fn key_at(keys: &[&ColumnValues], row: usize) -> Result<Key, Arc<RowError>> {
    match first_of(keys.iter().map(|values| values.cell(row))) {
        Some(error) => Err(error),
        None => Ok(keys
            .iter()
            .filter_map(|values| values.cell(row).value().map(canonical))
            .collect()),
    }
}

pub(super) fn rows_of(columns: &[&ColumnValues]) -> Option<usize> {
    columns.iter().find_map(|values| values.rows())
}

/// The groups of a table's rows by their keys, by first appearance.
pub(super) struct Groups {
    /// The key of each group.
    pub(super) keys: Vec<Key>,
    /// The group of each row of the parent; none if the row is not in any.
    pub(super) of_rows: Vec<Option<usize>>,
    /// The first row of each group.
    pub(super) first_rows: Vec<usize>,
}

impl Groups {
    /// The groups of all rows, or of those where `filter` is true.
    pub(super) fn new(
        columns: &[&ColumnValues],
        filter: Option<&ColumnValues>,
    ) -> Result<Groups, Stopped> {
        let rows = rows_of(columns).unwrap_or_default();
        let mut known: HashMap<Key, usize> = HashMap::new();
        let mut keys = Vec::new();
        let mut of_rows = Vec::with_capacity(rows);
        let mut first_rows = Vec::new();
        for row in 0..rows {
            match filter.map(|filter| filter.cell(row)) {
                None | Some(Cell::Value(Value::Bool(true))) => {}
                Some(Cell::Value(_)) => {
                    of_rows.push(None);
                    continue;
                }
                Some(Cell::Error(error)) => return Err(Stopped::At(Some(row), Arc::clone(error))),
            }
            let key = key_at(columns, row).map_err(|error| Stopped::At(Some(row), error))?;
            let group = match known.entry(key) {
                Entry::Occupied(entry) => *entry.get(),
                Entry::Vacant(entry) => {
                    keys.push(entry.key().clone());
                    first_rows.push(row);
                    *entry.insert(keys.len() - 1)
                }
            };
            of_rows.push(Some(group));
        }
        Ok(Groups {
            keys,
            of_rows,
            first_rows,
        })
    }

    /// One part of every group's key. Keys are canonical: +0 for both zeros.
    pub(super) fn key_column(&self, position: usize) -> ColumnValues {
        self.keys.iter().map(|key| key[position].clone()).collect()
    }
}

/// The rows of a table by their keys, of which no two are equal.
pub(super) struct Index {
    rows: HashMap<Key, usize>,
    null_matches: bool,
}

impl Index {
    /// Keys with a null in them are left out unless null matches null.
    pub(super) fn new(
        columns: &Columns,
        lookup: ColumnId,
        keys: &[&ColumnValues],
        null_matches: bool,
    ) -> Result<Index, Stopped> {
        let mut rows = HashMap::new();
        for row in 0..rows_of(keys).unwrap_or_default() {
            let key = key_at(keys, row).map_err(|error| Stopped::At(Some(row), error))?;
            if !null_matches && key.iter().any(Value::is_null) {
                continue;
            }
            match rows.entry(key) {
                Entry::Vacant(entry) => {
                    entry.insert(row);
                }
                Entry::Occupied(entry) => {
                    let first_row = *entry.get() as u64;
                    let operands = entry.key().to_vec();
                    let error = duplicate(columns, lookup, row as u64, first_row, operands);
                    return Err(Stopped::At(Some(row), Arc::new(error)));
                }
            }
        }
        Ok(Index { rows, null_matches })
    }
}

/// The error of a key that two rows of a table have, worded for the lookup that met it.
pub(super) fn duplicate(
    columns: &Columns,
    lookup: ColumnId,
    row: u64,
    first_row: u64,
    key: Vec<Value>,
) -> RowError {
    let table = match &columns.column(lookup).op {
        Op::Lookup { table, .. } => columns.tables[*table].name.clone(),
        other => panic!("{other} looks nothing up"),
    };
    let kind = RowErrorKind::DuplicateKey { table, first_row };
    RowError::new(columns, lookup, Some(row), kind, key)
}

/// The row over there that each key here finds.
pub(super) fn look_up(index: &Index, keys: &[&ColumnValues]) -> ColumnValues {
    let cell = |row: usize| match key_at(keys, row) {
        Err(error) => Cell::Error(error),
        Ok(key) if !index.null_matches && key.iter().any(Value::is_null) => Cell::NULL,
        Ok(key) => match index.rows.get(&key) {
            Some(found) => Cell::Value(Value::Integer(*found as i128)),
            None => Cell::NULL,
        },
    };
    match rows_of(keys) {
        Some(rows) => ColumnValues::Rows((0..rows).map(cell).collect()),
        None => ColumnValues::Scalar(cell(0)),
    }
}

/// The value in the row that a row reference names.
pub(super) fn gather(row: &Cell, values: &ColumnValues) -> Cell {
    match row {
        Cell::Value(Value::Integer(row)) => {
            let row = usize::try_from(*row).expect("a row reference is a position");
            values.cell(row).clone()
        }
        Cell::Value(_) => Cell::NULL,
        Cell::Error(_) => row.clone(),
    }
}
