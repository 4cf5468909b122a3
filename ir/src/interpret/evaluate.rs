//! The walk: columns by ascending id, each from the values of its arguments.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use smallvec::SmallVec;

use crate::columns::{Columns, Join, Rows, Selection};
use crate::id::{ColumnId, Id, TableId};
use crate::interpret::cell::{Cell, ColumnValues};
use crate::interpret::error::{Reported, RowError, RowErrorKind};
use crate::interpret::find::{Candidates, Pairs, find, pairs};
use crate::interpret::needs::{count_uses, dependencies};
use crate::interpret::row::{Outcome, row_local};
use crate::interpret::selection::select;
use crate::interpret::tables::{Groups, Index};
use crate::interpret::{reduce, tables, window};
use crate::op::{Op, Over, Pick};
use crate::types::Domain;
use crate::value::Value;

/// What is known of a column at a point of the walk.
enum State {
    /// Not evaluated yet, not needed, or freed.
    Absent,
    /// It depends on an error that was raised.
    Failed,
    /// Its values.
    Known(ColumnValues),
}

/// An error that was raised and is noted already: what depends on it has no values.
pub(super) struct Raised;

/// The rows of a derived table, once known.
type Derived<T> = HashMap<TableId, Option<T>>;

pub(super) struct Interpreter<'a> {
    pub(super) columns: &'a Columns,
    table_rows: HashMap<TableId, usize>,
    uses: Vec<u32>,
    states: Vec<State>,
    taken: Derived<Arc<Vec<usize>>>,
    groups: Derived<Arc<Groups>>,
    indexes: HashMap<(Vec<ColumnId>, bool), Option<Arc<Index>>>,
    candidates: HashMap<(Vec<ColumnId>, usize, bool), Option<Arc<Candidates>>>,
    pairs: Derived<Arc<Pairs>>,
    pub(super) reported: Reported,
    /// Raised by who doesn't want the answer any more.
    stop: &'a AtomicBool,
}

/// Rows between two looks at whether to stop.
const ROWS_AT_ONCE: usize = 4096;

