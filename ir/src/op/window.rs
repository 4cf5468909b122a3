//! Windows: values of a row from the rows around it, in the order of the table or in one of their
//! own within the rows of a key.

use crate::meaning::order::Direction;

/// A value per row from that row and its neighbours.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Window {
    /// The value `rows` rows before (after, if negative); null beyond the ends.
    Shift {
        /// How far back.
        rows: i64,
    },
    /// The sum of the non-null values up to and including this row; null where this row is null.
    CumulativeSum,
    /// Sum over this row and the `rows - 1` before; null below `min_rows` non-null values.
    RollingSum {
        /// The window's length in rows, at least 1.
        rows: u64,
        /// The least number of non-null values, at most `rows`.
        min_rows: u64,
    },
    /// Mean over the same window.
    RollingMean {
        /// The window's length in rows, at least 1.
        rows: u64,
        /// The least number of non-null values, at most `rows`.
        min_rows: u64,
    },
}

impl Window {
    /// The op's name in stage texts.
    pub fn name(self) -> &'static str {
        match self {
            Window::Shift { .. } => "shift",
            Window::CumulativeSum => "cumulative_sum",
            Window::RollingSum { .. } => "rolling_sum",
            Window::RollingMean { .. } => "rolling_mean",
        }
    }

    /// How many columns the window looks at.
    pub fn values(self) -> usize {
        1
    }

    /// Rows before and after a row that its value depends on; none if there is no bound.
    pub fn halo(self) -> Option<(u64, u64)> {
        match self {
            Window::Shift { rows } if rows >= 0 => Some((rows.unsigned_abs(), 0)),
            Window::Shift { rows } => Some((0, rows.unsigned_abs())),
            Window::CumulativeSum => None,
            Window::RollingSum { rows, .. } | Window::RollingMean { rows, .. } => {
                Some((rows.saturating_sub(1), 0))
            }
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
    /// Whether a pass over the table can compute it on the way, because a row's value depends on
    /// rows near it, or on a sum carried on.
    pub fn is_local(&self) -> bool {
        self.over.is_none()
            && (self.window.halo().is_some() || self.window == Window::CumulativeSum)
    }

    /// Whether it is computed on the way from sums that an earlier pass took.
    pub fn is_carried(&self) -> bool {
        self.over.is_none() && self.window == Window::CumulativeSum
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
            Window::RollingSum { rows, min_rows } | Window::RollingMean { rows, min_rows } => {
                write!(f, " rows={rows} min={min_rows}")?;
            }
            Window::CumulativeSum => {}
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
