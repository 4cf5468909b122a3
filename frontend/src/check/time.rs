//! Calls of the functions of dates and timestamps.

use icosian_ir::id::ExprId as Expression;
use icosian_ir::op::TimePart;
use icosian_ir::types::ScalarType;

use super::declarations::Checker;
use crate::diagnostic::Span;

/// An argument and where it is written.
type Argument = (Expression, Span);

impl Checker<'_> {
    /// `year(x)` and the other parts.
    pub(crate) fn time_part(
        &mut self,
        part: TimePart,
        value: Argument,
        span: Span,
    ) -> Option<Expression> {
        match self.builder.scalar_type(value.0) {
            ScalarType::Timestamp(..) => {}
            ScalarType::Date if part.is_of_date() => {}
            _ => {
                let wanted = if part.is_of_date() {
                    "a date or timestamp"
                } else {
                    "a timestamp"
                };
                self.wrong_argument(part.name(), wanted, value, span);
                return None;
            }
        }
        self.built(
            |builder| builder.time_part(part, value.0),
            part.name(),
            &[value],
            span,
        )
    }
}
