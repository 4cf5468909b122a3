//! What is kept of the rows of a key, and what is computed from it: the windows of a row program that
//! go along the rows of the same keys.

use std::collections::HashMap;

use icosian_ir::columns::Columns;
use icosian_ir::graph::Fingerprint;
use icosian_ir::id::ColumnId;
use icosian_ir::meaning::order::Direction;
use icosian_ir::op::{Frame, Op, Reduction, Window};
use icosian_ir::types::{Lane, ScalarType};

use super::CarryStep;
use super::rolling::Rolling;
use super::scan::Scan;
use crate::error::{RunError, internal};
use crate::execute::by_row::step::{Part, Step, Target};
use crate::execute::prepared::Backend;

/// A window, with where its values come from and go.
#[derive(Debug)]
pub(crate) struct WindowShape {
    pub(crate) column: ColumnId,
    pub(crate) window: Window,
    /// The type of what it gives.
    pub(crate) scalar: ScalarType,
    pub(crate) output: Target,
    /// What it looks at.
    pub(crate) parts: Vec<Part>,
    pub(crate) lanes: Vec<Option<Lane>>,
    pub(crate) scalars: Vec<ScalarType>,
    /// The columns it looks back at, unless it goes along the rows once.
    pub(crate) tracks: Vec<usize>,
    /// The column that it measures distances along, and whether that descends.
    pub(crate) axis: Option<(usize, bool)>,
    /// The columns it looks at, then those of the keys and of the order.
    pub(crate) args: Vec<ColumnId>,
}

/// A column of which the last rows are kept.
#[derive(Debug)]
pub(crate) struct TrackShape {
    column: ColumnId,
    pub(crate) part: Part,
    /// Rows are kept where this is not null.
    pub(crate) axis: Option<(ColumnId, Part)>,
    /// So many rows are looked back at by shifts.
    pub(crate) shifts: u64,
}

/// The columns that order the rows of some windows.
#[derive(Debug)]
pub(crate) struct OrderShape {
    columns: Vec<ColumnId>,
    pub(crate) parts: Vec<(Part, ScalarType, Direction)>,
    /// Where its values stand among those of all orders.
    pub(crate) first: usize,
    pub(crate) names: Vec<String>,
}

/// The windows along the rows of the same keys.
#[derive(Debug)]
pub(crate) struct GroupShape {
    /// Of the keys.
    columns: Vec<ColumnId>,
    pub(crate) keys: Vec<(Part, ScalarType)>,
    pub(crate) names: Vec<String>,
    pub(crate) orders: Vec<OrderShape>,
    pub(crate) tracks: Vec<TrackShape>,
    pub(crate) windows: Vec<WindowShape>,
    /// What tells its states from others.
    pub(crate) fingerprint: u128,
    pub(crate) interpreted: bool,
}

/// All windows of a row program.
#[derive(Debug, Default)]
pub(crate) struct WindowShapes {
    pub(crate) groups: Vec<GroupShape>,
}

impl WindowShape {
    pub(crate) fn reduction(&self) -> Option<Reduction> {
        match self.window {
            Window::Rolling { reduction, .. } => Some(reduction),
            _ => None,
        }
    }

    /// The lane of the first column it looks at; none of text.
    pub(crate) fn lane(&self) -> Option<Lane> {
        self.lanes.first().copied().flatten()
    }

    /// Whether its value depends on the row's own.
    pub(crate) fn looks_at_own_row(&self) -> bool {
        match self.window {
            Window::Shift { rows } => rows == 0,
            Window::Rolling {
                frame: Frame::Span { nearest, .. },
                ..
            } => nearest == 0,
            _ => true,
        }
    }

    /// What turns words so that the least is wanted.
    pub(crate) fn turn(&self) -> u64 {
        match self.reduction() {
            Some(Reduction::Max) => u64::MAX,
            _ => 0,
        }
    }
}

impl OrderShape {
    /// Whether it is by these columns, in these directions.
    pub(super) fn is(&self, columns: &[ColumnId], directions: &[Direction]) -> bool {
        let own = self.parts.iter().map(|(_, _, direction)| direction);
        self.columns == columns && own.eq(directions)
    }
}

impl TrackShape {
    pub(super) fn column(&self) -> ColumnId {
        self.column
    }
}

impl GroupShape {
    /// How many values the orders have.
    pub(crate) fn order_values(&self) -> usize {
        self.orders.iter().map(|order| order.parts.len()).sum()
    }
}

