//! Text segments: comparisons and choices over cells; nothing here makes new text.

use std::collections::HashMap;

use icosian_ir::id::ColumnId;
use icosian_ir::op::{Comparison, Op};
use icosian_ir::types::Lane;
use icosian_ir::value::Value;

use crate::bytes::{bit, put_bit};
use crate::error::{RunError, internal};
use crate::execute::morsel::Worker;
use crate::execute::pass::compares_with_scalar;
use crate::execute::program::{Operand, Place, SegmentPlan};
use crate::execute::sink::BlockColumns;
use crate::execute::view::{View, span};
use crate::text::{Cell, TextArray};

/// Of comparisons with a scalar: what each value of a dictionary compares as. Known by segment, and
/// by the values' address, which stays as long as the pass runs.
#[derive(Debug, Default)]
pub(crate) struct DictionaryCache {
    known: HashMap<(usize, usize), Vec<Option<bool>>>,
}

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

fn holds(comparison: Comparison, a: &str, b: &str) -> bool {
    match comparison {
        Comparison::Equal => a == b,
        Comparison::NotEqual => a != b,
        Comparison::Less => a < b,
        Comparison::LessOrEqual => a <= b,
        Comparison::Greater => a > b,
        Comparison::GreaterOrEqual => a >= b,
    }
}

fn scalar_text(value: &Value) -> Cell<'_> {
    match value {
        Value::Str(text) => Some(text),
        Value::Null | Value::Bool(_) | Value::Integer(_) | Value::F32(_) | Value::F64(_) => None,
    }
}

impl<'r> Worker<'r> {
    /// Runs a text segment over the block at hand.
    pub(crate) fn run_columnar(
        &mut self,
        position: usize,
        column: ColumnId,
        segment: &SegmentPlan,
    ) -> Result<(), RunError> {
        let run = self.run;
        let op = &run.prepared.columns().column(column).op;
        if compares_with_scalar(op, &segment.operands) {
            if self.compare_dictionary(position, op, segment)? {
                return Ok(());
            }
            self.read_lazy(segment);
        }
        let output = segment.outputs[0];
        let rows = self.block.rows;
        match op {
            Op::Compare(comparison) => {
                let (a, b) = (self.text(segment, 0)?, self.text(segment, 1)?);
                let found: Vec<Option<bool>> = (0..rows)
                    .map(|row| Some(holds(*comparison, a.get(row)?, b.get(row)?)))
                    .collect();
                self.put_bools(output, &found)
            }
            Op::IsNull => {
                let a = self.text(segment, 0)?;
                let found: Vec<Option<bool>> =
                    (0..rows).map(|row| Some(a.get(row).is_none())).collect();
                self.put_bools(output, &found)
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

    /// Stores bools of the block at hand, none for null.
    pub(crate) fn put_bools(
        &mut self,
        slot: usize,
        found: &[Option<bool>],
    ) -> Result<(), RunError> {
        let start = self.start(slot);
        let padded = self.block.padded;
        let nullable = self.run.program.slots[slot].ty.nullable;
        let store = &mut self.stores[slot];
        let values = &mut store.values.get_mut()[span(Lane::Bool, start, padded)];
        values.fill(0);
        for (row, value) in found.iter().enumerate() {
            if *value == Some(true) {
                put_bit(values, row, true);
            }
        }
        if nullable {
            let validity = &mut store.validity.get_mut()[span(Lane::Bool, start, padded)];
            validity.fill(0);
            for (row, value) in found.iter().enumerate() {
                if value.is_some() {
                    put_bit(validity, row, true);
                }
            }
        } else if found.iter().any(Option::is_none) {
            return Err(internal("a null where the type has none"));
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

    /// Reads the cells of text slots that were left unread.
    fn read_lazy(&mut self, segment: &SegmentPlan) {
        let run = self.run;
        let rows = self.block.row..self.block.row + self.block.rows;
        for operand in &segment.operands {
            if let Operand::Slot(slot) = operand
                && run.lazy_text[*slot]
            {
                let column = &*run.reads[*slot];
                column.read_text(rows.clone(), &mut self.stores[*slot].cells);
            }
        }
    }

    /// A comparison of a dictionary with a scalar: once per distinct value. False if the column at
    /// hand is no dictionary.
    fn compare_dictionary(
        &mut self,
        position: usize,
        op: &Op,
        segment: &SegmentPlan,
    ) -> Result<bool, RunError> {
        let run = self.run;
        let (slot, scalar, swapped) = match segment.operands[..] {
            [Operand::Slot(slot), Operand::Scalar(scalar)] => (slot, scalar, false),
            [Operand::Scalar(scalar), Operand::Slot(slot)] => (slot, scalar, true),
            _ => return Ok(false),
        };
        let Op::Compare(comparison) = op else {
            return Ok(false);
        };
        if run.program.slots[slot].place != Place::Table {
            return Ok(false);
        }
        let rows = self.block.row..self.block.row + self.block.rows;
        let Some((array, part)) = run.reads[slot].single(rows) else {
            return Ok(false);
        };
        let Some(codes) = TextArray::new(array).and_then(TextArray::dictionary) else {
            return Ok(false);
        };
        let values = codes.values();
        if values.len() > run.table_rows {
            return Ok(false);
        }
        let address = values.as_ref() as *const dyn arrow::array::Array as *const () as usize;
        let known = self
            .dictionaries
            .known
            .entry((position, address))
            .or_insert_with(|| {
                let scalar = scalar_text(&run.scalars[&scalar]);
                let mut cells = Vec::with_capacity(values.len());
                if let Some(text) = TextArray::new(values) {
                    text.read(0..values.len(), &mut cells);
                }
                cells
                    .into_iter()
                    .map(|cell| {
                        let (cell, scalar) = (cell?, scalar?);
                        Some(if swapped {
                            holds(*comparison, scalar, cell)
                        } else {
                            holds(*comparison, cell, scalar)
                        })
                    })
                    .collect()
            });
        let mut found = Vec::with_capacity(part.len());
        codes.codes(part, &mut found);
        let found: Vec<Option<bool>> = found
            .into_iter()
            .map(|code| code.and_then(|code| known[code]))
            .collect();
        self.put_bools(segment.outputs[0], &found)?;
        Ok(true)
    }
}
