//! From a prepared flow and what all rows share to a row program.

use std::collections::HashMap;
use std::sync::Arc;

use icosian_codegen::Nulls;
use icosian_ir::columns::Columns;
use icosian_ir::id::{ColumnId, PassId, TableId};
use icosian_ir::interpret::Cell;
use icosian_ir::meaning::time::evaluate::zone_of;
use icosian_ir::meaning::time::instant::Datum;
use icosian_ir::meaning::time::zone::ZoneSpans;
use icosian_ir::op::Op;
use icosian_ir::plan::{BuildSide, Step as PlanStep};
use icosian_ir::types::{Domain, ScalarType, Type};
use icosian_ir::value::Value;

use crate::convert::param_bits;
use crate::data::ChunkedColumn;
use crate::error::{RunError, internal, row_error};
use crate::execute::built::BuiltTable;
use crate::execute::by_row::buffers::FusedStep;
use crate::execute::by_row::interpreted::Interpreted;
use crate::execute::by_row::step::{Choice, Operand, Part, Step, Target};
use crate::execute::by_row::texts::{SharedTexts, TextCell};
use crate::execute::by_row::windows::WindowShapes;
use crate::execute::by_row::{Constant, Place, RowInput, RowOutput, RowProgram};
use crate::execute::executor::Executor;
use crate::execute::one_of::member_set;
use crate::execute::params::Params;
use crate::execute::pass::scalars;
use crate::execute::prepared::{Backend, Prepared};
use crate::execute::program::{Operand as PassOperand, PassProgram, SegmentKind, SegmentPlan};
use crate::execute::row_text::RowOp;
use crate::execute::run::Run;
use crate::execute::wide::WideSegment;

impl RowProgram {
    /// Computes what all rows of `table` share, with an executor, and makes ready what is computed of each.
    /// The outputs are of these rows, which [decide them](Columns::row_obstacle), or scalars; no data is
    /// bound to the table.
    ///
    /// # Errors
    /// If something that all rows share is missing or can't be computed, or a kernel can't be compiled.
    pub fn new(
        run: &Run<'_>,
        table: TableId,
        executor: &dyn Executor,
    ) -> Result<RowProgram, RunError> {
        let prepared = run.prepared();
        let columns = prepared.columns();
        let mut params = run.start();
        let mut own = None;
        let interpreted = match prepared.backend() {
            Backend::Jit => None,
            Backend::Interpreter => Some(Interpreted::new(run, table)?),
        };
        if let Some(interpreted) = &interpreted {
            interpreted.scalars(run, &mut params)?;
        }
        for step in run.steps() {
            match step {
                PlanStep::Pass(id) if prepared.plan().passes[*id].table == table => {
                    if own.replace(*id).is_some() {
                        return Err(internal(format!("{table} is scanned twice")));
                    }
                }
                _ if interpreted.is_some() => {}
                PlanStep::Scalars(scalars) => run.run_scalars(scalars, &mut params)?,
                PlanStep::Pass(id) => {
                    let rows = 0..run.rows(*id, &params)?;
                    let output = executor.pass(run, *id, &params, rows)?;
                    executor.finish_pass(run, output.state, &mut params)?;
                }
            }
        }
        let mut binder = Binder {
            prepared,
            columns,
            params: &params,
            scalars: HashMap::new(),
            shared: SharedTexts::default(),
            places: Vec::new(),
            texts: 0,
            steps: Vec::new(),
            fused: Vec::new(),
            windows: WindowShapes::default(),
        };
        let mut always_replay = false;
        let mut inputs = Vec::new();
        let mut slots = HashMap::new();
        if let Some(pass) = own {
            let program = prepared.program(pass)?;
            if interpreted.is_none() {
                (binder.scalars, always_replay) = scalars(columns, program, &params)?;
            }
            for (position, slot) in program.slots.iter().enumerate() {
                binder.place(Some(slot.column), slot.ty, None);
                slots.insert(slot.column, position);
            }
            for slot in &program.reads {
                let Op::Input(input) = columns.column(program.slots[*slot].column).op else {
                    return Err(internal("a row is made of what no source gives"));
                };
                inputs.push(RowInput {
                    name: columns.inputs[input].name.clone(),
                    ty: columns.inputs[input].ty,
                    slot: *slot,
                });
            }
            for (position, segment) in program.segments.iter().enumerate() {
                match segment.kind {
                    SegmentKind::Window(column) => binder.window(column, segment)?,
                    _ if interpreted.is_some() => {}
                    _ => binder.segment(pass, program, position, segment)?,
                }
            }
            (binder.windows).finish(columns, prepared.backend(), &mut binder.steps);
        }
        let mut outputs = Vec::with_capacity(columns.outputs.len());
        for output in &columns.outputs {
            let ty = columns.ty(output.column);
            let slot = match columns.column(output.column).domain {
                Domain::Rows(_) => *slots
                    .get(&output.column)
                    .ok_or_else(|| internal(format!("{} is not computed", output.name)))?,
                Domain::Scalar => binder.scalar_output(output.column, ty)?,
            };
            outputs.push(RowOutput {
                name: output.name.clone(),
                ty,
                slot,
            });
        }
        let Binder {
            places,
            steps,
            fused,
            shared,
            windows,
            ..
        } = binder;
        let may_raise = |step: &FusedStep| step.kernel.signature().may_raise;
        Ok(RowProgram {
            pads: fused.iter().any(may_raise),
            columns: Arc::clone(columns),
            table,
            places,
            inputs,
            outputs,
            steps,
            fused,
            windows,
            shared: Arc::new(shared),
            params,
            interpreted,
            always_replay,
        })
    }
}

