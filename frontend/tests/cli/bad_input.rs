//! Bad input through the binary: a diagnostic on standard error, the exit code, no data on
//! standard output, nothing half-written, no panic.

use super::{Sandbox, holds};

const COLUMNS: &str = "k: i64, x: f64?, s: str";

/// Rows of every kind that the files below have.
fn csv(rows: usize) -> String {
    let mut text = String::from("k,x,s\n");
    for row in 0..rows {
        let x = if row % 3 == 0 {
            String::new()
        } else {
            format!("{row}.5")
        };
        text.push_str(&format!("{row},{x},text {}\n", row % 5));
    }
    text
}

fn sandbox() -> Sandbox {
    let copy =
        format!("table t from \"t.csv\" {{ {COLUMNS} }}\nextend t {{ k2 = k, x2 = x, s2 = s }}\n");
    let sandbox = Sandbox::new(&[("t.csv", &csv(2000)), ("copy.flow", &copy)]);
    let read = "k2: i64, x2: f64?, s2: str";
    let flow = format!("table t {{ {read} }}\ny = k2 * 2 + x2\nz = s2 == \"text 1\"\n");
    std::fs::write(sandbox.path("read.flow"), flow).unwrap();
    sandbox
}

/// Each mistake in a flow, what of it must be told, and nothing else: exit code 2.
#[test]
fn mistakes_in_flows() {
    let t =
        "table t from \"t.csv\" { x: f64, n: i64 }\ntable u from \"t.csv\" { v: f64, n: i64 }\n";
    let cases: &[(&str, &[&str])] = &[
        ("y = t.x + nothing", &["E0201", "`nothing`"]),
        ("a = b\nb = a", &["E0204", "a → b → a"]),
        ("y = x + \"text\"", &["E0302", "f64", "str"]),
        ("y = x + v", &["E0401", "u[n=n].v"]),
        ("y: i8 = 300", &["E0304", "300"]),
        ("y = meen(x)", &["E0205", "`mean`"]),
        ("y = (1", &["E0114"]),
        ("y = (", &["E0111"]),
        ("y = \"", &["E0102"]),
        ("config c: i32", &["E0212", "--config c="]),
        ("import \"none.flow\"", &["E0209", "none.flow"]),
        ("extern fn f(x) -> f64", &["E0305", "needs a type"]),
    ];
    for (text, told) in cases {
        let sandbox = Sandbox::new(&[
            ("f.flow", &format!("{t}{text}\n")),
            ("t.csv", "x,v,n\n1,1,1\n"),
        ]);
        for command in ["check", "run", "explain"] {
            let err = sandbox.run(&[command, "f.flow"]).fails(2);
            holds(&err, told);
        }
        let err = sandbox.run(&["run", "f.flow", "-o", "out"]).fails(2);
        holds(&err, told);
        assert_eq!(sandbox.names("."), ["f.flow", "t.csv"], "{text}");
    }
}

#[test]
fn flows_that_are_no_text() {
    let mut garbage = Vec::new();
    let mut state = 1u32;
    for _ in 0..10 << 20 {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        garbage.push((state >> 24) as u8);
    }
    let sandbox = Sandbox::new(&[("empty.flow", "")]);
    std::fs::write(sandbox.path("garbage.flow"), garbage).unwrap();
    std::fs::write(sandbox.path("zeros.flow"), vec![0; 10 << 20]).unwrap();
    let deep = format!("y = {}1{}\n", "(".repeat(100_000), ")".repeat(100_000));
    std::fs::write(sandbox.path("deep.flow"), deep).unwrap();
    std::fs::create_dir(sandbox.path("folder.flow")).unwrap();
    for (name, told) in [
        ("garbage.flow", "E0101"),
        ("zeros.flow", "E0101"),
        ("deep.flow", "E0190"),
        ("folder.flow", "folder"),
        ("none.flow", "no such file"),
    ] {
        for command in ["check", "run", "fmt", "graph", "test"] {
            let err = sandbox.run(&[command, name]).fails(2);
            // Formatting would lose what is no text, and says so.
            let told = match (command, name) {
                ("fmt", "garbage.flow") => "no UTF-8",
                ("fmt", "none.flow") => "can't read none.flow",
                _ => told,
            };
            assert!(
                err.contains(told),
                "{command} {name}: {}",
                &err[..err.len().min(500)]
            );
            assert!(err.len() < 200_000, "{command} {name}: {} bytes", err.len());
        }
    }
    assert_eq!(sandbox.read("empty.flow"), "");
    sandbox.run(&["check", "empty.flow"]).ok();
}

