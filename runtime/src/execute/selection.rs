//! Which rows of a pass a table takes: chosen block by block where that can be, and put in order or
//! thinned once all are there.
//!
//! A `distinct` keeps of each morsel the first row of each key, and of those the first of all: the
//! rows held are few where the keys are; where keys are likely to lie close together, a bit for each
//! tells whether it was seen. An `order by` holds all rows and sorts them at the end.

use std::collections::HashSet;
use std::ops::Range;

use arrow::array::ArrayRef;
use icosian_ir::columns::{Columns, End, Selection};
use icosian_ir::id::{ColumnId, TableId};
use icosian_ir::interpret::{Cell, ColumnValues, RowError, SAMPLE, not_a_row_count, row_count};
use icosian_ir::meaning::key::{Key, canonical};
use icosian_ir::meaning::order::Direction;
use icosian_ir::op::Op;
use icosian_ir::types::ScalarType;
use icosian_ir::value::Value;

use crate::compact::{bits_at, bits_inside};
use crate::data::ChunkedColumn;
use crate::error::{RunError, internal, row_error};
use crate::execute::join::JoinPlan;
use crate::execute::keys::{KeyColumn, KeyTable, KeyWords, PlaceSet, Spans, each_block, each_key};
use crate::execute::params::Params;
use crate::execute::run::Run;
use crate::execute::sink::BlockColumns;
use crate::execute::sort::{SortColumn, sort_rows};
use crate::execute::view::View;

/// A column that a sink keeps, as its position among them.
type Kept = usize;

/// The columns that a spool keeps: what its `Take` columns take, then the keys that are needed
/// again when all rows are there; none twice.
pub(crate) fn spooled(
    columns: &Columns,
    selection: &Selection,
    taken: &[ColumnId],
) -> Vec<ColumnId> {
    let arguments = taken.iter().flat_map(|id| &columns.column(*id).args);
    let mut kept = Vec::with_capacity(taken.len());
    let keys = match selection {
        Selection::Order(_)
        | Selection::Sample { .. }
        | Selection::Distinct(_)
        | Selection::Join(_) => selection.keys(),
        Selection::Where(_) | Selection::First { .. } | Selection::Limit { .. } => Vec::new(),
    };
    let mut seen = HashSet::new();
    for id in arguments.chain(&keys) {
        if seen.insert(*id) {
            kept.push(*id);
        }
    }
    kept
}

/// A selection with its columns found.
#[derive(Clone, Debug)]
pub(crate) enum SelectionPlan {
    /// The slot of the predicate.
    Where(usize),
    First {
        /// The slot of the predicate.
        predicate: usize,
        count: usize,
    },
    Order(Vec<(Kept, Direction)>),
    Limit {
        table: TableId,
        end: End,
        count: ColumnId,
    },
    /// All rows until they can be compared.
    Sample {
        table: TableId,
        key: Kept,
        count: ColumnId,
    },
    Distinct {
        slots: Vec<usize>,
        kept: Vec<Kept>,
        types: Vec<ScalarType>,
    },
    Join(Box<JoinPlan>),
}

/// With more places than this, clearing their bits takes longer than finding a morsel's keys.
const MOST_BITS: usize = 1 << 22;

/// A selection at work on the rows of one morsel.
pub(crate) enum Chooser {
    All,
    Where(usize),
    /// So many more of those that fit.
    First {
        predicate: usize,
        left: usize,
    },
    /// Rows of the table.
    Range(Range<usize>),
    Distinct(Box<Seen>),
}

/// The keys seen in a morsel.
pub(crate) struct Seen {
    slots: Vec<usize>,
    keys: KeyTable,
    /// The keys, where they are likely to lie close together.
    places: Option<PlaceSet>,
    words: KeyWords,
    numbers: Vec<u32>,
    /// The rows of new keys.
    new: Vec<u32>,
}

impl SelectionPlan {
    /// The slots that choosing rows reads.
    pub(crate) fn slots(&self) -> Vec<usize> {
        match self {
            SelectionPlan::Order(_)
            | SelectionPlan::Limit { .. }
            | SelectionPlan::Sample { .. }
            | SelectionPlan::Join(_) => Vec::new(),
            SelectionPlan::Where(predicate) | SelectionPlan::First { predicate, .. } => {
                vec![*predicate]
            }
            SelectionPlan::Distinct { slots, .. } => slots.clone(),
        }
    }

