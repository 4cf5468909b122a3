//! Whether outputs can be computed one row at a time, and if not, what is in the way.
//!
//! A row decides its outputs if on the way from it there is nothing but row-local ops, lookups into
//! tables that do not depend on the rows of its table, and windows whose value is known once the row is
//! there and that need not keep every row before it. What else the outputs need (parameters, other
//! tables, what was learned) is the same for all rows, however it is made.

use std::collections::{HashMap, HashSet};

use crate::columns::{Columns, Rows};
use crate::graph::Fingerprint;
use crate::id::{ColumnId, Id, TableId};
use crate::op::{Cumulative, Frame, Op, Reduction, Window};
use crate::types::{Domain, ScalarType};

/// What keeps an output from being computed from one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Obstacle {
    /// What it is.
    pub kind: ObstacleKind,
    /// From the output to the column in the way, each with the next among what it needs.
    pub path: Vec<ColumnId>,
}

/// Kinds of obstacles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObstacleKind {
    /// A value of many rows of the table, or of a table made of it.
    Reduction,
    /// A window over its rows, of which a row's value is not known when the row comes.
    Window(Unknown),
    /// The number of the row among all.
    RowNumber,
    /// A row of a table made of it, or of itself, looked up.
    Lookup(TableId),
    /// Rows made of the table's.
    Derived(TableId),
    /// A function of the host, which takes whole columns.
    Extern,
}

/// Why a window can't be taken on from row to row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// It looks at rows after the row.
    Ahead,
    /// It looks at all rows.
    All,
    /// It would have to keep every row before.
    Grows,
    /// It orders or counts texts, which are kept only to be shown again.
    Text,
    /// It looks at decimals, or goes along rows by them: states have no room for 128 bits.
    Decimal,
}

impl Columns {
    /// What keeps the outputs from being computed from one row of a source table: the nearest of what is
    /// in the way.
    pub fn row_obstacle(&self, table: TableId) -> Option<Obstacle> {
        let made_of = self.made_of(table);
        let mut user: HashMap<ColumnId, Option<ColumnId>> = HashMap::new();
        let mut queue = std::collections::VecDeque::new();
        for output in &self.outputs {
            if user.insert(output.column, None).is_none() {
                queue.push_back(output.column);
            }
        }
        let mut rows_seen = HashSet::new();
        while let Some(id) = queue.pop_front() {
            if let Some(kind) = self.obstacle(id, table, &made_of) {
                let mut path = vec![id];
                let mut at = id;
                while let Some(Some(next)) = user.get(&at) {
                    path.push(*next);
                    at = *next;
                }
                path.reverse();
                return Some(Obstacle { kind, path });
            }
            let column = self.column(id);
            let mut needed = column.args.clone();
            let reduced = match column.op {
                Op::Reduce { from, .. } | Op::Broadcast(from) => Some(from),
                _ => None,
            };
            let own = self.table_of(id).filter(|own| *own != table);
            // What says which rows another table has.
            let mut tables: Vec<TableId> = own.into_iter().chain(reduced).collect();
            while let Some(other) = tables.pop() {
                if other != table && rows_seen.insert(other) {
                    needed.extend(self.tables[other].rows.makers());
                    tables.extend(self.tables[other].rows.parents());
                }
            }
            for next in needed {
                user.entry(next).or_insert_with(|| {
                    queue.push_back(next);
                    Some(id)
                });
            }
        }
        None
    }

    /// Whether a column is in the way, whatever it is made of.
    fn obstacle(
        &self,
        id: ColumnId,
        table: TableId,
        made_of: &HashSet<TableId>,
    ) -> Option<ObstacleKind> {
        let column = self.column(id);
        match &column.op {
            Op::Reduce { from, .. } if made_of.contains(from) => {
                return Some(ObstacleKind::Reduction);
            }
            Op::Lookup { table, .. } if made_of.contains(table) => {
                return Some(ObstacleKind::Lookup(*table));
            }
            Op::Find(find) if made_of.contains(&find.table) => {
                return Some(ObstacleKind::Lookup(find.table));
            }
            _ => {}
        }
        match column.domain {
            Domain::Rows(own) if own == table => match &column.op {
                Op::Window(window) => {
                    if self.has_decimals(id) {
                        return Some(ObstacleKind::Window(Unknown::Decimal));
                    }
                    let text = column.args[..window.window.values()]
                        .iter()
                        .any(|arg| self.scalar_type(*arg) == ScalarType::Str);
                    unknown(window.window, text).map(ObstacleKind::Window)
                }
                Op::RowNumber(_) => Some(ObstacleKind::RowNumber),
                Op::Extern(_) => Some(ObstacleKind::Extern),
                _ => None,
            },
            Domain::Rows(own) if made_of.contains(&own) => Some(ObstacleKind::Derived(own)),
            Domain::Rows(_) | Domain::Scalar => None,
        }
    }

