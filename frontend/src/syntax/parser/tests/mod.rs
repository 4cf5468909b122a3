//! Tests of the parser.

mod expressions;
mod items;
mod limits;
mod recovery;

use super::{parse, parse_expression};
use crate::diagnostic::{Code, Diagnostic, FileId};
use crate::syntax::ast::{Argument, ExprId, ExprKind, Pattern, Program, SortKey, Value};

/// Parses an expression without mistakes and writes it with all parentheses. One loop over the
/// subtree: each part finds its children written.
fn shown(text: &str) -> String {
    let parsed = parse_expression(FileId(0), text);
    assert_eq!(parsed.diagnostics, [], "{text}");
    let Value::Expr(root) = parsed.value else {
        panic!("{text} is a query")
    };
    assert_postorder(&parsed.program);
    show(&parsed.program, root)
}

fn show(program: &Program, root: ExprId) -> String {
    let mut done: Vec<String> = Vec::new();
    let first = program.exprs[root].first;
    for id in program.subtree(root) {
        let text = {
            let part = |child: ExprId| done[(child.0 - first.0) as usize].as_str();
            show_one(program, &program.exprs[id].kind, &part)
        };
        done.push(text);
    }
    done.pop().unwrap_or_default()
}

fn show_one<'a>(program: &Program, kind: &ExprKind, part: &dyn Fn(ExprId) -> &'a str) -> String {
    let joined = |ids: &[ExprId]| {
        ids.iter()
            .map(|id| part(*id))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let arguments = |arguments: &[Argument]| {
        let shown = arguments.iter().map(|argument| match argument.name {
            Some(name) => format!("{}={}", program.name(name), part(argument.value)),
            None => part(argument.value).to_string(),
        });
        shown.collect::<Vec<_>>().join(", ")
    };
    let sort = |order: &[SortKey]| {
        let shown = order.iter().map(|key| {
            format!(
                "{}{}",
                part(key.value),
                if key.descending { " desc" } else { "" }
            )
        });
        shown.collect::<Vec<_>>().join(", ")
    };
    match kind {
        ExprKind::Error => "<error>".into(),
        ExprKind::Null => "null".into(),
        ExprKind::Boolean(value) => value.to_string(),
        ExprKind::Integer(value) => value.to_string(),
        ExprKind::Float(value) => format!("{value:?}"),
        ExprKind::Text(value) => format!("{value:?}"),
        ExprKind::Duration(value) => format!("{}{}", value.count, value.unit.as_str()),
        ExprKind::Name(name) => program.name(*name).into(),
        ExprKind::Member { base, name } => format!("{}.{}", part(*base), program.name(*name)),
        ExprKind::Call {
            function,
            arguments: given,
        } => format!("{}({})", program.name(*function), arguments(given)),
        ExprKind::MethodCall {
            receiver,
            function,
            arguments: given,
        } => format!(
            "{}.{}({})",
            part(*receiver),
            program.name(*function),
            arguments(given)
        ),
        ExprKind::Lookup {
            pick,
            table,
            conditions,
        } => {
            let pick = pick.map_or(String::new(), |pick| format!("{} ", pick.as_str()));
            let shown = conditions.iter().map(|condition| {
                let column = program.name(condition.column);
                format!(
                    "{column}{}{}",
                    condition.operator.as_str(),
                    part(condition.value)
                )
            });
            format!(
                "{pick}{}[{}]",
                part(*table),
                shown.collect::<Vec<_>>().join(", ")
            )
        }
        ExprKind::Over { value, over } => format!(
            "<{} over {} order by {}>",
            part(*value),
            joined(&over.keys),
            sort(&over.order)
        ),
        ExprKind::Unary { operator, operand } => {
            format!("({} {})", operator.as_str(), part(*operand))
        }
        ExprKind::Binary {
            operator,
            left,
            right,
        } => format!("({} {} {})", part(*left), operator.as_str(), part(*right)),
        ExprKind::Compare {
            operands,
            operators,
        } => {
            let mut text = format!("({}", part(operands[0]));
            for (operator, operand) in operators.iter().zip(&operands[1..]) {
                text += &format!(" {} {}", operator.as_str(), part(*operand));
            }
            text + ")"
        }
        ExprKind::IsNull { operand, negated } => {
            format!(
                "({} is{} null)",
                part(*operand),
                if *negated { " not" } else { "" }
            )
        }
        ExprKind::In {
            value,
            set,
            negated,
        } => format!(
            "({}{} in {})",
            part(*value),
            if *negated { " not" } else { "" },
            part(*set)
        ),
        ExprKind::Conditional {
            then,
            condition,
            otherwise,
        } => format!(
            "({} if {} else {})",
            part(*then),
            part(*condition),
            part(*otherwise)
        ),
        ExprKind::List(elements) => format!("[{}]", joined(elements)),
        ExprKind::Map(entries) => {
            let shown = entries
                .iter()
                .map(|entry| format!("{}: {}", part(entry.key), part(entry.value)));
            format!("{{{}}}", shown.collect::<Vec<_>>().join(", "))
        }
        ExprKind::Range {
            start,
            end,
            inclusive,
        } => format!(
            "({}..{}{})",
            start.map_or("", part),
            if *inclusive { "=" } else { "" },
            end.map_or("", part)
        ),
        ExprKind::Match { subject, arms } => {
            let shown = arms.iter().map(|arm| match arm.pattern {
                Pattern::Wildcard(_) => format!("_: {}", part(arm.value)),
                Pattern::Value(pattern) => format!("{}: {}", part(pattern), part(arm.value)),
            });
            format!(
                "match {} {{{}}}",
                part(*subject),
                shown.collect::<Vec<_>>().join(", ")
            )
        }
    }
}

/// Checks the documented invariant: the subtrees of an expression's children lie side by side,
/// in order, and end right before it.
fn assert_postorder(program: &Program) {
    for (id, expr) in program.exprs.iter() {
        let mut next = expr.first;
        for child in program.children(id) {
            assert_eq!(program.exprs[child].first, next, "{:?}", expr.kind);
            next = ExprId(child.0 + 1);
        }
        assert_eq!(next, id, "{:?}", expr.kind);
    }
}

/// Parses a file that has no mistakes.
fn sound(text: &str) -> Program {
    let parsed = parse(FileId(0), text);
    assert_eq!(parsed.diagnostics, [], "{text}");
    assert_postorder(&parsed.program);
    parsed.program
}

/// The mistakes of a file: their codes, and the text each points at.
fn mistakes(text: &str) -> Vec<(Code, &str)> {
    let parsed = parse(FileId(0), text);
    assert_postorder(&parsed.program);
    pointed(text, &parsed.diagnostics)
}

fn pointed<'t>(text: &'t str, diagnostics: &[Diagnostic]) -> Vec<(Code, &'t str)> {
    diagnostics
        .iter()
        .map(|found| (found.code, &text[found.primary.expect("a place").range()]))
        .collect()
}