    /// Whether all rows are kept until they can be compared.
    pub(crate) fn keeps_all(&self) -> bool {
        match self {
            SelectionPlan::Order(_) | SelectionPlan::Sample { .. } | SelectionPlan::Join(_) => true,
            SelectionPlan::Where(_)
            | SelectionPlan::First { .. }
            | SelectionPlan::Limit { .. }
            | SelectionPlan::Distinct { .. } => false,
        }
    }

    /// The rows of the pass's table among which the rows taken are.
    ///
    /// # Errors
    /// If a limit is not known, is an error, or is no number of rows.
    pub(crate) fn range(
        &self,
        columns: &Columns,
        params: &Params,
        rows: usize,
    ) -> Result<Range<usize>, RunError> {
        match self {
            SelectionPlan::Limit { table, end, count } => {
                let limit = limit_of(columns, params, *table, end.step(), *count)?;
                Ok(match end {
                    End::First => 0..rows.min(limit),
                    End::Last => rows.saturating_sub(limit)..rows,
                })
            }
            SelectionPlan::Sample { table, count, .. } => {
                limit_of(columns, params, *table, SAMPLE, *count)?;
                Ok(0..rows)
            }
            SelectionPlan::Where(_)
            | SelectionPlan::First { .. }
            | SelectionPlan::Order(_)
            | SelectionPlan::Distinct { .. }
            | SelectionPlan::Join(_) => Ok(0..rows),
        }
    }

    /// How many of the table's first rows it looks at, if it is a limit that is known.
    pub(crate) fn first_rows(
        &self,
        columns: &Columns,
        params: &Params,
        rows: usize,
    ) -> Option<usize> {
        match self {
            SelectionPlan::Limit {
                end: End::First, ..
            } => Some(self.range(columns, params, rows).ok()?.end),
            SelectionPlan::Limit { end: End::Last, .. }
            | SelectionPlan::Where(_)
            | SelectionPlan::First { .. }
            | SelectionPlan::Order(_)
            | SelectionPlan::Sample { .. }
            | SelectionPlan::Distinct { .. }
            | SelectionPlan::Join(_) => None,
        }
    }

    /// Begins a morsel; the rows taken are in `range`, and keys are likely to have these places.
    pub(crate) fn chooser(
        &self,
        range: Range<usize>,
        places: Option<&Spans>,
    ) -> Result<Chooser, RunError> {
        Ok(match self {
            SelectionPlan::Order(_) | SelectionPlan::Sample { .. } | SelectionPlan::Join(_) => {
                Chooser::All
            }
            SelectionPlan::Where(predicate) => Chooser::Where(*predicate),
            SelectionPlan::First { predicate, count } => Chooser::First {
                predicate: *predicate,
                left: *count,
            },
            SelectionPlan::Limit { .. } => Chooser::Range(range),
            SelectionPlan::Distinct { slots, types, .. } => Chooser::Distinct(Box::new(Seen {
                slots: slots.clone(),
                keys: KeyTable::new(types.clone())?,
                places: (places.filter(|places| places.count() <= MOST_BITS)).map(PlaceSet::new),
                words: KeyWords::default(),
                numbers: Vec::new(),
                new: Vec::new(),
            })),
        })
    }

