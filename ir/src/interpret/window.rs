//! Windows: values of a row from the rows around it, along the table or along the rows of a key.
//!
//! An error in what a row's value depends on makes the value that error, whatever is null.

use std::cmp::Ordering;
use std::sync::Arc;

use crate::id::ColumnId;
use crate::interpret::cell::{Cell, ColumnValues};
use crate::interpret::error::{RowError, RowErrorKind};
use crate::interpret::evaluate::Interpreter;
use crate::interpret::reduce::{deliver, deliver_decimal, float, integer};
use crate::interpret::row::first_of;
use crate::interpret::tables::{Groups, Stopped};
use crate::meaning::compare::total_order;
use crate::meaning::exponential::Exponential;
use crate::meaning::key::canonical;
use crate::meaning::sums::{
    DecimalSum, ExactSum, IntegerProduct, IntegerSum, Number, steps_between,
};
use crate::op::{Cumulative, Over, RankMethod, Window, WindowOver};
use crate::types::ScalarType;
use crate::value::Value;

/// The rows of each key by first appearance, in the order that the window asks for; without keys
/// all rows.
pub(super) fn partitions(
    by: &[&ColumnValues],
    over: &Over,
    rows: usize,
) -> Result<Vec<Vec<usize>>, Stopped> {
    for row in 0..rows {
        if let Some(error) = first_of(by.iter().map(|values| values.cell(row))) {
            return Err(Stopped::At(Some(row), error));
        }
    }
    let (keys, order) = by.split_at(over.keys as usize);
    let mut partitions = if keys.is_empty() {
        vec![(0..rows).collect()]
    } else {
        let groups = Groups::new(keys, None)?;
        let mut partitions = vec![Vec::new(); groups.keys.len()];
        for (row, group) in groups.of_rows.iter().enumerate() {
            partitions[group.expect("no row is left out")].push(row);
        }
        partitions
    };
    let compare = |a: &usize, b: &usize| {
        let orders = order.iter().zip(&over.order).map(|(values, direction)| {
            match (values.cell(*a), values.cell(*b)) {
                (Cell::Value(a), Cell::Value(b)) => direction.compare(a, b),
                (Cell::Error(_), _) | (_, Cell::Error(_)) => Ordering::Equal,
            }
        });
        orders.fold(Ordering::Equal, Ordering::then)
    };
    for rows in &mut partitions {
        rows.sort_by(compare);
    }
    Ok(partitions)
}

/// The values of a window along the rows of each partition. `by` are the columns that make these.
pub(super) fn window(
    interpreter: &Interpreter<'_>,
    id: ColumnId,
    window: &WindowOver,
    values: &[&ColumnValues],
    by: &[&ColumnValues],
    partitions: &[Vec<usize>],
) -> Vec<Cell> {
    let column = interpreter.columns.column(id);
    let mut cells = vec![Cell::NULL; partitions.iter().map(Vec::len).sum()];
    for rows in partitions {
        let along = |values: &ColumnValues| -> Vec<Cell> {
            rows.iter().map(|row| values.cell(*row).clone()).collect()
        };
        let along = Along {
            interpreter,
            id,
            from: interpreter.columns.scalar_type(column.args[0]),
            to: column.ty.scalar,
            rows,
            values: values.iter().map(|values| along(values)).collect(),
            axis: axis(window, by, rows),
        };
        for (row, cell) in rows.iter().zip(along.window(window.window)) {
            cells[*row] = cell;
        }
    }
    cells
}

/// Where rows stand along the first column of the order, ascending; none where that is null.
fn axis(window: &WindowOver, by: &[&ColumnValues], rows: &[usize]) -> Vec<Option<i128>> {
    let Some(direction) = window.over.order.first() else {
        return Vec::new();
    };
    let column = by[window.over.keys as usize];
    let place = |row: &usize| match column.cell(*row) {
        Cell::Value(Value::Integer(place)) if direction.descending => Some(-place),
        Cell::Value(Value::Integer(place)) => Some(*place),
        Cell::Value(_) | Cell::Error(_) => None,
    };
    rows.iter().map(place).collect()
}

