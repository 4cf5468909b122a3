//! Text segments: functions, comparisons and choices over cells. New text stands in the worker's arena.

use icosian_ir::id::ColumnId;
use icosian_ir::op::Op;
use icosian_ir::types::Lane;
use icosian_ir::value::Value;

use crate::bytes::{bit, put_bit, typed_mut};
use crate::error::{RunError, internal};
use crate::execute::morsel::Worker;
use crate::execute::program::{Operand, SegmentPlan};
use crate::execute::row_text::{Reader, RowOp, RowResult, arguments_of};
use crate::execute::sink::BlockColumns;
use crate::execute::view::{View, span};
use crate::text::Cell;

/// A text operand of a block.
#[derive(Clone, Copy)]
pub(crate) enum Text<'v, 'r> {
    Cells(&'v [Cell<'r>]),
    Scalar(Cell<'r>),
}

impl<'r> Text<'_, 'r> {
    pub(crate) fn get(&self, row: usize) -> Cell<'r> {
        match self {
            Text::Cells(cells) => cells[row],
            Text::Scalar(cell) => *cell,
        }
    }
}

fn scalar_text(value: &Value) -> Cell<'_> {
    match value {
        Value::Str(text) => Some(text),
        Value::Null | Value::Bool(_) | Value::Integer(_) | Value::F32(_) | Value::F64(_) => None,
    }
}

impl<'r> Worker<'r> {
    /// Runs a text segment over the block at hand; true if some row may have raised.
    pub(crate) fn run_columnar(
        &mut self,
        position: usize,
        column: ColumnId,
        segment: &SegmentPlan,
    ) -> Result<bool, RunError> {
        let run = self.run;
        if let Some(distinct) = &run.distinct.segments[position] {
            return self.run_distinct(position, distinct, segment);
        }
        if let Some(row_op) = &run.row_ops[position] {
            return self.run_rows(row_op, segment);
        }
        let op = &run.prepared.columns().column(column).op;
        self.choose(op, segment).map(|()| false)
    }

    /// An op of rows, none of which may be null.
    fn run_rows(&mut self, row_op: &RowOp, segment: &SegmentPlan) -> Result<bool, RunError> {
        let run = self.run;
        let output = segment.outputs[0];
        let is_text = run.program.slots[output].lane.is_none();
        let rows = self.block.rows;
        let mut readers: Vec<Reader<'_, 'r>> = Vec::with_capacity(segment.operands.len());
        for operand in &segment.operands {
            readers.push(match operand {
                Operand::Scalar(column) => Reader::of_scalar(&run.scalars[column]),
                Operand::Slot(slot) => match run.program.slots[*slot].lane {
                    None => Reader::Cells(self.cells(*slot)?),
                    Some(lane) => Reader::Lanes(lane, self.view(*slot)?),
                },
            });
        }
        if let Some(words) = row_op.test(&readers, rows) {
            drop(readers);
            self.put_words(output, &words, false)?;
            return Ok(false);
        }
        let mut made = String::new();
        let mut flagged = false;
        let mut cells = Vec::with_capacity(if is_text { rows } else { 0 });
        let mut words = Vec::with_capacity(if is_text { 0 } else { rows });
        for row in 0..rows {
            let result = match arguments_of(&readers, row) {
                Some(arguments) => row_op.apply(&arguments, &mut made),
                None => RowResult::Null,
            };
            flagged |= matches!(result, RowResult::Failed);
            if is_text {
                cells.push(match result {
                    RowResult::Text(text) => Some(text),
                    RowResult::Made => Some(self.arena.keep(&made)?),
                    RowResult::Null | RowResult::Failed | RowResult::Word(_) => None,
                });
            } else {
                words.push(match result {
                    RowResult::Word(word) => Some(word),
                    _ => None,
                });
            }
        }
        drop(readers);
        if is_text {
            self.put_cells(output, cells);
        } else {
            self.put_words(output, &words, flagged)?;
        }
        Ok(flagged)
    }

