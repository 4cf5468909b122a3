//! Sources, derived tables, lookups.

use icosian_ir::graph::{NodeKind, TableRows};
use icosian_ir::op::Op;

use super::{check_files, checked, graph, mistakes_of, one_mistake, told, type_of};
use crate::diagnostic::Code;

const TABLES: &str = "
table airports from \"airports.csv\" { faa: str, name: str, lat: f64 }
table flights from \"in/flights.csv\" (null=[\"NA\", \"\"], delimiter=\";\") {
    carrier: str, dest: str, distance: i32, arr_delay: i32?
    load: f64? from \"Work load Average/day \"
    late = arr_delay > 15
}
";

#[test]
fn sources_keep_their_binding_and_headers() {
    let graph = graph(TABLES);
    let flights = graph.table("flights").unwrap();
    let TableRows::Source(Some(binding)) = &graph.tables[flights].rows else {
        panic!("a source with a binding");
    };
    assert_eq!(binding.path, "in/flights.csv");
    assert_eq!(binding.null, ["NA", ""]);
    assert_eq!(binding.delimiter, Some(';'));
    let load = graph.node("flights.load").unwrap();
    assert_eq!(
        graph.nodes[load].kind,
        NodeKind::Column {
            source_name: "Work load Average/day ".to_owned()
        }
    );
}

#[test]
fn tables_without_a_body_take_the_schema_of_their_source() {
    let graph =
        graph("table known from \"known.csv\"\nb = known.a * 2\nc = known.`odd name` == \"x\"");
    assert_eq!(type_of(&graph, "known.b"), "f64?");
    assert_eq!(type_of(&graph, "known.c"), "bool?");
    one_mistake(
        "table other from \"other.csv\"\nb = other.a + 1\nd = other where a > 1",
        Code::MissingSchema,
        "other",
        &["the file is missing", "table other {"],
    );
}

#[test]
fn filters_carry_every_column() {
    let graph = graph(&format!(
        "{TABLES}big = flights where distance > 1000\nshare = big.late.mean()\nfast = flights.distance / 60\nextend big {{ twice = distance * 2\n f = fast }}"
    ));
    assert_eq!(type_of(&graph, "big.carrier"), "str");
    assert_eq!(type_of(&graph, "big.late"), "bool?");
    assert_eq!(type_of(&graph, "big.fast"), "f64");
    assert_eq!(type_of(&graph, "big.twice"), "i32");
    assert_eq!(type_of(&graph, "share"), "f64?");
    let late = graph.node("big.late").unwrap();
    let NodeKind::Definition(expression) = graph.nodes[late].kind else {
        panic!("a definition");
    };
    assert_eq!(graph.expressions[expression].op, Op::Take);
    // In the order of the text, those of the table before first.
    let big = graph.table("big").unwrap();
    let names: Vec<&str> = graph.tables[big]
        .members
        .iter()
        .map(|node| graph.nodes[*node].short_name())
        .collect();
    assert_eq!(
        names,
        [
            "carrier",
            "dest",
            "distance",
            "arr_delay",
            "load",
            "late",
            "fast",
            "twice",
            "f"
        ]
    );
}

#[test]
fn groups_have_keys_reductions_and_arithmetic_on_them() {
    let graph = graph(&format!(
        "{TABLES}by_carrier = flights where distance > 0
            group by carrier, long = distance > 1000 {{
                n = len()
                delay = mean(arr_delay)
                spread = max(distance) - min(distance)
                centered = delay - 1
                twice = ratio(arr_delay)
            }}
        fn ratio(x) = sum(x) / count(x)
        extend by_carrier {{ share = n / sum(n) }}
        most = max(by_carrier.n)"
    ));
    assert_eq!(type_of(&graph, "by_carrier.carrier"), "str");
    assert_eq!(type_of(&graph, "by_carrier.long"), "bool");
    assert_eq!(type_of(&graph, "by_carrier.n"), "i64");
    assert_eq!(type_of(&graph, "by_carrier.delay"), "f64?");
    assert_eq!(type_of(&graph, "by_carrier.spread"), "i32");
    assert_eq!(type_of(&graph, "by_carrier.centered"), "f64?");
    assert_eq!(type_of(&graph, "by_carrier.twice"), "f64");
    assert_eq!(type_of(&graph, "by_carrier.share"), "f64");
    assert_eq!(type_of(&graph, "most"), "i64?");
    let table = graph.table("by_carrier").unwrap();
    let TableRows::Group { keys, .. } = &graph.tables[table].rows else {
        panic!("a group table");
    };
    assert_eq!(keys.len(), 2);
    // The filtered rows between are nobody's output.
    assert!(
        graph
            .default_outputs()
            .iter()
            .all(|node| { !graph.nodes[*node].name.starts_with('_') })
    );
}

