//! A run: a prepared flow with its data, and the operations that executors are loops over.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use icosian_ir::id::{ColumnId, ParamId, PassId, TableId};
use icosian_ir::interpret::{Cell, ColumnValues, interpret_cells};
use icosian_ir::op::Op;
use icosian_ir::plan::Step;
use icosian_ir::types::Type;
use icosian_ir::value::Value;

use crate::convert::column_cells;
use crate::data::{BoundTable, ChunkedColumn};
use crate::error::{RunError, internal, row_error};
use crate::execute::analysis::Analysis;
use crate::execute::params::Params;
use crate::execute::pass::{PassOutput, PassRun};
use crate::execute::prepared::Prepared;
use crate::memory::{BufferPool, MemoryBudget};
use crate::source::Unread;

/// A prepared flow with the data, parameters and limits of one run.
#[derive(Debug)]
pub struct Run<'a> {
    prepared: &'a Prepared,
    sources: HashMap<TableId, Arc<BoundTable>>,
    given: HashMap<ParamId, Value>,
    cancel: Arc<AtomicBool>,
    budget: Arc<MemoryBudget>,
    pool: Arc<BufferPool>,
    analysis: Option<Arc<Analysis>>,
}

impl<'a> Run<'a> {
    /// A run without data, without limits, whose output buffers come from the
    /// [shared pool](BufferPool::shared).
    pub fn new(prepared: &'a Prepared) -> Run<'a> {
        Run {
            prepared,
            sources: HashMap::new(),
            given: HashMap::new(),
            cancel: Arc::new(AtomicBool::new(false)),
            budget: MemoryBudget::unlimited(),
            pool: Arc::clone(BufferPool::shared()),
            analysis: None,
        }
    }

    /// Binds the rows of a source table (of a derived table: the columns that are overridden).
    #[must_use]
    pub fn with_table(mut self, table: TableId, data: Arc<BoundTable>) -> Run<'a> {
        self.sources.insert(table, data);
        self
    }

