//! The states of one reduction, one per group (without groups, one).
//!
//! Every state merges exactly and in any order: sums are exact, extremes are total orders. A state
//! travels between processes as bytes.

use std::cmp::Ordering;
use std::ops::Range;

use icosian_codegen::wide::Routine;
use icosian_ir::meaning::compare::total_order_f64;
use icosian_ir::meaning::sums::{ExactSum, IntegerMoments, IntegerSum, Moments};
use icosian_ir::op::Reduction;
use icosian_ir::types::{Lane, ScalarType};
use icosian_ir::value::Value;

use crate::bytes::{bit, count_bits, typed};
use crate::error::{RunError, internal};
use crate::execute::view::{View, with_lane};
use crate::execute::wide::level;
use crate::text::Cell;

/// The argument of a reduction over some rows.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Argument<'v, 'a> {
    /// `Len` reads nothing.
    None,
    /// Fixed width.
    Lanes(Lane, View<'v>),
    /// Text.
    Text(&'v [Cell<'a>]),
}

/// The states of one reduction.
#[derive(Clone, Debug)]
pub(crate) enum Accumulators {
    /// Rows, or values that are not null.
    Count(Vec<u64>),
    FloatSum(Vec<(ExactSum, u64)>),
    FloatMoments(Vec<Moments>),
    IntegerSum(Vec<(IntegerSum, u64)>),
    IntegerMoments(Vec<IntegerMoments>),
    /// The value that wins so far, and what a better one compares as.
    FloatBest(Vec<Option<f64>>, Ordering),
    IntegerBest(Vec<Option<i128>>, Ordering),
    TextBest(Vec<Option<Box<str>>>, Ordering),
    /// Whether a value decided, none before any was seen; and what decides.
    Decided(Vec<Option<bool>>, bool),
}

impl Accumulators {
    /// No states yet of a reduction over values of a type (`Len` has none).
    pub(crate) fn new(reduction: Reduction, argument: Option<ScalarType>) -> Accumulators {
        let float = argument.is_some_and(ScalarType::is_float);
        let best = |order| match argument {
            Some(ScalarType::Str) => Accumulators::TextBest(Vec::new(), order),
            _ if float => Accumulators::FloatBest(Vec::new(), order),
            _ => Accumulators::IntegerBest(Vec::new(), order),
        };
        match reduction {
            Reduction::Len | Reduction::Count => Accumulators::Count(Vec::new()),
            Reduction::Sum | Reduction::Mean if float => Accumulators::FloatSum(Vec::new()),
            Reduction::Sum | Reduction::Mean => Accumulators::IntegerSum(Vec::new()),
            Reduction::Var { .. } | Reduction::Std { .. } if float => {
                Accumulators::FloatMoments(Vec::new())
            }
            Reduction::Var { .. } | Reduction::Std { .. } => {
                Accumulators::IntegerMoments(Vec::new())
            }
            Reduction::Min => best(Ordering::Less),
            Reduction::Max => best(Ordering::Greater),
            Reduction::Any => Accumulators::Decided(Vec::new(), true),
            Reduction::All => Accumulators::Decided(Vec::new(), false),
        }
    }

    /// Adds empty states until there are so many.
    pub(crate) fn resize(&mut self, groups: usize) {
        match self {
            Accumulators::Count(states) => states.resize(groups, 0),
            Accumulators::FloatSum(states) => states.resize_with(groups, Default::default),
            Accumulators::FloatMoments(states) => states.resize_with(groups, Moments::new),
            Accumulators::IntegerSum(states) => states.resize_with(groups, Default::default),
            Accumulators::IntegerMoments(states) => states.resize(groups, IntegerMoments::new()),
            Accumulators::FloatBest(states, _) => states.resize(groups, None),
            Accumulators::IntegerBest(states, _) => states.resize(groups, None),
            Accumulators::TextBest(states, _) => states.resize_with(groups, || None),
            Accumulators::Decided(states, _) => states.resize(groups, None),
        }
    }

    /// About how many bytes a state takes.
    pub(crate) fn state_bytes(&self) -> usize {
        match self {
            Accumulators::Count(_) => 8,
            Accumulators::FloatSum(_)
            | Accumulators::IntegerSum(_)
            | Accumulators::IntegerBest(..) => 32,
            Accumulators::FloatMoments(_) | Accumulators::IntegerMoments(_) => 96,
            Accumulators::FloatBest(..) | Accumulators::TextBest(..) => 16,
            Accumulators::Decided(..) => 1,
        }
    }

