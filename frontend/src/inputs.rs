//! What a run is given: the rows of tables, parameters, values for nodes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use arrow::array::{ArrayRef, RecordBatch};
use icosian_ir::graph::Binding;
use icosian_ir::value::Value;
pub use icosian_runtime::source::{ReadOptions, Source};
use icosian_runtime::source::{RowPredicate, Scan, Schema, SourceError, WantedColumn};

use crate::cache::{ReadCache, ReadTable, read};

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
    null_values: Vec<String>,
    delimiter: Option<u8>,
    cache: Option<ReadCache>,
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

    /// Gives the rows of the one table that the run reads, whatever its name; of several, those of
    /// the one for which the flow names no file.
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

    /// Texts that stand for null in delimited files, instead of those the flow names.
    #[must_use]
    pub fn null_values(mut self, texts: Vec<String>) -> Inputs {
        self.null_values = texts;
        self
    }

    /// What separates the cells of delimited files, whatever the flow says.
    #[must_use]
    pub fn delimiter(mut self, delimiter: u8) -> Inputs {
        self.delimiter = Some(delimiter);
        self
    }

    /// Keeps what is read from files in `cache`, and takes from there what was read before.
    #[must_use]
    pub fn cache(mut self, cache: &ReadCache) -> Inputs {
        self.cache = Some(cache.clone());
        self
    }

    /// Where a table is read from: what was given, else the file that the flow names. How a file
    /// is read is told by the options given, else by those of the flow.
    pub(crate) fn resolve(
        &self,
        given: Option<&Source>,
        binding: Option<&Binding>,
        folder: &Path,
    ) -> Option<Source> {
        let mut source = match (given, binding) {
            (Some(source), _) => source.clone(),
            (None, Some(binding)) => Source::file(folder.join(&binding.path)),
            (None, None) => return None,
        };
        if let Source::File { options, .. } = &mut source {
            if !self.null_values.is_empty() {
                options.null_values = self.null_values.clone();
            } else if options.null_values.is_empty() {
                options.null_values = binding.map(|of| of.null.clone()).unwrap_or_default();
            }
            let bound = binding.and_then(|of| of.delimiter);
            let bound = bound.and_then(|delimiter| u8::try_from(delimiter).ok());
            options.delimiter = self.delimiter.or(options.delimiter).or(bound);
        }
        Some(source)
    }

    pub(crate) fn schema(&self, source: &Source) -> Result<Schema, SourceError> {
        match &self.cache {
            Some(cache) => cache.schema(source),
            None => icosian_runtime::source::schema(source),
        }
    }

    /// The wanted columns of a source, or a scan of them that is to be read `later`.
    pub(crate) fn read(
        &self,
        source: &Source,
        wanted: &[WantedColumn],
        predicate: Option<&RowPredicate<'_>>,
        later: impl Fn(&Scan) -> bool,
    ) -> Result<ReadTable, SourceError> {
        match &self.cache {
            // What is kept is for runs that ask for other rows as well.
            Some(cache) => cache.read(source, wanted).map(ReadTable::Columns),
            None => read(source, wanted, predicate, later),
        }
    }
}
