//! The plan: passes over data, each a chain of segments that end in sinks.
//!
//! A pass scans the rows of one table once, block by block. Inside it values go from segment to
//! segment through scratch; what needs all rows (a reduction, a group table, the build side of a
//! lookup, the rows kept by a filter) ends the pass in a sink, and later passes read it as a
//! parameter, a built table or a source.
//!
//! The plan is the same everywhere: it knows nothing of the machine, the threads or hash order.

mod build_side;

use std::fmt;

pub use build_side::{Arrangement, BuildSide};

use crate::columns::{Columns, Selection, write_list};
use crate::id::{ColumnId, PassId, Table, TableId};
use crate::meaning::time::instant::Datum;

/// Rows per block.
pub const BLOCK_ROWS: usize = 1024;

/// A plan for one set of outputs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// Every pass.
    pub passes: Table<PassId, Pass>,
    /// What to do, in order.
    pub steps: Vec<Step>,
}

/// One step of a run.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Scalars whose arguments are known by now, in this order; the interpreter computes them.
    Scalars(Vec<ColumnId>),
    /// A pass over the rows of a table.
    Pass(PassId),
}

/// One scan of a table's rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Pass {
    /// Whose rows are scanned. A source table is read from its source, a table of taken rows from
    /// what the `Spool` sink of an earlier pass kept, a group table from an earlier pass's `Group` sink.
    pub table: TableId,
    /// The columns read: `Input` columns of a source table, `Take` columns of taken and `Stack` columns of
    /// stacked rows, `Key`
    /// and `Reduce` columns of a group table.
    pub reads: Vec<ColumnId>,
    /// Scalars that segments or sinks use, constants left out.
    pub params: Vec<ColumnId>,
    /// What is computed, in order.
    pub segments: Vec<Segment>,
    /// Where it goes.
    pub sinks: Vec<Sink>,
    /// Rows before and after a partition that its windows look at (they feed no sink).
    pub halo: (u64, u64),
    /// Which rows reach a sink at all, where that is known before everything is computed.
    pub filter: Option<Filter>,
}

/// A predicate without which no row reaches a sink of its pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Filter {
    /// A bool of the pass's table.
    pub predicate: ColumnId,
    /// It is known after so many of the pass's segments.
    pub segments: usize,
}

/// A step of a pass, over a block (windows: over a whole morsel).
#[derive(Clone, Debug, PartialEq)]
pub enum Segment {
    /// Row-local ops compiled into one loop.
    Fused(FusedSegment),
    /// A mathematical routine over a block of f64 or f32.
    Wide {
        /// The `Math` column computed; its arguments are reads, scratch, parameters or constants.
        column: ColumnId,
    },
    /// A row-local op over text.
    Columnar {
        /// The column computed.
        column: ColumnId,
    },
    /// Dates and parts of dates and of times of day, over a block.
    Calendar {
        /// Of what: a column of dates or of timestamps.
        moments: ColumnId,
        /// The columns computed, and what each is. Parts of dates may be of the moments' date.
        columns: Vec<(ColumnId, Datum)>,
    },
    /// A call of a function of the host, over a block.
    Extern {
        /// The column computed.
        column: ColumnId,
    },
    /// A window.
    Window {
        /// The `Window` column computed.
        column: ColumnId,
    },
    /// A probe of a built table.
    Probe {
        /// The `Lookup` or `Find` column computed: 32-bit positions, null where nothing matches.
        column: ColumnId,
    },
    /// A value fetched from a built table.
    Gather {
        /// The `Gather` column computed.
        column: ColumnId,
    },
}

/// Row-local ops that one kernel computes.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct FusedSegment {
    /// Row columns read, all of fixed width.
    pub inputs: Vec<ColumnId>,
    /// Scalars read, constants left out.
    pub params: Vec<ColumnId>,
    /// The columns computed, arguments before users; constants are not among them.
    pub body: Vec<ColumnId>,
    /// Those of `body` that are stored.
    pub outputs: Vec<ColumnId>,
}

