//! Which rows the window of each row covers, and what moves along them.

use std::borrow::Cow;
use std::ops::Range;

use icosian_codegen::wide::Routine;
use icosian_ir::op::Frame;

use super::{Argument, Written};
use crate::execute::window::lanes::Lanes;

/// The frames of rows that are asked for one after the other.
pub(crate) enum Frames<'v> {
    /// So many rows before and after.
    Rows {
        before: usize,
        after: usize,
        length: usize,
    },
    /// Rows by their distance along a column.
    Span(Span<'v>),
}

/// Distances along a column that ascends.
pub(crate) struct Span<'v> {
    /// The first row that has a place.
    first: usize,
    /// The places of the rows from there on, as far as they have one.
    places: Cow<'v, [i64]>,
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

impl<'v> Frames<'v> {
    pub(crate) fn new(frame: Frame, axis: Option<Axis<'v>>, length: usize) -> Frames<'v> {
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

/// The rows that windows of `rows` look at, which reach so far back: from the first in reach to the last at the
/// same place as theirs.
pub(crate) fn rows_in_reach(
    axis: Axis<'_>,
    farthest: u64,
    rows: Range<usize>,
    length: usize,
) -> Range<usize> {
    let view = axis.column.view;
    let lanes = Lanes::new(axis.column.lane, view.values);
    let turn = if axis.descending { -1 } else { 0 };
    let place_of = |row: usize| lanes.integer(row) as i64 ^ turn;
    let mut placed = rows.clone().filter(|row| view.is_valid(*row));
    let Some(first) = placed.next() else {
        return rows;
    };
    let last = placed.next_back().unwrap_or(first);
    // Rows without a place stand before all others, or behind them.
    let place = place_of(first);
    let start = search(0..first, |row| {
        let out_of_reach =
            |other: i64| other <= place && place.wrapping_sub(other).cast_unsigned() > farthest;
        !view.is_valid(row) || out_of_reach(place_of(row))
    });
    let place = place_of(last);
    let end = search(last + 1..length, |row| {
        view.is_valid(row) && place_of(row) <= place
    });
    start.min(rows.start)..end.max(rows.end)
}

/// The first of some rows that is not `before` what is looked for.
fn search(rows: Range<usize>, before: impl Fn(usize) -> bool) -> usize {
    let Range { mut start, mut end } = rows;
    while start < end {
        let middle = start + (end - start) / 2;
        if before(middle) {
            start = middle + 1;
        } else {
            end = middle;
        }
    }
    start
}

impl<'v> Span<'v> {
    fn new(axis: Axis<'v>, nearest: u64, farthest: u64, length: usize) -> Span<'v> {
        let view = axis.column.view;
        let lanes = Lanes::new(axis.column.lane, view.values);
        let first = (0..length)
            .find(|row| view.is_valid(*row))
            .unwrap_or(length);
        // All bits turned, what descended ascends, and distances are the same.
        let turn = if axis.descending { -1 } else { 0 };
        let places = match lanes {
            Lanes::I64(places) if turn == 0 && view.validity.is_none() => {
                Cow::Borrowed(&places[..length])
            }
            _ => {
                let placed = (first..length).take_while(|row| view.is_valid(*row));
                placed.map(|row| lanes.integer(row) as i64 ^ turn).collect()
            }
        };
        Span {
            first,
            places,
            nearest,
            farthest,
            far: 0,
            near: 0,
        }
    }

    #[inline(always)]
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
#[inline(always)]
pub(crate) fn slide(
    frames: &mut Frames<'_>,
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

/// [`slide`], for states whose arithmetic differs by CPU level (not its results).
pub(crate) struct Slide<'s, 'f, 'w, V, M> {
    pub(crate) frames: &'s mut Frames<'f>,
    pub(crate) length: usize,
    pub(crate) valid: V,
    pub(crate) min_count: u64,
    pub(crate) state: M,
    pub(crate) written: &'s mut Written<'w>,
}

impl<V: Fn(usize) -> bool, M: Moving> Routine for Slide<'_, '_, '_, V, M> {
    type Output = ();

    #[inline(always)]
    fn run(mut self) {
        let Slide {
            frames,
            length,
            valid,
            min_count,
            written,
            ..
        } = self;
        slide(frames, length, valid, min_count, &mut self.state, written);
    }
}
