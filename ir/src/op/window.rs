//! Windows: values of a row from the rows around it, in the order of the table or in one of their
//! own within the rows of a key.

use super::Reduction;
use crate::meaning::order::Direction;

/// A value per row from that row and its neighbours.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Window {
    /// The value `rows` rows before (after, if negative); null beyond the ends.
    Shift {
        /// How far back.
        rows: i64,
    },
    /// What the non-null values up to and including this row make.
    Cumulative(Cumulative),
    /// A reduction of the rows in a frame around this row; null below `min_count` rows that count.
    /// (A row counts unless a value is null that the reduction skips.)
    Rolling {
        /// Which; it takes its values first.
        reduction: Reduction,
        /// Which rows.
        frame: Frame,
        /// The least number of rows that count.
        min_count: u64,
    },
    /// The value, or where it is null that of the nearest row on one side which has one.
    Fill {
        /// From the rows after instead of those before.
        backward: bool,
        /// How many rows away that may be.
        limit: u64,
    },
    /// The value as an f64, or where it is null what lies on the line between the values before and
    /// after, by the number of rows; null before the first value and after the last.
    Interpolate,
    /// The place of the value among all that are not null, from 1; null where it is null.
    Rank {
        /// What equal values get. Zeros of both signs are equal, so are all NaN, the greatest.
        method: RankMethod,
        /// Whether the greatest value is first.
        descending: bool,
        /// Whether the place is divided by how many there are.
        fraction: bool,
    },
    /// A moment of the values so far that weighs a value the less the more rows ago it was; null where
    /// this row is null, or below `min_count` values. [`crate::meaning::exponential`] defines it.
    Exponential {
        /// Which.
        moment: ExponentialMoment,
        /// How values are weighed.
        decay: Decay,
        /// The least number of values.
        min_count: u64,
    },
}

/// What the values so far make.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Cumulative {
    /// The exact sum, rounded once; integers: 64-bit, checked in each row. Null where this row is.
    Sum,
    /// The product, rounded at each value in turn; integers: exact, 64-bit, checked in each row. Null
    /// where this row is.
    Product,
    /// The least; −0 below +0, NaN greatest. Null where this row is.
    Min,
    /// The greatest; −0 below +0, NaN greatest. Null where this row is.
    Max,
    /// How many there are; never null.
    Count,
}

/// Which rows around a row a rolling window covers.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Frame {
    /// So many rows, this one the last; or, centred, this one in the middle, of an even number the
    /// first after it.
    Rows {
        /// How many, at least 1.
        rows: u64,
        /// Whether this row is in the middle.
        center: bool,
    },
    /// All rows up to and including this one.
    Expanding,
    /// Rows by how far behind this row they are in the first column of the order, in its unit: from
    /// `nearest` to `farthest`. A row in which that column is null is in no window and has none.
    Span {
        /// The least distance: 0, or 1 where rows at this row's own place don't count.
        nearest: i64,
        /// The greatest distance.
        farthest: i64,
    },
}

/// What equal values get as their rank.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum RankMethod {
    /// The mean of the places they take, an f64.
    Average,
    /// The first of them.
    Min,
    /// The last of them.
    Max,
    /// As [`RankMethod::Min`], but the next greater value's place follows at once.
    Dense,
    /// One each, in the order of the rows.
    Ordinal,
}

/// The exponentially weighted moments.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ExponentialMoment {
    /// The mean.
    Mean,
    /// The variance, without bias.
    Var,
    /// The root of the variance.
    Std,
}

/// How values that become less important with every row are weighed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Decay {
    /// What part of its weight a value loses per row.
    pub alpha: Alpha,
    /// Whether the weights are divided by their sum, rather than the first value standing for all
    /// before it.
    pub adjust: bool,
    /// Whether rows without a value don't count: weights fall in the others only.
    pub skip_null: bool,
    /// Whether a variance keeps the bias of its weights.
    pub bias: bool,
}

