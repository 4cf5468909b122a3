//! Serving: outputs of one row, or of a few, in a microsecond.
//!
//! A [`RowPlan`] is what [`Selection::row`](crate::Selection::row) makes of outputs that one row decides.
//! Values are set in slots and read from slots; between them runs the machine code of the batch run, so
//! the answers have the same bits.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use icosian_ir::columns::{Columns, Obstacle, ObstacleKind};
use icosian_ir::id::{NodeId, TableId};
use icosian_ir::op::Op;
use icosian_ir::types::{ScalarType, Type};
use icosian_runtime::execute::{LaneValue, RowProgram, RowState};

use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::error::Error;
use crate::flow::Flow;

/// Outputs of one row of a table, or of a few, made ready.
///
/// A plan is a place to work in: set the inputs, run, read the outputs. Clones share the machine code and
/// the tables that are looked up in, and have their own place; each thread takes one. Running takes no
/// lock and asks for no memory, except that a text longer than any before makes its buffer grow, and that
/// functions of text that need room of their own (regular expressions, `levenshtein`) take it.
///
/// ```
/// use icosian::Flow;
///
/// let flow = Flow::from_text(
///     "param floor: f64 = 1.0
///      table visits { spend: f64?, plan: str }
///      score = (spend ?? floor) * match plan { \"pro\": 2.0, _: 1.0 }",
/// )?;
/// let mut row = flow.select(&["score"])?.row()?;
/// let (spend, plan) = (row.input::<f64>("spend")?, row.input::<str>("plan")?);
/// let score = row.output::<f64>("score")?;
///
/// row.set(spend, 21.0);
/// row.set(plan, "pro");
/// row.run()?;
/// assert_eq!(row.get(score), Some(42.0));
///
/// row.set_null(spend);
/// row.run()?;
/// assert_eq!(row.get(score), Some(2.0));
/// # Ok::<(), icosian::Error>(())
/// ```
pub struct RowPlan {
    flow: Flow,
    state: RowState,
}

impl Clone for RowPlan {
    /// A place of its own over the same machine code; its inputs are not set yet.
    fn clone(&self) -> RowPlan {
        let state = RowState::new(self.state.program(), self.state.capacity());
        RowPlan {
            flow: self.flow.clone(),
            state: state.expect("buffers that were made before can be made again"),
        }
    }
}

impl fmt::Debug for RowPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = |list: Vec<(&str, Type)>| -> Vec<String> {
            list.iter()
                .map(|(name, ty)| format!("{name}: {ty}"))
                .collect()
        };
        f.debug_struct("RowPlan")
            .field("inputs", &names(self.inputs()))
            .field("outputs", &names(self.outputs()))
            .finish()
    }
}

/// An input of a [`RowPlan`] and its clones, whose values are of type `T`.
pub struct RowInput<T: ?Sized> {
    program: usize,
    position: usize,
    value: PhantomData<fn(&T)>,
}

/// An output of a [`RowPlan`] and its clones, whose values are of type `T`.
pub struct RowOutput<T: ?Sized> {
    program: usize,
    position: usize,
    value: PhantomData<fn(&T)>,
}

macro_rules! handle {
    ($name:ident) => {
        impl<T: ?Sized> Clone for $name<T> {
            fn clone(&self) -> $name<T> {
                *self
            }
        }

        impl<T: ?Sized> Copy for $name<T> {}

        impl<T: ?Sized> fmt::Debug for $name<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.position)
            }
        }
    };
}
handle!(RowInput);
handle!(RowOutput);

/// The types of values in slots: `bool`, `str`, and numbers. `i32` is also a date's days since 1970, `i64`
/// also a timestamp's or duration's count of its unit, `i128` a decimal's count of its last place: 12.50 in
/// `decimal[9, 2]` is 1250.
pub trait RowValue: sealed::Sealed {
    /// A value as it is given and read.
    type Of<'a>: Copy;
}

mod sealed {
    use super::{RowState, RowValue, ScalarType};

    /// How values get into slots and out of them.
    pub trait Sealed {
        fn is(scalar: ScalarType) -> bool;
        fn set(state: &mut RowState, input: usize, row: usize, value: <Self as RowValue>::Of<'_>)
        where
            Self: RowValue;
        fn get(state: &RowState, output: usize, row: usize) -> Option<<Self as RowValue>::Of<'_>>
        where
            Self: RowValue;
    }
}

impl RowValue for bool {
    type Of<'a> = bool;
}

impl sealed::Sealed for bool {
    fn is(scalar: ScalarType) -> bool {
        scalar == ScalarType::Bool
    }

