//! Graphs run by machine code over every kind of chunking, slicing and splitting, and by the
//! interpreter: the answers agree bit for bit.

mod cases;
mod interface;
mod large;

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, make_array};
use arrow::buffer::NullBuffer;
use arrow::datatypes::DataType;
use icosian_ir::columns::{Columns, Rows};
use icosian_ir::columns_to_plan::columns_to_plan;
use icosian_ir::graph::GraphBuilder;
use icosian_ir::graph_to_columns::{Request, graph_to_columns};
use icosian_ir::id::{NodeId, TableId};
use icosian_ir::interpret::{ColumnValues, interpret};
use icosian_ir::op::Op;
use icosian_ir::plan::Step;
use icosian_ir::types::ScalarType;
use icosian_ir::value::Value;

use crate::convert::{column_values, values_to_arrays};
use crate::data::{BoundTable, ChunkedColumn};
use crate::error::RunError;
use crate::execute::{Backend, Executor, ParallelExecutor, Prepared, Run, SerialExecutor, State};
use crate::result::RunResult;

/// Numbers that look random and are the same in every run.
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut value = self.0;
        value = (value ^ value >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        value = (value ^ value >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        value ^ value >> 31
    }

    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// A value of a type: mostly small, now and then extreme or special.
    pub(super) fn value(&mut self, scalar: ScalarType) -> Value {
        const TEXTS: [&str; 7] = ["", "a", "b", "EWR", "JFK", "a longer text than twelve", "ü"];
        const FLOATS: [f64; 10] = [
            0.0,
            -0.0,
            1.0,
            -1.5,
            1e300,
            -1e300,
            f64::NAN,
            f64::INFINITY,
            f64::NEG_INFINITY,
            5e-324,
        ];
        let special = self.below(4) == 0;
        match scalar {
            ScalarType::Bool => Value::Bool(self.below(2) == 0),
            ScalarType::Str => Value::Str(TEXTS[self.below(7) as usize].into()),
            ScalarType::F64 if special => Value::F64(FLOATS[self.below(10) as usize]),
            ScalarType::F64 => Value::F64(self.below(2000) as f64 / 16.0 - 50.0),
            ScalarType::F32 if special => Value::F32(FLOATS[self.below(10) as usize] as f32),
            ScalarType::F32 => Value::F32(self.below(2000) as f32 / 16.0 - 50.0),
            integer => {
                let (least, greatest) = integer.lane_range().unwrap();
                let value = i128::from(self.below(7)) - 3;
                Value::Integer(value.clamp(least, greatest))
            }
        }
    }

    /// Values of a type, some of them null.
    pub(super) fn values(&mut self, scalar: ScalarType, nulls: bool, rows: usize) -> Vec<Value> {
        (0..rows)
            .map(|_| {
                if nulls && self.below(5) == 0 {
                    Value::Null
                } else {
                    self.value(scalar)
                }
            })
            .collect()
    }
}

/// A program, and the values of its inputs by their names.
pub(super) struct Case {
    columns: Arc<Columns>,
    data: HashMap<String, Vec<Value>>,
    rows: HashMap<TableId, usize>,
}

