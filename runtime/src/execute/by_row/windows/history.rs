//! The interpreter's windows: of each it keeps what it looked at in all rows, and computes it anew in
//! every run, as if the rows so far were a table.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Arc;

use icosian_ir::columns::Columns;
use icosian_ir::id::{ColumnId, TableId};
use icosian_ir::interpret::{Cell, ColumnValues, RowError, interpret_cells};
use icosian_ir::meaning::key::canonical;
use icosian_ir::meaning::order::Direction;
use icosian_ir::op::{Frame, Op, Window};
use icosian_ir::value::Value;

use super::guard::shown;
use super::kept::Kept;
use super::shape::{GroupShape, OrderShape, WindowShape};
use super::{Carry, WindowShapes, WindowState, WindowWork};
use crate::error::{RunError, internal, row_error};

/// What the interpreter computes windows from besides their rows.
pub(crate) struct Given<'a> {
    pub(crate) columns: &'a Columns,
    pub(crate) table: TableId,
    /// What is the same for all rows.
    pub(crate) bound: &'a HashMap<ColumnId, ColumnValues>,
    pub(crate) table_rows: &'a HashMap<TableId, usize>,
}

impl WindowShapes {
    /// Computes the windows of the first `rows` rows, whose other columns are `bound`, and binds them
    /// too. What they look at is among what is wanted of these rows: an error there fails the run.
    pub(crate) fn interpret(
        &self,
        given: &Given<'_>,
        work: &mut WindowWork,
        states: &mut [&mut WindowState],
        rows: usize,
        bound: &mut HashMap<ColumnId, ColumnValues>,
    ) -> Result<(), RunError> {
        let mut windows: Vec<(usize, usize, &WindowShape)> = Vec::new();
        for (group, shape) in self.groups.iter().enumerate() {
            let of_group = shape.windows.iter().enumerate();
            windows.extend(of_group.map(|(at, window)| (group, at, window)));
        }
        // Arguments come before users.
        windows.sort_by_key(|(_, _, window)| window.column);
        let mut table_rows = given.table_rows.clone();
        table_rows.insert(given.table, rows);
        let mut place_unknown = false;
        for (group, at, window) in windows {
            let found = interpret_cells(given.columns, &window.args, bound.clone(), &table_rows)
                .map_err(|error| row_error(given.columns, error))?;
            let carry = states[group].carry()?;
            let new = window.args.iter().map(|arg| {
                let values = found.get(arg);
                let values = values.ok_or_else(|| internal(format!("{arg} has no values")))?;
                let cell = |row: usize| values.cell(row).value().cloned();
                let values = (0..rows).map(|row| cell(row).unwrap_or(Value::Null));
                Ok(values.collect())
            });
            let new: Vec<Vec<Value>> = new.collect::<Result<_, RunError>>()?;
            let by = &window.args[window.window.values()..];
            let fails =
                |arg: &ColumnId| found[arg].cells().iter().any(|cell| cell.error().is_some());
            let unknown = by.iter().any(fails);
            place_unknown |= unknown;
            let shape = &self.groups[group];
            let misfit = shape.misfit(given.columns, window, &carry.histories[at], &new);
            if let Some((row, order, wrong)) = misfit {
                work.wrong((row, group, order), wrong);
            }
            let cells = match unknown {
                true => vec![Cell::NULL; rows],
                false => of_window(given, window, &carry.histories[at], &found, rows)?,
            };
            bound.insert(window.column, ColumnValues::Rows(cells));
            work.new.push((group, at, new));
        }
        match place_unknown {
            // Then those errors are told.
            true => {
                work.wrong = None;
                Ok(())
            }
            false => work.end(),
        }
    }
}

/// The values of a window in new rows, of each after those before it only: a span of time looks at all
/// rows of the same time, of which those after it are still to come.
fn of_window(
    given: &Given<'_>,
    window: &WindowShape,
    history: &[Vec<Value>],
    found: &HashMap<ColumnId, ColumnValues>,
    rows: usize,
) -> Result<Vec<Cell>, RunError> {
    let Window::Rolling {
        frame: Frame::Span { .. },
        ..
    } = window.window
    else {
        return of_rows(given, window, history, found, rows);
    };
    let mut cells = Vec::with_capacity(rows);
    for row in 0..rows {
        cells.extend(of_rows(given, window, history, found, row + 1)?.pop());
    }
    Ok(cells)
}

