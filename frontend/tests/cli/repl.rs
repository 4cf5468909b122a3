//! Sessions through a pipe.

use crate::{Ended, Sandbox, holds, sandbox};

fn session(sandbox: &Sandbox, arguments: &[&str], input: &str) -> Ended {
    let ended = sandbox.run_with(&[&["repl"], arguments].concat(), input);
    assert!(!ended.err.contains("panicked"), "{}", ended.err);
    ended
}

#[test]
fn values_come_with_their_types() {
    let sandbox = sandbox();
    let out = session(&sandbox, &[], "1 + 2\nx = 4\nx * 2.5\n\"a\nb\"\n").ok();
    holds(&out, &["3  (i", "10.0  (f64)\n"]);
    // The bare command is a session too.
    let ended = sandbox.run_with(&[], "2 ** 3\n");
    holds(&ended.ok(), &["8"]);
}

#[test]
fn data_are_a_table_named_after_the_file() {
    let sandbox = sandbox();
    let ended = session(
        &sandbox,
        &["t.csv"],
        "x * 2\nt\nmean(x)\nt where k == \"a\"\n",
    );
    let out = ended.ok();
    holds(
        &out,
        &[
            "3 rows, 1 column",
            "t: 3 rows, 2 columns\n┌─────┬─────┐\n│ x   ┆ k   │\n│ f64 ┆ str │\n",
            "│   8.0 │",
            "2.5  (f64?)\n",
            "2 rows, 2 columns",
        ],
    );
}

#[test]
fn only_the_head_of_a_long_table_is_shown() {
    let sandbox = Sandbox::new(&[]);
    let rows: String = (0..5000).map(|row| format!("{row}\n")).collect();
    std::fs::write(sandbox.path("long.csv"), format!("n\n{rows}")).unwrap();
    let out = session(&sandbox, &["long.csv"], "n * 2\n").ok();
    holds(&out, &["5,000 rows, 1 column", "│    18 │", "…"]);
    assert!(out.lines().count() < 40, "{out}");
    // What needs all rows is computed over all.
    let out = session(&sandbox, &["long.csv"], "n - mean(n)\n").ok();
    holds(&out, &["-2499.5", "5,000 rows"]);
}

#[test]
fn definitions_are_followed_by_what_uses_them() {
    let sandbox = sandbox();
    let input = "a = x + 1\nb = a * 10\nsum(b)\na = x + 2\nsum(b)\n.nodes\n";
    let ended = session(&sandbox, &["t.csv"], input);
    holds(&ended.err, &["t.a: f64", "followed by t.b"]);
    let out = ended.ok();
    // (1 + 2.5 + 4 + 3) * 10, then (1 + 2.5 + 4 + 6) * 10.
    holds(&out, &["105.0  (f64)", "135.0  (f64)", "t.a"]);
}

#[test]
fn a_change_that_breaks_others_is_refused() {
    let sandbox = sandbox();
    let input = "a = x + 1\nb = a * 10\na = k\na = x + y\nsum(b)\n";
    let ended = session(&sandbox, &["t.csv"], input);
    holds(
        &ended.err,
        &["`a` stays as it was", "b would no longer check", "`y`"],
    );
    holds(&ended.ok(), &["105.0"]);
}

#[test]
fn members_of_a_loaded_flow_can_be_redefined_where_they_stand() {
    let sandbox = sandbox();
    let flow = "table t from \"t.csv\" {\n    x: f64\n    # half\n    y = x / 2\n}\nz = sum(t.y)\n";
    std::fs::write(sandbox.path("g.flow"), flow).unwrap();
    let ended = session(&sandbox, &["g.flow"], "z\ny = x * 2\nz\n.save g2.flow\n");
    holds(&ended.err, &["t.y: f64", "followed by z"]);
    holds(&ended.ok(), &["3.75  (f64)\n15.0  (f64)\n"]);
    assert_eq!(sandbox.read("g2.flow"), flow.replace("x / 2", "x * 2"));
    assert_eq!(
        sandbox.run(&["run", "g2.flow", "-s", "z"]).ok(),
        "z\n15.0\n"
    );
}

#[test]
fn mistakes_never_end_a_session() {
    let sandbox = sandbox();
    let input = "\
1 +
nothing
)
a = = 2
f(1,
2
.load none.csv
.nonsense
.load
.schema none
.help none
.timer maybe
.explain nothing
.save no/where.flow
\u{1}\u{2}é
i8(300)
1 // 0
table
x where
40 + 2
";
    let ended = session(&sandbox, &["t.csv"], input);
    holds(
        &ended.err,
        &[
            "expression:1",
            "no command `.nonsense`",
            "none.csv",
            "which file?",
            "no table `none`",
        ],
    );
    holds(&ended.ok(), &["42"]);
}

#[test]
fn brackets_and_indented_lines_join() {
    let sandbox = sandbox();
    let input =
        "table g = t group by k {\n    n = len()\n}\ng\nt where x > 1\n    where k == \"a\"\n";
    let out = session(&sandbox, &["t.csv"], input).ok();
    holds(&out, &["g: 2 rows, 2 columns", "1 row, 2 columns"]);
}

#[test]
fn commands() {
    let sandbox = sandbox();
    let input = "\
.help
.help mean
.help .load
.load u.csv
.schema
.schema t
.nodes x
.explain x * 2
.explain asm x * 2
.explain graph
.timer on
1
.timer off
# a comment

exit
this is never read
";
    let ended = session(&sandbox, &["t.csv"], input);
    holds(&ended.err, &["the timer is on", " ms", "the timer is off"]);
    let out = ended.ok();
    holds(
        &out,
        &[
            ".explain",
            "mean(x)",
            ".load FILE",
            "u  1 columns, from \"u.csv\"",
            "t  2 columns, from \"t.csv\"",
            "x  f64  read",
            "t.x  f64  read",
            "pass",
            " instructions: ",
            "table t",
        ],
    );
}

#[test]
fn sessions_can_be_saved_and_run() {
    let sandbox = sandbox();
    session(
        &sandbox,
        &["t.csv"],
        "\"\"\"Twice.\"\"\"\ny = 2 * x\ntotal = sum(y)\n.save s.flow\n",
    )
    .ok();
    assert_eq!(
        sandbox.run(&["run", "s.flow", "--select", "total"]).ok(),
        "total\n15.0\n"
    );
}

#[test]
fn what_the_command_line_names_must_be_there() {
    let err = session(&sandbox(), &["none.flow"], "1\n").fails(2);
    holds(&err, &["none.flow"]);
}

#[cfg(unix)]
#[test]
fn an_interrupt_between_two_inputs_ends_a_session_on_a_pipe() {
    use std::io::{BufRead, BufReader, Write};

    let sandbox = sandbox();
    let mut child = sandbox.command(&["repl"]).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    // An answer shows that the session stands.
    input.write_all(b"6 * 7\n").unwrap();
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    assert!(line.starts_with("42"), "{line}");
    let pid = child.id().to_string();
    let sent = std::process::Command::new("kill")
        .args(["-INT", &pid])
        .status();
    assert!(sent.unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    drop(input);
}
