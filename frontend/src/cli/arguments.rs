//! What the command line may say.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use icosian::Backend;

/// Dataflows over columns, compiled.
///
/// Without a command: the shell.
#[derive(Debug, Parser)]
#[command(name = "icosian", version, max_term_width = 100)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a flow and print or write what it gives.
    Run(RunArguments),
    /// Compute what a flow learns and save it.
    Fit(FitArguments),
    /// Look for mistakes in a flow without running it.
    Check(CheckArguments),
    /// Format flows in place.
    Fmt(FmtArguments),
    /// Show a stage on the way from flow to machine code.
    Explain(ExplainArguments),
    /// Print what depends on what.
    Graph(GraphArguments),
    /// Print a `table` block for data files, with their columns and types, to begin a flow with.
    Init(InitArguments),
    /// Say what an error code means, with an example and what to write instead.
    ExplainError(ExplainErrorArguments),
    /// Run the `test` blocks of flows, on the interpreter and as machine code.
    Test(TestArguments),
    /// Evaluate one expression over data files.
    Eval(EvalArguments),
    /// Open the shell, also without a command.
    Repl(ReplArguments),
}

/// Which flow, and what it is told before it is checked.
#[derive(Args, Debug)]
pub(crate) struct FlowArguments {
    /// Flow files; the names of several merge.
    #[arg(required = true, value_name = "FLOW")]
    pub(crate) flows: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) inputs: InputArguments,
    /// Give a config a value, such as `--config mode=batch`.
    #[arg(long, value_name = "NAME=VALUE")]
    pub(crate) config: Vec<String>,
}

/// Where rows come from.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct InputArguments {
    /// Read a table from a file or folder (CSV, Arrow IPC, Parquet). Without `TABLE=`: the table of
    /// the file's name, else the one table that has no file.
    #[arg(long, short, value_name = "[TABLE=]PATH")]
    pub(crate) input: Vec<String>,
    /// Take this text as null in CSV and JSON lines, besides the empty cell and null; instead of those the flow names.
    #[arg(long, value_name = "TEXT")]
    pub(crate) null_value: Vec<String>,
    /// What separates the cells of CSV; `\t` is a tab.
    #[arg(long, value_name = "CHARACTER", value_parser = delimiter)]
    pub(crate) delimiter: Option<u8>,
}

/// What is asked of the flow.
#[derive(Args, Debug, Default)]
pub(crate) struct SelectArguments {
    /// What to compute: names, `flights.*`, `delay_*`, `@tag`, feature sets; separated by commas.
    /// By default the flow's outputs, else every node that is neither an input nor begins with `_`.
    #[arg(long, short, value_name = "NAMES")]
    pub(crate) select: Vec<String>,
    /// Give a node its value; nothing above it is computed.
    #[arg(long, value_name = "NODE=VALUE")]
    pub(crate) set: Vec<String>,
    /// Take what the flow learns from this file, which `icosian fit` wrote.
    #[arg(long, value_name = "STATE")]
    pub(crate) state: Option<PathBuf>,
}

/// How to run.
#[derive(Args, Debug)]
pub(crate) struct EngineArguments {
    /// How many threads; by default as many as the machine has.
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub(crate) threads: usize,
    /// Machine code, or the interpreter that defines what it must give.
    #[arg(long, value_enum, default_value_t = BackendName::Jit)]
    pub(crate) backend: BackendName,
    /// Tell on standard error how long each stage took.
    #[arg(long)]
    pub(crate) timing: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum BackendName {
    /// Machine code.
    Jit,
    /// The interpreter.
    Interp,
}

impl From<BackendName> for Backend {
    fn from(name: BackendName) -> Backend {
        match name {
            BackendName::Jit => Backend::Jit,
            BackendName::Interp => Backend::Interpreter,
        }
    }
}

#[derive(Args, Debug)]
pub(crate) struct RunArguments {
    #[command(flatten)]
    pub(crate) flow: FlowArguments,
    #[command(flatten)]
    pub(crate) select: SelectArguments,
    /// Give a parameter its value.
    #[arg(long, short, value_name = "NAME=VALUE")]
    pub(crate) param: Vec<String>,
    #[command(flatten)]
    pub(crate) output: OutputArguments,
    /// Write what came of the flow's checks to a file, a line of JSON for each.
    #[arg(long, value_name = "PATH")]
    pub(crate) checks: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) engine: EngineArguments,
}

#[derive(Args, Debug)]
pub(crate) struct FitArguments {
    #[command(flatten)]
    pub(crate) flow: FlowArguments,
    /// Where to save what is learned.
    #[arg(long, value_name = "STATE")]
    pub(crate) state: PathBuf,
    /// Give a parameter its value.
    #[arg(long, short, value_name = "NAME=VALUE")]
    pub(crate) param: Vec<String>,
    #[command(flatten)]
    pub(crate) engine: EngineArguments,
}