    /// Which of the rows kept are taken, in which order, where that is not all as they stand; and
    /// the rows of the other table beside them, of a join. Of rows put in order, no more than the
    /// first `limit` need be given.
    pub(crate) fn order(
        &self,
        kept: &[ChunkedColumn],
        rows: usize,
        limit: Option<usize>,
        run: &Run<'_>,
        params: &Params,
    ) -> Result<(Option<Vec<u32>>, Option<ArrayRef>), RunError> {
        let (columns, budget) = (run.prepared().columns(), run.budget());
        match self {
            SelectionPlan::Where(_) | SelectionPlan::Limit { .. } => Ok((None, None)),
            // Each morsel kept so many.
            SelectionPlan::First { count, .. } if rows <= *count => Ok((None, None)),
            SelectionPlan::First { count, .. } => {
                let count = u32::try_from(*count).map_err(|_| internal("too many rows"))?;
                Ok((Some((0..count).collect()), None))
            }
            SelectionPlan::Join(join) => {
                let pairs = join.pairs(kept, rows, params, budget)?;
                Ok((Some(pairs.left), Some(pairs.right)))
            }
            SelectionPlan::Order(keys) => {
                let keys: Vec<SortColumn<'_>> = keys
                    .iter()
                    .map(|(position, direction)| SortColumn {
                        column: &kept[*position],
                        direction: *direction,
                    })
                    .collect();
                Ok((Some(sort_rows(&keys, rows, limit, budget)?), None))
            }
            SelectionPlan::Sample { table, key, count } => {
                let limit = limit_of(columns, params, *table, SAMPLE, *count)?;
                let key = SortColumn {
                    column: &kept[*key],
                    direction: Direction::default(),
                };
                let mut taken = sort_rows(&[key], rows, Some(limit), budget)?;
                taken.sort_unstable();
                Ok((Some(taken), None))
            }
            SelectionPlan::Distinct {
                kept: positions,
                types,
                ..
            } => {
                let columns: Vec<&ChunkedColumn> =
                    positions.iter().map(|position| &kept[*position]).collect();
                if let Some(taken) = distinct_places(types, &columns, rows)? {
                    return Ok((Some(taken), None));
                }
                let mut keys = KeyTable::new(types.clone())?;
                let mut taken = Vec::new();
                each_key(&mut keys, &columns, rows, |_, _, row, new| {
                    if new {
                        taken.push(u32::try_from(row).map_err(|_| internal("too many rows"))?);
                    }
                    Ok(())
                })?;
                Ok((Some(taken), None))
            }
        }
    }
}

/// The first rows of keys that lie close together; none if they do not.
fn distinct_places(
    types: &[ScalarType],
    columns: &[&ChunkedColumn],
    rows: usize,
) -> Result<Option<Vec<u32>>, RunError> {
    let Some(spans) = Spans::guess(types, columns, 0..rows) else {
        return Ok(None);
    };
    let mut keys = KeyTable::new(types.to_vec())?;
    let mut places = PlaceSet::new(&spans);
    let mut words = KeyWords::default();
    let (mut taken, mut inside) = (Vec::new(), true);
    each_block(columns, 0..rows, |block, columns| {
        if inside {
            keys.words_to_insert(columns, 0..block.len(), &mut words)?;
            inside = places.insert(&mut words, block.start as u32, &mut taken);
        }
        Ok(())
    })?;
    Ok(inside.then_some(taken))
}

/// How many rows a limit lets through.
fn limit_of(
    columns: &Columns,
    params: &Params,
    table: TableId,
    step: &'static str,
    count: ColumnId,
) -> Result<usize, RunError> {
    let value = match params.scalar(columns, count) {
        Some(Cell::Value(value)) => value,
        Some(Cell::Error(error)) => {
            return Err(row_error(columns, Box::new(RowError::clone(&error))));
        }
        None => {
            return Err(match columns.column(count).op {
                Op::Param(param) => RunError::MissingParam(columns.params[param].name.clone()),
                _ => internal(format!("{count} is not known yet")),
            });
        }
    };
    row_count(&value).ok_or_else(|| {
        let error = not_a_row_count(columns, table, step, count, &value);
        row_error(columns, Box::new(error))
    })
}

/// The rows on which a predicate is true, a bit each.
fn passing(predicate: View<'_>, rows: &Range<usize>, chosen: &mut Vec<u64>) {
    let words = (0..rows.end).step_by(64).map(|first| {
        let valid = (predicate.validity).map_or(u64::MAX, |validity| bits_at(validity, first));
        bits_at(predicate.values, first) & valid & bits_inside(first, rows)
    });
    chosen.extend(words);
}

impl Chooser {
    /// Whether all rows are kept.
    pub(crate) fn is_all(&self) -> bool {
        matches!(self, Chooser::All)
    }