    #[inline]
    fn set(state: &mut RowState, input: usize, row: usize, value: bool) {
        state.set_bool(input, row, value);
    }

    #[inline]
    fn get(state: &RowState, output: usize, row: usize) -> Option<bool> {
        state.get_bool(output, row)
    }
}

impl RowValue for str {
    type Of<'a> = &'a str;
}

impl sealed::Sealed for str {
    fn is(scalar: ScalarType) -> bool {
        scalar == ScalarType::Str
    }

    #[inline]
    fn set(state: &mut RowState, input: usize, row: usize, value: &str) {
        state.set_text(input, row, value);
    }

    #[inline]
    fn get(state: &RowState, output: usize, row: usize) -> Option<&str> {
        state.get_text(output, row)
    }
}

macro_rules! numbers {
    ($($ty:ty),*) => {$(
        impl RowValue for $ty {
            type Of<'a> = $ty;
        }

        impl sealed::Sealed for $ty {
            fn is(scalar: ScalarType) -> bool {
                !matches!(scalar, ScalarType::Row(_))
                    && scalar.lane() == Some(<$ty as LaneValue>::LANE)
            }

            #[inline]
            fn set(state: &mut RowState, input: usize, row: usize, value: $ty) {
                state.set(input, row, value);
            }

            #[inline]
            fn get(state: &RowState, output: usize, row: usize) -> Option<$ty> {
                state.get(output, row)
            }
        }
    )*};
}
numbers!(i8, i16, i32, i64, i128, u8, u16, u32, u64, f32, f64);

impl RowPlan {
    pub(crate) fn new(flow: Flow, program: RowProgram) -> Result<RowPlan, Error> {
        let state = RowState::new(&Arc::new(program), 1)?;
        Ok(RowPlan { flow, state })
    }

    /// The same with room for so many rows at a time, at most 1,024; no input is set.
    ///
    /// # Errors
    /// If there would be none, or too many.
    pub fn with_rows(self, rows: usize) -> Result<RowPlan, Error> {
        if !(1..=RowState::MOST_ROWS).contains(&rows) {
            let most = RowState::MOST_ROWS;
            let message = format!("{rows} rows at a time; there may be 1 to {most}");
            return Err(bad_option(message));
        }
        let state = RowState::new(self.state.program(), rows)?;
        Ok(RowPlan {
            flow: self.flow,
            state,
        })
    }

    /// How many rows there is room for.
    pub fn rows(&self) -> usize {
        self.state.capacity()
    }

    /// The flow this comes from.
    pub fn flow(&self) -> &Flow {
        &self.flow
    }

    /// The table whose rows are served.
    pub fn table(&self) -> &str {
        &self.flow.graph().tables[self.state.program().table()].name
    }

    /// Full names and types of what must be given.
    pub fn inputs(&self) -> Vec<(&str, Type)> {
        let inputs = self.state.program().inputs().iter();
        inputs.map(|input| (&*input.name, input.ty)).collect()
    }

    /// Full names and types of what comes out, in the order asked for.
    pub fn outputs(&self) -> Vec<(&str, Type)> {
        let outputs = self.state.program().outputs().iter();
        outputs.map(|output| (&*output.name, output.ty)).collect()
    }

    fn identity(&self) -> usize {
        Arc::as_ptr(self.state.program()).addr()
    }

    /// The slot of an input, by its full or short name.
    ///
    /// # Errors
    /// If nothing of this name is given, or its values are of another type.
    pub fn input<T: RowValue + ?Sized>(&self, name: &str) -> Result<RowInput<T>, Error> {
        Ok(RowInput {
            program: self.identity(),
            position: find::<T>("input", name, &self.inputs())?,
            value: PhantomData,
        })
    }

    /// The slot of an output, by its full or short name.
    ///
    /// # Errors
    /// If nothing of this name comes out, or its values are of another type.
    pub fn output<T: RowValue + ?Sized>(&self, name: &str) -> Result<RowOutput<T>, Error> {
        Ok(RowOutput {
            program: self.identity(),
            position: find::<T>("output", name, &self.outputs())?,
            value: PhantomData,
        })
    }

