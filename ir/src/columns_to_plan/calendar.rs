//! Which dates and parts of moments a pass computes together.
//!
//! Before → after: the date of a timestamp as a fused division, and its parts as routines of their own →
//! one routine of everything that is asked of the timestamp, which splits each instant once.

use std::collections::BTreeMap;

use crate::columns::Columns;
use crate::id::ColumnId;
use crate::meaning::time::instant::Datum;
use crate::op::{CastMode, Op, TimeFunction, TimePart};
use crate::plan::Segment;
use crate::types::{Domain, ScalarType};

/// The source of a date that is taken off timestamps row by row, such that one out of range is an
/// error.
pub(super) fn instants_of(columns: &Columns, id: ColumnId) -> Option<ColumnId> {
    let column = columns.column(id);
    match (&column.op, &column.args[..]) {
        (Op::Cast(ScalarType::Date, CastMode::Raise), [from])
            if matches!(columns.scalar_type(*from), ScalarType::Timestamp(..))
                && matches!(columns.column(*from).domain, Domain::Rows(_)) =>
        {
            Some(*from)
        }
        _ => None,
    }
}

/// The part of moments that a column is, if the routine computes it.
fn part_of(columns: &Columns, id: ColumnId) -> Option<(TimePart, ColumnId)> {
    let column = columns.column(id);
    match (&column.op, &column.args[..]) {
        // Bools are packed.
        (Op::Time(TimeFunction::Part(TimePart::IsLeapYear)), _) => None,
        (Op::Time(TimeFunction::Part(part)), [from])
            if matches!(columns.column(*from).domain, Domain::Rows(_)) =>
        {
            Some((*part, *from))
        }
        _ => None,
    }
}

/// Everything that a pass computes of moments.
pub(super) struct Calendar {
    /// The dates taken off timestamps by the routine, with whether they are stored.
    dates: BTreeMap<ColumnId, bool>,
}

impl Calendar {
    /// Of the columns computed, ascending, those that the routine takes over: a date whose only users
    /// are fused stays with them.
    pub(super) fn new<'a>(
        columns: &Columns,
        computed: &[ColumnId],
        users: impl Fn(ColumnId) -> &'a [ColumnId],
        is_root: impl Fn(ColumnId) -> bool,
        is_fused: impl Fn(ColumnId) -> bool,
    ) -> Calendar {
        let mut dates = BTreeMap::new();
        for id in computed {
            if instants_of(columns, *id).is_some() {
                let users = users(*id);
                if is_root(*id) || users.iter().any(|user| !is_fused(*user)) {
                    let within = |user: &ColumnId| part_of(columns, *user).is_some();
                    dates.insert(*id, is_root(*id) || !users.iter().all(within));
                }
            }
        }
        Calendar { dates }
    }

    /// Whether the routine computes a date that is otherwise fused.
    pub(super) fn takes(&self, id: ColumnId) -> bool {
        self.dates.contains_key(&id)
    }

    /// What a column is of which moments, if it is for the routine.
    fn datum(&self, columns: &Columns, id: ColumnId) -> Option<(ColumnId, Datum)> {
        if self.takes(id) {
            return Some((instants_of(columns, id)?, Datum::Date));
        }
        let (part, from) = part_of(columns, id)?;
        let moments = match self.takes(from) {
            true => instants_of(columns, from)?,
            false => from,
        };
        Some((moments, Datum::Part(part)))
    }

    /// The segments of a stage's routines, ascending; all of one column's moments where the first is.
    pub(super) fn segments(
        &self,
        columns: &Columns,
        routines: &[ColumnId],
        other: impl Fn(ColumnId) -> Segment,
    ) -> Vec<Segment> {
        let mut segments = Vec::with_capacity(routines.len());
        let mut found: BTreeMap<ColumnId, usize> = BTreeMap::new();
        for id in routines {
            let Some((moments, datum)) = self.datum(columns, *id) else {
                segments.push(other(*id));
                continue;
            };
            let position = *found.entry(moments).or_insert_with(|| {
                segments.push(Segment::Calendar {
                    moments,
                    columns: Vec::new(),
                });
                segments.len() - 1
            });
            if self.dates.get(id).is_none_or(|is_stored| *is_stored)
                && let Segment::Calendar { columns, .. } = &mut segments[position]
            {
                columns.push((*id, datum));
            }
        }
        segments
    }
}
