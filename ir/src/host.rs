//! Functions of the host: what a flow calls and the program around it supplies (`extern fn`).
//!
//! A flow knows such a function by its name and types. What it computes comes with the program: it is
//! called over columns of values. Unless declared otherwise each row of its result depends on that row
//! of its arguments alone, and is the same whenever it is asked: such a function is called over
//! whatever rows are at hand, as often as they are needed.
//!
//! A function of the whole column is called once, over all rows of its table in their order. So is one
//! that is not deterministic: what it gave is kept, and everything in the run sees the same values.

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::types::Type;
use crate::value::Value;

/// A function as a flow declares it: `extern fn eta(speed: f64?) -> f64`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct HostSignature {
    /// Its name.
    pub name: String,
    /// The names and types of its parameters.
    pub parameters: Vec<(String, Type)>,
    /// The type of its result.
    pub returns: Type,
    /// Whether a row of its result may depend on other rows of its arguments.
    pub whole_column: bool,
    /// Whether the same arguments always give the same result.
    pub deterministic: bool,
}

impl HostSignature {
    /// Whether it is called once, over all rows of its table.
    pub fn needs_all_rows(&self) -> bool {
        self.whole_column || !self.deterministic
    }
}

/// A function that the host supplies.
pub trait HostFunction: Send + Sync {
    /// Its values for `rows` rows: each argument has as many, of the types of the signature.
    ///
    /// # Errors
    /// Why it has none, in words for the user; also if what it gave is not of the declared type.
    fn call(
        &self,
        signature: &HostSignature,
        arguments: &[Vec<Value>],
        rows: usize,
    ) -> Result<Vec<Value>, String>;

    /// Itself, for callers who know what it is and can call it in another way.
    fn as_any(&self) -> &dyn Any;
}

/// The functions that a host supplies, by name.
#[derive(Clone, Default)]
pub struct HostFunctions {
    functions: BTreeMap<String, Arc<dyn HostFunction>>,
}

impl HostFunctions {
    /// Adds a function, in the place of one of the same name.
    pub fn insert(&mut self, name: &str, function: Arc<dyn HostFunction>) {
        self.functions.insert(name.to_owned(), function);
    }

    /// The function of a name.
    pub fn get(&self, name: &str) -> Option<&Arc<dyn HostFunction>> {
        self.functions.get(name)
    }

    /// The names of all functions, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.functions.keys().map(String::as_str)
    }
}

impl fmt::Debug for HostFunctions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.functions.keys()).finish()
    }
}

/// Equal if each name stands for the same function.
impl PartialEq for HostFunctions {
    fn eq(&self, other: &HostFunctions) -> bool {
        let (left, right) = (self.functions.iter(), other.functions.iter());
        self.functions.len() == other.functions.len()
            && left
                .zip(right)
                .all(|(a, b)| a.0 == b.0 && Arc::ptr_eq(a.1, b.1))
    }
}