/// Where results go.
#[derive(Args, Debug, Default)]
pub(crate) struct OutputArguments {
    /// Write to a file, its format told by its name (.csv, .tsv, .jsonl, .arrow, .parquet), or to a
    /// folder: a file for each table, and one for the scalars. Without it, tables are shown on a terminal;
    /// elsewhere the one table selected is printed as CSV.
    #[arg(long, short, value_name = "PATH")]
    pub(crate) output: Option<PathBuf>,
    /// The format of the files in a folder, or of a file whose name tells none.
    #[arg(long, value_enum, requires = "output")]
    pub(crate) format: Option<FormatName>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FormatName {
    Csv,
    Tsv,
    Jsonl,
    Arrow,
    Parquet,
}

#[derive(Args, Debug)]
pub(crate) struct CheckArguments {
    #[command(flatten)]
    pub(crate) flow: FlowArguments,
}

#[derive(Args, Debug)]
pub(crate) struct FmtArguments {
    /// Flow files; `-` formats standard input to standard output.
    #[arg(required = true, value_name = "FLOW")]
    pub(crate) flows: Vec<PathBuf>,
    /// Change nothing; name the files that would change, and exit with 1 if there are any.
    #[arg(long)]
    pub(crate) check: bool,
}

#[derive(Args, Debug)]
pub(crate) struct ExplainArguments {
    #[command(flatten)]
    pub(crate) flow: FlowArguments,
    #[command(flatten)]
    pub(crate) select: SelectArguments,
    /// What to show.
    #[arg(long, value_enum, default_value_t = StageName::Plan)]
    pub(crate) stage: StageName,
    /// Run it, deliver nothing, and tell where the time went: rows, bytes and time of each pass, and of
    /// each segment and sink in it.
    #[arg(long, conflicts_with = "stage")]
    pub(crate) analyze: bool,
    /// Give a parameter its value.
    #[arg(long, short, value_name = "NAME=VALUE", requires = "analyze")]
    pub(crate) param: Vec<String>,
    /// How many threads; by default as many as the machine has.
    #[arg(
        long,
        value_name = "N",
        default_value_t = 0,
        hide_default_value = true,
        requires = "analyze"
    )]
    pub(crate) threads: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum StageName {
    /// The typed graph, as a flow in canonical text.
    Graph,
    /// The columnar operations of what is selected.
    Columns,
    /// Passes over data, their segments and sinks.
    Plan,
    /// The Cranelift IR of each kernel.
    Clif,
    /// The machine code of each kernel, with a line that counts what is in it.
    Asm,
}

#[derive(Args, Debug)]
pub(crate) struct ExplainErrorArguments {
    /// The code, such as E0401; without it, all are listed.
    #[arg(value_name = "CODE")]
    pub(crate) code: Option<String>,
}

#[derive(Args, Debug)]
pub(crate) struct InitArguments {
    /// Data files or folders of them (CSV, JSON lines, Arrow IPC, Parquet). The types of CSV and
    /// JSON are told by all of their cells.
    #[arg(required = true, value_name = "DATA")]
    pub(crate) data: Vec<PathBuf>,
    /// Take this text as null in CSV and JSON lines, besides the empty cell and null.
    #[arg(long, value_name = "TEXT")]
    pub(crate) null_value: Vec<String>,
    /// What separates the cells of CSV; `\t` is a tab.
    #[arg(long, value_name = "CHARACTER", value_parser = delimiter)]
    pub(crate) delimiter: Option<u8>,
}

#[derive(Args, Debug)]
pub(crate) struct GraphArguments {
    #[command(flatten)]
    pub(crate) flow: FlowArguments,
    /// Only what these need.
    #[arg(long, short, value_name = "NAMES")]
    pub(crate) select: Vec<String>,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = GraphFormat::Dot)]
    pub(crate) format: GraphFormat,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum GraphFormat {
    /// For Graphviz.
    Dot,
    /// For Mermaid, as Markdown pages show it.
    Mermaid,
    /// A picture, as browsers show it.
    Svg,
}

#[derive(Args, Debug)]
pub(crate) struct TestArguments {
    /// Flow files, each tested by itself.
    #[arg(required = true, value_name = "FLOW")]
    pub(crate) flows: Vec<PathBuf>,
    /// Test on this engine alone; by default on both.
    #[arg(long, value_enum)]
    pub(crate) backend: Option<BackendName>,
    /// Give a config a value.
    #[arg(long, value_name = "NAME=VALUE")]
    pub(crate) config: Vec<String>,
}

#[derive(Args, Debug)]
pub(crate) struct EvalArguments {
    /// An expression or query, such as `mean(dep_delay) over carrier`.
    #[arg(value_name = "EXPRESSION")]
    pub(crate) expression: String,
    #[command(flatten)]
    pub(crate) inputs: InputArguments,
    #[command(flatten)]
    pub(crate) output: OutputArguments,
    #[command(flatten)]
    pub(crate) engine: EngineArguments,
}

#[derive(Args, Debug, Default)]
pub(crate) struct ReplArguments {
    /// A flow, or data, whose table is named after the file.
    #[arg(value_name = "FLOW|DATA")]
    pub(crate) files: Vec<PathBuf>,
    /// Take this text as null in CSV and JSON lines, besides the empty cell and null.
    #[arg(long, value_name = "TEXT")]
    pub(crate) null_value: Vec<String>,
    /// What separates the cells of CSV; `\t` is a tab.
    #[arg(long, value_name = "CHARACTER", value_parser = delimiter)]
    pub(crate) delimiter: Option<u8>,
}

/// A delimiter is one ASCII character.
fn delimiter(text: &str) -> Result<u8, String> {
    match text.as_bytes() {
        b"\\t" => Ok(b'\t'),
        [byte] if byte.is_ascii() && !matches!(byte, b'"' | b'\n' | b'\r') => Ok(*byte),
        _ => Err("it must be one ASCII character, and no quote or line break".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::Arguments;

    #[test]
    fn the_command_line_holds_together() {
        Arguments::command().debug_assert();
    }
}
