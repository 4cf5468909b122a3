//! The binary from outside: what it prints where, its exit codes, sessions through a pipe.

mod bad_input;
mod catalogue;
mod checks;
mod commands;
mod fit;
mod repl;
mod run;

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// A folder with files, in which the binary is run.
struct Sandbox {
    folder: TempDir,
}

/// How a run ended.
struct Ended {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Ended {
    /// Asserts the exit code and gives standard output.
    #[track_caller]
    fn ok(self) -> String {
        assert_eq!(self.code, Some(0), "out: {}\nerr: {}", self.out, self.err);
        self.out
    }

    /// Asserts the exit code and that nothing was printed as data; gives standard error.
    #[track_caller]
    fn fails(self, code: i32) -> String {
        assert_eq!(
            self.code,
            Some(code),
            "out: {}\nerr: {}",
            self.out,
            self.err
        );
        assert_eq!(self.out, "", "err: {}", self.err);
        assert!(!self.err.contains("panicked"), "{}", self.err);
        self.err
    }
}

/// Asserts that a text holds others.
#[track_caller]
fn holds(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} is not in:\n{text}");
    }
}

impl Sandbox {
    fn new(files: &[(&str, &str)]) -> Sandbox {
        let folder = tempfile::tempdir().unwrap();
        let sandbox = Sandbox { folder };
        for (name, text) in files {
            std::fs::write(sandbox.path(name), text).unwrap();
        }
        sandbox
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// The names in a folder, sorted.
    fn names(&self, folder: &str) -> Vec<String> {
        let entries = std::fs::read_dir(self.path(folder)).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_icosian"));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env_remove("COLUMNS")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    fn run(&self, arguments: &[&str]) -> Ended {
        self.run_with(arguments, "")
    }

    /// Runs the binary over standard input.
    fn run_with(&self, arguments: &[&str], input: &str) -> Ended {
        let mut child = self.command(arguments).spawn().unwrap();
        // A child that has ended doesn't read.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let output = child.wait_with_output().unwrap();
        Ended {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// Two tables, a parameter, scalars.
const FLOW: &str = "\
param floor: f64 = 1.0
table t from \"t.csv\" { x: f64, k: str }
table u from \"u.csv\" { n: i64 }
above = x > floor
double = 2 * x
mean_x = mean(x)
twice = n * 2
";

fn sandbox() -> Sandbox {
    Sandbox::new(&[
        ("f.flow", FLOW),
        ("t.csv", "x,k\n1.0,a\n2.5,b\n4.0,a\n"),
        ("u.csv", "n\n7\n8\n"),
    ])
}
