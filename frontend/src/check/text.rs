//! Calls of functions of text.

use icosian_ir::id::ExprId as Expression;
use icosian_ir::meaning::text::group_named;
use icosian_ir::op::TextFunction;
use icosian_ir::value::Value;

use super::declarations::Checker;
use crate::diagnostic::{Code, Diagnostic, Span};

impl Checker<'_> {
    /// A function of text over the arguments that were given.
    pub(crate) fn text_function(
        &mut self,
        function: TextFunction,
        name: &str,
        given: &[(Expression, Span)],
        span: Span,
    ) -> Option<Expression> {
        let (function, given) = match (function, given) {
            (TextFunction::Extract { .. }, [text, pattern, group]) => {
                let group = self.group(*pattern, *group)?;
                (TextFunction::Extract { group }, &[*text, *pattern][..])
            }
            _ => (function, given),
        };
        let args: Vec<Expression> = given.iter().map(|(value, _)| *value).collect();
        self.built(|builder| builder.text(function, &args), name, given, span)
    }

    /// The number of a group, given by number or name.
    fn group(
        &mut self,
        (pattern, pattern_span): (Expression, Span),
        (group, span): (Expression, Span),
    ) -> Option<u32> {
        let Some(Value::Str(wanted)) = self.builder.constant(group).cloned() else {
            let number = self.whole_constant("group", group, span, 0)?;
            return Some(u32::try_from(number).unwrap_or(u32::MAX));
        };
        let Some(Value::Str(pattern)) = self.builder.constant(pattern).cloned() else {
            let message = "a group is found by its name only in a pattern written as a literal";
            self.report(
                Diagnostic::error(Code::BadArguments, message)
                    .at(span)
                    .label(pattern_span, "this pattern is known when the flow runs"),
            );
            return None;
        };
        match group_named(&pattern, &wanted) {
            Ok(group) => Some(group),
            Err(error) => {
                self.report(Diagnostic::error(Code::BadPattern, error.to_string()).at(span));
                None
            }
        }
    }
}
