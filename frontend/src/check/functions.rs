//! The functions that flows can call, one entry each: name, parameters, what it does, an example.
//!
//! The checker types calls by their `Meaning`; completion, `.help` and the hints for unknown names
//! read the rest. Adding a function is adding an entry here and, for a new meaning, an arm in
//! `calls`.

use icosian_ir::graph::BinaryOperator;
use icosian_ir::op::{
    BitFunction, CastMode, Cumulative, ExponentialMoment, Math, Overflow, TextFunction, TimePart,
};
use icosian_ir::types::{ScalarType, TimeUnit};

use super::bins::Bins;
use super::choice::Choice;
use super::random::Random;
use super::time::TimeCall;
use super::windows::WindowKind;

/// A parameter of a built-in function.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    /// Its name; arguments may be given by it.
    pub name: &'static str,
    /// Whether a call may leave it out.
    pub optional: bool,
    /// Whether it takes any number of arguments; parameters after it are given by name.
    pub repeated: bool,
}

/// What a built-in function means.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Meaning {
    /// A mathematical function of each row.
    Math(Math),
    /// A function of the bits of integers.
    Bits(BitFunction),
    /// Null, NaN and choice: what is built of other operations.
    Choice(Choice),
    /// Bins, maps and curves of constants.
    Bins(Bins),
    /// A conversion.
    Cast(ScalarType, CastMode),
    /// `+`, `-` or `*` with a chosen overflow.
    Arithmetic(BinaryOperator, Overflow),
    /// `-x` with a chosen overflow.
    Negate(Overflow),
    /// A reduction, or of two values the lesser.
    Min,
    /// A reduction, or of two values the greater.
    Max,
    /// Between two bounds.
    Clip,
    /// A reduction; `min` and `max` are apart.
    Reduction(ReductionKind),
    /// The number of rows.
    Len,
    /// A value from a row and its neighbours, or the rows that a moving reduction looks at.
    Window(WindowKind),
    /// `date("2013-01-01")`, or the date of a timestamp.
    Date(CastMode),
    /// `timestamp("2013-01-01T00:00:00Z")`.
    Timestamp(CastMode),
    /// `duration(x, unit="ms")`.
    Duration(CastMode),
    /// A function of dates and timestamps.
    Time(TimeCall),
    /// A deterministic random number per row.
    Random(Random),
    /// A specified hash of values.
    Hash,
    /// The number of each row.
    RowIndex,
    /// A function of text.
    Text(TextFunction),
}

/// The reductions, before their options are known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum ReductionKind {
    Sum,
    Mean,
    Product,
    Var,
    Std,
    Skew,
    Kurtosis,
    Median,
    Quantile,
    Count,
    NUnique,
    ApproxNUnique,
    Any,
    All,
    First,
    Last,
    Mode,
    AtMax,
    AtMin,
    Cov,
    Corr,
    WeightedMean,
}

/// A built-in function.
#[derive(Clone, Copy, Debug)]
pub struct Function {
    /// Its name.
    pub name: &'static str,
    /// Its parameters in order.
    pub parameters: &'static [Parameter],
    /// What it gives, in one line.
    pub documentation: &'static str,
    /// A call.
    pub example: &'static str,
    pub(crate) meaning: Meaning,
}

impl Function {
    /// How it is called, such as `std(x, ddof=)`.
    pub fn signature(&self) -> String {
        let parameters: Vec<String> = self
            .parameters
            .iter()
            .map(|parameter| {
                let mark = match (parameter.repeated, parameter.optional) {
                    (true, _) => ", ...",
                    (false, true) => "=",
                    (false, false) => "",
                };
                format!("{}{mark}", parameter.name)
            })
            .collect();
        format!("{}({})", self.name, parameters.join(", "))
    }
}

/// The function of this name.
pub fn function(name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|function| function.name == name)
}

