//! Rolling windows: rows enter and leave, and what is kept of those inside moves on with them.

use std::collections::VecDeque;

use icosian_ir::meaning::sums::IntegerProduct;
use icosian_ir::op::{Frame, Reduction, Window};
use icosian_ir::types::Lane;

use super::shape::WindowShape;
use super::sums::{Sums, integer};
use super::track::Track;
use super::{Outcome, order_word};
use crate::bytes::{put_bit, typed_mut};
use crate::error::RunError;
use crate::execute::row_text::word;
use crate::execute::view::View;
use crate::execute::window::frames::Axis;
use crate::execute::window::{Argument, Written, run_along};
use crate::memory::Region;

/// Rows that worn sums are kept for, at least, before they are made anew.
const REST: u64 = 64;

/// The rows inside a window, and what is kept of them besides their values.
#[derive(Clone, Debug)]
pub(crate) struct Rolling {
    start: u64,
    end: u64,
    /// How many of them count.
    count: u64,
    /// Rows since the sums were made.
    age: u64,
    summary: Summary,
}

#[derive(Clone, Debug)]
enum Summary {
    /// The values suffice.
    Nothing,
    Sums(Sums),
    /// The words of rows that no later one makes pointless, and the rows.
    Extreme(VecDeque<(u64, u64)>),
}

impl Rolling {
    pub(crate) fn new(shape: &WindowShape) -> Rolling {
        let summary = match (shape.reduction(), shape.lane()) {
            (Some(Reduction::Min | Reduction::Max), Some(_)) => Summary::Extreme(VecDeque::new()),
            (Some(reduction), Some(lane)) => {
                Sums::new(reduction, lane).map_or(Summary::Nothing, Summary::Sums)
            }
            _ => Summary::Nothing,
        };
        Rolling {
            start: 0,
            end: 0,
            count: 0,
            age: 0,
            summary,
        }
    }

    /// The first row that is still looked at.
    pub(crate) fn start(&self) -> u64 {
        self.start
    }

    /// Makes all anew from the rows that are kept.
    pub(crate) fn rebuild(&mut self, shape: &WindowShape, tracks: &[Track]) {
        *self = Rolling::new(shape);
        // Other windows may look back farther at one of the columns.
        let axis = shape.axis.map(|(axis, _)| axis);
        let kept = shape.tracks.iter().chain(&axis);
        let first = kept.map(|track| tracks[*track].first()).max();
        let (first, end) = (first.unwrap_or(0), tracks[shape.tracks[0]].end());
        (self.start, self.end) = (first, first);
        if end > first {
            self.advance(shape, tracks, end - 1);
        }
    }

    /// Moves the window on to a row that is kept.
    #[inline]
    pub(crate) fn advance(&mut self, shape: &WindowShape, tracks: &[Track], row: u64) {
        let Window::Rolling { frame, .. } = shape.window else {
            return;
        };
        if let (Frame::Span { nearest, farthest }, Some((axis, descending))) = (frame, shape.axis) {
            // All bits turned, what descended ascends, and distances are the same.
            let turn = if descending { -1 } else { 0 };
            let place = |row: u64| tracks[axis].word(row).map_or(0, |word| word as i64 ^ turn);
            let here = place(row);
            // Of a place not above: the difference fits 64 bits.
            let distance = |row: u64| {
                let there = place(row);
                (there <= here).then(|| here.wrapping_sub(there).cast_unsigned())
            };
            while self.end <= row
                && distance(self.end).is_some_and(|far| far >= nearest.unsigned_abs())
            {
                self.enter(shape, tracks);
            }
            while self.start < self.end
                && distance(self.start).is_some_and(|far| far > farthest.unsigned_abs())
            {
                self.leave(shape, tracks);
            }
            return;
        }
        let rows = match frame {
            Frame::Rows { rows, .. } => rows,
            Frame::Expanding | Frame::Span { .. } => u64::MAX,
        };
        let start = (row + 1).saturating_sub(rows).max(self.start);
        if self.end == row
            && start == self.start + 1
            && self.start < self.end
            && let (Summary::Sums(sums), Some(lane)) = (&mut self.summary, shape.lane())
        {
            let track = &tracks[shape.tracks[0]];
            if let (Some(leaving), Some(entering)) = (track.word(self.start), track.word(row)) {
                sums.slide(lane, leaving, entering);
                (self.start, self.end) = (start, row + 1);
                return;
            }
        }
        while self.end <= row {
            self.enter(shape, tracks);
        }
        while self.start < start {
            self.leave(shape, tracks);
        }
    }

