//! `check`, `fmt`, `explain`, `graph`, `test`, `eval`, help.

use crate::{Sandbox, holds, sandbox};

#[test]
fn check_says_that_all_is_well_on_standard_error() {
    let ended = sandbox().run(&["check", "f.flow"]);
    holds(&ended.err, &["no mistakes in 2 tables and 8 nodes"]);
    assert_eq!(ended.ok(), "");
}

#[test]
fn fmt_in_place_and_from_a_stream() {
    let sandbox = Sandbox::new(&[("a.flow", "a=1+2\n"), ("b.flow", "b = 1\n")]);
    let ended = sandbox.run(&["fmt", "--check", "a.flow", "b.flow"]);
    assert_eq!((ended.code, ended.out.as_str()), (Some(1), "a.flow\n"));
    assert_eq!(sandbox.read("a.flow"), "a=1+2\n");
    assert_eq!(sandbox.run(&["fmt", "a.flow", "b.flow"]).ok(), "");
    assert_eq!(sandbox.read("a.flow"), "a = 1 + 2\n");
    assert_eq!(
        sandbox.run(&["fmt", "--check", "a.flow", "b.flow"]).ok(),
        ""
    );
    assert_eq!(sandbox.run_with(&["fmt", "-"], "c=(1 )").ok(), "c = (1)\n");
    assert_eq!(sandbox.names("."), ["a.flow", "b.flow"]);
}

#[test]
fn fmt_leaves_what_it_can_not_read() {
    let sandbox = Sandbox::new(&[("bad.flow", "a = (1\n"), ("good.flow", "a=1\n")]);
    std::fs::write(sandbox.path("bytes.flow"), b"a = 1 # \xff\n").unwrap();
    let err = sandbox
        .run(&["fmt", "bad.flow", "bytes.flow", "none.flow", "good.flow"])
        .fails(2);
    holds(&err, &["bad.flow:1", "bytes.flow is no UTF-8", "none.flow"]);
    assert_eq!(sandbox.read("bad.flow"), "a = (1\n");
    assert_eq!(sandbox.read("good.flow"), "a = 1\n");
}

#[test]
fn every_stage_is_explained() {
    let sandbox = sandbox();
    let explain = |stage| {
        sandbox
            .run(&["explain", "f.flow", "--stage", stage, "-s", "double"])
            .ok()
    };
    holds(&explain("graph"), &["double", "table t"]);
    holds(&explain("columns"), &["mul"]);
    holds(&explain("plan"), &["pass"]);
    holds(&explain("clif"), &["fmul", "block"]);
    let assembly = explain("asm");
    holds(&assembly, &[" instructions: ", " packed", " 0 calls"]);
}

#[test]
fn the_graph_for_graphviz() {
    let sandbox = sandbox();
    let dot = sandbox.run(&["graph", "f.flow", "--format", "dot"]).ok();
    holds(
        &dot,
        &[
            "digraph",
            "\"t.x\" -> \"t.double\"",
            "\"t.x\" -> \"mean_x\"",
            "\"u.n\"",
        ],
    );
    let part = sandbox.run(&["graph", "f.flow", "--select", "above"]).ok();
    holds(&part, &["\"floor\" -> \"t.above\"", "label=\"t\""]);
    assert!(!part.contains("u.n") && !part.contains("double"), "{part}");
}

const TESTED: &str = "\
table t { x: f64? }
y = x + 1
test \"good\" {
    given t(x=[1, null])
    expect y is [2.0, null]
}
";

#[test]
fn tests_pass_or_tell_why_not() {
    let bad = TESTED.to_owned()
        + "test \"bad\" {\n    given t(x=[1, 2])\n    expect y is [2.0, 4.0]\n}\n";
    let sandbox = Sandbox::new(&[("good.flow", TESTED), ("bad.flow", &bad)]);
    let out = sandbox.run(&["test", "good.flow"]).ok();
    assert_eq!(out, "ok     good.flow: good\n1 passed, 0 failed\n");
    let ended = sandbox.run(&["test", "good.flow", "bad.flow"]);
    assert_eq!(ended.code, Some(1));
    holds(&ended.out, &["FAILED bad.flow: bad", "2 passed, 1 failed"]);
    holds(
        &ended.err,
        &[
            "bad.flow:9:",
            "on the interpreter",
            "on machine code",
            "row 1: expected 4.0, found 3.0",
        ],
    );
    let ended = sandbox.run(&["test", "bad.flow", "--backend", "interp"]);
    holds(&ended.err, &["on the interpreter"]);
    assert!(!ended.err.contains("machine code"), "{}", ended.err);
}

