//! What a flow learned (LANGUAGE rule 11): computed once, saved, taken as given by later runs.
//!
//! A state is one record batch. Each learned value is a column under its full name: a scalar in the
//! first row, a table's columns in the first rows. Metadata say how many rows a table has, what the
//! params were, and carry for every part the number of what it was computed from
//! ([`PartFingerprints`]), so that a state is refused by a flow that would learn something else, and
//! only by that. The nodes above have theirs noted too, so that a refusal can name the ones that
//! differ (`differences`). On disk it is an Arrow IPC file, which other tools read too (`file`).

mod differences;
mod file;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, RecordBatchOptions, new_null_array};
use arrow::compute::{cast, concat};
use arrow::datatypes::{DataType, Field, Schema};
use icosian_ir::graph::{
    Dependencies, LANGUAGE_VERSION, NodeKind, PartFingerprints, TIME_ZONE_VERSION, UNICODE_VERSION,
};
use icosian_ir::id::{NodeId, TableId};
use icosian_ir::types::{ScalarType, Type};
use icosian_ir::value::Value;
use icosian_runtime::arrow_types::widen;
use icosian_runtime::convert::{column_values, value_to_array};
use icosian_runtime::data::ChunkedColumn;
use icosian_runtime::error::RunError;
use icosian_runtime::result::ResultColumn;

use crate::diagnostic::{Code, Diagnostic, Sources};
use crate::error::Error;
use crate::flow::Flow;
use crate::inputs::Inputs;
use crate::output::RunOutput;
use crate::selection::Selection;

use self::differences::{Differences, upstream};

/// The version of the layout, under [`STATE`].
const VERSION: &str = "2";

/// Metadata of the schema: the version; the versions that the meaning of the flow depends on; the
/// whole graph's number, for people; each table's rows and number.
const STATE: &str = "icosian.state";
const LANGUAGE: &str = "icosian.language";
const GRAPH: &str = "icosian.graph";
const TABLE: &str = "icosian.table.";

/// Metadata of the schema for what the learned values are computed from: the number of each node
/// and of the rows of each table, by name; what each param was.
const NODE: &str = "icosian.node.";
const ROWS: &str = "icosian.rows.";
const PARAM: &str = "icosian.param.";

/// Metadata of a column: its number, and the type it has in the flow.
const FIT: &str = "icosian.fit";
const TYPE: &str = "icosian.type";

/// What a flow learned from its inputs.
///
/// ```
/// use std::sync::Arc;
/// use arrow::array::{ArrayRef, AsArray, Float64Array, RecordBatch};
/// use arrow::datatypes::Float64Type;
/// use icosian::{Flow, Inputs};
///
/// let flow = Flow::from_text("table t { x: f64 }\n fit top = max(x)\n share = x / top")?;
/// let rows = |values: Vec<f64>| {
///     let x: ArrayRef = Arc::new(Float64Array::from(values));
///     Inputs::new().batches("t", vec![RecordBatch::try_from_iter([("x", x)]).unwrap()])
/// };
/// let state = flow.fit(&rows(vec![1.0, 4.0]))?;
/// let prepared = flow.select(&["share"])?.with_state(&state)?.prepare()?;
/// let served = prepared.run(&rows(vec![8.0]))?.table("t")?;
/// assert_eq!(served.column(0).as_primitive::<Float64Type>().value(0), 2.0);
/// # Ok::<(), icosian::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct FittedState {
    batch: RecordBatch,
}

/// A param that had another value when a state was learned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParamDifference {
    /// Its name.
    pub name: String,
    /// Its value then.
    pub learned: String,
    /// Its value in the run.
    pub now: String,
}

/// The rows of a learned table.
#[derive(Clone, Debug)]
pub(crate) struct GivenTable {
    pub(crate) rows: usize,
    /// By the full names of the nodes.
    pub(crate) columns: HashMap<String, ArrayRef>,
}

/// The tables that a state gives.
pub(crate) type GivenTables = HashMap<TableId, GivenTable>;

