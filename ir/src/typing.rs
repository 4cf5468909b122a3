//! Which types each op takes and gives: strict, without conversions.
//!
//! The graph builder inserts the casts that LANGUAGE rule 15 allows and then asks this module, as
//! do the verifiers of the later stages; so an ill-typed op can't get past any stage.

mod decimal;
mod reduction;
mod time;
mod window;

use std::fmt;

use crate::id::TableId;
use crate::op::{CastMode, Comparison, Op, Overflow, Pick, TextFunction, WindowOver};
use crate::types::{Domain, ScalarType, TimeUnit, Type};
use crate::value::Value;
pub use reduction::{reduced_values, reduction_type};
pub use window::can_roll;

/// What typing needs to know of an argument.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Argument {
    /// Its type.
    pub ty: Type,
    /// Its rows.
    pub domain: Domain,
}

/// Why an op does not take its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TypeError {
    /// The op takes another number of arguments.
    Count {
        /// The op's name.
        op: &'static str,
        /// What it takes.
        expected: usize,
        /// What it got.
        found: usize,
    },
    /// The op does not take these types.
    Types {
        /// The op's name.
        op: &'static str,
        /// What it takes, in words.
        expected: &'static str,
        /// What it got.
        found: Vec<Type>,
    },
    /// Arguments have the rows of two tables.
    Domains {
        /// The op's name.
        op: &'static str,
        /// The first argument's position and table.
        first: (usize, TableId),
        /// The position and table of the first argument that clashes.
        second: (usize, TableId),
    },
    /// The op needs one value for all rows, the argument is a column.
    RowsWhereScalar {
        /// The op's name.
        op: &'static str,
        /// The argument's position.
        position: usize,
    },
    /// The op needs the rows of a table, the argument is a scalar.
    ScalarWhereRows {
        /// The op's name.
        op: &'static str,
        /// The argument's position.
        position: usize,
    },
}

impl fmt::Display for TypeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TypeError::Count {
                op,
                expected,
                found,
            } => {
                write!(f, "{op} takes {expected} arguments, found {found}")
            }
            TypeError::Types {
                op,
                expected,
                found,
            } => {
                write!(f, "{op} takes {expected}, found")?;
                for (position, ty) in found.iter().enumerate() {
                    write!(f, "{} {ty}", if position == 0 { "" } else { "," })?;
                }
                Ok(())
            }
            TypeError::Domains { op, first, second } => {
                write!(
                    f,
                    "{op} of rows of two tables, {} and {}",
                    first.1, second.1
                )
            }
            TypeError::RowsWhereScalar { op, position } => {
                write!(
                    f,
                    "{op} needs one value for all rows as argument {}, found a column",
                    position + 1
                )
            }
            TypeError::ScalarWhereRows { op, .. } => {
                write!(f, "{op} needs a column, found a scalar")
            }
        }
    }
}

impl std::error::Error for TypeError {}

/// The rows of a row-local op: those of the one table among its arguments, else a scalar.
fn common_domain(op: &'static str, arguments: &[Argument]) -> Result<Domain, TypeError> {
    let mut found: Option<(usize, TableId)> = None;
    for (position, argument) in arguments.iter().enumerate() {
        match (found, argument.domain) {
            (_, Domain::Scalar) => {}
            (None, Domain::Rows(table)) => found = Some((position, table)),
            (Some((_, first)), Domain::Rows(table)) if first == table => {}
            (Some(first), Domain::Rows(table)) => {
                return Err(TypeError::Domains {
                    op,
                    first,
                    second: (position, table),
                });
            }
        }
    }
    Ok(found.map_or(Domain::Scalar, |(_, table)| Domain::Rows(table)))
}

fn rows_of(
    op: &'static str,
    arguments: &[Argument],
    position: usize,
) -> Result<TableId, TypeError> {
    match arguments[position].domain {
        Domain::Rows(table) => Ok(table),
        Domain::Scalar => Err(TypeError::ScalarWhereRows { op, position }),
    }
}

