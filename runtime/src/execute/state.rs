//! The states of a pass's sinks: merged, and finished into what later passes read.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, UInt32Array};
use arrow::compute::{cast, concat, take};
use arrow::datatypes::DataType;
use icosian_ir::columns::Columns;
use icosian_ir::id::{ColumnId, PassId, TableId};
use icosian_ir::interpret::{Cell, RowError, RowErrorKind};
use icosian_ir::op::Op;
use icosian_ir::plan::{Arrangement, BuildSide, Sink};
use icosian_ir::value::Value;
use rayon::iter::{IntoParallelIterator, IntoParallelRefIterator, ParallelIterator};

use crate::convert::values_to_arrays;
use crate::data::{BoundTable, ChunkedColumn};
use crate::error::{RunError, internal};
use crate::execute::built::BuiltTable;
use crate::execute::host::call_over_table;
use crate::execute::keyed_window::finish_windows;
use crate::execute::keys::{NO_KEY, Spans};
use crate::execute::params::{Carry, Params};
use crate::execute::prepared::Prepared;
use crate::execute::program::SinkPlan;
use crate::execute::run::Run;
use crate::execute::sink::accumulate::Accumulators;
use crate::execute::sink::rows::{DeferredError, RowsPart};
use crate::execute::sink::{CarrySum, GroupOrder, GroupState, SinkState, reduction_of};
use crate::memory::{MemoryBudget, Reservation};

/// What the sinks of a pass know of the rows seen so far. States of disjoint rows merge in any
/// order.
#[derive(Debug)]
pub struct State {
    pub(crate) pass: PassId,
    pub(crate) sinks: Vec<SinkState>,
    reservation: Option<Reservation>,
}

impl Clone for State {
    fn clone(&self) -> State {
        State {
            pass: self.pass,
            sinks: self.sinks.clone(),
            reservation: None,
        }
    }
}

impl State {
    /// The state before any row.
    ///
    /// # Errors
    /// If the plan does not hold together.
    pub fn new(prepared: &Prepared, pass: PassId) -> Result<State, RunError> {
        let program = prepared.program(pass)?;
        let sinks = program
            .sinks
            .iter()
            .map(|sink| SinkState::new(program, sink))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(State {
            pass,
            sinks,
            reservation: None,
        })
    }

    /// Numbers the groups of sinks by the places of their keys, where they are likely to have some and
    /// the budget has room for all of them.
    pub(crate) fn expect(&mut self, places: &[Option<Spans>], budget: &Arc<MemoryBudget>) {
        let mut bytes = 0usize;
        for (position, spans) in places.iter().enumerate() {
            let Some((sink, spans)) = self.sinks.get(position).zip(spans.as_ref()) else {
                continue;
            };
            let more = sink.place_bytes().saturating_mul(spans.count());
            let all = bytes.saturating_add(more);
            if self.reserve_bytes(all, budget).is_ok() {
                bytes = all;
                self.sinks[position].expect(spans);
            }
        }
    }

    /// The pass.
    pub fn pass(&self) -> PassId {
        self.pass
    }

    /// Takes in the state of other rows of the same pass.
    ///
    /// # Errors
    /// If it is of another pass.
    pub fn merge(&mut self, other: State) -> Result<(), RunError> {
        if other.pass != self.pass || other.sinks.len() != self.sinks.len() {
            return Err(internal("states of different passes"));
        }
        self.sinks
            .iter_mut()
            .zip(other.sinks)
            .try_for_each(|(state, other)| state.merge(other))
    }

    /// Adds errors, by sink, to the rows kept of the morsel that ran last.
    pub(crate) fn defer(&mut self, deferred: Vec<(usize, DeferredError)>) {
        for (sink, error) in deferred {
            if let Some(SinkState::Rows(parts)) = self.sinks.get_mut(sink)
                && let Some(part) = parts.last_mut()
            {
                part.errors.push(error);
            }
        }
    }

    /// Asks the budget for what the state holds.
    pub(crate) fn reserve(&mut self, budget: &Arc<MemoryBudget>) -> Result<(), RunError> {
        let bytes = self.sinks.iter().map(SinkState::byte_len).sum();
        self.reserve_bytes(bytes, budget)
    }

    fn reserve_bytes(&mut self, bytes: usize, budget: &Arc<MemoryBudget>) -> Result<(), RunError> {
        match &mut self.reservation {
            Some(reservation) => reservation.grow_to(bytes),
            None => {
                self.reservation = Some(budget.try_grow(bytes)?);
                Ok(())
            }
        }
    }
}

