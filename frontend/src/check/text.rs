//! Calls of functions of text.

use icosian_ir::id::ExprId as Expression;
use icosian_ir::meaning::text::group_named;
use icosian_ir::op::TextFunction;
use icosian_ir::types::ScalarType;
use icosian_ir::value::Value;

use super::declarations::Checker;
use super::functions::function;
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
        let mut fits = true;
        for (position, (value, span)) in given.iter().enumerate() {
            fits &= self.is_text_argument(function, name, position, (*value, *span));
        }
        if !fits {
            return None;
        }
        let args: Vec<Expression> = given.iter().map(|(value, _)| *value).collect();
        self.built(|builder| builder.text(function, &args), name, given, span)
    }

    /// Whether an argument is of the type that a function takes there; else a diagnostic.
    fn is_text_argument(
        &mut self,
        text_function: TextFunction,
        name: &str,
        position: usize,
        (value, span): (Expression, Span),
    ) -> bool {
        if text_function.argument(position).is_none() {
            return true;
        }
        let scalar = self.builder.scalar_type(value);
        let is_null = self.builder.constant(value).is_some_and(Value::is_null);
        let is_text = text_function.argument_type(position) == Some(ScalarType::Str);
        if is_null || is_text && scalar == ScalarType::Str || !is_text && scalar.is_integer() {
            return true;
        }
        let parameters = function(name).map_or(&[][..], |function| function.parameters);
        // What `concat` is given beyond its parameters is like the last of them.
        let parameter = parameters.get(position).or(parameters.last());
        let parameter = parameter.map_or("x", |parameter| parameter.name);
        let found = self.type_text(self.builder.ty(value));
        let kind = if is_text { "text" } else { "a whole number" };
        let mut diagnostic = Diagnostic::error(
            Code::TypeMismatch,
            format!("`{name}` takes {kind} as `{parameter}`, found {found}"),
        )
        .at(span);
        if is_text && !matches!(scalar, ScalarType::Row(_)) {
            diagnostic = diagnostic.help("make it text: str(…)");
        } else if !is_text && scalar.is_float() {
            diagnostic = diagnostic.help("make it whole: i64(…)");
        }
        self.report(diagnostic);
        false
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