#[test]
fn cells_columns_and_files_that_do_not_fit() {
    let sandbox = Sandbox::new(&[("f.flow", "table t { k: i64, x: f64 }\ny = x * k\n")]);
    let cases: &[(&str, &[&str])] = &[
        (
            "k,x\n1,2\n2,warm\n",
            &["E0502", "t.csv:3", "column `x`", "\"warm\"", "f64"],
        ),
        ("k,x\n1,\n", &["E0502", "t.csv:2", "column `x`", "f64"]),
        ("k,xx\n1,2\n", &["E0502", "column `x`", "`xx`"]),
        ("k,x,x\n1,2,3\n", &["E0502", "column `x`", "2 columns"]),
        ("k,x\n1,2,3\n", &["E0502", "t.csv:2"]),
        ("k,x\n1.5,2\n", &["E0502", "column `k`", "\"1.5\"", "i64"]),
        ("", &["E0502", "empty"]),
    ];
    for (content, told) in cases {
        std::fs::write(sandbox.path("t.csv"), content).unwrap();
        for output in ["out.csv", "out.parquet", "out.arrow", "out"] {
            let err = sandbox
                .run(&["run", "f.flow", "-i", "t.csv", "-o", output])
                .fails(1);
            holds(&err, told);
        }
        sandbox.run(&["run", "f.flow", "-i", "t.csv"]).fails(1);
        assert_eq!(sandbox.names("."), ["f.flow", "t.csv"], "{content:?}");
    }
    let err = sandbox.run(&["run", "f.flow", "-i", "none.csv"]).fails(1);
    holds(&err, &["E0502", "none.csv"]);
    let err = sandbox.run(&["run", "f.flow"]).fails(2);
    holds(&err, &["E0503", "--input t=PATH"]);
}

#[test]
fn damaged_files() {
    let sandbox = sandbox();
    for name in ["t.parquet", "t.arrow"] {
        sandbox.run(&["run", "copy.flow", "-o", name]).ok();
    }
    let mut state = 3u64;
    let mut random = move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize
    };
    std::fs::write(sandbox.path("before.csv"), "old").unwrap();
    let mut failures = 0;
    for name in ["t.parquet", "t.arrow"] {
        let whole = std::fs::read(sandbox.path(name)).unwrap();
        for round in 0..60 {
            let mut bytes = whole.clone();
            if round % 2 == 0 {
                bytes.truncate(random() % whole.len());
            } else {
                // Mostly in the footer, which says where everything is and how large.
                for _ in 0..4 {
                    let place =
                        bytes.len() - 1 - random() % if round % 4 == 1 { 800 } else { bytes.len() };
                    bytes[place] = random() as u8;
                }
            }
            let damaged = format!("damaged.{}", &name[2..]);
            std::fs::write(sandbox.path(&damaged), bytes).unwrap();
            let ended = sandbox.run(&["run", "read.flow", "-i", &damaged, "-o", "before.csv"]);
            assert!(
                !ended.err.contains("panicked"),
                "{name} {round}: {}",
                ended.err
            );
            if ended.code == Some(0) {
                // What was damaged is a value, or what nobody reads.
                std::fs::write(sandbox.path("before.csv"), "old").unwrap();
            } else {
                failures += 1;
                let err = ended.fails(1);
                holds(&err, &["E0502", &damaged]);
                assert_eq!(sandbox.read("before.csv"), "old");
            }
        }
    }
    assert!(failures > 60, "{failures}");
    assert!(
        sandbox.names(".").iter().all(|name| !name.contains("part")),
        "{:?}",
        sandbox.names(".")
    );
}

