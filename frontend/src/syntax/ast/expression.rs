//! Expressions of the syntax tree.

use icosian_ir::meaning::order::Direction;

use super::{ExprId, Name};
use crate::diagnostic::Span;

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// What it is, with its children.
    pub kind: ExprKind,
    /// Where it is written; parentheses around it are not included.
    pub span: Span,
    /// The first id of its subtree, see [`Program::subtree`](super::Program::subtree).
    pub(crate) first: ExprId,
}

/// The forms of an expression. Children are listed in source order.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// What could not be parsed; a diagnostic has been given.
    Error,
    /// `null`.
    Null,
    /// `true` or `false`.
    Boolean(bool),
    /// An integer literal; a sign before it is a [`UnaryOperator`].
    Integer(u128),
    /// A floating-point literal, or `nan`, `inf`. Its digits are in the text of its span.
    Float(f64),
    /// A text literal.
    Text(Box<str>),
    /// A duration literal such as `3h`.
    Duration(Duration),
    /// A bare name: column, parameter, table, module, loop variable.
    Name(Name),
    /// `base.name` without a call.
    Member {
        /// What stands before the dot.
        base: ExprId,
        /// The member.
        name: Name,
    },
    /// `name(arguments)`.
    Call {
        /// The function.
        function: Name,
        /// Its arguments.
        arguments: Vec<Argument>,
    },
    /// `receiver.name(arguments)`: a call into a module, or `name(receiver, arguments)`.
    MethodCall {
        /// What stands before the dot.
        receiver: ExprId,
        /// The function.
        function: Name,
        /// The arguments in the parentheses.
        arguments: Vec<Argument>,
    },
    /// `table[column = value, ...]`, `first table[...]`, `last table[...]`.
    Lookup {
        /// Which of several rows, where a word says so.
        pick: Option<LookupPick>,
        /// The table: a [`ExprKind::Name`], or [`ExprKind::Member`]s over one.
        table: ExprId,
        /// The conditions in order, at least one.
        conditions: Vec<LookupCondition>,
    },
    /// `value over ...`.
    Over {
        /// What the suffix governs.
        value: ExprId,
        /// By what.
        over: OverClause,
    },
    /// An operator before its operand.
    Unary {
        /// The operator.
        operator: UnaryOperator,
        /// The operand.
        operand: ExprId,
    },
    /// An operator between two operands.
    Binary {
        /// The operator.
        operator: BinaryOperator,
        /// The left operand.
        left: ExprId,
        /// The right operand.
        right: ExprId,
    },
    /// `a < b <= c`: true if every neighbouring pair is; one more operand than operators.
    Compare {
        /// The operands, at least two.
        operands: Vec<ExprId>,
        /// The operators between them.
        operators: Vec<CompareOperator>,
    },
    /// `operand is [not] null`.
    IsNull {
        /// What is tested.
        operand: ExprId,
        /// Whether `not` was written.
        negated: bool,
    },
    /// `value [not] in set`.
    In {
        /// What is looked for.
        value: ExprId,
        /// A list, range or name of a list.
        set: ExprId,
        /// Whether `not` was written.
        negated: bool,
    },
    /// `then if condition else otherwise`.
    Conditional {
        /// The value where the condition is true.
        then: ExprId,
        /// The condition.
        condition: ExprId,
        /// The value elsewhere.
        otherwise: ExprId,
    },
    /// `[a, b]`.
    List(Vec<ExprId>),
    /// `{key: value}`.
    Map(Vec<MapEntry>),
    /// `start..end` or `start..=end`; either side may be missing.
    Range {
        /// The first value.
        start: Option<ExprId>,
        /// The last value, or the one after it.
        end: Option<ExprId>,
        /// Whether `..=` was written, so that `end` belongs to the range.
        inclusive: bool,
    },
    /// `match subject { pattern: value, ... }`.
    Match {
        /// What is matched.
        subject: ExprId,
        /// The arms in order.
        arms: Vec<MatchArm>,
    },
}

/// An argument of a call, option of a source or column of a `given` table.
#[derive(Clone, Debug, PartialEq)]
pub struct Argument {
    /// The name before `=`, if there is one.
    pub name: Option<Name>,
    /// The value.
    pub value: ExprId,
}

