//! Parts of dates and of times of day over blocks of integers.
//!
//! The bodies are those of [`icosian_ir::meaning::time::parts`]; with the part and the unit known,
//! their divisions are multiplications, and the Rust compiler computes many rows at once.

use icosian_ir::meaning::time::parts::{clock_part, date_part};
use icosian_ir::op::TimePart;
use icosian_ir::types::TimeUnit;

use super::dispatch::Routine;

/// A part of the dates of a block.
#[derive(Debug)]
pub struct DayParts<'v> {
    /// Which.
    pub part: TimePart,
    /// Days since 1970-01-01.
    pub days: &'v [i32],
    /// Where the parts go, as many.
    pub parts: &'v mut [i32],
}

impl Routine for DayParts<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        /// The loop for a part that is known here.
        macro_rules! part {
            ($part:ident) => {
                for (to, days) in self.parts.iter_mut().zip(self.days) {
                    *to = date_part(TimePart::$part, *days);
                }
            };
        }
        match self.part {
            TimePart::Year => part!(Year),
            TimePart::Quarter => part!(Quarter),
            TimePart::Month => part!(Month),
            TimePart::Day => part!(Day),
            TimePart::DayOfYear => part!(DayOfYear),
            TimePart::Weekday => part!(Weekday),
            TimePart::IsoYear => part!(IsoYear),
            TimePart::IsoWeek => part!(IsoWeek),
            TimePart::DaysInMonth => part!(DaysInMonth),
            TimePart::IsLeapYear => part!(IsLeapYear),
            TimePart::Hour
            | TimePart::Minute
            | TimePart::Second
            | TimePart::Millisecond
            | TimePart::Microsecond
            | TimePart::Nanosecond => self.parts.fill(0),
        }
    }
}

/// A part of the times of day of a block.
#[derive(Debug)]
pub struct ClockParts<'v> {
    /// Which.
    pub part: TimePart,
    /// What the instants are counted in.
    pub unit: TimeUnit,
    /// Units since 1970-01-01.
    pub instants: &'v [i64],
    /// Where the parts go, as many.
    pub parts: &'v mut [i32],
}

impl Routine for ClockParts<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        /// The loop for a part and a unit that are known here.
        macro_rules! part {
            ($part:ident, $per_second:literal) => {
                for (to, value) in self.parts.iter_mut().zip(self.instants) {
                    *to = clock_part(TimePart::$part, *value, $per_second);
                }
            };
        }
        macro_rules! unit {
            ($per_second:literal) => {
                match self.part {
                    TimePart::Hour => part!(Hour, $per_second),
                    TimePart::Minute => part!(Minute, $per_second),
                    TimePart::Second => part!(Second, $per_second),
                    TimePart::Millisecond => part!(Millisecond, $per_second),
                    TimePart::Microsecond => part!(Microsecond, $per_second),
                    TimePart::Nanosecond => part!(Nanosecond, $per_second),
                    TimePart::Year
                    | TimePart::Quarter
                    | TimePart::Month
                    | TimePart::Day
                    | TimePart::DayOfYear
                    | TimePart::Weekday
                    | TimePart::IsoYear
                    | TimePart::IsoWeek
                    | TimePart::DaysInMonth
                    | TimePart::IsLeapYear => self.parts.fill(0),
                }
            };
        }
        match self.unit {
            TimeUnit::Second => unit!(1),
            TimeUnit::Millisecond => unit!(1_000),
            TimeUnit::Microsecond => unit!(1_000_000),
            TimeUnit::Nanosecond => unit!(1_000_000_000),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::CpuLevel;
    use super::*;

    const UNITS: [TimeUnit; 4] = [
        TimeUnit::Second,
        TimeUnit::Millisecond,
        TimeUnit::Microsecond,
        TimeUnit::Nanosecond,
    ];

    #[test]
    fn every_level_gives_the_meaning() {
        let spread = (0..4_000i64).map(|step| step.wrapping_mul(0x9e37_79b9_7f4a_7c15_u64 as i64));
        let instants: Vec<i64> = spread.chain([i64::MIN, i64::MAX, -1, 0, 1]).collect();
        let days: Vec<i32> = instants.iter().map(|value| (value >> 32) as i32).collect();
        let mut parts = vec![0; days.len()];
        for level in CpuLevel::available() {
            for part in TimePart::ALL {
                level.run(DayParts {
                    part,
                    days: &days,
                    parts: &mut parts,
                });
                for (days, found) in days.iter().zip(&parts) {
                    assert_eq!(*found, date_part(part, *days), "{} {days}", part.name());
                }
                for unit in UNITS {
                    level.run(ClockParts {
                        part,
                        unit,
                        instants: &instants,
                        parts: &mut parts,
                    });
                    for (value, found) in instants.iter().zip(&parts) {
                        let expected = clock_part(part, *value, unit.per_second());
                        assert_eq!(*found, expected, "{} {value} {unit}", part.name());
                    }
                }
            }
        }
    }
}