impl Run<'_> {
    /// Finishes a pass all of whose rows are in `state`: its results become known to later steps.
    ///
    /// # Errors
    /// If a key that lookups look for stands in two rows.
    pub fn finish_pass(&self, state: State, params: &mut Params) -> Result<(), RunError> {
        let prepared = self.prepared();
        let columns = prepared.columns();
        let pass = &prepared.plan().passes[state.pass];
        let program = prepared.program(state.pass)?;
        let rows = self.table_rows(pass.table, params)?;
        for ((sink, plan), state) in pass.sinks.iter().zip(&program.sinks).zip(state.sinks) {
            let keep = |kept: &[(ColumnId, usize)], parts: Vec<RowsPart>| {
                let stands = |(column, slot): &(ColumnId, usize)| {
                    let stands = program.stands_whole(plan, *slot);
                    stands
                        .then(|| self.column(pass.table, *column, params))
                        .transpose()
                };
                let stand = kept.iter().map(stands).collect::<Result<Vec<_>, _>>()?;
                self.kept_columns(columns, kept, &stand, parts)
            };
            match (sink, plan, state) {
                (Sink::Output { .. }, _, _) => {}
                (
                    Sink::Reduce { .. },
                    SinkPlan::Reduce { values, .. },
                    SinkState::Reduce(states),
                ) => {
                    for (column, position) in values {
                        let (reduction, types) = reduction_of(columns, *column)?;
                        let mut values =
                            states[*position].values(reduction, types.first().copied())?;
                        let value = delivered(columns, *column, None, values.swap_remove(0));
                        params.scalars.insert(*column, value);
                    }
                }
                (
                    Sink::Group {
                        table,
                        columns: results,
                        ..
                    },
                    SinkPlan::Group { values, .. },
                    SinkState::Group(state),
                ) => {
                    finish_groups(columns, *table, results, values, *state, params)?;
                }
                (
                    Sink::Build { side, .. },
                    SinkPlan::Build { columns: kept },
                    SinkState::Rows(parts),
                ) => {
                    let mut data = BoundTable::new(rows);
                    for ((id, _), column) in kept.iter().zip(keep(kept, parts)?) {
                        data.insert(*id, one_chunk(column)?)?;
                    }
                    let built = BuiltTable::new(columns, side.clone(), data)?;
                    params
                        .built
                        .entry(pass.table)
                        .or_default()
                        .push(Arc::new(built));
                }
                (
                    Sink::Spool { table, .. },
                    SinkPlan::Spool {
                        selection,
                        columns: kept,
                        taken,
                        joined,
                    },
                    SinkState::Rows(parts),
                ) => {
                    let rows = parts.iter().map(|part| part.rows).sum();
                    let mut kept = keep(kept, parts)?;
                    let mut rows_taken = rows;
                    let limit = self.limit(*table, rows, params);
                    let (order, there) = selection.order(&kept, rows, limit, self, params)?;
                    if let Some(order) = order {
                        rows_taken = order.len();
                        kept = put_in_order(kept, order, self.budget())?;
                    }
                    let mut data = BoundTable::new(rows_taken);
                    for (id, position) in taken {
                        data.insert(*id, kept[*position].clone())?;
                    }
                    if let (Some(id), Some(there)) = (joined, there) {
                        let scalar = columns.scalar_type(*id);
                        data.insert(*id, ChunkedColumn::try_new(scalar, vec![there])?)?;
                    }
                    extend(params, *table, data)?;
                }
                (
                    Sink::Stack {
                        table,
                        columns: stacked,
                    },
                    SinkPlan::Stack {
                        columns: kept,
                        through,
                    },
                    SinkState::Rows(parts),
                ) => {
                    for ((id, _), column) in kept.iter().zip(keep(kept, parts)?) {
                        params.parts.insert(*id, Arc::new(column));
                    }
                    for id in through {
                        let column = self.column(pass.table, *id, params)?;
                        params.parts.insert(*id, column);
                    }
                    let data = self.stack(*table, stacked, params)?;
                    extend(params, *table, data)?;
                }
                (
                    Sink::Window {
                        keys,
                        order,
                        windows,
                    },
                    SinkPlan::Window { columns: kept },
                    SinkState::Rows(parts),
                ) => {
                    let mut data = BoundTable::new(rows);
                    for ((id, _), column) in kept.iter().zip(keep(kept, parts)?) {
                        data.insert(*id, one_chunk(column)?)?;
                    }
                    let by = (&keys[..], &order[..]);
                    let is_call = |id: &ColumnId| matches!(columns.column(*id).op, Op::Extern(_));
                    let (calls, windows): (Vec<ColumnId>, Vec<ColumnId>) =
                        windows.iter().partition(|id| is_call(id));
                    let mut computed = finish_windows(self, pass.table, by, &windows, &data)?;
                    for call in calls {
                        let column = call_over_table(self, call, &data, params)?;
                        computed.insert(call, column)?;
                    }
                    extend(params, pass.table, computed)?;
                }
                (Sink::Carry { windows }, _, SinkState::Carry(mut entries)) => {
                    entries.sort_by_key(|entry| entry.start);
                    for (position, window) in windows.iter().enumerate() {
                        let argument = columns.scalar_type(columns.column(*window).args[0]);
                        let carry = Carry::new(&entries, position, CarrySum::new(argument))?;
                        params.carries.insert(*window, Arc::new(carry));
                    }
                }
                _ => return Err(internal("a sink with another sink's state")),
            }
        }
        Ok(())
    }
}

