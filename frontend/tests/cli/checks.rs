//! Checks in `icosian run`, `fit` and `test`.

use crate::{Sandbox, holds};

const FLOW: &str = r#"table sales from "sales.csv" { shop: str, day: date, units: i32, price: f64? }
extend sales {
    revenue = units * price
    """What is given away is booked elsewhere."""
    check revenue > 0
    check units < 100 else warn
    check day < date("2024-01-03") else warn
    check shop != "b\"c" else warn
    for n in [1, 2] { check units != n else warn }
    big = revenue > 1000
    check not big
}
fit mean_price = mean(sales.price)
check mean_price < 10 else warn
"#;

const BAD: &str = "shop,day,units,price\na,2024-01-01,3,7.5\n\"b\"\"c\",2024-01-03,-1,2\na,2024-01-02,120,\na,2024-01-02,2,nan\n";

fn with(rows: &str) -> Sandbox {
    Sandbox::new(&[("f.flow", FLOW), ("sales.csv", rows)])
}

#[test]
fn a_failing_check_ends_the_run_with_all_reports_and_without_output() {
    let sandbox = with(BAD);
    for backend in ["jit", "interp"] {
        let all = "sales.*,mean_price";
        let run = [
            "run",
            "f.flow",
            "-s",
            all,
            "--output",
            "out",
            "--backend",
            backend,
        ];
        let err = sandbox.run(&run).fails(1);
        holds(
            &err,
            &[
                // NaN is not above 0, null passes.
                "error[E0506]: `revenue > 0` does not hold in 2 of 4 rows of `sales`",
                " --> f.flow:5:11",
                "note: What is given away is booked elsewhere.",
                "note: row 1: revenue = -2.0\n",
                "note: row 3: revenue = NaN\n",
                "warning[E0506]: `units < 100` does not hold in 1 of 4 rows of `sales`",
                "note: row 2: units = 120\n",
                "note: row 1: day = 2024-01-03\n",
                "note: row 1: shop = \"b\\\"c\"\n",
                // One text, two checks: each as the graph has it.
                "`units != 2` does not hold in 1 of 4 rows",
                "warning[E0506]: `mean_price < 10` does not hold\n",
                "note: mean_price = NaN\n",
            ],
        );
        assert!(!err.contains("units != 1"), "{err}");
        assert!(!sandbox.path("out").exists());
    }
}

#[test]
fn what_is_not_asked_for_is_not_checked() {
    let sandbox = with(BAD);
    let ended = sandbox.run(&["run", "f.flow", "-s", "sales.units", "--timing"]);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    assert_eq!(ended.out, "units\n3\n-1\n120\n2\n");
    holds(
        &ended.err,
        &[
            "`units < 100` does not hold in 1 of 4 rows",
            "skipped check revenue > 0: not asked for: sales.revenue",
            "skipped check not big: not asked for: sales.big",
        ],
    );
    assert!(!ended.err.contains("error"), "{}", ended.err);
}

#[test]
fn reports_are_lines_of_json() {
    let sandbox = with(BAD);
    let select = "revenue,units,shop,day";
    sandbox
        .run(&["run", "f.flow", "-s", select, "--checks", "c.json"])
        .fails(1);
    let json = sandbox.read("c.json");
    let lines: Vec<&str> = json.lines().collect();
    assert_eq!(lines.len(), 8);
    assert_eq!(
        lines[0],
        "{\"check\": \"revenue > 0\", \"table\": \"sales\", \
         \"doc\": \"What is given away is booked elsewhere.\", \"action\": \"fail\", \
         \"outcome\": \"failed\", \"rows\": 4, \"failed\": 2, \
         \"sample\": [{\"row\": 1, \"revenue\": -2.0}, {\"row\": 3, \"revenue\": \"NaN\"}]}"
    );
    assert!(lines[2].ends_with("\"sample\": [{\"row\": 1, \"day\": \"2024-01-03\"}]}"));
    assert!(lines[3].ends_with("\"sample\": [{\"row\": 1, \"shop\": \"b\\\"c\"}]}"));
    assert_eq!(
        lines[4],
        "{\"check\": \"units != 1\", \"table\": \"sales\", \"action\": \"warn\", \
         \"outcome\": \"passed\", \"rows\": 4}"
    );
    assert_eq!(
        lines[6],
        "{\"check\": \"not big\", \"table\": \"sales\", \"action\": \"fail\", \
         \"outcome\": \"skipped\", \"missing\": [\"sales.big\"]}"
    );
}

#[test]
fn a_state_is_learned_from_rows_that_hold() {
    let flow = "table t from \"t.csv\" { x: f64 }\ncheck t.x > 0\nfit top = max(t.x)\ncheck top < 9 else warn\nshare = t.x / top\n";
    let sandbox = Sandbox::new(&[("f.flow", flow), ("t.csv", "x\n-1\n3\n")]);
    let err = sandbox.run(&["fit", "f.flow", "--state", "s"]).fails(1);
    holds(&err, &["`t.x > 0` does not hold in 1 of 2 rows of `t`"]);
    assert!(!sandbox.path("s").exists());
    std::fs::write(sandbox.path("t.csv"), "x\n10\n").unwrap();
    let ended = sandbox.run(&["fit", "f.flow", "--state", "s"]);
    holds(&ended.err, &["`top < 9` does not hold", "note: top = 10.0"]);
    assert!(sandbox.path("s").exists());
    // A value that a state gives is checked where it is used.
    let ended = sandbox.run(&["run", "f.flow", "--state", "s", "-s", "share"]);
    assert_eq!(ended.out, "share\n1.0\n");
    holds(&ended.err, &["`top < 9` does not hold"]);
}

#[test]
fn tests_expect_failing_checks() {
    let flow = "table t { x: i32 }\ny = t.x + 1\ncheck y > 0\n\
        test \"fails\" { given t(x=[-5, 1, -7])\n expect check y > 0 fails 2 }\n\
        test \"unexpected\" { given t(x=[-5])\n expect y is [-4] }\n\
        test \"holds\" { given t(x=[5])\n expect check y > 0 fails }\n";
    let sandbox = Sandbox::new(&[("f.flow", flow)]);
    let ended = sandbox.run(&["test", "f.flow"]);
    assert_eq!(ended.code, Some(1));
    holds(
        &ended.out,
        &[
            "ok     f.flow: fails",
            "FAILED f.flow: unexpected",
            "FAILED f.flow: holds",
        ],
    );
    holds(
        &ended.err,
        &[
            "error[E0506]: `y > 0` does not hold in 1 of 1 rows of `t`",
            "error[E0504]: expected `y > 0` to fail, and it holds",
        ],
    );
    let flow = "table t { x: i32 }\ntest \"none\" { expect check t.x > 0 fails }\n";
    let sandbox = Sandbox::new(&[("f.flow", flow)]);
    let err = sandbox.run(&["test", "f.flow"]).fails(2);
    holds(&err, &["E0306", "the flow has no check of this condition"]);
}
