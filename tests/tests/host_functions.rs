//! Functions of the host: the same answers on every engine, faults told by node and function.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use arrow::array::{Array, ArrayRef, AsArray, Float64Array, Int64Array, StringArray};
use arrow::datatypes::{Float64Type, Int64Type};
use icosian::{Backend, Executor, Flow, FlowOptions, ParallelExecutor, SerialExecutor};
use icosian_tests::partitions::Partitions;

const FLOW: &str = r#"
extern fn half(x: f64?) -> f64?
extern fn tagged(name: str?, count: i64) -> str
extern fn width(name: str) -> i64
extern fn seven() -> f64
table t { x: f64?, s: str?, n: i64, big: i64 }
h = half(x * 2) + 1
label = tagged(s.lower(), n)
long = width(label) > 3
wide = sum(width(label)) + seven()
part = sum(half(x)) over long
table kept = t where half(x) > 1
extend kept { again = half(h) }
once = half(mean(t.x))
shifted = half(x).shift(1)
risky = half(f64(big + big))
safe = risky if big < 10 else 0
test "rows" {
    given t(
        x=[1.0, null, 5.0, 6.0], s=["Ab", null, "", "XYZ"], n=[1, 2, 3, 4],
        big=[1, 9223372036854775807, 2, 3]
    )
    expect h is [2.0, null, 6.0, 7.0]
    expect label is ["ab1", "?2", "3", "xyz4"]
    expect long is [false, false, false, true]
    expect wide is 17.0
    expect part is [3.0, 3.0, 3.0, 3.0]
    expect kept.again is [3.0, 3.5]
    expect once is 2.0
    expect shifted is [null, 0.5, null, 2.5]
}
test "errors stay in their rows" {
    given t(x=[1.0, 2.0], n=[1, 2], big=[1, 9223372036854775807])
    expect safe is [1.0, 0.0]
}
test "no rows" {
    expect h is []
    expect label is []
    expect wide is 7.0
    expect once is null
}
"#;

/// Functions that need all rows, and one that gives other values at every call.
const WHOLE: &str = r#"
@whole_column
extern fn share(x: f64?, scale: f64) -> f64?
@whole_column
extern fn backwards(s: str?) -> str?
@nondeterministic
extern fn ticket(x: f64) -> i64
param scale: f64 = 100
table t { x: f64?, s: str?, g: i64, big: i64 }
part = share(x + 1, scale)
of_one = share(x, max(x) ?? 1.0)
back = backwards(s.upper()) + "!"
first = ticket(g * 1.0)
second = ticket(g * 1.0)
nth = first - min(first)
apart = first != second
table kept = t where part > 20
extend kept {
    again = share(x, 1)
    number = first
}
kept_sum = sum(kept.part)
table groups = t group by g { total = sum(part) }
extend groups { of_all = share(total, 1) }
risky = share(f64(big + 1), 1)
safe = risky if x > 0 else 0
numbered = first == kept_first
kept_first = max(first)
test "rows" {
    given t(x=[1.0, null, 0.0, 5.0], s=["a", null, "", "d"], g=[1, 2, 1, 2])
    expect part is [22.22222222222222, null, 11.11111111111111, 66.66666666666666]
    expect of_one is [0.8333333333333333, null, 0.0, 4.166666666666667]
    expect back is ["D!", "!", null, "A!"]
    expect nth is [0, 1, 2, 3]
    expect apart is [true, true, true, true]
    expect kept.again is [0.16666666666666666, 0.8333333333333334]
    expect kept_sum is 88.88888888888889
    expect groups.of_all is [0.3333333333333333, 0.6666666666666666]
    expect numbered is [false, false, false, true]
}
test "no rows" {
    expect part is []
    expect back is []
    expect nth is []
    expect kept.again is []
    expect groups.of_all is []
}
"#;

#[test]
fn functions_of_whole_columns_are_called_once_over_all_rows() {
    let flow = whole();
    for told in told(&flow) {
        assert_eq!(told, "");
    }
    let text = flow.graph().to_string();
    for part in [
        "@whole_column\nextern fn share(",
        "@nondeterministic\nextern fn ticket(",
    ] {
        assert!(text.contains(part), "{text}");
    }
    let again = Flow::from_text(&text).expect("canonical text");
    assert_eq!(again.graph().to_string(), text);
}

/// An error in one row is an error of every row: all rows depend on it.
#[test]
fn an_error_reaches_every_row_of_a_whole_column() {
    let test = "\ntest \"raises\" {\n given t(x=[1.0, 2.0], big=[1, 9223372036854775807])\n expect safe is [0.0, 0.0]\n}";
    let text = format!("{WHOLE}{test}");
    let flow = with_whole(flow(&text));
    let told = told(&flow);
    // Every engine and way of cutting the rows tells the same of the last test.
    let raised: Vec<&String> = told.iter().filter(|told| !told.is_empty()).collect();
    assert_eq!(raised.len(), told.len() / 3, "{told:?}");
    for told in &raised {
        assert_eq!(told, &raised[0]);
        assert!(told.contains("9223372036854775807 + 1"), "{told}");
    }
}

fn whole() -> Flow {
    with_whole(flow(WHOLE))
}

