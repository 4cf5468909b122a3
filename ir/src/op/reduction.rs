//! The reductions: values of many rows made one.

use crate::types::ScalarType;

/// How a quantile between two values is chosen.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Interpolation {
    /// As far between the two as the position lies, exact and rounded once.
    Linear,
    /// The lower of the two.
    Lower,
    /// The higher of the two.
    Higher,
    /// The nearer of the two; half way, the one with the even position.
    Nearest,
    /// Half way between the two, exact and rounded once.
    Midpoint,
}

impl Interpolation {
    /// Every one of them.
    pub const ALL: [Interpolation; 5] = [
        Interpolation::Linear,
        Interpolation::Lower,
        Interpolation::Higher,
        Interpolation::Nearest,
        Interpolation::Midpoint,
    ];

    /// Its name in flow text.
    pub fn name(self) -> &'static str {
        match self {
            Interpolation::Linear => "linear",
            Interpolation::Lower => "lower",
            Interpolation::Higher => "higher",
            Interpolation::Nearest => "nearest",
            Interpolation::Midpoint => "midpoint",
        }
    }

    /// Whether the result is one of the values, and so of their type.
    pub fn is_element(self) -> bool {
        match self {
            Interpolation::Lower | Interpolation::Higher | Interpolation::Nearest => true,
            Interpolation::Linear | Interpolation::Midpoint => false,
        }
    }
}

/// A number from 0 to 1, by its bits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Fraction(u64);

impl Fraction {
    /// One half.
    pub const HALF: Fraction = Fraction(0.5f64.to_bits());

    /// The number, unless it is below 0, above 1 or NaN.
    pub fn new(value: f64) -> Option<Fraction> {
        // Adding zero leaves no −0.
        (0.0..=1.0)
            .contains(&value)
            .then(|| Fraction((value + 0.0).to_bits()))
    }

    /// The number.
    pub fn value(self) -> f64 {
        f64::from_bits(self.0)
    }
}

/// Values of many rows made one. Nulls are skipped; of two values, rows where either is null.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Reduction {
    /// The exact sum, rounded once; 0 of nothing. Integers: 64-bit, checked on delivery.
    Sum,
    /// The exact sum over the count, rounded once.
    Mean,
    /// The exact product, rounded once; 1 of nothing. Integers: 64-bit, checked on delivery.
    Product,
    /// The least value; −0 below +0, NaN greatest.
    Min,
    /// The greatest value; −0 below +0, NaN greatest.
    Max,
    /// Variance with `ddof` degrees of freedom taken off, from exact moments.
    Var {
        /// What is taken off the count in the divisor.
        ddof: u8,
    },
    /// The square root of the variance.
    Std {
        /// What is taken off the count in the divisor.
        ddof: u8,
    },
    /// Skewness, from exact power sums, rounded once; NaN where all values are equal.
    Skew {
        /// Whether it is the population's, rather than corrected for a sample's bias, which takes
        /// three values.
        bias: bool,
    },
    /// Excess kurtosis (0 of a normal distribution), likewise; corrected it takes four values.
    Kurtosis {
        /// Whether it is the population's.
        bias: bool,
    },
    /// The value below which this part of the values lies, in the order of [`Reduction::Min`]: at
    /// position `q · (n − 1)`, computed in f64, of the values in order.
    Quantile {
        /// Which part.
        q: Fraction,
        /// What lies between two values.
        interpolation: Interpolation,
    },
    /// How many values are not null.
    Count,
    /// How many rows; takes no value.
    Len,
    /// How many values are distinct, as keys are.
    NUnique,
    /// About how many values are distinct: the estimate of [`crate::meaning::sketch`].
    ApproxNUnique,
    /// Whether some value is true; nulls skipped, null of nothing.
    Any,
    /// Whether every value is true; nulls skipped, null of nothing.
    All,
    /// The value in the first row.
    First {
        /// Whether rows in which it is null don't count.
        skip_null: bool,
    },
    /// The value in the last row.
    Last {
        /// Whether rows in which it is null don't count.
        skip_null: bool,
    },
    /// The value that most rows have, as keys are; of several the least.
    Mode,
    /// The first value, null or not, in the first row in which the second is greatest.
    AtMax,
    /// The first value, null or not, in the first row in which the second is least.
    AtMin,
    /// Covariance with `ddof` degrees of freedom taken off, from exact moments, rounded once.
    Cov {
        /// What is taken off the count in the divisor.
        ddof: u8,
    },
    /// Pearson's correlation, from exact moments, rounded once; null below two rows, NaN where a
    /// value is constant.
    Corr,
    /// The exact `sum(x * w) / sum(w)`, rounded once.
    WeightedMean,
}

