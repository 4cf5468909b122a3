//! Properties of exact sums, against a naive fixed-point number that knows nothing of the
//! implementation: a rounded quotient is checked by comparing with the midpoints beside it.

use icosian_ir::meaning::sums::{
    ExactSum, IntegerMoments, IntegerSum, MeanDivisor, Moments, RollingResult, RollingSum,
    lanes::{SumLanes, add_block},
    roll_full_windows, step,
};
use proptest::prelude::*;
use std::cmp::Ordering;

/// A two's complement number of 2,560 bits, in units of 2⁻¹⁰⁷⁴.
#[derive(Clone, PartialEq, Eq)]
struct Wide([u64; 40]);

impl Wide {
    fn from_f64(value: f64) -> Self {
        let (bits, mut words) = (value.to_bits(), [0; 40]);
        let biased = (bits >> 52 & 0x7ff) as usize;
        let fraction = bits & ((1 << 52) - 1);
        let (significand, shift) = if biased == 0 {
            (fraction, 0)
        } else {
            (fraction | 1 << 52, biased - 1)
        };
        for bit in (0..53).filter(|bit| significand >> bit & 1 == 1) {
            words[(bit + shift) / 64] |= 1 << ((bit + shift) % 64);
        }
        if value < 0.0 {
            Self([0; 40]).minus(&Self(words))
        } else {
            Self(words)
        }
    }

    fn plus(&self, other: &Self) -> Self {
        let mut carry = false;
        Self(std::array::from_fn(|index| {
            let (sum, first) = self.0[index].overflowing_add(other.0[index]);
            let (sum, second) = sum.overflowing_add(u64::from(carry));
            carry = first | second;
            sum
        }))
    }

    fn minus(&self, other: &Self) -> Self {
        let one = Self(std::array::from_fn(|index| u64::from(index == 0)));
        self.plus(&Self(other.0.map(|word| !word)).plus(&one))
    }

    fn times(&self, factor: u64) -> Self {
        let mut carry = 0;
        Self(std::array::from_fn(|index| {
            let product = u128::from(self.0[index]) * u128::from(factor) + carry;
            carry = product >> 64;
            product as u64
        }))
    }

    fn compare(&self, other: &Self) -> Ordering {
        let difference = self.minus(other);
        if difference.0[39] >> 63 == 1 {
            Ordering::Less
        } else if difference.0 == [0; 40] {
            Ordering::Equal
        } else {
            Ordering::Greater
        }
    }

    fn sum(values: &[f64]) -> Self {
        values.iter().fold(Self([0; 40]), |sum, &value| {
            sum.plus(&Self::from_f64(value))
        })
    }

    /// Twice the point from which on numbers round away from `value` to the next one above.
    fn twice_midpoint_above(value: f64) -> Self {
        // Past the largest number the spacing goes on as before it.
        let spacing = if value == f64::MAX {
            2f64.powi(971)
        } else {
            0.0
        };
        let next = if value == f64::MAX {
            value
        } else {
            value.next_up()
        };
        let value = if value == f64::NEG_INFINITY {
            next
        } else {
            value
        };
        let spacing = if value == f64::MIN && next == f64::MIN {
            -2f64.powi(971)
        } else {
            spacing
        };
        Self::sum(&[value, next, spacing])
    }

    /// Whether `rounded` is `self / count`, rounded to nearest, ties to even.
    fn rounds_to(&self, count: u64, rounded: f64) -> bool {
        let twice = self.times(2);
        let even = rounded.to_bits() & 1 == 0;
        let above = rounded == f64::INFINITY || {
            let order = twice.compare(&Self::twice_midpoint_above(rounded).times(count));
            order.is_lt() || (order.is_eq() && even)
        };
        let below = rounded == f64::NEG_INFINITY || {
            let order =
                twice.compare(&Self::twice_midpoint_above(rounded.next_down()).times(count));
            order.is_gt() || (order.is_eq() && even)
        };
        above && below
    }
}

fn finite() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => -1e3..1e3f64,
        3 => any::<u64>().prop_map(f64::from_bits).prop_filter("finite", |value| value.is_finite()),
        2 => (-8i32..8).prop_map(|value| f64::from(value) * 5e-324),
        2 => (1.0..2.0f64, -80i32..80).prop_map(|(value, power)| value * 2f64.powi(power)),
        1 => (0u64..8).prop_map(|value| f64::from_bits(1f64.to_bits() + value)),
        2 => proptest::sample::select(vec![
            1e308, -1e308, f64::MAX, f64::MIN, 0.0, -0.0, 1.0, -1.0, 2f64.powi(970), -2f64.powi(970),
        ]),
    ]
}

