//! Dates and timestamps read from text and written as text, by time patterns.

use std::sync::Arc;

use super::{Argument, Given, PatternError, TextError};
use crate::meaning::time::pattern::{PatternUse, TimePattern};
use crate::meaning::time::zone::{Offsets, ZoneSpans};
use crate::op::TextFunction;
use crate::types::{ScalarType, TimeUnit};

/// A function of times as text, made ready.
#[derive(Clone, Debug)]
pub(super) struct TimeText {
    pattern: TimePattern,
    kind: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
    ReadDate {
        strict: bool,
    },
    ReadTimestamp {
        unit: TimeUnit,
        strict: bool,
    },
    WriteDate,
    WriteTimestamp {
        unit: TimeUnit,
        zone: Option<Arc<ZoneSpans>>,
    },
}

/// Makes a function ready whose pattern is a time pattern.
pub(super) fn compiled(function: TextFunction, pattern: &str) -> Result<TimeText, PatternError> {
    let (kind, purpose) = match function {
        TextFunction::ParseDate { strict } => (Kind::ReadDate { strict }, PatternUse::ReadDate),
        TextFunction::ParseTimestamp { unit, zone, strict } => {
            let offset = zone.is_some();
            let kind = Kind::ReadTimestamp { unit, strict };
            (kind, PatternUse::ReadTimestamp { offset })
        }
        TextFunction::FormatTime {
            from: ScalarType::Timestamp(unit, zone),
        } => {
            let has_zone = zone.is_some();
            let zone = zone.filter(|zone| !zone.is_utc()).and_then(ZoneSpans::of);
            let kind = Kind::WriteTimestamp { unit, zone };
            (kind, PatternUse::WriteTimestamp { zone: has_zone })
        }
        _ => (Kind::WriteDate, PatternUse::WriteDate),
    };
    let pattern = TimePattern::new(pattern, purpose)?;
    Ok(TimeText { pattern, kind })
}

impl TimeText {
    /// The function of one row.
    pub(super) fn apply<'a>(
        &self,
        argument: Argument<'a>,
        made: &mut String,
    ) -> Result<Given<'a>, TextError> {
        let (found, strict) = match &self.kind {
            Kind::ReadDate { strict } => (self.pattern.date(argument.text()), *strict),
            Kind::ReadTimestamp { unit, strict } => {
                (self.pattern.timestamp(argument.text(), *unit), *strict)
            }
            Kind::WriteDate => {
                self.pattern.write_date(argument.whole(), made);
                return Ok(Given::Made);
            }
            Kind::WriteTimestamp { unit, zone } => {
                let count = argument.whole();
                let seconds = count.div_euclid(unit.per_second());
                let offset = zone.as_ref().map_or(0, |zone| zone.at(seconds));
                self.pattern.write_timestamp(count, *unit, offset, made);
                return Ok(Given::Made);
            }
        };
        match (found, strict) {
            (Some(count), _) => Ok(Given::Whole(count)),
            (None, true) => Err(TextError::Misread),
            (None, false) => Ok(Given::Null),
        }
    }
}
