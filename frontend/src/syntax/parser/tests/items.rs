//! Every production of items.

use super::{show, sound};
use crate::diagnostic::FileId;
use crate::syntax::ast::{
    CheckAction, ItemId, ItemKind, Program, SelectorKind, StepKind, TableSource, TemplatePart,
    TestStepKind, TypeArgument, TypeId, Value,
};
use crate::syntax::parse_selectors;

fn only(text: &str) -> (Program, ItemKind) {
    let program = sound(text);
    assert_eq!(program.roots.len(), 1, "{text}");
    let kind = program.items[program.roots[0]].kind.clone();
    (program, kind)
}

fn show_type(program: &Program, ty: TypeId) -> String {
    let ty = &program.types[ty];
    let arguments: Vec<String> = ty
        .arguments
        .iter()
        .map(|argument| match argument {
            TypeArgument::Type(inner) => show_type(program, *inner),
            TypeArgument::Integer { value, .. } => value.to_string(),
            TypeArgument::Text(text) => format!("{:?}", text.value),
        })
        .collect();
    let mark = if ty.nullable { "?" } else { "" };
    format!("{}<{}>{mark}", program.name(ty.name), arguments.join(", "))
}

/// The names defined or declared in a body, in order.
fn defined(program: &Program, body: &[ItemId]) -> Vec<String> {
    body.iter()
        .map(|item| match &program.items[*item].kind {
            ItemKind::Definition { name, .. }
            | ItemKind::Column { name, .. }
            | ItemKind::Table { name, .. }
            | ItemKind::Param { name, .. } => program.name(*name).to_string(),
            other => format!("{other:?}"),
        })
        .collect()
}

#[test]
fn the_example_of_the_language_page() {
    let program = sound(include_str!("../../testdata/language.flow"));
    assert_eq!(
        program.documentation.as_ref().map(|text| &*text.value),
        Some("Flights and what delays them.")
    );
    assert_eq!(program.roots.len(), 16);
    let ItemKind::Table { name, source, body } = &program.items[program.roots[4]].kind else {
        panic!("the fifth item is the table of flights")
    };
    assert_eq!(program.name(*name), "flights");
    assert!(matches!(source, TableSource::File { path, options }
        if &*path.value == "flights.csv" && options.len() == 1));
    let body = body.as_ref().expect("a body");
    assert_eq!(body.len(), 15);
    let speed = &program.items[body[7]];
    assert_eq!(
        speed.documentation.as_ref().map(|text| &*text.value),
        Some("Ground speed, miles per hour.")
    );
    assert_eq!(program.name(speed.tags[0].name), "owner");
}

#[test]
fn modules() {
    let (program, kind) = only("import \"geo.flow\" as geo");
    assert!(matches!(kind, ItemKind::Import { path, alias: Some(alias) }
        if &*path.value == "geo.flow" && program.name(alias) == "geo"));
    assert!(matches!(
        only("import 'geo.flow'").1,
        ItemKind::Import { alias: None, .. }
    ));
    let (program, kind) = only("use geo.track(start=origin, km=distance) as t");
    assert!(
        matches!(kind, ItemKind::Use { path, arguments, alias: Some(_) }
        if program.path(&path) == "geo.track" && arguments.len() == 2)
    );
    assert!(matches!(
        only("use geo").1,
        ItemKind::Use { alias: None, .. }
    ));
}

#[test]
fn settings() {
    let (program, kind) = only("config mode: str = \"batch\"");
    assert!(
        matches!(kind, ItemKind::Config { name, ty: Some(_), value: Some(_) }
        if program.name(name) == "mode")
    );
    assert!(matches!(
        only("config n = [1, 2]").1,
        ItemKind::Config { ty: None, .. }
    ));
    let (program, kind) = only("param since: date = date(\"2013-01-01\")");
    let ItemKind::Param {
        ty: Some(ty),
        value: Some(value),
        ..
    } = kind
    else {
        panic!("{kind:?}")
    };
    assert_eq!(show_type(&program, ty), "date<>");
    assert_eq!(show(&program, value), "date(\"2013-01-01\")");
    assert!(matches!(
        only("param top: f64").1,
        ItemKind::Param { value: None, .. }
    ));
}