    #[inline]
    fn check(&self, program: usize) {
        assert!(self.identity() == program, "a slot of this plan");
    }

    /// Gives a value. It stays until it is given anew.
    ///
    /// # Panics
    /// If the slot is another plan's.
    #[inline]
    pub fn set<T: RowValue + ?Sized>(&mut self, input: RowInput<T>, value: T::Of<'_>) {
        self.set_at(input, 0, value);
    }

    /// Gives a value of a row, counted from 0.
    ///
    /// # Panics
    /// If the slot is another plan's, or there is no room for such a row.
    #[inline]
    pub fn set_at<T: RowValue + ?Sized>(
        &mut self,
        input: RowInput<T>,
        row: usize,
        value: T::Of<'_>,
    ) {
        self.check(input.program);
        T::set(&mut self.state, input.position, row, value);
    }

    /// Gives null.
    ///
    /// # Panics
    /// If the slot is another plan's, or its values can't be null.
    #[inline]
    pub fn set_null<T: RowValue + ?Sized>(&mut self, input: RowInput<T>) {
        self.set_null_at(input, 0);
    }

    /// Gives null in a row, counted from 0.
    ///
    /// # Panics
    /// If the slot is another plan's, its values can't be null, or there is no room for such a row.
    #[inline]
    pub fn set_null_at<T: RowValue + ?Sized>(&mut self, input: RowInput<T>, row: usize) {
        self.check(input.program);
        self.state.set_null(input.position, row);
    }

    /// Computes the outputs of one row. An input that may be null and was never set is null.
    ///
    /// # Errors
    /// If an input that can't be null was never set, or an output is an error.
    #[inline]
    pub fn run(&mut self) -> Result<(), Error> {
        self.run_rows(1)
    }

    /// Computes the outputs of the first `rows` rows.
    ///
    /// # Errors
    /// If an input that can't be null was never set, there is no room for so many rows, or an output is
    /// an error in a row: that of the lowest row.
    #[inline]
    pub fn run_rows(&mut self, rows: usize) -> Result<(), Error> {
        self.state.run(rows).map_err(|error| self.failed(error))
    }

    #[cold]
    fn failed(&self, error: icosian_runtime::error::RunError) -> Error {
        let diagnostic = Diagnostic::error(Code::RunFailed, error.to_string());
        Error::run(diagnostic, self.flow.sources().clone())
    }

    /// What the last run gave; none is null.
    ///
    /// # Panics
    /// If the slot is another plan's.
    #[inline]
    pub fn get<T: RowValue + ?Sized>(&self, output: RowOutput<T>) -> Option<T::Of<'_>> {
        self.get_at(output, 0)
    }

    /// What the last run gave for a row, counted from 0; none is null.
    ///
    /// # Panics
    /// If the slot is another plan's, or there is no room for such a row.
    #[inline]
    pub fn get_at<T: RowValue + ?Sized>(
        &self,
        output: RowOutput<T>,
        row: usize,
    ) -> Option<T::Of<'_>> {
        self.check(output.program);
        T::get(&self.state, output.position, row)
    }
}

fn bad_option(message: String) -> Error {
    Error::from_diagnostics(vec![Diagnostic::error(Code::BadOption, message)])
}

/// The position of a name among some, whose values must be of type `T`.
fn find<T: RowValue + ?Sized>(
    kind: &str,
    name: &str,
    among: &[(&str, Type)],
) -> Result<usize, Error> {
    let exact = among.iter().position(|(known, _)| *known == name);
    let short = || {
        let mut found = among.iter().enumerate().filter(|(_, (known, _))| {
            known
                .rsplit_once('.')
                .is_some_and(|(_, short)| short == name)
        });
        match (found.next(), found.next()) {
            (Some((position, _)), None) => Some(position),
            _ => None,
        }
    };
    let Some(position) = exact.or_else(short) else {
        let message = format!("there is no {kind} `{name}`");
        let mut diagnostic = Diagnostic::error(Code::UnknownName, message);
        if let Some(near) = nearest(name, among.iter().map(|(known, _)| *known)) {
            diagnostic = diagnostic.help(format!("did you mean `{near}`?"));
        }
        return Err(Error::from_diagnostics(vec![diagnostic]));
    };
    let (full, ty) = among[position];
    if !T::is(ty.scalar) {
        let wanted = std::any::type_name::<T>();
        return Err(bad_option(format!("`{full}` is {ty}, not {wanted}")));
    }
    Ok(position)
}