    /// Gives a parameter.
    #[must_use]
    pub fn with_param(mut self, param: ParamId, value: Value) -> Run<'a> {
        self.given.insert(param, value);
        self
    }

    /// Setting the flag stops the run at the next morsel.
    #[must_use]
    pub fn with_cancel(mut self, cancel: Arc<AtomicBool>) -> Run<'a> {
        self.cancel = cancel;
        self
    }

    /// Bounds the bytes that outputs and sinks hold.
    #[must_use]
    pub fn with_budget(mut self, budget: Arc<MemoryBudget>) -> Run<'a> {
        self.budget = budget;
        self
    }

    /// Takes output buffers from a pool, to which they return when their arrays are dropped.
    #[must_use]
    pub fn with_pool(mut self, pool: Arc<BufferPool>) -> Run<'a> {
        self.pool = pool;
        self
    }

    /// Notes where the time goes.
    #[must_use]
    pub fn with_analysis(mut self, analysis: Arc<Analysis>) -> Run<'a> {
        self.analysis = Some(analysis);
        self
    }

    pub(crate) fn analysis(&self) -> Option<&Analysis> {
        self.analysis.as_deref()
    }

    /// What is run.
    pub fn prepared(&self) -> &'a Prepared {
        self.prepared
    }

    /// The flag that stops the run.
    pub fn cancel(&self) -> &Arc<AtomicBool> {
        &self.cancel
    }

    pub(crate) fn budget(&self) -> &Arc<MemoryBudget> {
        &self.budget
    }

    pub(crate) fn pool(&self) -> &Arc<BufferPool> {
        &self.pool
    }

    /// What to do, in order.
    pub fn steps(&self) -> &'a [Step] {
        &self.prepared.plan().steps
    }

    /// What is known before the first step: the parameters given, and the defaults of the others.
    pub fn start(&self) -> Params {
        let columns = self.prepared.columns();
        let mut scalars = HashMap::new();
        for (id, column) in columns.columns.iter() {
            if let Op::Param(param) = column.op {
                let given = self.given.get(&param).cloned();
                if let Some(value) = given.or_else(|| columns.params[param].default.clone()) {
                    scalars.insert(id, Cell::Value(value));
                }
            }
        }
        Params::new(scalars)
    }

    /// The parameters that the run depends on and the values they have, by name.
    pub fn param_values(&self) -> Vec<(&'a str, Type, Value)> {
        let columns = self.prepared.columns();
        let mut values: Vec<(&str, Type, Value)> = Vec::new();
        for column in columns.columns.values() {
            let Op::Param(id) = column.op else { continue };
            let param = &columns.params[id];
            let given = self.given.get(&id).or(param.default.as_ref());
            if let Some(value) = given {
                values.push((&param.name, param.ty, value.clone()));
            }
        }
        values.sort_by_key(|(name, ..)| *name);
        values.dedup_by_key(|(name, ..)| *name);
        values
    }

    /// Computes scalars from what is known.
    ///
    /// # Errors
    /// If a parameter is missing.
    pub fn run_scalars(&self, scalars: &[ColumnId], params: &mut Params) -> Result<(), RunError> {
        let columns = self.prepared.columns();
        let mut bound: HashMap<ColumnId, ColumnValues> = params
            .scalars
            .iter()
            .map(|(id, cell)| (*id, ColumnValues::Scalar(cell.clone())))
            .collect();
        let mut table_rows = HashMap::new();
        let mut looks_up = false;
        for scalar in scalars {
            let column = columns.column(*scalar);
            looks_up |= matches!(column.op, Op::Lookup { .. } | Op::Find(_) | Op::Gather);
            for arg in &column.args {
                if let Op::Param(param) = columns.column(*arg).op
                    && !bound.contains_key(arg)
                {
                    return Err(RunError::MissingParam(columns.params[param].name.clone()));
                }
            }
        }
        if looks_up {
            self.bind_built(params, &mut bound, &mut table_rows);
        }
        let values = interpret_cells(columns, scalars, bound, &table_rows)
            .map_err(|error| row_error(columns, error))?;
        for (id, values) in values {
            if let ColumnValues::Scalar(cell) = values {
                params.scalars.insert(id, cell);
            }
        }
        Ok(())
    }

    /// Binds the rows of every built table for the interpreter.
    pub(crate) fn bind_built(
        &self,
        params: &Params,
        bound: &mut HashMap<ColumnId, ColumnValues>,
        table_rows: &mut HashMap<TableId, usize>,
    ) {
        for (table, built) in &params.built {
            for built in built {
                table_rows.insert(*table, built.data.rows());
                for (id, column) in built.data.columns() {
                    let scalar = self.prepared.columns().scalar_type(id);
                    bound
                        .entry(id)
                        .or_insert_with(|| column_cells(column, scalar, 0..column.rows()));
                }
            }
        }
    }

    /// How many rows a table has, if that is known by now.
    ///
    /// # Errors
    /// If no data is bound to it.
    pub fn table_rows(&self, table: TableId, params: &Params) -> Result<usize, RunError> {
        params
            .tables
            .get(&table)
            .or_else(|| self.sources.get(&table))
            .map(|data| data.rows())
            .ok_or_else(|| {
                RunError::MissingTable(self.prepared.columns().tables[table].name.clone())
            })
    }

    /// A column that a pass finds in its table.
    pub(crate) fn column(
        &self,
        table: TableId,
        column: ColumnId,
        params: &Params,
    ) -> Result<Arc<ChunkedColumn>, RunError> {
        let columns = self.prepared.columns();
        let data = match columns.column(column).op {
            Op::Input(_) => self.sources.get(&table),
            _ => params.tables.get(&table),
        };
        let name = || match columns.column(column).op {
            Op::Input(input) => columns.inputs[input].name.clone(),
            _ => column.to_string(),
        };
        let found =
            data.and_then(|data| data.column(column))
                .ok_or_else(|| RunError::MissingColumn {
                    table: columns.tables[table].name.clone(),
                    column: name(),
                })?;
        let rows = self.table_rows(table, params)?;
        if found.rows() != rows {
            return Err(RunError::Data {
                what: name(),
                expected: format!("{rows} rows"),
                found: format!("{} rows", found.rows()),
            });
        }
        let ty = columns.ty(column);
        if found.lane() != ty.scalar.lane()
            || !ty.nullable && found.null_count() > found.errors().len()
        {
            return Err(RunError::Data {
                what: name(),
                expected: ty.to_string(),
                found: format!("{} with {} nulls", found.data_type(), found.null_count()),
            });
        }
        Ok(Arc::clone(found))
    }

    /// The data of a source table.
    pub(crate) fn source(&self, table: TableId) -> Option<&Arc<BoundTable>> {
        self.sources.get(&table)
    }

    /// The rows of a source table that nothing is asked of; none if it has no such rows.
    pub(crate) fn unread(&self, table: TableId) -> Option<&Unread> {
        let unread = self.sources.get(&table)?.unread();
        (unread.row_groups > 0).then_some(unread)
    }

    /// How many rows a pass scans.
    ///
    /// # Errors
    /// If its table is not known yet.
    pub fn rows(&self, pass: PassId, params: &Params) -> Result<usize, RunError> {
        let pass = self
            .prepared
            .plan()
            .passes
            .get(pass)
            .ok_or_else(|| internal(format!("{pass} is not in the plan")))?;
        self.table_rows(pass.table, params)
    }

    /// A pass over the rows of one partition: a pure function of its arguments and the data.
    ///
    /// # Errors
    /// The error of the lowest row; or whatever kept the pass from running.
    pub fn run_pass(
        &self,
        pass: PassId,
        params: &Params,
        partition: Range<usize>,
    ) -> Result<PassOutput, RunError> {
        PassRun::new(self, pass, params, partition)?.run_here()
    }
}
