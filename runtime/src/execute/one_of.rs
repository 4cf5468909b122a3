//! Whether values are among many constants: a set of keys, probed row by row.

use icosian_ir::columns::Columns;
use icosian_ir::id::ColumnId;
use icosian_ir::op::{Members, Op};
use icosian_ir::types::ScalarType;

use crate::error::{RunError, internal};
use crate::execute::keys::{KeyColumn, KeyTable, KeyWords, NO_KEY};
use crate::execute::morsel::Worker;
use crate::execute::program::{Operand, SegmentPlan};
use crate::execute::sink::BlockColumns;

/// The members of a long list, as keys; none of texts, whose test is one of rows. NaN is a key but no
/// member, so it is never found.
pub(crate) fn member_set(
    columns: &Columns,
    column: ColumnId,
) -> Result<Option<KeyTable>, RunError> {
    let definition = columns.column(column);
    let Op::OneOf(members) = &definition.op else {
        return Err(internal(format!("{} has no members", definition.op)));
    };
    let scalar = columns.scalar_type(definition.args[0]);
    if scalar == ScalarType::Str {
        return Ok(None);
    }
    let mut set = KeyTable::new(vec![scalar])?;
    for member in members.values() {
        set.insert_values(&[member])?;
    }
    Ok(Some(set))
}

impl Worker<'_> {
    /// Tests the values of the block at hand.
    pub(crate) fn run_one_of(
        &mut self,
        position: usize,
        members: &Members,
        segment: &SegmentPlan,
    ) -> Result<(), RunError> {
        let run = self.run;
        let set = run.sets[position]
            .as_ref()
            .ok_or_else(|| internal("no set of members"))?;
        let value = match segment.operands.first() {
            Some(Operand::Slot(slot)) => self.key(*slot)?,
            Some(Operand::Scalar(column)) => KeyColumn::Constant(&run.scalars[column]),
            None => return Err(internal("a test of nothing")),
        };
        let mut words = KeyWords::default();
        let mut numbers = Vec::new();
        set.words_to_find(&[value], 0..self.block.rows, &mut words)?;
        set.find_all(&mut words, &mut numbers);
        let otherwise = (!members.has_null()).then_some(0);
        let found: Vec<Option<u64>> = numbers
            .iter()
            .enumerate()
            .map(|(row, number)| match *number {
                _ if words.has_null(row) => None,
                NO_KEY => otherwise,
                _ => Some(1),
            })
            .collect();
        self.put_words(segment.outputs[0], &found, true)
    }
}
