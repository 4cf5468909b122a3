//! `for`, `when`, configs, params, imports, outputs, checks, tests, selections.

use icosian_ir::graph::NodeKind;
use icosian_ir::value::Value;

use super::{check_files, checked, graph, one_mistake, told, type_of};
use crate::check::select;
use crate::diagnostic::Code;

#[test]
fn loops_over_lists_maps_and_ranges_name_nodes() {
    let graph = graph(
        "config sizes = [3, 7]
         table t { x: f64, origin: str
             for n in sizes { mean_{n} = x.rolling(n).mean() }
             for name, code in {newark: \"EWR\", kennedy: \"JFK\"} { from_{name} = origin == code }
             for k in 1..=2 { for j in [1] { p_{k}_{j} = x * k + j }
                 q_{k} = p_{k}_1 } }",
    );
    for name in [
        "mean_3",
        "mean_7",
        "from_newark",
        "from_kennedy",
        "p_1_1",
        "p_2_1",
        "q_2",
    ] {
        assert!(graph.node(&format!("t.{name}")).is_some(), "{name}");
    }
}

#[test]
fn when_takes_the_branch_that_the_config_says() {
    let text = "config mode: str = \"batch\"\nconfig n = 2\nwhen mode == \"batch\" and n in [1, 2] { a = 1 } else when mode == \"x\" { a = 1.5 } else { a = \"s\" }";
    assert_eq!(type_of(&graph(text), "a"), "i64");
    let other = check_files(text, &[], &[("mode", "x")]);
    assert_eq!(other.diagnostics, []);
    assert_eq!(type_of(&other.graph, "a"), "f64");
    let other = check_files(text, &[], &[("n", "7")]);
    assert_eq!(type_of(&other.graph, "a"), "str");
    let wrong = check_files(text, &[], &[("n", "many"), ("mood", "x")]);
    let codes: Vec<Code> = told(&wrong, text).iter().map(|(code, ..)| *code).collect();
    assert_eq!(codes, [Code::BadConfig, Code::BadConfig]);
}

#[test]
fn configs_are_constants_in_expressions() {
    let graph = graph("config hubs = [\"EWR\", \"JFK\"]\ntable t { o: str\n hub = o in hubs }");
    assert_eq!(type_of(&graph, "t.hub"), "bool");
}

#[test]
fn params_have_types_and_constant_defaults() {
    let graph =
        graph("param since: date = date(\"2013-01-01\")\nparam k: f64\nparam n = 3\na = k * n");
    let since = graph.node("since").unwrap();
    assert_eq!(
        graph.nodes[since].kind,
        NodeKind::Param {
            default: Some(Value::Integer(15_706))
        }
    );
    assert_eq!(type_of(&graph, "since"), "date");
    assert_eq!(type_of(&graph, "n"), "i64");
    assert_eq!(type_of(&graph, "a"), "f64");
    one_mistake(
        "param k",
        Code::UnknownType,
        "k",
        &["neither a type nor a default"],
    );
    one_mistake(
        "param k: i64\nparam n = k + 1",
        Code::NotConstant,
        "n",
        &["not a constant"],
    );
}

#[test]
fn fit_is_computed_and_marked() {
    let graph = graph("table t { x: f64 }\nfit top = max(x)\nrel = t.x / top");
    assert!(graph.nodes[graph.node("top").unwrap()].fit);
    assert!(!graph.nodes[graph.node("t.rel").unwrap()].fit);
}

#[test]
fn imports_merge_or_get_a_name() {
    let text = "import \"a.flow\"\nimport \"in/b.flow\" as b\nx = one + b.two + b.double(one) + sum(b.t.v)";
    let checked = check_files(
        text,
        &[
            ("a.flow", "import \"in/b.flow\" as b2\none = 1"),
            (
                "in/b.flow",
                "import \"a.flow\" as back\ntwo = 2\nfn double(x) = x * 2\ntable t from \"t.csv\" { v: i64 }",
            ),
        ],
        &[],
    );
    assert_eq!(checked.diagnostics, []);
    assert_eq!(type_of(&checked.graph, "x"), "i64");
    let table = checked
        .graph
        .tables
        .values()
        .find(|table| table.name.ends_with(".t"));
    let icosian_ir::graph::TableRows::Source(Some(binding)) = &table.unwrap().rows else {
        panic!("a source");
    };
    assert_eq!(binding.path, "in/t.csv");
}

#[test]
fn imports_that_clash_or_are_missing() {
    let text = "import \"a.flow\"\nx = 1";
    let checked = check_files(text, &[("a.flow", "x = 2")], &[]);
    assert_eq!(checked.diagnostics.len(), 1);
    assert_eq!(checked.diagnostics[0].code, Code::NameTaken);
    one_mistake(
        "import \"gone.flow\" as g\ny = g.x + 1",
        Code::BadImport,
        "\"gone.flow\"",
        &["there is no such file"],
    );
}

#[test]
fn outputs_are_names_patterns_and_tags() {
    let text = "table t { x: f64, k: i64
        @owner(\"ops\")
        delay_a = x + 1
        delay_b = x + 2
        row = u[k=k] }
      table u { k: i64, v: f64 }
      d = t group by k { n = len() }
      output all = [delay_*, row.v, d.*, @owner]";
    let graph = graph(text);
    let names = |nodes: &[icosian_ir::id::NodeId]| -> Vec<String> {
        nodes
            .iter()
            .map(|node| graph.nodes[*node].name.clone())
            .collect()
    };
    assert_eq!(
        names(&graph.outputs[0].nodes),
        ["t.delay_a", "t.delay_b", "t.row_v", "d.k", "d.n"]
    );
    assert_eq!(graph.default_outputs(), graph.outputs[0].nodes);
    let selected = |patterns: &str| select(&graph, patterns).map(|nodes| names(&nodes));
    assert_eq!(
        selected("d.n, delay_*,@owner").unwrap(),
        ["d.n", "t.delay_a", "t.delay_b"]
    );
    assert_eq!(selected("delay_b").unwrap(), ["t.delay_b"]);
    assert_eq!(selected("u").unwrap(), ["u.k", "u.v"]);
    assert_eq!(selected("n").unwrap(), ["d.n"]);
    assert!(selected("delay_c").unwrap_err().help[0].contains("delay_"));
    assert_eq!(selected("k").unwrap_err().code, Code::AmbiguousName);
    assert_eq!(selected("row").unwrap_err().code, Code::BadSelector);
    assert_eq!(selected("zzz*").unwrap_err().code, Code::BadSelector);
    assert!(selected("a,,+").is_err());
}

#[test]
fn checks_are_typed() {
    one_mistake(
        "table t { x: f64\n check x else warn }",
        Code::TypeMismatch,
        "x",
        &["must be bool", "!= 0"],
    );
    assert!(
        graph("table t { x: f64\n check x > 0 }")
            .node("t.x")
            .is_some()
    );
}

#[test]
fn tests_have_typed_values() {
    let checked = checked(
        "param k: f64 = 1.0
         table t { x: f64?, s: str, n: i32
             y = x * k }
         total = sum(t.y)
         test \"all\" {
             given t(x=[1, null, -2.5], n=[1, 2, 3])
             given k = 2
             expect y is [2.0, null, -5.0]
             expect total is -3
             expect t.x is not null or true
         }",
    );
    assert_eq!(checked.diagnostics, []);
    let [test] = &checked.tests[..] else {
        panic!("one test");
    };
    assert_eq!(test.title, "all");
    assert_eq!(test.tables[0].rows, 3);
    let columns: Vec<&[Value]> = test.tables[0]
        .columns
        .iter()
        .map(|(_, values)| &values[..])
        .collect();
    let text = || Value::Str("".into());
    assert_eq!(
        columns,
        [
            &[Value::F64(1.0), Value::Null, Value::F64(-2.5)][..],
            &[text(), text(), text()],
            &[Value::Integer(1), Value::Integer(2), Value::Integer(3)],
        ]
    );
    assert_eq!(test.values[0].1, [Value::F64(2.0)]);
    assert_eq!(
        test.expectations[0].values,
        [Value::F64(2.0), Value::Null, Value::F64(-5.0)]
    );
    assert_eq!(test.expectations[1].values, [Value::F64(-3.0)]);
    assert_eq!(test.expectations[2].values, [Value::Bool(true)]);
}

#[test]
fn host_functions_are_declared_with_their_types() {
    let text = "extern fn eta(speed: f64?, label: str) -> i64?
        table t { x: f64, k: i32, s: str
            y = eta(x, s)
            z = eta(k, \"a\") + 1 }
        scalar = eta(null, \"b\")";
    let graph = graph(text);
    assert_eq!(type_of(&graph, "t.y"), "i64?");
    assert_eq!(type_of(&graph, "t.z"), "i64?");
    assert_eq!(type_of(&graph, "scalar"), "i64?");
    let text = graph.to_string();
    assert!(
        text.contains("extern fn eta(speed: f64?, label: str) -> i64?\n"),
        "{text}"
    );
    one_mistake(
        "extern fn eta(speed) -> f64",
        Code::UnknownType,
        "speed",
        &["needs a type", "speed: f64"],
    );
    one_mistake(
        "extern fn eta(speed: f64) -> f64\ntable t { x: f64?\n y = eta(x) }",
        Code::NullableValue,
        "x",
        &[],
    );
    one_mistake(
        "extern fn eta(speed: f64) -> f64\ntable t { x: f64\n y = eta(x, 1) }",
        Code::BadArguments,
        "1",
        &["`eta` takes at most 1 argument"],
    );
}
