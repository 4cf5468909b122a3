//! What clocks show in a zone: its offset from UTC at every instant, from the pinned tz database.
//!
//! The database's own lookup ([`chrono_tz::Tz`]) defines; it searches its table for every instant.
//! [`ZoneSpans`] is the same table laid out so that a lookup is an index and seldom a step more.
//! Before the first transition the first offset holds (local mean time), after the last, at the end
//! of the 21st century, the last.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, MappedLocalTime, NaiveDateTime, Offset, TimeZone};
use chrono_tz::Tz;

use crate::types::Zone;

/// What a reading of a zone's wall clock means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reading {
    /// One instant: that with this offset.
    Once(i32),
    /// The clock was put back: the earlier instant with the first offset, the later with the second.
    Twice(i32, i32),
    /// The clock was put forward past the reading, at this instant.
    Never(i64),
}

/// Offsets from UTC in seconds, east positive. Instants and readings are in seconds.
pub trait Offsets {
    /// The offset at an instant.
    fn at(&self, instant: i64) -> i32;
    /// What a reading of the wall clock means.
    fn reading(&self, wall: i64) -> Reading;
}

/// The zone's rules in the database; none if it has no such zone.
pub fn rules(zone: Zone) -> Option<Tz> {
    zone.name().parse().ok()
}

/// Offsets are of less than a day.
const DAY: i64 = 86_400;

/// Calendars of the database's library end here; no zone has a transition so far away.
const FAR: i64 = 4_000_000_000_000;

fn date_time(seconds: i64) -> NaiveDateTime {
    DateTime::from_timestamp(seconds.clamp(-FAR, FAR), 0)
        .unwrap_or_default()
        .naive_utc()
}

impl Offsets for Tz {
    fn at(&self, instant: i64) -> i32 {
        let offset = self.offset_from_utc_datetime(&date_time(instant));
        offset.fix().local_minus_utc()
    }

    fn reading(&self, wall: i64) -> Reading {
        let seconds = |offset: <Tz as TimeZone>::Offset| offset.fix().local_minus_utc();
        match self.offset_from_local_datetime(&date_time(wall)) {
            MappedLocalTime::Single(offset) => Reading::Once(seconds(offset)),
            MappedLocalTime::Ambiguous(earlier, later) => {
                Reading::Twice(seconds(earlier), seconds(later))
            }
            MappedLocalTime::None => {
                let passed = |instant: i64| instant + i64::from(self.at(instant)) > wall;
                Reading::Never(first(wall - DAY, wall + DAY, passed))
            }
        }
    }
}

/// The first instant in a range from which on something holds; it holds at the end.
fn first(mut low: i64, mut high: i64, holds: impl Fn(i64) -> bool) -> i64 {
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    high
}

/// Where the database's transitions lie: 1800 to 2110.
const FIRST: i64 = -5_364_662_400;
const LAST: i64 = 4_417_977_600;

/// How far apart the database is asked whether an offset changed. Two transitions that undo each
/// other are at least 6 days apart.
const STEP: i64 = 3 * DAY;

/// A bucket of the index is 2²¹ seconds, about 24 days.
const BUCKET: u32 = 21;

/// Spans of time with one offset.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ZoneSpans {
    /// Where each span begins; the first begins at the beginning of time.
    starts: Vec<i64>,
    offsets: Vec<i32>,
    /// The span at the beginning of each bucket from `FIRST` on.
    buckets: Vec<u16>,
}

impl ZoneSpans {
    /// The spans of a zone's rules.
    pub fn new(zone: &Tz) -> ZoneSpans {
        let (mut starts, mut offsets) = (vec![i64::MIN], vec![zone.at(FIRST)]);
        let mut low = FIRST;
        while low < LAST {
            let high = low + STEP;
            // There may be several within a step.
            let mut from = low;
            while let Some(last) = offsets.last().copied()
                && zone.at(high) != last
            {
                from = first(from, high, |instant| zone.at(instant) != last);
                starts.push(from);
                offsets.push(zone.at(from));
            }
            low = high;
        }
        let mut buckets = Vec::new();
        let mut span = 0;
        for bucket in 0..=(LAST - FIRST) >> BUCKET {
            let start = FIRST + (bucket << BUCKET);
            while starts.get(span + 1).is_some_and(|next| *next <= start) {
                span += 1;
            }
            buckets.push(span as u16);
        }
        ZoneSpans {
            starts,
            offsets,
            buckets,
        }
    }

    /// The spans of a zone, worked out once in a process; none if there is no such zone.
    ///
    /// They are facts of the database, so it doesn't matter who asked first.
    pub fn of(zone: Zone) -> Option<Arc<ZoneSpans>> {
        static KNOWN: Mutex<Option<HashMap<Zone, Arc<ZoneSpans>>>> = Mutex::new(None);
        let rules = rules(zone)?;
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        let spans = known
            .get_or_insert_default()
            .entry(zone)
            .or_insert_with(|| Arc::new(ZoneSpans::new(&rules)));
        Some(Arc::clone(spans))
    }

