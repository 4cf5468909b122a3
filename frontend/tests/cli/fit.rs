//! `icosian fit`, and runs that take its state.

use std::collections::HashMap;

use arrow::datatypes::{Field, Schema};
use arrow::ipc::writer::FileWriter;

use super::{Sandbox, holds};

/// A scalar and a table of target encodings are learned; what is served uses both.
const FLOW: &str = "\
table flights { carrier: str, delay: f64? }
kept = delay ?? 0.0
fit top = max(kept)
fit enc = flights group by carrier { m = mean(delay), n = len() }
extend flights {
    e = enc[carrier=carrier]
    code = e.m ?? -1.0
    share = delay / top
}
popular = enc where n > 1
known = popular.len()
output served = [flights.carrier, code, share]
";

const TRAIN: &str = "carrier,delay\nAA,10\nBB,4\nAA,20\nBB,\nCC,1\n";
const SERVE: &str = "carrier,delay\nBB,100\nZZ,5\nAA,\n";

fn sandbox() -> Sandbox {
    Sandbox::new(&[("f.flow", FLOW), ("train.csv", TRAIN), ("serve.csv", SERVE)])
}

/// Fits on the training half and removes it.
fn fitted() -> Sandbox {
    let sandbox = sandbox();
    let ended = sandbox.run(&["fit", "f.flow", "--state", "s.state", "-i", "train.csv"]);
    assert_eq!(ended.err, "learned 1 value, 1 table: s.state\n");
    assert_eq!(ended.ok(), "");
    std::fs::remove_file(sandbox.path("train.csv")).unwrap();
    sandbox
}

const RUN: [&str; 6] = ["run", "f.flow", "--state", "s.state", "-i", "serve.csv"];

#[test]
fn what_one_half_taught_serves_the_other() {
    let sandbox = fitted();
    // By hand: AA has mean 15, BB 4 (one null), the greatest delay is 20; ZZ was never seen.
    let served = "carrier,code,share\nBB,4.0,5.0\nZZ,-1.0,0.25\nAA,15.0,\n";
    assert_eq!(sandbox.run(&RUN).ok(), served);
    let interpreted = [&RUN[..], &["--backend", "interp"]].concat();
    assert_eq!(sandbox.run(&interpreted).ok(), served);
    // Without the state the same text learns from what it is given.
    let unfitted = sandbox.run(&["run", "f.flow", "-i", "serve.csv"]).ok();
    assert_eq!(
        unfitted,
        "carrier,code,share\nBB,100.0,1.0\nZZ,5.0,0.05\nAA,-1.0,\n"
    );
}

#[test]
fn what_is_learned_can_be_looked_at_and_used_further() {
    let sandbox = fitted();
    let select = |what: &str| {
        let call = ["run", "f.flow", "--state", "s.state", "-s", what];
        sandbox.run(&call).ok()
    };
    // No input is given: nothing of it is read.
    assert_eq!(
        select("enc.*"),
        "carrier,m,n\nAA,15.0,2\nBB,4.0,2\nCC,1.0,1\n"
    );
    assert_eq!(select("popular.*"), "carrier,m,n\nAA,15.0,2\nBB,4.0,2\n");
    assert_eq!(select("top,known"), "top,known\n20.0,2\n");
    // A value set on the command line stands before the learned one.
    let call = [&RUN[..], &["-s", "share", "--set", "top=10"]].concat();
    assert_eq!(sandbox.run(&call).ok(), "share\n10.0\n0.5\n\"\"\n");
}