/// An option of a reduction, as flow text has it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReductionOption {
    /// Its name.
    pub name: &'static str,
    /// Its value.
    pub value: String,
    /// Whether this is what it is when left out.
    pub is_default: bool,
}

impl Reduction {
    /// The median.
    pub const MEDIAN: Reduction = Reduction::Quantile {
        q: Fraction::HALF,
        interpolation: Interpolation::Linear,
    };

    /// Whether rows whose values are null make no difference.
    pub fn skips_nulls(self) -> bool {
        match self {
            Reduction::Sum
            | Reduction::Mean
            | Reduction::Product
            | Reduction::Min
            | Reduction::Max
            | Reduction::Var { .. }
            | Reduction::Std { .. }
            | Reduction::Skew { .. }
            | Reduction::Kurtosis { .. }
            | Reduction::Quantile { .. }
            | Reduction::Count
            | Reduction::NUnique
            | Reduction::ApproxNUnique
            | Reduction::Any
            | Reduction::All
            | Reduction::Mode
            | Reduction::Cov { .. }
            | Reduction::Corr
            | Reduction::WeightedMean => true,
            Reduction::First { skip_null } | Reduction::Last { skip_null } => skip_null,
            Reduction::Len | Reduction::AtMax | Reduction::AtMin => false,
        }
    }

