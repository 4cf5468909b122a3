//! Windows that pick one of their rows, or count which values they hold: first, last, the row with the
//! greatest of another column, how many are distinct, which is most frequent.

use std::collections::VecDeque;
use std::ops::Range;

use icosian_ir::types::Lane;

use super::frames::Moving;
use super::lanes::{Lanes, OrderWord};
use super::{Argument, Written};
use crate::bytes::typed_mut;

/// Writes the value of a row, null or not.
fn pick(row: usize, argument: Argument<'_>, from: Option<usize>, written: &mut Written<'_>) {
    match from.filter(|from| argument.view.is_valid(*from)) {
        Some(from) => written.copy(row, argument, from),
        None => written.null(row),
    }
}

/// The first or last row that counts.
pub(crate) struct End<'v> {
    argument: Argument<'v>,
    last: bool,
    rows: VecDeque<usize>,
}

impl<'v> End<'v> {
    pub(crate) fn new(argument: Argument<'v>, last: bool) -> End<'v> {
        End {
            argument,
            last,
            rows: VecDeque::new(),
        }
    }
}

impl Moving for End<'_> {
    fn enter(&mut self, row: usize) {
        self.rows.push_back(row);
    }

    fn leave(&mut self, _: usize) {
        self.rows.pop_front();
    }

    fn write(&mut self, row: usize, _: Range<usize>, _: u64, written: &mut Written<'_>) {
        let from = if self.last {
            self.rows.back()
        } else {
            self.rows.front()
        };
        pick(row, self.argument, from.copied(), written);
    }
}

/// The first row in which another column is greatest or least: rows that a later, better one makes
/// pointless are dropped as they are met.
pub(crate) struct AtExtreme<'v, W> {
    argument: Argument<'v>,
    by: Lanes<'v>,
    /// Whether the greatest is wanted: then words are turned, and the least of them is.
    greatest: bool,
    rows: VecDeque<(W, usize)>,
}

impl<'v, W> AtExtreme<'v, W> {
    pub(crate) fn new(argument: Argument<'v>, by: Lanes<'v>, greatest: bool) -> AtExtreme<'v, W> {
        AtExtreme {
            argument,
            by,
            greatest,
            rows: VecDeque::new(),
        }
    }
}

impl<W: OrderWord> Moving for AtExtreme<'_, W> {
    fn enter(&mut self, row: usize) {
        let word = W::of(self.by, row, self.greatest);
        while self.rows.back().is_some_and(|(other, _)| *other > word) {
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
        let from = self.rows.front().map(|(_, row)| *row);
        pick(row, self.argument, from, written);
    }
}

/// The place of each row's value among the distinct ones, in their order; and how many there are.
fn places(argument: Argument<'_>, length: usize) -> (Vec<u32>, usize) {
    match argument.lane {
        Lane::I128 => places_of::<u128>(argument, length),
        _ => places_of::<u64>(argument, length),
    }
}

fn places_of<W: OrderWord>(argument: Argument<'_>, length: usize) -> (Vec<u32>, usize) {
    let values = Lanes::new(argument.lane, argument.view.values);
    let mut words: Vec<(W, u32)> = (0..length)
        .filter(|row| argument.view.is_valid(*row))
        .map(|row| (W::of_key(values, row, false), row as u32))
        .collect();
    words.sort_unstable();
    let mut places = vec![0; length];
    let mut distinct = 0;
    for equal in words.chunk_by(|a, b| a.0 == b.0) {
        for (_, row) in equal {
            places[*row as usize] = distinct;
        }
        distinct += 1;
    }
    (places, distinct as usize)
}

/// How many values are distinct.
pub(crate) struct Distinct {
    places: Vec<u32>,
    counts: Vec<u32>,
    some: i128,
}

impl Distinct {
    pub(crate) fn new(argument: Argument<'_>, length: usize) -> Distinct {
        let (places, distinct) = places(argument, length);
        Distinct {
            places,
            counts: vec![0; distinct],
            some: 0,
        }
    }
}

impl Moving for Distinct {
    fn enter(&mut self, row: usize) {
        let count = &mut self.counts[self.places[row] as usize];
        self.some += i128::from(*count == 0);
        *count += 1;
    }

    fn leave(&mut self, row: usize) {
        let count = &mut self.counts[self.places[row] as usize];
        *count -= 1;
        self.some -= i128::from(*count == 0);
    }

    fn write(&mut self, row: usize, _: Range<usize>, _: u64, written: &mut Written<'_>) {
        written.integer(row, self.some);
    }
}

/// The value that most rows have, of several the least: a tree over the distinct values whose inner
/// nodes hold the greatest count below them.
pub(crate) struct Mode<'v> {
    argument: Argument<'v>,
    places: Vec<u32>,
    /// A row that has each distinct value.
    rows: Vec<u32>,
    /// The root at 1, the children of `n` at `2n` and `2n + 1`, the counts behind.
    tree: Vec<u32>,
}

impl<'v> Mode<'v> {
    pub(crate) fn new(argument: Argument<'v>, length: usize) -> Mode<'v> {
        let (places, distinct) = places(argument, length);
        let mut rows = vec![0; distinct];
        for row in (0..length).filter(|row| argument.view.is_valid(*row)) {
            rows[places[row] as usize] = row as u32;
        }
        Mode {
            argument,
            places,
            rows,
            tree: vec![0; 2 * distinct.next_power_of_two()],
        }
    }

    fn leaves(&self) -> usize {
        self.tree.len() / 2
    }

    fn count(&mut self, row: usize, change: impl Fn(u32) -> u32) {
        let mut at = self.leaves() + self.places[row] as usize;
        self.tree[at] = change(self.tree[at]);
        while at > 1 {
            at /= 2;
            self.tree[at] = self.tree[2 * at].max(self.tree[2 * at + 1]);
        }
    }
}

impl Moving for Mode<'_> {
    fn enter(&mut self, row: usize) {
        self.count(row, |count| count + 1);
    }

    fn leave(&mut self, row: usize) {
        self.count(row, |count| count - 1);
    }

    fn write(&mut self, row: usize, _: Range<usize>, count: u64, written: &mut Written<'_>) {
        if count == 0 {
            return written.null(row);
        }
        let most = self.tree[1];
        let mut at = 1;
        while at < self.leaves() {
            at = 2 * at + usize::from(self.tree[2 * at] != most);
        }
        let from = self.rows[at - self.leaves()] as usize;
        written.copy(row, self.argument, from);
        // Zeros of both signs are one value, +0.
        let values = Lanes::new(self.argument.lane, self.argument.view.values);
        if values.is_float() && values.float(from) == 0.0 {
            if self.argument.lane == Lane::F32 {
                typed_mut::<f32>(written.values)[row] = 0.0;
            } else {
                typed_mut::<f64>(written.values)[row] = 0.0;
            }
        }
    }
}
