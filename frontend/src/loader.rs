//! Reads what a flow consists of besides its first text: imported files, and the schemas of data
//! files for tables whose columns are not listed.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use icosian_ir::graph::Binding;
use icosian_runtime::source::{self, ReadOptions, Source};

use crate::check::{ImportLoader, Imported, SchemaColumn, SchemaSource};
use crate::diagnostic::{FileId, Sources};
use crate::inputs::Inputs;
use crate::syntax::{MAX_FILE_BYTES, parse};

/// How many files one flow may import.
const MAX_FILES: usize = 1_000;

/// Loads imports from files.
pub(crate) struct FileLoader<'a> {
    sources: &'a mut Sources,
    /// Where each file stands.
    folders: HashMap<FileId, PathBuf>,
    loaded: HashMap<PathBuf, Imported>,
}

impl<'a> FileLoader<'a> {
    /// A loader for a flow whose first file stands in `folder`.
    pub(crate) fn new(sources: &'a mut Sources, first: FileId, folder: &Path) -> Self {
        let folders = HashMap::from([(first, folder.to_path_buf())]);
        FileLoader {
            sources,
            folders,
            loaded: HashMap::new(),
        }
    }
}

impl ImportLoader for FileLoader<'_> {
    fn load(&mut self, importer: FileId, path: &str) -> Result<Imported, String> {
        let folder = self.folders.get(&importer).cloned().unwrap_or_default();
        let path = folder.join(path);
        // One file imported by several ways is one file.
        let known = path.canonicalize().unwrap_or_else(|_| path.clone());
        if let Some(imported) = self.loaded.get(&known) {
            return Ok(imported.clone());
        }
        if self.loaded.len() >= MAX_FILES {
            return Err(format!("a flow may import {MAX_FILES} files at most"));
        }
        let text = read_text(&path)?;
        let file = self.sources.add(&path.display().to_string(), &text);
        self.folders
            .insert(file, path.parent().unwrap_or(Path::new("")).to_path_buf());
        let parsed = parse(file, &text);
        let imported = Imported {
            program: Arc::new(parsed.program),
            diagnostics: parsed.diagnostics,
        };
        self.loaded.insert(known, imported.clone());
        Ok(imported)
    }
}

/// Reads a flow's file; bytes that are no UTF-8 become replacement characters, which the lexer
/// reports where they stand.
pub(crate) fn read_text(path: &Path) -> Result<String, String> {
    let told = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
        std::io::ErrorKind::IsADirectory => "it is a folder".to_owned(),
        _ => error.to_string(),
    };
    let length = std::fs::metadata(path).map_err(told)?.len();
    if length > MAX_FILE_BYTES as u64 {
        return Err(format!(
            "it has {length} bytes, a flow may have {MAX_FILE_BYTES} at most"
        ));
    }
    let bytes = std::fs::read(path).map_err(told)?;
    Ok(String::from_utf8(bytes)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
}

/// Finds the columns of tables in their files.
pub(crate) struct FileSchemas<'a> {
    pub(crate) folder: &'a Path,
    pub(crate) inputs: &'a Inputs,
}

impl SchemaSource for FileSchemas<'_> {
    fn schema(&self, table: &str, binding: Option<&Binding>) -> Result<Vec<SchemaColumn>, String> {
        let source = match (self.inputs.of_table(table), binding) {
            (Some(source), _) => source.clone(),
            (None, Some(binding)) => bound_source(self.folder, binding),
            (None, None) => return Err("no file is given for it".to_owned()),
        };
        let schema = source::schema(&source).map_err(|error| error.to_string())?;
        let columns = schema
            .columns
            .into_iter()
            .map(|(name, ty)| SchemaColumn { name, ty });
        Ok(columns.collect())
    }
}

/// The source that a table's `from` names.
pub(crate) fn bound_source(folder: &Path, binding: &Binding) -> Source {
    Source::File {
        path: folder.join(&binding.path),
        options: ReadOptions {
            null_values: binding.null.clone(),
            delimiter: binding
                .delimiter
                .and_then(|delimiter| u8::try_from(delimiter).ok()),
            ..ReadOptions::default()
        },
    }
}