/// Values, of which many cancel.
fn cancelling() -> impl Strategy<Value = Vec<f64>> {
    (
        prop::collection::vec(finite(), 0..60),
        prop::collection::vec(any::<bool>(), 60),
    )
        .prop_map(|(values, cancel)| {
            let opposites: Vec<f64> = values
                .iter()
                .zip(&cancel)
                .filter(|&(_, &cancel)| cancel)
                .map(|(&value, _)| -value)
                .collect();
            [values, opposites].concat()
        })
}

fn any_value() -> impl Strategy<Value = f64> {
    prop_oneof![20 => finite(), 1 => proptest::sample::select(vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY])]
}

fn one_by_one(values: &[f64]) -> ExactSum {
    values.iter().fold(ExactSum::new(), |mut sum, &value| {
        sum.add(value);
        sum
    })
}

/// One NaN is as good as another.
fn bits(value: f64) -> u64 {
    if value.is_nan() {
        f64::NAN.to_bits()
    } else {
        value.to_bits()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn sums_are_the_exact_sum_rounded_once(values in cancelling()) {
        let sum = one_by_one(&values).value();
        prop_assert!(Wide::sum(&values).rounds_to(1, sum), "{sum:e}");
        prop_assert!(sum != 0.0 || sum.to_bits() == 0);
    }

    #[test]
    fn means_are_the_exact_quotient_rounded_once(values in cancelling(), more in 1u64..1 << 45) {
        let (sum, wide) = (one_by_one(&values), Wide::sum(&values));
        for count in [1, 2, 3, 6, 7, 10, 64, 1000, more] {
            let mean = sum.mean(count).expect("a count");
            prop_assert!(wide.rounds_to(count, mean), "{mean:e} for {count}");
        }
    }

    #[test]
    fn windows_are_the_exact_sums_and_quotients_rounded_once(
        values in prop_oneof![
            prop::collection::vec((1.0..2.0f64, -24i32..24).prop_map(|(value, power)| value * 2f64.powi(power)), 20..90),
            prop::collection::vec((-1i64 << 53..1 << 53, -3i32..3).prop_map(|(unit, power)| unit as f64 * 2f64.powi(power)), 20..90),
            prop::collection::vec(finite(), 20..90),
        ],
        window in 1usize..60,
    ) {
        for (result, count) in [(RollingResult::Sum, 1), (RollingResult::Mean, window as u64)] {
            let mut results = vec![0.0; values.len()];
            roll_full_windows(&values, window, result, &mut results);
            for (held, found) in values.windows(window).zip(results.iter().skip(window - 1)) {
                prop_assert!(Wide::sum(held).rounds_to(count, *found), "{held:?}: {found:e}");
                prop_assert!(*found != 0.0 || count > 1 || found.to_bits() == 0);
            }
        }
    }

    #[test]
    fn means_of_similar_values(units in prop::collection::vec(0u64..1 << 54, 1..20), power in -60i32..60) {
        // Full significands of neighbouring binades meet ties often.
        let values: Vec<f64> = units.iter().map(|&unit| unit as f64 * 2f64.powi(power)).collect();
        let count = values.len() as u64;
        let mean = one_by_one(&values).mean(count).expect("a count");
        prop_assert!(Wide::sum(&values).rounds_to(count, mean));
    }

    #[test]
    fn means_at_and_beside_ties(unit in 1u64 << 52..1 << 53, count in 1u64..1 << 39, negative in any::<bool>(),
                                beside in -1i32..=1, low_power in -60i32..0) {
        // hi + lo is count × (unit + ½), give or take a trace.
        let twice = u128::from(count) * u128::from(2 * unit + 1);
        let sign = if negative { -1.0 } else { 1.0 };
        let hi = twice as f64;
        let rest = if hi as u128 > twice { -((hi as u128 - twice) as f64) } else { (twice - hi as u128) as f64 };
        let lo = rest + f64::from(beside) * 2f64.powi(low_power);
        let wide = Wide::sum(&[sign * hi, sign * lo]);
        let mean = MeanDivisor::new(count).mean(sign * hi, sign * lo).expect("in range");
        prop_assert!(wide.rounds_to(count, mean));
    }

    #[test]
    fn order_and_partition_do_not_show(values in prop::collection::vec(any_value(), 0..80), seed in any::<u64>()) {
        let wanted = bits(one_by_one(&values).value());
        let mut random = seed | 1;
        let mut next = |bound: usize| {
            random = random.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (random >> 33) as usize % bound
        };
        let mut shuffled = values.clone();
        for end in (1..shuffled.len()).rev() {
            shuffled.swap(end, next(end + 1));
        }
        let mut parts = vec![ExactSum::new(); 1 + next(5)];
        let mut rest = shuffled.as_slice();
        while !rest.is_empty() {
            let (part, after) = rest.split_at(1 + next(rest.len()));
            let state = next(parts.len());
            if next(2) == 0 {
                parts[state].add_slice(part);
            } else {
                parts[state].add_slice_in_lanes::<16>(part, Some(|_| u64::MAX));
            }
            parts[state] = ExactSum::from_words(&parts[state].to_words()).expect("own words");
            rest = after;
        }
        let mut total = parts.pop().expect("a part");
        while let Some(part) = parts.pop() {
            total.merge(&part);
        }
        prop_assert_eq!(bits(total.value()), wanted);
        let count = values.len() as u64;
        prop_assert_eq!(total.mean(count).map(bits), one_by_one(&values).mean(count).map(bits));
        for &value in &shuffled {
            total.subtract(value);
        }
        prop_assert_eq!(total.value().to_bits(), 0);
    }

    #[test]
    fn masks_leave_out(values in prop::collection::vec(any_value(), 0..200), words in any::<[u64; 4]>()) {
        let valid = |row: usize| words[row / 64] >> (row % 64) & 1 == 1;
        let kept: Vec<f64> = (0..values.len()).filter(|&row| valid(row)).map(|row| values[row]).collect();
        let mut sum = ExactSum::new();
        sum.add_slice_masked(&values, |word| words[word]);
        prop_assert_eq!(bits(sum.value()), bits(one_by_one(&kept).value()));
        let mut moments = Moments::new();
        moments.add_slice_masked(&values, |word| words[word]);
        let mut wanted = Moments::new();
        wanted.add_slice(&kept);
        prop_assert_eq!(moments.count(), kept.len() as u64);
        prop_assert_eq!(moments.mean().map(bits), wanted.mean().map(bits));
        prop_assert_eq!(moments.variance(1).map(bits), wanted.variance(1).map(bits));
    }

    #[test]
    fn exact_lanes_and_pairs_hold_the_sum(values in prop::collection::vec(finite(), 0..40)) {
        let wide = Wide::sum(&values);
        let mut lanes = SumLanes::<4>::default();
        if add_block(&values, None::<fn(usize) -> u64>, &mut lanes) {
            let parts: Vec<f64> = lanes.pairs().flat_map(|(hi, lo)| [hi, lo]).collect();
            prop_assert!(Wide::sum(&parts) == wide);
        }
        let (mut hi, mut lo, mut anything_left) = (0.0, 0.0, false);
        for &value in &values {
            let left;
            (hi, lo, left) = step(hi, lo, value);
            anything_left |= left;
        }
        prop_assert!(anything_left || Wide::sum(&[hi, lo]) == wide);
    }

    #[test]
    fn windows_hold_their_rows(values in prop::collection::vec(any_value(), 1..150), window in 1usize..20) {
        let mut rolling = RollingSum::new();
        for row in 0..values.len() {
            if row < window {
                rolling.push(values[row]);
            } else {
                rolling.slide(values[row - window], values[row]);
            }
            let fresh = one_by_one(&values[(row + 1).saturating_sub(window)..=row]);
            prop_assert_eq!(bits(rolling.value()), bits(fresh.value()));
            prop_assert_eq!(rolling.mean().map(bits), fresh.mean(rolling.count()).map(bits));
        }
    }

    #[test]
    fn variances_of_scaled_integers(units in prop::collection::vec(-(1i64 << 20)..1 << 20, 2..30), power in -400i32..400) {
        let count = units.len() as i128;
        let squares: i128 = units.iter().map(|&unit| i128::from(unit * unit)).sum();
        let sum = i128::from(units.iter().sum::<i64>());
        // Below 2⁵³, so that one division rounds once.
        let wanted = (count * squares - sum * sum) as f64 / (count * (count - 1)) as f64;
        let scale = 2f64.powi(power);
        let mut moments = Moments::new();
        units.iter().for_each(|&unit| moments.add(unit as f64 * scale));
        prop_assert_eq!(moments.variance(1), Some(wanted * scale * scale));
        let mut integers = IntegerMoments::new();
        integers.add_slice(&units);
        prop_assert_eq!(integers.variance(1), Some(wanted));
    }

    #[test]
    fn integers_of_all_sizes(values in prop::collection::vec(any::<i64>(), 1..50), shift in 0u32..64) {
        let values: Vec<i64> = values.into_iter().map(|value| value >> shift).collect();
        let total: i128 = values.iter().map(|&value| i128::from(value)).sum();
        let mut sum = IntegerSum::new();
        sum.add_slice(&values);
        prop_assert_eq!(sum.value(), total);
        // In units of 2⁻¹⁰⁷⁴ like every wide number here: halves add up exactly.
        let parts: Vec<f64> = values.iter().flat_map(|&value| [(value >> 32) as f64 * 2f64.powi(32), (value & 0xffff_ffff) as f64]).collect();
        let count = values.len() as u64;
        prop_assert!(Wide::sum(&parts).rounds_to(count, sum.mean(count).expect("a count")));
    }
}