/// What to write instead of a name that other languages and libraries use.
pub(crate) fn known_elsewhere(name: &str) -> Option<&'static str> {
    Some(match name {
        "log" => "ln(x), log2(x), log10(x) or log_base(x, base)",
        "average" | "avg" | "nanmean" => "mean(x)",
        "nansum" | "total" => "sum(x)",
        "stddev" | "stdev" | "stddev_samp" | "nanstd" => "std(x)",
        "variance" => "var(x)",
        "cumsum" | "cum_sum" => "x.cumulative_sum()",
        "cumprod" | "cum_prod" => "x.cumulative_product()",
        "cummin" | "cum_min" => "x.cumulative_min()",
        "cummax" | "cum_max" => "x.cumulative_max()",
        "cumcount" | "cum_count" => "row_number(), or x.cumulative_count() of what is not null",
        "ffill" | "pad" => "x.forward_fill()",
        "bfill" | "backfill" => "x.backward_fill()",
        "dense_rank" => "rank(x, method=\"dense\")",
        "percent_rank" => "rank(x, pct=true)",
        "rolling_mean" | "moving_average" => "x.rolling(7).mean()",
        "rolling_sum" => "x.rolling(7).sum()",
        "ewm" => "x.ewm_mean(span=20)",
        "lag" => "x.shift(1)",
        "lead" => "x.shift(-1)",
        "size" | "nrow" => "len()",
        "len_chars" | "char_length" | "character_length" | "strlen" | "nchar" => "length(x)",
        "octet_length" | "len_bytes" => "byte_length(x)",
        "substr" | "substring" | "str_slice" => "slice(x, start, length), positions from 0",
        "uppercase" | "to_uppercase" | "toupper" | "upcase" => "upper(x)",
        "lowercase" | "to_lowercase" | "tolower" | "casefold" => "lower(x)",
        "strip" | "strip_chars" => "trim(x)",
        "lstrip" | "ltrim" | "strip_chars_start" => "trim_start(x)",
        "rstrip" | "rtrim" | "strip_chars_end" => "trim_end(x)",
        "lpad" | "ljust" | "zfill" | "rjust" => {
            "pad_start(x, length, fill) or pad_end(x, length, fill)"
        }
        "rpad" => "pad_end(x, length, fill)",
        "startswith" => "starts_with(x, y)",
        "endswith" => "ends_with(x, y)",
        "strpos" | "instr" | "position" | "str_find" => "find(x, y), a position from 0 or null",
        "replace_all" | "str_replace" => "replace(x, old, new)",
        "split" | "split_exact" => "split_part(x, separator, n), n from 0",
        "concat_str" | "concat_ws" => "concat(a, b, …)",
        "regexp_matches" | "regexp_like" | "regexp" | "rlike" => "matches(x, pattern)",
        "regexp_extract" | "str_extract" => "extract(x, pattern, group)",
        "regexp_replace" | "re_sub" => "regex_replace(x, pattern, new)",
        "count_matches" | "regexp_count" => "regex_count(x, pattern)",
        "edit_distance" | "levenshtein_distance" => "levenshtein(a, b)",
        "where" | "if_else" | "iff" | "ifelse" => "a if condition else b",
        "fillna" | "fill_null" | "ifnull" | "nvl" => "x ?? value",
        "nullif" => "null_if(x, value)",
        "fill_nan" => "nan_to_null(x) ?? value",
        "isnull" | "isna" | "is_null" => "x is null",
        "notnull" | "notna" | "is_not_null" => "x is not null",
        "digitize" => "bucket(x, edges)",
        "replace_strict" | "map_dict" => "map(x, {key: value}, default=)",
        "isin" | "is_in" => "x in [a, b], or x in table.column",
        "isnan" => "is_nan(x)",
        "isfinite" => "is_finite(x)",
        "isinf" | "is_inf" => "is_infinite(x)",
        "bitwise_and" | "bitand" => "bit_and(a, b)",
        "bitwise_or" | "bitor" => "bit_or(a, b)",
        "bitwise_xor" | "xor" | "bitxor" => "bit_xor(a, b); of bools a != b",
        "bitwise_not" | "invert" => "bit_not(x)",
        "left_shift" => "shift_left(x, n)",
        "right_shift" => "shift_right(x, n)",
        "bit_count" | "bitwise_count" | "bitwise_count_ones" | "popcount" => "count_ones(x)",
        "deg2rad" => "radians(x)",
        "rad2deg" => "degrees(x)",
        "astype" | "cast" | "int" => "a cast such as i64(x), or try_i64(x)",
        "float" | "double" => "f64(x)",
        "string" => "str(x)",
        "minimum" => "min(a, b)",
        "maximum" => "max(a, b)",
        "clamp" => "clip(x, low, high)",
        "ceiling" => "ceil(x)",
        "power" => "a ** b",
        "arctan2" => "atan2(y, x)",
        "arcsin" => "asin(x)",
        "arccos" => "acos(x)",
        "arctan" => "atan(x)",
        "arcsinh" => "asinh(x)",
        "arccosh" => "acosh(x)",
        "arctanh" => "atanh(x)",
        "prod" => "product(x)",
        "nanmedian" | "percentile_50" => "median(x)",
        "percentile" | "quantile_cont" | "percentile_cont" => "quantile(x, 0.9)",
        "quantile_disc" | "percentile_disc" => "quantile(x, 0.9, interpolation=\"lower\")",
        "skewness" => "skew(x)",
        "kurt" => "kurtosis(x)",
        "nunique" | "n_distinct" | "count_distinct" => "n_unique(x)",
        "approx_count_distinct" | "approx_distinct" => "approx_n_unique(x)",
        "any_value" | "first_value" => "first(x)",
        "last_value" => "last(x)",
        "arg_max" | "argmax" | "max_by" | "idxmax" => "x.at_max(y)",
        "arg_min" | "argmin" | "min_by" | "idxmin" => "x.at_min(y)",
        "covar_samp" | "covariance" => "cov(x, y)",
        "covar_pop" => "cov(x, y, ddof=0)",
        "var_pop" => "var(x, ddof=0)",
        "var_samp" => "var(x)",
        "stddev_pop" => "std(x, ddof=0)",
        "correlation" | "pearson" => "corr(x, y)",
        "weighted_avg" | "wavg" => "weighted_mean(x, w)",
        "top_k" | "nlargest" => "a table: t order by x desc limit 5",
        "bottom_k" | "nsmallest" => "a table: t order by x limit 5",
        "value_counts" => "a table: t group by x { n = len() } order by n desc",
        "histogram" | "hist" => "a table: t group by bin = floor(x / 10) { n = len() }",
        "groupby" | "group_by" => "reduction(x) over key, or a table: flights group by key { ... }",
        "rand" | "rand_uniform" => "random(seed)",
        "randn" => "random_normal(seed)",
        "with_row_index" | "rownum" => "row_index()",
        "lookup" | "merge" => "table[column=value]",
        "merge_asof" | "join_asof" | "asof_join" => "table[column=value, time<=time]",
        "inner_join" => "table pairs = a join row = b[column=value]",
        "left_join" => "table pairs = a left join row = b[column=value]",
        "exists" => "x in table.column",
        "dayofweek" | "day_of_week" | "isodow" => "weekday(x), Monday is 1 and Sunday 7",
        "dayofyear" | "ordinal_day" | "yday" => "day_of_year(x)",
        "week" | "weekofyear" | "isoweek" | "week_of_year" => "iso_week(x)",
        "isoyear" => "iso_year(x)",
        "dayofmonth" | "mday" => "day(x)",
        "date_trunc" | "datetrunc" | "trunc_date" | "floor_date" => "truncate(x, 1mo)",
        "dateadd" | "date_add" | "offset_by" | "DateOffset" | "relativedelta" => {
            "x + 3d, x + 1mo or add_months(x, n)"
        }
        "datediff" | "date_diff" => "days_between(a, b), or (b - a) / 1h",
        "tz_convert" | "convert_time_zone" => "to_zone(x, \"Europe/Berlin\")",
        "tz_localize" | "replace_time_zone" => {
            "at_zone(x, \"Europe/Berlin\"), or wall_clock(x) to lose the zone"
        }
        "busday_count" | "business_day_count" => "business_days_between(a, b)",
        "busday_offset" | "BDay" => "add_business_days(x, n)",
        "unix_timestamp" | "to_epoch" | "timestamp_seconds" => "epoch(x, unit=\"s\")",
        "from_epoch" | "from_unixtime" | "to_timestamp" => "timestamp(x, unit=\"s\", zone=\"UTC\")",
        "now" | "today" | "current_date" | "current_timestamp" | "utcnow" => {
            "a param: nothing in a flow reads a clock"
        }
        _ => return super::elsewhere::function(name),
    })
}

