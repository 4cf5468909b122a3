//! The language's operators over expressions of any fitting types.

use super::{BuildError, GraphBuilder, Partition};
use crate::id::ExprId;
use crate::op::{CastMode, Comparison, Math, Op, Overflow, TextFunction, Window};
use crate::types::{Domain, ScalarType, TimeUnit, Type};
use crate::value::Value;

/// An operator between two expressions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BinaryOperator {
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
    /// `/`
    Div,
    /// `//`
    FloorDiv,
    /// `%`
    Rem,
    /// `**`
    Pow,
    /// `==`, `<`, …
    Compare(Comparison),
    /// `and`
    And,
    /// `or`
    Or,
    /// `??`
    Coalesce,
}

impl BinaryOperator {
    /// As written.
    pub fn symbol(self) -> &'static str {
        match self {
            BinaryOperator::Add => "+",
            BinaryOperator::Sub => "-",
            BinaryOperator::Mul => "*",
            BinaryOperator::Div => "/",
            BinaryOperator::FloorDiv => "//",
            BinaryOperator::Rem => "%",
            BinaryOperator::Pow => "**",
            BinaryOperator::Compare(Comparison::Equal) => "==",
            BinaryOperator::Compare(Comparison::NotEqual) => "!=",
            BinaryOperator::Compare(Comparison::Less) => "<",
            BinaryOperator::Compare(Comparison::LessOrEqual) => "<=",
            BinaryOperator::Compare(Comparison::Greater) => ">",
            BinaryOperator::Compare(Comparison::GreaterOrEqual) => ">=",
            BinaryOperator::And => "and",
            BinaryOperator::Or => "or",
            BinaryOperator::Coalesce => "??",
        }
    }
}

/// Seconds in a day, for dates.
const DAY: i128 = 86_400;

impl GraphBuilder {
    /// An operator over two expressions.
    ///
    /// # Errors
    /// If there is no common type, or the operator does not take it.
    pub fn binary(
        &mut self,
        operator: BinaryOperator,
        left: ExprId,
        right: ExprId,
    ) -> Result<ExprId, BuildError> {
        match operator {
            BinaryOperator::Add | BinaryOperator::Sub | BinaryOperator::Mul => {
                self.arithmetic(operator, Overflow::Raise, left, right)
            }
            BinaryOperator::Div => self.divide(left, right),
            BinaryOperator::FloorDiv => self.whole_division(Op::FloorDiv, operator, left, right),
            BinaryOperator::Rem => self.whole_division(Op::Rem, operator, left, right),
            BinaryOperator::Pow => self.power(Overflow::Raise, left, right),
            BinaryOperator::Compare(comparison) => self.compare(comparison, left, right),
            BinaryOperator::And => self.add(Op::And, vec![left, right]),
            BinaryOperator::Or => self.add(Op::Or, vec![left, right]),
            BinaryOperator::Coalesce => {
                let (left, right) = self.meet("??", left, right)?;
                self.add(Op::Coalesce, vec![left, right])
            }
        }
    }

    /// `+`, `-`, `*`, `//` or `**` with a chosen overflow behaviour.
    ///
    /// # Errors
    /// As [`GraphBuilder::binary`].
    pub fn arithmetic(
        &mut self,
        operator: BinaryOperator,
        overflow: Overflow,
        left: ExprId,
        right: ExprId,
    ) -> Result<ExprId, BuildError> {
        let op = match operator {
            BinaryOperator::Add => Op::Add(overflow),
            BinaryOperator::Sub => Op::Sub(overflow),
            BinaryOperator::Mul => Op::Mul(overflow),
            BinaryOperator::FloorDiv => return self.floor_divide(overflow, left, right),
            BinaryOperator::Pow => return self.power(overflow, left, right),
            // No other overflows.
            BinaryOperator::Div
            | BinaryOperator::Rem
            | BinaryOperator::Compare(_)
            | BinaryOperator::And
            | BinaryOperator::Or
            | BinaryOperator::Coalesce => return self.binary(operator, left, right),
        };
        if op == Op::Add(Overflow::Raise) && self.are_texts(left, right) {
            return self.text(TextFunction::Concat, &[left, right]);
        }
        if let Some(result) = self.time_arithmetic(operator, &op, left, right)? {
            return Ok(result);
        }
        let (left, right) = match self.as_decimals(left, right)? {
            Some(decimals) => decimals,
            None => self.meet(operator.symbol(), left, right)?,
        };
        self.add(op, vec![left, right])
    }

