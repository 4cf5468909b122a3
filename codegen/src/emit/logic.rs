//! Three-valued logic, null tests, choices. Errors go the way the values go: what is not evaluated
//! does not raise.

use icosian_ir::columns::Column;
use icosian_ir::id::ColumnId;

use super::values::{Data, Emitted, Mask, Width};
use super::{Emitter, lane_of};
use crate::error::CompileError;

impl Emitter<'_, '_> {
    fn truth(&self, id: ColumnId, emitted: &Emitted) -> Result<Mask, CompileError> {
        match emitted.data {
            Data::Bool(mask) => Ok(mask),
            Data::Lanes(_) => Err(CompileError::Malformed {
                column: id,
                reason: "it holds numbers where bools are wanted",
            }),
        }
    }

    /// `And`: null unless both are known or one is known to be false.
    pub(crate) fn conjunction(&mut self, column: &Column) -> Result<Emitted, CompileError> {
        let first = self.operand(column.args[0])?;
        let second = self.operand(column.args[1])?;
        let a = self.truth(column.args[0], &first)?;
        let b = self.truth(column.args[1], &second)?;
        let false_a = self.and_not(first.valid, a);
        let false_b = self.and_not(second.valid, b);
        let known = self.and(first.valid, second.valid);
        let known = self.or(known, false_a);
        let valid = self.or(known, false_b);
        let evaluated = self.and_not(second.error, false_a);
        Ok(Emitted {
            data: Data::Bool(self.and(a, b)),
            valid,
            error: self.or(first.error, evaluated),
        })
    }

    /// `Or`: null unless both are known or one is known to be true.
    pub(crate) fn disjunction(&mut self, column: &Column) -> Result<Emitted, CompileError> {
        let first = self.operand(column.args[0])?;
        let second = self.operand(column.args[1])?;
        let a = self.truth(column.args[0], &first)?;
        let b = self.truth(column.args[1], &second)?;
        let true_a = self.and(first.valid, a);
        let true_b = self.and(second.valid, b);
        let known = self.and(first.valid, second.valid);
        let known = self.or(known, true_a);
        let valid = self.or(known, true_b);
        let evaluated = self.and_not(second.error, true_a);
        Ok(Emitted {
            data: Data::Bool(self.or(a, b)),
            valid,
            error: self.or(first.error, evaluated),
        })
    }

    /// `Not`.
    pub(crate) fn negation(&mut self, column: &Column) -> Result<Emitted, CompileError> {
        let operand = self.operand(column.args[0])?;
        let a = self.truth(column.args[0], &operand)?;
        Ok(Emitted {
            data: Data::Bool(self.not(a)),
            ..operand
        })
    }

    /// `IsNull`.
    pub(crate) fn is_null(&mut self, column: &Column) -> Result<Emitted, CompileError> {
        let operand = self.operand(column.args[0])?;
        Ok(Emitted {
            data: Data::Bool(self.not(operand.valid)),
            valid: Mask::Always,
            error: operand.error,
        })
    }

    /// `IfElse`.
    pub(crate) fn if_else(
        &mut self,
        id: ColumnId,
        column: &Column,
    ) -> Result<Emitted, CompileError> {
        let condition = self.operand(column.args[0])?;
        let yes = self.operand(column.args[1])?;
        let no = self.operand(column.args[2])?;
        let truth = self.truth(column.args[0], &condition)?;
        let taken = match Width::of(lane_of(self.columns, id)?) {
            Some(width) => self.and_in_lanes(truth, condition.valid, width),
            None => self.and(truth, condition.valid),
        };
        let chosen = self.choice(id, taken, &yes, &no)?;
        Ok(Emitted {
            error: self.or(condition.error, chosen.error),
            ..chosen
        })
    }

    /// `Coalesce`.
    pub(crate) fn coalesce(
        &mut self,
        id: ColumnId,
        column: &Column,
    ) -> Result<Emitted, CompileError> {
        let first = self.operand(column.args[0])?;
        let second = self.operand(column.args[1])?;
        let chosen = self.choice(id, first.valid, &first, &second)?;
        // What the first one raised counts even where it is null.
        Ok(Emitted {
            error: self.or(first.error, chosen.error),
            ..chosen
        })
    }

    /// `yes` in the rows taken, `no` in the others.
    fn choice(
        &mut self,
        id: ColumnId,
        taken: Mask,
        yes: &Emitted,
        no: &Emitted,
    ) -> Result<Emitted, CompileError> {
        let data = match (yes.data, no.data, taken) {
            (data, _, Mask::Always) | (_, data, Mask::Never) => data,
            (Data::Bool(a), Data::Bool(b), taken) => Data::Bool(self.choose(taken, a, b)),
            (Data::Lanes(a), Data::Lanes(b), taken) => {
                let width = Width::of(lane_of(self.columns, id)?).unwrap_or(Width::Wide);
                let mask = self.lanes(taken, width);
                Data::Lanes(super::values::Vectors::from_fn(mask.len(), |position| {
                    self.select(mask[position], a[position], b[position])
                }))
            }
            (Data::Bool(_), Data::Lanes(_), _) | (Data::Lanes(_), Data::Bool(_), _) => {
                return Err(CompileError::Malformed {
                    column: id,
                    reason: "its branches differ in type",
                });
            }
        };
        Ok(Emitted {
            data,
            valid: self.choose(taken, yes.valid, no.valid),
            error: self.choose(taken, yes.error, no.error),
        })
    }
}
