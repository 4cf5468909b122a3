//! Random typed graphs over the tests' tables: every op in every place that its types allow.

mod more;
mod windows;

use icosian_ir::graph::{BinaryOperator, Graph, GraphBuilder, TableRows};
use icosian_ir::id::{ExprId, TableId};
use icosian_ir::meaning::math::Math;
use icosian_ir::op::{
    BitFunction, CastMode, Comparison, Fold, Fraction, Gap, Interpolation, Op, Overflow, Period,
    Reduction, TextArgument, TextFunction, TimeFunction, TimePart,
};
use icosian_ir::types::{Domain, ScalarType, TimeUnit, Zone};
use icosian_ir::value::Value;

use crate::data::{Numbers, columns};
use crate::random_tables::{Columns, derive};

/// What a random graph may hold.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// How many expressions are tried.
    pub expressions: usize,
    /// How many of them become outputs, at most.
    pub outputs: usize,
    /// Whether integer overflow and casts may raise.
    pub raising: bool,
}

const SCALARS: [ScalarType; 18] = [
    ScalarType::Bool,
    ScalarType::I8,
    ScalarType::I16,
    ScalarType::I32,
    ScalarType::I64,
    ScalarType::U8,
    ScalarType::U16,
    ScalarType::U32,
    ScalarType::U64,
    ScalarType::F32,
    ScalarType::F64,
    ScalarType::Date,
    ScalarType::Timestamp(TimeUnit::Second, None),
    ScalarType::Timestamp(TimeUnit::Millisecond, None),
    ScalarType::Duration(TimeUnit::Second),
    ScalarType::Decimal(6, 3),
    ScalarType::Decimal(12, 2),
    ScalarType::Decimal(38, 0),
];

struct Maker<'a> {
    numbers: &'a mut Numbers,
    builder: GraphBuilder,
    main: TableId,
    places: TableId,
    place_columns: Vec<ExprId>,
    pool: Vec<ExprId>,
    shape: Shape,
}

/// A random graph with nodes `o0`, `o1`, … on the rows of `t`, of tables derived from it, or scalars.
pub fn random_graph(numbers: &mut Numbers, shape: Shape) -> Graph {
    let mut builder = GraphBuilder::new();
    let main = builder
        .table("t", "", TableRows::Source(None))
        .expect("a new name");
    let places = builder
        .table("places", "", TableRows::Source(None))
        .expect("a new name");
    let mut pool = Vec::new();
    for (name, ty) in columns() {
        let node = builder.column(main, name, name, ty).expect("a new name");
        pool.push(builder.use_node(node));
    }
    let place_types = [
        ("key", ScalarType::Str.required()),
        ("height", ScalarType::F64.nullable()),
        ("name", ScalarType::Str.nullable()),
    ];
    let mut place_columns = Vec::new();
    for (name, ty) in place_types {
        let node = builder.column(places, name, name, ty).expect("a new name");
        place_columns.push(builder.use_node(node));
    }
    let mut maker = Maker {
        numbers,
        builder,
        main,
        places,
        place_columns,
        pool,
        shape,
    };
    let mut made = Vec::new();
    for _ in 0..shape.expressions {
        if let Some(expression) = maker.expression() {
            // Every other value is used under a name.
            let named = maker.numbers.below(2) == 0;
            let used = if named {
                let name = format!("o{}", made.len());
                let node = maker
                    .builder
                    .define(None, &name, expression)
                    .expect("a new name");
                made.push(node);
                maker.builder.use_node(node)
            } else {
                expression
            };
            maker.pool.push(used);
        }
    }
    maker.derived(&mut made);
    let keep = made.len().saturating_sub(shape.outputs);
    maker.builder.output("", made.split_off(keep));
    maker.builder.finish()
}