    /// Sums and differences of dates, timestamps and durations; none if neither side is one.
    fn time_arithmetic(
        &mut self,
        operator: BinaryOperator,
        op: &Op,
        left: ExprId,
        right: ExprId,
    ) -> Result<Option<ExprId>, BuildError> {
        use ScalarType::{Date, Duration, I32, I64, Timestamp};
        let (a, b) = (self.scalar_type(left), self.scalar_type(right));
        let result = match (a, b, operator) {
            (Duration(_), Timestamp(..) | Date, BinaryOperator::Add) => {
                return self.time_arithmetic(operator, op, right, left);
            }
            (Timestamp(unit, zone), Duration(other), BinaryOperator::Add | BinaryOperator::Sub) => {
                let unit = unit.max(other);
                let left = self.cast(left, Timestamp(unit, zone), CastMode::Raise)?;
                let right = self.cast(right, Duration(unit), CastMode::Raise)?;
                self.add(op.clone(), vec![left, right])?
            }
            (Date, Duration(unit), BinaryOperator::Add | BinaryOperator::Sub) => {
                let per_day = DAY * i128::from(unit.per_second());
                match self.constant(right) {
                    // Whole days keep a date a date.
                    Some(Value::Integer(length)) if length % per_day == 0 => {
                        let days = length / per_day;
                        if i32::try_from(days).is_err() {
                            return Err(BuildError::Literal {
                                value: Value::Integer(days),
                                ty: I32,
                            });
                        }
                        let days = self.literal_of(Value::Integer(days), I32);
                        self.add(op.clone(), vec![left, days])?
                    }
                    _ => {
                        let midnight = Timestamp(TimeUnit::Second, None);
                        let left = self.cast(left, midnight, CastMode::Raise)?;
                        return self.time_arithmetic(operator, op, left, right);
                    }
                }
            }
            (Date, Date, BinaryOperator::Sub) => {
                let days = self.add(op.clone(), vec![left, right])?;
                let days = self.cast(days, I64, CastMode::Raise)?;
                let day = self.literal_of(Value::Integer(DAY), Duration(TimeUnit::Second));
                self.add(Op::Mul(Overflow::Raise), vec![day, days])?
            }
            (Duration(_), number, BinaryOperator::Mul) if number.is_integer() => {
                let right = self.cast(right, I64, CastMode::Raise)?;
                self.add(op.clone(), vec![left, right])?
            }
            (number, Duration(_), BinaryOperator::Mul) if number.is_integer() => {
                return self.time_arithmetic(operator, op, right, left);
            }
            _ => return Ok(None),
        };
        Ok(Some(result))
    }

    /// `left / right`: floating point; two durations give their ratio.
    fn divide(&mut self, left: ExprId, right: ExprId) -> Result<ExprId, BuildError> {
        let (left, right) = (self.decimal_as_float(left)?, self.decimal_as_float(right)?);
        let (mut left, mut right) = self.meet("/", left, right)?;
        let scalar = self.scalar_type(left);
        if let ScalarType::Duration(_) = scalar {
            left = self.cast(left, ScalarType::I64, CastMode::Raise)?;
            right = self.cast(right, ScalarType::I64, CastMode::Raise)?;
        }
        if !scalar.is_float() {
            left = self.cast(left, ScalarType::F64, CastMode::Raise)?;
            right = self.cast(right, ScalarType::F64, CastMode::Raise)?;
        }
        self.add(Op::Div, vec![left, right])
    }

    fn whole_division(
        &mut self,
        op: Op,
        operator: BinaryOperator,
        left: ExprId,
        right: ExprId,
    ) -> Result<ExprId, BuildError> {
        let (left, right) = self.meet(operator.symbol(), left, right)?;
        let result = self.add(op.clone(), vec![left, right])?;
        // A nonzero constant divides without nulls (LANGUAGE rule 15).
        let nonzero =
            matches!(self.constant(right), Some(Value::Integer(divisor)) if *divisor != 0);
        if nonzero && !self.ty(left).nullable {
            let ty = self.scalar_type(result).required();
            let domain = self.domain(result);
            return Ok(self.add_typed(op, vec![left, right], ty, domain));
        }
        Ok(result)
    }

    /// `base ** exponent`. A whole constant exponent of an integer multiplies out; `x ** 2` is
    /// `x * x` for floats too; everything else is `pow` of floats.
    fn power(
        &mut self,
        overflow: Overflow,
        base: ExprId,
        exponent: ExprId,
    ) -> Result<ExprId, BuildError> {
        let scalar = self.scalar_type(base);
        if let Some(Value::Integer(count)) = self.constant(exponent).cloned() {
            if count == 2 && scalar.is_number() {
                return self.arithmetic(BinaryOperator::Mul, overflow, base, base);
            }
            if scalar.is_integer() && (0..=64).contains(&count) {
                return self.integer_power(overflow, base, count as u32);
            }
        }
        let base = self.decimal_as_float(base)?;
        let exponent = self.decimal_as_float(exponent)?;
        let (base, exponent) = self.meet("**", base, exponent)?;
        self.math(Math::Pow, &[base, exponent])
    }