/// A state as a flow takes it.
#[derive(Debug, Default)]
pub(crate) struct Learned {
    pub(crate) scalars: Vec<(NodeId, Value)>,
    /// The members of the tables.
    pub(crate) columns: Vec<NodeId>,
    pub(crate) tables: GivenTables,
}

impl Flow {
    /// Selects everything that the flow learns: scalars marked `fit`, and all columns of tables so
    /// marked.
    ///
    /// # Errors
    /// If it learns nothing.
    pub fn learned(&self) -> Result<Selection, Error> {
        let (tables, nodes) = self.graph().learned();
        if nodes.is_empty() {
            let message = "the flow learns nothing: none of its definitions is a `fit`";
            let diagnostic = Diagnostic::error(Code::BadOption, message);
            return Err(Error::from_diagnostics(vec![
                diagnostic.help("mark what is learned once: fit top = max(speed)"),
            ]));
        }
        for table in tables {
            let name = &self.graph().tables[table].name;
            if !nodes
                .iter()
                .any(|node| self.graph().table_of(*node) == Some(table))
            {
                let message = format!("`{name}` has no columns to be learned");
                let diagnostic = Diagnostic::error(Code::BadOption, message);
                return Err(Error::from_diagnostics(vec![diagnostic]));
            }
        }
        Ok(Selection::new(self.clone(), nodes))
    }

    /// Computes everything that the flow learns.
    ///
    /// # Errors
    /// If it learns nothing, or the run fails.
    pub fn fit(&self, inputs: &Inputs) -> Result<FittedState, Error> {
        FittedState::from_output(&self.learned()?.prepare()?.run(inputs)?)
    }
}

/// The versions that change what a flow means.
fn language() -> String {
    format!(
        "language {LANGUAGE_VERSION}, unicode {UNICODE_VERSION}, time zones {TIME_ZONE_VERSION}"
    )
}

fn refused(message: impl Into<String>) -> Error {
    Error::run(
        Diagnostic::error(Code::BadState, message),
        Sources::default(),
    )
}

impl FittedState {
    /// What a run of [`Flow::learned`] delivered.
    ///
    /// # Errors
    /// If the run did not deliver everything that its flow learns.
    pub fn from_output(output: &RunOutput) -> Result<FittedState, Error> {
        let flow = output.flow();
        let graph = flow.graph();
        let result = output.result();
        let parts = PartFingerprints::new(graph);
        let (tables, nodes) = graph.learned();
        let mut metadata = HashMap::from([
            (STATE.to_owned(), VERSION.to_owned()),
            (LANGUAGE.to_owned(), language()),
            (GRAPH.to_owned(), graph.fingerprint().to_string()),
        ]);
        let above = upstream(&Dependencies::new(graph), nodes.iter().copied());
        for id in &above {
            let name = &graph.nodes[*id].name;
            metadata.insert(format!("{NODE}{name}"), parts.node(*id).to_string());
        }
        for (id, table) in graph.tables.iter() {
            let number = parts.table(id).to_string();
            metadata.insert(format!("{ROWS}{}", table.name), number);
        }
        for (name, ty, value) in output.params() {
            metadata.insert(format!("{PARAM}{name}"), value_text(ty.scalar, value)?);
        }
        let mut most = 1;
        for table in tables {
            let rows = result.rows(table);
            most = most.max(rows);
            let key = format!("{TABLE}{}", graph.tables[table].name);
            metadata.insert(key, format!("{rows} {}", parts.table(table)));
        }
        let mut fields = Vec::with_capacity(nodes.len());
        let mut arrays = Vec::with_capacity(nodes.len());
        let columns = result.columns().iter();
        let columns: HashMap<&str, &ResultColumn> =
            columns.map(|column| (&*column.name, column)).collect();
        for id in nodes {
            let node = &graph.nodes[id];
            let column = columns.get(&*node.name).copied();
            let column = column.ok_or_else(|| {
                refused(format!("`{}` is learned, and was not computed", node.name))
            })?;
            let array = result.array(column)?;
            let padding = new_null_array(array.data_type(), most.saturating_sub(array.len()));
            let array = concat(&[&array, &padding]).map_err(RunError::from)?;
            let field = Field::new(&node.name, array.data_type().clone(), true);
            fields.push(field.with_metadata(HashMap::from([
                (FIT.to_owned(), parts.node(id).to_string()),
                (TYPE.to_owned(), node.ty.to_string()),
            ])));
            arrays.push(array);
        }
        let schema = Arc::new(Schema::new_with_metadata(fields, metadata));
        let options = RecordBatchOptions::new().with_row_count(Some(most));
        let batch = RecordBatch::try_new_with_options(schema, arrays, &options);
        Ok(FittedState {
            batch: batch.map_err(RunError::from)?,
        })
    }