impl Decay {
    /// The usual one: adjusted, null rows count, and variances are without bias.
    pub fn new(alpha: Alpha) -> Decay {
        Decay {
            alpha,
            adjust: true,
            skip_null: false,
            bias: false,
        }
    }
}

/// A number above 0 and at most 1, by its bits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Alpha(u64);

impl Alpha {
    /// The number, if it is in range.
    pub fn new(value: f64) -> Option<Alpha> {
        (value > 0.0 && value <= 1.0).then(|| Alpha(value.to_bits()))
    }

    /// The number.
    pub fn value(self) -> f64 {
        f64::from_bits(self.0)
    }
}

impl Cumulative {
    /// The function's name in flow text.
    pub fn name(self) -> &'static str {
        match self {
            Cumulative::Sum => "cumulative_sum",
            Cumulative::Product => "cumulative_product",
            Cumulative::Min => "cumulative_min",
            Cumulative::Max => "cumulative_max",
            Cumulative::Count => "cumulative_count",
        }
    }
}

impl RankMethod {
    /// Every one of them.
    pub const ALL: [RankMethod; 5] = [
        RankMethod::Average,
        RankMethod::Min,
        RankMethod::Max,
        RankMethod::Dense,
        RankMethod::Ordinal,
    ];

    /// Its name in flow text.
    pub fn name(self) -> &'static str {
        match self {
            RankMethod::Average => "average",
            RankMethod::Min => "min",
            RankMethod::Max => "max",
            RankMethod::Dense => "dense",
            RankMethod::Ordinal => "ordinal",
        }
    }
}

impl Frame {
    /// Rows before and after a row that the frame covers; none if there is no bound.
    pub fn rows(self) -> Option<(u64, u64)> {
        match self {
            Frame::Rows {
                rows,
                center: false,
            } => Some((rows.saturating_sub(1), 0)),
            Frame::Rows { rows, center: true } => Some((rows / 2, rows.saturating_sub(1) / 2)),
            Frame::Expanding | Frame::Span { .. } => None,
        }
    }
}

impl Window {
    /// A reduction of this row and the `rows - 1` before.
    pub fn rolling(reduction: Reduction, rows: u64, min_count: u64) -> Window {
        let center = false;
        Window::Rolling {
            reduction,
            frame: Frame::Rows { rows, center },
            min_count,
        }
    }

    /// The op's name in stage texts.
    pub fn name(self) -> &'static str {
        match self {
            Window::Shift { .. } => "shift",
            Window::Cumulative(cumulative) => cumulative.name(),
            Window::Rolling { .. } => "rolling",
            Window::Fill {
                backward: false, ..
            } => "forward_fill",
            Window::Fill { backward: true, .. } => "backward_fill",
            Window::Interpolate => "interpolate",
            Window::Rank { .. } => "rank",
            Window::Exponential { moment, .. } => match moment {
                ExponentialMoment::Mean => "ewm_mean",
                ExponentialMoment::Var => "ewm_var",
                ExponentialMoment::Std => "ewm_std",
            },
        }
    }

    /// How many columns the window looks at.
    pub fn values(self) -> usize {
        match self {
            Window::Rolling { reduction, .. } => reduction.arity(),
            Window::Shift { .. }
            | Window::Cumulative(_)
            | Window::Fill { .. }
            | Window::Interpolate
            | Window::Rank { .. }
            | Window::Exponential { .. } => 1,
        }
    }

    /// Whether it calculates with its values, so that bools count as 0 and 1.
    pub fn is_numeric(self) -> bool {
        match self {
            Window::Cumulative(cumulative) => {
                matches!(cumulative, Cumulative::Sum | Cumulative::Product)
            }
            Window::Rolling { reduction, .. } => reduction.is_numeric(),
            Window::Interpolate | Window::Exponential { .. } => true,
            Window::Shift { .. } | Window::Fill { .. } | Window::Rank { .. } => false,
        }
    }

    /// Rows before and after a row that its value depends on; none if there is no bound.
    pub fn halo(self) -> Option<(u64, u64)> {
        match self {
            Window::Shift { rows } if rows >= 0 => Some((rows.unsigned_abs(), 0)),
            Window::Shift { rows } => Some((0, rows.unsigned_abs())),
            Window::Rolling { frame, .. } => frame.rows(),
            Window::Cumulative(_)
            | Window::Fill { .. }
            | Window::Interpolate
            | Window::Rank { .. }
            | Window::Exponential { .. } => None,
        }
    }
}