impl Maker<'_> {
    fn any(&mut self) -> ExprId {
        // Later values are deeper; take them more often.
        let length = self.pool.len();
        let position = self.numbers.below(length).max(self.numbers.below(length));
        self.pool[position]
    }

    fn of(&mut self, fits: impl Fn(ScalarType) -> bool) -> Option<ExprId> {
        for _ in 0..40 {
            let candidate = self.any();
            if fits(self.builder.scalar_type(candidate)) {
                return Some(candidate);
            }
        }
        None
    }

    fn rows(&mut self, fits: impl Fn(ScalarType) -> bool) -> Option<ExprId> {
        for _ in 0..40 {
            let candidate = self.any();
            if self.builder.domain(candidate) == Domain::Rows(self.main)
                && fits(self.builder.scalar_type(candidate))
            {
                return Some(candidate);
            }
        }
        None
    }

    fn constant(&mut self) -> ExprId {
        let value = match self.numbers.below(6) {
            0 => Value::Null,
            1 => Value::Bool(self.numbers.below(2) == 0),
            2 | 3 => Value::Integer(self.numbers.below(9) as i128 - 4),
            4 => Value::F64(*self.numbers.pick(&[0.0, -0.0, 1.5, -3.0, f64::NAN, 1e300])),
            _ => Value::Str((*self.numbers.pick(&["a", "", "é", "zzz"])).into()),
        };
        self.builder.literal(value)
    }

    fn operand(&mut self) -> ExprId {
        if self.numbers.below(5) == 0 {
            self.constant()
        } else {
            self.any()
        }
    }

    /// A random expression, unless the operands drawn do not fit the op drawn.
    fn expression(&mut self) -> Option<ExprId> {
        let comparisons = [
            Comparison::Equal,
            Comparison::NotEqual,
            Comparison::Less,
            Comparison::LessOrEqual,
            Comparison::Greater,
            Comparison::GreaterOrEqual,
        ];
        match self.numbers.below(38) {
            0..=3 => self.arithmetic(),
            24 | 25 => self.text(),
            4 | 5 => {
                let operators = [
                    BinaryOperator::Div,
                    BinaryOperator::FloorDiv,
                    BinaryOperator::Rem,
                ];
                let operator = *self.numbers.pick(&operators);
                let (left, right) = (self.operand(), self.operand());
                self.builder.binary(operator, left, right).ok()
            }
            6 | 7 => {
                let comparison = *self.numbers.pick(&comparisons);
                let (left, right) = (self.operand(), self.operand());
                self.builder.compare(comparison, left, right).ok()
            }
            8 => {
                let operators = [BinaryOperator::And, BinaryOperator::Or];
                let operator = *self.numbers.pick(&operators);
                let left = self.of(|scalar| scalar == ScalarType::Bool)?;
                let right = self.of(|scalar| scalar == ScalarType::Bool)?;
                self.builder.binary(operator, left, right).ok()
            }
            9 => {
                let value = self.of(|scalar| scalar == ScalarType::Bool)?;
                self.builder.not(value).ok()
            }
            10 => {
                let value = self.any();
                self.builder.is_null(value).ok()
            }
            11 | 12 => {
                let condition = self.of(|scalar| scalar == ScalarType::Bool)?;
                let (then, otherwise) = (self.operand(), self.operand());
                self.builder.if_else(condition, then, otherwise).ok()
            }
            13 => {
                let (left, right) = (self.operand(), self.operand());
                self.builder
                    .binary(BinaryOperator::Coalesce, left, right)
                    .ok()
            }
            14 | 15 => {
                let value = self.any();
                let to = *self.numbers.pick(&SCALARS);
                let mode = match self.numbers.below(if self.shape.raising { 3 } else { 2 }) {
                    0 => CastMode::Null,
                    1 => CastMode::Wrap,
                    _ => CastMode::Raise,
                };
                self.builder.cast(value, to, mode).ok()
            }
            16 => self.math(),
            17 => {
                let op = if self.numbers.below(2) == 0 {
                    Op::Minimum
                } else {
                    Op::Maximum
                };
                let (left, right) = (self.operand(), self.operand());
                self.builder.extremum(op, left, right).ok()
            }
            21 => self.bits(),
            22 => self.hash(),
            18 => self.reduction(),
            19 => self.window(),
            20 => {
                let key = self.rows(|scalar| scalar == ScalarType::Str)?;
                let row = self
                    .builder
                    .lookup(self.places, &[self.place_columns[0]], &[key])
                    .ok()?;
                let column = *self.numbers.pick(&self.place_columns);
                self.builder.gather(row, column).ok()
            }
            26..=28 => self.time(),
            31..=33 => self.more(),
            34 => self.found(),
            35 => self.more_of_time(),
            _ => {
                let value = self.rows(|_| true)?;
                let members: Vec<ExprId> = (0..3).map(|_| self.constant()).collect();
                self.builder.in_list(value, &members).ok()
            }
        }
    }

    /// A function of dates and timestamps.
    fn time(&mut self) -> Option<ExprId> {
        let value =
            self.of(|scalar| matches!(scalar, ScalarType::Date | ScalarType::Timestamp(..)))?;
        let is_date = self.builder.scalar_type(value) == ScalarType::Date;
        let raising = self.shape.raising;
        let mode = if raising && self.numbers.below(2) == 0 {
            Overflow::Raise
        } else {
            Overflow::Null
        };
        match self.numbers.below(7) {
            0..=2 => {
                let part = *self.numbers.pick(&TimePart::ALL);
                // The day of a timestamp may be beyond every date.
                if part.is_of_date() != is_date && !raising {
                    return None;
                }
                self.builder.time_part(part, value).ok()
            }
            3 => {
                let months = self.of(|scalar| scalar.is_integer() && scalar != ScalarType::U64)?;
                self.builder.add_months(value, months, mode).ok()
            }
            4 if raising => {
                let periods = [
                    Period::Length(1, TimeUnit::Second),
                    Period::Length(5_400, TimeUnit::Second),
                    Period::Length(86_400, TimeUnit::Second),
                    Period::Length(604_800, TimeUnit::Second),
                    Period::Months(1),
                    Period::Months(12),
                ];
                let period = *self.numbers.pick(&periods);
                self.builder.truncate(value, period).ok()
            }
            5 if raising => match self.builder.scalar_type(value) {
                ScalarType::Timestamp(_, Some(_)) => self.builder.wall_clock(value).ok(),
                ScalarType::Timestamp(..) => {
                    let names = ["America/New_York", "Europe/Berlin", "Asia/Kathmandu", "UTC"];
                    let name = self.numbers.pick::<&str>(&names);
                    let zone = Zone::new(name)?;
                    let (fold, gap) = (
                        *self.numbers.pick(&Fold::ALL),
                        *self.numbers.pick(&Gap::ALL),
                    );
                    self.builder.at_zone(value, zone, fold, gap).ok()
                }
                _ => None,
            },
            _ => {
                let other = self.of(|scalar| scalar == ScalarType::Date)?;
                if !is_date {
                    return self.builder.date_of(value, CastMode::Null).ok();
                }
                let op = Op::Time(TimeFunction::BusinessDaysBetween);
                self.builder.add(op, vec![value, other]).ok()
            }
        }
    }

    fn arithmetic(&mut self) -> Option<ExprId> {
        let operators = [
            BinaryOperator::Add,
            BinaryOperator::Sub,
            BinaryOperator::Mul,
        ];
        let operator = *self.numbers.pick(&operators);
        let mode = match self.numbers.below(if self.shape.raising { 3 } else { 2 }) {
            0 => Overflow::Wrap,
            1 => Overflow::Null,
            _ => Overflow::Raise,
        };
        let (left, right) = (self.operand(), self.operand());
        let is_time = |scalar: ScalarType| !scalar.is_number();
        if !self.shape.raising
            && (is_time(self.builder.scalar_type(left)) || is_time(self.builder.scalar_type(right)))
        {
            return None;
        }
        self.builder.arithmetic(operator, mode, left, right).ok()
    }

    /// A function of text, or a cast from or to text.
    fn text(&mut self) -> Option<ExprId> {
        const PATTERNS: [&str; 6] = ["a", "^.", "[a-zé]+", "(a)|(b)", "", "\\d|z$"];
        let text = |maker: &mut Self| match maker.numbers.below(3) {
            0 => Some(maker.builder.literal(Value::Str(
                (*maker.numbers.pick(&["", "a", "é", "zz", " "])).into(),
            ))),
            _ => maker.of(|scalar| scalar == ScalarType::Str),
        };
        if self.numbers.below(4) == 0 {
            let shown = self.numbers.below(2) == 0;
            let value = if shown { self.any() } else { text(self)? };
            let to = if shown {
                ScalarType::Str
            } else {
                *self.numbers.pick(&SCALARS)
            };
            return self.builder.cast(value, to, CastMode::Null).ok();
        }
        if self.numbers.below(8) == 0 {
            return self.time_text();
        }
        let function = *self.numbers.pick(&TextFunction::ALL);
        let (arguments, least) = function.arguments();
        let count = least + self.numbers.below(arguments.len() - least + 1);
        let mut args = Vec::with_capacity(count);
        for argument in &arguments[..count] {
            args.push(match argument {
                TextArgument::Time | TextArgument::TimePattern => return None,
                TextArgument::Text => text(self)?,
                TextArgument::Whole if self.shape.raising && self.numbers.below(4) == 0 => {
                    self.of(ScalarType::is_integer)?
                }
                TextArgument::Whole => {
                    let number = self.numbers.below(9) as i128 - 4;
                    self.builder.literal(Value::Integer(number))
                }
                TextArgument::Regex => {
                    let pattern = *self.numbers.pick(&PATTERNS);
                    self.builder.literal(Value::Str(pattern.into()))
                }
                TextArgument::Like => {
                    let pattern = *self.numbers.pick(&["%", "a%", "_", "%é%", ""]);
                    self.builder.literal(Value::Str(pattern.into()))
                }
                TextArgument::Template => {
                    let template = *self.numbers.pick(&["", "-", "$0$0", "$$"]);
                    self.builder.literal(Value::Str(template.into()))
                }
            });
        }
        self.builder.text(function, &args).ok()
    }

    /// A date or timestamp written by a pattern, or read back.
    fn time_text(&mut self) -> Option<ExprId> {
        let is_time =
            |scalar: ScalarType| matches!(scalar, ScalarType::Date | ScalarType::Timestamp(..));
        let value = self.of(is_time)?;
        let from = self.builder.scalar_type(value);
        let (pattern, back) = match from {
            ScalarType::Timestamp(unit, None) => {
                let (zone, strict) = (None, false);
                (
                    "%d.%m.%Y %H:%M:%S%.f",
                    TextFunction::ParseTimestamp { unit, zone, strict },
                )
            }
            _ => ("%G-W%V-%u", TextFunction::ParseDate { strict: false }),
        };
        let pattern = self.builder.literal(Value::Str(pattern.into()));
        let written = TextFunction::FormatTime { from };
        let written = self.builder.text(written, &[value, pattern]).ok()?;
        match self.numbers.below(2) {
            0 => Some(written),
            _ => self.builder.text(back, &[written, pattern]).ok(),
        }
    }

    fn math(&mut self) -> Option<ExprId> {
        let math = *self.numbers.pick(&Math::ALL);
        let integers = matches!(math, Math::Abs) && !self.shape.raising;
        let fits = |scalar: ScalarType| {
            scalar.is_float() || scalar.is_decimal() || scalar.is_integer() && !integers
        };
        let first = self.rows(fits)?;
        if self.numbers.below(4) == 0 && self.builder.scalar_type(first).is_decimal() {
            let places = self.numbers.below(4) as u8;
            return self.builder.round_decimal(math, first, places).ok();
        }
        let mut args = vec![first];
        if math.arity() == 2 {
            args.push(self.rows(fits)?);
        }
        self.builder.math(math, &args).ok()
    }

    /// A hash, or random numbers.
    fn hash(&mut self) -> Option<ExprId> {
        match self.numbers.below(4) {
            0 => {
                let seed = self.constant();
                self.builder.random(self.main, seed).ok()
            }
            1 => {
                let seed = self.constant();
                self.builder.random_normal(self.main, seed).ok()
            }
            2 => {
                let state = self.of(|scalar| scalar == ScalarType::U64);
                let value = self.any();
                self.builder.hash(&[value], state).ok()
            }
            _ => {
                let values = [self.operand(), self.any()];
                self.builder.hash(&values, None).ok()
            }
        }
    }

    fn bits(&mut self) -> Option<ExprId> {
        let function = *self.numbers.pick(&BitFunction::ALL);
        let mut args = vec![self.of(ScalarType::is_integer)?];
        if function.arity() == 2 {
            // Counts of other types are cast, which raises.
            let count = function.is_shift() && !self.shape.raising;
            args.push(self.of(|scalar| scalar == ScalarType::U8 || scalar.is_integer() && !count)?);
        }
        self.builder.bits(function, &args).ok()
    }

    fn reduction(&mut self) -> Option<ExprId> {
        let interpolation = *self.numbers.pick(&Interpolation::ALL);
        let q = Fraction::new(f64::from(self.numbers.below(17) as u32) / 16.0)?;
        let flag = self.numbers.below(2) == 0;
        let reductions = [
            Reduction::Sum,
            Reduction::Mean,
            Reduction::Product,
            Reduction::Min,
            Reduction::Max,
            Reduction::Var { ddof: 1 },
            Reduction::Std { ddof: 0 },
            Reduction::Skew { bias: flag },
            Reduction::Kurtosis { bias: flag },
            Reduction::Quantile { q, interpolation },
            Reduction::Count,
            Reduction::Len,
            Reduction::NUnique,
            Reduction::ApproxNUnique,
            Reduction::Any,
            Reduction::All,
            Reduction::First { skip_null: flag },
            Reduction::Last { skip_null: flag },
            Reduction::Mode,
            Reduction::AtMax,
            Reduction::AtMin,
            Reduction::Cov { ddof: 1 },
            Reduction::Corr,
            Reduction::WeightedMean,
        ];
        let reduction = *self.numbers.pick(&reductions);
        // Integer sums and products may overflow their 64 bits.
        let floats =
            matches!(reduction, Reduction::Sum | Reduction::Product) && !self.shape.raising;
        let mut values = Vec::with_capacity(reduction.arity());
        for _ in 0..reduction.arity() {
            values.push(self.rows(|scalar| !floats || scalar.is_float())?);
        }
        let keys: Vec<ExprId> = match self.numbers.below(4) {
            0 => Vec::new(),
            1 => vec![self.rows(|scalar| scalar == ScalarType::Str)?],
            2 => vec![self.rows(|_| true)?],
            _ => vec![
                self.rows(|_| true)?,
                self.rows(|scalar| scalar == ScalarType::Bool)?,
            ],
        };
        self.builder
            .reduce(reduction, self.main, values, &keys)
            .ok()
    }

    /// Tables made of this one's rows.
    fn derived(&mut self, made: &mut Vec<icosian_ir::id::NodeId>) {
        let mut columns = Vec::new();
        for _ in 0..6 {
            columns.extend(self.rows(|scalar| !matches!(scalar, ScalarType::Row(_))));
        }
        columns.extend(self.rows(|scalar| scalar == ScalarType::Bool));
        let table = self.main;
        let steps = 1 + self.numbers.below(3);
        let from = Columns { table, columns };
        derive(&mut self.builder, self.numbers, from, steps, made);
    }
}