/// One condition of a lookup.
#[derive(Clone, Debug, PartialEq)]
pub struct LookupCondition {
    /// A column over there.
    pub column: Name,
    /// How it must compare with the value.
    pub operator: LookupOperator,
    /// The value here.
    pub value: ExprId,
}

/// How a lookup's column compares with its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LookupOperator {
    /// `=`
    Equal,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

/// Which of several rows a lookup takes, in the order of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LookupPick {
    /// `first`
    First,
    /// `last`
    Last,
}

/// What follows `over`: `path` or `(keys order by sort)`.
#[derive(Clone, Debug, PartialEq)]
pub struct OverClause {
    /// The partition keys.
    pub keys: Vec<ExprId>,
    /// The order of the rows, most significant first.
    pub order: Vec<SortKey>,
    /// From `over` to its end.
    pub span: Span,
}

/// One key of `order by`.
#[derive(Clone, Debug, PartialEq)]
pub struct SortKey {
    /// The value to sort by.
    pub value: ExprId,
    /// Whether `desc` was written.
    pub descending: bool,
    /// Whether `nulls first` was written.
    pub nulls_first: bool,
}

impl SortKey {
    /// Which way the key orders.
    pub fn direction(&self) -> Direction {
        Direction {
            descending: self.descending,
            nulls_first: self.nulls_first,
        }
    }
}

/// An entry of a map.
#[derive(Clone, Debug, PartialEq)]
pub struct MapEntry {
    /// The key; a bare name stands for its own text and is an [`ExprKind::Text`].
    pub key: ExprId,
    /// The value.
    pub value: ExprId,
}

/// An arm of `match`.
#[derive(Clone, Debug, PartialEq)]
pub struct MatchArm {
    /// What the subject must be.
    pub pattern: Pattern,
    /// The value then.
    pub value: ExprId,
}

/// What an arm of `match` accepts.
#[derive(Clone, Debug, PartialEq)]
pub enum Pattern {
    /// `_`: everything.
    Wildcard(Span),
    /// One value, a range, or any value of a list.
    Value(ExprId),
}

/// A duration literal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Duration {
    /// How many units.
    pub count: u64,
    /// The unit.
    pub unit: DurationUnit,
}

/// The unit of a duration literal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DurationUnit {
    /// `ns`
    Nanosecond,
    /// `us`
    Microsecond,
    /// `ms`
    Millisecond,
    /// `s`
    Second,
    /// `m`
    Minute,
    /// `h`
    Hour,
    /// `d`: 24 hours.
    Day,
    /// `w`: seven days.
    Week,
    /// `mo`: a calendar month.
    Month,
    /// `q`: three calendar months.
    Quarter,
    /// `y`: a calendar year.
    Year,
}

/// An operator before its operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnaryOperator {
    /// `-`
    Negate,
    /// `+`
    Plus,
    /// `not`
    Not,
}

/// An operator between two operands, comparisons aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BinaryOperator {
    /// `or`
    Or,
    /// `and`
    And,
    /// `??`: the right side where the left is null.
    Coalesce,
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `//`
    FloorDivide,
    /// `%`
    Remainder,
    /// `**`
    Power,
}

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CompareOperator {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

impl UnaryOperator {
    /// The operator as written.
    pub fn as_str(self) -> &'static str {
        match self {
            UnaryOperator::Negate => "-",
            UnaryOperator::Plus => "+",
            UnaryOperator::Not => "not",
        }
    }
}

impl BinaryOperator {
    /// The operator as written.
    pub fn as_str(self) -> &'static str {
        match self {
            BinaryOperator::Or => "or",
            BinaryOperator::And => "and",
            BinaryOperator::Coalesce => "??",
            BinaryOperator::Add => "+",
            BinaryOperator::Subtract => "-",
            BinaryOperator::Multiply => "*",
            BinaryOperator::Divide => "/",
            BinaryOperator::FloorDivide => "//",
            BinaryOperator::Remainder => "%",
            BinaryOperator::Power => "**",
        }
    }
}

impl CompareOperator {
    /// The operator as written.
    pub fn as_str(self) -> &'static str {
        match self {
            CompareOperator::Equal => "==",
            CompareOperator::NotEqual => "!=",
            CompareOperator::Less => "<",
            CompareOperator::LessOrEqual => "<=",
            CompareOperator::Greater => ">",
            CompareOperator::GreaterOrEqual => ">=",
        }
    }
}

