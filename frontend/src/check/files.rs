//! Imports from the file system.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{ImportLoader, Imported};
use crate::diagnostic::{FileId, Sources};
use crate::syntax::{MAX_FILE_BYTES, parse};

/// Reads imported files relative to the file that imports them, each once.
#[derive(Debug)]
pub struct FileImports<'a> {
    sources: &'a mut Sources,
    folders: HashMap<FileId, PathBuf>,
    known: HashMap<PathBuf, Imported>,
}

impl<'a> FileImports<'a> {
    /// For the flow `file`, read from `path`; imported files are added to `sources`.
    pub fn new(sources: &'a mut Sources, file: FileId, path: &Path) -> FileImports<'a> {
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        FileImports {
            sources,
            folders: HashMap::from([(file, folder)]),
            known: HashMap::new(),
        }
    }
}

impl ImportLoader for FileImports<'_> {
    fn load(&mut self, importer: FileId, path: &str) -> Result<Imported, String> {
        let folder = self.folders.get(&importer).cloned().unwrap_or_default();
        let path = folder.join(path);
        // However it is written, a file is one.
        let canonical = path.canonicalize().map_err(|error| error.to_string())?;
        if let Some(imported) = self.known.get(&canonical) {
            return Ok(imported.clone());
        }
        let length = path.metadata().map_err(|error| error.to_string())?.len();
        if length > MAX_FILE_BYTES as u64 {
            return Err(format!("it has more than {MAX_FILE_BYTES} bytes"));
        }
        let bytes = std::fs::read(&path).map_err(|error| error.to_string())?;
        let text = String::from_utf8(bytes).map_err(|_| "it is not UTF-8 text".to_owned())?;
        let file = self.sources.add(path.display().to_string(), text.as_str());
        let parsed = parse(file, &text);
        let imported = Imported {
            program: Arc::new(parsed.program),
            diagnostics: parsed.diagnostics,
        };
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        self.folders.insert(file, folder);
        self.known.insert(canonical, imported.clone());
        Ok(imported)
    }
}

#[cfg(test)]
mod tests {
    use super::FileImports;
    use crate::check::{CheckOptions, check};
    use crate::diagnostic::{Code, Sources};
    use crate::syntax::parse;

    #[test]
    fn files_are_found_beside_their_importer_and_read_once() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("in")).unwrap();
        std::fs::write(
            folder.path().join("in/b.flow"),
            "import \"c.flow\" as c\ntwo = c.one + 1",
        )
        .unwrap();
        std::fs::write(
            folder.path().join("in/c.flow"),
            "import \"b.flow\" as b\none = 1",
        )
        .unwrap();
        let text = "import \"in/b.flow\" as b\nimport \"in/../in/c.flow\" as c\nimport \"d.flow\" as d\nx = b.two + c.one";
        let mut sources = Sources::new();
        let file = sources.add("main.flow", text);
        let parsed = parse(file, text);
        let path = folder.path().join("main.flow");
        let mut imports = FileImports::new(&mut sources, file, &path);
        let checked = check(&parsed.program, &mut imports, &CheckOptions::default());
        let codes: Vec<Code> = checked
            .diagnostics
            .iter()
            .map(|diagnostic| diagnostic.code)
            .collect();
        assert_eq!(codes, [Code::BadImport]);
        assert!(checked.graph.node("x").is_some());
    }
}
