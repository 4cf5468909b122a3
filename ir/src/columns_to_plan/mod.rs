//! Cuts the columnar IR into passes, and each pass into segments and sinks.
//!
//! 1. `times`: the earliest round in which each column can be had. A round is a set of passes; what
//!    needs all rows of a table is had one round after its argument.
//! 2. This file: the sinks of each (table, round), and the steps in their order.
//! 3. `segments`: what a pass computes between what it reads and its sinks; first the predicate without
//!    which no row reaches any of them, if there is one (`predicate`).
//!
//! Outputs of a table are delivered by one pass, the earliest that can have them all. Values are
//! computed again in each pass that needs them: reading memory costs more than arithmetic.

mod calendar;
mod predicate;
mod segments;
#[cfg(test)]
mod tests;
mod times;

use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::columns::{Columns, Rows, Selection};
use crate::id::{ColumnId, TableId};
use crate::op::{Execution, Op, Over, WindowOver};
use crate::plan::{BuildSide, Pass, Plan, Sink, Step, parts_of};
use crate::types::Domain;
use times::Times;

/// The plan of a program. It depends on nothing but the program.
pub fn columns_to_plan(columns: &Columns) -> Plan {
    let times = Times::new(columns);
    let raises = columns.raising();
    let mut rounds = Rounds::new();
    for (id, column) in columns.columns.iter() {
        place(columns, &times, id, &column.op, column.domain, &mut rounds);
    }
    place_spools(columns, &times, &mut rounds);
    place_outputs(columns, &times, &mut rounds);

    let mut plan = Plan::default();
    let mut scalars: BTreeMap<u32, Vec<ColumnId>> = BTreeMap::new();
    for (id, column) in columns.columns.iter() {
        if column.domain == Domain::Scalar && is_scalar_work(&column.op) {
            scalars.entry(times.of(id)).or_default().push(id);
        }
    }
    let mut emit_scalars = |plan: &mut Plan, round: u32| {
        let later = scalars.split_off(&(round + 1));
        let now: Vec<ColumnId> = std::mem::replace(&mut scalars, later)
            .into_values()
            .flatten()
            .collect();
        if !now.is_empty() {
            plan.steps.push(Step::Scalars(now));
        }
    };
    for ((round, table), sinks) in rounds {
        emit_scalars(&mut plan, round);
        let pass = pass(columns, &raises, table, sinks.into_sinks(columns));
        let id = plan.passes.push(pass);
        plan.steps.push(Step::Pass(id));
    }
    emit_scalars(&mut plan, u32::MAX - 1);
    plan
}

/// Whether a scalar is computed by the interpreter between passes.
fn is_scalar_work(op: &Op) -> bool {
    !matches!(op, Op::Literal(_) | Op::Param(_) | Op::Reduce { .. })
}

/// The sinks of one pass while they are collected.
#[derive(Default)]
struct Sinks {
    outputs: Vec<ColumnId>,
    reductions: Vec<ColumnId>,
    groups: BTreeMap<TableId, Vec<ColumnId>>,
    builds: BTreeMap<BuildSide, Vec<ColumnId>>,
    spools: BTreeMap<TableId, Vec<ColumnId>>,
    stacks: BTreeMap<TableId, Vec<ColumnId>>,
    windows: Vec<Windows>,
    carries: Vec<ColumnId>,
}

/// Windows along the same rows in the same order.
struct Windows {
    over: Over,
    columns: Vec<ColumnId>,
    windows: Vec<ColumnId>,
}

impl Sinks {
    /// A column that needs all rows, along these keys in this order.
    fn add_window(&mut self, over: &Over, by: &[ColumnId], id: ColumnId) {
        let same = |known: &&mut Windows| known.over == *over && known.columns == by;
        match self.windows.iter_mut().find(same) {
            Some(known) => known.windows.push(id),
            None => self.windows.push(Windows {
                over: over.clone(),
                columns: by.to_vec(),
                windows: vec![id],
            }),
        }
    }