#[test]
fn targets_that_can_not_be_written() {
    let sandbox = sandbox();
    std::fs::write(sandbox.path("file"), "").unwrap();
    std::fs::write(sandbox.path("protected.csv"), "old").unwrap();
    let mut permissions = std::fs::metadata(sandbox.path("protected.csv"))
        .unwrap()
        .permissions();
    permissions.set_readonly(true);
    std::fs::set_permissions(sandbox.path("protected.csv"), permissions).unwrap();
    let before = sandbox.names(".");
    for (target, code) in [
        ("none/none/out.csv", 1),
        ("file/out.csv", 1),
        ("protected.csv", 1),
        ("out.xlsx", 2),
    ] {
        let ended = sandbox.run(&["run", "copy.flow", "-o", target]);
        let err = ended.fails(code);
        holds(&err, &[target.split('/').next_back().unwrap()]);
    }
    assert_eq!(sandbox.read("protected.csv"), "old");
    assert_eq!(sandbox.names("."), before);
    #[cfg(target_os = "linux")]
    {
        let full = ["run", "copy.flow", "-o", "/dev/full", "--format", "csv"];
        let err = sandbox.run(&full).fails(1);
        holds(&err, &["/dev/full"]);
        let output = std::fs::File::options()
            .write(true)
            .open("/dev/full")
            .unwrap();
        let mut command = sandbox.command(&["run", "copy.flow"]);
        let ended = command.stdout(output).output().unwrap();
        assert_eq!(ended.status.code(), Some(1));
        let err = String::from_utf8(ended.stderr).unwrap();
        holds(&err, &["can't write the output"]);
        assert!(!err.contains("panicked"), "{err}");
    }
}

#[test]
fn overflows_name_the_node_and_the_row() {
    let sandbox = Sandbox::new(&[
        ("f.flow", "table t { k: i64 }\ny = k + 1\nz = sum(k)\n"),
        ("t.csv", "k\n1\n9223372036854775807\n"),
    ]);
    for backend in ["jit", "interp"] {
        let arguments = ["run", "f.flow", "-i", "t.csv", "--backend", backend, "-s"];
        let err = sandbox
            .run(&[&arguments[..], &["y", "-o", "out.csv"]].concat())
            .fails(1);
        holds(&err, &["E0501", "t.y", "9223372036854775807", "row 1"]);
        let err = sandbox.run(&[&arguments[..], &["z"]].concat()).fails(1);
        holds(&err, &["E0501", "z"]);
    }
    assert_eq!(sandbox.names("."), ["f.flow", "t.csv"]);
}

#[test]
fn large_flows_run() {
    let count = 100_000;
    let mut text = String::from("table t { x: f64 }\nn0 = x\n");
    for node in 1..count {
        text.push_str(&format!("n{node} = n{} + 1\n", node - 1));
    }
    let sandbox = Sandbox::new(&[("chain.flow", &text), ("t.csv", "x\n0.5\n-1\n")]);
    let arguments = ["run", "chain.flow", "-i", "t.csv", "-s", "n99999"];
    assert_eq!(sandbox.run(&arguments).ok(), "n99999\n99999.5\n99998.0\n");
    sandbox.run(&["check", "chain.flow"]).ok();
    sandbox.run(&["graph", "chain.flow"]).ok();
    sandbox
        .run(&["explain", "chain.flow", "--stage", "plan", "-s", "n99999"])
        .ok();
    sandbox.run(&["fmt", "chain.flow"]).ok();
}
