//! `icosian fmt`.

use std::fs;
use std::io::{Read, Write};
use std::path::Path;

use icosian::diagnostic::{Sources, render};
use icosian::syntax::{MAX_FILE_BYTES, format};

use super::arguments::FmtArguments;
use super::console::Console;
use super::exit::{Failure, Outcome, WRONG};

/// Formats files in place, or standard input to standard output. Files with mistakes stay as they
/// are, the others are formatted all the same.
pub(crate) fn fmt(arguments: &FmtArguments, console: &mut Console) -> Outcome {
    let mut changed = false;
    let mut wrong = false;
    for path in &arguments.flows {
        let is_stream = path.as_os_str() == "-";
        let text = if is_stream { read_stream() } else { read(path) };
        let formatted = text.and_then(|text| {
            let name = if is_stream {
                "standard input"
            } else {
                &path.to_string_lossy()
            };
            format_text(name, &text, console.color).map(|formatted| (text, formatted))
        });
        let (text, formatted) = match formatted {
            Ok(texts) => texts,
            Err(told) => {
                console.diagnostics(&told);
                wrong = true;
                continue;
            }
        };
        changed |= text != formatted;
        if arguments.check {
            if text != formatted {
                writeln!(console.out, "{}", path.display())?;
            }
        } else if is_stream {
            console.out.write_all(formatted.as_bytes())?;
        } else if text != formatted
            && let Err(error) = replace(path, &formatted)
        {
            return Err(Failure::Run(format!(
                "can't write {}: {error}",
                path.display()
            )));
        }
    }
    match (wrong, arguments.check && changed) {
        (true, _) => Err(Failure::Told(WRONG)),
        (false, true) => Err(Failure::told()),
        (false, false) => Ok(()),
    }
}

fn format_text(name: &str, text: &str, color: bool) -> Result<String, String> {
    let mut sources = Sources::new();
    let file = sources.add(name, text);
    format(file, text).map_err(|diagnostics| render(&sources, &diagnostics, color))
}

fn read_stream() -> Result<String, String> {
    let mut bytes = Vec::new();
    let limit = MAX_FILE_BYTES as u64 + 1;
    std::io::stdin()
        .take(limit)
        .read_to_end(&mut bytes)
        .map_err(|error| format!("error: can't read standard input: {error}"))?;
    text_of("standard input", bytes)
}

fn read(path: &Path) -> Result<String, String> {
    let unreadable = |error| format!("error: can't read {}: {error}", path.display());
    let length = fs::metadata(path).map_err(unreadable)?.len();
    if length > MAX_FILE_BYTES as u64 {
        return Err(format!("error: {} is too large for a flow", path.display()));
    }
    let bytes = fs::read(path).map_err(unreadable)?;
    text_of(&path.to_string_lossy(), bytes)
}

fn text_of(name: &str, bytes: Vec<u8>) -> Result<String, String> {
    // Bytes replaced by others must not be written back.
    String::from_utf8(bytes).map_err(|error| {
        let place = error.utf8_error().valid_up_to();
        format!("error: {name} is no UTF-8 from byte {place} on")
    })
}

/// Puts a file in the place of another, whole.
pub(crate) fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    // What a link points to is replaced, not the link.
    let place = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    let name = place.file_name().unwrap_or_default().to_string_lossy();
    let beside = place.with_file_name(format!(".{name}.{}.part", std::process::id()));
    let written = (|| {
        fs::write(&beside, text)?;
        if let Ok(metadata) = fs::metadata(&place) {
            fs::set_permissions(&beside, metadata.permissions())?;
        }
        fs::rename(&beside, &place)
    })();
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}
