//! Flows whose text is wrong, or only looks so.

use arrow::array::AsArray;
use arrow::datatypes::Float64Type;
use icosian::diagnostic::Code;
use icosian::{ErrorKind, Flow, FlowOptions};

use crate::support::{floats, given, on_small_stack, refused, run};

const T: &str = "table t { x: f64, z: f64?, n: i32, s: str }\n";

#[test]
fn unknown_nodes() {
    let error = refused(
        &format!("{T}speed = t.x\ny = sped * 2"),
        Code::UnknownName,
        &["`sped`", "did you mean `speed`?", "y = sped * 2"],
    );
    assert_eq!(error.kind(), ErrorKind::Flow);
    refused(
        &format!("{T}y = t.xx + 1"),
        Code::UnknownMember,
        &["table `t` has no `xx`"],
    );
    refused(
        &format!("{T}y = meen(x)"),
        Code::UnknownFunction,
        &["`meen`", "`mean`"],
    );
    let flow = Flow::from_text(&format!("{T}speed = x")).unwrap();
    let error = flow.select(&["sped"]).unwrap_err();
    crate::support::told(&error, Code::BadSelector, &["sped", "speed"]);
}

#[test]
fn cycles_name_what_is_in_them() {
    refused(
        "a = b + 1\nb = c * 2\nc = a",
        Code::DefinitionCycle,
        &["a → b → c → a"],
    );
    refused("a = a", Code::DefinitionCycle, &["`a` needs itself"]);
    refused(
        "fn f(x) = g(x)\nfn g(x) = f(x)\ny = f(1)",
        Code::DefinitionCycle,
        &["f", "g"],
    );
    refused(
        "table a = b where x > 0\ntable b = a where x > 1",
        Code::DefinitionCycle,
        &["a → b → a"],
    );
}

#[test]
fn types_that_clash() {
    refused(
        &format!("{T}y = x + s"),
        Code::NoCommonType,
        &["f64", "str", "x + s"],
    );
    refused(
        &format!("{T}y: f64 = z"),
        Code::NullableValue,
        &["f64?", "??"],
    );
    refused(&format!("{T}y: i8 = n"), Code::TypeMismatch, &["i8", "i32"]);
}

#[test]
fn domains_that_clash() {
    let text = "table weather { origin: str, temp: f64 }
                table flights { origin: str, delay: f64 }
                y = flights.delay - weather.temp";
    refused(
        text,
        Code::DomainClash,
        &[
            "rows of flights",
            "rows of weather",
            "weather[origin=origin].temp",
        ],
    );
}

#[test]
fn everything_wrong_is_told_at_once() {
    let error = refused(
        &format!("{T}a = x +\nb = nothing\nc = x + s\nd = 3 3\n"),
        Code::UnknownName,
        &["nothing"],
    );
    assert_eq!(error.diagnostics().len(), 4, "{error}");
}

#[test]
fn ten_megabytes_of_garbage() {
    let size = 10 << 20;
    let mut state = 1u32;
    let random: Vec<u8> = (0..size)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        })
        .collect();
    let printable: Vec<u8> = random.iter().map(|byte| b' ' + byte % 95).collect();
    let mut kinds = vec![
        String::from_utf8_lossy(&random).into_owned(),
        String::from_utf8(printable).unwrap(),
    ];
    let pieces = [
        "\u{0}",
        "(",
        "{",
        "\"",
        "`",
        "}\n",
        "a b\n",
        "a = \n",
        "a = b\n",
        "a = 1\n",
        "é=",
        "?",
        "@x ",
        "x: ",
        "1e",
        "\\",
        "table t {\n",
        "for a in b {",
    ];
    kinds.extend(pieces.map(|piece| piece.repeat(size / piece.len())));
    for text in kinds {
        on_small_stack(move || {
            let start: String = text.chars().take(20).collect();
            let error = Flow::from_text(&text).expect_err(&start);
            assert_eq!(error.kind(), ErrorKind::Flow);
            let shown = error.render(false);
            assert!(shown.len() < 200_000, "{start}: {} bytes", shown.len());
            assert!(shown.contains("E0"), "{start}");
        });
    }
}

#[test]
fn a_flow_too_large_to_be_one() {
    refused(&" ".repeat((64 << 20) + 1), Code::FileTooLarge, &[]);
}

#[test]
fn nesting_100_000_deep() {
    let depth = 100_000;
    for (open, close) in [
        ("(", ")"),
        ("[", "]"),
        ("sqrt(", ")"),
        ("x.clip(", ")"),
        ("-(", ")"),
        ("1 if x else (", ")"),
        ("match x { 1: ", "}"),
        ("{a: ", "}"),
        ("t[x=", "]"),
    ] {
        let text = format!("{T}y = {}x{}", open.repeat(depth), close.repeat(depth));
        on_small_stack(move || {
            refused(&text, Code::NestedTooDeep, &[]);
        });
    }
    for open in ["table t {", "for a in b {", "over k {", "when a {"] {
        let text = format!("{}{}", open.repeat(depth), "}".repeat(depth));
        on_small_stack(move || {
            refused(&text, Code::NestedTooDeep, &[]);
        });
    }
}

