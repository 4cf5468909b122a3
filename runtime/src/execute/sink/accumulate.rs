//! The states of one reduction, one per group (without groups, one).
//!
//! Every state merges exactly and in any order: sums are exact, extremes are total orders. A state
//! travels between processes as bytes.

use std::cmp::Ordering;
use std::ops::Range;

use icosian_ir::meaning::compare::total_order_f64;
use icosian_ir::meaning::key::canonical_f64;
use icosian_ir::meaning::sketch::{Sketch, hash_integer, hash_text, hash_word};
use icosian_ir::meaning::sums::{
    CoMoments, DecimalSum, IntegerMoments, IntegerProduct, IntegerSum, Moments, PowerSums,
    WeightedSum,
};
use icosian_ir::op::Reduction;
use icosian_ir::types::{Lane, ScalarType};

use super::collect::Collected;
use super::float_sums::{FloatSums, Grouped};
use super::lanes::{AddValues, Argument, with_floats, with_integers, with_order_words, words};
use super::pick::Picked;
use super::tally::Tally;
use crate::bytes::{bit, count_bits, typed};
use crate::error::{RunError, internal};
use crate::execute::keys::NO_KEY;
use crate::execute::view::View;
use crate::execute::wide::level;

/// The states of one reduction.
#[derive(Clone, Debug)]
pub(crate) enum Accumulators {
    /// Rows, or values that are not null.
    Count(Vec<u64>),
    FloatSum(FloatSums),
    FloatMoments(Vec<Moments>),
    IntegerSum(Vec<(IntegerSum, u64)>),
    DecimalSum(Vec<(DecimalSum, u64)>),
    IntegerProduct(Vec<IntegerProduct>),
    IntegerMoments(Vec<IntegerMoments>),
    Powers(Vec<PowerSums>),
    Pairs(Vec<CoMoments>),
    Weighted(Vec<WeightedSum>),
    /// The value that wins so far, and what a better one compares as.
    FloatBest(Vec<Option<f64>>, Ordering),
    IntegerBest(Vec<Option<i128>>, Ordering),
    TextBest(Vec<Option<Box<str>>>, Ordering),
    /// Whether a value decided, none before any was seen; and what decides.
    Decided(Vec<Option<bool>>, bool),
    Sketch(Vec<Sketch>),
    Tally(Tally),
    Collected(Collected),
    Picked(Picked),
}

impl Accumulators {
    /// No states yet of a reduction over values of these types.
    pub(crate) fn new(
        reduction: Reduction,
        types: &[ScalarType],
    ) -> Result<Accumulators, RunError> {
        if types.len() != reduction.arity() {
            return Err(internal("a reduction without its arguments"));
        }
        let argument = types.first().copied().unwrap_or(ScalarType::I64);
        let float = argument.is_float();
        let best = |order| match argument {
            ScalarType::Str => Accumulators::TextBest(Vec::new(), order),
            _ if float => Accumulators::FloatBest(Vec::new(), order),
            _ => Accumulators::IntegerBest(Vec::new(), order),
        };
        Ok(match reduction {
            Reduction::Len | Reduction::Count => Accumulators::Count(Vec::new()),
            Reduction::Sum | Reduction::Mean if float => {
                Accumulators::FloatSum(FloatSums::new(reduction == Reduction::Mean))
            }
            Reduction::Sum | Reduction::Mean if argument.is_decimal() => {
                Accumulators::DecimalSum(Vec::new())
            }
            Reduction::Sum | Reduction::Mean => Accumulators::IntegerSum(Vec::new()),
            Reduction::Product if float => Accumulators::Collected(Collected::default()),
            Reduction::Product => Accumulators::IntegerProduct(Vec::new()),
            Reduction::Var { .. } | Reduction::Std { .. } if float => {
                Accumulators::FloatMoments(Vec::new())
            }
            Reduction::Var { .. } | Reduction::Std { .. } => {
                Accumulators::IntegerMoments(Vec::new())
            }
            Reduction::Skew { .. } | Reduction::Kurtosis { .. } => Accumulators::Powers(Vec::new()),
            Reduction::Cov { .. } | Reduction::Corr => Accumulators::Pairs(Vec::new()),
            Reduction::WeightedMean => Accumulators::Weighted(Vec::new()),
            Reduction::Min => best(Ordering::Less),
            Reduction::Max => best(Ordering::Greater),
            Reduction::Any => Accumulators::Decided(Vec::new(), true),
            Reduction::All => Accumulators::Decided(Vec::new(), false),
            Reduction::Quantile { .. } => Accumulators::Collected(Collected::default()),
            Reduction::NUnique | Reduction::Mode => {
                Accumulators::Tally(Tally::new(argument, reduction == Reduction::Mode)?)
            }
            Reduction::ApproxNUnique => Accumulators::Sketch(Vec::new()),
            Reduction::First { .. }
            | Reduction::Last { .. }
            | Reduction::AtMax
            | Reduction::AtMin => Accumulators::Picked(Picked::new(reduction, types)?),
        })
    }

