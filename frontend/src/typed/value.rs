//! Symbolic columns and scalars: handles on a graph under construction that the Rust compiler knows
//! the types of.

use std::fmt;
use std::marker::PhantomData;
use std::ops::{Add, BitAnd, BitOr, Div, Mul, Neg, Not, Sub};

use icosian_ir::graph::BuildError;
use icosian_ir::id::ExprId;
use icosian_ir::op::Reduction;
use icosian_ir::types::Domain;
use icosian_ir::typing::TypeError;

use super::types::{Base, Element, Meet, Never, Nulls, Number, Text};
use crate::operators::{FlowBuilder, IntoValue, Value};

/// Whether a value has rows.
pub trait Shape: Copy + 'static {
    /// Combined with another, there are rows if one of both has them.
    type With<Other: Shape>: Shape;
}

/// One value per row of a table.
#[derive(Clone, Copy, Debug)]
pub enum Rows {}

/// One value.
#[derive(Clone, Copy, Debug)]
pub enum One {}

impl Shape for Rows {
    type With<Other: Shape> = Rows;
}

impl Shape for One {
    type With<Other: Shape> = Other;
}

/// A symbolic value. It computes nothing: what is done with it becomes an expression of the flow.
pub struct Symbol<'flow, S, T> {
    pub(super) flow: &'flow FlowBuilder,
    /// None after a mistake, which has been noted.
    pub(super) expression: Option<ExprId>,
    kind: PhantomData<(S, T)>,
}

/// A column: `T` per row, `Option<T>` where nulls may occur.
pub type Col<'flow, T> = Symbol<'flow, Rows, T>;

/// A single value, such as a mean.
pub type Scalar<'flow, T> = Symbol<'flow, One, T>;

/// A single value that is given per run.
#[derive(Clone, Copy, Debug)]
pub struct Param<'flow, T> {
    /// The value.
    pub value: Scalar<'flow, T>,
}

impl<S, T> Clone for Symbol<'_, S, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S, T> Copy for Symbol<'_, S, T> {}

impl<S, T> fmt::Debug for Symbol<'_, S, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Symbol").field(&self.expression).finish()
    }
}

/// Of two elements: what their combination holds, with nulls where either has them.
type Joint<A, B, Out> =
    <<<A as Element>::Nulls as Nulls>::Or<<B as Element>::Nulls> as Nulls>::Of<Out>;
/// Another base type with the nulls of an element.
type Like<A, Out> = <<A as Element>::Nulls as Nulls>::Of<Out>;
/// Another base type with the nulls of an operand.
type LikeOperand<'flow, O, B, Out> = <<O as Operand<'flow, B>>::Nulls as Nulls>::Of<Out>;
/// The shape of three values combined.
type Shapes<A, B, C> = <<A as Shape>::With<B> as Shape>::With<C>;
type BaseOf<T> = <T as Element>::Base;
type Together<A, B> = <BaseOf<A> as Meet<BaseOf<B>>>::Out;
type FloatOf<T> = <BaseOf<T> as Number>::Float;
type SumOf<T> = <BaseOf<T> as Number>::Sum;

/// What comparisons and choices take beside a symbol: another one, or a constant.
pub trait Operand<'flow, B: Base> {
    /// Whether it has rows.
    type Shape: Shape;
    /// Whether it may be null.
    type Nulls: Nulls;

    /// As a value of the graph under construction.
    fn operand(self, flow: &'flow FlowBuilder) -> Value;
}

impl<'flow, S: Shape, T: Element, B: Meet<T::Base>> Operand<'flow, B> for Symbol<'flow, S, T> {
    type Shape = S;
    type Nulls = T::Nulls;

    fn operand(self, _: &'flow FlowBuilder) -> Value {
        self.untyped()
    }
}

macro_rules! constant_operands {
    ($($constant:ty, $($base:ty),*;)*) => {$($(
        impl<'flow> Operand<'flow, $base> for $constant {
            type Shape = One;
            type Nulls = Never;

            fn operand(self, flow: &'flow FlowBuilder) -> Value {
                self.into_value(flow)
            }
        }
    )*)*};
}

constant_operands! {
    i64, i8, i16, i32, i64, u8, u16, u32, u64, f32, f64;
    f64, f32, f64;
    bool, bool;
    &str, Text;
}