    /// The state as a record batch: a column for each value learned, and metadata.
    pub fn batch(&self) -> &RecordBatch {
        &self.batch
    }

    /// How many tables and single values were learned.
    pub fn counts(&self) -> (usize, usize) {
        let tables: HashSet<String> = self.tables().into_keys().collect();
        let schema = self.batch.schema();
        let names = schema.fields().iter().map(|field| field.name());
        let scalars = names.filter(|name| !is_member_of(name, &tables));
        (tables.len(), scalars.count())
    }

    /// The params that the learned values depend on, with the values they had, by name.
    pub fn params(&self) -> Vec<(String, String)> {
        let noted = self.noted(PARAM);
        noted
            .into_iter()
            .collect::<BTreeMap<_, _>>()
            .into_iter()
            .collect()
    }

    /// Which of them have another value in a run with these inputs. What was learned stays as it
    /// was learned.
    ///
    /// # Errors
    /// If a value can't be shown.
    pub fn differing_params(
        &self,
        flow: &Flow,
        inputs: &Inputs,
    ) -> Result<Vec<ParamDifference>, Error> {
        let mut differing = Vec::new();
        for (name, learned) in self.params() {
            let node = flow.graph().nodes.values().find(|node| node.name == name);
            let Some((ty, NodeKind::Param { default })) = node.map(|node| (node.ty, &node.kind))
            else {
                continue;
            };
            let Some(now) = inputs.params.get(&name).or(default.as_ref()) else {
                continue;
            };
            let now = value_text(ty.scalar, now)?;
            if now != learned {
                differing.push(ParamDifference { name, learned, now });
            }
        }
        Ok(differing)
    }

    /// Metadata under names that begin so, by the rest of their names.
    fn noted(&self, prefix: &str) -> HashMap<String, String> {
        let schema = self.batch.schema();
        let entries = schema.metadata().iter();
        entries
            .filter_map(|(key, value)| Some((key.strip_prefix(prefix)?.to_owned(), value.clone())))
            .collect()
    }

    /// Rows and number of each table, by its name.
    fn tables(&self) -> BTreeMap<String, (String, String)> {
        let schema = self.batch.schema();
        let entries = schema.metadata().iter();
        entries
            .filter_map(|(key, value)| {
                let (rows, fingerprint) = value.split_once(' ')?;
                let name = key.strip_prefix(TABLE)?;
                Some((name.to_owned(), (rows.to_owned(), fingerprint.to_owned())))
            })
            .collect()
    }