fn with_whole(flow: Flow) -> Flow {
    let next = Arc::new(AtomicI64::new(0));
    flow.with_function("share", |arguments| {
        let (x, scale) = (&arguments[0], &arguments[1]);
        let x = x.as_primitive::<Float64Type>();
        let scale = scale.as_primitive::<Float64Type>();
        let total: f64 = x.iter().flatten().sum();
        let values = x.iter().zip(scale.values());
        let shares = values.map(|(x, scale)| x.map(|x| x / total * scale));
        Ok(Arc::new(Float64Array::from_iter(shares)) as ArrayRef)
    })
    .with_function("backwards", |arguments| {
        let texts = arguments[0].as_string::<i32>();
        let reversed: Vec<Option<&str>> = texts.iter().collect();
        Ok(Arc::new(StringArray::from_iter(reversed.into_iter().rev())) as ArrayRef)
    })
    .with_function("ticket", move |arguments| {
        let rows = arguments[0].len() as i64;
        let first = next.fetch_add(rows, Ordering::Relaxed);
        Ok(Arc::new(Int64Array::from_iter_values(first..first + rows)) as ArrayRef)
    })
}

fn flow(text: &str) -> Flow {
    let options = FlowOptions {
        tests: true,
        ..FlowOptions::default()
    };
    let flow = match Flow::from_text_with(text, &options) {
        Ok(flow) => flow,
        Err(error) => panic!("{}", error.render(false)),
    };
    flow.with_function("half", |arguments| {
        let x = arguments[0].as_primitive::<Float64Type>();
        Ok(Arc::new(x.unary::<_, Float64Type>(|x| x / 2.0)))
    })
    .with_function("tagged", |arguments| {
        let names = arguments[0].as_string::<i32>();
        let counts = arguments[1].as_primitive::<Int64Type>();
        let rows = names.iter().zip(counts.values());
        let tagged = rows.map(|(name, count)| format!("{}{count}", name.unwrap_or("?")));
        Ok(Arc::new(StringArray::from_iter_values(tagged)) as ArrayRef)
    })
    .with_function("width", |arguments| {
        let names = arguments[0].as_string::<i32>();
        let widths = names
            .iter()
            .map(|name| name.map_or(0, |name| name.len() as i64));
        Ok(Arc::new(Int64Array::from_iter_values(widths)) as ArrayRef)
    })
    .with_function("seven", |_| {
        Ok(Arc::new(Float64Array::from(vec![7.0])) as ArrayRef)
    })
}

/// Every way of running the tests of a flow, with what each tells.
fn told(flow: &Flow) -> Vec<String> {
    let parallel = ParallelExecutor::new(2).expect("threads");
    let ways: [(Backend, &dyn Executor); 4] = [
        (Backend::Interpreter, &SerialExecutor),
        (Backend::Jit, &SerialExecutor),
        (Backend::Jit, &parallel),
        (Backend::Jit, &Partitions),
    ];
    let mut told = Vec::new();
    for test in flow.tests() {
        for batch_rows in [1, 3, 1024] {
            for (backend, executor) in ways {
                told.push(match flow.run_test(test, backend, executor, batch_rows) {
                    Ok(failures) => failures
                        .iter()
                        .map(|told| format!("{}: {}\n", test.title, told.message))
                        .collect(),
                    Err(error) => error.to_string(),
                });
            }
        }
    }
    told
}

#[test]
fn the_host_computes_alike_on_every_engine() {
    let flow = flow(FLOW);
    for told in told(&flow) {
        assert_eq!(told, "");
    }
    let text = flow.graph().to_string();
    let again = Flow::from_text(&text).expect("canonical text");
    assert_eq!(again.graph().to_string(), text);
}

#[test]
fn what_the_host_gives_is_checked() {
    let text = "extern fn f(x: f64) -> f64\ntable t { x: f64 }\ny = f(x)\ntest \"t\" {\n given t(x=[1.0, 2.0])\n expect y is [0.0, 0.0]\n}";
    type Given = Box<dyn Fn(&[ArrayRef]) -> Result<ArrayRef, icosian::HostError> + Send + Sync>;
    let cases: [(Given, &str); 5] = [
        (Box::new(|_| Err("no luck".into())), "no luck"),
        (
            Box::new(|_| panic!("out of luck")),
            "it panicked: out of luck",
        ),
        (
            Box::new(|given| Ok(Arc::new(Float64Array::from(vec![1.0; given[0].len() + 1])))),
            "values for",
        ),
        (
            Box::new(|given| Ok(Arc::new(Int64Array::from(vec![1; given[0].len()])))),
            "it gave Int64, and is declared f64",
        ),
        (
            Box::new(|given| {
                Ok(arrow::array::new_null_array(
                    given[0].data_type(),
                    given[0].len(),
                ))
            }),
            "it gave a null, and is declared f64",
        ),
    ];
    for (function, expected) in cases {
        let flow = flow(text).with_function("f", function);
        for told in told(&flow) {
            assert!(
                told.contains("t.y: the host's function `f` failed"),
                "{told}"
            );
            assert!(told.contains(expected), "{told}");
        }
    }
}

#[test]
fn what_the_host_does_not_supply_is_missed_where_it_is_needed() {
    let text = "extern fn halve(x: f64) -> f64\ntable t { x: f64 }\ny = halve(x)\nz = x + 1";
    let flow = flow(text);
    let error = flow.outputs().prepare().expect_err("a missing function");
    let shown = error.render(false);
    for part in [
        "E0503",
        "`t.y` needs the host's function `halve`",
        "with_function",
    ] {
        assert!(shown.contains(part), "{shown}");
    }
    assert!(flow.select(&["z"]).expect("a node").prepare().is_ok());
}
