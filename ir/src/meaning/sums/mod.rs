//! The language's rule for sums: **the exact real sum, rounded once** to the nearest f64, ties to even.
//!
//! An exact sum has no order, so neither chunks nor threads, partitions nor engines can show in it.
//! f32 values are widened first, which is exact.
//!
//! * [`error_free`], [`lanes`]: the fast path, a pair of f64 that notices when it stops being exact.
//! * [`ExactSum`], [`Moments`], [`CoMoments`]: states for f64, with a superaccumulator behind.
//! * [`IntegerSum`], [`IntegerMoments`]: states for integers; [`DecimalSum`]: for decimals.
//! * [`PowerSums`], [`WeightedSum`]: states for skewness, kurtosis and weighted means.
//! * [`product`], [`IntegerProduct`]: products by the same rule; [`between`]: so is interpolation.
//! * [`RollingSum`], [`CumulativeSum`]: sums that move along the rows; [`roll_full_windows`]: many at
//!   once; [`RollingProduct`], [`RollingIntegerProduct`]: products likewise.
//! * [`MeanDivisor`]: a correctly rounded mean without a division.
//!
//! States merge exactly, and travel as words (`to_words`, `from_words`). Inner loops are generic,
//! always inlined bodies: whoever calls them from a function compiled for a CPU level gets them for
//! that level, with the same bits.

mod central_moment;
mod decimal_sum;
mod dyadic;
pub mod error_free;
mod exact_sum;
mod fixed_point;
mod integer_sum;
mod interpolate;
pub mod lanes;
mod mean;
mod moments;
mod near;
mod power_sums;
mod product;
mod product_sum;
mod ratio;
mod rolling;
mod rolling_block;
mod rolling_product;
mod rounding;
mod spill;
mod weighted;
mod wide_sum;
mod words;

pub use decimal_sum::DecimalSum;
pub use error_free::step;
pub use exact_sum::ExactSum;
pub use integer_sum::{IntegerMoments, IntegerSum};
pub use interpolate::{Number, between, steps_between};
pub use lanes::step_lanes;
pub use mean::MeanDivisor;
pub use moments::{CoMoments, Moments};
pub use power_sums::PowerSums;
pub use product::{IntegerProduct, product};
pub use rolling::{CumulativeSum, RollingSum};
pub use rolling_block::{RollingResult, roll_full_windows};
pub use rolling_product::{RollingIntegerProduct, RollingProduct};
pub use weighted::WeightedSum;
pub use words::MalformedWords;

/// An integer of up to 64 bits as two f64 whose sum it is; the second is 0 where one suffices.
#[must_use]
pub fn parts(integer: i128) -> (f64, f64) {
    const EXACT: u128 = 1 << 53;
    if integer.unsigned_abs() <= EXACT {
        return (integer as f64, 0.0);
    }
    let low = integer & 0xffff_ffff;
    ((integer - low) as f64, low as f64)
}