    #[inline(always)]
    fn span(&self, instant: i64) -> usize {
        let bucket = (instant.clamp(FIRST, LAST) - FIRST) >> BUCKET;
        let mut span = usize::from(self.buckets[bucket as usize]);
        while self
            .starts
            .get(span + 1)
            .is_some_and(|next| *next <= instant)
        {
            span += 1;
        }
        span
    }
}

impl<Z: Offsets> Offsets for &Z {
    #[inline(always)]
    fn at(&self, instant: i64) -> i32 {
        Z::at(self, instant)
    }

    #[inline(always)]
    fn reading(&self, wall: i64) -> Reading {
        Z::reading(self, wall)
    }
}

impl Offsets for ZoneSpans {
    #[inline(always)]
    fn at(&self, instant: i64) -> i32 {
        self.offsets[self.span(instant)]
    }

    fn reading(&self, wall: i64) -> Reading {
        let (low, high) = (wall.saturating_sub(DAY), wall.saturating_add(DAY));
        let (mut found, mut gap) = (None, None);
        for span in self.span(low)..=self.span(high) {
            let offset = self.offsets[span];
            let instant = wall.saturating_sub(offset.into());
            if self.span(instant) == span {
                found = Some(match found {
                    Some(Reading::Once(earlier) | Reading::Twice(earlier, _)) => {
                        Reading::Twice(earlier, offset)
                    }
                    Some(Reading::Never(_)) | None => Reading::Once(offset),
                });
            } else if instant < self.starts[span] {
                gap = gap.or(Some(Reading::Never(self.starts[span])));
            }
        }
        // Every reading is in a span, or behind one and before the next.
        found.or(gap).unwrap_or(Reading::Once(self.at(wall)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono_tz::TZ_VARIANTS;

    fn zone(name: &str) -> (Tz, ZoneSpans) {
        let rules = rules(Zone::new(name).expect("a short name")).expect("a zone");
        (rules, ZoneSpans::new(&rules))
    }

    /// Of 2013, in seconds of the wall clock or of UTC.
    fn at(month: u32, day: u32, hour: i64, minute: i64) -> i64 {
        super::super::days_of_civil(2013, month, day) * DAY + hour * 3_600 + minute * 60
    }

    #[test]
    fn gaps_and_folds_of_new_york() {
        let (rules, spans) = zone("America/New_York");
        for (wall, expected) in [
            (at(3, 10, 1, 59), Reading::Once(-18_000)),
            (at(3, 10, 2, 0), Reading::Never(at(3, 10, 7, 0))),
            (at(3, 10, 2, 59), Reading::Never(at(3, 10, 7, 0))),
            (at(3, 10, 3, 0), Reading::Once(-14_400)),
            (at(11, 3, 0, 59), Reading::Once(-14_400)),
            (at(11, 3, 1, 0), Reading::Twice(-14_400, -18_000)),
            (at(11, 3, 1, 59), Reading::Twice(-14_400, -18_000)),
            (at(11, 3, 2, 0), Reading::Once(-18_000)),
        ] {
            assert_eq!(rules.reading(wall), expected, "{wall}");
            assert_eq!(spans.reading(wall), expected, "{wall}");
        }
        assert_eq!(spans.at(at(3, 10, 6, 59)), -18_000);
        assert_eq!(spans.at(at(3, 10, 7, 0)), -14_400);
        // Local mean time before 1883, and the last offset after the table's end.
        assert_eq!(spans.at(i64::MIN), -17_762);
        assert_eq!(spans.at(i64::MAX), -18_000);
    }

    #[test]
    fn odd_offsets() {
        assert_eq!(zone("Asia/Kathmandu").1.at(0), 19_800);
        assert_eq!(zone("Asia/Kathmandu").1.at(1_000_000_000), 20_700);
        assert_eq!(zone("UTC").1.starts.len(), 1);
        // Samoa left out 2011-12-30.
        let (rules, spans) = zone("Pacific/Apia");
        let noon = super::super::days_of_civil(2011, 12, 30) * DAY + DAY / 2;
        let gap = Reading::Never(super::super::days_of_civil(2011, 12, 30) * DAY + 10 * 3_600);
        assert_eq!(rules.reading(noon), gap);
        assert_eq!(spans.reading(noon), gap);
    }

    #[test]
    fn spans_of_every_zone_are_the_database() {
        let mut word = 1u64;
        for rules in TZ_VARIANTS {
            let spans = ZoneSpans::new(&rules);
            let near = spans.starts[1..].iter().flat_map(|start| {
                [-90_000, -7_200, -3_600, -1, 0, 1, 3_599, 7_200, 90_000].map(|by| start + by)
            });
            let random = std::iter::repeat_with(|| {
                word = word.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                (word >> 30) as i64 - (1 << 32)
            });
            for instant in near.chain(random.take(500)) {
                assert_eq!(spans.at(instant), rules.at(instant), "{rules} {instant}");
                assert_eq!(
                    spans.reading(instant),
                    rules.reading(instant),
                    "{rules} {instant}"
                );
            }
        }
    }
}