    /// Takes in `rows` of the argument; `groups` has the state of each of them, in order.
    pub(crate) fn update(
        &mut self,
        argument: Argument<'_, '_>,
        rows: Range<usize>,
        groups: &[u32],
    ) -> Result<(), RunError> {
        let rows_and_groups = || rows.clone().zip(groups.iter().map(|group| *group as usize));
        match argument {
            Argument::None => {
                let Accumulators::Count(states) = self else {
                    return Err(internal("a reduction without its argument"));
                };
                rows_and_groups().for_each(|(_, group)| states[group] += 1);
            }
            Argument::Text(cells) => match self {
                Accumulators::Count(states) => {
                    rows_and_groups()
                        .for_each(|(row, group)| states[group] += u64::from(cells[row].is_some()));
                }
                Accumulators::TextBest(states, order) => {
                    for (row, group) in rows_and_groups() {
                        if let Some(text) = cells[row] {
                            keep_text(&mut states[group], text, *order);
                        }
                    }
                }
                _ => return Err(internal("text where numbers are reduced")),
            },
            Argument::Lanes(lane, view) => {
                let valid = rows_and_groups().filter(|(row, _)| view.is_valid(*row));
                self.update_lanes(lane, view, valid)?;
            }
        }
        Ok(())
    }

    /// Takes in rows that are not null, each with its state.
    fn update_lanes(
        &mut self,
        lane: Lane,
        view: View<'_>,
        rows: impl Iterator<Item = (usize, usize)>,
    ) -> Result<(), RunError> {
        match self {
            Accumulators::Count(states) => rows.for_each(|(_, group)| states[group] += 1),
            Accumulators::FloatSum(states) => with_floats(lane, view, rows, |group, value| {
                states[group].0.add(value);
                states[group].1 += 1;
            })?,
            Accumulators::FloatMoments(states) => {
                with_floats(lane, view, rows, |group, value| states[group].add(value))?;
            }
            Accumulators::FloatBest(states, order) => {
                with_floats(lane, view, rows, |group, value| {
                    keep_float(&mut states[group], value, *order);
                })?;
            }
            Accumulators::IntegerSum(states) => with_integers(lane, view, rows, |group, value| {
                states[group].0.add(value);
                states[group].1 += 1;
            })?,
            Accumulators::IntegerMoments(states) => {
                with_integers(lane, view, rows, |group, value| states[group].add(value))?;
            }
            Accumulators::IntegerBest(states, order) => {
                with_integers(lane, view, rows, |group, value| {
                    keep_integer(&mut states[group], value, *order);
                })?;
            }
            Accumulators::Decided(states, by) => {
                rows.for_each(|(row, group)| {
                    decide(&mut states[group], bit(view.values, row), *by)
                });
            }
            Accumulators::TextBest(..) => return Err(internal("numbers where text is reduced")),
        }
        Ok(())
    }

    /// Takes in `rows` of the argument, all into the first state.
    pub(crate) fn update_single(
        &mut self,
        argument: Argument<'_, '_>,
        rows: Range<usize>,
        zeros: &[u32],
    ) -> Result<(), RunError> {
        let Argument::Lanes(lane, view) = argument else {
            return self.update(argument, rows.clone(), &zeros[..rows.len()]);
        };
        let count = || {
            view.validity
                .map_or(rows.len(), |bits| count_bits(bits, rows.start, rows.len()))
        };
        match self {
            Accumulators::Count(states) => states[0] += count() as u64,
            Accumulators::FloatSum(states) if lane == Lane::F64 => {
                let values = &typed::<f64>(view.values)[rows.clone()];
                let validity = words(view, &rows);
                if validity.is_none() && view.validity.is_some() {
                    return self.update(argument, rows.clone(), &zeros[..rows.len()]);
                }
                level().run(AddValues {
                    state: &mut states[0].0,
                    values,
                    validity,
                });
                states[0].1 += count() as u64;
            }
            Accumulators::FloatMoments(states) if lane == Lane::F64 => {
                let values = &typed::<f64>(view.values)[rows.clone()];
                let validity = words(view, &rows);
                if validity.is_none() && view.validity.is_some() {
                    return self.update(argument, rows.clone(), &zeros[..rows.len()]);
                }
                level().run(AddValues {
                    state: &mut states[0],
                    values,
                    validity,
                });
            }
            Accumulators::IntegerSum(states) if lane == Lane::I64 && view.validity.is_none() => {
                states[0]
                    .0
                    .add_slice(&typed::<i64>(view.values)[rows.clone()]);
                states[0].1 += rows.len() as u64;
            }
            Accumulators::FloatSum(_)
            | Accumulators::FloatMoments(_)
            | Accumulators::IntegerSum(_)
            | Accumulators::IntegerMoments(_)
            | Accumulators::FloatBest(..)
            | Accumulators::IntegerBest(..)
            | Accumulators::TextBest(..)
            | Accumulators::Decided(..) => {
                let valid = rows.filter(|row| view.is_valid(*row)).map(|row| (row, 0));
                self.update_lanes(lane, view, valid)?;
            }
        }
        Ok(())
    }