/// The name of a column, as its node's or input's.
fn name_of(columns: &Columns, id: ColumnId) -> String {
    let column = columns.column(id);
    if let Op::Input(input) = column.op {
        return columns.inputs[input].name.clone();
    }
    let node = column.nodes.first();
    let name = node.and_then(|node| columns.node_names.get(node).cloned());
    name.unwrap_or_else(|| id.to_string())
}

impl WindowShapes {
    /// Adds a window; gives what has to be done for it once its arguments are there. `parts` are those
    /// of its arguments.
    pub(crate) fn add(
        &mut self,
        columns: &Columns,
        id: ColumnId,
        parts: &[Part],
        output: Target,
    ) -> Result<Vec<CarryStep>, RunError> {
        let column = columns.column(id);
        let Op::Window(over) = &column.op else {
            return Err(internal("a window segment without a window"));
        };
        let parts: HashMap<ColumnId, Part> = column
            .args
            .iter()
            .copied()
            .zip(parts.iter().copied())
            .collect();
        let part = |column: &ColumnId| parts[column];
        let (values, by) = column.args.split_at(over.window.values());
        let (keys, order) = by.split_at(over.over.keys as usize);
        let mut steps = Vec::new();
        let group = self.group(columns, keys, part, &mut steps);
        let shape = &mut self.groups[group];
        shape.add_order(columns, (group, order, &over.over.order), part, &mut steps);
        let scan = Scan::new(over.window, columns.scalar_type(values[0]).lane());
        let span = matches!(
            over.window,
            Window::Rolling {
                frame: Frame::Span { .. },
                ..
            }
        );
        let axis = order.first().filter(|_| span);
        let mut tracks = Vec::new();
        if scan.is_none() {
            let shifts = match over.window {
                Window::Shift { rows } => rows.unsigned_abs(),
                _ => 0,
            };
            for value in values.iter().chain(axis) {
                let axis = axis.map(|axis| (*axis, part(axis)));
                let new = TrackShape {
                    column: *value,
                    part: part(value),
                    axis,
                    shifts,
                };
                tracks.push(shape.add_track(group, new, &mut steps));
            }
        }
        let descending = over
            .over
            .order
            .first()
            .is_some_and(|first| first.descending);
        let axis = axis.and_then(|_| Some((tracks.pop()?, descending)));
        shape.windows.push(WindowShape {
            column: id,
            window: over.window,
            scalar: column.ty.scalar,
            output,
            parts: values.iter().map(part).collect(),
            lanes: values.iter().map(|value| part(value).1).collect(),
            scalars: columns.scalar_types(values),
            tracks,
            axis,
            args: column.args.clone(),
        });
        steps.push(CarryStep::Window(group, shape.windows.len() - 1));
        Ok(steps)
    }

    fn group(
        &mut self,
        columns: &Columns,
        keys: &[ColumnId],
        part: impl Fn(&ColumnId) -> Part,
        steps: &mut Vec<CarryStep>,
    ) -> usize {
        let mut sorted = keys.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        if let Some(known) = self.groups.iter().position(|group| group.columns == sorted) {
            return known;
        }
        let key = |id: &ColumnId| (part(id), columns.scalar_type(*id));
        self.groups.push(GroupShape {
            keys: sorted.iter().map(key).collect(),
            names: sorted.iter().map(|id| name_of(columns, *id)).collect(),
            columns: sorted,
            orders: Vec::new(),
            tracks: Vec::new(),
            windows: Vec::new(),
            fingerprint: 0,
            interpreted: false,
        });
        steps.push(CarryStep::Keys(self.groups.len() - 1));
        self.groups.len() - 1
    }

    /// Says once all windows are there what tells states from others, and puts what they keep in an order
    /// that does not change with whatever else is in the program.
    pub(crate) fn finish(&mut self, columns: &Columns, backend: Backend, steps: &mut [Step]) {
        for (at, group) in self.groups.iter_mut().enumerate() {
            group.interpreted = backend == Backend::Interpreter;
            let windows: Vec<ColumnId> = group.windows.iter().map(|of| of.column).collect();
            let known = columns.definitions(&windows);
            let [orders, tracks, windows] = group.arrange(&known);
            for step in steps.iter_mut() {
                match step {
                    Step::Carry(CarryStep::Order(of, order)) if *of == at => {
                        *order = orders[*order];
                    }
                    Step::Carry(CarryStep::Track(of, track)) if *of == at => {
                        *track = tracks[*track];
                    }
                    Step::Carry(CarryStep::Window(of, window)) if *of == at => {
                        *window = windows[*window];
                    }
                    _ => {}
                }
            }
            let windows = group.windows.iter().map(|of| known[&of.column].to_string());
            let windows: Vec<String> = windows.collect();
            let text = format!("windows 2 {}\n{}", group.interpreted, windows.join("\n"));
            group.fingerprint = Fingerprint::of_text(&text).0;
        }
    }
}

