//! Functions of text over every layout of text in memory, dictionaries above all: the answers are
//! those of the interpreter over plain text, each distinct value is looked at once, and text that is
//! made stays within the memory budget.

use std::sync::Arc;

use arrow::array::types::{Int8Type, UInt32Type};
use arrow::array::{Array, ArrayRef, DictionaryArray, RecordBatch, StringArray};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use icosian::{Backend, Flow, Inputs, ParallelExecutor};
use icosian_tests::compare::difference;

const FLOW: &str = r#"
param wanted: str = "a"
table t {
    s: str?
    n: i64
    n_characters = length(s)
    up = upper(s)
    chained = s.trim().lower().replace("a", "é").length()
    key = s.trim().lower()
    compared = s.lower() == "apple"
    least = s.lower() < s.upper()
    itself = s + s
    parsed = try_i32(s)
    raised = i32(s.regex_replace("[^0-9]", "")) if s.matches("[0-9]") else -1
    found = s.find("p")
    given = s.contains(wanted)
    cut = s.slice(n, 2)
    padded = s.pad_start(n, "é")
    before = s.upper().shift(1)
    group_size = len() over key
    filled = s.upper() ?? "none"
    is_in = s.upper() in ["APPLE", "ÉA"]
}
table kept = t where s.upper().starts_with("A") { again = key }
table by_key = t group by key { n = len(), first = min(up) }
"#;

const WORDS: [&str; 12] = [
    "apple", "Apple ", " APPLE", "", "12", "-7", "éa", "straße", "p", "12a", "İ", "日本",
];

/// `rows` cells that repeat the words, some of them null.
fn cells(rows: usize) -> Vec<Option<&'static str>> {
    let mut state = 1_u64;
    (0..rows)
        .map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            let drawn = (state >> 33) as usize;
            (!drawn.is_multiple_of(7)).then(|| WORDS[drawn % WORDS.len()])
        })
        .collect()
}

/// Batches of these arrays, with a second column that cycles through small numbers.
fn inputs(arrays: Vec<ArrayRef>) -> Inputs {
    let mut row = 0_i64;
    let batches = arrays.into_iter().map(|array| {
        let numbers: Vec<i64> = (0..array.len() as i64)
            .map(|offset| (row + offset) % 9 - 4)
            .collect();
        row += array.len() as i64;
        let numbers: ArrayRef = Arc::new(arrow::array::Int64Array::from(numbers));
        RecordBatch::try_from_iter_with_nullable([("s", array, true), ("n", numbers, false)])
            .expect("two columns")
    });
    Inputs::new().batches("t", batches.collect())
}