impl<'flow, S, T> Symbol<'flow, S, T> {
    pub(super) fn new(flow: &'flow FlowBuilder, expression: Option<ExprId>) -> Self {
        Symbol {
            flow,
            expression,
            kind: PhantomData,
        }
    }

    /// The value without its Rust type, for what is not typed here.
    pub fn untyped(self) -> Value {
        Value {
            flow: self.flow.clone(),
            expression: self.expression,
        }
    }

    fn of<S2, T2>(self, value: Value) -> Symbol<'flow, S2, T2> {
        Symbol::new(self.flow, value.expression)
    }
}

macro_rules! comparisons {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        pub fn $name<O: Operand<'flow, T::Base>>(
            self,
            other: O,
        ) -> Symbol<'flow, S::With<O::Shape>, <<T::Nulls as Nulls>::Or<O::Nulls> as Nulls>::Of<bool>> {
            let other = other.operand(self.flow);
            self.of(self.untyped().$name(other))
        }
    )*};
}

impl<'flow, S: Shape, T: Element> Symbol<'flow, S, T> {
    comparisons! {
        /// `self == other`
        equals;
        /// `self != other`
        differs;
        /// `self < other`
        less;
        /// `self <= other`
        less_or_equal;
        /// `self > other`
        greater;
        /// `self >= other`
        greater_or_equal;
    }

    /// Whether the value is null; never null itself.
    pub fn is_null(self) -> Symbol<'flow, S, bool> {
        self.of(self.untyped().is_null())
    }

    /// The value, where it is null the other.
    // The type is the point: it says where nulls can remain.
    #[expect(clippy::type_complexity)]
    pub fn or_else<O: Operand<'flow, T::Base>>(
        self,
        other: O,
    ) -> Symbol<'flow, S::With<O::Shape>, LikeOperand<'flow, O, T::Base, T::Base>> {
        let other = other.operand(self.flow);
        self.of(self.untyped().or_else(other))
    }

    /// The value in another type; one that does not fit is an error of its row.
    pub fn cast<B: Number>(self) -> Symbol<'flow, S, Like<T, B>>
    where
        T::Base: Castable,
    {
        self.of(self.untyped().cast(B::SCALAR))
    }
}

/// What can be cast to numbers.
pub trait Castable: Base {}
impl<N: Number> Castable for N {}
impl Castable for bool {}
impl Castable for Text {}

