//! Flows inside flows: `use`.

use super::{check_files, told, type_of};
use crate::diagnostic::Code;

const GEO: &str = "\
config unit = 1.0
param most: f64
table track { start: str, km: f64? }
table places from \"p.csv\" { code: str }
fn twice(x) = x * 2
far = km > most
double = twice(km) * unit
";

const HOST: &str =
    "import \"geo.flow\" as geo\ntable t { a: str, b: i32, c: f64 }\ntable u { d: f64 }\n";

fn one(text: &str, code: Code, at: &str, fragments: &[&str]) {
    let text = format!("{HOST}{text}");
    let checked = check_files(&text, &[("geo.flow", GEO)], &[]);
    let found = told(&checked, &text);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!((found[0].0, &*found[0].1), (code, at), "{found:#?}");
    let all = format!("{:?}", checked.diagnostics[0]);
    for fragment in fragments {
        assert!(all.contains(fragment), "{fragment:?} is not in {all}");
    }
}

#[test]
fn an_instance_lives_on_the_rows_bound_to_it() {
    let text = format!("{HOST}use geo.track(start=a, km=b, most=5) as g\nx = g.double + c");
    let checked = check_files(&text, &[("geo.flow", GEO)], &[]);
    assert_eq!(checked.diagnostics, []);
    assert_eq!(type_of(&checked.graph, "t.g.double"), "f64");
    assert_eq!(type_of(&checked.graph, "t.x"), "f64");
    assert_eq!(type_of(&checked.graph, "_g.most"), "f64");
    // What is bound is no output, nor is anything of the template.
    let outputs = checked.graph.default_outputs();
    let names: Vec<&str> = outputs
        .iter()
        .map(|node| &*checked.graph.nodes[*node].name)
        .collect();
    assert_eq!(names, ["t.x", "t.g.far", "t.g.double"]);
    assert!(checked.graph.table("geo.track").is_none());
    assert!(checked.graph.table("g.places").is_some());
}

#[test]
fn names_of_several_tables_are_those_of_the_one_that_has_all() {
    let text = format!(
        "{HOST}table v {{ a: str }}\nuse geo.track(start=a, km=b, most=5) as g\nx = g.double + c"
    );
    let checked = check_files(&text, &[("geo.flow", GEO)], &[]);
    assert_eq!(checked.diagnostics, []);
    assert_eq!(type_of(&checked.graph, "t.g.far"), "bool");
}

#[test]
fn a_template_is_there_for_those_who_name_it() {
    let text = format!(
        "{HOST}use geo.track(start=a, km=b, most=geo.most) as g\nall = sum(geo.track.km) + geo.twice(geo.places.len())"
    );
    let checked = check_files(&text, &[("geo.flow", GEO)], &[]);
    assert_eq!(checked.diagnostics, []);
    assert_eq!(type_of(&checked.graph, "all"), "f64");
    assert!(checked.graph.node("geo.track.double").is_none());
}

#[test]
fn what_is_bound_must_fit() {
    one(
        "use geo.track(start=a) as g",
        Code::BadArguments,
        "geo.track",
        &["needs `most`, `km`", "use geo.track(most=…)"],
    );
    one(
        "use geo.track(start=a, km=b, most=1, kmm=c) as g",
        Code::BadArguments,
        "kmm",
        &["`geo.track` has no input `kmm`"],
    );
    one(
        "use geo.track(start=b, km=b, most=1) as g",
        Code::TypeMismatch,
        "start",
        &["`start`", "str"],
    );
    one(
        "use geo.track(start=a, km=u.d, most=1) as g",
        Code::DomainClash,
        "geo.track",
        &["rows of two tables, `t` and `u`"],
    );
    one(
        "use geo.track(start=\"x\", km=1, most=1) as g",
        Code::NeedsRows,
        "geo.track",
        &["`g.track` needs rows"],
    );
    one(
        "use geo.track(start=a, km=b, most=c) as g",
        Code::BadArguments,
        "most",
        &["one value for the whole run"],
    );
    one(
        "use geo.track(a, start=a, km=b, most=1) as g",
        Code::BadArguments,
        "a",
        &["by their names"],
    );
    one(
        "use geo.track(start=a, km=b, most=1, unit=c) as g",
        Code::NotConstant,
        "c",
        &[],
    );
    one(
        "use geo.track(start=a, km=b, most=1, places=3) as g",
        Code::BadArguments,
        "3",
        &["bound to a table"],
    );
    one(
        "use geo.trak(start=a) as g\nx = g.double",
        Code::UnknownTable,
        "trak",
        &["track"],
    );
    one(
        "use gee.track(start=a) as g\nx = g.double",
        Code::BadImport,
        "gee",
        &["import \\\"gee.flow\\\" as gee"],
    );
    one(
        "use geo.track(start=a, km=b, most=1) as g\nx = g.dubble",
        Code::UnknownMember,
        "dubble",
        &["double"],
    );
}

#[test]
fn flows_that_use_each_other_are_a_cycle() {
    let files = [
        (
            "a.flow",
            "import \"b.flow\" as b\ntable t { x: f64 }\nuse b.t(x=x) as i\ny = i.y",
        ),
        (
            "b.flow",
            "import \"a.flow\" as a\ntable t { x: f64 }\nuse a.t(x=x) as i\ny = i.y",
        ),
    ];
    let text = "import \"a.flow\" as a\ntable t { z: f64 }\nuse a.t(x=z) as i";
    let checked = check_files(text, &files, &[]);
    assert!(
        checked
            .diagnostics
            .iter()
            .any(|told| told.code == Code::DefinitionCycle && told.message.contains("uses itself")),
        "{:#?}",
        checked.diagnostics
    );
}