#[test]
fn types() {
    for (text, expected) in [
        ("f64", "f64<>"),
        ("f64?", "f64<>?"),
        ("timestamp[s, \"UTC\"]", "timestamp<s<>, \"UTC\">"),
        ("duration[ms]?", "duration<ms<>>?"),
        ("decimal(10, -2)", "decimal<10, -2>"),
        ("list[timestamp[ns]?]", "list<timestamp<ns<>>?>"),
    ] {
        let (program, kind) = only(&format!("x: {text}"));
        let ItemKind::Column { ty, .. } = kind else {
            panic!("{kind:?}")
        };
        assert_eq!(show_type(&program, ty), expected, "{text}");
    }
}

#[test]
fn tables() {
    assert!(matches!(
        only("table t").1,
        ItemKind::Table {
            source: TableSource::Unbound,
            body: None,
            ..
        }
    ));
    assert!(matches!(
        only("table t from \"t.csv\"").1,
        ItemKind::Table {
            source: TableSource::File { .. },
            body: None,
            ..
        }
    ));
    let (program, kind) =
        only("table t from \"t.csv\" (null=\"NA\") { a: str, `b c`: f64? from \"B\"\n d = a }");
    let ItemKind::Table {
        body: Some(body), ..
    } = kind
    else {
        panic!("{kind:?}")
    };
    assert_eq!(defined(&program, &body), ["a", "b c", "d"]);
    let ItemKind::Column { header, .. } = &program.items[body[1]].kind else {
        panic!("a column")
    };
    assert_eq!(header.as_ref().map(|text| &*text.value), Some("B"));
    let (program, kind) = only("extend geo.days { share = n / sum(n) }");
    assert!(matches!(kind, ItemKind::Extend { table, body }
        if program.path(&table) == "geo.days" && body.len() == 1));
}

#[test]
fn queries() {
    let text = "table q = t where a > 1 and b\n    group by c, day = d.date() { n = len(), m = mean(x) }
    order by day, n desc\n    limit 10\n    distinct c, day\n    union other.u
    join v = w[a=a]\n    left join z = w[a=a]\n    unpivot delay_* into key, value\n    unpivot [a, b] into k, v { e = n }";
    let (program, kind) = only(text);
    let ItemKind::Table {
        source: TableSource::Query(query),
        body: Some(body),
        ..
    } = kind
    else {
        panic!("{kind:?}")
    };
    assert_eq!(defined(&program, &body), ["e"]);
    assert_eq!(program.path(&query.source), "t");
    let shown: Vec<String> = query
        .steps
        .iter()
        .map(|step| match &step.kind {
            StepKind::Where(condition) => format!("where {}", show(&program, *condition)),
            StepKind::GroupBy { keys, body } => {
                let named = keys.iter().filter(|key| key.name.is_some()).count();
                format!("group {} {named} {:?}", keys.len(), defined(&program, body))
            }
            StepKind::OrderBy(keys) => {
                let descending: Vec<bool> = keys.iter().map(|key| key.descending).collect();
                format!("order {descending:?}")
            }
            StepKind::Limit { from_end, count } => {
                let step = if *from_end { "tail" } else { "limit" };
                format!("{step} {}", show(&program, *count))
            }
            StepKind::Sample { count, .. } => format!("sample {}", show(&program, *count)),
            StepKind::Distinct(columns) => format!("distinct {}", columns.len()),
            StepKind::Union(table) => format!("union {}", program.path(table)),
            StepKind::Join {
                keep_unmatched,
                name,
                lookup,
            } => {
                format!(
                    "join {keep_unmatched} {} {}",
                    program.name(*name),
                    show(&program, *lookup)
                )
            }
            StepKind::Unpivot {
                columns,
                key,
                value,
            } => {
                format!(
                    "unpivot {} {} {}",
                    columns.len(),
                    program.name(*key),
                    program.name(*value)
                )
            }
        })
        .collect();
    assert_eq!(
        shown,
        [
            "where ((a > 1) and b)",
            "group 2 1 [\"n\", \"m\"]",
            "order [false, true]",
            "limit 10",
            "distinct 2",
            "union other.u",
            "join false v w[a=a]",
            "join true z w[a=a]",
            "unpivot 1 key value",
            "unpivot 2 k v",
        ]
    );
}