/// Every layout, in chunks: flat ones, dictionaries that chunks share, and dictionaries of their own
/// with values that no row uses and with a null among the values.
fn layouts(cells: &[Option<&'static str>]) -> Vec<(&'static str, Vec<ArrayRef>)> {
    let plain: ArrayRef = Arc::new(StringArray::from(cells.to_vec()));
    let sliced = |array: &ArrayRef, chunk: usize| -> Vec<ArrayRef> {
        (0..array.len())
            .step_by(chunk)
            .map(|start| array.slice(start, chunk.min(array.len() - start)))
            .collect()
    };
    let shared: DictionaryArray<Int8Type> = cells.iter().copied().collect();
    let shared: ArrayRef = Arc::new(shared);
    let large = DataType::Dictionary(Box::new(DataType::UInt32), Box::new(DataType::LargeUtf8));
    let own = cells.chunks(700).map(|chunk| {
        let mut values: Vec<Option<&str>> = vec![Some("not used 99"), None];
        values.extend(WORDS.iter().rev().map(|word| Some(*word)));
        let keys: arrow::array::PrimitiveArray<UInt32Type> = chunk
            .iter()
            .enumerate()
            .map(|(row, cell)| match cell {
                None if row % 2 == 0 => Some(1),
                None => None,
                Some(cell) => values
                    .iter()
                    .position(|value| value == &Some(*cell))
                    .map(|position| position as u32),
            })
            .collect();
        let values: ArrayRef = Arc::new(StringArray::from(values));
        Arc::new(DictionaryArray::new(keys, values)) as ArrayRef
    });
    vec![
        ("one chunk", vec![Arc::clone(&plain)]),
        ("small chunks", sliced(&plain, 311)),
        (
            "views",
            sliced(&cast(&plain, &DataType::Utf8View).unwrap(), 1_500),
        ),
        ("one dictionary", vec![Arc::clone(&shared)]),
        ("a shared dictionary", sliced(&shared, 311)),
        (
            "64-bit offsets",
            sliced(&cast(&shared, &large).unwrap(), 1_024),
        ),
        ("dictionaries of their own", own.collect()),
    ]
}

#[test]
fn every_layout_gives_the_same_answers() {
    gives_the_same_answers(FLOW);
}

/// Here nothing but groups reads the text.
#[test]
fn groups_are_the_same_in_every_layout() {
    gives_the_same_answers(
        "table t { s: str?, n: i64, x = n / 3 }
         table by_word = t group by s { rows = len(), total = sum(x), average = mean(x), most = max(n) }
         table some = t where n > 1 group by s { rows = len(), total = sum(x), least = min(n) }
         table both = t where n != 2 group by s, again = s { total = sum(x), first = first(n) }
         table none = t where n > 1000 group by s { rows = len() }",
    );
}

/// Two dictionaries whose codes are few each, but not together.
#[test]
fn groups_by_many_combinations_of_codes() {
    let flow = Flow::from_text(
        "table t { a: str, b: str, n: i64 }
         table by_a = t group by a { total = sum(n) }
         table by_b = t group by b { total = sum(n) }
         table by_both = t group by a, b, again = a, once_more = b { total = sum(n) }",
    )
    .expect("a flow");
    let codes = |step: i32, count: i32| {
        let codes: arrow::array::Int32Array = (0..6_000).map(|row| row * step % count).collect();
        let values: StringArray = (0..count).map(|code| Some(code.to_string())).collect();
        Arc::new(DictionaryArray::new(codes, Arc::new(values))) as ArrayRef
    };
    let rows: ArrayRef = Arc::new(arrow::array::Int64Array::from_iter_values(0..6_000));
    let batch =
        RecordBatch::try_from_iter([("a", codes(1, 2_000)), ("b", codes(7, 1_500)), ("n", rows)]);
    let inputs = Inputs::new().batches("t", vec![batch.expect("columns")]);
    let run = |backend| {
        let prepared = flow.outputs().backend(backend).prepare().expect("a plan");
        prepared
            .run(&inputs)
            .expect("a result")
            .arrays()
            .expect("arrays")
    };
    let (expected, found) = (run(Backend::Interpreter), run(Backend::Jit));
    assert_eq!(found["by_both.total"].len(), 6_000);
    for (name, expected) in &expected {
        assert_eq!(difference(expected, &found[name]), None, "{name}");
    }
}

fn gives_the_same_answers(flow: &str) {
    let flow = Flow::from_text(flow).expect("a flow");
    // Two rows are fewer than a dictionary's values: it is read as plain text there.
    for rows in [0, 2, 100, 5_000] {
        let cells = cells(rows);
        let interpreted = flow.outputs().backend(Backend::Interpreter);
        let interpreted = interpreted.prepare().expect("a plan");
        let plain = inputs(vec![Arc::new(StringArray::from(cells.clone()))]);
        let expected = interpreted.run(&plain).unwrap().arrays().unwrap();
        let compiled = flow.outputs().prepare().expect("a plan");
        for (layout, arrays) in layouts(&cells) {
            for threads in [1, 2] {
                let executor = ParallelExecutor::new(threads).unwrap();
                let found = compiled.run_with(&inputs(arrays.clone()), &executor);
                let found = found.unwrap().arrays().unwrap();
                for (name, expected) in &expected {
                    if let Some(difference) = difference(expected, &found[name]) {
                        panic!("{layout}, {rows} rows, {name}: {difference}");
                    }
                }
            }
        }
    }
}

#[test]
fn a_value_that_no_row_uses_raises_nothing_and_one_that_is_used_does() {
    let flow = Flow::from_text("table t { s: str, n = i32(s.trim()) }").unwrap();
    let prepared = flow.outputs().prepare().unwrap();
    let run = |codes: Vec<i8>| {
        let values: ArrayRef = Arc::new(StringArray::from(vec!["1", "x", " 2"]));
        let keys = arrow::array::Int8Array::from(codes);
        let array: ArrayRef = Arc::new(DictionaryArray::new(keys, values));
        let batch = RecordBatch::try_from_iter([("s", array)]).unwrap();
        prepared.run(&Inputs::new().batches("t", vec![batch]))
    };
    let found = run(vec![0, 2, 0]).unwrap().arrays().unwrap();
    let expected: ArrayRef = Arc::new(arrow::array::Int32Array::from(vec![1, 2, 1]));
    assert_eq!(difference(&expected, &found["t.n"]), None);
    let error = run(vec![0, 2, 1, 1]).map(drop).unwrap_err().to_string();
    assert!(error.contains("\"x\" is no i32 (row 2)"), "{error}");
}

/// Who they are, by name and address.
#[icosian::flow(table = "people")]
mod people {
    use icosian::typed::{Col, Text};

    fn initial(name: Col<Option<Text>>) -> Col<Option<Text>> {
        name.trim().slice(0, 1).upper()
    }

    fn domain(email: Col<Text>) -> Col<Option<Text>> {
        email.lower().extract("@(.+)$", 1)
    }

    fn same(email: Col<Text>, name: Col<Option<Text>>) -> Col<Option<bool>> {
        email.starts_with(name)
    }

    fn label(email: Col<Text>, initial: Col<Option<Text>>) -> Col<Text> {
        email
            .split_part("@", 0)
            .or_else("?")
            .concat(" ")
            .concat(initial.or_else("-"))
    }

    fn digits(email: Col<Text>) -> Col<Option<i64>> {
        email.regex_replace("[^0-9]", "").try_number()
    }
}

#[test]
fn rust_functions_over_text() {
    let flow = Flow::from_graph(people::graph().expect("a graph"));
    let names: ArrayRef = Arc::new(StringArray::from(vec![Some(" ada"), None, Some("éva")]));
    let emails: ArrayRef = Arc::new(StringArray::from(vec!["a1@X.org", "b@y", "éva22"]));
    let batch =
        RecordBatch::try_from_iter_with_nullable([("name", names, true), ("email", emails, false)]);
    let inputs = Inputs::new().batches("people", vec![batch.expect("two columns")]);
    let output = flow.outputs().prepare().unwrap().run(&inputs).unwrap();
    let found = output.arrays().unwrap();
    let text = |values: Vec<Option<&str>>| Arc::new(StringArray::from(values)) as ArrayRef;
    let expected: [(&str, ArrayRef); 5] = [
        ("initial", text(vec![Some("A"), None, Some("É")])),
        ("domain", text(vec![Some("x.org"), Some("y"), None])),
        (
            "same",
            Arc::new(arrow::array::BooleanArray::from(vec![
                Some(false),
                None,
                Some(true),
            ])),
        ),
        (
            "label",
            text(vec![Some("a1 A"), Some("b -"), Some("éva22 É")]),
        ),
        (
            "digits",
            Arc::new(arrow::array::Int64Array::from(vec![
                Some(1),
                None,
                Some(22),
            ])),
        ),
    ];
    for (name, expected) in expected {
        let difference = difference(&expected, &found[&format!("people.{name}")]);
        assert_eq!(difference, None, "{name}");
    }
}
