//! The order of rows by their keys: of `order by`, in queries and in `over`.
//!
//! Numbers by value with −0 and +0 tied and every NaN one value above all others, text by its
//! bytes, false below true. Nulls stand last unless the key says otherwise, whichever way it runs.
//! Rows whose keys tie keep their order.

use std::cmp::Ordering;

use crate::meaning::compare::total_order;
use crate::meaning::key::canonical;
use crate::value::Value;

/// Which way a key orders.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Direction {
    /// Greatest first.
    pub descending: bool,
    /// Nulls before all values, whichever way values run.
    pub nulls_first: bool,
}

impl Direction {
    /// How two values of one type stand to each other as keys.
    pub fn compare(self, a: &Value, b: &Value) -> Ordering {
        let nulls = match (a.is_null(), b.is_null()) {
            (false, false) => {
                let order = total_order(&canonical(a), &canonical(b));
                return if self.descending {
                    order.reverse()
                } else {
                    order
                };
            }
            (a, b) => a.cmp(&b),
        };
        if self.nulls_first {
            nulls.reverse()
        } else {
            nulls
        }
    }
}

/// What follows a key in a flow's text: nothing where it is ascending with nulls last.
impl std::fmt::Display for Direction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.descending {
            f.write_str(" desc")?;
        }
        if self.nulls_first {
            f.write_str(" nulls first")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(mut values: Vec<Value>, direction: Direction) -> Vec<String> {
        values.sort_by(|a, b| direction.compare(a, b));
        values.iter().map(ToString::to_string).collect()
    }

    fn floats() -> Vec<Value> {
        let floats = [2.0, f64::NAN, -0.0, f64::INFINITY, 0.0, -f64::NAN, -1.0];
        let mut values: Vec<Value> = floats.into_iter().map(Value::F64).collect();
        values.insert(1, Value::Null);
        values
    }

    #[test]
    fn zeros_and_nans_tie_and_nulls_stand_last() {
        let expected = ["-1.0", "-0.0", "0.0", "2.0", "inf", "nan", "nan", "null"];
        assert_eq!(sorted(floats(), Direction::default()), expected);
        let descending = Direction {
            descending: true,
            nulls_first: false,
        };
        let expected = ["nan", "nan", "inf", "2.0", "-0.0", "0.0", "-1.0", "null"];
        assert_eq!(sorted(floats(), descending), expected);
    }

    #[test]
    fn nulls_stand_first_where_told() {
        for descending in [false, true] {
            let direction = Direction {
                descending,
                nulls_first: true,
            };
            assert_eq!(sorted(floats(), direction)[0], "null");
        }
    }
}
