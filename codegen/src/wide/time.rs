//! Dates and parts of dates and of times of day over blocks.
//!
//! What several parts have in common is computed once: the days of instants and the seconds since
//! midnight, then year, month and day. The bodies are those of [`icosian_ir::meaning::time`]: the ones
//! without branches over all rows, which the Rust compiler turns into wide code, then the others over
//! the rows that are far from today, if there are any.

use icosian_ir::meaning::time::civil::{date_parts, is_far, near_date_parts};
use icosian_ir::meaning::time::instant::{Datum, Split, day, second};
use icosian_ir::meaning::time::parts::{
    clock_part, date_part, hour, minute, near_date_part, quarter, second_of_minute, weekday,
};
use icosian_ir::op::TimePart;
use icosian_ir::types::TimeUnit;

use super::dispatch::Routine;

/// Rows whose intermediate values are kept at a time, in the nearest cache.
const CHUNK: usize = 256;

/// Moments of a block.
#[derive(Clone, Copy, Debug)]
pub enum Moments<'v> {
    /// Days since 1970-01-01.
    Dates(&'v [i32]),
    /// Units since 1970-01-01.
    Instants(TimeUnit, &'v [i64]),
}

/// Dates and parts of the moments of a block. Gives whether some date has more than 32 bits; parts of
/// such a date are none.
#[derive(Debug)]
pub struct Calendar<'v, 'o> {
    /// Of which.
    pub moments: Moments<'v>,
    /// What is computed and where it goes, as many rows.
    pub outputs: &'o mut [(Datum, &'v mut [i32])],
}

/// What parts of a chunk have in common.
struct Chunk {
    days: [i32; CHUNK],
    seconds: [i32; CHUNK],
    years: [i32; CHUNK],
    months: [i32; CHUNK],
    days_of_month: [i32; CHUNK],
}

impl Routine for Calendar<'_, '_> {
    type Output = bool;

    #[inline(always)]
    fn run(self) -> bool {
        let mut chunk = Chunk {
            days: [0; CHUNK],
            seconds: [0; CHUNK],
            years: [0; CHUNK],
            months: [0; CHUNK],
            days_of_month: [0; CHUNK],
        };
        let rows = match self.moments {
            Moments::Dates(dates) => dates.len(),
            Moments::Instants(_, instants) => instants.len(),
        };
        let splits_dates = self.outputs.iter().any(|(datum, _)| has_civil(*datum));
        let mut overflow = false;
        for start in (0..rows).step_by(CHUNK) {
            let rows = start..rows.min(start + CHUNK);
            let count = rows.len();
            let instants = match self.moments {
                Moments::Dates(dates) => {
                    chunk.days[..count].copy_from_slice(&dates[rows.clone()]);
                    None
                }
                Moments::Instants(unit, instants) => {
                    let instants = &instants[rows.clone()];
                    overflow |= chunk.split(unit, instants);
                    Some((unit, instants))
                }
            };
            if splits_dates {
                chunk.split_dates(count);
            }
            for (datum, output) in self.outputs.iter_mut() {
                chunk.write(*datum, instants, &mut output[rows.clone()]);
            }
        }
        overflow
    }
}

/// Whether it is made of year, month or day.
fn has_civil(datum: Datum) -> bool {
    matches!(
        datum,
        Datum::Part(TimePart::Year | TimePart::Quarter | TimePart::Month | TimePart::Day)
    )
}

impl Chunk {
    #[inline(always)]
    fn split(&mut self, unit: TimeUnit, instants: &[i64]) -> bool {
        match unit {
            TimeUnit::Second => self.split_instants::<1>(instants),
            TimeUnit::Millisecond => self.split_instants::<1_000>(instants),
            TimeUnit::Microsecond => self.split_instants::<1_000_000>(instants),
            TimeUnit::Nanosecond => self.split_instants::<1_000_000_000>(instants),
        }
    }

