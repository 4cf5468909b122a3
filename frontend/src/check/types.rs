//! Written types, and conversion to them.

use icosian_ir::graph::BuildError;
use icosian_ir::id::ExprId as Expression;
use icosian_ir::types::{ScalarType, TimeUnit, Type};

use super::declarations::{Checker, Place, UnitId};
use super::expressions::Operand;
use super::literals;
use crate::diagnostic::{Code, Diagnostic, Span, nearest};
use crate::syntax::ast::{Program, TypeArgument, TypeExpr, TypeId};

/// The types without arguments.
const PLAIN: &[(&str, ScalarType)] = &[
    ("bool", ScalarType::Bool),
    ("i8", ScalarType::I8),
    ("i16", ScalarType::I16),
    ("i32", ScalarType::I32),
    ("i64", ScalarType::I64),
    ("u8", ScalarType::U8),
    ("u16", ScalarType::U16),
    ("u32", ScalarType::U32),
    ("u64", ScalarType::U64),
    ("f32", ScalarType::F32),
    ("f64", ScalarType::F64),
    ("str", ScalarType::Str),
    ("date", ScalarType::Date),
];

/// What other languages call our types.
fn foreign(name: &str) -> Option<&'static str> {
    Some(match name {
        "int" | "int64" | "Int64" | "long" | "bigint" => "i64",
        "int32" | "Int32" | "integer" => "i32",
        "int16" => "i16",
        "int8" => "i8",
        "uint8" => "u8",
        "uint16" => "u16",
        "uint32" => "u32",
        "uint64" => "u64",
        "float" | "float64" | "double" => "f64",
        "float32" => "f32",
        "string" | "text" | "String" | "varchar" | "utf8" => "str",
        "boolean" => "bool",
        "numeric" | "money" => "decimal[18, 2]",
        "datetime" => "timestamp[s]",
        "timedelta" | "interval" => "duration[s]",
        _ => return None,
    })
}