    fn into_sinks(self, program: &Columns) -> Vec<Sink> {
        let mut sinks = Vec::new();
        if !self.outputs.is_empty() {
            sinks.push(Sink::Output {
                columns: self.outputs,
            });
        }
        if !self.reductions.is_empty() {
            sinks.push(Sink::Reduce {
                reductions: self.reductions,
            });
        }
        for (table, columns) in self.groups {
            if let Rows::Group { keys, filter, .. } = &program.tables[table].rows {
                sinks.push(Sink::Group {
                    table,
                    keys: keys.clone(),
                    filter: *filter,
                    columns,
                });
            }
        }
        for (side, payload) in self.builds {
            sinks.push(Sink::Build { side, payload });
        }
        for (table, columns) in self.spools {
            if let Rows::Take { selection, .. } = &program.tables[table].rows {
                sinks.push(Sink::Spool {
                    table,
                    selection: selection.clone(),
                    columns,
                });
            }
        }
        for (table, columns) in self.stacks {
            sinks.push(Sink::Stack { table, columns });
        }
        for mut windows in self.windows {
            let order = windows.columns.split_off(windows.over.keys as usize);
            sinks.push(Sink::Window {
                keys: windows.columns,
                order,
                windows: windows.windows,
            });
        }
        if !self.carries.is_empty() {
            sinks.push(Sink::Carry {
                windows: self.carries,
            });
        }
        sinks
    }
}

/// The sinks of each pass, by round and table: the order in which passes run.
type Rounds = BTreeMap<(u32, TableId), Sinks>;

fn at(rounds: &mut Rounds, round: u32, table: TableId) -> &mut Sinks {
    rounds.entry((round, table)).or_default()
}

fn push_once(list: &mut Vec<ColumnId>, id: ColumnId) {
    if !list.contains(&id) {
        list.push(id);
    }
}

/// Puts a column that ends a pass into that pass's sinks.
fn place(
    columns: &Columns,
    times: &Times,
    id: ColumnId,
    op: &Op,
    domain: Domain,
    rounds: &mut Rounds,
) {
    let args = &columns.column(id).args;
    match (op, domain) {
        (Op::Reduce { from, .. }, Domain::Scalar) => {
            at(rounds, times.of(id) - 1, *from).reductions.push(id);
        }
        (Op::Reduce { .. } | Op::Key(_), Domain::Rows(group)) => {
            if let Rows::Group { parent, .. } = &columns.tables[group].rows {
                let sinks = at(rounds, times.of(id) - 1, *parent);
                sinks.groups.entry(group).or_default().push(id);
            }
        }
        (Op::Window(_), Domain::Rows(table)) if columns.is_carried(columns.column(id)) => {
            at(rounds, times.of(id) - 1, table).carries.push(id);
        }
        (Op::Window(WindowOver { window, over }), Domain::Rows(table))
            if columns.execution(id) == Execution::Barrier =>
        {
            let by = &args[window.values()..];
            at(rounds, times.of(id) - 1, table).add_window(over, by, id);
        }
        (Op::Extern(_), Domain::Rows(table)) if columns.execution(id) == Execution::Barrier => {
            at(rounds, times.of(id) - 1, table).add_window(&Over::default(), &[], id);
        }
        (
            Op::Lookup {
                null_matches: false,
                ..
            }
            | Op::Find(_),
            _,
        ) => {
            if let Some(side) = BuildSide::of(columns, id) {
                let build = at(rounds, times.build(columns, &side), side.table);
                let payload = build.builds.entry(side.clone()).or_default();
                // The interpreter looks scalars up in the columns themselves.
                if domain == Domain::Scalar {
                    side.columns().for_each(|column| push_once(payload, column));
                }
            }
        }
        (Op::Gather, _) => {
            if let Some((round, side)) = times.payload(columns, id) {
                let build = at(rounds, round, side.table);
                let payload = build.builds.entry(side).or_default();
                push_once(payload, args[1]);
            }
        }
        _ => {}
    }
}