fn expect_rows(
    op: &'static str,
    arguments: &[Argument],
    positions: std::ops::Range<usize>,
    table: TableId,
) -> Result<(), TypeError> {
    for position in positions {
        let found = rows_of(op, arguments, position)?;
        if found != table {
            return Err(TypeError::Domains {
                op,
                first: (0, table),
                second: (position, found),
            });
        }
    }
    Ok(())
}

/// Whether a cast exists, and if so whether values may fail to convert.
pub fn cast_may_fail(from: ScalarType, to: ScalarType, mode: CastMode) -> Option<bool> {
    use ScalarType::{Bool, Date, Duration, F32, F64, I32, I64, Row, Str, Timestamp};
    if from == to {
        return Some(false);
    }
    if mode == CastMode::Wrap {
        return (from.is_integer() && to.is_integer()).then_some(false);
    }
    match (from, to) {
        (Str, Row(_)) | (Row(_), _) => None,
        (Str, _) => Some(true),
        // Text of an instant elsewhere needs to know which clock is meant.
        (Timestamp(..), Str) => from.is_wall_clock().then_some(false),
        (_, Str) => Some(false),
        (ScalarType::Decimal(..), _) | (_, ScalarType::Decimal(..)) => {
            decimal::cast_may_fail(from, to)
        }
        (Bool, to) if to.is_number() => Some(false),
        (from, to) if from.is_integer() && to.is_integer() => {
            let (low, high) = from.integer_range()?;
            let (least, greatest) = to.integer_range()?;
            Some(low < least || high > greatest)
        }
        (from, to) if from.is_number() && to.is_float() => Some(false),
        (F32 | F64, to) if to.is_integer() => Some(true),
        (I32, Date) | (Date, I32) => Some(false),
        (I64, Timestamp(..) | Duration(_)) | (Timestamp(..) | Duration(_), I64) => Some(false),
        (Timestamp(from_unit, _), Timestamp(to_unit, _))
        | (Duration(from_unit), Duration(to_unit)) => {
            Some(from_unit.per_second() < to_unit.per_second())
        }
        (Date, Timestamp(unit, None)) => Some(unit != TimeUnit::Second),
        // Finer units end long before dates do.
        (Timestamp(unit, _), Date) if from.is_wall_clock() => Some(unit <= TimeUnit::Millisecond),
        _ => None,
    }
}

