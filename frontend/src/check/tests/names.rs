//! Names, order and cycles.

use super::{graph, mistakes_of, one_mistake, type_of};
use crate::diagnostic::Code;

const FLIGHTS: &str = "table flights { carrier: str, distance: f64, air_time: f64? }\n";

#[test]
fn a_top_level_definition_on_a_tables_rows_is_its_member() {
    let graph = graph(&format!(
        "{FLIGHTS}speed = distance / air_time * 60\ntop = max(speed)\nrel = flights.speed / top"
    ));
    assert_eq!(type_of(&graph, "flights.speed"), "f64?");
    assert_eq!(type_of(&graph, "flights.rel"), "f64?");
    assert_eq!(type_of(&graph, "top"), "f64?");
    let outputs: Vec<&str> = graph
        .default_outputs()
        .iter()
        .map(|node| graph.nodes[*node].name.as_str())
        .collect();
    assert_eq!(outputs, ["flights.speed", "top", "flights.rel"]);
}

#[test]
fn order_in_the_text_is_the_order_of_outputs_not_of_evaluation() {
    let graph = graph("c = b + 1\nb = a + 1\na = 1\n_hidden = 2");
    let outputs: Vec<&str> = graph
        .default_outputs()
        .iter()
        .map(|node| graph.nodes[*node].name.as_str())
        .collect();
    assert_eq!(outputs, ["c", "b", "a"]);
    assert!(graph.node("a") < graph.node("b"));
}

#[test]
fn members_come_before_top_level_definitions() {
    let graph =
        graph("x: str = \"outer\"\ntable t { x: f64\n y = x + 1 }\ntable u { z: f64\n y = x }");
    assert_eq!(type_of(&graph, "t.y"), "f64");
    assert_eq!(type_of(&graph, "u.y"), "str");
}

#[test]
fn a_bare_name_of_several_tables_is_ambiguous() {
    one_mistake(
        "table t { a: f64 }\ntable u { a: f64 }\nb = sum(a)",
        Code::AmbiguousName,
        "a",
        &["t.a or u.a", "full name"],
    );
}

#[test]
fn backticks_quote_any_name() {
    let graph = graph("table t { `Work load`: f64\n y = `Work load` * 2 }");
    assert_eq!(type_of(&graph, "t.Work load"), "f64");
    assert_eq!(type_of(&graph, "t.y"), "f64");
}

#[test]
fn functions_and_members_are_spaces_of_their_own() {
    let graph = graph("table t { min: f64, max: f64\n range = max(max) - min(min) }");
    assert_eq!(type_of(&graph, "t.range"), "f64?");
}

#[test]
fn unknown_names_have_a_nearest_name() {
    one_mistake(
        &format!("{FLIGHTS}speed = distance / air_tme"),
        Code::UnknownName,
        "air_tme",
        &["did you mean `air_time`?"],
    );
    one_mistake(
        &format!("{FLIGHTS}speed = flights.distanse"),
        Code::UnknownMember,
        "distanse",
        &["did you mean `distance`?"],
    );
}

#[test]
fn one_mistake_does_not_cascade() {
    one_mistake(
        &format!(
            "{FLIGHTS}a = distance + nothing\nb = a + 1\nc = mean(b) over carrier\nd = flights where c > 0\ne = sum(d.distance)"
        ),
        Code::UnknownName,
        "nothing",
        &[],
    );
}

#[test]
fn many_mistakes_are_told_at_once_in_the_order_of_the_text() {
    let told = mistakes_of("a = nope + 1\nb = \"x\" + 1\nc = mean(3)\nd = d");
    let codes: Vec<Code> = told.iter().map(|(code, ..)| *code).collect();
    assert_eq!(
        codes,
        [
            Code::UnknownName,
            Code::NoCommonType,
            Code::NeedsRows,
            Code::DefinitionCycle
        ]
    );
}

#[test]
fn cycles_are_named() {
    one_mistake(
        "a = b + 1\nb = c\nc = a * 2",
        Code::DefinitionCycle,
        "a",
        &["a → b → c → a"],
    );
    one_mistake(
        "table t { x: f64\n y = y + x }",
        Code::DefinitionCycle,
        "y",
        &["`t.y` needs itself"],
    );
    one_mistake(
        "fn f(x) = g(x) + 1\nfn g(x) = f(x)\na = f(1)",
        Code::DefinitionCycle,
        "f",
        &["f() → g() → f()"],
    );
    one_mistake(
        "table t { x: f64 }\nbig = t where x > mean(big.x)",
        Code::DefinitionCycle,
        "where x > mean(big.x)",
        &["need each other"],
    );
}

#[test]
fn names_are_defined_once() {
    one_mistake(
        "a = 1\na = 2",
        Code::NameTaken,
        "a",
        &["`a` is defined twice"],
    );
    one_mistake(
        "table t { x: f64\n x = 1.0 }",
        Code::NameTaken,
        "x",
        &["`x` is defined twice"],
    );
    one_mistake(
        "table t { x: f64\n y = x }\ny = t.x + 1",
        Code::NameTaken,
        "y",
        &["`t.y` is defined twice"],
    );
}

#[test]
fn hints_for_what_other_languages_write() {
    one_mistake(
        &format!("{FLIGHTS}a = distance.mean"),
        Code::NotCalled,
        "mean",
        &["write .mean()"],
    );
    one_mistake(
        &format!("{FLIGHTS}a = np.log(distance)"),
        Code::UnknownName,
        "np",
        &["ln(x)"],
    );
    one_mistake(
        &format!("{FLIGHTS}a = distance.cumsum()"),
        Code::UnknownFunction,
        "cumsum",
        &["x.cumulative_sum()"],
    );
    one_mistake(
        &format!("{FLIGHTS}a = men(distance)"),
        Code::UnknownFunction,
        "men",
        &["did you mean `mean`?"],
    );
}

#[test]
fn constants_of_bins_and_maps() {
    one_mistake(
        &format!("{FLIGHTS}a = bucket(distance, [10, 0])"),
        Code::BadArguments,
        "[10, 0]",
        &["each greater than the one before"],
    );
    one_mistake(
        &format!("{FLIGHTS}a = cut(distance, [0, 10, 20], labels=[\"far\"])"),
        Code::BadArguments,
        "[\"far\"]",
        &["3 edges make 4 bins, or 2 between them, but there are 1 labels"],
    );
    one_mistake(
        &format!("{FLIGHTS}a = map(distance, 3)"),
        Code::BadArguments,
        "3",
        &["takes a map such as"],
    );
    one_mistake(
        "a = random(7)",
        Code::NeedsRows,
        "random(7)",
        &["in a table's block"],
    );
}
