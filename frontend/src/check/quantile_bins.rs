//! `qcut`: bins between quantiles, so that each holds about as many values as another.

use icosian_ir::id::ExprId as Expression;
use icosian_ir::op::{Fraction, Interpolation, Reduction};
use icosian_ir::types::ScalarType;
use icosian_ir::value::Value;

use super::bins::{LIMIT, Spanned};
use super::declarations::Checker;
use super::expressions::{Context, Operand};
use crate::diagnostic::{Code, Diagnostic, Span};

/// A list or value given, and where.
type Given = (Operand, Span);

impl Checker<'_> {
    /// `qcut(x, parts, labels=, closed=)`: the parts are a number of them or the fractions between.
    pub(super) fn quantile_bins(
        &mut self,
        name: &str,
        x: Spanned,
        (parts, labels, closed): (&Given, Option<&Given>, Option<&Given>),
        context: Context,
        span: Span,
    ) -> Option<Expression> {
        if !self.builder.scalar_type(x.0).is_number() {
            self.wrong_argument(name, "a number", x, span);
            return None;
        }
        let fractions = self.fractions(name, parts)?;
        let right = match closed {
            None => true,
            Some(closed) => self.right_closed(Some(closed))?,
        };
        let values = match labels {
            Some(labels) => {
                let values = self.listed(name, labels)?;
                if values.len() != fractions.len() + 1 {
                    let message = format!(
                        "there are {} bins, but {} labels",
                        fractions.len() + 1,
                        values.len()
                    );
                    self.report(Diagnostic::error(Code::BadArguments, message).at(labels.1));
                    return None;
                }
                values
            }
            None => (0..=fractions.len())
                .map(|bin| {
                    let bin = Value::Integer(bin as i128);
                    self.builder.literal_of(bin, ScalarType::I32)
                })
                .collect(),
        };
        let mut edges = Vec::with_capacity(fractions.len());
        for q in fractions {
            let interpolation = Interpolation::Linear;
            let quantile = Reduction::Quantile { q, interpolation };
            edges.push(self.reduce(quantile, &[x], context, span)?);
        }
        self.bin(name, x, &edges, &values, right, span)
    }

    /// The fractions between bins: equally far apart, or those of a list, where the ends may stand.
    fn fractions(&mut self, name: &str, parts: &Given) -> Option<Vec<Fraction>> {
        if let (Operand::List(_), _) = parts {
            let numbers = self.numbers(name, parts)?;
            let increasing = numbers.windows(2).all(|pair| pair[0] < pair[1]);
            let fractions: Option<Vec<Fraction>> = numbers.into_iter().map(Fraction::new).collect();
            let Some(fractions) = fractions.filter(|_| increasing) else {
                let message =
                    format!("`{name}` takes fractions from 0 to 1, each above the one before");
                self.report(
                    Diagnostic::error(Code::BadArguments, message)
                        .at(parts.1)
                        .help("such as [0.25, 0.5, 0.75], or 4 for four parts of one size"),
                );
                return None;
            };
            let inner = |q: &Fraction| q.value() > 0.0 && q.value() < 1.0;
            return Some(fractions.into_iter().filter(inner).collect());
        }
        let value = self.value(&parts.0, parts.1)?;
        let count = self.whole_constant("q", value, parts.1, 1)?;
        if count > LIMIT as i128 {
            let message = format!("`{name}` makes at most {LIMIT} bins");
            self.report(Diagnostic::error(Code::BadArguments, message).at(parts.1));
            return None;
        }
        let fraction = |part: i128| Fraction::new(part as f64 / count as f64);
        (1..count).map(fraction).collect()
    }
}