    /// The ops over text that take one cell or another.
    fn choose(&mut self, op: &Op, segment: &SegmentPlan) -> Result<(), RunError> {
        let output = segment.outputs[0];
        let rows = self.block.rows;
        match op {
            Op::IsNull => {
                let a = self.text(segment, 0)?;
                let found: Vec<Option<u64>> = (0..rows)
                    .map(|row| Some(a.get(row).is_none().into()))
                    .collect();
                self.put_words(output, &found, false)
            }
            Op::IfElse => {
                let (a, b) = (self.text(segment, 1)?, self.text(segment, 2)?);
                let condition = self.condition(segment)?;
                let found: Vec<Cell<'r>> = (0..rows)
                    .map(|row| {
                        if condition(row) {
                            a.get(row)
                        } else {
                            b.get(row)
                        }
                    })
                    .collect();
                drop(condition);
                self.put_cells(output, found);
                Ok(())
            }
            Op::Coalesce => {
                let (a, b) = (self.text(segment, 0)?, self.text(segment, 1)?);
                let found = (0..rows).map(|row| a.get(row).or(b.get(row))).collect();
                self.put_cells(output, found);
                Ok(())
            }
            Op::Minimum | Op::Maximum => {
                let (a, b) = (self.text(segment, 0)?, self.text(segment, 1)?);
                let least = matches!(op, Op::Minimum);
                let found = (0..rows)
                    .map(|row| {
                        let (a, b) = (a.get(row)?, b.get(row)?);
                        Some(if least { a.min(b) } else { a.max(b) })
                    })
                    .collect();
                self.put_cells(output, found);
                Ok(())
            }
            Op::Hash => self.run_hash(segment),
            Op::Broadcast(_) => {
                let a = self.text(segment, 0)?;
                let found = (0..rows).map(|row| a.get(row)).collect();
                self.put_cells(output, found);
                Ok(())
            }
            other => Err(internal(format!("{other} is no op over text"))),
        }
    }

    pub(crate) fn text(
        &self,
        segment: &SegmentPlan,
        operand: usize,
    ) -> Result<Text<'_, 'r>, RunError> {
        match segment.operands.get(operand) {
            Some(Operand::Slot(slot)) => Ok(Text::Cells(self.cells(*slot)?)),
            Some(Operand::Scalar(column)) => {
                Ok(Text::Scalar(scalar_text(&self.run.scalars[column])))
            }
            None => Err(internal("a text op without its operand")),
        }
    }

    /// Whether the first operand, a bool, is true in a row.
    fn condition(&self, segment: &SegmentPlan) -> Result<impl Fn(usize) -> bool + '_, RunError> {
        let (view, constant) = match segment.operands.first() {
            Some(Operand::Slot(slot)) => (Some(self.view(*slot)?), false),
            Some(Operand::Scalar(column)) => {
                (None, matches!(self.run.scalars[column], Value::Bool(true)))
            }
            None => return Err(internal("a choice without a condition")),
        };
        Ok(move |row: usize| match view {
            Some(View { values, validity }) => {
                bit(values, row) && validity.is_none_or(|bits| bit(bits, row))
            }
            None => constant,
        })
    }

    /// Stores values of the block at hand, none for null; if some row raised, its value does not
    /// matter.
    pub(crate) fn put_words(
        &mut self,
        slot: usize,
        found: &[Option<u64>],
        raised: bool,
    ) -> Result<(), RunError> {
        let start = self.start(slot);
        let padded = self.block.padded;
        let lane = self.lane(slot)?;
        let nullable = self.run.program.slots[slot].ty.nullable;
        if !nullable && !raised && found.iter().any(Option::is_none) {
            return Err(internal("a null where the type has none"));
        }
        let store = &mut self.stores[slot];
        let values = &mut store.values.get_mut()[span(lane, start, padded)];
        values.fill(0);
        let words = found.iter().map(|word| word.unwrap_or(0));
        match lane.bits() {
            1 => words
                .enumerate()
                .filter(|(_, word)| *word == 1)
                .for_each(|(row, _)| put_bit(values, row, true)),
            8 => values
                .iter_mut()
                .zip(words)
                .for_each(|(to, word)| *to = word as u8),
            16 => typed_mut::<u16>(values)
                .iter_mut()
                .zip(words)
                .for_each(|(to, word)| *to = word as u16),
            32 => typed_mut::<u32>(values)
                .iter_mut()
                .zip(words)
                .for_each(|(to, word)| *to = word as u32),
            _ => typed_mut::<u64>(values)
                .iter_mut()
                .zip(words)
                .for_each(|(to, word)| *to = word),
        }
        if nullable {
            let validity = &mut store.validity.get_mut()[span(Lane::Bool, start, padded)];
            validity.fill(0);
            for (row, word) in found.iter().enumerate() {
                if word.is_some() {
                    put_bit(validity, row, true);
                }
            }
        }
        Ok(())
    }

    /// Stores the texts of the block at hand.
    pub(crate) fn put_cells(&mut self, slot: usize, found: Vec<Cell<'r>>) {
        let start = self.start(slot);
        let cells = &mut self.stores[slot].cells;
        if start == 0 {
            *cells = found;
        } else {
            cells.resize(start, None);
            cells.extend(found);
        }
    }
}
