//! Calls of the functions that read and write dates and timestamps by patterns.

use icosian_ir::id::ExprId as Expression;
use icosian_ir::meaning::time::pattern::TimePattern;
use icosian_ir::op::{Fold, Gap, TextFunction};
use icosian_ir::types::{ScalarType, TimeUnit, Zone};
use icosian_ir::value::Value;

use super::declarations::Checker;
use super::time::{Argument, TimeCall};
use crate::diagnostic::{Code, Diagnostic, Span};

impl Checker<'_> {
    /// `parse_date`, `parse_timestamp` or `format`; of the second the options are unit, zone, fold
    /// and gap.
    pub(crate) fn pattern_call(
        &mut self,
        call: TimeCall,
        name: &str,
        first: Argument,
        pattern: Argument,
        [unit, zone, fold, gap]: [Option<Argument>; 4],
        span: Span,
    ) -> Option<Expression> {
        let Some(Value::Str(text)) = self.builder.constant(pattern.0).cloned() else {
            let message = "`pattern` takes a text that is known before data is read";
            let help = "write it as a literal or config: \"%d.%m.%Y\"";
            let diagnostic = Diagnostic::error(Code::NotConstant, message).at(pattern.1);
            self.report(diagnostic.help(help));
            return None;
        };
        let both = [first, pattern];
        if call == TimeCall::Format {
            self.expect_time(name, first, true, span)?;
            let from = self.builder.scalar_type(first.0);
            let function = TextFunction::FormatTime { from };
            return self.built(
                |b| b.text(function, &[first.0, pattern.0]),
                name,
                &both,
                span,
            );
        }
        let is_null = self.builder.constant(first.0).is_some_and(Value::is_null);
        if self.builder.scalar_type(first.0) != ScalarType::Str && !is_null {
            self.wrong_argument(name, "a text", first, span);
            return None;
        }
        let strict = match call {
            TimeCall::ParseTimestamp(strict) => strict,
            TimeCall::ParseDate(strict) => {
                let function = TextFunction::ParseDate { strict };
                let args = [first.0, pattern.0];
                return self.built(|b| b.text(function, &args), name, &both, span);
            }
            _ => return None,
        };
        let unit = match unit {
            Some(unit) => self.unit(unit)?,
            None => TimeUnit::Second,
        };
        let offset = TimePattern::has_offset(&text);
        let zone = match zone {
            Some((zone, _)) if self.builder.constant(zone).is_some_and(Value::is_null) => None,
            Some(zone) => Some(self.zone(zone)?),
            None if offset => Zone::new("UTC"),
            None => None,
        };
        if offset && zone.is_none() {
            let message = "what has an offset is an instant, which has a zone";
            self.report(Diagnostic::error(Code::BadArguments, message).at(pattern.1));
            return None;
        }
        if let Some((_, span)) = fold.or(gap)
            && (offset || zone.is_none())
        {
            let message = "`fold` and `gap` say what readings of the clock of `zone` mean";
            let note = match offset {
                true => "the pattern has an offset, so no text means two instants, or none",
                false => "without `zone` nothing is asked of a clock",
            };
            let diagnostic = Diagnostic::error(Code::BadArguments, message).at(span);
            self.report(diagnostic.note(note));
            return None;
        }
        let function = TextFunction::ParseTimestamp {
            unit,
            zone: zone.filter(|_| offset),
            strict,
        };
        let args = [first.0, pattern.0];
        let read = self.built(|b| b.text(function, &args), name, &both, span)?;
        let Some(zone) = zone.filter(|_| !offset) else {
            return Some(read);
        };
        let fold = match fold {
            Some(fold) => self.choice_of("fold", &Fold::ALL, Fold::name, fold)?,
            None if strict => Fold::Raise,
            None => Fold::Null,
        };
        let gap = match gap {
            Some(gap) => self.choice_of("gap", &Gap::ALL, Gap::name, gap)?,
            None if strict => Gap::Raise,
            None => Gap::Null,
        };
        self.built(|b| b.at_zone(read, zone, fold, gap), name, &[first], span)
    }
}
