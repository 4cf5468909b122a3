//! Flows that are right but huge: they give the right answer, and no stage recurses.

use std::fmt::Write;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{Float64Type, Int64Type};
use icosian::diagnostic::Code;
use icosian::{Backend, Constant, Flow, Inputs, SerialExecutor};

use crate::support::{floats, given, integers, on_small_stack, refused, run};

/// The column `y` of a flow over `t`, computed on a small stack.
fn column_y(text: String, inputs: Inputs) -> Vec<f64> {
    on_small_stack(move || {
        let flow = Flow::from_text(&text).unwrap_or_else(|error| panic!("{}", error.render(false)));
        let output = run(&flow, &["y"], &inputs).unwrap_or_else(|error| panic!("{error}"));
        let table = output.table("t").unwrap();
        let y = table.column(0).as_primitive::<Float64Type>();
        assert_eq!(y.null_count(), 0);
        y.values().to_vec()
    })
}

#[test]
fn a_chain_of_100_000_nodes_runs() {
    let count = 100_000;
    // The other way around than they are needed.
    let mut text = format!("table t {{ x: f64 }}\ny = n{}\n", count - 1);
    for node in (1..count).rev() {
        writeln!(text, "n{node} = n{} + 1", node - 1).unwrap();
    }
    text.push_str("n0 = x\n");
    let y = column_y(text, given(floats([0.5, -3.0])));
    assert_eq!(y, [99_999.5, 99_996.0]);
}

#[test]
fn a_chain_of_100_000_scalars_all_delivered() {
    let count = 100_000;
    let mut text = String::from("param p: i64 = 1\nn0 = p\n");
    for node in 1..count {
        writeln!(text, "n{node} = n{} + 1", node - 1).unwrap();
    }
    on_small_stack(move || {
        let flow = Flow::from_text(&text).unwrap();
        let prepared = flow.outputs().prepare().unwrap();
        let inputs = Inputs::new().param("p", Constant::Integer(5));
        let output = prepared.run_with(&inputs, &SerialExecutor).unwrap();
        let scalars = output.scalars();
        assert_eq!(scalars.len(), count);
        assert_eq!(*scalars[count - 1].2, Constant::Integer(100_004));
        assert_eq!(flow.upstream("n99999").unwrap().len(), count);
        assert_eq!(flow.downstream("p").unwrap().len(), count);
        assert_eq!(flow.path("p", "n99999").unwrap().unwrap().len(), count + 1);
        // Printed and read back.
        let again = Flow::from_text(&flow.graph().to_string()).unwrap();
        assert_eq!(again.graph().nodes.len(), count + 1);
    });
}

#[test]
fn a_chain_interpreted() {
    let mut text = String::from("table t { x: f64 }\nn0 = x\n");
    for node in 1..20_000 {
        writeln!(text, "n{node} = n{} + 1", node - 1).unwrap();
    }
    on_small_stack(move || {
        let flow = Flow::from_text(&text).unwrap();
        let selection = flow.select(&["n19999"]).unwrap();
        let prepared = selection.backend(Backend::Interpreter).prepare().unwrap();
        let inputs = given(floats([1.0]));
        let output = prepared.run_with(&inputs, &SerialExecutor).unwrap();
        let table = output.table("t").unwrap();
        assert_eq!(
            table.column(0).as_primitive::<Float64Type>().value(0),
            20_000.0
        );
    });
}

#[test]
fn a_sum_of_10_000_terms() {
    let mut text = String::from("table t { x: f64 }\ny = x");
    for term in 1..10_000 {
        write!(text, " + x * {term}").unwrap();
    }
    // 1 + Σ 1..9999
    let y = column_y(text, given(floats([1.0, 2.0])));
    assert_eq!(y, [49_995_001.0, 99_990_002.0]);
}

