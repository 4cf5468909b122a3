//! Null, NaN and choice; bins, maps and curves of constants.

use super::parameters::{X, optional, repeated, required};
use super::{Function, Meaning};
use crate::check::bins::Bins;
use crate::check::choice::Choice;

functions! {
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
    "qcut" &[required("x"), required("q"), optional("labels"), optional("closed")], Meaning::Bins(Bins::Quantiles), "the number or label of the bin that x is in, between quantiles: q equal parts, or parts at these fractions", "qcut(income, 4) over country";
    "category_code" &[required("x"), required("categories")], Meaning::Bins(Bins::CategoryCode), "the place of x in a list of categories, from 0; null if it is not there", "category_code(size, [\"S\", \"M\", \"L\"])";
    "category" &[required("code"), required("categories")], Meaning::Bins(Bins::Category), "the category at a place of the list, from 0; null if there is none", "category(code, [\"S\", \"M\", \"L\"])";
    "map" &[required("x"), required("values"), optional("default")], Meaning::Bins(Bins::Map), "the value of the key that equals x, else default or null", "map(code, {\"a\": 1, \"b\": 2}, default=0)";
    "interp" &[required("x"), required("xs"), required("ys")], Meaning::Bins(Bins::Interp), "the point at x on the lines between points, level beyond them", "interp(age, [0, 18, 65], [0.0, 1.0, 0.5])";
}
