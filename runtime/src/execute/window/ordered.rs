//! Windows by the order of values: extremes, quantiles, ranks.

use std::collections::VecDeque;
use std::ops::Range;

use icosian_ir::meaning::quantile::{Place, place};
use icosian_ir::meaning::sums::between;
use icosian_ir::op::{Interpolation, RankMethod};

use super::frames::Moving;
use super::lanes::{Lanes, OrderWord};
use super::{Argument, Written};

/// The least or greatest value of a window: rows that a later, better one makes pointless are
/// dropped as they are met, so each row comes and goes once.
pub(crate) struct Extreme<'v, W> {
    argument: Argument<'v>,
    values: Lanes<'v>,
    /// Whether the greatest is wanted: then words are turned, and the least of them is.
    greatest: bool,
    rows: VecDeque<(W, usize)>,
}

impl<'v, W> Extreme<'v, W> {
    pub(crate) fn new(argument: Argument<'v>, greatest: bool) -> Extreme<'v, W> {
        Extreme {
            argument,
            values: Lanes::new(argument.lane, argument.view.values),
            greatest,
            rows: VecDeque::new(),
        }
    }
}

impl<W: OrderWord> Moving for Extreme<'_, W> {
    fn enter(&mut self, row: usize) {
        let word = W::of(self.values, row, self.greatest);
        while self.rows.back().is_some_and(|(other, _)| *other >= word) {
            self.rows.pop_back();
        }
        self.rows.push_back((word, row));
    }

    fn leave(&mut self, row: usize) {
        if self.rows.front().is_some_and(|(_, first)| *first == row) {
            self.rows.pop_front();
        }
    }

    fn write(&mut self, row: usize, _: Range<usize>, _: u64, written: &mut Written<'_>) {
        match self.rows.front() {
            Some((_, from)) => written.copy(row, self.argument, *from),
            None => written.null(row),
        }
    }
}

/// The rows of a column in the order of their values, and which of them are in a window, counted in a
/// tree over that order: entering, leaving and finding take as many steps as the tree is deep.
pub(crate) struct Quantile<'v> {
    argument: Argument<'v>,
    values: Lanes<'v>,
    q: f64,
    interpolation: Interpolation,
    /// Rows in the order of their values.
    sorted: Vec<u32>,
    /// Where each row stands in that order.
    places: Vec<u32>,
    /// Counts over ranges of that order (a binary indexed tree).
    counts: Vec<u32>,
}

impl<'v> Quantile<'v> {
    pub(crate) fn new(
        argument: Argument<'v>,
        length: usize,
        q: f64,
        interpolation: Interpolation,
    ) -> Quantile<'v> {
        let values = Lanes::new(argument.lane, argument.view.values);
        let mut words: Vec<(u64, u32)> = (0..length)
            .filter(|row| argument.view.is_valid(*row))
            .map(|row| (values.word(row), row as u32))
            .collect();
        words.sort_unstable();
        let mut places = vec![0; length];
        for (place, (_, row)) in words.iter().enumerate() {
            places[*row as usize] = place as u32;
        }
        Quantile {
            argument,
            values,
            q,
            interpolation,
            counts: vec![0; words.len() + 1],
            sorted: words.into_iter().map(|(_, row)| row).collect(),
            places,
        }
    }

    #[inline]
    fn count(&mut self, row: usize, change: u32) {
        let mut at = self.places[row] as usize + 1;
        while let Some(count) = self.counts.get_mut(at) {
            *count = count.wrapping_add(change);
            at += at & at.wrapping_neg();
        }
    }

    /// The row of the value at a position among those in the window.
    fn at(&self, position: u64) -> usize {
        let mut left = position;
        let mut at = 0;
        let mut step = self.counts.len().next_power_of_two();
        while step > 0 {
            if let Some(count) = self.counts.get(at + step)
                && u64::from(*count) <= left
            {
                left -= u64::from(*count);
                at += step;
            }
            step /= 2;
        }
        self.sorted[at] as usize
    }
}

impl Moving for Quantile<'_> {
    fn enter(&mut self, row: usize) {
        self.count(row, 1);
    }

    fn leave(&mut self, row: usize) {
        self.count(row, u32::MAX);
    }

    fn write(&mut self, row: usize, _: Range<usize>, count: u64, written: &mut Written<'_>) {
        if count == 0 {
            return written.null(row);
        }
        let (low, fraction) = match place(self.q, count, self.interpolation) {
            Place::At(position) => (position, 0.0),
            Place::Between(below, fraction) => (below, fraction),
        };
        let from = self.at(low);
        if self.interpolation.is_element() {
            return written.copy(row, self.argument, from);
        }
        let low_value = self.values.number(from);
        let high_value = if fraction == 0.0 {
            low_value
        } else {
            self.values.number(self.at(low + 1))
        };
        written.float(row, between(low_value, high_value, fraction));
    }
}

/// The rank of each value among all.
pub(crate) fn rank<W: OrderWord>(
    argument: Argument<'_>,
    length: usize,
    (method, descending, fraction): (RankMethod, bool, bool),
    written: &mut Written<'_>,
) {
    let values = Lanes::new(argument.lane, argument.view.values);
    let mut words = Vec::with_capacity(length);
    for row in 0..length {
        if argument.view.is_valid(row) {
            words.push((W::of_key(values, row, descending), row));
        } else {
            written.null(row);
        }
    }
    words.sort_unstable();
    let tied = |a: &(W, usize), b: &(W, usize)| a.0 == b.0;
    let all = if method == RankMethod::Dense {
        words.chunk_by(tied).count()
    } else {
        words.len()
    };
    let mut first = 1;
    for (run, rows) in words.chunk_by(tied).enumerate() {
        for (position, (_, row)) in rows.iter().enumerate() {
            let place = match method {
                RankMethod::Average => first as f64 + (rows.len() - 1) as f64 / 2.0,
                RankMethod::Min => first as f64,
                RankMethod::Max => (first + rows.len() - 1) as f64,
                RankMethod::Dense => (run + 1) as f64,
                RankMethod::Ordinal => (first + position) as f64,
            };
            if fraction {
                written.float(*row, place / all as f64);
            } else if method == RankMethod::Average {
                written.float(*row, place);
            } else {
                written.integer(*row, place as i128);
            }
        }
        first += rows.len();
    }
}
