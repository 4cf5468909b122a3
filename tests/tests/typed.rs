//! Flows written as Rust functions: what becomes of them, and how their mistakes are told.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Float64Array, Int32Array, RecordBatch, StringArray};
use arrow::datatypes::{Float64Type, Int32Type};
use icosian::diagnostic::Code;
use icosian::{Constant, Flow, Inputs};

/// Flights and where they go.
#[icosian::flow(table = "flights")]
mod flights {
    use icosian::typed::{Base, Col, Param, Scalar, Symbol, Text};

    /// A helper, no node: it has a type parameter.
    fn square<S: icosian::typed::Shape, T: icosian::typed::Element>(
        x: Symbol<'_, S, T>,
    ) -> Symbol<'_, S, T>
    where
        T::Base: Base,
    {
        x
    }

    /// Ground speed, miles per hour.
    #[tag(owner = "ops", slow)]
    fn speed(distance: Col<i32>, air_time: Col<Option<i32>>) -> Col<Option<f64>> {
        distance / air_time * 60.0
    }

    #[fit]
    fn top(speed: Col<Option<f64>>) -> Scalar<Option<f64>> {
        square(speed).max()
    }

    fn late_by(
        arr_delay: Col<Option<i32>>,
        carrier: Col<Text>,
        #[default(15)] grace: Param<f64>,
    ) -> Col<Option<f64>> {
        arr_delay - arr_delay.over(carrier).mean() - grace.value
    }

    /// How high the destination lies; 0 where it is not known.
    fn height(
        dest: Col<Text>,
        #[table("airports")] faa: Col<Text>,
        #[table("airports")] alt: Col<i32>,
    ) -> Col<i32> {
        faa.find(dest).get(alt).or_else(0)
    }

    fn far(distance: Col<i32>, speed: Col<Option<f64>>) -> Col<bool> {
        (distance.greater(1_000) & !speed.is_null()) | distance.equals(0)
    }

    fn haul(far: Col<bool>, distance: Col<i32>) -> Col<i64> {
        far.choose(distance.cast::<i64>(), -distance)
    }

    #[when(mode = "batch")]
    fn scale(distance: Col<i32>) -> Scalar<Option<f64>> {
        distance.mean()
    }

    #[when(mode = "serve")]
    #[name("scale")]
    fn scale_served(given_scale: Param<Option<f64>>) -> Scalar<Option<f64>> {
        given_scale.value
    }
}

fn configs(mode: &str) -> BTreeMap<String, String> {
    BTreeMap::from([("mode".to_owned(), mode.to_owned())])
}

fn inputs() -> Inputs {
    let text = |texts: &[&str]| -> ArrayRef { Arc::new(StringArray::from(texts.to_vec())) };
    let flights = RecordBatch::try_from_iter_with_nullable([
        ("carrier", text(&["UA", "UA", "AA"]), false),
        ("dest", text(&["DEN", "XXX", "MIA"]), false),
        (
            "distance",
            Arc::new(Int32Array::from(vec![1_620, 300, 1_089])) as ArrayRef,
            false,
        ),
        (
            "air_time",
            Arc::new(Int32Array::from(vec![Some(240), Some(60), None])),
            true,
        ),
        (
            "arr_delay",
            Arc::new(Int32Array::from(vec![Some(30), Some(10), None])),
            true,
        ),
    ]);
    let airports = RecordBatch::try_from_iter([
        ("faa", text(&["MIA", "DEN"])),
        (
            "alt",
            Arc::new(Int32Array::from(vec![8, 5_431])) as ArrayRef,
        ),
    ]);
    Inputs::new()
        .batches("flights", vec![flights.unwrap()])
        .batches("airports", vec![airports.unwrap()])
}

#[test]
fn functions_are_nodes() {
    let graph = flights::graph_with(&configs("batch")).unwrap();
    let speed = &graph.nodes[graph.node("flights.speed").unwrap()];
    assert_eq!(speed.doc, "Ground speed, miles per hour.");
    assert_eq!(speed.tags.len(), 2);
    assert_eq!(speed.tags[0].args, [Constant::Str("ops".into())]);
    assert!(graph.nodes[graph.node("top").unwrap()].fit);
    assert_eq!(graph.doc, "Flights and where they go.");

    let flow = Flow::from_graph(graph);
    let output = flow.outputs().prepare().unwrap().run(&inputs()).unwrap();
    let table = output.table("flights").unwrap();
    let floats = |name: &str| {
        let column = table.column_by_name(name).unwrap();
        column
            .as_primitive::<Float64Type>()
            .iter()
            .collect::<Vec<_>>()
    };
    assert_eq!(floats("speed"), [Some(405.0), Some(300.0), None]);
    assert_eq!(floats("late_by"), [Some(-5.0), Some(-25.0), None]);
    let height = table.column_by_name("height").unwrap();
    assert_eq!(height.as_primitive::<Int32Type>().values(), &[5_431, 0, 8]);
    assert_eq!(height.null_count(), 0);
    let far = table.column_by_name("far").unwrap().as_boolean();
    assert_eq!(
        far.iter().collect::<Vec<_>>(),
        [Some(true), Some(false), Some(false)]
    );
    assert_eq!(output.scalar("top"), Some(&Constant::F64(405.0)));
    assert_eq!(output.scalar("scale"), Some(&Constant::F64(1_003.0)));
}

