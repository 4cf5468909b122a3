//! Diagnostics → text for people, with `annotate-snippets`.
//!
//! The renderer is given short excerpts only: the lines that are pointed at, each clipped around
//! what is pointed at. So a file of one line of ten megabytes costs no more than any other.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::{Diagnostic, FileId, Severity, Sources, Span};

/// How many diagnostics [`render`] prints; of the rest only the number.
pub const MAX_RENDERED: usize = 50;

/// Lines longer than this, in bytes, are clipped.
const MAX_LINE: usize = 160;

/// How much of a clipped line is kept before what is pointed at.
const BEFORE: usize = 40;

/// Spans over more lines than this are shown by their first line.
const MAX_LINES: usize = 6;

/// The diagnostics as text, one after the other, each with the lines it points at.
///
/// ```
/// use icosian::diagnostic::{Code, Diagnostic, Sources, Span, render};
///
/// let mut sources = Sources::new();
/// let file = sources.add("speed.flow", "speed = distance / air_tme\n");
/// let mistake = Diagnostic::error(Code::ExpectedName, "no `air_tme` here")
///     .at(Span::new(file, 19, 26))
///     .help("did you mean `air_time`?");
/// let text = render(&sources, &[mistake], false);
/// assert!(text.starts_with("error[E0115]: no `air_tme` here\n --> speed.flow:1:20\n"));
/// ```
pub fn render(sources: &Sources, diagnostics: &[Diagnostic], color: bool) -> String {
    let renderer = if color {
        Renderer::styled().hyperlink(false)
    } else {
        Renderer::plain()
    };
    let mut lines = LineIndex::default();
    let mut output = String::new();
    for diagnostic in diagnostics.iter().take(MAX_RENDERED) {
        output += &render_one(sources, &mut lines, &renderer, diagnostic);
        output += "\n\n";
    }
    if diagnostics.len() > MAX_RENDERED {
        let more = diagnostics.len() - MAX_RENDERED;
        let noun = if more == 1 {
            "diagnostic"
        } else {
            "diagnostics"
        };
        output += &format!("{more} more {noun} not shown\n");
    }
    output
}

fn render_one(
    sources: &Sources,
    lines: &mut LineIndex,
    renderer: &Renderer,
    diagnostic: &Diagnostic,
) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level
        .primary_title(diagnostic.message.as_str())
        .id(diagnostic.code.as_str());
    let mut marks: Vec<(Span, AnnotationKind, &str)> = Vec::new();
    if let Some(span) = diagnostic.primary {
        marks.push((span, AnnotationKind::Primary, ""));
    }
    for (span, text) in &diagnostic.labels {
        marks.push((*span, AnnotationKind::Context, text));
    }
    let mut group = Group::with_title(title);
    let mut files: Vec<FileId> = Vec::new();
    for (span, ..) in &marks {
        if !files.contains(&span.file) {
            files.push(span.file);
        }
    }
    for file in files {
        let here = marks.iter().filter(|(span, ..)| span.file == file);
        let marks: Vec<_> = here.copied().collect();
        group = group_file(group, sources, lines, file, &marks);
    }
    for note in &diagnostic.notes {
        group = group.element(Level::NOTE.message(note.as_str()));
    }
    for help in &diagnostic.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    renderer.render(&[group])
}

/// Adds the lines of one file that `marks` point at; the first mark gives the place.
fn group_file<'a>(
    mut group: Group<'a>,
    sources: &'a Sources,
    lines: &mut LineIndex,
    file: FileId,
    marks: &[(Span, AnnotationKind, &'a str)],
) -> Group<'a> {
    let text = sources.text(file);
    let name = sources.name(file);
    if text.is_empty() {
        return group.element(Origin::path(name));
    }
    let starts = lines.of(sources, file);
    let marks: Vec<Mark<'a>> = marks
        .iter()
        .map(|(span, kind, label)| Mark::new(text, starts, *span, *kind, label))
        .collect();
    // Lines next to each other or one apart are one excerpt.
    let mut runs: Vec<Range<usize>> = Vec::new();
    let mut wanted: Vec<Range<usize>> = marks.iter().map(|mark| mark.lines.clone()).collect();
    wanted.sort_by_key(|run| run.start);
    for run in wanted {
        match runs.last_mut() {
            Some(last) if run.start <= last.end + 1 => last.end = last.end.max(run.end),
            _ => runs.push(run),
        }
    }
    // The excerpt with the first mark leads.
    let first = runs
        .iter()
        .position(|run| run.contains(&marks[0].lines.start));
    runs.rotate_left(first.unwrap_or(0));
    for run in runs {
        let inside: Vec<&Mark<'a>> = marks
            .iter()
            .filter(|mark| run.contains(&mark.lines.start))
            .collect();
        let excerpt = Excerpt::new(text, starts, run.clone(), &inside);
        let mut snippet = Snippet::source(excerpt.text.clone())
            .line_start(run.start + 1)
            .fold(false);
        if excerpt.clipped {
            // The renderer would count columns from where the line was clipped.
            let (line, column) = sources.line_and_column(inside[0].span);
            let origin = Origin::path(name).line(line).char_column(column);
            group = group.element(origin);
        } else {
            snippet = snippet.path(name);
        }
        for mark in inside {
            let mut annotation = mark.kind.span(excerpt.place(mark.range.clone()));
            if !mark.label.is_empty() {
                annotation = annotation.label(mark.label);
            }
            snippet = snippet.annotation(annotation);
        }
        group = group.element(snippet);
    }
    group
}