/// What ends a pass.
#[derive(Clone, Debug, PartialEq)]
pub enum Sink {
    /// Delivers columns of the pass's table, in the order of the rows.
    Output {
        /// The columns, without duplicates.
        columns: Vec<ColumnId>,
    },
    /// Scalars: each a `Reduce` column.
    Reduce {
        /// The `Reduce` columns.
        reductions: Vec<ColumnId>,
    },
    /// A group table: its keys, with its reductions.
    Group {
        /// The group table.
        table: TableId,
        /// The key columns, of the pass's table.
        keys: Vec<ColumnId>,
        /// If given, a bool of the pass's table: only rows where it is true are in a group.
        filter: Option<ColumnId>,
        /// `Key` and `Reduce` columns whose rows are the groups.
        columns: Vec<ColumnId>,
    },
    /// The build side of lookups into the pass's table.
    Build {
        /// By which columns, of the pass's table, and how.
        side: BuildSide,
        /// The columns that `Gather` reads, of the pass's table.
        payload: Vec<ColumnId>,
    },
    /// Rows taken of the pass's table.
    Spool {
        /// The table that takes them.
        table: TableId,
        /// Which, and in which order.
        selection: Selection,
        /// The `Take` columns kept; the argument of each is of the pass's table.
        columns: Vec<ColumnId>,
    },
    /// The pass's table as a part of another.
    Stack {
        /// The table of stacked rows.
        table: TableId,
        /// The `Stack` columns that this and other passes of the same round complete; of the
        /// arguments of each, those of the pass's table are kept.
        columns: Vec<ColumnId>,
    },
    /// Windows along rows by key or in an order of their own, and what else needs all rows: they
    /// become columns of the pass's table.
    Window {
        /// The key columns, of the pass's table.
        keys: Vec<ColumnId>,
        /// The columns that order the rows of a key, of the pass's table.
        order: Vec<ColumnId>,
        /// The `Window` columns, all of these keys and this order, in the same directions; without
        /// either also the `Extern` columns of functions that need all rows.
        windows: Vec<ColumnId>,
    },
    /// The sums of each morsel, from which a later pass over the same morsels starts its
    /// cumulative windows.
    Carry {
        /// Columns of cumulative sums.
        windows: Vec<ColumnId>,
    },
}

/// The columns of `part` among the arguments of `Stack` columns, each once.
pub fn parts_of(columns: &Columns, part: TableId, stacked: &[ColumnId]) -> Vec<ColumnId> {
    let arguments = stacked.iter().flat_map(|id| &columns.column(*id).args);
    let mut found: Vec<ColumnId> = arguments
        .copied()
        .filter(|id| columns.table_of(*id) == Some(part))
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

impl Plan {
    /// The text of `explain --stage plan`.
    pub fn display<'a>(&'a self, columns: &'a Columns) -> impl fmt::Display + 'a {
        PlanText {
            plan: self,
            columns,
        }
    }
}

struct PlanText<'a> {
    plan: &'a Plan,
    columns: &'a Columns,
}

impl fmt::Display for PlanText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in &self.plan.steps {
            match step {
                Step::Scalars(scalars) => {
                    writeln!(f, "scalars")?;
                    for column in scalars {
                        self.column(f, *column)?;
                    }
                }
                Step::Pass(id) => self.pass(f, *id)?,
            }
        }
        Ok(())
    }
}

