//! `in`: whether a value is in a list, or in a column of another table.

use std::collections::HashMap;

use super::{BuildError, GraphBuilder};
use crate::id::ExprId;
use crate::op::{Comparison, Members, Op, Pick};
use crate::types::{Domain, ScalarType};
use crate::value::Value;

/// Lists of more constants than this are looked up in a set; shorter ones are compared one by one.
const LONG_LIST: usize = 16;

impl GraphBuilder {
    /// `value in [..]`: three-valued as a chain of `==` and `or`, built as a balanced tree; many
    /// constants are one op.
    ///
    /// # Errors
    /// If a member can't be compared with the value.
    pub fn in_list(&mut self, value: ExprId, members: &[ExprId]) -> Result<ExprId, BuildError> {
        let mut layer = Vec::new();
        let mut rest = members.to_vec();
        if members.len() > LONG_LIST {
            rest = self.long_lists(value, members, &mut layer)?;
        }
        for member in rest {
            layer.push(self.compare(Comparison::Equal, value, member)?);
        }
        if layer.is_empty() {
            // In an empty list there is nothing, null included.
            let no = self.literal(Value::Bool(false));
            return match self.domain(value) {
                Domain::Scalar => Ok(no),
                Domain::Rows(table) => self.broadcast(no, table),
            };
        }
        while layer.len() > 1 {
            let mut next = Vec::with_capacity(layer.len().div_ceil(2));
            for pair in layer.chunks(2) {
                next.push(match *pair {
                    [left, right] => self.add(Op::Or, vec![left, right])?,
                    _ => pair[0],
                });
            }
            layer = next;
        }
        Ok(layer[0])
    }

    /// Tests of the constants among the members that are many of one type; gives the other members.
    fn long_lists(
        &mut self,
        value: ExprId,
        members: &[ExprId],
        tests: &mut Vec<ExprId>,
    ) -> Result<Vec<ExprId>, BuildError> {
        // A member may need the value in a wider type: one list for each.
        let mut lists: Vec<(ExprId, Vec<(ExprId, Value)>)> = Vec::new();
        let mut position_of: HashMap<ExprId, usize> = HashMap::new();
        let mut rest = Vec::new();
        for &member in members {
            let met = match self.constant(member) {
                Some(_) => self.meet("in", value, member).ok(),
                None => None,
            };
            let met = met.and_then(|(value, met)| Some((value, self.constant(met)?.clone())));
            let Some((value, constant)) = met else {
                rest.push(member);
                continue;
            };
            let position = *position_of.entry(value).or_insert_with(|| {
                lists.push((value, Vec::new()));
                lists.len() - 1
            });
            lists[position].1.push((member, constant));
        }
        for (value, list) in lists {
            let found = Members::new(list.iter().map(|(_, constant)| constant.clone()));
            if found.values().len() > LONG_LIST {
                tests.push(self.add(Op::OneOf(found), vec![value])?);
            } else {
                rest.extend(list.into_iter().map(|(member, _)| member));
            }
        }
        Ok(rest)
    }

    /// `value in table.column`: whether some row over there has the value, as a lookup by that key
    /// would find it; null where the value is null.
    ///
    /// # Errors
    /// If the column is none, or the two can't be compared.
    pub fn in_column(&mut self, value: ExprId, column: ExprId) -> Result<ExprId, BuildError> {
        let Domain::Rows(table) = self.domain(column) else {
            return self.compare(Comparison::Equal, value, column);
        };
        let conditions = [(column, Comparison::Equal, value)];
        let row = self.find(table, Pick::First, &conditions)?;
        let missing = self.is_null(row)?;
        let found = self.not(missing)?;
        if !self.ty(value).nullable {
            return Ok(found);
        }
        let unknown = self.is_null(value)?;
        let null = self.null_of(ScalarType::Bool);
        self.if_else(unknown, null, found)
    }
}
