//! Functions of text on cells and on whole columns; patterns are compiled once per column.

use smallvec::SmallVec;

use crate::id::ColumnId;
use crate::interpret::cell::{Cell, ColumnValues};
use crate::interpret::error::RowErrorKind;
use crate::interpret::evaluate::{Interpreter, Raised};
use crate::interpret::row::{Outcome, first_of};
use crate::meaning::text::{Argument, Given, TextCall};
use crate::op::TextFunction;
use crate::value::Value;

impl Interpreter<'_> {
    /// A function of text over the rows of its arguments.
    pub(super) fn text(
        &self,
        id: ColumnId,
        function: TextFunction,
    ) -> Result<ColumnValues, Raised> {
        let arguments = self.arguments(&self.columns.column(id).args)?;
        let scalar = |position: usize| match arguments.get(position) {
            Some(ColumnValues::Scalar(cell)) => text_of(cell),
            Some(ColumnValues::Rows(_)) | None => None,
        };
        let call = TextCall::new(function, scalar);
        let mut made = String::new();
        let mut cell = |row: usize, reported: Option<usize>| {
            let cells: SmallVec<[&Cell; 3]> =
                arguments.iter().map(|values| values.cell(row)).collect();
            apply(&call, &cells, &mut made).unwrap_or_else(|kind| {
                let operands = cells.iter().filter_map(|cell| cell.value());
                self.failure(id, reported, kind, operands.cloned().collect())
            })
        };
        Ok(match arguments.iter().find_map(|values| values.rows()) {
            None => ColumnValues::Scalar(cell(0, None)),
            Some(rows) => ColumnValues::Rows((0..rows).map(|row| cell(row, Some(row))).collect()),
        })
    }
}

/// A function of text over the cells of one row.
pub(super) fn once(function: TextFunction, cells: &[&Cell]) -> Outcome {
    let scalar = |position: usize| cells.get(position).and_then(|cell| text_of(cell));
    apply(&TextCall::new(function, scalar), cells, &mut String::new())
}

fn text_of(cell: &Cell) -> Option<&str> {
    match cell.value() {
        Some(Value::Str(text)) => Some(text),
        _ => None,
    }
}

/// A call over one row: an error among the cells wins over a null, and a null over a result.
fn apply(call: &TextCall, cells: &[&Cell], made: &mut String) -> Outcome {
    let mut arguments: SmallVec<[Argument<'_>; 3]> = SmallVec::new();
    for cell in cells {
        match cell.value() {
            Some(Value::Str(text)) => arguments.push(Argument::Text(text)),
            // Verified to be i64.
            Some(Value::Integer(number)) => arguments.push(Argument::Whole(*number as i64)),
            _ => {
                let error = first_of(cells.iter().copied());
                return Ok(error.map_or(Cell::NULL, Cell::Error));
            }
        }
    }
    let given = call.apply(&arguments, made).map_err(RowErrorKind::Text)?;
    Ok(Cell::Value(match given {
        Given::Null => Value::Null,
        Given::Bool(value) => Value::Bool(value),
        Given::Whole(number) => Value::Integer(number.into()),
        Given::Part(part) => Value::Str(part.into()),
        Given::Made => Value::Str(made.as_str().into()),
    }))
}