#[test]
fn a_node_of_10_000_arguments_far_away() {
    let mut text = String::from("table t { x: f64 }\n");
    for node in 0..10_000 {
        writeln!(text, "n{node} = x * {node}").unwrap();
    }
    text.push_str("y = n0");
    for node in 1..10_000 {
        write!(text, " + n{node}").unwrap();
    }
    assert_eq!(column_y(text, given(floats([2.0]))), [99_990_000.0]);
}

#[test]
fn sharing_2_to_the_60_times() {
    let two_to_the_60 = 1_152_921_504_606_846_976.0;
    let mut by_nodes = String::from("table t { x: f64 }\nn0 = x\n");
    let mut by_functions = String::from("table t { x: f64 }\nfn f0(a) = a\n");
    for level in 1..=60 {
        let below = level - 1;
        writeln!(by_nodes, "n{level} = n{below} + n{below}").unwrap();
        writeln!(by_functions, "fn f{level}(a) = f{below}(a) + f{below}(a)").unwrap();
    }
    by_nodes.push_str("y = n60\n");
    by_functions.push_str("y = f60(x)\n");
    for text in [by_nodes, by_functions] {
        assert_eq!(column_y(text, given(floats([1.0]))), [two_to_the_60]);
    }
    // Where branches and short circuits are: the interpreter must not walk both sides again.
    let mut text = String::from("table t { x: f64 }\nn0 = x\n");
    for level in 1..=60 {
        let below = level - 1;
        writeln!(text, "n{level} = n{below} if n{below} > 0 else -n{below}").unwrap();
    }
    text.push_str("y = n60\n");
    on_small_stack(move || {
        let flow = Flow::from_text(&text).unwrap();
        for backend in [Backend::Jit, Backend::Interpreter] {
            let prepared = flow
                .select(&["y"])
                .unwrap()
                .backend(backend)
                .prepare()
                .unwrap();
            let output = prepared
                .run_with(&given(floats([-7.0])), &SerialExecutor)
                .unwrap();
            let y = output.table("t").unwrap();
            assert_eq!(y.column(0).as_primitive::<Float64Type>().value(0), 7.0);
        }
    });
}

#[test]
fn calls_that_double_are_stopped() {
    let mut text = String::from("table t { x: f64 }\nfn f0(a) = a\n");
    for level in 1..=60 {
        let below = level - 1;
        writeln!(text, "fn f{level}(a) = f{below}(a + 1) + f{below}(a * 2)").unwrap();
    }
    text.push_str("y = f60(x)\n");
    refused(&text, Code::ExpansionLimit, &[]);
}

#[test]
fn a_list_of_100_000_members() {
    let mut text = String::from("table t { k: i64 }\ny = f64(i64(k in [");
    for member in 0..100_000 {
        write!(text, "{}, ", member * 7).unwrap();
    }
    text.push_str("]))\n");
    let y = column_y(
        text,
        given(integers([0, 1, 6, 7, 699_993, 699_994, 700_000, -7])),
    );
    assert_eq!(y, [1.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0]);
}

#[test]
fn a_match_of_20_000_arms() {
    let mut text = String::from("table t { k: i64 }\ny = match k {");
    for member in 0..20_000 {
        write!(text, "{}: {member}.5, ", member * 3).unwrap();
    }
    text.push_str("_: -1.0 }\n");
    let y = column_y(text, given(integers([0, 1, 3, 59_997, 60_000])));
    assert_eq!(y, [0.5, -1.0, 1.5, 19_999.5, -1.0]);
}

#[test]
fn a_ladder_of_10_000_conditions() {
    let mut text = String::from("table t { x: f64 }\ny = ");
    for step in 0..10_000 {
        write!(text, "{step}.0 if x < {step} else ").unwrap();
    }
    text.push_str("-1.0");
    let y = column_y(text, given(floats([-1.0, 0.0, 5000.5, 1e9])));
    assert_eq!(y, [0.0, 1.0, 5001.0, -1.0]);
}

