//! Categories: values by their place in a list, which gives them numbers and an order. They are no type
//! of their own (see `docs/decisions/0009-categories.md`).

use icosian_ir::id::ExprId as Expression;
use icosian_ir::op::Comparison;
use icosian_ir::types::ScalarType;
use icosian_ir::value::Value;

use super::bins::{Spanned, tree};
use super::declarations::Checker;
use super::expressions::Operand;
use crate::diagnostic::{Code, Diagnostic, Span};

impl Checker<'_> {
    /// `category_code(x, categories)`: the place of `x` in the list, from 0; null if it is not there.
    pub(super) fn category_code(
        &mut self,
        name: &str,
        x: Spanned,
        categories: &(Operand, Span),
        span: Span,
    ) -> Option<Expression> {
        let values = self.distinct_constants(name, categories)?;
        let null = self.builder.null_of(ScalarType::I32);
        let mut result = (null, span);
        for (place, value) in values.into_iter().enumerate().rev() {
            let category = (value, categories.1);
            let is = self.built(
                |builder| builder.compare(Comparison::Equal, x.0, value),
                name,
                &[x, category],
                span,
            )?;
            let place = Value::Integer(place as i128);
            let code = self.builder.literal_of(place, ScalarType::I32);
            let chosen = self.built(
                |builder| builder.if_else(is, code, result.0),
                name,
                &[(code, span), result],
                span,
            )?;
            result = (chosen, span);
        }
        Some(result.0)
    }

    /// `category(code, categories)`: what stands at that place; null if nothing does.
    pub(super) fn category(
        &mut self,
        name: &str,
        code: Spanned,
        categories: &(Operand, Span),
        span: Span,
    ) -> Option<Expression> {
        if !self.builder.scalar_type(code.0).is_integer() {
            self.wrong_argument(name, "a whole number", code, span);
            return None;
        }
        let mut values = self.distinct_constants(name, categories)?;
        let count = values.len();
        let null = self.builder.literal(Value::Null);
        values.insert(0, null);
        values.push(null);
        self.built(
            |builder| {
                let edges: Vec<Expression> = (0..=count)
                    .map(|edge| builder.literal(Value::Integer(edge as i128)))
                    .collect();
                tree(builder, code.0, &edges, &values, false)
            },
            name,
            &[code],
            span,
        )
    }

    /// The constants of a list, each of which may stand there once.
    fn distinct_constants(
        &mut self,
        name: &str,
        categories: &(Operand, Span),
    ) -> Option<Vec<Expression>> {
        let values = self.listed(name, categories)?;
        let mut seen: Vec<&Value> = Vec::with_capacity(values.len());
        let mut wrong = None;
        for value in &values {
            match self.builder.constant(*value) {
                None | Some(Value::Null) => {
                    wrong = Some("takes constants that are not null".to_owned());
                }
                Some(constant) if seen.contains(&constant) => {
                    wrong = Some(format!("has the category {constant} twice"));
                }
                Some(constant) => seen.push(constant),
            }
        }
        if values.is_empty() {
            wrong = Some("needs at least one category".to_owned());
        }
        if let Some(wrong) = wrong {
            self.report(
                Diagnostic::error(Code::BadArguments, format!("`{name}` {wrong}"))
                    .at(categories.1)
                    .help("categories that data decides are a table: t distinct x { code = row_index() }"),
            );
            return None;
        }
        Some(values)
    }
}