    /// The function's name in flow text.
    pub fn name(self) -> &'static str {
        match self {
            Reduction::Sum => "sum",
            Reduction::Mean => "mean",
            Reduction::Product => "product",
            Reduction::Min => "min",
            Reduction::Max => "max",
            Reduction::Var { .. } => "var",
            Reduction::Std { .. } => "std",
            Reduction::Skew { .. } => "skew",
            Reduction::Kurtosis { .. } => "kurtosis",
            Reduction::MEDIAN => "median",
            Reduction::Quantile { .. } => "quantile",
            Reduction::Count => "count",
            Reduction::Len => "len",
            Reduction::NUnique => "n_unique",
            Reduction::ApproxNUnique => "approx_n_unique",
            Reduction::Any => "any",
            Reduction::All => "all",
            Reduction::First { .. } => "first",
            Reduction::Last { .. } => "last",
            Reduction::Mode => "mode",
            Reduction::AtMax => "at_max",
            Reduction::AtMin => "at_min",
            Reduction::Cov { .. } => "cov",
            Reduction::Corr => "corr",
            Reduction::WeightedMean => "weighted_mean",
        }
    }

    /// How many values it takes of each row.
    pub fn arity(self) -> usize {
        match self {
            Reduction::Len => 0,
            Reduction::Sum
            | Reduction::Mean
            | Reduction::Product
            | Reduction::Min
            | Reduction::Max
            | Reduction::Var { .. }
            | Reduction::Std { .. }
            | Reduction::Skew { .. }
            | Reduction::Kurtosis { .. }
            | Reduction::Quantile { .. }
            | Reduction::Count
            | Reduction::NUnique
            | Reduction::ApproxNUnique
            | Reduction::Any
            | Reduction::All
            | Reduction::First { .. }
            | Reduction::Last { .. }
            | Reduction::Mode => 1,
            Reduction::AtMax
            | Reduction::AtMin
            | Reduction::Cov { .. }
            | Reduction::Corr
            | Reduction::WeightedMean => 2,
        }
    }

    /// Whether it calculates with its values, so that bools count as 0 and 1.
    pub fn is_numeric(self) -> bool {
        match self {
            Reduction::Sum
            | Reduction::Mean
            | Reduction::Product
            | Reduction::Var { .. }
            | Reduction::Std { .. }
            | Reduction::Skew { .. }
            | Reduction::Kurtosis { .. }
            | Reduction::Quantile { .. }
            | Reduction::Cov { .. }
            | Reduction::Corr
            | Reduction::WeightedMean => true,
            Reduction::Min
            | Reduction::Max
            | Reduction::Count
            | Reduction::Len
            | Reduction::NUnique
            | Reduction::ApproxNUnique
            | Reduction::Any
            | Reduction::All
            | Reduction::First { .. }
            | Reduction::Last { .. }
            | Reduction::Mode
            | Reduction::AtMax
            | Reduction::AtMin => false,
        }
    }

    /// The type in which it takes values of a type: bools are numbers where it calculates with them, and
    /// decimals the nearest f64 where what it gives is no decimal's, exact or rounded once.
    pub fn takes(self, scalar: ScalarType) -> ScalarType {
        let exact = matches!(self, Reduction::Sum | Reduction::Mean);
        match scalar {
            ScalarType::Bool if self.is_numeric() => ScalarType::I8,
            ScalarType::Decimal(..) if self.is_numeric() && !exact => ScalarType::F64,
            other => other,
        }
    }

    /// Whether a row in which the value at this position is null is left out.
    pub fn skips_null(self, position: usize) -> bool {
        match self {
            Reduction::First { skip_null } | Reduction::Last { skip_null } => skip_null,
            Reduction::AtMax | Reduction::AtMin => position == 1,
            Reduction::Sum
            | Reduction::Mean
            | Reduction::Product
            | Reduction::Min
            | Reduction::Max
            | Reduction::Var { .. }
            | Reduction::Std { .. }
            | Reduction::Skew { .. }
            | Reduction::Kurtosis { .. }
            | Reduction::Quantile { .. }
            | Reduction::Count
            | Reduction::Len
            | Reduction::NUnique
            | Reduction::ApproxNUnique
            | Reduction::Any
            | Reduction::All
            | Reduction::Mode
            | Reduction::Cov { .. }
            | Reduction::Corr
            | Reduction::WeightedMean => true,
        }
    }

    /// What it carries besides its kind, in the order of its parameters.
    pub fn options(self) -> Vec<ReductionOption> {
        let option = |name, value: String, is_default| ReductionOption {
            name,
            value,
            is_default,
        };
        match self {
            Reduction::Var { ddof } | Reduction::Std { ddof } | Reduction::Cov { ddof } => {
                vec![option("ddof", ddof.to_string(), ddof == 1)]
            }
            Reduction::Skew { bias } | Reduction::Kurtosis { bias } => {
                vec![option("bias", bias.to_string(), !bias)]
            }
            Reduction::MEDIAN => Vec::new(),
            Reduction::Quantile { q, interpolation } => vec![
                option("q", format!("{:?}", q.value()), false),
                option(
                    "interpolation",
                    format!("{:?}", interpolation.name()),
                    interpolation == Interpolation::Linear,
                ),
            ],
            Reduction::First { skip_null } | Reduction::Last { skip_null } => {
                vec![option("skip_null", skip_null.to_string(), skip_null)]
            }
            Reduction::Sum
            | Reduction::Mean
            | Reduction::Product
            | Reduction::Min
            | Reduction::Max
            | Reduction::Count
            | Reduction::Len
            | Reduction::NUnique
            | Reduction::ApproxNUnique
            | Reduction::Any
            | Reduction::All
            | Reduction::Mode
            | Reduction::AtMax
            | Reduction::AtMin
            | Reduction::Corr
            | Reduction::WeightedMean => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_are_from_0_to_1() {
        for wrong in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
            assert_eq!(Fraction::new(wrong), None);
        }
        assert_eq!(Fraction::new(-0.0), Fraction::new(0.0));
        assert_eq!(Fraction::new(0.5), Some(Fraction::HALF));
    }

    #[test]
    fn the_median_is_a_quantile_with_a_name() {
        assert_eq!(Reduction::MEDIAN.name(), "median");
        let lower = Reduction::Quantile {
            q: Fraction::HALF,
            interpolation: Interpolation::Lower,
        };
        assert_eq!(lower.name(), "quantile");
        let shown: Vec<String> = lower.options().into_iter().map(|o| o.value).collect();
        assert_eq!(shown, ["0.5", "\"lower\""]);
    }
}