/// Sorts, and says of each where it came to stand.
fn arrange<T, K: Ord>(items: &mut Vec<T>, key: impl Fn(&T) -> K) -> Vec<usize> {
    let mut all: Vec<(usize, T)> = items.drain(..).enumerate().collect();
    all.sort_by_cached_key(|(_, item)| key(item));
    let mut places = vec![0; all.len()];
    for (place, (before, item)) in all.into_iter().enumerate() {
        places[before] = place;
        items.push(item);
    }
    places
}

impl GroupShape {
    /// Puts all in the order of their definitions; says where orders, tracks and windows came to stand.
    fn arrange(&mut self, known: &HashMap<ColumnId, Fingerprint>) -> [Vec<usize>; 3] {
        let mut keys: Vec<usize> = (0..self.columns.len()).collect();
        keys.sort_by_key(|key| known[&self.columns[*key]]);
        self.names = keys.iter().map(|key| self.names[*key].clone()).collect();
        self.keys = keys.iter().map(|key| self.keys[*key]).collect();
        self.columns = keys.iter().map(|key| self.columns[*key]).collect();
        let orders = arrange(&mut self.orders, |order| {
            let columns: Vec<Fingerprint> = order.columns.iter().map(|id| known[id]).collect();
            let direction = |of: &Direction| (of.descending, of.nulls_first);
            let directions = order.parts.iter().map(|(_, _, of)| direction(of));
            (columns, directions.collect::<Vec<_>>())
        });
        let mut first = 0;
        for order in &mut self.orders {
            order.first = first;
            first += order.parts.len();
        }
        let tracks = arrange(&mut self.tracks, |track| {
            (
                known[&track.column],
                track.axis.map(|(axis, _)| known[&axis]),
            )
        });
        for window in &mut self.windows {
            let axis = window.axis.iter_mut().map(|(axis, _)| axis);
            for track in window.tracks.iter_mut().chain(axis) {
                *track = tracks[*track];
            }
        }
        let windows = arrange(&mut self.windows, |window| known[&window.column]);
        [orders, tracks, windows]
    }

    /// Where a column stands among the keys.
    pub(super) fn key_place(&self, column: ColumnId) -> Option<usize> {
        self.columns.iter().position(|key| *key == column)
    }
}

impl GroupShape {
    fn add_order(
        &mut self,
        columns: &Columns,
        (group, order, directions): (usize, &[ColumnId], &[Direction]),
        part: impl Fn(&ColumnId) -> Part,
        steps: &mut Vec<CarryStep>,
    ) {
        let parts = order.iter().zip(directions);
        let parts: Vec<(Part, ScalarType, Direction)> = parts
            .map(|(id, direction)| (part(id), columns.scalar_type(*id), *direction))
            .collect();
        let same = |known: &OrderShape| known.is(order, directions);
        if order.is_empty() || self.orders.iter().any(same) {
            return;
        }
        self.orders.push(OrderShape {
            columns: order.to_vec(),
            first: self.order_values(),
            names: order.iter().map(|id| name_of(columns, *id)).collect(),
            parts,
        });
        steps.push(CarryStep::Order(group, self.orders.len() - 1));
    }

    fn add_track(&mut self, group: usize, new: TrackShape, steps: &mut Vec<CarryStep>) -> usize {
        let axis = |track: &TrackShape| track.axis.map(|(id, _)| id);
        let same =
            |known: &&mut TrackShape| known.column == new.column && axis(known) == axis(&new);
        if let Some(known) = self.tracks.iter_mut().find(same) {
            known.shifts = known.shifts.max(new.shifts);
            let place =
                |known: &TrackShape| known.column == new.column && axis(known) == axis(&new);
            return self.tracks.iter().position(place).unwrap_or(0);
        }
        self.tracks.push(new);
        steps.push(CarryStep::Track(group, self.tracks.len() - 1));
        self.tracks.len() - 1
    }

    /// What a window keeps before any row.
    pub(crate) fn held(shape: &WindowShape) -> super::Held {
        match Scan::new(shape.window, shape.lane()) {
            Some(scan) => super::Held::Scan(scan),
            None => super::Held::Rolling(Rolling::new(shape)),
        }
    }
}
