//! Columns as windows along all rows see them: in one piece of fixed width.

use std::sync::Arc;

use icosian_ir::meaning::order::Direction;
use icosian_ir::op::Window;
use icosian_ir::types::Lane;

use crate::bytes::{blit_bits, put_bit, typed_mut};
use crate::data::ChunkedColumn;
use crate::error::RunError;
use crate::execute::sort::{SortColumn, sort_rows};
use crate::execute::view::View;
use crate::memory::{MemoryBudget, Region};

/// What stands for text in a window, which looks at numbers only.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Text {
    /// The row's own number: enough to choose rows.
    Row,
    /// The text's place among all texts of the column.
    Place,
}

impl Text {
    pub(super) fn of(window: Window) -> Text {
        match window {
            Window::Shift { .. } | Window::Fill { .. } => Text::Row,
            Window::Cumulative(_)
            | Window::Rolling { .. }
            | Window::Interpolate
            | Window::Rank { .. }
            | Window::Exponential { .. } => Text::Place,
        }
    }
}

/// A column in one aligned piece of fixed width.
pub(super) struct Aligned<'d> {
    pub(super) lane: Lane,
    values: Bytes<'d>,
    validity: Option<Bytes<'d>>,
    /// Of text that its place stands for: a row that has the text of each place.
    pub(super) texts: Vec<u32>,
}

/// Bytes where the column has them, or a copy.
enum Bytes<'d> {
    Kept(&'d [u8]),
    Copied(Region),
}

impl Bytes<'_> {
    fn get(&self) -> &[u8] {
        match self {
            Bytes::Kept(bytes) => bytes,
            Bytes::Copied(region) => region.bytes(),
        }
    }
}

impl<'d> Aligned<'d> {
    pub(super) fn new(
        column: &'d ChunkedColumn,
        text: Text,
        budget: &Arc<MemoryBudget>,
    ) -> Result<Aligned<'d>, RunError> {
        let rows = column.rows();
        let lane = column.lane().unwrap_or(Lane::U32);
        if column.lane().is_some_and(|lane| lane != Lane::Bool)
            && let Some((values, _, nulls)) = column.payload()
            && values.as_ptr().align_offset(lane.bytes(1)) == 0
        {
            let validity = nulls.map(|nulls| {
                let (bits, offset) = (nulls.validity(), nulls.offset());
                if offset.is_multiple_of(8) {
                    return Bytes::Kept(&bits[offset / 8..]);
                }
                let mut copy = Region::zeroed(rows.div_ceil(8));
                blit_bits(bits, offset, rows, copy.bytes_mut(), 0);
                Bytes::Copied(copy)
            });
            return Ok(Aligned {
                lane,
                values: Bytes::Kept(&values[..lane.bytes(rows)]),
                validity,
                texts: Vec::new(),
            });
        }
        let mut values = Region::zeroed(lane.bytes(rows));
        let mut validity = Region::zeroed(rows.div_ceil(8));
        let mut texts = Vec::new();
        let nulls = if column.lane().is_some() {
            column.copy(0..rows, rows, values.bytes_mut(), validity.bytes_mut())
        } else {
            let mut cells = Vec::new();
            column.read_text(0..rows, &mut cells);
            for (row, cell) in cells.iter().enumerate() {
                put_bit(validity.bytes_mut(), row, cell.is_some());
            }
            let numbers = typed_mut::<u32>(values.bytes_mut());
            if text == Text::Row {
                let numbered = numbers.iter_mut().zip(0..);
                numbered.take(rows).for_each(|(number, row)| *number = row);
            } else {
                let direction = Direction::default();
                let sorted = sort_rows(&[SortColumn { column, direction }], rows, None, budget)?;
                for pair in sorted.chunk_by(|a, b| cells[*a as usize] == cells[*b as usize]) {
                    let place = texts.len() as u32;
                    pair.iter().for_each(|row| numbers[*row as usize] = place);
                    texts.push(pair[0]);
                }
            }
            cells.iter().any(Option::is_none)
        };
        Ok(Aligned {
            lane,
            values: Bytes::Copied(values),
            validity: nulls.then_some(Bytes::Copied(validity)),
            texts,
        })
    }

    pub(super) fn has_nulls(&self) -> bool {
        self.validity.is_some()
    }

    pub(super) fn view(&self) -> View<'_> {
        View {
            values: self.values.get(),
            validity: self.validity.as_ref().map(Bytes::get),
        }
    }
}
