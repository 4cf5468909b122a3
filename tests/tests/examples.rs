//! The examples: both engines give the same answers
//! over their data. (What the answers must be, each example's `oracle.py` says.)

use std::path::{Path, PathBuf};

use icosian::{Backend, Flow, FlowOptions, Inputs, SerialExecutor};
use icosian_tests::compare::difference;

fn flows() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    let mut flows = Vec::new();
    for example in std::fs::read_dir(folder).unwrap() {
        let example = example.unwrap().path();
        if example.is_dir() {
            let files = std::fs::read_dir(example).unwrap();
            let files = files.map(|file| file.unwrap().path());
            flows.extend(files.filter(|file| file.extension().is_some_and(|end| end == "flow")));
        }
    }
    flows.sort();
    flows
}

#[test]
fn both_engines_agree_over_the_examples() {
    let flows = flows();
    assert!(flows.len() >= 5, "{flows:?}");
    for path in flows {
        let flow = Flow::load(&path).unwrap_or_else(|error| panic!("{}", error.render(false)));
        let run = |backend| {
            let prepared = flow.outputs().backend(backend).prepare().unwrap();
            let output = prepared.run(&Inputs::new());
            let output = output.unwrap_or_else(|error| panic!("{}", error.render(false)));
            output.arrays().unwrap()
        };
        let (jit, interpreted) = (run(Backend::Jit), run(Backend::Interpreter));
        assert!(!jit.is_empty(), "{}", path.display());
        assert!(jit.keys().eq(interpreted.keys()));
        for (name, array) in &jit {
            let difference = difference(array, &interpreted[name]);
            assert_eq!(difference, None, "{}: {name}", path.display());
        }
    }
}

#[test]
fn the_tests_of_the_examples_pass() {
    let options = FlowOptions {
        tests: true,
        ..FlowOptions::default()
    };
    let mut blocks = 0;
    for path in flows() {
        let flow = Flow::load_with(&[&path], &options);
        let flow = flow.unwrap_or_else(|error| panic!("{}", error.render(false)));
        for test in flow.tests() {
            blocks += 1;
            for backend in [Backend::Jit, Backend::Interpreter] {
                let failures = flow.run_test(test, backend, &SerialExecutor, 2).unwrap();
                assert_eq!(failures, [], "{}: {}", path.display(), test.title);
            }
        }
    }
    assert!(blocks >= 10);
}