/// A span within its file's text, on boundaries of characters, with its lines.
struct Mark<'a> {
    span: Span,
    range: Range<usize>,
    lines: Range<usize>,
    kind: AnnotationKind,
    label: &'a str,
}

impl<'a> Mark<'a> {
    fn new(
        text: &str,
        starts: &[u32],
        span: Span,
        kind: AnnotationKind,
        label: &'a str,
    ) -> Mark<'a> {
        let start = text.floor_char_boundary(span.start as usize);
        let mut end = text.floor_char_boundary(span.end as usize).max(start);
        let first = line_of(starts, start);
        let mut last = line_of(starts, end.saturating_sub(1).max(start));
        if last - first >= MAX_LINES {
            last = first;
            end = line_range(text, starts, first).end.max(start);
        }
        Mark {
            span,
            range: start..end,
            lines: first..last + 1,
            kind,
            label,
        }
    }
}

/// Some whole or clipped lines of a file, and where they come from.
struct Excerpt {
    text: String,
    /// For each line: where its kept part begins and ends in the file, and where in `text`.
    parts: Vec<(Range<usize>, usize)>,
    /// Whether the beginning of a line is missing.
    clipped: bool,
}

impl Excerpt {
    fn new(text: &str, starts: &[u32], lines: Range<usize>, marks: &[&Mark<'_>]) -> Excerpt {
        let mut excerpt = Excerpt {
            text: String::new(),
            parts: Vec::new(),
            clipped: false,
        };
        for line in lines {
            if !excerpt.parts.is_empty() {
                excerpt.text.push('\n');
            }
            let whole = line_range(text, starts, line);
            let mut kept = whole.clone();
            if whole.len() > MAX_LINE {
                let touching = marks.iter().filter(|mark| mark.lines.contains(&line));
                let pointed = touching
                    .map(|mark| mark.range.start.max(whole.start))
                    .min()
                    .unwrap_or(whole.start)
                    .min(whole.end);
                let start = pointed.saturating_sub(BEFORE).max(whole.start);
                kept.start = text.floor_char_boundary(start);
                kept.end = text.floor_char_boundary((kept.start + MAX_LINE).min(whole.end));
            }
            if kept.start > whole.start {
                excerpt.clipped = true;
                excerpt.text.push('…');
            }
            excerpt.parts.push((kept.clone(), excerpt.text.len()));
            excerpt.text.push_str(&text[kept.clone()]);
            if kept.end < whole.end {
                excerpt.text.push('…');
            }
        }
        excerpt
    }

    /// Where a stretch of the file stands in the excerpt; what was clipped is left out.
    fn place(&self, range: Range<usize>) -> Range<usize> {
        let offset = |position: usize| {
            let part = self
                .parts
                .iter()
                .rev()
                .find(|(kept, _)| kept.start <= position)
                .or(self.parts.first());
            part.map_or(0, |(kept, at)| {
                at + position.clamp(kept.start, kept.end) - kept.start
            })
        };
        let start = offset(range.start);
        start..offset(range.end).max(start)
    }
}

fn line_of(starts: &[u32], position: usize) -> usize {
    starts
        .partition_point(|start| *start as usize <= position)
        .saturating_sub(1)
}

/// The text of a line without its line break.
fn line_range(text: &str, starts: &[u32], line: usize) -> Range<usize> {
    let start = starts.get(line).map_or(text.len(), |start| *start as usize);
    let end = starts
        .get(line + 1)
        .map_or(text.len(), |next| *next as usize);
    let content = text[start..end].trim_end_matches(['\n', '\r']);
    start..start + content.len()
}

/// The beginnings of lines, of those files that were asked for.
#[derive(Default)]
struct LineIndex {
    files: Vec<(FileId, Vec<u32>)>,
}

impl LineIndex {
    fn of(&mut self, sources: &Sources, file: FileId) -> &[u32] {
        let known = self.files.iter().position(|(known, _)| *known == file);
        let position = known.unwrap_or_else(|| {
            let text = sources.text(file);
            let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
            let mut starts = vec![0];
            starts.extend(breaks.map(|(position, _)| position as u32 + 1));
            self.files.push((file, starts));
            self.files.len() - 1
        });
        &self.files[position].1
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_RENDERED, render};
    use crate::diagnostic::{Code, Diagnostic, FileId, Sources, Span};
    use crate::syntax::parse;