    /// A mathematical function; integers become f64, except for `abs` and `sign` and where
    /// rounding leaves them as they are.
    ///
    /// # Errors
    /// If an argument is no number, or the count is wrong.
    pub fn math(&mut self, math: Math, args: &[ExprId]) -> Result<ExprId, BuildError> {
        let mut args = args.to_vec();
        if let [value] = args[..]
            && self.scalar_type(value).is_decimal()
        {
            match math {
                Math::Floor | Math::Ceil | Math::Round | Math::Trunc => {
                    return self.round_decimal(math, value, 0);
                }
                Math::Abs => return self.add(Op::Math(math), args),
                _ => {}
            }
        }
        for arg in &mut args {
            *arg = self.decimal_as_float(*arg)?;
        }
        if let [left, right] = args[..] {
            let (left, right) = self.meet(math.name(), left, right)?;
            args = vec![left, right];
        }
        let integer = args.iter().all(|arg| self.scalar_type(*arg).is_integer());
        if integer {
            match math {
                Math::Abs | Math::Sign => {}
                Math::Floor | Math::Ceil | Math::Round | Math::Trunc if args.len() == 1 => {
                    return Ok(args[0]);
                }
                _ => {
                    for arg in &mut args {
                        *arg = self.cast(*arg, ScalarType::F64, CastMode::Raise)?;
                    }
                }
            }
        }
        self.add(Op::Math(math), args)
    }

    /// `min(a, b)` or `max(a, b)` of each row.
    ///
    /// # Errors
    /// If there is no common type.
    pub fn extremum(&mut self, op: Op, left: ExprId, right: ExprId) -> Result<ExprId, BuildError> {
        let (left, right) = self.meet(op.name(), left, right)?;
        self.add(op, vec![left, right])
    }

    /// `low if value < low else high if value > high else value`: NaN stays, and a null bound bounds
    /// nothing.
    ///
    /// # Errors
    /// If there is no common type.
    pub fn clip(&mut self, value: ExprId, low: ExprId, high: ExprId) -> Result<ExprId, BuildError> {
        let below = self.compare(Comparison::Less, value, low)?;
        let above = self.compare(Comparison::Greater, value, high)?;
        let not_above = self.if_else(above, high, value)?;
        self.if_else(below, low, not_above)
    }

    /// The change against the value `rows` rows before. Unsigned integers of up to 32 bits become
    /// signed ones, as changes may be negative.
    ///
    /// # Errors
    /// If the value is a scalar or has no difference.
    pub fn difference(&mut self, value: ExprId, rows: i64) -> Result<ExprId, BuildError> {
        self.difference_over(value, rows, &Partition::default())
    }

    /// As [`GraphBuilder::difference`], along the rows of each key, in an order of their own.
    ///
    /// # Errors
    /// As [`GraphBuilder::window_over`]; or if the value has no difference.
    pub fn difference_over(
        &mut self,
        value: ExprId,
        rows: i64,
        partition: &Partition,
    ) -> Result<ExprId, BuildError> {
        let value = match self.scalar_type(value) {
            ScalarType::U8 => self.cast(value, ScalarType::I16, CastMode::Raise)?,
            ScalarType::U16 => self.cast(value, ScalarType::I32, CastMode::Raise)?,
            ScalarType::U32 => self.cast(value, ScalarType::I64, CastMode::Raise)?,
            _ => value,
        };
        let before = self.window_over(Window::Shift { rows }, &[value], partition)?;
        self.binary(BinaryOperator::Sub, value, before)
    }

    /// The change against the value `rows` rows before as a part of that: `x / before - 1`.
    ///
    /// # Errors
    /// As [`GraphBuilder::window_over`]; or if the value is no number.
    pub fn relative_difference_over(
        &mut self,
        value: ExprId,
        rows: i64,
        partition: &Partition,
    ) -> Result<ExprId, BuildError> {
        let before = self.window_over(Window::Shift { rows }, &[value], partition)?;
        let ratio = self.binary(BinaryOperator::Div, value, before)?;
        let one = self.literal(Value::Integer(1));
        self.binary(BinaryOperator::Sub, ratio, one)
    }