impl PlanText<'_> {
    fn column(&self, f: &mut fmt::Formatter<'_>, id: ColumnId) -> fmt::Result {
        let column = self.columns.column(id);
        write!(f, "    {id}: {} = {}", column.ty, column.op)?;
        write_list(f, &column.args)?;
        writeln!(f)
    }

    fn pass(&self, f: &mut fmt::Formatter<'_>, id: PassId) -> fmt::Result {
        let pass = &self.plan.passes[id];
        write!(
            f,
            "{id} over {} {}",
            pass.table, self.columns.tables[pass.table].name
        )?;
        if pass.halo != (0, 0) {
            write!(f, " halo {} before, {} after", pass.halo.0, pass.halo.1)?;
        }
        writeln!(f)?;
        write!(f, "  reads")?;
        write_list(f, &pass.reads)?;
        writeln!(f)?;
        if !pass.params.is_empty() {
            write!(f, "  params")?;
            write_list(f, &pass.params)?;
            writeln!(f)?;
        }
        for (position, segment) in pass.segments.iter().enumerate() {
            self.filter(f, pass, position)?;
            match segment {
                Segment::Fused(fused) => {
                    write!(f, "  fused ")?;
                    write_list(f, &fused.inputs)?;
                    write!(f, " ->")?;
                    write_list(f, &fused.outputs)?;
                    writeln!(f)?;
                    for column in &fused.body {
                        self.column(f, *column)?;
                    }
                }
                Segment::Wide { column } => self.single(f, "wide", *column)?,
                Segment::Columnar { column } => self.single(f, "columnar", *column)?,
                Segment::Calendar { moments, columns } => {
                    writeln!(f, "  calendar {moments}")?;
                    for (column, _) in columns {
                        self.column(f, *column)?;
                    }
                }
                Segment::Extern { column } => self.single(f, "extern", *column)?,
                Segment::Window { column } => self.single(f, "window", *column)?,
                Segment::Probe { column } => self.single(f, "probe", *column)?,
                Segment::Gather { column } => self.single(f, "gather", *column)?,
            }
        }
        for sink in &pass.sinks {
            let (name, first, second) = match sink {
                Sink::Output { columns } => ("output".to_owned(), &columns[..], &[][..]),
                Sink::Reduce { reductions } => ("reduce".to_owned(), &reductions[..], &[][..]),
                Sink::Group {
                    table,
                    keys,
                    filter,
                    columns,
                } => {
                    let name = match filter {
                        Some(filter) => format!("group {table} where {filter} by"),
                        None => format!("group {table} by"),
                    };
                    (name, &keys[..], &columns[..])
                }
                Sink::Build { side, payload } => (side.to_string(), &[][..], &payload[..]),
                Sink::Spool {
                    table,
                    selection,
                    columns,
                } => (format!("spool {table} {selection}"), &[][..], &columns[..]),
                Sink::Stack { table, columns } => {
                    (format!("part of {table} ->"), &columns[..], &[][..])
                }
                Sink::Window {
                    keys,
                    order,
                    windows,
                } => {
                    write!(f, "  sink window by")?;
                    write_list(f, keys)?;
                    if !order.is_empty() {
                        write!(f, " ordered by")?;
                        write_list(f, order)?;
                    }
                    write!(f, " ->")?;
                    write_list(f, windows)?;
                    writeln!(f)?;
                    continue;
                }
                Sink::Carry { windows } => ("carry".to_owned(), &windows[..], &[][..]),
            };
            write!(f, "  sink {name}")?;
            write_list(f, first)?;
            if !second.is_empty() {
                write!(f, " ->")?;
                write_list(f, second)?;
            }
            writeln!(f)?;
        }
        Ok(())
    }

    /// The filter, before the first segment that it spares.
    fn filter(&self, f: &mut fmt::Formatter<'_>, pass: &Pass, position: usize) -> fmt::Result {
        match pass.filter {
            Some(filter) if filter.segments == position => {
                writeln!(f, "  only where {}", filter.predicate)
            }
            _ => Ok(()),
        }
    }

    fn single(&self, f: &mut fmt::Formatter<'_>, name: &str, column: ColumnId) -> fmt::Result {
        writeln!(f, "  {name}")?;
        self.column(f, column)
    }
}