    fn mistakes_of(name: &str, text: &str) -> String {
        let mut sources = Sources::new();
        let file = sources.add(name, text);
        render(&sources, &parse(file, text).diagnostics, false)
    }

    #[test]
    fn a_mistake_with_its_line() {
        assert_eq!(
            mistakes_of("a.flow", "b = 1\nc = f(1 2)\n"),
            "\
error[E0112]: expected `,` or `)`, found `2`
 --> a.flow:2:9
  |
2 | c = f(1 2)
  |      -  ^
  |      |
  |      in this bracket

"
        );
    }

    #[test]
    fn places_far_apart_and_in_other_files() {
        let mut sources = Sources::new();
        let first = sources.add("a.flow", "a = 1\n\n\n\n\n\n\n\nb = 2\n");
        let second = sources.add("b.flow", "c = 3");
        let diagnostic = Diagnostic::warning(Code::ExpectedName, "odd")
            .at(Span::new(first, 13, 14))
            .label(Span::new(first, 0, 1), "here")
            .label(Span::new(second, 4, 5), "there")
            .note("a note")
            .help("a help");
        assert_eq!(
            render(&sources, &[diagnostic], false),
            "\
warning[E0115]: odd
 --> a.flow:9:1
  |
9 | b = 2
  | ^
  |
 ::: a.flow:1:1
  |
1 | a = 1
  | - here
  |
 ::: b.flow:1:5
  |
1 | c = 3
  |     - there
  |
  = note: a note
  = help: a help

"
        );
    }

    #[test]
    fn without_a_place() {
        let diagnostic = Diagnostic::error(Code::FileTooLarge, "too large").help("split it");
        assert_eq!(
            render(&Sources::new(), &[diagnostic], false),
            "error[E0191]: too large\n |\n = help: split it\n\n"
        );
    }

    #[test]
    fn long_lines_are_clipped() {
        let text = format!(
            "x = {}\t é? {}\r\n",
            "a + ".repeat(2_000_000),
            "+ é ".repeat(1000)
        );
        let shown = mistakes_of("long.flow", &text);
        assert!(shown.len() < 2000, "{shown}");
        assert!(shown.contains("long.flow:1:8000008"), "{shown}");
    }

    #[test]
    fn tabs_and_other_line_ends() {
        assert_eq!(
            mistakes_of("t.flow", "table t {\r\n\ta\t= é 1\r\n}\r\n"),
            "\
error[E0113]: expected a new line, `,` or `}`, found `1`
 --> t.flow:2:8
  |
2 |     a    = é 1
  |              ^

"
        );
    }

    #[test]
    fn any_span_is_safe() {
        let mut sources = Sources::new();
        let file = sources.add("a.flow", "é\r\n\u{1b}[31mü\u{0}\n\n");
        for start in 0..20 {
            for end in 0..20 {
                let span = Span { file, start, end };
                let other = Span::new(FileId(start), end, start);
                let diagnostic = Diagnostic::error(Code::ExpectedName, "x")
                    .at(span)
                    .label(other, "y");
                let shown = render(&sources, &[diagnostic], true);
                assert!(
                    !shown.contains("\u{1b}[31mü"),
                    "no escape of the file's own"
                );
            }
        }
    }

    #[test]
    fn spans_over_many_lines_and_many_diagnostics() {
        let text = "x\n".repeat(100_000);
        let mut sources = Sources::new();
        let file = sources.add("a.flow", text.as_str());
        let all = Diagnostic::error(Code::ExpectedName, "all").at(Span::new(file, 0, 200_000));
        let shown = render(&sources, &vec![all; MAX_RENDERED + 7], false);
        assert!(shown.ends_with("\n7 more diagnostics not shown\n"));
        assert!(shown.len() < 50_000);
    }
}
