//! Decimals over blocks: 128-bit integers, which kernels don't compute with.
//!
//! An op reads its operands row by row and gives each row a value, null, or that it may have raised;
//! what raised is for the interpreter to say.

use icosian_ir::id::ColumnId;
use icosian_ir::meaning::arithmetic::{absolute, fits, floor_divide, remainder};
use icosian_ir::meaning::{cast, decimal, hash};
use icosian_ir::op::{CastMode, Math, Op, Overflow};
use icosian_ir::types::{Lane, ScalarType};
use icosian_ir::value::Value;

use crate::bytes::{bit, put_bit, typed, typed_mut};
use crate::convert::{lane_value, param_bits};
use crate::error::{RunError, internal};
use crate::execute::morsel::Worker;
use crate::execute::program::{Operand, SegmentPlan};
use crate::execute::sink::BlockColumns;
use crate::execute::view::{View, span};
use crate::text::Cell;

/// What a row gives: a value, or null; none if it may have raised.
type Row<T> = Option<Option<T>>;

/// An operand of a block.
#[derive(Clone, Copy)]
enum Source<'v, 'r> {
    Lanes(Lane, View<'v>),
    Cells(&'v [Cell<'r>]),
    Scalar(&'v Value),
}

impl Source<'_, '_> {
    /// The units of a decimal, or an integer of 64 bits.
    #[inline(always)]
    fn units(&self, row: usize) -> Option<i128> {
        match self {
            Source::Lanes(lane, view) => view.is_valid(row).then(|| match lane {
                Lane::I128 => typed::<i128>(view.values)[row],
                _ => i128::from(typed::<u64>(view.values)[row]),
            }),
            Source::Scalar(Value::Integer(value)) => Some(*value),
            Source::Scalar(_) | Source::Cells(_) => None,
        }
    }

    fn truth(&self, row: usize) -> bool {
        match self {
            Source::Lanes(_, view) => bit(view.values, row) && view.is_valid(row),
            Source::Scalar(value) => matches!(value, Value::Bool(true)),
            Source::Cells(_) => false,
        }
    }

    fn value(&self, row: usize) -> Value {
        match self {
            Source::Lanes(lane, view) if view.is_valid(row) => lane_value(*lane, view.values, row),
            Source::Lanes(..) => Value::Null,
            Source::Cells(cells) => cells[row].map_or(Value::Null, |text| Value::Str(text.into())),
            Source::Scalar(value) => (*value).clone(),
        }
    }
}

impl<'r> Worker<'r> {
    /// Runs an op with a decimal among its operands or as its result over the block at hand; true if
    /// some row may have raised.
    pub(crate) fn run_decimal(
        &mut self,
        column: ColumnId,
        segment: &SegmentPlan,
    ) -> Result<bool, RunError> {
        let columns = self.run.prepared.columns();
        let definition = columns.column(column);
        let (op, to) = (&definition.op, definition.ty.scalar);
        let types: Vec<ScalarType> = columns.scalar_types(&definition.args);
        let places = |operand: usize| types.get(operand).copied().map_or(0, decimal::places);
        let (a_places, b_places) = (places(0), places(1));
        let sources = (0..segment.operands.len())
            .map(|operand| self.source(segment, operand))
            .collect::<Result<Vec<_>, _>>()?;
        let rows = self.block.rows;
        let unit = |operand: usize, row: usize| sources.get(operand)?.units(row);
        let pair = |row: usize| Some((unit(0, row)?, unit(1, row)?));
        let fitted = |exact: Option<i128>, mode: Overflow| match exact {
            Some(exact) if fits(exact, to) => Some(Some(exact)),
            _ if mode == Overflow::Null => Some(None),
            _ => None,
        };
        // Null operands give null, whatever the op.
        let of_pairs = |op: &dyn Fn(i128, i128) -> Row<i128>| -> Vec<Row<i128>> {
            let row = |row| pair(row).map_or(Some(None), |(a, b)| op(a, b));
            (0..rows).map(row).collect()
        };
        let of_each = |op: &dyn Fn(i128) -> Row<i128>| -> Vec<Row<i128>> {
            let row = |row| unit(0, row).map_or(Some(None), op);
            (0..rows).map(row).collect()
        };
        let chosen = |choose: &dyn Fn(usize) -> Option<i128>| -> Vec<Row<i128>> {
            (0..rows).map(|row| Some(choose(row))).collect()
        };
        let found = match op {
            Op::Add(mode) => {
                of_pairs(&|a, b| fitted(decimal::add(a, a_places, b, b_places), *mode))
            }
            Op::Sub(mode) => {
                of_pairs(&|a, b| fitted(decimal::subtract(a, a_places, b, b_places), *mode))
            }
            Op::Mul(mode) => of_pairs(&|a, b| fitted(a.checked_mul(b), *mode)),
            Op::FloorDiv => of_pairs(&|a, b| floor_divide(a, b, to).ok()),
            Op::Rem => of_pairs(&|a, b| Some(remainder(a, b))),
            Op::Neg(_) => of_each(&|a| Some(Some(-a))),
            Op::Math(Math::Abs) => of_each(&|a| absolute(a, to).ok().map(Some)),
            Op::Round(rounding) => of_each(&|a| {
                let exact = decimal::rescale(a, a_places, rounding.places, rounding.mode);
                fitted(exact, Overflow::Raise)
            }),
            Op::Minimum => of_pairs(&|a, b| Some(Some(a.min(b)))),
            Op::Maximum => of_pairs(&|a, b| Some(Some(a.max(b)))),
            Op::IfElse => chosen(&|row| unit(if sources[0].truth(row) { 1 } else { 2 }, row)),
            Op::Coalesce => chosen(&|row| unit(0, row).or(unit(1, row))),
            Op::Broadcast(_) => chosen(&|row| unit(0, row)),
            Op::Compare(comparison) => {
                let holds = |(a, b)| comparison.holds(decimal::order(a, a_places, b, b_places));
                let found: Vec<Option<u64>> = (0..rows)
                    .map(|row| pair(row).map(|pair| holds(pair).into()))
                    .collect();
                return self
                    .put_words(segment.outputs[0], &found, false)
                    .map(|()| false);
            }
            Op::IsNull => {
                let found: Vec<Option<u64>> = (0..rows)
                    .map(|row| Some(unit(0, row).is_none().into()))
                    .collect();
                return self
                    .put_words(segment.outputs[0], &found, false)
                    .map(|()| false);
            }
            Op::Hash => {
                let hashed = |row: usize| {
                    let state = unit(1, row)? as u64;
                    Some(match unit(0, row) {
                        Some(value) => hash::decimal(state, value, a_places),
                        None => hash::step(state, hash::NULL),
                    })
                };
                let found: Vec<Option<u64>> = (0..rows).map(hashed).collect();
                return self
                    .put_words(segment.outputs[0], &found, false)
                    .map(|()| false);
            }
            Op::Cast(_, mode) => {
                let from = types.first().copied().unwrap_or(to);
                let found = cast_rows(&sources[0], rows, (from, to), *mode);
                return self.put_cast(segment.outputs[0], to, found);
            }
            other => return Err(internal(format!("{other} is no op over decimals"))),
        };
        self.put_units(segment.outputs[0], &found)
    }

