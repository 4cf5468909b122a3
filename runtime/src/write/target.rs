//! A file that appears whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::{NamedTempFile, TempPath};

use super::error::{WriteError, WriteErrorKind};

/// Bytes gathered before they are handed to the system.
const BUFFER_BYTES: usize = 1 << 18;

/// What is being written, until [`commit`](Target::commit).
#[derive(Debug)]
pub(super) struct Target {
    output: BufWriter<File>,
    /// The temporary file and what it becomes; none where there is nothing to replace: a pipe, a
    /// terminal, `/dev/null`.
    pending: Option<(TempPath, PathBuf)>,
}

impl Target {
    /// A temporary file beside `path`.
    pub(super) fn create(path: &Path) -> Result<Target, WriteError> {
        let unwritable = |error: &io::Error| {
            WriteError::new(WriteErrorKind::Unwritable, error.to_string()).at(path)
        };
        let mut place = path.to_owned();
        let mut permissions = None;
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => {
                let error = WriteError::new(WriteErrorKind::Unwritable, "is a folder");
                return Err(error.at(path));
            }
            Ok(metadata) if !metadata.is_file() => {
                let opened = OpenOptions::new().write(true).open(path);
                return Ok(Target {
                    output: buffered(opened.map_err(|error| unwritable(&error))?),
                    pending: None,
                });
            }
            Ok(metadata) => {
                if metadata.permissions().readonly() {
                    let error = WriteError::new(WriteErrorKind::Unwritable, "is write-protected");
                    return Err(error.at(path));
                }
                // What a link points to is replaced, not the link.
                place = fs::canonicalize(path).map_err(|error| unwritable(&error))?;
                permissions = Some(metadata.permissions());
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(unwritable(&error)),
        }
        let folder = match place.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let file = temporary(folder).map_err(|error| {
            // What is wrong with the folder itself is told without the temporary file's name.
            let reason = fs::metadata(folder).err().unwrap_or(error);
            let message = format!("can't write to the folder {}: {reason}", folder.display());
            WriteError::new(WriteErrorKind::Unwritable, message).at(path)
        })?;
        if let Some(permissions) = permissions {
            fs::set_permissions(file.path(), permissions).map_err(|error| unwritable(&error))?;
        }
        let (file, temporary) = file.into_parts();
        Ok(Target {
            output: buffered(file),
            pending: Some((temporary, place)),
        })
    }

    /// Writes what is left and gives the file its name.
    pub(super) fn commit(self) -> Result<(), WriteError> {
        let file = self
            .output
            .into_inner()
            .map_err(|error| WriteError::from(error.into_error()))?;
        drop(file);
        if let Some((temporary, place)) = self.pending {
            temporary
                .persist(place)
                .map_err(|error| WriteError::from(error.error))?;
        }
        Ok(())
    }
}

fn buffered(file: File) -> BufWriter<File> {
    BufWriter::with_capacity(BUFFER_BYTES, file)
}

/// A new file with the permissions that any new file would have; by themselves temporary files are
/// their owner's alone.
fn temporary(folder: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".icosian-").suffix(".part");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
        builder.tempfile_in(folder)
    }
    #[cfg(not(unix))]
    builder.tempfile_in(folder)
}

impl Write for Target {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.output.write(bytes)
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.output.write_all(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}