    /// Takes in states of the same reduction; `groups` says into which each goes.
    pub(crate) fn merge(&mut self, other: &Accumulators, groups: &[u32]) -> Result<(), RunError> {
        use Accumulators::{
            Count, Decided, FloatBest, FloatMoments, FloatSum, IntegerBest, IntegerMoments,
            TextBest,
        };
        let into = || groups.iter().map(|group| *group as usize);
        match (self, other) {
            (Count(to), Count(from)) => from
                .iter()
                .zip(into())
                .for_each(|(state, group)| to[group] += state),
            (FloatSum(to), FloatSum(from)) => {
                for ((sum, count), group) in from.iter().zip(into()) {
                    to[group].0.merge(sum);
                    to[group].1 += count;
                }
            }
            (FloatMoments(to), FloatMoments(from)) => {
                from.iter()
                    .zip(into())
                    .for_each(|(state, group)| to[group].merge(state));
            }
            (Accumulators::IntegerSum(to), Accumulators::IntegerSum(from)) => {
                for ((sum, count), group) in from.iter().zip(into()) {
                    to[group].0.merge(sum);
                    to[group].1 += count;
                }
            }
            (IntegerMoments(to), IntegerMoments(from)) => {
                from.iter()
                    .zip(into())
                    .for_each(|(state, group)| to[group].merge(state));
            }
            (FloatBest(to, order), FloatBest(from, _)) => {
                for (state, group) in from.iter().zip(into()) {
                    state
                        .iter()
                        .for_each(|value| keep_float(&mut to[group], *value, *order));
                }
            }
            (IntegerBest(to, order), IntegerBest(from, _)) => {
                for (state, group) in from.iter().zip(into()) {
                    state
                        .iter()
                        .for_each(|value| keep_integer(&mut to[group], *value, *order));
                }
            }
            (TextBest(to, order), TextBest(from, _)) => {
                for (state, group) in from.iter().zip(into()) {
                    state
                        .iter()
                        .for_each(|value| keep_text(&mut to[group], value, *order));
                }
            }
            (Decided(to, by), Decided(from, _)) => {
                for (state, group) in from.iter().zip(into()) {
                    state.iter().for_each(|value| {
                        decide(&mut to[group], if *value { *by } else { !*by }, *by);
                    });
                }
            }
            _ => return Err(internal("states of different reductions")),
        }
        Ok(())
    }

