//! The predicate without which no row reaches any sink of a pass.
//!
//! A filter's spool and groups with a filter take rows where it is true; a reduction of `x if p else null`
//! skips all others. Where all sinks of a pass agree, what comes after the predicate need not be
//! computed of the other rows.

use std::collections::BTreeSet;

use crate::columns::{Columns, Selection};
use crate::id::{ColumnId, Id};
use crate::op::{Op, Reduction};
use crate::plan::Sink;
use crate::value::Value;

/// The strictest predicate that is true of all rows which reach a sink.
/// Of what stands on the right of an `and` the left must not be an error, which `raises` tells by column: it
/// would be one of rows that the right leaves out, too.
pub(super) fn common(columns: &Columns, raises: &[bool], sinks: &[Sink]) -> Option<ColumnId> {
    let mut common: Option<BTreeSet<ColumnId>> = None;
    let mut meet = |found: BTreeSet<ColumnId>| {
        let met = match common.take() {
            Some(common) => common.intersection(&found).copied().collect(),
            None => found,
        };
        common = Some(met);
    };
    for sink in sinks {
        match sink {
            Sink::Spool {
                selection: Selection::Where(predicate),
                ..
            } => meet(parts(columns, raises, *predicate)),
            Sink::Group {
                filter: Some(filter),
                ..
            } => meet(parts(columns, raises, *filter)),
            Sink::Reduce { reductions } => {
                for id in reductions {
                    let column = columns.column(*id);
                    match &column.op {
                        Op::Reduce { reduction, .. } if skips_nulls(*reduction) => {}
                        _ => return None,
                    }
                    column
                        .args
                        .iter()
                        .for_each(|arg| meet(guards(columns, raises, *arg)));
                }
            }
            Sink::Output { .. }
            | Sink::Group { filter: None, .. }
            | Sink::Build { .. }
            | Sink::Spool { .. }
            | Sink::Stack { .. }
            | Sink::Window { .. }
            | Sink::Carry { .. } => return None,
        }
    }
    // A conjunction comes after its parts.
    common?.pop_last()
}

/// Whether a row is all the same to a reduction if all arguments are null there, wherever it stands.
fn skips_nulls(reduction: Reduction) -> bool {
    let by_row = matches!(reduction, Reduction::First { .. } | Reduction::Last { .. });
    reduction.skips_nulls() && !by_row && reduction.arity() > 0
}

/// Predicates that must be true for a value not to be null.
fn guards(columns: &Columns, raises: &[bool], value: ColumnId) -> BTreeSet<ColumnId> {
    let column = columns.column(value);
    match (&column.op, &column.args[..]) {
        (Op::IfElse, [predicate, _, otherwise])
            if columns.column(*otherwise).op == Op::Literal(Value::Null) =>
        {
            parts(columns, raises, *predicate)
        }
        _ => BTreeSet::new(),
    }
}

/// A predicate, and all that must be true for it to be.
fn parts(columns: &Columns, raises: &[bool], predicate: ColumnId) -> BTreeSet<ColumnId> {
    let mut found = BTreeSet::new();
    let mut next = vec![predicate];
    while let Some(id) = next.pop() {
        // A scalar is the same for all rows.
        if columns.table_of(id).is_some() && found.insert(id) {
            let column = columns.column(id);
            if let (Op::And, [left, right]) = (&column.op, &column.args[..]) {
                next.push(*left);
                if !raises[left.index()] {
                    next.push(*right);
                }
            }
        }
    }
    found
}
