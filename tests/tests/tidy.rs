//! The house rules that a compiler doesn't check: file length, where unsafe code stands, which way
//! dependencies run, that the code map is complete.

use std::fs;
use std::path::{Path, PathBuf};

/// Lines past which a source file wants splitting.
const MAX_LINES: usize = 600;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the workspace")
        .to_path_buf()
}

const MEMBERS: [&str; 6] = ["ir", "codegen", "runtime", "frontend", "benches", "tests"];

fn rust_files() -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders: Vec<PathBuf> = MEMBERS.iter().map(|member| root().join(member)).collect();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of the workspace") {
            let path = entry.expect("a folder entry").path();
            if path.is_dir() && path.file_name().is_some_and(|name| name != "target") {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    assert!(files.len() > 20, "the walk finds the sources");
    files
}

fn relative(path: &Path) -> String {
    path.strip_prefix(root())
        .unwrap_or(path)
        .display()
        .to_string()
}

#[test]
fn files_are_short_enough() {
    let long: Vec<String> = rust_files()
        .iter()
        .filter_map(|path| {
            let lines = fs::read_to_string(path)
                .expect("a source file")
                .lines()
                .count();
            (lines > MAX_LINES).then(|| format!("{}: {lines} lines", relative(path)))
        })
        .collect();
    assert!(long.is_empty(), "files over {MAX_LINES} lines: {long:#?}");
}

#[test]
fn every_file_says_what_it_is() {
    let silent: Vec<String> = rust_files()
        .iter()
        .filter(|path| {
            !fs::read_to_string(path)
                .expect("a source file")
                .starts_with("//!")
        })
        .map(|path| relative(path))
        .collect();
    assert!(silent.is_empty(), "files without a header: {silent:#?}");
}

/// Unsafe code stands where machine code is called, buffers are bound or CPU levels are chosen.
#[test]
fn unsafe_code_stands_in_listed_files_only() {
    let allowed = include_str!("unsafe_files.txt");
    let mut found = Vec::new();
    for path in rust_files() {
        let text = fs::read_to_string(&path).expect("a source file");
        if text.contains("allow(unsafe_code)") && !relative(&path).ends_with("tidy.rs") {
            found.push(relative(&path));
        }
    }
    let listed: Vec<&str> = allowed.lines().filter(|line| !line.is_empty()).collect();
    assert_eq!(
        found, listed,
        "the files that open unsafe code against tests/tests/unsafe_files.txt"
    );
}

#[test]
fn dependencies_run_one_way() {
    let forbidden = [
        (
            "ir",
            &[
                "icosian-codegen",
                "icosian-runtime",
                "icosian.",
                "arrow",
                "parquet",
                "cranelift",
            ][..],
        ),
        (
            "codegen",
            &["icosian-runtime", "icosian.", "arrow", "parquet"][..],
        ),
        ("runtime", &["icosian.", "cranelift"][..]),
        ("frontend", &["cranelift"][..]),
    ];
    for (member, names) in forbidden {
        let manifest =
            fs::read_to_string(root().join(member).join("Cargo.toml")).expect("a manifest");
        let (_, dependencies) = manifest.split_once("[dependencies]").expect("dependencies");
        for line in dependencies
            .lines()
            .take_while(|line| !line.starts_with("[dev"))
        {
            for name in names {
                assert!(!line.starts_with(name), "{member} depends on {line}");
            }
        }
    }
}

#[test]
fn the_architecture_page_names_every_folder() {
    let page = fs::read_to_string(root().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md");
    for entry in fs::read_dir(root()).expect("the workspace") {
        let path = entry.expect("a folder entry").path();
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        if path.is_dir() && !name.starts_with('.') && name != "target" {
            assert!(
                page.contains(&format!("`{name}/`")),
                "ARCHITECTURE.md does not name {name}/"
            );
        }
    }
}
