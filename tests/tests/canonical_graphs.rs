//! Canonical text of graphs made for it: constants, odd names, what must not stand in place, size.

use icosian::{Flow, Stage};
use icosian_ir::graph::{
    BinaryOperator, Binding, Graph, GraphBuilder, NodeKind, TIME_ZONE_VERSION, TableRows, Tag,
    UNICODE_VERSION,
};
use icosian_ir::id::{ExprId, TableId};
use icosian_ir::op::{
    CastMode, Cumulative, Fraction, Interpolation, Op, Overflow, Reduction, Window,
};
use icosian_ir::types::{ScalarType, TimeUnit, Zone};
use icosian_ir::value::Value;

/// The graph that the text of `graph` gives, which prints the same.
fn reread(graph: &Graph) -> (String, Graph) {
    let text = graph.to_string();
    let flow = match Flow::from_text(&text) {
        Ok(flow) => flow,
        Err(error) => panic!("{}\n{text}", error.render(false)),
    };
    let again = flow.graph().to_string();
    if let Some((first, second)) = text.lines().zip(again.lines()).find(|(a, b)| a != b) {
        panic!("{first}\n{second}");
    }
    assert_eq!(text.len(), again.len());
    (text, flow.graph().clone())
}

fn checked(text: &str) -> Graph {
    match Flow::from_text(text) {
        Ok(flow) => flow.graph().clone(),
        Err(error) => panic!("{}", error.render(false)),
    }
}

/// The body of a canonical text, without its first line.
fn body(text: &str) -> &str {
    text.split_once('\n').map_or("", |(_, body)| body)
}

fn source(builder: &mut GraphBuilder, name: &str) -> TableId {
    builder.table(name, "", TableRows::Source(None)).unwrap()
}

fn column(builder: &mut GraphBuilder, table: TableId, name: &str, scalar: ScalarType) -> ExprId {
    let node = builder
        .column(table, name, name, scalar.nullable())
        .unwrap();
    builder.use_node(node)
}

#[test]
fn the_first_line_names_the_versions() {
    let text = Graph::default().to_string();
    assert_eq!(
        text,
        "# icosian flow, language 1, unicode 17.0, time zones 2025b\n"
    );
    assert_eq!(UNICODE_VERSION, "17.0");
    assert_eq!(TIME_ZONE_VERSION, chrono_tz::IANA_TZDB_VERSION);
}