#[test]
fn ten_thousand_outputs_of_rows() {
    let mut text = String::from("table t { x: f64 }\n");
    for node in 0..10_000 {
        writeln!(text, "n{node} = x + {node}").unwrap();
    }
    let flow = Flow::from_text(&text).unwrap();
    let output = flow
        .outputs()
        .prepare()
        .unwrap()
        .run(&given(floats([1.0, 2.0])))
        .unwrap();
    let table = output.table("t").unwrap();
    assert_eq!(table.num_columns(), 10_000);
    assert_eq!(
        table.column(9_999).as_primitive::<Float64Type>().values(),
        &[10_000.0, 10_001.0]
    );
}

#[test]
fn tables_filtered_500_times() {
    let mut text = String::from("table t0 { x: f64 }\n");
    for table in 1..=500 {
        writeln!(text, "table t{table} = t{} where x > {table}", table - 1).unwrap();
    }
    text.push_str("y = sum(t500.x)\n");
    let flow = Flow::from_text(&text).unwrap();
    let inputs = Inputs::new().batches("t0", vec![floats((0..1000).map(f64::from))]);
    let output = run(&flow, &["y"], &inputs).unwrap();
    // Σ 501..=999
    assert_eq!(output.scalar("y"), Some(&Constant::F64(374_250.0)));
}

#[test]
fn a_long_window_over_a_million_rows() {
    let rows = 1_000_000i64;
    let text = "table t { k: i64 }\ny = k.rolling(100_000).sum()\nz = k.rolling(100_000).mean()\nlast = k.shift(999_999)\nfar = k.shift(5_000_000_000)";
    let flow = Flow::from_text(&text.replace('_', "")).unwrap();
    let prepared = flow
        .select(&["y", "z", "last", "far"])
        .unwrap()
        .prepare()
        .unwrap();
    let output = prepared.run(&given(integers(0..rows))).unwrap();
    let table = output.table("t").unwrap();
    let y = table.column(0).as_primitive::<Int64Type>();
    let z = table.column(1).as_primitive::<Float64Type>();
    assert_eq!((y.null_count(), z.null_count()), (99_999, 99_999));
    for row in [99_999, 100_000, 500_000, 999_999] {
        // The mean of row − 99,999 ..= row, 100,000 times.
        let twice_mean = 2 * row as i64 - 99_999;
        assert_eq!(y.value(row), twice_mean * 50_000);
        assert_eq!(z.value(row), twice_mean as f64 / 2.0);
    }
    assert_eq!(table.column(2).null_count(), 999_999);
    assert_eq!(table.column(3).null_count(), 1_000_000);
}

#[test]
fn hundreds_of_thousands_of_mistakes() {
    let count = 100_000;
    let mut unknown = String::new();
    let mut double = String::new();
    let mut clashes = String::from("table t { x: f64 }\ntable u { y: f64, s: str }\n");
    for node in 0..count {
        writeln!(unknown, "n{node} = m{node} + f{node}(k)").unwrap();
        writeln!(double, "a = {node}").unwrap();
        writeln!(clashes, "n{node} = t.x + u.y if u.s else \"\" + {node}").unwrap();
    }
    on_small_stack(move || {
        refused(&unknown, Code::UnknownName, &["`m0`"]);
        refused(&double, Code::NameTaken, &["`a`"]);
        refused(&clashes, Code::DomainClash, &["t.x", "u.y"]);
    });
}

#[test]
fn a_hundred_passes_in_a_row() {
    let mut text = String::from("table t { x: f64 }\nn0 = x\n");
    for node in 1..=100 {
        writeln!(text, "n{node} = n{0} - mean(n{0})", node - 1).unwrap();
    }
    text.push_str("y = n100\n");
    assert_eq!(
        column_y(text, given(floats([1.0, 2.0, 6.0]))),
        [-2.0, -1.0, 3.0]
    );
}
