//! Icosian's side of the comparison with its peers, which `benches/peers/run` drives.
//!
//! Every library that takes part is a process of its own that is told line by line what to do and
//! answers each line with one: `ok` and what was asked for (times in nanoseconds), `none` if it has
//! no way to do that, `error` and why.
//!
//! | Line | Answer |
//! |---|---|
//! | `prepare NAME ROWS` | once the data is in memory and the flow compiled |
//! | `run fresh\|reused THREADS` | the time of a run, its results materialized |
//! | `write PATH` | once the results stand there as an Arrow file |
//! | `drop` | once data and results are gone |
//! | `text NAME THREADS` | the time from the flow's text to its first result |
//! | `chain NODES THREADS` | the same of a generated flow of so many nodes |
//! | `row NAME` | the time of one row, once everything is ready |
//! | `copy READ WRITTEN fresh\|reused THREADS` | the time to move so many bytes |
//! | `compute MULTIPLY\|DIVIDE THREADS` | operations per second |
//! | `peak NAME ROWS THREADS` | bytes: inputs, outputs, the most memory while it ran |

mod hardware;
mod latency;
mod workload;

use std::io::{BufRead, Write, stdin, stdout};
use std::path::PathBuf;

use crate::hardware::Hardware;
use crate::workload::Workload;

/// What went wrong, as the driver shows it.
type Failure = Box<dyn std::error::Error>;

/// Where the driver keeps flows and data.
struct Folders {
    flows: PathBuf,
    data: PathBuf,
}

impl Folders {
    fn flow(&self, name: &str) -> Result<String, Failure> {
        Ok(std::fs::read_to_string(
            self.flows.join(format!("{name}.flow")),
        )?)
    }
}

/// What one line leaves behind for the next.
#[derive(Default)]
struct Session {
    workload: Option<Workload>,
    hardware: Hardware,
}

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1).map(PathBuf::from);
    let (Some(flows), Some(data)) = (arguments.next(), arguments.next()) else {
        return Err("peer FLOWS DATA, with what to do on standard input".into());
    };
    let folders = Folders { flows, data };
    let mut session = Session::default();
    for line in stdin().lock().lines() {
        let line = line?;
        let words: Vec<&str> = line.split_whitespace().collect();
        let answer = match session.answer(&folders, &words) {
            Ok(answer) => format!("ok {answer}"),
            Err(error) => format!("error {}", error.to_string().replace('\n', " ")),
        };
        writeln!(stdout(), "{}", answer.trim_end())?;
        stdout().flush()?;
    }
    Ok(())
}

impl Session {
    fn answer(&mut self, folders: &Folders, words: &[&str]) -> Result<String, Failure> {
        match words {
            ["prepare", name, rows] => {
                self.workload = None;
                self.workload = Some(Workload::prepare(folders, name, rows.parse()?)?);
                Ok(String::new())
            }
            ["run", buffers, threads] => {
                let reused = *buffers == "reused";
                let time = self.workload()?.run(reused, threads.parse()?)?;
                Ok(time.as_nanos().to_string())
            }
            ["write", path] => {
                self.workload()?.write(path.as_ref())?;
                Ok(String::new())
            }
            ["drop"] => {
                self.workload = None;
                self.hardware = Hardware::default();
                Ok(String::new())
            }
            ["text", name, threads] => {
                let time = latency::first_result(&folders.flow(name)?, threads.parse()?)?;
                Ok(time.as_nanos().to_string())
            }
            ["chain", nodes, threads] => {
                let text = icosian_benches::chain(nodes.parse()?);
                let time = latency::first_result(&text, threads.parse()?)?;
                Ok(time.as_nanos().to_string())
            }
            ["row", name] => {
                let time = latency::one_row(folders, name)?;
                Ok(time.as_nanos().to_string())
            }
            ["copy", read, written, buffers, threads] => {
                let (read, written) = (read.parse()?, written.parse()?);
                let reused = *buffers == "reused";
                let time = self
                    .hardware
                    .copy(read, written, reused, threads.parse()?)?;
                Ok(time.as_nanos().to_string())
            }
            ["compute", what, threads] => {
                let rate = hardware::compute(what, threads.parse()?)?;
                Ok(format!("{rate:.0}"))
            }
            ["peak", name, rows, threads] => {
                let peak = workload::peak(folders, name, rows.parse()?, threads.parse()?)?;
                Ok(format!("{} {} {}", peak.inputs, peak.outputs, peak.most))
            }
            _ => Err(format!("what is {words:?}?").into()),
        }
    }

    fn workload(&mut self) -> Result<&mut Workload, Failure> {
        self.workload
            .as_mut()
            .ok_or_else(|| "nothing is prepared".into())
    }
}