#[test]
fn eval_over_files() {
    let sandbox = sandbox();
    let eval = |expression: &str| sandbox.run(&["eval", expression, "--input", "t.csv"]).ok();
    assert_eq!(eval("mean(x)"), "value\n2.5\n");
    assert_eq!(eval("x - mean(x) over k"), "value\n-1.5\n0.0\n1.5\n");
    assert_eq!(eval("t where x > 2"), "x,k\n2.5,b\n4.0,a\n");
    assert_eq!(eval("t"), "x,k\n1.0,a\n2.5,b\n4.0,a\n");
    assert_eq!(eval("1 + 2"), "value\n3\n");
    let named = sandbox.run(&[
        "eval",
        "sum(a.x) + b.len()",
        "--input",
        "a=t.csv",
        "--input",
        "b=u.csv",
    ]);
    assert_eq!(named.ok(), "value\n9.5\n");
}

#[test]
fn eval_points_into_the_expression() {
    let sandbox = sandbox();
    let err = sandbox
        .run(&["eval", "mean(xx)", "--input", "t.csv"])
        .fails(2);
    holds(&err, &["expression:1:6", "`x`"]);
    let err = sandbox.run(&["eval", "x +", "--input", "t.csv"]).fails(2);
    holds(&err, &["expression:1"]);
    let err = sandbox.run(&["eval", "1", "--input", "none.csv"]).fails(2);
    holds(&err, &["none.csv"]);
}

#[test]
fn help_goes_to_standard_output() {
    let sandbox = Sandbox::new(&[]);
    let help = sandbox.run(&["--help"]).ok();
    for command in [
        "run", "check", "fmt", "explain", "graph", "test", "eval", "repl",
    ] {
        holds(&help, &[command]);
        assert!(!sandbox.run(&[command, "--help"]).ok().is_empty());
    }
    holds(&sandbox.run(&["--version"]).ok(), &["icosian "]);
}

#[test]
fn the_graph_for_mermaid() {
    let mermaid = sandbox()
        .run(&["graph", "f.flow", "--format", "mermaid"])
        .ok();
    assert!(mermaid.starts_with("flowchart LR\n"));
    holds(
        &mermaid,
        &[
            "subgraph t0 [\"t\"]",
            "([\"x: f64\"])",
            "[\"above: bool\"]",
            " --> ",
            "  end\n",
        ],
    );
}

#[test]
fn init_prints_a_table_that_checks() {
    let data = "n,Work load Average/day ,name,2013\n1,2.5,a,\n-3,NA,b,2013-01-01\n";
    let sandbox = Sandbox::new(&[("some data.csv", data)]);
    let flow = sandbox
        .run(&["init", "some data.csv", "--null-value", "NA"])
        .ok();
    assert_eq!(
        flow,
        "table `some data` from \"some data.csv\" (null=\"NA\") {\n    n: i64\n    \
         Work_load_Average_day: f64? from \"Work load Average/day \"\n    name: str\n    \
         column_2013: date? from \"2013\"\n}\n"
    );
    std::fs::write(sandbox.path("f.flow"), format!("{flow}total = sum(n)\n")).unwrap();
    sandbox.run(&["fmt", "--check", "f.flow"]).ok();
    holds(&sandbox.run(&["run", "f.flow"]).ok(), &["-2"]);
    let err = sandbox.run(&["init", "none.csv"]).fails(1);
    holds(&err, &["can't read none.csv"]);
}

#[test]
fn the_graph_as_a_picture() {
    let flow = "\
table t { x: f64, `a<b>&\\\"c\\\"`: f64 }
table places { code: f64, `wide`: str }
\"\"\"Where x is, & why.\"\"\"
p = places[code=t.x]
most = max(t.x)
y = t.x + t.`a<b>&\\\"c\\\"` * most
";
    let flow = flow.replace("\\\"", "'");
    let sandbox = Sandbox::new(&[("g.flow", &flow)]);
    let picture = sandbox.run(&["graph", "g.flow", "--format", "svg"]).ok();
    holds(
        &picture,
        &[
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"",
            ">places</text>",
            ">a&lt;b&gt;&amp;'c'</text>",
            ">row of places</text>",
            "<title>t.p: row of places\nWhere x is, &amp; why.</title>",
            "</svg>\n",
        ],
    );
    // A box for each node; inputs are round. An arrow for each that is needed.
    assert_eq!(picture.matches("<title>").count(), 7);
    assert_eq!(picture.matches("rx=\"20\"").count(), 4);
    assert_eq!(picture.matches("marker-end").count(), 6);
    assert_eq!(
        picture.matches("<g").count(),
        picture.matches("</g>").count()
    );
    let part = sandbox.run(&["graph", "g.flow", "--format", "svg", "-s", "most"]);
    assert_eq!(part.ok().matches("<title>").count(), 2);

    let many: String = (0..1001).map(|n| format!("a{n} = {n}\n")).collect();
    let sandbox = Sandbox::new(&[("many.flow", &many)]);
    let told = sandbox
        .run(&["graph", "many.flow", "--format", "svg"])
        .fails(2);
    holds(
        &told,
        &["1001 nodes", "at most 1000", "--select", "--format dot"],
    );
}
