//! What callers meet besides answers: streams, limits, missing data, keys that stand there twice.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use arrow::array::{ArrayRef, Float64Array, RecordBatch, StringArray};
use icosian_ir::columns::Columns;
use icosian_ir::columns_to_plan::columns_to_plan;
use icosian_ir::graph::BinaryOperator;
use icosian_ir::graph_to_columns::{Request, graph_to_columns};
use icosian_ir::id::TableId;
use icosian_ir::op::{Cumulative, Reduction, TextFunction, Window};
use icosian_ir::types::ScalarType;
use icosian_ir::value::Value;

use super::cases::Flow;
use crate::data::{BoundTable, ChunkedColumn};
use crate::error::RunError;
use crate::execute::{
    Backend, BatchStream, Executor, MORSEL_ROWS, ParallelExecutor, Prepared, Run, SerialExecutor,
};
use crate::memory::{BufferPool, MemoryBudget};
use crate::result::{ArrayMapBuilder, RecordBatchBuilder, ResultBuilder, ScalarsBuilder};

fn prepare(flow: Flow) -> Prepared {
    let request = Request {
        outputs: flow.nodes.clone(),
        ..Request::default()
    };
    let columns = graph_to_columns(&flow.builder.finish(), &request).unwrap();
    let plan = columns_to_plan(&columns);
    Prepared::new(Arc::new(columns), Arc::new(plan), Backend::Jit).unwrap()
}

fn bind(
    columns: &Columns,
    table: TableId,
    arrays: Vec<(&str, ScalarType, ArrayRef)>,
) -> BoundTable {
    let mut bound = BoundTable::new(arrays[0].2.len());
    for (name, scalar, array) in arrays {
        let found = columns.columns.iter().find(|(_, column)| match column.op {
            icosian_ir::op::Op::Input(input) => {
                columns.inputs[input].source_name == name && columns.inputs[input].table == table
            }
            _ => false,
        });
        if let Some((id, _)) = found {
            bound
                .insert(id, ChunkedColumn::try_new(scalar, vec![array]).unwrap())
                .unwrap();
        }
    }
    bound
}

/// `x + x` and its cumulative sum.
fn doubled() -> (Prepared, TableId) {
    let mut flow = Flow::new();
    let x = flow.column("x", ScalarType::F64, false);
    let double = flow.builder.binary(BinaryOperator::Add, x, x).unwrap();
    let sums = flow
        .builder
        .window(Window::Cumulative(Cumulative::Sum), double)
        .unwrap();
    flow.output(double);
    flow.output(sums);
    let table = flow.table;
    (prepare(flow), table)
}

fn floats(rows: usize) -> ArrayRef {
    Arc::new(Float64Array::from_iter_values(
        (0..rows).map(|row| row as f64),
    ))
}

#[test]
fn a_stream_gives_the_rows_in_bounded_batches() {
    let rows = 3 * MORSEL_ROWS + 5;
    let (prepared, table) = doubled();
    let bound = bind(
        prepared.columns(),
        table,
        vec![("x", ScalarType::F64, floats(rows))],
    );
    let run = Run::new(&prepared).with_table(table, Arc::new(bound));
    let executor = ParallelExecutor::new(2).unwrap();
    let whole = SerialExecutor.execute(&run).unwrap();
    let stream = BatchStream::new(run, &executor, table, 2).unwrap();
    let batches: Vec<RecordBatch> = stream.map(Result::unwrap).collect();
    let lengths: Vec<usize> = batches.iter().map(RecordBatch::num_rows).collect();
    assert_eq!(lengths, [2 * MORSEL_ROWS, MORSEL_ROWS + 5]);
    let whole = RecordBatchBuilder { table: Some(table) }
        .build(&whole)
        .unwrap();
    let together = arrow::compute::concat_batches(&whole.schema(), &batches).unwrap();
    assert_eq!(together, whole);
    let last: f64 = (0..rows).map(|row| 2.0 * row as f64).sum();
    let sums = whole
        .column(1)
        .as_any()
        .downcast_ref::<Float64Array>()
        .unwrap();
    assert_eq!(sums.value(rows - 1), last);
}

