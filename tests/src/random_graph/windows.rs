//! Windows of every kind, along keys and orders of any type.

use icosian_ir::graph::Partition;
use icosian_ir::id::ExprId;
use icosian_ir::meaning::order::Direction;
use icosian_ir::op::{
    Alpha, Cumulative, Decay, ExponentialMoment, Fraction, Frame, Interpolation, RankMethod,
    Reduction, Window,
};
use icosian_ir::types::ScalarType;

use super::Maker;

impl Maker<'_> {
    pub(super) fn window(&mut self) -> Option<ExprId> {
        let rows = 1 + self.numbers.below(9) as u64;
        let min_count = self.numbers.below(rows as usize + 1) as u64;
        let (flag, other) = (self.numbers.below(2) == 0, self.numbers.below(2) == 0);
        let interpolation = *self.numbers.pick(&Interpolation::ALL);
        let q = Fraction::new(self.numbers.below(9) as f64 / 8.0)?;
        let reductions = [
            Reduction::Sum,
            Reduction::Mean,
            Reduction::Min,
            Reduction::Max,
            Reduction::Var { ddof: 1 },
            Reduction::Std { ddof: 0 },
            Reduction::Quantile { q, interpolation },
            Reduction::MEDIAN,
            Reduction::Count,
            Reduction::Cov { ddof: 1 },
            Reduction::Corr,
            Reduction::Product,
            Reduction::Skew { bias: flag },
            Reduction::Kurtosis { bias: other },
            Reduction::NUnique,
            Reduction::First { skip_null: flag },
            Reduction::Last { skip_null: flag },
            Reduction::Mode,
            Reduction::AtMax,
            Reduction::AtMin,
            Reduction::WeightedMean,
        ];
        let cumulative = [
            Cumulative::Sum,
            Cumulative::Product,
            Cumulative::Min,
            Cumulative::Max,
            Cumulative::Count,
        ];
        let moments = [
            ExponentialMoment::Mean,
            ExponentialMoment::Var,
            ExponentialMoment::Std,
        ];
        let center = flag;
        let window = match self.numbers.below(12) {
            0 => Window::Shift {
                rows: self.numbers.below(7) as i64 - 3,
            },
            1 => Window::Cumulative(*self.numbers.pick(&cumulative)),
            2..=5 => Window::Rolling {
                reduction: *self.numbers.pick(&reductions),
                frame: if other {
                    Frame::Rows { rows, center }
                } else {
                    Frame::Expanding
                },
                min_count,
            },
            6 => Window::Rolling {
                reduction: *self.numbers.pick(&reductions),
                frame: Frame::Span {
                    nearest: i64::from(flag),
                    farthest: rows as i64 * 100_000,
                },
                min_count,
            },
            7 => Window::Fill {
                backward: flag,
                limit: if other { rows } else { u64::MAX },
            },
            8 => Window::Interpolate,
            9 => Window::Rank {
                method: *self.numbers.pick(&RankMethod::ALL),
                descending: flag,
                fraction: other,
            },
            _ => {
                let moment = *self.numbers.pick(&moments);
                // A mean has no bias.
                let bias = self.numbers.below(4) == 0 && moment != ExponentialMoment::Mean;
                Window::Exponential {
                    moment,
                    decay: Decay {
                        alpha: Alpha::new(rows as f64 / 10.0)?,
                        adjust: flag,
                        skip_null: other,
                        bias,
                    },
                    min_count,
                }
            }
        };
        // Integer sums and products may overflow their 64 bits.
        let sums = match window {
            Window::Cumulative(Cumulative::Sum | Cumulative::Product) => true,
            Window::Rolling { reduction, .. } => {
                matches!(reduction, Reduction::Sum | Reduction::Product)
            }
            _ => false,
        };
        let floats = sums && !self.shape.raising;
        let mut values = Vec::new();
        for _ in 0..window.values() {
            values.push(self.rows(|scalar| !floats || scalar.is_float())?);
        }
        let mut partition = Partition::default();
        for _ in 0..self.numbers.below(3) {
            partition.keys.push(self.rows(|_| true)?);
        }
        let mut wanted = self.numbers.below(2);
        if let Window::Rolling {
            frame: Frame::Span { .. },
            ..
        } = window
        {
            let axis = self.rows(|scalar| {
                matches!(
                    scalar,
                    ScalarType::Timestamp(..) | ScalarType::Date | ScalarType::Duration(_)
                )
            })?;
            partition.order.push((axis, self.direction()));
            wanted = 0;
        }
        for _ in 0..wanted {
            let column = self.rows(|_| true)?;
            partition.order.push((column, self.direction()));
        }
        self.builder.window_over(window, &values, &partition).ok()
    }

    fn direction(&mut self) -> Direction {
        Direction {
            descending: self.numbers.below(2) == 0,
            nulls_first: self.numbers.below(2) == 0,
        }
    }
}