#[test]
fn a_state_is_read_by_other_tools_and_written_whole_or_not_at_all() {
    let sandbox = fitted();
    let before = sandbox.names("");
    // What fails later leaves the state as it was, and nothing beside it.
    let call = ["fit", "f.flow", "--state", "s.state", "-i", "gone.csv"];
    holds(&sandbox.run(&call).fails(1), &["gone.csv"]);
    assert_eq!(sandbox.names(""), before);
    let call = ["fit", "f.flow", "--state", "no/s.state", "-i", "serve.csv"];
    holds(&sandbox.run(&call).fails(1), &["E0603", "no"]);
    // A state is an Arrow file like any other.
    std::fs::copy(sandbox.path("s.state"), sandbox.path("s.arrow")).unwrap();
    let query = ["eval", "sum(`enc.n`)", "-i", "s.arrow"];
    assert_eq!(sandbox.run(&query).ok(), "value\n5\n");
}

#[test]
fn edits_elsewhere_keep_a_state_and_edits_above_it_refuse_it() {
    let sandbox = fitted();
    let run_edited = |from: &str, to: &str| {
        assert!(FLOW.contains(from));
        std::fs::write(sandbox.path("f.flow"), FLOW.replace(from, to)).unwrap();
        sandbox.run(&RUN)
    };
    for (from, to) in [
        ("share = delay / top", "share = delay / top * 2"),
        ("table flights", "param unrelated: f64 = 1.0\ntable flights"),
        (
            "table flights {",
            "table other { carrier: str }\ntable flights from \"x.csv\" {",
        ),
        (
            "kept = delay ?? 0.0\nfit top = max(kept)",
            "fit top = max(delay ?? 0.0)",
        ),
        (
            "fit top",
            "\"\"\"The worst.\"\"\"\n@owner(\"ops\")\nfit top",
        ),
    ] {
        run_edited(from, to).ok();
    }
    for (from, to, named) in [
        ("delay ?? 0.0", "delay ?? 1.0", "learns it otherwise: `top`"),
        (
            "mean(delay)",
            "mean(delay + 1)",
            "learns it otherwise: `enc.m`",
        ),
        (
            "by carrier",
            "by carrier = carrier ?? \"\"",
            "learns it otherwise: `enc`",
        ),
        (
            "fit top",
            "fit other = 1\nfit top",
            "the state does not hold it: `other`",
        ),
        (
            "fit top = max(kept)",
            "param top: f64 = 1.0",
            "the flow does not learn it: `top`",
        ),
        (
            "fit enc",
            "fit enc2 = flights where delay > 1\ntable enc",
            "does not hold it: `enc2`",
        ),
        (
            "fit enc = flights group",
            "enc = flights group",
            "does not learn it: `enc`",
        ),
    ] {
        let told = run_edited(from, to).fails(2);
        holds(&told, &["E0604", "another flow", named, "icosian fit"]);
    }
}

#[test]
fn damaged_and_foreign_states_are_refused() {
    let sandbox = fitted();
    let state = std::fs::read(sandbox.path("s.state")).unwrap();
    let with = |bytes: &[u8], fragments: &[&str]| {
        std::fs::write(sandbox.path("s.state"), bytes).unwrap();
        let told = sandbox.run(&RUN).fails(1);
        holds(&told, &["E0603"]);
        holds(&told, fragments);
    };
    with(b"", &["can't read the state"]);
    with(b"top = 7\n", &["can't read the state"]);
    with(&state[..state.len() / 2], &["can't read the state"]);
    with(
        &state[..state.len() - 1],
        &["s.state is damaged", "checksum"],
    );
    // Bytes all over the file, flipped: all are refused.
    for place in (0..state.len()).step_by(97) {
        let mut bytes = state.clone();
        bytes[place] ^= 0x10;
        with(&bytes, &["state"]);
    }
    let text = b"AA";
    let place = state.windows(2).position(|part| part == text).unwrap();
    let mut bytes = state.clone();
    bytes[place + 1] = b'B';
    with(&bytes, &["s.state is damaged", "checksum"]);
    std::fs::remove_file(sandbox.path("s.state")).unwrap();
    holds(&sandbox.run(&RUN).fails(1), &["E0603", "s.state"]);
    let metadata = HashMap::from([("icosian.state".to_owned(), "1".to_owned())]);
    let schema = Schema::new_with_metadata(Vec::<Field>::new(), metadata);
    let mut writer = FileWriter::try_new(Vec::new(), &schema).unwrap();
    writer.finish().unwrap();
    with(
        &writer.into_inner().unwrap(),
        &["version \"1\"", "reads version 2"],
    );
    sandbox
        .run(&[
            "run",
            "f.flow",
            "-i",
            "serve.csv",
            "-s",
            "flights.*",
            "-o",
            "d.arrow",
        ])
        .ok();
    let call = ["run", "f.flow", "--state", "d.arrow", "-i", "serve.csv"];
    holds(&sandbox.run(&call).fails(1), &["no state"]);
}

