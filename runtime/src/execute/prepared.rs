//! A flow made ready once and run many times: columns, plan and machine code.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use icosian_codegen::{CompiledKernel, Nulls};
use icosian_ir::columns::Columns;
use icosian_ir::id::{ColumnId, Id, InputId, PassId};
use icosian_ir::op::Op;
use icosian_ir::plan::Plan;

use crate::error::{RunError, internal};
use crate::execute::kernel_cache::KernelCache;
use crate::execute::kernels::Kernels;
use crate::execute::program::PassProgram;
use crate::execute::row_text::RowOp;
use crate::execute::sink::UnseenOrders;

/// How columns are computed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Backend {
    /// By machine code, pass by pass.
    #[default]
    Jit,
    /// By the interpreter, column by column.
    Interpreter,
}

/// A flow made ready: it may be run many times, by many threads at once.
#[derive(Debug)]
pub struct Prepared {
    columns: Arc<Columns>,
    plan: Arc<Plan>,
    backend: Backend,
    programs: Vec<PassProgram>,
    kernels: Kernels,
    /// Of each pass and segment: its op over text, where all that it needs to be made ready is constant.
    row_ops: Vec<Vec<OnceLock<Option<Arc<RowOp>>>>>,
    inputs: HashMap<InputId, ColumnId>,
}

impl Prepared {
    /// Makes a plan ready. Kernels are compiled when they are first needed.
    ///
    /// # Errors
    /// [`RunError::Internal`] if the plan does not hold together.
    pub fn new(
        columns: Arc<Columns>,
        plan: Arc<Plan>,
        backend: Backend,
    ) -> Result<Prepared, RunError> {
        Prepared::with_kernels(columns, plan, backend, &KernelCache::default())
    }

    /// As [`Prepared::new`], with kernels that other plans share.
    ///
    /// # Errors
    /// [`RunError::Internal`] if the plan does not hold together.
    pub fn with_kernels(
        columns: Arc<Columns>,
        plan: Arc<Plan>,
        backend: Backend,
        cache: &KernelCache,
    ) -> Result<Prepared, RunError> {
        let unseen = UnseenOrders::of(&columns);
        let programs = plan
            .passes
            .iter()
            .map(|(id, pass)| PassProgram::new(&columns, &unseen, id, pass))
            .collect::<Result<Vec<_>, _>>()?;
        let fused = programs.iter().map(|program| program.fused.as_slice());
        let kernels = Kernels::new(&columns, fused, cache);
        let row_ops = programs
            .iter()
            .map(|program| program.segments.iter().map(|_| OnceLock::new()).collect())
            .collect();
        let inputs = columns
            .columns
            .iter()
            .filter_map(|(id, column)| match column.op {
                Op::Input(input) => Some((input, id)),
                _ => None,
            })
            .collect();
        Ok(Prepared {
            columns,
            plan,
            backend,
            programs,
            kernels,
            row_ops,
            inputs,
        })
    }

    /// The program.
    pub fn columns(&self) -> &Arc<Columns> {
        &self.columns
    }

    /// Its plan.
    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// How columns are computed.
    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// The column that stands for an input, under which its data is bound.
    pub fn input_column(&self, input: InputId) -> Option<ColumnId> {
        self.inputs.get(&input).copied()
    }

    pub(crate) fn program(&self, pass: PassId) -> Result<&PassProgram, RunError> {
        self.programs
            .get(pass.index())
            .ok_or_else(|| internal(format!("{pass} is not in the plan")))
    }

    /// The kernel of a fused segment, compiled now if nobody needed it before.
    pub(crate) fn kernel(
        &self,
        pass: PassId,
        segment: usize,
        nulls: Nulls,
    ) -> Result<&Arc<CompiledKernel>, RunError> {
        let place = (pass.index(), segment);
        let segment = &self.program(pass)?.fused[segment];
        self.kernels.get(&self.columns, place, segment, nulls)
    }

    /// How many kernels of a pass are not made yet, and how many ops they have.
    pub(crate) fn kernels_to_make(&self, pass: PassId, nulls: Nulls) -> (usize, usize) {
        self.kernels.missing(pass.index(), nulls)
    }

    /// The op over text of a segment that depends on the program alone, made ready now if nobody
    /// needed it before: a pattern is compiled once, however often the program runs.
    pub(crate) fn row_op(
        &self,
        pass: PassId,
        segment: usize,
        make: impl FnOnce() -> Option<RowOp>,
    ) -> Option<Arc<RowOp>> {
        let place = self.row_ops.get(pass.index())?.get(segment)?;
        place.get_or_init(|| make().map(Arc::new)).clone()
    }
}