#[test]
fn constants_keep_their_values_and_types() {
    use ScalarType::{Bool, Date, Duration, F32, F64, Str, Timestamp};
    use TimeUnit::{Microsecond, Millisecond, Nanosecond, Second};
    let utc = Zone::new("UTC");
    let new_york = Zone::new("America/New_York");
    let mut constants = Vec::new();
    let units = [Second, Millisecond, Microsecond, Nanosecond];
    let mut scalars = vec![
        Bool,
        ScalarType::I8,
        ScalarType::I16,
        ScalarType::I32,
        ScalarType::I64,
        ScalarType::U8,
        ScalarType::U16,
        ScalarType::U32,
        ScalarType::U64,
        F32,
        F64,
        Str,
        Date,
    ];
    for unit in units {
        scalars.push(Duration(unit));
        scalars.extend([None, utc, new_york].map(|zone| Timestamp(unit, zone)));
    }
    for scalar in scalars {
        constants.push((Value::Null, scalar));
        if let Some((least, greatest)) = scalar.lane_range() {
            for value in [least, greatest, 0, 1, 86_400, 2_000, 1_357_016_400] {
                let value = value.clamp(least, greatest);
                constants.push((Value::Integer(value), scalar));
            }
            if least < 0 {
                constants.push((Value::Integer(-7), scalar));
            }
        }
    }
    let floats = [
        0.0,
        -0.0,
        1.0,
        -2.5,
        0.1,
        1e300,
        5e-324,
        f64::MAX,
        f64::MIN,
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
    ];
    for float in floats {
        constants.push((Value::F64(float), F64));
        constants.push((Value::F32(float as f32), F32));
    }
    // The nearest f64 of 8.5899346e9 is no tie, but that of this one's shortest decimal may be.
    for bits in [
        1,
        0x7f7f_ffff,
        0x0080_0000,
        0x3f80_0001,
        0x15ae_43fd,
        0x0000_03ff,
    ] {
        constants.push((Value::F32(f32::from_bits(bits)), F32));
    }
    let texts = [
        "",
        "a\"b\\c",
        "two\nlines\r\n\ttab",
        "\u{1}\u{7f}\u{85}é😀",
        "{n} `x` # no",
    ];
    for text in texts {
        constants.push((Value::Str(text.into()), Str));
    }
    constants.extend([(Value::Bool(true), Bool), (Value::Bool(false), Bool)]);

    let mut builder = GraphBuilder::new();
    let table = source(&mut builder, "t");
    for (position, (value, scalar)) in constants.iter().enumerate() {
        let literal = builder.literal_of(value.clone(), *scalar);
        builder
            .define(None, &format!("c{position}"), literal)
            .unwrap();
        // Beside a column its type may be left out.
        let name = format!("x{position}");
        let beside = column(&mut builder, table, &name, *scalar);
        let either = builder
            .binary(BinaryOperator::Coalesce, beside, literal)
            .unwrap();
        builder
            .define(None, &format!("y{position}"), either)
            .unwrap();
        let mut ty = scalar.required();
        ty.nullable = value.is_null();
        let name = format!("p{position}");
        builder.param(&name, ty, Some(value.clone())).unwrap();
    }
    let (text, again) = reread(&builder.finish());
    let root = |name: &str| match again.nodes[again.node(name).expect("a node")].kind {
        NodeKind::Definition(root) => &again.expressions[root],
        _ => panic!("{name} is no definition"),
    };
    for (position, (value, scalar)) in constants.iter().enumerate() {
        let literal = root(&format!("c{position}"));
        assert_eq!(literal.op, Op::Literal(value.clone()), "{scalar}\n{text}");
        assert_eq!(literal.ty.scalar, *scalar);
        let either = root(&format!("t.y{position}"));
        let second = &again.expressions[either.args[1]];
        assert_eq!(second.op, Op::Literal(value.clone()), "{scalar}");
        assert_eq!(second.ty.scalar, *scalar);
        let param = again.node(&format!("p{position}")).expect("a param");
        let default = Some(value.clone());
        assert_eq!(again.nodes[param].kind, NodeKind::Param { default });
        assert_eq!(again.nodes[param].ty.scalar, *scalar);
    }
}

#[test]
fn names_are_quoted_and_hidden_ones_are_reached() {
    let mut builder = GraphBuilder::new();
    // A table, a scalar and a column of one name; words of the grammar; dots, spaces, letters.
    let words = [
        "t", "where", "order", "nan", "True", "else", "a.b", "x y", "é", "3h", "len", "over", "_",
    ];
    let table = source(&mut builder, "t");
    let other = source(&mut builder, "geo.where");
    let mut columns = Vec::new();
    for word in words {
        columns.push(column(&mut builder, table, word, ScalarType::F64));
    }
    let there = column(&mut builder, other, "t", ScalarType::F64);
    let top = builder.literal(Value::F64(2.0));
    let top = builder.define(None, "nan", top).unwrap();
    let top = builder.use_node(top);
    let mut sum = builder
        .reduce(Reduction::Sum, other, Some(there), &[])
        .unwrap();
    for value in columns {
        sum = builder.binary(BinaryOperator::Add, sum, value).unwrap();
    }
    let scaled = builder.binary(BinaryOperator::Mul, sum, top).unwrap();
    let node = builder.define(None, "inf", scaled).unwrap();
    let of_own = builder
        .reduce(Reduction::Sum, table, Some(scaled), &[])
        .unwrap();
    let share = builder.binary(BinaryOperator::Div, scaled, of_own).unwrap();
    builder.define(None, "group by", share).unwrap();
    builder.output("left", vec![node]);
    let graph = builder.finish();
    let (text, again) = reread(&graph);
    for node in graph.nodes.values() {
        let found = again.node(&node.name).expect(&text);
        assert_eq!(again.nodes[found].ty, node.ty);
    }
}

