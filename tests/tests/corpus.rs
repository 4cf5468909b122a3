//! The corpus: every `test` block of `tests/flows` and of the examples, on both engines, in batches of
//! 1, 3 and 1,024 rows, on one thread, on two, and in uneven partitions merged by hand.

use std::fs;
use std::path::{Path, PathBuf};

use icosian::{Backend, Executor, Flow, FlowOptions, ParallelExecutor, SerialExecutor};
use icosian_tests::partitions::Partitions;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the workspace")
        .to_path_buf()
}

fn flows(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of flows") {
            let path = entry.expect("a folder entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path
                .extension()
                .is_some_and(|extension| extension == "flow")
            {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn load(path: &Path) -> Flow {
    let options = FlowOptions {
        tests: true,
        ..FlowOptions::default()
    };
    match Flow::load_with(&[path], &options) {
        Ok(flow) => flow,
        Err(error) => panic!("{}", error.render(false)),
    }
}

/// Calls `run` with every way of running a test.
fn every_way(mut run: impl FnMut(&str, Backend, &dyn Executor, usize)) {
    let parallel = ParallelExecutor::new(2).expect("threads");
    for batch_rows in [1, 3, 1024] {
        run(
            "interpreter",
            Backend::Interpreter,
            &SerialExecutor,
            batch_rows,
        );
        run("machine code", Backend::Jit, &SerialExecutor, batch_rows);
        run(
            "machine code, two threads",
            Backend::Jit,
            &parallel,
            batch_rows,
        );
        run(
            "machine code, three partitions",
            Backend::Jit,
            &Partitions,
            batch_rows,
        );
    }
}

#[test]
fn every_test_block_passes_in_every_way() {
    let mut failures = Vec::new();
    let mut blocks = 0;
    let mut paths = flows(&root().join("examples"));
    paths.extend(flows(&root().join("tests/flows")));
    paths.retain(|path| !path.starts_with(root().join("tests/flows/errors")));
    assert!(paths.len() > 30, "the corpus is found");
    for path in paths {
        let flow = load(&path);
        for test in flow.tests() {
            blocks += 1;
            every_way(|way, backend, executor, batch_rows| {
                let told = match flow.run_test(test, backend, executor, batch_rows) {
                    Ok(failures) => failures
                        .iter()
                        .map(|failure| failure.message.clone())
                        .collect(),
                    Err(error) => vec![error.to_string()],
                };
                for message in told {
                    let (path, title) = (path.display(), &test.title);
                    failures.push(format!("{path}: {title}: {way}, {batch_rows}: {message}"));
                }
            });
        }
    }
    assert!(blocks > 100, "the corpus has its tests");
    let count = failures.len();
    failures.truncate(60);
    assert!(
        failures.is_empty(),
        "{count} failures\n{}",
        failures.join("\n")
    );
}

#[test]
fn flows_that_must_fail_do_so_with_the_rows_and_operands_they_name() {
    let mut failures = Vec::new();
    let paths = flows(&root().join("tests/flows/errors"));
    assert!(paths.len() > 10, "the corpus of errors is found");
    for path in paths {
        let text = fs::read_to_string(&path).expect("a flow");
        let wanted: Vec<&str> = text
            .lines()
            .filter_map(|line| line.strip_prefix("# error: "))
            .collect();
        assert!(
            !wanted.is_empty(),
            "{} says what it must report",
            path.display()
        );
        let flow = load(&path);
        for test in flow.tests() {
            every_way(|way, backend, executor, batch_rows| {
                let told = match flow.run_test(test, backend, executor, batch_rows) {
                    Ok(_) => "nothing raised".to_owned(),
                    Err(error) => error.to_string(),
                };
                if !wanted.iter().all(|fragment| told.contains(fragment)) {
                    failures.push(format!("{}: {way}, {batch_rows}: {told}", path.display()));
                }
            });
        }
    }
    let count = failures.len();
    failures.truncate(60);
    assert!(
        failures.is_empty(),
        "{count} failures\n{}",
        failures.join("\n")
    );
}