const fn required(name: &'static str) -> Parameter {
    Parameter {
        name,
        optional: false,
        repeated: false,
    }
}

const fn repeated(name: &'static str) -> Parameter {
    Parameter {
        name,
        optional: false,
        repeated: true,
    }
}

const fn optional(name: &'static str) -> Parameter {
    Parameter {
        name,
        optional: true,
        repeated: false,
    }
}

const X: &[Parameter] = &[required("x")];
const X_COUNT: &[Parameter] = &[required("x"), required("n")];
const A_B: &[Parameter] = &[required("a"), required("b")];
const X_CHARACTERS: &[Parameter] = &[required("x"), optional("characters")];
const X_LENGTH_FILL: &[Parameter] = &[required("x"), required("length"), optional("fill")];
const X_PATTERN: &[Parameter] = &[required("x"), required("pattern")];
const X_Y: &[Parameter] = &[required("x"), required("y")];
const X_DDOF: &[Parameter] = &[required("x"), optional("ddof")];
const X_BY: &[Parameter] = &[required("x"), required("by")];
const X_BIAS: &[Parameter] = &[required("x"), optional("bias")];
const X_SKIP_NULL: &[Parameter] = &[required("x"), optional("skip_null")];
const X_DECAY: &[Parameter] = &[
    required("x"),
    optional("alpha"),
    optional("span"),
    optional("half_life"),
    optional("adjust"),
    optional("min"),
];
const X_N: &[Parameter] = &[required("x"), optional("n")];
const X_UNIT: &[Parameter] = &[required("x"), optional("unit")];
const X_UNIT_ZONE: &[Parameter] = &[required("x"), optional("unit"), optional("zone")];
const A_OPTIONAL_B: &[Parameter] = &[required("a"), optional("b")];

/// Writes the list from rows of name, parameters, meaning, documentation, example.
macro_rules! functions {
    ($($name:literal $parameters:expr, $meaning:expr, $documentation:literal, $example:literal;)*) => {
        /// Every built-in function, by subject.
        pub const FUNCTIONS: &[Function] = &[$(Function {
            name: $name,
            parameters: $parameters,
            documentation: $documentation,
            example: $example,
            meaning: $meaning,
        }),*];
    };
}

use BinaryOperator::{Add, Mul, Sub};
use CastMode::{Null, Raise, Wrap};
use Meaning::{Arithmetic, Bits, Cast, Time, Window};
use ScalarType::{Bool, F32, F64, I8, I16, I32, I64, Str, U8, U16, U32, U64};
use TimeCall::{Part, Total};
use TimeUnit::{Microsecond, Millisecond, Nanosecond, Second};