#[test]
fn lookups_give_nullable_columns_and_no_output() {
    let graph = graph(&format!(
        "{TABLES}to = airports[faa=dest]\nlat = to.lat\nsame = airports[faa=dest].name == carrier"
    ));
    assert_eq!(type_of(&graph, "flights.lat"), "f64?");
    assert_eq!(type_of(&graph, "flights.same"), "bool?");
    let to = graph.node("flights.to").unwrap();
    assert!(graph.nodes[to].is_row_reference());
    assert!(!graph.default_outputs().contains(&to));
}

#[test]
fn composite_keys_and_rows_of_rows() {
    let graph = graph(
        "table planes { tail: str, maker: str }
         table legs { tail: str, day: date
             plane = planes[tail=tail] }
         table bags { tail: str, day: date
             leg = legs[tail=tail, day=day]
             maker = leg.plane.maker }",
    );
    assert_eq!(type_of(&graph, "bags.maker"), "str?");
}

#[test]
fn members_of_a_joined_row_are_nullable_where_there_may_be_none() {
    for (join, ty) in [("join", "f64"), ("left join", "f64?")] {
        let text = format!(
            "{TABLES}table places {{ faa: str, lat: f64 }}\n\
             t = flights {join} a = places[faa=dest]\nextend t {{ lat = a.lat }}"
        );
        assert_eq!(type_of(&checked(&text).graph, "t.lat"), ty);
    }
}

#[test]
fn a_union_says_which_columns_are_missing() {
    let tables = "table a { x: f64, y: i32, z: str }\ntable b { x: f64, w: date }\n";
    one_mistake(
        &format!("{tables}table u = a union b"),
        Code::UnknownMember,
        "union b",
        &[
            "`b` has no `y`, `z`; `a` has no `w`",
            "extend b { y: i32? = null }",
        ],
    );
    one_mistake(
        "table a { x: f64 }\ntable b { x: str }\ntable u = a union b",
        Code::NoCommonType,
        "union b",
        &["`a.x` is f64, `b.x` is str"],
    );
    // What one side alone defines is no column of the union.
    let text = "table a { x: i8, d = x * 2 }\ntable b { x: i32?, e = x }\ntable u = a union b\n";
    assert_eq!(type_of(&graph(text), "u.x"), "i32?");
    assert!(graph(text).node("u.d").is_none());
    one_mistake(
        &format!("{text}y = u.d"),
        Code::UnknownMember,
        "d",
        &["table `u` has no `d`"],
    );
    one_mistake(
        "table a { x: f64 }\ntable u = a union v\ntable v = u where x > 0",
        Code::DefinitionCycle,
        "union v",
        &[],
    );
}

#[test]
fn unpivot_takes_its_columns_away() {
    let wide = "table wide { id: i32, d_1: i8, d_2: i32?, name: str }\n";
    let long = graph(&format!(
        "{wide}table long = wide unpivot d_* into day, sold"
    ));
    assert_eq!(type_of(&long, "long.day"), "str");
    assert_eq!(type_of(&long, "long.sold"), "i32?");
    assert!(long.node("long.d_1").is_none());
    for (step, code, at, told) in [
        (
            "unpivot e_* into day, sold",
            Code::BadSelector,
            "e_*",
            "`e_*` selects nothing",
        ),
        (
            "unpivot [d_1, name] into day, sold",
            Code::NoCommonType,
            "unpivot [d_1, name] into day, sold",
            "`wide.d_1` is i8, `wide.name` is str",
        ),
        (
            "unpivot d_* into name, sold",
            Code::NameTaken,
            "name",
            "`name`",
        ),
        (
            "unpivot d_3 into day, sold",
            Code::UnknownMember,
            "unpivot d_3 into day, sold",
            "`d_3`",
        ),
        (
            "unpivot d_* into day, sold where d_1 > 0",
            Code::DomainClash,
            "d_1 > 0",
            "`where` of a value on the rows of another table",
        ),
    ] {
        one_mistake(
            &format!("{wide}table long = wide {step}"),
            code,
            at,
            &[told],
        );
    }
}

