//! Reads what a flow consists of besides its first text: imported files, and the schemas of data
//! files for tables whose columns are not listed.

use std::collections::HashMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use icosian_ir::graph::Binding;

use crate::check::{ImportLoader, Imported, SchemaColumn, SchemaSource};
use crate::diagnostic::{FileId, Sources};
use crate::flow::FlowText;
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
    /// Texts that the first file imports by these names instead of from files.
    given: HashMap<String, Imported>,
    first: FileId,
}

impl<'a> FileLoader<'a> {
    /// A loader for a flow whose first file stands in `folder`.
    pub(crate) fn new(sources: &'a mut Sources, first: FileId, folder: &Path) -> Self {
        let folders = HashMap::from([(first, folder.to_path_buf())]);
        FileLoader {
            sources,
            folders,
            loaded: HashMap::new(),
            given: HashMap::new(),
            first,
        }
    }

    /// Lets the first file import a text by a name; what the text imports is found in `folder`.
    pub(crate) fn give(&mut self, import: &str, name: &str, text: &FlowText, folder: &Path) {
        let file = self.sources.add(name, text.text.as_str());
        self.folders.insert(file, folder.to_path_buf());
        let imported = text.parse(file);
        self.given.insert(import.to_owned(), imported);
    }
}

impl ImportLoader for FileLoader<'_> {
    fn load(&mut self, importer: FileId, path: &str) -> Result<Imported, String> {
        if importer == self.first
            && let Some(given) = self.given.get(path)
        {
            return Ok(given.clone());
        }
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
        let file = self.sources.add(path.display().to_string(), text.as_str());
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
    // No more than is allowed is read: a device or pipe has no length, and perhaps no end.
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(told)?;
    file.take(MAX_FILE_BYTES as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(told)?;
    if bytes.len() > MAX_FILE_BYTES {
        return Err(format!("a flow may have {MAX_FILE_BYTES} bytes at most"));
    }
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
        let given = self.inputs.tables.get(table);
        // A source given without a name is for the table that has none.
        let given = given.or(match binding {
            Some(_) => None,
            None => self.inputs.only.as_ref(),
        });
        let source = self.inputs.resolve(given, binding, self.folder);
        let source = source.ok_or_else(|| "no file is given for it".to_owned())?;
        let schema = self.inputs.schema(&source);
        let schema = schema.map_err(|error| error.to_string())?;
        let columns = schema
            .columns
            .into_iter()
            .map(|(name, ty)| SchemaColumn { name, ty });
        Ok(columns.collect())
    }
}