/// The cells of one partition, in its order.
pub(super) struct Along<'a> {
    interpreter: &'a Interpreter<'a>,
    id: ColumnId,
    pub(super) from: ScalarType,
    pub(super) to: ScalarType,
    /// Where the cells stand in the table.
    rows: &'a [usize],
    pub(super) values: Vec<Vec<Cell>>,
    pub(super) axis: Vec<Option<i128>>,
}

impl Along<'_> {
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    fn cells(&self) -> &[Cell] {
        &self.values[0]
    }

    /// What a row gets that a computation gave.
    pub(super) fn delivered(&self, row: usize, result: Result<Value, RowErrorKind>) -> Cell {
        match result {
            Ok(value) => Cell::Value(value),
            Err(kind) => {
                let row = Some(self.rows[row]);
                self.interpreter.failure(self.id, row, kind, Vec::new())
            }
        }
    }

    fn window(&self, window: Window) -> Vec<Cell> {
        match window {
            Window::Shift { rows } => self.shift(rows),
            Window::Cumulative(cumulative) => self.cumulative(cumulative),
            Window::Rolling {
                reduction,
                frame,
                min_count,
            } => self.rolling(reduction, frame, min_count),
            Window::Fill { backward, limit } => self.fill(backward, limit),
            Window::Interpolate => self.interpolate(),
            Window::Rank {
                method,
                descending,
                fraction,
            } => self.rank(method, descending, fraction),
            Window::Exponential {
                moment,
                decay,
                min_count,
            } => {
                let mut state = Exponential::new(decay);
                self.running(|value| {
                    match value {
                        Value::Null => state.skip(),
                        value => state.add(number(value).to_f64()),
                    }
                    let moment = state.moment(moment).filter(|_| state.count() >= min_count);
                    Ok(moment.map_or(Value::Null, Value::F64))
                })
            }
        }
    }

    fn shift(&self, rows: i64) -> Vec<Cell> {
        let cells = self.cells();
        let shifted = |row: usize| {
            let from = row as i128 - i128::from(rows);
            let from = usize::try_from(from).ok().and_then(|from| cells.get(from));
            from.cloned().unwrap_or(Cell::NULL)
        };
        (0..cells.len()).map(shifted).collect()
    }

    /// What a state that takes one value after the other gives; null where the value is.
    fn running(&self, mut step: impl FnMut(&Value) -> Result<Value, RowErrorKind>) -> Vec<Cell> {
        let mut failed: Option<Arc<RowError>> = None;
        let cell = |(row, cell): (usize, &Cell)| {
            let result = match cell {
                Cell::Error(error) => {
                    failed.get_or_insert_with(|| error.clone());
                    Ok(Value::Null)
                }
                Cell::Value(value) => step(value),
            };
            match (&failed, cell) {
                (Some(error), _) => Cell::Error(error.clone()),
                (None, Cell::Value(Value::Null)) => Cell::NULL,
                (None, _) => self.delivered(row, result),
            }
        };
        self.cells().iter().enumerate().map(cell).collect()
    }

    fn cumulative(&self, cumulative: Cumulative) -> Vec<Cell> {
        let to = self.to;
        match cumulative {
            Cumulative::Sum if self.from.is_float() => {
                let mut sum = ExactSum::new();
                self.running(|value| {
                    if !value.is_null() {
                        sum.add(float(value));
                    }
                    Ok(Value::F64(sum.value()))
                })
            }
            Cumulative::Sum if self.from.is_decimal() => {
                let mut sum = DecimalSum::new();
                self.running(|value| {
                    if !value.is_null() {
                        sum.add(integer(value));
                    }
                    deliver_decimal(&sum, to)
                })
            }
            Cumulative::Sum => {
                let mut sum = IntegerSum::new();
                self.running(|value| {
                    if !value.is_null() {
                        sum.add(integer(value));
                    }
                    deliver(sum.value(), to)
                })
            }
            Cumulative::Product if self.from.is_float() => {
                let mut product = 1.0;
                self.running(|value| {
                    if !value.is_null() {
                        product *= float(value);
                    }
                    Ok(Value::F64(product))
                })
            }
            Cumulative::Product => {
                let mut product = IntegerProduct::new();
                self.running(|value| {
                    if !value.is_null() {
                        product.multiply(integer(value));
                    }
                    match product.value() {
                        Some(exact) => deliver(exact, to),
                        None => Err(RowErrorKind::Overflow { exact: None, to }),
                    }
                })
            }
            Cumulative::Min => self.best(Ordering::Less),
            Cumulative::Max => self.best(Ordering::Greater),
            Cumulative::Count => {
                let mut count = 0;
                let mut failed: Option<Arc<RowError>> = None;
                let cell = |cell: &Cell| {
                    match cell {
                        Cell::Error(error) => failed = failed.take().or(Some(error.clone())),
                        Cell::Value(value) => count += i128::from(!value.is_null()),
                    }
                    match &failed {
                        Some(error) => Cell::Error(error.clone()),
                        None => Cell::Value(Value::Integer(count)),
                    }
                };
                self.cells().iter().map(cell).collect()
            }
        }
    }

    fn best(&self, wins: Ordering) -> Vec<Cell> {
        let mut best = Value::Null;
        self.running(|value| {
            if !value.is_null() && (best.is_null() || total_order(value, &best) == wins) {
                best = value.clone();
            }
            Ok(best.clone())
        })
    }

    fn fill(&self, backward: bool, limit: u64) -> Vec<Cell> {
        let cells = self.cells();
        let filled = |row: usize| {
            let has = |from: &usize| cells[*from] != Cell::NULL;
            let found = if backward {
                (row..cells.len()).find(has)
            } else {
                (0..=row).rev().find(has)
            };
            let near = found.filter(|from| from.abs_diff(row) as u64 <= limit);
            near.map_or(Cell::NULL, |from| cells[from].clone())
        };
        (0..cells.len()).map(filled).collect()
    }

    fn interpolate(&self) -> Vec<Cell> {
        let cells = self.cells();
        let has = |from: &usize| cells[*from] != Cell::NULL;
        let cell = |row: usize| {
            let before = (0..=row).rev().find(has);
            let after = (row..cells.len()).find(has);
            let (Some(before), Some(after)) = (before, after) else {
                return Cell::NULL;
            };
            match (&cells[before], &cells[after]) {
                (Cell::Error(error), _) | (_, Cell::Error(error)) => Cell::Error(error.clone()),
                (Cell::Value(low), Cell::Value(high)) => {
                    let (part, of) = ((row - before) as u64, (after - before) as u64);
                    let value = steps_between(number(low), number(high), part, of);
                    Cell::Value(Value::F64(value))
                }
            }
        };
        (0..cells.len()).map(cell).collect()
    }

    fn rank(&self, method: RankMethod, descending: bool, fraction: bool) -> Vec<Cell> {
        let cells = self.cells();
        if let Some(error) = cells.iter().find_map(Cell::error) {
            return vec![Cell::Error(error.clone()); cells.len()];
        }
        let mut values: Vec<(usize, Value)> = cells
            .iter()
            .enumerate()
            .filter_map(|(row, cell)| Some((row, cell.value()?)))
            .filter(|(_, value)| !value.is_null())
            .map(|(row, value)| (row, canonical(value)))
            .collect();
        values.sort_by(|(_, a), (_, b)| {
            let order = total_order(a, b);
            if descending { order.reverse() } else { order }
        });
        let mut ranks = vec![Cell::NULL; cells.len()];
        let runs: Vec<&[(usize, Value)]> = values
            .chunk_by(|(_, a), (_, b)| total_order(a, b) == Ordering::Equal)
            .collect();
        let all = if method == RankMethod::Dense {
            runs.len()
        } else {
            values.len()
        };
        let mut first = 1;
        for (run, tied) in runs.into_iter().enumerate() {
            for (position, (row, _)) in tied.iter().enumerate() {
                let place = match method {
                    RankMethod::Average => first as f64 + (tied.len() - 1) as f64 / 2.0,
                    RankMethod::Min => first as f64,
                    RankMethod::Max => (first + tied.len() - 1) as f64,
                    RankMethod::Dense => (run + 1) as f64,
                    RankMethod::Ordinal => (first + position) as f64,
                };
                ranks[*row] = Cell::Value(if fraction {
                    Value::F64(place / all as f64)
                } else if method == RankMethod::Average {
                    Value::F64(place)
                } else {
                    Value::Integer(place as i128)
                });
            }
            first += tied.len();
        }
        ranks
    }
}

fn number(value: &Value) -> Number {
    match value {
        Value::Integer(value) => Number::Integer(*value),
        value => Number::Float(float(value)),
    }
}
