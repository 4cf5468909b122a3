//! Rolling windows: a reduction of the rows in a frame around each row.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use crate::interpret::cell::Cell;
use crate::interpret::error::{RowError, RowErrorKind};
use crate::interpret::reduce::{State, deliver, deliver_decimal, float, integer};
use crate::interpret::window::Along;
use crate::meaning::decimal::places;
use crate::meaning::sums::{DecimalSum, ExactSum, IntegerSum};
use crate::op::{Frame, Reduction};
use crate::types::ScalarType;
use crate::value::Value;

/// The exact sum of the rows now in a window.
struct Sum {
    from: ScalarType,
    float: ExactSum,
    integer: IntegerSum,
    decimal: DecimalSum,
    /// The values that are not null.
    count: u64,
    /// The errors, in row order.
    errors: VecDeque<Arc<RowError>>,
}

impl Sum {
    fn new(from: ScalarType) -> Sum {
        Sum {
            from,
            float: ExactSum::new(),
            integer: IntegerSum::new(),
            decimal: DecimalSum::new(),
            count: 0,
            errors: VecDeque::new(),
        }
    }

    fn enter(&mut self, cell: &Cell) {
        match cell {
            Cell::Value(Value::Null) => {}
            Cell::Value(value) => {
                self.count += 1;
                if self.from.is_float() {
                    self.float.add(float(value));
                } else if self.from.is_decimal() {
                    self.decimal.add(integer(value));
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
                if self.from.is_float() {
                    self.float.subtract(float(value));
                } else if self.from.is_decimal() {
                    self.decimal.subtract(integer(value));
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
        if self.from.is_float() {
            Ok(Value::F64(self.float.value()))
        } else if self.from.is_decimal() {
            deliver_decimal(&self.decimal, to)
        } else {
            deliver(self.integer.value(), to)
        }
    }

    fn mean(&self) -> Value {
        let mean = if self.from.is_float() {
            self.float.mean(self.count)
        } else if self.from.is_decimal() {
            self.decimal.mean(self.count, places(self.from))
        } else {
            self.integer.mean(self.count)
        };
        mean.map_or(Value::Null, Value::F64)
    }
}

impl Along<'_> {
    pub(super) fn rolling(&self, reduction: Reduction, frame: Frame, min_count: u64) -> Vec<Cell> {
        match reduction {
            Reduction::Sum | Reduction::Mean => self.rolling_sum(reduction, frame, min_count),
            _ => self.rolling_any(reduction, frame, min_count),
        }
    }

    /// The rows in the frame of each row; none where the row is in no window itself.
    fn frames(&self, frame: Frame) -> Vec<Option<Range<usize>>> {
        let rows = self.len();
        if let Frame::Span { nearest, farthest } = frame {
            // Rows without a place stand together at one end.
            let first = self.axis.iter().position(Option::is_some).unwrap_or(rows);
            let placed: Vec<i128> = self.axis.iter().copied().flatten().collect();
            let range = |place: &i128| {
                let far = placed.partition_point(|other| place - other > i128::from(farthest));
                let near = placed.partition_point(|other| place - other >= i128::from(nearest));
                first + far..first + near.max(far)
            };
            let frame = |place: &Option<i128>| place.as_ref().map(range);
            return self.axis.iter().map(frame).collect();
        }
        let (before, after) = frame.rows().unwrap_or((u64::MAX, 0));
        let bound = |rows: u64| usize::try_from(rows).unwrap_or(usize::MAX);
        let frame = |row: usize| {
            let end = row.saturating_add(bound(after)).saturating_add(1).min(rows);
            Some(row.saturating_sub(bound(before))..end)
        };
        (0..rows).map(frame).collect()
    }

    fn rolling_sum(&self, reduction: Reduction, frame: Frame, min_count: u64) -> Vec<Cell> {
        let cells = &self.values[0];
        let mut sum = Sum::new(self.from);
        let mut held = 0..0;
        let step = |(row, frame): (usize, Option<Range<usize>>)| {
            let Some(frame) = frame else {
                return Cell::NULL;
            };
            while held.end < frame.end {
                sum.enter(&cells[held.end]);
                held.end += 1;
            }
            while held.start < frame.start {
                sum.leave(&cells[held.start]);
                held.start += 1;
            }
            match sum.errors.front() {
                Some(error) => Cell::Error(error.clone()),
                None if sum.count < min_count => Cell::NULL,
                None if reduction == Reduction::Mean => Cell::Value(sum.mean()),
                None => self.delivered(row, sum.sum(self.to)),
            }
        };
        self.frames(frame)
            .into_iter()
            .enumerate()
            .map(step)
            .collect()
    }

    /// From all rows of the frame, or, where it only grew, from those that came.
    fn rolling_any(&self, reduction: Reduction, frame: Frame, min_count: u64) -> Vec<Cell> {
        let mut held = 0..0;
        let mut state = State::new(reduction, Some(self.from));
        let (mut count, mut failed) = (0, None);
        let step = |(row, frame): (usize, Option<Range<usize>>)| {
            let Some(frame) = frame else {
                return Cell::NULL;
            };
            if held.start != frame.start {
                state = State::new(reduction, Some(self.from));
                (count, failed) = (0, None);
                held = frame.start..frame.start;
            }
            for at in held.end..frame.end {
                let cells = self.values.iter().map(|cells| &cells[at]);
                if let Some(error) = cells.clone().find_map(Cell::error) {
                    failed = failed.take().or(Some(error.clone()));
                    continue;
                }
                let values: Vec<&Value> = cells.filter_map(Cell::value).collect();
                let mut places = values.iter().enumerate();
                if !places.any(|(place, value)| value.is_null() && reduction.skips_null(place)) {
                    state.add(&values);
                    count += 1;
                }
            }
            held.end = frame.end;
            match &failed {
                Some(error) => Cell::Error(Arc::clone(error)),
                None if count < min_count => Cell::NULL,
                None => self.delivered(row, state.clone().finish(reduction, self.to)),
            }
        };
        self.frames(frame)
            .into_iter()
            .enumerate()
            .map(step)
            .collect()
    }
}
