//! Canonical text reads back: the same text, the same outputs, the same bits.

use std::fs;
use std::path::{Path, PathBuf};

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::datatypes::{Field, Schema};
use icosian::{Backend, Flow, FlowOptions, FlowText, Inputs, SerialExecutor, Stage};
use icosian_ir::graph::{Graph, GraphBuilder, NodeKind, TableRows};
use icosian_ir::op::CastMode;
use icosian_ir::types::{ScalarType, TimeUnit, Type, Zone};
use icosian_ir::value::Value;
use icosian_tests::compare::difference;
use icosian_tests::data::{Numbers, column, places, table};
use icosian_tests::random_graph::{Shape, random_graph};
use proptest::prelude::{ProptestConfig, any, prop_assert, proptest};

fn read(text: &str) -> Flow {
    match Flow::from_text(text) {
        Ok(flow) => flow,
        Err(error) => panic!("{}\n{text}", error.render(false)),
    }
}

/// The text of a graph, after it was read back and gave itself and the same outputs.
fn round_trip(graph: &Graph) -> (String, Flow) {
    let text = graph.to_string();
    let flow = read(&text);
    let again = flow.graph().to_string();
    if let Some((first, second)) = text.lines().zip(again.lines()).find(|(a, b)| a != b) {
        panic!("{first}\n{second}\nin\n{text}");
    }
    assert_eq!(text.len(), again.len(), "{text}\n{again}");
    let outputs = |graph: &Graph| -> Vec<(String, Type)> {
        let nodes = graph.default_outputs().into_iter();
        nodes
            .map(|node| (graph.nodes[node].name.clone(), graph.nodes[node].ty))
            .collect()
    };
    assert_eq!(outputs(graph), outputs(flow.graph()), "{text}");
    // The columnar IR knows no names of values: it is the same to the letter.
    let columns = |flow: &Flow| {
        let prepared = flow.outputs().prepare().expect("a plan");
        prepared.explain(Stage::Columns).expect("its columns")
    };
    let original = Flow::from_graph(graph.clone());
    assert_eq!(columns(&original), columns(&flow), "{text}");
    (text, flow)
}

/// Runs both over the same data; both give the same bits or both raise.
fn assert_same_answers(left: &Flow, right: &Flow, inputs: &Inputs) {
    let run = |flow: &Flow| {
        let prepared = flow.outputs().prepare()?;
        prepared.run_with(inputs, &SerialExecutor)?.arrays()
    };
    match (run(left), run(right)) {
        (Ok(expected), Ok(found)) => {
            assert_eq!(expected.len(), found.len());
            for (name, expected) in &expected {
                if let Some(difference) = difference(expected, &found[name]) {
                    panic!("{name}: {difference}\n{}", right.graph());
                }
            }
        }
        (Err(_), Err(_)) => {}
        (Ok(_), Err(error)) | (Err(error), Ok(_)) => {
            panic!("only one raises: {error}\n{}", right.graph())
        }
    }
}

/// Random rows for every source table, and values for params without a default.
fn random_inputs(graph: &Graph, rows: usize, numbers: &mut Numbers) -> Inputs {
    let mut inputs = Inputs::new();
    for table in graph.tables.values() {
        if !matches!(table.rows, TableRows::Source(_)) {
            continue;
        }
        let mut fields = Vec::new();
        let mut arrays: Vec<ArrayRef> = Vec::new();
        for member in &table.members {
            let node = &graph.nodes[*member];
            if let NodeKind::Column { source_name } = &node.kind {
                let array = column(rows, numbers, node.ty);
                let ty = array.data_type().clone();
                fields.push(Field::new(source_name, ty, node.ty.nullable));
                arrays.push(array);
            }
        }
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let schema = std::sync::Arc::new(Schema::new(fields));
        let batch = RecordBatch::try_new_with_options(schema, arrays, &options);
        inputs = inputs.batches(&table.name, vec![batch.expect("columns of one length")]);
    }
    for node in graph.nodes.values() {
        if matches!(node.kind, NodeKind::Param { default: None }) {
            let value = match node.ty.scalar {
                _ if node.ty.nullable => Value::Null,
                ScalarType::Bool => Value::Bool(true),
                ScalarType::F32 => Value::F32(1.5),
                ScalarType::F64 => Value::F64(1.5),
                ScalarType::Str => Value::Str("a".into()),
                _ => Value::Integer(3),
            };
            inputs = inputs.param(&node.name, value);
        }
    }
    inputs
}

fn root() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().expect("the workspace").to_path_buf()
}

