//! Serving: outputs of one row, or of a few, in a microsecond.
//!
//! A [`RowPlan`] is what [`Selection::row`](crate::Selection::row) makes of outputs that one row decides.
//! Values are set in slots and read from slots; between them runs the machine code of the batch run, so
//! the answers have the same bits.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use icosian_ir::types::{ScalarType, Type};
use icosian_runtime::execute::{LaneValue, RowProgram, RowState, WindowState};

use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::error::Error;
use crate::flow::Flow;

/// Outputs of one row of a table, or of a few, made ready.
///
/// A plan is a place to work in: set the inputs, run, read the outputs. Clones share the machine code and
/// the tables that are looked up in, and have their own place; each thread takes one. Running takes no
/// lock and asks for no memory, except that a text longer than any before makes its buffer grow, that
/// functions of text that need room of their own (regular expressions, `levenshtein`) take it, and that
/// states of windows grow, keep texts, and take room for long sums and reductions of whole windows.
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
    /// If an input that can't be null was never set, there is no room for so many rows, an output is
    /// an error in a row (that of the lowest row), or there are windows, which need a state.
    #[inline]
    pub fn run_rows(&mut self, rows: usize) -> Result<(), Error> {
        self.run_rows_with(rows, &mut [])
    }

    /// Computes the outputs of one row that comes after those the state has taken, and takes it too.
    ///
    /// The state is that of the row's key: of the rows that the flow's windows go along, `over` this key.
    /// They give what a batch of those rows gives for the last of them, bit for bit.
    ///
    /// ```
    /// use std::collections::HashMap;
    /// use icosian::{Flow, WindowState};
    ///
    /// let flow = Flow::from_text(
    ///     "table visits { customer: str, t: i64, spend: f64 }
    ///      usual  = visits.spend.rolling(3, min=1).mean() over (visits.customer order by visits.t)
    ///      change = visits.spend - visits.spend.shift(1) over (visits.customer order by visits.t)",
    /// )?;
    /// let mut row = flow.select(&["usual", "change"])?.row()?;
    /// let (customer, t) = (row.input::<str>("customer")?, row.input::<i64>("t")?);
    /// let spend = row.input::<f64>("spend")?;
    /// let (usual, change) = (row.output::<f64>("usual")?, row.output::<f64>("change")?);
    ///
    /// let mut states: HashMap<&str, WindowState> = HashMap::new();
    /// let mut found = Vec::new();
    /// for (time, who, amount) in [(1, "ann", 4.0), (2, "bob", 9.0), (3, "ann", 6.0)] {
    ///     row.set(customer, who);
    ///     row.set(t, time);
    ///     row.set(spend, amount);
    ///     row.run_with(states.entry(who).or_default())?;
    ///     found.push((row.get(usual), row.get(change)));
    /// }
    /// let expected = [(Some(4.0), None), (Some(9.0), None), (Some(5.0), Some(2.0))];
    /// assert_eq!(found, expected);
    /// # Ok::<(), icosian::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`RowPlan::run_rows_with`]. The state is then as before.
    #[inline]
    pub fn run_with(&mut self, state: &mut WindowState) -> Result<(), Error> {
        self.run_rows_with(1, &mut [state])
    }

    /// Computes the outputs of the first `rows` rows, which come one after the other after those that the
    /// states have taken: one state for each of [`RowPlan::window_keys`].
    ///
    /// # Errors
    /// As [`RowPlan::run_rows`]; also if what a window looks at is an error in a row, a row is of another
    /// key than those before or stands before the last one in a window's order, or the states are not
    /// those of this plan's windows. No state has then taken any of the rows.
    #[inline]
    pub fn run_rows_with(
        &mut self,
        rows: usize,
        states: &mut [&mut WindowState],
    ) -> Result<(), Error> {
        let run = self.state.run(rows, states);
        run.map_err(|error| self.failed(error))
    }

    /// The keys whose rows the windows go along, by their names: of each list of keys a run takes one
    /// state. There is none if there are no windows; a list is empty if windows go along all rows.
    pub fn window_keys(&self) -> Vec<Vec<&str>> {
        self.state.program().window_keys()
    }

    /// The state that [`WindowState::to_bytes`] wrote, of a plan of the same flow with the same windows.
    ///
    /// # Errors
    /// If the bytes are no such state.
    pub fn window_state(&self, bytes: &[u8]) -> Result<WindowState, Error> {
        let state = self.state.program().window_state(bytes);
        state.map_err(|error| self.failed(error))
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
