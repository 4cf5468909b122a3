//! Reductions: one value of many rows, alone, `over` keys and grouped.

use super::parameters::{
    A_OPTIONAL_B, X, X_BIAS, X_BY, X_DDOF, X_SKIP_NULL, X_Y, optional, required,
};
use super::{Function, Meaning, ReductionKind};

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
}