#[test]
fn bindings_documentation_and_tags_survive() {
    let mut builder = GraphBuilder::new();
    builder.set_doc("A \"flow\"\nwith a \\ in it.");
    let binding = Binding {
        path: "a\\b \"c\".csv".to_owned(),
        null: vec!["NA".to_owned(), "\"\"".to_owned()],
        delimiter: Some('\t'),
    };
    let rows = TableRows::Source(Some(binding));
    let table = builder
        .table("t", "What.\n\nAnd how,\n  and why.", rows)
        .unwrap();
    let header = "Work load \"Average\"/day ";
    let ty = ScalarType::F64.required();
    let node = builder.column(table, "load", header, ty).unwrap();
    let tag = |name: &str, args: Vec<Value>| Tag {
        name: name.to_owned(),
        args,
    };
    let tags = vec![
        tag(
            "owner",
            vec![Value::Str("o\"ps".into()), Value::Integer(-3)],
        ),
        tag("if", Vec::new()),
        tag("k", vec![Value::F64(-0.5), Value::Bool(true), Value::Null]),
    ];
    builder.describe(node, "Load.", tags.clone());
    let value = builder.use_node(node);
    let mean = builder
        .reduce(Reduction::Mean, table, Some(value), &[])
        .unwrap();
    let mean = builder.define(None, "mean", mean).unwrap();
    builder.describe(mean, "The mean.", tags);
    builder.set_fit(mean);
    let graph = builder.finish();
    let (_, again) = reread(&graph);
    assert_eq!(again.doc, graph.doc);
    for (left, right) in graph.tables.values().zip(again.tables.values()) {
        assert_eq!((&left.doc, &left.rows), (&right.doc, &right.rows));
        assert_eq!(left.fit, right.fit);
    }
    for (left, right) in graph.nodes.values().zip(again.nodes.values()) {
        assert_eq!((&left.doc, &left.tags), (&right.doc, &right.tags));
        assert_eq!(left.fit, right.fit);
    }
    let load = again.node("t.load").expect("a column");
    let source_name = header.to_owned();
    assert_eq!(again.nodes[load].kind, NodeKind::Column { source_name });
}

