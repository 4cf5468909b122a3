//! Random graphs over awkward data: machine code gives what the interpreter gives, bit for bit,
//! whatever the chunks and the threads, and raises where it raises.

use icosian::{Backend, Flow, Inputs, ParallelExecutor};
use icosian_tests::compare::difference;
use icosian_tests::data::{Numbers, places, table};
use icosian_tests::random_graph::{Shape, random_graph};
use proptest::prelude::{ProptestConfig, any, prop_assert, prop_assert_eq, proptest};

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn machine_code_agrees_with_the_interpreter(
        seed in any::<u64>(),
        expressions in 1usize..60,
        rows in 0usize..2_500,
        chunk in 0usize..4,
        threads in 1usize..3,
        raising in any::<bool>(),
    ) {
        let mut numbers = Numbers(seed);
        let shape = Shape { expressions, outputs: 24, raising };
        let graph = random_graph(&mut numbers, shape);
        let rows = if raising { rows % 40 } else { rows };
        let chunk = [1, 3, 1024, 4_000][chunk];
        let chunk = if rows > 200 { chunk.max(3) } else { chunk };
        let inputs = Inputs::new()
            .batches("t", table(rows, chunk, &mut numbers))
            .batches("places", vec![places()]);
        let text = graph.to_string();
        let flow = Flow::from_graph(graph);
        let interpreted = flow.outputs().backend(Backend::Interpreter).prepare().unwrap();
        let expected = interpreted.run(&inputs).and_then(|output| output.arrays());
        let executor = ParallelExecutor::new(threads).unwrap();
        let compiled = flow.outputs().prepare().unwrap();
        let found = compiled.run_with(&inputs, &executor).and_then(|output| output.arrays());
        match (expected, found) {
            (Ok(expected), Ok(found)) => {
                prop_assert_eq!(expected.len(), found.len());
                for (name, expected) in &expected {
                    let difference = difference(expected, &found[name]);
                    prop_assert!(difference.is_none(), "{name}: {}\n{text}", difference.unwrap());
                }
            }
            (Err(_), Err(_)) => {}
            (Ok(_), Err(error)) => prop_assert!(false, "only machine code raises: {error}\n{text}\n{}", compiled.explain(icosian::Stage::Plan).unwrap()),
            (Err(error), Ok(_)) => prop_assert!(false, "only the interpreter raises: {error}\n{text}"),
        }
    }
}
