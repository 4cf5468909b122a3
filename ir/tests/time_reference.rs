//! Calendar arithmetic against chrono, over random dates and instants: parts, added months, periods,
//! and wall clocks of every zone.

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveDateTime, Timelike, Utc};
use chrono_tz::Tz;
use icosian_ir::meaning::time::calendar::{add_business_days, add_months, floor_to_months};
use icosian_ir::meaning::time::clock::{add_months_to, truncate, wall_clock};
use icosian_ir::meaning::time::parts::{clock_part, date_part};
use icosian_ir::meaning::time::zone::ZoneSpans;
use icosian_ir::op::{Period, TimePart};
use icosian_ir::types::TimeUnit;
use proptest::prelude::*;

fn date(days: i64) -> NaiveDate {
    let epoch = NaiveDate::default();
    let moved = if days < 0 {
        epoch.checked_sub_days(Days::new(days.unsigned_abs()))
    } else {
        epoch.checked_add_days(Days::new(days as u64))
    };
    moved.expect("a date of chrono")
}

fn days(date: NaiveDate) -> i64 {
    date.signed_duration_since(NaiveDate::default()).num_days()
}

fn naive(millis: i64) -> NaiveDateTime {
    let instant: DateTime<Utc> = DateTime::from_timestamp_millis(millis).expect("an instant");
    instant.naive_utc()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn dates(count in -80_000_000i64..80_000_000, months in 0u32..40_000) {
        let day = date(count);
        let part = |part| date_part(part, count as i32);
        prop_assert_eq!(part(TimePart::Year), day.year());
        prop_assert_eq!(part(TimePart::Month), day.month() as i32);
        prop_assert_eq!(part(TimePart::Day), day.day() as i32);
        prop_assert_eq!(part(TimePart::DayOfYear), day.ordinal() as i32);
        prop_assert_eq!(part(TimePart::Weekday), day.weekday().number_from_monday() as i32);
        prop_assert_eq!(part(TimePart::IsoYear), day.iso_week().year());
        prop_assert_eq!(part(TimePart::IsoWeek), day.iso_week().week() as i32);
        let later = day.checked_add_months(Months::new(months)).map(days);
        prop_assert_eq!(add_months(count, months.into()), later);
        let earlier = day.checked_sub_months(Months::new(months)).map(days);
        prop_assert_eq!(add_months(count, -i64::from(months)), earlier);
        let first = day.with_day(1).map(days);
        prop_assert_eq!(Some(floor_to_months(count, 1)), first);
        prop_assert_eq!(add_business_days(count, 5) >= i128::from(count + 5), true);
    }

    #[test]
    fn instants(millis in -8_000_000_000_000_000i64..8_000_000_000_000_000, months in 0u32..4_000) {
        let instant = naive(millis);
        let part = |part| clock_part(part, millis, 1_000);
        prop_assert_eq!(part(TimePart::Hour), instant.hour() as i32);
        prop_assert_eq!(part(TimePart::Minute), instant.minute() as i32);
        prop_assert_eq!(part(TimePart::Second), instant.second() as i32);
        prop_assert_eq!(part(TimePart::Nanosecond), instant.nanosecond() as i32);
        let none: Option<&Tz> = None;
        let later = instant.checked_add_months(Months::new(months));
        let later = later.map(|later| later.and_utc().timestamp_millis());
        prop_assert_eq!(add_months_to(millis, 1_000, none, months.into()).ok(), later);
        let hour = instant.with_minute(0).and_then(|hour| hour.with_second(0));
        let hour = hour.and_then(|hour| hour.with_nanosecond(0));
        let hour = hour.map(|hour| hour.and_utc().timestamp_millis());
        let period = Period::Length(3_600, TimeUnit::Second);
        prop_assert_eq!(truncate(millis, 1_000, none, period).ok(), hour);
    }

    /// The table laid out anew and chrono-tz's own search give the same on every clock.
    #[test]
    fn zones(millis in -6_000_000_000_000i64..6_000_000_000_000, zone in 0..chrono_tz::TZ_VARIANTS.len(), months in -50i64..50) {
        let rules = chrono_tz::TZ_VARIANTS[zone];
        let spans = ZoneSpans::new(&rules);
        let shown = naive(millis).and_utc().with_timezone(&rules).naive_local();
        let shown = shown.and_utc().timestamp_millis();
        prop_assert_eq!(wall_clock(millis, 1_000, &spans), Ok(shown));
        for period in [Period::Length(3_600, TimeUnit::Second), Period::Length(86_400, TimeUnit::Second), Period::Months(1)] {
            let floor = truncate(millis, 1_000, Some(&spans), period);
            prop_assert_eq!(floor, truncate(millis, 1_000, Some(&rules), period));
            // Rounding down again changes nothing.
            let again = truncate(floor.unwrap(), 1_000, Some(&spans), period);
            prop_assert_eq!(again, floor);
            prop_assert!(floor.unwrap() <= millis);
        }
        let later = add_months_to(millis, 1_000, Some(&spans), months);
        prop_assert_eq!(later, add_months_to(millis, 1_000, Some(&rules), months));
    }
}