macro_rules! functions {
    ($($(#[$doc:meta])* $name:ident $out:ident;)*) => {$(
        $(#[$doc])*
        pub fn $name(self) -> Symbol<'flow, S, Like<T, $out<T>>> {
            self.of(self.untyped().$name())
        }
    )*};
}

impl<'flow, S: Shape, T: Element> Symbol<'flow, S, T>
where
    T::Base: Number,
{
    functions! {
        /// The absolute value; of the least integer, an error.
        abs BaseOf;
        /// −1, 0 or 1.
        sign BaseOf;
        /// Rounded down.
        floor BaseOf;
        /// Rounded up.
        ceil BaseOf;
        /// Rounded to the nearest whole number, half to even.
        round BaseOf;
        /// Rounded toward zero.
        trunc BaseOf;
        /// The square root.
        sqrt FloatOf;
        /// eˣ
        exp FloatOf;
        /// eˣ − 1
        expm1 FloatOf;
        /// The natural logarithm.
        ln FloatOf;
        /// ln(1 + x)
        log1p FloatOf;
        /// The logarithm to base 2.
        log2 FloatOf;
        /// The logarithm to base 10.
        log10 FloatOf;
        /// The sine, of radians.
        sin FloatOf;
        /// The cosine, of radians.
        cos FloatOf;
        /// The tangent, of radians.
        tan FloatOf;
        /// The error function.
        erf FloatOf;
    }
}

impl<'flow, S: Shape, T: Element<Base = bool>> Symbol<'flow, S, T> {
    /// `then` where this is true, else (also where it is null) `otherwise`.
    #[expect(clippy::type_complexity)]
    pub fn choose<S1: Shape, S2: Shape, A: Element, B: Element>(
        self,
        then: Symbol<'flow, S1, A>,
        otherwise: Symbol<'flow, S2, B>,
    ) -> Symbol<'flow, Shapes<S, S1, S2>, Joint<A, B, Together<A, B>>>
    where
        A::Base: Meet<B::Base>,
    {
        let condition = self.untyped();
        let chosen = self
            .flow
            .if_else(&condition, then.untyped(), otherwise.untyped());
        self.of(chosen)
    }
}

macro_rules! reductions {
    ($($(#[$doc:meta])* $name:ident, $alone:ty, $over:ty, $reduction:expr;)*) => {
        impl<'flow, T: Element> Col<'flow, T>
        where
            T::Base: Number,
        {
            $($(#[$doc])*
            pub fn $name(self) -> Scalar<'flow, $alone> {
                self.of(self.untyped().reduce($reduction, &[]))
            })*
        }

        impl<'flow, T: Element> Over<'flow, T>
        where
            T::Base: Number,
        {
            $($(#[$doc])*
            pub fn $name(self) -> Col<'flow, $over> {
                let reduced = self.column.untyped().reduce($reduction, &[&self.key]);
                self.column.of(reduced)
            })*
        }
    };
}

/// A column whose reductions are of each group of rows with one key: see [`Col::over`].
#[derive(Clone, Debug)]
pub struct Over<'flow, T> {
    column: Col<'flow, T>,
    key: Value,
}

reductions! {
    /// The exact sum, rounded once; 0 of nothing.
    sum, SumOf<T>, SumOf<T>, Reduction::Sum;
    /// The exact mean, rounded once; null of nothing.
    mean, Option<f64>, Like<T, f64>, Reduction::Mean;
    /// The least value; null of nothing.
    min, Option<T::Base>, Like<T, T::Base>, Reduction::Min;
    /// The greatest value; null of nothing.
    max, Option<T::Base>, Like<T, T::Base>, Reduction::Max;
    /// The sample standard deviation (ddof 1).
    std, Option<f64>, Option<f64>, Reduction::Std { ddof: 1 };
    /// The sample variance (ddof 1).
    var, Option<f64>, Option<f64>, Reduction::Var { ddof: 1 };
}

impl<'flow, T: Element> Col<'flow, T> {
    /// How many values are not null.
    pub fn count(self) -> Scalar<'flow, i64> {
        self.of(self.untyped().count())
    }

    /// The value so many rows before (after, if negative); null beyond the ends.
    pub fn shift(self, rows: i64) -> Col<'flow, Option<T::Base>> {
        self.of(self.untyped().shift(rows))
    }

    /// Reductions that follow are of each group of rows that have one key, and stand in each of its
    /// rows.
    pub fn over<K: Element>(self, key: Col<'flow, K>) -> Over<'flow, T> {
        Over {
            column: self,
            key: key.untyped(),
        }
    }
}

/// The row of another table that each row here found: see [`Col::find`].
#[derive(Clone, Debug)]
pub struct Found<'flow> {
    flow: &'flow FlowBuilder,
    row: Value,
}

impl<'flow, T: Element> Col<'flow, T> {
    /// For each row of `values`, the row of this column's table in which this column has that value.
    /// At most one may have it; where none has, what is got from there is null.
    pub fn find<V: Element>(self, values: Col<'flow, V>) -> Found<'flow>
    where
        T::Base: Meet<V::Base>,
    {
        let (there, here) = (self.untyped(), values.untyped());
        let row = self.flow.build("find", &[&there, &here], |graph, args| {
            match graph.domain(args[0]) {
                Domain::Rows(table) => graph.lookup(table, &args[..1], &args[1..]),
                Domain::Scalar => Err(BuildError::Type(TypeError::ScalarWhereRows {
                    op: "find",
                    position: 0,
                })),
            }
        });
        Found {
            flow: self.flow,
            row,
        }
    }
}

impl<'flow> Found<'flow> {
    /// What a column of the other table has in the row found; null where none was.
    pub fn get<T: Element>(&self, column: Col<'flow, T>) -> Col<'flow, Option<T::Base>> {
        Symbol::new(self.flow, self.row.get(&column.untyped()).expression)
    }
}

impl<'flow, T: Element> Col<'flow, T>
where
    T::Base: Number,
{
    /// The mean of this row and the `rows - 1` before; null until there are so many values.
    pub fn rolling_mean(self, rows: u64) -> Col<'flow, Option<f64>> {
        self.of(self.untyped().rolling_mean(rows, rows))
    }