/// Every op in which a mode, an option or the form of its arguments shows.
#[test]
fn ops_keep_their_modes() {
    use ScalarType::{Bool, Date, Duration, F64, I32, I64, Timestamp, U64};
    let mut builder = GraphBuilder::new();
    let table = source(&mut builder, "t");
    let i = column(&mut builder, table, "i", I32);
    let j = column(&mut builder, table, "j", I64);
    let u = column(&mut builder, table, "u", U64);
    let f = column(&mut builder, table, "f", F64);
    let b = column(&mut builder, table, "b", Bool);
    let d = column(&mut builder, table, "d", Date);
    let e = column(&mut builder, table, "e", Date);
    let new_york = Zone::new("America/New_York");
    let ms = Timestamp(TimeUnit::Millisecond, new_york);
    let t = column(&mut builder, table, "ts", ms);
    let w = column(&mut builder, table, "w", Duration(TimeUnit::Second));
    let mut made = Vec::new();
    for mode in [Overflow::Raise, Overflow::Wrap, Overflow::Null] {
        for operator in [
            BinaryOperator::Add,
            BinaryOperator::Sub,
            BinaryOperator::Mul,
        ] {
            made.push(builder.arithmetic(operator, mode, i, j).unwrap());
            made.push(builder.arithmetic(operator, mode, f, f).unwrap());
        }
        made.push(builder.add(Op::Neg(mode), vec![j]).unwrap());
        made.push(builder.add(Op::Neg(mode), vec![f]).unwrap());
        let days = builder.literal_of(Value::Integer(-5 * 86_400), Duration(TimeUnit::Second));
        made.push(
            builder
                .arithmetic(BinaryOperator::Add, mode, d, days)
                .unwrap(),
        );
        made.push(builder.arithmetic(BinaryOperator::Sub, mode, d, e).unwrap());
        made.push(builder.arithmetic(BinaryOperator::Sub, mode, t, w).unwrap());
        made.push(builder.arithmetic(BinaryOperator::Mul, mode, w, i).unwrap());
    }
    let two = builder.literal_of(Value::Integer(2_000), Duration(TimeUnit::Millisecond));
    made.push(builder.binary(BinaryOperator::Add, t, two).unwrap());
    made.push(builder.binary(BinaryOperator::Add, w, two).unwrap());
    made.push(builder.binary(BinaryOperator::Div, w, two).unwrap());
    for (value, to) in [
        (i, ScalarType::I8),
        (j, ScalarType::U16),
        (u, I64),
        (f, I32),
        (j, ScalarType::F32),
        (i, F64),
        (b, ScalarType::U8),
        (i, Date),
        (d, Timestamp(TimeUnit::Nanosecond, None)),
        (t, Timestamp(TimeUnit::Microsecond, None)),
        (t, Timestamp(TimeUnit::Second, new_york)),
        (j, ms),
        (w, Duration(TimeUnit::Nanosecond)),
        (j, Duration(TimeUnit::Second)),
        (d, I32),
        (t, I64),
    ] {
        made.push(builder.cast(value, to, CastMode::Raise).unwrap());
        made.push(builder.cast(value, to, CastMode::Null).unwrap());
        if let Ok(wrapped) = builder.cast(value, to, CastMode::Wrap) {
            made.push(wrapped);
        }
    }
    for ddof in [0, 1, 2, 255] {
        for reduction in [Reduction::Var { ddof }, Reduction::Std { ddof }] {
            made.push(builder.reduce(reduction, table, Some(f), &[]).unwrap());
            made.push(builder.reduce(reduction, table, Some(f), &[i, b]).unwrap());
        }
    }
    let mut of_one = vec![
        Reduction::Product,
        Reduction::NUnique,
        Reduction::ApproxNUnique,
        Reduction::Mode,
    ];
    for q in [0.0, 0.1, 0.5, 1e-300, 1.0] {
        let q = Fraction::new(q).unwrap();
        for interpolation in Interpolation::ALL {
            of_one.push(Reduction::Quantile { q, interpolation });
        }
    }
    for flag in [true, false] {
        of_one.extend([
            Reduction::Skew { bias: flag },
            Reduction::Kurtosis { bias: flag },
            Reduction::First { skip_null: flag },
            Reduction::Last { skip_null: flag },
        ]);
    }
    for reduction in of_one {
        made.push(builder.reduce(reduction, table, Some(f), &[]).unwrap());
        made.push(builder.reduce(reduction, table, Some(b), &[i, d]).unwrap());
    }
    for reduction in [
        Reduction::AtMax,
        Reduction::AtMin,
        Reduction::Cov { ddof: 0 },
        Reduction::Cov { ddof: 1 },
        Reduction::Corr,
        Reduction::WeightedMean,
    ] {
        made.push(builder.reduce(reduction, table, [f, i], &[]).unwrap());
        made.push(builder.reduce(reduction, table, [b, f], &[i]).unwrap());
        let one = builder.literal(Value::F64(1.0));
        made.push(builder.reduce(reduction, table, [f, one], &[]).unwrap());
    }
    made.push(builder.reduce(Reduction::Len, table, None, &[]).unwrap());
    made.push(builder.reduce(Reduction::Len, table, None, &[d]).unwrap());
    // What `over` would take for its own, and constants where the rows decide.
    let mean = builder
        .reduce(Reduction::Mean, table, Some(f), &[])
        .unwrap();
    let centred = builder.binary(BinaryOperator::Sub, f, mean).unwrap();
    made.push(
        builder
            .reduce(Reduction::Sum, table, Some(centred), &[i])
            .unwrap(),
    );
    let before = builder.window(Window::Shift { rows: 1 }, f).unwrap();
    made.push(
        builder
            .reduce(Reduction::Sum, table, Some(before), &[i])
            .unwrap(),
    );
    let one = builder.literal(Value::Integer(1));
    made.push(
        builder
            .reduce(Reduction::Sum, table, Some(one), &[])
            .unwrap(),
    );
    made.push(
        builder
            .reduce(Reduction::Sum, table, Some(one), &[one])
            .unwrap(),
    );
    let inner = builder
        .reduce(Reduction::Sum, table, Some(f), &[b])
        .unwrap();
    made.push(
        builder
            .reduce(Reduction::Max, table, Some(inner), &[i])
            .unwrap(),
    );
    made.push(
        builder
            .reduce(Reduction::Max, table, Some(inner), &[])
            .unwrap(),
    );
    for window in [
        Window::Shift { rows: i64::MIN },
        Window::Shift { rows: 0 },
        Window::Cumulative(Cumulative::Sum),
        Window::rolling(Reduction::Sum, 5, 0),
        Window::rolling(Reduction::Mean, 1 << 62, 1),
    ] {
        made.push(builder.window(window, f).unwrap());
    }
    made.push(
        builder
            .compare(icosian_ir::op::Comparison::Less, j, u)
            .unwrap(),
    );
    for (position, value) in made.iter().enumerate() {
        builder
            .define(None, &format!("o{position}"), *value)
            .unwrap();
    }
    let graph = builder.finish();
    let (text, again) = reread(&graph);
    // The columnar IR knows no names of values: it is the same to the letter.
    let columns = |graph: Graph| {
        let prepared = Flow::from_graph(graph).outputs().prepare().unwrap();
        prepared.explain(Stage::Columns).unwrap()
    };
    assert_eq!(graph.default_outputs().len(), made.len());
    assert_eq!(columns(graph), columns(again), "{text}");
}