    /// Days and seconds; true if some day has more than 32 bits.
    #[inline(always)]
    fn split_instants<const PER_SECOND: i64>(&mut self, instants: &[i64]) -> bool {
        let mut far = false;
        let to = self.days.iter_mut().zip(&mut self.seconds);
        for ((days, seconds), value) in to.zip(instants) {
            *days = Split::<PER_SECOND>::near_day(*value);
            *seconds = Split::<PER_SECOND>::near_second(*value, *days);
            far |= Split::<PER_SECOND>::is_far(*value);
        }
        let mut overflow = false;
        if far {
            let to = self.days.iter_mut().zip(&mut self.seconds);
            for ((days, seconds), value) in to.zip(instants) {
                if Split::<PER_SECOND>::is_far(*value) {
                    let found = i32::try_from(day(*value, PER_SECOND));
                    overflow |= found.is_err();
                    *days = found.unwrap_or(0);
                    *seconds = second(*value, PER_SECOND);
                }
            }
        }
        overflow
    }

    #[inline(always)]
    fn split_dates(&mut self, count: usize) {
        let mut far = false;
        let of_year = self.months.iter_mut().zip(&mut self.days_of_month);
        let to = self.years.iter_mut().zip(of_year);
        for ((year, (month, day)), days) in to.zip(&self.days[..count]) {
            let parts = near_date_parts(*days);
            *year = parts.year;
            *month = parts.month as i32;
            *day = parts.day as i32;
            far |= is_far(*days);
        }
        if far {
            for row in 0..count {
                let parts = date_parts(self.days[row]);
                self.years[row] = parts.year;
                self.months[row] = parts.month as i32;
                self.days_of_month[row] = parts.day as i32;
            }
        }
    }

