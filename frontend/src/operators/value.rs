//! Values of graphs under construction and the operators between them.

use std::ops::{Add, Div, Mul, Neg, Rem, Sub};

use icosian_ir::graph::{BinaryOperator, BuildError};
use icosian_ir::id::ExprId;
use icosian_ir::op::{CastMode, Comparison, Cumulative, Math, Op, Reduction, TextFunction, Window};
use icosian_ir::types::{Domain, ScalarType, Type};
use icosian_ir::value::Value as Constant;

use super::FlowBuilder;

/// A value of a graph under construction: a column of some table, or a scalar.
#[derive(Clone, Debug)]
pub struct Value {
    pub(crate) flow: FlowBuilder,
    /// None after a mistake, which has been noted.
    pub(crate) expression: Option<ExprId>,
}

macro_rules! reductions {
    ($($(#[$doc:meta])* $name:ident $reduction:expr;)*) => {$(
        $(#[$doc])*
        pub fn $name(&self) -> Value {
            self.reduce($reduction, &[])
        }
    )*};
}

macro_rules! functions {
    ($($(#[$doc:meta])* $name:ident $math:ident;)*) => {$(
        $(#[$doc])*
        pub fn $name(&self) -> Value {
            self.flow.build(stringify!($name), &[self], |graph, args| graph.math(Math::$math, args))
        }
    )*};
}

macro_rules! comparisons {
    ($($(#[$doc:meta])* $name:ident $comparison:ident;)*) => {$(
        $(#[$doc])*
        pub fn $name(&self, other: impl IntoValue) -> Value {
            self.binary(BinaryOperator::Compare(Comparison::$comparison), other)
        }
    )*};
}

impl Value {
    /// The value's type; none after a mistake.
    pub fn ty(&self) -> Option<Type> {
        self.expression
            .map(|expression| self.flow.state.borrow().graph.ty(expression))
    }

    fn binary(&self, operator: BinaryOperator, other: impl IntoValue) -> Value {
        let other = other.into_value(&self.flow);
        self.flow
            .build(operator.symbol(), &[self, &other], |graph, args| {
                graph.binary(operator, args[0], args[1])
            })
    }

    /// A reduction of this column, over the groups of `keys` if there are any.
    pub fn reduce(&self, reduction: Reduction, keys: &[&Value]) -> Value {
        let mut args = vec![self];
        args.extend(keys);
        self.flow.build(reduction.name(), &args, |graph, args| {
            match graph.domain(args[0]) {
                Domain::Rows(table) => graph.reduce(reduction, table, Some(args[0]), &args[1..]),
                Domain::Scalar => Err(BuildError::Type(
                    icosian_ir::typing::TypeError::ScalarWhereRows {
                        op: reduction.name(),
                        position: 0,
                    },
                )),
            }
        })
    }

    /// A reduction of this column and another, over the groups of `keys` if there are any.
    pub fn reduce_with(&self, reduction: Reduction, other: &Value, keys: &[&Value]) -> Value {
        let mut args = vec![self, other];
        args.extend(keys);
        self.flow.build(reduction.name(), &args, |graph, args| {
            let rows = args[..2].iter().map(|arg| graph.domain(*arg));
            let Some(Domain::Rows(table)) = rows.max_by_key(|rows| *rows != Domain::Scalar) else {
                return Err(BuildError::Type(
                    icosian_ir::typing::TypeError::ScalarWhereRows {
                        op: reduction.name(),
                        position: 0,
                    },
                ));
            };
            graph.reduce(reduction, table, [args[0], args[1]], &args[2..])
        })
    }

    /// The value of this column in the first row in which `by` is greatest.
    pub fn at_max(&self, by: &Value) -> Value {
        self.reduce_with(Reduction::AtMax, by, &[])
    }

    /// The value of this column in the first row in which `by` is least.
    pub fn at_min(&self, by: &Value) -> Value {
        self.reduce_with(Reduction::AtMin, by, &[])
    }

    /// The sample covariance with another column (ddof 1).
    pub fn cov(&self, other: &Value) -> Value {
        self.reduce_with(Reduction::Cov { ddof: 1 }, other, &[])
    }

    /// Pearson's correlation with another column.
    pub fn corr(&self, other: &Value) -> Value {
        self.reduce_with(Reduction::Corr, other, &[])
    }

    /// The mean with these weights.
    pub fn weighted_mean(&self, weights: &Value) -> Value {
        self.reduce_with(Reduction::WeightedMean, weights, &[])
    }

    reductions! {
        /// The exact product, rounded once.
        product Reduction::Product;
        /// The skewness, corrected for a sample's bias.
        skew Reduction::Skew { bias: false };
        /// The excess kurtosis, corrected for a sample's bias.
        kurtosis Reduction::Kurtosis { bias: false };
        /// The median.
        median Reduction::MEDIAN;
        /// How many distinct values there are, nulls left out.
        n_unique Reduction::NUnique;
        /// About how many distinct values there are.
        approx_n_unique Reduction::ApproxNUnique;
        /// The value that most rows have, of several the least.
        mode Reduction::Mode;
        /// The first value that is not null.
        first Reduction::First { skip_null: true };
        /// The last value that is not null.
        last Reduction::Last { skip_null: true };
        /// The exact sum, rounded once.
        sum Reduction::Sum;
        /// The mean; null of nothing.
        mean Reduction::Mean;
        /// The least value; null of nothing.
        min Reduction::Min;
        /// The greatest value; null of nothing.
        max Reduction::Max;
        /// The sample standard deviation (ddof 1).
        std Reduction::Std { ddof: 1 };
        /// The sample variance (ddof 1).
        var Reduction::Var { ddof: 1 };
        /// How many values are not null.
        count Reduction::Count;
        /// Whether some value is true.
        any Reduction::Any;
        /// Whether every value is true.
        all Reduction::All;
    }

    functions! {
        /// eˣ
        exp Exp;
        /// eˣ − 1
        expm1 Expm1;
        /// The natural logarithm.
        ln Ln;
        /// ln(1 + x)
        log1p Log1p;
        /// The logarithm to base 2.
        log2 Log2;
        /// The logarithm to base 10.
        log10 Log10;
        /// The square root.
        sqrt Sqrt;
        /// The sine, of radians.
        sin Sin;
        /// The cosine, of radians.
        cos Cos;
        /// The tangent, of radians.
        tan Tan;
        /// The error function.
        erf Erf;
        /// The gamma function.
        gamma Gamma;
        /// The logarithm of the gamma function's magnitude.
        ln_gamma LnGamma;
        /// Rounded down.
        floor Floor;
        /// Rounded up.
        ceil Ceil;
        /// Rounded to the nearest whole number, half to even.
        round Round;
        /// Rounded toward zero.
        trunc Trunc;
        /// The absolute value.
        abs Abs;
        /// −1, 0 or 1.
        sign Sign;
    }

    comparisons! {
        /// `self == other`
        equals Equal;
        /// `self != other`
        differs NotEqual;
        /// `self < other`
        less Less;
        /// `self <= other`
        less_or_equal LessOrEqual;
        /// `self > other`
        greater Greater;
        /// `self >= other`
        greater_or_equal GreaterOrEqual;
    }

    /// `self and other`, three-valued.
    pub fn and(&self, other: impl IntoValue) -> Value {
        self.binary(BinaryOperator::And, other)
    }

    /// `self or other`, three-valued.
    pub fn or(&self, other: impl IntoValue) -> Value {
        self.binary(BinaryOperator::Or, other)
    }

    /// `not self`.
    pub fn negated(&self) -> Value {
        self.flow
            .build("not", &[self], |graph, args| graph.not(args[0]))
    }

    /// `self is null`.
    pub fn is_null(&self) -> Value {
        self.flow
            .build("is null", &[self], |graph, args| graph.is_null(args[0]))
    }

    /// `self ?? other`: `other` where this is null.
    pub fn or_else(&self, other: impl IntoValue) -> Value {
        self.binary(BinaryOperator::Coalesce, other)
    }

    /// Between two bounds: NaN stays, and a null bound bounds nothing.
    pub fn clip(&self, low: impl IntoValue, high: impl IntoValue) -> Value {
        let (low, high) = (low.into_value(&self.flow), high.into_value(&self.flow));
        self.flow
            .build("clip", &[self, &low, &high], |graph, args| {
                graph.clip(args[0], args[1], args[2])
            })
    }

    /// `self // other`.
    pub fn floor_div(&self, other: impl IntoValue) -> Value {
        self.binary(BinaryOperator::FloorDiv, other)
    }

    /// `self ** other`.
    pub fn pow(&self, other: impl IntoValue) -> Value {
        self.binary(BinaryOperator::Pow, other)
    }

    /// The angle of the point (other, self), in radians.
    pub fn atan2(&self, other: impl IntoValue) -> Value {
        let other = other.into_value(&self.flow);
        self.flow.build("atan2", &[self, &other], |graph, args| {
            graph.math(Math::Atan2, args)
        })
    }

    /// The lesser of two values in each row.
    pub fn minimum(&self, other: impl IntoValue) -> Value {
        let other = other.into_value(&self.flow);
        self.flow.build("min", &[self, &other], |graph, args| {
            graph.extremum(Op::Minimum, args[0], args[1])
        })
    }

    /// The greater of two values in each row.
    pub fn maximum(&self, other: impl IntoValue) -> Value {
        let other = other.into_value(&self.flow);
        self.flow.build("max", &[self, &other], |graph, args| {
            graph.extremum(Op::Maximum, args[0], args[1])
        })
    }

    /// A function of text over this value and the others.
    ///
    /// ```
    /// use icosian::FlowBuilder;
    /// use icosian_ir::op::TextFunction;
    /// use icosian_ir::types::ScalarType;
    ///
    /// let flow = FlowBuilder::new();
    /// let people = flow.table("people");
    /// let name = people.column("name", ScalarType::Str.nullable());
    /// let initial = name.text(TextFunction::Slice, &[&flow.constant(0), &flow.constant(1)]);
    /// flow.define("initial", &initial.text(TextFunction::Upper, &[]));
    /// assert!(flow.finish().is_ok());
    /// ```
    pub fn text(&self, function: TextFunction, others: &[&Value]) -> Value {
        let mut arguments = vec![self];
        arguments.extend(others);
        self.flow.build(function.name(), &arguments, |graph, args| {
            graph.text(function, args)
        })
    }

    /// The value in another type; a row that does not fit is an error.
    pub fn cast(&self, to: ScalarType) -> Value {
        self.flow.build("cast", &[self], |graph, args| {
            graph.cast(args[0], to, CastMode::Raise)
        })
    }

    /// The value in another type; null where it does not fit.
    pub fn try_cast(&self, to: ScalarType) -> Value {
        self.flow.build("try cast", &[self], |graph, args| {
            graph.cast(args[0], to, CastMode::Null)
        })
    }

    fn window(&self, window: Window) -> Value {
        self.flow.build(window.name(), &[self], |graph, args| {
            graph.window(window, args[0])
        })
    }

    /// The value `rows` rows before (after, if negative).
    pub fn shift(&self, rows: i64) -> Value {
        self.window(Window::Shift { rows })
    }

    /// The change against the value `rows` rows before.
    pub fn diff(&self, rows: i64) -> Value {
        self.flow.build("diff", &[self], |graph, args| {
            graph.difference(args[0], rows)
        })
    }

    /// The sum of all values so far.
    pub fn cumulative_sum(&self) -> Value {
        self.window(Window::Cumulative(Cumulative::Sum))
    }

    /// The sum over this row and the `rows - 1` before; null until there are `min_rows` values.
    pub fn rolling_sum(&self, rows: u64, min_rows: u64) -> Value {
        self.window(Window::rolling(Reduction::Sum, rows, min_rows))
    }

    /// The mean over this row and the `rows - 1` before; null until there are `min_rows` values.
    pub fn rolling_mean(&self, rows: u64, min_rows: u64) -> Value {
        self.window(Window::rolling(Reduction::Mean, rows, min_rows))
    }

    /// Of a row found by [`TableBuilder::lookup`](crate::TableBuilder::lookup)(super::TableBuilder::lookup): what a column over there holds.
    pub fn get(&self, column: &Value) -> Value {
        self.flow
            .build("lookup member", &[self, column], |graph, args| {
                graph.gather(args[0], args[1])
            })
    }
}

/// What operators take beside a [`Value`]: values and constants.
pub trait IntoValue {
    /// As a value of a graph under construction.
    fn into_value(self, flow: &FlowBuilder) -> Value;
}

impl IntoValue for Value {
    fn into_value(self, _: &FlowBuilder) -> Value {
        self
    }
}

impl IntoValue for &Value {
    fn into_value(self, _: &FlowBuilder) -> Value {
        self.clone()
    }
}

macro_rules! constants {
    ($($from:ty => |$name:ident| $constant:expr;)*) => {$(
        impl IntoValue for $from {
            fn into_value(self, flow: &FlowBuilder) -> Value {
                let $name = self;
                let expression = flow.state.borrow_mut().graph.literal($constant);
                Value { flow: flow.clone(), expression: Some(expression) }
            }
        }
    )*};
}

constants! {
    f64 => |number| Constant::F64(number);
    i64 => |number| Constant::Integer(number.into());
    i32 => |number| Constant::Integer(number.into());
    bool => |truth| Constant::Bool(truth);
    &str => |text| Constant::Str(text.into());
}

macro_rules! operators {
    ($($trait:ident $method:ident $operator:ident;)*) => {$(
        impl<T: IntoValue> $trait<T> for Value {
            type Output = Value;
            fn $method(self, other: T) -> Value {
                self.binary(BinaryOperator::$operator, other)
            }
        }
        impl<T: IntoValue> $trait<T> for &Value {
            type Output = Value;
            fn $method(self, other: T) -> Value {
                self.binary(BinaryOperator::$operator, other)
            }
        }
    )*};
}

operators! {
    Add add Add;
    Sub sub Sub;
    Mul mul Mul;
    Div div Div;
    Rem rem Rem;
}

impl Neg for &Value {
    type Output = Value;
    fn neg(self) -> Value {
        self.flow
            .build("-", &[self], |graph, args| graph.negate(args[0]))
    }
}

impl Neg for Value {
    type Output = Value;
    fn neg(self) -> Value {
        -&self
    }
}