#[test]
fn definitions_and_words_that_are_names() {
    let (program, kind) = only("fit top: f64 = max(speed)");
    assert!(
        matches!(kind, ItemKind::Definition { fit: true, ty: Some(_), value: Value::Expr(_), name }
        if program.name(name) == "top")
    );
    assert!(matches!(
        only("fit days = flights\n where a").1,
        ItemKind::Definition {
            fit: true,
            value: Value::Query(_),
            ..
        }
    ));
    let text = "table t {\n table = 1\n where: f64\n x = t\n limit = 3\n order: str\n group = 2\n and = 4\n check = 5\n fit = 6\n}";
    let (program, kind) = only(text);
    let ItemKind::Table {
        body: Some(body), ..
    } = kind
    else {
        panic!("{kind:?}")
    };
    assert_eq!(
        defined(&program, &body),
        [
            "table", "where", "x", "limit", "order", "group", "and", "check", "fit"
        ]
    );
}

#[test]
fn lines_go_on_before_a_dot_and_three_words() {
    let program = sound("a = x\n  .f()\n  and y\n  or z\nb = p if q\n  else r\nover = 1\n");
    assert_eq!(defined(&program, &program.roots), ["a", "b", "over"]);
    let ItemKind::Definition {
        value: Value::Expr(value),
        ..
    } = program.items[program.roots[0]].kind
    else {
        panic!("an expression")
    };
    assert_eq!(show(&program, value), "((x.f() and y) or z)");
}

#[test]
fn functions() {
    let (program, kind) =
        only("fn clip01(x, low: f64 = 0, high=1) -> f64 = min(max(x, low), high)");
    let ItemKind::Function {
        parameters,
        returns: Some(_),
        body,
        ..
    } = kind
    else {
        panic!("{kind:?}")
    };
    let defaults: Vec<bool> = parameters.iter().map(|one| one.default.is_some()).collect();
    assert_eq!(defaults, [false, true, true]);
    assert_eq!(show(&program, body), "min(max(x, low), high)");
    assert!(
        matches!(only("extern fn eta(speed: f64?, temp: f64?) -> f64").1,
        ItemKind::ExternFunction { parameters, returns: Some(_), .. } if parameters.len() == 2)
    );
}

#[test]
fn blocks() {
    let (program, kind) = only("over (a, b order by t desc) {\n x = 1\n}");
    assert!(matches!(kind, ItemKind::Over { over, body }
        if over.keys.len() == 2 && over.order[0].descending && defined(&program, &body) == ["x"]));
    assert!(
        matches!(only("over w.key { x = 1 }").1, ItemKind::Over { over, .. } if over.keys.len() == 1)
    );

    let (program, kind) = only("for name, n in {a: 1} { x_{name}_{n}y = w.{name} }");
    let ItemKind::For {
        variables, body, ..
    } = kind
    else {
        panic!("{kind:?}")
    };
    assert_eq!(variables.len(), 2);
    let ItemKind::Definition { name, .. } = &program.items[body[0]].kind else {
        panic!("a definition")
    };
    let parts: Vec<String> = program.templates[name.template.expect("a template")]
        .iter()
        .map(|part| match part {
            TemplatePart::Text(text) => program.text(*text).to_string(),
            TemplatePart::Variable(name) => format!("<{}>", program.name(*name)),
        })
        .collect();
    assert_eq!(parts, ["x_", "<name>", "_", "<n>", "y"]);

    let (_, kind) = only("when a == 1 { x = 1 }\nelse when b { }\nelse { y = 2, z = 3 }");
    let ItemKind::When {
        branches,
        otherwise: Some(otherwise),
    } = kind
    else {
        panic!("{kind:?}")
    };
    assert_eq!((branches.len(), otherwise.len()), (2, 2));
}

