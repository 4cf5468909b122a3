//! Decimals: their written type, what makes them of other values, and their rounding.

use icosian_ir::id::ExprId as Expression;
use icosian_ir::op::{CastMode, Math};
use icosian_ir::types::{MAX_DIGITS, ScalarType};

use super::declarations::Checker;
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::syntax::ast::{TypeArgument, TypeExpr};

/// An argument and where it is written.
type Argument = (Expression, Span);

/// The type of so many digits and places, if there is one.
fn decimal_type(digits: i128, places: i128) -> Option<ScalarType> {
    let (digits, places) = (u8::try_from(digits).ok()?, u8::try_from(places).ok()?);
    let fits = (1..=MAX_DIGITS).contains(&digits) && places <= digits;
    fits.then_some(ScalarType::Decimal(digits, places))
}

impl Checker<'_> {
    /// `decimal[12, 2]`.
    pub(crate) fn written_decimal(&mut self, written: &TypeExpr) -> Option<ScalarType> {
        let found = match written.arguments[..] {
            [
                TypeArgument::Integer { value: digits, .. },
                TypeArgument::Integer { value: places, .. },
            ] => decimal_type(digits.into(), places.into()),
            [TypeArgument::Integer { value: digits, .. }] => decimal_type(digits.into(), 0),
            _ => None,
        };
        if found.is_none() {
            let message = "type `decimal` needs its digits, 1 to 38, and how many of them are \
                           after the point";
            self.report(
                Diagnostic::error(Code::UnknownType, message)
                    .at(written.span)
                    .help("write decimal[12, 2]"),
            );
        }
        found
    }

    /// `decimal(x, 12, 2)`.
    pub(crate) fn decimal(
        &mut self,
        value: Argument,
        (digits, places): (Argument, Argument),
        mode: CastMode,
        name: &str,
        span: Span,
    ) -> Option<Expression> {
        let precision = self.whole_constant("precision", digits.0, digits.1, 1)?;
        let scale = self.whole_constant("scale", places.0, places.1, 0)?;
        let Some(to) = decimal_type(precision, scale) else {
            let message = format!(
                "there is no decimal of {precision} digits, {scale} of them after the point"
            );
            self.report(
                Diagnostic::error(Code::BadArguments, message)
                    .at(digits.1.to(places.1))
                    .help("a decimal has 1 to 38 digits, at most all of them after the point"),
            );
            return None;
        };
        self.cast(value, to, mode, name, span)
    }

    /// `round(x)` and the like; of a decimal with places.
    pub(crate) fn round(
        &mut self,
        math: Math,
        value: Argument,
        places: Option<Argument>,
        name: &str,
        span: Span,
    ) -> Option<Expression> {
        let Some((places, places_span)) = places else {
            return self.built(
                |builder| builder.math(math, &[value.0]),
                name,
                &[value],
                span,
            );
        };
        let scale = self.whole_constant("places", places, places_span, 0)?;
        let scalar = self.builder.scalar_type(value.0);
        if !scalar.is_decimal() {
            let message = format!("`{name}` keeps places of decimals only; this is {scalar}");
            let help = "make it a decimal first: decimal(x, 18, 2)";
            self.report(
                Diagnostic::error(Code::BadArguments, message)
                    .at(value.1)
                    .help(help),
            );
            return None;
        }
        let scale = u8::try_from(scale).unwrap_or(MAX_DIGITS);
        self.built(
            |builder| builder.round_decimal(math, value.0, scale),
            name,
            &[value],
            span,
        )
    }
}
