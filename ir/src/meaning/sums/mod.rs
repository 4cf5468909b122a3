//! The language's rule for sums: **the exact real sum, rounded once** to the nearest f64, ties to even.
//!
//! An exact sum has no order, so neither chunks nor threads, partitions nor engines can show in it.
//! f32 values are widened first, which is exact.
//!
//! * [`error_free`], [`lanes`]: the fast path, a pair of f64 that notices when it stops being exact.
//! * [`ExactSum`], [`Moments`], [`CoMoments`]: states for f64, with a superaccumulator behind.
//! * [`IntegerSum`], [`IntegerMoments`]: states for integers.
//! * [`RollingSum`], [`CumulativeSum`]: sums that move along the rows; [`roll_full_windows`]: many at
//!   once.
//! * [`MeanDivisor`]: a correctly rounded mean without a division.
//!
//! States merge exactly, and travel as words (`to_words`, `from_words`). Inner loops are generic,
//! always inlined bodies: whoever calls them from a function compiled for a CPU level gets them for
//! that level, with the same bits.

mod central_moment;
mod dyadic;
pub mod error_free;
mod exact_sum;
mod fixed_point;
mod integer_sum;
pub mod lanes;
mod mean;
mod moments;
mod product_sum;
mod rolling;
mod rolling_block;
mod rounding;
mod spill;
mod words;

pub use error_free::step;
pub use exact_sum::ExactSum;
pub use integer_sum::{IntegerMoments, IntegerSum};
pub use mean::MeanDivisor;
pub use moments::{CoMoments, Moments};
pub use rolling::{CumulativeSum, RollingSum};
pub use rolling_block::{RollingResult, roll_full_windows};
pub use words::MalformedWords;
