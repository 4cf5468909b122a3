//! Windows: a value of a row and its neighbours in the order of the rows.

use icosian_ir::op::{Cumulative, ExponentialMoment};

use super::Function;
use super::Meaning::Window;
use super::parameters::{X, X_DECAY, X_DECAY_BIAS, X_N, optional, required};
use crate::check::windows::WindowKind;

functions! {
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
    "ewm_std" X_DECAY_BIAS, Window(WindowKind::Exponential(ExponentialMoment::Std)), "the standard deviation under the weights of ewm_mean", "price.ewm_std(half_life=10)";
    "ewm_var" X_DECAY_BIAS, Window(WindowKind::Exponential(ExponentialMoment::Var)), "the variance under the weights of ewm_mean", "price.ewm_var(alpha=0.1)";
}