#[test]
fn limits_are_whole_numbers_of_rows() {
    let limit = |step: &str| format!("{TABLES}t = flights {step}");
    one_mistake(
        &limit("limit -1"),
        Code::BadArguments,
        "-1",
        &["`limit` takes 0 rows or more", "`tail 1`"],
    );
    one_mistake(
        &limit("tail -2"),
        Code::BadArguments,
        "-2",
        &["`tail` takes 0 rows or more"],
    );
    one_mistake(
        &limit("sample -2 seed 1"),
        Code::BadArguments,
        "-2",
        &["`sample` takes 0 rows or more"],
    );
    one_mistake(
        &limit("limit 1.5"),
        Code::TypeMismatch,
        "1.5",
        &["`limit` takes one integer, found f64"],
    );
    one_mistake(
        &limit("limit distance"),
        Code::DomainClash,
        "distance",
        &["a column of `flights`"],
    );
}

#[test]
fn rows_of_two_tables_show_the_lookup_that_joins_them() {
    one_mistake(
        "table weather { origin: str, temp: f64 }\ntable flights { origin: str, delay: f64 }\nx = delay * weather.temp",
        Code::DomainClash,
        "delay * weather.temp",
        &[
            "flights.delay (rows of flights)",
            "weather.temp (rows of weather)",
            "weather[origin=origin].temp",
        ],
    );
    one_mistake(
        &format!("{TABLES}by = flights group by carrier {{ worst = arr_delay - mean(arr_delay) }}"),
        Code::DomainClash,
        "arr_delay - mean(arr_delay)",
        &["flights.arr_delay (rows of flights)"],
    );
}

#[test]
fn a_derived_tables_columns_need_their_full_name() {
    one_mistake(
        &format!("{TABLES}by = flights group by carrier {{ n = len() }}\nx = sum(n)"),
        Code::UnknownName,
        "n",
        &["`by.n`"],
    );
}

#[test]
fn the_language_reference_checks_but_for_what_cannot_run_yet() {
    let text = include_str!("../../syntax/testdata/language.flow");
    let geo = "table track { start: str, km: f64 }\nfn double(x) = x * 2";
    let checked = check_files(text, &[("geo.flow", geo)], &[]);
    let told = told(&checked, text);
    assert!(
        told.iter().all(|(code, ..)| *code == Code::CannotRunYet),
        "{told:#?}"
    );
    let graph = &checked.graph;
    for (node, ty) in [
        ("flights.speed", "f64?"),
        ("flights.warm", "bool?"),
        ("flights.size", "str"),
        ("flights.late", "f64?"),
        ("flights.delay_7", "f64?"),
        ("flights.from_newark", "i8"),
        ("flights.rel", "f64?"),
        ("flights.speed_z", "f64?"),
        ("days.day", "date"),
        ("days.share", "f64"),
        ("flights._t.km", "f64"),
    ] {
        assert_eq!(type_of(graph, node), ty, "{node}");
    }
    let speed = &graph.nodes[graph.node("flights.speed").unwrap()];
    assert_eq!(speed.doc, "Ground speed, miles per hour.");
    assert_eq!(speed.tags[0].name, "owner");
    let outputs: Vec<&str> = graph.outputs[0]
        .nodes
        .iter()
        .map(|node| graph.nodes[*node].name.as_str())
        .collect();
    assert_eq!(
        outputs,
        [
            "flights.rel",
            "flights.w_temp",
            "flights.delay_3",
            "flights.delay_7",
            "days.carrier",
            "days.day",
            "days.n",
            "days.delay",
            "days.share"
        ]
    );
    assert_eq!(checked.tests.len(), 1);
    assert_eq!(checked.tests[0].tables[0].rows, 1);
    assert!(mistakes_of("a = 1").is_empty());
}
