//! What can't be expressed in `#[icosian::flow]` does not compile, and says why: each file of
//! `tests/ui` is given to rustc, and what it tells is compared with the `.stderr` beside it.
//! `UPDATE_UI=1 cargo test --workspace --test ui` writes those anew.
//!
//! Other versions of rustc word and order things differently: with them it only counts that nothing
//! compiles. This is what trybuild does, but against the library that the tests were built with: trybuild
//! builds all dependencies once more in a folder of its own, which takes minutes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The version whose words are compared.
const VERSION: &str = "rustc 1.95.";

/// The compiled library, and where what it needs lies.
struct Library {
    rlib: PathBuf,
    folder: PathBuf,
}

fn rustc() -> Command {
    Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
}

/// Whether a file compiles, and what rustc tells of it.
fn compile(library: &Library, file: &Path, output: &Path) -> (bool, String) {
    let told = rustc()
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["--edition=2024", "--crate-type=lib", "--crate-name=ui"])
        .args(["--emit=metadata", "--color=never", "--cap-lints=allow"])
        .args(["--diagnostic-width=120", "-o"])
        .arg(output)
        .arg("--extern")
        .arg(format!("icosian={}", library.rlib.display()))
        .arg("-L")
        .arg(format!("dependency={}", library.folder.display()))
        .arg(file)
        .output()
        .expect("rustc runs");
    let text = String::from_utf8_lossy(&told.stderr).into_owned();
    (told.status.success(), text)
}

/// The library that these tests were built with: it lies beside them. Builds with other features
/// may lie there too; the newest that compiles what is right is as good.
fn library(output: &Path) -> Library {
    let test = std::env::current_exe().expect("the test's own path");
    let folder = test.parent().expect("its folder").to_owned();
    let mut found: Vec<(std::time::SystemTime, PathBuf)> = fs::read_dir(&folder)
        .expect("the folder of what was built")
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let name = path.file_name()?.to_str()?;
            let is_library = name.starts_with("libicosian-") && name.ends_with(".rlib");
            let time = path.metadata().ok()?.modified().ok()?;
            is_library.then_some((time, path))
        })
        .collect();
    found.sort();
    let mut told = "no compiled library lies beside the tests".to_owned();
    while let Some((_, rlib)) = found.pop() {
        let folder = folder.clone();
        let library = Library { rlib, folder };
        match compile(&library, Path::new("ui/pass.rs"), output) {
            (true, _) => return library,
            (false, text) => told = text,
        }
    }
    panic!("{told}");
}

/// What is told, without what differs from machine to machine: notes that point into the library
/// lose their excerpts and line numbers.
fn stable(told: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the root");
    let root = format!("{}/", root.display());
    let mut lines: Vec<String> = Vec::new();
    let mut elsewhere = false;
    for line in told.lines() {
        let place = line.trim_start();
        if let Some(place) = place.strip_prefix("--> ").or(place.strip_prefix("::: ")) {
            elsewhere = !place.starts_with("ui/");
            if elsewhere {
                let file = place.split(':').next().unwrap_or(place);
                let file = file.strip_prefix(&root).unwrap_or(file);
                let file = match Path::new(file).is_absolute() {
                    true => "the standard library",
                    false => file,
                };
                lines.push(format!("  in {file}"));
                continue;
            }
        }
        let is_excerpt = |line: &str| {
            let rest = line
                .trim_start()
                .trim_start_matches(|letter: char| letter.is_ascii_digit());
            rest.trim_start().starts_with('|') || line.trim() == "..."
        };
        if elsewhere && is_excerpt(line) {
            continue;
        }
        elsewhere = false;
        // Where rustc puts the names of types that it cuts, and lists of what else there is.
        let left_out = line.contains("written to '")
            || line.contains("consider using `--verbose`")
            || place.starts_with('`')
            || place.starts_with("and ") && place.ends_with(" others");
        if !left_out {
            lines.push(line.trim_end().to_owned());
        }
    }
    lines.join("\n").trim_end().to_owned() + "\n"
}

#[test]
fn what_can_not_be_expressed_does_not_compile() {
    let output = tempfile::tempdir().expect("a folder");
    let output = output.path().join("libui.rmeta");
    let library = library(&output);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("ui");
    let mut names: Vec<String> = fs::read_dir(&folder)
        .expect("tests/ui")
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.ends_with(".rs") && name != "pass.rs")
        .collect();
    names.sort();
    assert!(names.len() >= 10, "{names:?}");
    let update = std::env::var_os("UPDATE_UI").is_some();
    let version = rustc().arg("--version").output().expect("rustc runs");
    let same_version = version.stdout.starts_with(VERSION.as_bytes());
    let mut wrong = Vec::new();
    for name in names {
        let (compiles, told) = compile(&library, &Path::new("ui").join(&name), &output);
        let told = stable(&told);
        let expected = folder.join(&name).with_extension("stderr");
        if compiles {
            wrong.push(format!("{name} compiles"));
        } else if update {
            fs::write(&expected, told).expect("the expected text is written");
        } else if same_version {
            let expected = fs::read_to_string(&expected).unwrap_or_default();
            if told != expected {
                wrong.push(format!("{name}: expected\n{expected}\nfound\n{told}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