#[test]
fn group_blocks_hold_what_only_they_can_say() {
    let text = "\
table t {
    k: str
    x: f64?
}
extend t {
    y: f64? = x * 2.0
}
param least: f64 = 0.0
table g = t group by k = k {
    n: i64 = len()
    spread: f64? = max(y - mean(y)) - min(y)
    low: f64 = min(sum(x), least)
    mean: f64 = sum(x if x > mean(x) else 0.0) / f64(count(y))
}
total: f64? = max(g.low)
extend g {
    share: f64 = low / sum(low)
    before: i64? = n.shift(1)
}
table big = g where n > 3 and low < mean(low)
extend big {
    rank: i64 = n.cumulative_sum()
}
";
    let graph = checked(text);
    assert_eq!(body(&graph.to_string()), text);
    reread(&graph);
}

#[test]
fn what_stands_in_the_wrong_place_gets_a_name() {
    // `share` needs the block and the rows around it; its parts part.
    let graph = checked(
        "table t { k: str, x: f64 }
         table g = t group by k { s = sum(x), share = mean(x) / t.len(), n = len() }
         a = t.x * t.x + 1
         b = (t.x * t.x).shift(1)",
    );
    let (text, again) = reread(&graph);
    let names = |graph: &Graph| -> Vec<String> {
        let outputs = graph.default_outputs().into_iter();
        outputs.map(|node| graph.nodes[node].name.clone()).collect()
    };
    assert_eq!(
        names(&graph),
        ["g.k", "g.s", "g.share", "g.n", "t.a", "t.b"]
    );
    assert_eq!(names(&again), names(&graph));
    let wanted = "\
table t {
    k: str
    x: f64
}
table g = t group by k = k {
    _1: f64 = mean(x)
    _3: i64 = len()
    s: f64 = sum(x)
}
extend g {
    share: f64 = _1 / f64(t.len())
    n: i64 = _3
}
extend t {
    _2: f64 = x * x
    a: f64 = _2 + 1.0
    b: f64? = _2.shift(1)
}
";
    assert_eq!(body(&text), wanted);
}

#[test]
fn long_chains_wide_sums_and_much_sharing_print_in_one_pass() {
    // 100,000 nodes, each on the one before.
    let mut builder = GraphBuilder::new();
    let table = source(&mut builder, "t");
    let mut last = column(&mut builder, table, "x", ScalarType::F64);
    let one = builder.literal(Value::F64(1.0));
    for position in 0..100_000 {
        let next = builder.binary(BinaryOperator::Add, last, one).unwrap();
        let node = builder.define(None, &format!("n{position}"), next).unwrap();
        last = builder.use_node(node);
    }
    let (text, _) = reread(&builder.finish());
    assert_eq!(text.lines().count(), 100_000 + 6);

    // A sum of 10,000 terms and its mirror image; 10,000 calls in each other.
    let mut builder = GraphBuilder::new();
    let table = source(&mut builder, "t");
    let x = column(&mut builder, table, "x", ScalarType::F64);
    let (mut left, mut right, mut calls) = (x, x, x);
    for position in 0..10_000 {
        let term = builder.literal(Value::F64(f64::from(position)));
        let term = builder.binary(BinaryOperator::Mul, x, term).unwrap();
        left = builder.binary(BinaryOperator::Add, left, term).unwrap();
        right = builder.binary(BinaryOperator::Sub, term, right).unwrap();
        calls = builder.math(icosian_ir::op::Math::Sin, &[calls]).unwrap();
    }
    builder.define(None, "left", left).unwrap();
    builder.define(None, "right", right).unwrap();
    builder.define(None, "calls", calls).unwrap();
    let (text, _) = reread(&builder.finish());
    assert!(text.len() < 1_000_000);

    // 2^60 paths.
    let mut builder = GraphBuilder::new();
    let table = source(&mut builder, "t");
    let mut shared = column(&mut builder, table, "x", ScalarType::F64);
    for _ in 0..60 {
        shared = builder.binary(BinaryOperator::Add, shared, shared).unwrap();
    }
    builder.define(None, "y", shared).unwrap();
    let (text, again) = reread(&builder.finish());
    assert_eq!(text.lines().count(), 60 + 6);
    assert_eq!(again.default_outputs().len(), 1);
}