    /// A table and those that are made of its rows.
    fn made_of(&self, table: TableId) -> HashSet<TableId> {
        let mut found = HashSet::from([table]);
        let mut grown = true;
        while grown {
            grown = false;
            for (id, shape) in self.tables.iter() {
                if !found.contains(&id) && shape.rows.parents().iter().any(|of| found.contains(of))
                {
                    found.insert(id);
                    grown = true;
                }
            }
        }
        found
    }
}

impl Columns {
    /// What columns and all that they are made of mean, whatever else is in the program: equal in two
    /// programs where both mean the same. Tables count by their names.
    pub fn definitions(&self, ids: &[ColumnId]) -> HashMap<ColumnId, Fingerprint> {
        let mut needed: Vec<ColumnId> = Vec::new();
        let mut seen = HashSet::new();
        let mut open = ids.to_vec();
        while let Some(id) = open.pop() {
            if seen.insert(id) {
                needed.push(id);
                open.extend(&self.column(id).args);
            }
        }
        // Arguments come before users.
        needed.sort_unstable();
        let mut found: HashMap<ColumnId, Fingerprint> = HashMap::new();
        for id in needed {
            let column = self.column(id);
            // Ids differ from program to program; so names are told in their place.
            let (mut op, mut ty, mut names) = (column.op.clone(), column.ty, Vec::new());
            let of_op = match &mut op {
                Op::Lookup { table, .. }
                | Op::Reduce { from: table, .. }
                | Op::Broadcast(table)
                | Op::RowNumber(table) => Some(table),
                Op::Find(find) => Some(&mut find.table),
                _ => None,
            };
            let of_type = match &mut ty.scalar {
                ScalarType::Row(table) => Some(table),
                _ => None,
            };
            names.extend(self.table_of(id).map(|own| &self.tables[own].name));
            for table in of_op.into_iter().chain(of_type) {
                names.push(&self.tables[*table].name);
                *table = TableId::from_index(0);
            }
            let op = match op {
                Op::Input(input) => format!("input {:?}", self.inputs[input].name),
                Op::Param(param) => format!("param {:?}", self.params[param].name),
                op => op.to_string(),
            };
            let args: Vec<String> = column
                .args
                .iter()
                .map(|arg| found[arg].to_string())
                .collect();
            let text = format!("{ty} = {op} {names:?} {args:?}");
            found.insert(id, Fingerprint::of_text(&text));
        }
        found
    }
}

/// Why a window over such values can't be taken on from row to row; none if it can.
fn unknown(window: Window, text: bool) -> Option<Unknown> {
    let of_text = text.then_some(Unknown::Text);
    match window {
        Window::Shift { rows } => (rows < 0).then_some(Unknown::Ahead),
        Window::Fill { backward, .. } => backward.then_some(Unknown::Ahead),
        Window::Interpolate => Some(Unknown::Ahead),
        Window::Rank { .. } => Some(Unknown::All),
        Window::Cumulative(Cumulative::Count) => None,
        Window::Cumulative(_) | Window::Exponential { .. } => of_text,
        Window::Rolling {
            reduction, frame, ..
        } => match frame {
            Frame::Rows { center: true, .. } => Some(Unknown::Ahead),
            Frame::Rows { center: false, .. } | Frame::Span { .. } => match reduction {
                Reduction::Count | Reduction::First { .. } | Reduction::Last { .. } => None,
                _ => of_text,
            },
            Frame::Expanding => match reduction {
                Reduction::Sum
                | Reduction::Mean
                | Reduction::Min
                | Reduction::Max
                | Reduction::Var { .. }
                | Reduction::Std { .. }
                | Reduction::First { .. }
                | Reduction::Last { .. } => of_text,
                Reduction::Count => None,
                Reduction::Product
                | Reduction::Skew { .. }
                | Reduction::Kurtosis { .. }
                | Reduction::Quantile { .. }
                | Reduction::Len
                | Reduction::NUnique
                | Reduction::ApproxNUnique
                | Reduction::Any
                | Reduction::All
                | Reduction::Mode
                | Reduction::AtMax
                | Reduction::AtMin
                | Reduction::Cov { .. }
                | Reduction::Corr
                | Reduction::WeightedMean => Some(Unknown::Grows),
            },
        },
    }
}

impl Rows {
    /// The tables whose rows these are made of.
    pub fn parents(&self) -> Vec<TableId> {
        match self {
            Rows::Source => Vec::new(),
            Rows::Take { parent, selection } => {
                let mut parents = vec![*parent];
                if let crate::columns::Selection::Join(join) = selection {
                    parents.push(join.table);
                }
                parents
            }
            Rows::Group { parent, .. } => vec![*parent],
            Rows::Stack { parts } => parts.iter().map(|part| part.table).collect(),
        }
    }
}