impl Run<'_> {
    /// How many rows of a table later passes look at, where they take its first ones only.
    fn limit(&self, table: TableId, rows: usize, params: &Params) -> Option<usize> {
        let prepared = self.prepared();
        let mut limit = None;
        for (id, pass) in prepared.plan().passes.iter() {
            if pass.table != table {
                continue;
            }
            let program = prepared.program(id).ok()?;
            let windows = program
                .segments
                .iter()
                .any(|segment| segment.kind.is_window());
            if windows || pass.halo != (0, 0) {
                return None;
            }
            for sink in &program.sinks {
                let SinkPlan::Spool { selection, .. } = sink else {
                    return None;
                };
                let first = selection.first_rows(prepared.columns(), params, rows)?;
                limit = limit.max(Some(first));
            }
        }
        limit
    }
}

/// A value of a reduction, or the error that it does not fit (nor 128 bits, if it is none).
fn delivered(columns: &Columns, column: ColumnId, row: Option<u64>, value: Option<Value>) -> Cell {
    let scalar = columns.scalar_type(column);
    let beyond = match (&value, scalar.lane_range()) {
        (Some(Value::Integer(exact)), Some((least, greatest))) => {
            (!(least..=greatest).contains(exact)).then_some(Some(*exact))
        }
        (Some(_), _) => None,
        (None, _) => Some(None),
    };
    if let Some(exact) = beyond {
        let kind = RowErrorKind::Overflow { exact, to: scalar };
        let error = RowError::new(columns, column, row, kind, Vec::new());
        return Cell::Error(Arc::new(error));
    }
    Cell::Value(value.unwrap_or(Value::Null))
}

/// Adds columns to a derived table, of which an earlier pass may have given others.
fn extend(params: &mut Params, table: TableId, data: BoundTable) -> Result<(), RunError> {
    let Some(known) = params.tables.get_mut(&table) else {
        params.tables.insert(table, Arc::new(data));
        return Ok(());
    };
    let known = Arc::make_mut(known);
    for (id, column) in data.columns() {
        known.insert(id, ChunkedColumn::clone(column))?;
    }
    Ok(())
}

fn finish_groups(
    columns: &Columns,
    table: TableId,
    results: &[ColumnId],
    values: &[(ColumnId, usize)],
    state: GroupState,
    params: &mut Params,
) -> Result<(), RunError> {
    let GroupOrder {
        groups: order,
        rows,
    } = state.order();
    let mut data = BoundTable::new(order.len());
    let mut key_columns = vec![None; state.keys.columns()];
    for column in results {
        if let Op::Key(position) = columns.column(*column).op
            && let Some(known) = key_columns.get_mut(position as usize)
        {
            *known = Some(*column);
        }
    }
    let one = |column: &ColumnId| match columns.column(*column).op {
        Op::Key(position) => group_keys(columns, *column, position as usize, &state, &order),
        _ => {
            let found = values.iter().find(|(value, _)| value == column);
            let (_, position) = found.ok_or_else(|| internal("a reduction without a state"))?;
            group_values(columns, *column, &state.values[*position], &order)
        }
    };
    let found: Vec<ChunkedColumn> = if rayon::current_thread_index().is_some() {
        results.par_iter().map(one).collect::<Result<_, _>>()?
    } else {
        results.iter().map(one).collect::<Result<_, _>>()?
    };
    for (column, values) in results.iter().zip(found) {
        data.insert(*column, values)?;
    }
    // Groups are found by their keys as they stand: no second index is needed.
    let keys = match &state.places {
        Some(places) => state.keys.with_places(places.spans()),
        None => state.keys,
    };
    let rows = rows.map(|mut rows| {
        rows.push(NO_KEY);
        rows
    });
    let built = BuiltTable {
        side: BuildSide {
            table,
            keys: key_columns
                .into_iter()
                .collect::<Option<Vec<_>>>()
                .unwrap_or_default(),
            arrangement: Arrangement::Unique,
        },
        data: data.clone(),
        keys,
        rows,
        candidates: None,
    };
    params.built.entry(table).or_default().push(Arc::new(built));
    extend(params, table, data)
}