/// The type and rows that an op gives for these arguments.
///
/// `Op::Node`, `Op::Input` and `Op::Param` are typed by what they name, `Op::Key` and keyed
/// results by their group table: their makers know the answer and don't ask here.
///
/// # Errors
/// If the op does not take these arguments.
pub fn infer(op: &Op, arguments: &[Argument]) -> Result<(Type, Domain), TypeError> {
    let name = op.name();
    let types: Vec<Type> = arguments.iter().map(|argument| argument.ty).collect();
    let count = |expected: usize| {
        if arguments.len() == expected {
            Ok(())
        } else {
            Err(TypeError::Count {
                op: name,
                expected,
                found: arguments.len(),
            })
        }
    };
    let wrong = |expected: &'static str| TypeError::Types {
        op: name,
        expected,
        found: types.clone(),
    };
    let any_null = types.iter().any(|ty| ty.nullable);
    let row_local = |ty: Type| Ok((ty, common_domain(name, arguments)?));
    match op {
        Op::Literal(value) => {
            count(0)?;
            // A bare literal has the widest type of its kind; builders that know better say so.
            let scalar = match value {
                Value::Null => return Err(wrong("a type for null")),
                Value::Bool(_) => ScalarType::Bool,
                Value::Integer(_) => ScalarType::I64,
                Value::F32(_) => ScalarType::F32,
                Value::F64(_) => ScalarType::F64,
                Value::Str(_) => ScalarType::Str,
            };
            Ok((scalar.required(), Domain::Scalar))
        }
        Op::Node(_) | Op::Input(_) | Op::Param(_) | Op::Key(_) | Op::Joined => {
            Err(wrong("what its maker says"))
        }
        Op::Broadcast(table) => {
            count(1)?;
            match arguments[0].domain {
                Domain::Scalar => Ok((types[0], Domain::Rows(*table))),
                Domain::Rows(found) => Err(TypeError::Domains {
                    op: name,
                    first: (0, *table),
                    second: (0, found),
                }),
            }
        }
        Op::Add(mode) | Op::Sub(mode) | Op::Mul(mode) => {
            count(2)?;
            let scalar = arithmetic_type(op, types[0].scalar, types[1].scalar)
                .ok_or_else(|| wrong("two numbers of one type, or decimals of 38 places in all"))?;
            row_local(
                scalar
                    .required()
                    .nullable_if(any_null || may_null(*mode, scalar)),
            )
        }
        Op::Div => {
            count(2)?;
            match (types[0].scalar, types[1].scalar) {
                (a, b) if a == b && a.is_float() => row_local(a.required().nullable_if(any_null)),
                _ => Err(wrong("two floats of one type")),
            }
        }
        Op::FloorDiv | Op::Rem => {
            count(2)?;
            match (types[0].scalar, types[1].scalar) {
                (a, b) if a == b && a.is_float() => row_local(a.required().nullable_if(any_null)),
                // Integer division by zero is null; the builder drops the `?` for a nonzero literal.
                (a, b) if a == b && a.is_integer() => row_local(a.nullable()),
                (a, b) if a == b && a.is_decimal() => {
                    row_local(decimal::division(op, a).nullable())
                }
                _ => Err(wrong("two numbers of one type")),
            }
        }
        Op::Neg(mode) => {
            count(1)?;
            match types[0].scalar {
                scalar
                    if scalar.is_float()
                        || scalar.is_signed()
                        || scalar.is_decimal()
                        || matches!(scalar, ScalarType::Duration(_)) =>
                {
                    row_local(types[0].nullable_if(may_null(*mode, scalar)))
                }
                _ => Err(wrong("a signed number or a duration")),
            }
        }
        Op::Compare(_) => {
            count(2)?;
            let (a, b) = (types[0].scalar, types[1].scalar);
            let decimals = a.is_decimal() && b.is_decimal();
            if a != b && !decimals || matches!(a, ScalarType::Row(_)) {
                return Err(wrong("two values of one type"));
            }
            row_local(ScalarType::Bool.required().nullable_if(any_null))
        }
        Op::And | Op::Or => {
            count(2)?;
            if types.iter().any(|ty| ty.scalar != ScalarType::Bool) {
                return Err(wrong("two bools"));
            }
            row_local(ScalarType::Bool.required().nullable_if(any_null))
        }
        Op::Not => {
            count(1)?;
            match types[0].scalar {
                ScalarType::Bool => row_local(types[0]),
                _ => Err(wrong("a bool")),
            }
        }
        Op::IsNull => {
            count(1)?;
            row_local(ScalarType::Bool.required())
        }
        Op::OneOf(members) => {
            count(1)?;
            let is_of = |value: &Value| match (value, types[0].scalar) {
                (Value::Bool(_), ScalarType::Bool)
                | (Value::F32(_), ScalarType::F32)
                | (Value::F64(_), ScalarType::F64)
                | (Value::Str(_), ScalarType::Str) => true,
                (Value::Integer(value), scalar) => scalar
                    .lane_range()
                    .is_some_and(|(least, greatest)| least <= *value && *value <= greatest),
                _ => false,
            };
            if matches!(types[0].scalar, ScalarType::Row(_)) || !members.values().iter().all(is_of)
            {
                return Err(wrong("a value of the members' type"));
            }
            let null = types[0].nullable || members.has_null();
            row_local(ScalarType::Bool.required().nullable_if(null))
        }
        Op::IfElse => {
            count(3)?;
            if types[0].scalar != ScalarType::Bool || types[1].scalar != types[2].scalar {
                return Err(wrong("a bool and two values of one type"));
            }
            row_local(types[1].nullable_if(types[2].nullable))
        }
        Op::Coalesce => {
            count(2)?;
            if types[0].scalar != types[1].scalar {
                return Err(wrong("two values of one type"));
            }
            row_local(Type {
                scalar: types[0].scalar,
                nullable: types[0].nullable && types[1].nullable,
            })
        }
        Op::Cast(to, mode) => {
            count(1)?;
            let may_fail = cast_may_fail(types[0].scalar, *to, *mode)
                .ok_or_else(|| wrong("a type that this cast converts"))?;
            row_local(Type {
                scalar: *to,
                nullable: types[0].nullable || (may_fail && *mode == CastMode::Null),
            })
        }
        Op::Round(rounding) => {
            count(1)?;
            let scalar = decimal::rounded(*rounding, types[0].scalar)
                .ok_or_else(|| wrong("a decimal of more places"))?;
            row_local(scalar.required().nullable_if(any_null))
        }
        Op::Math(math) => {
            count(math.arity())?;
            let scalar = types[0].scalar;
            let integers = matches!(math, crate::op::Math::Abs | crate::op::Math::Sign);
            if types.iter().any(|ty| ty.scalar != scalar)
                || !(scalar.is_float()
                    || integers && scalar.is_integer()
                    || *math == crate::op::Math::Abs && scalar.is_decimal())
            {
                return Err(wrong("floats of one type"));
            }
            row_local(scalar.required().nullable_if(any_null))
        }
        Op::Text(function) => {
            let (parameters, least) = function.arguments();
            let most = match function {
                TextFunction::Concat => usize::MAX,
                _ => parameters.len(),
            };
            count(arguments.len().clamp(least, most))?;
            for (position, argument) in arguments.iter().enumerate() {
                let Some(parameter) = function.argument(position) else {
                    return Err(wrong(function.takes()));
                };
                if Some(argument.ty.scalar) != function.argument_type(position) {
                    return Err(wrong(function.takes()));
                }
                if parameter.is_scalar() && argument.domain != Domain::Scalar {
                    return Err(TypeError::RowsWhereScalar { op: name, position });
                }
            }
            let nullable = any_null || function.may_find_nothing();
            row_local(function.result().required().nullable_if(nullable))
        }
        Op::Bits(function) => {
            count(function.arity())?;
            let scalar = types[0].scalar;
            let second = if function.is_shift() {
                ScalarType::U8
            } else {
                scalar
            };
            if !scalar.is_integer() || types[1..].iter().any(|ty| ty.scalar != second) {
                return Err(wrong(if function.is_shift() {
                    "an integer and a u8"
                } else {
                    "integers of one type"
                }));
            }
            let result = if function.counts() {
                ScalarType::I32
            } else {
                scalar
            };
            row_local(result.required().nullable_if(any_null))
        }
        Op::Time(function) => {
            count(time::arity(*function))?;
            let ty = time::result(*function, &types).map_err(wrong)?;
            row_local(ty.nullable_if(any_null))
        }
        Op::Extern(signature) => {
            count(signature.parameters.len())?;
            let fits = types
                .iter()
                .zip(&signature.parameters)
                .all(|(ty, (_, wanted))| {
                    ty.scalar == wanted.scalar && (wanted.nullable || !ty.nullable)
                });
            if !fits {
                return Err(wrong("values of the types it declares"));
            }
            row_local(signature.returns)
        }
        Op::Hash => {
            count(2)?;
            if matches!(types[0].scalar, ScalarType::Row(_)) || types[1].scalar != ScalarType::U64 {
                return Err(wrong("a value and a u64"));
            }
            row_local(types[1])
        }
        Op::RowNumber(table) => {
            count(0)?;
            Ok((ScalarType::I64.required(), Domain::Rows(*table)))
        }
        Op::Minimum | Op::Maximum => {
            count(2)?;
            if types[0].scalar != types[1].scalar || matches!(types[0].scalar, ScalarType::Row(_)) {
                return Err(wrong("two values of one type"));
            }
            row_local(types[0].nullable_if(any_null))
        }
        Op::Lookup { table, keys, .. } => {
            let keys = *keys as usize;
            count(2 * keys)?;
            expect_rows(name, arguments, 0..keys, *table)?;
            if (0..keys).any(|key| types[key].scalar != types[keys + key].scalar) {
                return Err(wrong("keys of the types over there"));
            }
            let domain = common_domain(name, &arguments[keys..])?;
            Ok((ScalarType::Row(*table).nullable(), domain))
        }
        Op::Find(find) => {
            let conditions = find.conditions();
            count(2 * conditions)?;
            expect_rows(name, arguments, 0..conditions, find.table)?;
            let comparable = |condition: &usize| {
                let (there, here) = (types[*condition], types[conditions + condition]);
                there.scalar == here.scalar && !matches!(there.scalar, ScalarType::Row(_))
            };
            if !(0..conditions).all(|condition| comparable(&condition)) {
                return Err(wrong("values of the types over there"));
            }
            let ordered = |comparison: &Comparison| {
                !matches!(comparison, Comparison::Equal | Comparison::NotEqual)
            };
            let nearest = find.pick == Pick::Nearest;
            if conditions == 0
                || !find.comparisons.iter().all(ordered)
                || nearest && find.comparisons.is_empty()
            {
                return Err(wrong("equalities, then `<`, `<=`, `>` or `>=`"));
            }
            let domain = common_domain(name, &arguments[conditions..])?;
            Ok((ScalarType::Row(find.table).nullable(), domain))
        }
        Op::Gather => {
            count(2)?;
            let ScalarType::Row(table) = types[0].scalar else {
                return Err(wrong("a row and a column of its table"));
            };
            expect_rows(name, arguments, 1..2, table)?;
            Ok((types[1].nullable_if(types[0].nullable), arguments[0].domain))
        }
        Op::Take => {
            count(1)?;
            // Which table keeps the rows is the maker's to say.
            Ok((types[0], arguments[0].domain))
        }
        Op::Stack => {
            let Some(first) = types.first() else {
                return Err(wrong("a column of each table"));
            };
            if types.iter().any(|ty| ty.scalar != first.scalar) {
                return Err(wrong("columns of one type"));
            }
            let nullable = types.iter().any(|ty| ty.nullable);
            // As with `Take`.
            Ok((first.nullable_if(nullable), arguments[0].domain))
        }
        Op::Reduce {
            reduction,
            from,
            keys,
        } => {
            let keys = *keys as usize;
            let values = reduction.arity();
            count(values + keys)?;
            expect_rows(name, arguments, 0..arguments.len(), *from)?;
            let ty = reduction_type(*reduction, types[..values].iter().copied(), keys == 0)
                .ok_or_else(|| wrong(reduced_values(*reduction)))?;
            Ok((
                ty,
                if keys == 0 {
                    Domain::Scalar
                } else {
                    Domain::Rows(*from)
                },
            ))
        }
        Op::Window(along) => {
            let WindowOver { window, over } = along;
            count(window.values() + over.columns())?;
            let table = rows_of(name, arguments, 0)?;
            expect_rows(name, arguments, 1..arguments.len(), table)?;
            let (values, columns) = types.split_at(window.values());
            if columns
                .iter()
                .any(|ty| matches!(ty.scalar, ScalarType::Row(_)))
            {
                return Err(wrong("values, not rows"));
            }
            let order = window::first_of_order(along, &types);
            let ty = window::window_type(*window, values, order)
                .ok_or_else(|| wrong("a column that the window can move along"))?;
            Ok((ty, Domain::Rows(table)))
        }
    }
}

fn may_null(mode: Overflow, scalar: ScalarType) -> bool {
    mode == Overflow::Null && !scalar.is_float()
}

/// The result type of `+`, `-`, `*` on two scalar types.
fn arithmetic_type(op: &Op, a: ScalarType, b: ScalarType) -> Option<ScalarType> {
    use ScalarType::{Date, Duration, I32, I64, Timestamp};
    if a.is_decimal() {
        return decimal::arithmetic(op, a, b);
    }
    if a == b && a.is_number() {
        return Some(a);
    }
    let (add, subtract) = (matches!(op, Op::Add(_)), matches!(op, Op::Sub(_)));
    match (a, b) {
        (Duration(x), Duration(y)) if x == y && (add || subtract) => Some(a),
        (Timestamp(x, _), Duration(y)) if x == y && (add || subtract) => Some(a),
        (Timestamp(x, zone), Timestamp(y, other)) if x == y && zone == other && subtract => {
            Some(Duration(x))
        }
        (Date, I32) if add || subtract => Some(Date),
        (Date, Date) if subtract => Some(I32),
        (Duration(_), I64) if !add && !subtract => Some(a),
        _ => None,
    }
}
