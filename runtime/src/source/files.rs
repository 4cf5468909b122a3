//! Which files a path names, of which format, and whether their schemas agree.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use arrow::datatypes::SchemaRef;

use super::Schema;
use super::batches::field_type;
use super::error::{SourceError, SourceErrorKind};
use crate::format::{EXTENSIONS, Format};

/// The file, or the files of a folder in the order of their names, and their format.
pub(super) fn list(path: &Path) -> Result<(Format, Vec<PathBuf>), SourceError> {
    let unreadable = |error: &std::io::Error| SourceError::unreadable(path, error);
    let metadata = fs::metadata(path).map_err(|error| unreadable(&error))?;
    if !metadata.is_dir() {
        return Ok((confirmed(path)?, vec![path.to_owned()]));
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(path).map_err(|error| unreadable(&error))? {
        let entry = entry.map_err(|error| unreadable(&error))?;
        // Such names are for notes that tools leave beside the data.
        if !entry.file_name().to_string_lossy().starts_with(['.', '_']) {
            files.push(entry.path());
        }
    }
    files.sort();
    let problem = |message: &str| SourceError::new(SourceErrorKind::Format, message);
    let mut format = None;
    for file in &files {
        let metadata = fs::metadata(file).map_err(|error| SourceError::unreadable(file, &error))?;
        if metadata.is_dir() {
            let message = "is a folder inside the folder that is read; only files may be there";
            return Err(problem(message).in_file(file));
        }
        let this = confirmed(file)?;
        if *format.get_or_insert(this) != this {
            let message = "is of another format than the files before it in the folder";
            return Err(problem(message).in_file(file));
        }
    }
    match format {
        Some(format) => Ok((format, files)),
        None => Err(problem("the folder has no files").in_file(path)),
    }
}

/// The format of a file by its name, unless its first bytes contradict.
fn confirmed(path: &Path) -> Result<Format, SourceError> {
    let problem =
        |message: String| SourceError::new(SourceErrorKind::Format, message).in_file(path);
    let Some(format) = Format::from_path(path) else {
        let message = format!("the name tells no format; it should end in {EXTENSIONS}");
        return Err(problem(message));
    };
    let mut first = Vec::new();
    File::open(path)
        .and_then(|file| file.take(8).read_to_end(&mut first))
        .map_err(|error| SourceError::unreadable(path, &error))?;
    match (Format::from_magic(&first), format) {
        (Some(shown), told) if shown == told => Ok(told),
        (None, Format::Csv | Format::JsonLines) => Ok(format),
        (Some(shown), told) => Err(problem(format!("is named as {told}, but is {shown}"))),
        (None, told) => Err(problem(format!(
            "is named as {told}, but does not begin so"
        ))),
    }
}

/// The schema that the first file has and the others agree to.
pub(super) fn agree(
    files: &[&Path],
    schema_of: impl Fn(&Path) -> Result<SchemaRef, SourceError>,
) -> Result<Schema, SourceError> {
    let Some((first, others)) = files.split_first() else {
        return Ok(Schema::default());
    };
    let mut columns: Vec<_> = schema_of(first)?
        .fields()
        .iter()
        .map(|field| (field.name().clone(), field_type(field)))
        .collect();
    for path in others {
        let schema = schema_of(path)?;
        for (name, ty) in &mut columns {
            let Ok(field) = schema.field_with_name(name) else {
                let available = schema.fields().iter().map(|field| field.name().clone());
                return Err(SourceError::missing(name, available.collect()).in_file(path));
            };
            let here = field_type(field);
            *ty = match (&*ty, here) {
                (Ok(before), Ok(here)) if before.scalar == here.scalar => {
                    Ok(before.nullable_if(here.nullable))
                }
                (Ok(before), Ok(here)) => Err(format!(
                    "it is {} in {} and {} in {}",
                    before.scalar,
                    first.display(),
                    here.scalar,
                    path.display()
                )),
                (Err(why), _) => Err(why.clone()),
                (_, Err(why)) => Err(why),
            };
        }
    }
    Ok(Schema::new(columns))
}
