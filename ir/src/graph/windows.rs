//! Windows, and the rows that they move along.

use super::{BuildError, GraphBuilder};
use crate::id::{ExprId, TableId};
use crate::meaning::order::Direction;
use crate::op::{Cumulative, Op, Over, Window, WindowOver};
use crate::types::Domain;
use crate::value::Value;

/// The rows that a window moves along.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Partition {
    /// Rows of the same key; without keys all rows of the table.
    pub keys: Vec<ExprId>,
    /// What orders them, the most significant first; else they stand as in the table.
    pub order: Vec<(ExprId, Direction)>,
}

impl GraphBuilder {
    /// A window over a column in the order of its table.
    ///
    /// # Errors
    /// If the value is a scalar or of a type that the window does not take.
    pub fn window(&mut self, window: Window, value: ExprId) -> Result<ExprId, BuildError> {
        self.window_over(window, &[value], &Partition::default())
    }

    /// A window over columns along the rows of each key, in an order of their own.
    ///
    /// # Errors
    /// As [`GraphBuilder::window`]; or if a key or a column of the order has the rows of another
    /// table.
    pub fn window_over(
        &mut self,
        window: Window,
        values: &[ExprId],
        partition: &Partition,
    ) -> Result<ExprId, BuildError> {
        let mut args = Vec::with_capacity(values.len() + partition.keys.len());
        for value in values {
            args.push(match window {
                Window::Rolling { reduction, .. } => self.reduced_value(reduction, *value)?,
                Window::Cumulative(Cumulative::Product)
                | Window::Interpolate
                | Window::Exponential { .. } => {
                    let number = self.bool_as_number(*value)?;
                    self.decimal_as_float(number)?
                }
                _ if window.is_numeric() => self.bool_as_number(*value)?,
                _ => *value,
            });
        }
        args.extend(&partition.keys);
        args.extend(partition.order.iter().map(|key| key.0));
        // A value that is the same in every row stands in each of them, beside one that is not.
        let rows = args[..values.len()]
            .iter()
            .find_map(|value| match self.domain(*value) {
                Domain::Rows(table) => Some(table),
                Domain::Scalar => None,
            });
        if let Some(table) = rows {
            for arg in &mut args {
                if self.domain(*arg) == Domain::Scalar {
                    *arg = self.broadcast(*arg, table)?;
                }
            }
        }
        let over = Over {
            keys: partition.keys.len() as u32,
            order: partition.order.iter().map(|key| key.1).collect(),
        };
        self.add(Op::Window(WindowOver { window, over }), args)
    }

    /// The number of each row, from 1, among the rows that a partition puts it with.
    ///
    /// # Errors
    /// As [`GraphBuilder::window_over`].
    pub fn row_number(
        &mut self,
        table: TableId,
        partition: &Partition,
    ) -> Result<ExprId, BuildError> {
        let counted = self.literal(Value::Bool(true));
        let counted = self.broadcast(counted, table)?;
        let window = Window::Cumulative(Cumulative::Count);
        self.window_over(window, &[counted], partition)
    }
}
