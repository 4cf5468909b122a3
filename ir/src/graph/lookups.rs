//! Lookups by more than equality.

use super::{BuildError, Expression, GraphBuilder, JoinConditions, TableRows};
use crate::id::{ExprId, TableId};
use crate::op::{Comparison, Find, Op, Pick};
use crate::types::{Domain, ScalarType};
use crate::typing::TypeError;

/// Conditions taken apart: equalities first.
#[derive(Default)]
struct Sides {
    there: Vec<ExprId>,
    here: Vec<ExprId>,
    /// Of the conditions that are no equalities.
    comparisons: Vec<Comparison>,
}

impl GraphBuilder {
    /// The row of `table` for which all conditions hold, the one that `pick` names of several. A
    /// condition is how a column over there compares with a value here; equalities are of keys.
    ///
    /// # Errors
    /// If types or rows don't fit, or if there is nothing to pick by.
    pub fn find(
        &mut self,
        table: TableId,
        pick: Pick,
        conditions: &[(ExprId, Comparison, ExprId)],
    ) -> Result<ExprId, BuildError> {
        let sides = self.conditions(conditions)?;
        let find = Find {
            table,
            keys: (sides.there.len() - sides.comparisons.len()) as u32,
            comparisons: sides.comparisons,
            pick,
        };
        let args = sides.there.into_iter().chain(sides.here);
        self.add(Op::Find(find), args.collect())
    }

    /// The conditions of a join with `table`: those of a lookup from the rows of `parent`.
    ///
    /// # Errors
    /// If `lookup` is none, or of other rows.
    pub fn join_conditions(
        &mut self,
        parent: TableId,
        lookup: ExprId,
        pick: Option<Pick>,
        left: bool,
    ) -> Result<JoinConditions, BuildError> {
        let Expression { op, args, .. } = self.graph().expressions[lookup].clone();
        let (_, conditions) = op.conditions().ok_or_else(|| {
            BuildError::Type(TypeError::Types {
                op: "join",
                expected: "a lookup",
                found: vec![self.ty(lookup)],
            })
        })?;
        let here = args[conditions..]
            .iter()
            .map(|value| self.broadcast(*value, parent));
        Ok(JoinConditions {
            here: here.collect::<Result<_, _>>()?,
            there: args[..conditions].to_vec(),
            comparisons: match op {
                Op::Find(find) => find.comparisons,
                _ => Vec::new(),
            },
            pick,
            left,
        })
    }

    /// The other table's row in each row of a join; none if `join` is no join.
    pub fn joined(&mut self, join: TableId) -> Option<ExprId> {
        let TableRows::Join { other, on, .. } = &self.graph().tables[join].rows else {
            return None;
        };
        let ty = ScalarType::Row(*other).required().nullable_if(on.left);
        Some(self.add_typed(Op::Joined, Vec::new(), ty, Domain::Rows(join)))
    }

    /// The two sides of conditions in types in which they meet, equalities first; and the
    /// comparisons of the others.
    fn conditions(
        &mut self,
        conditions: &[(ExprId, Comparison, ExprId)],
    ) -> Result<Sides, BuildError> {
        let (keys, others): (Vec<_>, Vec<_>) = conditions
            .iter()
            .partition(|(_, comparison, _)| *comparison == Comparison::Equal);
        let mut sides = Sides::default();
        for (column, _, value) in keys.iter().chain(&others) {
            let (column, value) = self.meet("lookup", *column, *value)?;
            sides.there.push(column);
            sides.here.push(value);
        }
        sides.comparisons = others
            .iter()
            .map(|(_, comparison, _)| *comparison)
            .collect();
        Ok(sides)
    }
}