impl LookupPick {
    /// The word as written.
    pub fn as_str(self) -> &'static str {
        match self {
            LookupPick::First => "first",
            LookupPick::Last => "last",
        }
    }
}

impl LookupOperator {
    /// The operator as written.
    pub fn as_str(self) -> &'static str {
        match self {
            LookupOperator::Equal => "=",
            LookupOperator::Less => "<",
            LookupOperator::LessOrEqual => "<=",
            LookupOperator::Greater => ">",
            LookupOperator::GreaterOrEqual => ">=",
        }
    }
}

impl DurationUnit {
    /// The unit with this suffix.
    pub fn from_suffix(suffix: &str) -> Option<DurationUnit> {
        Some(match suffix {
            "ns" => DurationUnit::Nanosecond,
            "us" => DurationUnit::Microsecond,
            "ms" => DurationUnit::Millisecond,
            "s" => DurationUnit::Second,
            "m" => DurationUnit::Minute,
            "h" => DurationUnit::Hour,
            "d" => DurationUnit::Day,
            "w" => DurationUnit::Week,
            "mo" => DurationUnit::Month,
            "q" => DurationUnit::Quarter,
            "y" => DurationUnit::Year,
            _ => return None,
        })
    }

    /// The suffix as written.
    pub fn as_str(self) -> &'static str {
        match self {
            DurationUnit::Nanosecond => "ns",
            DurationUnit::Microsecond => "us",
            DurationUnit::Millisecond => "ms",
            DurationUnit::Second => "s",
            DurationUnit::Minute => "m",
            DurationUnit::Hour => "h",
            DurationUnit::Day => "d",
            DurationUnit::Week => "w",
            DurationUnit::Month => "mo",
            DurationUnit::Quarter => "q",
            DurationUnit::Year => "y",
        }
    }
}

impl ExprKind {
    /// Calls `visit` with each direct child, in source order.
    pub fn for_each_child(&self, mut visit: impl FnMut(ExprId)) {
        match self {
            ExprKind::Error
            | ExprKind::Null
            | ExprKind::Boolean(_)
            | ExprKind::Integer(_)
            | ExprKind::Float(_)
            | ExprKind::Text(_)
            | ExprKind::Duration(_)
            | ExprKind::Name(_) => {}
            ExprKind::Member { base, name: _ } => visit(*base),
            ExprKind::Call {
                function: _,
                arguments,
            } => arguments.iter().for_each(|argument| visit(argument.value)),
            ExprKind::MethodCall {
                receiver,
                function: _,
                arguments,
            } => {
                visit(*receiver);
                arguments.iter().for_each(|argument| visit(argument.value));
            }
            ExprKind::Lookup {
                pick: _,
                table,
                conditions,
            } => {
                visit(*table);
                conditions
                    .iter()
                    .for_each(|condition| visit(condition.value));
            }
            ExprKind::Over { value, over } => {
                visit(*value);
                over.keys.iter().for_each(|key| visit(*key));
                over.order.iter().for_each(|key| visit(key.value));
            }
            ExprKind::Unary {
                operator: _,
                operand,
            } => visit(*operand),
            ExprKind::Binary {
                operator: _,
                left,
                right,
            } => {
                visit(*left);
                visit(*right);
            }
            ExprKind::Compare {
                operands,
                operators: _,
            } => operands.iter().for_each(|operand| visit(*operand)),
            ExprKind::IsNull {
                operand,
                negated: _,
            } => visit(*operand),
            ExprKind::In {
                value,
                set,
                negated: _,
            } => {
                visit(*value);
                visit(*set);
            }
            ExprKind::Conditional {
                then,
                condition,
                otherwise,
            } => {
                visit(*then);
                visit(*condition);
                visit(*otherwise);
            }
            ExprKind::List(elements) => elements.iter().for_each(|element| visit(*element)),
            ExprKind::Map(entries) => entries.iter().for_each(|entry| {
                visit(entry.key);
                visit(entry.value);
            }),
            ExprKind::Range {
                start,
                end,
                inclusive: _,
            } => {
                start.iter().for_each(|start| visit(*start));
                end.iter().for_each(|end| visit(*end));
            }
            ExprKind::Match { subject, arms } => {
                visit(*subject);
                for arm in arms {
                    if let Pattern::Value(pattern) = arm.pattern {
                        visit(pattern);
                    }
                    visit(arm.value);
                }
            }
        }
    }
}
