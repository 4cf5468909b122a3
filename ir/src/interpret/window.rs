//! Windows: values of a row from the rows around it, along the table or along the rows of a key.
//!
//! The window of a rolling op at row `i` covers rows `i - rows + 1..=i`, cut off at the table's
//! start. An error in the window makes the result that error, whatever is null.

use std::cmp::Ordering;
use std::collections::VecDeque;
use std::sync::Arc;

use crate::id::ColumnId;
use crate::interpret::cell::{Cell, ColumnValues};
use crate::interpret::error::{RowError, RowErrorKind};
use crate::interpret::evaluate::Interpreter;
use crate::interpret::reduce::{deliver, float, integer};
use crate::interpret::row::first_of;
use crate::interpret::tables::{Groups, Stopped};
use crate::meaning::sums::{ExactSum, IntegerSum};
use crate::op::{Over, Window};
use crate::types::ScalarType;
use crate::value::Value;

/// The exact sum of the rows now in a window.
struct Sum {
    floats: bool,
    float: ExactSum,
    integer: IntegerSum,
    /// The values that are not null.
    count: u64,
    /// The errors, in row order.
    errors: VecDeque<Arc<RowError>>,
}

impl Sum {
    fn new(floats: bool) -> Sum {
        Sum {
            floats,
            float: ExactSum::new(),
            integer: IntegerSum::new(),
            count: 0,
            errors: VecDeque::new(),
        }
    }

    fn enter(&mut self, cell: &Cell) {
        match cell {
            Cell::Value(Value::Null) => {}
            Cell::Value(value) => {
                self.count += 1;
                if self.floats {
                    self.float.add(float(value));
                } else {
                    self.integer.add(integer(value));
                }
            }
            Cell::Error(error) => self.errors.push_back(error.clone()),
        }
    }

    /// Takes back the oldest cell: the sum is exact, so that leaves no trace.
    fn leave(&mut self, cell: &Cell) {
        match cell {
            Cell::Value(Value::Null) => {}
            Cell::Value(value) => {
                self.count -= 1;
                if self.floats {
                    self.float.subtract(float(value));
                } else {
                    self.integer.subtract(integer(value));
                }
            }
            Cell::Error(_) => {
                self.errors.pop_front();
            }
        }
    }

    fn sum(&self, to: ScalarType) -> Result<Value, RowErrorKind> {
        if self.floats {
            Ok(Value::F64(self.float.value()))
        } else {
            deliver(self.integer.value(), to)
        }
    }

    fn mean(&self) -> Value {
        let mean = if self.floats {
            self.float.mean(self.count)
        } else {
            self.integer.mean(self.count)
        };
        mean.map_or(Value::Null, Value::F64)
    }
}

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
        let groups = Groups::new(keys)?;
        let mut partitions = vec![Vec::new(); groups.keys.len()];
        for (row, group) in groups.of_rows.iter().enumerate() {
            partitions[*group].push(row);
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

/// The values of a window along the rows of each partition.
pub(super) fn window(
    interpreter: &Interpreter<'_>,
    id: ColumnId,
    window: Window,
    values: &[&ColumnValues],
    partitions: &[Vec<usize>],
) -> Vec<Cell> {
    let mut cells = vec![Cell::NULL; partitions.iter().map(Vec::len).sum()];
    for rows in partitions {
        let along: Vec<Cell> = rows
            .iter()
            .map(|row| values[0].cell(*row).clone())
            .collect();
        for (row, cell) in rows
            .iter()
            .zip(along_rows(interpreter, id, window, &along, rows))
        {
            cells[*row] = cell;
        }
    }
    cells
}

/// The values of a window over cells that stand in these rows of the table.
fn along_rows(
    interpreter: &Interpreter<'_>,
    id: ColumnId,
    window: Window,
    cells: &[Cell],
    rows: &[usize],
) -> Vec<Cell> {
    let column = interpreter.columns.column(id);
    let floats = interpreter.columns.scalar_type(column.args[0]).is_float();
    let to = column.ty.scalar;
    let delivered = |row: usize, result: Result<Value, RowErrorKind>| match result {
        Ok(value) => Cell::Value(value),
        Err(kind) => interpreter.failure(id, Some(rows[row]), kind, Vec::new()),
    };
    let rolling = |length: u64, min_rows: u64, result: &dyn Fn(usize, &Sum) -> Cell| {
        let mut sum = Sum::new(floats);
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let step = |(row, cell)| {
            sum.enter(cell);
            if row >= length {
                sum.leave(&cells[row - length]);
            }
            match sum.errors.front() {
                Some(error) => Cell::Error(error.clone()),
                None if sum.count < min_rows => Cell::NULL,
                None => result(row, &sum),
            }
        };
        cells.iter().enumerate().map(step).collect()
    };
    match window {
        Window::Shift { rows } => (0..cells.len())
            .map(|row| {
                let from = row as i128 - i128::from(rows);
                usize::try_from(from)
                    .ok()
                    .and_then(|from| cells.get(from))
                    .cloned()
                    .unwrap_or(Cell::NULL)
            })
            .collect(),
        Window::CumulativeSum => {
            let mut sum = Sum::new(floats);
            let step = |(row, cell): (usize, &Cell)| {
                sum.enter(cell);
                match (sum.errors.front(), cell) {
                    (Some(error), _) => Cell::Error(error.clone()),
                    (None, Cell::Value(Value::Null)) => Cell::NULL,
                    (None, _) => delivered(row, sum.sum(to)),
                }
            };
            cells.iter().enumerate().map(step).collect()
        }
        Window::RollingSum { rows, min_rows } => {
            rolling(rows, min_rows, &|row, sum| delivered(row, sum.sum(to)))
        }
        Window::RollingMean { rows, min_rows } => {
            rolling(rows, min_rows, &|_, sum| Cell::Value(sum.mean()))
        }
    }
}