    /// Adds empty states until there are so many.
    pub(crate) fn resize(&mut self, groups: usize) {
        match self {
            Accumulators::Count(states) => states.resize(groups, 0),
            Accumulators::FloatSum(states) => states.resize(groups),
            Accumulators::FloatMoments(states) => states.resize_with(groups, Moments::new),
            Accumulators::IntegerSum(states) => states.resize_with(groups, Default::default),
            Accumulators::DecimalSum(states) => states.resize_with(groups, Default::default),
            Accumulators::IntegerProduct(states) => states.resize_with(groups, Default::default),
            Accumulators::IntegerMoments(states) => states.resize(groups, IntegerMoments::new()),
            Accumulators::Powers(states) => states.resize_with(groups, PowerSums::new),
            Accumulators::Pairs(states) => states.resize_with(groups, CoMoments::new),
            Accumulators::Weighted(states) => states.resize_with(groups, WeightedSum::new),
            Accumulators::FloatBest(states, _) => states.resize(groups, None),
            Accumulators::IntegerBest(states, _) => states.resize(groups, None),
            Accumulators::TextBest(states, _) => states.resize_with(groups, || None),
            Accumulators::Decided(states, _) => states.resize(groups, None),
            Accumulators::Sketch(states) => states.resize_with(groups, Sketch::new),
            Accumulators::Tally(tally) => tally.resize(groups),
            Accumulators::Collected(collected) => collected.resize(groups),
            Accumulators::Picked(picked) => picked.resize(groups),
        }
    }

    /// How many states there are.
    pub(crate) fn groups(&self) -> usize {
        match self {
            Accumulators::Count(states) => states.len(),
            Accumulators::FloatSum(states) => states.len(),
            Accumulators::FloatMoments(states) => states.len(),
            Accumulators::IntegerSum(states) => states.len(),
            Accumulators::DecimalSum(states) => states.len(),
            Accumulators::IntegerProduct(states) => states.len(),
            Accumulators::IntegerMoments(states) => states.len(),
            Accumulators::Powers(states) => states.len(),
            Accumulators::Pairs(states) => states.len(),
            Accumulators::Weighted(states) => states.len(),
            Accumulators::FloatBest(states, _) => states.len(),
            Accumulators::IntegerBest(states, _) => states.len(),
            Accumulators::TextBest(states, _) => states.len(),
            Accumulators::Decided(states, _) => states.len(),
            Accumulators::Sketch(states) => states.len(),
            Accumulators::Tally(tally) => tally.groups(),
            Accumulators::Collected(collected) => collected.groups(),
            Accumulators::Picked(picked) => picked.groups(),
        }
    }