    fn source<'v>(
        &'v self,
        segment: &SegmentPlan,
        operand: usize,
    ) -> Result<Source<'v, 'r>, RunError> {
        match segment.operands.get(operand) {
            Some(Operand::Slot(slot)) => match self.run.program.slots[*slot].lane {
                None => Ok(Source::Cells(self.cells(*slot)?)),
                Some(lane) => Ok(Source::Lanes(lane, self.view(*slot)?)),
            },
            Some(Operand::Scalar(column)) => Ok(Source::Scalar(&self.run.scalars[column])),
            None => Err(internal("an op over decimals without its operand")),
        }
    }

    /// Stores what a cast gave.
    fn put_cast(
        &mut self,
        slot: usize,
        to: ScalarType,
        found: Vec<Row<Value>>,
    ) -> Result<bool, RunError> {
        if to.is_decimal() {
            let units = |value: Value| match value {
                Value::Integer(value) => Some(value),
                _ => None,
            };
            let found: Vec<Row<i128>> = found
                .into_iter()
                .map(|row| row.map(|value| value.and_then(units)))
                .collect();
            return self.put_units(slot, &found);
        }
        let raised = found.iter().any(Option::is_none);
        if to == ScalarType::Str {
            let mut cells = Vec::with_capacity(found.len());
            for row in found {
                cells.push(match row.flatten() {
                    Some(Value::Str(text)) => Some(self.arena.keep(&text)?),
                    _ => None,
                });
            }
            self.put_cells(slot, cells);
            return Ok(raised);
        }
        let words: Vec<Option<u64>> = found
            .into_iter()
            .map(|row| row.flatten().map(|value| param_bits(&value)[0]))
            .collect();
        self.put_words(slot, &words, raised)?;
        Ok(raised)
    }

    /// Stores decimals, zero where there is none.
    fn put_units(&mut self, slot: usize, found: &[Row<i128>]) -> Result<bool, RunError> {
        let (start, padded) = (self.start(slot), self.block.padded);
        let lane = self.lane(slot)?;
        let nullable = self.run.program.slots[slot].ty.nullable;
        let raised = found.iter().any(Option::is_none);
        if lane != Lane::I128 || !nullable && !raised && found.contains(&Some(None)) {
            return Err(internal("no decimal where the type has one"));
        }
        let store = &mut self.stores[slot];
        let values = &mut store.values.get_mut()[span(lane, start, padded)];
        values.fill(0);
        for (to, row) in typed_mut::<i128>(values).iter_mut().zip(found) {
            *to = row.flatten().unwrap_or_default();
        }
        if nullable {
            let validity = &mut store.validity.get_mut()[span(Lane::Bool, start, padded)];
            validity.fill(0);
            for (row, found) in found.iter().enumerate() {
                if matches!(found, Some(Some(_))) {
                    put_bit(validity, row, true);
                }
            }
        }
        Ok(raised)
    }
}

fn cast_rows(
    source: &Source<'_, '_>,
    rows: usize,
    (from, to): (ScalarType, ScalarType),
    mode: CastMode,
) -> Vec<Row<Value>> {
    let row = |row: usize| {
        let value = source.value(row);
        if value.is_null() {
            return Some(None);
        }
        let cast = cast::cast(&value, from, to, mode)?.ok()?;
        Some(Some(cast).filter(|value| !value.is_null()))
    };
    (0..rows).map(row).collect()
}