#[test]
fn byte_order_marks_carriage_returns_and_tabs() {
    let text = "\u{feff}# comment\r\n\r\ntable t {\r\n\tx: f64\r\n}\r\n\r\ny =\tx\r\n\t.clip(0,\t2)\r\nz = y +\t1\r\n";
    let flow = Flow::from_text(text).unwrap_or_else(|error| panic!("{}", error.render(false)));
    let output = run(&flow, &["z"], &given(floats([-1.0, 1.0, 3.0]))).unwrap();
    let table = output.table("t").unwrap();
    assert_eq!(
        table.column(0).as_primitive::<Float64Type>().values(),
        &[1.0, 2.0, 3.0]
    );
    // A mistake after all that is shown in its line.
    let error = Flow::from_text(&format!("{text}w = q\r\n")).unwrap_err();
    assert!(
        error.render(false).contains("w = q"),
        "{}",
        error.render(false)
    );
    refused("a = 1\u{feff}", Code::UnexpectedCharacter, &[]);
}

#[test]
fn names_of_every_kind() {
    let names = [
        "a b",
        "1",
        "if",
        "x.y",
        "*",
        "@",
        "é",
        "日本",
        "Work load Average/day ",
        "a\"b",
        "a'b",
        "a,b",
        "a=b",
        "null",
        "_",
        "{n}",
        "\\",
        "#",
        "🦀",
        "table",
    ];
    for name in names {
        let text = format!("table t {{ x: f64 }}\n`{name}` = x * 2\nnext = `{name}` + 1");
        let flow = match Flow::from_text(&text) {
            Ok(flow) => flow,
            Err(error) => panic!("{name}: {}", error.render(false)),
        };
        let output = run(&flow, &["next"], &given(floats([1.5]))).unwrap();
        let next = output.table("t").unwrap();
        assert_eq!(
            next.column(0).as_primitive::<Float64Type>().values(),
            &[4.0],
            "{name}"
        );
        let all = flow.outputs().prepare().unwrap();
        assert!(
            name.starts_with('_')
                || all
                    .schema()
                    .iter()
                    .any(|(full, _)| *full == format!("t.{name}")),
            "{name}"
        );
        // Columns in files, under any header.
        let text = format!("table t {{ `{name}`: f64 }}\ny = t.`{name}`");
        assert!(Flow::from_text(&text).is_ok(), "{name}");
    }
    refused("`` = 1", Code::UnterminatedText, &["can't be empty"]);
    refused("`a\nb` = 1", Code::UnterminatedText, &[]);
    refused("`a = 1", Code::UnterminatedText, &[]);
}

#[test]
fn names_taken_twice() {
    refused(
        "a = 1\na = 2",
        Code::NameTaken,
        &["`a`", "first defined here"],
    );
    refused("table t { x: f64, x: i32 }", Code::NameTaken, &["`x`"]);
    refused(
        "table t { x: f64 }\ntable t { y: f64 }",
        Code::NameTaken,
        &["`t`"],
    );
    refused("table t { x: f64 }\nt = 1", Code::NameTaken, &["`t`"]);
    refused("`t` = 1\ntable t { x: f64 }", Code::NameTaken, &["`t`"]);
    refused("fn f(a, a) = a", Code::NameTaken, &["`a`"]);
}

#[test]
fn empty_flows() {
    for text in [
        "",
        "\n\n",
        "# nothing",
        "\u{feff}",
        "\r\n",
        "\"\"\"Only documentation.\"\"\"",
    ] {
        let flow = Flow::from_text(text).unwrap_or_else(|error| panic!("{text:?}: {error}"));
        assert_eq!(flow.graph().nodes.len(), 0);
        assert!(flow.outputs().prepare().is_ok(), "{text:?}");
    }
}

#[test]
fn flows_that_are_not_files() {
    let folder = tempfile::tempdir().unwrap();
    let missing = Flow::load(folder.path().join("none.flow")).unwrap_err();
    crate::support::told(
        &missing,
        Code::UnreadableFlow,
        &["none.flow", "no such file"],
    );
    let of_folder = Flow::load(folder.path()).unwrap_err();
    crate::support::told(&of_folder, Code::UnreadableFlow, &["folder"]);
    // No text, and no UTF-8 at that.
    let binary = folder.path().join("binary.flow");
    std::fs::write(&binary, [0x50, 0x41, 0x52, 0x31, 0xff, 0x00, 0xfe, 0x80]).unwrap();
    let binary = Flow::load(&binary).unwrap_err();
    assert_eq!(binary.kind(), ErrorKind::Flow);
    assert!(binary.render(false).contains("binary.flow"));
    #[cfg(unix)]
    {
        let endless = Flow::load("/dev/zero").unwrap_err();
        crate::support::told(&endless, Code::UnreadableFlow, &["bytes at most"]);
    }
    // An import of itself, and of a file that is not there.
    let itself = folder.path().join("itself.flow");
    std::fs::write(
        &itself,
        "import \"itself.flow\"\nimport \"gone.flow\"\na = 1\n",
    )
    .unwrap();
    let error = Flow::load(&itself).unwrap_err();
    crate::support::told(&error, Code::BadImport, &["gone.flow"]);
}