#[test]
fn flows_that_learn_nothing_or_too_much_are_told_so() {
    let sandbox = Sandbox::new(&[
        ("n.flow", "table t { x: f64 }\ny = x + 1\n"),
        ("r.flow", "table t { x: f64 }\nfit y = x - mean(x)\n"),
    ]);
    let call = ["fit", "n.flow", "--state", "s"];
    holds(
        &sandbox.run(&call).fails(2),
        &["learns nothing", "fit top = max(speed)"],
    );
    let call = ["fit", "r.flow", "--state", "s"];
    holds(
        &sandbox.run(&call).fails(2),
        &["E0215", "`y` has the rows of `t`", "group by"],
    );
}

#[test]
fn a_refusal_names_the_nodes_that_differ() {
    let flow = "\
table t { k: str, x: f64? }
param floor: f64 = 0.0
kept = x ?? floor
scaled = kept * 2
big = t where scaled > 3
fit top = max(scaled)
fit n = big.len()
fit codes = t group by k { m = mean(scaled) }
";
    let sandbox = Sandbox::new(&[("f.flow", flow), ("t.csv", "k,x\na,1\nb,2\na,\n")]);
    let call = ["fit", "f.flow", "--state", "s", "-i", "t.csv"];
    let told = sandbox.run(&call).err;
    assert_eq!(told, "learned 2 values, 1 table with floor = 0.0: s\n");
    for (from, to, named) in [
        (
            "x ?? floor",
            "x ?? floor + 1",
            "because this differs: `t.kept`",
        ),
        ("kept * 2", "kept * 3", "because this differs: `t.scaled`"),
        ("x: f64?", "x: f32?", "because this differs: `t.x`"),
        (
            "t where scaled > 3",
            "t where scaled > 2",
            "because this differs: `big`",
        ),
        (
            "floor: f64 = 0.0\nkept = x ?? floor",
            "ground: f64 = 0.0\nkept = x ?? ground",
            "because this differs: `ground`",
        ),
    ] {
        assert!(flow.contains(from));
        std::fs::write(sandbox.path("f.flow"), flow.replace(from, to)).unwrap();
        let call = ["run", "f.flow", "--state", "s", "-s", "top,n"];
        let told = sandbox.run(&call).fails(2);
        holds(&told, &["E0604", "learns it otherwise", named]);
    }
}

#[test]
fn params_are_recorded_and_told_where_they_differ() {
    let flow = "table t { x: f64 }\nparam floor: f64 = 0.5\nfit top = max(x) + floor\n";
    let sandbox = Sandbox::new(&[("f.flow", flow), ("t.csv", "x\n1\n")]);
    let call = [
        "fit", "f.flow", "--state", "s", "-i", "t.csv", "-p", "floor=2",
    ];
    let told = sandbox.run(&call).err;
    assert_eq!(told, "learned 1 value, 0 tables with floor = 2.0: s\n");
    let run = ["run", "f.flow", "--state", "s", "-s", "top"];
    let ended = sandbox.run(&run);
    holds(&ended.err, &["learned with floor = 2.0, this run has 0.5"]);
    assert_eq!(ended.ok(), "top\n3.0\n");
    let same = sandbox.run(&[&run[..], &["-p", "floor=2.0"]].concat());
    assert_eq!(same.err, "");
}
