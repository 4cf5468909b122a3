//! Operators, literals, functions: the types they give.

use super::{graph, type_of};

const COLUMNS: &str = "table t {
    a: i8, b: i16?, c: u64, x: f32, y: f64, z: f64?, s: str, flag: bool, maybe: bool?
    d: date, at: timestamp[s, \"UTC\"], length: duration[ms]
";

/// Checks members of a table with columns of many types.
#[track_caller]
fn types(members: &[(&str, &str)]) {
    let mut text = COLUMNS.to_owned();
    for (position, (expression, _)) in members.iter().enumerate() {
        text.push_str(&format!("m{position} = {expression}\n"));
    }
    text.push('}');
    let graph = graph(&text);
    for (position, (expression, ty)) in members.iter().enumerate() {
        assert_eq!(
            type_of(&graph, &format!("t.m{position}")),
            *ty,
            "{expression}"
        );
    }
}

#[test]
fn arithmetic() {
    types(&[
        ("a + a", "i8"),
        ("a + b", "i16?"),
        ("a + 1", "i8"),
        ("a + 1000", "i16"),
        ("a / a", "f64"),
        ("x / x", "f32"),
        ("a + y", "f64"),
        ("x * 2.5", "f32"),
        ("a // b", "i16?"),
        ("a // 2", "i8"),
        ("a % 0", "i8?"),
        ("-a", "i8"),
        ("y ** 2", "f64"),
        ("a ** 3", "i8"),
        ("18446744073709551615 - c", "u64"),
        ("-9223372036854775808", "i64"),
    ]);
}

#[test]
fn comparisons_and_logic() {
    types(&[
        ("a < c", "bool"),
        ("0 <= a < b", "bool?"),
        ("flag and maybe", "bool?"),
        ("not flag or a > 0", "bool"),
        ("b is null", "bool"),
        ("b is not null", "bool"),
        ("a in [1, 2, 3]", "bool"),
        ("s not in [\"x\", \"y\"]", "bool"),
        ("b in 0..10", "bool?"),
        ("a in []", "bool"),
        ("b ?? 0", "i16"),
        ("z ?? y", "f64"),
        ("y if maybe else null", "f64?"),
        ("a if flag else b", "i16?"),
    ]);
}

#[test]
fn matches() {
    types(&[
        ("match a { 0..=5: \"short\", _: \"long\" }", "str"),
        ("match s { \"x\": 1, [\"y\", \"z\"]: 2 }", "i64?"),
        ("match b { null: 0.5, 1: 2, _: y }", "f64"),
        ("match y { 0.0..: true, _: false }", "bool"),
    ]);
}

#[test]
fn dates_and_durations() {
    types(&[
        ("at - at", "duration[s]"),
        ("at - 2h", "timestamp[s, \"UTC\"]"),
        ("at + 1500ms", "timestamp[ms, \"UTC\"]"),
        ("d + 1d", "date"),
        ("d + 3h", "timestamp[s]"),
        ("d - d", "duration[s]"),
        ("length * 2", "duration[ms]"),
        ("length / 1h", "f64"),
        ("d >= date(\"2013-01-01\")", "bool"),
        ("at < timestamp(\"2013-01-01T00:00:00Z\")", "bool"),
    ]);
}

#[test]
fn functions() {
    types(&[
        ("i32(y)", "i32"),
        ("try_i32(y)", "i32?"),
        ("wrapping_i8(b)", "i8?"),
        ("i8(flag)", "i8"),
        ("f64(a)", "f64"),
        ("a.f64()", "f64"),
        ("wrapping_add(a, a)", "i8"),
        ("try_mul(a, a)", "i8?"),
        ("sqrt(a)", "f64"),
        ("y.exp()", "f64"),
        ("round(a)", "i8"),
        ("abs(b)", "i16?"),
        ("min(a, b)", "i16?"),
        ("max(y, 0)", "f64"),
        ("clip(b, 0, 10)", "i16?"),
        ("y.clip(high=1, low=0)", "f64"),
        ("atan2(y, x)", "f64"),
        ("bit_and(a, b)", "i16?"),
        ("shift_left(a, 3)", "i8"),
        ("count_ones(c)", "i32"),
        ("hash(a, b)", "u64"),
        ("random(7)", "f64"),
        ("row_index()", "i64"),
        ("coalesce(b, a)", "i16"),
        ("null_if(a, 0)", "i8?"),
        ("between(a, 0, y)", "bool"),
        ("bucket(y, [0, 1])", "i32?"),
        ("cut(a, [0], labels=[0.5, 1.5])", "f64?"),
        ("map(a, {1: 10}, default=0)", "i64"),
        ("interp(a, [0, 1], [0, 1])", "f64"),
    ]);
}

#[test]
fn reductions_and_windows() {
    types(&[
        ("sum(a)", "i64"),
        ("sum(c)", "u64"),
        ("y.sum()", "f64"),
        ("mean(a)", "f64?"),
        ("mean(flag)", "f64?"),
        ("y - mean(y)", "f64?"),
        ("mean(y) over s", "f64"),
        ("mean(z) over s", "f64?"),
        ("(y - y.mean()) / std(y, ddof=0) over (s, a)", "f64?"),
        ("min(s)", "str?"),
        ("count(z)", "i64"),
        ("len()", "i64"),
        ("t.len()", "i64"),
        ("any(flag)", "bool?"),
        ("y.shift(1)", "f64?"),
        ("a.diff()", "i8?"),
        ("a.cumulative_sum()", "i64"),
        ("z.rolling(3).mean()", "f64?"),
        ("a.rolling(7, min=1).sum()", "i64?"),
    ]);
}

#[test]
fn functions_of_the_flow_are_inlined_with_defaults_and_names() {
    let graph = graph(
        "table places { lat: f64, lon: f64, name: str
             far = distance(lat, lon, lon2=-73.78, lat2=40.64) > 500
             z = zscore(lat) over name
             doubled = scaled(lat)
         }
         fn radians(degrees) = degrees * 0.017453292519943295
         fn haversine(angle: f64) -> f64 = sin(angle / 2) ** 2
         fn distance(lat1, lon1, lat2, lon2, radius=3958.8) = 2 * radius * atan2(
             sqrt(chord(lat1, lon1, lat2, lon2)), sqrt(1 - chord(lat1, lon1, lat2, lon2)))
         fn chord(lat1, lon1, lat2, lon2) = (haversine(radians(lat2 - lat1))
             + cos(radians(lat1)) * cos(radians(lat2)) * haversine(radians(lon2 - lon1)))
         fn zscore(x) = (x - mean(x)) / std(x)
         fn scaled(x, by=2) = x * by",
    );
    assert_eq!(type_of(&graph, "places.far"), "bool");
    assert_eq!(type_of(&graph, "places.z"), "f64?");
    assert_eq!(type_of(&graph, "places.doubled"), "f64");
}