impl Checker<'_> {
    /// The type that a text says; none after a diagnostic.
    pub(crate) fn written_type(&mut self, place: Place, id: TypeId) -> Option<Type> {
        let program = self.program(place);
        let written = &program.types[id];
        let name = program.name(written.name);
        if let Some((_, scalar)) = PLAIN.iter().find(|(known, _)| *known == name) {
            if !written.arguments.is_empty() {
                let message = format!("type `{name}` takes nothing in brackets");
                self.report(Diagnostic::error(Code::UnknownType, message).at(written.span));
                return None;
            }
            return Some(scalar.required().nullable_if(written.nullable));
        }
        let scalar = match name {
            "timestamp" | "duration" => self.time_type(program, written, name)?,
            "decimal" => self.written_decimal(written)?,
            "list" | "map" => {
                let message = format!("no column or single value is a {name}");
                let example = if name == "list" {
                    "config edges: list[i64] = [1, 2]"
                } else {
                    "config codes: map[str, str] = {a: \"EWR\"}"
                };
                let help = format!("a config may be one: {example}");
                let diagnostic = Diagnostic::error(Code::UnknownType, message);
                self.report(diagnostic.at(written.span).help(help));
                return None;
            }
            "struct" | "time" => {
                self.cannot_run(&format!("type `{name}`"), written.span);
                return None;
            }
            _ => {
                let mut diagnostic =
                    Diagnostic::error(Code::UnknownType, format!("there is no type `{name}`"))
                        .at(written.span);
                let names = PLAIN.iter().map(|(known, _)| *known);
                let hint = foreign(name)
                    .or_else(|| nearest(name, names.chain(["timestamp", "duration", "decimal"])));
                if let Some(hint) = hint {
                    diagnostic = diagnostic.help(format!("did you mean `{hint}`?"));
                }
                self.report(diagnostic);
                return None;
            }
        };
        Some(scalar.required().nullable_if(written.nullable))
    }

    fn time_type(
        &mut self,
        program: &Program,
        written: &TypeExpr,
        name: &str,
    ) -> Option<ScalarType> {
        let unit = match written.arguments.first() {
            Some(TypeArgument::Type(id)) => match program.name(program.types[*id].name) {
                "s" => Some(TimeUnit::Second),
                "ms" => Some(TimeUnit::Millisecond),
                "us" => Some(TimeUnit::Microsecond),
                "ns" => Some(TimeUnit::Nanosecond),
                _ => None,
            },
            _ => None,
        };
        let zone_name = match written.arguments.get(1) {
            Some(TypeArgument::Text(text)) => Some(text),
            _ => None,
        };
        let count = 1 + usize::from(zone_name.is_some() && name == "timestamp");
        let (Some(unit), true) = (unit, written.arguments.len() == count) else {
            let example = if name == "timestamp" {
                "timestamp[s] or timestamp[ms, \"UTC\"]"
            } else {
                "duration[s]"
            };
            let message = format!("type `{name}` needs its unit: s, ms, us or ns");
            self.report(
                Diagnostic::error(Code::UnknownType, message)
                    .at(written.span)
                    .help(format!("write {example}")),
            );
            return None;
        };
        if name == "duration" {
            return Some(ScalarType::Duration(unit));
        }
        let zone = match zone_name {
            None => None,
            Some(text) => match literals::zone(&text.value) {
                Some(zone) => Some(zone),
                None => {
                    let message = format!("there is no time zone {:?}", text.value);
                    self.report(
                        Diagnostic::error(Code::UnknownType, message)
                            .at(text.span)
                            .help("zones are named as in the tz database: \"UTC\", \"America/New_York\""),
                    );
                    return None;
                }
            },
        };
        Some(ScalarType::Timestamp(unit, zone))
    }

    /// A definition's or default's value in its declared type.
    pub(crate) fn declared(
        &mut self,
        unit: UnitId,
        value: Expression,
        wanted: Type,
    ) -> Option<Expression> {
        let name = format!("`{}`", self.units[unit].name);
        let span = self.units[unit].span;
        self.convert_for(&name, value, wanted, span)
    }

    /// An argument or result in the type written for it.
    pub(crate) fn converted(
        &mut self,
        operand: &Operand,
        place: Place,
        ty: TypeId,
        span: Span,
    ) -> Option<Expression> {
        let value = self.value(operand, span)?;
        let wanted = self.written_type(place, ty)?;
        self.convert_for("this", value, wanted, span)
    }

    pub(crate) fn convert_for(
        &mut self,
        what: &str,
        value: Expression,
        wanted: Type,
        span: Span,
    ) -> Option<Expression> {
        match self.builder.convert(value, wanted) {
            Ok(value) => Some(value),
            Err(BuildError::Conversion { found, wanted }) if found.nullable && !wanted.nullable => {
                let (found_text, wanted_text) = (self.type_text(found), self.type_text(wanted));
                let message =
                    format!("{what} is declared {wanted_text}, but may be null ({found_text})");
                let mut diagnostic = Diagnostic::error(Code::NullableValue, message)
                    .at(span)
                    .help(format!(
                        "declare it {wanted_text}?, or say what stands for null: … ?? 0"
                    ));
                if let Some(place) = self.spans.expressions.get(&value)
                    && *place != span
                {
                    diagnostic = diagnostic.label(*place, format!("this is {found_text}"));
                }
                self.report(diagnostic);
                None
            }
            Err(BuildError::Literal { value, ty }) => {
                let message = format!("{value} does not fit {ty}");
                self.report(Diagnostic::error(Code::LiteralOutOfRange, message).at(span));
                None
            }
            Err(_) => {
                let found = self.builder.ty(value);
                let (found_text, wanted_text) = (self.type_text(found), self.type_text(wanted));
                let message = format!("{what} is declared {wanted_text}, found {found_text}");
                let mut diagnostic = Diagnostic::error(Code::TypeMismatch, message).at(span);
                if found.scalar.is_number() && wanted.scalar.is_number() {
                    diagnostic = diagnostic.help(format!(
                        "cast it, which raises where it doesn't fit: {0}(…), or null there: try_{0}(…)",
                        wanted.scalar
                    ));
                }
                self.report(diagnostic);
                None
            }
        }
    }
}