#[test]
fn an_empty_table_streams_one_empty_batch() {
    let (prepared, table) = doubled();
    let bound = bind(
        prepared.columns(),
        table,
        vec![("x", ScalarType::F64, floats(0))],
    );
    let run = Run::new(&prepared).with_table(table, Arc::new(bound));
    let batches: Vec<_> = BatchStream::new(run, &SerialExecutor, table, 1)
        .unwrap()
        .collect();
    assert_eq!(batches.len(), 1);
    assert_eq!(batches[0].as_ref().unwrap().num_columns(), 2);
}

#[test]
fn limits_and_cancelling_stop_a_run() {
    let (prepared, table) = doubled();
    let bound = bind(
        prepared.columns(),
        table,
        vec![("x", ScalarType::F64, floats(10_000))],
    );
    let bound = Arc::new(bound);
    let run = Run::new(&prepared)
        .with_table(table, Arc::clone(&bound))
        .with_budget(MemoryBudget::new(1000));
    assert!(matches!(
        SerialExecutor.execute(&run),
        Err(RunError::Memory { .. })
    ));
    let run = Run::new(&prepared)
        .with_table(table, Arc::clone(&bound))
        .with_cancel(Arc::new(AtomicBool::new(true)));
    assert!(matches!(
        SerialExecutor.execute(&run),
        Err(RunError::Cancelled)
    ));
    let executor = ParallelExecutor::new(2).unwrap();
    assert!(matches!(executor.execute(&run), Err(RunError::Cancelled)));
    let (columns, plan) = (Arc::clone(prepared.columns()), Arc::clone(prepared.plan()));
    let interpreted = Prepared::new(columns, plan, Backend::Interpreter).unwrap();
    let run = Run::new(&interpreted)
        .with_table(table, bound)
        .with_cancel(Arc::new(AtomicBool::new(true)));
    assert!(matches!(executor.execute(&run), Err(RunError::Cancelled)));
}

#[test]
fn output_buffers_are_reused_once_they_are_dropped() {
    let (prepared, table) = doubled();
    let bound = bind(
        prepared.columns(),
        table,
        vec![("x", ScalarType::F64, floats(10_000))],
    );
    let pool = BufferPool::new(1 << 24);
    let run = Run::new(&prepared)
        .with_table(table, Arc::new(bound))
        .with_pool(pool);
    let address = |result: &crate::result::RunResult| {
        let mut arrays: Vec<usize> = result
            .columns()
            .iter()
            .map(|column| result.array(column).unwrap().to_data().buffers()[0].as_ptr() as usize)
            .collect();
        arrays.sort_unstable();
        arrays
    };
    let first = SerialExecutor.execute(&run).unwrap();
    let addresses = address(&first);
    drop(first);
    let second = SerialExecutor.execute(&run).unwrap();
    let third = SerialExecutor.execute(&run).unwrap();
    let page = |addresses: &[usize]| -> Vec<usize> {
        addresses.iter().map(|address| address >> 12).collect()
    };
    assert_eq!(page(&address(&second)), page(&addresses));
    assert_ne!(page(&address(&third)), page(&addresses));
}

#[test]
fn what_is_missing_or_of_another_type_is_named() {
    let (prepared, table) = doubled();
    let run = Run::new(&prepared);
    assert_eq!(
        SerialExecutor.execute(&run).unwrap_err().to_string(),
        "no data was given for table t"
    );
    let run = Run::new(&prepared).with_table(table, Arc::new(BoundTable::new(3)));
    assert_eq!(
        SerialExecutor.execute(&run).unwrap_err().to_string(),
        "no data was given for column t.x of table t"
    );
    let nulls: ArrayRef = Arc::new(Float64Array::from(vec![Some(1.0), None]));
    let bound = bind(
        prepared.columns(),
        table,
        vec![("x", ScalarType::F64, nulls)],
    );
    let run = Run::new(&prepared).with_table(table, Arc::new(bound));
    assert_eq!(
        SerialExecutor.execute(&run).unwrap_err().to_string(),
        "t.x: expected f64, found Float64 with 1 nulls"
    );
}

