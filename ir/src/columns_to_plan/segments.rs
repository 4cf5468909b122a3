//! What one pass computes: the columns between what it reads and its sinks, as segments.
//!
//! Columns are staged: each stage is what can be fused (cut where too many values would be live),
//! then the routines that need it. Routines run as early as they can, fused ops as late as they
//! may, so that a value is stored between segments only if a routine needs it.

use std::collections::{HashMap, HashSet};

use crate::columns::{Column, Columns, Rows};
use crate::id::{ColumnId, Id, TableId};
use crate::op::{Execution, Op};
use crate::plan::{Filter, FusedSegment, Pass, Segment, Sink};
use crate::types::Domain;

use super::calendar::Calendar;

/// Ops in a fused segment, at most: bounds the time to compile one.
const MAX_OPS: usize = 256;

/// Values live at once in a fused segment, at most: register allocation is near quadratic in them.
const MAX_LIVE: usize = 24;

/// Builds the pass that computes `roots` over the rows of `table` and ends in `sinks`, which only rows
/// reach where `predicate`, one of the roots, is true, if there is one.
pub(super) fn pass_of(
    columns: &Columns,
    table: TableId,
    roots: &[ColumnId],
    predicate: Option<ColumnId>,
    sinks: Vec<Sink>,
) -> Pass {
    let needed = needed_columns(columns, table, roots);
    let mut pass = Pass {
        table,
        reads: Vec::new(),
        params: Vec::new(),
        segments: Vec::new(),
        sinks,
        halo: halo(columns, &needed, roots),
        filter: None,
    };
    let mut computed = Vec::new();
    for &id in &needed.ids {
        let column = columns.column(id);
        if column.domain == Domain::Scalar {
            if !matches!(column.op, Op::Literal(_)) {
                pass.params.push(id);
            }
        } else if is_read(columns, table, column) {
            pass.reads.push(id);
        } else {
            computed.push(id);
        }
    }
    let is_root = |id: ColumnId| roots.binary_search(&id).is_ok();
    let segments = |computed: &[ColumnId]| segments(columns, table, &needed, computed, is_root);
    let has_windows = (computed.iter()).any(|id| columns.execution(*id) == Execution::Window);
    if let Some(predicate) = predicate.filter(|_| !has_windows) {
        let first = needed_columns(columns, table, &[predicate]);
        let is_first = |id: &ColumnId| first.ids.binary_search(id).is_ok();
        let (before, after): (Vec<ColumnId>, Vec<ColumnId>) =
            computed.iter().partition(|id| is_first(id));
        // A little arithmetic costs less than a predicate that is stored and read again.
        let is_dear = |id: &ColumnId| columns.execution(*id) != Execution::Fused;
        if after.iter().any(is_dear) {
            pass.segments = segments(&before);
            pass.filter = Some(Filter {
                predicate,
                segments: pass.segments.len(),
            });
            pass.segments.extend(segments(&after));
            return pass;
        }
    }
    pass.segments = segments(&computed);
    pass
}

/// The segments that compute columns, of those they need which are not read or computed before.
fn segments(
    columns: &Columns,
    table: TableId,
    needed: &Needed,
    computed: &[ColumnId],
    is_root: impl Fn(ColumnId) -> bool,
) -> Vec<Segment> {
    let leaves = |user: &ColumnId| computed.binary_search(user).is_err();
    let is_root = |id: ColumnId| is_root(id) || needed.users(id).iter().any(leaves);
    let is_fused = |id: ColumnId| columns.execution(id) == Execution::Fused;
    let calendar = Calendar::new(columns, computed, |id| needed.users(id), is_root, is_fused);
    let is_fused = |id: ColumnId| is_fused(id) && !calendar.takes(id);
    let stages = Stages::new(columns, table, needed, computed, is_fused);
    let mut segments = Vec::new();
    for stage in stages.of_each(computed) {
        let (fused, routines): (Vec<ColumnId>, Vec<ColumnId>) =
            stage.into_iter().partition(|id| is_fused(*id));
        let cut = cut(columns, table, needed, &fused, is_root);
        segments.extend(cut.into_iter().map(Segment::Fused));
        let routine = |column| routine(columns, column);
        segments.extend(calendar.segments(columns, &routines, routine));
    }
    segments
}

fn routine(columns: &Columns, column: ColumnId) -> Segment {
    match (columns.execution(column), &columns.column(column).op) {
        (Execution::Wide, _) => Segment::Wide { column },
        (Execution::Window, _) => Segment::Window { column },
        (Execution::Extern, _) => Segment::Extern { column },
        (_, Op::Lookup { .. } | Op::Find(_)) => Segment::Probe { column },
        (_, Op::Gather) => Segment::Gather { column },
        _ => Segment::Columnar { column },
    }
}