/// Which rows a window moves along, and in which order: the rows of the same key, ordered by
/// other columns where those are given, else as they stand in the table.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Over {
    /// How many key columns there are. Null is a key, −0 and +0 are one, so are all NaN.
    pub keys: u32,
    /// The direction of each column that orders the rows, the most significant first.
    pub order: Vec<Direction>,
}

impl Over {
    /// Whether the window moves along the rows of the whole table as they stand.
    pub fn is_none(&self) -> bool {
        self.keys == 0 && self.order.is_empty()
    }

    /// How many columns say so.
    pub fn columns(&self) -> usize {
        self.keys as usize + self.order.len()
    }
}

/// A window with the rows that it moves along. Its arguments are the columns it looks at, then the
/// keys, then the columns of the order.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct WindowOver {
    /// What is computed.
    pub window: Window,
    /// Along which rows.
    pub over: Over,
}

impl WindowOver {
    /// Whether it is computed on the way from sums that an earlier pass took.
    pub fn is_carried(&self) -> bool {
        self.over.is_none() && self.window == Window::Cumulative(Cumulative::Sum)
    }

    /// Whether a pass over the table can compute it on the way, because a row's value depends on
    /// rows near it, or on a sum carried on; `text` if it looks at text.
    pub fn is_local(&self, text: bool) -> bool {
        let shift = matches!(self.window, Window::Shift { .. });
        let near = self.window.halo().is_some() && (shift || !text);
        self.over.is_none() && (near || self.is_carried())
    }
}

impl From<Window> for WindowOver {
    fn from(window: Window) -> WindowOver {
        let over = Over::default();
        WindowOver { window, over }
    }
}

/// What a stage text says of it besides its name.
impl std::fmt::Display for WindowOver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.window {
            Window::Shift { rows } => write!(f, " {rows}")?,
            Window::Rolling {
                reduction,
                frame,
                min_count,
            } => {
                write!(f, " {}", reduction.name())?;
                for option in reduction.options() {
                    write!(f, " {}={}", option.name, option.value)?;
                }
                match frame {
                    Frame::Rows { rows, center } => {
                        write!(f, " rows={rows}{}", if center { " center" } else { "" })?;
                    }
                    Frame::Expanding => write!(f, " expanding")?,
                    Frame::Span { nearest, farthest } => write!(f, " span={nearest}..={farthest}")?,
                }
                write!(f, " min={min_count}")?;
            }
            Window::Fill { limit, .. } if limit < u64::MAX => write!(f, " limit={limit}")?,
            Window::Rank {
                method,
                descending,
                fraction,
            } => {
                write!(f, " {}", method.name())?;
                f.write_str(if descending { " descending" } else { "" })?;
                f.write_str(if fraction { " fraction" } else { "" })?;
            }
            Window::Exponential {
                decay, min_count, ..
            } => {
                let alpha = decay.alpha.value();
                write!(f, " alpha={alpha:?} adjust={}", decay.adjust)?;
                f.write_str(if decay.skip_null { " skip_null" } else { "" })?;
                f.write_str(if decay.bias { " bias" } else { "" })?;
                write!(f, " min={min_count}")?;
            }
            Window::Cumulative(_) | Window::Fill { .. } | Window::Interpolate => {}
        }
        if self.over.keys > 0 {
            write!(f, " keys={}", self.over.keys)?;
        }
        for (position, direction) in self.over.order.iter().enumerate() {
            let separator = if position == 0 { " order=" } else { "," };
            let name = if direction.descending { "desc" } else { "asc" };
            let nulls = if direction.nulls_first {
                "_nulls_first"
            } else {
                ""
            };
            write!(f, "{separator}{name}{nulls}")?;
        }
        Ok(())
    }
}