    #[inline(always)]
    fn write(&self, datum: Datum, instants: Option<(TimeUnit, &[i64])>, to: &mut [i32]) {
        let days = &self.days[..to.len()];
        /// A loop over what is known of the days or seconds.
        macro_rules! each {
            ($from:ident, $body:expr) => {
                for (to, from) in to.iter_mut().zip(&self.$from) {
                    *to = $body(*from);
                }
            };
        }
        /// The loop for a part of dates that is known here.
        macro_rules! date_part {
            ($part:ident) => {{
                let mut far = false;
                for (to, days) in to.iter_mut().zip(days) {
                    *to = near_date_part(TimePart::$part, *days);
                    far |= is_far(*days);
                }
                if far {
                    for (to, days) in to.iter_mut().zip(days) {
                        *to = date_part(TimePart::$part, *days);
                    }
                }
            }};
        }
        /// The loop for a part below a second.
        macro_rules! fraction {
            ($part:ident) => {
                match instants {
                    None => to.fill(0),
                    Some((TimeUnit::Second, _)) => to.fill(0),
                    Some((TimeUnit::Millisecond, from)) => fraction!($part, from, 1_000),
                    Some((TimeUnit::Microsecond, from)) => fraction!($part, from, 1_000_000),
                    Some((TimeUnit::Nanosecond, from)) => fraction!($part, from, 1_000_000_000),
                }
            };
            ($part:ident, $from:ident, $per_second:literal) => {
                for (to, value) in to.iter_mut().zip($from) {
                    *to = clock_part(TimePart::$part, *value, $per_second);
                }
            };
        }
        match datum {
            Datum::Date => to.copy_from_slice(days),
            Datum::Part(TimePart::Year) => to.copy_from_slice(&self.years[..to.len()]),
            Datum::Part(TimePart::Quarter) => each!(months, quarter),
            Datum::Part(TimePart::Month) => to.copy_from_slice(&self.months[..to.len()]),
            Datum::Part(TimePart::Day) => to.copy_from_slice(&self.days_of_month[..to.len()]),
            Datum::Part(TimePart::DayOfYear) => date_part!(DayOfYear),
            Datum::Part(TimePart::Weekday) => each!(days, weekday),
            Datum::Part(TimePart::IsoYear) => date_part!(IsoYear),
            Datum::Part(TimePart::IsoWeek) => date_part!(IsoWeek),
            Datum::Part(TimePart::DaysInMonth) => date_part!(DaysInMonth),
            Datum::Part(TimePart::IsLeapYear) => date_part!(IsLeapYear),
            // Dates are read at midnight: their seconds stay 0.
            Datum::Part(TimePart::Hour) => each!(seconds, hour),
            Datum::Part(TimePart::Minute) => each!(seconds, minute),
            Datum::Part(TimePart::Second) => each!(seconds, second_of_minute),
            Datum::Part(TimePart::Millisecond) => fraction!(Millisecond),
            Datum::Part(TimePart::Microsecond) => fraction!(Microsecond),
            Datum::Part(TimePart::Nanosecond) => fraction!(Nanosecond),
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

    /// All of them at once, in an order of their own.
    fn run(level: CpuLevel, moments: Moments<'_>, rows: usize) -> (bool, Vec<(Datum, Vec<i32>)>) {
        let parts = TimePart::ALL.into_iter().rev().map(Datum::Part);
        let data: Vec<Datum> = parts.chain([Datum::Date]).collect();
        let mut buffers = vec![vec![0; rows]; data.len()];
        let slices = buffers.iter_mut().map(|buffer| &mut buffer[..]);
        let mut outputs: Vec<(Datum, &mut [i32])> = data.iter().copied().zip(slices).collect();
        let overflow = level.run(Calendar {
            moments,
            outputs: &mut outputs,
        });
        (overflow, data.into_iter().zip(buffers).collect())
    }

    fn spread() -> Vec<i64> {
        let spread = (0..4_000i64).map(|step| step.wrapping_mul(0x9e37_79b9_7f4a_7c15_u64 as i64));
        let spread = spread.enumerate().map(|(step, value)| value >> (step % 64));
        let days = (-1_000..1_000).map(|day| day * 86_400_000_000 - 1);
        let ends = [i64::MIN, i64::MAX, -1, 0, 1];
        ends.into_iter().chain(days).chain(spread).collect()
    }

    #[test]
    fn dates_at_every_level_have_the_meaning() {
        let days: Vec<i32> = spread().iter().map(|value| *value as i32).collect();
        // Of near days alone, too.
        let near: Vec<i32> = days.iter().map(|days| days >> 8).collect();
        for (level, days) in CpuLevel::available().flat_map(|l| [(l, &days), (l, &near)]) {
            let (overflow, found) = run(level, Moments::Dates(days), days.len());
            assert!(!overflow);
            for (datum, found) in found {
                for (days, found) in days.iter().zip(found) {
                    let expected = match datum {
                        Datum::Date => *days,
                        Datum::Part(part) => date_part(part, *days),
                    };
                    assert_eq!(found, expected, "{datum:?} {days}");
                }
            }
        }
    }

    #[test]
    fn instants_at_every_level_have_the_meaning() {
        let all = spread();
        let fitting = |unit: &TimeUnit| {
            let fits = |value: &i64| i32::try_from(day(*value, unit.per_second())).is_ok();
            all.iter().copied().filter(fits).collect::<Vec<i64>>()
        };
        for level in CpuLevel::available() {
            for unit in UNITS {
                for values in [&fitting(&unit), &all] {
                    let (overflow, found) =
                        run(level, Moments::Instants(unit, values), values.len());
                    let fits = |value| i32::try_from(day(value, unit.per_second()));
                    assert_eq!(overflow, values.iter().any(|value| fits(*value).is_err()));
                    for (datum, found) in found {
                        for (value, found) in values.iter().zip(found) {
                            let expected = match (datum, fits(*value)) {
                                (Datum::Part(part), _) if !part.is_of_date() => {
                                    clock_part(part, *value, unit.per_second())
                                }
                                (_, Err(_)) => continue,
                                (Datum::Date, Ok(days)) => days,
                                (Datum::Part(part), Ok(days)) => date_part(part, days),
                            };
                            assert_eq!(found, expected, "{datum:?} {value} {unit}");
                        }
                    }
                }
            }
        }
    }
}