/// Whether a pass over `table` finds the column there instead of computing it.
fn is_read(columns: &Columns, table: TableId, column: &Column) -> bool {
    if columns.is_stored(column) {
        return true;
    }
    match &columns.tables[table].rows {
        Rows::Source => matches!(column.op, Op::Input(_)),
        Rows::Take { .. } => matches!(column.op, Op::Take | Op::Joined | Op::Input(_)),
        Rows::Stack { .. } => matches!(column.op, Op::Stack | Op::Input(_)),
        Rows::Group { .. } => {
            matches!(column.op, Op::Key(_) | Op::Reduce { .. } | Op::Input(_))
        }
    }
}

/// The arguments that a pass over the column's own table evaluates: not the other table's side of
/// a lookup or gather.
fn local_args<'a>(columns: &'a Columns, table: TableId, column: &'a Column) -> &'a [ColumnId] {
    if column.domain != Domain::Rows(table) || is_read(columns, table, column) {
        return &[];
    }
    match &column.op {
        Op::Gather => &column.args[..1],
        op => match op.conditions() {
            Some((_, conditions)) => &column.args[conditions..],
            None => &column.args,
        },
    }
}

struct Needed {
    /// Ascending.
    ids: Vec<ColumnId>,
    /// Users within the pass, for each of `ids`.
    users: Vec<Vec<ColumnId>>,
}

impl Needed {
    fn position(&self, id: ColumnId) -> usize {
        self.ids
            .binary_search(&id)
            .expect("a column that the pass needs")
    }

    fn users(&self, id: ColumnId) -> &[ColumnId] {
        &self.users[self.position(id)]
    }
}

fn needed_columns(columns: &Columns, table: TableId, roots: &[ColumnId]) -> Needed {
    let mut seen = std::collections::HashSet::new();
    let mut stack: Vec<ColumnId> = roots.to_vec();
    let mut ids = Vec::new();
    while let Some(id) = stack.pop() {
        if seen.insert(id) {
            ids.push(id);
            stack.extend(local_args(columns, table, columns.column(id)));
        }
    }
    ids.sort_unstable();
    let mut needed = Needed {
        users: vec![Vec::new(); ids.len()],
        ids,
    };
    for index in 0..needed.ids.len() {
        let id = needed.ids[index];
        for arg in local_args(columns, table, columns.column(id)) {
            let position = needed.position(*arg);
            if needed.users[position].last() != Some(&id) {
                needed.users[position].push(id);
            }
        }
    }
    needed
}

/// Rows before and after a partition that its windows look at, added up along chains of windows.
fn halo(columns: &Columns, needed: &Needed, roots: &[ColumnId]) -> (u64, u64) {
    let mut needs = vec![(0u64, 0u64); needed.ids.len()];
    let mut most = (0, 0);
    for position in (0..needed.ids.len()).rev() {
        let id = needed.ids[position];
        let mut need = if roots.binary_search(&id).is_ok() {
            (0, 0)
        } else {
            needs[position]
        };
        need = (need.0.max(needs[position].0), need.1.max(needs[position].1));
        most = (most.0.max(need.0), most.1.max(need.1));
        let column = columns.column(id);
        let Domain::Rows(table) = column.domain else {
            continue;
        };
        let (before, after) = match &column.op {
            Op::Window(window) => window.window.halo().unwrap_or((0, 0)),
            _ => (0, 0),
        };
        for arg in local_args(columns, table, column) {
            let at = &mut needs[needed.position(*arg)];
            at.0 = at.0.max(need.0.saturating_add(before));
            at.1 = at.1.max(need.1.saturating_add(after));
        }
    }
    most
}

struct Stages {
    first: usize,
    stages: Vec<u32>,
    count: u32,
}

impl Stages {
    fn of(&self, id: ColumnId) -> u32 {
        self.stages[id.index() - self.first]
    }

    /// The columns of each stage, ascending.
    fn of_each(&self, computed: &[ColumnId]) -> Vec<Vec<ColumnId>> {
        let mut each = vec![Vec::new(); self.count as usize];
        for &id in computed {
            each[self.of(id) as usize].push(id);
        }
        each
    }

    fn new(
        columns: &Columns,
        table: TableId,
        needed: &Needed,
        computed: &[ColumnId],
        fused: impl Fn(ColumnId) -> bool,
    ) -> Stages {
        let first = needed.ids.first().map_or(0, |id| id.index());
        let last = needed.ids.last().map_or(0, |id| id.index());
        let mut stages = Stages {
            first,
            stages: vec![0; last + 1 - first],
            count: 0,
        };
        // A routine's result is ready for fused ops in the next stage only.
        let ready = |stages: &Stages, arg: ColumnId, for_fused: bool| {
            let is_routine = computed.binary_search(&arg).is_ok() && !fused(arg);
            stages.of(arg) + u32::from(is_routine && for_fused)
        };
        for &id in computed {
            let args = local_args(columns, table, columns.column(id));
            let stage = args
                .iter()
                .map(|arg| ready(&stages, *arg, fused(id)))
                .max()
                .unwrap_or(0);
            stages.stages[id.index() - first] = stage;
            stages.count = stages.count.max(stage + 1);
        }
        for &id in computed.iter().rev() {
            if fused(id) {
                let users = needed.users(id).iter().map(|user| stages.of(*user));
                let latest = users.min().unwrap_or(stages.count - 1);
                let stage = &mut stages.stages[id.index() - first];
                *stage = latest.max(*stage);
            }
        }
        stages
    }
}