    /// About how many bytes the states take.
    pub(crate) fn byte_len(&self) -> usize {
        let each = match self {
            Accumulators::Count(_) => 8,
            Accumulators::FloatSum(states) => return states.byte_len(),
            Accumulators::IntegerSum(_)
            | Accumulators::DecimalSum(_)
            | Accumulators::IntegerProduct(_)
            | Accumulators::IntegerBest(..) => 32,
            Accumulators::FloatMoments(_) | Accumulators::IntegerMoments(_) => 96,
            // Four sums of some ten digits on ordinary data.
            Accumulators::Powers(_) => 512,
            Accumulators::Pairs(_) => 192,
            Accumulators::Weighted(_) => 112,
            Accumulators::FloatBest(..) | Accumulators::TextBest(..) => 16,
            Accumulators::Decided(..) => 1,
            Accumulators::Sketch(states) => {
                let held: usize = states.iter().map(Sketch::byte_len).sum();
                return 24 * states.len() + held;
            }
            Accumulators::Tally(tally) => return tally.byte_len(),
            Accumulators::Collected(collected) => return collected.byte_len(),
            Accumulators::Picked(picked) => return picked.byte_len(),
        };
        each * self.groups()
    }

    /// Takes in `rows` of the arguments, of which row 0 is the table's row `first_row`; `groups` has
    /// the state of each, in order, and [`NO_KEY`] for rows left out; `all` says that there are none.
    pub(crate) fn update(
        &mut self,
        arguments: &[Argument<'_, '_>],
        rows: Range<usize>,
        first_row: usize,
        groups: &[u32],
        all: bool,
    ) -> Result<(), RunError> {
        let rows_and_groups = || rows.clone().zip(groups.iter().map(|group| *group as usize));
        if let Accumulators::Picked(picked) = self {
            return picked.update(arguments, rows, first_row, groups);
        }
        match arguments {
            [] => {
                let Accumulators::Count(states) = self else {
                    return Err(internal("a reduction without its argument"));
                };
                for (_, group) in rows_and_groups() {
                    if let Some(state) = states.get_mut(group) {
                        *state += 1;
                    }
                }
                Ok(())
            }
            [argument] => {
                if let Accumulators::Tally(tally) = self {
                    return tally.update(*argument, rows, groups);
                }
                let is_in = |group: usize| all || group != NO_KEY as usize;
                match argument {
                    Argument::Text(cells) => {
                        let valid = rows_and_groups()
                            .filter(|(_, group)| is_in(*group))
                            .filter_map(|(row, group)| Some((cells[row]?, group)));
                        self.update_texts(valid)
                    }
                    Argument::Lanes(lane, view) if all && view.validity.is_none() => {
                        self.update_lanes(*lane, *view, rows_and_groups())
                    }
                    Argument::Lanes(lane, view) => {
                        let valid = rows_and_groups()
                            .filter(|(row, group)| is_in(*group) && view.is_valid(*row));
                        self.update_lanes(*lane, *view, valid)
                    }
                }
            }
            [first, second, ..] => {
                let pairs = first
                    .in_parts(rows.clone())?
                    .into_iter()
                    .zip(second.in_parts(rows.clone())?);
                let valid = rows_and_groups()
                    .zip(pairs)
                    .filter(|((_, group), _)| all || *group != NO_KEY as usize)
                    .filter(|((row, _), _)| first.is_valid(*row) && second.is_valid(*row))
                    .map(|((_, group), pair)| (group, pair));
                match self {
                    Accumulators::Pairs(states) => {
                        valid.for_each(|(group, (x, y))| states[group].add_parts(x, y));
                    }
                    Accumulators::Weighted(states) => {
                        valid.for_each(|(group, (x, w))| states[group].add(x, w));
                    }
                    _ => return Err(internal("two values where one is reduced")),
                }
                Ok(())
            }
        }
    }

