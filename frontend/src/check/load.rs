//! Loads the files that a flow imports, each once.

use std::collections::HashMap;

use super::{ImportLoader, Imported};
use crate::diagnostic::{Code, Diagnostic, FileId};
use crate::syntax::ast::{self, ItemId, ItemKind, Program};

/// How many files a flow may consist of.
const FILE_LIMIT: usize = 1_000;

/// All files that a flow imports, directly or not.
#[derive(Default)]
pub(crate) struct Loaded {
    pub files: Vec<Imported>,
    /// The folder of each program (0 is the flow's own) relative to the flow's: empty, or ends in
    /// a slash.
    pub folders: Vec<String>,
    /// Which program (0 is the flow's own) an import item stands for, by file and item.
    pub targets: HashMap<(usize, ItemId), usize>,
    pub diagnostics: Vec<Diagnostic>,
}

/// Loads every imported file once; a cycle of imports ends where a file is known already.
pub(crate) fn load(program: &Program, imports: &mut dyn ImportLoader) -> Loaded {
    let mut loaded = Loaded {
        folders: vec![String::new()],
        ..Loaded::default()
    };
    let mut known: HashMap<FileId, usize> = HashMap::from([(program.file, 0)]);
    let mut next = 0;
    while next <= loaded.files.len() {
        let wanted: Vec<(ItemId, ast::Text)> = {
            let program = match next {
                0 => program,
                _ => &loaded.files[next - 1].program,
            };
            let paths = program
                .items
                .iter()
                .filter_map(|(id, item)| match &item.kind {
                    ItemKind::Import { path, .. } => Some((id, path.clone())),
                    _ => None,
                });
            paths.collect()
        };
        let importer = match next {
            0 => program.file,
            _ => loaded.files[next - 1].program.file,
        };
        for (item, path) in wanted {
            let failed = |why: &str| {
                Diagnostic::error(
                    Code::BadImport,
                    format!("{:?} can't be imported: {why}", path.value),
                )
                .at(path.span)
            };
            if loaded.files.len() >= FILE_LIMIT {
                loaded
                    .diagnostics
                    .push(failed("the flow has too many files"));
                continue;
            }
            match imports.load(importer, &path.value) {
                Err(why) => loaded.diagnostics.push(failed(&why)),
                Ok(imported) => {
                    let file = imported.program.file;
                    let target = *known.entry(file).or_insert(loaded.files.len() + 1);
                    loaded.targets.insert((next, item), target);
                    if target == loaded.files.len() + 1 {
                        loaded
                            .diagnostics
                            .extend(imported.diagnostics.iter().cloned());
                        let place = relative_to(&loaded.folders[next], &path.value);
                        let length = place.rfind('/').map_or(0, |slash| slash + 1);
                        loaded.folders.push(place[..length].to_owned());
                        loaded.files.push(imported);
                    }
                }
            }
        }
        next += 1;
    }
    loaded
}

/// A path as a file in `folder` writes it, relative to the flow's folder.
pub(crate) fn relative_to(folder: &str, path: &str) -> String {
    match std::path::Path::new(path).is_absolute() {
        true => path.to_owned(),
        false => format!("{folder}{path}"),
    }
}
