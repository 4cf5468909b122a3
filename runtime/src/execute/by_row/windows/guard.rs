//! What keeps a state from rows that are not its own: of another key, or out of order.

use std::cmp::Ordering;

use icosian_ir::types::{Lane, ScalarType};
use icosian_ir::value::Value;

use super::kept::{Kept, compare};
use super::shape::{GroupShape, OrderShape};
use super::{Carry, order_word};
use crate::error::RunError;
use crate::execute::by_row::lookup::key_word;
use crate::execute::by_row::run::Machine;
use crate::execute::by_row::step::Part;

/// As [`order_word`], with one zero.
fn place_word(lane: Lane, word: u64) -> u64 {
    order_word(lane, key_word(lane, word))
}

impl Machine {
    /// What stands for a value as a key.
    fn key(&self, (operand, lane): Part, row: usize) -> Kept {
        let mut kept = Kept::Null;
        match lane {
            Some(lane) => kept.set_word(self.word(operand, row).map(|word| key_word(lane, word))),
            None => kept.set_text(self.text(operand, row)),
        }
        kept
    }

    #[inline]
    fn is_key(&self, (operand, lane): Part, row: usize, kept: &Kept) -> bool {
        match lane {
            Some(lane) => self.word(operand, row).map(|word| key_word(lane, word)) == kept.word(),
            None => self.text(operand, row) == kept.text(),
        }
    }
}

impl GroupShape {
    /// The key of a row.
    pub(super) fn keys_of(&self, machine: &Machine, row: usize) -> Vec<Kept> {
        let keys = self.keys.iter();
        keys.map(|(part, _)| machine.key(*part, row)).collect()
    }

    /// Notes what orders the last row of a run.
    pub(super) fn note_last(&self, machine: &Machine, row: usize, last: &mut Vec<Kept>) {
        last.resize(self.order_values(), Kept::Null);
        let parts = self.orders.iter().flat_map(|order| &order.parts);
        for (kept, ((operand, lane), ..)) in last.iter_mut().zip(parts) {
            match lane {
                Some(_) => kept.set_word(machine.word(*operand, row)),
                None => kept.set_text(machine.text(*operand, row)),
            }
        }
    }

    /// Notes if a row is of another key than those before.
    pub(super) fn check_keys(
        &self,
        machine: &mut Machine,
        carry: &Carry,
        group: usize,
        rows: usize,
    ) {
        let first = match carry.keys.is_empty() {
            true if rows > 1 => self.keys_of(machine, 0),
            true => return,
            false => Vec::new(),
        };
        let keys = if carry.keys.is_empty() {
            &first
        } else {
            &carry.keys
        };
        for row in 0..rows {
            let mut parts = self.keys.iter().zip(keys);
            if parts.any(|((part, _), kept)| !machine.is_key(*part, row, kept)) {
                let found = self.keys_of(machine, row);
                let wrong = self.other_key(keys, &found);
                machine.windows.wrong((row, group, None), wrong);
                return;
            }
        }
    }

    /// The error of a row of another key.
    #[cold]
    pub(super) fn other_key(&self, keys: &[Kept], found: &[Kept]) -> RunError {
        let shown = |keys: &[Kept]| {
            let keys = keys.iter().zip(&self.keys);
            shown(keys.map(|(kept, (_, scalar))| kept.value(*scalar)))
        };
        RunError::Data {
            what: format!("a row for a window state of {}", self.names.join(", ")),
            expected: shown(keys),
            found: shown(found),
        }
    }

    /// Notes if a row stands before the one that came before it.
    pub(super) fn check_order(
        &self,
        machine: &mut Machine,
        carry: &Carry,
        (group, place): (usize, usize),
        rows: usize,
    ) {
        let order = &self.orders[place];
        for row in 0..rows {
            let stands = match row.checked_sub(1) {
                Some(before) => {
                    order.stands(machine, row, |place| machine.at(order, place, before))
                }
                None if carry.last.is_empty() => Ordering::Equal,
                None => order.stands(machine, row, |place| {
                    (&carry.last[order.first + place]).into()
                }),
            };
            if stands == Ordering::Greater {
                let values = |of: &dyn Fn(usize) -> Value| shown((0..order.parts.len()).map(of));
                let before = values(&|place| match row.checked_sub(1) {
                    Some(before) => machine.at(order, place, before).value(order.parts[place].1),
                    None => carry.last[order.first + place].value(order.parts[place].1),
                });
                let found =
                    values(&|place| machine.at(order, place, row).value(order.parts[place].1));
                let wrong = order.before(before, found);
                machine.windows.wrong((row, group, Some(place)), wrong);
                return;
            }
        }
    }
}

/// A value that orders rows.
#[derive(Clone, Copy)]
enum Place<'t> {
    Word(Option<u64>),
    Text(Option<&'t str>),
}

impl Place<'_> {
    fn value(self, scalar: ScalarType) -> Value {
        let mut kept = Kept::Null;
        match self {
            Place::Word(word) => kept.set_word(word),
            Place::Text(text) => kept.set_text(text),
        }
        kept.value(scalar)
    }
}

impl<'t> From<&'t Kept> for Place<'t> {
    fn from(kept: &'t Kept) -> Place<'t> {
        match kept {
            Kept::Text(text) => Place::Text(Some(text)),
            kept => Place::Word(kept.word()),
        }
    }
}

impl Machine {
    fn at(&self, order: &OrderShape, place: usize, row: usize) -> Place<'_> {
        let ((operand, lane), ..) = order.parts[place];
        match lane {
            Some(_) => Place::Word(self.word(operand, row)),
            None => Place::Text(self.text(operand, row)),
        }
    }
}

impl OrderShape {
    /// How another row's values stand to those of a row.
    #[inline]
    fn stands<'t>(
        &self,
        machine: &Machine,
        row: usize,
        other: impl Fn(usize) -> Place<'t>,
    ) -> Ordering {
        for (place, ((_, lane), _, direction)) in self.parts.iter().enumerate() {
            let stands = match (other(place), machine.at(self, place, row), lane) {
                (Place::Word(before), Place::Word(now), Some(lane)) => {
                    let word = |word: u64| place_word(*lane, word);
                    compare(*direction, before.map(word), now.map(word))
                }
                (before, now, _) => {
                    let text = |place: Place<'t>| match place {
                        Place::Text(text) => text,
                        Place::Word(_) => None,
                    };
                    let now = match now {
                        Place::Text(text) => text,
                        Place::Word(_) => None,
                    };
                    compare(*direction, text(before), now)
                }
            };
            if stands != Ordering::Equal {
                return stands;
            }
        }
        Ordering::Equal
    }

    /// The error of a row that stands before the last one.
    #[cold]
    pub(super) fn before(&self, before: String, found: String) -> RunError {
        RunError::Data {
            what: format!("the order of rows by {}", self.names.join(", ")),
            expected: format!("none before {before}"),
            found,
        }
    }
}

/// Values in a message.
pub(super) fn shown(values: impl Iterator<Item = Value>) -> String {
    let values: Vec<String> = values.map(|value| value.to_string()).collect();
    values.join(", ")
}