#[test]
fn columns_come_in_the_order_of_the_functions_and_params_are_given() {
    let flow = Flow::from_graph(flights::graph_with(&configs("serve")).unwrap());
    let names: Vec<String> = flow
        .outputs()
        .names()
        .iter()
        .map(|name| (*name).to_owned())
        .collect();
    let wanted = [
        "flights.speed",
        "top",
        "flights.late_by",
        "flights.height",
        "flights.far",
        "flights.haul",
        "scale",
    ];
    assert_eq!(names, wanted);
    let prepared = flow
        .select(&["scale", "late_by"])
        .unwrap()
        .prepare()
        .unwrap();
    let inputs = inputs()
        .param("given_scale", Constant::F64(2.0))
        .param("grace", Constant::F64(0.0));
    let output = prepared.run(&inputs).unwrap();
    assert_eq!(output.scalar("scale"), Some(&Constant::F64(2.0)));
    let late = output.table("flights").unwrap().column(0).clone();
    let late = late
        .as_any()
        .downcast_ref::<Float64Array>()
        .unwrap()
        .clone();
    assert_eq!(late.value(0), 10.0);
}

#[test]
fn the_graph_is_that_of_the_text() {
    #[icosian::flow(table = "t")]
    mod functions {
        use icosian::typed::{Col, Scalar};
        fn mean_x(x: Col<f64>) -> Scalar<Option<f64>> {
            x.mean()
        }
        fn centred(x: Col<f64>, mean_x: Scalar<Option<f64>>) -> Col<Option<f64>> {
            x - mean_x
        }
    }
    let text =
        Flow::from_text("table t { x: f64 }\nmean_x = mean(x)\nextend t { centred = x - mean_x }");
    let written = text.unwrap().graph().to_string();
    assert_eq!(functions::graph().unwrap().to_string(), written);
}

#[track_caller]
fn refused(result: Result<icosian::Graph, icosian::Error>, code: Code, words: &[&str]) {
    let error = result.unwrap_err();
    let diagnostic = &error.diagnostics()[0];
    assert_eq!(diagnostic.code, code, "{diagnostic:?}");
    let notes = diagnostic.notes.join("\n");
    for word in words {
        let told = diagnostic.message.contains(word) || notes.contains(word);
        assert!(told, "{word}: {diagnostic:?}");
    }
    assert!(notes.contains("typed.rs:"), "{notes}");
}

#[test]
fn mistakes_name_the_function_and_its_line() {
    #[icosian::flow(table = "t")]
    mod circle {
        use icosian::typed::Col;
        fn a(c: Col<f64>) -> Col<f64> {
            c + 1.0
        }
        fn b(a: Col<f64>) -> Col<f64> {
            a
        }
        fn c(b: Col<f64>) -> Col<f64> {
            b
        }
    }
    refused(
        circle::graph(),
        Code::DefinitionCycle,
        &["a → c → b → a", "in `a`"],
    );

    #[icosian::flow(table = "t")]
    mod types {
        use icosian::typed::Col;
        fn a(x: Col<i32>) -> Col<i32> {
            x
        }
        fn b(a: Col<i64>) -> Col<i64> {
            a
        }
    }
    refused(
        types::graph(),
        Code::TypeMismatch,
        &["`a` is i32, not i64", "in `b`"],
    );

    #[icosian::flow(table = "t")]
    mod nulls {
        use icosian::typed::{Col, Scalar};
        fn a(x: Col<f64>) -> Scalar<Option<f64>> {
            x.mean()
        }
        fn b(a: Scalar<f64>) -> Scalar<f64> {
            a
        }
    }
    refused(
        nulls::graph(),
        Code::NullableValue,
        &["`a` may be null", "in `b`"],
    );

    #[icosian::flow(table = "t")]
    mod rows {
        use icosian::typed::Col;
        fn a(x: Col<f64>, #[table("u")] y: Col<f64>) -> Col<f64> {
            x + y
        }
    }
    refused(rows::graph(), Code::DomainClash, &["in `a`"]);

    #[icosian::flow(table = "t")]
    mod unknown {
        use icosian::typed::{Col, Scalar};
        fn total(x: Col<f64>) -> Scalar<f64> {
            x.sum()
        }
        fn b(totl: Scalar<f64>) -> Scalar<f64> {
            totl
        }
    }
    refused(unknown::graph(), Code::UnknownName, &["`totl`", "in `b`"]);
    refused(flights::graph(), Code::BadConfig, &["`mode`", "in `scale`"]);

    #[icosian::flow(table = "t")]
    mod twice {
        use icosian::typed::Col;
        fn a(x: Col<f64>) -> Col<f64> {
            x
        }
        #[name("a")]
        fn other(x: Col<f64>) -> Col<f64> {
            x
        }
    }
    refused(twice::graph(), Code::NameTaken, &["`a` is defined twice"]);

    #[icosian::flow(table = "t")]
    mod literals {
        use icosian::typed::Col;
        fn a(x: Col<i8>) -> Col<i8> {
            x + 1_000
        }
    }
    refused(
        literals::graph(),
        Code::TypeMismatch,
        &["declared i8", "in `a`"],
    );
}