    fn enter(&mut self, shape: &WindowShape, tracks: &[Track]) {
        let row = self.end;
        self.end += 1;
        if !counts(shape, tracks, row) {
            return;
        }
        self.count += 1;
        let track = &tracks[shape.tracks[0]];
        let (Some(lane), Some(word)) = (shape.lane(), track.word_of_lane(shape, row)) else {
            return;
        };
        match &mut self.summary {
            Summary::Nothing => {}
            Summary::Sums(sums) => sums.enter(lane, word),
            Summary::Extreme(rows) => {
                let word = order_word(lane, word) ^ shape.turn();
                while rows.back().is_some_and(|(other, _)| *other >= word) {
                    rows.pop_back();
                }
                rows.push_back((word, row));
            }
        }
    }

    fn leave(&mut self, shape: &WindowShape, tracks: &[Track]) {
        let row = self.start;
        self.start += 1;
        if !counts(shape, tracks, row) {
            return;
        }
        self.count -= 1;
        let track = &tracks[shape.tracks[0]];
        let (Some(lane), Some(word)) = (shape.lane(), track.word_of_lane(shape, row)) else {
            return;
        };
        match &mut self.summary {
            Summary::Nothing => {}
            Summary::Sums(sums) => sums.leave(lane, word),
            Summary::Extreme(rows) => {
                if rows.front().is_some_and(|(_, first)| *first == row) {
                    rows.pop_front();
                }
            }
        }
    }

    /// What the window gives now.
    #[inline]
    pub(crate) fn result(
        &mut self,
        shape: &WindowShape,
        tracks: &[Track],
    ) -> Result<Outcome, RunError> {
        let Window::Rolling {
            reduction,
            min_count,
            ..
        } = shape.window
        else {
            return Ok(Outcome::Null);
        };
        if self.count < min_count {
            return Ok(Outcome::Null);
        }
        self.age += 1;
        if let Summary::Sums(sums) = &self.summary
            && self.age >= (self.end - self.start).max(REST)
            && sums.is_worn()
        {
            self.make_sums_anew(shape, tracks);
        }
        let track = shape.tracks[0];
        Ok(match &self.summary {
            Summary::Sums(sums) => sums.result(reduction, self.count),
            Summary::Extreme(rows) => match rows.front() {
                Some((_, row)) => Outcome::At(track, *row),
                None => Outcome::Null,
            },
            Summary::Nothing => match reduction {
                Reduction::Count => Outcome::Integer(Some(self.count.into())),
                Reduction::First { .. } => self
                    .first(shape, tracks, self.start..self.end)
                    .map_or(Outcome::Null, |row| Outcome::At(track, row)),
                Reduction::Last { .. } => self
                    .first(shape, tracks, (self.start..self.end).rev())
                    .map_or(Outcome::Null, |row| Outcome::At(track, row)),
                _ => self.all(shape, tracks)?,
            },
        })
    }

    /// The first of some rows that counts.
    fn first(
        &self,
        shape: &WindowShape,
        tracks: &[Track],
        mut rows: impl Iterator<Item = u64>,
    ) -> Option<u64> {
        rows.find(|row| counts(shape, tracks, *row))
    }

    #[cold]
    fn make_sums_anew(&mut self, shape: &WindowShape, tracks: &[Track]) {
        let (start, end) = (self.start, self.end);
        *self = Rolling::new(shape);
        (self.start, self.end) = (start, start);
        while self.end < end {
            self.enter(shape, tracks);
        }
    }