    /// `-value`; of a constant, the constant negated.
    ///
    /// # Errors
    /// If the value has no negative.
    pub fn negate(&mut self, value: ExprId) -> Result<ExprId, BuildError> {
        let scalar = self.scalar_type(value);
        match self.constant(value) {
            Some(Value::Integer(number))
                if scalar.is_signed()
                    || scalar.is_decimal()
                    || matches!(scalar, ScalarType::Duration(_)) =>
            {
                let negated = Value::Integer(-number);
                return Ok(self.literal_of(negated, scalar));
            }
            Some(Value::F64(number)) => {
                let negated = Value::F64(-number);
                return Ok(self.literal_of(negated, scalar));
            }
            Some(Value::F32(number)) => {
                let negated = Value::F32(-number);
                return Ok(self.literal_of(negated, scalar));
            }
            _ => {}
        }
        self.add(Op::Neg(Overflow::Raise), vec![value])
    }

    /// A comparison. i64 with u64 is exact, though they meet in no type.
    ///
    /// # Errors
    /// If the types can't be compared.
    pub fn compare(
        &mut self,
        comparison: Comparison,
        left: ExprId,
        right: ExprId,
    ) -> Result<ExprId, BuildError> {
        let (a, b) = (self.scalar_type(left), self.scalar_type(right));
        let symbol = BinaryOperator::Compare(comparison).symbol();
        if let Some((left, right)) = self.as_decimals(left, right)? {
            return self.add(Op::Compare(comparison), vec![left, right]);
        }
        let (left, right) = match self.meet(symbol, left, right) {
            Ok(met) => met,
            Err(BuildError::NoCommonType { .. }) if a.is_integer() && b.is_integer() => {
                return if a.is_signed() {
                    self.compare_signed_unsigned(comparison, left, right)
                } else {
                    self.compare_signed_unsigned(mirrored(comparison), right, left)
                };
            }
            Err(error) => return Err(error),
        };
        self.add(Op::Compare(comparison), vec![left, right])
    }

    /// A negative number is below every unsigned one; others compare as u64. The first branch
    /// compares `unsigned` with zero only to be null where `unsigned` is.
    fn compare_signed_unsigned(
        &mut self,
        comparison: Comparison,
        signed: ExprId,
        unsigned: ExprId,
    ) -> Result<ExprId, BuildError> {
        let signed = self.cast(signed, ScalarType::I64, CastMode::Raise)?;
        let zero = self.literal_of(Value::Integer(0), ScalarType::I64);
        let negative = self.add(Op::Compare(Comparison::Less), vec![signed, zero])?;
        let holds_below = matches!(
            comparison,
            Comparison::Less | Comparison::LessOrEqual | Comparison::NotEqual
        );
        let constant = if holds_below {
            Comparison::GreaterOrEqual
        } else {
            Comparison::Less
        };
        let unsigned_zero = self.literal_of(Value::Integer(0), ScalarType::U64);
        let below = self.add(Op::Compare(constant), vec![unsigned, unsigned_zero])?;
        let wrapped = self.cast(signed, ScalarType::U64, CastMode::Wrap)?;
        let above = self.add(Op::Compare(comparison), vec![wrapped, unsigned])?;
        self.add(Op::IfElse, vec![negative, below, above])
    }

    /// `then if condition else otherwise`.
    ///
    /// # Errors
    /// If the branches have no common type, or the condition is no bool.
    pub fn if_else(
        &mut self,
        condition: ExprId,
        then: ExprId,
        otherwise: ExprId,
    ) -> Result<ExprId, BuildError> {
        let (then, otherwise) = self.meet("if else", then, otherwise)?;
        self.add(Op::IfElse, vec![condition, then, otherwise])
    }

    /// `value is null`.
    ///
    /// # Errors
    /// None today; the op takes every type.
    pub fn is_null(&mut self, value: ExprId) -> Result<ExprId, BuildError> {
        self.add(Op::IsNull, vec![value])
    }

    /// `not value`.
    ///
    /// # Errors
    /// If the value is no bool.
    pub fn not(&mut self, value: ExprId) -> Result<ExprId, BuildError> {
        self.add(Op::Not, vec![value])
    }

    /// A null of a type.
    pub fn null_of(&mut self, scalar: ScalarType) -> ExprId {
        self.add_typed(
            Op::Literal(Value::Null),
            Vec::new(),
            Type {
                scalar,
                nullable: true,
            },
            Domain::Scalar,
        )
    }
}

/// The comparison with its sides exchanged.
fn mirrored(comparison: Comparison) -> Comparison {
    match comparison {
        Comparison::Equal => Comparison::Equal,
        Comparison::NotEqual => Comparison::NotEqual,
        Comparison::Less => Comparison::Greater,
        Comparison::LessOrEqual => Comparison::GreaterOrEqual,
        Comparison::Greater => Comparison::Less,
        Comparison::GreaterOrEqual => Comparison::LessOrEqual,
    }
}
