//! Configs, whose values are known before everything else, and names with values in braces.

use std::rc::Rc;

use super::constants::Constant;
use super::declarations::{Checker, Entity, ModuleId, Place};
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::syntax::ast::{self, ExprId, ItemKind, Name, Program, TemplatePart, Value};
use crate::syntax::parse_expression;

impl Checker<'_> {
    /// Reads the configs at the top level of a file before everything else.
    pub(crate) fn configs_of(&mut self, file: usize, module: ModuleId) {
        let program = self.programs[file];
        let place = self.file_work(file, module).place;
        for &id in &program.roots {
            let ItemKind::Config { name, value, .. } = &program.items[id].kind else {
                continue;
            };
            let text = self.expand(place, *name);
            let full = format!("{}{text}", self.modules[module].prefix);
            let given = self.options.configs.get(&full);
            let default = value.map(|value| self.constant(place, value));
            let value = match (given, default) {
                (Some(given), default) => {
                    self.used_configs.insert(full);
                    self.given_config(place, name.span, given, default.as_ref())
                }
                (None, Some(default)) => default,
                (None, None) => {
                    let message = format!("config `{text}` has no value");
                    let help = format!("give it one with --config {full}=…, or a default");
                    self.report(
                        Diagnostic::error(Code::BadConfig, message)
                            .at(name.span)
                            .help(help),
                    );
                    Constant::Poison
                }
            };
            self.declare_name(module, text, Entity::Config(value), name.span);
        }
    }

    /// A config's value as given on the command line: an expression, else a bare text.
    fn given_config(
        &mut self,
        place: Place,
        span: Span,
        given: &str,
        default: Option<&Constant>,
    ) -> Constant {
        let text = || Constant::Text(given.into());
        if matches!(default, Some(Constant::Text(_))) {
            return text();
        }
        let parsed = parse_expression(self.program(place).file, given);
        let value = match parsed.value {
            Value::Expr(root) if parsed.diagnostics.is_empty() => {
                literal_constant(&parsed.program, root)
            }
            _ => None,
        };
        let value = value.unwrap_or_else(text);
        let fits = match (default, &value) {
            (None | Some(Constant::Null | Constant::Poison), _) => true,
            (Some(Constant::Float(_)), Constant::Integer(_)) => true,
            (Some(default), value) => {
                std::mem::discriminant(default) == std::mem::discriminant(value)
            }
        };
        if !fits {
            let message = format!("the value {given:?} given for this config is of another type");
            self.report(Diagnostic::error(Code::BadConfig, message).at(span));
            return Constant::Poison;
        }
        value
    }

    /// A name with the values of loop variables in its braces.
    pub(crate) fn expand(&mut self, place: Place, name: Name) -> Rc<str> {
        let program = self.program(place);
        let Some(template) = name.template else {
            return program.name(name).into();
        };
        let mut text = String::new();
        for part in &program.templates[template] {
            match part {
                TemplatePart::Text(symbol) => text.push_str(program.text(*symbol)),
                TemplatePart::Variable(variable) => {
                    let variable_name = program.name(*variable);
                    let value = self.variable(place, variable_name);
                    match value.as_ref().and_then(Constant::name_part) {
                        Some(part) => text.push_str(&part),
                        None => {
                            let message = format!(
                                "`{variable_name}` is no loop variable whose value can stand in a name"
                            );
                            self.report(
                                Diagnostic::error(Code::NotConstant, message).at(variable.span),
                            );
                        }
                    }
                }
            }
        }
        text.into()
    }
}

/// A literal, its negation, or a list of them.
fn literal_constant(program: &Program, root: ExprId) -> Option<Constant> {
    use ast::ExprKind;
    let mut values: Vec<Constant> = Vec::new();
    let first = program.subtree(root).next()?;
    for id in program.subtree(root) {
        let at = |child: &ExprId| values[(child.0 - first.0) as usize].clone();
        values.push(match &program.exprs[id].kind {
            ExprKind::Null => Constant::Null,
            ExprKind::Boolean(value) => Constant::Bool(*value),
            ExprKind::Integer(value) => Constant::Integer(i128::try_from(*value).ok()?),
            ExprKind::Float(value) => Constant::Float(*value),
            ExprKind::Text(text) => Constant::Text((&**text).into()),
            // A bare word stands for itself: `--config only=[ewr, jfk]`.
            ExprKind::Name(name) => Constant::Text(program.name(*name).into()),
            ExprKind::List(elements) => Constant::List(elements.iter().map(at).collect()),
            ExprKind::Unary {
                operator: ast::UnaryOperator::Negate,
                operand,
            } => match at(operand) {
                Constant::Integer(value) => Constant::Integer(-value),
                Constant::Float(value) => Constant::Float(-value),
                _ => return None,
            },
            _ => return None,
        });
    }
    values.pop()
}