/// The one table whose rows the outputs are of.
///
/// # Errors
/// If that is none, several, or one that has no rows of its own.
pub(crate) fn served_table(flow: &Flow, columns: &Columns) -> Result<TableId, Error> {
    let mut found: Option<(TableId, &str)> = None;
    for output in &columns.outputs {
        let Some(table) = columns.table_of(output.column) else {
            continue;
        };
        match found {
            None => found = Some((table, &output.name)),
            Some((known, _)) if known == table => {}
            Some((_, other)) => {
                let message = format!(
                    "`{other}` and `{}` are of the rows of two tables",
                    output.name
                );
                let diagnostic = Diagnostic::error(Code::NotByRow, message);
                return Err(Error::in_sources(
                    vec![diagnostic.help("select outputs of one table")],
                    flow.sources().clone(),
                ));
            }
        }
    }
    let Some((table, _)) = found else {
        let message = "no output is of the rows of a table";
        let diagnostic = Diagnostic::error(Code::NotByRow, message);
        let diagnostic = diagnostic.help("a single value comes from Prepared::run");
        return Err(Error::in_sources(vec![diagnostic], flow.sources().clone()));
    };
    // Of a derived table: where its rows come from, which is in the way.
    let mut served = table;
    while let Some(parent) = columns.tables[served].rows.parents().first() {
        served = *parent;
    }
    match columns.row_obstacle(served) {
        None => Ok(served),
        Some(obstacle) => Err(not_by_row(flow, columns, &obstacle)),
    }
}

/// The error that tells what is in the way, and how the output needs it.
fn not_by_row(flow: &Flow, columns: &Columns, obstacle: &Obstacle) -> Error {
    let graph = flow.graph();
    let name = |node: NodeId| &*graph.nodes[node].name;
    let mut path: Vec<NodeId> = Vec::new();
    let of_output = columns.outputs.iter();
    let first = of_output.filter(|output| Some(&output.column) == obstacle.path.first());
    path.extend(first.map(|output| output.node).next());
    for column in &obstacle.path {
        let nodes = &columns.column(*column).nodes;
        if let Some(node) = nodes.first()
            && !path.contains(node)
        {
            path.push(*node);
        }
    }
    let last = obstacle.path.last().map(|column| columns.column(*column));
    let table = |id: TableId| &*columns.tables[id].name;
    let reason = match obstacle.kind {
        ObstacleKind::Reduction => {
            let op = last.map_or("a reduction", |column| column.op.name());
            let from = last.and_then(|column| match column.op {
                Op::Reduce { from, .. } => Some(table(from)),
                _ => None,
            });
            format!("a {op} of all rows of `{}`", from.unwrap_or_default())
        }
        ObstacleKind::Window => {
            let op = last.map_or("a window", |column| column.op.name());
            format!("a window over other rows ({op})")
        }
        ObstacleKind::RowNumber => "the number of the row among all".to_owned(),
        ObstacleKind::Lookup(id) => format!("a row of `{}`, made of all rows", table(id)),
        ObstacleKind::Derived(id) => format!("of the rows of `{}`, made of all rows", table(id)),
        ObstacleKind::Extern => "a function of the host, which takes whole columns".to_owned(),
    };
    let output = path.first().map_or("an output", |node| name(*node));
    let culprit = path.last().copied();
    let message = match culprit {
        Some(culprit) if path.len() > 1 => {
            format!(
                "`{output}` can't be had from one row: `{}` is {reason}",
                name(culprit)
            )
        }
        _ => format!("`{output}` can't be had from one row: it is {reason}"),
    };
    let mut diagnostic = Diagnostic::error(Code::NotByRow, message);
    if path.len() > 1 {
        let names: Vec<String> = path
            .iter()
            .map(|node| format!("`{}`", name(*node)))
            .collect();
        diagnostic = diagnostic.note(names.join(" needs "));
    }
    if obstacle.kind == ObstacleKind::Reduction {
        diagnostic = diagnostic.help("what is learned once is marked `fit` and given by a state");
    }
    if let Some(span) = culprit.and_then(|node| flow.spans().nodes.get(&node)) {
        diagnostic = diagnostic.at(*span);
    }
    Error::in_sources(vec![diagnostic], flow.sources().clone())
}