functions! {
    "sum" X, Meaning::Reduction(ReductionKind::Sum), "the exact sum of the values that are not null, rounded once", "sum(distance)";
    "mean" X, Meaning::Reduction(ReductionKind::Mean), "the exact mean of the values that are not null", "mean(arr_delay) over carrier";
    "min" A_OPTIONAL_B, Meaning::Min, "the least value; of two arguments the lesser, row by row", "min(air_time)";
    "max" A_OPTIONAL_B, Meaning::Max, "the greatest value; of two arguments the greater, row by row", "max(dep_delay, 0)";
    "std" X_DDOF, Meaning::Reduction(ReductionKind::Std), "the standard deviation, with ddof=1 unless given", "std(speed, ddof=0)";
    "var" X_DDOF, Meaning::Reduction(ReductionKind::Var), "the variance, with ddof=1 unless given", "var(speed)";
    "count" X, Meaning::Reduction(ReductionKind::Count), "how many values are not null", "count(arr_delay)";
    "len" &[], Meaning::Len, "how many rows the table or group has", "flights.len()";
    "product" X, Meaning::Reduction(ReductionKind::Product), "the exact product of the values that are not null, rounded once", "product(1 + growth)";
    "skew" X_BIAS, Meaning::Reduction(ReductionKind::Skew), "the skewness, corrected for bias unless bias=true", "skew(speed)";
    "kurtosis" X_BIAS, Meaning::Reduction(ReductionKind::Kurtosis), "the excess kurtosis, corrected for bias unless bias=true", "kurtosis(speed)";
    "median" X, Meaning::Reduction(ReductionKind::Median), "the middle value, or the mean of the two in the middle", "median(arr_delay) over carrier";
    "quantile" &[required("x"), required("q"), optional("interpolation")], Meaning::Reduction(ReductionKind::Quantile), "the value below which the part q lies; interpolation is linear, lower, higher, nearest or midpoint", "quantile(arr_delay, 0.9)";
    "n_unique" X, Meaning::Reduction(ReductionKind::NUnique), "how many distinct values there are, nulls left out", "n_unique(dest) over origin";
    "approx_n_unique" X, Meaning::Reduction(ReductionKind::ApproxNUnique), "about how many distinct values there are, within a few percent, in little memory", "approx_n_unique(tailnum)";
    "mode" X, Meaning::Reduction(ReductionKind::Mode), "the value that most rows have; of several the least", "mode(dest)";
    "first" X_SKIP_NULL, Meaning::Reduction(ReductionKind::First), "the value in the first row in which it is not null; with skip_null=false, in the first row", "first(origin) over tailnum";
    "last" X_SKIP_NULL, Meaning::Reduction(ReductionKind::Last), "the value in the last row in which it is not null; with skip_null=false, in the last row", "last(dest) over tailnum";
    "at_max" X_BY, Meaning::Reduction(ReductionKind::AtMax), "the value of x in the first row in which another value is greatest", "dest.at_max(distance)";
    "at_min" X_BY, Meaning::Reduction(ReductionKind::AtMin), "the value of x in the first row in which another value is least", "dest.at_min(distance)";
    "cov" &[required("x"), required("y"), optional("ddof")], Meaning::Reduction(ReductionKind::Cov), "the covariance, with ddof=1 unless given", "cov(distance, air_time)";
    "corr" X_Y, Meaning::Reduction(ReductionKind::Corr), "Pearson's correlation", "corr(distance, air_time)";
    "weighted_mean" &[required("x"), required("w")], Meaning::Reduction(ReductionKind::WeightedMean), "sum(x * w) / sum(w), exact and rounded once", "weighted_mean(price, quantity)";
    "any" X, Meaning::Reduction(ReductionKind::Any), "whether some value is true", "any(late)";
    "all" X, Meaning::Reduction(ReductionKind::All), "whether every value is true", "all(late)";

    "shift" X_N, Window(WindowKind::Shift), "the value n rows before, 1 unless given; after, if n is negative", "arr_delay.shift(1)";
    "diff" X_N, Window(WindowKind::Difference), "the value less that n rows before", "price.diff()";
    "pct_change" X_N, Window(WindowKind::RelativeDifference), "the change against the value n rows before, as a part of that", "price.pct_change()";
    "cumulative_sum" X, Window(WindowKind::Cumulative(Cumulative::Sum)), "the sum of the values up to this row", "distance.cumulative_sum()";
    "cumulative_product" X, Window(WindowKind::Cumulative(Cumulative::Product)), "the product of the values up to this row", "growth.cumulative_product()";
    "cumulative_min" X, Window(WindowKind::Cumulative(Cumulative::Min)), "the least of the values up to this row", "price.cumulative_min()";
    "cumulative_max" X, Window(WindowKind::Cumulative(Cumulative::Max)), "the greatest of the values up to this row", "price.cumulative_max()";
    "cumulative_count" X, Window(WindowKind::Cumulative(Cumulative::Count)), "how many values up to this row are not null", "arr_delay.cumulative_count()";
    "row_number" &[], Window(WindowKind::RowNumber), "the number of the row, from 1", "row_number() over (carrier order by time_hour)";
    "rank" &[required("x"), optional("method"), optional("descending"), optional("pct")], Window(WindowKind::Rank), "the place of the value among all, from 1; method is average, min, max, dense or ordinal", "rank(distance, method=\"dense\") over carrier";
    "rolling" &[required("x"), required("n"), optional("min"), optional("closed"), optional("on"), optional("center")], Window(WindowKind::Rolling), "the last n rows or span of time, for a reduction to follow", "spend.rolling(3).mean()";
    "expanding" &[required("x"), optional("min")], Window(WindowKind::Expanding), "all rows so far, for a reduction to follow", "delay.expanding().mean()";
    "forward_fill" &[required("x"), optional("limit")], Window(WindowKind::Fill { backward: false }), "the value, or where it is null the last before it, at most limit rows away", "price.forward_fill()";
    "backward_fill" &[required("x"), optional("limit")], Window(WindowKind::Fill { backward: true }), "the value, or where it is null the next after it, at most limit rows away", "price.backward_fill()";
    "interpolate" X, Window(WindowKind::Interpolate), "the value, or where it is null what lies on the line between its neighbours", "temp.interpolate()";
    "ewm_mean" X_DECAY, Window(WindowKind::Exponential(ExponentialMoment::Mean)), "the mean of the values so far, weighted the less the longer ago", "price.ewm_mean(span=20)";
    "ewm_std" X_DECAY, Window(WindowKind::Exponential(ExponentialMoment::Std)), "the standard deviation under the weights of ewm_mean", "price.ewm_std(half_life=10)";
    "ewm_var" X_DECAY, Window(WindowKind::Exponential(ExponentialMoment::Var)), "the variance under the weights of ewm_mean", "price.ewm_var(alpha=0.1)";

    "abs" X, Meaning::Math(Math::Abs), "the magnitude", "abs(x)";
    "sign" X, Meaning::Math(Math::Sign), "-1, 0 or 1", "sign(x)";
    "floor" X, Meaning::Math(Math::Floor), "the greatest whole number not above", "floor(x)";
    "ceil" X, Meaning::Math(Math::Ceil), "the least whole number not below", "ceil(x)";
    "round" X, Meaning::Math(Math::Round), "the nearest whole number, ties to even", "round(x)";
    "trunc" X, Meaning::Math(Math::Trunc), "the whole part", "trunc(x)";
    "clip" &[required("x"), required("low"), required("high")], Meaning::Clip, "x, but at least low and at most high", "clip(delay, 0, 60)";
    "sqrt" X, Meaning::Math(Math::Sqrt), "the square root", "sqrt(x)";
    "exp" X, Meaning::Math(Math::Exp), "e to the power x", "exp(x)";
    "expm1" X, Meaning::Math(Math::Expm1), "exp(x) - 1, exact for small x", "expm1(x)";
    "ln" X, Meaning::Math(Math::Ln), "the natural logarithm", "ln(x)";
    "log1p" X, Meaning::Math(Math::Log1p), "ln(1 + x), exact for small x", "log1p(x)";
    "log2" X, Meaning::Math(Math::Log2), "the logarithm to base 2", "log2(x)";
    "log10" X, Meaning::Math(Math::Log10), "the logarithm to base 10", "log10(x)";
    "pow" A_B, Meaning::Math(Math::Pow), "a to the power b, as floats", "pow(a, b)";
    "exp2" X, Meaning::Math(Math::Exp2), "2 to the power x", "exp2(octaves)";
    "cbrt" X, Meaning::Math(Math::Cbrt), "the cube root", "cbrt(volume)";
    "asin" X, Meaning::Math(Math::Asin), "the angle whose sine is x, in radians", "asin(x)";
    "acos" X, Meaning::Math(Math::Acos), "the angle whose cosine is x, in radians", "acos(x)";
    "atan" X, Meaning::Math(Math::Atan), "the angle whose tangent is x, in radians", "atan(slope)";
    "sinh" X, Meaning::Math(Math::Sinh), "the hyperbolic sine", "sinh(x)";
    "cosh" X, Meaning::Math(Math::Cosh), "the hyperbolic cosine", "cosh(x)";
    "tanh" X, Meaning::Math(Math::Tanh), "the hyperbolic tangent", "tanh(x)";
    "asinh" X, Meaning::Math(Math::Asinh), "the inverse hyperbolic sine", "asinh(x)";
    "acosh" X, Meaning::Math(Math::Acosh), "the inverse hyperbolic cosine", "acosh(x)";
    "atanh" X, Meaning::Math(Math::Atanh), "the inverse hyperbolic tangent", "atanh(x)";
    "hypot" &[required("x"), required("y")], Meaning::Math(Math::Hypot), "the square root of x² + y², which does not overflow on the way", "hypot(dx, dy)";
    "log_base" &[required("x"), required("base")], Meaning::Math(Math::LogBase), "the logarithm of x to a base", "log_base(x, 3)";
    "degrees" X, Meaning::Math(Math::Degrees), "an angle of radians in degrees", "degrees(atan2(y, x))";
    "radians" X, Meaning::Math(Math::Radians), "an angle of degrees in radians", "radians(latitude)";
    "sin" X, Meaning::Math(Math::Sin), "the sine of an angle in radians", "sin(x)";
    "cos" X, Meaning::Math(Math::Cos), "the cosine of an angle in radians", "cos(x)";
    "tan" X, Meaning::Math(Math::Tan), "the tangent of an angle in radians", "tan(x)";
    "atan2" &[required("y"), required("x")], Meaning::Math(Math::Atan2), "the angle of the point (x, y) in radians", "atan2(y, x)";
    "erf" X, Meaning::Math(Math::Erf), "the error function", "erf(x)";

    "bit_and" A_B, Bits(BitFunction::And), "the bits set in both integers", "bit_and(flags, 4)";
    "bit_or" A_B, Bits(BitFunction::Or), "the bits set in either integer", "bit_or(flags, 4)";
    "bit_xor" A_B, Bits(BitFunction::Xor), "the bits set in one integer but not both", "bit_xor(flags, 4)";
    "bit_not" X, Bits(BitFunction::Not), "the bits of an integer that are not set", "bit_not(flags)";
    "shift_left" X_COUNT, Bits(BitFunction::ShiftLeft), "the bits moved up by n places, those beyond the type lost", "shift_left(1, n)";
    "shift_right" X_COUNT, Bits(BitFunction::ShiftRight), "the bits moved down by n places, the sign kept", "shift_right(flags, 4)";
    "count_ones" X, Bits(BitFunction::CountOnes), "how many bits are set", "count_ones(flags)";
    "leading_zeros" X, Bits(BitFunction::LeadingZeros), "how many bits are not set above the highest that is", "leading_zeros(x)";
    "trailing_zeros" X, Bits(BitFunction::TrailingZeros), "how many bits are not set below the lowest that is", "trailing_zeros(x)";

    "is_nan" X, Meaning::Choice(Choice::IsNan), "whether a float is NaN; null of null", "is_nan(ratio)";
    "is_finite" X, Meaning::Choice(Choice::IsFinite), "whether a number is neither NaN nor infinite", "is_finite(ratio)";
    "is_infinite" X, Meaning::Choice(Choice::IsInfinite), "whether a float is infinite", "is_infinite(ratio)";
    "nan_to_null" X, Meaning::Choice(Choice::NanToNull), "null where x is NaN, else x", "nan_to_null(ratio)";
    "null_if" &[required("x"), required("value")], Meaning::Choice(Choice::NullIf), "null where x equals value, else x", "null_if(age, -1)";
    "coalesce" &[required("a"), repeated("b")], Meaning::Choice(Choice::Coalesce), "the first value that is not null", "coalesce(nickname, first_name, \"?\")";
    "fill_mean" X, Meaning::Choice(Choice::FillMean), "x, and where it is null the mean of the values that are not", "fill_mean(age) over class";
    "between" &[required("x"), required("low"), required("high"), optional("closed")], Meaning::Choice(Choice::Between), "whether low <= x <= high; closed= \"both\", \"left\", \"right\" or \"none\"", "between(hour, 9, 17, closed=\"left\")";

    "bucket" &[required("x"), required("edges"), optional("closed")], Meaning::Bins(Bins::Bucket), "the number of the bin that x is in: how many edges are not above it", "bucket(age, [18, 30, 65])";
    "cut" &[required("x"), required("edges"), required("labels"), optional("closed")], Meaning::Bins(Bins::Cut), "the label of the bin that x is in", "cut(age, [18, 65], labels=[\"child\", \"adult\", \"senior\"])";
    "map" &[required("x"), required("values"), optional("default")], Meaning::Bins(Bins::Map), "the value of the key that equals x, else default or null", "map(code, {\"a\": 1, \"b\": 2}, default=0)";
    "interp" &[required("x"), required("xs"), required("ys")], Meaning::Bins(Bins::Interp), "the point at x on the lines between points, level beyond them", "interp(age, [0, 18, 65], [0.0, 1.0, 0.5])";

    "wrapping_add" A_B, Arithmetic(Add, Overflow::Wrap), "a + b, wrapping around", "wrapping_add(a, b)";
    "wrapping_sub" A_B, Arithmetic(Sub, Overflow::Wrap), "a - b, wrapping around", "wrapping_sub(a, b)";
    "wrapping_mul" A_B, Arithmetic(Mul, Overflow::Wrap), "a * b, wrapping around", "wrapping_mul(a, b)";
    "wrapping_neg" X, Meaning::Negate(Overflow::Wrap), "-x, wrapping around", "wrapping_neg(x)";
    "try_add" A_B, Arithmetic(Add, Overflow::Null), "a + b, null where it overflows", "try_add(a, b)";
    "try_sub" A_B, Arithmetic(Sub, Overflow::Null), "a - b, null where it overflows", "try_sub(a, b)";
    "try_mul" A_B, Arithmetic(Mul, Overflow::Null), "a * b, null where it overflows", "try_mul(a, b)";
    "try_neg" X, Meaning::Negate(Overflow::Null), "-x, null where it overflows", "try_neg(x)";

    "i8" X, Cast(I8, Raise), "as i8; an error where it doesn't fit", "i8(late)";
    "i16" X, Cast(I16, Raise), "as i16; an error where it doesn't fit", "i16(x)";
    "i32" X, Cast(I32, Raise), "as i32; an error where it doesn't fit", "i32(x)";
    "i64" X, Cast(I64, Raise), "as i64; an error where it doesn't fit", "i64(x)";
    "u8" X, Cast(U8, Raise), "as u8; an error where it doesn't fit", "u8(x)";
    "u16" X, Cast(U16, Raise), "as u16; an error where it doesn't fit", "u16(x)";
    "u32" X, Cast(U32, Raise), "as u32; an error where it doesn't fit", "u32(x)";
    "u64" X, Cast(U64, Raise), "as u64; an error where it doesn't fit", "u64(x)";
    "f32" X, Cast(F32, Raise), "as f32", "f32(x)";
    "f64" X, Cast(F64, Raise), "as f64", "f64(x)";
    "bool" X, Cast(Bool, Raise), "text that says true or false as bool", "bool(answer)";
    "str" X, Cast(Str, Raise), "as text that reads back to the same value", "str(flight)";
    "try_i8" X, Cast(I8, Null), "as i8; null where it doesn't fit", "try_i8(x)";
    "try_i16" X, Cast(I16, Null), "as i16; null where it doesn't fit", "try_i16(x)";
    "try_i32" X, Cast(I32, Null), "as i32; null where it doesn't fit", "try_i32(x)";
    "try_i64" X, Cast(I64, Null), "as i64; null where it doesn't fit", "try_i64(x)";
    "try_u8" X, Cast(U8, Null), "as u8; null where it doesn't fit", "try_u8(x)";
    "try_u16" X, Cast(U16, Null), "as u16; null where it doesn't fit", "try_u16(x)";
    "try_u32" X, Cast(U32, Null), "as u32; null where it doesn't fit", "try_u32(x)";
    "try_u64" X, Cast(U64, Null), "as u64; null where it doesn't fit", "try_u64(x)";
    "try_str" X, Cast(Str, Null), "as text, as str(x)", "try_str(flight)";
    "try_bool" X, Cast(Bool, Null), "text as bool; null where it says neither", "try_bool(answer)";
    "try_f32" X, Cast(F32, Null), "as f32", "try_f32(x)";
    "try_f64" X, Cast(F64, Null), "as f64", "try_f64(x)";
    "wrapping_i8" X, Cast(I8, Wrap), "an integer as i8, wrapping around", "wrapping_i8(x)";
    "wrapping_i16" X, Cast(I16, Wrap), "an integer as i16, wrapping around", "wrapping_i16(x)";
    "wrapping_i32" X, Cast(I32, Wrap), "an integer as i32, wrapping around", "wrapping_i32(x)";
    "wrapping_i64" X, Cast(I64, Wrap), "an integer as i64, wrapping around", "wrapping_i64(x)";
    "wrapping_u8" X, Cast(U8, Wrap), "an integer as u8, wrapping around", "wrapping_u8(x)";
    "wrapping_u16" X, Cast(U16, Wrap), "an integer as u16, wrapping around", "wrapping_u16(x)";
    "wrapping_u32" X, Cast(U32, Wrap), "an integer as u32, wrapping around", "wrapping_u32(x)";
    "wrapping_u64" X, Cast(U64, Wrap), "an integer as u64, wrapping around", "wrapping_u64(x)";

    "date" X, Meaning::Date(Raise), "the date written in a text, that of a timestamp, or so many days after 1970-01-01", "date(\"2013-01-01\")";
    "timestamp" X_UNIT_ZONE, Meaning::Timestamp(Raise), "the instant written in a text; so many units after 1970-01-01; a date or timestamp in this unit and zone (null: none)", "timestamp(\"2013-01-01T05:00:00Z\")";
    "duration" X_UNIT, Meaning::Duration(Raise), "so many units, seconds unless given; a duration in this unit", "duration(x, unit=\"ms\")";
    "try_date" X, Meaning::Date(Null), "as date; null where it doesn't fit", "try_date(x)";
    "try_timestamp" X_UNIT_ZONE, Meaning::Timestamp(Null), "as timestamp; null where it doesn't fit", "try_timestamp(x, unit=\"ns\")";
    "try_duration" X_UNIT, Meaning::Duration(Null), "as duration; null where it doesn't fit", "try_duration(x, unit=\"ns\")";
    "length" X, Meaning::Text(TextFunction::Length), "how many characters a text has", "length(name)";
    "byte_length" X, Meaning::Text(TextFunction::ByteLength), "how many bytes a text has in UTF-8", "byte_length(name)";
    "slice" &[required("x"), required("start"), optional("length")], Meaning::Text(TextFunction::Slice), "the characters from position start on, from the end if negative; length of them, else all", "tailnum.slice(0, 2)";
    "concat" &[required("a"), repeated("b")], Meaning::Text(TextFunction::Concat), "any number of texts, one after the other; also a + b", "concat(first, \" \", last)";
    "upper" X, Meaning::Text(TextFunction::Upper), "in capital letters", "upper(code)";
    "lower" X, Meaning::Text(TextFunction::Lower), "in small letters", "lower(email)";
    "trim" X_CHARACTERS, Meaning::Text(TextFunction::Trim), "without white space at both ends, or without any of these characters", "trim(name)";
    "trim_start" X_CHARACTERS, Meaning::Text(TextFunction::TrimStart), "without white space, or these characters, at the beginning", "trim_start(code, \"0\")";
    "trim_end" X_CHARACTERS, Meaning::Text(TextFunction::TrimEnd), "without white space, or these characters, at the end", "trim_end(line, \".\")";
    "pad_start" X_LENGTH_FILL, Meaning::Text(TextFunction::PadStart), "filled up at the beginning to so many characters, with spaces unless told", "pad_start(zip, 5, \"0\")";
    "pad_end" X_LENGTH_FILL, Meaning::Text(TextFunction::PadEnd), "filled up at the end to so many characters, with spaces unless told", "pad_end(code, 4)";
    "contains" X_Y, Meaning::Text(TextFunction::Contains), "whether the text y is somewhere in x", "title.contains(\"sale\")";
    "starts_with" X_Y, Meaning::Text(TextFunction::StartsWith), "whether x begins with y", "tailnum.starts_with(\"N\")";
    "ends_with" X_Y, Meaning::Text(TextFunction::EndsWith), "whether x ends with y", "file.ends_with(\".csv\")";
    "find" X_Y, Meaning::Text(TextFunction::Find), "the position of the first y in x, from 0; null if there is none", "email.find(\"@\")";
    "replace" &[required("x"), required("old"), required("new")], Meaning::Text(TextFunction::Replace), "every old in x made new", "price.replace(\",\", \"\")";
    "split_part" &[required("x"), required("separator"), required("n")], Meaning::Text(TextFunction::SplitPart), "part n of x cut at the separators, from 0, from the end if negative; null if there is none", "email.split_part(\"@\", 1)";
    "split_count" &[required("x"), required("separator")], Meaning::Text(TextFunction::SplitCount), "how many parts the separators make of x", "path.split_count(\"/\")";
    "reverse" X, Meaning::Text(TextFunction::Reverse), "the characters from last to first", "reverse(code)";
    "repeat" &[required("x"), required("n")], Meaning::Text(TextFunction::Repeat), "x written n times", "repeat(\"*\", stars)";
    "levenshtein" A_B, Meaning::Text(TextFunction::Levenshtein), "the fewest characters to insert, delete or exchange to make b of a", "levenshtein(city, other_city)";
    "matches" X_PATTERN, Meaning::Text(TextFunction::Matches), "whether a regular expression matches somewhere in x", "tailnum.matches(\"^N[0-9]+\")";
    "extract" &[required("x"), required("pattern"), optional("group")], Meaning::Text(TextFunction::Extract { group: 0 }), "the first match of a regular expression, or a group of it by number or name; null if there is none", "email.extract(\"@(.*)\", 1)";
    "regex_replace" &[required("x"), required("pattern"), required("new")], Meaning::Text(TextFunction::RegexReplace), "every match of a regular expression made new, where $1 and ${name} are its groups", "phone.regex_replace(\"[^0-9]\", \"\")";
    "regex_count" X_PATTERN, Meaning::Text(TextFunction::RegexCount), "how often a regular expression matches, without overlaps", "note.regex_count(\"[0-9]+\")";
    "like" X_PATTERN, Meaning::Text(TextFunction::Like), "whether all of x is as an SQL pattern says: % any text, _ any character", "name.like(\"Mc%\")";
    "year" X, Time(Part(TimePart::Year)), "the year of a date or timestamp", "time_hour.year()";
    "quarter" X, Time(Part(TimePart::Quarter)), "the quarter of the year, 1 to 4", "time_hour.quarter()";
    "month" X, Time(Part(TimePart::Month)), "the month, 1 to 12", "time_hour.month()";
    "day" X, Time(Part(TimePart::Day)), "the day of the month, from 1", "time_hour.day()";
    "day_of_year" X, Time(Part(TimePart::DayOfYear)), "the day of the year, from 1", "time_hour.day_of_year()";
    "weekday" X, Time(Part(TimePart::Weekday)), "the day of the week: Monday is 1, Sunday 7", "time_hour.weekday()";
    "iso_year" X, Time(Part(TimePart::IsoYear)), "the year that the ISO 8601 week belongs to", "time_hour.iso_year()";
    "iso_week" X, Time(Part(TimePart::IsoWeek)), "the ISO 8601 week, 1 to 53", "time_hour.iso_week()";
    "days_in_month" X, Time(Part(TimePart::DaysInMonth)), "how many days the month has", "day.days_in_month()";
    "is_leap_year" X, Time(Part(TimePart::IsLeapYear)), "whether the year has 366 days", "day.is_leap_year()";
    "hour" X, Time(Part(TimePart::Hour)), "the hour, 0 to 23", "time_hour.hour()";
    "minute" X, Time(Part(TimePart::Minute)), "the minute, 0 to 59", "time_hour.minute()";
    "second" X, Time(Part(TimePart::Second)), "the second, 0 to 59", "time_hour.second()";
    "millisecond" X, Time(Part(TimePart::Millisecond)), "milliseconds within the second, 0 to 999", "at.millisecond()";
    "microsecond" X, Time(Part(TimePart::Microsecond)), "microseconds within the second, 0 to 999999", "at.microsecond()";
    "nanosecond" X, Time(Part(TimePart::Nanosecond)), "nanoseconds within the second, 0 to 999999999", "at.nanosecond()";
    "truncate" &[required("x"), required("period")], Time(TimeCall::Truncate), "a date or timestamp rounded down to a period on its wall clock; weeks begin on Monday", "time_hour.truncate(1mo)";
    "add_months" X_COUNT, Time(TimeCall::AddMonths(Overflow::Raise)), "so many months later, at most the last day of that month; also x + 1mo", "day.add_months(n)";
    "try_add_months" X_COUNT, Time(TimeCall::AddMonths(Overflow::Null)), "as add_months; null where it overflows", "day.try_add_months(n)";
    "add_business_days" X_COUNT, Time(TimeCall::AddBusinessDays(Overflow::Raise)), "the n-th Monday to Friday after a date, before it if n is negative", "day.add_business_days(3)";
    "try_add_business_days" X_COUNT, Time(TimeCall::AddBusinessDays(Overflow::Null)), "as add_business_days; null where it overflows", "day.try_add_business_days(n)";
    "business_days_between" A_B, Time(TimeCall::BusinessDaysBetween), "how many Mondays to Fridays from a on and before b", "business_days_between(ordered, shipped)";
    "days_between" A_B, Time(TimeCall::DaysBetween), "how many days from the date of a to that of b", "days_between(ordered, shipped)";
    "wall_clock" X, Time(TimeCall::WallClock), "what the wall clock of its zone shows at a timestamp, without the zone", "time_hour.wall_clock()";
    "to_zone" &[required("x"), required("zone")], Time(TimeCall::ToZone), "the same instant in another zone", "time_hour.to_zone(\"Europe/Berlin\")";
    "at_zone" &[required("x"), required("zone"), optional("fold"), optional("gap")], Time(TimeCall::AtZone), "the instant at which a zone's wall clock shows it; fold= if twice, gap= if never", "local.at_zone(\"Europe/Berlin\", fold=\"earlier\")";
    "epoch" X_UNIT, Time(TimeCall::Epoch), "units since 1970-01-01, seconds unless given, rounded down", "time_hour.epoch(unit=\"ms\")";
    "total_days" X, Time(Total(86_400, Second)), "a duration in days of 24 hours, as f64", "waited.total_days()";
    "total_hours" X, Time(Total(3_600, Second)), "a duration in hours, as f64", "waited.total_hours()";
    "total_minutes" X, Time(Total(60, Second)), "a duration in minutes, as f64", "waited.total_minutes()";
    "total_seconds" X, Time(Total(1, Second)), "a duration in seconds, as f64", "waited.total_seconds()";
    "total_milliseconds" X, Time(Total(1, Millisecond)), "a duration in milliseconds, as f64", "waited.total_milliseconds()";
    "total_microseconds" X, Time(Total(1, Microsecond)), "a duration in microseconds, as f64", "waited.total_microseconds()";
    "total_nanoseconds" X, Time(Total(1, Nanosecond)), "a duration in nanoseconds, as f64", "waited.total_nanoseconds()";
    "random" &[required("seed")], Meaning::Random(Random::Uniform), "a number in [0, 1) that depends on the row and the seed alone", "random(7)";
    "random_normal" &[required("seed")], Meaning::Random(Random::Normal), "a normally distributed number that depends on the row and the seed alone", "random_normal(7)";
    "hash" &[repeated("x"), optional("seed")], Meaning::Hash, "a number that stands for the values, the same everywhere and for ever", "hash(customer, day) % 10";
    "row_index" &[], Meaning::RowIndex, "the number of each row of the table, from 0", "row_index()";
}

#[cfg(test)]
mod tests {
    use super::{FUNCTIONS, function, known_elsewhere};

    #[test]
    fn names_are_unique_and_hints_name_no_existing_function() {
        for (position, entry) in FUNCTIONS.iter().enumerate() {
            assert!(
                FUNCTIONS[..position]
                    .iter()
                    .all(|other| other.name != entry.name),
                "{}",
                entry.name
            );
            assert!(known_elsewhere(entry.name).is_none(), "{}", entry.name);
        }
        assert!(function("mean").is_some());
        assert!(function("average").is_none());
    }

    #[test]
    fn signatures_mark_what_may_be_left_out() {
        assert_eq!(function("std").unwrap().signature(), "std(x, ddof=)");
        assert_eq!(function("len").unwrap().signature(), "len()");
        assert_eq!(
            function("coalesce").unwrap().signature(),
            "coalesce(a, b, ...)"
        );
    }
}
