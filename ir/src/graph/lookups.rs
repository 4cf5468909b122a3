//! Lookups by more than equality.

use super::{BuildError, GraphBuilder};
use crate::id::{ExprId, TableId};
use crate::op::{Comparison, Find, Op, Pick};

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
        let (there, here, comparisons) = self.conditions(conditions)?;
        let find = Find {
            table,
            keys: (there.len() - comparisons.len()) as u32,
            comparisons,
            pick,
        };
        self.add(Op::Find(find), there.into_iter().chain(here).collect())
    }

    /// The two sides of conditions in types in which they meet, equalities first; and the
    /// comparisons of the others.
    fn conditions(
        &mut self,
        conditions: &[(ExprId, Comparison, ExprId)],
    ) -> Result<(Vec<ExprId>, Vec<ExprId>, Vec<Comparison>), BuildError> {
        let is_key = |comparison: &Comparison| *comparison == Comparison::Equal;
        let (keys, others): (Vec<_>, Vec<_>) =
            (conditions.iter().copied()).partition(|(_, comparison, _)| is_key(comparison));
        let (mut there, mut here) = (Vec::new(), Vec::new());
        for (column, _, value) in keys.iter().chain(&others) {
            let (column, value) = self.meet("lookup", *column, *value)?;
            there.push(column);
            here.push(value);
        }
        let comparisons = others.into_iter().map(|(_, comparison, _)| comparison);
        Ok((there, here, comparisons.collect()))
    }
}
