//! Reductions of columns: over a whole table, over the groups of keys, or of a group table.

use super::{BuildError, GraphBuilder, Partition};
use crate::id::{ExprId, TableId};
use crate::op::{CastMode, Op, Reduction};
use crate::types::{Domain, ScalarType, Type};
use crate::typing::{self, TypeError};

impl GraphBuilder {
    /// A reduction of the rows of `from`, over the groups of `keys` if there are any, of as many
    /// values as it takes. Bools are calculated with as 0 and 1.
    ///
    /// # Errors
    /// If the value can't be reduced so, or stands on other rows.
    pub fn reduce(
        &mut self,
        reduction: Reduction,
        from: TableId,
        values: impl IntoIterator<Item = ExprId>,
        keys: &[ExprId],
    ) -> Result<ExprId, BuildError> {
        let args = self.reduction_args(reduction, from, values, keys)?;
        self.add(
            Op::Reduce {
                reduction,
                from,
                keys: keys.len() as u32,
            },
            args,
        )
    }

    /// A reduction whose result has the rows of a group table of `from`.
    ///
    /// # Errors
    /// As [`GraphBuilder::reduce`].
    pub fn reduce_in_group(
        &mut self,
        reduction: Reduction,
        group: TableId,
        from: TableId,
        values: impl IntoIterator<Item = ExprId>,
    ) -> Result<ExprId, BuildError> {
        let args = self.reduction_args(reduction, from, values, &[])?;
        let types: Vec<Type> = args.iter().map(|arg| self.ty(*arg)).collect();
        let Some(ty) = typing::reduction_type(reduction, types.iter().copied(), false) else {
            return Err(BuildError::Type(TypeError::Types {
                op: reduction.name(),
                expected: typing::reduced_values(reduction),
                found: types,
            }));
        };
        let op = Op::Reduce {
            reduction,
            from,
            keys: 0,
        };
        Ok(self.add_typed(op, args, ty, Domain::Rows(group)))
    }

    fn reduction_args(
        &mut self,
        reduction: Reduction,
        from: TableId,
        values: impl IntoIterator<Item = ExprId>,
        keys: &[ExprId],
    ) -> Result<Vec<ExprId>, BuildError> {
        let mut args = Vec::with_capacity(2 + keys.len());
        for value in values {
            let value = self.reduced_value(reduction, value)?;
            args.push(self.broadcast(value, from)?);
        }
        for key in keys {
            args.push(self.broadcast(*key, from)?);
        }
        Ok(args)
    }

    /// A value as a reduction takes it.
    pub(super) fn reduced_value(
        &mut self,
        reduction: Reduction,
        value: ExprId,
    ) -> Result<ExprId, BuildError> {
        let taken = reduction.takes(self.scalar_type(value));
        self.cast(value, taken, CastMode::Raise)
    }

    pub(super) fn bool_as_number(&mut self, value: ExprId) -> Result<ExprId, BuildError> {
        if self.scalar_type(value) == ScalarType::Bool {
            self.cast(value, ScalarType::I8, CastMode::Raise)
        } else {
            Ok(value)
        }
    }

    /// As [`GraphBuilder::reduce`] over the groups of a partition's keys. Its order decides which row
    /// is first and last; for no other reduction does it matter.
    ///
    /// # Errors
    /// As [`GraphBuilder::reduce`] and [`GraphBuilder::window_over`].
    pub fn reduce_over(
        &mut self,
        reduction: Reduction,
        from: TableId,
        values: &[ExprId],
        partition: &Partition,
    ) -> Result<ExprId, BuildError> {
        let keys = &partition.keys;
        let (extreme, skip_null) = match reduction {
            Reduction::First { skip_null } => (Reduction::AtMin, skip_null),
            Reduction::Last { skip_null } => (Reduction::AtMax, skip_null),
            other => return self.reduce(other, from, values.iter().copied(), keys),
        };
        let [value] = values[..] else {
            return self.reduce(reduction, from, values.iter().copied(), keys);
        };
        if partition.order.is_empty() {
            return self.reduce(reduction, from, [value], keys);
        }
        // The rows numbered in their order: as many as there are, null or not.
        let value = self.broadcast(value, from)?;
        let is_null = self.is_null(value)?;
        let number = self.row_number(from, partition)?;
        let number = if skip_null && self.ty(value).nullable {
            let none = self.null_of(self.scalar_type(number));
            self.if_else(is_null, none, number)?
        } else {
            number
        };
        self.reduce(extreme, from, [value, number], keys)
    }
}