#[test]
fn configs_that_do_not_fit() {
    let text = "config mode: str\nconfig days: i32\nx = days";
    let with = |name: &str, value: &str| {
        let mut options = FlowOptions::default();
        for (name, value) in [("mode", "7"), ("days", "7"), (name, value)] {
            options.configs.insert(name.to_owned(), value.to_owned());
        }
        Flow::from_text_with(text, &options)
    };
    assert!(with("days", "8").is_ok());
    assert!(with("mode", "1").is_ok());
    for (name, value, word) in [
        ("days", "seven", "days"),
        ("days", "99999999999999999999999999999999999999999", "days"),
        ("days", "((((", "days"),
        ("days", "3000000000", "days"),
        ("days", "1.5", "days"),
        ("days", "null", "days"),
        ("dayz", "7", "days"),
    ] {
        let error = with(name, value).expect_err(value);
        crate::support::told(&error, Code::BadConfig, &[word]);
    }
    refused("config a: i32", Code::BadConfig, &["`a`", "--config a="]);
    refused("config a: i8 = 300", Code::BadConfig, &["`a`", "i8"]);
    refused("config a: list[i8] = [1, \"b\"]", Code::BadConfig, &["`a`"]);
    refused(
        "config a: map[str, i8] = [1]",
        Code::BadConfig,
        &["`a`", "a list"],
    );
    refused("config a: lust = 1", Code::UnknownType, &["`lust`"]);
    let fine =
        "config a: list[f64?] = [1, null]\nconfig b: map[str, i8] = {x: 1}\nconfig c: f64 = 3";
    assert!(Flow::from_text(fine).is_ok());
}

#[test]
fn constants_that_grow_without_end() {
    let doubled = |first: &str, next: &str| {
        let mut text = format!("config c0 = {first}\n");
        for place in 1..=100 {
            let next = next.replace('_', &(place - 1).to_string());
            text.push_str(&format!("config c{place} = {next}\n"));
        }
        text
    };
    refused(
        &doubled("\"ab\"", "c_ + c_"),
        Code::NotConstant,
        &["too large"],
    );
    refused(
        &doubled("1", "[c_, c_]"),
        Code::NotConstant,
        &["plain values"],
    );
    refused(&doubled("1", "c_ + 0..1000000"), Code::NotConstant, &[]);
    refused(
        &doubled("1", "0..1000000 if c_ is null else 0..999999"),
        Code::NotConstant,
        &["too large"],
    );
    refused(
        "config a = -(-170141183460469231731687303715884105727 - 1)",
        Code::NotConstant,
        &["overflows"],
    );
    refused("config a = 0..10000000000", Code::NotConstant, &["1000000"]);
    refused(
        "for a in 0..1000000 { for b in 0..1000000 { } }",
        Code::ExpansionLimit,
        &[],
    );
}

#[test]
fn what_can_not_run_yet_says_so() {
    refused(
        "table t { x: struct }",
        Code::CannotRunYet,
        &["type `struct` can't run yet"],
    );
}

#[test]
fn keys_of_too_many_values() {
    let columns: Vec<String> = (0..70).map(|number| format!("k{number}")).collect();
    let keys = columns.join(", ");
    let table = format!("table t {{ {}: i64, x: f64 }}\n", columns.join(": i64, "));
    let told = ["at most 64 keys, these are 70", "concat("];
    for step in [
        format!("extend t {{ m = mean(x) over ({keys}) }}"),
        format!("extend t {{ s = x.shift(1) over ({keys}) }}"),
        format!("extend t {{ over ({keys}) {{ m = mean(x) }} }}"),
        format!("table g = t group by {keys} {{ n = len() }}"),
        format!("table d = t distinct {keys}"),
    ] {
        refused(&format!("{table}{step}"), Code::BadArguments, &told);
    }
    let conditions: Vec<String> = columns.iter().map(|key| format!("{key}={key}")).collect();
    let lookup = format!(
        "{table}table u {{ {}: i64 }}\nextend u {{ v = t[{}].x }}",
        columns.join(": i64, "),
        conditions.join(", ")
    );
    refused(&lookup, Code::BadArguments, &told);
    // As many as can be.
    let keys = columns[..64].join(", ");
    let most = format!("{table}table d = t distinct {keys}");
    assert!(Flow::from_text(&most).is_ok());
}

#[test]
fn lists_are_for_configs() {
    refused(
        "config edges: list = 1",
        Code::BadConfig,
        &["declared `list`, found"],
    );
    refused(
        "table t { x: list[i64] }",
        Code::UnknownType,
        &[
            "no column or single value is a list",
            "config edges: list[i64]",
        ],
    );
    let flow = "config edges: list = [1, 2]\nconfig names: map = {a: 1}\n\
                table t { x: i64 }\ny = bucket(t.x, edges)\nz = t.x in edges";
    assert!(Flow::from_text(flow).is_ok());
}
