//! `icosian explain`.

use std::io::Write;

use icosian::{Flow, Selection, Stage};

use super::analyze::analyze;
use super::arguments::{ExplainArguments, StageName};
use super::console::Console;
use super::exit::{Failure, Outcome};
use super::inputs::{load, select, state};
use super::interrupt::Interrupt;

/// Prints a stage, or what running it took.
pub(crate) fn explain(
    arguments: &ExplainArguments,
    console: &mut Console,
    interrupt: &Interrupt,
) -> Outcome {
    if arguments.analyze {
        return analyze(arguments, console, interrupt);
    }
    let (flow, _) = load(&arguments.flow)?;
    console.warnings(&flow);
    let text = match arguments.stage {
        StageName::Graph => flow.graph().to_string(),
        _ => {
            let state = state(&arguments.select)?;
            let selection = select(&flow, &arguments.select, state.as_ref())?;
            stage(selection, arguments.stage)?
        }
    };
    console.out.write_all(text.as_bytes())?;
    if !text.ends_with('\n') {
        writeln!(console.out)?;
    }
    Ok(())
}

/// A stage of a selection as text.
pub(crate) fn stage(selection: Selection, stage: StageName) -> Result<String, Failure> {
    let prepared = selection.prepare()?;
    let (stage, summarized) = match stage {
        StageName::Graph => (Stage::Graph, false),
        StageName::Columns => (Stage::Columns, false),
        StageName::Plan => (Stage::Plan, false),
        StageName::Clif => (Stage::Clif, false),
        StageName::Asm => (Stage::Assembly, true),
    };
    let text = prepared.explain(stage)?;
    Ok(if summarized { summarize(&text) } else { text })
}

/// The whole graph of a flow, as canonical text.
pub(crate) fn graph(flow: &Flow) -> String {
    flow.graph().to_string()
}

/// What a kernel consists of.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    instructions: usize,
    packed: usize,
    spills: usize,
    reloads: usize,
    calls: usize,
}

/// Puts a line that counts under each kernel's heading, which begins with `;`.
fn summarize(text: &str) -> String {
    let mut summarized = String::with_capacity(text.len() + 256);
    let mut kernels: Vec<(&str, Vec<&str>)> = Vec::new();
    for line in text.lines() {
        match (line.starts_with(';'), kernels.last_mut()) {
            (true, _) | (false, None) => kernels.push((line, Vec::new())),
            (false, Some((_, lines))) => lines.push(line),
        }
    }
    for (heading, lines) in kernels {
        let counts = count(&lines);
        summarized += &format!(
            "{heading}\n; {} instructions: {} packed, {} spills, {} reloads, {} calls\n",
            counts.instructions, counts.packed, counts.spills, counts.reloads, counts.calls
        );
        for line in lines {
            summarized += line;
            summarized.push('\n');
        }
    }
    if summarized.is_empty() {
        summarized.push_str("; nothing of this is compiled: no segment is fused\n");
    }
    summarized
}

fn count(lines: &[&str]) -> Counts {
    let mut counts = Counts::default();
    for line in lines {
        let line = line.split(';').next().unwrap_or("").trim();
        // Labels of blocks end in a colon, headings of functions in a brace.
        let mut words = line.split_whitespace();
        let Some(mnemonic) = words.next().filter(|word| !word.ends_with([':', '{', '}'])) else {
            continue;
        };
        counts.instructions += 1;
        counts.calls += usize::from(matches!(mnemonic, "call" | "callq" | "bl" | "blr"));
        counts.packed += usize::from(is_packed(mnemonic, line));
        let operands = line[mnemonic.len()..].trim();
        let Some((before, _)) = operands.split_once(['(', '[']) else {
            continue;
        };
        let on_stack = ["rsp", "rbp", "[sp", "[fp"]
            .iter()
            .any(|name| operands.contains(name));
        if on_stack && (mnemonic.starts_with("mov") || mnemonic.contains("mov")) {
            // AT&T order: what is read stands first.
            let reads = !before.contains(',');
            counts.reloads += usize::from(reads);
            counts.spills += usize::from(!reads);
        } else if on_stack {
            counts.spills += usize::from(mnemonic.starts_with("st"));
            counts.reloads += usize::from(mnemonic.starts_with("ld"));
        }
    }
    counts
}

/// Whether an instruction works on all lanes of a vector.
fn is_packed(mnemonic: &str, line: &str) -> bool {
    let base = mnemonic.strip_prefix('v').unwrap_or(mnemonic);
    let on_vectors = line.contains("xmm") || line.contains("ymm");
    let is_integer = base.starts_with('p') && !base.starts_with("pop") && !base.starts_with("push");
    let is_float = base.ends_with("pd") || base.ends_with("ps");
    let moves = base.starts_with("mov");
    // On other machines vectors name their lanes: `v0.2d`.
    let lanes = [".2d", ".4s", ".8h", ".16b"]
        .iter()
        .any(|lanes| line.contains(lanes));
    on_vectors && !moves && (is_integer || is_float) || lanes
}

#[cfg(test)]
mod tests {
    use super::{Counts, count, summarize};

    #[test]
    fn instructions_are_counted() {
        let lines = [
            "  pushq   %rbp",
            "block0:",
            "  movupd  0(%rdi), %xmm0",
            "  addpd   %xmm0, %xmm1, %xmm0",
            "  vpaddd  %xmm0, %xmm1, %xmm0",
            "  movdqu  %xmm0, 16(%rsp)",
            "  movdqu  16(%rsp), %xmm0",
            "  addsd   %xmm0, %xmm1",
            "  ret",
            "",
        ];
        let expected = Counts {
            instructions: 8,
            packed: 2,
            spills: 1,
            reloads: 1,
            calls: 0,
        };
        assert_eq!(count(&lines), expected);
    }

    #[test]
    fn every_kernel_has_its_line() {
        let text =
            summarize("; pass0 fused segment 0, no nulls\nblock0:\n  ret\n\n; pass1\n  ret\n");
        let counted: Vec<&str> = text
            .lines()
            .filter(|line| line.contains("packed"))
            .collect();
        assert_eq!(
            counted,
            ["; 1 instructions: 0 packed, 0 spills, 0 reloads, 0 calls"; 2]
        );
        assert!(summarize("").contains("no segment is fused"));
    }
}
