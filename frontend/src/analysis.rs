//! Where the time of a run went, as text: each pass with its segments and sinks, and the nodes that
//! they compute.

use std::fmt::Write;
use std::time::Duration;

use icosian_ir::columns::Columns;
use icosian_ir::id::{ColumnId, PassId};
use icosian_ir::plan::{Segment, Sink};
use icosian_runtime::execute::{Analysis, PassTimes};

use crate::prepared::Prepared;

/// Names of nodes in a line before the rest is only counted.
const MOST_NAMES: usize = 4;

impl Prepared {
    /// What an analyzed run found, pass by pass in the order of the plan.
    ///
    /// A pass has the time that its scan took, with the rows and bytes that went through it, and the
    /// time after the last row. Below it stand its parts with the time that all threads together spent
    /// in them and its share.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use icosian::runtime::execute::Analysis;
    /// use icosian::{Flow, Inputs, SerialExecutor};
    /// # use arrow::array::{ArrayRef, Int64Array, RecordBatch};
    /// # let day: ArrayRef = Arc::new(Int64Array::from_iter_values(0..100));
    /// # let batch = RecordBatch::try_from_iter([("day", day)]).unwrap();
    /// let prepared = Flow::from_text("table days { day: i64 }\n week = day // 7")?.outputs().prepare()?;
    /// let analysis = Arc::new(Analysis::default());
    /// let run = prepared.bind(&Inputs::new().batches("days", vec![batch]))?;
    /// prepared.execute(&run.with_analysis(Arc::clone(&analysis)), &SerialExecutor)?;
    /// assert!(prepared.analysis_text(&analysis).contains("fused: days.week"));
    /// # Ok::<(), icosian::Error>(())
    /// ```
    pub fn analysis_text(&self, analysis: &Analysis) -> String {
        let mut text = String::new();
        for (id, times) in analysis.passes() {
            self.pass_text(&mut text, id, &times);
        }
        text
    }

    fn pass_text(&self, text: &mut String, id: PassId, times: &PassTimes) {
        let (columns, plan) = (self.program().columns(), self.program().plan());
        let Some(pass) = plan.passes.get(id) else {
            return;
        };
        let _ = writeln!(
            text,
            "{id} over {}: {} rows, {} read, {} delivered",
            columns.tables[pass.table].name,
            times.rows,
            megabytes(times.read),
            megabytes(times.delivered)
        );
        if let Some((read, all)) = times.row_groups {
            let _ = writeln!(text, "  row groups: {read} of {all} read");
        }
        let seconds = times.scan.as_secs_f64();
        let rate = (times.read + times.delivered) as f64 / 1e9 / seconds.max(1e-9);
        let _ = writeln!(
            text,
            "  scan {:>10}  {rate:.1} GB/s",
            milliseconds(times.scan)
        );
        let mut parts = vec![("bind the columns read".to_owned(), times.bind)];
        if times.decode > Duration::ZERO {
            parts.insert(0, ("decode row groups".to_owned(), times.decode));
        }
        for (segment, time) in pass.segments.iter().zip(&times.segments) {
            parts.push((self.segment_text(columns, segment), *time));
        }
        if times.delivered > 0 {
            parts.push(("deliver".to_owned(), times.deliver));
        }
        for (sink, time) in pass.sinks.iter().zip(&times.sinks) {
            if !matches!(sink, Sink::Output { .. }) {
                parts.push((self.sink_text(columns, sink), *time));
            }
        }
        let all: Duration = parts.iter().map(|(_, time)| *time).sum();
        for (part, time) in parts {
            let share = 100.0 * time.as_secs_f64() / all.as_secs_f64().max(1e-9);
            let _ = writeln!(
                text,
                "    {:>11} {share:>3.0} %  {part}",
                milliseconds(time)
            );
        }
        if pass
            .sinks
            .iter()
            .any(|sink| !matches!(sink, Sink::Output { .. }))
        {
            let _ = writeln!(text, "  finish {:>8}", milliseconds(times.finish));
        }
    }

    fn segment_text(&self, columns: &Columns, segment: &Segment) -> String {
        match segment {
            Segment::Fused(fused) => self.named(columns, "fused", &fused.outputs),
            Segment::Wide { column } => self.named(columns, "wide", &[*column]),
            Segment::Columnar { column } => self.named(columns, "columnar", &[*column]),
            Segment::Calendar { columns: of, .. } => {
                let of: Vec<ColumnId> = of.iter().map(|(column, _)| *column).collect();
                self.named(columns, "calendar", &of)
            }
            Segment::Extern { column } => self.named(columns, "extern", &[*column]),
            Segment::Window { column } => self.named(columns, "window", &[*column]),
            Segment::Probe { column } => self.named(columns, "probe", &[*column]),
            Segment::Gather { column } => self.named(columns, "gather", &[*column]),
        }
    }

    fn sink_text(&self, columns: &Columns, sink: &Sink) -> String {
        match sink {
            Sink::Output { columns: of } => self.named(columns, "output", of),
            Sink::Reduce { reductions } => self.named(columns, "reduce", reductions),
            Sink::Group { columns: of, .. } => self.named(columns, "group", of),
            Sink::Build { payload, .. } => self.named(columns, "build", payload),
            Sink::Spool { columns: of, .. } => self.named(columns, "spool", of),
            Sink::Stack { columns: of, .. } => self.named(columns, "stack", of),
            Sink::Window { windows, .. } => self.named(columns, "window over all rows", windows),
            Sink::Carry { windows } => self.named(columns, "carry", windows),
        }
    }

    /// What it is, and the nodes whose values it computes; of what has no name, the operation.
    fn named(&self, columns: &Columns, what: &str, of: &[ColumnId]) -> String {
        let graph = self.flow().graph();
        let mut names: Vec<String> = Vec::new();
        for id in of {
            let column = columns.column(*id);
            match column.nodes.first() {
                Some(node) => names.push(graph.nodes[*node].name.clone()),
                None => names.push(column.op.to_string()),
            }
        }
        names.dedup();
        let more = names.len().saturating_sub(MOST_NAMES);
        names.truncate(MOST_NAMES);
        let mut text = format!("{what}: {}", names.join(", "));
        if more > 0 {
            let _ = write!(text, " and {more} more");
        }
        text
    }
}

fn milliseconds(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}

fn megabytes(bytes: usize) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}