/// How data is cut and who runs it.
#[derive(Clone, Debug)]
pub(super) struct Variant {
    pub(super) chunk: usize,
    pub(super) offset: usize,
    pub(super) text: DataType,
    pub(super) runner: Runner,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Runner {
    Serial,
    Parallel,
    /// Partitions cut at these rows (per 100), their states merged last to first.
    Partitions(&'static [usize]),
}

impl Case {
    pub(super) fn new(
        builder: GraphBuilder,
        outputs: &[NodeId],
        data: Vec<(&str, Vec<Value>)>,
    ) -> Case {
        let request = Request {
            outputs: outputs.to_vec(),
            ..Request::default()
        };
        let columns = graph_to_columns(&builder.finish(), &request).expect("it lowers");
        columns.verify().expect("it verifies");
        let data: HashMap<String, Vec<Value>> = data
            .into_iter()
            .map(|(name, values)| (name.to_owned(), values))
            .collect();
        let mut rows = HashMap::new();
        for input in columns.inputs.values() {
            let short = input.source_name.clone();
            rows.insert(input.table, data[&short].len());
        }
        Case {
            columns: Arc::new(columns),
            data,
            rows,
        }
    }

    fn expected(&self) -> Result<Vec<Vec<Value>>, String> {
        let mut bound = HashMap::new();
        for (id, column) in self.columns.columns.iter() {
            match column.op {
                Op::Input(input) => {
                    let values = &self.data[&self.columns.inputs[input].source_name];
                    bound.insert(id, values.iter().cloned().collect());
                }
                Op::Param(param) => {
                    let default = self.columns.params[param].default.clone().unwrap();
                    bound.insert(id, ColumnValues::Scalar(default.into()));
                }
                _ => {}
            }
        }
        let wanted: Vec<_> = self
            .columns
            .outputs
            .iter()
            .map(|output| output.column)
            .collect();
        let values = interpret(&self.columns, &wanted, bound, &self.rows)
            .map_err(|error| error.to_string())?;
        let cells = |id| {
            let values: &ColumnValues = &values[id];
            values
                .cells()
                .iter()
                .map(|cell| cell.value().unwrap().clone())
                .collect()
        };
        Ok(wanted.iter().map(cells).collect())
    }

    fn table(&self, table: TableId, variant: &Variant) -> BoundTable {
        let rows = self.rows.get(&table).copied().unwrap_or(0);
        let mut data = BoundTable::new(rows);
        for (id, column) in self.columns.columns.iter() {
            if let Op::Input(input) = column.op
                && self.columns.inputs[input].table == table
            {
                let values = &self.data[&self.columns.inputs[input].source_name];
                let arrays = values
                    .chunks(variant.chunk)
                    .map(|chunk| array(column.ty.scalar, chunk, variant))
                    .collect();
                let chunked = ChunkedColumn::try_new(column.ty.scalar, arrays).unwrap();
                data.insert(id, chunked).unwrap();
            }
        }
        data
    }

    fn found(&self, prepared: &Prepared, variant: &Variant) -> Result<Vec<Vec<Value>>, String> {
        let mut run = Run::new(prepared);
        for (table, shape) in self.columns.tables.iter() {
            if shape.rows == Rows::Source {
                run = run.with_table(table, Arc::new(self.table(table, variant)));
            }
        }
        let result = match variant.runner {
            Runner::Serial => SerialExecutor.execute(&run),
            Runner::Parallel => ParallelExecutor::new(2).unwrap().execute(&run),
            Runner::Partitions(cuts) => partitions(&run, cuts),
        };
        let result = result.map_err(|error| match error {
            RunError::Row { error, .. } => error.to_string(),
            other => other.to_string(),
        })?;
        let values = result.columns().iter().map(|column| {
            let arrays = result.arrays(column).unwrap();
            let chunked = ChunkedColumn::try_new(column.ty.scalar, arrays).unwrap();
            column_values(&chunked, column.ty.scalar, 0..chunked.rows())
        });
        Ok(values.collect())
    }

    /// Runs the case in every variant and compares with the interpreter.
    pub(super) fn check(&self, variants: &[Variant]) {
        let expected = self.expected();
        let plan = columns_to_plan(&self.columns);
        let text = plan.display(&self.columns).to_string();
        let prepared =
            Prepared::new(Arc::clone(&self.columns), Arc::new(plan), Backend::Jit).unwrap();
        let interpreted = Prepared::new(
            Arc::clone(&self.columns),
            Arc::clone(prepared.plan()),
            Backend::Interpreter,
        )
        .unwrap();
        for (position, variant) in std::iter::once(&variants[0]).chain(variants).enumerate() {
            let prepared = if position == 0 {
                &interpreted
            } else {
                &prepared
            };
            let found = self.found(prepared, variant);
            match (&expected, &found) {
                (Ok(expected), Ok(found)) => {
                    for ((expected, found), output) in
                        expected.iter().zip(found).zip(&self.columns.outputs)
                    {
                        let name = &output.name;
                        assert_eq!(expected.len(), found.len(), "{name} {variant:?}\n{text}");
                        for (row, (expected, found)) in expected.iter().zip(found).enumerate() {
                            assert_eq!(expected, found, "{name} row {row} {variant:?}\n{text}");
                        }
                    }
                }
                (expected, found) => assert_eq!(expected, found, "{variant:?}\n{text}"),
            }
        }
    }
}

/// An array of the values, sliced out of a longer one, with arbitrary values under its nulls.
fn array(scalar: ScalarType, values: &[Value], variant: &Variant) -> ArrayRef {
    let mut random = Random(values.len() as u64);
    let padded: Vec<Value> = std::iter::repeat_n(&Value::Null, variant.offset)
        .chain(values)
        .chain(std::iter::repeat_n(&Value::Null, 3))
        .map(|value| {
            if value.is_null() {
                random.value(scalar)
            } else {
                value.clone()
            }
        })
        .collect();
    let nulls: Vec<bool> = (0..padded.len())
        .map(|row| {
            let row = row.wrapping_sub(variant.offset);
            values.get(row).is_none_or(|value| !value.is_null())
        })
        .collect();
    let nulls = NullBuffer::from(nulls);
    let full = values_to_arrays(scalar, &padded).unwrap().remove(0);
    let data = full
        .to_data()
        .into_builder()
        .nulls((nulls.null_count() > 0).then_some(nulls));
    let mut array = make_array(data.build().unwrap());
    if scalar == ScalarType::Str {
        array = arrow::compute::cast(&array, &variant.text).unwrap();
    }
    array.slice(variant.offset, values.len())
}

/// An executor from outside: partitions in any order, states merged last to first.
fn partitions(run: &Run<'_>, cuts: &[usize]) -> Result<RunResult, RunError> {
    let mut params = run.start();
    let mut result = RunResult::new(run);
    for step in run.steps() {
        match step {
            Step::Scalars(scalars) => run.run_scalars(scalars, &mut params)?,
            Step::Pass(pass) => {
                let rows = run.rows(*pass, &params)?;
                let mut borders: Vec<usize> = cuts.iter().map(|cut| rows * cut / 100).collect();
                borders.insert(0, 0);
                borders.push(rows);
                let mut states: Vec<State> = Vec::new();
                for pair in borders.windows(2) {
                    let output = run.run_pass(*pass, &params, pair[0]..pair[1])?;
                    if let Some(part) = output.output {
                        result.add(part);
                    }
                    let batches = output.state.to_batches(run.prepared())?;
                    states.push(State::from_batches(run.prepared(), *pass, &batches)?);
                }
                let mut merged = states.pop().unwrap();
                while let Some(state) = states.pop() {
                    merged.merge(state)?;
                }
                run.finish_pass(merged, &mut params)?;
            }
        }
    }
    result.finish(run, &params)?;
    Ok(result)
}

/// Variants for small tables: every chunking, slicing and runner at least once.
pub(super) fn variants() -> Vec<Variant> {
    let dictionary = |codes| DataType::Dictionary(Box::new(codes), Box::new(DataType::Utf8));
    let texts = [
        DataType::Utf8,
        DataType::LargeUtf8,
        DataType::Utf8View,
        dictionary(DataType::Int8),
        dictionary(DataType::UInt32),
    ];
    let runners = [
        Runner::Serial,
        Runner::Parallel,
        Runner::Partitions(&[30, 70]),
        Runner::Partitions(&[1, 2, 50, 99]),
    ];
    let mut variants = Vec::new();
    for (position, chunk) in [usize::MAX, 1, 3, 1024, 777].into_iter().enumerate() {
        for offset in [0, 1, 5, 8, 63, 64, 65] {
            variants.push(Variant {
                chunk,
                offset: if chunk == 1 { offset % 3 } else { offset },
                text: texts[(position + offset) % texts.len()].clone(),
                runner: runners[(position * 3 + offset) % runners.len()],
            });
        }
    }
    for runner in runners {
        variants.push(Variant {
            chunk: usize::MAX,
            offset: 0,
            text: DataType::Utf8,
            runner,
        });
    }
    variants
}