#[test]
fn checks_outputs_and_tests() {
    for (text, expected) in [
        ("check a > 0", None),
        ("check a > 0 else warn", Some(CheckAction::Warn)),
        ("check a if b else c\n  else fail", Some(CheckAction::Fail)),
    ] {
        assert!(matches!(only(text).1, ItemKind::Check { action, .. } if action == expected));
    }
    let (program, kind) = only("output o = [rel, w.temp, delay_*, days.*, *_x_*1, @owner]");
    let ItemKind::Output { selectors, .. } = kind else {
        panic!("{kind:?}")
    };
    let shown: Vec<String> = selectors
        .iter()
        .map(|selector| match &selector.kind {
            SelectorKind::Path(path) => program.path(path),
            SelectorKind::Glob { scope, pattern } => {
                format!("{} glob {}", scope.len(), program.text(*pattern))
            }
            SelectorKind::Tag(name) => format!("tag {}", program.name(*name)),
        })
        .collect();
    assert_eq!(
        shown,
        [
            "rel",
            "w.temp",
            "0 glob delay_*",
            "1 glob *",
            "0 glob *_x_*1",
            "tag owner"
        ]
    );
    let (_, selectors, diagnostics) = parse_selectors(FileId(0), "a, flights.*, @owner");
    assert_eq!((selectors.len(), diagnostics.len()), (3, 0));

    let (program, kind) = only(
        "test \"t\" {\n given f(a=[null], d=[9])\n given geo.since = 3\n expect a + 1 is [null]\n expect b is null, expect c == 1\n expect check a > 0 fails 2\n expect check (a) fails\n}",
    );
    let ItemKind::Test { steps, .. } = kind else {
        panic!("{kind:?}")
    };
    let shown: Vec<String> = steps
        .iter()
        .map(|step| match &step.kind {
            TestStepKind::GivenRows { table, columns } => {
                format!("{} {}", program.path(table), columns.len())
            }
            TestStepKind::GivenValue { name, value } => {
                format!("{} = {}", program.path(name), show(&program, *value))
            }
            TestStepKind::Expect { actual, expected } => format!(
                "{} is {}",
                show(&program, *actual),
                expected.map_or(String::new(), |expected| show(&program, expected))
            ),
            TestStepKind::ExpectCheck { condition, rows } => format!(
                "{} fails {}",
                show(&program, *condition),
                rows.map_or(String::new(), |rows| show(&program, rows))
            ),
        })
        .collect();
    assert_eq!(
        shown,
        [
            "f 2",
            "geo.since = 3",
            "(a + 1) is [null]",
            "(b is null) is ",
            "(c == 1) is ",
            "(a > 0) fails 2",
            "a fails "
        ]
    );
}

#[test]
fn documentation_and_tags() {
    let program = sound(
        "\"\"\"Of the file.\"\"\"\n\"\"\"Of a.\n\n    More.\n\"\"\"\n@pii\n@owner(\"ops\", since=2) a = 1\n",
    );
    let item = &program.items[program.roots[0]];
    assert_eq!(
        item.documentation.as_ref().map(|text| &*text.value),
        Some("Of a.\n\nMore.")
    );
    let arguments: Vec<usize> = item.tags.iter().map(|tag| tag.arguments.len()).collect();
    assert_eq!(arguments, [0, 2]);
}
