//! Finding rows of a table by conditions: one, as [`Find`] says, or all, as [`Join`] does.

use std::collections::HashMap;
use std::sync::Arc;

use smallvec::SmallVec;

use crate::columns::Join;
use crate::interpret::cell::{Cell, ColumnValues};
use crate::interpret::error::RowError;
use crate::interpret::tables::{Stopped, key_at, rows_of};
use crate::meaning::compare::{compare, order};
use crate::meaning::key::Key;
use crate::op::{Comparison, Find, Pick};
use crate::value::Value;

/// The rows of a table that conditions can find, by their keys.
pub(super) struct Candidates {
    rows: HashMap<Key, Vec<Candidate>>,
}

/// A row that conditions can find: none of its columns of a condition is null, and none of those
/// that are compared is NaN.
struct Candidate {
    row: usize,
    /// What is compared, a value per comparison.
    compared: Vec<Value>,
}

/// Whether a value meets no comparison.
fn is_incomparable(value: &Value) -> bool {
    value.is_null() || order(value, value).is_none()
}

impl Candidates {
    /// The rows of `columns`, the first `keys` of which are keys. Those of one key are in row order,
    /// or in the order of the first column that is compared, rows of equal values in row order.
    pub(super) fn new(
        columns: &[&ColumnValues],
        keys: usize,
        by_comparison: bool,
    ) -> Result<Candidates, Stopped> {
        let (keys, compared) = columns.split_at(keys);
        let mut rows: HashMap<Key, Vec<Candidate>> = HashMap::new();
        for row in 0..rows_of(columns).unwrap_or_default() {
            // Errors of all columns, keys first.
            key_at(columns, row).map_err(|error| Stopped::At(Some(row), error))?;
            let key = key_at(keys, row).map_err(|error| Stopped::At(Some(row), error))?;
            let compared = compared
                .iter()
                .filter_map(|values| values.cell(row).value());
            let compared: Vec<Value> = compared.cloned().collect();
            if !key.iter().any(Value::is_null) && !compared.iter().any(is_incomparable) {
                rows.entry(key)
                    .or_default()
                    .push(Candidate { row, compared });
            }
        }
        if by_comparison {
            for candidates in rows.values_mut() {
                // Stable: rows of equal values stay in row order.
                candidates.sort_by(|a, b| {
                    order(&a.compared[0], &b.compared[0]).unwrap_or(std::cmp::Ordering::Equal)
                });
            }
        }
        Ok(Candidates { rows })
    }

    /// The candidates of a key for which all comparisons hold, in their order; `sorted` if that is
    /// the order of the first comparison.
    fn matches<'c>(
        &'c self,
        here: &'c Here<'_>,
        comparisons: &'c [Comparison],
        sorted: bool,
    ) -> impl DoubleEndedIterator<Item = usize> + 'c {
        let of_key = self.rows.get(&here.key).map_or(&[][..], Vec::as_slice);
        let here = &here.compared;
        // Sorted ones are cut by the first comparison, so that few are looked at.
        let of_key = match comparisons.first() {
            Some(first) if sorted => {
                let holds =
                    |candidate: &Candidate| compare(*first, &candidate.compared[0], here[0]);
                match first {
                    Comparison::Less | Comparison::LessOrEqual => {
                        &of_key[..of_key.partition_point(holds)]
                    }
                    _ => &of_key[of_key.partition_point(|candidate| !holds(candidate))..],
                }
            }
            _ => of_key,
        };
        let holds = move |candidate: &&Candidate| {
            let mut sides = comparisons.iter().zip(&candidate.compared).zip(here);
            sides.all(|((comparison, there), here)| compare(*comparison, there, here))
        };
        of_key.iter().filter(holds).map(|candidate| candidate.row)
    }
}

/// The values of a row that conditions are about.
struct Here<'v> {
    key: Key,
    compared: SmallVec<[&'v Value; 2]>,
}

/// The values in a row, the first `keys` of which are keys; none if they meet no condition.
fn here<'v>(
    values: &[&'v ColumnValues],
    keys: usize,
    row: usize,
) -> Result<Option<Here<'v>>, Arc<RowError>> {
    // Errors of all values, keys first.
    key_at(values, row)?;
    let key = key_at(&values[..keys], row)?;
    let compared = values[keys..]
        .iter()
        .filter_map(|values| values.cell(row).value());
    let compared: SmallVec<[&Value; 2]> = compared.collect();
    let nothing = key.iter().any(Value::is_null) || compared.iter().any(|at| is_incomparable(at));
    Ok((!nothing).then_some(Here { key, compared }))
}

/// The row over there that meets all conditions, whose values here are `values`.
pub(super) fn find(find: &Find, candidates: &Candidates, values: &[&ColumnValues]) -> ColumnValues {
    let cell = |row: usize| match here(values, find.keys as usize, row) {
        Err(error) => Cell::Error(error),
        Ok(None) => Cell::NULL,
        Ok(Some(here)) => {
            let sorted = find.pick == Pick::Nearest;
            let mut matches = candidates.matches(&here, &find.comparisons, sorted);
            let found = match find.pick.takes_last(&find.comparisons) {
                true => matches.next_back(),
                false => matches.next(),
            };
            found.map_or(Cell::NULL, |row| Cell::Value(Value::Integer(row as i128)))
        }
    };
    match rows_of(values) {
        Some(rows) => ColumnValues::Rows((0..rows).map(cell).collect()),
        None => ColumnValues::Scalar(cell(0)),
    }
}

/// Rows of a join: the parent's, and the other table's if there is one.
pub(super) type Pairs = Vec<(usize, Option<usize>)>;

/// The rows of a join whose values here are `values`.
pub(super) fn pairs(
    join: &Join,
    candidates: &Candidates,
    values: &[&ColumnValues],
) -> Result<Pairs, Stopped> {
    let mut pairs = Vec::new();
    for row in 0..rows_of(values).unwrap_or_default() {
        let here = here(values, join.keys(), row);
        let here = here.map_err(|error| Stopped::At(Some(row), error))?;
        let before = pairs.len();
        if let Some(here) = here {
            let sorted = join.pick == Some(Pick::Nearest);
            let mut matches = candidates.matches(&here, &join.comparisons, sorted);
            match join.pick {
                None => pairs.extend(matches.map(|there| (row, Some(there)))),
                Some(pick) => {
                    let found = match pick.takes_last(&join.comparisons) {
                        true => matches.next_back(),
                        false => matches.next(),
                    };
                    pairs.extend(found.map(|there| (row, Some(there))));
                }
            }
        }
        if pairs.len() == before && join.left {
            pairs.push((row, None));
        }
    }
    Ok(pairs)
}
