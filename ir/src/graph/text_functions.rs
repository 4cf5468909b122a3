//! Functions of text over expressions of fitting types.

use super::{BuildError, GraphBuilder};
use crate::id::ExprId;
use crate::meaning::text::check_pattern;
use crate::op::{CastMode, Op, TextArgument, TextFunction};
use crate::types::ScalarType;
use crate::value::Value;

impl GraphBuilder {
    /// A function of text. Integers become i64, a null constant takes the type wanted; constant
    /// patterns are checked.
    ///
    /// # Errors
    /// If the function does not take the arguments, or a constant is no pattern.
    pub fn text(&mut self, function: TextFunction, args: &[ExprId]) -> Result<ExprId, BuildError> {
        let mut args = args.to_vec();
        for (position, arg) in args.iter_mut().enumerate() {
            let Some(wanted) = function.argument(position) else {
                break;
            };
            let is_null = self.constant(*arg).is_some_and(Value::is_null);
            let scalar = self.scalar_type(*arg);
            if is_null {
                let wanted = function.argument_type(position);
                *arg = self.null_of(wanted.unwrap_or(ScalarType::Str));
            } else if wanted == TextArgument::Whole && scalar.is_integer() {
                *arg = self.cast(*arg, ScalarType::I64, CastMode::Raise)?;
            }
        }
        let known = |position: usize| match args.get(position).map(|arg| self.constant(*arg)) {
            Some(Some(Value::Str(text))) => Some(&**text),
            _ => None,
        };
        check_pattern(function, known)
            .map_err(|(position, error)| BuildError::Pattern { position, error })?;
        self.add(Op::Text(function), args)
    }

    /// Whether two expressions are text, or one of them is and the other null.
    pub(super) fn are_texts(&self, left: ExprId, right: ExprId) -> bool {
        let is_text = |id| self.scalar_type(id) == ScalarType::Str;
        let fits = |id| is_text(id) || self.constant(id).is_some_and(Value::is_null);
        (is_text(left) || is_text(right)) && fits(left) && fits(right)
    }
}