/// Cuts the fused ops of a stage into segments: in the order of their ids, or deepest first if that
/// takes fewer. (A long ladder of conditions has all of them before the first choice.)
fn cut(
    columns: &Columns,
    table: TableId,
    needed: &Needed,
    fused: &[ColumnId],
    is_root: impl Fn(ColumnId) -> bool,
) -> Vec<FusedSegment> {
    let mut bodies = bodies(columns, table, fused);
    if bodies.len() > 1 {
        let others = self::bodies(columns, table, &deepest_first(columns, table, fused));
        if others.len() < bodies.len() {
            bodies = others;
        }
    }
    let segments = bodies.into_iter().map(|mut body| {
        body.sort_unstable();
        segment(columns, table, needed, &body, &is_root)
    });
    segments.collect()
}

/// The columns, each after its arguments and as late as its first user allows; of several arguments
/// the one that takes the longest chain of ops first, so that the others need not wait for it.
fn deepest_first(columns: &Columns, table: TableId, fused: &[ColumnId]) -> Vec<ColumnId> {
    let mut depths: HashMap<ColumnId, u32> = HashMap::with_capacity(fused.len());
    let mut used: HashSet<ColumnId> = HashSet::new();
    for &id in fused {
        let args = local_args(columns, table, columns.column(id));
        let deepest = args.iter().filter_map(|arg| depths.get(arg)).max();
        depths.insert(id, deepest.map_or(0, |depth| depth + 1));
        used.extend(args);
    }
    let mut order = Vec::with_capacity(fused.len());
    let mut done = HashSet::with_capacity(fused.len());
    for root in fused.iter().filter(|id| !used.contains(*id)) {
        let mut stack = vec![(*root, false)];
        while let Some((id, args_done)) = stack.pop() {
            if args_done {
                if done.insert(id) {
                    order.push(id);
                }
            } else if !done.contains(&id) {
                stack.push((id, true));
                let args = local_args(columns, table, columns.column(id));
                let mut args: Vec<ColumnId> = args.to_vec();
                args.retain(|arg| depths.contains_key(arg) && !done.contains(arg));
                // The last pushed is the first visited.
                args.reverse();
                args.sort_by_key(|arg| depths[arg]);
                stack.extend(args.into_iter().map(|arg| (arg, false)));
            }
        }
    }
    order
}

/// Bodies of segments, in an order in which arguments come before users.
fn bodies(columns: &Columns, table: TableId, order: &[ColumnId]) -> Vec<Vec<ColumnId>> {
    let mut bodies = Vec::new();
    let mut start = 0;
    let mut last_use: HashMap<ColumnId, usize> = HashMap::new();
    for (position, &id) in order.iter().enumerate() {
        for arg in local_args(columns, table, columns.column(id)) {
            last_use.insert(*arg, position);
        }
    }
    let mut live: Vec<ColumnId> = Vec::new();
    for (position, &id) in order.iter().enumerate() {
        for arg in local_args(columns, table, columns.column(id)) {
            if !live.contains(arg) && !matches!(columns.column(*arg).op, Op::Literal(_)) {
                live.push(*arg);
            }
        }
        live.push(id);
        // Live after this op: what a later op of this stage still reads.
        live.retain(|value| last_use.get(value).is_some_and(|user| *user > position));
        if position + 1 - start >= MAX_OPS || live.len() > MAX_LIVE && position > start {
            bodies.push(order[start..=position].to_vec());
            start = position + 1;
            live.clear();
        }
    }
    if start < order.len() {
        bodies.push(order[start..].to_vec());
    }
    bodies
}

fn segment(
    columns: &Columns,
    table: TableId,
    needed: &Needed,
    body: &[ColumnId],
    is_root: &impl Fn(ColumnId) -> bool,
) -> FusedSegment {
    let mut segment = FusedSegment {
        body: body.to_vec(),
        ..FusedSegment::default()
    };
    for &id in body {
        for &arg in local_args(columns, table, columns.column(id)) {
            let column = columns.column(arg);
            if matches!(column.op, Op::Literal(_)) || body.binary_search(&arg).is_ok() {
                continue;
            }
            let list = match column.domain {
                Domain::Scalar => &mut segment.params,
                Domain::Rows(_) => &mut segment.inputs,
            };
            if let Err(position) = list.binary_search(&arg) {
                list.insert(position, arg);
            }
        }
        let leaves = |user: &ColumnId| body.binary_search(user).is_err();
        if is_root(id) || needed.users(id).iter().any(leaves) {
            segment.outputs.push(id);
        }
    }
    segment
}
