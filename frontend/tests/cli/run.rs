//! `icosian run`.

use crate::{Sandbox, holds, sandbox};

#[test]
fn a_pipe_gets_one_table_with_scalars_beside_it() {
    let out = sandbox()
        .run(&["run", "f.flow", "--select", "double,mean_x"])
        .ok();
    assert_eq!(out, "double,mean_x\n2.0,2.5\n5.0,2.5\n8.0,2.5\n");
}

#[test]
fn scalars_alone_are_one_row() {
    let out = sandbox().run(&["run", "f.flow", "-s", "mean_x"]).ok();
    assert_eq!(out, "mean_x\n2.5\n");
}

#[test]
fn a_name_in_place_of_a_flow_is_told_how_to_be_selected() {
    let err = sandbox().run(&["run", "f.flow", "mean_x"]).fails(2);
    holds(&err, &["there is no flow mean_x", "--select mean_x"]);
}

#[test]
fn both_backends_and_any_number_of_threads_agree() {
    let sandbox = sandbox();
    for backend in ["jit", "interp"] {
        for threads in ["1", "2"] {
            let arguments = [
                "run",
                "f.flow",
                "-s",
                "twice",
                "--backend",
                backend,
                "--threads",
                threads,
            ];
            assert_eq!(sandbox.run(&arguments).ok(), "twice\n14\n16\n");
        }
    }
}

#[test]
fn several_tables_need_a_folder() {
    let sandbox = sandbox();
    let err = sandbox.run(&["run", "f.flow", "-s", "t.*,u.*"]).fails(2);
    holds(&err, &["takes one table", "t, u", "--output FOLDER"]);
    // What nobody selected is shown, as on a terminal.
    let shown = sandbox.run(&["run", "f.flow"]).ok();
    holds(&shown, &["mean_x", "double", "twice"]);
    let err = sandbox
        .run(&["run", "f.flow", "--output", "both.csv"])
        .fails(2);
    holds(&err, &["takes one table"]);
    assert!(!sandbox.path("both.csv").exists());

    assert_eq!(sandbox.run(&["run", "f.flow", "--output", "out"]).ok(), "");
    assert_eq!(sandbox.names("out"), ["scalars.csv", "t.csv", "u.csv"]);
    assert_eq!(
        sandbox.read("out/t.csv"),
        "above,double\nfalse,2.0\ntrue,5.0\ntrue,8.0\n"
    );
    assert_eq!(sandbox.read("out/u.csv"), "twice\n14\n16\n");
    assert_eq!(sandbox.read("out/scalars.csv"), "mean_x\n2.5\n");
}

#[test]
fn files_of_every_format_read_back() {
    let sandbox = sandbox();
    for name in ["o.csv", "o.tsv", "o.jsonl", "o.arrow", "o.parquet"] {
        sandbox
            .run(&["run", "f.flow", "-s", "double", "-o", name])
            .ok();
        let sum = sandbox.run(&["eval", "sum(double)", "--input", name]).ok();
        assert_eq!(sum, "value\n15.0\n", "{name}");
    }
    sandbox
        .run(&["run", "f.flow", "-o", "p/", "--format", "parquet"])
        .ok();
    assert_eq!(
        sandbox.names("p"),
        ["scalars.parquet", "t.parquet", "u.parquet"]
    );
}

#[test]
fn parameters_overrides_and_inputs() {
    let sandbox = sandbox();
    let select = |more: &[&str]| {
        let arguments = [&["run", "f.flow", "-s", "above"], more].concat();
        sandbox.run(&arguments).ok()
    };
    assert_eq!(
        select(&["--param", "floor=3"]),
        "above\nfalse\nfalse\ntrue\n"
    );
    assert_eq!(select(&["--set", "x=9.5"]), "above\ntrue\ntrue\ntrue\n");
    std::fs::write(sandbox.path("other.csv"), "k,x\na,0.5\n").unwrap();
    assert_eq!(select(&["--input", "t=other.csv"]), "above\nfalse\n");
    // The one table that the run reads, whatever the file is called.
    assert_eq!(select(&["--input", "other.csv"]), "above\nfalse\n");
}

#[test]
fn how_csv_is_read_can_be_told() {
    let sandbox = sandbox();
    let flow = "table d { a: f64?, b: i64 }\nc = a + b\n";
    std::fs::write(sandbox.path("d.flow"), flow).unwrap();
    std::fs::write(sandbox.path("d.csv"), "a;b\n1.5;1\n-;2\n").unwrap();
    let options = ["--null-value", "-", "--delimiter", ";"];
    let arguments = [&["run", "d.flow", "--input", "d.csv"], &options[..]].concat();
    assert_eq!(sandbox.run(&arguments).ok(), "c\n2.5\n\"\"\n");
}

#[test]
fn configs() {
    let sandbox = Sandbox::new(&[(
        "c.flow",
        "config mode: str = \"a\"\nwhen mode == \"a\" { y = 1 } else { y = 2 }\n",
    )]);
    assert_eq!(sandbox.run(&["run", "c.flow"]).ok(), "y\n1\n");
    assert_eq!(
        sandbox.run(&["run", "c.flow", "--config", "mode=b"]).ok(),
        "y\n2\n"
    );
}

#[test]
fn timing_goes_to_standard_error() {
    let ended = sandbox().run(&["run", "f.flow", "-s", "mean_x", "--timing"]);
    holds(&ended.err, &["prepare", "read", "run", "write", " ms"]);
    assert_eq!(ended.ok(), "mean_x\n2.5\n");
}