    /// The state as a flow takes it.
    ///
    /// # Errors
    /// If another flow learned it, saying what differs.
    pub(crate) fn of_flow(&self, flow: &Flow) -> Result<Learned, Error> {
        let graph = flow.graph();
        self.check_language()?;
        let parts = PartFingerprints::new(graph);
        let (tables, nodes) = graph.learned();
        let found_tables = self.tables();
        let mut differences = Differences::default();
        for table in &tables {
            let found = found_tables.get(&graph.tables[*table].name);
            let found = found.map(|(_, fingerprint)| fingerprint.as_str());
            let wanted = parts.table(*table).to_string();
            differences.compare(&graph.tables[*table].name, found, &wanted);
        }
        let schema = self.batch.schema();
        for node in &nodes {
            let name = &graph.nodes[*node].name;
            let field = schema.field_with_name(name).ok();
            let found = field.map(|field| field.metadata().get(FIT).map_or("", String::as_str));
            differences.compare(name, found, &parts.node(*node).to_string());
        }
        let known_tables = tables
            .iter()
            .map(|table| graph.tables[*table].name.as_str());
        let known_nodes = nodes.iter().map(|node| graph.nodes[*node].name.as_str());
        let known: HashSet<&str> = known_tables.chain(known_nodes).collect();
        let names = schema.fields().iter().map(|field| field.name());
        let extra = found_tables.keys().chain(names);
        let extra = extra.filter(|name| !known.contains(name.as_str()));
        differences.extra.extend(extra.cloned());
        differences.refuse(graph, &parts, &self.noted(NODE), &self.noted(ROWS))?;
        let mut learned = Learned::default();
        for table in tables {
            let name = &graph.tables[table].name;
            let rows = found_tables
                .get(name)
                .and_then(|(rows, _)| rows.parse().ok());
            let rows = rows.filter(|rows| *rows <= self.batch.num_rows());
            let rows = rows.ok_or_else(|| {
                refused(format!(
                    "the state is damaged: the rows of `{name}` are missing"
                ))
            })?;
            let columns = HashMap::new();
            learned.tables.insert(table, GivenTable { rows, columns });
        }
        for id in nodes {
            let node = &graph.nodes[id];
            match graph
                .table_of(id)
                .and_then(|table| learned.tables.get_mut(&table))
            {
                Some(table) => {
                    let column = self.column(&node.name, node.ty, table.rows)?;
                    table.columns.insert(node.name.clone(), column);
                    learned.columns.push(id);
                }
                None => {
                    let column = self.column(&node.name, node.ty, 1)?;
                    let column = ChunkedColumn::try_new(node.ty.scalar, vec![column])?;
                    let mut values = column_values(&column, node.ty.scalar, 0..1);
                    learned
                        .scalars
                        .extend(values.pop().map(|value| (id, value)));
                }
            }
        }
        Ok(learned)
    }

    fn check_language(&self) -> Result<(), Error> {
        let schema = self.batch.schema();
        let found = schema.metadata().get(LANGUAGE).map_or("", String::as_str);
        let ours = language();
        if found == ours {
            return Ok(());
        }
        let message = "the state was learned by another version of the language";
        let diagnostic = Diagnostic::error(Code::StateOfAnotherFlow, message)
            .note(format!("the state has {found}"))
            .note(format!("this program has {ours}"));
        Err(Error::from_diagnostics(vec![diagnostic]))
    }

    /// The first rows of a column, as the flow's type has them.
    fn column(&self, name: &str, ty: Type, rows: usize) -> Result<ArrayRef, Error> {
        let column = self.batch.column_by_name(name);
        let column = column.filter(|column| rows <= column.len());
        let column =
            column.ok_or_else(|| refused(format!("the state is damaged: `{name}` is missing")))?;
        let column = column.slice(0, rows);
        widen(&column, ty)
            .map_err(|misfit| refused(format!("the state is damaged: `{name}`: {misfit}")))
    }
}

/// A value as text.
fn value_text(scalar: ScalarType, value: &Value) -> Result<String, Error> {
    let array = value_to_array(scalar, value)?;
    let text = cast(&array, &DataType::Utf8).map_err(RunError::from)?;
    Ok(match text.as_string::<i32>() {
        text if text.is_empty() || text.is_null(0) => "null".to_owned(),
        text => text.value(0).to_owned(),
    })
}

/// Whether a full name is that of a member of one of some tables, whose names may have dots.
fn is_member_of(name: &str, tables: &HashSet<String>) -> bool {
    let mut dots = name.match_indices('.').map(|(at, _)| &name[..at]);
    dots.any(|table| tables.contains(table))
}