    /// The value of a state; a number may be out of the result type's range.
    pub(crate) fn value(
        &self,
        reduction: Reduction,
        group: usize,
        argument: Option<ScalarType>,
    ) -> Value {
        let float = |value: Option<f64>| value.map_or(Value::Null, Value::F64);
        let mean = reduction == Reduction::Mean;
        match (self, reduction) {
            (Accumulators::Count(states), _) => Value::Integer(states[group].into()),
            (Accumulators::FloatSum(states), _) if mean => {
                float(states[group].0.mean(states[group].1))
            }
            (Accumulators::FloatSum(states), _) => Value::F64(states[group].0.value()),
            (Accumulators::IntegerSum(states), _) if mean => {
                float(states[group].0.mean(states[group].1))
            }
            (Accumulators::IntegerSum(states), _) => Value::Integer(states[group].0.value()),
            (Accumulators::FloatMoments(states), Reduction::Std { ddof }) => {
                float(states[group].standard_deviation(ddof.into()))
            }
            (Accumulators::FloatMoments(states), Reduction::Var { ddof }) => {
                float(states[group].variance(ddof.into()))
            }
            (Accumulators::FloatMoments(states), _) => float(states[group].mean()),
            (Accumulators::IntegerMoments(states), Reduction::Std { ddof }) => {
                float(states[group].standard_deviation(ddof.into()))
            }
            (Accumulators::IntegerMoments(states), Reduction::Var { ddof }) => {
                float(states[group].variance(ddof.into()))
            }
            (Accumulators::IntegerMoments(states), _) => float(states[group].mean()),
            (Accumulators::FloatBest(states, _), _) => match (states[group], argument) {
                (None, _) => Value::Null,
                (Some(value), Some(ScalarType::F32)) => Value::F32(value as f32),
                (Some(value), _) => Value::F64(value),
            },
            (Accumulators::IntegerBest(states, _), _) => match (states[group], argument) {
                (None, _) => Value::Null,
                (Some(value), Some(ScalarType::Bool)) => Value::Bool(value != 0),
                (Some(value), _) => Value::Integer(value),
            },
            (Accumulators::TextBest(states, _), _) => states[group]
                .as_deref()
                .map_or(Value::Null, |text| Value::Str(text.into())),
            (Accumulators::Decided(states, by), _) => {
                states[group].map_or(Value::Null, |decided| Value::Bool(decided == *by))
            }
        }
    }
}

/// Interleaved accumulators of a sum: as many f64 as two 512-bit registers hold.
const LANES: usize = 16;

/// Adds a block of values to a state, compiled for each CPU level.
struct AddValues<'v, S, V> {
    state: &'v mut S,
    values: &'v [f64],
    validity: Option<V>,
}

impl<V: Fn(usize) -> u64> Routine for AddValues<'_, ExactSum, V> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        self.state
            .add_slice_in_lanes::<LANES>(self.values, self.validity);
    }
}

impl<V: Fn(usize) -> u64> Routine for AddValues<'_, Moments, V> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        self.state
            .add_slice_in_lanes::<LANES>(self.values, self.validity);
    }
}

/// The words of the validity of rows, for sums; none where there is no validity or it is unaligned.
fn words<'v>(view: View<'v>, rows: &Range<usize>) -> Option<impl Fn(usize) -> u64 + 'v> {
    let bits = view.validity.filter(|_| rows.start.is_multiple_of(8))?;
    let bytes = &bits[rows.start / 8..];
    Some(move |word: usize| {
        let rest = bytes.get(word * 8..).unwrap_or_default();
        let mut eight = [0; 8];
        let length = rest.len().min(8);
        eight[..length].copy_from_slice(&rest[..length]);
        u64::from_le_bytes(eight)
    })
}

fn with_floats(
    lane: Lane,
    view: View<'_>,
    rows: impl Iterator<Item = (usize, usize)>,
    mut add: impl FnMut(usize, f64),
) -> Result<(), RunError> {
    match lane {
        Lane::F64 => {
            let values = typed::<f64>(view.values);
            rows.for_each(|(row, group)| add(group, values[row]));
        }
        Lane::F32 => {
            let values = typed::<f32>(view.values);
            rows.for_each(|(row, group)| add(group, f64::from(values[row])));
        }
        _ => return Err(internal("a float lane was expected")),
    }
    Ok(())
}

fn with_integers(
    lane: Lane,
    view: View<'_>,
    rows: impl Iterator<Item = (usize, usize)>,
    mut add: impl FnMut(usize, i128),
) -> Result<(), RunError> {
    if lane == Lane::Bool {
        rows.for_each(|(row, group)| add(group, i128::from(bit(view.values, row))));
        return Ok(());
    }
    with_lane!(integers lane, view.values, values => {
        rows.for_each(|(row, group)| add(group, i128::from(values[row])));
    });
    Ok(())
}

fn keep_float(best: &mut Option<f64>, value: f64, order: Ordering) {
    if best.is_none_or(|best| total_order_f64(value, best) == order) {
        *best = Some(value);
    }
}

fn keep_integer(best: &mut Option<i128>, value: i128, order: Ordering) {
    if best.is_none_or(|best| value.cmp(&best) == order) {
        *best = Some(value);
    }
}

fn keep_text(best: &mut Option<Box<str>>, value: &str, order: Ordering) {
    if best.as_deref().is_none_or(|best| value.cmp(best) == order) {
        *best = Some(value.into());
    }
}

fn decide(state: &mut Option<bool>, value: bool, by: bool) {
    *state = Some(state.unwrap_or(false) | (value == by));
}
