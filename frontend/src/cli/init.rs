//! `icosian init`.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::path::Path;

use icosian_runtime::source::{ReadOptions, Schema, Source, schema};

use super::arguments::InitArguments;
use super::console::Console;
use super::exit::{Failure, Outcome};
use super::inputs::stem;
use super::repl::session::quoted_name;

/// Prints a `table` block for each data file: its columns with their types, ready for a flow.
pub(crate) fn init(arguments: &InitArguments, console: &mut Console) -> Outcome {
    let mut flow = String::new();
    for path in &arguments.data {
        let options = ReadOptions {
            null_values: arguments.null_value.clone(),
            delimiter: arguments.delimiter,
            ..ReadOptions::default()
        };
        let source = Source::File {
            path: path.clone(),
            options: options.clone(),
        };
        let found = schema(&source)
            .map_err(|error| Failure::Run(format!("can't read {}: {error}", path.display())))?;
        if !flow.is_empty() {
            flow.push('\n');
        }
        table(&mut flow, path, &options, &found);
    }
    write!(console.out, "{flow}")?;
    Ok(())
}

fn table(flow: &mut String, path: &Path, options: &ReadOptions, schema: &Schema) {
    let name = quoted_name(&stem(path));
    let _ = write!(
        flow,
        "table {name} from {}",
        text(&path.display().to_string())
    );
    let mut told: Vec<String> = options
        .null_values
        .iter()
        .map(|null| format!("null={}", text(null)))
        .collect();
    if let Some(delimiter) = options.delimiter {
        told.push(format!(
            "delimiter={}",
            text(&char::from(delimiter).to_string())
        ));
    }
    if !told.is_empty() {
        let _ = write!(flow, " ({})", told.join(", "));
    }
    flow.push_str(" {\n");
    let mut taken: HashSet<String> = HashSet::new();
    for (header, ty) in &schema.columns {
        let plain = plain_name(header, &mut taken);
        let _ = write!(flow, "    {}: {ty}", quoted_name(&plain));
        if plain != *header {
            let _ = write!(flow, " from {}", text(header));
        }
        flow.push('\n');
    }
    for (header, reason) in &schema.unusable {
        let reason = reason.replace(['\n', '\r'], " ");
        let _ = writeln!(flow, "    # left out: {header:?}, {reason}");
    }
    flow.push_str("}\n");
}

/// A header as a name of letters, digits and `_` that no other column has.
fn plain_name(header: &str, taken: &mut HashSet<String>) -> String {
    let is_letter = |letter: char| letter.is_alphanumeric() || letter == '_';
    let words = header.split(|letter| !is_letter(letter));
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    let mut plain = words.join("_");
    if !plain.starts_with(|first: char| first.is_alphabetic() || first == '_') {
        plain.insert_str(0, "column_");
    }
    if header == plain && taken.insert(plain.clone()) {
        return plain;
    }
    let mut number = 2;
    let mut candidate = plain.clone();
    while !taken.insert(candidate.clone()) {
        candidate = format!("{plain}_{number}");
        number += 1;
    }
    candidate
}

/// A text as a flow writes it.
fn text(value: &str) -> String {
    let mut written = String::from("\"");
    for letter in value.chars() {
        match letter {
            '"' => written.push_str("\\\""),
            '\\' => written.push_str("\\\\"),
            '\n' => written.push_str("\\n"),
            '\r' => written.push_str("\\r"),
            '\t' => written.push_str("\\t"),
            control if control.is_control() => {
                let _ = write!(written, "\\u{{{:x}}}", u32::from(control));
            }
            other => written.push(other),
        }
    }
    written.push('"');
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_become_names() {
        let mut taken = HashSet::new();
        let mut name = |header| plain_name(header, &mut taken);
        assert_eq!(name("carrier"), "carrier");
        assert_eq!(name("Work load Average/day "), "Work_load_Average_day");
        assert_eq!(name("Work-load Average day"), "Work_load_Average_day_2");
        assert_eq!(name("2013"), "column_2013");
        assert_eq!(name("größe"), "größe");
        assert_eq!(name("??"), "column_");
        assert_eq!(name(""), "column__2");
    }

    #[test]
    fn texts_are_written_as_flows_read_them() {
        assert_eq!(text("a\"b\\c\td\u{1}"), r#""a\"b\\c\td\u{1}""#);
    }
}