/// Rows taken of a table, or stacked of several: a sink as soon as it is known which, and one in each
/// later round in which further columns are.
fn place_spools(columns: &Columns, times: &Times, rounds: &mut Rounds) {
    let mut place =
        |table: TableId, round: u32, column: Option<ColumnId>| match &columns.tables[table].rows {
            Rows::Take { parent, .. } => {
                let spools = &mut at(rounds, round, *parent).spools;
                spools.entry(table).or_default().extend(column);
            }
            Rows::Stack { parts } => {
                let tables: BTreeSet<TableId> = parts.iter().map(|part| part.table).collect();
                for part in tables {
                    let stacks = &mut at(rounds, round, part).stacks;
                    stacks.entry(table).or_default().extend(column);
                }
            }
            Rows::Source | Rows::Group { .. } => {}
        };
    for table in columns.tables.ids() {
        place(table, times.rows(table).saturating_sub(1), None);
    }
    for (id, column) in columns.columns.iter() {
        if let (Op::Take | Op::Joined | Op::Stack, Domain::Rows(table)) =
            (&column.op, column.domain)
        {
            place(table, times.of(id) - 1, Some(id));
        }
    }
    for shape in columns.tables.values() {
        if let Rows::Take {
            selection: Selection::Join(join),
            ..
        } = &shape.rows
        {
            let side = BuildSide::of_join(join);
            let build = at(rounds, times.build(columns, &side), side.table);
            build.builds.entry(side).or_default();
        }
    }
}

/// Each table's outputs, in one pass: the first that can have them all, if there is one anyway,
/// else one of their own.
fn place_outputs(columns: &Columns, times: &Times, rounds: &mut Rounds) {
    let mut outputs: BTreeMap<TableId, (u32, Vec<ColumnId>)> = BTreeMap::new();
    let mut seen = HashSet::new();
    for output in columns.delivered() {
        if let Some(table) = columns.table_of(output) {
            let (round, list) = outputs
                .entry(table)
                .or_insert((times.rows(table), Vec::new()));
            *round = (*round).max(times.of(output));
            if seen.insert(output) {
                list.push(output);
            }
        }
    }
    for (table, (earliest, list)) in outputs {
        let round = rounds
            .range((earliest, table)..)
            .map(|((round, of), _)| (*round, *of))
            .find(|(_, of)| *of == table)
            .map_or(earliest, |(round, _)| round);
        rounds.entry((round, table)).or_default().outputs = list;
    }
}

fn pass(columns: &Columns, raises: &[bool], table: TableId, sinks: Vec<Sink>) -> Pass {
    let mut roots = Vec::new();
    for sink in &sinks {
        match sink {
            Sink::Output { columns } => roots.extend(columns),
            Sink::Reduce { reductions } => {
                roots.extend(reductions.iter().flat_map(|id| &columns.column(*id).args));
            }
            Sink::Group {
                keys,
                filter,
                columns: reduced,
                ..
            } => {
                roots.extend(keys.iter().chain(filter));
                roots.extend(reduced.iter().flat_map(|id| &columns.column(*id).args));
            }
            Sink::Build { side, payload } => {
                roots.extend(side.columns().chain(payload.iter().copied()));
            }
            Sink::Spool {
                selection,
                columns: kept,
                ..
            } => {
                roots.extend(selection.keys());
                roots.extend(selection.count());
                roots.extend(kept.iter().flat_map(|id| &columns.column(*id).args));
            }
            Sink::Stack {
                columns: stacked, ..
            } => roots.extend(parts_of(columns, table, stacked)),
            Sink::Window { windows, .. } | Sink::Carry { windows } => {
                roots.extend(windows.iter().flat_map(|id| &columns.column(*id).args));
            }
        }
    }
    roots.sort_unstable();
    roots.dedup();
    let predicate = predicate::common(columns, raises, &sinks);
    segments::pass_of(columns, table, &roots, predicate, sinks)
}