    /// The reduction of all rows inside, by the routine that windows of a batch run by.
    fn all(&self, shape: &WindowShape, tracks: &[Track]) -> Result<Outcome, RunError> {
        // Of no row: as of one without values.
        let rows = (self.end - self.start).max(1) as usize;
        let last = rows - 1;
        let columns: Vec<Column> = (shape.tracks.iter().zip(&shape.lanes))
            .map(|(track, lane)| Column::new(&tracks[*track], lane.unwrap_or(Lane::U32), self))
            .collect();
        let arguments: Vec<Argument<'_>> = (columns.iter().zip(&shape.scalars))
            .map(|(column, scalar)| Argument {
                scalar: *scalar,
                lane: column.lane,
                view: column.view(),
            })
            .collect();
        // The rows are those inside: all of them, whatever frame they were found by.
        let window = match shape.window {
            Window::Rolling {
                reduction,
                min_count,
                ..
            } => Window::rolling(reduction, rows as u64, min_count),
            other => other,
        };
        let lane = shape.scalar.lane().unwrap_or(Lane::U32);
        let mut values = Region::zeroed(lane.bytes(rows.next_multiple_of(8)));
        let mut validity = Region::zeroed(rows.div_ceil(8));
        let mut written = Written {
            values: values.bytes_mut(),
            validity: Some(validity.bytes_mut()),
            scalar: shape.scalar,
            flagged: false,
        };
        run_along(window, &arguments, None::<Axis<'_>>, rows, &mut written)?;
        let flagged = written.flagged;
        if !crate::bytes::bit(validity.bytes(), last) {
            return Ok(Outcome::Null);
        }
        if let (true, Some(Reduction::Product), Some(from)) =
            (flagged, shape.reduction(), shape.lane())
        {
            let mut product = IntegerProduct::new();
            let track = &tracks[shape.tracks[0]];
            (self.start..self.end)
                .filter_map(|row| track.word(row))
                .for_each(|word| product.multiply(integer(from, word)));
            return Ok(Outcome::Integer(product.value()));
        }
        Ok(Outcome::Word(word(lane, values.bytes(), last)))
    }
}

/// Whether a row counts: no value is null that the reduction skips.
#[inline]
fn counts(shape: &WindowShape, tracks: &[Track], row: u64) -> bool {
    let Some(reduction) = shape.reduction() else {
        return true;
    };
    (shape.tracks.iter().enumerate())
        .all(|(place, track)| !reduction.skips_null(place) || tracks[*track].is_valid(row))
}

impl Track {
    /// The bits of a value, of a column of fixed width.
    fn word_of_lane(&self, shape: &WindowShape, row: u64) -> Option<u64> {
        shape.lane().and_then(|_| self.word(row))
    }
}

/// The values of a window's rows in one piece.
struct Column {
    lane: Lane,
    values: Region,
    validity: Option<Region>,
}

impl Column {
    fn new(track: &Track, lane: Lane, inside: &Rolling) -> Column {
        let rows = (inside.end - inside.start).max(1) as usize;
        let mut values = Region::zeroed(lane.bytes(rows.next_multiple_of(8)));
        let mut validity = Region::zeroed(rows.div_ceil(8));
        let mut nulls = inside.start == inside.end;
        for (at, row) in (inside.start..inside.end).enumerate() {
            let found = track.word(row);
            nulls |= found.is_none();
            put_bit(validity.bytes_mut(), at, found.is_some());
            put_lane(lane, values.bytes_mut(), at, found.unwrap_or(0));
        }
        Column {
            lane,
            values,
            validity: nulls.then_some(validity),
        }
    }

    fn view(&self) -> View<'_> {
        View {
            values: self.values.bytes(),
            validity: self.validity.as_ref().map(Region::bytes),
        }
    }
}

fn put_lane(lane: Lane, values: &mut [u8], at: usize, word: u64) {
    match lane.bits() {
        1 => put_bit(values, at, word & 1 != 0),
        8 => values[at] = word as u8,
        16 => typed_mut::<u16>(values)[at] = word as u16,
        32 => typed_mut::<u32>(values)[at] = word as u32,
        128 => typed_mut::<i128>(values)[at] = word.into(),
        _ => typed_mut::<u64>(values)[at] = word,
    }
}