impl<'a> Interpreter<'a> {
    pub(super) fn new(
        columns: &'a Columns,
        wanted: &[ColumnId],
        bound: HashMap<ColumnId, ColumnValues>,
        table_rows: &HashMap<TableId, usize>,
        stop: &'a AtomicBool,
    ) -> Interpreter<'a> {
        let mut table_rows = table_rows.clone();
        for (id, values) in &bound {
            match (columns.column(*id).domain, values.rows()) {
                (Domain::Scalar, None) => {}
                (Domain::Rows(table), Some(rows)) => {
                    let known = *table_rows.entry(table).or_insert(rows);
                    assert_eq!(rows, known, "rows bound to {id} of {table}");
                }
                (domain, rows) => panic!("{id} of {domain} bound to rows: {rows:?}"),
            }
        }
        let uses = count_uses(columns, wanted, &bound, &table_rows);
        let mut states: Vec<State> = columns.columns.ids().map(|_| State::Absent).collect();
        for (id, values) in bound {
            if uses[id.index()] > 0 {
                states[id.index()] = State::Known(values);
            }
        }
        Interpreter {
            columns,
            table_rows,
            uses,
            states,
            taken: HashMap::new(),
            groups: HashMap::new(),
            indexes: HashMap::new(),
            candidates: HashMap::new(),
            pairs: HashMap::new(),
            reported: Reported::default(),
            stop,
        }
    }

    /// Evaluates what is needed; none if it was stopped.
    pub(super) fn run(&mut self) -> Option<()> {
        for id in self.columns.columns.ids() {
            let index = id.index();
            if self.uses[index] == 0 || matches!(self.states[index], State::Known(_)) {
                continue;
            }
            if self.stop.load(Ordering::Relaxed) {
                return None;
            }
            self.states[index] = match self.column(id) {
                Ok(values) => State::Known(values),
                Err(Raised) => State::Failed,
            };
            for dependency in dependencies(self.columns, &self.table_rows, id) {
                self.release(dependency);
            }
        }
        match self.stop.load(Ordering::Relaxed) {
            true => None,
            false => Some(()),
        }
    }

    fn release(&mut self, id: ColumnId) {
        let uses = &mut self.uses[id.index()];
        *uses -= 1;
        // A failure must be seen by whoever asks again.
        if *uses == 0 && matches!(self.states[id.index()], State::Known(_)) {
            self.states[id.index()] = State::Absent;
        }
    }

    /// The wanted columns that have values, and what was raised.
    pub(super) fn finish(
        mut self,
        wanted: &[ColumnId],
    ) -> (HashMap<ColumnId, ColumnValues>, Reported) {
        let mut values = HashMap::new();
        for id in wanted {
            let state = std::mem::replace(&mut self.states[id.index()], State::Absent);
            if let State::Known(found) = state {
                values.insert(*id, found);
            }
        }
        (values, self.reported)
    }

    /// The values of a column evaluated before.
    pub(super) fn values(&self, id: ColumnId) -> Result<&ColumnValues, Raised> {
        match &self.states[id.index()] {
            State::Known(values) => Ok(values),
            State::Failed => Err(Raised),
            State::Absent => panic!("{id} is used before it is known"),
        }
    }

    /// The values of an op's arguments.
    pub(super) fn arguments(
        &self,
        ids: &[ColumnId],
    ) -> Result<SmallVec<[&ColumnValues; 3]>, Raised> {
        ids.iter().map(|id| self.values(*id)).collect()
    }

    /// Notes an error that reached a sink.
    pub(super) fn raise(&mut self, row: Option<usize>, error: &Arc<RowError>) -> Raised {
        self.reported.note(row.map(|row| row as u64), error);
        Raised
    }

    /// The error cell of a column's own failure.
    pub(super) fn failure(
        &self,
        id: ColumnId,
        row: Option<usize>,
        kind: RowErrorKind,
        operands: Vec<Value>,
    ) -> Cell {
        let row = row.map(|row| row as u64);
        Cell::Error(Arc::new(RowError::new(
            self.columns,
            id,
            row,
            kind,
            operands,
        )))
    }

    fn column(&mut self, id: ColumnId) -> Result<ColumnValues, Raised> {
        let columns = self.columns;
        let column = columns.column(id);
        match &column.op {
            Op::Literal(value) => Ok(ColumnValues::Scalar(Cell::Value(value.clone()))),
            Op::Input(_) | Op::Param(_) => panic!("{id} = {} is not bound", column.op),
            Op::Node(_) => panic!("{} is for graphs only", column.op),
            Op::Broadcast(table) => {
                let rows = self.rows(*table)?;
                let cell = self.values(column.args[0])?.cell(0).clone();
                Ok(ColumnValues::Rows(vec![cell; rows]))
            }
            Op::RowNumber(table) => {
                let rows = self.rows(*table)?;
                let number = |row: usize| Cell::Value(Value::Integer(row as i128));
                Ok(ColumnValues::Rows((0..rows).map(number).collect()))
            }
            Op::Add(_)
            | Op::Sub(_)
            | Op::Mul(_)
            | Op::Div
            | Op::FloorDiv
            | Op::Rem
            | Op::Neg(_)
            | Op::Compare(_)
            | Op::And
            | Op::Or
            | Op::Not
            | Op::IsNull
            | Op::OneOf(_)
            | Op::IfElse
            | Op::Coalesce
            | Op::Cast(..)
            | Op::Round(_)
            | Op::Math(_)
            | Op::Bits(_)
            | Op::Hash
            | Op::Time(_)
            | Op::Minimum
            | Op::Maximum => self.row_by_row(id),
            Op::Text(function) => self.text(id, *function),
            Op::Extern(signature) => self.host(id, signature),
            Op::Lookup {
                keys, null_matches, ..
            } => {
                let (there, here) = column.args.split_at(*keys as usize);
                let index = self.index(id, there, *null_matches)?;
                Ok(tables::look_up(&index, &self.arguments(here)?))
            }
            Op::Find(wanted) => {
                let (there, here) = column.args.split_at(wanted.conditions());
                let by_comparison = wanted.pick == Pick::Nearest;
                let candidates = self.candidates(there, wanted.keys as usize, by_comparison)?;
                Ok(find(wanted, &candidates, &self.arguments(here)?))
            }
            Op::Gather => {
                let [rows, values] = self.arguments(&column.args)?[..] else {
                    panic!("a gather takes two columns");
                };
                Ok(map(rows, |cell| tables::gather(cell, values)))
            }
            Op::Take => {
                let Domain::Rows(table) = column.domain else {
                    panic!("a column that is taken has rows");
                };
                let taken = self.taken(table)?;
                let values = self.values(column.args[0])?;
                let cells = taken.iter().map(|row| values.cell(*row).clone());
                Ok(ColumnValues::Rows(cells.collect()))
            }
            Op::Stack => {
                let mut cells = Vec::new();
                for values in self.arguments(&column.args)? {
                    cells.extend_from_slice(values.cells());
                }
                Ok(ColumnValues::Rows(cells))
            }
            Op::Joined => {
                let join = columns.join_of(column.domain);
                let (Domain::Rows(table), Some(join)) = (column.domain, join) else {
                    panic!("a joined row is of a join");
                };
                let pairs = self.pairs(table, join)?;
                let rows = pairs.iter().map(|(_, there)| match there {
                    Some(row) => Value::Integer(*row as i128),
                    None => Value::Null,
                });
                Ok(rows.collect())
            }
            Op::Key(position) => {
                let Domain::Rows(table) = column.domain else {
                    panic!("a key column has rows");
                };
                let groups = self.groups(table)?;
                Ok(groups.key_column(*position as usize))
            }
            Op::Reduce {
                reduction, from, ..
            } => match column.domain {
                Domain::Scalar => {
                    let rows = match column.args.first() {
                        None => self.rows(*from)?,
                        Some(_) => 0,
                    };
                    let cells = reduce::reduce(self, id, *reduction, None, rows)?;
                    Ok(ColumnValues::Scalar(
                        cells.into_iter().next().unwrap_or(Cell::NULL),
                    ))
                }
                Domain::Rows(table) => {
                    let groups = self.groups(table)?;
                    let rows = groups.of_rows.len();
                    let cells = reduce::reduce(self, id, *reduction, Some(&groups), rows)?;
                    Ok(ColumnValues::Rows(cells))
                }
            },
            Op::Window(window) => {
                let (values, by) = column.args.split_at(window.window.values());
                let partitions = self.partitions(values[0], by, &window.over)?;
                let (values, by) = (self.arguments(values)?, self.arguments(by)?);
                let cells = window::window(self, id, window, &values, &by, &partitions);
                Ok(ColumnValues::Rows(cells))
            }
        }
    }

    /// A row-local op over the rows of its arguments.
    fn row_by_row(&self, id: ColumnId) -> Result<ColumnValues, Raised> {
        let column = self.columns.column(id);
        let arguments = self.arguments(&column.args)?;
        let from = [0, 1].map(|position| {
            let arg = column.args.get(position).unwrap_or(&column.args[0]);
            self.columns.scalar_type(*arg)
        });
        let to = column.ty.scalar;
        let count = arguments.len();
        let cell = |row: usize, reported: Option<usize>| {
            let mut cells = [&Cell::NULL; 3];
            for (cell, values) in cells.iter_mut().zip(&arguments) {
                *cell = values.cell(row);
            }
            let cells = &cells[..count];
            let outcome: Outcome = row_local(&column.op, from, to, cells);
            outcome.unwrap_or_else(|kind| {
                let operands = cells.iter().filter_map(|cell| cell.value());
                self.failure(id, reported, kind, operands.cloned().collect())
            })
        };
        Ok(match arguments.iter().find_map(|values| values.rows()) {
            None => ColumnValues::Scalar(cell(0, None)),
            Some(rows) => {
                let mut cells = Vec::with_capacity(rows);
                while cells.len() < rows && !self.stop.load(Ordering::Relaxed) {
                    let next = cells.len()..rows.min(cells.len() + ROWS_AT_ONCE);
                    cells.extend(next.map(|row| cell(row, Some(row))));
                }
                // Nobody looks at the values of a walk that was stopped.
                cells.resize(rows, Cell::NULL);
                ColumnValues::Rows(cells)
            }
        })
    }

    /// The number of rows of a table.
    fn rows(&mut self, table: TableId) -> Result<usize, Raised> {
        if let Some(rows) = self.table_rows.get(&table) {
            return Ok(*rows);
        }
        match &self.columns.tables[table].rows {
            Rows::Source => panic!("the number of rows of {table} is not given"),
            Rows::Take { .. } => Ok(self.taken(table)?.len()),
            Rows::Stack { parts } => {
                let rows = parts.iter().map(|part| {
                    let rows = self.values(part.rows)?.rows();
                    Ok(rows.unwrap_or(0))
                });
                rows.sum()
            }
            Rows::Group { .. } => Ok(self.groups(table)?.keys.len()),
        }
    }

    /// The rows of its parent that a table takes, in its order.
    fn taken(&mut self, table: TableId) -> Result<Arc<Vec<usize>>, Raised> {
        if let Some(taken) = self.taken.get(&table) {
            return taken.clone().ok_or(Raised);
        }
        let Rows::Take { selection, .. } = &self.columns.tables[table].rows else {
            panic!("{table} takes no rows of another");
        };
        let taken = match selection {
            Selection::Join(join) => {
                let pairs = self.pairs(table, join)?;
                Some(Arc::new(pairs.iter().map(|(here, _)| *here).collect()))
            }
            _ => self.once(|this| select(this, table, selection)),
        };
        self.taken.insert(table, taken.clone());
        taken.ok_or(Raised)
    }

    /// Which rows stand beside which in a join.
    fn pairs(&mut self, table: TableId, join: &Join) -> Result<Arc<Pairs>, Raised> {
        if let Some(pairs) = self.pairs.get(&table) {
            return pairs.clone().ok_or(Raised);
        }
        let by_comparison = join.pick == Some(Pick::Nearest);
        let candidates = self.candidates(&join.there, join.keys(), by_comparison);
        let pairs = candidates.and_then(|candidates| {
            self.once(|this| pairs(join, &candidates, &this.arguments(&join.here)?))
                .ok_or(Raised)
        });
        self.pairs.insert(table, pairs.as_ref().ok().cloned());
        pairs
    }

    /// The groups of a group table.
    fn groups(&mut self, table: TableId) -> Result<Arc<Groups>, Raised> {
        if let Some(groups) = self.groups.get(&table) {
            return groups.clone().ok_or(Raised);
        }
        let Rows::Group { keys, filter, .. } = &self.columns.tables[table].rows else {
            panic!("{table} is no group table");
        };
        let groups = self.once(|this| {
            let filter = this.arguments(filter.as_slice())?.first().copied();
            Groups::new(&this.arguments(keys)?, filter)
        });
        self.groups.insert(table, groups.clone());
        groups.ok_or(Raised)
    }

    /// The rows that a window moves along, each list in its order. `like` is a column of the table.
    fn partitions(
        &mut self,
        like: ColumnId,
        by: &[ColumnId],
        over: &Over,
    ) -> Result<Arc<Vec<Vec<usize>>>, Raised> {
        let rows = self.values(like)?.rows().unwrap_or_default();
        let partitions = self.once(|this| window::partitions(&this.arguments(by)?, over, rows));
        partitions.ok_or(Raised)
    }

    /// The rows of a table by their keys.
    fn index(
        &mut self,
        lookup: ColumnId,
        keys: &[ColumnId],
        null_matches: bool,
    ) -> Result<Arc<Index>, Raised> {
        let name = (keys.to_vec(), null_matches);
        if let Some(index) = self.indexes.get(&name) {
            return index.clone().ok_or(Raised);
        }
        let index = self
            .once(|this| Index::new(this.columns, lookup, &this.arguments(keys)?, null_matches));
        self.indexes.insert(name, index.clone());
        index.ok_or(Raised)
    }

    /// The rows of a table that can be found by conditions on these columns, `keys` of which are keys.
    fn candidates(
        &mut self,
        columns: &[ColumnId],
        keys: usize,
        by_comparison: bool,
    ) -> Result<Arc<Candidates>, Raised> {
        let name = (columns.to_vec(), keys, by_comparison);
        if let Some(candidates) = self.candidates.get(&name) {
            return candidates.clone().ok_or(Raised);
        }
        let candidates =
            self.once(|this| Candidates::new(&this.arguments(columns)?, keys, by_comparison));
        self.candidates.insert(name, candidates.clone());
        candidates.ok_or(Raised)
    }

    /// Builds something shared by many columns; what it raises is noted here, once.
    fn once<T>(
        &mut self,
        build: impl FnOnce(&Self) -> Result<T, tables::Stopped>,
    ) -> Option<Arc<T>> {
        match build(self) {
            Ok(built) => Some(Arc::new(built)),
            Err(tables::Stopped::Before) => None,
            Err(tables::Stopped::At(row, error)) => {
                self.raise(row, &error);
                None
            }
        }
    }
}

/// One cell per cell.
fn map(values: &ColumnValues, function: impl Fn(&Cell) -> Cell) -> ColumnValues {
    match values {
        ColumnValues::Scalar(cell) => ColumnValues::Scalar(function(cell)),
        ColumnValues::Rows(cells) => ColumnValues::Rows(cells.iter().map(function).collect()),
    }
}