#[test]
fn wrong_calls() {
    let sandbox = sandbox();
    let cases: &[(&[&str], &str)] = &[
        (&["run"], "FLOW"),
        (&["run", "none.flow"], "no such file"),
        (&["run", "f.flow", "--select", "doubel"], "double"),
        (&["run", "f.flow", "--param", "flor=1"], "floor"),
        (&["run", "f.flow", "--param", "floor=wide"], "wide"),
        (&["run", "f.flow", "--param", "floor"], "NAME=VALUE"),
        (&["run", "f.flow", "--set", "x=text"], "text"),
        (
            &["run", "f.flow", "--input", "v=t.csv", "-s", "double"],
            "no table `v`",
        ),
        (&["run", "f.flow", "--delimiter", "ab"], "ASCII"),
        (
            &["run", "f.flow", "-s", "double", "-o", "x.xlsx"],
            "tells no format",
        ),
        (&["run", "f.flow", "--thread", "2"], "--threads"),
        (&["walk"], "walk"),
    ];
    for (arguments, told) in cases {
        let err = sandbox.run(arguments).fails(2);
        assert!(
            err.contains(told),
            "{arguments:?} should tell {told:?}:\n{err}"
        );
    }
}

#[test]
fn mistakes_in_flows_are_told_all_at_once() {
    let sandbox = Sandbox::new(&[("bad.flow", "a = b + 1\nc = nul\nd = \"x\" + 1\n")]);
    for command in ["run", "check", "explain", "graph"] {
        let err = sandbox.run(&[command, "bad.flow"]).fails(2);
        holds(&err, &["bad.flow:1:5", "bad.flow:2:5", "bad.flow:3:"]);
    }
}

#[test]
fn failed_runs_exit_with_1_and_leave_nothing_behind() {
    let sandbox = sandbox();
    let run = |more: &[&str]| {
        let arguments = [&["run", "f.flow", "-s", "double", "-o", "o.csv"], more].concat();
        let err = sandbox.run(&arguments).fails(1);
        assert_eq!(sandbox.names("."), ["bad.csv", "f.flow", "t.csv", "u.csv"]);
        err
    };
    std::fs::write(sandbox.path("bad.csv"), "x,k\n1.0,a\nten,b\n").unwrap();
    holds(&run(&["--input", "t=bad.csv"]), &["bad.csv", "ten", "f64"]);
    holds(&run(&["--input", "t=gone.csv"]), &["gone.csv"]);
    let err = sandbox
        .run(&["run", "f.flow", "-s", "double", "-o", "no/where.csv"])
        .fails(1);
    holds(&err, &["no/where.csv"]);
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let sandbox = sandbox();
    let flow = "table t from \"big.csv\" { x: i64 }\ny = x + 1\n";
    std::fs::write(sandbox.path("big.flow"), flow).unwrap();
    std::fs::write(
        sandbox.path("big.csv"),
        format!("x\n{}", "1234567\n".repeat(100_000)),
    )
    .unwrap();
    let mut child = sandbox.command(&["run", "big.flow"]).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

#[test]
fn paths_are_relative_to_the_file_that_writes_them() {
    let sandbox = sandbox();
    std::fs::create_dir(sandbox.path("sub")).unwrap();
    std::fs::write(sandbox.path("sub/v.csv"), "m\n5\n").unwrap();
    std::fs::write(
        sandbox.path("sub/v.flow"),
        "table v from \"v.csv\" { m: i64 }\n",
    )
    .unwrap();
    std::fs::write(
        sandbox.path("w.flow"),
        "import \"sub/v.flow\"\nb = v.m + 1\n",
    )
    .unwrap();
    assert_eq!(sandbox.run(&["run", "w.flow"]).ok(), "b\n6\n");
    let both = sandbox.run(&["run", "f.flow", "sub/v.flow", "--select", "v.m"]);
    assert_eq!(both.ok(), "m\n5\n");
}

#[test]
fn json_lines_in_and_out() {
    let sandbox = Sandbox::new(&[
        (
            "t.jsonl",
            "{\"k\": 1, \"s\": \"a\"}\n{\"s\": null, \"tags\": [1]}\n",
        ),
        ("bad.jsonl", "{\"k\": 1}\n\n{\"k\": \"x\"}\n"),
    ]);
    let block = sandbox.run(&["init", "t.jsonl"]).ok();
    assert_eq!(
        block,
        "table t from \"t.jsonl\" {\n    k: i64?\n    s: str?\n    \
         # left out: \"tags\", it holds lists or objects\n}\n"
    );
    let flow = format!("{block}half = t.k / 2\n");
    std::fs::write(sandbox.path("f.flow"), flow).unwrap();
    let call = ["run", "f.flow", "-s", "t.s,half", "-o", "o.ndjson"];
    sandbox.run(&call).ok();
    let written = "{\"s\":\"a\",\"half\":0.5}\n{\"s\":null,\"half\":null}\n";
    assert_eq!(sandbox.read("o.ndjson"), written);
    let call = [
        "run",
        "f.flow",
        "-s",
        "half",
        "-i",
        "bad.jsonl",
        "-o",
        "o.ndjson",
    ];
    let told = sandbox.run(&call).fails(1);
    holds(
        &told,
        &["bad.jsonl:3", "column `k`", "found \"x\", wanted i64?"],
    );
    assert_eq!(sandbox.read("o.ndjson"), written);
    let call = ["run", "f.flow", "-o", "out/", "--format", "jsonl"];
    sandbox.run(&call).ok();
    assert_eq!(sandbox.names("out"), ["t.jsonl"]);
    let seen = sandbox.run_with(&["repl"], ".load t.jsonl\nmean(k)\n");
    holds(&seen.ok(), &["1.0"]);
}