fn corpus() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().join("tests/flows"), root().join("examples")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of flows") {
            let path = entry.expect("a folder entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|found| found == "flow") {
                found.push(path);
            }
        }
    }
    found.sort();
    assert!(found.len() > 40, "the corpus is found");
    found
}

#[test]
fn the_corpus_reads_back() {
    for path in corpus() {
        let flow = match Flow::load(&path) {
            Ok(flow) => flow,
            Err(error) => panic!("{}: {}", path.display(), error.render(false)),
        };
        let (_, again) = round_trip(flow.graph());
        for (seed, rows) in [(1, 0), (2, 1), (3, 2), (4, 9)] {
            let inputs = random_inputs(flow.graph(), rows, &mut Numbers(seed));
            assert_same_answers(&flow, &again, &inputs);
        }
    }
}

/// The corpus' own tests, asked of the canonical text.
#[test]
fn the_corpus_passes_its_tests_as_canonical_text() {
    let (mut asked, mut blocks) = (0, 0);
    for path in corpus() {
        if path.starts_with(root().join("tests/flows/errors")) {
            continue;
        }
        let options = FlowOptions {
            tests: true,
            ..FlowOptions::default()
        };
        let flow = Flow::load_with(&[&path], &options).expect("a flow of the corpus");
        let canonical = Flow::load(&path)
            .expect("a flow of the corpus")
            .graph()
            .to_string();
        let mut tests = String::new();
        for test in flow.tests() {
            blocks += 1;
            tests.push_str(flow.sources().slice(test.span));
            tests.push('\n');
        }
        let texts = [
            FlowText::items("canonical", canonical.as_str()),
            FlowText::items("tests", tests),
        ];
        // Tests that use functions or configs of their flow can't be asked here.
        let Ok(again) = Flow::from_texts(&texts, &options) else {
            continue;
        };
        for test in again.tests() {
            asked += 1;
            let told = again.run_test(test, Backend::Jit, &SerialExecutor, 1024);
            let told = told.map(|failures| failures.len());
            assert!(
                matches!(told, Ok(0)),
                "{}: {}: {told:?}\n{canonical}",
                path.display(),
                test.title
            );
        }
    }
    assert!(
        asked * 10 > blocks * 9,
        "{asked} of {blocks} tests were asked"
    );
}

/// A cast of a constant prints as what reading it back builds, whether it was folded or not.
#[test]
fn casts_of_constants_read_back() {
    let zone = Zone::new("Europe/Paris");
    let types = [
        ScalarType::Bool,
        ScalarType::I8,
        ScalarType::I32,
        ScalarType::I64,
        ScalarType::U8,
        ScalarType::U64,
        ScalarType::F32,
        ScalarType::F64,
        ScalarType::Str,
        ScalarType::Date,
        ScalarType::Timestamp(TimeUnit::Second, None),
        ScalarType::Timestamp(TimeUnit::Nanosecond, zone),
        ScalarType::Duration(TimeUnit::Millisecond),
    ];
    let mut graph = GraphBuilder::new();
    let mut built = 0;
    for from in types {
        let constants = match from {
            ScalarType::Bool => vec![Value::Bool(true)],
            ScalarType::F32 => vec![Value::F32(2.5), Value::F32(f32::NAN)],
            ScalarType::F64 => vec![Value::F64(-0.0), Value::F64(f64::INFINITY)],
            ScalarType::Str => vec![Value::Str("".into()), Value::Str("2013-01-31".into())],
            _ => vec![Value::Integer(0), Value::Integer(127)],
        };
        for constant in constants.into_iter().chain([Value::Null]) {
            for to in types {
                for mode in [CastMode::Raise, CastMode::Null, CastMode::Wrap] {
                    let literal = graph.literal_of(constant.clone(), from);
                    if let Ok(cast) = graph.cast(literal, to, mode) {
                        graph
                            .define(None, &format!("c{built}"), cast)
                            .expect("a node");
                        built += 1;
                    }
                }
            }
        }
    }
    assert!(built > 500, "{built} casts");
    round_trip(&graph.finish());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_graphs_read_back(seed in any::<u64>(), expressions in 1usize..60, raising in any::<bool>()) {
        let mut numbers = Numbers(seed);
        let shape = Shape { expressions, outputs: 24, raising };
        let graph = random_graph(&mut numbers, shape);
        let (text, again) = round_trip(&graph);
        prop_assert!(text.ends_with('\n'));
        let flow = Flow::from_graph(graph);
        for rows in [0, 25] {
            let inputs = Inputs::new()
                .batches("t", table(rows, 7, &mut numbers))
                .batches("places", vec![places()]);
            assert_same_answers(&flow, &again, &inputs);
        }
    }
}
