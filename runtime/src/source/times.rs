//! The points in time seen in a text column, and the timestamp type that holds all of them.

use chrono::Datelike;
use icosian_ir::meaning::text::read::Moment;
use icosian_ir::types::TimeUnit;

/// What the timestamps of a column ask of their unit.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct SeenTimes {
    fraction_digits: u32,
    /// A point in time beyond what nanoseconds reach (years 1677 to 2262).
    far: bool,
}

impl SeenTimes {
    /// Takes in a timestamp.
    pub(super) fn look_at(&mut self, moment: &Moment) {
        self.fraction_digits = self.fraction_digits.max(moment.fraction_digits);
        self.far |= !(1678..2262).contains(&moment.clock.year());
    }

    /// Takes in what was seen elsewhere in the column.
    pub(super) fn add(&mut self, other: SeenTimes) {
        self.fraction_digits = self.fraction_digits.max(other.fraction_digits);
        self.far |= other.far;
    }

    /// The coarsest unit that holds all of them; none if there is no such unit.
    pub(super) fn unit(self) -> Option<TimeUnit> {
        match self.fraction_digits {
            0 => Some(TimeUnit::Second),
            1..=3 => Some(TimeUnit::Millisecond),
            4..=6 => Some(TimeUnit::Microsecond),
            _ => (!self.far).then_some(TimeUnit::Nanosecond),
        }
    }
}