/// The values of a window in new rows, as if they came as a batch.
fn of_rows(
    given: &Given<'_>,
    window: &WindowShape,
    history: &[Vec<Value>],
    found: &HashMap<ColumnId, ColumnValues>,
    rows: usize,
) -> Result<Vec<Cell>, RunError> {
    let columns = given.columns;
    let before = history.first().map_or(0, Vec::len);
    let mut bound = given.bound.clone();
    for (arg, history) in window.args.iter().zip(history) {
        let values = match (&found[arg], columns.table_of(*arg)) {
            (values, None) => values.clone(),
            (values, Some(_)) => {
                let history = history.iter().cloned().map(Cell::Value);
                let new = (0..rows).map(|row| values.cell(row).clone());
                ColumnValues::Rows(history.chain(new).collect())
            }
        };
        bound.insert(*arg, values);
    }
    let mut table_rows = given.table_rows.clone();
    table_rows.insert(given.table, before + rows);
    let mut found = interpret_cells(columns, &[window.column], bound, &table_rows)
        .map_err(|error| row_error(columns, error))?;
    let found = found.remove(&window.column);
    let Some(ColumnValues::Rows(cells)) = found else {
        return Err(internal("a window without rows"));
    };
    let own = |cell: Cell| match cell {
        // What the window itself could not compute is counted from the first row of the run.
        Cell::Error(error) if error.column == window.column => {
            let row = error.row.map(|row| row.saturating_sub(before as u64));
            Cell::Error(Arc::new(RowError {
                row,
                ..(*error).clone()
            }))
        }
        cell => cell,
    };
    Ok(cells.into_iter().skip(before).map(own).collect())
}

impl GroupShape {
    /// What is wrong with new rows of a window's arguments after those before: in which row, and by
    /// which order, or by the keys.
    fn misfit(
        &self,
        columns: &Columns,
        window: &WindowShape,
        history: &[Vec<Value>],
        new: &[Vec<Value>],
    ) -> Option<(usize, Option<usize>, RunError)> {
        let Op::Window(over) = &columns.column(window.column).op else {
            return None;
        };
        let first = window.window.values();
        let keys = first..first + over.over.keys as usize;
        let order = keys.end..window.args.len();
        let rows = new.first().map_or(0, Vec::len);
        for row in 0..rows {
            let before = |arg: usize| match row.checked_sub(1) {
                Some(before) => new[arg].get(before),
                None => history[arg].last(),
            };
            let key = |value: &Value| Kept::of(&canonical(value));
            let differs =
                |arg: usize| before(arg).is_some_and(|before| key(before) != key(&new[arg][row]));
            if keys.clone().any(differs) {
                // In the order in which the group has its keys.
                let kept = |of: &dyn Fn(usize) -> Option<Value>| -> Vec<Kept> {
                    let mut keys: Vec<usize> = keys.clone().collect();
                    keys.sort_by_key(|arg| self.key_place(window.args[*arg]));
                    keys.dedup_by_key(|arg| window.args[*arg]);
                    let values = keys.into_iter().map(|arg| of(arg).unwrap_or(Value::Null));
                    values.map(|value| key(&value)).collect()
                };
                let expected = kept(&|arg| before(arg).cloned());
                let found = kept(&|arg| new[arg].get(row).cloned());
                return Some((row, None, self.other_key(&expected, &found)));
            }
            let stands =
                order
                    .clone()
                    .zip(&over.over.order)
                    .map(|(arg, direction): (usize, &Direction)| match before(arg) {
                        Some(before) => direction.compare(before, &new[arg][row]),
                        None => Ordering::Equal,
                    });
            if stands.fold(Ordering::Equal, Ordering::then) == Ordering::Greater {
                let all = order.clone();
                let expected = shown(all.clone().filter_map(|arg| before(arg).cloned()));
                let found = shown(all.map(|arg| new[arg][row].clone()));
                let names: Vec<ColumnId> = window.args[order].to_vec();
                let is_same = |known: &OrderShape| known.is(&names, &over.over.order);
                let place = self.orders.iter().position(is_same)?;
                let wrong = self.orders[place].before(expected, found);
                return Some((row, Some(place), wrong));
            }
        }
        None
    }
}

/// Puts the values of a run's rows to those before.
pub(super) fn take(carry: &mut Carry, new: &mut [(usize, usize, Vec<Vec<Value>>)], group: usize) {
    for (_, window, values) in new.iter_mut().filter(|(of, ..)| *of == group) {
        for (history, values) in carry.histories[*window].iter_mut().zip(values) {
            history.append(values);
        }
    }
}