struct Binder<'a> {
    prepared: &'a Prepared,
    columns: &'a Arc<Columns>,
    params: &'a Params,
    scalars: HashMap<ColumnId, Value>,
    shared: SharedTexts,
    places: Vec<Place>,
    /// How many columns of text there are.
    texts: usize,
    steps: Vec<Step>,
    fused: Vec<FusedStep>,
    windows: WindowShapes,
}

impl Binder<'_> {
    fn place(&mut self, column: Option<ColumnId>, ty: Type, constant: Option<Constant>) -> usize {
        let lane = ty.scalar.lane();
        self.places.push(Place {
            column,
            ty,
            lane,
            text: self.texts,
            constant,
        });
        self.texts += usize::from(lane.is_none());
        self.places.len() - 1
    }

    fn constant(&mut self, scalar: ScalarType, value: &Value) -> Result<Constant, RunError> {
        Ok(match value {
            Value::Str(text) => Constant::Text(self.shared.keep(Some(text))?),
            Value::Null if scalar == ScalarType::Str => Constant::Text(TextCell::Null),
            Value::Integer(units) if scalar.is_decimal() => Constant::Units(Some(*units)),
            Value::Null if scalar.is_decimal() => Constant::Units(None),
            value => {
                let [word, valid] = param_bits(value);
                Constant::Word((valid == 1).then_some(word))
            }
        })
    }

    fn scalar_output(&mut self, column: ColumnId, ty: Type) -> Result<usize, RunError> {
        let columns = Arc::clone(self.columns);
        let value = match self.params.scalar(&columns, column) {
            Some(Cell::Value(value)) => value,
            Some(Cell::Error(error)) => {
                return Err(row_error(&columns, Box::new((*error).clone())));
            }
            None => {
                return Err(match columns.column(column).op {
                    Op::Param(param) => RunError::MissingParam(columns.params[param].name.clone()),
                    _ => internal(format!("{column} is not known")),
                });
            }
        };
        let constant = self.constant(ty.scalar, &value)?;
        Ok(self.place(None, ty, Some(constant)))
    }

    fn scalar(&self, column: ColumnId) -> Result<Value, RunError> {
        let value = self.scalars.get(&column).cloned();
        value.ok_or_else(|| internal(format!("{column} is not known yet")))
    }

    fn operand(&mut self, operand: &PassOperand) -> Result<Operand, RunError> {
        Ok(match operand {
            PassOperand::Slot(slot) => {
                let place = &self.places[*slot];
                match place.lane {
                    Some(_) => Operand::Lane(*slot),
                    None => Operand::Text(place.text),
                }
            }
            PassOperand::Scalar(column) => {
                let value = self.scalar(*column)?;
                match self.constant(self.columns.scalar_type(*column), &value)? {
                    Constant::Word(word) => Operand::Word(word),
                    Constant::Units(units) => Operand::Units(units),
                    Constant::Text(cell) => Operand::Constant(cell),
                }
            }
        })
    }

    fn operands(&mut self, segment: &SegmentPlan) -> Result<Vec<Operand>, RunError> {
        let operands = segment.operands.iter();
        operands.map(|operand| self.operand(operand)).collect()
    }

    fn part(&mut self, operand: &PassOperand) -> Result<Part, RunError> {
        let lane = match operand {
            PassOperand::Slot(slot) => self.places[*slot].lane,
            PassOperand::Scalar(column) => self.columns.scalar_type(*column).lane(),
        };
        Ok((self.operand(operand)?, lane))
    }

    fn parts(&mut self, segment: &SegmentPlan) -> Result<Vec<Part>, RunError> {
        let operands = segment.operands.iter();
        operands.map(|operand| self.part(operand)).collect()
    }

    fn target(&self, slot: usize) -> Target {
        let place = &self.places[slot];
        match place.lane {
            Some(_) => Target::Lane(slot),
            None => Target::Text(place.text),
        }
    }

    fn segment(
        &mut self,
        pass: PassId,
        program: &PassProgram,
        position: usize,
        segment: &SegmentPlan,
    ) -> Result<(), RunError> {
        let step = match &segment.kind {
            SegmentKind::Fused(fused) => self.fused(pass, program, *fused, segment)?,
            SegmentKind::Wide(column) => self.wide(*column, segment)?,
            SegmentKind::Columnar(column) => self.columnar((pass, position), *column, segment)?,
            SegmentKind::Calendar(data) => self.calendar(data, segment)?,
            SegmentKind::Probe(column) => self.probe(*column, segment)?,
            SegmentKind::Gather(column) => self.gather(*column, segment)?,
            SegmentKind::Extern(_) => return Err(internal("a function of the host by row")),
            SegmentKind::Window(_) => return Err(internal("a window among other segments")),
        };
        self.steps.push(step);
        Ok(())
    }

    fn window(&mut self, column: ColumnId, segment: &SegmentPlan) -> Result<(), RunError> {
        let parts = self.parts(segment)?;
        let output = self.target(segment.outputs[0]);
        let steps = self.windows.add(self.columns, column, &parts, output)?;
        self.steps.extend(steps.into_iter().map(Step::Carry));
        Ok(())
    }

    fn fused(
        &mut self,
        pass: PassId,
        program: &PassProgram,
        position: usize,
        segment: &SegmentPlan,
    ) -> Result<Step, RunError> {
        let slots = segment.operands.iter().filter_map(|operand| match operand {
            PassOperand::Slot(slot) => Some(*slot),
            PassOperand::Scalar(_) => None,
        });
        let inputs: Vec<usize> = slots.collect();
        // Nulls come and go from row to row.
        let nullable = inputs.iter().any(|slot| self.places[*slot].ty.nullable);
        let nulls = if nullable {
            Nulls::General
        } else {
            Nulls::Absent
        };
        let params = program.fused[position].params.iter();
        let params = params.map(|param| Ok(param_bits(&self.scalar(*param)?)));
        let step = FusedStep {
            kernel: Arc::clone(self.prepared.kernel(pass, position, nulls)?),
            inputs,
            outputs: segment.outputs.clone(),
            params: params.collect::<Result<_, RunError>>()?,
        };
        self.fused.push(step);
        Ok(Step::Fused(self.fused.len() - 1))
    }

    fn wide(&mut self, column: ColumnId, segment: &SegmentPlan) -> Result<Step, RunError> {
        let mut slots = Vec::with_capacity(2);
        for operand in &segment.operands {
            slots.push(match operand {
                PassOperand::Slot(slot) => *slot,
                PassOperand::Scalar(column) => {
                    let (ty, value) = (self.columns.ty(*column), self.scalar(*column)?);
                    let constant = self.constant(ty.scalar, &value)?;
                    self.place(None, ty, Some(constant))
                }
            });
        }
        let operands = match slots[..] {
            [only] => [only, only],
            [first, second] => [first, second],
            _ => return Err(internal("a routine takes one or two arguments")),
        };
        let output = segment.outputs[0];
        Ok(Step::Wide {
            routine: WideSegment::new(self.columns, column)?,
            operands,
            output,
            nullable: self.places[output].ty.nullable,
        })
    }

    fn calendar(&mut self, data: &[Datum], segment: &SegmentPlan) -> Result<Step, RunError> {
        let [PassOperand::Slot(moments)] = segment.operands[..] else {
            return Err(internal("moments that are no column"));
        };
        let per_second = match self.places[moments].ty.scalar {
            ScalarType::Timestamp(unit, _) => Some(unit.per_second()),
            _ => None,
        };
        let outputs = data.iter().copied().zip(segment.outputs.iter().copied());
        Ok(Step::Calendar {
            moments,
            per_second,
            outputs: outputs.collect(),
        })
    }

    fn columnar(
        &mut self,
        (pass, position): (PassId, usize),
        column: ColumnId,
        segment: &SegmentPlan,
    ) -> Result<Step, RunError> {
        let columns = Arc::clone(self.columns);
        let definition = columns.column(column);
        let output = segment.outputs[0];
        let from = definition.args.first().map(|arg| columns.scalar_type(*arg));
        if let (Op::Time(function), Some(from)) = (&definition.op, from) {
            return Ok(Step::Time {
                function: *function,
                from,
                zone: zone_of(*function, from).and_then(ZoneSpans::of),
                operands: self.operands(segment)?,
                output,
            });
        }
        if let Op::OneOf(members) = &definition.op
            && let Some(set) = member_set(&columns, column)?
        {
            let parts = self.parts(segment)?;
            let part = parts.first().copied();
            return Ok(Step::OneOf {
                set,
                has_null: members.has_null(),
                part: part.ok_or_else(|| internal("a test of nothing"))?,
                output,
            });
        }
        if columns.has_decimals(column) {
            let args = definition.args.iter();
            return Ok(Step::Decimal {
                op: definition.op.clone(),
                operands: self.operands(segment)?,
                types: args.map(|arg| columns.ty(*arg)).collect(),
                to: definition.ty,
                output: self.target(output),
            });
        }
        let operands = self.operands(segment)?;
        let output = self.target(output);
        let make = || {
            RowOp::new(&definition.op, from, |place| {
                match segment.operands.get(place) {
                    Some(PassOperand::Scalar(column)) => self.scalars.get(column),
                    Some(PassOperand::Slot(_)) | None => None,
                }
            })
        };
        let is_constant = segment.operands.iter().all(|operand| match operand {
            PassOperand::Slot(_) => true,
            PassOperand::Scalar(column) => matches!(columns.column(*column).op, Op::Literal(_)),
        });
        let op = match is_constant {
            true => self.prepared.row_op(pass, position, make),
            false => make().map(Arc::new),
        };
        if let Some(op) = op {
            return Ok(Step::Text {
                op,
                operands,
                output,
            });
        }
        let choice = match &definition.op {
            Op::IsNull => Choice::IsNull,
            Op::IfElse => Choice::IfElse,
            Op::Coalesce => Choice::Coalesce,
            Op::Minimum => Choice::Minimum,
            Op::Maximum => Choice::Maximum,
            Op::Hash => Choice::Hash,
            Op::Broadcast(_) => Choice::Broadcast,
            other => return Err(internal(format!("{other} is no op over text"))),
        };
        Ok(Step::Choose {
            choice,
            operands,
            output,
        })
    }

    fn probe(&mut self, column: ColumnId, segment: &SegmentPlan) -> Result<Step, RunError> {
        let columns = Arc::clone(self.columns);
        let side = BuildSide::of(&columns, column);
        let side = side.ok_or_else(|| internal("a probe that is no lookup"))?;
        let built = Arc::clone(self.params.built_for(&side)?);
        let output = segment.outputs[0];
        let mut keys = self.parts(segment)?;
        let definition = columns.column(column);
        match &definition.op {
            Op::Lookup { null_matches, .. } => Ok(Step::Lookup {
                column,
                built,
                keys,
                null_matches: *null_matches,
                output,
            }),
            Op::Find(find) => {
                let compared = keys.split_off(find.keys as usize);
                let there = &definition.args[find.keys as usize..find.conditions()];
                let conditions = find.comparisons.iter().zip(there);
                let conditions = conditions
                    .map(|(comparison, column)| Ok((*comparison, built.compared(*column)?)))
                    .collect::<Result<_, RunError>>()?;
                Ok(Step::Find {
                    column,
                    built,
                    keys,
                    conditions,
                    compared,
                    takes_last: find.pick.takes_last(&find.comparisons),
                    output,
                })
            }
            other => Err(internal(format!("{other} is no lookup"))),
        }
    }

    fn gather(&mut self, column: ColumnId, segment: &SegmentPlan) -> Result<Step, RunError> {
        let args = &self.columns.column(column).args;
        let ScalarType::Row(table) = self.columns.scalar_type(args[0]) else {
            return Err(internal("a gather without a row"));
        };
        let built: &Arc<BuiltTable> = self.params.built_with(table, args[1])?;
        let from: Option<&Arc<ChunkedColumn>> = built.data.column(args[1]);
        let from = from.ok_or_else(|| internal(format!("{} was not kept", args[1])))?;
        let from = Arc::clone(from);
        let Some(PassOperand::Slot(rows)) = segment.operands.first() else {
            return Err(internal("a gather by a row that is no column"));
        };
        let (rows, output) = (*rows, segment.outputs[0]);
        Ok(match self.target(output) {
            Target::Lane(output) => Step::Gather {
                column,
                from,
                rows,
                output,
            },
            Target::Text(output) => {
                let mut texts = Vec::new();
                from.read_text(0..from.rows(), &mut texts);
                let cells = texts.into_iter().map(|text| self.shared.keep(text));
                Step::GatherText {
                    column,
                    cells: cells.collect::<Result<_, _>>()?,
                    from,
                    rows,
                    output,
                }
            }
        })
    }
}
