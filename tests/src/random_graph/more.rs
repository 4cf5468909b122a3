//! Operators and functions that are built of several ops, rows found by conditions, long lists, and the
//! rest of what times can do.

use icosian_ir::graph::{BinaryOperator, Partition};
use icosian_ir::id::ExprId;
use icosian_ir::meaning::order::Direction;
use icosian_ir::op::{Comparison, Op, Overflow, Pick, Reduction, TimeFunction};
use icosian_ir::types::{ScalarType, TimeUnit};
use icosian_ir::value::Value;

use super::Maker;

impl Maker<'_> {
    fn overflow(&mut self) -> Overflow {
        match self.numbers.below(if self.shape.raising { 3 } else { 2 }) {
            0 => Overflow::Wrap,
            1 => Overflow::Null,
            _ => Overflow::Raise,
        }
    }

    /// `//`, `**`, negation and magnitude with any overflow; clipping, numbers of rows, other random
    /// numbers, long lists, the first and last of an order.
    pub(super) fn more(&mut self) -> Option<ExprId> {
        let overflow = self.overflow();
        match self.numbers.below(9) {
            0 => {
                let (left, right) = (self.operand(), self.operand());
                let operator = BinaryOperator::FloorDiv;
                self.builder
                    .arithmetic(operator, overflow, left, right)
                    .ok()
            }
            1 => {
                let base = self.of(ScalarType::is_number)?;
                let count = Value::Integer(self.numbers.below(6) as i128);
                let count = self.builder.literal(count);
                let operator = BinaryOperator::Pow;
                self.builder
                    .arithmetic(operator, overflow, base, count)
                    .ok()
            }
            2 => {
                let value = self.of(|scalar| scalar.is_signed() || scalar.is_float())?;
                self.builder.add(Op::Neg(overflow), vec![value]).ok()
            }
            3 => {
                let value = self.of(ScalarType::is_number)?;
                self.builder.magnitude(overflow, value).ok()
            }
            4 => {
                let (value, low, high) = (self.any(), self.operand(), self.operand());
                self.builder.clip(value, low, high).ok()
            }
            5 => {
                let partition = self.along()?;
                self.builder.row_number(self.main, &partition).ok()
            }
            6 => self.drawn(),
            7 => {
                let value = self.rows(ScalarType::is_number)?;
                let members: Vec<ExprId> = (0..40)
                    .map(|_| {
                        let number = self.numbers.below(200) as i128 - 100;
                        self.builder.literal(Value::Integer(number))
                    })
                    .collect();
                self.builder.in_list(value, &members).ok()
            }
            _ => {
                let skip_null = self.numbers.below(2) == 0;
                let reductions = [
                    Reduction::First { skip_null },
                    Reduction::Last { skip_null },
                ];
                let reduction = *self.numbers.pick(&reductions);
                let value = self.rows(|_| true)?;
                let partition = self.along()?;
                self.builder
                    .reduce_over(reduction, self.main, &[value], &partition)
                    .ok()
            }
        }
    }

    /// A key and an order, or neither.
    fn along(&mut self) -> Option<Partition> {
        let mut partition = Partition::default();
        if self.numbers.below(2) == 0 {
            partition.keys.push(self.rows(|_| true)?);
        }
        if self.numbers.below(2) == 0 {
            let direction = Direction {
                descending: self.numbers.below(2) == 0,
                nulls_first: self.numbers.below(2) == 0,
            };
            partition.order.push((self.rows(|_| true)?, direction));
        }
        Some(partition)
    }

    /// Random numbers of other distributions.
    fn drawn(&mut self) -> Option<ExprId> {
        let seed = self.constant();
        match self.numbers.below(3) {
            0 => self.builder.random_exponential(self.main, seed).ok(),
            1 => {
                let share = self.of(ScalarType::is_float)?;
                self.builder.random_bool(self.main, seed, share).ok()
            }
            _ => {
                // Of narrow bounds the difference is in range.
                let narrow = |scalar| matches!(scalar, ScalarType::I16 | ScalarType::U8);
                let (low, high) = (self.of(narrow)?, self.of(narrow)?);
                self.builder.random_integer(self.main, seed, low, high).ok()
            }
        }
    }

    /// A row of the other table found by conditions, or whether a value is in a column there.
    pub(super) fn found(&mut self) -> Option<ExprId> {
        let [key, height, name] = self.place_columns[..] else {
            return None;
        };
        if self.numbers.below(3) == 0 {
            let value = self.rows(|scalar| scalar == ScalarType::Str)?;
            let column = *self.numbers.pick(&[key, name]);
            return self.builder.in_column(value, column).ok();
        }
        let comparisons = [
            Comparison::Less,
            Comparison::LessOrEqual,
            Comparison::Greater,
            Comparison::GreaterOrEqual,
        ];
        let mut conditions = Vec::new();
        let text = self.rows(|scalar| scalar == ScalarType::Str)?;
        if self.numbers.below(2) == 0 {
            conditions.push((key, Comparison::Equal, text));
        }
        let number = self.rows(|scalar| scalar == ScalarType::F64)?;
        let comparison = *self.numbers.pick(&comparisons);
        conditions.push((height, comparison, number));
        if self.numbers.below(3) == 0 {
            let comparison = *self.numbers.pick(&comparisons);
            conditions.push((name, comparison, text));
        }
        let pick = *self.numbers.pick(&[Pick::First, Pick::Last, Pick::Nearest]);
        let row = self.builder.find(self.places, pick, &conditions).ok()?;
        let column = *self.numbers.pick(&self.place_columns);
        self.builder.gather(row, column).ok()
    }

    /// Business days, counts of days, epochs, and times in other units.
    pub(super) fn more_of_time(&mut self) -> Option<ExprId> {
        let raising = self.shape.raising;
        match self.numbers.below(4) {
            0 => {
                let date = self.of(|scalar| scalar == ScalarType::Date)?;
                let days = self.of(|scalar| scalar == ScalarType::I64)?;
                let function = TimeFunction::AddBusinessDays(Overflow::Null);
                self.builder.add(Op::Time(function), vec![date, days]).ok()
            }
            1 => {
                let from = self.of(|scalar| scalar == ScalarType::Date)?;
                let to = self.of(|scalar| scalar == ScalarType::Date)?;
                self.builder.days_between(from, to).ok()
            }
            2 if raising => {
                let is_time =
                    |scalar| matches!(scalar, ScalarType::Date | ScalarType::Timestamp(..));
                let value = self.of(is_time)?;
                let units = [
                    TimeUnit::Second,
                    TimeUnit::Millisecond,
                    TimeUnit::Microsecond,
                    TimeUnit::Nanosecond,
                ];
                let unit = *self.numbers.pick(&units);
                self.builder.epoch(value, unit).ok()
            }
            _ => {
                let duration = self.of(|scalar| matches!(scalar, ScalarType::Duration(_)))?;
                let number = self.of(ScalarType::is_integer)?;
                if !raising {
                    return None;
                }
                let operator = BinaryOperator::Mul;
                self.builder
                    .arithmetic(operator, Overflow::Null, duration, number)
                    .ok()
            }
        }
    }
}