    /// The rows of a block that are kept, of which the first is `first_row` of the table: a bit for each
    /// up to the end of `rows`.
    pub(crate) fn choose<'a>(
        &mut self,
        block: &impl BlockColumns<'a>,
        rows: Range<usize>,
        first_row: usize,
        chosen: &mut Vec<u64>,
    ) -> Result<(), RunError> {
        chosen.clear();
        let words = |rows: Range<usize>, end: usize| {
            let firsts = (0..end).step_by(64);
            firsts.map(move |first| bits_inside(first, &rows))
        };
        match self {
            Chooser::All => chosen.extend(words(rows.clone(), rows.end)),
            Chooser::Where(predicate) => passing(block.view(*predicate)?, &rows, chosen),
            Chooser::First { predicate, left } => {
                passing(block.view(*predicate)?, &rows, chosen);
                for word in chosen {
                    while word.count_ones() as usize > *left {
                        *word &= !(1 << word.ilog2());
                    }
                    *left -= word.count_ones() as usize;
                }
            }
            Chooser::Range(range) => {
                let start = range.start.saturating_sub(first_row).max(rows.start);
                let end = range.end.saturating_sub(first_row).min(rows.end);
                chosen.extend(words(start..end, rows.end));
            }
            Chooser::Distinct(seen) => {
                let Seen {
                    slots,
                    keys,
                    places,
                    words,
                    numbers,
                    new,
                } = &mut **seen;
                chosen.resize(rows.end.div_ceil(64), 0);
                let mut choose = |row: u32| chosen[row as usize / 64] |= 1 << (row % 64);
                let columns: Vec<KeyColumn<'_, 'a>> = slots
                    .iter()
                    .map(|slot| block.key(*slot))
                    .collect::<Result<_, _>>()?;
                let mut known = keys.len();
                keys.words_to_insert(&columns, rows.clone(), words)?;
                if let Some(inside) = places {
                    new.clear();
                    if inside.insert(words, rows.start as u32, new) {
                        new.iter().copied().for_each(choose);
                        return Ok(());
                    }
                    // Keys of the rows before are kept once more, which is found at the end.
                    *places = None;
                }
                keys.insert_all(words, numbers)?;
                for (row, number) in rows.zip(numbers) {
                    // New keys are numbered in the order of their rows.
                    if *number as usize == known {
                        known += 1;
                        choose(row as u32);
                    }
                }
            }
        }
        Ok(())
    }
}

/// As a [`Chooser`] does, from values: the rows kept of a morsel's `own` rows, where row 0 of the
/// values is `first_row` of the table and the rows taken are in `range`.
pub(crate) fn kept_rows<'a>(
    selection: &Selection,
    values: impl Fn(ColumnId) -> &'a ColumnValues,
    own: Range<usize>,
    first_row: usize,
    range: &Range<usize>,
) -> Vec<usize> {
    match selection {
        Selection::Where(predicate) => {
            let predicate = values(*predicate);
            own.filter(|row| *predicate.cell(*row) == Cell::Value(Value::Bool(true)))
                .collect()
        }
        Selection::First { predicate, count } => {
            let predicate = values(*predicate);
            let fits = |row: &usize| *predicate.cell(*row) == Cell::Value(Value::Bool(true));
            own.filter(fits).take(*count).collect()
        }
        Selection::Order(_) | Selection::Sample { .. } | Selection::Join(_) => own.collect(),
        Selection::Limit { .. } => own
            .filter(|row| range.contains(&(first_row + row)))
            .collect(),
        Selection::Distinct(keys) => {
            let keys: Vec<&ColumnValues> = keys.iter().map(|key| values(*key)).collect();
            let mut seen: HashSet<Key> = HashSet::new();
            own.filter(|row| {
                let key = keys.iter().map(|values| values.cell(*row));
                seen.insert(key.filter_map(Cell::value).map(canonical).collect())
            })
            .collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytes::bit;
    use crate::compact::Chosen;

    #[test]
    fn rows_that_pass_are_those_with_both_bits() {
        let bits = |seed: u64, length: usize| -> Vec<u8> {
            let byte = |at| (seed.wrapping_mul(at * 2 + 1) >> 23) as u8;
            (0..length as u64).map(byte).collect()
        };
        for length in [1, 7, 8, 9, 16, 20, 128] {
            for (values, validity) in [
                (
                    bits(0x9e37_79b9_7f4a_7c15, length),
                    Some(bits(0xbf58_476d_1ce4_e5b9, length)),
                ),
                (bits(0x94d0_49bb_1331_11eb, length), None),
                (vec![255; length], None),
            ] {
                for rows in [0..8 * length, 3..8 * length, 0..8 * length - 5, 5..6, 4..4] {
                    let view = View {
                        values: &values,
                        validity: validity.as_deref(),
                    };
                    let mut chosen = Vec::new();
                    passing(view, &rows, &mut chosen);
                    assert_eq!(chosen.len(), rows.end.div_ceil(64));
                    let found = Chosen::new(&chosen, 0);
                    let passes = |row: &usize| bit(&values, *row) && view.is_valid(*row);
                    let wanted: Vec<usize> = rows.clone().filter(passes).collect();
                    let found: Vec<usize> = (0..rows.end).filter(|row| found.has(*row)).collect();
                    assert_eq!(found, wanted);
                }
            }
        }
    }
}
