//! What a run is given: the rows of tables, parameters, values for nodes.

use std::collections::BTreeMap;
use std::path::PathBuf;

use arrow::array::{ArrayRef, RecordBatch};
use icosian_ir::value::Value;
pub use icosian_runtime::source::{ReadOptions, Source};

/// What a run is given.
///
/// ```
/// use icosian::{Inputs, Constant};
///
/// let inputs = Inputs::new()
///     .file("flights", "flights.parquet")
///     .param("threshold", Constant::F64(0.5));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Inputs {
    pub(crate) tables: BTreeMap<String, Source>,
    pub(crate) only: Option<Source>,
    pub(crate) params: BTreeMap<String, Value>,
    pub(crate) columns: BTreeMap<String, ArrayRef>,
}

impl Inputs {
    /// Nothing: tables come from where the flow says, parameters have their defaults.
    pub fn new() -> Inputs {
        Inputs::default()
    }

    /// Gives a table's rows as record batches, in order. Columns are found by name, in any order;
    /// further ones are ignored.
    #[must_use]
    pub fn batches(self, table: &str, batches: Vec<RecordBatch>) -> Inputs {
        self.source(table, Source::Batches(batches))
    }

    /// Gives a table's rows as a file or folder, read when the run starts.
    #[must_use]
    pub fn file(self, table: &str, path: impl Into<PathBuf>) -> Inputs {
        self.source(table, Source::file(path))
    }

    /// Gives a table's rows.
    #[must_use]
    pub fn source(mut self, table: &str, source: Source) -> Inputs {
        self.tables.insert(table.to_owned(), source);
        self
    }

    /// Gives the rows of the one table that the run reads, whatever its name.
    #[must_use]
    pub fn only_table(mut self, source: Source) -> Inputs {
        self.only = Some(source);
        self
    }

    /// Gives a parameter, of its declared type.
    #[must_use]
    pub fn param(mut self, name: &str, value: Value) -> Inputs {
        self.params.insert(name.to_owned(), value);
        self
    }

    /// Gives the values of a node for which the selection said
    /// [`Selection::given`](crate::Selection::given): one per row of its table.
    #[must_use]
    pub fn column(mut self, node: &str, values: ArrayRef) -> Inputs {
        self.columns.insert(node.to_owned(), values);
        self
    }

    /// The source given for a table.
    pub(crate) fn of_table(&self, table: &str) -> Option<&Source> {
        self.tables.get(table).or(self.only.as_ref())
    }
}
