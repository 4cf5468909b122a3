//! The members of a long list that a value may be among.

use std::fmt;
use std::sync::Arc;

use crate::meaning::compare::{order, total_order};
use crate::value::Value;

/// Constants of one type, each once and in order; neither null nor NaN is among them.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Members {
    values: Arc<[Value]>,
    /// Whether the list held a null, so that what is not found may be equal to it.
    null: bool,
}

impl Members {
    /// The members of a list of constants of one type. NaN equals nothing and is left out; of −0 and
    /// +0, which are equal, one stays.
    pub fn new(list: impl IntoIterator<Item = Value>) -> Members {
        let mut null = false;
        let mut values = Vec::new();
        for value in list {
            if value.is_null() {
                null = true;
            } else if order(&value, &value).is_some() {
                values.push(value);
            }
        }
        values.sort_by(total_order);
        values.dedup_by(|a, b| order(a, b) == Some(std::cmp::Ordering::Equal));
        Members {
            values: values.into(),
            null,
        }
    }

    /// The members in order.
    pub fn values(&self) -> &[Value] {
        &self.values
    }

    /// Whether the list held a null.
    pub fn has_null(&self) -> bool {
        self.null
    }

    /// Whether a value of the members' type, not null, equals a member.
    pub fn contains(&self, value: &Value) -> bool {
        let compare = |member: &Value| order(member, value).unwrap_or(std::cmp::Ordering::Less);
        order(value, value).is_some() && self.values.binary_search_by(compare).is_ok()
    }
}

/// The first members, and how many there are.
impl fmt::Display for Members {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 3;
        f.write_str("[")?;
        for (position, value) in self.values.iter().take(SHOWN).enumerate() {
            write!(f, "{}{value}", if position > 0 { ", " } else { "" })?;
        }
        let more = self.values.len().saturating_sub(SHOWN);
        write!(f, ", and {more} more")?;
        f.write_str(if self.null { ", null]" } else { "]" })
    }
}

#[cfg(test)]
mod tests {
    use super::Members;
    use crate::value::Value;

    #[test]
    fn nan_is_no_member_and_zeros_are_one() {
        let list = [1.5, -0.0, f64::NAN, 0.0, -2.0].map(Value::F64);
        let members = Members::new(list.into_iter().chain([Value::Null]));
        assert_eq!(members.values().len(), 3);
        assert!(members.has_null());
        assert!(members.contains(&Value::F64(0.0)) && members.contains(&Value::F64(-0.0)));
        assert!(members.contains(&Value::F64(-2.0)) && members.contains(&Value::F64(1.5)));
        assert!(!members.contains(&Value::F64(f64::NAN)) && !members.contains(&Value::F64(1.0)));
    }

    #[test]
    fn text_and_integers() {
        let members = Members::new(["b", "", "é", "b"].map(|text| Value::Str(text.into())));
        assert_eq!(members.values().len(), 3);
        assert!(members.contains(&Value::Str("é".into())));
        assert!(!members.contains(&Value::Str("a".into())));
        let members = Members::new([3, -1, i128::from(u64::MAX)].map(Value::Integer));
        assert!(members.contains(&Value::Integer(i128::from(u64::MAX))));
        assert!(!members.contains(&Value::Integer(0)));
    }
}