/// A key column of groups.
fn group_keys(
    columns: &Columns,
    column: ColumnId,
    position: usize,
    state: &GroupState,
    order: &[u32],
) -> Result<ChunkedColumn, RunError> {
    let scalar = columns.scalar_type(column);
    let array = match &state.places {
        Some(places) => places.array(position, scalar, order)?,
        None => state.keys.array(position, order)?,
    };
    if let Some(array) = array {
        return ChunkedColumn::try_new(scalar, vec![array]);
    }
    let cells: Vec<Value> = order
        .iter()
        .map(|group| match &state.places {
            Some(places) => places.value(position, scalar, *group),
            None => state.keys.value(*group as usize, position),
        })
        .collect();
    ChunkedColumn::try_new(scalar, together(values_to_arrays(scalar, &cells)?)?)
}

/// What a reduction gives for groups.
fn group_values(
    columns: &Columns,
    column: ColumnId,
    states: &Accumulators,
    order: &[u32],
) -> Result<ChunkedColumn, RunError> {
    let scalar = columns.scalar_type(column);
    let (reduction, types) = reduction_of(columns, column)?;
    if let Some(array) = states.array(reduction, scalar, order)? {
        return ChunkedColumn::try_new(scalar, vec![array]);
    }
    let mut of_groups = states.values(reduction, types.first().copied())?;
    let mut cells = Vec::with_capacity(order.len());
    let mut errors = Vec::new();
    for (row, group) in order.iter().enumerate() {
        let value = of_groups[*group as usize].take();
        match delivered(columns, column, Some(row as u64), value) {
            Cell::Value(value) => cells.push(value),
            Cell::Error(error) => {
                cells.push(Value::Null);
                errors.push((row, error));
            }
        }
    }
    let arrays = together(values_to_arrays(scalar, &cells)?)?;
    Ok(ChunkedColumn::try_new(scalar, arrays)?.with_errors(errors))
}

/// A column in one chunk, so that any row can be fetched from it.
fn one_chunk(column: ChunkedColumn) -> Result<ChunkedColumn, RunError> {
    let errors = column.errors().to_vec();
    match one_array(column.arrays(0..column.rows()))? {
        Some(array) => Ok(column.with_array(array)?.with_errors(errors)),
        None => Ok(column),
    }
}

/// The rows of a list, in its order.
fn put_in_order(
    columns: Vec<ChunkedColumn>,
    order: Vec<u32>,
    budget: &Arc<MemoryBudget>,
) -> Result<Vec<ChunkedColumn>, RunError> {
    let order = UInt32Array::from(order);
    let one = |column: ChunkedColumn| {
        let Some(array) = one_array(column.arrays(0..column.rows()))? else {
            return Ok(column);
        };
        let row_bytes = array.get_array_memory_size() / array.len().max(1) + 1;
        let bytes = row_bytes.saturating_mul(order.len());
        let _reservation = budget.try_grow(bytes)?;
        // Rows of a join stand there often: their text may need longer offsets.
        let array = match bytes > i32::MAX as usize && array.data_type() == &DataType::Utf8 {
            true => arrow::compute::cast(&array, &DataType::LargeUtf8)?,
            false => array,
        };
        let errors = errors_in_order(column.errors(), &order);
        let taken = take(&array, &order, None)?;
        Ok(column.with_array(taken)?.with_errors(errors))
    };
    if rayon::current_thread_index().is_some() {
        columns.into_par_iter().map(one).collect()
    } else {
        columns.into_iter().map(one).collect()
    }
}

/// Where errors stand once their rows are in another order.
fn errors_in_order(
    errors: &[(usize, Arc<RowError>)],
    order: &UInt32Array,
) -> Vec<(usize, Arc<RowError>)> {
    if errors.is_empty() {
        return Vec::new();
    }
    let rows = order.values().iter().enumerate();
    rows.filter_map(|(row, from)| {
        let found = errors.binary_search_by_key(&(*from as usize), |error| error.0);
        Some((row, Arc::clone(&errors[found.ok()?].1)))
    })
    .collect()
}

/// The arrays as one, in one list; text in 64-bit offsets where 32 bits do not reach.
pub(crate) fn together(arrays: Vec<ArrayRef>) -> Result<Vec<ArrayRef>, RunError> {
    Ok(one_array(arrays)?.into_iter().collect())
}

/// The arrays as one, if there is any.
pub(crate) fn one_array(mut arrays: Vec<ArrayRef>) -> Result<Option<ArrayRef>, RunError> {
    if arrays.len() < 2 {
        return Ok(arrays.pop());
    }
    let total: usize = arrays
        .iter()
        .map(|array| array.get_array_memory_size())
        .sum();
    let is_text = *arrays[0].data_type() == DataType::Utf8;
    if is_text && total > i32::MAX as usize {
        arrays = arrays
            .iter()
            .map(|array| cast(array, &DataType::LargeUtf8))
            .collect::<Result<_, _>>()?;
    }
    let parts: Vec<&dyn Array> = arrays.iter().map(AsRef::as_ref).collect();
    Ok(Some(concat(&parts)?))
}
