//! Which rows the window of each row covers, and what moves along them.

use std::ops::Range;

use icosian_ir::op::Frame;

use super::{Argument, Written};
use crate::execute::window::lanes::Lanes;

/// The frames of rows that are asked for one after the other.
pub(crate) enum Frames {
    /// So many rows before and after.
    Rows {
        before: usize,
        after: usize,
        length: usize,
    },
    /// Rows by their distance along a column.
    Span(Span),
}

/// Distances along a column that ascends.
pub(crate) struct Span {
    /// The first row that has a place.
    first: usize,
    /// The places of the rows from there on, as far as they have one.
    places: Vec<i64>,
    nearest: u64,
    farthest: u64,
    far: usize,
    near: usize,
}

/// The column that distances are measured along; rows stand in its order.
#[derive(Clone, Copy)]
pub(crate) struct Axis<'v> {
    pub(crate) column: Argument<'v>,
    pub(crate) descending: bool,
}

impl Frames {
    pub(crate) fn new(frame: Frame, axis: Option<Axis<'_>>, length: usize) -> Frames {
        let bound = |rows: u64| usize::try_from(rows).unwrap_or(usize::MAX);
        if let (Frame::Span { nearest, farthest }, Some(axis)) = (frame, axis) {
            return Frames::Span(Span::new(
                axis,
                nearest.unsigned_abs(),
                farthest.unsigned_abs(),
                length,
            ));
        }
        let (before, after) = frame.rows().unwrap_or((u64::MAX, 0));
        Frames::Rows {
            before: bound(before),
            after: bound(after),
            length,
        }
    }

    /// The rows that the next row's window covers; none if it is in no window itself. Neither end
    /// ever moves back.
    #[inline(always)]
    fn next(&mut self, row: usize) -> Option<Range<usize>> {
        match self {
            Frames::Rows {
                before,
                after,
                length,
            } => {
                let end = row.saturating_add(*after).saturating_add(1).min(*length);
                Some(row.saturating_sub(*before)..end)
            }
            Frames::Span(span) => span.next(row),
        }
    }
}

impl Span {
    fn new(axis: Axis<'_>, nearest: u64, farthest: u64, length: usize) -> Span {
        let view = axis.column.view;
        let lanes = Lanes::new(axis.column.lane, view.values);
        let first = (0..length)
            .find(|row| view.is_valid(*row))
            .unwrap_or(length);
        let placed = (first..length).take_while(|row| view.is_valid(*row));
        // All bits turned, what descended ascends, and distances are the same.
        let turn = if axis.descending { -1 } else { 0 };
        Span {
            first,
            places: placed.map(|row| lanes.integer(row) as i64 ^ turn).collect(),
            nearest,
            farthest,
            far: 0,
            near: 0,
        }
    }

    fn next(&mut self, row: usize) -> Option<Range<usize>> {
        let place = *self.places.get(row.checked_sub(self.first)?)?;
        // Of a place not above: the difference fits 64 bits.
        let distance = |other: i64| place.wrapping_sub(other).cast_unsigned();
        while let Some(other) = self.places.get(self.far)
            && *other <= place
            && distance(*other) > self.farthest
        {
            self.far += 1;
        }
        while let Some(other) = self.places.get(self.near)
            && *other <= place
            && distance(*other) >= self.nearest
        {
            self.near += 1;
        }
        Some(self.first + self.far..self.first + self.near.max(self.far))
    }
}

/// A state that rows enter and leave.
pub(crate) trait Moving {
    /// A row whose values are not null enters.
    fn enter(&mut self, row: usize);
    /// The oldest row, whose values are not null, leaves.
    fn leave(&mut self, row: usize);
    /// Writes the result of the rows `held`, of which `count` have no null.
    fn write(&mut self, row: usize, held: Range<usize>, count: u64, written: &mut Written<'_>);
}

/// Moves a state along the frames of `length` rows.
pub(crate) fn slide(
    frames: &mut Frames,
    length: usize,
    valid: impl Fn(usize) -> bool,
    min_count: u64,
    state: &mut impl Moving,
    written: &mut Written<'_>,
) {
    let mut held = 0..0;
    let mut count = 0;
    for row in 0..length {
        let Some(frame) = frames.next(row) else {
            written.null(row);
            continue;
        };
        while held.end < frame.end {
            if valid(held.end) {
                state.enter(held.end);
                count += 1;
            }
            held.end += 1;
        }
        while held.start < frame.start {
            if valid(held.start) {
                state.leave(held.start);
                count -= 1;
            }
            held.start += 1;
        }
        if count < min_count {
            written.null(row);
        } else {
            state.write(row, held.clone(), count, written);
        }
    }
}
