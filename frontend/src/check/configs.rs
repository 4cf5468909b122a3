//! Configs, whose values are known before everything else, and names with values in braces.

use std::rc::Rc;

use icosian_ir::types::ScalarType;

use super::constants::Constant;
use super::declarations::{Checker, Entity, ModuleId, Place};
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::syntax::ast::{
    self, ExprId, ItemKind, Name, Program, TemplatePart, TypeArgument, TypeId, Value,
};
use crate::syntax::parse_expression;

impl Checker<'_> {
    /// Reads the configs at the top level of a file before everything else.
    pub(crate) fn configs_of(&mut self, file: usize, module: ModuleId) {
        let program = self.programs[file];
        let place = self.file_work(file, module).place;
        for &id in &program.roots {
            let ItemKind::Config { name, ty, value } = &program.items[id].kind else {
                continue;
            };
            let text = self.expand(place, *name);
            let full = format!("{}{text}", self.modules[module].prefix);
            let given = self.options.configs.get(&full);
            let is_text = ty.is_some_and(|ty| {
                let name = program.types[ty].name;
                program.name(name) == "str"
            });
            let default = value.map(|value| self.constant(place, value));
            let bound = self.bound_config(module, &text);
            let bound = self.test_config(&full).or(bound);
            let given = given.filter(|_| !self.test_configs.contains_key(&full));
            let value = match (given, bound.or(default)) {
                (Some(given), _) if is_text => {
                    self.used_configs.insert(full);
                    Constant::Text(given.as_str().into())
                }
                (Some(given), default) => {
                    self.used_configs.insert(full);
                    self.given_config(place, name.span, given, default.as_ref())
                }
                (None, Some(default)) => default,
                (None, None) if self.modules[module].template => Constant::Poison,
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
            let value = match ty {
                Some(ty) => self.config_of_type(place, &text, name.span, value, *ty),
                None => value,
            };
            self.declare_name(module, text, Entity::Config(value), name.span);
        }
    }

    /// A config's value as its declared type has it.
    fn config_of_type(
        &mut self,
        place: Place,
        name: &str,
        span: Span,
        value: Constant,
        ty: TypeId,
    ) -> Constant {
        let program = self.program(place);
        let written = &program.types[ty];
        let type_name = program.name(written.name);
        let arguments: Vec<TypeId> = written
            .arguments
            .iter()
            .filter_map(|argument| match argument {
                TypeArgument::Type(id) => Some(*id),
                _ => None,
            })
            .collect();
        let converted = match (type_name, &arguments[..], &value) {
            (_, _, Constant::Poison) => return value,
            ("list", [element], Constant::List(list)) => list
                .iter()
                .map(|value| self.plain_constant(place, value, *element))
                .collect::<Option<_>>()
                .map(Constant::List),
            ("map", [key, element], Constant::Map(map)) => map
                .iter()
                .map(|(a, b)| {
                    let key = self.plain_constant(place, a, *key)?;
                    Some((key, self.plain_constant(place, b, *element)?))
                })
                .collect::<Option<_>>()
                .map(Constant::Map),
            ("list", [], Constant::List(_)) | ("map", [], Constant::Map(_)) => Some(value.clone()),
            ("list", [] | [_], _) | ("map", [] | [_, _], _) => None,
            _ => match self.written_type(place, ty) {
                Some(_) => self.plain_constant(place, &value, ty),
                None => return Constant::Poison,
            },
        };
        converted.unwrap_or_else(|| {
            let found = value.kind();
            let message = format!("config `{name}` is declared `{type_name}`, found {found}");
            let diagnostic = Diagnostic::error(Code::BadConfig, message).at(span);
            self.report(diagnostic.label(written.span, "declared here"));
            Constant::Poison
        })
    }

    /// A value without elements as a written type has it, if it is of that type.
    fn plain_constant(&mut self, place: Place, value: &Constant, ty: TypeId) -> Option<Constant> {
        let ty = self.written_type(place, ty)?;
        match value {
            Constant::Null => ty.nullable.then_some(Constant::Null),
            Constant::Bool(_) => (ty.scalar == ScalarType::Bool).then(|| value.clone()),
            Constant::Text(_) => (ty.scalar == ScalarType::Str).then(|| value.clone()),
            Constant::Float(_) => ty.scalar.is_float().then(|| value.clone()),
            Constant::Integer(number) if ty.scalar.is_float() => {
                Some(Constant::Float(*number as f64))
            }
            Constant::Integer(number) => {
                let (low, high) = ty.scalar.integer_range()?;
                (low <= *number && *number <= high).then(|| value.clone())
            }
            Constant::List(_) | Constant::Map(_) | Constant::Poison => None,
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