    /// The sum of this row and the `rows - 1` before; null until there are so many values.
    pub fn rolling_sum(self, rows: u64) -> Col<'flow, Option<SumOf<T>>> {
        self.of(self.untyped().rolling_sum(rows, rows))
    }

    /// The sum of the values up to this row; null where this row is.
    pub fn cumulative_sum(self) -> Col<'flow, Like<T, SumOf<T>>> {
        self.of(self.untyped().cumulative_sum())
    }
}

impl<'flow, T: Element<Base = bool>> Col<'flow, T> {
    /// Whether some value is true; null of nothing.
    pub fn any(self) -> Scalar<'flow, Option<bool>> {
        self.of(self.untyped().any())
    }

    /// Whether every value is true; null of nothing.
    pub fn all(self) -> Scalar<'flow, Option<bool>> {
        self.of(self.untyped().all())
    }
}

macro_rules! arithmetic {
    ($($trait:ident $method:ident $operator:tt $out:ident;)*) => {$(
        impl<'flow, S1: Shape, S2: Shape, A: Element, B: Element> $trait<Symbol<'flow, S2, B>>
            for Symbol<'flow, S1, A>
        where
            A::Base: Meet<B::Base, Out: Number>,
        {
            type Output = Symbol<'flow, S1::With<S2>, Joint<A, B, $out<A, B>>>;

            fn $method(self, other: Symbol<'flow, S2, B>) -> Self::Output {
                self.of(self.untyped() $operator other.untyped())
            }
        }
    )*};
}

type Quotient<A, B> = <Together<A, B> as Number>::Float;

arithmetic! {
    Add add + Together;
    Sub sub - Together;
    Mul mul * Together;
    Div div / Quotient;
}

macro_rules! constant_arithmetic {
    ($($trait:ident $method:ident $operator:tt $constant:ty, $bound:ident, $out:ident;)*) => {$(
        /// A constant takes the other side's type.
        impl<'flow, S: Shape, T: Element> $trait<$constant> for Symbol<'flow, S, T>
        where
            T::Base: $bound,
        {
            type Output = Symbol<'flow, S, Like<T, $out<T>>>;

            fn $method(self, other: $constant) -> Self::Output {
                self.of(self.untyped() $operator other)
            }
        }

        /// A constant takes the other side's type.
        impl<'flow, S: Shape, T: Element> $trait<Symbol<'flow, S, T>> for $constant
        where
            T::Base: $bound,
        {
            type Output = Symbol<'flow, S, Like<T, $out<T>>>;

            fn $method(self, other: Symbol<'flow, S, T>) -> Self::Output {
                let constant = self.into_value(other.flow);
                other.of(constant $operator other.untyped())
            }
        }
    )*};
}

/// f32 and f64: what a constant with a point can take the type of.
pub trait Float: Number {}
impl Float for f32 {}
impl Float for f64 {}

constant_arithmetic! {
    Add add + f64, Float, BaseOf;
    Sub sub - f64, Float, BaseOf;
    Mul mul * f64, Float, BaseOf;
    Div div / f64, Float, BaseOf;
    Add add + i64, Number, BaseOf;
    Sub sub - i64, Number, BaseOf;
    Mul mul * i64, Number, BaseOf;
    Div div / i64, Number, FloatOf;
}

impl<'flow, S: Shape, T: Element> Neg for Symbol<'flow, S, T>
where
    T::Base: Number,
{
    type Output = Self;

    fn neg(self) -> Self {
        self.of(-self.untyped())
    }
}

impl<'flow, S: Shape, T: Element<Base = bool>> Not for Symbol<'flow, S, T> {
    type Output = Self;

    fn not(self) -> Self {
        self.of(self.untyped().negated())
    }
}

macro_rules! logic {
    ($($trait:ident $method:ident $with:ident;)*) => {$(
        /// Three-valued: null is "unknown".
        impl<'flow, S1: Shape, S2: Shape, A, B> $trait<Symbol<'flow, S2, B>> for Symbol<'flow, S1, A>
        where
            A: Element<Base = bool>,
            B: Element<Base = bool>,
        {
            type Output = Symbol<'flow, S1::With<S2>, Joint<A, B, bool>>;

            fn $method(self, other: Symbol<'flow, S2, B>) -> Self::Output {
                self.of(self.untyped().$with(other.untyped()))
            }
        }
    )*};
}

logic! {
    BitAnd bitand and;
    BitOr bitor or;
}