    /// Takes in texts that are not null, each with its state.
    fn update_texts<'t>(
        &mut self,
        texts: impl Iterator<Item = (&'t str, usize)>,
    ) -> Result<(), RunError> {
        match self {
            Accumulators::Count(states) => texts.for_each(|(_, group)| states[group] += 1),
            Accumulators::TextBest(states, order) => {
                texts.for_each(|(text, group)| keep_text(&mut states[group], text, *order));
            }
            Accumulators::Sketch(states) => {
                texts.for_each(|(text, group)| states[group].add(hash_text(text)));
            }
            _ => return Err(internal("text where numbers are reduced")),
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
        let is_float = matches!(lane, Lane::F32 | Lane::F64);
        match self {
            Accumulators::Count(states) => rows.for_each(|(_, group)| states[group] += 1),
            Accumulators::FloatSum(states) => {
                with_floats(lane, view, rows, |group, value| states.add(group, value))?;
            }
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
            Accumulators::DecimalSum(states) => with_integers(lane, view, rows, |group, value| {
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
            Accumulators::IntegerProduct(states) => {
                with_integers(lane, view, rows, |group, value| {
                    states[group].multiply(value)
                })?;
            }
            Accumulators::Powers(states) if is_float => {
                with_floats(lane, view, rows, |group, value| states[group].add(value))?;
            }
            Accumulators::Powers(states) => with_integers(lane, view, rows, |group, value| {
                states[group].add_integer(value);
            })?,
            Accumulators::Sketch(states) if is_float => {
                with_floats(lane, view, rows, |group, value| {
                    states[group].add(hash_word(canonical_f64(value).to_bits()));
                })?;
            }
            Accumulators::Sketch(states) => with_integers(lane, view, rows, |group, value| {
                states[group].add(hash_integer(value));
            })?,
            Accumulators::Collected(collected) => {
                with_order_words(lane, view, rows, |group, word| collected.add(word, group))?;
            }
            Accumulators::TextBest(..)
            | Accumulators::Pairs(_)
            | Accumulators::Weighted(_)
            | Accumulators::Tally(_)
            | Accumulators::Picked(_) => return Err(internal("one number where none is reduced")),
        }
        Ok(())
    }

    /// Takes in `rows` of the arguments, put together by their states, if that is of use; false if
    /// it is not.
    pub(crate) fn update_together(
        &mut self,
        arguments: &[Argument<'_, '_>],
        rows: Range<usize>,
        grouped: &mut Grouped,
    ) -> bool {
        match (self, arguments) {
            (Accumulators::Count(states), []) => {
                for (group, rows) in grouped.ranges() {
                    states[group] += rows.len() as u64;
                }
                true
            }
            (Accumulators::FloatSum(sums), [Argument::Lanes(Lane::F64, view)])
                if view.validity.is_none() =>
            {
                grouped.add(&typed::<f64>(view.values)[rows], sums);
                true
            }
            _ => false,
        }
    }

    /// Takes in `rows` of the arguments, each into its state, if there are few and they may stand in
    /// several parts; false if that is not so.
    pub(crate) fn update_scattered(
        &mut self,
        arguments: &[Argument<'_, '_>],
        rows: Range<usize>,
        groups: &[u32],
    ) -> bool {
        match (self, arguments) {
            (Accumulators::FloatSum(sums), [Argument::Lanes(Lane::F64, view)])
                if view.validity.is_none() =>
            {
                sums.add_scattered(&typed::<f64>(view.values)[rows], groups)
            }
            _ => false,
        }
    }

    /// Takes in `rows` of the arguments, all into the first state.
    pub(crate) fn update_single(
        &mut self,
        arguments: &[Argument<'_, '_>],
        rows: Range<usize>,
        first_row: usize,
        zeros: &[u32],
    ) -> Result<(), RunError> {
        let zeros = &zeros[..rows.len()];
        let [Argument::Lanes(lane, view)] = *arguments else {
            return self.update(arguments, rows, first_row, zeros, true);
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
                    return self.update(arguments, rows, first_row, zeros, true);
                }
                states.add_slice(0, values, validity, count());
            }
            Accumulators::FloatMoments(states) if lane == Lane::F64 => {
                let values = &typed::<f64>(view.values)[rows.clone()];
                let validity = words(view, &rows);
                if validity.is_none() && view.validity.is_some() {
                    return self.update(arguments, rows, first_row, zeros, true);
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
            Accumulators::IntegerMoments(states)
                if lane == Lane::I64 && view.validity.is_none() =>
            {
                states[0].add_slice(&typed::<i64>(view.values)[rows.clone()]);
            }
            Accumulators::Tally(_) | Accumulators::Picked(_) => {
                return self.update(arguments, rows, first_row, zeros, true);
            }
            Accumulators::FloatSum(_)
            | Accumulators::FloatMoments(_)
            | Accumulators::IntegerSum(_)
            | Accumulators::DecimalSum(_)
            | Accumulators::IntegerProduct(_)
            | Accumulators::IntegerMoments(_)
            | Accumulators::Powers(_)
            | Accumulators::Pairs(_)
            | Accumulators::Weighted(_)
            | Accumulators::FloatBest(..)
            | Accumulators::IntegerBest(..)
            | Accumulators::TextBest(..)
            | Accumulators::Decided(..)
            | Accumulators::Sketch(_)
            | Accumulators::Collected(_) => {
                let valid = rows.filter(|row| view.is_valid(*row)).map(|row| (row, 0));
                self.update_lanes(lane, view, valid)?;
            }
        }
        Ok(())
    }

    /// Takes in states of the same reduction; `groups` says into which each goes.
    pub(crate) fn merge(&mut self, other: &Accumulators, groups: &[u32]) -> Result<(), RunError> {
        use Accumulators as A;
        /// Puts each state into its group's.
        fn each<S>(to: &mut [S], from: &[S], groups: &[u32], merge: impl Fn(&mut S, &S)) {
            for (state, group) in from.iter().zip(groups) {
                merge(&mut to[*group as usize], state);
            }
        }
        match (self, other) {
            (A::Count(to), A::Count(from)) => each(to, from, groups, |to, from| *to += from),
            (A::FloatSum(to), A::FloatSum(from)) => to.merge(from, groups),
            (A::IntegerSum(to), A::IntegerSum(from)) => each(to, from, groups, |to, from| {
                to.0.merge(&from.0);
                to.1 += from.1;
            }),
            (A::DecimalSum(to), A::DecimalSum(from)) => each(to, from, groups, |to, from| {
                to.0.merge(&from.0);
                to.1 += from.1;
            }),
            (A::IntegerProduct(to), A::IntegerProduct(from)) => {
                each(to, from, groups, IntegerProduct::merge);
            }
            (A::FloatMoments(to), A::FloatMoments(from)) => each(to, from, groups, Moments::merge),
            (A::IntegerMoments(to), A::IntegerMoments(from)) => {
                each(to, from, groups, IntegerMoments::merge);
            }
            (A::Powers(to), A::Powers(from)) => each(to, from, groups, PowerSums::merge),
            (A::Pairs(to), A::Pairs(from)) => each(to, from, groups, CoMoments::merge),
            (A::Weighted(to), A::Weighted(from)) => each(to, from, groups, WeightedSum::merge),
            (A::FloatBest(to, order), A::FloatBest(from, _)) => {
                each(to, from, groups, |to, from| {
                    from.iter().for_each(|value| keep_float(to, *value, *order));
                });
            }
            (A::IntegerBest(to, order), A::IntegerBest(from, _)) => {
                each(to, from, groups, |to, from| {
                    from.iter()
                        .for_each(|value| keep_integer(to, *value, *order));
                });
            }
            (A::TextBest(to, order), A::TextBest(from, _)) => each(to, from, groups, |to, from| {
                from.iter().for_each(|value| keep_text(to, value, *order));
            }),
            (A::Decided(to, by), A::Decided(from, _)) => each(to, from, groups, |to, from| {
                from.iter()
                    .for_each(|value| decide(to, if *value { *by } else { !*by }, *by));
            }),
            (A::Sketch(to), A::Sketch(from)) => each(to, from, groups, Sketch::merge),
            (A::Tally(to), A::Tally(from)) => to.merge(from, groups)?,
            (A::Collected(to), A::Collected(from)) => to.merge(from, groups),
            (A::Picked(to), A::Picked(from)) => to.merge(from, groups),
            _ => return Err(internal("states of different reductions")),
        }
        Ok(())
    }
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
