//! What the states of a reduction come to.

use icosian_ir::meaning::decimal::places;
use icosian_ir::op::Reduction;
use icosian_ir::types::ScalarType;
use icosian_ir::value::Value;

use super::accumulate::Accumulators;
use crate::error::{RunError, internal};

impl Accumulators {
    /// The value of each state. An integer may be out of the result type's range; none is one that
    /// not even 128 bits hold.
    pub(crate) fn values(
        &self,
        reduction: Reduction,
        argument: Option<ScalarType>,
    ) -> Result<Vec<Option<Value>>, RunError> {
        fn each<S>(states: &[S], value: impl Fn(&S) -> Value) -> Vec<Option<Value>> {
            states.iter().map(|state| Some(value(state))).collect()
        }
        let float = |value: Option<f64>| value.map_or(Value::Null, Value::F64);
        let some = |values: Vec<Value>| values.into_iter().map(Some).collect();
        let mean = reduction == Reduction::Mean;
        let count = |count: u64| Value::Integer(count.into());
        Ok(match (self, reduction) {
            (Accumulators::Count(states), _) => each(states, |state| count(*state)),
            (Accumulators::FloatSum(states), Reduction::Count) => some(
                (0..states.len())
                    .map(|group| count(states.count(group)))
                    .collect(),
            ),
            (Accumulators::IntegerSum(states), Reduction::Count) => {
                each(states, |state| count(state.1))
            }
            (Accumulators::DecimalSum(states), Reduction::Count) => {
                each(states, |state| count(state.1))
            }
            (Accumulators::FloatMoments(states), Reduction::Count) => {
                each(states, |state| count(state.count()))
            }
            (Accumulators::FloatMoments(states), Reduction::Sum) => {
                each(states, |state| Value::F64(state.sum()))
            }
            (Accumulators::FloatMoments(states), Reduction::Mean) => {
                each(states, |state| float(state.mean()))
            }
            (Accumulators::IntegerMoments(states), Reduction::Count) => {
                each(states, |state| count(state.count()))
            }
            (Accumulators::IntegerMoments(states), Reduction::Sum) => {
                each(states, |state| Value::Integer(state.sum()))
            }
            (Accumulators::IntegerMoments(states), Reduction::Mean) => {
                each(states, |state| float(state.mean()))
            }
            (Accumulators::FloatSum(states), _) => {
                let value = |group: usize| match mean {
                    true => float(states.sum(group).mean(states.count(group))),
                    false => Value::F64(states.value(group)),
                };
                some((0..states.len()).map(value).collect())
            }
            (Accumulators::IntegerSum(states), _) if mean => {
                each(states, |(sum, count)| float(sum.mean(*count)))
            }
            (Accumulators::IntegerSum(states), _) => {
                each(states, |(sum, _)| Value::Integer(sum.value()))
            }
            (Accumulators::DecimalSum(states), _) if mean => {
                let places = argument.map_or(0, places);
                each(states, |(sum, count)| float(sum.mean(*count, places)))
            }
            (Accumulators::DecimalSum(states), _) => states
                .iter()
                .map(|(sum, _)| sum.value().map(Value::Integer))
                .collect(),
            (Accumulators::IntegerProduct(states), _) => states
                .iter()
                .map(|product| product.value().map(Value::Integer))
                .collect(),
            (Accumulators::FloatMoments(states), Reduction::Std { ddof }) => {
                each(states, |state| float(state.standard_deviation(ddof.into())))
            }
            (Accumulators::FloatMoments(states), Reduction::Var { ddof }) => {
                each(states, |state| float(state.variance(ddof.into())))
            }
            (Accumulators::IntegerMoments(states), Reduction::Std { ddof }) => {
                each(states, |state| float(state.standard_deviation(ddof.into())))
            }
            (Accumulators::IntegerMoments(states), Reduction::Var { ddof }) => {
                each(states, |state| float(state.variance(ddof.into())))
            }
            (Accumulators::Powers(states), Reduction::Skew { bias }) => {
                each(states, |state| float(state.skewness(bias)))
            }
            (Accumulators::Powers(states), Reduction::Kurtosis { bias }) => {
                each(states, |state| float(state.kurtosis(bias)))
            }
            (Accumulators::Pairs(states), Reduction::Cov { ddof }) => {
                each(states, |state| float(state.covariance(ddof.into())))
            }
            (Accumulators::Pairs(states), Reduction::Corr) => {
                each(states, |state| float(state.correlation()))
            }
            (
                Accumulators::FloatMoments(_)
                | Accumulators::IntegerMoments(_)
                | Accumulators::Powers(_)
                | Accumulators::Pairs(_),
                other,
            ) => return Err(internal(format!("{} has no moments", other.name()))),
            (Accumulators::Weighted(states), _) => each(states, |state| float(state.mean())),
            (Accumulators::FloatBest(states, _), _) => {
                each(states, |state| match (*state, argument) {
                    (None, _) => Value::Null,
                    (Some(value), Some(ScalarType::F32)) => Value::F32(value as f32),
                    (Some(value), _) => Value::F64(value),
                })
            }
            (Accumulators::IntegerBest(states, _), _) => {
                each(states, |state| match (*state, argument) {
                    (None, _) => Value::Null,
                    (Some(value), Some(ScalarType::Bool)) => Value::Bool(value != 0),
                    (Some(value), _) => Value::Integer(value),
                })
            }
            (Accumulators::TextBest(states, _), _) => each(states, |state| {
                let text = state.as_deref();
                text.map_or(Value::Null, |text| Value::Str(text.into()))
            }),
            (Accumulators::Decided(states, by), _) => each(states, |state| {
                state.map_or(Value::Null, |decided| Value::Bool(decided == *by))
            }),
            (Accumulators::Sketch(states), _) => {
                each(states, |sketch| Value::Integer(sketch.estimate().into()))
            }
            (Accumulators::Tally(tally), Reduction::Mode) => some(tally.modes()),
            (Accumulators::Tally(tally), _) => {
                each(&tally.distinct(), |count| Value::Integer((*count).into()))
            }
            (Accumulators::Collected(collected), Reduction::Quantile { q, interpolation }) => {
                let scalar = argument.ok_or_else(|| internal("a quantile of nothing"))?;
                some(collected.quantiles(q.value(), interpolation, scalar))
            }
            (Accumulators::Collected(collected), _) => {
                each(&collected.products(), |product| Value::F64(*product))
            }
            (Accumulators::Picked(picked), _) => (0..picked.groups())
                .map(|group| Some(picked.value(group)))
                .collect(),
        })
    }
}