#[test]
fn a_key_that_stands_there_twice_is_named() {
    let mut flow = Flow::new();
    let key = flow.column("key", ScalarType::Str, false);
    let there = flow
        .builder
        .table("airports", "", icosian_ir::graph::TableRows::Source(None))
        .unwrap();
    let here = std::mem::replace(&mut flow.table, there);
    let code = flow.column("code", ScalarType::Str, false);
    let height = flow.column("height", ScalarType::F64, false);
    let row = flow.builder.lookup(there, &[code], &[key]).unwrap();
    let node = flow.builder.gather(row, height).unwrap();
    flow.output(node);
    let prepared = prepare(flow);
    let text = |cells: Vec<&str>| Arc::new(StringArray::from(cells)) as ArrayRef;
    let left = bind(
        prepared.columns(),
        here,
        vec![("key", ScalarType::Str, text(vec!["JFK"]))],
    );
    let right = bind(
        prepared.columns(),
        there,
        vec![
            ("code", ScalarType::Str, text(vec!["EWR", "JFK", "EWR"])),
            ("height", ScalarType::F64, floats(3)),
        ],
    );
    let run = Run::new(&prepared)
        .with_table(here, Arc::new(left))
        .with_table(there, Arc::new(right));
    assert_eq!(
        SerialExecutor.execute(&run).unwrap_err().to_string(),
        "two rows of airports have the key \"EWR\" (rows 0 and 2); `first` or `last` before the lookup \
         takes one of them"
    );
}

#[test]
fn parameters_are_given_per_run() {
    let mut flow = Flow::new();
    let x = flow.column("x", ScalarType::F64, false);
    let node = flow
        .builder
        .param("factor", ScalarType::F64.required(), None)
        .unwrap();
    let factor = flow.builder.use_node(node);
    let scaled = flow.builder.binary(BinaryOperator::Mul, x, factor).unwrap();
    let sum = flow
        .builder
        .reduce(Reduction::Sum, flow.table, Some(scaled), &[])
        .unwrap();
    flow.output(scaled);
    flow.output(sum);
    let table = flow.table;
    let prepared = prepare(flow);
    let bound = bind(
        prepared.columns(),
        table,
        vec![("x", ScalarType::F64, floats(5))],
    );
    let bound = Arc::new(bound);
    let run = Run::new(&prepared).with_table(table, Arc::clone(&bound));
    assert_eq!(
        SerialExecutor.execute(&run).unwrap_err().to_string(),
        "parameter factor was not given"
    );
    let param = prepared.columns().params.ids().next().unwrap();
    for (factor, expected) in [(2.0, 20.0), (0.5, 5.0)] {
        let run = Run::new(&prepared)
            .with_table(table, Arc::clone(&bound))
            .with_param(param, Value::F64(factor));
        let result = SerialExecutor.execute(&run).unwrap();
        let scalars = ScalarsBuilder.build(&result).unwrap();
        assert_eq!(
            scalars.into_values().collect::<Vec<_>>(),
            [Value::F64(expected)]
        );
        assert_eq!(ArrayMapBuilder.build(&result).unwrap().len(), 2);
    }
}

#[test]
fn text_that_is_made_stays_for_a_morsel_and_counts_against_the_budget() {
    let mut flow = Flow::new();
    let s = flow.column("s", ScalarType::Str, false);
    let times = flow.builder.literal(Value::Integer(200));
    let long = flow
        .builder
        .text(TextFunction::Repeat, &[s, times])
        .unwrap();
    let length = flow.builder.text(TextFunction::Length, &[long]).unwrap();
    flow.output(length);
    let table = flow.table;
    let prepared = prepare(flow);
    // 52 MB are made, of each morsel a part, none of which is delivered.
    let rows = 4 * MORSEL_ROWS;
    let texts: ArrayRef = Arc::new(StringArray::from_iter_values((0..rows).map(|_| "x")));
    let columns = vec![("s", ScalarType::Str, texts)];
    let bound = Arc::new(bind(prepared.columns(), table, columns));
    let run = |budget: usize| {
        let run = Run::new(&prepared)
            .with_table(table, Arc::clone(&bound))
            .with_budget(MemoryBudget::new(budget));
        SerialExecutor.execute(&run).map(drop)
    };
    assert!(run(40 << 20).is_ok());
    assert!(matches!(run(1 << 20), Err(RunError::Memory { .. })));
}
