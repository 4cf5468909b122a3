//! Large flows: nothing recurses, nothing is quadratic, sharing stays shared.

use std::fmt::Write;

use super::{checked, graph, type_of};
use crate::diagnostic::Code;

#[test]
fn a_chain_of_100_000_nodes_in_the_worst_order() {
    let count = 100_000;
    let mut text = String::new();
    for node in (1..count).rev() {
        writeln!(text, "n{node} = n{} + 1", node - 1).unwrap();
    }
    text.push_str("n0 = 1.5\n");
    let graph = graph(&text);
    assert_eq!(graph.nodes.len(), count);
    assert_eq!(type_of(&graph, "n99999"), "f64");
}

#[test]
fn a_cycle_of_100_000_nodes() {
    let count = 100_000;
    let mut text = String::new();
    for node in 0..count {
        writeln!(text, "n{node} = n{} + 1", (node + 1) % count).unwrap();
    }
    let checked = checked(&text);
    assert_eq!(checked.diagnostics.len(), 1);
    assert_eq!(checked.diagnostics[0].code, Code::DefinitionCycle);
    assert!(checked.diagnostics[0].message.len() < 300);
}

#[test]
fn a_sum_of_10_000_terms() {
    let mut text = String::from("table t { x: f64\n total = x");
    for _ in 1..10_000 {
        text.push_str(" + x");
    }
    text.push_str(" }");
    let graph = graph(&text);
    assert_eq!(type_of(&graph, "t.total"), "f64");
    assert_eq!(graph.expressions.len(), 10_000);
}

#[test]
fn nodes_shared_2_to_the_60_times() {
    let mut text = String::from("n0 = 1.0\n");
    for node in 1..=60 {
        writeln!(text, "n{node} = n{0} + n{0}", node - 1).unwrap();
    }
    assert_eq!(graph(&text).nodes.len(), 61);
}

#[test]
fn functions_shared_2_to_the_60_times() {
    let mut text = String::from("table t { x: f64\n y = f60(x) }\nfn f0(a) = a * 1.5\n");
    for function in 1..=60 {
        writeln!(text, "fn f{function}(a) = f{0}(a) + f{0}(a)", function - 1).unwrap();
    }
    let graph = graph(&text);
    // x, 1.5, x * 1.5 and one sum per function.
    assert_eq!(graph.expressions.len(), 63);
}

#[test]
fn a_chain_of_20_000_functions() {
    let mut text = String::from("fn f0(a) = a\n");
    for function in 1..=20_000 {
        writeln!(text, "fn f{function}(a) = f{}(a) + 1", function - 1).unwrap();
    }
    text.push_str("y = f20000(0)");
    assert_eq!(type_of(&graph(&text), "y"), "i64");
}

#[test]
fn a_chain_of_2_000_derived_tables() {
    let mut text = String::from("table t0 { x: f64 }\n");
    for table in 1..=2_000 {
        writeln!(text, "table t{table} = t{} where x > {table}", table - 1).unwrap();
    }
    text.push_str("y = sum(t2000.x)");
    assert_eq!(type_of(&graph(&text), "y"), "f64");
}

#[test]
fn calls_that_explode_are_stopped() {
    let mut text = String::from("fn f0(a) = a\n");
    for function in 1..=40 {
        writeln!(
            text,
            "fn f{function}(a) = f{0}(a + 1) + f{0}(a * 3)",
            function - 1
        )
        .unwrap();
    }
    text.push_str("param p: f64\ny = f40(p)");
    let checked = checked(&text);
    assert_eq!(checked.diagnostics[0].code, Code::ExpansionLimit);
}

#[test]
fn loops_that_explode_are_stopped() {
    let text = "for a in 0..2000 { for b in 0..2000 { x_{a}_{b} = a * b } }";
    let checked = checked(text);
    assert_eq!(checked.diagnostics.len(), 1);
    assert_eq!(checked.diagnostics[0].code, Code::ExpansionLimit);
}
